package bus

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rapport/engine"
)

func figures(id engine.QueueID, waiting int) engine.QueueFigures {
	return engine.QueueFigures{QueueID: id, Waiting: waiting}
}

// moved is a batch after which queues have these figures.
func moved(list ...engine.QueueFigures) *engine.Changes { return &engine.Changes{Figures: list} }

// show writes figures as queue:waiting.
func show(list []engine.QueueFigures) string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = fmt.Sprint(list[i].QueueID, ":", list[i].Waiting)
	}
	return fmt.Sprint(out)
}

// told takes all that waits for a subscriber to figures: place, queue and what waits in it, "gone" for a queue that was deleted.
func told(t *testing.T, s *Subscription) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out []string
	for {
		p, ok := s.Next(ctx)
		if !ok {
			return fmt.Sprint(out)
		}
		what := "gone"
		if p.Figures != nil {
			what = fmt.Sprint(p.Figures.Waiting)
			if p.Figures.QueueID != p.QueueID {
				t.Errorf("the figures of %s are told of %s", p.Figures.QueueID, p.QueueID)
			}
		}
		if p.Event != nil || p.Place.Index != engine.StartIndex {
			t.Errorf("%+v", p)
		}
		out = append(out, fmt.Sprintf("%d.%d %s:%s", p.Place.Epoch, p.Place.Seq, p.QueueID, what))
	}
}

func wantTold(t *testing.T, s *Subscription, want string) {
	t.Helper()
	if got := told(t, s); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// TestFiguresBegin: a subscription begins with the figures as they are, of the queues that it names or of all, and with the place at which they
// are so; those that are not there are left out.
func TestFiguresBegin(t *testing.T) {
	b := New()
	if _, place, list := b.SubscribeFigures(nil); place != (engine.Position{}) || len(list) != 0 {
		t.Errorf("of nothing: %v %v", place, list)
	}
	b.Restore(at(1), []engine.QueueFigures{figures("b", 2), figures("a", 1)})
	b.Publish(at(2), moved(figures("c", 3)))
	b.Publish(at(3), moved(figures("a", 4)))
	b.Publish(at(4), moved())
	for _, c := range []struct {
		ids  []engine.QueueID
		want string
	}{
		{nil, "[a:4 b:2 c:3]"}, {[]engine.QueueID{}, "[]"}, {[]engine.QueueID{"c", "a"}, "[c:3 a:4]"}, {[]engine.QueueID{"none"}, "[]"},
		{[]engine.QueueID{"none", "b", ""}, "[b:2]"},
	} {
		_, place, list := b.SubscribeFigures(c.ids)
		if show(list) != c.want || place != at(4) {
			t.Errorf("%v: %s at %v, want %s", c.ids, show(list), place, c.want)
		}
		if list := b.QueueFigures(c.ids); show(list) != c.want {
			t.Errorf("%v are now %s, want %s", c.ids, show(list), c.want)
		}
	}
}

// TestFiguresMove: a subscriber hears of their queues only, once for each batch, and of nothing that has not moved.
func TestFiguresMove(t *testing.T) {
	b := New()
	b.Restore(at(1), []engine.QueueFigures{figures("a", 1), figures("b", 2)})
	all, _, _ := b.SubscribeFigures(nil)
	one, _, _ := b.SubscribeFigures([]engine.QueueID{"b", "later"})
	b.Publish(at(2), moved(figures("a", 1), figures("b", 3)))
	b.Publish(at(3), moved(figures("a", 1), figures("b", 3)))
	b.Publish(at(4), moved(figures("later", 0)))
	b.Publish(at(5), moved(figures("a", 7), figures("b", 2)))
	wantTold(t, all, "[1.2 b:3 1.4 later:0 1.5 a:7 1.5 b:2]")
	wantTold(t, one, "[1.2 b:3 1.4 later:0 1.5 b:2]")
	one.Close()
	b.Publish(at(6), moved(figures("b", 9)))
	wantTold(t, one, "[]")
	wantTold(t, all, "[1.6 b:9]")
	all.Close()
	empty(t, b)
	if list := b.QueueFigures(nil); show(list) != "[a:7 b:9 later:0]" {
		t.Errorf("without readers: %s", show(list))
	}
}

// TestOldestWaiting: figures that differ only in how long the oldest has waited have moved; the same time at another address has not.
func TestOldestWaiting(t *testing.T) {
	b := New()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	since := func(v time.Time) engine.QueueFigures {
		f := figures("a", 1)
		f.OldestWaitingAt = &v
		return f
	}
	b.Restore(at(1), []engine.QueueFigures{since(noon)})
	s, _, _ := b.SubscribeFigures(nil)
	b.Publish(at(2), moved(since(noon)))
	wantTold(t, s, "[]")
	b.Publish(at(3), moved(since(noon.Add(time.Second))))
	wantTold(t, s, "[1.3 a:1]")
	b.Publish(at(4), moved(figures("a", 1)))
	wantTold(t, s, "[1.4 a:1]")
}

// TestQueueGone: who follows a queue hears that it was deleted; it may come back under its id.
func TestQueueGone(t *testing.T) {
	b := New()
	b.Restore(at(1), []engine.QueueFigures{figures("a", 1), figures("b", 2)})
	all, _, _ := b.SubscribeFigures(nil)
	one, _, _ := b.SubscribeFigures([]engine.QueueID{"a"})
	b.Publish(at(2), &engine.Changes{Figures: []engine.QueueFigures{figures("b", 3)}, QueuesRemoved: []engine.QueueID{"a"}})
	wantTold(t, all, "[1.2 b:3 1.2 a:gone]")
	wantTold(t, one, "[1.2 a:gone]")
	if list := b.QueueFigures(nil); show(list) != "[b:3]" {
		t.Errorf("there are %s", show(list))
	}
	b.Publish(at(3), moved(figures("a", 0)))
	wantTold(t, one, "[1.3 a:0]")
}

// TestRestore: a new engine says all figures anew. Subscribers hear of what differs, and of queues that are no more, at the new place.
func TestRestore(t *testing.T) {
	b := New()
	b.Restore(at(1), []engine.QueueFigures{figures("a", 1), figures("b", 2), figures("c", 3)})
	all, _, _ := b.SubscribeFigures(nil)
	one, _, _ := b.SubscribeFigures([]engine.QueueID{"c"})
	b.Restore(engine.Position{Epoch: 2}, []engine.QueueFigures{figures("a", 1), figures("b", 5), figures("d", 4)})
	wantTold(t, all, "[2.0 b:5 2.0 d:4 2.0 c:gone]")
	wantTold(t, one, "[2.0 c:gone]")
	_, place, list := b.SubscribeFigures(nil)
	if place != (engine.Position{Epoch: 2}) || show(list) != "[a:1 b:5 d:4]" {
		t.Errorf("now %s at %v", show(list), place)
	}
}

// TestFiguresAreWhole: between what a subscription begins with and what it then hears nothing is missing and nothing comes twice, however the
// two fall among the batches.
func TestFiguresAreWhole(t *testing.T) {
	const batches = 3000
	b := New()
	b.Restore(at(1), []engine.QueueFigures{figures("a", 1)})
	published := make(chan struct{})
	go func() {
		defer close(published)
		for seq := 2; seq <= batches; seq++ {
			b.Publish(at(seq), moved(figures("a", seq)))
		}
	}()
	for range 8 {
		s, place, list := b.SubscribeFigures([]engine.QueueID{"a"})
		if len(list) != 1 || int64(list[0].Waiting) != place.Seq {
			t.Fatalf("the start at %v is %s", place, show(list))
		}
		for want := place.Seq + 1; want <= min(place.Seq+100, batches); want++ {
			if p := next(t, s); p.Place.Seq != want || int64(p.Figures.Waiting) != want {
				t.Fatalf("after the start at %d comes %d with %d, want %d", place.Seq, p.Place.Seq, p.Figures.Waiting, want)
			}
		}
		s.Close()
	}
	<-published
	empty(t, b)
}

// TestSlowReaderOfFigures: EV-2. It is cut off like any other, and the board goes on.
func TestSlowReaderOfFigures(t *testing.T) {
	b := New()
	slow, _, _ := b.SubscribeFigures(nil)
	quick, _, _ := b.SubscribeFigures(nil)
	for seq := 1; seq <= Buffer+1; seq++ {
		b.Publish(at(seq), moved(figures("a", seq)))
		if p := next(t, quick); p.Figures.Waiting != seq {
			t.Fatalf("the quick one got %d, want %d", p.Figures.Waiting, seq)
		}
	}
	for seq := 1; seq <= Buffer; seq++ {
		if p := next(t, slow); p.Figures.Waiting != seq {
			t.Fatalf("the slow one got %d, want %d", p.Figures.Waiting, seq)
		}
	}
	if _, ok := slow.Next(context.Background()); ok {
		t.Error("the one too many was delivered")
	}
	if list := b.QueueFigures([]engine.QueueID{"a"}); show(list) != fmt.Sprintf("[a:%d]", Buffer+1) {
		t.Errorf("the board has %s", show(list))
	}
	if n, behind := b.Figures(); n != 1 || behind != 0 {
		t.Errorf("%d subscriptions, %d behind", n, behind)
	}
	quick.Close()
	empty(t, b)
}
