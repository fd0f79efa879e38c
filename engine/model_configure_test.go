package engine

import "slices"

// configure takes into the model what a command sets that was not refused; r only tells the ids that were made.
func (s *simulation) configure(c Command, r Result) {
	m := s.m
	switch c := c.(type) {
	case CreateQueue:
		s.queues = append(s.queues, r.Refs.Queue)
		m.queues[r.Refs.Queue] = &mQueue{
			id: r.Refs.Queue, priority: c.Priority, method: c.AssignmentMethod, version: 1, members: map[*mAgent]int{},
		}
	case CreateAgent:
		a := newModelAgent(r.Refs.Agent, c)
		s.agents, m.agents[a.id] = append(s.agents, a), a
	case CreateContact:
		s.contacts = append(s.contacts, r.Refs.Contact)
		m.contacts[r.Refs.Contact] = &mRow{id: r.Refs.Contact, settings: 1}
	case CreateWorkstream:
		s.streams = append(s.streams, r.Refs.Workstream)
		m.streams[r.Refs.Workstream] = &mStream{queue: m.queues[c.QueueID], Workstream: Workstream{
			ID: r.Refs.Workstream, QueueID: c.QueueID, Channel: c.Channel, DistributionMode: c.DistributionMode, Version: 1, AllowedPresences: c.AllowedPresences, Priority: c.Priority,
			Cost: c.Cost, AcceptMode: c.AcceptMode, OfferSeconds: c.OfferSeconds, DeclineLimit: c.DeclineLimit, RoutingPolicy: c.RoutingPolicy,
			WrapUp: c.WrapUp, WaitingHoldsCapacity: c.WaitingHoldsCapacity, MissedSetsInactive: c.MissedSetsInactive,
			RejectedSetsDoNotDisturb: c.RejectedSetsDoNotDisturb,
		}}
	case AddQueueMembers:
		for _, id := range c.Agents {
			if q := m.queues[c.QueueID]; !q.isMember(m.agents[id]) {
				q.members[m.agents[id]] = 0
			}
		}
	case RemoveQueueMembers:
		for _, id := range c.Agents {
			delete(m.queues[c.QueueID].members, m.agents[id])
		}
	case CreateWorkItem:
		w := &mItem{
			id: r.Refs.WorkItem, stream: m.streams[c.WorkstreamID], contact: m.contacts[c.ContactID], createdAt: m.now, status: Queued,
			declines: map[*mAgent]mDecline{},
		}
		w.queue = w.stream.queue
		if w.priority = w.stream.Priority; c.Priority != nil {
			w.priority = *c.Priority
		}
		m.items[w.id], m.open = w, append(m.open, w)
	case UpdateOrganization:
		m.configureOrganization(c)
	case UpdateRoutingPolicy:
		s.configurePolicy(c)
	case CreateRole, UpdateRole, DeleteRole, CreateAPIKey, RevokeAPIKey:
		m.configureAccess(c, r)
	case UpdateAgent, UpdateQueue, UpdateWorkstream, UpdateContact:
		s.configureUpdate(c)
	case DeleteAgent, DeleteQueue, DeleteWorkstream, DeleteContact:
		s.configureDelete(c)
	default:
		s.configureRow(c)
		s.configurePresence(c, r)
	}
}

// configureRow is MX-2: replace, move, remove one; without agents there is no row, and its version starts again.
func (s *simulation) configureRow(c Command) {
	change := func(id ContactID, agents []AgentID) {
		row := s.m.contacts[id]
		if row.agents, row.version = agents, row.version+1; len(agents) == 0 {
			row.version = 0
		}
	}
	switch c := c.(type) {
	case SetPreferredAgents:
		change(c.ContactID, c.Agents)
	case MovePreferredAgent:
		agents := slices.Clone(s.m.contacts[c.ContactID].agents)
		at := slices.Index(agents, c.AgentID)
		to := at - 1
		if c.Down {
			to = at + 1
		}
		agents[at], agents[to] = agents[to], agents[at]
		change(c.ContactID, agents)
	case RemovePreferredAgent:
		agents := slices.Clone(s.m.contacts[c.ContactID].agents)
		change(c.ContactID, slices.DeleteFunc(agents, func(id AgentID) bool { return id == c.AgentID }))
	}
}

func (s *simulation) configurePolicy(c UpdateRoutingPolicy) {
	p, m := &s.m.organization, s.m
	changes := c.Enabled.Set || c.WhenUnavailable.Set || c.RetryPreferred.Set
	switch {
	case c.WorkstreamID != "":
		p = &m.streams[c.WorkstreamID].RoutingPolicy
		if changes {
			m.streams[c.WorkstreamID].Version++
		}
	case c.ContactID != "":
		p = &m.contacts[c.ContactID].policy
		if changes {
			m.contacts[c.ContactID].settings++
		}
	}
	c.Enabled.into(&p.Enabled)
	c.WhenUnavailable.into(&p.WhenUnavailable)
	c.RetryPreferred.into(&p.RetryPreferred)
}

// configureUpdate: nil leaves a setting as it is.
func (s *simulation) configureUpdate(c Command) {
	m := s.m
	switch c := c.(type) {
	case UpdateAgent:
		m.configureAgent(m.agents[c.AgentID], c)
	case UpdateQueue:
		q := m.queues[c.QueueID]
		q.version++
		set(&q.priority, c.Priority)
		set(&q.method, c.AssignmentMethod)
	case UpdateWorkstream:
		w := m.streams[c.WorkstreamID]
		w.Version++
		if c.QueueID != nil {
			w.QueueID, w.queue = *c.QueueID, m.queues[*c.QueueID]
		}
		if c.AllowedPresences != nil {
			w.AllowedPresences = c.AllowedPresences
		}
		if c.Cost != nil {
			kind := w.Cost.Type
			w.Cost = *c.Cost
			w.Cost.Type = kind
		}
		set(&w.Cost.Type, c.CapacityType)
		set(&w.WrapUp, c.WrapUp)
		set(&w.WaitingHoldsCapacity, c.WaitingHoldsCapacity)
		c.MissedSetsInactive.into(&w.MissedSetsInactive)
		c.RejectedSetsDoNotDisturb.into(&w.RejectedSetsDoNotDisturb)
		set(&w.Priority, c.Priority)
		set(&w.AcceptMode, c.AcceptMode)
		set(&w.OfferSeconds, c.OfferSeconds)
		set(&w.DeclineLimit, c.DeclineLimit)
	case UpdateContact:
		m.contacts[c.ContactID].settings++
	}
}

// configureDelete takes what is deleted out of what commands are made of, and agents out of their queues; the rest follows with the
// event that tells of it.
func (s *simulation) configureDelete(c Command) {
	switch c := c.(type) {
	case DeleteAgent:
		for _, q := range s.m.queues {
			delete(q.members, s.m.agents[c.AgentID])
		}
		s.agents = slices.DeleteFunc(s.agents, func(a *mAgent) bool { return a.id == c.AgentID })
		s.gone = append(s.gone, CreateAgent{ID: c.AgentID, Name: "Again", CapacityUnits: ptr(s.IntN(5))})
	case DeleteQueue:
		clear(s.m.queues[c.QueueID].members)
		s.queues = slices.DeleteFunc(s.queues, func(id QueueID) bool { return id == c.QueueID })
		s.gone = append(s.gone, CreateQueue{ID: c.QueueID, Name: "Again", Priority: s.IntN(3), AssignmentMethod: s.method()})
	case DeleteWorkstream:
		s.streams = slices.DeleteFunc(s.streams, func(id WorkstreamID) bool { return id == c.WorkstreamID })
		again := s.stream()
		again.ID = c.WorkstreamID
		s.gone = append(s.gone, again)
	case DeleteContact:
		row := s.m.contacts[c.ContactID]
		row.agents, row.version = nil, 0
		s.contacts = slices.DeleteFunc(s.contacts, func(id ContactID) bool { return id == c.ContactID })
		s.gone = append(s.gone, CreateContact{ID: c.ContactID, FullName: "Again"})
	}
}
