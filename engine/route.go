package engine

import "slices"

// Routing is driven by what changed. A command marks items that have to be looked at (created, turned down, under another policy) and
// agents who may be able to take something now (freed, back, joined); route then serves, again and again, the first item in the
// order of WS-3 that is marked itself or that a marked agent can take. So waiting work is offered the moment somebody becomes able
// (WS-5), nothing is polled, and nothing that did not change is looked at.

// rerouteItem marks a waiting item to be looked at.
func (e *Engine) rerouteItem(w *workItem) {
	if w.Status == Queued && !w.dirty {
		e.touchItem(w)
		w.dirty = true
		e.dirtyItems.add(w)
	}
}

// rerouteWaiting marks all waiting items of a workstream.
func (e *Engine) rerouteWaiting(ws *workstream) {
	for _, q := range e.queues.all {
		for _, c := range q.waiting {
			if c.workstream != ws {
				continue
			}
			for _, l := range [...]*waitingList{&c.anyone, &c.unassigned} {
				for _, w := range l.all() {
					e.rerouteItem(w)
				}
			}
		}
	}
}

// agentMayBeAble marks an agent whose load, presence, marks or memberships changed in their favour.
func (e *Engine) agentMayBeAble(a *agent) {
	if !a.dirty {
		a.dirty = true
		e.dirtyAgents = append(e.dirtyAgents, a)
	}
}

// agentLookedAt takes the mark away; an undone batch gives it back.
func (e *Engine) agentLookedAt(i int) {
	a := e.dirtyAgents[i]
	a.dirty = false
	last := len(e.dirtyAgents) - 1
	e.dirtyAgents[i] = e.dirtyAgents[last] // their order says nothing
	e.dirtyAgents = e.dirtyAgents[:last]
	e.pending.lookedAt = append(e.pending.lookedAt, a)
}

// route looks for agents for what is marked, at most maxAttemptsPerCommand times; see NextDeadline for the rest.
func (e *Engine) route() {
	for n := 0; n < maxAttemptsPerCommand; n++ {
		w, from := e.nextItem()
		if w == nil {
			return
		}
		left := w.LeftUnassigned
		if !e.attempt(w) && from != nil && w.LeftUnassigned == left {
			// The agent seemed able but the attempt decided otherwise and changed nothing: without this, the same item would
			// come up for the same agent for ever.
			if i := slices.Index(e.dirtyAgents, from); i >= 0 {
				e.agentLookedAt(i)
			}
		}
	}
}

// nextItem is the first item in the order of WS-3 that is marked or that a marked agent can take, with that agent.
func (e *Engine) nextItem() (*workItem, *agent) {
	best := e.dirtyItems.first(func(*workItem) bool { return true })
	var from *agent
	for i := 0; i < len(e.dirtyAgents); {
		a := e.dirtyAgents[i]
		w := e.bestFor(a)
		if w == nil {
			e.agentLookedAt(i)
			continue
		}
		if best == nil || compareWaiting(w, best) < 0 {
			best, from = w, a
		}
		i++
	}
	return best, from
}

// bestFor is the first waiting item that the agent can take, as a preferred agent or as a member of its queue.
func (e *Engine) bestFor(a *agent) *workItem {
	if e.atOpenWorkLimit(a) {
		return nil // the next item that comes for them says so: PR-4
	}
	var best *workItem
	if a.OverCapacityOffers == 0 || e.hasRoom(a) { // else no preferred path is open: RT-3
		best = a.preferredBy.first(func(w *workItem) bool { return e.preferredCode(w, a) == "" })
	}
	class := e.class(a)
	for _, m := range a.memberships {
		for _, c := range m.queue.waiting {
			if !c.workstream.classes.has(class) || c.anyone.len() == 0 || !e.roomFor(a, c.workstream) {
				continue
			}
			w := c.anyone.first(func(w *workItem) bool { return w.declineCode(a) == "" })
			if w != nil && (best == nil || compareWaiting(w, best) < 0) {
				best = w
			}
		}
	}
	return best
}
