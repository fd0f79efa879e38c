package writer

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/engine"
)

// TestSameKeyInOneBatch: the second call waits for the first and gets its ids.
func TestSameKeyInOneBatch(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		c := keyed(contact("C"), "k")
		other := c
		other.Actor = engine.Actor{ID: "service:other", Permissions: engine.AllPermissions}
		answers := s.together(c, c, other, keyed(contact("D"), "k"), c)
		first := answers[0]
		if first.err != nil || first.replayed || first.ContactState == nil {
			t.Fatalf("the first: %+v", first)
		}
		for _, i := range []int{1, 4} {
			if a := answers[i]; a.err != nil || !a.replayed || a.Refs.Contact != first.Refs.Contact || a.ContactState != nil {
				t.Errorf("answer %d is %+v, want a replay of %s", i, a, first.Refs.Contact)
			}
		}
		if a := answers[2]; a.err != nil || a.replayed || a.Refs.Contact == first.Refs.Contact {
			t.Errorf("another principal's: %+v", a)
		}
		if e := wantError(t, answers[3].err, engine.CodeConflict, engine.ReasonKeyReused); e.Field != "idempotencyKey" {
			t.Errorf("the field is %q", e.Field)
		}
		batches := s.db.written()
		if n := len(batches[1].Keys); len(batches) != 2 || n != 2 {
			t.Errorf("%d batches, %d keys in the second", len(batches), n)
		}
		s.inStep()
	})
}

// TestSameKeyLater: in a later batch and after a restart, for 24 hours; then it may be used for something else.
func TestSameKeyLater(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		c := keyed(engine.CreateAgent{Name: "Ann", CapacityUnits: new(1)}, "k")
		first := <-s.later(context.Background(), c)
		again := func(s *stage, want bool) answer {
			t.Helper()
			a := <-s.later(context.Background(), c)
			if a.err != nil || a.replayed != want || (a.Refs.Agent == first.Refs.Agent) != want {
				t.Errorf("again after %v: %+v", time.Since(begun), a)
			}
			return a
		}
		again(s, true)
		if n := len(s.db.written()); n != 1 {
			t.Errorf("%d batches", n)
		}
		s.Stop()
		s = start(t, s.db, Options{})
		defer s.Stop()
		again(s, true)
		_, _, err := s.Do(context.Background(), keyed(engine.CreateAgent{Name: "Ann", CapacityUnits: new(2)}, "k"))
		wantError(t, err, engine.CodeConflict, engine.ReasonKeyReused)
		_, _, err = s.Do(context.Background(), keyed(contact("Ann"), "k"))
		wantError(t, err, engine.CodeConflict, engine.ReasonKeyReused)
		time.Sleep(engine.KeyLifetime - time.Since(begun))
		again(s, true)
		time.Sleep(second)
		second := again(s, false)
		first = second
		again(s, true)
	})
}

// begun is when every bubble of testing/synctest begins.
var begun = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// TestKeyOfRefusedCommand: nothing came of it, so the key may be used again, be it with another input.
func TestKeyOfRefusedCommand(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		ctx := context.Background()
		for range 2 {
			_, replayed, err := s.Do(ctx, keyed(contact(""), "k"))
			wantError(t, err, engine.CodeBadUserInput, "")
			if replayed {
				t.Error("a refusal is said to be a replay")
			}
		}
		if a := <-s.later(ctx, keyed(contact("C"), "k")); a.err != nil || a.replayed {
			t.Errorf("with another input: %+v", a)
		}
		answers := s.together(keyed(contact(""), "l"), keyed(contact("D"), "l"))
		wantError(t, answers[0].err, engine.CodeBadUserInput, "")
		if answers[1].err != nil || answers[1].replayed {
			t.Errorf("in the same batch: %+v", answers[1])
		}
	})
}

// TestKeyOfLostBatch: what was not made holds no key.
func TestKeyOfLostBatch(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.db.set(func(m *memory) {
			m.commit = func(b *engine.Batch) fault {
				if len(b.Keys) > 0 {
					return fault{err: engine.ErrRefused}
				}
				return fault{lands: true}
			}
		})
		_, _, err := s.Do(context.Background(), keyed(contact("C"), "k"))
		wantError(t, err, engine.CodeUnavailable, "")
		s.db.set(func(m *memory) { m.commit = nil })
		synctest.Wait()
		if a := <-s.later(context.Background(), keyed(contact("D"), "k")); a.err != nil || a.replayed {
			t.Errorf("again: %+v", a)
		}
	})
}

// TestKeyOfCommandThatChangesNothing is durable all the same: a repeated call must not do it later.
func TestKeyOfCommandThatChangesNothing(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(60, 1)
		s.do(engine.SetPresence{AgentID: w.agent, StatusID: engine.StatusBusy})
		before := len(s.db.written())
		c := keyed(engine.SetPresence{AgentID: w.agent, StatusID: engine.StatusBusy}, "k")
		if a := <-s.later(context.Background(), c); a.err != nil || a.replayed {
			t.Errorf("the first: %+v", a)
		}
		if n := len(s.db.written()); n != before+1 {
			t.Errorf("%d batches were written for the key", n-before)
		}
		s.do(engine.SetPresence{AgentID: w.agent, StatusID: engine.StatusAvailable})
		if a := <-s.later(context.Background(), c); a.err != nil || !a.replayed {
			t.Errorf("again: %+v", a)
		}
		if n := s.bus.count(engine.EventPresenceChanged); n != 3 {
			t.Errorf("the presence changed %d times, want 3", n)
		}
	})
}

// TestBadKeys are refused before they reach anything.
func TestBadKeys(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		for key, ok := range map[string]bool{
			strings.Repeat("k", MaxKey): true, strings.Repeat("k", MaxKey+1): false, strings.Repeat("é", MaxKey): true,
			strings.Repeat("é", MaxKey+1): false, "\xff": false, "k\x00": true, " ": true, "😀": true,
		} {
			_, _, err := s.Do(context.Background(), keyed(contact("C"), key))
			if ok && err != nil {
				t.Errorf("%q: %v", key, err)
			}
			if !ok {
				if e := wantError(t, err, engine.CodeBadUserInput, ""); e.Field != "idempotencyKey" {
					t.Errorf("%q: the field is %q", key, e.Field)
				}
			}
		}
	})
}

// TestHashTellsInputsApart: whatever differs in a command makes it another one.
func TestHashTellsInputsApart(t *testing.T) {
	seen := map[string]engine.Command{}
	for _, c := range []engine.Command{
		engine.CompleteWorkItem{WorkItemID: "wi_1"}, engine.CancelWorkItem{WorkItemID: "wi_1"}, engine.CancelWorkItem{WorkItemID: "wi_2"},
		engine.CreateContact{FullName: "a"}, engine.CreateContact{FullName: "a", Email: new("")}, engine.CreateContact{FullName: "a", MobilePhone: new("")},
		engine.CreateWorkItem{}, engine.CreateWorkItem{Priority: new(0)}, engine.CreateWorkItem{Reference: new("")},
		engine.UpdateRoutingPolicy{}, engine.UpdateRoutingPolicy{Enabled: engine.Patch[bool]{Set: true}},
		engine.UpdateRoutingPolicy{Enabled: engine.Patch[bool]{Set: true, Value: new(false)}},
		engine.SetPreferredAgents{Agents: []engine.AgentID{"a", "b"}}, engine.SetPreferredAgents{Agents: []engine.AgentID{"b", "a"}},
		engine.SetPreferredAgents{Agents: []engine.AgentID{"a,b"}},
	} {
		once, err := prepare(keyed(c, "k"))
		if err != nil {
			t.Fatal(err)
		}
		twice, err := prepare(keyed(c, "l"))
		if err != nil || once.hash != twice.hash {
			t.Errorf("%T%+v has two hashes", c, c)
		}
		if other, there := seen[once.hash]; there {
			t.Errorf("%T%+v has the hash of %T%+v", c, c, other, other)
		}
		seen[once.hash] = c
	}
}

// TestOneKeyManyCallers: of any number of calls at once exactly one is made.
func TestOneKeyManyCallers(t *testing.T) {
	db := newMemory()
	s := startOutside(t, db, Options{BatchCommands: 7})
	var callers sync.WaitGroup
	answers := make([]answer, 100)
	for i := range answers {
		callers.Go(func() { answers[i] = <-s.later(context.Background(), keyed(contact("C"), "k")) })
	}
	callers.Wait()
	made := 0
	for _, a := range answers {
		if a.err != nil || a.Refs.Contact != answers[0].Refs.Contact {
			t.Fatalf("answered %+v", a)
		}
		if !a.replayed {
			made++
		}
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if made != 1 || s.bus.count(engine.EventContactCreated) != 1 {
		t.Errorf("made %d times", made)
	}
}
