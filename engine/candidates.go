package engine

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/tidwall/btree"
)

// For each kind of cost that its items have, the members of a queue stand in classes by presence and by whether they are at the limit of open
// work, within a class in levels by the room they have, and within a level in order: first in first out for HIGHEST_CAPACITY, so that
// the pick costs the same among 10 agents and among 100,000, and in a tree for the methods whose order says nothing of the room: they look
// at the first few of each level.

// classNotSignedIn is the class of agents without a live session; the classes before it are the base presences. Behind them come the same of
// those who are at the limit of open work.
const (
	classNotSignedIn = len(BasePresences)
	classesBelow     = classNotSignedIn + 1
	classCount       = 2 * classesBelow
)

// classSet is a set of classes, one bit each.
type classSet uint16

func (s classSet) has(class int) bool { return s&(1<<class) != 0 }

// atLimit is the same classes of those at the limit of open work.
func (s classSet) atLimit() classSet { return s << classesBelow }

// class is where routing counts the agent.
func (e *Engine) class(a *agent) int {
	class := classNotSignedIn
	if a.Presence.SignedIn {
		class = a.Presence.Base.index()
	}
	if e.atOpenWorkLimit(a) {
		class += classesBelow
	}
	return class
}

// member is an agent's membership of a queue, with their place in each of its orders, in the order of queue.candidates.
type member struct {
	QueueMember
	agent  *agent
	queue  *queue
	places []*place
}

// place is where a member stands in one order.
type place struct {
	*member
	class      int
	level      int
	key        int64
	prev, next *place
}

// before is the order within a level: the lower key first, then by id (WS-2). The key is that under which they were entered.
func (m *place) before(o *place) bool {
	if c := cmp.Compare(m.key, o.key); c != 0 {
		return c < 0
	}
	return m.AgentID < o.AgentID
}

// compareChanged orders members by how long they have gone without a change.
func compareChanged(a, b *member) int {
	return cmp.Or(cmp.Compare(a.agent.RankedSeq, b.agent.RankedSeq), cmp.Compare(a.AgentID, b.AgentID))
}

// candidates are the members of one queue, ready to be picked from for items whose cost is of one kind.
type candidates struct {
	kind    *costKind
	method  AssignmentMethod
	classes [classCount]levels
}

// candidatesFor are the queue's candidates for costs of a kind; they are put in order when it is first asked for.
func (e *Engine) candidatesFor(q *queue, k *costKind) *candidates {
	for _, c := range q.candidates {
		if c.kind == k {
			return c
		}
	}
	c := &candidates{kind: k, method: q.AssignmentMethod}
	q.candidates = append(q.candidates, c)
	for _, m := range q.sortedMembers() {
		e.enterOne(m, len(q.candidates)-1)
	}
	return c
}

// dropCandidates lets go of one order of a queue.
func (q *queue) dropCandidates(i int) {
	q.candidates = slices.Delete(q.candidates, i, i+1)
	for _, m := range q.members { // order: each for itself
		m.places = slices.Delete(m.places, i, i+1)
	}
}

// enter puts a member into all orders of a queue, and leave takes them out.
func (e *Engine) enter(q *queue, m *member) {
	for i := range q.candidates {
		e.enterOne(m, i)
	}
}

func (q *queue) leave(m *member) {
	for i, c := range q.candidates {
		c.remove(m.places[i])
	}
}

// of is a member's place in this order.
func (c *candidates) of(m *member) *place {
	return m.places[slices.Index(m.queue.candidates, c)]
}

// enterOne enters a member into one order by their agent's present state.
func (e *Engine) enterOne(m *member, i int) {
	c := m.queue.candidates[i]
	if i == len(m.places) {
		m.places = append(m.places, &place{member: m})
	}
	p := m.places[i]
	p.class, p.level, p.key, p.prev, p.next = e.class(m.agent), e.room(m.agent, c.kind), c.key(m), nil, nil
	c.insert(p)
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

// levels are the members of one class by their room; level 0 holds those with none.
type levels struct {
	lanes []lane
	// filled has a bit for each level that is not empty.
	filled []uint64
	count  int
}

// lane is one level: a list for HIGHEST_CAPACITY, a tree for the others.
type lane struct {
	head, tail *place
	tree       *btree.BTreeG[*place]
	count      int
}

func (c *candidates) insert(m *place) {
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

func (f *lane) set(m *place) {
	if f.tree == nil {
		f.tree = btree.NewBTreeGOptions((*place).before, btree.Options{NoLocks: true, Degree: 16})
	}
	f.tree.Set(m)
}

// append enters a member into the list. One whose agent has just changed is the last, so the search from the end is over at once.
func (f *lane) append(m *place) {
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
func (c *candidates) remove(m *place) {
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

func (f *lane) unlink(m *place) {
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

// below counts the members with less room than cost.
func (l *levels) below(cost int) int {
	n := 0
	for i := range l.lanes[:min(cost, len(l.lanes))] {
		n += l.lanes[i].count
	}
	return n
}

// ranking walks the members of some classes with room for at least `cost`, best first: most room, then longest without
// a change, then id (HIGHEST_CAPACITY, WS-2). For the other methods it holds the first members, already in order.
type ranking struct {
	from    *candidates
	classes classSet
	cost    int
	level   int
	heads   [classCount]*place
	sorted  []*place
}

// rank begins a walk; atMost is how many members the caller will look at.
func (c *candidates) rank(classes classSet, cost, atMost int) ranking {
	r := ranking{from: c, classes: classes, cost: cost, level: MaxCapacityUnits + 1}
	if c.method != HighestCapacity {
		r.sorted = c.first(classes, cost, atMost)
	}
	return r
}

// first lists the first n members of some classes with room for at least `cost`, in the order of their keys.
func (c *candidates) first(classes classSet, cost, n int) []*place {
	var list []*place
	for class := range c.classes {
		l := &c.classes[class]
		if !classes.has(class) {
			continue
		}
		for level := l.top(MaxCapacityUnits + 1); level >= cost && level >= 0; level = l.top(level) {
			left := n
			l.lanes[level].tree.Scan(func(m *place) bool {
				list = append(list, m)
				left--
				return left > 0
			})
		}
	}
	slices.SortFunc(list, func(a, b *place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.AgentID, b.AgentID)) })
	return list[:min(n, len(list))]
}

// next is the next best member, nil at the end.
func (r *ranking) next() *place {
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
