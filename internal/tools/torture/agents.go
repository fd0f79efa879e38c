package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rapport/internal/checker"
)

// connect opens an agent's session.
func (w *world) connect(ctx context.Context, a *agent) error {
	s, err := w.device(ctx, a)
	if err != nil {
		return fmt.Errorf("the socket of %s: %w", a.id, err)
	}
	a.socket = s
	w.mu.Lock()
	a.gone.end(time.Now())
	w.mu.Unlock()
	return nil
}

// device is one more connection of an agent.
func (w *world) device(ctx context.Context, a *agent) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	s := &stream{heard: checker.Stream{Agent: a.id}}
	return dial(ctx, w.server.url(), a.id, func(m offerMessage) {
		if o := w.pushed(s, m); o != nil && m.Offer.State == open {
			select {
			case a.inbox <- o:
			default: // more than anybody will answer
			}
		}
	}, func() { w.unplugged(s) })
}

// connectAll brings all agents back who are not there, and looks at those whose presence is not known.
func (w *world) connectAll(ctx context.Context) error {
	for _, a := range w.agents {
		if a.socket != nil && a.socket.live() {
			continue
		}
		if err := w.connect(ctx, a); err != nil {
			return err
		}
	}
	return w.lookAtVague(ctx)
}

// lookAtVague reads the presence of agents with a session of which it is not known, which is exact from then on.
func (w *world) lookAtVague(ctx context.Context) error {
	for _, a := range w.agents {
		if !a.vague {
			continue
		}
		got, err := w.readAgent(ctx, a.id, agentFields)
		if err != nil {
			return err
		}
		w.mu.Lock()
		if got.Presence.SignedIn {
			a.presence, a.vague, a.maybe = got.Presence, false, ""
		} else {
			w.violation("not signed in", "%s has a session and is %s", a.id, got.Presence)
		}
		w.mu.Unlock()
	}
	return nil
}

func (w *world) readAgent(ctx context.Context, id, fields string) (*wireAgent, error) {
	var got struct{ R *wireAgent }
	err := query(ctx, w.http, "query ($id: ID!) { r: agent(id: $id) { "+fields+" } }", map[string]any{"id": id}, &got)
	if err == nil && got.R == nil {
		err = fmt.Errorf("the agent %s is gone", id)
	}
	return got.R, err
}

// work is an agent at their desk. It ends when the server is gone.
func (w *world) work(ctx context.Context, a *agent, rng *rand.Rand) {
	for !w.stopped.Load() {
		if !a.socket.live() && !w.reconnect(ctx, a) {
			return
		}
		gone := false
		select {
		case o := <-a.inbox:
			time.Sleep(time.Duration(rng.IntN(8)) * time.Millisecond)
			gone = w.decide(ctx, a, rng, o)
		case <-time.After(time.Duration(10+rng.IntN(20)) * time.Millisecond):
			gone = w.fidget(ctx, a, rng)
		}
		if gone && !w.outage.Load() {
			return
		}
		w.rest()
	}
}

// unreadWithin is how long after an outage a message may still fail that waited for the database: the time-out of its connections and some.
const unreadWithin = 15 * time.Second

// outageSince tells whether the database was away at some time since.
func (w *world) outageSince(within time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outage.Load() || time.Since(w.unavailableAt) < within
}

// reconnect tries until the agent is back; false when the load has ended first.
func (w *world) reconnect(ctx context.Context, a *agent) bool {
	if a.role == steady && w.server.alive() && !w.stopped.Load() {
		// A killed server is seen a moment before its end.
		time.Sleep(50 * time.Millisecond)
		if w.server.alive() && !(errors.Is(a.socket.err(), errUnread) && w.outageSince(unreadWithin)) {
			w.violation("connection lost", "of %s: %v", a.id, a.socket.err())
		}
	}
	for !w.stopped.Load() {
		if w.connect(ctx, a) == nil {
			return true
		}
		if !w.server.alive() {
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// decide answers an offer, over either way, or leaves it to its end.
func (w *world) decide(ctx context.Context, a *agent, rng *rand.Rand, o *offer) (gone bool) {
	via := executor(w.http)
	if rng.IntN(2) == 0 {
		via = a.socket
	}
	w.mu.Lock()
	over := o.State != open || o.ignored
	w.mu.Unlock()
	if over {
		return false
	}
	switch n := rng.IntN(100); {
	case n < 45:
		done, gone := w.give(ctx, via, w.answerOp(acceptOffer, o, w.key(rng, 60)))
		if done == nil || rng.IntN(100) < 60 {
			return gone
		}
		_, gone = w.give(ctx, via, w.itemOp(rng, completeItem, w.itemByOffer(o), a.id))
		return gone
	case n < 53: // two devices at once (OF-1, OF-6)
		var both sync.WaitGroup
		first, second := w.answerOp(acceptOffer, o, ""), w.answerOp(acceptOffer, o, "")
		first.again, second.again = true, true
		both.Go(func() { w.give(ctx, a.socket, second) })
		_, gone = w.give(ctx, w.http, first)
		both.Wait()
		return gone
	case n < 72:
		_, gone = w.give(ctx, via, w.answerOp(rejectOffer, o, w.key(rng, 60)))
		return gone
	}
	w.mu.Lock()
	o.ignored = true // by the other devices and after a restart too, so that its end comes by time alone
	w.mu.Unlock()
	return false
}

func (w *world) itemByOffer(o *offer) *item {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.itemOf(o)
}

// fidget is what agents do besides answering.
func (w *world) fidget(ctx context.Context, a *agent, rng *rand.Rand) (gone bool) {
	n := rng.IntN(100)
	switch {
	case n < 6:
		return w.choosePresence(ctx, a, rng)
	case a.role == restless && n < 8: // the device is lost, and found again
		w.leave(a)
		a.socket.drop()
		time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
		return false
	case a.role == restless && n < 10:
		w.leave(a)
		if !w.take(a) {
			return false
		}
		_, gone = w.give(ctx, w.http, &op{kind: signOut, actor: a.id, agent: a.agentRecord, key: w.key(rng, 50), input: map[string]any{}})
		return gone
	case a.role == restless && n < 16: // one more device changes nothing (PR-8)
		if s, err := w.device(ctx, a); err == nil {
			time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
			s.drop()
		}
	}
	return false
}

// leave notes that the agent's sessions may end from now on.
func (w *world) leave(a *agent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.vague, a.gone.at = true, forever
}

// take claims the agent's presence for one call; false when a call without an answer has it.
func (w *world) take(a *agent) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.busy {
		return false
	}
	a.busy = true
	return true
}

func (w *world) choosePresence(ctx context.Context, a *agent, rng *rand.Rand) (gone bool) {
	if !w.take(a) {
		return false
	}
	status := "ps_available"
	switch n := rng.IntN(100); {
	case n < 8:
		status = "ps_away"
	case n < 16:
		status = "ps_do_not_disturb"
	case n < 45:
		status = "ps_busy"
	}
	via := executor(w.http)
	if rng.IntN(2) == 0 {
		via = a.socket
	}
	_, gone = w.give(ctx, via, &op{
		kind: setPresence, actor: a.id, agent: a.agentRecord, key: w.key(rng, 60), input: map[string]any{"statusId": status},
	})
	return gone
}
