package writer

import (
	"fmt"
	"testing"
	"testing/synctest"

	"rapport/engine"
)

// last is how full a queue was said to be last, in words; moves counts the messages.
func (h *heard) last(q engine.QueueID) (figures string, moves int) {
	h.settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.figures {
		if f.QueueID == q {
			figures = inWords(f)
			moves++
		}
	}
	return figures, moves
}

func inWords(f engine.QueueFigures) string {
	return fmt.Sprintf("%d waiting, %d offered, %d assigned, %d members, %d signed in", f.Waiting, f.Offered, f.Assigned, f.Members, f.SignedIn)
}

// TestFiguresArePublished with the batch that moved them: once for each queue and batch, as they are behind all of it (EV-3).
func TestFiguresArePublished(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(60, 3)
		if got, _ := s.bus.last(w.queue); got != "0 waiting, 0 offered, 0 assigned, 1 members, 1 signed in" {
			t.Errorf("before any work: %s", got)
		}
		_, before := s.bus.last(w.queue)
		item := engine.CreateWorkItem{WorkstreamID: w.stream}
		for _, a := range s.together(call(item), call(item), call(item), call(item)) {
			if a.err != nil {
				t.Fatal(a.err)
			}
		}
		if got, moves := s.bus.last(w.queue); got != "1 waiting, 3 offered, 0 assigned, 1 members, 1 signed in" || moves != before+1 {
			t.Errorf("after four items in one batch: %s, in %d messages", got, moves-before)
		}
		_, before = s.bus.last(w.queue)
		s.do(contact("C"))
		if _, moves := s.bus.last(w.queue); moves != before {
			t.Error("a contact moved the figures of a queue")
		}
	})
}

// TestFiguresAtTheStart: what a new writer begins with is what the one before it said last, at its own place.
func TestFiguresAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newMemory(), Options{})
		if got := s.bus.restored; len(got) != 1 || got[0].at != (engine.Position{Epoch: 1}) || len(got[0].figures) != 0 {
			t.Errorf("of an empty database is said %+v", got)
		}
		w := s.world(60, 1)
		item := s.do(engine.CreateWorkItem{WorkstreamID: w.stream})
		s.do(engine.CreateWorkItem{WorkstreamID: w.stream})
		s.do(engine.AcceptOffer{OfferID: item.WorkItemState.OfferID})
		want, _ := s.bus.last(w.queue)
		_ = s.Stop()
		s = start(t, s.db, Options{})
		defer s.Stop() //nolint:errcheck // play's writers tell
		got := s.bus.restored
		if len(got) != 1 || got[0].at != (engine.Position{Epoch: 2}) || len(got[0].figures) != 1 || inWords(got[0].figures[0]) != want ||
			want != "1 waiting, 0 offered, 1 assigned, 1 members, 1 signed in" {
			t.Errorf("after a restart is said %+v, before it %s", got, want)
		}
	})
}

// TestFiguresAfterAPanic: the engine is made anew from what is on the disk, and so are the figures, at the place where the database stands.
func TestFiguresAfterAPanic(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(60, 3)
		item := s.do(engine.CreateWorkItem{WorkstreamID: w.stream})
		s.do(engine.AcceptOffer{OfferID: item.WorkItemState.OfferID})
		_ = s.Stop()
		s.db.load = func(snap *engine.Snapshot) error { // as in TestPanic
			snap.Assignments[0].Cost.Profiles = []engine.CapacityProfileID{"cp_none"}
			return nil
		}
		s = start(t, s.db, Options{})
		defer s.Stop() //nolint:errcheck // play's writer tells
		answers := s.together(call(engine.CreateWorkItem{WorkstreamID: w.stream}), call(engine.CompleteWorkItem{WorkItemID: item.Refs.WorkItem}))
		for _, a := range answers {
			wantError(t, a.err, engine.CodeInternal, "")
		}
		got := s.bus.restored
		if len(got) != 2 || got[1].at != s.at || inWords(got[1].figures[0]) != "0 waiting, 0 offered, 1 assigned, 1 members, 1 signed in" {
			t.Errorf("after a panic is said %+v; the writer stands at %v", got, s.at)
		}
	})
}
