package engine

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// WorkItemStatus is where a work item stands. docs/lifecycle.md draws it.
type WorkItemStatus string

// The statuses of a work item, each with how it is left.
const (
	// Queued waits in its queue. Left by an offer, an assignment or a cancellation.
	Queued WorkItemStatus = "QUEUED"
	// Offered: one agent is being asked. Left by their answer, the end of the countdown, or a revocation.
	Offered WorkItemStatus = "OFFERED"
	// Assigned: an agent works on it. Left by completion, cancellation, a transfer, or by waiting for the customer.
	Assigned WorkItemStatus = "ASSIGNED"
	// Waiting: its agent waits for the customer (CP-5). Left as Assigned is, and by being resumed by the same agent.
	Waiting WorkItemStatus = "WAITING"
	// WrapUpWork: the work is done, and its agent still has it in hand (CP-3). Left for Completed when the time is over or the wrap-up is ended.
	WrapUpWork WorkItemStatus = "WRAP_UP"
	// Completed is done. Final.
	Completed WorkItemStatus = "COMPLETED"
	// Cancelled is called off. Final.
	Cancelled WorkItemStatus = "CANCELLED"
)

// Open tells whether the item may still change.
func (s WorkItemStatus) Open() bool {
	return s == Queued || s == Offered || s.HasAgent()
}

// HasAgent tells whether an assignment is in force.
func (s WorkItemStatus) HasAgent() bool { return s == Assigned || s == Waiting || s == WrapUpWork }

// WorkItem is a piece of customer work.
type WorkItem struct {
	ID           WorkItemID
	Status       WorkItemStatus
	WorkstreamID WorkstreamID
	QueueID      QueueID
	// ContactID is empty when the customer is not identified.
	ContactID ContactID
	// Priority: 0 to 1000, the lower first (WS-3).
	Priority int
	// Reference is the integrator's own key, nil when none was given.
	Reference *string
	// LeftUnassigned: waits for a preferred agent or a person only (RT-5).
	LeftUnassigned bool
	// WithoutPreferred: transferred so that the contact's preferred agents are not looked at (WS-6).
	WithoutPreferred bool
	// Attempts counts how often routing looked for an agent.
	Attempts int
	// LastOutcome, LastReason and LastPreferredReason are those of the last decision; an attempt that repeats them is only
	// counted (DX-1).
	LastOutcome         DecisionOutcome
	LastReason          DecisionCode
	LastPreferredReason DecisionCode
	// OfferID is the open offer, AssignmentID the last assignment, AgentID whose they are; each empty when there is none.
	OfferID      OfferID
	AssignmentID AssignmentID
	AgentID      AgentID
	CreatedAt    time.Time
	ClosedAt     *time.Time
}

// workItem is a WorkItem with what hangs on it.
type workItem struct {
	WorkItem
	workstream *workstream
	queue      *queue
	// contact is nil when the customer is not identified.
	contact *contactRouting
	// offer and assignment are those in force; what they point to never changes, a change puts another in its place.
	offer      *Offer
	assignment *Assignment
	// declines are by whom and how often it was rejected or missed (OF-4).
	declines map[AgentID]Decline
	// dirty: to be looked at by routing before the command ends, or by the next Tick.
	dirty   bool
	touched uint64
}

// compareWaiting is the order in which waiting items are served: queue priority, item priority, age (WS-3).
func compareWaiting(a, b *workItem) int {
	if a.queue != b.queue {
		if c := cmp.Compare(a.queue.Priority, b.queue.Priority); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(a.Priority, b.Priority); c != 0 {
		return c
	}
	if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

// CreateWorkItem creates a work item and routes it. Errors: BAD_USER_INPUT.
type CreateWorkItem struct {
	WorkstreamID WorkstreamID
	// ContactID is empty when the customer is not identified.
	ContactID ContactID
	// Priority is nil for the workstream's.
	Priority  *int
	Reference *string
}

func (c CreateWorkItem) needs(n *Needs) { n.contact(c.ContactID) }

func (c CreateWorkItem) apply(e *Engine, r *Result) error {
	ws := e.workstreams.get(c.WorkstreamID)
	if ws == nil {
		return invalid("workstreamId", "there is no such workstream")
	}
	var contact *contactRouting
	if c.ContactID != "" {
		if contact = e.contacts[c.ContactID]; contact == nil {
			return invalid("contactId", "there is no such contact")
		}
	}
	if len(e.items) >= MaxOpenWorkItems {
		return tooMany("", "there can be %d open work items", MaxOpenWorkItems)
	}
	priority := ws.Priority
	if c.Priority != nil {
		priority = *c.Priority
	}
	if err := checkPriority(priority); err != nil {
		return err
	}
	if c.Reference != nil {
		if err := checkText("reference", *c.Reference, MaxReference); err != nil {
			return err
		}
		ref := strings.Clone(*c.Reference)
		c.Reference = &ref
	}
	w := &workItem{
		WorkItem: WorkItem{
			ID: WorkItemID(e.ids.next("wi_")), Status: Queued, WorkstreamID: ws.ID, QueueID: ws.QueueID, ContactID: c.ContactID,
			Priority: priority, Reference: c.Reference, CreatedAt: e.now,
		},
		workstream: ws, queue: e.queues.get(ws.QueueID), contact: contact,
	}
	e.touchNewItem(w)
	e.emitItem(Event{Type: EventWorkItemCreated, WorkstreamID: w.WorkstreamID}, w)
	e.rerouteItem(w)
	r.Refs.WorkItem = w.ID
	return nil
}

// CancelWorkItem calls an open item off. Errors: NOT_FOUND, CONFLICT/WORK_ITEM_CLOSED.
type CancelWorkItem struct{ WorkItemID WorkItemID }

func (c CancelWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c CancelWorkItem) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise, WorkCreate)
	if err != nil {
		return err
	}
	if err := w.notWrappingUp(); err != nil {
		return err
	}
	if w.offer != nil {
		e.revokeOffer(w, RevokeWorkItemCancelled)
	}
	held := w.assignment != nil
	e.closeItem(w, Cancelled, AssignmentCancelled)
	e.emitItem(Event{Type: EventWorkItemCancelled, WorkstreamID: w.WorkstreamID}, w)
	if held {
		e.workReleased(w.AgentID)
	}
	r.Refs.WorkItem = w.ID
	return nil
}

// CompleteWorkItem ends the work on an item: it is completed at once, or its wrap-up begins (CP-3). Agents complete only their own. Errors:
// NOT_FOUND, CONFLICT (WORK_ITEM_CLOSED, WORK_ITEM_NOT_ASSIGNED, WORK_ITEM_IN_WRAP_UP).
type CompleteWorkItem struct{ WorkItemID WorkItemID }

func (c CompleteWorkItem) needs(n *Needs) { n.workItem(c.WorkItemID) }

func (c CompleteWorkItem) apply(e *Engine, r *Result) error {
	w, err := e.openItem(c.WorkItemID, WorkSupervise)
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
	if w.workstream.WrapUp.Mode != WrapUpNone {
		e.startWrapUp(w)
		return nil
	}
	e.completeItem(w)
	return nil
}

func (e *Engine) completeItem(w *workItem) {
	e.closeItem(w, Completed, AssignmentCompleted)
	e.emitItem(Event{Type: EventWorkItemCompleted, Body: EventBody{AssignmentID: w.AssignmentID}}, w)
	e.workReleased(w.AgentID)
}

// openItem finds an item that may still change. Who has none of the permissions acts only on what is assigned or offered to them, and is not
// told whether another one exists.
func (e *Engine) openItem(id WorkItemID, any ...Permission) (*workItem, error) {
	w := e.items[id]
	own := e.actor.heldTo(any...)
	if w == nil {
		if closed, ok := e.closedItems[id]; ok && (own == "" || own == closed.AgentID) {
			return nil, conflict(ReasonWorkItemClosed, "the work item is closed already")
		}
		return nil, notFound("work item")
	}
	if own != "" && own != w.AgentID {
		return nil, notFound("work item")
	}
	if !w.Status.Open() {
		return nil, conflict(ReasonWorkItemClosed, "the work item is closed already")
	}
	return w, nil
}

// closeItem ends an item for good, and its assignment if it has one.
func (e *Engine) closeItem(w *workItem, status WorkItemStatus, end AssignmentEnd) {
	if w.assignment != nil {
		e.endAssignment(w, end)
	}
	e.changeItem(w, func(w *workItem) {
		now := e.now
		w.Status, w.ClosedAt, w.LeftUnassigned, w.dirty = status, &now, false, false
	})
}

// changeItem is the only place where an item changes: it takes it out of what is derived from it, and puts it back.
func (e *Engine) changeItem(w *workItem, change func(*workItem)) {
	e.touchItem(w)
	e.unindexItem(w)
	change(w)
	e.indexItem(w)
}

// indexItem enters an item where it can be found: a function of its stored rows (and of `dirty`).
func (e *Engine) indexItem(w *workItem) {
	if w.Status.Open() {
		if w.contact != nil {
			w.contact.open[w.ID] = w
		}
		w.workstream.open++
		w.queue.count(w, 1)
		e.touchFigures(w.queue)
	}
	switch w.Status {
	case Queued:
		w.queue.class(w.workstream).list(w).add(w)
		if w.contact != nil && w.contact.row != nil {
			for _, id := range w.contact.row.Agents {
				if a := e.agents.get(id); a != nil {
					a.preferredBy.add(w)
				}
			}
		}
		if w.dirty {
			e.dirtyItems.add(w)
		}
		e.waitingCount++
	case Offered:
		e.openOffers[w.offer.ID] = w
		a := e.agents.get(w.offer.AgentID)
		enterItem(&a.offers, w)
		e.deadlines.add(offerDeadline(w.offer))
	}
	if w.assignment != nil {
		a := e.agents.get(w.assignment.AgentID)
		enterItem(&a.assigned, w)
		e.deadlines.add(wrapUpDeadline(w))
	}
}

// unindexItem takes an item out of everywhere indexItem entered it.
func (e *Engine) unindexItem(w *workItem) {
	if w.Status.Open() {
		if w.contact != nil {
			delete(w.contact.open, w.ID)
		}
		w.workstream.open--
		w.queue.count(w, -1)
		e.touchFigures(w.queue)
	}
	switch w.Status {
	case Queued:
		w.queue.class(w.workstream).list(w).remove(w)
		if w.contact != nil && w.contact.row != nil {
			for _, id := range w.contact.row.Agents {
				if a := e.agents.get(id); a != nil {
					a.preferredBy.remove(w)
				}
			}
		}
		if w.dirty {
			e.dirtyItems.remove(w)
		}
		e.waitingCount--
	case Offered:
		delete(e.openOffers, w.offer.ID)
		delete(e.agents.get(w.offer.AgentID).offers, w.ID)
		e.deadlines.remove(offerDeadline(w.offer))
	}
	if w.assignment != nil {
		delete(e.agents.get(w.assignment.AgentID).assigned, w.ID)
		e.deadlines.remove(wrapUpDeadline(w))
	}
}

// sortedDeclines lists who declined an item, by agent.
func (w *workItem) sortedDeclines() []Decline {
	list := make([]Decline, 0, len(w.declines))
	for _, d := range w.declines { // order: sorted below
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Decline) int { return cmp.Compare(a.AgentID, b.AgentID) })
	return list
}

func enterItem(items *map[WorkItemID]*workItem, w *workItem) {
	if *items == nil {
		*items = map[WorkItemID]*workItem{}
	}
	(*items)[w.ID] = w
}
