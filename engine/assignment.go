package engine

import "time"

// AssignmentEnd is how an assignment ended.
type AssignmentEnd string

// The ends of an assignment.
const (
	AssignmentCompleted AssignmentEnd = "COMPLETED"
	AssignmentCancelled AssignmentEnd = "CANCELLED"
)

// Assignment is the time in which an agent works on a work item. Like an Offer it is never changed in place.
type Assignment struct {
	ID            AssignmentID
	WorkItemID    WorkItemID
	AgentID       AgentID
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
	e.changeAgent(a, func(a *Agent) { a.AssignedUnits -= as.CapacityUnits })
	e.changeItem(w, func(w *workItem) { w.assignment = nil })
	e.pending.Assignments = append(e.pending.Assignments, Change[Assignment]{Before: before, After: &as})
	e.agentMayBeAble(a)
}
