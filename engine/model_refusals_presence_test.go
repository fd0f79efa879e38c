package engine

// refusedWork is about what is done with an item that an agent has.
func (m *model) refusedWork(id WorkItemID) (ErrorCode, Reason) {
	switch m.items[id].status {
	case Assigned, Waiting:
		return "", ""
	case WrapUpWork:
		return CodeConflict, ReasonInWrapUp
	}
	return CodeConflict, ReasonNotAssigned
}

// orWrapUp: what is done can't be taken back (CP-3).
func (m *model) orWrapUp(code ErrorCode, reason Reason, id WorkItemID) (ErrorCode, Reason) {
	if code == "" && m.items[id].status == WrapUpWork {
		return CodeConflict, ReasonInWrapUp
	}
	return code, reason
}

// maySelect is PR-1 and PR-2.
func (m *model) maySelect(a *mAgent, id PresenceStatusID) bool {
	if s := m.statuses[id]; s != nil {
		return s.everyone || a.grants[id]
	}
	return builtInBases[id] != "" && id != "ps_inactive"
}

// isDefault: one can sign in with it; none is one.
func (m *model) isDefault(id PresenceStatusID) bool {
	return id == "" || m.statuses[id] != nil || builtInBases[id] != "" && id != "ps_inactive"
}

func isZone(name string, orNone bool) bool {
	for _, zone := range zones {
		if name == zone {
			return true
		}
	}
	return name == "" && orNone
}

func (m *model) isCost(c *CapacityCost) bool {
	for _, id := range c.Profiles {
		if _, is := m.profiles[id]; !is || c.Type == Interruptible {
			return false
		}
	}
	return c.Units > 0 || c.Percent > 0 || len(c.Profiles) > 0
}

func (m *model) refusedOrganization(c UpdateOrganization) (ErrorCode, Reason) {
	bad := c.ReconnectSeconds != nil && *c.ReconnectSeconds > 120 || c.OpenWorkLimit != nil && *c.OpenWorkLimit < 1 ||
		c.DefaultStatusID.Value != nil && !m.isDefault(*c.DefaultStatusID.Value) || c.TimeZone != nil && !isZone(*c.TimeZone, false)
	return first("", "", bad, CodeBadUserInput)
}

// refusedPresence is about statuses, profiles, and work that waits or is in wrap-up.
func (m *model) refusedPresence(c Command) (ErrorCode, Reason) {
	switch c := c.(type) {
	case ResetPresence:
		if code := m.refusedAgent(c.AgentID); code != "" {
			return code, ""
		}
		if !m.acting(c.AgentID).signedIn {
			return CodeConflict, ReasonNotSignedIn
		}
	case SetWorkItemWaiting:
		if code, reason := m.refusedItem(c.WorkItemID); code != "" {
			return code, reason
		}
		return m.refusedWork(c.WorkItemID)
	case ResumeWorkItem:
		if code, reason := m.refusedItem(c.WorkItemID); code != "" {
			return code, reason
		}
		return m.refusedWork(c.WorkItemID)
	case EndWrapUp:
		code, reason := m.refusedItem(c.WorkItemID)
		if code == "" && m.items[c.WorkItemID].status != WrapUpWork {
			return CodeConflict, ReasonNotInWrapUp
		}
		return code, reason
	case CreateCapacityProfile:
		return taken(m.profiles[c.ID].ID != "")
	case UpdateCapacityProfile:
		p, is := m.profiles[c.ProfileID]
		if !is {
			return CodeNotFound, ""
		}
		code, reason := first("", "", c.Limit != nil && *c.Limit < 1, CodeBadUserInput)
		return orVersion(code, reason, c.ExpectedVersion, p.Version)
	case DeleteCapacityProfile:
		return m.refusedProfile(c)
	case SetAgentCapacityProfile:
		code, reason := m.refusedHolder(c.AgentID, c.ProfileID)
		return first(code, reason, c.Limit != nil && *c.Limit < 1, CodeBadUserInput)
	case RemoveAgentCapacityProfile:
		code, reason := m.refusedHolder(c.AgentID, c.ProfileID)
		if code == "" && !m.agents[c.AgentID].profile(c.ProfileID).Has {
			return CodeNotFound, ""
		}
		return code, reason
	case ResetAgentCapacity:
		return m.refusedHolder(c.AgentID, c.ProfileID)
	default:
		return m.refusedStatus(c)
	}
	return "", ""
}

func (m *model) refusedHolder(agent AgentID, profile CapacityProfileID) (ErrorCode, Reason) {
	if m.agents[agent] == nil {
		return CodeNotFound, ""
	}
	_, is := m.profiles[profile]
	return first("", "", !is, CodeBadUserInput)
}

// refusedProfile: what a workstream names, an agent has or open work takes stays.
func (m *model) refusedProfile(c DeleteCapacityProfile) (ErrorCode, Reason) {
	p, is := m.profiles[c.ProfileID]
	if !is {
		return CodeNotFound, ""
	}
	if code, reason := refusedVersion(c.ExpectedVersion, p.Version); code != "" {
		return code, reason
	}
	names := func(cost *CapacityCost) bool { return len(without(cost.Profiles, p.ID)) < len(cost.Profiles) }
	used := false
	for _, w := range m.streams {
		used = used || names(&w.Cost)
	}
	for _, a := range m.agents {
		used = used || a.profile(p.ID) != ProfileUse{ProfileID: p.ID}
	}
	for _, w := range m.open {
		used = used || w.status.HasAgent() && names(&w.cost) || w.status == Offered && names(&w.offer.cost)
	}
	if used {
		return CodeConflict, ReasonInUse
	}
	return "", ""
}

// refusedStatus is PR-1 and PR-2: built-in ones stay, and what is in use goes only with a replacement.
func (m *model) refusedStatus(c Command) (ErrorCode, Reason) {
	own := func(id PresenceStatusID) ErrorCode {
		switch {
		case builtInBases[id] != "":
			return CodeBadUserInput
		case m.statuses[id] == nil:
			return CodeNotFound
		}
		return ""
	}
	badBase := func(b BasePresence) bool { return b == "" || b == Inactive }
	switch c := c.(type) {
	case CreatePresenceStatus:
		if m.statuses[c.ID] != nil {
			return taken(true)
		}
		return first("", "", c.Text == " " || badBase(c.Base), CodeBadUserInput)
	case UpdatePresenceStatus:
		if code := own(c.StatusID); code != "" {
			return code, ""
		}
		code, reason := first("", "", c.Base != nil && badBase(*c.Base), CodeBadUserInput)
		return orVersion(code, reason, c.ExpectedVersion, m.statuses[c.StatusID].version)
	case DeletePresenceStatus:
		if code := own(c.StatusID); code != "" {
			return code, ""
		}
		if c.ReplacementID != "" && (!m.isDefault(c.ReplacementID) || c.ReplacementID == c.StatusID) {
			return CodeBadUserInput, ""
		}
		code, reason := refusedVersion(c.ExpectedVersion, m.statuses[c.StatusID].version)
		used := m.settings.standard == c.StatusID
		for _, a := range m.agents {
			used = used || a.status == c.StatusID || a.standard == c.StatusID || m.mayRestore(a) && a.captured == c.StatusID
		}
		if code == "" && used && c.ReplacementID == "" {
			return CodeConflict, ReasonInUse
		}
		return code, reason
	case GrantPresenceStatus:
		return m.refusedGrants(own(c.StatusID), c.Agents)
	case WithdrawPresenceStatus:
		return m.refusedGrants(own(c.StatusID), c.Agents)
	}
	return "", ""
}

func (m *model) refusedGrants(code ErrorCode, agents []AgentID) (ErrorCode, Reason) {
	for _, id := range agents {
		if code == "" && m.agents[id] == nil {
			code = CodeBadUserInput
		}
	}
	return code, ""
}
