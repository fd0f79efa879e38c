package e2e

import (
	"slices"
	"sort"
)

// maxResume is over how many changes a subscription is resumed at most.
const maxResume = 20_000

// history is everything that happened, and who was where meanwhile.
type history struct {
	events []streamEvent
	// joined are the places at which an agent came into a queue and went, by queue and agent; there those at which an agent was created and
	// deleted, in turns.
	joined map[[2]string][]place
	there  map[string][]place
}

func newHistory(events []streamEvent) *history {
	h := &history{events: events, joined: map[[2]string][]place{}, there: map[string][]place{}}
	for _, ev := range events {
		switch {
		case memberEvents[ev.kind]:
			key := [2]string{ev.queue, ev.agent}
			h.joined[key] = append(h.joined[key], ev.at)
		case ev.kind == "AGENT_CREATED" || ev.kind == "AGENT_DELETED":
			h.there[ev.agent] = append(h.there[ev.agent], ev.at)
		}
	}
	return h
}

// isOn tells whether what goes on and off at these places, off at first, is on at another.
func isOn(turns []place, at place) bool {
	return sort.Search(len(turns), func(i int) bool { return turns[i].compare(at) > 0 })%2 == 1
}

func (h *history) isMember(queue, agent string, at place) bool {
	return isOn(h.joined[[2]string{queue, agent}], at)
}

// between is how many of the events are behind one place, and up to another.
func between(events []streamEvent, from, to place) []streamEvent {
	lo := sort.Search(len(events), func(i int) bool { return events[i].at.compare(from) > 0 })
	hi := sort.Search(len(events), func(i int) bool { return events[i].at.compare(to) > 0 })
	return events[lo:max(lo, hi)]
}

// check holds what each connection of readers of one scope brought against what happened: a new event for everything behind READY, and each object that
// changed between the cursor and READY once. It gives over how many changes a resumption went at most.
func (h *history) check(readers []*reader) (longest int) {
	s := readers[0].scope
	if s.kind == ofFigures || s.conditions() > 1 { // figures follow from the state; REMOVED may tell of what passed one condition only
		return 0
	}
	var own []streamEvent
	for i := range h.events {
		ev := h.events[i]
		if s.concerns(&ev, func(q, a string) bool { return h.isMember(q, a, ev.at) }) != "" {
			own = append(own, ev)
		}
	}
	sums := make([]sum, len(own)+1)
	for i, ev := range own {
		sums[i+1] = sums[i]
		sums[i+1].addPlace(ev.at)
	}
	for _, r := range readers {
		for i := range r.lives {
			l := &r.lives[i]
			longest = max(longest, h.checkStart(r, l, own))
			to := l.to
			if l.final {
				to = h.events[len(h.events)-1].at
			}
			lo := len(between(own, place{}, l.at))
			hi := lo + len(between(own, l.at, to))
			if want := (sum{sums[hi].n - sums[lo].n, sums[hi].v - sums[lo].v}); l.tail != want {
				r.violation("%d messages from %s to %s (the end: %t), and %d changes, or others", l.tail.n, l.at, to, l.final, want.n)
			}
		}
	}
	return longest
}

func (h *history) checkStart(r *reader, l *streamLife, own []streamEvent) (over int) {
	if l.after == nil {
		return 0
	}
	meanwhile := between(h.events, *l.after, l.at)
	if l.reset {
		if len(meanwhile) <= maxResume {
			r.violation("RESET after %d changes", len(meanwhile))
		}
		return 0
	}
	objects := map[string]bool{}
	if r.scope.queue != "" && r.scope.kind == ofPresence {
		for i := range meanwhile {
			if id := r.scope.concerns(&meanwhile[i], func(q, a string) bool { return h.isMember(q, a, l.at) }); id != "" {
				objects[id] = true
			}
		}
	} else {
		for _, ev := range between(own, *l.after, l.at) {
			objects[r.scope.concerns(&ev, nil)] = true
		}
		for _, ev := range meanwhile { // a decision that made an offer has no message, but the work item has changed
			if asked := ev; r.scope.kind == ofItems && ev.asked {
				asked.asked = false
				objects[r.scope.concerns(&asked, nil)] = true
			}
		}
		delete(objects, "")
	}
	for _, id := range r.scope.agents { // who is named and not there is told of in any case
		if !isOn(h.there[id], l.at) {
			objects[id] = true
		}
	}
	var want sum
	for id := range objects {
		want.addText(id)
	}
	if l.start != want {
		r.violation("resumed behind %s at %s with %d objects, and %d have changed, or others", l.after, l.at, l.start.n, want.n)
	}
	return len(meanwhile)
}

// everyKind are all kinds of events.
var everyKind = []string{
	"ORGANIZATION_CHANGED", "POLICY_CHANGED", "CONTACT_CREATED", "CONTACT_CHANGED", "CONTACT_DELETED", "AGENT_CREATED", "AGENT_CHANGED", "AGENT_DELETED",
	"QUEUE_CREATED", "QUEUE_CHANGED", "QUEUE_DELETED", "QUEUE_MEMBER_ADDED", "QUEUE_MEMBER_REMOVED", "WORKSTREAM_CREATED", "WORKSTREAM_CHANGED",
	"WORKSTREAM_DELETED", "PREFERRED_AGENTS_CHANGED", "SESSION_OPENED", "SESSION_CLOSED", "PRESENCE_CHANGED", "WORK_ITEM_CREATED", "WORK_ITEM_COMPLETED",
	"WORK_ITEM_CANCELLED", "WORK_ITEM_PICKED", "WORK_ITEM_ASSIGNED", "WORK_ITEM_UNASSIGNED", "WORK_ITEM_LEFT_QUEUE", "WORK_ITEM_TRANSFERRED",
	"WORK_ITEM_PRIORITY_CHANGED", "CONTACT_UNLINKED", "CONTACT_LINKED", "OFFER_MADE", "OFFER_ACCEPTED", "OFFER_REJECTED", "OFFER_MISSED", "OFFER_REVOKED",
	"DECISION",
}

// missingKinds are those that did not happen.
func (h *history) missingKinds() []string {
	seen := map[string]bool{}
	for _, ev := range h.events {
		seen[ev.kind] = true
	}
	return slices.DeleteFunc(slices.Clone(everyKind), func(kind string) bool { return seen[kind] })
}
