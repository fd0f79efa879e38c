package writer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rapport/engine"
)

// What the database can say to a commit, in the simplest forms; internal/tools/torture looks for what comes of them together.

var errSilence = errors.New("i/o timeout")

// names lists the contacts and agents that were committed, in their order.
func (s *stage) names() []string {
	var made []string
	for _, b := range s.db.written() {
		for _, a := range b.Changes.Agents {
			made = append(made, a.Name)
		}
		for _, c := range b.Changes.Contacts {
			made = append(made, c.FullName)
		}
	}
	return made
}

// script answers the commits of batches with rows one after the other; then all is well.
func (s *stage) script(faults ...fault) {
	s.db.set(func(m *memory) {
		m.commit = func(b *engine.Batch) fault {
			if b.Changes.Size() == 0 || len(faults) == 0 {
				return fault{lands: true}
			}
			f := faults[0]
			faults = faults[1:]
			return f
		}
	})
}

// TestTryAgain: a deadlock is nobody's business; the same batch goes again.
func TestTryAgain(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.script(fault{err: engine.ErrTryAgain}, fault{err: engine.ErrTryAgain})
		s.do(contact("a"))
		if s.db.commits != 3 || time.Since(begun) > 100*time.Millisecond {
			t.Errorf("%d commits in %v", s.db.commits, time.Since(begun))
		}
		s.inStep()
	})
}

// TestTryAgainForEver: until patience is over; then nothing was made.
func TestTryAgainForEver(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.db.set(func(m *memory) {
			m.commit = func(b *engine.Batch) fault {
				if b.Changes.Size() > 0 {
					return fault{err: engine.ErrTryAgain}
				}
				return fault{lands: true}
			}
		})
		_, _, err := s.Do(context.Background(), call(contact("a")))
		wantError(t, err, engine.CodeUnavailable, "")
		if took := time.Since(begun); took < defaultPatience || took > defaultPatience+second/2 {
			t.Errorf("it took %v", took)
		}
		s.db.set(func(m *memory) { m.commit = nil })
		synctest.Wait()
		s.do(contact("b"))
		if made := s.names(); !slices.Equal(made, []string{"b"}) {
			t.Errorf("made were %q", made)
		}
	})
}

// TestDatabaseRefuses: the batch is undone, its callers hear so, and work goes on once an empty batch went through.
func TestDatabaseRefuses(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.do(contact("before"))
		s.script(fault{err: engine.ErrRefused})
		id := engine.AgentID("ag_01900000-0000-7000-8000-000000000001")
		_, _, err := s.Do(context.Background(), call(engine.CreateAgent{ID: id, Name: "refused"}))
		if e := wantError(t, err, engine.CodeUnavailable, ""); !strings.Contains(e.Message, "not made") {
			t.Error(e.Message)
		}
		synctest.Wait()
		s.do(engine.CreateAgent{ID: id, Name: "again"})
		if made := s.names(); !slices.Equal(made, []string{"before", "again"}) {
			t.Errorf("made were %q", made)
		}
		s.inStep()
	})
}

// TestAnswerLost: the batch landed though the answer got lost, so its callers hear of success and nothing is done twice.
func TestAnswerLost(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.script(fault{lands: true, err: errSilence})
		s.do(contact("a"))
		s.do(contact("b"))
		if made := s.names(); !slices.Equal(made, []string{"a", "b"}) {
			t.Errorf("made were %q", made)
		}
		s.inStep()
	})
}

// TestRequestLost: it did not land, so it is sent again.
func TestRequestLost(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.script(fault{err: errSilence}, fault{err: errSilence})
		s.do(contact("a"))
		if made := s.names(); !slices.Equal(made, []string{"a"}) {
			t.Errorf("made were %q", made)
		}
		s.inStep()
	})
}

// TestDatabaseAway: for longer than patience. Callers hear within 5 seconds, new ones at once, and it goes on by itself: with the batch
// whose fate was open if it landed, without it if not.
func TestDatabaseAway(t *testing.T) {
	for _, landed := range []bool{true, false} {
		play(t, Options{}, func(s *stage) {
			s.do(contact("before"))
			away := time.Now().Add(20 * second)
			silence := func() error {
				if time.Now().Before(away) {
					return errSilence
				}
				return nil
			}
			s.db.set(func(m *memory) {
				m.commit = func(b *engine.Batch) fault {
					return fault{lands: silence() == nil || landed && b.Changes.Size() > 0 && m.at == b.Before, err: silence()}
				}
				m.where = silence
			})
			open := engine.CreateAgent{ID: "ag_01900000-0000-7000-8000-000000000001", Name: "open"}
			began := time.Now()
			_, _, err := s.Do(context.Background(), call(open))
			if e := wantError(t, err, engine.CodeUnavailable, ""); !e.MaybeMade || time.Since(began) > 5*second {
				t.Errorf("after %v: %+v", time.Since(began), e)
			}
			s.awayUntil(away)
			_, _, err = s.Do(context.Background(), call(open))
			want := []string{"before", "open"}
			if landed {
				wantError(t, err, engine.CodeConflict, engine.ReasonAlreadyExists)
			} else if err != nil {
				t.Errorf("what was not made can't be made again: %v", err)
			}
			if made := s.names(); !slices.Equal(made, want) || s.Figures().Agents != 1 {
				t.Errorf("made were %q, there are %+v", made, s.Figures())
			}
			s.inStep()
		})
	}
}

// awayUntil checks that everybody is refused at once until the database is back.
func (s *stage) awayUntil(back time.Time) {
	s.Helper()
	synctest.Wait()
	if s.Ready() {
		s.Error("it is ready while the database is away")
	}
	now := time.Now()
	_, _, err := s.Do(context.Background(), call(contact("refused")))
	if wantError(s, err, engine.CodeUnavailable, "").MaybeMade || time.Since(now) > 0 {
		s.Errorf("refused with %v after %v", err, time.Since(now))
	}
	time.Sleep(time.Until(back.Add(second)))
	synctest.Wait()
	s.db.set(func(m *memory) { m.commit, m.where = nil, nil })
	if !s.Ready() {
		s.Fatal("it is not ready again")
	}
}

// TestReadOnlyDatabase: it tells at once that it takes nothing, and where it stands. It is asked again, but not thousands of times.
func TestReadOnlyDatabase(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.db.set(func(m *memory) { m.commit = func(*engine.Batch) fault { return fault{err: errSilence} } })
		_, _, err := s.Do(context.Background(), call(contact("a")))
		wantError(t, err, engine.CodeUnavailable, "")
		synctest.Wait()
		if n := s.db.commits; n < 10 || n > int(defaultPatience/retryPause)+5 {
			t.Errorf("%d attempts in %v", n, defaultPatience)
		}
		s.db.set(func(m *memory) { m.commit = nil })
		time.Sleep(second)
		s.do(contact("b"))
	})
}

// TestFactsCannotBeRead: nothing was applied, so nothing was made.
func TestFactsCannotBeRead(t *testing.T) {
	play(t, Options{}, func(s *stage) {
		s.db.set(func(m *memory) { m.facts = func() error { return errSilence } })
		_, _, err := s.Do(context.Background(), call(engine.CancelWorkItem{WorkItemID: "wi_1"}))
		if e := wantError(t, err, engine.CodeUnavailable, ""); !strings.Contains(e.Message, "not made") {
			t.Error(e.Message)
		}
		s.db.set(func(m *memory) { m.facts = nil })
		time.Sleep(second)
		_, _, err = s.Do(context.Background(), call(engine.CancelWorkItem{WorkItemID: "wi_1"}))
		wantError(t, err, engine.CodeNotFound, "")
	})
}

// TestLeaseLost: whoever is no longer the owner says so and ends; what it was about to write is not written.
func TestLeaseLost(t *testing.T) {
	for _, c := range []struct {
		stands engine.Position
		want   error
	}{
		{engine.Position{Epoch: 2, Seq: 7}, ErrLeaseLost}, {engine.Position{Epoch: 1}, ErrCommitsLost}, {engine.Position{Epoch: 1, Seq: 9}, ErrElsewhere},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := start(t, newMemory(), Options{})
			s.do(contact("a"))
			s.do(contact("b"))
			s.db.set(func(m *memory) { m.at = c.stands })
			_, _, err := s.Do(context.Background(), call(contact("c")))
			wantError(t, err, engine.CodeUnavailable, "")
			<-s.Done()
			if !errors.Is(s.Err(), c.want) || s.Ready() {
				t.Errorf("at %v it ended with %v, want %v", c.stands, s.Err(), c.want)
			}
			if made := s.names(); !slices.Equal(made, []string{"a", "b"}) || s.db.released != nil {
				t.Errorf("made were %q, released at %v", made, s.db.released)
			}
			_, _, err = s.Do(context.Background(), call(contact("d")))
			wantError(t, err, engine.CodeUnavailable, "")
			if !errors.Is(s.Stop(), c.want) {
				t.Error("Stop tells something else")
			}
		})
	}
}

// TestLeaseLostBeforeTheRest: what was taken together but was still to come is not made, and its callers hear that at once.
func TestLeaseLostBeforeTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newMemory(), Options{BatchRows: 1})
		gate := make(chan struct{})
		s.db.commit = func(b *engine.Batch) fault {
			if b.At.Seq == 1 {
				<-gate
			} else {
				s.db.set(func(m *memory) { m.at.Epoch++ })
			}
			return fault{lands: true}
		}
		var calls []<-chan answer
		for _, name := range []string{"plug", "first", "second", "third"} {
			calls = append(calls, s.later(context.Background(), call(contact(name))))
			synctest.Wait()
		}
		close(gate)
		began := time.Now()
		for i, c := range calls {
			a := <-c
			if i == 0 {
				if a.err != nil {
					t.Error(a.err)
				}
				continue
			}
			if e := wantError(t, a.err, engine.CodeUnavailable, ""); e.MaybeMade != (i == 1) {
				t.Errorf("call %d: %+v", i, e)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
		<-s.Done()
	})
}

// TestLeaseLostWhileIdle: the beat notices it.
func TestLeaseLostWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		db.beats = true
		s := start(t, db, Options{})
		db.set(func(m *memory) { m.at.Epoch++ })
		began := time.Now()
		<-s.Done()
		if !errors.Is(s.Err(), ErrLeaseLost) || time.Since(began) > 2*second {
			t.Errorf("ended with %v after %v", s.Err(), time.Since(began))
		}
	})
}

// TestStartFails: what the database says at the start is what Start says.
func TestStartFails(t *testing.T) {
	db := newMemory()
	db.load = func(*engine.Snapshot) error { return errSilence }
	if _, err := Start(context.Background(), db, &heard{}, Options{}); !errors.Is(err, errSilence) {
		t.Errorf("the error is %v", err)
	}
}
