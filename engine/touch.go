package engine

import (
	"cmp"
	"slices"
)

// Every change of an object goes through one of these: they remember what was there before, for Take and Undo.

func (e *Engine) touchOrganization() {
	if e.pending.orgBefore == nil {
		before := e.org
		e.pending.orgBefore = &before
	}
}

func (e *Engine) touchAgent(a *agent) {
	if a.touched != e.batch {
		a.touched = e.batch
		e.pending.agents = append(e.pending.agents, touchedRow[*agent, Agent]{object: a, before: a.Agent})
	}
}

func (e *Engine) touchNewAgent(a *agent) {
	a.touched = e.batch
	e.pending.agents = append(e.pending.agents, touchedRow[*agent, Agent]{object: a, created: true})
	register(e, &e.agents, a.ID, a)
}

// removeAgent lets go of an agent who has no sessions, offers, work and queues any more.
func (e *Engine) removeAgent(a *agent) {
	e.touchAgent(a)
	markRemoved(e.pending.agents, a)
	e.removeAgentDeadlines(a)
	if i := slices.Index(e.dirtyAgents, a); i >= 0 {
		e.agentLookedAt(i)
	}
	unregister(e, &e.agents, a.ID)
	e.pending.registered = append(e.pending.registered, func() {
		e.addAgentDeadlines(a)
	})
	a.preferredBy = waitingList{}
}

func (e *Engine) touchNewQueue(q *queue) {
	q.touched, q.members = e.batch, map[AgentID]*member{}
	e.candidatesFor(q, e.kindOf(&CapacityCost{Units: 1, Type: NotInterruptible}))
	e.pending.queues = append(e.pending.queues, touchedRow[*queue, Queue]{object: q, created: true})
	register(e, &e.queues, q.ID, q)
	e.touchFigures(q)
}

func (e *Engine) touchQueue(q *queue) {
	if q.touched != e.batch {
		q.touched = e.batch
		e.pending.queues = append(e.pending.queues, touchedRow[*queue, Queue]{object: q, before: q.Queue})
	}
}

// removeQueue lets go of a queue without members and open work.
func (e *Engine) removeQueue(q *queue) {
	e.touchQueue(q)
	markRemoved(e.pending.queues, q)
	unregister(e, &e.queues, q.ID)
}

func (e *Engine) touchWorkstream(w *workstream) {
	if w.touched != e.batch {
		w.touched = e.batch
		e.pending.workstreams = append(e.pending.workstreams, touchedRow[*workstream, Workstream]{object: w, before: w.Workstream})
	}
}

func (e *Engine) touchNewWorkstream(w *workstream) {
	w.touched = e.batch
	e.resolve(w)
	e.pending.workstreams = append(e.pending.workstreams, touchedRow[*workstream, Workstream]{object: w, created: true})
	register(e, &e.workstreams, w.ID, w)
}

// removeWorkstream lets go of a workstream without open work.
func (e *Engine) removeWorkstream(w *workstream) {
	e.touchWorkstream(w)
	markRemoved(e.pending.workstreams, w)
	unregister(e, &e.workstreams, w.ID)
	for _, q := range e.queues.all {
		q.waiting = slices.DeleteFunc(q.waiting, func(c *waitingClass) bool { return c.workstream == w })
	}
}

// register enters a noun, unregister takes it out; both remember how that is undone.
func register[K, V comparable](e *Engine, r *registry[K, V], id K, v V) {
	r.add(id, v)
	e.pending.registered = append(e.pending.registered, func() { r.remove(id) })
}

func unregister[K, V comparable](e *Engine, r *registry[K, V], id K) {
	v := r.get(id)
	at := r.remove(id)
	e.pending.registered = append(e.pending.registered, func() { r.putBack(at, id, v) })
}

func markRemoved[O comparable, R any](touched []touchedRow[O, R], object O) {
	for i := range touched {
		if touched[i].object == object {
			touched[i].removed = true
		}
	}
}

func (e *Engine) touchItem(w *workItem) {
	if w.touched != e.batch {
		w.touched = e.batch
		e.pending.items = append(e.pending.items, touchedItem{
			item: w, before: w.WorkItem, queue: w.queue, contact: w.contact, offer: w.offer, assignment: w.assignment, dirty: w.dirty,
		})
		e.touchedItems = append(e.touchedItems, w)
	}
}

func (e *Engine) touchNewItem(w *workItem) {
	w.touched = e.batch
	e.pending.items = append(e.pending.items, touchedItem{item: w, created: true})
	e.touchedItems = append(e.touchedItems, w)
	e.items[w.ID] = w
	e.indexItem(w)
}

func (e *Engine) touchRow(c *contactRouting) {
	if c.touched != e.batch {
		c.touched = e.batch
		e.pending.rows = append(e.pending.rows, touchedRow[*contactRouting, *PreferredAgents]{object: c, before: c.row})
	}
}

func (e *Engine) setDecline(w *workItem, d Decline) {
	before, had := w.declines[d.AgentID]
	e.pending.declines = append(e.pending.declines, declineChange{w, d.AgentID, before, had})
	if w.declines == nil {
		w.declines = map[AgentID]Decline{}
	}
	w.declines[d.AgentID] = d
}

// clearDeclines forgets who declined an item.
func (e *Engine) clearDeclines(w *workItem) {
	for _, d := range w.sortedDeclines() {
		e.pending.declines = append(e.pending.declines, declineChange{w, d.AgentID, d, true})
		delete(w.declines, d.AgentID)
	}
}

// forgetDeclines forgets what an agent declined: whoever is made under the same id has declined nothing (MX-3).
func (e *Engine) forgetDeclines(a *agent) {
	var declined []*workItem
	for _, w := range e.items { // order: sorted below
		if _, there := w.declines[a.ID]; there && w.Status.Open() {
			declined = append(declined, w)
		}
	}
	slices.SortFunc(declined, func(a, b *workItem) int { return cmp.Compare(a.ID, b.ID) })
	for _, w := range declined {
		e.pending.declines = append(e.pending.declines, declineChange{w, a.ID, w.declines[a.ID], true})
		delete(w.declines, a.ID)
	}
}

// touchFigures marks a queue whose figures may move.
func (e *Engine) touchFigures(q *queue) {
	if q.figuresTouched != e.batch {
		q.figuresTouched = e.batch
		e.pending.figures = append(e.pending.figures, q)
	}
}

func (e *Engine) addSession(a *agent, s *Session) {
	e.pending.sessions = append(e.pending.sessions, sessionChange{session: s, agent: a, added: true})
	e.linkSession(a, s, false)
}

func (e *Engine) removeSession(a *agent, s *Session) {
	orphan := slices.Index(a.sessions, s) < a.orphans
	e.pending.sessions = append(e.pending.sessions, sessionChange{session: s, agent: a, orphan: orphan})
	e.unlinkSession(a, s)
}

func (e *Engine) linkSession(a *agent, s *Session, orphan bool) {
	e.deadlines.remove(e.graceDeadline(a))
	from, to := a.orphans, len(a.sessions)
	if orphan {
		from, to = 0, a.orphans
		a.orphans++
	}
	at, _ := slices.BinarySearchFunc(a.sessions[from:to], s, func(x, y *Session) int {
		return cmp.Or(x.OpenedAt.Compare(y.OpenedAt), cmp.Compare(x.ID, y.ID))
	})
	a.sessions = slices.Insert(a.sessions, from+at, s)
	e.sessions[s.ID] = s
	e.deadlines.add(e.graceDeadline(a))
}

func (e *Engine) unlinkSession(a *agent, s *Session) {
	e.deadlines.remove(e.graceDeadline(a))
	at := slices.Index(a.sessions, s)
	if at < a.orphans {
		a.orphans--
	}
	a.sessions = slices.Delete(a.sessions, at, at+1)
	delete(e.sessions, s.ID)
	e.deadlines.add(e.graceDeadline(a))
}
