package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// AssignmentMethod is how the next-best agent is chosen (WS-2).
type AssignmentMethod string

// HighestCapacity chooses who has most free units, then whoever has gone longest without a change of load or presence.
const HighestCapacity AssignmentMethod = "HIGHEST_CAPACITY"

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

// QueueMember is the membership of an agent in a queue.
type QueueMember struct {
	QueueID  QueueID
	AgentID  AgentID
	JoinedAt time.Time
}

// queue is a Queue with what hangs on it.
type queue struct {
	Queue
	members    map[AgentID]*member
	candidates candidates
	// waiting holds the items that any member may take, apart for each workstream, because what an item asks of an agent
	// is the same within one.
	waiting []*waitingClass
	touched uint64
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
	if err := checkName("name", c.Name); err != nil {
		return err
	}
	if err := checkPriority(c.Priority); err != nil {
		return err
	}
	if c.AssignmentMethod != HighestCapacity {
		return invalid("assignmentMethod", "must be HIGHEST_CAPACITY")
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

func checkPriority(p int) error {
	if p < 0 || p > MaxPriority {
		return invalid("priority", "must be from 0 to %d", MaxPriority)
	}
	return nil
}

// AddQueueMembers makes agents members of a queue; those who are stay so. Errors: NOT_FOUND, BAD_USER_INPUT, LIMIT_EXCEEDED.
type AddQueueMembers struct {
	QueueID QueueID
	Agents  []AgentID
}

func (c AddQueueMembers) apply(e *Engine, r *Result) error {
	q, agents, err := e.membersOf(c.QueueID, c.Agents)
	if err != nil {
		return err
	}
	for i, a := range agents {
		if a.memberOf(q) == nil && len(a.memberships) >= MaxQueuesPerAgent {
			return tooMany(fmt.Sprintf("agentIds.%d", i), "an agent can be in %d queues", MaxQueuesPerAgent)
		}
	}
	before := len(q.members)
	for _, a := range agents {
		if a.memberOf(q) != nil {
			continue
		}
		e.addMember(&member{QueueMember: QueueMember{QueueID: q.ID, AgentID: a.ID, JoinedAt: e.now}, agent: a, queue: q})
		e.emit(Event{Type: EventQueueMemberAdded, QueueID: q.ID, AgentID: a.ID})
		e.agentMayBeAble(a)
	}
	if len(q.members) != before {
		e.configChanged()
	}
	r.Refs.Queue = q.ID
	return nil
}

// RemoveQueueMembers takes agents out of a queue; those who are not in it are passed over. They get no further item of it.
// Errors: NOT_FOUND, BAD_USER_INPUT.
type RemoveQueueMembers struct {
	QueueID QueueID
	Agents  []AgentID
}

func (c RemoveQueueMembers) apply(e *Engine, r *Result) error {
	q, agents, err := e.membersOf(c.QueueID, c.Agents)
	if err != nil {
		return err
	}
	before := len(q.members)
	for _, a := range agents {
		if m := a.memberOf(q); m != nil {
			e.removeMember(m)
			e.emit(Event{Type: EventQueueMemberRemoved, QueueID: q.ID, AgentID: a.ID})
		}
	}
	if len(q.members) != before {
		e.configChanged()
	}
	r.Refs.Queue = q.ID
	return nil
}

func (e *Engine) membersOf(id QueueID, ids []AgentID) (*queue, []*agent, error) {
	q := e.queues.get(id)
	if q == nil {
		return nil, nil, notFound("queue")
	}
	if len(ids) < 1 || len(ids) > MaxMembersPerCall {
		return nil, nil, invalid("agentIds", "must name 1 to %d agents", MaxMembersPerCall)
	}
	agents := make([]*agent, len(ids))
	for i, id := range ids {
		if agents[i] = e.agents.get(id); agents[i] == nil {
			return nil, nil, invalid(fmt.Sprintf("agentIds.%d", i), "there is no such agent")
		}
		if slices.Contains(ids[:i], id) {
			return nil, nil, invalid(fmt.Sprintf("agentIds.%d", i), "this agent is named twice")
		}
	}
	return q, agents, nil
}

func (e *Engine) addMember(m *member) {
	e.pending.members = append(e.pending.members, memberChange{m, true})
	e.linkMember(m)
}

func (e *Engine) removeMember(m *member) {
	e.pending.members = append(e.pending.members, memberChange{m, false})
	e.unlinkMember(m)
}

func (e *Engine) linkMember(m *member) {
	m.queue.members[m.AgentID] = m
	at, _ := slices.BinarySearchFunc(m.agent.memberships, m, func(a, b *member) int { return cmp.Compare(a.QueueID, b.QueueID) })
	m.agent.memberships = slices.Insert(m.agent.memberships, at, m)
	m.queue.candidates.insert(m)
}

func (e *Engine) unlinkMember(m *member) {
	m.queue.candidates.remove(m)
	delete(m.queue.members, m.AgentID)
	m.agent.memberships = slices.DeleteFunc(m.agent.memberships, func(o *member) bool { return o == m })
}
