package engine

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// offered judges a new offer, or an assignment without asking, from the state right before it.
func (m *model) offered(ev Event, w *mItem, a *mAgent) {
	o, cost := ev.Offer, w.stream.Cost
	must(w.status == Queued, "%s goes to %s while it is %s", w.id, a.id, w.status)
	m.alternatives = m.decideAsBefore(w)
	v := m.decide(w)
	must(v.agent != nil, "%s goes to %s, but nobody qualifies (RT-4, WS-4)", w.id, a.id)
	must(v.agent == a && v.path == o.Path, "%s goes to %s as %s, want %s as %s (RT-4, WS-2)", w.id, a.id, o.Path, v.agent.id, v.path)
	must((o.PreferredPosition != nil) == (v.position > 0) && (v.position == 0 || *o.PreferredPosition == v.position),
		"the offer %s has not the position %d (OF-5)", o.ID, v.position)
	m.settled(a)
	m.noneBefore(w, v)
	over := !m.fits(w, a)
	must(!m.atLimit(a), "%s goes to %s, who has %d open (PR-4)", w.id, a.id, a.load.OpenWork)
	must(!over || v.path == PathPreferred && a.over == 0, "%s goes to %s beyond capacity (RT-3)", w.id, a.id)
	for _, u := range m.open {
		if u.status == Queued && earlier(u, w) && m.couldTake(u, a) {
			fail("%s goes to %s, who could take %s, which is before it (WS-3)", w.id, a.id, u.id)
		}
	}
	must(o.OverCapacity == over && sameCost(&o.Cost, &cost) && o.OfferedAt.Equal(m.now), "the offer %+v is not as it was made", o)
	_, known := m.offers[o.ID]
	must(!known && ev.Body.Path == string(o.Path), "the offer %s is made twice or cited wrongly", o.ID)
	rec := &mOffer{id: o.ID, item: w, agent: a, state: OfferOpen, path: o.Path, over: over, cost: cost, stream: w.stream.Version}
	m.offers[o.ID], m.made = rec, append(m.made, rec)
	w.left, w.holder, v.offer, m.due = false, a, o.ID, v
	if w.queue.method == RoundRobin { // WS-2
		m.changes++
		w.queue.members[a] = m.changes
	}
	if w.stream.AcceptMode == AcceptAuto {
		must(ev.Type == EventOfferAccepted && o.ExpiresAt == nil, "%s is asked for although nobody is asked (OF-2)", w.id)
		m.change(a, func() { m.assigned(ev, rec) })
		m.follow(a, CauseWorkTaken, mSome)
		return
	}
	must(a.signedIn, "%s is offered work without a session (PR-7)", a.id)
	rec.expires = m.now.Add(time.Duration(w.stream.OfferSeconds) * time.Second)
	must(ev.Type == EventOfferMade && o.State == OfferOpen && o.ExpiresAt.Equal(rec.expires), "the offer %+v does not run to %s (OF-1)", o, rec.expires)
	m.reserve(a, &cost, 1)
	if over {
		a.over++
	}
	w.status, w.offer = Offered, rec
}

func (m *model) assigned(ev Event, o *mOffer) {
	w := o.item
	must(ev.Body.AssignmentID != "" && ev.Offer.AssignmentID == ev.Body.AssignmentID, "an acceptance of %s without an assignment", o.id)
	o.state, o.assignment = OfferAccepted, ev.Body.AssignmentID
	w.status, w.offer, w.assignment = Assigned, nil, o.assignment
	m.take(w, o.agent, &o.cost)
}

// ended judges the end of an offer: exactly one (OF-1), of an open offer, and for a reason that is there.
func (m *model) ended(ev Event, o *mOffer, w *mItem, a *mAgent) {
	must(o.state == OfferOpen && o.item == w && o.agent == a && w.offer == o, "%s of %s, which is %s (OF-1)", ev.Type, o.id, o.state)
	must(ev.Body.Path == string(o.path), "%s cites the path %s", o.id, ev.Body.Path)
	must(m.explains(ev, o), "%s %s of %s of %s by %T is neither asked for nor due (OF-1, OF-3)", ev.Type, ev.Body.Cause, o.id, a.id, m.command)
	if o.over {
		a.over--
	}
	if ev.Type == EventOfferAccepted {
		m.change(a, func() { // in one step: it only changes its place
			a.enter(&o.cost, -1, a.reservedOf())
			m.assigned(ev, o)
		})
		m.follow(a, CauseWorkTaken, mOwn)
		return
	}
	m.reserve(a, &o.cost, -1)
	w.status, w.offer, w.holder = Queued, nil, nil
	if o.state = ev.Offer.State; o.state != OfferRevoked {
		w.decline(a)
	}
	m.leftLimit(a)
	m.declinedSets(a, w, o.state)
}

func (w *mItem) decline(a *mAgent) {
	w.declines[a] = mDecline{w.declines[a].count + 1, a.byHand, a.signIns}
}

// explains tells whether an offer may end so now: each end has its cause (OF-1, OF-3, RT-6).
func (m *model) explains(ev Event, o *mOffer) bool {
	switch ev.Type {
	case EventOfferAccepted:
		return m.command == Command(AcceptOffer{o.id}) && m.now.Before(o.expires) && ev.Offer.State == OfferAccepted
	case EventOfferRejected:
		return m.command == Command(RejectOffer{o.id}) && m.now.Before(o.expires) && ev.Offer.State == OfferRejected
	case EventOfferMissed: // never early
		return m.command == Command(Tick{}) && !m.now.Before(o.expires) && ev.Offer.State == OfferMissed
	}
	must(ev.Offer.State == OfferRevoked && string(*ev.Offer.RevokeReason) == ev.Body.Cause, "a revocation without reason")
	switch a := o.agent; *ev.Offer.RevokeReason {
	case RevokePresenceChanged:
		return m.revokesByPresence(a) && !slices.Contains(o.item.stream.AllowedPresences, a.base)
	case RevokeSignedOut:
		c, ok := m.command.(SignOut)
		return ok && m.acting(c.AgentID) == a
	case RevokeDisconnected:
		return !a.signedIn && !a.reconnectBy.IsZero() && !m.now.Before(a.reconnectBy)
	case RevokeWorkItemCancelled:
		return m.command == Command(CancelWorkItem{o.item.id})
	case RevokePreferredAgentRemoved:
		return o.path == PathPreferred && !slices.Contains(o.item.contact.agents, a.id)
	case RevokeContactChanged: // MX-5
		c, ok := m.command.(LinkContact)
		to := m.contacts[c.ContactID]
		return ok && c.WorkItemID == o.item.id && o.path == PathPreferred && (to == nil || !slices.Contains(to.agents, a.id))
	case RevokeAssignedByHand:
		c, ok := m.command.(AssignWorkItem)
		return ok && c.WorkItemID == o.item.id
	case RevokeTransferred:
		c, ok := m.command.(TransferWorkItem)
		return ok && c.WorkItemID == o.item.id
	case RevokeAgentDeleted:
		c, ok := m.command.(DeleteAgent)
		return ok && c.AgentID == a.id
	}
	return false
}

// decided compares a decision with what it has to say (DX-1).
func (m *model) decided(e *Engine, w *mItem, d *Decision) {
	v := m.due
	if m.due = nil; v == nil {
		v = m.decide(w)
		must(w.status == Queued && v.agent == nil, "nobody was found for %s, but %+v qualifies", w.id, v.agent)
		must(v.outcome != w.outcome || v.why != w.why, "the decision %s about %s repeats the last", v.outcome, w.id)
		m.alternatives = m.decideAsBefore(w)
		m.noneBefore(w, v)
		w.left = v.outcome == OutcomeLeftUnassigned
	}
	got := v.read(m, w, d)
	for _, other := range m.alternatives {
		if other.offer = v.offer; reflect.DeepEqual(got, other) {
			v = other
		}
	}
	m.alternatives, m.passed = nil, nil
	must(reflect.DeepEqual(got, v), "the decision about %s says\n%+v, want\n%+v (DX-1)", w.id, *got, *v)
	must(d.Attempt > w.attempt && d.ConfigVersion == e.org.ConfigVersion, "the decision %+v cites attempt or configuration wrongly", d)
	w.outcome, w.why, w.attempt = d.Outcome, got.why, d.Attempt
}

// read takes a decision apart as verdicts are. Path and position are not in it. Turns are numbers of the engine's own: only their order counts.
func (v *verdict) read(m *model, w *mItem, d *Decision) *verdict {
	got := verdict{
		outcome: d.Outcome, reason: d.Reason, preferred: d.Preferred, policy: d.Policy, path: v.path, position: v.position,
	}
	if d.AgentID != nil {
		got.agent = m.agents[*d.AgentID]
	}
	if d.OfferID != nil {
		got.offer = *d.OfferID
	}
	if d.PreferredReason != nil {
		got.why = *d.PreferredReason
	}
	if d.NextBest == nil {
		return &got
	}
	must(d.NextBest.Members == len(w.queue.members) && d.NextBest.Method == w.queue.method, "the decision says %+v of its queue", d.NextBest)
	got.ranked, got.refused = slices.Clone(d.NextBest.Ranked), map[DecisionCode]int{}
	for _, c := range d.NextBest.Refused {
		got.refused[c.Code] += c.Count
	}
	must(len(got.ranked) == len(v.ranked), "the decision ranks %+v, want %+v (WS-2)", got.ranked, v.ranked)
	for i := range got.ranked {
		is, want := &got.ranked[i], v.ranked[i]
		if (is.Turn == nil) != (want.Turn == nil) || is.Turn == nil {
			continue
		}
		must((*is.Turn == 0) == (*want.Turn == 0), "%s has the turn %d (WS-2)", is.AgentID, *is.Turn)
		if before := i - 1; before >= 0 && got.ranked[before].DeclinedBefore == is.DeclinedBefore {
			must(*d.NextBest.Ranked[before].Turn < *is.Turn || *want.Turn == 0, "%s is before its turn %d (WS-2)", is.AgentID, *is.Turn)
		}
		is.Turn = want.Turn
	}
	return &got
}

// acting is whom a command is about: the agent it names, else the one who acts.
func (m *model) acting(id AgentID) *mAgent { return m.agents[cmp.Or(id, m.own)] }

// see takes one event in, after judging it.
func (m *model) see(e *Engine, ev Event, actor Actor) {
	must(ev.At.Equal(m.now) && ev.Actor == actor.ID, "the event %+v is not of now or not by %s", ev, actor.ID)
	w, a := m.items[ev.WorkItemID], m.agents[ev.AgentID]
	if w != nil {
		m.movedItem(ev, w)
		contact := ContactID("")
		if w.contact != nil {
			contact = w.contact.id
		}
		must(ev.QueueID == w.queue.id && ev.ContactID == contact, "the event %+v cites the wrong queue or contact", ev)
	}
	must(m.due == nil || ev.Type == EventDecision && ev.WorkItemID != "" || ev.Type == EventPresenceChanged && a == m.due.agent,
		"%s instead of the decision about an offer", ev.Type)
	switch ev.Type {
	case EventOfferMade, EventOfferAccepted, EventOfferRejected, EventOfferMissed, EventOfferRevoked:
		o := ev.Offer
		must(w != nil && a != nil && o != nil && o.ID == ev.Body.OfferID && o.AgentID == a.id && o.WorkItemID == w.id, "%+v cites wrongly", ev)
		if known := m.offers[o.ID]; known != nil {
			m.ended(ev, known, w, a)
		} else {
			m.offered(ev, w, a)
		}
	case EventDecision:
		d := ev.Decision
		must(w != nil && (d.AgentID == nil) == (a == nil) && (a == nil || *d.AgentID == a.id), "%+v cites wrongly", ev)
		m.decided(e, w, d)
	case EventWorkItemCompleted, EventWorkItemCancelled:
		m.closedItem(ev, w)
	case EventWorkItemPicked, EventWorkItemAssigned:
		m.takenByHand(ev, w, a)
	case EventWorkItemUnassigned:
		m.unassigned(ev, w)
	case EventContactUnlinked:
		c, ok := m.command.(LinkContact)
		must(ok && c.WorkItemID == w.id, "%s is unlinked unasked", w.id)
		w.link(m.contacts[c.ContactID])
	case EventWorkItemWrapUp, EventWorkItemWaiting, EventWorkItemResumed:
		m.movedOn(ev, w)
	case EventSessionOpened, EventSessionClosed:
		m.session(ev, a)
	case EventPresenceChanged:
		m.presenceChanged(ev, a)
	case EventPreferredAgentsChanged:
		must(slices.Equal(ev.Body.Agents, m.contacts[ev.ContactID].agents), "the row is %v, want %v (MX-2)", ev.Body.Agents, m.contacts[ev.ContactID].agents)
	case EventQueueMemberAdded:
		must(m.queues[ev.QueueID].isMember(a), "%s became a member unasked", a.id)
	case EventQueueMemberRemoved:
		must(!m.queues[ev.QueueID].isMember(a), "%s was removed unasked", a.id)
	default:
		m.seeSettings(ev, a)
	}
	must(w == nil || ev.Item != nil && ev.Item.ID == w.id && ev.Item.Status == w.status, "%s shows %+v, want %+v", ev.Type, ev.Item, w)
}

// seeSettings takes in what goes with the end of something: nothing ends unasked.
func (m *model) seeSettings(ev Event, a *mAgent) {
	switch ev.Type {
	case EventAgentDeleted:
		c, ok := m.command.(DeleteAgent)
		must(ok && c.AgentID == a.id && len(a.sessions) == 0 && a.load.OpenWork == 0 && a.holds == 0, "%+v is deleted", a)
		delete(m.agents, a.id)
		for _, w := range m.open { // whoever is made under the same id has declined nothing
			delete(w.declines, a)
		}
	case EventQueueDeleted:
		c, ok := m.command.(DeleteQueue)
		must(ok && c.QueueID == ev.QueueID, "%s is deleted unasked", ev.QueueID)
		delete(m.queues, ev.QueueID)
	case EventWorkstreamDeleted:
		c, ok := m.command.(DeleteWorkstream)
		must(ok && c.WorkstreamID == ev.WorkstreamID && m.streams[c.WorkstreamID].QueueID == ev.QueueID, "%+v unasked", ev)
		delete(m.streams, ev.WorkstreamID)
	case EventContactDeleted:
		c, ok := m.command.(DeleteContact)
		must(ok && c.ContactID == ev.ContactID, "%s is deleted unasked", ev.ContactID)
		delete(m.contacts, ev.ContactID)
	case EventAgentCapacityReset:
		m.capacityReset(ev, a)
	}
}

// movedItem takes in what an event says of the queue, the priority and the contact of an item before it cites them (WS-6, MX-5).
func (m *model) movedItem(ev Event, w *mItem) {
	switch ev.Type {
	case EventWorkItemLeftQueue:
		c, ok := m.command.(TransferWorkItem)
		must(ok && c.WorkItemID == w.id && c.QueueID != w.queue.id && w.status == Queued, "%s leaves %s unasked", w.id, w.queue.id)
		m.leaving = w
	case EventWorkItemTransferred:
		c, ok := m.command.(TransferWorkItem)
		must(ok && c.WorkItemID == w.id && w.status == Queued, "%s is transferred unasked or while it is %s", w.id, w.status)
		must(ev.Body.From == string(w.queue.id) && ev.Body.To == string(c.QueueID), "%+v cites wrongly", ev)
		must((m.leaving == w) == (w.queue.id != c.QueueID), "%s left %v (WORK_ITEM_LEFT_QUEUE)", w.id, m.leaving)
		m.leaving, w.queue, w.without, w.left, w.outcome, w.why = nil, m.queues[c.QueueID], c.WithoutPreferred, false, "", ""
		if !c.WithoutPreferred {
			clear(w.declines)
		}
		if m.giver != nil { // a supervisor who takes it from somebody declines nothing
			w.decline(m.giver)
		}
	case EventWorkItemPriority:
		c, ok := m.command.(SetWorkItemPriority)
		must(ok && c.WorkItemID == w.id && ev.Body.From == strconv.Itoa(w.priority) && ev.Body.To == strconv.Itoa(c.Priority), "%+v unasked", ev)
		w.priority = c.Priority
	case EventContactLinked:
		c, ok := m.command.(LinkContact)
		must(ok && c.WorkItemID == w.id && m.contacts[c.ContactID] != nil, "%s is linked unasked", w.id)
		w.link(m.contacts[c.ContactID])
	}
}

// link is MX-5: the item is routed as one of its new contact, whatever was decided before.
func (w *mItem) link(to *mRow) {
	if w.contact != to {
		w.contact, w.left, w.outcome, w.why = to, false, "", ""
	}
}

// takenByHand: picked by a member of the queue, or assigned, while it waits (WS-6).
func (m *model) takenByHand(ev Event, w *mItem, a *mAgent) {
	must(w.status == Queued && a != nil && ev.Body.AssignmentID != "", "%s of %s while it is %s", ev.Type, w.id, w.status)
	if ev.Type == EventWorkItemPicked {
		c, ok := m.command.(PickWorkItem)
		must(ok && c.WorkItemID == w.id && m.acting(c.AgentID) == a && w.queue.isMember(a), "%s picks %s unasked", a.id, w.id)
	} else {
		must(m.command == Command(AssignWorkItem{w.id, a.id}), "%s is assigned to %s unasked", w.id, a.id)
	}
	w.status, w.holder, w.assignment, w.left = Assigned, a, ev.Body.AssignmentID, false
	m.change(a, func() { m.take(w, a, &w.stream.Cost) })
	m.follow(a, CauseWorkTaken, map[EventType]int{EventWorkItemPicked: mOwn, EventWorkItemAssigned: mSome}[ev.Type])
}

// unassigned: taken from its agent to be transferred or assigned to another (WS-6).
func (m *model) unassigned(ev Event, w *mItem) {
	must((w.status == Assigned || w.status == Waiting) && ev.AgentID == w.holder.id && ev.Body.AssignmentID == w.assignment, "%+v cites wrongly", ev)
	switch c := m.command.(type) {
	case AssignWorkItem:
		must(c.WorkItemID == w.id && c.AgentID != w.holder.id && ev.Body.Cause == string(AssignmentReassigned), "%+v unasked", ev)
	case TransferWorkItem:
		must(c.WorkItemID == w.id && ev.Body.Cause == string(AssignmentTransferred), "%+v unasked", ev)
	default:
		fail("%s is unassigned by %T", w.id, c)
	}
	m.release(w)
	m.follow(w.holder, CauseWorkReleased, mSome)
	w.status, w.holder, w.assignment = Queued, nil, ""
}

// closedItem: a command closes an item, nothing else does; its assignment ends with it.
func (m *model) closedItem(ev Event, w *mItem) {
	to := Completed
	if ev.Type == EventWorkItemCancelled {
		to = Cancelled
		must(m.command == Command(CancelWorkItem{w.id}), "%s is cancelled unasked", w.id)
	} else {
		must(m.completes(w) && ev.AgentID == w.holder.id && ev.Body.AssignmentID == w.assignment, "%s is completed unasked or cited wrongly", w.id)
	}
	must(w.status != Offered && (to == Completed || w.status != WrapUpWork), "%s is closed while it is %s", w.id, w.status)
	if w.status != Queued {
		m.release(w)
		m.follow(w.holder, CauseWorkReleased, mSome)
	}
	w.status = to
	m.open = slices.DeleteFunc(m.open, func(o *mItem) bool { return o == w })
}

// session: the devices of an agent count as one presence; those from before a restart end when one comes back, or when the
// time to come back is over (PR-8).
func (m *model) session(ev Event, a *mAgent) {
	id, open := ev.Body.SessionID, ev.Type == EventSessionOpened
	asked := false
	switch c := m.command.(type) {
	case OpenSession:
		asked = m.acting(c.AgentID) == a && (open || a.orphans)
	case CloseSession:
		asked = !open && c.SessionID == id
	case SignOut:
		asked = !open && m.acting(c.AgentID) == a
	case DeleteAgent:
		asked = !open && c.AgentID == a.id
	case Tick:
		asked = !open && m.graceOver(a)
	}
	must(asked, "%s of %s by %T", ev.Type, id, m.command)
	if !open {
		at := slices.Index(a.sessions, id)
		must(at >= 0, "the session %s ends, but it is none of %s", id, a.id)
		a.sessions = slices.Delete(a.sessions, at, at+1)
		return
	}
	must(!a.orphans || len(a.sessions) == 0, "%s is back and has sessions from before the restart", a.id)
	a.sessions, a.orphans = append(a.sessions, id), false
	if !a.signedIn {
		m.signIn(a)
	}
}

// graceOver tells whether the agent's sessions from before the restart have had their time to come back.
func (m *model) graceOver(a *mAgent) bool {
	return a.orphans && !m.now.Before(m.startedAt.Add(30*time.Second))
}

// pass lets the time of the model go on; a clock that goes back stands still (Meta.Now).
func (m *model) pass(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
}
