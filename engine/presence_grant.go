package engine

import (
	"maps"
	"slices"
	"time"
)

// PresenceStatusGrant allows one agent to choose a status that is not for everyone (PR-2).
type PresenceStatusGrant struct {
	StatusID  PresenceStatusID
	AgentID   AgentID
	GrantedAt time.Time
}

// GrantPresenceStatus lets agents choose a status of one's own; those who may already stay so. Errors: NOT_FOUND, BAD_USER_INPUT,
// LIMIT_EXCEEDED.
type GrantPresenceStatus struct {
	StatusID PresenceStatusID
	Agents   []AgentID
}

func (c GrantPresenceStatus) apply(e *Engine, r *Result) error {
	s, agents, err := e.grantees(c.StatusID, c.Agents)
	if err != nil {
		return err
	}
	granted := 0
	for _, a := range e.agents.all {
		if a.grants[s.ID] != nil {
			granted++
		}
	}
	agents = slices.DeleteFunc(agents, func(a *agent) bool { return a.grants[s.ID] != nil })
	if granted+len(agents) > MaxGrantsPerStatus {
		return tooMany("agentIds", "a presence status can be granted to %d agents, more can have one that is for everyone", MaxGrantsPerStatus)
	}
	for _, a := range agents {
		g := &PresenceStatusGrant{StatusID: s.ID, AgentID: a.ID, GrantedAt: e.now}
		e.pending.grants = append(e.pending.grants, grantChange{a, g, true})
		a.grant(g)
		e.emitAgent(Event{Type: EventPresenceStatusGranted, Body: EventBody{StatusID: s.ID}}, a)
	}
	r.Refs.PresenceStatus = s.ID
	return nil
}

func (e *Engine) grantees(id PresenceStatusID, ids []AgentID) (*PresenceStatus, []*agent, error) {
	s, err := e.ownStatus(id)
	if err != nil {
		return nil, nil, err
	}
	agents, err := e.namedAgents(ids)
	return s, agents, err
}

func (a *agent) grant(g *PresenceStatusGrant) {
	if a.grants == nil {
		a.grants = map[PresenceStatusID]*PresenceStatusGrant{}
	}
	a.grants[g.StatusID] = g
}

// withdraw takes one grant back; false when there was none.
func (e *Engine) withdraw(a *agent, id PresenceStatusID) bool {
	g := a.grants[id]
	if g == nil {
		return false
	}
	e.pending.grants = append(e.pending.grants, grantChange{a, g, false})
	delete(a.grants, id)
	return true
}

// withdrawAll takes all grants of an agent back who is deleted.
func (e *Engine) withdrawAll(a *agent) {
	for _, id := range slices.Sorted(maps.Keys(a.grants)) {
		e.withdraw(a, id)
	}
}

// WithdrawPresenceStatus takes grants back; who has the status chosen keeps it until they choose another. Errors: NOT_FOUND, BAD_USER_INPUT.
type WithdrawPresenceStatus struct {
	StatusID PresenceStatusID
	Agents   []AgentID
}

func (c WithdrawPresenceStatus) apply(e *Engine, r *Result) error {
	s, agents, err := e.grantees(c.StatusID, c.Agents)
	if err != nil {
		return err
	}
	for _, a := range agents {
		if e.withdraw(a, s.ID) {
			e.emitAgent(Event{Type: EventPresenceStatusWithdrawn, Body: EventBody{StatusID: s.ID}}, a)
		}
	}
	r.Refs.PresenceStatus = s.ID
	return nil
}

// maySelect tells whether an agent may choose a status that can be chosen.
func (e *Engine) maySelect(a *agent, s *PresenceStatus) bool {
	return s.ForEveryone || a.grants[s.ID] != nil
}
