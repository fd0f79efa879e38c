package writer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rapport/engine"
)

// TestDeadlinesFireOnceAndNotEarly: OF-1, to the microsecond.
func TestDeadlinesFireOnceAndNotEarly(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(10, 1)
		offer := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState.OfferID
		time.Sleep(10*second - time.Microsecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n > 0 {
			t.Fatal("missed too early")
		}
		time.Sleep(time.Microsecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 {
			t.Fatalf("missed %d times at its deadline", n)
		}
		commits := s.db.commits
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 || s.db.commits != commits {
			t.Errorf("missed %d times in the end, %d commits while nothing happened", n, s.db.commits-commits)
		}
		_, _, err := s.Do(context.Background(), call(engine.AcceptOffer{OfferID: offer}))
		wantError(t, err, engine.CodeConflict, engine.ReasonOfferExpired)
		s.inStep()
	})
}

// TestEveryDeadlineHasItsTurn: each at its own time though all sleep in one timer, and answers are in time until the end.
func TestEveryDeadlineHasItsTurn(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(10, 100)
		var last engine.OfferID
		for range 20 {
			last = s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState.OfferID
			time.Sleep(100 * time.Millisecond)
		}
		for missed := range 19 {
			time.Sleep(time.Until(begun.Add(10*second + time.Duration(missed)*100*time.Millisecond)))
			synctest.Wait()
			if n := s.bus.count(engine.EventOfferMissed); n != missed+1 {
				t.Fatalf("%d were missed after %v, want %d", n, time.Since(begun), missed+1)
			}
		}
		time.Sleep(99 * time.Millisecond)
		s.do(engine.AcceptOffer{OfferID: last})
		time.Sleep(time.Minute)
		if n := s.bus.count(engine.EventOfferMissed); n != 19 {
			t.Errorf("%d were missed", n)
		}
	})
}

// TestLateTick: a deadline that passes while a batch is written happens right after it, before what came later.
func TestLateTick(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(10, 1)
		offer := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState.OfferID
		time.Sleep(9 * second)
		release := s.hold()
		plug := s.later(context.Background(), call(contact("plug")))
		synctest.Wait()
		accept := s.later(context.Background(), call(engine.AcceptOffer{OfferID: offer})) // in time, but it is not its turn
		time.Sleep(2 * second)
		release()
		<-plug
		wantError(t, (<-accept).err, engine.CodeConflict, engine.ReasonOfferExpired)
		if s.bus.count(engine.EventOfferMissed) != 1 || s.bus.count(engine.EventOfferAccepted) != 0 {
			t.Error("it was not missed")
		}
	})
}

// TestDeadlinesSurviveRestart: nothing is lost, nothing happens twice; what passed while the server was down happens at once.
func TestDeadlinesSurviveRestart(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(10, 2)
		s.do(engine.CreateWorkItem{WorkstreamID: w.stream})
		time.Sleep(5 * second)
		s.do(engine.CreateWorkItem{WorkstreamID: w.stream})
		s.Stop()
		time.Sleep(7 * second)
		s = start(t, s.db, Options{})
		defer s.Stop()
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 {
			t.Errorf("%d were missed at the start, want 1", n)
		}
		time.Sleep(3*second - time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 {
			t.Errorf("%d were missed before the second's deadline", n)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 2 {
			t.Errorf("%d were missed in the end", n)
		}
		time.Sleep(engine.RestartGrace) // PR-8: Ann does not come back
		synctest.Wait()
		if n := s.bus.count(engine.EventSessionClosed); n != 1 {
			t.Errorf("%d sessions were closed", n)
		}
	})
}

// TestShiftedClock: the clock of Options decides what is due, not the time that passes here.
func TestShiftedClock(t *testing.T) {
	shift := 1000 * time.Hour
	play(t, Options{Now: func() time.Time { return time.Now().Add(shift) }}, func(s *stage) {
		w := s.world(10, 1)
		made := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState
		if want := begun.Add(shift); !made.CreatedAt.Equal(want) {
			t.Errorf("created at %v, want %v", made.CreatedAt, want)
		}
		time.Sleep(10*second - time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n > 0 {
			t.Error("missed too early")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 {
			t.Errorf("missed %d times", n)
		}
	})
}

// TestFastClock: at 60 times the speed a countdown of 10 s is over after a sixtieth of it, not before, and times are those of the fast clock.
func TestFastClock(t *testing.T) {
	play(t, Options{Speed: 60}, func(s *stage) {
		w := s.world(10, 1)
		time.Sleep(time.Minute)
		made := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState
		if want := begun.Add(time.Hour); !made.CreatedAt.Equal(want) || !s.Now().Equal(want) {
			t.Errorf("after a minute: created at %v, now %v, want %v", made.CreatedAt, s.Now(), want)
		}
		time.Sleep(10*second/60 - time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n > 0 {
			t.Error("missed too early")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 1 {
			t.Errorf("missed %d times", n)
		}
	})
}

// TestTimeGoesOn: what happened under a fast clock, or a wrong one, stays in the past: the next server goes on from there, and a countdown lasts
// as long as ever.
func TestTimeGoesOn(t *testing.T) {
	play(t, Options{Speed: 60}, func(s *stage) {
		w := s.world(10, 2)
		time.Sleep(time.Hour)
		last := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState.CreatedAt
		s.Stop()
		s = start(t, s.db, Options{})
		defer s.Stop()
		if made := s.do(engine.CreateWorkItem{WorkstreamID: w.stream}).WorkItemState; !made.CreatedAt.Equal(last) {
			t.Errorf("created at %v, want %v", made.CreatedAt, last)
		}
		time.Sleep(10*second - time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n > 0 {
			t.Error("missed too early")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 2 {
			t.Errorf("missed %d times", n)
		}
	})
}

// TestManyDueAtOnce: more deadlines than one Tick may handle are all handled, in batches, without waiting.
func TestManyDueAtOnce(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		w := s.world(10, 1000)
		calls := make([]engine.Call, 600)
		for i := range calls {
			calls[i] = call(engine.CreateWorkItem{WorkstreamID: w.stream})
		}
		release := s.hold()
		var waiting []<-chan answer
		for _, c := range calls {
			waiting = append(waiting, s.later(context.Background(), c))
		}
		synctest.Wait()
		release()
		for _, a := range waiting {
			if got := <-a; got.err != nil || got.WorkItemState.Status != engine.Offered {
				t.Fatalf("answered %+v", got)
			}
		}
		time.Sleep(10 * second)
		synctest.Wait()
		if n := s.bus.count(engine.EventOfferMissed); n != 600 {
			t.Errorf("%d of 600 were missed", n)
		}
		for _, b := range s.db.written() {
			if n := b.Changes.Size(); n > 2*defaultBatchRows {
				t.Errorf("batch %v has %d rows", b.At, n)
			}
		}
		s.inStep()
	})
}

// TestBeat: an idle owner of a MySQL database moves the lease once a second; one who commits need not, and on SQLite nobody does.
func TestBeat(t *testing.T) {
	for _, beats := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			db := newMemory()
			db.beats = beats
			s := start(t, db, Options{})
			time.Sleep(10*second + 500*time.Millisecond)
			synctest.Wait()
			if n := len(db.written()); beats && n != 10 || !beats && n != 0 {
				t.Errorf("beats %v: %d batches in 10 s", beats, n)
			}
			before := len(db.written())
			for range 50 {
				s.do(contact("C"))
				time.Sleep(100 * time.Millisecond)
			}
			if n := len(db.written()) - before; n != 50 {
				t.Errorf("beats %v: %d batches for 50 calls in 5 s", beats, n)
			}
			// Refused commands show nothing to anybody else.
			before = len(db.written())
			for range 50 {
				_, _, err := s.Do(context.Background(), call(contact("")))
				wantError(t, err, engine.CodeBadUserInput, "")
				time.Sleep(100 * time.Millisecond)
			}
			if n := len(db.written()) - before; beats && (n < 4 || n > 6) || !beats && n != 0 {
				t.Errorf("beats %v: %d batches in 5 s of refused calls", beats, n)
			}
			s.inStep()
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSweep: old keys go once a minute, under load too.
func TestSweep(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		if a := <-s.later(context.Background(), keyed(contact("C"), "k")); a.err != nil {
			t.Fatal(a.err)
		}
		time.Sleep(engine.KeyLifetime - second)
		synctest.Wait()
		if len(s.db.rows.keys) != 1 {
			t.Error("the key went too early")
		}
		sweeps := s.db.sweeps
		for range 150 {
			s.do(contact("C"))
			time.Sleep(second)
		}
		synctest.Wait()
		if n := s.db.sweeps - sweeps; n < 2 {
			t.Errorf("%d sweeps in 150 s of load", n)
		}
		if len(s.db.rows.keys) != 0 {
			t.Error("the key stays")
		}
	})
}
