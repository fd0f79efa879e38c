package configdir

import (
	"cmp"
	"slices"
	"strings"
)

// Reading what there is of presence and capacity (PR-2, PR-3, CP-2 to CP-5).

// atMost tells of a file that names more than there can be.
func atMost[T any](l *loader, file string, most int, list []T) []T {
	if n := len(list); n > most {
		l.problems.add(file, 0, "%d entries are more than %d", n, most)
	}
	return list
}

func (l *loader) status(e entry) Status {
	var s Status
	e.require("id", "text", "base")
	s.ID = l.ownID(e, statusPrefix)
	e.name("text", &s.Text)
	e.oneOf("base", &s.Base, presences[:5]) // no status has INACTIVE as its base
	e.flag("forEveryone", &s.ForEveryone)
	s.GrantedTo = l.named(e, "grantedTo", agentPrefix)
	return s
}

func (l *loader) profile(e entry) Profile {
	p := defaultProfile
	e.require("id", "name", "limit")
	p.ID = l.ownID(e, profilePrefix)
	e.name("name", &p.Name)
	e.number("limit", &p.Limit, 1, maxCapacityUnits)
	e.flag("blocking", &p.Blocking)
	e.oneOf("reset", &p.Reset, capacityResets)
	return p
}

// statusReference reads a default presence: a status that is built in, or one of one's own.
func (l *loader) statusReference(e entry, into *string) {
	const key = "defaultPresenceStatus"
	before := len(l.problems)
	if e.text(key, into); e.values[key] == nil || len(l.problems) > before || slices.Contains(builtInStatuses, *into) {
		return
	}
	if !validID(statusPrefix, *into) {
		e.problem(key, "must be one of %s, or the id of one of your own", strings.Join(builtInStatuses, ", "))
		return
	}
	l.refer(e.file, e.lineFor(key), key, statusPrefix, *into)
}

// zone reads the name of a time zone. Whether there is such a one the server knows.
func (e entry) zone(into *string) {
	const key = "timeZone"
	before := len(*e.problems)
	if e.text(key, into); e.values[key] == nil || len(*e.problems) > before {
		return
	}
	if *into == "" || len(*into) > maxTimeZone {
		e.problem(key, "must be the name of a time zone, for example Europe/Berlin")
	}
}

// agentProfiles reads the capacity profiles of an agent, by the profile's id; nil for none.
func (l *loader) agentProfiles(e entry) []AgentProfile {
	const key = "capacityProfiles"
	var list []AgentProfile
	for _, one := range e.children(key, "profile", "limit") {
		one.require("profile")
		var p AgentProfile
		before := len(l.problems)
		if one.text("profile", &p.Profile); one.values["profile"] == nil || len(l.problems) > before {
			continue
		}
		if !l.refer(e.file, one.lineFor("profile"), key, profilePrefix, p.Profile) {
			continue
		}
		if slices.ContainsFunc(list, func(other AgentProfile) bool { return other.Profile == p.Profile }) {
			l.problems.add(e.file, one.line, "%s: %s is named twice", key, p.Profile)
		}
		p.Limit = one.optionalNumber("limit", 1, maxCapacityUnits)
		list = append(list, p)
	}
	if len(list) > maxProfilesPerAgent {
		e.problem(key, "can be at most %d", maxProfilesPerAgent)
	}
	slices.SortFunc(list, func(a, b AgentProfile) int { return cmp.Compare(a.Profile, b.Profile) })
	return list
}

// cost reads what an item takes: units, percent or profiles.
func (l *loader) cost(e entry, w *Workstream) {
	keys := []string{"capacityUnits", "capacityPercent", "capacityProfiles"}
	given := slices.DeleteFunc(keys, func(key string) bool { return e.values[key] == nil })
	if len(given) > 1 {
		e.problem(given[1], "must not be given together with %s", given[0])
	}
	if len(given) > 0 {
		w.Cost = Cost{}
	}
	e.number("capacityUnits", &w.Cost.CapacityUnits, 1, maxCapacityUnits)
	e.number("capacityPercent", &w.Cost.CapacityPercent, 1, 100)
	w.Cost.CapacityProfiles = l.named(e, "capacityProfiles", profilePrefix)
	if n := len(w.Cost.CapacityProfiles); w.Cost.CapacityProfiles != nil && (n < 1 || n > maxProfilesPerItem) {
		e.problem("capacityProfiles", "must name 1 to %d", maxProfilesPerItem)
	}
	e.oneOf("capacityType", &w.CapacityType, capacityTypes)
	if w.Cost.CapacityProfiles != nil && w.CapacityType != capacityTypes[0] {
		e.problem("capacityType", "must be %s where profiles are given", capacityTypes[0])
	}
}

func wrapUp(e entry, w *Workstream) {
	const seconds = "wrapUpSeconds"
	e.oneOf("wrapUp", &w.WrapUp, wrapUpModes)
	e.number(seconds, &w.WrapUpSeconds, 1, maxWrapUpSeconds)
	switch timed, given := w.WrapUp == "TIMED", e.values[seconds] != nil; {
	case timed && !given:
		e.problem("wrapUp", "%s is missing", seconds)
	case given && !timed:
		e.problem(seconds, "can only be given with wrapUp: TIMED")
	}
}
