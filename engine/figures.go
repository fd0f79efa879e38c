package engine

import (
	"time"

	"github.com/tidwall/btree"
)

// QueueFigures are what a queue holds and who of its members is there (EV-3).
type QueueFigures struct {
	QueueID QueueID
	// Waiting counts what waits, of which LeftUnassigned is left to preferred agents and people (RT-5).
	Waiting, LeftUnassigned, Offered, Assigned int
	// OldestWaitingAt is when the item that has waited longest was created, nil when none waits.
	OldestWaitingAt *time.Time
	// Members are all, SignedIn those with a live session, Presences those by what routing reads.
	Members, SignedIn int
	Presences         [len(BasePresences)]PresenceCount
}

// Equal tells whether nothing differs.
func (f *QueueFigures) Equal(o *QueueFigures) bool {
	a, b := *f, *o
	a.OldestWaitingAt, b.OldestWaitingAt = nil, nil
	return a == b && at(f.OldestWaitingAt) == at(o.OldestWaitingAt)
}

// PresenceCount is how many agents have a presence.
type PresenceCount struct {
	Base  BasePresence
	Count int
}

// queueCounts count a queue's open items by where they stand.
type queueCounts struct {
	waitingCount, left, offered, assigned int
	// byAge holds what waits, the oldest first: ids are in the order of creation.
	byAge *btree.BTreeG[*workItem]
	// figuresTouched is the batch in which the figures were marked last.
	figuresTouched uint64
}

func (c *queueCounts) open() int { return c.waitingCount + c.offered + c.assigned }

// count enters an open item (by 1) or takes it out (by -1).
func (c *queueCounts) count(w *workItem, by int) {
	switch w.Status {
	case Queued:
		c.waitingCount += by
		if w.LeftUnassigned {
			c.left += by
		}
		if c.byAge == nil {
			less := func(a, b *workItem) bool { return a.ID < b.ID }
			c.byAge = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: 16})
		}
		if by > 0 {
			c.byAge.Set(w)
		} else {
			c.byAge.Delete(w)
		}
	case Offered:
		c.offered += by
	case Assigned, Waiting, WrapUpWork:
		c.assigned += by
	}
}

func (q *queue) figures() QueueFigures {
	f := QueueFigures{
		QueueID: q.ID, Waiting: q.waitingCount, LeftUnassigned: q.left, Offered: q.offered, Assigned: q.assigned, Members: len(q.members),
	}
	for i, base := range BasePresences {
		n := q.candidates[0].classes[i].count + q.candidates[0].classes[i+classesBelow].count
		f.Presences[i] = PresenceCount{base, n}
		f.SignedIn += n
	}
	if q.byAge != nil {
		if oldest, ok := q.byAge.Min(); ok {
			created := oldest.CreatedAt
			f.OldestWaitingAt = &created
		}
	}
	return f
}

// QueueFigures gives the figures of all queues, in the order of their creation.
func (e *Engine) QueueFigures() []QueueFigures {
	list := make([]QueueFigures, len(e.queues.all))
	for i, q := range e.queues.all {
		list[i] = q.figures()
	}
	return list
}

// NoFigures are those of a queue in which nothing and nobody is.
func NoFigures(id QueueID) *QueueFigures {
	f := &QueueFigures{QueueID: id}
	for i, base := range BasePresences {
		f.Presences[i].Base = base
	}
	return f
}
