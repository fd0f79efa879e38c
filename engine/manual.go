package engine

import (
	"slices"
	"strconv"
)

// What people do with work items by hand (WS-6): pick, assign, transfer, re-prioritise, link to a customer.

// PickWorkItem takes a waiting item out of a queue of which the agent is a member. Presence and capacity are not looked at. Picking
// what the agent has already gives the same assignment. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT (WORK_ITEM_CLOSED,
// WORK_ITEM_ASSIGNED, OFFER_OPEN).
type PickWorkItem struct {
	WorkItemID WorkItemID
	// AgentID is empty for the acting agent.
	AgentID AgentID
}

func (c PickWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c PickWorkItem) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, WorkSupervise)
	if err != nil {
		return err
	}
	w, err := e.pickable(c.WorkItemID, a)
	if err != nil {
		return err
	}
	if w.Status == Queued {
		e.assignByHand(w, a, OriginPick)
		e.emitItem(Event{Type: EventWorkItemPicked, Body: EventBody{AssignmentID: w.AssignmentID}}, w)
		e.recompute(a, CauseWorkTaken, ownWork)
	}
	r.assignment(w)
	return nil
}

// pickable finds an item that the agent may pick, or has already. Who acts as an agent is told of items in their own queues only.
func (e *Engine) pickable(id WorkItemID, a *agent) (*workItem, error) {
	w, acts := e.items[id], e.actor.heldTo(WorkSupervise) != ""
	if w == nil || !w.Status.Open() {
		closed, known := e.closedItems[id]
		if w != nil {
			closed, known = w.WorkItem, true
		}
		q := e.queues.get(closed.QueueID)
		if known && (!acts || closed.AgentID == a.ID || q != nil && a.memberOf(q) != nil) {
			return nil, conflict(ReasonWorkItemClosed, "the work item is closed already")
		}
		return nil, notFound("work item")
	}
	switch {
	case w.Status.HasAgent() && w.AgentID == a.ID:
		return w, nil
	case a.memberOf(w.queue) == nil && acts:
		return nil, notFound("work item")
	case a.memberOf(w.queue) == nil:
		return nil, invalid("agentId", "the agent is no member of the work item's queue")
	case w.Status.HasAgent():
		return nil, conflict(ReasonAssigned, "the work item is assigned to somebody else")
	case w.Status == Offered:
		return nil, conflict(ReasonOfferOpen, "the work item is being offered")
	}
	return w, nil
}

// AssignWorkItem gives an open item to an agent. An open offer is revoked, an assignment to somebody else ends. Warns about what routing would
// have looked at. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/WORK_ITEM_CLOSED.
type AssignWorkItem struct {
	WorkItemID WorkItemID
	AgentID    AgentID
}

func (c AssignWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c AssignWorkItem) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise)
	if err != nil {
		return err
	}
	a := e.agents.get(c.AgentID)
	if a == nil {
		return invalid("agentId", "there is no such agent")
	}
	if err := w.notWrappingUp(); err != nil {
		return err
	}
	if w.Status.HasAgent() && w.AgentID == a.ID {
		r.assignment(w)
		return nil
	}
	switch {
	case w.Status == Offered:
		e.revokeOffer(w, RevokeAssignedByHand)
	case w.Status.HasAgent():
		e.unassign(w, AssignmentReassigned)
	}
	e.warnOfAgent(r, w, a)
	e.assignByHand(w, a, OriginManual)
	e.emitItem(Event{Type: EventWorkItemAssigned, Body: EventBody{AssignmentID: w.AssignmentID}}, w)
	e.recompute(a, CauseWorkTaken, someWork)
	r.assignment(w)
	return nil
}

// warnOfAgent tells what of an agent routing would have stumbled over.
func (e *Engine) warnOfAgent(r *Result, w *workItem, a *agent) {
	if a.memberOf(w.queue) == nil {
		r.warn(WarnAgentNotQueueMember, "agentId", "the agent is no member of the work item's queue")
	}
	if !a.Presence.SignedIn {
		r.warn(WarnAgentNotSignedIn, "agentId", "the agent has no live session")
	}
	if !e.roomFor(a, w.workstream) {
		r.warn(WarnAgentOverCapacity, "agentId", "the work is more than the agent had room for")
	}
}

func (r *Result) assignment(w *workItem) {
	r.Refs.WorkItem, r.Refs.Assignment, r.AssignmentState = w.ID, w.AssignmentID, w.assignment
}

// assignByHand gives a waiting item to an agent without an offer.
func (e *Engine) assignByHand(w *workItem, a *agent, origin AssignmentOrigin) {
	as := &Assignment{
		ID: AssignmentID(e.ids.next("as_")), WorkItemID: w.ID, AgentID: a.ID, Origin: origin,
		Cost: w.workstream.Cost, HoldsCapacity: true, AssignedAt: e.now,
	}
	e.changeAgent(a, func(a *Agent) { a.hold(&as.Cost, 1) })
	e.changeItem(w, func(w *workItem) {
		w.Status, w.LeftUnassigned, w.dirty = Assigned, false, false
		w.assignment, w.AssignmentID, w.AgentID = as, as.ID, as.AgentID
	})
	e.pending.Assignments = append(e.pending.Assignments, Change[Assignment]{After: as})
}

// unassign takes an item from its agent and leaves it waiting; the caller says what comes next.
func (e *Engine) unassign(w *workItem, end AssignmentEnd) {
	ended := w.assignment
	e.endAssignment(w, end)
	e.changeItem(w, func(w *workItem) { w.Status, w.AssignmentID, w.AgentID = Queued, "", "" })
	e.emitItem(Event{
		Type: EventWorkItemUnassigned, AgentID: ended.AgentID, Body: EventBody{AssignmentID: ended.ID, Cause: string(end)},
	}, w)
	e.workReleased(ended.AgentID)
}

// TransferWorkItem puts an open item into a queue, where it is routed anew. Its age stays. With its preferred agents everybody may be asked again who
// declined before; an agent who hands over their own work counts as having declined it. Errors: NOT_FOUND, BAD_USER_INPUT,
// CONFLICT/WORK_ITEM_CLOSED.
type TransferWorkItem struct {
	WorkItemID WorkItemID
	QueueID    QueueID
	// WithoutPreferred: the contact's preferred agents are not looked at from now on.
	WithoutPreferred bool
}

func (c TransferWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c TransferWorkItem) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise)
	if err != nil {
		return err
	}
	q := e.queues.get(c.QueueID)
	if q == nil {
		return invalid("queueId", "there is no such queue")
	}
	if err := w.notWrappingUp(); err != nil {
		return err
	}
	from, own := w.queue, w.AgentID == e.actor.AgentID
	switch {
	case w.Status == Offered:
		e.revokeOffer(w, RevokeTransferred)
	case w.Status.HasAgent():
		e.unassign(w, AssignmentTransferred)
	}
	if !c.WithoutPreferred {
		e.clearDeclines(w)
	}
	if giver := e.agents.get(e.actor.AgentID); giver != nil && own {
		e.countDecline(w, giver)
	}
	e.changeItem(w, func(w *workItem) {
		w.queue, w.QueueID, w.WithoutPreferred, w.LeftUnassigned = q, q.ID, c.WithoutPreferred, false
		w.LastOutcome, w.LastReason, w.LastPreferredReason = "", "", ""
	})
	if from != q {
		e.emitItem(Event{Type: EventWorkItemLeftQueue, QueueID: from.ID}, w)
	}
	e.emitItem(Event{Type: EventWorkItemTransferred, Body: EventBody{From: string(from.ID), To: string(q.ID)}}, w)
	e.rerouteItem(w)
	r.Refs.WorkItem = w.ID
	return nil
}

// SetWorkItemPriority changes the priority of an open item. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/WORK_ITEM_CLOSED.
type SetWorkItemPriority struct {
	WorkItemID WorkItemID
	Priority   int
}

func (c SetWorkItemPriority) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c SetWorkItemPriority) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise)
	if err != nil {
		return err
	}
	if err := checkPriority(c.Priority); err != nil {
		return err
	}
	r.Refs.WorkItem = w.ID
	from := w.Priority
	if from == c.Priority {
		return nil
	}
	// Whoever is offered it has it in an ordered list of theirs, too.
	e.changeItem(w, func(w *workItem) { w.Priority = c.Priority })
	e.emitItem(Event{Type: EventWorkItemPriority, Body: EventBody{From: strconv.Itoa(from), To: strconv.Itoa(c.Priority)}}, w)
	return nil
}

// LinkContact links an open item to another contact, or to none. No row changes (MX-5). An offer to an agent as preferred by the former contact
// is revoked unless the new one prefers them too, and what waits is routed again. Errors: NOT_FOUND, BAD_USER_INPUT,
// CONFLICT/WORK_ITEM_CLOSED.
type LinkContact struct {
	WorkItemID WorkItemID
	// ContactID is empty for none.
	ContactID ContactID
}

func (c LinkContact) needs(n *Needs) {
	n.workItem(c.WorkItemID)
	n.contact(c.ContactID)
}

func (c LinkContact) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise, CustomersIdentify)
	if err != nil {
		return err
	}
	contact := e.contacts[c.ContactID]
	if contact == nil && c.ContactID != "" {
		return invalid("contactId", "there is no such contact")
	}
	r.Refs.WorkItem = w.ID
	from := w.contact
	if contact == from {
		return nil
	}
	if o := w.offer; o != nil && o.Path == PathPreferred && (contact == nil || contact.row == nil || !slices.Contains(contact.row.Agents, o.AgentID)) {
		e.revokeOffer(w, RevokeContactChanged)
	}
	e.changeItem(w, func(w *workItem) {
		w.contact, w.ContactID, w.LeftUnassigned = contact, c.ContactID, false
		w.LastOutcome, w.LastReason, w.LastPreferredReason = "", "", ""
	})
	if from != nil {
		e.admitted = append(e.admitted, from.id) // to be forgotten when nothing of it is open any more
		e.emitItem(Event{Type: EventContactUnlinked, ContactID: from.id}, w)
	}
	if contact != nil {
		e.emitItem(Event{Type: EventContactLinked}, w)
	}
	e.rerouteItem(w)
	return nil
}
