package checker

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"
)

// load is what an agent holds in the course of time, added up, so that it is found without going through all that they ever held.
type load struct{ moves []move }

// move is a change of it. After prepare the numbers are those from then on.
type move struct {
	at time.Time
	// offer is the one that was made; empty for what comes before the offers of an instant.
	offer string
	units int
	// assigned are those of them that are of assigned work, from which presences are computed; work counts assignments and open offers (PR-4).
	assigned, work int
	// over counts the open offers beyond capacity, vague what costs nobody knows how much.
	over, vague int
}

func (l *load) add(h *hold) {
	m := move{at: h.from, units: h.units, work: 1}
	if h.offer != nil {
		m.offer = h.id
	}
	if !h.sure {
		m.vague = 1
	}
	l.moves = append(l.moves, m)
	held := 0
	if h.assignment != nil {
		begin := move{at: h.assignment.AssignedAt, assigned: h.units}
		if h.offer != nil && h.offer.ExpiresAt == nil {
			begin.offer = h.id
		}
		l.moves = append(l.moves, begin)
		held = h.units
	}
	if h.until != nil {
		l.moves = append(l.moves, move{at: *h.until, units: -h.units, assigned: -held, work: -1, vague: -m.vague})
	}
	if h.offer != nil && h.offer.OverCapacity && h.offer.ExpiresAt != nil {
		l.moves = append(l.moves, move{at: h.from, offer: h.id, over: 1})
		if h.offer.EndedAt != nil {
			l.moves = append(l.moves, move{at: *h.offer.EndedAt, over: -1})
		}
	}
}

func (l *load) prepare() {
	slices.SortStableFunc(l.moves, func(a, b move) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.offer, b.offer)) })
	sum := move{}
	for i := range l.moves {
		m := &l.moves[i]
		sum.units, sum.over, sum.vague = sum.units+m.units, sum.over+m.over, sum.vague+m.vague
		sum.assigned, sum.work = sum.assigned+m.assigned, sum.work+m.work
		m.units, m.over, m.vague, m.assigned, m.work = sum.units, sum.over, sum.vague, sum.assigned, sum.work
	}
}

func (l *load) instants() []time.Time {
	all := make([]time.Time, len(l.moves))
	for i, m := range l.moves {
		all[i] = m.at
	}
	return all
}

// until is how many moves come before a point.
func (l *load) until(p point) int {
	return sort.Search(len(l.moves), func(i int) bool {
		m := &l.moves[i]
		return m.at.After(p.at) || m.at.Equal(p.at) && p.before != "" && m.offer >= p.before
	})
}

// by is what was held at a point.
func (l *load) by(p point) move {
	if n := l.until(p); n > 0 {
		return l.moves[n-1]
	}
	return move{}
}

// changedBy is the instant of the last move of units before a point; zero for none.
func (l *load) changedBy(p point) time.Time {
	for n := l.until(p) - 1; n >= 0; n-- {
		if n == 0 || l.moves[n].units != l.moves[n-1].units {
			return l.moves[n].at
		}
	}
	return time.Time{}
}

// free is how many units an agent had left, none when none are configured (CP-1), over how many open offers they had beyond their capacity.
func (a *agentLine) free(p point) (units, over int, sure bool) {
	settings, sure := a.settings.at(p.at)
	held := a.load.by(p)
	if settings == nil {
		return 0, 0, sure
	}
	sure = sure && held.vague == 0 && settings.Profiles == 0
	if settings.CapacityUnits == nil {
		return 0, held.over, sure
	}
	return *settings.CapacityUnits - held.units, held.over, sure
}
