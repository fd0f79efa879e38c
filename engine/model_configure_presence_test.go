package engine

import "time"

// configurePresence takes in what a command sets of statuses, profiles and limits, and what has to follow from that.
func (s *simulation) configurePresence(c Command, r Result) {
	m := s.m
	switch c := c.(type) {
	case CreatePresenceStatus:
		s.statuses = append(s.statuses, r.PresenceStatus)
		m.statuses[r.PresenceStatus] = &mStatus{c.Base, c.ForEveryone, 1}
	case UpdatePresenceStatus:
		m.configureStatus(c)
	case DeletePresenceStatus:
		m.deleteStatus(c)
		s.statuses = without(s.statuses, c.StatusID)
	case GrantPresenceStatus:
		for _, id := range c.Agents {
			m.agents[id].grants[c.StatusID] = true
		}
	case WithdrawPresenceStatus:
		for _, id := range c.Agents {
			delete(m.agents[id].grants, c.StatusID)
		}
	case CreateCapacityProfile:
		s.profiles = append(s.profiles, r.CapacityProfile)
		m.profiles[r.CapacityProfile] = CapacityProfile{ID: r.CapacityProfile, Limit: c.Limit, Blocking: c.Blocking, Reset: c.Reset, Version: 1}
	case UpdateCapacityProfile:
		p := m.profiles[c.ProfileID]
		before := p
		set(&p.Limit, c.Limit)
		set(&p.Blocking, c.Blocking)
		m.profiles[c.ProfileID] = p
		if p != before {
			for _, a := range m.agents {
				if a.profile(p.ID).Has {
					m.follow(a, CauseCapacityChanged, mNone)
				}
			}
		}
		p.Version++
		m.profiles[c.ProfileID] = p
	case DeleteCapacityProfile:
		delete(m.profiles, c.ProfileID)
		s.profiles = without(s.profiles, c.ProfileID)
	case SetAgentCapacityProfile:
		if a := m.agents[c.AgentID]; !a.profile(c.ProfileID).Has || limitText(a.profile(c.ProfileID).Limit) != limitText(c.Limit) {
			a.version++
			m.change(a, func() { a.changeProfile(c.ProfileID, func(u *ProfileUse) { u.Has, u.Limit = true, c.Limit }) })
			m.follow(a, CauseCapacityChanged, mNone)
		}
	case RemoveAgentCapacityProfile:
		a := m.agents[c.AgentID]
		a.version++
		m.change(a, func() { a.changeProfile(c.ProfileID, func(u *ProfileUse) { u.Has, u.Limit, u.Kept = false, nil, 0 }) })
		m.dayEnd(a, false)
		m.follow(a, CauseCapacityChanged, mNone)
	case SetPresence:
		a := m.acting(c.AgentID)
		m.overruled = false
		if a.status != c.StatusID || a.source != SourceManual {
			a.byHand++
			m.expect(a, mPresence{c.StatusID, m.baseOf(c.StatusID), SourceManual, CauseManual})
		}
	case ResetPresence:
		a := m.acting(c.AgentID)
		if a.signIns++; a.source == SourceDeclined {
			m.expect(a, m.computedPresence(a, a.source, CauseReset))
		}
	}
}

func without[T comparable](list []T, gone T) (rest []T) {
	for _, v := range list {
		if v != gone {
			rest = append(rest, v)
		}
	}
	return rest
}

// configureStatus: who shows a status that gets another base gets that at once; what one signed in with stays for Away and Offline only (PR-2, PR-3).
func (m *model) configureStatus(c UpdatePresenceStatus) {
	s := m.statuses[c.StatusID]
	s.version++
	before := s.base
	set(&s.base, c.Base)
	set(&s.everyone, c.ForEveryone)
	for _, a := range m.agents {
		if s.base != before {
			m.moved(a, c.StatusID, c.StatusID)
		}
	}
}

// moved puts a status in the place of another, or of itself on another base, where an agent shows it or left with it.
func (m *model) moved(a *mAgent, from, to PresenceStatusID) {
	p := mPresence{to, m.baseOf(to), a.source, CauseStatusChanged}
	if m.mayRestore(a) && a.captured == from {
		if a.captured = to; a.capturedSource == SourceDefault && p.base != Away && p.base != Offline {
			a.capturedSource = SourceComputed
		}
		m.follow(a, CauseCapacityChanged, mNone)
	}
	if a.status != from {
		return
	}
	if a.source == SourceDefault && p.base != Away && p.base != Offline {
		p = m.computedPresence(a, a.source, CauseStatusChanged)
	}
	m.expect(a, p)
}

// deleteStatus puts the replacement wherever the status was.
func (m *model) deleteStatus(c DeletePresenceStatus) {
	if m.settings.standard == c.StatusID {
		m.settings.standard = c.ReplacementID
	}
	for _, a := range m.agents {
		delete(a.grants, c.StatusID)
		if a.standard == c.StatusID {
			a.standard = c.ReplacementID
			a.version++
		}
		m.moved(a, c.StatusID, c.ReplacementID)
	}
	delete(m.statuses, c.StatusID)
}

func (m *model) configureOrganization(c UpdateOrganization) {
	if c.ReconnectSeconds != nil {
		m.reconnect = time.Duration(*c.ReconnectSeconds) * time.Second
	}
	set(&m.settings.missed, c.MissedSetsInactive)
	set(&m.settings.rejected, c.RejectedSetsDoNotDisturb)
	c.DefaultStatusID.orEmpty(&m.settings.standard)
	limit, zone := m.settings.limit, m.settings.zone
	set(&m.settings.limit, c.OpenWorkLimit)
	set(&m.settings.zone, c.TimeZone)
	for _, a := range m.agents {
		if m.settings.zone != zone {
			m.dayEnd(a, true)
		}
		if m.settings.limit != limit {
			m.follow(a, CauseCapacityChanged, mNone)
		}
	}
}

func (m *model) configureAgent(a *mAgent, c UpdateAgent) {
	a.version++
	m.change(a, func() {
		c.CapacityUnits.into(&a.load.CapacityUnits)
		c.InterruptibleUnits.into(&a.load.InterruptibleUnits)
	})
	c.DefaultStatusID.orEmpty(&a.standard)
	if zone := a.zone; c.TimeZone.Set {
		c.TimeZone.orEmpty(&a.zone)
		m.dayEnd(a, a.zone != zone)
	}
	m.follow(a, CauseCapacityChanged, mNone)
}
