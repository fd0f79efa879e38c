package models

import (
	"cmp"
	"slices"

	"rapport/engine"
)

var wrapUps = []engine.WrapUp{{Mode: engine.WrapUpNone}, {Mode: engine.WrapUpTimed, Seconds: 3}, {Mode: engine.WrapUpUntilEnded}}

// zones are where days end soon after begin: half an hour, and one and two hours.
var zones = []string{"Pacific/Marquesas", "Pacific/Honolulu", "Pacific/Pago_Pago"}

// presenceAndCapacity is what people do with statuses, profiles and what work takes (PR-2, PR-5, CP-2 to CP-5).
func (w *world) presenceAndCapacity() engine.Command {
	switch w.IntN(6) {
	case 0:
		return w.ofStatuses()
	case 1, 2:
		return w.ofProfiles()
	case 3:
		return w.ofLimits()
	}
	item := w.inHand()
	switch w.IntN(6) {
	case 0, 1:
		return engine.SetWorkItemWaiting{WorkItemID: item}
	case 2:
		return engine.ResumeWorkItem{WorkItemID: item}
	case 3:
		return engine.EndWrapUp{WorkItemID: item}
	case 4:
		return engine.CompleteWorkItem{WorkItemID: item}
	}
	return engine.AcceptOffer{OfferID: late(w, w.offers)}
}

// inHand picks an item that an agent has.
func (w *world) inHand() engine.WorkItemID {
	items := stored(w, func(i engine.WorkItem) bool { return i.Status.HasAgent() })
	slices.SortFunc(items, func(a, b engine.WorkItem) int { return cmp.Compare(a.ID, b.ID) })
	return pick(w, items).ID
}

// keeper picks an agent of whose day something is kept, or any.
func (w *world) keeper() engine.Agent {
	agents := stored(w, func(a engine.Agent) bool { return a.DayEndsAt != nil })
	slices.SortFunc(agents, func(a, b engine.Agent) int { return cmp.Compare(a.ID, b.ID) })
	return pick(w, agents)
}

func (w *world) ofStatuses() engine.Command {
	status, base := pick(w, w.statuses), engine.BasePresences[w.IntN(5)]
	switch w.IntN(9) {
	case 0, 1:
		return engine.CreatePresenceStatus{Text: pick(w, names[:12]), Base: base, ForEveryone: w.IntN(2) == 0}
	case 2:
		return engine.UpdatePresenceStatus{StatusID: status, Base: &base, ForEveryone: new(w.IntN(2) == 0)}
	case 3:
		c := engine.DeletePresenceStatus{StatusID: status}
		if w.IntN(3) > 0 {
			c.ReplacementID = engine.BuiltInStatuses[w.IntN(5)].ID
		}
		return c
	case 4:
		return engine.GrantPresenceStatus{StatusID: status, Agents: w.some(3)}
	case 5:
		grants := stored(w, func(engine.PresenceStatusGrant) bool { return true })
		slices.SortFunc(grants, func(a, b engine.PresenceStatusGrant) int {
			return cmp.Or(cmp.Compare(a.StatusID, b.StatusID), cmp.Compare(a.AgentID, b.AgentID))
		})
		g := pick(w, grants)
		return engine.WithdrawPresenceStatus{StatusID: g.StatusID, Agents: []engine.AgentID{g.AgentID}}
	case 6:
		return engine.ResetPresence{AgentID: pick(w, w.agents)}
	}
	return engine.SetPresence{AgentID: pick(w, w.agents), StatusID: status}
}

func (w *world) ofProfiles() engine.Command {
	profile, agent := pick(w, w.profiles), pick(w, w.agents)
	if w.IntN(2) == 0 {
		profile = pick(w, w.profiles[:min(1, len(w.profiles))]) // so that work meets agents who have it
	}
	n := w.IntN(11)
	if n == 0 && len(w.profiles) > 3 {
		n = 10 // few, so that they are met again
	}
	switch n {
	case 0:
		return engine.CreateCapacityProfile{
			Name: pick(w, names[:12]), Limit: 1 + w.IntN(3), Blocking: w.IntN(4) == 0, Reset: []engine.CapacityReset{engine.ResetImmediate, engine.ResetEndOfDay}[w.IntN(5)/2%2],
		}
	case 1:
		return engine.UpdateCapacityProfile{ProfileID: profile, Limit: new(1 + w.IntN(4)), Blocking: new(w.IntN(4) == 0)}
	case 2:
		return engine.DeleteCapacityProfile{ProfileID: pick(w, w.profiles[max(0, len(w.profiles)-1):])} // which is likely not in use
	case 3:
		return engine.RemoveAgentCapacityProfile{AgentID: agent, ProfileID: profile}
	case 4:
		if a := w.keeper(); a.ID != "" {
			agent, profile = a.ID, pick(w, a.Profiles).ProfileID
		}
		return engine.ResetAgentCapacity{AgentID: agent, ProfileID: profile}
	case 5:
		return engine.SetAgentCapacityProfile{AgentID: agent, ProfileID: profile, Limit: new(1 + w.IntN(3))}
	case 6, 7:
		return engine.UpdateWorkstream{
			WorkstreamID: w.streams[0], Cost: &engine.CapacityCost{Profiles: []engine.CapacityProfileID{profile}},
			CapacityType: new(engine.NotInterruptible),
		}
	}
	return engine.SetAgentCapacityProfile{AgentID: agent, ProfileID: profile}
}

// ofLimits are the settings of agents, workstreams and the organisation that say what fits and what follows.
func (w *world) ofLimits() engine.Command {
	agent, stream, status, zone := pick(w, w.agents), pick(w, w.streams[1:]), pick(w, w.statuses), pick(w, zones)
	set := func(n int) engine.Patch[int] {
		if w.IntN(3) == 0 {
			return engine.Patch[int]{Set: true}
		}
		return engine.Patch[int]{Set: true, Value: &n}
	}
	switch w.IntN(9) {
	case 0:
		return engine.UpdateAgent{AgentID: agent, CapacityUnits: set(w.IntN(4)), InterruptibleUnits: set(w.IntN(3))}
	case 1:
		return engine.UpdateAgent{AgentID: agent, DefaultStatusID: engine.Patch[engine.PresenceStatusID]{Set: true, Value: &status}}
	case 2:
		return engine.UpdateAgent{AgentID: agent, TimeZone: engine.Patch[string]{Set: true, Value: &zone}}
	case 3:
		return engine.UpdateWorkstream{WorkstreamID: stream, Cost: &engine.CapacityCost{Percent: 10 + w.IntN(60)}}
	case 4:
		return engine.UpdateWorkstream{WorkstreamID: stream, CapacityType: new([]engine.CapacityType{engine.Interruptible, engine.NotInterruptible}[w.IntN(2)])}
	case 5:
		return engine.UpdateWorkstream{WorkstreamID: stream, WrapUp: &wrapUps[w.IntN(3)], WaitingHoldsCapacity: new(w.IntN(2) == 0)}
	case 6:
		return engine.UpdateWorkstream{WorkstreamID: stream, MissedSetsInactive: engine.Patch[bool]{Set: true, Value: new(w.IntN(2) == 0)}}
	case 7:
		return engine.UpdateOrganization{OpenWorkLimit: new(2 + w.IntN(4)), RejectedSetsDoNotDisturb: new(w.IntN(2) == 0), TimeZone: &zone}
	}
	return engine.UpdateOrganization{DefaultStatusID: engine.Patch[engine.PresenceStatusID]{Set: true, Value: &status}, MissedSetsInactive: new(w.IntN(2) == 0)}
}
