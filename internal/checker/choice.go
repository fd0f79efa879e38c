package checker

import (
	"cmp"
	"slices"
	"strings"
)

// checkChoices judges who was asked at each decision, by who was able at that instant.
func (w *world) checkChoices() {
	for _, it := range w.inOrder {
		for i := range it.Decisions {
			d := &it.Decisions[i]
			p, ok := w.decidable(d)
			if !ok {
				w.undecided++
				continue
			}
			w.checkPreferredOrder(it, d, p)
			if d.NextBest != nil {
				w.checkMethod(it, d, p)
			}
		}
	}
}

// checkPreferredOrder: each agent of the row before the chosen one, or all of them when none was, was unable, for the reason that the
// decision gives; the chosen one was able (RT-3, RT-4, RT-5).
func (w *world) checkPreferredOrder(it *itemLine, d *Decision, p point) {
	for _, c := range d.Preferred {
		if w.agents[c.Agent] == nil || c.Code == "NOT_REACHED" {
			continue
		}
		v := w.asPreferred(it, c.Agent, p)
		if !v.sure {
			w.undecided++
			continue
		}
		w.judged++
		switch {
		case c.Code == "OFFERED" && !v.able():
			w.broke("RT-4", d.DecidedAt, "item %s was offered to preferred agent %s (position %d), who was not able: %v", it.ID, c.Agent, c.Position, v.codes)
		case c.Code != "OFFERED" && v.able() && !slices.Contains(v.also, c.Code):
			w.broke("RT-4", d.DecidedAt, "decision %s of item %s passed over preferred agent %s (position %d) with %s, who was able", d.ID, it.ID,
				c.Agent, c.Position, c.Code)
		case c.Code != "OFFERED" && !slices.Contains(v.codes, c.Code) && !slices.Contains(v.also, c.Code):
			w.broke("DX-1", d.DecidedAt, "decision %s of item %s passed over preferred agent %s with %s, true is %v", d.ID, it.ID, c.Agent, c.Code, v.codes)
		}
	}
}

// checkMethod judges HIGHEST_CAPACITY: who has most units left among the members who are able, those who declined the item before last
// (WS-2, WS-4, OF-4).
func (w *world) checkMethod(it *itemLine, d *Decision, p point) {
	var able []Ranked
	members := 0
	for _, a := range w.h.Agents {
		is, sure := w.member(it.queue, a.ID, p.at)
		if is {
			members++
		}
		v := w.asMember(it, a.ID, p)
		if !sure || !v.sure {
			w.undecided++
			return
		}
		if v.able() {
			_, declined, _ := w.held(it, a.ID, p)
			able = append(able, Ranked{a.ID, w.free(a.ID, p), declined > 0})
		}
	}
	w.judged++
	slices.SortStableFunc(able, compareRanked)
	refused := 0
	for _, c := range d.NextBest.Refused {
		refused += c.Count
	}
	if d.NextBest.Members != members || members-refused != len(able) {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s saw %d members and refused %d; there were %d, of whom %d were able", d.ID, it.ID,
			d.NextBest.Members, refused, members, len(able))
	}
	for i, r := range d.NextBest.Ranked {
		if i >= len(able) || compareRanked(r, able[i]) != 0 || !slices.Contains(able, r) {
			w.broke("WS-2", d.DecidedAt, "decision %s of item %s ranks agent %s as number %d (%d units left, declined before %t); able were %v",
				d.ID, it.ID, r.Agent, i+1, r.FreeUnits, r.DeclinedBefore, able)
			return
		}
	}
	if len(d.NextBest.Ranked) == 0 && len(able) > 0 {
		w.broke("WS-5", d.DecidedAt, "decision %s of item %s found nobody, but able were %v", d.ID, it.ID, able)
	}
}

// compareRanked is the order of HIGHEST_CAPACITY without its ties.
func compareRanked(a, b Ranked) int {
	switch {
	case a.DeclinedBefore == b.DeclinedBefore:
		return cmp.Compare(b.FreeUnits, a.FreeUnits)
	case b.DeclinedBefore:
		return -1
	}
	return 1
}

// checkOrder judges which item an agent was given: of those that waited and that they could have taken at that instant, the first by
// queue priority, item priority, age (WS-3).
func (w *world) checkOrder() {
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			if w.inDoubt(o.OfferedAt) {
				w.undecided++
				continue
			}
			p := beforeOffer(o)
			for _, other := range w.inOrder {
				if compareWaiting(other, it) >= 0 || !other.waitsAt(p) {
					continue
				}
				able, sure := w.mayTake(other, o.Agent, p)
				switch {
				case !sure:
					w.undecided++
				case able && !other.staysLeft():
					w.broke("WS-3", o.OfferedAt, "%s was made while item %s, which comes before it (priority %d, created %s) and which the agent could take, waited",
						o.name(), other.ID, other.Priority, stamp(other.CreatedAt))
				default:
					w.judged++
				}
			}
		}
	}
}

func compareWaiting(a, b *itemLine) int {
	byQueue := 0
	if a.queue != b.queue {
		byQueue = cmp.Compare(a.queue.Priority, b.queue.Priority)
	}
	return cmp.Or(byQueue, cmp.Compare(a.Priority, b.Priority), a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
}

// waitsAt tells whether the item waited at a point.
func (it *itemLine) waitsAt(p point) bool {
	for _, i := range it.waits {
		began := !i.from.After(p.at)
		over := i.until.Before(p.at) || i.until.Equal(p.at) && (i.next == "" || i.next <= p.before)
		if began && !over {
			return true
		}
	}
	return false
}

// staysLeft: left to a person for good, because it is not even offered to preferred agents again (RT-5).
func (it *itemLine) staysLeft() bool {
	policy := it.policy
	return policy.WhenUnavailable == leaveUnassigned && !policy.RetryPreferred
}
