package engine

import "time"

// What an agent's work goes through between being assigned and being completed: waiting for the customer (CP-5), and wrap-up (CP-3).

// EndWrapUp ends the wrap-up of an item before its time, or the one that only ends this way: it is completed, and its capacity given back. Agents end
// only their own. Errors: NOT_FOUND, CONFLICT (WORK_ITEM_CLOSED, WORK_ITEM_NOT_IN_WRAP_UP).
type EndWrapUp struct{ WorkItemID WorkItemID }

func (c EndWrapUp) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c EndWrapUp) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise)
	if err != nil {
		return err
	}
	if w.Status != WrapUpWork {
		return conflict(ReasonNotInWrapUp, "the work item is not in wrap-up")
	}
	e.completeItem(w)
	r.Refs.WorkItem = w.ID
	return nil
}

// startWrapUp begins the wrap-up: the work is done, which counts as closing it (PR-6), and its capacity stays taken.
func (e *Engine) startWrapUp(w *workItem) {
	as := *w.assignment
	a := e.agents.get(as.AgentID)
	if wrap := w.workstream.WrapUp; wrap.Mode == WrapUpTimed {
		ends := e.now.Add(time.Duration(wrap.Seconds) * time.Second)
		as.WrapUpEndsAt = &ends
	}
	e.setHeld(a, &as, true)
	e.changeAssignment(w, &as)
	e.changeItem(w, func(w *workItem) { w.Status = WrapUpWork })
	e.emitItem(Event{Type: EventWorkItemWrapUp, Body: EventBody{AssignmentID: as.ID}}, w)
	e.recompute(a, CauseWorkReleased, someWork)
}

// notWrappingUp refuses what can't be done with an item whose work is done.
func (w *workItem) notWrappingUp() error {
	if w.Status == WrapUpWork {
		return conflict(ReasonInWrapUp, "the work on the item is done, and it is in wrap-up")
	}
	return nil
}

// SetWorkItemWaiting says that an assigned item waits for the customer: it gives its capacity back unless its workstream says that waiting holds it.
// One that waits already stays so. Agents do so with their own only. Errors: NOT_FOUND, CONFLICT (WORK_ITEM_CLOSED, WORK_ITEM_NOT_ASSIGNED,
// WORK_ITEM_IN_WRAP_UP).
type SetWorkItemWaiting struct{ WorkItemID WorkItemID }

func (c SetWorkItemWaiting) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c SetWorkItemWaiting) apply(e *Engine, r *Result) error {
	return e.moveAssigned(c.WorkItemID, r, Waiting)
}

// ResumeWorkItem ends the waiting of an item: the same agent goes on with it, over capacity if need be. One that does not wait stays as it is.
// Errors: as SetWorkItemWaiting.
type ResumeWorkItem struct{ WorkItemID WorkItemID }

func (c ResumeWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c ResumeWorkItem) apply(e *Engine, r *Result) error {
	return e.moveAssigned(c.WorkItemID, r, Assigned)
}

// moveAssigned moves an item between being worked on and waiting.
func (e *Engine) moveAssigned(id WorkItemID, r *Result, to WorkItemStatus) error {
	w, err := e.openItem(id, WorkSupervise)
	if err != nil {
		return err
	}
	if !w.Status.HasAgent() {
		return conflict(ReasonNotAssigned, "the work item is not assigned")
	}
	if err := w.notWrappingUp(); err != nil {
		return err
	}
	r.Refs.WorkItem = w.ID
	if w.Status == to {
		return nil
	}
	as, event, cause := *w.assignment, EventWorkItemWaiting, CauseWorkReleased
	if to == Assigned {
		event, cause = EventWorkItemResumed, CauseWorkTaken
	}
	a := e.agents.get(as.AgentID)
	e.setHeld(a, &as, to == Assigned || w.workstream.WaitingHoldsCapacity)
	e.changeAssignment(w, &as)
	e.changeItem(w, func(w *workItem) { w.Status = to })
	e.emitItem(Event{Type: event, Body: EventBody{AssignmentID: as.ID}}, w)
	e.recompute(a, cause, noWork)
	e.agentMayBeAble(a)
	return nil
}
