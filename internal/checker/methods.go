package checker

import (
	"fmt"
	"sort"
	"time"
)

// contender is a member of a queue who could take an item, with all by which a method ranks (WS-2).
type contender struct {
	id       string
	free     int
	declined bool
	// changed is when their load or presence last changed, for HIGHEST_CAPACITY; zero for never.
	changed     time.Time
	changedSure bool
	// turn is the last offer of the queue while it went by ROUND_ROBIN; nil for none.
	turn     *offerLine
	turnSure bool
	// released is when they last gave capacity back, for LEAST_ACTIVE; nil for never.
	released *time.Time
}

func (c contender) String() string {
	turn := "none"
	if c.turn != nil {
		turn = stamp(c.turn.OfferedAt)
	}
	return fmt.Sprintf("%s (%d free, declined %t, changed %s, turn %s, released %s)", c.id, c.free, c.declined, stamp(c.changed), turn, when(c.released))
}

// contender gathers what is known of an agent at a point.
func (w *world) contender(t *terms, a *agentLine, v verdict, p point) contender {
	c := contender{id: a.id, declined: v.declines > 0}
	c.free, _, _ = a.free(p)
	switch t.settings.AssignmentMethod {
	case highestCapacity:
		c.changed, c.changedSure = w.lastChange(a, p)
	case roundRobin:
		c.turn, c.turnSure = a.lastTurn(t.queue, p)
	case leastActive:
		c.released = a.lastRelease(p)
	}
	return c
}

// isTold tells whether what a decision says of a contender is true.
func (c contender) isTold(r Ranked) bool {
	sameRelease := r.ReleasedAt == nil && c.released == nil || r.ReleasedAt != nil && c.released != nil && r.ReleasedAt.Equal(*c.released)
	return c.free == r.FreeUnits && c.declined == r.DeclinedBefore && sameRelease
}

// before tells whether a contender comes before another (WS-2): whoever has declined the item before comes last (OF-4).
func (c contender) before(o contender, method string) (is, sure bool) {
	if c.declined != o.declined {
		return o.declined, true
	}
	switch method {
	case highestCapacity:
		return c.hasMoreRoom(o)
	case roundRobin:
		return c.isNext(o)
	default:
		return c.isLessActive(o)
	}
}

// hasMoreRoom: most free units; among equals, whoever has gone longest without a change of load or presence, then the lower id. What
// happened at one instant happened in an order that nobody tells.
func (c contender) hasMoreRoom(o contender) (is, sure bool) {
	switch {
	case c.free != o.free:
		return c.free > o.free, true
	case !c.changedSure || !o.changedSure:
		return false, false
	case !c.changed.Equal(o.changed):
		return c.changed.Before(o.changed), true
	}
	return compareIDs(c, o), c.changed.IsZero()
}

// isNext: whoever has gone longest without an offer of this queue, those who had none first, then the lower id.
func (c contender) isNext(o contender) (is, sure bool) {
	if !c.turnSure || !o.turnSure {
		return false, false
	}
	switch {
	case c.turn == nil && o.turn == nil:
		return compareIDs(c, o), true
	case c.turn == nil || o.turn == nil:
		return c.turn == nil, true
	}
	return inOrderOfMaking(c.turn, o.turn) < 0, true
}

// isLessActive: whoever gave capacity back longest ago, who never did first, then the lower id.
func (c contender) isLessActive(o contender) (is, sure bool) {
	switch {
	case c.released == nil && o.released == nil, c.released != nil && o.released != nil && c.released.Equal(*o.released):
		return compareIDs(c, o), true
	case c.released == nil || o.released == nil:
		return c.released == nil, true
	}
	return c.released.Before(*o.released), true
}

// lastChange is when an agent's free units or what routing reads of their presence last changed; zero for never since they were created.
func (w *world) lastChange(a *agentLine, p point) (time.Time, bool) {
	last, sure := a.load.changedBy(p), true
	later := func(s Span, changed bool) {
		switch {
		case s.NotBefore.After(p.at) || !changed:
		case !s.exact():
			sure = sure && s.NotAfter.Before(last)
		case s.NotAfter.After(last):
			last = s.NotAfter
		}
	}
	was := a.there.start
	for _, s := range a.there.steps[:min(a.there.after(p.at)+1, len(a.there.steps))] {
		if p.precedes(s) {
			break // it followed from this offer, or a later one
		}
		later(s.Span, !s.exact() || was.class() != s.value.class())
		was = s.value
	}
	units := a.settings.start
	for _, s := range a.settings.steps {
		if s.value == nil && !s.NotBefore.After(p.at) {
			return last, false // and what was before says nothing of whoever is made anew
		}
		later(s.Span, units != nil && s.value != nil && !sameUnits(units, s.value))
		units = s.value
	}
	return last, sure
}

// sameUnits tells whether an agent can hold as much by both settings.
func sameUnits(a, b *Agent) bool {
	if a.CapacityUnits == nil || b.CapacityUnits == nil {
		return a.CapacityUnits == b.CapacityUnits
	}
	return *a.CapacityUnits == *b.CapacityUnits
}

// class is how routing counts a presence: without a session the base says nothing.
func (p presence) class() string {
	if !p.signedIn {
		return ""
	}
	return p.base
}

// lastTurn is the last offer of a queue to an agent while it went by ROUND_ROBIN. Not sure is what became of it when the queue has gone by
// another method since, or the agent has left it.
func (a *agentLine) lastTurn(q *queueLine, p point) (*offerLine, bool) {
	offers := a.byQueue[q.id]
	for n := sort.Search(len(offers), func(i int) bool { return !p.hasMade(offers[i]) }) - 1; n >= 0; n-- {
		settings, sure := q.settings.at(offers[n].OfferedAt)
		if !sure || settings == nil || offers[n].queueUnsure {
			return nil, false
		}
		if settings.AssignmentMethod != roundRobin {
			continue
		}
		for _, s := range q.settings.steps {
			if s.NotAfter.After(offers[n].OfferedAt) && !s.NotBefore.After(p.at) && (s.value == nil || s.value.AssignmentMethod != roundRobin) {
				return nil, false
			}
		}
		if l := q.members[a.id]; l != nil && len(within(l.bounds(), offers[n].OfferedAt, p.at)) > 0 {
			return nil, false
		}
		return offers[n], true
	}
	return nil, true
}

// lastRelease is when an agent last gave capacity back, by whatever end of an assignment; nil for never since they were created.
func (a *agentLine) lastRelease(p point) *time.Time {
	n := sort.Search(len(a.releases), func(i int) bool { return a.releases[i].After(p.at) })
	if n == 0 {
		return nil
	}
	if again, _ := a.bornSince(a.releases[n-1], p.at); again {
		return nil
	}
	return &a.releases[n-1]
}
