package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// QueueMember is the membership of an agent in a queue.
type QueueMember struct {
	QueueID  QueueID
	AgentID  AgentID
	JoinedAt time.Time
	// Turn numbers the member's last offer of a queue that goes by ROUND_ROBIN, 0 for none: the lowest is next.
	Turn int64
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
		e.emitAgent(Event{Type: EventQueueMemberAdded, QueueID: q.ID}, a)
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
	agents, err := e.namedAgents(ids)
	return q, agents, err
}

// namedAgents finds the 1 to 100 agents that a command names.
func (e *Engine) namedAgents(ids []AgentID) ([]*agent, error) {
	if len(ids) < 1 || len(ids) > MaxMembersPerCall {
		return nil, invalid("agentIds", "must name 1 to %d agents", MaxMembersPerCall)
	}
	agents := make([]*agent, len(ids))
	for i, id := range ids {
		if agents[i] = e.agents.get(id); agents[i] == nil {
			return nil, invalid(fmt.Sprintf("agentIds.%d", i), "there is no such agent")
		}
		if slices.Contains(ids[:i], id) {
			return nil, invalid(fmt.Sprintf("agentIds.%d", i), "this agent is named twice")
		}
	}
	return agents, nil
}

func (e *Engine) addMember(m *member) {
	e.pending.members = append(e.pending.members, memberChange{member: m, added: true})
	e.linkMember(m)
}

func (e *Engine) removeMember(m *member) {
	e.pending.members = append(e.pending.members, memberChange{member: m, removed: true})
	e.unlinkMember(m)
	e.emit(Event{Type: EventQueueMemberRemoved, QueueID: m.QueueID, AgentID: m.AgentID})
}

// takeTurn puts a member behind all others of a queue that goes by ROUND_ROBIN (WS-2).
func (e *Engine) takeTurn(m *member) {
	e.pending.members = append(e.pending.members, memberChange{member: m, turn: m.Turn})
	e.rankedSeq++
	e.setTurn(m, e.rankedSeq)
}

func (e *Engine) setTurn(m *member, turn int64) {
	m.queue.leave(m)
	m.Turn = turn
	e.enter(m.queue, m)
}

func (e *Engine) linkMember(m *member) {
	m.queue.members[m.AgentID] = m
	at, _ := slices.BinarySearchFunc(m.agent.memberships, m, func(a, b *member) int { return cmp.Compare(a.QueueID, b.QueueID) })
	m.agent.memberships = slices.Insert(m.agent.memberships, at, m)
	e.enter(m.queue, m)
	e.touchFigures(m.queue)
}

func (e *Engine) unlinkMember(m *member) {
	e.touchFigures(m.queue)
	m.queue.leave(m)
	delete(m.queue.members, m.AgentID)
	m.agent.memberships = slices.DeleteFunc(m.agent.memberships, func(o *member) bool { return o == m })
}
