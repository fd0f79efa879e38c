package checker

import (
	"slices"
	"strings"
)

// checkChoices judges who was asked at each decision, by who was able at that instant.
func (w *world) checkChoices() {
	for _, it := range w.inOrder {
		for i := range it.Decisions {
			d := &it.Decisions[i]
			p, ok := w.decidable(d)
			t := w.terms(it, d.DecidedAt)
			if !ok || !t.sure {
				w.undecided++
				continue
			}
			w.checkPreferredOrder(it, d, &t, p)
			w.checkLimited(it, d, &t, p)
			if d.NextBest != nil {
				w.checkMethod(it, d, &t, p)
			}
		}
	}
}

// checkPreferredOrder: each agent of the row before the chosen one, or all of them when none was, was unable, for the reason that the
// decision gives; the chosen one was able (RT-3, RT-4, RT-5).
func (w *world) checkPreferredOrder(it *itemLine, d *Decision, t *terms, p point) {
	for _, c := range d.Preferred {
		if c.Code == "NOT_REACHED" {
			continue
		}
		v := w.asPreferred(it, t, c.Agent, p)
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

// checkMethod judges the queue's assignment method: who is first among the members who are able, and what is told of them and of the
// others (WS-2, WS-4, OF-4, DX-1).
func (w *world) checkMethod(it *itemLine, d *Decision, t *terms, p point) {
	var able []contender
	members, sure := 0, true
	refused := map[string]int{}
	for _, agent := range t.queue.ever {
		a := w.agents[agent]
		if a == nil {
			continue
		}
		is, known := t.queue.member(agent, p.at)
		if !is && known {
			continue
		}
		members++
		v := w.asMember(it, t, agent, p)
		sure = sure && known && v.sure
		if !v.able() {
			refused[v.codes[0]]++
			continue
		}
		able = append(able, w.contender(t, a, v, p))
	}
	if !sure {
		w.undecided++
		return
	}
	w.judged++
	n := d.NextBest
	told := map[string]int{}
	for _, c := range n.Refused {
		told[c.Code] += c.Count
	}
	if n.Method != t.settings.AssignmentMethod || n.Members != members || !sameCounts(told, refused) {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s by %s saw %d members and refused %v; by %s there were %d, of whom %d were able and %v refused",
			d.ID, it.ID, n.Method, n.Members, told, t.settings.AssignmentMethod, members, len(able), refused)
		return
	}
	w.checkRanking(it, d, able)
}

func sameCounts(a, b map[string]int) bool {
	for _, codes := range []map[string]int{a, b} {
		for code := range codes {
			if a[code] != b[code] {
				return false
			}
		}
	}
	return true
}

// checkRanking: nobody who is able comes behind somebody whom they surely precede, and what is told of each is true.
func (w *world) checkRanking(it *itemLine, d *Decision, able []contender) {
	n := d.NextBest
	left := slices.Clone(able)
	for i, r := range n.Ranked {
		at := slices.IndexFunc(left, func(c contender) bool { return c.id == r.Agent })
		if at < 0 || !left[at].isTold(r) {
			w.broke("WS-2", d.DecidedAt, "decision %s of item %s ranks agent %s as number %d (%d units left, declined before %t); able were %v",
				d.ID, it.ID, r.Agent, i+1, r.FreeUnits, r.DeclinedBefore, able)
			return
		}
		chosen := left[at]
		left = slices.Delete(left, at, at+1)
		for _, other := range left {
			before, sure := other.before(chosen, n.Method)
			switch {
			case !sure:
				w.undecided++
			case before:
				w.broke("WS-2", d.DecidedAt, "decision %s of item %s by %s ranks agent %s as number %d, but agent %s comes before; able were %v",
					d.ID, it.ID, n.Method, r.Agent, i+1, other.id, able)
				return
			default:
				w.judged++
			}
		}
	}
	if len(n.Ranked) == 0 && len(able) > 0 {
		w.broke("WS-5", d.DecidedAt, "decision %s of item %s found nobody, but able were %v", d.ID, it.ID, able)
	}
}

// compareIDs ends every tie (WS-2).
func compareIDs(a, b contender) bool { return strings.Compare(a.id, b.id) < 0 }
