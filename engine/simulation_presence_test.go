package engine

import "time"

// What the simulation does about presence and capacity (PR, CP); some of it is to be refused.

// starts are when the worlds begin: on some day, and shortly before the nights in which clocks are changed.
var starts = [...]time.Time{
	time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC), time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC), time.Date(2027, 3, 27, 22, 55, 0, 0, time.UTC),
	time.Date(2026, 10, 24, 21, 50, 0, 0, time.UTC), time.Date(2027, 3, 14, 4, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 3, 40, 0, 0, time.UTC),
	time.Date(2011, 12, 30, 9, 50, 0, 0, time.UTC),
}

var zones = []string{"UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Kathmandu"}

func (s *simulation) zone() string {
	if s.IntN(20) == 0 {
		return pick(s, []string{"Local", "Europe/Nowhere"})
	}
	return pick(s, zones)
}

// status is one of one's own, rarely one that is no more, or none.
func (s *simulation) status() PresenceStatusID {
	if len(s.statuses) == 0 || s.IntN(30) == 0 {
		return pick(s, []PresenceStatusID{StatusAway, StatusBusy, PresenceStatusID(fixedID("ps_", 1+s.IntN(3)))})
	}
	return pick(s, s.statuses)
}

// statusOf is one of one's own that an agent may choose, mostly.
func (s *simulation) statusOf(id AgentID) PresenceStatusID {
	own := s.status()
	for n := 0; n < 4 && s.m.agents[id] != nil && !s.m.maySelect(s.m.agents[id], own); n++ {
		own = s.status()
	}
	return own
}

// usedStatus is mostly one that somebody shows, left with, or signs in with.
func (s *simulation) usedStatus() PresenceStatusID {
	own := s.status()
	for n := 0; n < 8 && len(s.agents) > 0; n++ {
		a := pick(s, s.agents)
		for _, id := range []PresenceStatusID{a.status, a.captured, a.standard} {
			if s.m.statuses[id] != nil {
				return id
			}
		}
	}
	return own
}

// who is an agent for whom something holds, if there is one.
func (s *simulation) who(holds func(*mAgent) bool) AgentID {
	for range 8 {
		if a := pick(s, s.agents); a != nil && holds(a) {
			return a.id
		}
	}
	return s.agent()
}

func (s *simulation) profile() CapacityProfileID {
	if len(s.profiles) == 0 || s.IntN(40) == 0 {
		return pick(s, []CapacityProfileID{"", profileN(1 + s.IntN(3))})
	}
	return pick(s, s.profiles)
}

func (s *simulation) newAgent() CreateAgent {
	c := CreateAgent{Name: "Agent"}
	if s.IntN(4) > 0 {
		c.CapacityUnits = ptr(s.IntN(5))
	}
	if s.IntN(3) == 0 {
		c.InterruptibleUnits = ptr(s.IntN(4))
	}
	if s.IntN(3) == 0 {
		c.TimeZone = s.zone()
	}
	if s.IntN(4) == 0 {
		c.DefaultStatusID = pick(s, []PresenceStatusID{StatusAway, StatusOffline, StatusBusy, StatusInactive, s.status(), s.status(), s.status()})
	}
	return c
}

func (s *simulation) agentChange() UpdateAgent {
	c := UpdateAgent{AgentID: s.agent()}
	switch n := s.IntN(12); {
	case n < 5:
		c.CapacityUnits = setTo(s.IntN(6) - s.IntN(20)/19)
	case n < 6:
		c.CapacityUnits = Patch[int]{Set: true}
	case n < 8:
		c.InterruptibleUnits = pick(s, []Patch[int]{{Set: true}, setTo(0), setTo(1), setTo(3)})
	case n < 10:
		c.TimeZone = pick(s, []Patch[string]{{Set: true}, setTo(s.zone())})
	default:
		c.DefaultStatusID = pick(s, []Patch[PresenceStatusID]{{Set: true}, setTo(StatusAway), setTo(s.status()), setTo(StatusInactive)})
	}
	return c
}

func (s *simulation) organizationChange() UpdateOrganization {
	switch s.IntN(6) {
	case 0, 1:
		return UpdateOrganization{OpenWorkLimit: ptr(s.IntN(8))}
	case 2:
		return UpdateOrganization{MissedSetsInactive: s.maybeBool(), RejectedSetsDoNotDisturb: s.maybeBool()}
	case 3:
		return UpdateOrganization{TimeZone: ptr(s.zone())}
	case 4:
		return UpdateOrganization{DefaultStatusID: pick(s, []Patch[PresenceStatusID]{{Set: true}, setTo(StatusOffline), setTo(s.status()), setTo(StatusInactive)})}
	}
	return UpdateOrganization{ReconnectSeconds: ptr(pick(s, []int{0, 1, 10, 120, 121}))}
}

// cost is of each kind; rarely of none, or of what is no more.
func (s *simulation) cost() CapacityCost {
	switch n := s.IntN(20); {
	case n == 0:
		return CapacityCost{Type: NotInterruptible}
	case n < 4:
		return CapacityCost{Percent: pick(s, []int{10, 33, 50, 100}), Type: pick(s, []CapacityType{NotInterruptible, Interruptible})}
	case n < 6:
		return CapacityCost{Units: 1 + s.IntN(3), Type: Interruptible}
	case n < 10 && len(s.profiles) > 0:
		return CapacityCost{Profiles: []CapacityProfileID{s.profile()}, Type: NotInterruptible}
	case n < 12 && len(s.profiles) > 1:
		i := s.Perm(len(s.profiles))
		return CapacityCost{Profiles: []CapacityProfileID{s.profiles[i[0]], s.profiles[i[1]]}, Type: NotInterruptible}
	}
	return CapacityCost{Units: 1 + s.IntN(3), Type: NotInterruptible}
}

func (s *simulation) wrapUp() WrapUp {
	return pick(s, []WrapUp{{Mode: WrapUpNone}, {Mode: WrapUpNone}, {Mode: WrapUpNone}, {WrapUpTimed, 1 + s.IntN(20)}, {Mode: WrapUpUntilEnded}})
}

func (s *simulation) base() BasePresence {
	if s.IntN(20) == 0 {
		return pick(s, []BasePresence{Inactive, ""})
	}
	return BasePresences[s.IntN(5)]
}

func (s *simulation) newStatus() CreatePresenceStatus {
	c := CreatePresenceStatus{Text: pick(s, []string{"Lunch", "Training", " "}), Base: s.base(), ForEveryone: s.IntN(2) == 0}
	if s.IntN(3) == 0 {
		c.ID = PresenceStatusID(fixedID("ps_", 1+s.IntN(3)))
	}
	return c
}

func (s *simulation) newProfile() CreateCapacityProfile {
	c := CreateCapacityProfile{
		Name: "Profile", Limit: 1 + s.IntN(3), Blocking: s.IntN(3) == 0, Reset: pick(s, []CapacityReset{ResetImmediate, ResetEndOfDay}),
	}
	if s.IntN(3) == 0 {
		c.ID = profileN(1 + s.IntN(3))
	}
	return c
}

// presenceOrCapacity is what people do about statuses and profiles, and what agents do with their work beside closing it.
func (s *simulation) presenceOrCapacity() issued {
	var expected *int
	if s.IntN(8) == 0 {
		expected = ptr(1 + s.IntN(3))
	}
	limit := pick(s, []*int{nil, ptr(0), ptr(1), ptr(2), ptr(3)})
	if limit != nil && *limit == 0 && s.IntN(3) > 0 {
		limit = nil
	}
	switch n := s.IntN(40); {
	case n < 10:
		id, own := s.someItem(pick(s, []WorkItemStatus{Assigned, Assigned, Waiting, WrapUpWork}))
		return pick(s, []issued{{SetWorkItemWaiting{id}, own}, {SetWorkItemWaiting{id}, own}, {ResumeWorkItem{id}, own}, {EndWrapUp{id}, own}})
	case n < 13:
		id, own := s.someItem(WrapUpWork)
		return issued{EndWrapUp{id}, own}
	case n < 16:
		id, own := s.someItem(Waiting)
		return issued{ResumeWorkItem{id}, own}
	case n < 20:
		if s.IntN(2) == 0 {
			return issued{ResetPresence{s.who(func(a *mAgent) bool { return a.source == SourceDeclined })}, ""}
		}
		return s.byAgent(func(id AgentID) Command { return ResetPresence{id} })
	case n < 22 && len(s.statuses) < 5:
		return issued{s.newStatus(), ""}
	case n < 24:
		c := UpdatePresenceStatus{StatusID: s.usedStatus(), ExpectedVersion: expected}
		if s.IntN(3) > 0 {
			c.Base = ptr(s.base())
		} else {
			c.ForEveryone = s.maybeBool()
		}
		return issued{c, ""}
	case n < 25:
		return issued{DeletePresenceStatus{s.usedStatus(), pick(s, []PresenceStatusID{"", s.status(), StatusAway, StatusAvailable, StatusInactive}), expected}, ""}
	case n < 27:
		return issued{GrantPresenceStatus{s.status(), s.someAgents(3)}, ""}
	case n < 28:
		return issued{WithdrawPresenceStatus{s.status(), s.someAgents(2)}, ""}
	case n < 29 && len(s.profiles) < 4:
		return issued{s.newProfile(), ""}
	case n < 31:
		return issued{UpdateCapacityProfile{ProfileID: s.profile(), Limit: limit, Blocking: s.maybeBool(), ExpectedVersion: expected}, ""}
	case n < 32:
		return issued{DeleteCapacityProfile{s.profile(), expected}, ""}
	case n < 36:
		return issued{SetAgentCapacityProfile{s.agent(), s.profile(), limit}, ""}
	case n < 38:
		return issued{RemoveAgentCapacityProfile{s.agent(), s.profile()}, ""}
	}
	return issued{ResetAgentCapacity{s.who(func(a *mAgent) bool { return !a.dayEnds.IsZero() }), s.profile()}, ""}
}
