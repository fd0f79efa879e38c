package main_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/servertest"
	"rapport/internal/writer"
)

// ended waits until the writer has given up and checks why.
func (r *rig) ended(want error) {
	r.Helper()
	select {
	case <-r.writer.Done():
	case <-time.After(10 * time.Second):
		r.Fatal("the writer goes on")
	}
	if err := r.writer.Err(); !errors.Is(err, want) {
		r.Errorf("it ended with %v, want %v", err, want)
	}
	if o := r.give(call(engine.CreateContact{FullName: "Late"}, "", "")); codeOf(o.err) != engine.CodeUnavailable {
		r.Errorf("a call after the end gave %v", o.err)
	}
	if r.writer.Ready() {
		r.Error("ready after the end")
	}
}

func (r *rig) exec(statement string) {
	r.Helper()
	if _, err := r.raw.Exec(statement); err != nil {
		r.Fatal(err)
	}
}

const (
	takeOver = "UPDATE engine_lease SET epoch = epoch + 1, batch_seq = 0, owner = 'another' WHERE id = 1"
	goBack   = "UPDATE engine_lease SET batch_seq = batch_seq - 1 WHERE id = 1"
)

// TestOwnership: whoever finds the database with another owner, or gone back, ends at once, publishes nothing, and promises nothing.
func TestOwnership(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, statement string
		away            bool // it happens while the database is away, and the batch's fate is not known
		want            error
	}{
		{"another owner", takeOver, false, writer.ErrLeaseLost},
		{"another owner during an outage", takeOver, true, writer.ErrLeaseLost},
		{"gone back", goBack, false, writer.ErrCommitsLost},
		{"gone back during an outage", goBack, true, writer.ErrCommitsLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, db string) {
				r := newRig(t, db, writer.Options{})
				happen := func(ctx context.Context, commit func(context.Context) error) error {
					r.exec(c.statement)
					return commit(ctx)
				}
				r.faults.order(nil, happen)
				if c.away {
					r.faults.order(nothingSent)
				}
				out := r.together(r.mixed())
				r.atMost(shortPatience+2*time.Second, out)
				for i, o := range out {
					if o.told() != unclear {
						t.Errorf("call %d was told %q (%v)", i, o.told(), o.err)
					}
				}
				if c.away {
					r.exec(c.statement)
					r.faults.heal()
				}
				r.ended(c.want)
				if n := r.references("in the batch"); n != 0 {
					t.Errorf("the item is there %d times", n)
				}
				r.checkPublished()
			})
		})
	}
}

// TestIdleOwner: a beat that fails makes the writer unready, and it comes back by itself, with nothing published.
func TestIdleOwner(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db string) {
		t.Parallel()
		r := newRig(t, db, writer.Options{})
		r.faults.mu.Lock()
		r.faults.beats = true
		r.faults.mu.Unlock()
		r.do(engine.CreateContact{FullName: "Before"}, "") // or it would sleep as one that needs no beat
		r.faults.order(nothingSent)
		for end := time.Now().Add(30 * time.Second); r.writer.Ready(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the beat was not missed")
			}
		}
		if o := r.give(call(engine.CreateContact{FullName: "Now"}, "", "")); o.told() != notMade || o.took > time.Second {
			t.Errorf("a call was told %q after %v", o.told(), o.took)
		}
		r.faults.heal()
		r.awaitReady()
		r.checkPublished()
		r.checkMemory()
	})
}

// TestStopWhileAway: a server can be stopped while its database is away, and nobody waits for ever.
func TestStopWhileAway(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db string) {
		t.Parallel()
		r := newRig(t, db, writer.Options{})
		r.faults.order(nothingSent)
		out := r.together(r.mixed())
		began := time.Now()
		if err := r.writer.Stop(); err == nil {
			t.Error("stopped without an error")
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		for i, o := range out {
			if o.told() != unclear {
				t.Errorf("call %d was told %q", i, o.told())
			}
		}
		r.checkPublished()
	})
}

// TestPatience: with the settings of the product everybody has an answer within 5 s, whenever they come in an outage and however the
// database is silent; who comes when it is known to be away is told at once.
func TestPatience(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*faults){
		"silence":              func(f *faults) { f.order(silent) },
		"nothing is sent":      func(f *faults) { f.order(nothingSent); f.alwaysPosition = errNetwork },
		"tried again for ever": func(f *faults) { f.order(tryAgain) },
		"facts are silent": func(f *faults) {
			f.order(silent)
			f.alwaysFacts = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		},
		"facts come too late":    func(f *faults) { f.order(silent); f.alwaysFacts = slowFacts },
		"small batches, silence": func(f *faults) { f.order(silent) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := writer.Options{Patience: 3 * time.Second}
			if name == "small batches, silence" {
				o.BatchCommands, o.BatchRows = 64, 3
			}
			r := newRig(t, t.TempDir()+"/patience.db", o)
			set(r.faults)
			var mu sync.Mutex
			var out []outcome
			var group sync.WaitGroup
			for i := range 60 { // one every 100 ms, with and without a need for facts
				time.Sleep(100 * time.Millisecond)
				c := call(engine.CreateWorkItem{WorkstreamID: r.chat}, "", "")
				if i%2 == 0 {
					c = call(engine.CreateWorkItem{WorkstreamID: r.chat, ContactID: r.stranger}, "", "key")
				}
				group.Go(func() {
					o := r.give(c)
					mu.Lock()
					defer mu.Unlock()
					out = append(out, o)
				})
			}
			group.Wait()
			r.atMost(servertest.Slowness*5*time.Second, out)
			for _, o := range out {
				if codeOf(o.err) != engine.CodeUnavailable {
					t.Errorf("told %q: %v", o.told(), o.err)
				}
			}
			r.faults.heal()
			r.awaitReady()
			r.do(engine.CreateContact{FullName: "After"}, "")
			r.checkPublished()
			r.checkMemory()
		})
	}
}

// slowFacts are read at the last moment, so that the time for the commit comes on top.
func slowFacts(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	select {
	case <-time.After(time.Until(deadline) - 50*time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

// TestRelease: what the database says at the end is what Stop returns.
func TestRelease(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/release.db", writer.Options{})
	r.faults.alwaysRelease = errNetwork
	if err := r.writer.Stop(); !errors.Is(err, errNetwork) {
		t.Errorf("Stop gave %v", err)
	}
}

// TestFailingPart: what waited together becomes several batches, and one in the middle fails. Those before it are made, those behind it
// are not, and each caller is told what is so.
func TestFailingPart(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*faults){
		"refused":              func(f *faults) { f.order(nil, through, refused) },
		"tried again for ever": func(f *faults) { f.order(tryAgain, through) },
		"silence":              func(f *faults) { f.order(silent, through) },
		"the answer was lost, and it can't be asked": func(f *faults) { f.order(nothingSent, through, answerLost); f.alwaysPosition = errNetwork },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, db string) {
				r := newRig(t, db, writer.Options{BatchRows: 2})
				calls := r.mixed()
				for i := range calls {
					calls[i].Key = fmt.Sprint("part ", i)
				}
				set(r.faults)
				out := r.together(calls)
				r.atMost(shortPatience+2*time.Second, out)
				r.faults.heal()
				r.awaitReady()
				r.checkPublished()
				counts := map[string]int{}
				for i, c := range calls {
					told := out[i].told()
					counts[told]++
					again := r.give(c)
					if told == made && !again.replayed || told == notMade && again.replayed {
						t.Errorf("call %d, %T, was told %q; its repetition: replayed %v, %v", i, c.Command, told, again.replayed, again.err)
					}
				}
				if counts[made] == 0 || counts[made] == len(calls) || counts[made]+counts[notMade]+counts[unclear] != len(calls) {
					t.Errorf("told %v", counts)
				}
				r.checkMemory()
				r.checkPublished()
			})
		})
	}
}
