package engine

import "slices"

// refusal is how a command has to be refused, "" when it has not.
func (m *model) refusal(c Command) (ErrorCode, Reason) {
	switch c := c.(type) {
	case AcceptOffer:
		return m.refusedAnswer(m.offers[c.OfferID], OfferAccepted)
	case RejectOffer:
		return m.refusedAnswer(m.offers[c.OfferID], OfferRejected)
	case CancelWorkItem:
		code, reason := m.refusedItem(c.WorkItemID)
		return m.orWrapUp(code, reason, c.WorkItemID)
	case CompleteWorkItem:
		if code, reason := m.refusedItem(c.WorkItemID); code != "" {
			return code, reason
		}
		return m.refusedWork(c.WorkItemID)
	case PickWorkItem:
		return m.refusedPick(c)
	case AssignWorkItem:
		code, reason := m.refusedItem(c.WorkItemID)
		code, reason = first(code, reason, m.agents[c.AgentID] == nil, CodeBadUserInput)
		return m.orWrapUp(code, reason, c.WorkItemID)
	case TransferWorkItem:
		code, reason := m.refusedItem(c.WorkItemID)
		code, reason = first(code, reason, m.queues[c.QueueID] == nil, CodeBadUserInput)
		return m.orWrapUp(code, reason, c.WorkItemID)
	case SetWorkItemPriority:
		code, reason := m.refusedItem(c.WorkItemID)
		return first(code, reason, c.Priority < 0 || c.Priority > 1000, CodeBadUserInput)
	case LinkContact:
		code, reason := m.refusedItem(c.WorkItemID)
		return first(code, reason, c.ContactID != "" && m.contacts[c.ContactID] == nil, CodeBadUserInput)
	case PreviewRouting:
		return m.refusedPreview(c)
	case SetPresence:
		if code := m.refusedAgent(c.AgentID); code != "" {
			return code, ""
		}
		if !m.maySelect(m.acting(c.AgentID), c.StatusID) {
			return CodeBadUserInput, ""
		}
		if !m.acting(c.AgentID).signedIn {
			return CodeConflict, ReasonNotSignedIn
		}
	case OpenSession:
		return m.refusedSession(c)
	case SignOut:
		return m.refusedAgent(c.AgentID), ""
	case SetPreferredAgents, MovePreferredAgent, RemovePreferredAgent:
		return m.refusedRow(c)
	case CreateRole, UpdateRole, DeleteRole, CreateAPIKey, RevokeAPIKey:
		return m.refusedAccess(c)
	case UpdateOrganization:
		return m.refusedOrganization(c)
	default:
		return m.refusedSettings(c)
	}
	return "", ""
}

// first is the refusal that is there already, else this one.
func first(code ErrorCode, reason Reason, refused bool, as ErrorCode) (ErrorCode, Reason) {
	if code == "" && refused {
		return as, ""
	}
	return code, reason
}

// refusedRow is MX-1 and MX-2.
func (m *model) refusedRow(c Command) (ErrorCode, Reason) {
	entry := func(contact ContactID, agent AgentID, expected *int) (int, ErrorCode, Reason) {
		row := m.contacts[contact]
		if row == nil || !slices.Contains(row.agents, agent) {
			return -1, CodeNotFound, ""
		}
		code, reason := refusedVersion(expected, row.version)
		return slices.Index(row.agents, agent), code, reason
	}
	switch c := c.(type) {
	case SetPreferredAgents:
		if m.contacts[c.ContactID] == nil {
			return CodeNotFound, ""
		}
		for i, id := range c.Agents {
			if m.agents[id] == nil || slices.Contains(c.Agents[:i], id) {
				return CodeBadUserInput, ""
			}
		}
		if len(c.Agents) < 1 || len(c.Agents) > 3 {
			return CodeBadUserInput, ""
		}
		return refusedVersion(c.ExpectedVersion, m.contacts[c.ContactID].version)
	case MovePreferredAgent:
		at, code, reason := entry(c.ContactID, c.AgentID, c.ExpectedVersion)
		if code == "" && (c.Down && at == len(m.contacts[c.ContactID].agents)-1 || !c.Down && at == 0) {
			return CodeConflict, ReasonCannotMove
		}
		return code, reason
	case RemovePreferredAgent:
		_, code, reason := entry(c.ContactID, c.AgentID, c.ExpectedVersion)
		return code, reason
	}
	return "", ""
}

// refusedSettings is about what people edit: an id is taken once, what is not there is NOT_FOUND, what is in use can't be deleted.
func (m *model) refusedSettings(c Command) (ErrorCode, Reason) {
	switch c := c.(type) {
	case CreateContact:
		return taken(m.contacts[c.ID] != nil)
	case CreateAgent:
		code, reason := taken(m.agents[c.ID] != nil)
		return first(code, reason, !m.isDefault(c.DefaultStatusID) || !isZone(c.TimeZone, true), CodeBadUserInput)
	case CreateQueue:
		return taken(m.queues[c.ID] != nil)
	case CreateWorkstream:
		if m.streams[c.ID] != nil {
			return taken(true)
		}
		if c.Channel == ChannelVoice && c.DistributionMode == Pick || m.queues[c.QueueID] == nil || !m.isCost(&c.Cost) { // WS-1, CP-2
			return CodeBadUserInput, ""
		}
	case CreateWorkItem:
		if m.streams[c.WorkstreamID] == nil || c.ContactID != "" && m.contacts[c.ContactID] == nil {
			return CodeBadUserInput, ""
		}
	case AddQueueMembers:
		return m.refusedMembers(c.QueueID, c.Agents)
	case RemoveQueueMembers:
		return m.refusedMembers(c.QueueID, c.Agents)
	case UpdateRoutingPolicy:
		return m.refusedPolicy(c)
	case UpdateWorkstream:
		w := m.streams[c.WorkstreamID]
		if w == nil {
			return CodeNotFound, ""
		}
		cost := w.Cost
		if c.Cost != nil {
			cost = *c.Cost
			cost.Type = w.Cost.Type
		}
		set(&cost.Type, c.CapacityType)
		if c.QueueID != nil && m.queues[*c.QueueID] == nil || c.AllowedPresences != nil && len(c.AllowedPresences) == 0 || !m.isCost(&cost) {
			return CodeBadUserInput, ""
		}
		return refusedVersion(c.ExpectedVersion, w.Version)
	case UpdateAgent:
		if a := m.agents[c.AgentID]; a != nil {
			code, reason := first("", "", c.CapacityUnits.Value != nil && *c.CapacityUnits.Value < 0, CodeBadUserInput)
			if s, z := c.DefaultStatusID.Value, c.TimeZone.Value; s != nil && !m.isDefault(*s) || z != nil && !isZone(*z, true) {
				code = CodeBadUserInput
			}
			return orVersion(code, reason, c.ExpectedVersion, a.version)
		}
		return CodeNotFound, ""
	case UpdateQueue:
		if q := m.queues[c.QueueID]; q != nil {
			code, reason := first("", "", c.AssignmentMethod != nil && *c.AssignmentMethod == "", CodeBadUserInput)
			return orVersion(code, reason, c.ExpectedVersion, q.version)
		}
		return CodeNotFound, ""
	case UpdateContact:
		if contact := m.contacts[c.ContactID]; contact != nil {
			code, reason := first("", "", c.FullName != nil && *c.FullName == " ", CodeBadUserInput)
			return orVersion(code, reason, c.ExpectedVersion, contact.settings)
		}
		return CodeNotFound, ""
	}
	return m.refusedDelete(c)
}

func (m *model) refusedDelete(c Command) (ErrorCode, Reason) {
	var expected *int
	there, version, inUse := true, 0, false
	switch c := c.(type) {
	case DeleteAgent:
		a := m.agents[c.AgentID]
		if expected, there = c.ExpectedVersion, a != nil; there {
			version, inUse = a.version, a.holds > 0
		}
	case DeleteQueue:
		q := m.queues[c.QueueID]
		if expected, there = c.ExpectedVersion, q != nil; there {
			version, inUse = q.version, slices.ContainsFunc(m.open, func(w *mItem) bool { return w.queue == q })
		}
		for _, w := range m.streams {
			inUse = inUse || w.QueueID == c.QueueID
		}
	case DeleteWorkstream:
		w := m.streams[c.WorkstreamID]
		if expected, there = c.ExpectedVersion, w != nil; there {
			version, inUse = w.Version, slices.ContainsFunc(m.open, func(o *mItem) bool { return o.stream == w })
		}
	case DeleteContact:
		r := m.contacts[c.ContactID]
		if expected, there = c.ExpectedVersion, r != nil; there {
			version, inUse = r.settings, slices.ContainsFunc(m.open, func(w *mItem) bool { return w.contact == r })
		}
	default:
		return m.refusedPresence(c)
	}
	if !there {
		return CodeNotFound, ""
	}
	if code, reason := refusedVersion(expected, version); code != "" || !inUse {
		return code, reason
	}
	return CodeConflict, ReasonInUse
}

func taken(is bool) (ErrorCode, Reason) {
	if is {
		return CodeConflict, ReasonAlreadyExists
	}
	return "", ""
}

func orVersion(code ErrorCode, reason Reason, expected *int, is int) (ErrorCode, Reason) {
	if code != "" {
		return code, reason
	}
	return refusedVersion(expected, is)
}

func (m *model) refusedMembers(queue QueueID, agents []AgentID) (ErrorCode, Reason) {
	if m.queues[queue] == nil {
		return CodeNotFound, ""
	}
	for _, id := range agents {
		if m.agents[id] == nil {
			return CodeBadUserInput, ""
		}
	}
	return first("", "", len(agents) == 0, CodeBadUserInput)
}

// refusedPolicy: one scope at a time, and it has to be there (RT-1).
func (m *model) refusedPolicy(c UpdateRoutingPolicy) (ErrorCode, Reason) {
	w, r := m.streams[c.WorkstreamID], m.contacts[c.ContactID]
	switch {
	case c.WhenUnavailable.Value != nil && *c.WhenUnavailable.Value == "" || c.WorkstreamID != "" && c.ContactID != "":
		return CodeBadUserInput, ""
	case c.WorkstreamID != "" && w == nil || c.ContactID != "" && r == nil:
		return CodeNotFound, ""
	case w != nil:
		return refusedVersion(c.ExpectedVersion, w.Version)
	case r != nil:
		return refusedVersion(c.ExpectedVersion, r.settings)
	}
	return "", ""
}

// refusedPick: members of its queue pick what waits there and has no open offer; agents are told of items in their own queues, and of
// their own, only (WS-6).
func (m *model) refusedPick(c PickWorkItem) (ErrorCode, Reason) {
	if code := m.refusedAgent(c.AgentID); code != "" {
		return code, ""
	}
	w, a := m.items[c.WorkItemID], m.acting(c.AgentID)
	if w == nil {
		return CodeNotFound, ""
	}
	own := w.holder != nil && w.holder.id == a.id
	member := m.queues[w.queue.id] != nil && m.queues[w.queue.id].isMember(a)
	switch {
	case w.status.HasAgent() && own:
		return "", ""
	case m.held && !member && (w.status.Open() || !own):
		return CodeNotFound, ""
	case !w.status.Open():
		return CodeConflict, ReasonWorkItemClosed
	case !member:
		return CodeBadUserInput, ""
	case w.status.HasAgent():
		return CodeConflict, ReasonAssigned
	case w.status == Offered:
		return CodeConflict, ReasonOfferOpen
	}
	return "", ""
}

// refusedPreview is DX-3: of an item that waits, or of one that is not there yet.
func (m *model) refusedPreview(c PreviewRouting) (ErrorCode, Reason) {
	w := m.items[c.WorkItemID]
	switch {
	case (c.WorkItemID == "") == (c.WorkstreamID == ""), c.WorkItemID != "" && c.ContactID != "":
		return CodeBadUserInput, ""
	case c.WorkItemID != "" && w == nil:
		return CodeNotFound, ""
	case w != nil && w.status != Queued:
		return CodeConflict, ReasonNotWaiting
	case w == nil && (m.streams[c.WorkstreamID] == nil || c.ContactID != "" && m.contacts[c.ContactID] == nil):
		return CodeBadUserInput, ""
	}
	return "", ""
}

// refusedSession: the caller may make the id, but not one that is there.
func (m *model) refusedSession(c OpenSession) (ErrorCode, Reason) {
	if code := m.refusedAgent(c.AgentID); code != "" {
		return code, ""
	}
	for _, a := range m.agents {
		if slices.Contains(a.sessions, c.ID) {
			return CodeConflict, ReasonAlreadyExists
		}
	}
	if c.ID != "" && len(c.ID) != IDLength {
		return CodeBadUserInput, ""
	}
	if a := m.acting(c.AgentID); !a.orphans && len(a.sessions) >= MaxSessionsPerAgent {
		return CodeLimit, ""
	}
	return "", ""
}

func refusedVersion(expected *int, is int) (ErrorCode, Reason) {
	if expected != nil && *expected != is {
		return CodeConflict, ReasonVersionMismatch
	}
	return "", ""
}

// refusedAgent: who has not the permission acts for themselves only (RL-1).
func (m *model) refusedAgent(id AgentID) ErrorCode {
	switch {
	case id == "" && m.own == "":
		return CodeBadUserInput
	case m.held && (!m.owns || id != "" && id != m.own), m.acting(id) == nil:
		return CodeNotFound
	}
	return ""
}

// refusedAnswer: one answer wins, the same agent gets the same answer again, everybody else a clear error (OF-1, OF-6).
func (m *model) refusedAnswer(o *mOffer, answer OfferState) (ErrorCode, Reason) {
	switch {
	case o == nil || m.held && (!m.owns || m.own != o.agent.id):
		return CodeNotFound, ""
	case o.state == OfferMissed || o.state == OfferOpen && !m.now.Before(o.expires):
		return CodeConflict, ReasonOfferExpired
	case o.state == OfferOpen || o.state == answer:
		return "", ""
	case o.state == OfferAccepted:
		return CodeConflict, ReasonOfferAccepted
	case o.state == OfferRejected:
		return CodeConflict, ReasonOfferRejected
	}
	return CodeConflict, ReasonOfferRevoked
}

// refusedItem: who has not the permission acts on what is theirs only (RL-1), and nobody on what is closed.
func (m *model) refusedItem(id WorkItemID) (ErrorCode, Reason) {
	w := m.items[id]
	switch {
	case w == nil || m.held && (!m.owns || w.holder == nil || w.holder.id != m.own):
		return CodeNotFound, ""
	case !w.status.Open():
		return CodeConflict, ReasonWorkItemClosed
	}
	return "", ""
}
