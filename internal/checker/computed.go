package checker

import (
	"sort"
	"time"
)

// labour is an instant at which work came to an agent or went from them, and what that means for a presence that was chosen by hand (PR-6).
type labour struct {
	at time.Time
	// own: they accepted an offer or picked an item. Otherwise certain: they completed one. What others gave and took, and what was assigned without
	// asking, may or may not count as accepting or closing.
	own, certain bool
	// given: a supervisor assigned it.
	given bool
}

// addWork notes when the work of a hold began and ended.
func (a *agentLine) addWork(h *hold) {
	if h.assignment == nil {
		return
	}
	own, given := h.assignment.Origin == byPick || h.offer != nil && h.offer.ExpiresAt != nil, h.assignment.Origin == byHand
	a.work = append(a.work, labour{at: h.assignment.AssignedAt, own: own, certain: own, given: given})
	if h.until != nil {
		a.work = append(a.work, labour{at: *h.until, certain: h.assignment.EndReason == completed})
	}
}

// workAt is what happened to an agent's work at an instant; some tells whether anything did.
func (a *agentLine) workAt(at time.Time) (l labour, some bool) {
	for n := sort.Search(len(a.work), func(i int) bool { return !a.work[i].at.Before(at) }); n < len(a.work) && a.work[n].at.Equal(at); n++ {
		one := a.work[n]
		l.own, l.certain, l.given, some = l.own || one.own, l.certain || one.certain, l.given || one.given, true
	}
	return l, some
}

// isCommand tells whether a change of presence was a command of its own: what was computed, and what a declined offer set, followed from another.
func (c *PresenceChange) isCommand() bool {
	switch c.Cause {
	case workTaken, workReleased, openWorkLimit, offerMissed, offerRejected, capacityChanged:
		return false
	}
	return true
}

// beforeOffers is the point at which a command has done its work, and no offer that follows from it is made yet.
func beforeOffers(at time.Time) point { return point{at, "!"} }

// placeComputed finds which presences were computed between the offers of one instant: an item that is assigned without asking changes the
// presence of its agent before the next one is offered. The others come before all offers.
func (a *agentLine) placeComputed() {
	steps := a.there.steps
	for i := 0; i < len(steps); {
		first, at := i, steps[i].NotAfter
		for i < len(steps) && steps[i].NotAfter.Equal(at) {
			i++
		}
		a.placeAt(at, steps[first:i])
	}
}

func (a *agentLine) placeAt(at time.Time, steps []step[presence]) {
	next, after := 0, ""
	place := func(behind string) {
		steps[next].value.after = behind
		after = behind
		next++
	}
	take := func(p point, behind string) {
		for next < len(steps) && steps[next].value.cause != workTaken {
			place(after)
		}
		if want, sure := a.computed(p); next < len(steps) && (!sure || steps[next].value.base == want) {
			place(behind)
		}
	}
	if l, _ := a.workAt(at); l.own || l.given {
		take(beforeOffers(at), "")
	}
	first := sort.Search(len(a.offers), func(i int) bool { return !a.offers[i].OfferedAt.Before(at) })
	for _, o := range a.offers[first:] {
		if !o.OfferedAt.Equal(at) {
			break
		}
		if o.ExpiresAt == nil {
			take(point{at, o.ID + "!"}, o.ID)
		}
	}
	for next < len(steps) {
		if steps[next].value.cause == workTaken {
			a.strays = append(a.strays, at)
		}
		place(after)
	}
}

// precedes tells whether a presence was computed from an offer that was not made yet.
func (p point) precedes(s step[presence]) bool {
	return s.NotAfter.Equal(p.at) && p.before != "" && s.value.after >= p.before
}

// presentAt is the presence at a point. Who stands at the limit of open work becomes Do not disturb at some place among the offers of an instant,
// and nobody tells at which.
func (a *agentLine) presentAt(p point) (presence, bool) {
	value, sure := a.there.at(p.at)
	for n := a.there.after(p.at) - 1; n >= 0 && a.there.steps[n].NotAfter.Equal(p.at); n-- {
		switch s := a.there.steps[n].value; {
		case s.cause == openWorkLimit:
			return value, sure && p.before == ""
		case !p.precedes(a.there.steps[n]):
			return value, sure
		}
		if value = a.there.start; n > 0 {
			value = a.there.steps[n-1].value
		}
	}
	return value, sure
}

// computed is the base that follows from what an agent is assigned at a point: all used up, or more, gives Do not disturb, a part Busy, nothing
// Available; no configured units are never used up (PR-4, CP-1).
func (a *agentLine) computed(p point) (base string, sure bool) {
	settings, sure := a.settings.at(p.at)
	held := a.load.by(p)
	if settings == nil || settings.Profiles > 0 || held.vague > 0 {
		return available, false
	}
	switch units := settings.CapacityUnits; {
	case units != nil && held.assigned >= *units:
		return doNotDisturb, sure
	case held.assigned > 0:
		return busy, sure
	}
	return available, sure
}

// negative tells whether an agent is assigned more than fits (CP-1).
func (a *agentLine) negative(p point) (is, sure bool) {
	settings, sure := a.settings.at(p.at)
	held := a.load.by(p)
	if settings == nil || settings.Profiles > 0 || held.vague > 0 {
		return false, false
	}
	return settings.CapacityUnits != nil && held.assigned > *settings.CapacityUnits, sure
}
