package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// feedArguments: what a subscription can't be about is refused before it begins.
func feedArguments(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	many := func(prefix string, n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprintf("%s%08x-0000-7000-8000-000000000000", prefix, i))
		}
		return ids
	}
	for _, r := range []struct {
		want, name string
		v          vars
	}{
		{"NOT_FOUND", "agentOffers", vars{"agentId": "ag_none"}}, {"NOT_FOUND", "agentOffers", vars{"agentId": ""}}, {"NOT_FOUND", "agentOffers", vars{"agentId": c.queue}},
		{"BAD_USER_INPUT@filter.agentIds", "agentPresence", vars{"filter": vars{"agentIds": []string{}}}},
		{"BAD_USER_INPUT@filter.agentIds", "agentPresence", vars{"filter": vars{"agentIds": many("ag_", 101)}}},
		{"BAD_USER_INPUT@filter.agentIds", "agentPresence", vars{"filter": vars{"agentIds": []string{a}, "queueId": c.queue}}},
		{"BAD_USER_INPUT@filter.agentIds.1", "agentPresence", vars{"filter": vars{"agentIds": []string{a, a}}}},
		{"BAD_USER_INPUT@filter.agentIds.1", "agentPresence", vars{"filter": vars{"agentIds": []string{a, "ag_none"}}}},
		{"BAD_USER_INPUT@filter.agentIds.0", "agentPresence", vars{"filter": vars{"agentIds": []string{""}}}},
		{"BAD_USER_INPUT@filter.agentIds.0", "agentPresence", vars{"filter": vars{"agentIds": many("ag_", 100)}}},
		{"BAD_USER_INPUT@filter.queueId", "agentPresence", vars{"filter": vars{"queueId": ""}}},
		{"BAD_USER_INPUT@filter.queueId", "agentPresence", vars{"filter": vars{"queueId": "qu_none"}}},
		{"BAD_USER_INPUT@filter.queueId", "agentPresence", vars{"filter": vars{"queueId": a}}},
		{"BAD_USER_INPUT@filter.queueId", "workItems", vars{"filter": vars{"queueId": ""}}}, {"BAD_USER_INPUT@filter.agentId", "workItems", vars{"filter": vars{"agentId": ""}}},
		{"BAD_USER_INPUT@filter.contactId", "workItems", vars{"filter": vars{"contactId": ""}}},
		{"BAD_USER_INPUT@filter.workItemId", "workItems", vars{"filter": vars{"workItemId": ""}}},
		{"BAD_USER_INPUT@filter.queueId", "decisions", vars{"filter": vars{"queueId": ""}}}, {"BAD_USER_INPUT@filter.workItemId", "decisions", vars{"filter": vars{"workItemId": ""}}},
		{"BAD_USER_INPUT@queueIds", "queueFigures", vars{"queueIds": []string{}}}, {"BAD_USER_INPUT@queueIds", "queueFigures", vars{"queueIds": many("qu_", 101)}},
		{"BAD_USER_INPUT@queueIds.1", "queueFigures", vars{"queueIds": []string{c.queue, c.queue}}},
		{"BAD_USER_INPUT@queueIds.0", "queueFigures", vars{"queueIds": []string{""}}}, {"BAD_USER_INPUT@queueIds.99", "queueFigures", vars{"queueIds": append(c.queuesWithFigures(99), "qu_none")}},
	} {
		f := c.feed("", r.name, r.v)
		f.refusedAs(r.want)
		f.kill()
	}
	// As many as can be named.
	agents := []string{a}
	for i := range 99 {
		agents = append(agents, c.newAgent(fmt.Sprint("Number ", i), 1))
	}
	if begin, _ := c.feed("", "agentPresence", vars{"filter": vars{"agentIds": agents}}).start(); len(begin) != 100 {
		t.Errorf("of 100 agents there are %d", len(begin))
	}
	if begin, _ := c.feed("", "queueFigures", vars{"queueIds": c.queuesWithFigures(100)}).start(); len(begin) != 100 {
		t.Errorf("of 100 queues there are %d", len(begin))
	}
	// What is not there may come: nothing is refused for items, and everything that is left out may be null.
	c.feed("", "workItems", vars{"filter": vars{"queueId": "qu_none", "agentId": nil, "contactId": nil, "workItemId": nil}}).begins("")
	c.feed("", "decisions", vars{"filter": vars{"queueId": nil, "workItemId": "wi_none"}, "after": nil}).begins("")
}

// queuesWithFigures makes so many queues and waits until they have figures, which follow the answer.
func (c *centre) queuesWithFigures(n int) []string {
	c.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = c.newQueue()
	}
	await(c.t, "the figures of the last queue", func() bool {
		f := c.feed("", "queueFigures", vars{"queueIds": ids[n-1:]})
		defer f.kill()
		_, err := f.try()
		return err == nil
	})
	return ids
}

// recording is a subscription that was read from its start to the end of what happened.
type recording struct {
	name, actor string
	v           vars
	messages    []object // READY first
}

// record subscribes, lets things happen and reads all that is told; a last change tells where that ends.
func (c *centre) record(live []*feed, recordings []*recording, happens func(), last func(*recording, object) bool) {
	c.t.Helper()
	for i, r := range recordings {
		_, cursor := live[i].start()
		r.messages = []object{{map[string]any{"type": "READY", "cursor": cursor}}}
	}
	happens()
	for i, r := range recordings {
		r.messages = append(r.messages, live[i].collect(func(m object) bool { return last(r, m) })...)
	}
}

// resumesAt checks what a subscription says when it is resumed behind its message number n: each thing that changed since, once, as it is now, and
// nothing else.
func (c *centre) resumesAt(r *recording, n int) (ok bool) {
	c.t.Helper()
	v := vars{"after": r.messages[n].text("cursor")}
	for k, x := range r.v {
		v[k] = x
	}
	f := c.feed(r.actor, r.name, v)
	defer f.kill()
	begin, _ := f.start()
	since := r.messages[n+1:]
	if r.name == "queueFigures" { // all anew, and it says so
		since = r.messages[1:]
		if len(begin) == 0 || begin[0].text("type") != "RESET" {
			c.t.Errorf("%s behind message %d begins with %s", r.name, n, told(begin))
			return false
		}
		begin = begin[1:]
	}
	want, got := map[string]string{}, map[string]string{}
	for _, m := range since {
		want[thing(m)] = standing(m) // the last tells how it is now
	}
	for _, m := range begin {
		if got[thing(m)] != "" {
			c.t.Errorf("%s %v behind message %d: %s comes twice", r.name, r.v, n, thing(m))
		}
		got[thing(m)] = standing(m)
	}
	if !maps.Equal(want, got) {
		c.t.Errorf("%s %v behind message %d of %d, %s: begins with\n  %v, want\n  %v", r.name, r.v, n, len(r.messages), v["after"], got, want)
		return false
	}
	return true
}

// standing is how the thing of a message stands, whatever has happened to it; "gone" when the stream is no longer about it.
func standing(m object) string {
	if m.text("type") == "REMOVED" {
		return "gone"
	}
	var parts []string
	for _, path := range []string{"offer", "presence", "workItem", "decision", "figures"} {
		if part := m.at(path); part.value != nil {
			parts = append(parts, encoded(part))
		}
	}
	return strings.Join(parts, " ")
}

// feedsResume behind every cursor that was ever given, in mid-batch too; and again after a restart (EV-1).
func feedsResume(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b, contact := c.agents[0], c.agents[1], c.newContact()
	other := c.queuesWithFigures(1)[0]
	before := c.newItem("")
	recordings := []*recording{
		{name: "agentOffers", v: vars{"agentId": a}},
		{name: "agentPresence", v: vars{"filter": vars{"agentIds": []string{a, b}}}},
		{name: "agentPresence", v: vars{"filter": vars{"queueId": c.queue}}},
		{name: "agentPresence", v: vars{}},
		{name: "workItems", v: vars{"filter": vars{"queueId": c.queue}}},
		{name: "workItems", v: vars{"filter": vars{"agentId": a}}},
		{name: "workItems", v: vars{"filter": vars{"contactId": contact}}},
		{name: "workItems", v: vars{"filter": vars{"contactId": contact, "queueId": c.queue}}},
		{name: "workItems", v: vars{}},
		{name: "decisions", v: vars{"filter": vars{"queueId": c.queue}}},
		{name: "decisions", v: vars{}},
		{name: "queueFigures", v: vars{"queueIds": []string{c.queue, other}}},
	}
	var live []*feed
	for _, r := range recordings {
		live = append(live, c.feed(r.actor, r.name, r.v))
	}
	var final string
	happens := func() {
		session := signIn(t, s, a)
		first, second := c.newItem(contact), c.newItem(contact)
		c.accept(a, c.item(first).text("offer.id"))
		c.choose(a, "ps_away") // revokes what is offered
		c.transfer("", second, other)
		c.link(first, nil)
		c.link(second, contact)
		c.assign("", second, b)
		c.give("", "addQueueMembers", `__typename`, vars{"queueId": other, "agentIds": []string{a, b}})
		c.give("", "removeQueueMembers", `__typename`, vars{"queueId": c.queue, "agentIds": []string{b}})
		c.choose(a, "ps_available")
		c.c.do(t, completeDocument, vars{"w": first})
		c.reject(a, c.item(before).text("offer.id"))
		third := c.newItem(contact)
		c.c.do(t, cancelDocument, vars{"w": third})
		c.transfer("", second, c.queue)
		for _, end := range []string{"ps_busy", "ps_available"} {
			c.choose(a, end)
		}
		for _, item := range []string{before, second} {
			c.c.do(t, cancelDocument, vars{"w": item})
		}
		// The end, which each of them hears of and after which nothing more happens: an offer to a in the queue, rejected; and a presence.
		final = c.newItem(contact)
		c.reject(a, c.item(final).text("offer.id"))
		c.choose(a, "ps_do_not_disturb")
		session.close()
		c.awaitGone(a)
	}
	offersOfFinal := 0
	c.record(live, recordings, happens, func(r *recording, m object) bool {
		switch r.name {
		case "agentOffers":
			if m.text("offer.workItemId") == final && m.text("offer.state") == "REJECTED" {
				offersOfFinal++
			}
			return offersOfFinal == 1
		case "agentPresence":
			return m.text("presence.cause") == "DISCONNECTED"
		case "workItems":
			change := m.text("change")
			return m.text("workItem.id") == final && (change == "DECIDED" || change == "OFFER_REJECTED" && m.text("type") == "REMOVED")
		case "decisions":
			return m.text("decision.workItemId") == final && m.text("decision.outcome") == "QUEUED"
		}
		return m.text("queueId") == other && m.text("figures.members") == "2" && m.text("figures.signedIn") == "0" // after that of the queue, in the same batch
	})
	for _, r := range recordings {
		if len(r.messages) < 4 {
			t.Errorf("%s %v says only %s", r.name, r.v, told(r.messages))
		}
		for n := range r.messages {
			if !c.resumesAt(r, n) {
				break
			}
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("SIGTERM: the server ends with %d", code)
	}
	s.start()
	for _, r := range recordings {
		for _, n := range []int{0, len(r.messages) / 2, len(r.messages) - 1} {
			c.resumesAt(r, n)
		}
	}
}

// oddCursors: what is no cursor is refused; at a place where the server has never been, later or before, everything begins anew, which is said; before
// everything is a place like any other.
func oddCursors(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	c.newItem("")
	all := map[string]vars{
		"agentOffers": {"agentId": c.agents[0]}, "agentPresence": {"filter": vars{"queueId": c.queue}}, "workItems": {"filter": vars{"queueId": c.queue}},
		"decisions": {"filter": vars{"queueId": c.queue}}, "queueFigures": {"queueIds": c.queuesWithFigures(1)},
	}
	for name, v := range all {
		for _, bad := range []string{
			"", "x", "1", "1.1", "1.1.1.1", "a.b.c", "1.1.-1", "-1.1.1", "1..1", " 1.1.1", "1.1.1 ", "1.1.99999999999999999999", "1.1.1e3", "0x1.1.1", "MS4xLjE", strings.Repeat("1", 100_000),
		} {
			v["after"] = bad
			f := c.feed("", name, v)
			f.refusedAs("BAD_USER_INPUT@after")
			f.kill()
		}
		for _, future := range []string{"9223372036854775807.0.0", "999.1.1", "999.999.1073741824", "1.0.0"} {
			v["after"] = future
			begin, ready := c.feed("", name, v).start()
			delete(v, "after")
			plain, _ := c.feed("", name, v).start()
			if len(begin) == 0 || begin[0].text("type") != "RESET" || told(begin[1:]) != told(plain) || strings.HasPrefix(ready, "999.") {
				t.Errorf("%s after %s begins with %s, READY at %s; without it %s", name, future, told(begin), ready, told(plain))
			}
		}
		v["after"] = "0.0.0"
		begin, _ := c.feed("", name, v).start()
		reset := slices.ContainsFunc(begin, func(m object) bool { return m.text("type") == "RESET" })
		if reset != (name == "queueFigures") || name != "agentOffers" && len(begin) == 0 {
			t.Errorf("%s after 0.0.0 begins with %s", name, told(begin))
		}
		delete(v, "after")
	}
}
