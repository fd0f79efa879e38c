package engine

import "github.com/tidwall/btree"

// waitingList holds waiting items in the order of WS-3.
type waitingList struct{ tree *btree.BTreeG[*workItem] }

func (l *waitingList) add(w *workItem) {
	if l.tree == nil {
		less := func(a, b *workItem) bool { return compareWaiting(a, b) < 0 }
		l.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: 16})
	}
	l.tree.Set(w)
}

func (l *waitingList) remove(w *workItem) { l.tree.Delete(w) }

func (l *waitingList) len() int {
	if l.tree == nil {
		return 0
	}
	return l.tree.Len()
}

// first is the first item that passes, nil when there is none.
func (l *waitingList) first(pass func(*workItem) bool) *workItem {
	if l.tree == nil {
		return nil
	}
	var found *workItem
	l.tree.Scan(func(w *workItem) bool {
		if pass(w) {
			found = w
		}
		return found == nil
	})
	return found
}

func (l *waitingList) all() []*workItem {
	if l.tree == nil {
		return nil
	}
	return l.tree.Items()
}

// waitingClass holds the waiting items of one workstream in one queue.
type waitingClass struct {
	workstream *workstream
	// anyone may be taken by every member who qualifies; unassigned only by a preferred agent (RT-5).
	anyone, unassigned waitingList
}

// waitingItems lists what waits in a queue.
func (q *queue) waitingItems() []*workItem {
	var items []*workItem
	for _, c := range q.waiting {
		items = append(append(items, c.anyone.all()...), c.unassigned.all()...)
	}
	return items
}

func (c *waitingClass) list(w *workItem) *waitingList {
	if w.LeftUnassigned {
		return &c.unassigned
	}
	return &c.anyone
}

// class finds or makes the place where the queue's items of a workstream wait.
func (q *queue) class(ws *workstream) *waitingClass {
	for _, c := range q.waiting {
		if c.workstream == ws {
			return c
		}
	}
	c := &waitingClass{workstream: ws}
	q.waiting = append(q.waiting, c)
	return c
}
