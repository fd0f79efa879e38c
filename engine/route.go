package engine

import (
	"cmp"
	"container/heap"
	"slices"
)

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
func (e *Engine) agentLookedAt(i int) *agent {
	a := e.dirtyAgents[i]
	a.dirty = false
	e.dirtyAgents = slices.Delete(e.dirtyAgents, i, i+1)
	e.pending.lookedAt = append(e.pending.lookedAt, a)
	return a
}

// able is an agent with the first item that they can take.
type able struct {
	agent *agent
	item  *workItem
}

// ableAgents is a heap of them, the first item in the order of WS-3 on top. What stands in it can be late, never early: who may be able to take
// something better is marked and looked at again.
type ableAgents []able

func (l ableAgents) Len() int      { return len(l) }
func (l ableAgents) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *ableAgents) Push(x any)   { *l = append(*l, x.(able)) }
func (l ableAgents) Less(i, j int) bool {
	return cmp.Or(compareWaiting(l[i].item, l[j].item), cmp.Compare(l[i].agent.ID, l[j].agent.ID)) < 0
}

func (l *ableAgents) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// look finds what an agent can take.
func (e *Engine) look(l *ableAgents, a *agent) {
	if w := e.bestFor(a); w != nil {
		heap.Push(l, able{a, w})
	}
}

// route looks for agents for what is marked, at most maxAttemptsPerCommand times, an agent whom it found at the limit of open work counting as one
// more, and at most maxLookedAtPerCommand marked agents; see NextDeadline for the rest. Among the maxLookedAtTogether agents who are looked at together the
// order of WS-3 holds.
func (e *Engine) route() {
	var agents ableAgents
	looked := 0
	for n := 0; n < maxAttemptsPerCommand; n++ {
		for ; len(e.dirtyAgents) > 0 && looked < maxLookedAtPerCommand && len(agents) < maxLookedAtTogether; looked++ {
			e.look(&agents, e.agentLookedAt(0))
		}
		w, from := e.nextItem(&agents)
		if w == nil {
			break
		}
		left := w.LeftUnassigned
		found, atLimit := e.attempt(w)
		n += atLimit
		// An agent who seemed able, of whom the attempt decided otherwise and changed nothing, is not looked at again: the same item would
		// come up for them for ever.
		if from != nil && (found || w.LeftUnassigned != left) {
			e.look(&agents, from)
		}
	}
	for _, b := range agents {
		e.agentMayBeAble(b.agent)
	}
}

// nextItem is the first item in the order of WS-3 that is marked or that an agent can take, with that agent.
func (e *Engine) nextItem(agents *ableAgents) (*workItem, *agent) {
	marked := e.dirtyItems.first(func(*workItem) bool { return true })
	for len(*agents) > 0 {
		first := (*agents)[0]
		if marked != nil && compareWaiting(marked, first.item) <= 0 {
			break
		}
		heap.Pop(agents)
		if e.bestFor(first.agent) == first.item {
			return first.item, first.agent
		}
		e.look(agents, first.agent) // it went to somebody else since
	}
	return marked, nil
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
