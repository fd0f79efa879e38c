package models

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rapport/engine"
)

// TestRestoredEngineIsTheSame: nothing of what the engine knows is in memory alone. After every hundred commands an engine is made from
// what the database loads, and both are given the same further commands: they have to do the same, to the byte.
func TestRestoredEngineIsTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		w := newWorld(t, open(t), 16)
		for w.done < 2400 {
			for until := w.done + 100; w.done < until; {
				w.pass()
				w.batch(w.commands(1 + w.IntN(5)))
			}
			w.goOnTwice(30)
		}
		if none := w.missing(
			engine.EventOrganizationChanged, engine.EventPolicyChanged, engine.EventQueueMemberRemoved, engine.EventPreferredAgentsChanged,
			engine.EventSessionClosed, engine.EventPresenceChanged, engine.EventWorkItemCompleted, engine.EventWorkItemCancelled,
			engine.EventOfferAccepted, engine.EventOfferRejected, engine.EventOfferMissed, engine.EventOfferRevoked, engine.EventDecision,
			engine.EventWorkItemPicked, engine.EventWorkItemAssigned, engine.EventWorkItemUnassigned, engine.EventWorkItemTransferred,
			engine.EventWorkItemPriority, engine.EventContactLinked, engine.EventContactUnlinked, engine.EventContactChanged,
			engine.EventContactDeleted, engine.EventAgentDeleted, engine.EventQueueDeleted, engine.EventWorkstreamDeleted,
			engine.EventRoleCreated, engine.EventRoleChanged, engine.EventRoleDeleted, engine.EventAPIKeyCreated, engine.EventAPIKeyRevoked,
			engine.EventPresenceStatusCreated, engine.EventPresenceStatusChanged, engine.EventPresenceStatusDeleted, engine.EventPresenceStatusGranted,
			engine.EventPresenceStatusWithdrawn, engine.EventCapacityProfileCreated, engine.EventCapacityProfileChanged,
			engine.EventAgentCapacityChanged, engine.EventAgentCapacityReset, engine.EventWorkItemWrapUp, engine.EventWorkItemWaiting, engine.EventWorkItemResumed,
		); len(none) > 0 || w.lost == 0 {
			t.Errorf("the run is worth little: no %v in it, %d batches undone", none, w.lost)
		}
	})
}

func (w *world) commands(n int) []engine.Command {
	list := make([]engine.Command, n)
	for i := range list {
		list[i] = w.command()
	}
	return list
}

// goOnTwice compares the live engine with a restored one over some batches; only what the live one does is stored.
func (w *world) goOnTwice(batches int) {
	w.t.Helper()
	// The highest rank is stored: if whoever had it was deleted just now, a restored engine would give out lower numbers, in the same order.
	units := 5 + len(w.heard)%900
	w.batch([]engine.Command{engine.UpdateAgent{AgentID: w.agents[0], InterruptibleUnits: engine.Patch[int]{Set: true, Value: &units}}})
	snap := must[engine.Snapshot](w.t)(w.s.Load(ctx))
	snap.Live = w.e.LiveSessions() // as when the engine is made anew while the agents are connected
	restored := engine.New(snap, w.now)
	same(w.t, "figures", restored.Figures(), w.e.Figures())
	for n := range batches {
		w.now = w.now.Add(time.Millisecond + time.Duration(w.IntN(3_000_000))*time.Microsecond)
		commands := w.commands(1 + w.IntN(4))
		if n == 0 || w.IntN(3) == 0 {
			commands = []engine.Command{engine.Tick{}}
		}
		metas := make([]engine.Meta, len(commands))
		for i := range metas {
			metas[i] = w.meta()
		}
		theirs := w.apply(restored, commands, metas)
		restored.Forget()
		ours := w.apply(w.e, commands, metas)
		if ours.Size() > 0 {
			w.s.commit(w.t, ours)
		}
		w.e.Forget()
		w.learn(ours)
		w.done += len(commands)
		same(w.t, "changes", told(w.t, theirs), told(w.t, ours))
		same(w.t, "figures", restored.Figures(), w.e.Figures())
		a, aDue := restored.NextDeadline()
		b, bDue := w.e.NextDeadline()
		if !a.Equal(b) || aDue != bDue {
			w.t.Errorf("the next deadline is %v %v, want %v %v", a, aDue, b, bDue)
		}
		if w.t.Failed() {
			w.t.Fatalf("after %d commands, then %v", w.done, show(commands))
		}
	}
}

// told is all that changes say, as text.
func told(t testing.TB, c *engine.Changes) string {
	t.Helper()
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStoredIsWhatChanged: after a long run the database holds of every object what its last change said, and nothing else.
func TestStoredIsWhatChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		w := newWorld(t, open(t), 12)
		for w.done < 500 {
			w.pass()
			w.batch(w.commands(1 + w.IntN(5)))
		}
		stored, found := w.s.stored(t), &world{last: map[any]any{}}
		found.keep(stored.changes())
		if len(found.last) != len(w.last) {
			t.Errorf("%d objects are stored, want %d", len(found.last), len(w.last))
		}
		for key, want := range w.last {
			same(t, fmt.Sprintf("%T %v", key, key), found.last[key], want)
		}
		events := 0
		for _, n := range w.happened {
			events += n
		}
		same(t, "events", w.s.count(t, "events"), events)
	})
}
