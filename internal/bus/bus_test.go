package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/engine"
)

// presences are n events about an agent's presence, numbered in their actor.
func presences(a engine.AgentID, from, n int) []engine.Event {
	list := make([]engine.Event, n)
	for i := range list {
		list[i] = engine.Event{Type: engine.EventPresenceChanged, AgentID: a, Actor: fmt.Sprint(from + i)}
	}
	return list
}

func changes(events ...engine.Event) *engine.Changes { return &engine.Changes{Events: events} }

func at(seq int) engine.Position { return engine.Position{Epoch: 1, Seq: int64(seq)} }

// follow subscribes to the presence of agents.
func (b *Bus) follow(ids ...engine.AgentID) *Subscription {
	return b.Subscribe(Presence(engine.PresenceSelection{AgentIDs: ids})...)
}

// next takes what must be there already.
func next(t *testing.T, s *Subscription) engine.Published {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p, ok := s.Next(ctx)
	if !ok {
		t.Fatal("no message")
	}
	return p
}

// nothing checks that a subscription that lives has nothing more.
func nothing(t *testing.T, s *Subscription) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // select chooses among what is ready by chance
		if p, ok := s.Next(ctx); ok {
			t.Fatalf("there is %+v", p)
		}
	}
}

// empty checks that a bus has kept nothing of subscribers who have gone.
func empty(t *testing.T, b *Bus) {
	t.Helper()
	n, behind := b.Figures()
	b.mu.Lock()
	defer b.mu.Unlock()
	if n != 0 || behind != 0 || len(b.byTopic) != 0 || len(b.board.readers) != 0 || b.subscribed != [kinds]int{} {
		t.Errorf("left: %d subscriptions, %d behind, topics %v, readers of figures %v, %v", n, behind, b.byTopic, b.board.readers, b.subscribed)
	}
}

// TestOrder: a subscriber gets what is about their agent, in order, with its place.
func TestOrder(t *testing.T) {
	b := New()
	s := b.follow("a")
	mixed := presences("a", 0, 3)
	mixed = append(mixed, engine.Event{Type: engine.EventOfferMade, AgentID: "a", Offer: &engine.Offer{}},
		engine.Event{Type: engine.EventPresenceChanged, AgentID: "b"}, engine.Event{Type: engine.EventSessionOpened, AgentID: "a"})
	b.Publish(at(1), changes(append(mixed, presences("a", 3, 1)...)...))
	b.Publish(at(2), changes())
	b.Publish(at(3), changes(presences("a", 4, 1)...))
	for i, want := range []string{"1.1.0", "1.1.1", "1.1.2", "1.1.6", "1.3.0"} {
		p := next(t, s)
		if p.Event.Actor != fmt.Sprint(i) || p.Place.Cursor() != want {
			t.Errorf("event %d is %s at %s, want %s", i, p.Event.Actor, p.Place.Cursor(), want)
		}
	}
	nothing(t, s)
	s.Close()
	empty(t, b)
}

// TestLateSubscriber sees nothing of before.
func TestLateSubscriber(t *testing.T) {
	b := New()
	b.Publish(at(1), changes(presences("a", 0, 5)...))
	s := b.follow("a")
	defer s.Close()
	nothing(t, s)
	b.Publish(at(2), changes(presences("a", 5, 1)...))
	if p := next(t, s); p.Event.Actor != "5" {
		t.Errorf("the first is %s", p.Event.Actor)
	}
}

// TestSeveralTopics: whoever follows several agents gets the events of all of them in the order in which they happened, each once, also those
// that are about more than one of the topics.
func TestSeveralTopics(t *testing.T) {
	b := New()
	two, one, all := b.follow("a", "b"), b.follow("b"), b.follow()
	b.Publish(at(1), changes(
		engine.Event{Type: engine.EventPresenceChanged, AgentID: "b", Actor: "0"}, engine.Event{Type: engine.EventPresenceChanged, AgentID: "c", Actor: "1"},
		engine.Event{Type: engine.EventPresenceChanged, AgentID: "a", Actor: "2"}, engine.Event{Type: engine.EventAgentDeleted, AgentID: "b", Actor: "3"},
	))
	for s, want := range map[*Subscription]string{two: "[0 2 3]", one: "[0 3]", all: "[0 1 2 3]"} {
		if got := fmt.Sprint(waitingFor(s)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n, behind := b.Figures(); n != 3 || behind != 9 {
		t.Errorf("%d subscriptions, %d behind", n, behind)
	}
	two.Close()
	if got := fmt.Sprint(waitingFor(one)); got != "[0 3]" {
		t.Errorf("when another has gone: %s", got)
	}
	b.Publish(at(2), changes(presences("b", 4, 1)...))
	if got := fmt.Sprint(waitingFor(one)); got != "[0 3 4]" {
		t.Errorf("after that: %s", got)
	}
	one.Close()
	all.Close()
	empty(t, b)
}

// waitingFor are the numbers of the events that wait for a subscriber.
func waitingFor(s *Subscription) (actors []string) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	for _, p := range s.waiting {
		actors = append(actors, p.Event.Actor)
	}
	return actors
}

// TestOverflowCutsOnlyTheSlow: EV-2. The slow one gets what fitted, then the end, while its context lives.
func TestOverflowCutsOnlyTheSlow(t *testing.T) {
	b := New()
	slow, quick, other := b.follow("a", "c"), b.follow("a"), b.follow("b")
	for seq := range 3 * Buffer {
		b.Publish(at(seq+1), changes(append(presences("a", seq, 1), presences("b", 0, seq%3/2)...)...))
		if p := next(t, quick); p.Event.Actor != fmt.Sprint(seq) || p.Place.Seq != int64(seq+1) {
			t.Fatalf("the quick one got %s at %v", p.Event.Actor, p.Place)
		}
	}
	for i := range Buffer {
		if p := next(t, slow); p.Event.Actor != fmt.Sprint(i) {
			t.Fatalf("the slow one got %s, want %d", p.Event.Actor, i)
		}
	}
	ctx := context.Background()
	for range 3 {
		if p, ok := slow.Next(ctx); ok || p.Event != nil || ctx.Err() != nil {
			t.Errorf("the slow one got %+v after its end", p)
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
	empty(t, b)
}

// TestExactlyFull: the buffer holds what it says; one more is too many.
func TestExactlyFull(t *testing.T) {
	b := New()
	s := b.follow("a")
	b.Publish(at(1), changes(presences("a", 0, Buffer)...))
	if n, behind := b.Figures(); n != 1 || behind != Buffer {
		t.Errorf("%d subscriptions, %d behind", n, behind)
	}
	b.Publish(at(2), changes(presences("a", Buffer, 1)...))
	if n, behind := b.Figures(); n != 0 || behind != 0 {
		t.Errorf("after one more: %d subscriptions, %d behind", n, behind)
	}
	for range Buffer {
		next(t, s)
	}
	if _, ok := s.Next(context.Background()); ok {
		t.Error("the one too many was delivered")
	}
	empty(t, b)
}

// TestClose ends a waiting Next, and may be called again.
func TestClose(t *testing.T) {
	b := New()
	s, stays := b.follow("a"), b.follow("a")
	ended := make(chan bool)
	go func() {
		_, ok := s.Next(context.Background())
		ended <- ok
	}()
	time.Sleep(time.Millisecond)
	s.Close()
	if <-ended {
		t.Error("Next gave a message")
	}
	s.Close()
	s.Close()
	if n, _ := b.Figures(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	b.Publish(at(1), changes(presences("a", 0, 1)...))
	next(t, stays)
	stays.Close()
	empty(t, b)
}

// TestConcurrently: subscribers come and go while there is much to tell; each sees a part without gaps.
func TestConcurrently(t *testing.T) {
	const agents, batches = 4, 2000
	b := New()
	done := make(chan struct{})
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			agent, queue := engine.AgentID(fmt.Sprint(n%agents)), engine.QueueID(fmt.Sprint(n%agents))
			for {
				select {
				case <-done:
					return
				default:
				}
				s := b.follow(agent, "nobody")
				partOf(t, s, func(p engine.Published) bool { return p.Event.AgentID == agent })
				s, start, _ := b.SubscribeFigures([]engine.QueueID{queue})
				if last := partOf(t, s, func(p engine.Published) bool { return p.QueueID == queue }); last > 0 && last <= start.Seq {
					t.Errorf("the start is at %d, and then there is %d", start.Seq, last)
				}
				b.Figures()
			}
		})
	}
	for seq := range batches {
		c := changes()
		for n := range agents {
			c.Events = append(c.Events, presences(engine.AgentID(fmt.Sprint(n)), seq, 1)...)
			c.Figures = append(c.Figures, engine.QueueFigures{QueueID: engine.QueueID(fmt.Sprint(n)), Waiting: seq + 1})
		}
		b.Publish(at(seq+1), c)
	}
	close(done)
	all.Wait()
	empty(t, b)
}

// partOf reads some messages of a subscription and closes it, twice at once; it gives the last batch that was seen, 0 for none.
func partOf(t *testing.T, s *Subscription, own func(engine.Published) bool) (last int64) {
	for range 10 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		p, ok := s.Next(ctx)
		cancel()
		if !ok {
			break
		}
		if !own(p) || last > 0 && p.Place.Seq != last+1 {
			t.Errorf("got batch %d after %d: %+v", p.Place.Seq, last, p)
		}
		last = p.Place.Seq
	}
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }()
	s.Close()
	<-closed
	return last
}
