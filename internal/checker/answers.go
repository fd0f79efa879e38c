package checker

import (
	"slices"
	"time"
)

// checkAnswers judges that what was acknowledged is what happened, and that nothing happened that nobody asked for (OF-1, WS-6).
func (w *world) checkAnswers() {
	asked := map[string][]Answer{} // by what was done and to what
	for _, a := range w.l.Answers {
		key := a.Done + a.Offer + a.Item
		asked[key] = append(asked[key], a)
		if a.Acknowledged.IsZero() || a.Done == "SIGNED_OUT" {
			continue
		}
		w.judged++
		if at, holds := w.outcome(a); !holds {
			w.broke(ruleOf(a), a.Acknowledged, "%s of offer %q, item %q by agent %q was sent at %s and acknowledged, but that is not what the API tells (at %s)",
				a.Done, a.Offer, a.Item, a.Agent, stamp(a.Sent), when(at))
		}
	}
	wasAsked := func(key string, at time.Time) bool {
		w.judged++
		return slices.ContainsFunc(asked[key], func(a Answer) bool { return a.holds(at, w.l.scaled(ClockTolerance)) })
	}
	w.checkCreations()
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			answered := o.State == accepted && o.ExpiresAt != nil || o.State == rejected
			if answered && o.EndedAt != nil && !wasAsked(o.State+o.ID, *o.EndedAt) {
				w.broke("OF-1", *o.EndedAt, "%s is %s, but nobody answered it so", o.name(), o.State)
			}
		}
		if it.ClosedAt != nil && !wasAsked(it.Status+it.ID, *it.ClosedAt) {
			w.broke("API", *it.ClosedAt, "item %s is %s, but nobody closed it", it.ID, it.Status)
		}
		for _, h := range it.holds {
			if h.offer != nil {
				continue
			}
			done := "ASSIGNED"
			if h.assignment.Origin == byPick {
				done = "PICKED"
			}
			if !wasAsked(done+it.ID, h.from) {
				w.broke("WS-6", h.from, "%s, but nobody asked for that", it.name(h))
			}
		}
		for _, c := range it.changes {
			if c.Kind != "" && c.exact() && !wasAsked(c.Kind+it.ID, c.NotAfter) {
				w.broke("WS-6", c.NotAfter, "item %s: %s, but nobody asked for that", it.ID, c.Kind)
			}
		}
	}
}

// checkCreations: each item was asked for; of those whose answer was lost nobody knows the id, but how many there can be.
func (w *world) checkCreations() {
	known := map[string]bool{}
	var lost []Answer
	for _, a := range w.l.Answers {
		switch {
		case a.Done == "CREATED" && a.Item != "":
			known[a.Item] = true
		case a.Done == "CREATED":
			lost = append(lost, a)
		}
	}
	for _, it := range w.inOrder {
		if w.judged++; known[it.ID] {
			continue
		}
		i := slices.IndexFunc(lost, func(a Answer) bool { return a.holds(it.CreatedAt, w.l.scaled(ClockTolerance)) })
		if i < 0 {
			w.broke("API", it.CreatedAt, "item %s was created, but nobody asked for that", it.ID)
			continue
		}
		lost = slices.Delete(lost, i, i+1)
	}
}

func ruleOf(a Answer) string {
	switch a.Done {
	case "PICKED", "ASSIGNED", "TRANSFERRED", "CONTACT_LINKED", "PRIORITY_CHANGED":
		return "WS-6"
	}
	return "OF-1"
}

// outcome finds what an acknowledged answer stands for, and when it happened if the API tells; holds is false when it did not, or at
// another time.
func (w *world) outcome(a Answer) (at *time.Time, holds bool) {
	it, o := w.items[a.Item], w.offers[a.Offer]
	switch a.Done {
	case accepted, rejected:
		if o == nil || o.State != a.Done || o.Agent != a.Agent {
			return nil, false
		}
		at = o.EndedAt
	case "LATE":
		return nil, o != nil && (o.State == missed || o.State == revoked)
	}
	if at == nil && it == nil {
		return nil, false
	}
	switch a.Done {
	case "CREATED":
		at = &it.CreatedAt
	case completed, cancelled:
		if it.Status != a.Done {
			return nil, false
		}
		at = it.ClosedAt
	case "PICKED", "ASSIGNED":
		return w.given(it, a)
	case "TRANSFERRED", "CONTACT_LINKED", "PRIORITY_CHANGED":
		return nil, slices.ContainsFunc(it.changes, func(c ItemChange) bool {
			return (c.Kind == a.Done || c.Kind == "") && (a.holds(c.NotAfter, w.l.scaled(ClockTolerance)) || a.holds(c.NotBefore, w.l.scaled(ClockTolerance)) || c.holds(a.Sent))
		})
	}
	return at, at != nil && a.holds(*at, w.l.scaled(ClockTolerance))
}

// given finds the assignment by hand that an answer tells of.
func (w *world) given(it *itemLine, a Answer) (at *time.Time, holds bool) {
	for _, h := range it.holds {
		if h.offer != nil || h.agent != a.Agent || (h.assignment.Origin == byPick) != (a.Done == "PICKED") {
			continue
		}
		at = &h.from
		if a.holds(h.from, w.l.scaled(ClockTolerance)) {
			return at, true
		}
	}
	return at, false
}

// itemChanges are by the item, without those that nobody can have made: where the listener was away and nothing differs afterwards, something
// was changed and changed back only if that was asked for.
func (w *world) itemChanges() map[string][]ItemChange {
	asked := map[string][]Answer{}
	for _, a := range w.l.Answers {
		if ruleOf(a) == "WS-6" {
			asked[a.Item] = append(asked[a.Item], a)
		}
	}
	changes := map[string][]ItemChange{}
	for _, c := range w.l.Items {
		may := func(a Answer) bool { return overlaps(a, c.Span) }
		if c.Before != c.After || c.Kind != "" || slices.ContainsFunc(asked[c.Item], may) {
			changes[c.Item] = append(changes[c.Item], c)
		}
	}
	return changes
}

// handOvers finds who transferred their own work, for each item: they count as having declined it (WS-6).
func (w *world) handOvers(changes map[string][]ItemChange) map[string][]decline {
	given := map[string][]decline{}
	transfers := map[string][]Answer{}
	for _, a := range w.l.Answers {
		if a.Done == "TRANSFERRED" {
			transfers[a.Item] = append(transfers[a.Item], a)
		}
	}
	for item, list := range changes {
		for _, c := range list {
			var candidates []Answer
			for _, a := range transfers[item] {
				if c.exact() && c.Kind == "TRANSFERRED" && a.holds(c.NotAfter, w.l.scaled(ClockTolerance)) || !c.exact() && overlaps(a, c.Span) {
					candidates = append(candidates, a)
				}
			}
			certain := c.exact() && !slices.ContainsFunc(candidates, func(a Answer) bool { return a.Agent != candidates[0].Agent })
			for i, a := range candidates {
				if a.Agent != "" && (!certain || i == 0) {
					given[item] = append(given[item], decline{a.Agent, c.NotAfter, certain})
				}
			}
		}
	}
	return given
}

// overlaps tells whether an answer may be about something within a span.
func overlaps(a Answer, s Span) bool {
	end := a.end()
	return !a.Sent.After(s.NotAfter) && (end.IsZero() || !end.Before(s.NotBefore))
}
