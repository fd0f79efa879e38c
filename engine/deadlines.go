package engine

import (
	"cmp"
	"time"

	"github.com/tidwall/btree"
)

// deadlineKind is what happens at a deadline; in this order when several are due at the same instant.
type deadlineKind uint8

const (
	offerExpires  deadlineKind = iota // OF-1
	reconnectEnds                     // PR-7
	graceEnds                         // PR-8
	wrapUpEnds                        // CP-3
	dayEnds                           // CP-2
)

// deadline is one thing that is due: a function of a stored row, so that a restart loses none and repeats none.
type deadline struct {
	// at is in microseconds since 1970; 0 stands for no deadline.
	at   int64
	kind deadlineKind
	id   string
}

func (d deadline) compare(o deadline) int {
	if c := cmp.Compare(d.at, o.at); c != 0 {
		return c
	}
	if c := cmp.Compare(d.kind, o.kind); c != 0 {
		return c
	}
	return cmp.Compare(d.id, o.id)
}

// deadlines holds them in the order in which they are due.
type deadlines struct{ tree *btree.BTreeG[deadline] }

func (t *deadlines) add(d deadline) {
	if d.at == 0 {
		return
	}
	if t.tree == nil {
		t.tree = btree.NewBTreeGOptions(func(a, b deadline) bool { return a.compare(b) < 0 }, btree.Options{NoLocks: true})
	}
	t.tree.Set(d)
}

func (t *deadlines) remove(d deadline) {
	if d.at != 0 {
		t.tree.Delete(d)
	}
}

func (t *deadlines) min() (deadline, bool) {
	if t.tree == nil {
		return deadline{}, false
	}
	return t.tree.Min()
}

func at(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMicro()
}

func offerDeadline(o *Offer) deadline { return deadline{at(o.ExpiresAt), offerExpires, string(o.ID)} }

// addAgentDeadlines enters what an agent's row says is due, and removeAgentDeadlines takes it out.
func (e *Engine) addAgentDeadlines(a *agent) {
	e.deadlines.add(deadline{at(a.ReconnectBy), reconnectEnds, string(a.ID)})
	e.deadlines.add(deadline{at(a.DayEndsAt), dayEnds, string(a.ID)})
}

func (e *Engine) removeAgentDeadlines(a *agent) {
	e.deadlines.remove(deadline{at(a.ReconnectBy), reconnectEnds, string(a.ID)})
	e.deadlines.remove(deadline{at(a.DayEndsAt), dayEnds, string(a.ID)})
}

func wrapUpDeadline(w *workItem) deadline {
	return deadline{at(w.assignment.WrapUpEndsAt), wrapUpEnds, string(w.ID)}
}

// graceDeadline is when the agent's sessions of before the restart are given up.
func (e *Engine) graceDeadline(a *agent) deadline {
	if a.orphans == 0 {
		return deadline{}
	}
	end := e.startedAt.Add(RestartGrace)
	return deadline{at(&end), graceEnds, string(a.ID)}
}
