package checker

import (
	"cmp"
	"slices"
	"strings"
)

// waiter is an item in one of the times in which it waited.
type waiter struct {
	*itemLine
	wait
}

// checkOrder judges which item an agent was given: of those that waited and that they could have taken at that instant, the first by
// queue priority, item priority, age (WS-3). It goes through the offers in order, with what waits at each.
func (w *world) checkOrder() {
	var offers []*offerLine
	var waiters []waiter
	for _, it := range w.inOrder {
		offers = append(offers, it.offers...)
		for _, i := range it.waits {
			waiters = append(waiters, waiter{it, i})
		}
	}
	slices.SortFunc(offers, inOrderOfMaking)
	slices.SortStableFunc(waiters, func(a, b waiter) int { return a.from.Compare(b.from) })
	var waiting []waiter
	next := 0
	for _, o := range offers {
		for ; next < len(waiters) && !waiters[next].from.After(o.OfferedAt); next++ {
			waiting = append(waiting, waiters[next])
		}
		waiting = slices.DeleteFunc(waiting, func(i waiter) bool { return i.until.Before(o.OfferedAt) })
		if w.inDoubt(o.OfferedAt) {
			w.undecided++
			continue
		}
		w.checkFirst(o, waiting)
	}
}

// checkFirst: no item that waits comes before the one that was offered and could be taken by the agent.
func (w *world) checkFirst(o *offerLine, waiting []waiter) {
	p := beforeOffer(o)
	t := w.terms(o.item, o.OfferedAt)
	if !t.sure {
		w.undecided++
		return
	}
	for _, other := range waiting {
		if other.itemLine == o.item || !other.waitsAt(p) {
			continue
		}
		terms := w.terms(other.itemLine, o.OfferedAt)
		if terms.sure && compareWaiting(other.itemLine, &terms, o.item, &t) >= 0 {
			continue
		}
		able, sure := w.mayTake(other.itemLine, &terms, o.Agent, p)
		switch {
		case !sure:
			w.undecided++
		case able && !terms.stays():
			w.broke("WS-3", o.OfferedAt, "%s was made while item %s, which comes before it (priority %d, created %s) and which the agent could take, waited",
				o.name(), other.ID, terms.place.Priority, stamp(other.CreatedAt))
		default:
			w.judged++
		}
	}
}

// compareWaiting is the order of WS-3.
func compareWaiting(a *itemLine, at *terms, b *itemLine, bt *terms) int {
	byQueue := 0
	if at.queue != bt.queue {
		byQueue = cmp.Compare(at.settings.Priority, bt.settings.Priority)
	}
	return cmp.Or(byQueue, cmp.Compare(at.place.Priority, bt.place.Priority), a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
}
