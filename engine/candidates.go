package engine

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/tidwall/btree"
)

// The members of a queue stand in classes by presence, within a class in levels by free units, and within a level in order: first in first
// out for HIGHEST_CAPACITY, so that the pick costs the same among 10 agents and among 100,000, and in a tree for the methods whose order
// says nothing of the free units: they look at the first few of each level.

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
	key        int64
	prev, next *member
}

// before is the order within a level: the lower key first, then by id (WS-2). The key is that under which they were entered.
func (m *member) before(o *member) bool {
	if c := cmp.Compare(m.key, o.key); c != 0 {
		return c < 0
	}
	return m.AgentID < o.AgentID
}

// compareChanged orders members by how long they have gone without a change.
func compareChanged(a, b *member) int {
	return cmp.Or(cmp.Compare(a.agent.RankedSeq, b.agent.RankedSeq), cmp.Compare(a.AgentID, b.AgentID))
}

// candidates are the members of one queue, ready to be picked from.
type candidates struct {
	method  AssignmentMethod
	classes [classCount]levels
}

// key is what a member is ranked by within a level.
func (c *candidates) key(m *member) int64 {
	switch c.method {
	case RoundRobin:
		return m.Turn
	case LeastActive:
		return at(m.agent.ReleasedAt)
	default:
		return m.agent.RankedSeq
	}
}

// levels are the members of one class by free units; level 0 holds those with none or less.
type levels struct {
	lanes []lane
	// filled has a bit for each level that is not empty.
	filled []uint64
	count  int
}

// lane is one level: a list for HIGHEST_CAPACITY, a tree for the others.
type lane struct {
	head, tail *member
	tree       *btree.BTreeG[*member]
	count      int
}

// insert enters a member by their agent's present state.
func (c *candidates) insert(m *member) {
	m.class, m.level, m.key = m.agent.class(), max(m.agent.FreeUnits(), 0), c.key(m)
	l := &c.classes[m.class]
	for m.level >= len(l.lanes) {
		l.lanes = append(l.lanes, lane{})
	}
	for m.level>>6 >= len(l.filled) {
		l.filled = append(l.filled, 0)
	}
	f := &l.lanes[m.level]
	if c.method == HighestCapacity {
		f.append(m)
	} else {
		f.set(m)
	}
	f.count++
	l.count++
	l.filled[m.level>>6] |= 1 << (m.level & 63)
}

func (f *lane) set(m *member) {
	if f.tree == nil {
		f.tree = btree.NewBTreeGOptions((*member).before, btree.Options{NoLocks: true, Degree: 16})
	}
	f.tree.Set(m)
}

// append enters a member into the list. One whose agent has just changed is the last, so the search from the end is over at once.
func (f *lane) append(m *member) {
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
}

// remove takes a member out from where insert entered them.
func (c *candidates) remove(m *member) {
	l := &c.classes[m.class]
	f := &l.lanes[m.level]
	if f.tree == nil {
		f.unlink(m)
	} else {
		f.tree.Delete(m)
	}
	l.count--
	if f.count--; f.count == 0 {
		l.filled[m.level>>6] &^= 1 << (m.level & 63)
	}
}

func (f *lane) unlink(m *member) {
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
	for i := range l.lanes[:min(cost, len(l.lanes))] {
		n += l.lanes[i].count
	}
	return n
}

// ranking walks the members of some classes with at least `cost` free units, best first: most free units, then longest without
// a change, then id (HIGHEST_CAPACITY, WS-2). For the other methods it holds the first members, already in order.
type ranking struct {
	from    *candidates
	classes classSet
	cost    int
	level   int
	heads   [classCount]*member
	sorted  []*member
}

// rank begins a walk; atMost is how many members the caller will look at.
func (c *candidates) rank(classes classSet, cost, atMost int) ranking {
	r := ranking{from: c, classes: classes, cost: cost, level: MaxCapacityUnits + 1}
	if c.method != HighestCapacity {
		r.sorted = c.first(classes, cost, atMost)
	}
	return r
}

// first lists the first n members of some classes with at least `cost` free units, in the order of their keys.
func (c *candidates) first(classes classSet, cost, n int) []*member {
	var list []*member
	for class := range c.classes {
		l := &c.classes[class]
		if !classes.has(class) {
			continue
		}
		for level := l.top(MaxCapacityUnits + 1); level >= cost && level >= 0; level = l.top(level) {
			left := n
			l.lanes[level].tree.Scan(func(m *member) bool {
				list = append(list, m)
				left--
				return left > 0
			})
		}
	}
	slices.SortFunc(list, func(a, b *member) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.AgentID, b.AgentID)) })
	return list[:min(n, len(list))]
}

// next is the next best member, nil at the end.
func (r *ranking) next() *member {
	if r.from.method != HighestCapacity {
		if len(r.sorted) == 0 {
			return nil
		}
		m := r.sorted[0]
		r.sorted = r.sorted[1:]
		return m
	}
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
		if l := &r.from.classes[class]; r.classes.has(class) && level < len(l.lanes) {
			r.heads[class] = l.lanes[level].head
		}
	}
	return true
}
