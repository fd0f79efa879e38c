package checker

import (
	"cmp"
	"slices"
	"time"
)

// agent is one with so many units.
func agent(id string, units int) Agent { return Agent{ID: id, CapacityUnits: new(units)} }

// doing is what an agent holds more from an instant on, or a presence that is told.
type doing struct {
	at    time.Time
	units int
	told  *PresenceChange
}

// compute tells the presences that follow from what agents of the story take and complete (PR-4), anew each time that it is called. What a story
// assigns without asking or by hand counts as taken.
func (s *story) compute() {
	doings := map[string][]doing{}
	told := slices.DeleteFunc(s.Presence, func(c PresenceChange) bool { return c.Cause == workTaken || c.Cause == workReleased })
	for i := range told {
		doings[told[i].Agent] = append(doings[told[i].Agent], doing{told[i].NotAfter, 0, &told[i]})
	}
	for _, it := range s.History.Items {
		for _, as := range it.Assignments {
			doings[as.Agent] = append(doings[as.Agent], doing{as.AssignedAt, as.CapacityUnits, nil})
			if as.EndedAt != nil {
				doings[as.Agent] = append(doings[as.Agent], doing{*as.EndedAt, -as.CapacityUnits, nil})
			}
		}
	}
	all := slices.Clone(told)
	agents := slices.Clone(s.History.Agents)
	for _, c := range s.Log.Agents {
		if c.After == nil {
			agents = append(agents, *c.Before)
		}
	}
	for _, a := range agents {
		all = append(all, computedOf(a, doings[a.ID])...)
	}
	slices.SortStableFunc(all, func(x, y PresenceChange) int { return x.NotAfter.Compare(y.NotAfter) })
	s.Presence = all
}

func computedOf(a Agent, doings []doing) (all []PresenceChange) {
	slices.SortStableFunc(doings, func(x, y doing) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.units, y.units)) })
	held, base, holds := 0, offline, true
	for _, d := range doings {
		if d.told != nil {
			base = d.told.Base
			holds = !d.told.SignedIn || base != available && base != busy && d.told.Cause != openWorkLimit
			continue
		}
		held += d.units
		want, cause := available, workTaken
		switch {
		case a.CapacityUnits != nil && held >= *a.CapacityUnits:
			want = doNotDisturb
		case held > 0:
			want = busy
		}
		if d.units < 0 {
			cause = workReleased
		}
		if holds || base == want {
			continue
		}
		base = want
		all = append(all, PresenceChange{Span: At(d.at), Agent: a.ID, Base: base, SignedIn: true, Cause: cause})
	}
	return all
}
