package engine

import "time"

// OfferState is whether an offer is open or how it ended; docs/lifecycle.md draws it. All but OfferOpen are final (OF-1).
type OfferState string

// The states of an offer.
const (
	// OfferOpen can be answered. Left by accept, reject, the end of the countdown, or a revocation: by exactly one of them.
	OfferOpen     OfferState = "OPEN"
	OfferAccepted OfferState = "ACCEPTED"
	OfferRejected OfferState = "REJECTED"
	OfferMissed   OfferState = "MISSED"
	OfferRevoked  OfferState = "REVOKED"
)

// OfferPath is why an agent was chosen (OF-5).
type OfferPath string

// The paths.
const (
	PathPreferred OfferPath = "PREFERRED"
	PathNextBest  OfferPath = "NEXT_BEST"
)

// RevokeReason is why an offer was taken back (OF-3, RT-6).
type RevokeReason string

// The reasons of a revocation.
const (
	RevokePresenceChanged       RevokeReason = "PRESENCE_CHANGED"
	RevokeSignedOut             RevokeReason = "SIGNED_OUT"
	RevokeDisconnected          RevokeReason = "DISCONNECTED"
	RevokeWorkItemCancelled     RevokeReason = "WORK_ITEM_CANCELLED"
	RevokePreferredAgentRemoved RevokeReason = "PREFERRED_AGENT_REMOVED"
	RevokeContactChanged        RevokeReason = "CONTACT_CHANGED"
	RevokeAssignedByHand        RevokeReason = "ASSIGNED_BY_HAND"
	RevokeTransferred           RevokeReason = "TRANSFERRED"
	RevokeAgentDeleted          RevokeReason = "AGENT_DELETED"
)

// Offer is the question to one agent whether they take a work item. Once made it is never changed in place: an ended offer is a
// new value with the same id.
type Offer struct {
	ID         OfferID
	WorkItemID WorkItemID
	AgentID    AgentID
	State      OfferState
	Path       OfferPath
	// PreferredPosition is 1 to 3 on the path PREFERRED, else nil.
	PreferredPosition *int
	// OverCapacity: the item did not fit into what the agent had free (RT-3).
	OverCapacity bool
	// Cost is what it reserves while it is open (OF-2).
	Cost CapacityCost
	// RevokeReason is set for REVOKED.
	RevokeReason *RevokeReason
	OfferedAt    time.Time
	// ExpiresAt is when it is missed; nil when it was accepted automatically.
	ExpiresAt *time.Time
	EndedAt   *time.Time
	// AssignmentID is set for ACCEPTED.
	AssignmentID AssignmentID
}

// Decline counts how often an agent rejected or missed a work item, with the agent's marks at the last time (OF-4).
type Decline struct {
	WorkItemID             WorkItemID
	AgentID                AgentID
	Count                  int
	ManualMark, SignInMark int64
}

// AcceptOffer takes the offered item. The same agent accepting again gets the same assignment (OF-6). Errors: NOT_FOUND,
// CONFLICT (OFFER_EXPIRED, OFFER_REJECTED, OFFER_REVOKED).
type AcceptOffer struct{ OfferID OfferID }

func (c AcceptOffer) needs(n *Needs) { n.offer(c.OfferID) }

func (c AcceptOffer) apply(e *Engine, r *Result) error {
	w, ended, err := e.findOffer(c.OfferID)
	if err != nil {
		return err
	}
	if ended != nil {
		if ended.State != OfferAccepted {
			return endedConflict(ended)
		}
		r.OfferState, r.Refs.Offer, r.Refs.Assignment = ended, ended.ID, ended.AssignmentID
		return nil
	}
	accepted := e.acceptOffer(w)
	r.OfferState, r.AssignmentState = accepted, w.assignment
	r.Refs.Offer, r.Refs.Assignment = accepted.ID, accepted.AssignmentID
	return nil
}

// RejectOffer declines the offered item, which goes to the next at once. Rejecting again is the same (OF-1, RT-4).
// Errors: NOT_FOUND, CONFLICT (OFFER_EXPIRED, OFFER_ACCEPTED, OFFER_REVOKED).
type RejectOffer struct{ OfferID OfferID }

func (c RejectOffer) needs(n *Needs) { n.offer(c.OfferID) }

func (c RejectOffer) apply(e *Engine, r *Result) error {
	w, ended, err := e.findOffer(c.OfferID)
	if err != nil {
		return err
	}
	if ended == nil {
		ended = e.declineOffer(w, OfferRejected)
	} else if ended.State != OfferRejected {
		return endedConflict(ended)
	}
	r.OfferState, r.Refs.Offer = ended, ended.ID
	return nil
}

// findOffer finds the item of an open offer, or the offer that has ended. An offer whose time is over is no longer open, even
// when the Tick that misses it is still to come.
func (e *Engine) findOffer(id OfferID) (*workItem, *Offer, error) {
	own := e.actor.heldTo(AgentsSupervise)
	if w := e.openOffers[id]; w != nil && (own == "" || own == w.offer.AgentID) {
		if !e.now.Before(*w.offer.ExpiresAt) {
			return nil, nil, conflict(ReasonOfferExpired, "the time to answer is over")
		}
		return w, nil, nil
	}
	if o := e.endedOffers[id]; o != nil && (own == "" || own == o.AgentID) {
		return nil, o, nil
	}
	return nil, nil, notFound("offer")
}

func endedConflict(o *Offer) error {
	switch o.State {
	case OfferAccepted:
		return conflict(ReasonOfferAccepted, "the offer has been accepted")
	case OfferRejected:
		return conflict(ReasonOfferRejected, "the offer has been rejected")
	case OfferMissed:
		return conflict(ReasonOfferExpired, "the time to answer is over")
	default:
		return conflict(ReasonOfferRevoked, "the offer has been revoked")
	}
}

// makeOffer asks an agent, or assigns at once when the workstream does not ask (OF-2).
func (e *Engine) makeOffer(w *workItem, a *agent, path OfferPath, position int) *Offer {
	ws := w.workstream
	o := &Offer{
		ID: OfferID(e.ids.next("of_")), WorkItemID: w.ID, AgentID: a.ID, State: OfferOpen, Path: path,
		OverCapacity: !e.roomFor(a, ws), Cost: ws.Cost, OfferedAt: e.now,
	}
	if path == PathPreferred {
		o.PreferredPosition = &position
	}
	if m := a.memberOf(w.queue); m != nil && w.queue.AssignmentMethod == RoundRobin {
		e.takeTurn(m)
	}
	if ws.AcceptMode == AcceptAuto {
		e.assign(w, o, nil)
		e.recompute(a, CauseWorkTaken, someWork)
		return o
	}
	expires := e.now.Add(time.Duration(ws.OfferSeconds) * time.Second)
	o.ExpiresAt = &expires
	e.changeAgent(a, func(a *Agent) { a.reserve(o, 1) })
	e.changeItem(w, func(w *workItem) {
		w.Status, w.offer, w.OfferID, w.AgentID, w.LeftUnassigned = Offered, o, o.ID, a.ID, false
	})
	e.offerChanged(w, nil, o, EventOfferMade)
	return o
}

// acceptOffer ends the open offer as accepted and assigns the item.
func (e *Engine) acceptOffer(w *workItem) *Offer {
	before := w.offer
	o := *before
	e.assign(w, &o, before)
	a := e.agents.get(o.AgentID)
	e.recompute(a, CauseWorkTaken, ownWork)
	if before.OverCapacity {
		e.agentMayBeAble(a) // the next one beyond capacity may be asked now
	}
	return &o
}

// assign gives an item to the agent of an accepted offer; before is nil when the agent was not asked (OF-2).
func (e *Engine) assign(w *workItem, o, before *Offer) {
	now := e.now
	as := &Assignment{
		ID: AssignmentID(e.ids.next("as_")), WorkItemID: w.ID, AgentID: o.AgentID, Origin: OriginOffer, OfferID: o.ID,
		Cost: o.Cost, HoldsCapacity: true, AssignedAt: now,
	}
	o.State, o.EndedAt, o.AssignmentID = OfferAccepted, &now, as.ID
	e.changeAgent(e.agents.get(o.AgentID), func(a *Agent) {
		if before != nil {
			a.reserve(before, -1)
		}
		a.hold(&as.Cost, 1)
	})
	e.changeItem(w, func(w *workItem) {
		w.Status, w.offer, w.OfferID, w.LeftUnassigned = Assigned, nil, "", false
		w.assignment, w.AssignmentID, w.AgentID = as, as.ID, as.AgentID
	})
	e.pending.Assignments = append(e.pending.Assignments, Change[Assignment]{After: as})
	e.offerChanged(w, before, o, EventOfferAccepted)
}

// declineOffer ends the open offer as rejected or missed: it counts as tried, and the item is routed again (RT-4, OF-4).
func (e *Engine) declineOffer(w *workItem, state OfferState) *Offer {
	a := e.agents.get(w.offer.AgentID)
	e.countDecline(w, a)
	event := EventOfferRejected
	if state == OfferMissed {
		event = EventOfferMissed
	}
	o := e.endOffer(w, state, nil, event)
	e.declined(a, w, state)
	e.rerouteItem(w)
	return o
}

// countDecline remembers that an agent does not want an item, with the agent's marks (OF-4).
func (e *Engine) countDecline(w *workItem, a *agent) {
	d := w.declines[a.ID]
	d.WorkItemID, d.AgentID, d.ManualMark, d.SignInMark = w.ID, a.ID, a.ManualMark, a.SignInMark
	d.Count++
	e.setDecline(w, d)
}

// revokeOffer takes the open offer back; it does not count as tried. The caller routes the item again.
func (e *Engine) revokeOffer(w *workItem, reason RevokeReason) {
	e.endOffer(w, OfferRevoked, &reason, EventOfferRevoked)
}

func (e *Engine) endOffer(w *workItem, state OfferState, reason *RevokeReason, event EventType) *Offer {
	before, now := w.offer, e.now
	o := *before
	o.State, o.EndedAt, o.RevokeReason = state, &now, reason
	a := e.agents.get(o.AgentID)
	e.changeItem(w, func(w *workItem) { w.Status, w.offer, w.OfferID, w.AgentID = Queued, nil, "", "" })
	e.changeAgent(a, func(a *Agent) { a.reserve(before, -1) })
	e.offerChanged(w, before, &o, event)
	e.leftLimit(a)
	e.agentMayBeAble(a)
	return &o
}

func (e *Engine) offerChanged(w *workItem, before, after *Offer, event EventType) {
	e.pending.Offers = append(e.pending.Offers, Change[Offer]{Before: before, After: after})
	if after.State != OfferOpen {
		e.endedOffers[after.ID] = after
	}
	body := EventBody{OfferID: after.ID, AssignmentID: after.AssignmentID, Path: string(after.Path)}
	if after.RevokeReason != nil {
		body.Cause = string(*after.RevokeReason)
	}
	e.emitItem(Event{Type: event, AgentID: after.AgentID, Body: body, Offer: after}, w)
}
