package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/engine"
)

func everything(*engine.Event) bool { return true }

// events are n events about an agent, numbered in their actor.
func events(a engine.AgentID, from, n int) []engine.Event {
	list := make([]engine.Event, n)
	for i := range list {
		list[i] = engine.Event{Type: engine.EventPresenceChanged, AgentID: a, Actor: fmt.Sprint(from + i)}
	}
	return list
}

func at(seq int) engine.Position { return engine.Position{Epoch: 1, Seq: int64(seq)} }

// next takes what must be there already.
func next(t *testing.T, s *Subscription) (*engine.Event, engine.EventPlace) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ev, place, ok := s.Next(ctx)
	if !ok {
		t.Fatal("no event")
	}
	return ev, place
}

// nothing checks that a subscription that lives has nothing more.
func nothing(t *testing.T, s *Subscription) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // select chooses among what is ready by chance
		if ev, _, ok := s.Next(ctx); ok {
			t.Fatalf("there is %+v", ev)
		}
	}
}

// TestOrder: a subscriber gets what is about their agent and passes their filter, in order, with its place.
func TestOrder(t *testing.T) {
	b := New()
	s := b.SubscribeAgent("a", func(ev *engine.Event) bool { return ev.Type == engine.EventPresenceChanged })
	defer s.Close()
	mixed := events("a", 0, 3)
	mixed = append(mixed, engine.Event{Type: engine.EventOfferMade, AgentID: "a"}, engine.Event{Type: engine.EventPresenceChanged, AgentID: "b"},
		engine.Event{Type: engine.EventPresenceChanged})
	b.Publish(at(1), append(mixed, events("a", 3, 1)...))
	b.Publish(at(2), nil)
	b.Publish(at(3), events("a", 4, 1))
	for i, want := range []string{"1.1.0", "1.1.1", "1.1.2", "1.1.6", "1.3.0"} {
		ev, place := next(t, s)
		if ev.Actor != fmt.Sprint(i) || place.Cursor() != want {
			t.Errorf("event %d is %s at %s, want %s", i, ev.Actor, place.Cursor(), want)
		}
	}
	nothing(t, s)
}

// TestLateSubscriber sees nothing of before.
func TestLateSubscriber(t *testing.T) {
	b := New()
	b.Publish(at(1), events("a", 0, 5))
	s := b.SubscribeAgent("a", everything)
	defer s.Close()
	nothing(t, s)
	b.Publish(at(2), events("a", 5, 1))
	if ev, _ := next(t, s); ev.Actor != "5" {
		t.Errorf("the first is %s", ev.Actor)
	}
}

// TestOverflowCutsOnlyTheSlow: EV-2. The slow one gets what fitted, then the end, while its context lives.
func TestOverflowCutsOnlyTheSlow(t *testing.T) {
	b := New()
	slow, quick, other := b.SubscribeAgent("a", everything), b.SubscribeAgent("a", everything), b.SubscribeAgent("b", everything)
	for seq := range 3 * Buffer {
		b.Publish(at(seq+1), append(events("a", seq, 1), events("b", 0, seq%3/2)...))
		if ev, place := next(t, quick); ev.Actor != fmt.Sprint(seq) || place.Seq != int64(seq+1) {
			t.Fatalf("the quick one got %s at %v", ev.Actor, place)
		}
	}
	for i := range Buffer {
		if ev, _ := next(t, slow); ev.Actor != fmt.Sprint(i) {
			t.Fatalf("the slow one got %s, want %d", ev.Actor, i)
		}
	}
	ctx := context.Background()
	for range 3 {
		if ev, _, ok := slow.Next(ctx); ok || ev != nil || ctx.Err() != nil {
			t.Errorf("the slow one got %+v after its end", ev)
		}
	}
	for range Buffer {
		next(t, other)
	}
	nothing(t, other)
	if n, behind := b.Figures(); n != 2 || behind != 0 {
		t.Errorf("%d subscriptions, %d behind", n, behind)
	}
	slow.Close() // it was cut already
	quick.Close()
	other.Close()
	if n, _ := b.Figures(); n != 0 || len(b.byAgent) != 0 {
		t.Errorf("%d subscriptions in the end, %d agents", n, len(b.byAgent))
	}
}

// TestExactlyFull: the buffer holds what it says; one more is too many.
func TestExactlyFull(t *testing.T) {
	b := New()
	s := b.SubscribeAgent("a", everything)
	b.Publish(at(1), events("a", 0, Buffer))
	if n, behind := b.Figures(); n != 1 || behind != Buffer {
		t.Errorf("%d subscriptions, %d behind", n, behind)
	}
	b.Publish(at(2), events("a", Buffer, 1))
	if n, behind := b.Figures(); n != 0 || behind != 0 {
		t.Errorf("after one more: %d subscriptions, %d behind", n, behind)
	}
	for range Buffer {
		next(t, s)
	}
	if _, _, ok := s.Next(context.Background()); ok {
		t.Error("the one too many was delivered")
	}
}

// TestClose ends a waiting Next, and may be called again.
func TestClose(t *testing.T) {
	b := New()
	s, stays := b.SubscribeAgent("a", everything), b.SubscribeAgent("a", everything)
	ended := make(chan bool)
	go func() {
		_, _, ok := s.Next(context.Background())
		ended <- ok
	}()
	time.Sleep(time.Millisecond)
	s.Close()
	if <-ended {
		t.Error("Next gave an event")
	}
	s.Close()
	s.Close()
	if n, _ := b.Figures(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	b.Publish(at(1), events("a", 0, 1))
	next(t, stays)
	stays.Close()
}

// TestConcurrently: subscribers come and go while there is much to tell; each sees a part without gaps.
func TestConcurrently(t *testing.T) {
	const agents, batches = 4, 2000
	b := New()
	done := make(chan struct{})
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			agent := engine.AgentID(fmt.Sprint(n % agents))
			for {
				select {
				case <-done:
					return
				default:
				}
				s := b.SubscribeAgent(agent, everything)
				last := int64(0)
				for range 10 {
					ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
					ev, place, ok := s.Next(ctx)
					cancel()
					if !ok {
						break
					}
					if ev.AgentID != agent || last > 0 && place.Seq != last+1 {
						t.Errorf("%s got batch %d after %d about %s", agent, place.Seq, last, ev.AgentID)
					}
					last = place.Seq
				}
				go s.Close()
				s.Close()
				b.Figures()
			}
		})
	}
	for seq := range batches {
		var list []engine.Event
		for n := range agents {
			list = append(list, events(engine.AgentID(fmt.Sprint(n)), seq, 1)...)
		}
		b.Publish(at(seq+1), list)
	}
	close(done)
	all.Wait()
	if n, behind := b.Figures(); n != 0 || behind != 0 {
		t.Errorf("%d subscriptions are left, %d events", n, behind)
	}
}
