// Package bus carries committed events to subscribers. Publishing never waits: a subscriber who does not keep up is cut off and told
// so, and nobody else notices (EV-2).
package bus

import (
	"context"
	"sync"

	"rapport/engine"
)

// Buffer is how many events may wait for one subscriber: more than one command can cause for one agent.
const Buffer = 4096

// message is an event at its place in the order of all changes.
type message struct {
	place engine.EventPlace
	event *engine.Event
}

// Bus is safe for concurrent use, but Publish is called by one goroutine, in the order of the batches.
type Bus struct {
	mu      sync.Mutex
	byAgent map[engine.AgentID]map[*Subscription]struct{}
	count   int
}

// New makes a bus without subscribers.
func New() *Bus { return &Bus{byAgent: map[engine.AgentID]map[*Subscription]struct{}{}} }

// Subscription receives the events about one agent that pass a filter, until Close or until it falls behind. It is read by one
// goroutine; what waits takes room only while it waits.
type Subscription struct {
	bus   *Bus
	agent engine.AgentID
	wants func(*engine.Event) bool
	// wake holds a token when there may be something to read; closed ends with it.
	wake chan struct{}
	// What follows is guarded by the bus's lock.
	waiting []message
	closed  bool
}

// SubscribeAgent subscribes to the events about an agent that pass wants, beginning with the next batch.
func (b *Bus) SubscribeAgent(agent engine.AgentID, wants func(*engine.Event) bool) *Subscription {
	s := &Subscription{bus: b, agent: agent, wants: wants, wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byAgent[agent] == nil {
		b.byAgent[agent] = map[*Subscription]struct{}{}
	}
	b.byAgent[agent][s] = struct{}{}
	b.count++
	return s
}

// Next waits for the next event. It gives false when ctx ends, after Close, and when the subscriber has fallen behind by more than
// Buffer events: then after those that came before the first that was lost.
func (s *Subscription) Next(ctx context.Context) (*engine.Event, engine.EventPlace, bool) {
	for {
		m, ok, closed := s.pop()
		if ok || closed {
			return m.event, m.place, ok
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, engine.EventPlace{}, false
		}
	}
}

func (s *Subscription) pop() (m message, ok, closed bool) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if len(s.waiting) == 0 {
		return message{}, false, s.closed
	}
	m = s.waiting[0]
	s.waiting[0] = message{}
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
	delete(b.byAgent[s.agent], s)
	if len(b.byAgent[s.agent]) == 0 {
		delete(b.byAgent, s.agent)
	}
	b.count--
}

// Publish hands the events of one committed batch out.
func (b *Bus) Publish(at engine.Position, events []engine.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range events {
		ev := &events[i]
		if ev.AgentID == "" {
			continue
		}
		for s := range b.byAgent[ev.AgentID] {
			if !s.wants(ev) {
				continue
			}
			if len(s.waiting) >= Buffer {
				b.drop(s)
				continue
			}
			s.waiting = append(s.waiting, message{engine.EventPlace{Position: at, Index: i}, ev})
			s.signal()
		}
	}
}

// Figures are counts for the operator: how many subscriptions there are, and how many events wait for them in all.
func (b *Bus) Figures() (subscriptions, behind int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, set := range b.byAgent {
		for s := range set {
			behind += len(s.waiting)
		}
	}
	return b.count, behind
}
