package engine

import (
	"slices"
	"strings"
	"time"
)

// AssignmentMethod is how the next-best agent is chosen (WS-2).
type AssignmentMethod string

// The assignment methods. Ties end in the agent's id.
const (
	// HighestCapacity chooses who has most free units, then whoever has gone longest without a change of load or presence.
	HighestCapacity AssignmentMethod = "HIGHEST_CAPACITY"
	// RoundRobin chooses who has gone longest without an offer of this queue.
	RoundRobin AssignmentMethod = "ROUND_ROBIN"
	// LeastActive chooses who gave capacity back longest ago; who never did comes first.
	LeastActive AssignmentMethod = "LEAST_ACTIVE"
)

// Queue is where work items wait, and whose members are offered them.
type Queue struct {
	ID   QueueID
	Name string
	// Priority orders an agent's queues, the lower first: 0 to 1000 (WS-3).
	Priority         int
	AssignmentMethod AssignmentMethod
	Version          int
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// queue is a Queue with what hangs on it.
type queue struct {
	Queue
	members map[AgentID]*member
	// candidates are the members in the orders in which they are picked; the first counts them, the others come as items of their kind of cost do.
	candidates []*candidates
	// waiting holds the items that any member may take, apart for each workstream, because what an item asks of an agent
	// is the same within one.
	waiting []*waitingClass
	touched uint64
	queueCounts
}

// CreateQueue creates a queue without members. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS.
type CreateQueue struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID               QueueID
	Name             string
	Priority         int
	AssignmentMethod AssignmentMethod
}

func (c CreateQueue) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("qu_", string(c.ID)) {
		return invalid("id", "must be qu_ and a UUID in lower case")
	}
	if e.queues.get(c.ID) != nil {
		return conflict(ReasonAlreadyExists, "there is a queue with this id")
	}
	if err := checkQueue(c.Name, c.Priority, c.AssignmentMethod); err != nil {
		return err
	}
	if len(e.queues.all) >= MaxQueues {
		return tooMany("", "there can be %d queues", MaxQueues)
	}
	if c.ID == "" {
		c.ID = QueueID(e.ids.next("qu_"))
	}
	e.touchNewQueue(&queue{Queue: Queue{
		ID: c.ID, Name: strings.TrimSpace(c.Name), Priority: c.Priority, AssignmentMethod: c.AssignmentMethod,
		Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}})
	e.configChanged()
	e.emit(Event{Type: EventQueueCreated, QueueID: c.ID})
	r.Refs.Queue = c.ID
	return nil
}

// UpdateQueue changes a queue's settings; nil leaves one as it is. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateQueue struct {
	QueueID          QueueID
	Name             *string
	Priority         *int
	AssignmentMethod *AssignmentMethod
	ExpectedVersion  *int
}

func (c UpdateQueue) apply(e *Engine, r *Result) error {
	q := e.queues.get(c.QueueID)
	if q == nil {
		return notFound("queue")
	}
	after := q.Queue
	if c.Name != nil {
		after.Name = strings.TrimSpace(*c.Name)
	}
	if c.Priority != nil {
		after.Priority = *c.Priority
	}
	if c.AssignmentMethod != nil {
		after.AssignmentMethod = *c.AssignmentMethod
	}
	if err := checkQueue(after.Name, after.Priority, after.AssignmentMethod); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, q.Version); err != nil {
		return err
	}
	after.Version++
	after.UpdatedAt = e.now
	e.changeQueue(q, after)
	e.configChanged()
	e.emit(Event{Type: EventQueueChanged, QueueID: q.ID})
	r.Refs.Queue = q.ID
	return nil
}

// DeleteQueue deletes a queue that no workstream names and in which nothing is open. Errors: NOT_FOUND, CONFLICT (VERSION_MISMATCH,
// IN_USE), LIMIT_EXCEEDED for more members than one call can let go of.
type DeleteQueue struct {
	QueueID         QueueID
	ExpectedVersion *int
}

func (c DeleteQueue) apply(e *Engine, _ *Result) error {
	q := e.queues.get(c.QueueID)
	if q == nil {
		return notFound("queue")
	}
	if err := checkVersion(c.ExpectedVersion, q.Version); err != nil {
		return err
	}
	for _, ws := range e.workstreams.all {
		if ws.QueueID == q.ID {
			return conflict(ReasonInUse, "a workstream names the queue")
		}
	}
	if q.open() > 0 {
		return conflict(ReasonInUse, "open work items are in the queue")
	}
	if len(q.members) > MaxMembersToDelete {
		return tooMany("", "a queue with more than %d members can't be deleted: take members out of it first", MaxMembersToDelete)
	}
	for _, m := range q.sortedMembers() {
		e.removeMember(m)
	}
	e.removeQueue(q)
	e.configChanged()
	e.emit(Event{Type: EventQueueDeleted, QueueID: q.ID})
	return nil
}

// changeQueue is the only place where a queue's settings change. Its priority is in the order of what waits, its method in that of its
// candidates.
func (e *Engine) changeQueue(q *queue, after Queue) {
	e.touchQueue(q)
	var waiting []*workItem
	if after.Priority != q.Priority {
		waiting = q.waitingItems()
	}
	for _, w := range waiting {
		e.unindexItem(w)
	}
	method := q.AssignmentMethod
	q.Queue = after
	if method != after.AssignmentMethod {
		e.orderCandidates(q)
	}
	for _, w := range waiting {
		e.indexItem(w)
	}
}

// orderCandidates enters a queue's members anew, as its method and their agents now have them.
func (e *Engine) orderCandidates(q *queue) {
	for i, c := range q.candidates {
		q.candidates[i] = &candidates{kind: c.kind, method: q.AssignmentMethod}
	}
	for _, m := range q.sortedMembers() {
		e.enter(q, m)
	}
}

// orderAllCandidates does so for all queues.
func (e *Engine) orderAllCandidates() {
	for _, q := range e.queues.all {
		e.orderCandidates(q)
	}
}

// sortedMembers lists the members so that each is the last of its level when they are entered.
func (q *queue) sortedMembers() []*member {
	members := make([]*member, 0, len(q.members))
	for _, m := range q.members { // order: sorted below
		members = append(members, m)
	}
	slices.SortFunc(members, compareChanged)
	return members
}

func checkQueue(name string, priority int, method AssignmentMethod) error {
	if err := checkName("name", name); err != nil {
		return err
	}
	if err := checkPriority(priority); err != nil {
		return err
	}
	if method != HighestCapacity && method != RoundRobin && method != LeastActive {
		return invalid("assignmentMethod", "must be HIGHEST_CAPACITY, ROUND_ROBIN or LEAST_ACTIVE")
	}
	return nil
}

func checkPriority(p int) error {
	if p < 0 || p > MaxPriority {
		return invalid("priority", "must be from 0 to %d", MaxPriority)
	}
	return nil
}
