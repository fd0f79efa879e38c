package engine

import "time"

// AssignmentOrigin is how an assignment came about.
type AssignmentOrigin string

// The origins of an assignment.
const (
	// OriginOffer: of an offer, accepted by the agent or by itself (OF-2).
	OriginOffer AssignmentOrigin = "OFFER"
	// OriginPick: the agent picked the item (WS-6).
	OriginPick AssignmentOrigin = "PICK"
	// OriginManual: somebody assigned it (WS-6).
	OriginManual AssignmentOrigin = "MANUAL"
)

// AssignmentEnd is how an assignment ended.
type AssignmentEnd string

// The ends of an assignment.
const (
	AssignmentCompleted AssignmentEnd = "COMPLETED"
	AssignmentCancelled AssignmentEnd = "CANCELLED"
	// AssignmentTransferred: the item went back into a queue; AssignmentReassigned: to another agent (WS-6).
	AssignmentTransferred AssignmentEnd = "TRANSFERRED"
	AssignmentReassigned  AssignmentEnd = "REASSIGNED"
)

// Assignment is the time in which an agent works on a work item. Like an Offer it is never changed in place.
type Assignment struct {
	ID         AssignmentID
	WorkItemID WorkItemID
	AgentID    AgentID
	Origin     AssignmentOrigin
	// OfferID is empty unless the origin is an offer.
	OfferID OfferID
	Cost    CapacityCost
	// HoldsCapacity: takes what it costs; not while the item waits for the customer, unless its workstream says so (CP-5).
	HoldsCapacity bool
	AssignedAt    time.Time
	// WrapUpEndsAt is set from the end of the work on where the wrap-up is timed (CP-3).
	WrapUpEndsAt *time.Time
	// EndedAt and EndReason are nil while it lasts.
	EndedAt   *time.Time
	EndReason *AssignmentEnd
}

// endAssignment frees what the assignment took; the agent gets waiting work at once (CP-3, WS-5). The item keeps whose it was.
func (e *Engine) endAssignment(w *workItem, end AssignmentEnd) {
	as, now := *w.assignment, e.now
	as.EndedAt, as.EndReason = &now, &end
	a := e.agents.get(as.AgentID)
	if a.DayEndsAt != nil && !a.DayEndsAt.After(now) {
		e.dayOver(a) // the Tick that does so is still to come, and this work is of the new day (CP-2)
	}
	e.setHeld(a, &as, false)
	e.keepForTheDay(a, &as)
	e.changeAssignment(w, &as)
	e.agentMayBeAble(a)
}

// workReleased computes an agent's presence when one of their items has been closed, or taken from them (PR-4, PR-6).
func (e *Engine) workReleased(id AgentID) { e.recompute(e.agents.get(id), CauseWorkReleased, someWork) }

// setHeld makes an assignment take its capacity, or give it back.
func (e *Engine) setHeld(a *agent, as *Assignment, held bool) {
	if as.HoldsCapacity == held {
		return
	}
	as.HoldsCapacity = held
	e.changeAgent(a, func(a *Agent) {
		if held {
			a.hold(&as.Cost, 1)
			return
		}
		a.hold(&as.Cost, -1)
		now := e.now
		a.ReleasedAt = &now
	})
}

// keepForTheDay counts finished work against the profiles that are given back at the end of the day (CP-2).
func (e *Engine) keepForTheDay(a *agent, as *Assignment) {
	for _, id := range as.Cost.Profiles {
		if e.profiles[id].Reset == ResetEndOfDay && a.profile(id).Has {
			e.changeAgent(a, func(a *Agent) { a.changeProfile(id, func(u *ProfileUse) { u.Kept++ }) })
		}
	}
	e.setDayEnd(a, false)
}

// changeAssignment puts an assignment in the place of the item's; one that has ended leaves none.
func (e *Engine) changeAssignment(w *workItem, after *Assignment) {
	before := w.assignment
	e.changeItem(w, func(w *workItem) {
		if w.assignment = after; after.EndedAt != nil {
			w.assignment = nil
		}
	})
	e.pending.Assignments = append(e.pending.Assignments, Change[Assignment]{Before: before, After: after})
}
