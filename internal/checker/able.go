package checker

import (
	"slices"
	"sort"
	"time"
)

// verdict is whether an agent could have taken an item at a point.
type verdict struct {
	// codes are all checks that fail, in the order in which routing makes them; none means able.
	codes []string
	// also are codes that a decision may give although the agent is able.
	also []string
	sure bool
	// declines is how often they declined the item.
	declines int
}

func (v verdict) able() bool { return len(v.codes) == 0 }

func (v *verdict) fails(code string, sure bool) {
	v.codes = append(v.codes, code)
	v.sure = v.sure && sure
}

// asPreferred judges an agent of the contact's row (RT-3, RT-4): a member with an allowed presence, whatever they hold, but with one
// open offer beyond capacity at most; not tried yet, or, where the item is left to preferred agents, free to be asked again (RT-5, OF-4).
func (w *world) asPreferred(it *itemLine, t *terms, agent string, p point) verdict {
	a := w.agents[agent]
	if a == nil {
		return verdict{codes: []string{"AGENT_NOT_FOUND"}, sure: true}
	}
	v := w.present(t, a, p)
	if units, over, sure := a.free(p); t.CapacityUnits > units && over > 0 {
		v.fails("OVER_CAPACITY_OFFER_OPEN", sure)
	} else {
		v.sure = v.sure && sure
	}
	w.limit(&v, a, p)
	held, count, sure := w.held(it, t, a, p)
	v.sure, v.declines = v.sure && sure, count
	switch {
	case count == 0:
	case held != "":
		v.codes = append(v.codes, held)
	case t.left(), it.wasLeft(p):
		v.also = []string{"ALREADY_DECLINED", "DECLINE_LIMIT"} // tried in this round; asked again in the next
	default:
		v.codes = append(v.codes, "ALREADY_DECLINED", "DECLINE_LIMIT")
	}
	return v
}

// wasLeft tells whether the item's last decision before a point left it unassigned.
func (it *itemLine) wasLeft(p point) bool {
	n := sort.Search(len(it.Decisions), func(i int) bool {
		d := &it.Decisions[i]
		return d.DecidedAt.After(p.at) || d.DecidedAt.Equal(p.at) && p.before != "" && d.Offer >= p.before
	})
	return n > 0 && it.Decisions[n-1].Outcome == "LEFT_UNASSIGNED"
}

// asMember judges an agent for the queue's assignment method (WS-4, OF-4).
func (w *world) asMember(it *itemLine, t *terms, agent string, p point) verdict {
	a := w.agents[agent]
	v := w.present(t, a, p)
	units, _, sure := a.free(p)
	v.sure = v.sure && sure
	if t.CapacityUnits > units {
		v.codes = append(v.codes, "NO_CAPACITY")
	}
	w.limit(&v, a, p)
	held, count, sure := w.held(it, t, a, p)
	v.sure, v.declines = v.sure && sure, count
	if held != "" {
		v.codes = append(v.codes, held)
	}
	return v
}

// limit judges the limit of open work: assignments and open offers count, on every automatic path (PR-4).
func (w *world) limit(v *verdict, a *agentLine, p point) {
	if a.load.by(p).work >= w.h.OpenWorkLimit {
		v.codes = append(v.codes, openWorkLimit)
	}
}

// present judges membership, session and presence. An item that is assigned without asking needs no session where Offline is allowed
// (OF-2).
func (w *world) present(t *terms, a *agentLine, p point) verdict {
	v := verdict{sure: true}
	if settings, sure := a.settings.at(p.at); settings == nil {
		v.fails("AGENT_NOT_FOUND", sure)
		return v
	}
	is, sure := t.queue.member(a.id, p.at)
	v.sure = sure
	if !is {
		v.codes = append(v.codes, "NOT_QUEUE_MEMBER")
	}
	there, sure := a.presentAt(p)
	v.sure = v.sure && sure
	allowed := slices.Contains(t.AllowedPresences, there.base)
	if !there.signedIn && !(allowed && t.AcceptMode == auto) {
		v.codes = append(v.codes, "NOT_SIGNED_IN")
	}
	if !allowed {
		v.codes = append(v.codes, "PRESENCE_NOT_ALLOWED")
	}
	return v
}

// held tells whether rejecting or missing an item, or handing it over, keeps an agent from being asked again: until they choose a presence
// by hand, sign in or reset theirs, at the limit only by hand (OF-4). A transfer with preferred agents, and being deleted, make them new to the item
// (WS-6). Count is how often they declined.
func (w *world) held(it *itemLine, t *terms, a *agentLine, p point) (code string, count int, sure bool) {
	if len(it.declines) == 0 {
		return "", 0, true
	}
	last := time.Time{}
	sure = true
	for _, d := range it.declines {
		if d.agent != a.id || d.at.After(p.at) {
			continue
		}
		forgotten, certain := it.renewed(d.at, p.at)
		if again, known := a.bornSince(d.at, p.at); again {
			forgotten, certain = true, known
		}
		if sure = sure && certain && d.sure; forgotten {
			continue
		}
		count++
		last = d.at
	}
	if count == 0 {
		return "", 0, sure
	}
	byHand, bySignIn, certain := a.marks(last, p.at)
	switch {
	case byHand:
		return "", count, sure
	case count >= t.DeclineLimit:
		return "DECLINE_LIMIT", count, sure && certain
	case bySignIn:
		return "", count, sure && certain
	}
	return "ALREADY_DECLINED", count, sure && certain
}

// renewed tells whether what was declined at an instant is forgotten at another.
func (it *itemLine) renewed(declined, at time.Time) (is, sure bool) {
	for _, s := range it.renewals {
		switch {
		case s.NotAfter.Before(declined) || s.NotBefore.After(at):
		case s.exact() && s.NotAfter.Equal(declined): // whoever hands an item over declines it after that
		case s.exact():
			return true, true
		default:
			return false, false
		}
	}
	return false, true
}

// bornSince tells whether there was no such agent at some time since an instant.
func (a *agentLine) bornSince(since, at time.Time) (is, sure bool) {
	for _, s := range a.settings.steps {
		if s.value == nil && !s.NotAfter.Before(since) && !s.NotBefore.After(at) {
			return true, !s.NotBefore.Before(since) && !s.NotAfter.After(at)
		}
	}
	return false, true
}

// marks tells whether an agent chose a presence by hand, or signed in or reset theirs, between two instants.
func (a *agentLine) marks(since, until time.Time) (byHand, bySignIn, sure bool) {
	sure = true
	first := sort.Search(len(a.presence), func(i int) bool { return a.presence[i].NotAfter.After(since) })
	for _, c := range a.presence[first:] {
		switch {
		case c.NotBefore.After(until):
			if !c.More && c.exact() {
				return byHand, bySignIn, sure
			}
		case c.NotAfter.After(until), c.NotBefore.Before(since), c.More:
			sure = false
		case c.Cause == manual:
			byHand = true
		case c.Cause == signIn, c.Cause == reset:
			bySignIn = true
		}
	}
	return byHand, bySignIn, sure
}

// mayTake tells whether an agent could have been given an item at a point, on whatever path (RT-4, RT-5).
func (w *world) mayTake(it *itemLine, t *terms, agent string, p point) (able, sure bool) {
	a := w.agents[agent]
	if is, known := t.queue.member(agent, p.at); t.sure && known && !is || a == nil || t.sure && t.Picked || a.load.by(p).work >= w.h.OpenWorkLimit {
		return false, true
	}
	if slices.Contains(t.row, agent) {
		if v := w.asPreferred(it, t, agent, p); v.able() || !v.sure {
			return v.able(), v.sure && t.sure
		}
	}
	if t.left() || t.Picked {
		return false, t.sure
	}
	v := w.asMember(it, t, agent, p)
	return v.able(), v.sure && t.sure
}
