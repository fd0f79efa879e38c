package engine

import (
	"cmp"
	"fmt"
	"slices"
)

// CapacityType is which part of an agent's capacity an item takes (CP-4).
type CapacityType string

// The capacity types.
const (
	// NotInterruptible takes of the main units, whatever interruptible work the agent holds.
	NotInterruptible CapacityType = "NOT_INTERRUPTIBLE"
	// Interruptible takes of the interruptible units, and needs a main capacity that isn't full.
	Interruptible CapacityType = "INTERRUPTIBLE"
)

// CapacityCost is what an item takes of an agent: of Units, Percent and Profiles exactly one is set (CP-2). It is never changed in place.
type CapacityCost struct {
	// Units: 1 to 1000, or 0.
	Units int
	// Percent of the agent's units: 1 to 100, or 0.
	Percent int
	// Profiles: 1 to 5 different ones, of each of which it takes one, or none.
	Profiles []CapacityProfileID
	// Type is NOT_INTERRUPTIBLE for a cost in profiles.
	Type CapacityType
}

// CapacityUse is what work takes of an agent's units.
type CapacityUse struct {
	Units, Percent                           int
	InterruptibleUnits, InterruptiblePercent int
}

// ProfileUse is an agent's capacity profile and what work takes of it (CP-2).
type ProfileUse struct {
	ProfileID CapacityProfileID `json:"profile"`
	// Has: the profile is the agent's. Work that was given by hand can take of one that is not, which has no room.
	Has bool `json:"has,omitempty"`
	// Limit is the agent's own, nil for the profile's.
	Limit *int `json:"limit,omitempty"`
	// Assigned and Reserved count what assigned work and open offers take, Kept what work of the day took that is over (END_OF_DAY).
	Assigned int `json:"assigned,omitempty"`
	Reserved int `json:"reserved,omitempty"`
	Kept     int `json:"kept,omitempty"`
}

// clone keeps what the engine holds apart from what a caller may change.
func (c CapacityCost) clone() CapacityCost {
	c.Profiles = slices.Clone(c.Profiles)
	return c
}

// need is how much of its kind a cost asks for.
func (c *CapacityCost) need() int {
	switch {
	case len(c.Profiles) > 0:
		return 1
	case c.Percent > 0:
		return c.Percent
	}
	return c.Units
}

// add gives what is used when a cost in units or percent is taken (by 1) or given back (by -1).
func (u CapacityUse) add(c *CapacityCost, by int) CapacityUse {
	if c.Type == Interruptible {
		u.InterruptibleUnits += by * c.Units
		u.InterruptiblePercent += by * c.Percent
	} else {
		u.Units += by * c.Units
		u.Percent += by * c.Percent
	}
	return u
}

// points are hundredths of a unit, in which percent of whole units are whole numbers.
const points = 100

// mainLeft is what assigned work, and open offers if they count, leave of the main units, in hundredths; false when no units are configured.
func (a *Agent) mainLeft(offers bool) (int, bool) {
	if a.CapacityUnits == nil {
		return 0, false
	}
	units, percent := a.Assigned.Units, a.Assigned.Percent
	if offers {
		units, percent = units+a.Reserved.Units, percent+a.Reserved.Percent
	}
	return *a.CapacityUnits*(points-percent) - units*points, true
}

// interruptibleLeft is the same of the interruptible units.
func (a *Agent) interruptibleLeft(offers bool) (int, bool) {
	if a.InterruptibleUnits == nil {
		return 0, false
	}
	units, percent := a.Assigned.InterruptibleUnits, a.Assigned.InterruptiblePercent
	if offers {
		units, percent = units+a.Reserved.InterruptibleUnits, percent+a.Reserved.InterruptiblePercent
	}
	return *a.InterruptibleUnits*(points-percent) - units*points, true
}

// FreeUnits is how many whole units are left beside assigned work and open offers, nil when none are configured; negative when the agent was
// given more than fits (RT-3).
func (a *Agent) FreeUnits() *int { return wholeUnits(a.mainLeft(true)) }

// FreeInterruptibleUnits is the same of the interruptible units (CP-4).
func (a *Agent) FreeInterruptibleUnits() *int { return wholeUnits(a.interruptibleLeft(true)) }

func wholeUnits(left int, configured bool) *int {
	if !configured {
		return nil
	}
	n := left / points
	if left%points < 0 {
		n--
	}
	return &n
}

// profile is the agent's use of a profile; zero when nothing takes of it.
func (a *Agent) profile(id CapacityProfileID) ProfileUse {
	for _, u := range a.Profiles {
		if u.ProfileID == id {
			return u
		}
	}
	return ProfileUse{ProfileID: id}
}

// profileLeft is what assigned and finished work, and open offers if they count, leave of a profile.
func (e *Engine) profileLeft(u *ProfileUse, offers bool) int {
	left := e.profileLimit(u) - u.Assigned - u.Kept
	if offers {
		left -= u.Reserved
	}
	return left
}

// profileLimit is an agent's own limit of a profile, else the profile's.
func (e *Engine) profileLimit(u *ProfileUse) int {
	if u.Limit != nil {
		return *u.Limit
	}
	if p := e.profiles[u.ProfileID]; p != nil {
		return p.Limit
	}
	return 0 // only on the way of an undo
}

// blocks tells whether a profile that is used up leaves no room for other work.
func (e *Engine) blocks(u *ProfileUse) bool {
	p := e.profiles[u.ProfileID]
	return p != nil && p.Blocking
}

// overCapacity tells whether assigned work is more than fits: of units, or of a profile that the agent has (CP-1).
func (e *Engine) overCapacity(a *agent) bool { return e.over(a, false) }

// over is overCapacity, with open offers if they count.
func (e *Engine) over(a *agent, offers bool) bool {
	if left, configured := a.mainLeft(offers); configured && left < 0 {
		return true
	}
	for i := range a.Profiles {
		if u := &a.Profiles[i]; u.Has && e.profileLeft(u, offers) < 0 {
			return true
		}
	}
	return false
}

// capacityFull tells whether assigned work uses the capacity up: negative or (profilesOut and (no units or unitsOut)); with no profile unitsOut
// decides. Zero configured units are used up (CP-1).
func (e *Engine) capacityFull(a *agent) bool { return e.full(a, false) }

// full is capacityFull, with open offers if they count.
func (e *Engine) full(a *agent, offers bool) bool {
	left, configured := a.mainLeft(offers)
	unitsOut := configured && left <= 0
	has, blocking, blockingOut, allOut := false, false, false, true
	for i := range a.Profiles {
		u := &a.Profiles[i]
		if !u.Has {
			continue
		}
		out := e.profileLeft(u, offers) <= 0
		has, allOut = true, allOut && out
		if e.blocks(u) {
			blocking, blockingOut = true, blockingOut || out
		}
	}
	if !has {
		return unitsOut
	}
	profilesOut := blockingOut || !blocking && allOut
	return e.over(a, offers) || profilesOut && (!configured || unitsOut)
}

// usesCapacity tells whether assigned work, or finished work of the day, takes of the main units or a profile (PR-4).
func (a *Agent) usesCapacity() bool {
	if a.Assigned.Units > 0 || a.Assigned.Percent > 0 {
		return true
	}
	for i := range a.Profiles {
		if u := &a.Profiles[i]; u.Assigned+u.Kept > 0 {
			return true
		}
	}
	return false
}

// changeProfile changes the agent's use of one profile; one of which nothing is left goes. The list is never changed in place.
func (a *Agent) changeProfile(id CapacityProfileID, change func(*ProfileUse)) {
	list := slices.Clone(a.Profiles)
	at, found := slices.BinarySearchFunc(list, id, func(u ProfileUse, id CapacityProfileID) int { return cmp.Compare(u.ProfileID, id) })
	if !found {
		list = slices.Insert(list, at, ProfileUse{ProfileID: id})
	}
	if change(&list[at]); list[at] == (ProfileUse{ProfileID: id}) {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		list = nil // as of an agent who never had any
	}
	a.Profiles = list
}

// reserve enters what an open offer takes (by 1), or takes it out again (by -1).
func (a *Agent) reserve(o *Offer, by int) {
	a.Reserved = a.Reserved.add(&o.Cost, by)
	for _, id := range o.Cost.Profiles {
		a.changeProfile(id, func(u *ProfileUse) { u.Reserved += by })
	}
	a.OpenWork += by
	if o.OverCapacity {
		a.OverCapacityOffers += by
	}
}

// hold enters what assigned work takes (by 1), or takes it out again (by -1).
func (a *Agent) hold(c *CapacityCost, by int) {
	a.Assigned = a.Assigned.add(c, by)
	for _, id := range c.Profiles {
		a.changeProfile(id, func(u *ProfileUse) { u.Assigned += by })
	}
	a.OpenWork += by
}

// atOpenWorkLimit tells whether an agent has as many assignments and offers as they can have (PR-4).
func (e *Engine) atOpenWorkLimit(a *agent) bool { return a.OpenWork >= e.org.OpenWorkLimit }

// checkCost checks what an item takes: exactly one of units, percent and profiles.
func (e *Engine) checkCost(c *CapacityCost) error {
	kinds := 0
	for _, set := range [...]bool{c.Units != 0, c.Percent != 0, len(c.Profiles) > 0} {
		if set {
			kinds++
		}
	}
	if kinds > 1 {
		return invalid("capacityUnits", "of units, percent and profiles only one can be given")
	}
	if kinds == 0 || c.Units < 0 || c.Units > MaxCapacityUnits {
		return invalid("capacityUnits", "must be from 1 to %d unless percent or profiles are given", MaxCapacityUnits)
	}
	if c.Percent < 0 || c.Percent > points {
		return invalid("capacityPercent", "must be from 1 to %d", points)
	}
	if c.Type != NotInterruptible && c.Type != Interruptible {
		return invalid("capacityType", "must be NOT_INTERRUPTIBLE or INTERRUPTIBLE")
	}
	if c.Type == Interruptible && len(c.Profiles) > 0 {
		return invalid("capacityType", "must be NOT_INTERRUPTIBLE where profiles are given")
	}
	if len(c.Profiles) > MaxProfilesPerItem {
		return tooMany("capacityProfileIds", "an item can take of %d profiles", MaxProfilesPerItem)
	}
	for i, id := range c.Profiles {
		if e.profiles[id] == nil || slices.Contains(c.Profiles[:i], id) {
			return invalid(fmt.Sprintf("capacityProfileIds.%d", i), "must be a profile that is there and not named before")
		}
	}
	if e.findKind(c) == nil && len(e.kinds) >= MaxCostKinds {
		return tooMany("capacityProfileIds", "workstreams can have %d kinds of cost: units, percent and each set of profiles that one names", MaxCostKinds)
	}
	return nil
}
