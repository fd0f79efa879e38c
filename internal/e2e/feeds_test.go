package e2e

import (
	"strings"
	"testing"
)

// TestFeeds follows each of the five subscriptions over the real socket (EV-1, EV-3).
func TestFeeds(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		newCentre(t, s, 0, "").enablePreferred()
		for _, part := range []struct {
			name string
			test func(t *testing.T, s *server)
		}{
			{"work items", workItemFeeds},
			{"work items by filter", workItemFilters},
			{"presence", presenceFeeds},
			{"decisions", decisionFeeds},
			{"figures", figureFeeds},
			{"offers", offerFeeds},
			{"arguments", feedArguments},
			{"resume", feedsResume},
			{"resume at odd cursors", oddCursors},
			{"who is no session", onlyOwnOffersAreSessions},
			{"resumed sessions", sessionsResume},
			{"deleted queue", queueDeletedUnderFeeds},
			{"deleted agent", agentDeletedUnderFeeds},
			{"deleted contact and workstream", otherDeletionsUnderFeeds},
			{"slow reader", slowReaderIsCut},
		} {
			t.Run(part.name, func(t *testing.T) { part.test(t, s) })
		}
	})
}

// workItemFeeds: what is open at the start, then every change in order, with the item as it was right after it.
func workItemFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a, contact, other := c.agents[0], c.newContact(), c.newContact()
	second := c.newQueue()
	item := c.newItem(contact)
	f := c.feed("", "workItems", vars{"filter": vars{"queueId": c.queue}})
	f.begins("STATE QUEUED")
	c.give("", "setWorkItemPriority", `__typename`, vars{"workItemId": item, "priority": 5})
	if m := f.follows("CHANGED PRIORITY_CHANGED QUEUED")[0]; m.text("workItem.priority") != "5" || m.text("at") == "null" {
		t.Errorf("re-prioritised: %s", encoded(m))
	}
	session := signIn(t, s, a)
	f.follows("CHANGED OFFERED OFFERED")
	o := c.item(item).text("offer.id")
	c.reject(a, o)
	f.follows("CHANGED OFFER_REJECTED QUEUED, CHANGED DECIDED QUEUED")
	c.pick(a, vars{"workItemId": item})
	f.follows("CHANGED PICKED ASSIGNED")
	c.link(item, other)
	for _, m := range f.follows("CHANGED CONTACT_UNLINKED ASSIGNED, CHANGED CONTACT_LINKED ASSIGNED") {
		if m.text("workItem.contactId") != other {
			t.Errorf("linked: %s", encoded(m))
		}
	}
	c.transfer("", item, second)
	f.follows("CHANGED UNASSIGNED QUEUED, REMOVED LEFT_QUEUE QUEUED")
	c.give("", "setWorkItemPriority", `__typename`, vars{"workItemId": item, "priority": 6}) // elsewhere: not told
	c.transfer("", item, c.queue)
	f.follows("CHANGED TRANSFERRED QUEUED, CHANGED OFFERED OFFERED") // also to who had declined
	session.kill()
	c.awaitGone(a)
	c.assign("", item, a)
	f.follows("CHANGED OFFER_REVOKED QUEUED, CHANGED ASSIGNED ASSIGNED")
	c.c.do(t, completeDocument, vars{"w": item})
	f.follows("CHANGED COMPLETED COMPLETED")
	auto := c.newWorkstream("acceptMode: AUTO, allowedPresences: [OFFLINE]")
	c.workstream, auto = auto, c.workstream
	assigned := c.newItem(contact)
	f.follows("CHANGED CREATED QUEUED, CHANGED ACCEPTED ASSIGNED")
	c.c.do(t, cancelDocument, vars{"w": assigned})
	f.follows("CHANGED CANCELLED CANCELLED")
}

// workItemFilters: each filter has the items that pass it, and REMOVED for those that no longer do; all conditions hold.
func workItemFilters(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a, b, one, two := c.agents[0], c.newAgent("B", 5), c.newContact(), c.newContact()
	item := c.newItem(one)
	open := func(filter vars, begin string) *feed {
		t.Helper()
		f := c.feed("", "workItems", vars{"filter": filter})
		f.begins(begin)
		return f
	}
	feeds := map[string]*feed{
		"item":    open(vars{"workItemId": item}, "STATE QUEUED"),
		"agent":   open(vars{"agentId": a}, ""),
		"contact": open(vars{"contactId": one}, "STATE QUEUED"),
		"both":    open(vars{"contactId": one, "queueId": c.queue, "agentId": nil}, "STATE QUEUED"),
		"other":   open(vars{"agentId": b, "queueId": c.newQueue()}, ""),
		"another": open(vars{"contactId": two}, ""),
	}
	story := func(step func(), want map[string]string) {
		t.Helper()
		step()
		for name, w := range want {
			if got := told(feeds[name].collectN(strings.Count(w, ",") + 1)); got != w {
				t.Errorf("%s says\n  %s, want\n  %s", name, got, w)
			}
		}
	}
	story(func() { c.assign("", item, a) }, map[string]string{
		"item": "CHANGED ASSIGNED ASSIGNED", "agent": "CHANGED ASSIGNED ASSIGNED", "contact": "CHANGED ASSIGNED ASSIGNED", "both": "CHANGED ASSIGNED ASSIGNED",
	})
	story(func() { c.link(item, two) }, map[string]string{
		"item": "CHANGED CONTACT_UNLINKED ASSIGNED, CHANGED CONTACT_LINKED ASSIGNED", "agent": "CHANGED CONTACT_UNLINKED ASSIGNED, CHANGED CONTACT_LINKED ASSIGNED",
		"contact": "REMOVED CONTACT_UNLINKED ASSIGNED", "both": "REMOVED CONTACT_UNLINKED ASSIGNED", "another": "CHANGED CONTACT_LINKED ASSIGNED",
	})
	story(func() { c.assign("", item, b) }, map[string]string{
		"item": "CHANGED UNASSIGNED QUEUED, CHANGED ASSIGNED ASSIGNED", "agent": "REMOVED UNASSIGNED QUEUED", "other": "REMOVED ASSIGNED ASSIGNED",
		"another": "CHANGED UNASSIGNED QUEUED, CHANGED ASSIGNED ASSIGNED",
	})
	story(func() { c.c.do(t, completeDocument, vars{"w": item}) }, map[string]string{
		"item": "CHANGED COMPLETED COMPLETED", "another": "CHANGED COMPLETED COMPLETED", "other": "REMOVED COMPLETED COMPLETED",
	})
	// Nothing else was told: the next thing that each hears of is the next that happens.
	next := c.newItem(one)
	story(func() { c.assign("", next, a) }, map[string]string{
		"agent": "CHANGED ASSIGNED ASSIGNED", "contact": "CHANGED CREATED QUEUED, CHANGED DECIDED QUEUED, CHANGED ASSIGNED ASSIGNED",
		"both": "CHANGED CREATED QUEUED, CHANGED DECIDED QUEUED, CHANGED ASSIGNED ASSIGNED",
	})
	// What is closed is not in the start, unless it is what was asked for.
	open(vars{"contactId": two}, "")
	open(vars{"workItemId": item}, "STATE COMPLETED")
	open(vars{"workItemId": item, "contactId": one}, "")
	open(vars{"workItemId": "wi_none"}, "")
	open(vars{"agentId": a}, "STATE ASSIGNED")
}

// presenceFeeds: of all, of some, of a queue's members; who joins and leaves; who is deleted.
func presenceFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b, outsider := c.agents[0], c.agents[1], c.newAgent("Outsider", 1)
	some := c.feed("", "agentPresence", vars{"filter": vars{"agentIds": []string{b, outsider}}})
	some.begins("STATE ps_offline, STATE ps_offline")
	queue := c.feed("", "agentPresence", vars{"filter": vars{"queueId": c.queue}})
	queue.begins("STATE ps_offline, STATE ps_offline")
	all := c.feed("", "agentPresence", vars{"filter": vars{"agentIds": nil, "queueId": nil}})
	if begin, _ := all.start(); len(begin) < 3 || begin[len(begin)-1].text("type") != "STATE" || begin[0].text("agent.id") != begin[0].text("agentId") {
		t.Errorf("of all there are %d at the start", len(begin))
	}
	session := signIn(t, s, a)
	m := queue.follows("CHANGED ps_available")[0]
	if m.text("agentId") != a || m.text("presence.cause") != "SIGN_IN" || m.text("presence.signedIn") != "true" || m.text("at") != c.presence(a).text("changedAt") {
		t.Errorf("signed in: %s", encoded(m))
	}
	c.choose(a, "ps_busy")
	c.choose(a, "ps_busy") // nothing changes
	c.choose(a, "ps_away")
	queue.follows("CHANGED ps_busy, CHANGED ps_away")
	c.give("", "updateAgent", `__typename`, vars{"agentId": a, "name": "Renamed"}) // no presence
	c.give("", "addQueueMembers", `__typename`, vars{"queueId": c.queue, "agentIds": []string{outsider, a}})
	if m := queue.follows("CHANGED ps_offline")[0]; m.text("agentId") != outsider {
		t.Errorf("one joined: %s", encoded(m))
	}
	c.give("", "removeQueueMembers", `__typename`, vars{"queueId": c.queue, "agentIds": []string{a}})
	if m := queue.follows("REMOVED")[0]; m.text("agentId") != a || m.text("presence") != "null" || m.text("agent.id") != a {
		t.Errorf("one left: %s", encoded(m))
	}
	session.kill() // of no member any more
	c.awaitGone(a)
	c.deleteAgent(outsider)
	if m := queue.follows("REMOVED")[0]; m.text("agentId") != outsider || m.text("agent") != "null" {
		t.Errorf("a member was deleted: %s", encoded(m))
	}
	if m := some.follows("REMOVED")[0]; m.text("agentId") != outsider {
		t.Errorf("one of some was deleted: %s", encoded(m))
	}
	created := c.newAgent("New", 1)
	got := all.collect(func(m object) bool { return m.text("agentId") == created })
	var of []object
	for _, m := range got {
		if m.text("agentId") == a || m.text("agentId") == outsider || m.text("agentId") == created {
			of = append(of, m)
		}
	}
	if want := "CHANGED ps_available, CHANGED ps_busy, CHANGED ps_away, CHANGED ps_offline, REMOVED, CHANGED ps_offline"; told(of) != want {
		t.Errorf("of all it says\n  %s, want\n  %s", told(of), want)
	}
}

// decisionFeeds: the last decision about what waits, then each; what only repeats is counted without a message (DX-1).
func decisionFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	item := c.newItem("")
	feeds := []*feed{c.feed("", "decisions", vars{"filter": vars{"queueId": c.queue}}), c.feed("", "decisions", vars{"filter": vars{"workItemId": item}})}
	both := c.feed("", "decisions", vars{"filter": vars{"workItemId": item, "queueId": c.queue}})
	for _, f := range append(feeds, both) {
		f.begins("STATE QUEUED")
	}
	c.give("", "updateWorkstream", `__typename`, vars{"workstreamId": c.workstream}) // routes again, to the same end
	session := signIn(t, s, a)
	o := session.awaitOfferOrStart(t, item)
	c.reject(a, o)
	list := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { decisions { nodes { id repeats attempt } } } }`, vars{"i": item}).list("workItem.decisions.nodes")
	for _, f := range feeds {
		got := f.follows("CHANGED OFFERED, CHANGED QUEUED")
		for i, m := range got {
			if m.text("decision.id") != m.text("cursor") || m.text("decision.id") != list[i+1].text("id") || m.text("decision.repeats") != "1" || m.text("decision.workItemId") != item ||
				m.text("decision.attempt") != list[i+1].text("attempt") {
				t.Errorf("a decision is told as %s, listed as %s", encoded(m), encoded(list[i+1]))
			}
		}
		if got[0].text("decision.offerId") != o || got[0].text("decision.agentId") != a {
			t.Errorf("the decision that made the offer: %s", encoded(got[0]))
		}
	}
	if list[0].text("repeats") != "2" || len(list) != 3 {
		t.Errorf("the decisions are %v", list)
	}
	c.choose(a, "ps_away")
	other := c.newItem("")
	feeds[0].follows("CHANGED QUEUED")
	c.transfer("", item, c.newQueue()) // decided in the other queue
	c.c.do(t, cancelDocument, vars{"w": other})
	feeds[1].follows("CHANGED QUEUED")
	c.transfer("", item, c.queue)
	feeds[0].follows("CHANGED QUEUED")
	last := feeds[1].follows("CHANGED QUEUED")[0]
	got := both.follows("CHANGED OFFERED, CHANGED QUEUED, CHANGED QUEUED") // not of the other queue
	if got[2].text("cursor") != last.text("cursor") {
		t.Errorf("of one item in one queue it says %s last, want %s", encoded(got[2]), encoded(last))
	}
}

// figureFeeds: the figures of each queue at the start, then those that moved, once for each batch.
func figureFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	second := c.newQueue()
	await(t, "the figures of a new queue", func() bool { // they follow the answer
		_, err := c.feed("", "queueFigures", vars{"queueIds": []string{c.queue, second}}).try()
		return err == nil
	})
	both, one := c.feed("", "queueFigures", vars{"queueIds": []string{second, c.queue}}), c.feed("", "queueFigures", vars{"queueIds": []string{c.queue}})
	all := c.feed("", "queueFigures", vars{"queueIds": nil})
	both.begins("STATE 0, STATE 0")
	one.begins("STATE 0")
	if begin, _ := all.start(); len(begin) < 2 {
		t.Errorf("of all there are %d", len(begin))
	}
	item := c.newItem("")
	if m := one.follows("CHANGED 1")[0]; m.text("queueId") != c.queue || m.text("queue.id") != c.queue || m.text("figures.oldestWaitingAt") == "null" {
		t.Errorf("one waits: %s", encoded(m))
	}
	c.give("", "updateQueue", `__typename`, vars{"queueId": c.queue, "name": "Renamed"}) // moves nothing
	c.transfer("", item, second)
	one.follows("CHANGED 0")
	got := both.follows("CHANGED 1, CHANGED 0, CHANGED 1")
	if got[1].text("cursor") != got[2].text("cursor") || got[1].text("queueId") != c.queue || got[2].text("queueId") != second {
		t.Errorf("moved from one to the other: %s, %s", encoded(got[1]), encoded(got[2]))
	}
	session := signIn(t, s, c.agents[0])
	if m := one.follows("CHANGED 0")[0]; m.text("figures.signedIn") != "1" || m.text("figures.presences.0.count") != "1" {
		t.Errorf("one is there: %s", encoded(m))
	}
	session.kill()
	if m := one.follows("CHANGED 0")[0]; m.text("figures.signedIn") != "0" {
		t.Errorf("nobody is there: %s", encoded(m))
	}
	third := c.newQueue()
	all.collect(func(m object) bool { return m.text("queueId") == third && m.text("type") == "CHANGED" })
	c.give("", "deleteQueue", `__typename`, vars{"queueId": third})
	if m := all.next(); m.text("type") != "REMOVED" || m.text("queueId") != third || m.text("queue") != "null" || m.text("figures") != "null" {
		t.Errorf("a queue was deleted: %s", encoded(m))
	}
	_, figures := c.figures(second)
	begin, _ := c.feed("", "queueFigures", vars{"queueIds": []string{second}}).start()
	if encoded(begin[0].at("figures")) != encoded(figures) {
		t.Errorf("the start says %s, the query %s", encoded(begin[0]), encoded(figures))
	}
}

// offerFeeds: what is done by hand to what is offered is seen on the agent's own socket, with the reason (WS-6, OF-3).
func offerFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	one, two := c.newContact(a), c.newContact()
	f := c.feed(a, "agentOffers", vars{"agentId": a})
	f.begins("")
	reason := func(want string) {
		t.Helper()
		if m := f.follows("CHANGED REVOKED")[0]; m.text("offer.revokeReason") != want || m.text("at") == "null" {
			t.Errorf("revoked: %s, want %s", encoded(m), want)
		}
	}
	item := c.newItem(one)
	if m := f.follows("CHANGED OPEN")[0]; m.text("offer.decision.id") == "null" || m.text("offer.agentId") != a || m.text("offer.workItemId") != item {
		t.Errorf("offered: %s", encoded(m))
	}
	c.give("", "setWorkItemPriority", `__typename`, vars{"workItemId": item, "priority": 9}) // nothing for the offer
	c.transfer("", item, c.newQueue())
	reason("TRANSFERRED")
	c.transfer("", item, c.queue)
	f.follows("CHANGED OPEN")
	c.link(item, two)
	reason("CONTACT_CHANGED")
	f.follows("CHANGED OPEN") // as the next best
	c.link(item, one)         // no reason to take it back
	c.assign("", item, c.newAgent("B", 1))
	reason("ASSIGNED_BY_HAND")
	c.transfer("", item, c.queue)
	f.follows("CHANGED OPEN")
	c.c.do(t, cancelDocument, vars{"w": item})
	reason("WORK_ITEM_CANCELLED")
}
