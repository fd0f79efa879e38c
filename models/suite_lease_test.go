package models

import (
	"context"
	"errors"
	"testing"
	"time"

	"rapport/engine"
)

var leaseTests = []storeTest{
	{"a batch at the wrong place", wrongPlace},
	{"a batch twice", batchTwice},
	{"a probe leaves a place free", probe},
	{"every owner has an epoch", epochGrows},
	{"a second process", secondOpen},
	{"a lease that was given back", givenBack},
	{"epochs are times", epochsAreTimes},
	{"a lease that somebody else gave back", releaseByStale},
	{"a stale owner after a takeover", staleOwner},
	{"an owner who is alive", parallel(aliveOwner)},
	{"an owner who is dead", parallel(deadOwner)},
	{"two who want a dead owner's database", parallel(twoHeirs)},
	{"waiting is given up", waitingGivenUp},
}

// parallel lets tests that wait for a lease period wait together.
func parallel(test func(*testing.T, *testStore)) func(*testing.T, *testStore) {
	return func(t *testing.T, s *testStore) {
		t.Parallel()
		test(t, s)
	}
}

func (s *testStore) skipSQLite(t *testing.T) {
	t.Helper()
	if !s.mysql {
		t.Skip("a SQLite file is locked for as long as its process lives")
	}
}

// beside opens the same MySQL database once more, as another process would.
func (s *testStore) beside(t *testing.T) *testStore {
	t.Helper()
	other := must[*Store](t)(Open(ctx, s.db, "other"))
	t.Cleanup(other.Close)
	other.now = long
	return &testStore{Store: other, db: s.db}
}

func wrongPlace(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	s.commit(t, &engine.Changes{})
	before := s.everything(t)
	for _, from := range []engine.Position{
		{Epoch: s.at.Epoch, Seq: s.at.Seq - 1}, {Epoch: s.at.Epoch, Seq: s.at.Seq + 1}, {Epoch: s.at.Epoch - 1, Seq: s.at.Seq},
		{Epoch: s.at.Epoch + 1, Seq: s.at.Seq}, {}, {Epoch: s.at.Epoch + 1}, {Epoch: -1, Seq: -1},
	} {
		b := &engine.Batch{
			Before: from, At: engine.Position{Epoch: from.Epoch, Seq: from.Seq + 1},
			Changes: &engine.Changes{Agents: []engine.Agent{agent(1, false)}, Events: []engine.Event{decision(1)}},
			Keys:    []engine.IdempotencyKey{key("p", "k", 1)},
		}
		err := s.Commit(ctx, b)
		if !errors.Is(err, engine.ErrNotOwner) || errors.Is(err, engine.ErrRefused) || errors.Is(err, engine.ErrTryAgain) {
			t.Errorf("from %v the error is %v, want ErrNotOwner alone", from, err)
		}
	}
	same(t, "the database", s.everything(t), before)
	same(t, "the place", must[engine.Position](t)(s.Position(ctx)), s.at)
}

// batchTwice: when the answer to a COMMIT got lost the writer sends the batch again; it must not be done twice.
func batchTwice(t *testing.T, s *testStore) {
	b := s.next(&engine.Changes{Events: []engine.Event{decision(1)}})
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, b); !errors.Is(err, engine.ErrNotOwner) {
		t.Errorf("the second time: %v, want ErrNotOwner", err)
	}
	same(t, "the place", must[engine.Position](t)(s.Position(ctx)), b.At)
	same(t, "events", s.count(t, "events"), 1)
}

// probe: the writer finds out with a batch that skips a place whether an earlier one at that place can still land.
func probe(t *testing.T, s *testStore) {
	open := s.next(&engine.Changes{Events: []engine.Event{decision(1)}})
	probe := &engine.Batch{Before: s.at, At: engine.Position{Epoch: s.at.Epoch, Seq: s.at.Seq + 2}, Changes: &engine.Changes{}}
	if err := s.Commit(ctx, probe); err != nil {
		t.Fatal(err)
	}
	same(t, "the place", must[engine.Position](t)(s.Position(ctx)), probe.At)
	if err := s.Commit(ctx, open); !errors.Is(err, engine.ErrNotOwner) {
		t.Errorf("the batch from before the probe: %v, want ErrNotOwner", err)
	}
	s.at = probe.At
	s.commit(t, &engine.Changes{Events: []engine.Event{decision(2)}})
	_, rows := s.table(t, "events")
	if len(rows) != 1 || rows[0][1] != int64(3) {
		t.Errorf("the events are %v, want one in batch 3", rows)
	}
}

func epochGrows(t *testing.T, s *testStore) {
	same(t, "the first", s.at, engine.Position{Epoch: 1})
	s.commit(t, aHouse().changes())
	for epoch := int64(2); epoch < 5; epoch++ {
		s = openStoreAfter(t, s, s.db)
		same(t, "the place", s.at, engine.Position{Epoch: epoch})
		s.commit(t, &engine.Changes{})
	}
	same(t, "agents", s.count(t, "agents"), 3)
}

// secondOpen: SQLite's file is locked, at once and with a word why. MySQL lets many look at it.
func secondOpen(t *testing.T, s *testStore) {
	began := time.Now()
	other, err := Open(ctx, s.db, "other")
	if s.mysql {
		if err != nil {
			t.Fatal(err)
		}
		other.Close()
		return
	}
	if !errors.Is(err, engine.ErrHeld) {
		t.Errorf("the error is %v, want ErrHeld", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	s.Close()
	same(t, "after closing", openStore(t, s.db).at, engine.Position{Epoch: 2}) // though it was not released
}

func givenBack(t *testing.T, s *testStore) {
	s.skipSQLite(t)
	s.commit(t, &engine.Changes{})
	if err := s.Release(ctx, s.at); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	same(t, "the place", must[engine.Position](t)(s.beside(t).Acquire(ctx)), engine.Position{Epoch: 2})
	if took := time.Since(began); took > LeasePeriod/3 {
		t.Errorf("it took %v, though nobody had it", took)
	}
}

// releaseByStale: whoever lost the lease can't give it back in the name of the new owner.
func releaseByStale(t *testing.T, s *testStore) {
	s.commit(t, &engine.Changes{})
	for _, at := range []engine.Position{{Epoch: s.at.Epoch, Seq: s.at.Seq - 1}, {Epoch: s.at.Epoch - 1, Seq: s.at.Seq}} {
		if err := s.Release(ctx, at); err != nil {
			t.Error(err)
		}
		row := must[leaseRow](t)(s.lease(ctx, s.write))
		same(t, "the lease", row, leaseRow{ID: 1, Epoch: 1, BatchSeq: 1, Owner: "test"})
	}
}

// staleOwner: once another has the database, nothing of the old one's lands, wherever it believes to be.
func staleOwner(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	stale := *s
	s.raw(t, "UPDATE engine_lease SET owner = ''") // as if it had been waited for
	s.at = must[engine.Position](t)(s.Acquire(ctx))
	before := s.everything(t)
	for seq := range int64(3) {
		b := &engine.Batch{
			Before: engine.Position{Epoch: stale.at.Epoch, Seq: seq}, At: engine.Position{Epoch: stale.at.Epoch, Seq: seq + 1},
			Changes: &engine.Changes{Agents: []engine.Agent{agent(1, false)}},
		}
		if err := stale.Commit(ctx, b); !errors.Is(err, engine.ErrNotOwner) {
			t.Errorf("at %d: %v, want ErrNotOwner", seq, err)
		}
	}
	same(t, "the database", s.everything(t), before)
	s.commit(t, &engine.Changes{Agents: []engine.Agent{agent(1, false)}})
}

// aliveOwner: while the owner beats once a second, another gives up within a lease period.
func aliveOwner(t *testing.T, s *testStore) {
	s.skipSQLite(t)
	other := s.beside(t)
	done := make(chan error)
	began := time.Now()
	go func() {
		_, err := other.Acquire(ctx)
		done <- err
	}()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			s.commit(t, &engine.Changes{})
		case err := <-done:
			if !errors.Is(err, engine.ErrHeld) {
				t.Errorf("the error is %v, want ErrHeld", err)
			}
			if took := time.Since(began); took > LeasePeriod+500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			s.commit(t, &engine.Changes{}) // the owner has not noticed
			return
		}
	}
}

// deadOwner: after a lease period without a beat, and not before.
func deadOwner(t *testing.T, s *testStore) {
	s.skipSQLite(t)
	s.commit(t, &engine.Changes{})
	other := s.beside(t)
	began := time.Now()
	same(t, "the place", must[engine.Position](t)(other.Acquire(ctx)), engine.Position{Epoch: 2})
	if took := time.Since(began); took < LeasePeriod-100*time.Millisecond || took > LeasePeriod+2*time.Second {
		t.Errorf("it took %v, want about %v", took, LeasePeriod)
	}
	if err := s.Commit(ctx, s.next(&engine.Changes{})); !errors.Is(err, engine.ErrNotOwner) {
		t.Errorf("the dead owner commits: %v", err)
	}
}

// twoHeirs: exactly one of them gets it.
func twoHeirs(t *testing.T, s *testStore) {
	s.skipSQLite(t)
	errs := make(chan error, 2)
	for range 2 {
		heir := s.beside(t)
		go func() {
			_, err := heir.Acquire(ctx)
			errs <- err
		}()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Errorf("the errors are %v and %v, want one of them", a, b)
	}
	if err := errors.Join(a, b); !errors.Is(err, engine.ErrHeld) {
		t.Errorf("the error is %v, want ErrHeld", err)
	}
	same(t, "the epoch", must[engine.Position](t)(s.Position(ctx)).Epoch, int64(2))
}

func waitingGivenUp(t *testing.T, s *testStore) {
	s.skipSQLite(t)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := s.beside(t).Acquire(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	same(t, "the place", must[engine.Position](t)(s.Position(ctx)), s.at)
}

// epochsAreTimes: an owner's epoch is when it began, so that the owner of a copy of the database has another one; and never below the last.
func epochsAreTimes(t *testing.T, s *testStore) {
	for _, c := range []struct{ now, want int64 }{{1_795_000_000, 1_795_000_000}, {1_795_000_000, 1_795_000_001}, {5, 1_795_000_002}} {
		if err := s.Release(ctx, s.at); err != nil {
			t.Fatal(err)
		}
		s.now = func() time.Time { return time.Unix(c.now, 0) }
		s.at = must[engine.Position](t)(s.Acquire(ctx))
		same(t, "the place", s.at, engine.Position{Epoch: c.want})
	}
	same(t, "how far each came", s.count(t, "engine_epochs"), 4)
}
