package engine

// PreviewRouting tells who would get an item now and why, by the very code that routes. It changes nothing (DX-3). Errors: NOT_FOUND,
// BAD_USER_INPUT, CONFLICT/WORK_ITEM_NOT_WAITING.
type PreviewRouting struct {
	// WorkItemID is an item that waits; empty for one that is not there yet.
	WorkItemID WorkItemID
	// WorkstreamID and ContactID are by which a new item would come, and of whom; ContactID may be empty.
	WorkstreamID WorkstreamID
	ContactID    ContactID
}

func (c PreviewRouting) needs(n *Needs) {
	n.workItem(c.WorkItemID)
	n.contact(c.ContactID)
}

func (c PreviewRouting) apply(e *Engine, r *Result) error {
	w, err := c.item(e)
	if err != nil {
		return err
	}
	d, chosen := e.decide(w)
	if chosen.agent != nil {
		id := chosen.agent.ID // a copy: whoever reads the answer does so beside the engine
		d.AgentID = &id
	}
	if w.stays() {
		code := CodeLeftUnassigned
		d.PreferredReason, d.Preferred, d.AgentID, d.Outcome, d.Reason = &code, nil, nil, OutcomeLeftUnassigned, code
	}
	r.Preview = d
	return nil
}

// item is what to decide about: one that waits, or one made up for the purpose and seen by nobody else.
func (c PreviewRouting) item(e *Engine) (*workItem, error) {
	if (c.WorkItemID == "") == (c.WorkstreamID == "") {
		return nil, invalid("workItemId", "either workItemId or workstreamId must be given")
	}
	if c.WorkItemID != "" {
		return c.waiting(e)
	}
	ws := e.workstreams.get(c.WorkstreamID)
	if ws == nil {
		return nil, invalid("workstreamId", "there is no such workstream")
	}
	contact := e.contacts[c.ContactID]
	if contact == nil && c.ContactID != "" {
		return nil, invalid("contactId", "there is no such contact")
	}
	return &workItem{
		WorkItem: WorkItem{
			Status: Queued, WorkstreamID: ws.ID, QueueID: ws.QueueID, ContactID: c.ContactID, Priority: ws.Priority, CreatedAt: e.now,
		},
		workstream: ws, queue: e.queues.get(ws.QueueID), contact: contact,
	}, nil
}

func (c PreviewRouting) waiting(e *Engine) (*workItem, error) {
	if c.ContactID != "" {
		return nil, invalid("contactId", "must not be given together with workItemId")
	}
	w := e.items[c.WorkItemID]
	if _, closed := e.closedItems[c.WorkItemID]; closed || w != nil && w.Status != Queued {
		return nil, conflict(ReasonNotWaiting, "the work item does not wait")
	}
	if w == nil {
		return nil, notFound("work item")
	}
	return w, nil
}
