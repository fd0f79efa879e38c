package quota

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func wantRefusal(t *testing.T, err error, code engine.ErrorCode, seconds int) {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) || e.Code != code || e.RetryAfterSeconds != seconds {
		t.Fatalf("got %+v, want %s and %d s", err, code, seconds)
	}
	if !strings.Contains(e.Message, "at most 2 ") && code == engine.CodeLimit {
		t.Errorf("message %q", e.Message)
	}
}

// Each kind has its own limit, each principal their own count, and what is released can be taken again, once.
func TestOpen(t *testing.T) {
	var refused []Limit
	q := New(Options{Connections: 2, Operations: 2, Subscriptions: 2, Refused: func(l Limit) { refused = append(refused, l) }})
	for _, take := range []func(string) (func(), error){q.Connect, q.Operate, q.Subscribe} {
		var releases []func()
		for range 2 {
			release, err := take("ann")
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
		_, err := take("ann")
		wantRefusal(t, err, engine.CodeLimit, 0)
		if release, err := take("bob"); err != nil {
			t.Errorf("bob: %v", err)
		} else {
			release()
		}
		releases[0]()
		releases[0]() // As if it had not been called again.
		release, err := take("ann")
		if err != nil {
			t.Fatal(err)
		}
		_, err = take("ann")
		wantRefusal(t, err, engine.CodeLimit, 0)
		release()
		releases[1]()
	}
	if want := []Limit{LimitConnections, LimitConnections, LimitOperations, LimitOperations, LimitSubscriptions, LimitSubscriptions}; fmt.Sprint(refused) != fmt.Sprint(want) {
		t.Errorf("refused %v, want %v", refused, want)
	}
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
}

// Operations begin at the rate, after a burst; a refusal says when to come back, and costs nothing.
func TestRate(t *testing.T) {
	c := newClock()
	var refused []Limit
	q := New(Options{Rate: 0.5, Burst: 3, Now: c.Now, Refused: func(l Limit) { refused = append(refused, l) }})
	operate := func() error {
		release, err := q.Operate("ann")
		if err == nil {
			release()
		}
		return err
	}
	for range 3 {
		if err := operate(); err != nil {
			t.Fatal(err)
		}
	}
	wantRefusal(t, operate(), engine.CodeRateLimited, 2)
	c.pass(500 * time.Millisecond)
	wantRefusal(t, operate(), engine.CodeRateLimited, 2) // 1.5 s, rounded up
	if release, err := q.Operate("bob"); err != nil {
		t.Errorf("bob: %v", err)
	} else {
		release()
	}
	c.pass(1500 * time.Millisecond)
	if err := operate(); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	wantRefusal(t, operate(), engine.CodeRateLimited, 2)
	for _, take := range []func(string) (func(), error){q.Connect, q.Subscribe} { // The rate is that of operations.
		if release, err := take("ann"); err != nil {
			t.Error(err)
		} else {
			release()
		}
	}
	if fmt.Sprint(refused) != fmt.Sprint([]Limit{LimitRate, LimitRate, LimitRate}) {
		t.Errorf("refused %v", refused)
	}
}

// Without limits, as in development mode, everything goes, and nobody is remembered.
func TestUnlimited(t *testing.T) {
	q := New(Options{})
	var releases []func()
	for range 10_000 {
		for _, take := range []func(string) (func(), error){q.Connect, q.Operate, q.Subscribe} {
			release, err := take("developer")
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
	}
	for _, release := range releases {
		release()
	}
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
}

// Going away does not fill a burst, neither with a connection open nor without.
func TestNoNewBurst(t *testing.T) {
	c := newClock()
	q := New(Options{Rate: 1, Burst: 10, Now: c.Now})
	began := 0
	for range 100 {
		if release, err := q.Operate("ann"); err == nil {
			release()
			began++
		}
		release, _ := q.Connect("ann")
		release()
		c.pass(50 * time.Millisecond)
	}
	if began < 14 || began > 15 { // 10 at once, and one for each of the 4.95 seconds.
		t.Errorf("%d operations began", began)
	}
}

// Whoever comes back while they rest is counted like anybody, long after.
func TestRestIsOver(t *testing.T) {
	c := newClock()
	q := New(Options{Connections: 2, Rate: 1, Burst: 10, Now: c.Now})
	release, _ := q.Operate("ann")
	release() // Now they rest.
	var connections []func()
	for range 2 {
		release, err := q.Connect("ann")
		if err != nil {
			t.Fatal(err)
		}
		connections = append(connections, release)
	}
	c.pass(time.Hour)
	if release, err := q.Connect("bob"); err != nil {
		t.Error(err)
	} else {
		release()
	}
	_, err := q.Connect("ann")
	wantRefusal(t, err, engine.CodeLimit, 0)
	for _, release := range connections {
		release()
	}
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
}

// The connections of a principal share what they may send.
func TestPacer(t *testing.T) {
	c := newClock()
	q := New(Options{Messages: 100, Now: c.Now})
	if q.Pacer("ann") != nil {
		t.Error("a pacer without a connection")
	}
	first, _ := q.Connect("ann")
	pacer := q.Pacer("ann")
	second, _ := q.Connect("ann")
	first()
	if pacer == nil || q.Pacer("ann") != pacer || pacer.Limit() != 100 || pacer.Burst() != 100 {
		t.Errorf("pacers %v and %v", pacer, q.Pacer("ann"))
	}
	bob, _ := q.Connect("bob")
	if q.Pacer("bob") == pacer {
		t.Error("bob's is ann's")
	}
	bob()
	second()
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
	unlimited := New(Options{})
	release, _ := unlimited.Connect("ann")
	defer release()
	if unlimited.Pacer("ann") != nil {
		t.Error("a pacer without a limit")
	}
}

// A million principals who come once leave nothing behind: while they come, only those of the last two seconds are remembered.
func TestNoLeak(t *testing.T) {
	c := newClock()
	q := New(Options{Connections: 1, Operations: 1, Subscriptions: 1, Rate: 2000, Burst: 4000, Now: c.Now})
	most := 0
	for i := range 1_000_000 {
		release, err := q.Operate(fmt.Sprint("principal ", i))
		if err != nil {
			t.Fatal(err)
		}
		release()
		c.pass(100 * time.Microsecond)
		most = max(most, q.remembered())
	}
	if most > 20_001 { // 10,000 come in a second.
		t.Errorf("up to %d principals were remembered", most)
	}
	c.pass(time.Minute)
	for range 10_000 {
		release, _ := q.Connect("ann")
		release()
	}
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
	if n := q.resting.Len(); n != 0 {
		t.Errorf("%d principals rest", n)
	}
}

// However many take and release at once, no limit is passed and nothing stays counted.
func TestConcurrent(t *testing.T) {
	const most, principals = 3, 5
	q := New(Options{Connections: most, Operations: most, Subscriptions: most, Rate: 1e9, Burst: 1e9})
	var open [principals]atomic.Int64
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 5000 {
				p := (w + i) % principals
				release, err := q.Subscribe(fmt.Sprint(p))
				if err != nil {
					continue
				}
				if n := open[p].Add(1); n > most {
					t.Errorf("%d are open", n)
				}
				open[p].Add(-1)
				release()
			}
		})
	}
	workers.Wait()
	if n := q.remembered(); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
}

func BenchmarkOperate(b *testing.B) {
	q := New(Options{Operations: 1000, Rate: 1e9, Burst: 1e9})
	keep, _ := q.Connect("ann")
	defer keep()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			release, err := q.Operate("ann")
			if err != nil {
				b.Error(err)
				return
			}
			release()
		}
	})
}

// remembered tells how many principals there is something to remember of.
func (q *Quotas) remembered() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.principals)
}
