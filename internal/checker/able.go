package checker

import (
	"slices"
	"time"
)

// verdict is whether an agent could have taken an item at a point.
type verdict struct {
	// codes are all checks that fail; none means able.
	codes []string
	// also are codes that a decision may give although the agent is able.
	also []string
	sure bool
}

func (v verdict) able() bool { return len(v.codes) == 0 }

// asPreferred judges an agent of the contact's row (RT-3, RT-4): a member with an allowed presence, whatever they hold, but with one
// open offer beyond capacity at most; not tried yet, or, where the item is left to preferred agents, free to be asked again (RT-5, OF-4).
func (w *world) asPreferred(it *itemLine, agent string, p point) verdict {
	v := w.present(it, agent, p)
	if it.workstream.CapacityUnits > w.free(agent, p) && w.overOpen(agent, p) != nil {
		v.codes = append(v.codes, "OVER_CAPACITY_OFFER_OPEN")
	}
	held, count, sure := w.held(it, agent, p)
	v.sure = v.sure && sure
	switch {
	case count == 0:
	case held != "":
		v.codes = append(v.codes, held)
	case it.policy.WhenUnavailable == leaveUnassigned:
		v.also = []string{"ALREADY_DECLINED", "DECLINE_LIMIT"} // tried in this round; asked again in the next
	default:
		v.codes = append(v.codes, "ALREADY_DECLINED", "DECLINE_LIMIT")
	}
	return v
}

// asMember judges an agent for the queue's assignment method (WS-4, OF-4).
func (w *world) asMember(it *itemLine, agent string, p point) verdict {
	v := w.present(it, agent, p)
	if it.workstream.CapacityUnits > w.free(agent, p) {
		v.codes = append(v.codes, "NO_CAPACITY")
	}
	held, _, sure := w.held(it, agent, p)
	v.sure = v.sure && sure
	if held != "" {
		v.codes = append(v.codes, held)
	}
	return v
}

// present judges membership, session and presence. An item that is assigned without asking needs no session where Offline is allowed
// (OF-2).
func (w *world) present(it *itemLine, agent string, p point) verdict {
	v := verdict{sure: true}
	is, sure := w.member(it.queue, agent, p.at)
	v.sure = sure
	if !is {
		v.codes = append(v.codes, "NOT_QUEUE_MEMBER")
	}
	base, signedIn, sure := w.presence(agent, p.at)
	v.sure = v.sure && sure
	allowed := slices.Contains(it.workstream.AllowedPresences, base)
	if !signedIn && !(allowed && it.workstream.AcceptMode == auto) {
		v.codes = append(v.codes, "NOT_SIGNED_IN")
	}
	if !allowed {
		v.codes = append(v.codes, "PRESENCE_NOT_ALLOWED")
	}
	return v
}

// held tells whether rejecting or missing an item keeps an agent from being asked again: until they choose a presence by hand or sign
// in, at the limit only by hand (OF-4). Count is how often they did.
func (w *world) held(it *itemLine, agent string, p point) (code string, count int, sure bool) {
	var last time.Time
	for _, o := range it.offers {
		if o.Agent == agent && (o.State == rejected || o.State == missed) && p.isPast(o.EndedAt) {
			count++
			last = *o.EndedAt
		}
	}
	if count == 0 {
		return "", 0, true
	}
	sure = true
	byHand, signIn := false, false
	for _, c := range w.agents[agent].presence {
		switch {
		case c.NotBefore.After(p.at) || !c.NotAfter.After(last):
		case c.NotAfter.After(p.at) || c.NotBefore.Before(last):
			sure = false
		case c.Cause == "MANUAL":
			byHand = true
		case c.Cause == "SIGN_IN":
			signIn = true
		}
	}
	switch {
	case byHand:
		return "", count, sure
	case count >= it.workstream.DeclineLimit:
		return "DECLINE_LIMIT", count, sure
	case signIn:
		return "", count, sure
	}
	return "ALREADY_DECLINED", count, sure
}

// preferredRow is the row that routing goes by for an item: none when preferred agents are not asked (RT-1, RT-2).
func (w *world) preferredRow(it *itemLine, at time.Time) (row []string, sure bool) {
	if !it.policy.Enabled || it.Contact == "" {
		return nil, true
	}
	return w.row(it.Contact, at)
}

// mayTake tells whether an agent could have been given an item at a point, on whatever path (RT-4, RT-5).
func (w *world) mayTake(it *itemLine, agent string, p point) (able, sure bool) {
	row, sure := w.preferredRow(it, p.at)
	policy := it.policy
	if slices.Contains(row, agent) {
		if v := w.asPreferred(it, agent, p); v.able() || !v.sure {
			return v.able(), v.sure && sure
		}
	}
	if len(row) > 0 && policy.WhenUnavailable == leaveUnassigned {
		return false, sure
	}
	v := w.asMember(it, agent, p)
	return v.able(), v.sure && sure
}
