package engine

import (
	"fmt"
	"slices"
	"time"
)

// PreferredAgents is a row of the matrix: 1 to 3 different agents of one contact in the order in which they are tried
// (MX-1, MX-2).
type PreferredAgents struct {
	ContactID ContactID
	Agents    []AgentID
	Version   int
	UpdatedAt time.Time
}

// SetPreferredAgents replaces the whole row of a contact. Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT/VERSION_MISMATCH
// (ExpectedVersion 0 stands for: no row yet). Warns about agents who are in no queue (MX-1, MX-3).
type SetPreferredAgents struct {
	ContactID       ContactID
	Agents          []AgentID
	ExpectedVersion *int
}

func (c SetPreferredAgents) needs(n *Needs) { n.contact(c.ContactID) }

func (c SetPreferredAgents) apply(e *Engine, r *Result) error {
	contact := e.contacts[c.ContactID]
	if contact == nil {
		return notFound("contact")
	}
	if len(c.Agents) < 1 || len(c.Agents) > MaxPreferredAgents {
		return invalid("agentIds", "must name 1 to %d agents", MaxPreferredAgents)
	}
	for i, id := range c.Agents {
		field := fmt.Sprintf("agentIds.%d", i)
		if slices.Contains(c.Agents[:i], id) {
			return invalid(field, "this agent is named twice")
		}
		if e.agents.get(id) == nil {
			return invalid(field, "there is no such agent")
		}
	}
	if err := checkVersion(c.ExpectedVersion, contact.rowVersion()); err != nil {
		return err
	}
	for i, id := range c.Agents {
		if len(e.agents.get(id).memberships) == 0 {
			r.warn(WarnAgentInNoQueue, fmt.Sprintf("agentIds.%d", i), "this agent is in no queue, so no item can be offered to them")
		}
	}
	e.changeRow(contact, slices.Clone(c.Agents))
	r.row(contact)
	return nil
}

// MovePreferredAgent moves an agent one place up or down in a row. Errors: NOT_FOUND, CONFLICT (CANNOT_MOVE,
// VERSION_MISMATCH) (MX-2).
type MovePreferredAgent struct {
	ContactID       ContactID
	AgentID         AgentID
	Down            bool
	ExpectedVersion *int
}

func (c MovePreferredAgent) needs(n *Needs) { n.contact(c.ContactID) }

func (c MovePreferredAgent) apply(e *Engine, r *Result) error {
	contact, at, err := e.entryOf(c.ContactID, c.AgentID, c.ExpectedVersion)
	if err != nil {
		return err
	}
	to := at - 1
	if c.Down {
		to = at + 1
	}
	if to < 0 || to >= len(contact.row.Agents) {
		return conflict(ReasonCannotMove, "the agent is at the end of the row already")
	}
	agents := slices.Clone(contact.row.Agents)
	agents[at], agents[to] = agents[to], agents[at]
	e.changeRow(contact, agents)
	r.row(contact)
	return nil
}

// RemovePreferredAgent takes an agent out of a row; taking out the last one removes the row. Errors: NOT_FOUND,
// CONFLICT/VERSION_MISMATCH (MX-2).
type RemovePreferredAgent struct {
	ContactID       ContactID
	AgentID         AgentID
	ExpectedVersion *int
}

func (c RemovePreferredAgent) needs(n *Needs) { n.contact(c.ContactID) }

func (c RemovePreferredAgent) apply(e *Engine, r *Result) error {
	contact, at, err := e.entryOf(c.ContactID, c.AgentID, c.ExpectedVersion)
	if err != nil {
		return err
	}
	e.changeRow(contact, slices.Delete(slices.Clone(contact.row.Agents), at, at+1))
	r.row(contact)
	return nil
}

func (e *Engine) entryOf(contactID ContactID, agentID AgentID, expected *int) (*contactRouting, int, error) {
	contact := e.contacts[contactID]
	if contact == nil {
		return nil, 0, notFound("contact")
	}
	at := contact.position(agentID)
	if at < 0 {
		return nil, 0, notFound("agent in this contact's row")
	}
	return contact, at, checkVersion(expected, contact.rowVersion())
}

// changeRow is the only place where a row changes: to these agents, or away when there are none. A live offer is withdrawn
// if its agent was removed, and the contact's waiting items are looked at again (RT-6).
func (e *Engine) changeRow(c *contactRouting, agents []AgentID) {
	e.touchRow(c)
	open := c.sortedOpen()
	for _, w := range open {
		e.unindexItem(w)
	}
	if len(agents) == 0 {
		c.row = nil
	} else {
		c.row = &PreferredAgents{ContactID: c.id, Agents: agents, Version: c.rowVersion() + 1, UpdatedAt: e.now}
	}
	for _, w := range open {
		e.indexItem(w)
	}
	for _, id := range agents {
		e.preferred[id] = true // the rows that were read before the batch don't tell (MX-3)
	}
	e.emit(Event{Type: EventPreferredAgentsChanged, ContactID: c.id, Body: EventBody{Agents: agents}})
	for _, w := range open {
		if o := w.offer; o != nil && o.Path == PathPreferred && !slices.Contains(agents, o.AgentID) {
			e.revokeOffer(w, RevokePreferredAgentRemoved)
		}
		e.rerouteItem(w)
	}
}

func (c *contactRouting) rowVersion() int {
	if c.row == nil {
		return 0
	}
	return c.row.Version
}

// position is the agent's place in the row counted from 0, or -1.
func (c *contactRouting) position(id AgentID) int {
	if c == nil || c.row == nil {
		return -1
	}
	return slices.Index(c.row.Agents, id)
}

func (c *contactRouting) sortedOpen() []*workItem {
	items := make([]*workItem, 0, len(c.open))
	for _, w := range c.open { // order: sorted below
		items = append(items, w)
	}
	slices.SortFunc(items, compareWaiting)
	return items
}
