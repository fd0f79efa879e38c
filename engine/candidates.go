package engine

import (
	"cmp"
	"math/bits"
)

// The members of a queue stand in classes by presence, within a class in levels by free units, and within a level first in first
// out: so the pick costs the same among 10 agents and among 100,000.

// classNotSignedIn is the class of agents without a live session; the classes before it are the base presences.
const (
	classNotSignedIn = len(BasePresences)
	classCount       = classNotSignedIn + 1
)

// classSet is a set of classes, one bit each.
type classSet uint8

func (s classSet) has(class int) bool { return s&(1<<class) != 0 }

// class is where routing counts the agent.
func (a *agent) class() int {
	if !a.Presence.SignedIn {
		return classNotSignedIn
	}
	return a.Presence.Base().index()
}

// member is the place of an agent among the candidates of one queue.
type member struct {
	QueueMember
	agent      *agent
	queue      *queue
	class      int
	level      int
	prev, next *member
}

// before is the order within a level: longest without a change first, then by id (WS-2).
func (m *member) before(o *member) bool {
	if c := cmp.Compare(m.agent.RankedSeq, o.agent.RankedSeq); c != 0 {
		return c < 0
	}
	return m.AgentID < o.AgentID
}

// candidates are the members of one queue, ready to be picked from.
type candidates struct {
	classes [classCount]levels
}

// levels are the members of one class by free units; level 0 holds those with none or less.
type levels struct {
	fifos []fifo
	// filled has a bit for each level that is not empty.
	filled []uint64
	count  int
}

type fifo struct {
	head, tail *member
	count      int
}

// insert enters a member by their agent's present state. One whose agent has just changed is the last of their level, so the
// search from the end is over at once.
func (c *candidates) insert(m *member) {
	m.class, m.level = m.agent.class(), max(m.agent.FreeUnits(), 0)
	l := &c.classes[m.class]
	for m.level >= len(l.fifos) {
		l.fifos = append(l.fifos, fifo{})
	}
	for m.level>>6 >= len(l.filled) {
		l.filled = append(l.filled, 0)
	}
	f := &l.fifos[m.level]
	after := f.tail
	for after != nil && m.before(after) {
		after = after.prev
	}
	m.prev = after
	if after == nil {
		m.next, f.head = f.head, m
	} else {
		m.next, after.next = after.next, m
	}
	if m.next == nil {
		f.tail = m
	} else {
		m.next.prev = m
	}
	f.count++
	l.count++
	l.filled[m.level>>6] |= 1 << (m.level & 63)
}

// remove takes a member out from where insert entered them.
func (c *candidates) remove(m *member) {
	l := &c.classes[m.class]
	f := &l.fifos[m.level]
	if m.prev == nil {
		f.head = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		f.tail = m.prev
	} else {
		m.next.prev = m.prev
	}
	m.prev, m.next = nil, nil
	l.count--
	if f.count--; f.count == 0 {
		l.filled[m.level>>6] &^= 1 << (m.level & 63)
	}
}

// top is the highest level below `below` that is not empty, or -1.
func (l *levels) top(below int) int {
	for word := min((below-1)>>6, len(l.filled)-1); word >= 0; word-- {
		w := l.filled[word]
		if word == (below-1)>>6 {
			w &= ^uint64(0) >> (63 - (below-1)&63)
		}
		if w != 0 {
			return word<<6 + 63 - bits.LeadingZeros64(w)
		}
	}
	return -1
}

// below counts the members with fewer free units than cost.
func (l *levels) below(cost int) int {
	n := 0
	for i := range l.fifos[:min(cost, len(l.fifos))] {
		n += l.fifos[i].count
	}
	return n
}

// ranking walks the members of some classes with at least `cost` free units, best first: most free units, then longest without
// a change, then id (HIGHEST_CAPACITY, WS-2).
type ranking struct {
	from    *candidates
	classes classSet
	cost    int
	level   int
	heads   [classCount]*member
}

func (c *candidates) rank(classes classSet, cost int) ranking {
	return ranking{from: c, classes: classes, cost: cost, level: MaxCapacityUnits + 1}
}

// next is the next best member, nil at the end.
func (r *ranking) next() *member {
	for {
		best := -1
		for class := range r.heads {
			if m := r.heads[class]; m != nil && (best < 0 || m.before(r.heads[best])) {
				best = class
			}
		}
		if best >= 0 {
			m := r.heads[best]
			r.heads[best] = m.next
			return m
		}
		if !r.descend() {
			return nil
		}
	}
}

// descend goes to the next lower level that is not empty.
func (r *ranking) descend() bool {
	level := -1
	for class := range r.heads {
		if r.classes.has(class) {
			level = max(level, r.from.classes[class].top(r.level))
		}
	}
	if level < r.cost || level < 0 {
		return false
	}
	r.level = level
	for class := range r.heads {
		if l := &r.from.classes[class]; r.classes.has(class) && level < len(l.fifos) {
			r.heads[class] = l.fifos[level].head
		}
	}
	return true
}
