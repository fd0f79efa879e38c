package engine

import (
	"cmp"
	"slices"
)

// Change is an object before and after: Before is nil when it was created.
type Change[T any] struct{ Before, After *T }

// Changes is what a batch of commands changed: every touched object as it is now, for the database; the events in their order,
// for the database and the subscribers; and what is needed to undo it all in memory.
type Changes struct {
	// Organization is nil when it did not change.
	Organization *Organization
	Contacts     []*Contact
	Agents       []Agent
	Queues       []Queue
	Workstreams  []Workstream
	WorkItems    []WorkItem
	Offers       []*Offer
	Assignments  []*Assignment
	Declines     []Decline
	Rows         []*PreferredAgents
	Members      []QueueMember
	Sessions     []Session
	// What is there no more.
	RowsRemoved     []ContactID
	MembersRemoved  []QueueMember
	SessionsRemoved []SessionID

	Events []Event

	undo pending
}

// Size is how many rows the changes are in the database, events included.
func (c *Changes) Size() int {
	n := len(c.Contacts) + len(c.Agents) + len(c.Queues) + len(c.Workstreams) + len(c.WorkItems) + len(c.Offers) +
		len(c.Assignments) + len(c.Declines) + len(c.Rows) + len(c.Members) + len(c.Sessions) + len(c.RowsRemoved) +
		len(c.MembersRemoved) + len(c.SessionsRemoved) + len(c.Events)
	if c.Organization != nil {
		n++
	}
	return n
}

// pending is what the commands since the last Take touched, with what was there before.
type pending struct {
	Contacts    []Change[Contact]
	Offers      []Change[Offer]
	Assignments []Change[Assignment]
	Events      []Event

	orgBefore   *Organization
	agents      []touchedRow[*agent, Agent]
	queues      []touchedRow[*queue, Queue]
	workstreams []touchedRow[*workstream, Workstream]
	items       []touchedItem
	rows        []touchedRow[*contactRouting, *PreferredAgents]
	members     []memberChange
	sessions    []sessionChange
	declines    []declineChange
	lookedAt    []*agent
	rankedSeq   int64
}

// touchedRow is an object with its row before the batch; created when there was none.
type touchedRow[O, R any] struct {
	object  O
	before  R
	created bool
}

type touchedItem struct {
	item       *workItem
	before     WorkItem
	offer      *Offer
	assignment *Assignment
	dirty      bool
	created    bool
}

type memberChange struct {
	member *member
	added  bool
}

type sessionChange struct {
	session *Session
	agent   *agent
	added   bool
	orphan  bool
}

type declineChange struct {
	item   *workItem
	agent  AgentID
	before Decline
	had    bool
}

// Pending is how many rows and events have been touched since the last Take, about.
func (e *Engine) Pending() int {
	p := &e.pending
	return len(p.agents) + len(p.items) + len(p.Offers) + len(p.Assignments) + len(p.Events) + len(p.Contacts)
}

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
	e.agents.add(a.ID, a)
}

func (e *Engine) touchNewQueue(q *queue) {
	q.touched, q.members = e.batch, map[AgentID]*member{}
	e.pending.queues = append(e.pending.queues, touchedRow[*queue, Queue]{object: q, created: true})
	e.queues.add(q.ID, q)
}

func (e *Engine) touchWorkstream(w *workstream) {
	if w.touched != e.batch {
		w.touched = e.batch
		e.pending.workstreams = append(e.pending.workstreams, touchedRow[*workstream, Workstream]{object: w, before: w.Workstream})
	}
}

func (e *Engine) touchNewWorkstream(w *workstream) {
	w.touched = e.batch
	w.resolve(e.org.RoutingPolicy)
	e.pending.workstreams = append(e.pending.workstreams, touchedRow[*workstream, Workstream]{object: w, created: true})
	e.workstreams.add(w.ID, w)
}

func (e *Engine) touchItem(w *workItem) {
	if w.touched != e.batch {
		w.touched = e.batch
		e.pending.items = append(e.pending.items, touchedItem{
			item: w, before: w.WorkItem, offer: w.offer, assignment: w.assignment, dirty: w.dirty,
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

// Take gives what changed since the last Take and begins the next batch. The changes share no memory with the engine that
// later commands change.
func (e *Engine) Take() *Changes {
	p := e.pending
	c := &Changes{Events: p.Events, undo: p}
	e.pending = pending{rankedSeq: e.rankedSeq}
	e.batch++
	if p.orgBefore != nil {
		org := e.org
		c.Organization = &org
	}
	for _, ch := range p.Contacts {
		c.Contacts = append(c.Contacts, ch.After)
	}
	c.Offers = lastOf(p.Offers, func(o *Offer) OfferID { return o.ID })
	c.Assignments = lastOf(p.Assignments, func(a *Assignment) AssignmentID { return a.ID })
	c.Agents = make([]Agent, 0, len(p.agents))
	for _, t := range p.agents {
		c.Agents = append(c.Agents, t.object.Agent)
	}
	for _, t := range p.queues {
		c.Queues = append(c.Queues, t.object.Queue)
	}
	for _, t := range p.workstreams {
		c.Workstreams = append(c.Workstreams, t.object.Workstream)
	}
	for _, t := range p.items {
		if t.created || t.item.WorkItem != t.before { // one that was only marked to be looked at has not changed
			c.WorkItems = append(c.WorkItems, t.item.WorkItem)
		}
	}
	for _, t := range p.rows {
		if t.object.row != nil {
			c.Rows = append(c.Rows, t.object.row)
		} else if t.before != nil {
			c.RowsRemoved = append(c.RowsRemoved, t.object.id)
		}
	}
	e.takeSets(c, &p)
	return c
}

// takeSets adds what was entered into and taken out of sets: each element once, as it ended.
func (e *Engine) takeSets(c *Changes, p *pending) {
	seenMember := map[QueueMember]bool{}
	for _, ch := range p.members {
		m := ch.member.QueueMember
		key := QueueMember{QueueID: m.QueueID, AgentID: m.AgentID}
		if seenMember[key] {
			continue
		}
		seenMember[key] = true
		if now := ch.member.queue.members[m.AgentID]; now != nil {
			c.Members = append(c.Members, now.QueueMember)
		} else {
			c.MembersRemoved = append(c.MembersRemoved, m)
		}
	}
	for i, ch := range p.sessions {
		switch {
		case e.sessions[ch.session.ID] != nil:
			c.Sessions = append(c.Sessions, *ch.session)
		case !ch.added && !slices.ContainsFunc(p.sessions[:i], func(o sessionChange) bool { return o.session == ch.session }):
			c.SessionsRemoved = append(c.SessionsRemoved, ch.session.ID)
		}
	}
	type key struct {
		item  *workItem
		agent AgentID
	}
	seenDecline := map[key]bool{}
	for _, ch := range p.declines {
		if k := (key{ch.item, ch.agent}); !seenDecline[k] {
			seenDecline[k] = true
			c.Declines = append(c.Declines, ch.item.declines[ch.agent])
		}
	}
}

// lastOf keeps for each object its last state, in the order in which they were first touched.
func lastOf[T any, K comparable](changes []Change[T], id func(*T) K) []*T {
	out := make([]*T, 0, len(changes))
	var at map[K]int
	if len(changes) > 1 {
		at = make(map[K]int, len(changes))
	}
	for _, ch := range changes {
		if i, seen := at[id(ch.After)]; seen {
			out[i] = ch.After
			continue
		}
		if at != nil {
			at[id(ch.After)] = len(out)
		}
		out = append(out, ch.After)
	}
	return out
}
