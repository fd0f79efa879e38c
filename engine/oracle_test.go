package engine

import "slices"

// What capacity is, by the sentences of CP-1, CP-2 and CP-4, over rows as they are stored: nothing here asks the engine's code. Percent of units are
// counted in hundredths of a unit.

// mainOf is what of the main units is left beside the work that counts; ok is false where none are configured.
func mainOf(a *Agent, offers bool) (hundredths int, ok bool) {
	if a.CapacityUnits == nil {
		return 0, false
	}
	taken := 100*a.Assigned.Units + *a.CapacityUnits*a.Assigned.Percent
	if offers {
		taken += 100*a.Reserved.Units + *a.CapacityUnits*a.Reserved.Percent
	}
	return 100**a.CapacityUnits - taken, true
}

// leftOf is what is left of a profile; the agent's own limit goes before the profile's.
func leftOf(u ProfileUse, p CapacityProfile, offers bool) int {
	left := p.Limit
	if u.Limit != nil {
		left = *u.Limit
	}
	if offers {
		left -= u.Reserved
	}
	return left - u.Assigned - u.Kept
}

// ownProfiles are those that the agent has: work given by hand may take of others.
func ownProfiles(a *Agent) (list []ProfileUse) {
	for _, u := range a.Profiles {
		if u.Has {
			list = append(list, u)
		}
	}
	return list
}

// isNegative: assigned work is more than fits.
func isNegative(a *Agent, profiles map[CapacityProfileID]CapacityProfile) bool {
	left, ok := mainOf(a, false)
	negative := ok && left < 0
	for _, u := range ownProfiles(a) {
		negative = negative || leftOf(u, profiles[u.ProfileID], false) < 0
	}
	return negative
}

// isFull is CP-1: negative or (profilesOut and (no units or unitsOut)); with no profile, unitsOut decides.
func isFull(a *Agent, profiles map[CapacityProfileID]CapacityProfile) bool {
	left, configured := mainOf(a, false)
	unitsOut := configured && left <= 0
	own := ownProfiles(a)
	if len(own) == 0 {
		return unitsOut
	}
	blocking, blockingOut, out := 0, 0, 0
	for _, u := range own {
		used := leftOf(u, profiles[u.ProfileID], false) <= 0
		if used {
			out++
		}
		if profiles[u.ProfileID].Blocking {
			blocking++
			if used {
				blockingOut++
			}
		}
	}
	profilesOut := blockingOut > 0 || blocking == 0 && out == len(own)
	return isNegative(a, profiles) || profilesOut && (!configured || unitsOut)
}

// isUsed: some of the main units or of a profile is taken (PR-4).
func isUsed(a *Agent) bool {
	for _, u := range a.Profiles {
		if u.Assigned > 0 || u.Kept > 0 {
			return true
		}
	}
	return a.Assigned.Units > 0 || a.Assigned.Percent > 0
}

// computedBase is PR-4 without the limit of open work.
func computedBase(a *Agent, profiles map[CapacityProfileID]CapacityProfile) BasePresence {
	if isFull(a, profiles) {
		return DoNotDisturb
	}
	if isUsed(a) {
		return Busy
	}
	return Available
}

// roomOf is how much more of the kind of a cost an agent can be given by routing (CP-1, CP-2, CP-4).
func roomOf(a *Agent, profiles map[CapacityProfileID]CapacityProfile, c *CapacityCost) int {
	for _, u := range ownProfiles(a) {
		if profiles[u.ProfileID].Blocking && leftOf(u, profiles[u.ProfileID], true) <= 0 {
			return 0
		}
	}
	if len(c.Profiles) > 0 {
		return profileRoomOf(a, profiles, c.Profiles)
	}
	left, ok := mainOf(a, true)
	units := a.CapacityUnits
	if c.Type == Interruptible {
		offered := *a // a main capacity that is full, open offers counted
		offered.Assigned.Units, offered.Assigned.Percent = a.Assigned.Units+a.Reserved.Units, a.Assigned.Percent+a.Reserved.Percent
		offered.Profiles = slices.Clone(a.Profiles)
		for i := range offered.Profiles {
			offered.Profiles[i].Assigned += offered.Profiles[i].Reserved
		}
		if computedBase(&offered, profiles) == DoNotDisturb {
			return 0
		}
		other := Agent{CapacityUnits: a.InterruptibleUnits}
		other.Assigned.Units, other.Assigned.Percent = a.Assigned.InterruptibleUnits, a.Assigned.InterruptiblePercent
		other.Reserved.Units, other.Reserved.Percent = a.Reserved.InterruptibleUnits, a.Reserved.InterruptiblePercent
		units = other.CapacityUnits
		left, ok = mainOf(&other, true)
	}
	if !ok || left <= 0 {
		return 0
	}
	if c.Percent > 0 {
		return left / *units
	}
	return left / 100
}

func profileRoomOf(a *Agent, profiles map[CapacityProfileID]CapacityProfile, ids []CapacityProfileID) int {
	room := -1
	for _, id := range ids {
		left := 0
		for _, u := range ownProfiles(a) {
			if u.ProfileID == id {
				left = max(0, leftOf(u, profiles[id], true))
			}
		}
		if room < 0 || left < room {
			room = left
		}
	}
	return room
}

// needOf is how much of its kind an item asks for.
func needOf(c *CapacityCost) int {
	if len(c.Profiles) > 0 {
		return 1
	}
	return max(c.Units, c.Percent)
}

// classOf is the place of a base presence, or of those without a session, and behind those of all others the same of who stands at the limit.
func classOf(a *Agent, limit int) int {
	class := 6
	if a.Presence.SignedIn {
		for i, base := range []BasePresence{Available, Busy, DoNotDisturb, Away, Offline, Inactive} {
			if a.Presence.Base == base {
				class = i
			}
		}
	}
	if a.OpenWork >= limit {
		class += 7
	}
	return class
}

// profilesOf copies the profiles of an engine's, for the oracle.
func profilesOf(e *Engine) map[CapacityProfileID]CapacityProfile {
	list := map[CapacityProfileID]CapacityProfile{}
	for id, p := range e.profiles {
		list[id] = *p
	}
	return list
}
