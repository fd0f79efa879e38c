// Package bus carries committed events, and the figures of queues, to subscribers. Publishing never waits: a subscriber who does not keep up is cut off and
// told so, and nobody else notices (EV-2).
//
//	bus.go     subscribing and publishing
//	topic.go   what a subscription is about, and what an event is about
//	board.go   the last figures of every queue
package bus

import (
	"context"
	"sync"

	"rapport/engine"
)

// Buffer is how many messages may wait for one subscriber: more than one command can cause for one agent.
const Buffer = 4096

// Bus is safe for concurrent use, but Publish is called by one goroutine, in the order of the batches.
type Bus struct {
	mu         sync.Mutex
	byTopic    map[Topic]map[*Subscription]struct{}
	subscribed [kinds]int
	board      board
	count      int
}

// New makes a bus without subscribers.
func New() *Bus {
	return &Bus{byTopic: map[Topic]map[*Subscription]struct{}{}, board: newBoard()}
}

// Subscription receives what is published on its topics, until Close or until it falls behind. It is read by one goroutine; what waits takes room only while it
// waits.
type Subscription struct {
	bus    *Bus
	topics []Topic
	// figures: of which queues, when it is about figures; all when it names none.
	figures bool
	queues  map[engine.QueueID]bool
	// wake holds a token when there may be something to read; closed ends with it.
	wake chan struct{}
	// What follows is guarded by the bus's lock.
	waiting []engine.Published
	closed  bool
}

// Subscribe subscribes to topics of one kind, beginning with the next batch.
func (b *Bus) Subscribe(topics ...Topic) *Subscription {
	s := &Subscription{bus: b, topics: topics, wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range topics {
		if b.byTopic[t] == nil {
			b.byTopic[t] = map[*Subscription]struct{}{}
		}
		b.byTopic[t][s] = struct{}{}
		b.subscribed[t.kind]++
	}
	b.count++
	return s
}

// Next waits for the next message. It gives false when ctx ends, after Close, and when the subscriber has fallen behind by more than
// Buffer messages: then after those that came before the first that was lost.
func (s *Subscription) Next(ctx context.Context) (engine.Published, bool) {
	for {
		m, ok, closed := s.pop()
		if ok || closed {
			return m, ok
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return engine.Published{}, false
		}
	}
}

func (s *Subscription) pop() (m engine.Published, ok, closed bool) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if len(s.waiting) == 0 {
		return engine.Published{}, false, s.closed
	}
	m = s.waiting[0]
	s.waiting[0] = engine.Published{}
	if s.waiting = s.waiting[1:]; len(s.waiting) == 0 {
		s.waiting = nil
	}
	return m, true, false
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // there is a token already
	}
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	s.bus.drop(s)
	s.waiting = nil
}

// drop lets nothing more come to a subscription. It is called with the lock held.
func (b *Bus) drop(s *Subscription) {
	if s.closed {
		return
	}
	s.closed = true
	s.signal()
	for _, t := range s.topics {
		delete(b.byTopic[t], s)
		if len(b.byTopic[t]) == 0 {
			delete(b.byTopic, t)
		}
		b.subscribed[t.kind]--
	}
	if s.figures {
		delete(b.board.readers, s)
	}
	b.count--
}

// deliver puts a message into the line of a subscriber. It is called with the lock held.
func (b *Bus) deliver(s *Subscription, m engine.Published) {
	if len(s.waiting) >= Buffer {
		b.drop(s)
		return
	}
	s.waiting = append(s.waiting, m)
	s.signal()
}

// Publish hands out what one committed batch changed.
func (b *Bus) Publish(at engine.Position, c *engine.Changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var room [16]Topic
	for i := range c.Events {
		ev := &c.Events[i]
		for _, t := range topics(ev, &b.subscribed, room[:0]) {
			for s := range b.byTopic[t] {
				b.deliver(s, engine.Published{Place: engine.EventPlace{Position: at, Index: i}, Event: ev})
			}
		}
	}
	b.publishFigures(at, c.Figures, c.QueuesRemoved)
}

// Figures are counts for the operator: how many subscriptions there are, and how many messages wait for them in all.
func (b *Bus) Figures() (subscriptions, behind int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[*Subscription]bool{}
	for _, set := range b.byTopic {
		for s := range set {
			if !seen[s] { // it may have several topics
				seen[s] = true
				behind += len(s.waiting)
			}
		}
	}
	for s := range b.board.readers {
		behind += len(s.waiting)
	}
	return b.count, behind
}
