package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// startLoad lets all clients and agents work until stopLoad, or until the server is gone. Agents are connected already.
func (w *world) startLoad(ctx context.Context) {
	w.stopped.Store(false)
	for i := range clients {
		w.running.Go(func() { w.client(ctx, w.random(i)) })
	}
	for i, a := range w.agents {
		if a.role == steady || a.role == restless {
			w.running.Go(func() { w.work(ctx, a, w.random(100+i)) })
		}
	}
	w.running.Go(func() { w.manager(ctx, w.random(200)) })
}

func (w *world) stopLoad() {
	w.stopped.Store(true)
	w.running.Wait()
}

// client is a program that creates work and follows it. It ends when the server no longer answers.
func (w *world) client(ctx context.Context, rng *rand.Rand) {
	for !w.stopped.Load() {
		time.Sleep(time.Duration(1+rng.IntN(10)) * time.Millisecond)
		var o *op
		switch n := rng.IntN(100); {
		case n < 34:
			o = w.newItem(rng, w.anyStream(rng), 80)
		case n < 48:
			if it := w.pick(rng, &w.waiting); it != nil {
				o = w.itemOp(rng, cancelItem, it, "")
			}
		case n < 68:
			if it := w.pick(rng, &w.working); it != nil {
				o = w.itemOp(rng, completeItem, it, "")
			}
		case n < 82:
			o = w.rowOp(rng)
		case n < 86:
			o = w.newContact(rng)
		case n < 90:
			w.repeatAny(ctx, rng)
		case n < 93:
			if w.twins(ctx, rng) {
				return
			}
		default:
			w.readBack(ctx, rng)
		}
		if o == nil {
			continue
		}
		if _, gone := w.give(ctx, w.http, o); gone {
			return
		}
		w.rest()
	}
}

// rest keeps callers from hammering a server that refuses them, as a well-behaved client does.
func (w *world) rest() {
	if w.outage.Load() {
		time.Sleep(50 * time.Millisecond)
	}
}

// manager changes the policy of one workstream now and then.
func (w *world) manager(ctx context.Context, rng *rand.Rand) {
	for !w.stopped.Load() {
		time.Sleep(time.Duration(20+rng.IntN(60)) * time.Millisecond)
		w.mu.Lock()
		busy := w.policy.busy
		w.policy.busy = true
		retry := w.policy.retry == nil || !*w.policy.retry
		want := rowState{version: w.policy.version + 1}
		w.mu.Unlock()
		if busy {
			continue // a call without an answer has to be settled first
		}
		o := &op{kind: updatePolicy, key: w.key(rng, 70), want: want, input: map[string]any{"scopeId": w.policy.stream, "retryPreferred": retry}}
		if _, gone := w.give(ctx, w.http, o); gone {
			return
		}
	}
}

// key makes an idempotency key for this many calls in a hundred.
func (w *world) key(rng *rand.Rand, percent int) string {
	if rng.IntN(100) >= percent {
		return ""
	}
	return fmt.Sprintf("key-%d-%d", w.round, w.numbers.Add(1))
}

func (w *world) anyStream(rng *rand.Rand) string {
	switch n := rng.IntN(100); {
	case n < 45:
		return "short"
	case n < 65:
		return "long"
	case n < 75:
		return "case"
	case n < 85:
		return "auto"
	case n < 93:
		return "first"
	default:
		return "second"
	}
}

func (w *world) newItem(rng *rand.Rand, stream string, keys int) *op {
	s := w.streams[stream]
	it := &item{ref: fmt.Sprintf("ref-%d-%d", w.round, w.numbers.Add(1)), stream: s.id, common: s.common}
	o := &op{kind: createItem, key: w.key(rng, keys), lean: rng.IntN(2) == 0, item: it, input: map[string]any{"workstreamId": s.id, "reference": it.ref}}
	if s.common && rng.IntN(100) < 60 {
		it.contact = w.contacts[rng.IntN(len(w.contacts))]
		o.input["contactId"] = it.contact
	}
	if rng.IntN(100) < 70 {
		o.input["priority"] = rng.IntN(4) * 50
	}
	return o
}

func (w *world) itemOp(rng *rand.Rand, k *kind, it *item, actor string) *op {
	return &op{kind: k, actor: actor, key: w.key(rng, 60), item: it, input: map[string]any{"workItemId": it.id}}
}

// answerOp accepts or rejects an offer in the name of its agent.
func (w *world) answerOp(k *kind, o *offer, key string) *op {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &op{kind: k, actor: o.AgentID, key: key, offer: o, item: w.itemOf(o), input: map[string]any{"offerId": o.ID}}
}

func (w *world) newContact(rng *rand.Rand) *op {
	name := fmt.Sprintf("Newcomer %d-%d", w.round, w.numbers.Add(1))
	return &op{kind: createContact, key: w.key(rng, 70), contact: &contactRecord{name: name}, input: map[string]any{"fullName": name}}
}

// pick takes a random item out of a list, or leaves it in for another to try the same.
func (w *world) pick(rng *rand.Rand, from *[]*item) *item {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(*from) > 0 {
		i, last := rng.IntN(len(*from)), len(*from)-1
		it := (*from)[i]
		if !it.closed && rng.IntN(10) == 0 {
			return it
		}
		(*from)[i] = (*from)[last]
		*from = (*from)[:last]
		if !it.closed {
			return it
		}
	}
	return nil
}

// rowOp changes the row of a contact for which no other call is under way.
func (w *world) rowOp(rng *rand.Rand) *op {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rows[w.contacts[rng.IntN(len(w.contacts))]]
	if r.busy {
		return nil
	}
	n := len(r.known.agents)
	switch what := rng.IntN(100); {
	case n > 1 && what < 30:
		return w.moveRow(rng, r)
	case n > 0 && what < 50:
		r.busy = true
		i := rng.IntN(n)
		o := &op{kind: removeFromRow, key: w.key(rng, 70), row: r, input: map[string]any{"contactId": r.contact, "agentId": r.known.agents[i]}}
		if n > 1 {
			o.want = rowState{slices.Delete(slices.Clone(r.known.agents), i, i+1), r.known.version + 1}
		}
		return o
	}
	return w.newRow(rng, r)
}

func (w *world) moveRow(rng *rand.Rand, r *row) *op {
	r.busy = true
	i := rng.IntN(len(r.known.agents))
	to, direction := i-1, "UP"
	if i == 0 || i < len(r.known.agents)-1 && rng.IntN(2) == 0 {
		to, direction = i+1, "DOWN"
	}
	o := &op{kind: moveInRow, key: w.key(rng, 70), row: r, input: map[string]any{
		"contactId": r.contact, "agentId": r.known.agents[i], "direction": direction, "expectedVersion": r.known.version,
	}}
	agents := slices.Clone(r.known.agents)
	agents[i], agents[to] = agents[to], agents[i]
	o.want = rowState{agents, r.known.version + 1}
	return o
}

func (w *world) newRow(rng *rand.Rand, r *row) *op {
	r.busy = true
	var ids []string
	for _, i := range rng.Perm(len(w.agents) - 1)[:1+rng.IntN(3)] { // all but the orderly one
		ids = append(ids, w.agents[i].id)
	}
	return &op{kind: setRow, key: w.key(rng, 70), row: r, want: rowState{ids, r.known.version + 1},
		input: map[string]any{"contactId": r.contact, "agentIds": ids}}
}

// repeatAny gives an acknowledged call again with its key.
func (w *world) repeatAny(ctx context.Context, rng *rand.Rand) {
	w.mu.Lock()
	var o *op
	if n := len(w.repeatable); n > 0 {
		o = w.repeatable[rng.IntN(n)]
	}
	w.mu.Unlock()
	if o != nil {
		w.again(ctx, o)
	}
}

// again repeats an acknowledged call with its key: it must give the same ids.
func (w *world) again(ctx context.Context, o *op) {
	a, refused, err := w.call(ctx, w.http, o)
	switch {
	case err != nil || refused != nil && (refused.Extensions.Code == unavailable || refused.Extensions.Code == "INTERNAL"):
		return // the server is away, or the violation is noted
	case refused != nil && o.row != nil && refused.Extensions.Code == "NOT_FOUND":
		// The row has been removed since.
	case refused != nil:
		w.violation("repetition refused", "%s with key %s: %s", o, o.key, refused)
	case o.kind.ids(a) != o.ids:
		w.violation("repetition differs", "%s with key %s gave %s, now %s", o, o.key, o.ids, o.kind.ids(a))
	}
	w.add(&w.repeated, 1)
}

// twins gives the same new call with the same key twice at the same time: one item. It tells when the server is gone.
func (w *world) twins(ctx context.Context, rng *rand.Rand) (gone bool) {
	first := w.newItem(rng, w.anyStream(rng), 100)
	second := &op{kind: first.kind, key: first.key, lean: first.lean, item: first.item, input: first.input}
	first.input["idempotencyKey"] = first.key
	first.again, second.again = true, true
	var pair sync.WaitGroup
	pair.Go(func() { w.give(ctx, w.http, second) })
	_, gone = w.give(ctx, w.http, first)
	pair.Wait()
	return gone
}

// readBack looks for an item that was acknowledged: what is answered can be read at once.
func (w *world) readBack(ctx context.Context, rng *rand.Rand) {
	w.mu.Lock()
	var id, ref string // a repeated call writes to the item once more
	if n := len(w.readable); n > 0 {
		it := w.readable[rng.IntN(n)]
		id, ref = it.id, it.ref
	}
	w.mu.Unlock()
	if id == "" {
		return
	}
	began := time.Now()
	data, refused, err := w.http.execute(ctx, "", "query ($id: ID!) { r: workItem(id: $id) { id reference } }", map[string]any{"id": id})
	if err != nil {
		return
	}
	w.waited("query workItem", time.Since(began), refused)
	if refused == nil && !strings.Contains(string(data), id) {
		w.violation("not readable", "%s (%s) was acknowledged, and a query gives %s", id, ref, data)
	}
}
