package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// settle clears up the calls without an answer. With a key it is given again, which makes the change if it was not made and gives the
// same ids for ever after; without one, what was seen by inspect is how it is.
func (w *world) settle(ctx context.Context) {
	w.mu.Lock()
	list := w.open
	w.open = nil
	w.mu.Unlock()
	each(list, func(o *op) {
		if o.key == "" || o.kind == signOut { // signing out once more would end the session that has come back
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asSeen(o)
			return
		}
		if a, _ := w.give(ctx, w.http, o); a != nil {
			w.again(ctx, o)
		}
	})
	w.mu.Lock()
	last := w.repeatable
	w.repeatable, w.readable = nil, nil
	w.mu.Unlock()
	// Those that were acknowledged last are those that a crash would lose first.
	each(last[max(0, len(last)-repeats):], func(o *op) { w.again(ctx, o) })
	w.reuse(ctx, last)
}

// repeats is how many acknowledged calls are given again in each round.
const repeats = 100

// asSeen ends a call without an answer and without a key.
func (w *world) asSeen(o *op) {
	switch {
	case o.row != nil:
		o.row.maybe = nil
	case o.kind == updatePolicy:
		w.policy.maybe = nil
	case o.agent != nil:
		o.agent.maybe = ""
	}
	w.release(o)
}

// each does something with all of them, a few at a time.
func each[T any](list []T, do func(T)) {
	next := make(chan T)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for v := range next {
				do(v)
			}
		})
	}
	for _, v := range list {
		next <- v
	}
	close(next)
	group.Wait()
}

// reuse gives the last new item's key with another input, which is refused.
func (w *world) reuse(ctx context.Context, last []*op) {
	for i := len(last) - 1; i >= 0; i-- {
		o := last[i]
		if o.kind != createItem {
			continue
		}
		other := *o
		other.input = map[string]any{"workstreamId": o.input["workstreamId"], "reference": o.item.ref + "-other", "idempotencyKey": o.key}
		_, refused, err := w.call(ctx, w.http, &other)
		w.check()
		if err != nil || refused == nil || refused.name() != "CONFLICT/KEY_REUSED" {
			w.violation("key reused", "%s: %v %v", &other, refused, err)
		}
		return
	}
}

// trim closes what has piled up, so that the centre stays small over many rounds.
func (w *world) trim(ctx context.Context) error {
	const keepWaiting, keepWorking = 80, 40
	rng := w.random(1 << 14)
	var ops []*op
	for _, part := range [...]struct {
		status string
		kind   *kind
		keep   int
	}{{queued, cancelItem, keepWaiting}, {assigned, completeItem, keepWorking}} {
		n := 0
		_, err := page(ctx, w, allItems, "", map[string]any{"filter": map[string]any{"statuses": []string{part.status}}}, func(got wireItem, _ time.Time) {
			w.mu.Lock()
			it := w.byID[got.ID]
			w.mu.Unlock()
			if n++; n > part.keep && it != nil && (it.common || part.kind == cancelItem) {
				ops = append(ops, w.itemOp(rng, part.kind, it, ""))
			}
		})
		if err != nil {
			return err
		}
	}
	each(ops, func(o *op) { w.give(ctx, w.http, o) })
	return nil
}

// quieten cancels all items that are open, so that nothing happens any more.
func (w *world) quieten(ctx context.Context) error {
	rng := w.random(1 << 12)
	for range looks { // what was offered to somebody may be assigned meanwhile
		var ops []*op
		filter := map[string]any{"filter": map[string]any{"statuses": []string{queued, offered, assigned}}}
		_, err := page(ctx, w, allItems, "", filter, func(got wireItem, _ time.Time) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if it := w.byID[got.ID]; it != nil {
				ops = append(ops, w.itemOp(rng, cancelItem, it, ""))
			}
		})
		if err != nil || len(ops) == 0 {
			return err
		}
		each(ops, func(o *op) { w.give(ctx, w.http, o) })
	}
	return errors.New("items are still open after they were cancelled")
}

// drainInboxes lets agents forget what they were offered in a former life of their server: they are told again.
func (w *world) drainInboxes() {
	for _, a := range w.agents {
		for len(a.inbox) > 0 {
			<-a.inbox
		}
	}
}

// after waits until a time.
func after(t time.Time) { time.Sleep(time.Until(t)) }
