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
	OfferID       OfferID
	CapacityUnits int
	AssignedAt    time.Time
	// EndedAt and EndReason are nil while it lasts.
	EndedAt   *time.Time
	EndReason *AssignmentEnd
}

// endAssignment frees what the assignment took; the agent gets waiting work at once (CP-3, WS-5). The item keeps whose it was.
func (e *Engine) endAssignment(w *workItem, end AssignmentEnd) {
	before, now := w.assignment, e.now
	as := *before
	as.EndedAt, as.EndReason = &now, &end
	a := e.agents.get(as.AgentID)
	e.changeAgent(a, func(a *Agent) {
		a.AssignedUnits -= as.CapacityUnits
		a.ReleasedAt = &now
	})
	e.changeItem(w, func(w *workItem) { w.assignment = nil })
	e.pending.Assignments = append(e.pending.Assignments, Change[Assignment]{Before: before, After: &as})
	e.agentMayBeAble(a)
}
