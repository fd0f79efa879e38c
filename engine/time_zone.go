package engine

import (
	"sort"
	"strings"
	"time"
)

// The database of time zones is the one thing that the engine reads which is not given to it. What follows from it is stored where it matters:
// an agent's DayEndsAt.

// checkTimeZone refuses what is no IANA name of a time zone.
func checkTimeZone(name string) error {
	if len(name) > MaxTimeZone || name == "" || name == "Local" {
		return invalid("timeZone", "must be the IANA name of a time zone, for example Europe/Berlin")
	}
	for _, local := range [...]string{"right/", "posix/", "posixrules"} { // of this machine only
		if strings.HasPrefix(name, local) {
			return invalid("timeZone", "must be the IANA name of a time zone, for example Europe/Berlin")
		}
	}
	if _, err := time.LoadLocation(name); err != nil {
		return invalid("timeZone", "there is no such time zone")
	}
	return nil
}

// zone is where an agent's day ends.
func (e *Engine) zone(a *agent) *time.Location {
	name := a.TimeZone
	if name == "" {
		name = e.org.TimeZone
	}
	zone := e.zones[name]
	if zone == nil {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			zone = time.UTC // one that the machine no longer knows
		}
		e.zones[name] = zone // reading one costs more than all else that is done for an agent
	}
	return zone
}

// nextMidnight is the first instant of the next day in a zone. Where the clocks are changed at midnight, a day can begin at another time of
// the day than zero, or can be left out; the first instant whose date is later is right for all of them.
func nextMidnight(now time.Time, zone *time.Location) time.Time {
	date := func(t time.Time) int {
		y, m, d := t.In(zone).Date()
		return (y*12+int(m))*31 + d
	}
	today, from := date(now), now.Truncate(time.Second)
	n := sort.Search(3*24*60*60, func(s int) bool { return date(from.Add(time.Duration(s)*time.Second)) > today })
	return from.Add(time.Duration(n) * time.Second)
}

// setDayEnd says when what is kept of an agent's day is given back: at their next midnight if anything is. Anew: their time zone is another one.
func (e *Engine) setDayEnd(a *agent, anew bool) {
	keeps := false
	for i := range a.Profiles {
		keeps = keeps || a.Profiles[i].Kept > 0
	}
	switch {
	case !keeps && a.DayEndsAt != nil:
		e.changeAgent(a, func(a *Agent) { a.DayEndsAt = nil })
	case keeps && (a.DayEndsAt == nil || anew && a.DayEndsAt.After(e.now)): // one that is due is about to be
		end := nextMidnight(e.now, e.zone(a))
		if a.DayEndsAt == nil || !end.Equal(*a.DayEndsAt) {
			e.changeAgent(a, func(a *Agent) { a.DayEndsAt = &end })
		}
	}
}

// dayOver gives back what an agent's finished work kept; what is still open goes on taking (CP-2).
func (e *Engine) dayOver(a *agent) {
	for _, u := range a.Profiles {
		e.giveBackKept(a, u.ProfileID)
	}
}

// giveBackKept ends what finished work still takes of one profile.
func (e *Engine) giveBackKept(a *agent, id CapacityProfileID) {
	kept := a.profile(id).Kept
	if kept == 0 {
		return
	}
	e.changeAgent(a, func(a *Agent) { a.changeProfile(id, func(u *ProfileUse) { u.Kept = 0 }) })
	e.setDayEnd(a, false)
	e.emitAgent(Event{Type: EventAgentCapacityReset, Body: EventBody{ProfileID: id, From: limitText(&kept)}}, a)
	e.recompute(a, CauseCapacityReset, noWork)
	e.agentMayBeAble(a)
}
