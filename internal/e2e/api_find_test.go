package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// contactsAreFound by part of their name, in any script, page by page.
func contactsAreFound(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	mark := "Zzq" + strings.ReplaceAll(c.queue[3:], "-", "") // no other contact has it
	names := map[string]string{}
	for _, name := range []string{
		"José " + mark, "JOSE-MARIA O’Neill " + mark, "Łukasz " + mark, "Μαρία Παπαδοπούλου " + mark, "Іван Їжакевич " + mark, "Straße " + mark, "王小明 " + mark,
		"김민준 " + mark, "やまだ たろう " + mark, "نور الدين " + mark, "สมชาย ใจดี " + mark, "अर्जुन " + mark, "100% _real_ " + mark, "x " + mark,
	} {
		names[c.give("", "createContact", `contact { id }`, vars{"fullName": name}).text("contact.id")] = name
	}
	found := func(search any) []string {
		t.Helper()
		var got []string
		for _, id := range c.c.do(t, `query ($s: String) { contacts(search: $s, first: 100) { nodes { id } } }`, vars{"s": search}).texts("contacts.nodes", "id") {
			if name := names[id]; name != "" {
				got = append(got, strings.TrimSuffix(name, " "+mark))
			}
		}
		slices.Sort(got)
		return got
	}
	for search, want := range map[string]string{
		"jose": "[JOSE-MARIA O’Neill José]", "JOSÉ": "[JOSE-MARIA O’Neill José]", "maria jose": "[JOSE-MARIA O’Neill]", "mar jos": "[JOSE-MARIA O’Neill]",
		"ose": "[]", "lukasz": "[Łukasz]", "łuk": "[Łukasz]", "ΜΑΡΙΑ": "[Μαρία Παπαδοπούλου]", "παπ μαρ": "[Μαρία Παπαδοπούλου]", "ЇЖА": "[Іван Їжакевич]",
		"小明": "[王小明]", "明": "[王小明]", "王": "[王小明]", "민준": "[김민준]", "김": "[김민준]", "たろ": "[やまだ たろう]", "نور": "[نور الدين]", "ใจ": "[สมชาย ใจดี]",
		"अर्": "[अर्जुन]", "100": "[100% _real_]", "real": "[100% _real_]", "%": "all", "_": "all", "jose %": "[JOSE-MARIA O’Neill José]", "nobody jose": "[]",
	} {
		got := found(strings.TrimSpace(search + " " + mark))
		if want == "all" {
			if len(got) != len(names) {
				t.Errorf("%q finds %v", search, got)
			}
		} else if fmt.Sprint(got) != want {
			t.Errorf("%q finds %v, want %s", search, got, want)
		}
	}
	for _, search := range []any{strings.ToLower(mark), strings.ToUpper(mark)[:8]} {
		if got := found(search); len(got) != len(names) {
			t.Errorf("%q finds %v", search, got)
		}
	}
	// Page by page, in the order of ids.
	var walked []string
	for after := any(nil); ; {
		page := c.c.do(t, `query ($s: String, $a: String) { contacts(search: $s, first: 4, after: $a) { nodes { id } edges { cursor }
			pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, vars{"s": mark, "a": after}).at("contacts")
		walked = append(walked, page.texts("nodes", "id")...)
		if page.text("pageInfo.hasPreviousPage") != fmt.Sprint(after != nil) {
			t.Errorf("a page is %s", encoded(page))
		}
		if after = page.text("pageInfo.endCursor"); page.text("pageInfo.hasNextPage") != "true" {
			break
		}
	}
	if len(walked) != len(names) || !slices.IsSorted(walked) || len(slices.Compact(walked)) != len(names) {
		t.Errorf("page by page: %v, want %d in order", walked, len(names))
	}
	// A name that changes is found by the new one only; who is deleted is not found.
	id := walked[0]
	c.give("", "updateContact", `contact { id }`, vars{"contactId": id, "fullName": "Renamed " + mark})
	names[id] = "Renamed"
	if got := found("renamed " + mark); fmt.Sprint(got) != "[Renamed]" || slices.Contains(found("josé "+mark), "Renamed") {
		t.Errorf("after a change of name: %v, %v", got, found("josé "+mark))
	}
	c.give("", "deleteContact", `contactId`, vars{"contactId": id})
	if got := found("renamed " + mark); len(got) != 0 {
		t.Errorf("deleted, and found: %v", got)
	}
	for _, bad := range []string{strings.Repeat("x", 201), strings.Repeat("é", 201)} {
		if _, err := c.c.try(`query ($s: String) { contacts(search: $s) { nodes { id } } }`, vars{"s": bad}); refusal(err) != "BAD_USER_INPUT@search" {
			t.Errorf("a search of %d characters: %v", len([]rune(bad)), err)
		}
	}
	for _, all := range []any{nil, "", "  ", "?!", "\u0000", strings.Repeat("-", 200)} {
		if got := c.c.do(t, `query ($s: String) { contacts(search: $s, first: 3) { nodes { id } } }`, vars{"s": all}); len(got.list("contacts.nodes")) != 3 {
			t.Errorf("a search for %q gives %s", all, encoded(got))
		}
	}
}

// rowsAreFound: the matrix by agent, page by page, whatever the place in the row; the same from the agent (MX-1).
func rowsAreFound(t *testing.T, s *server) {
	c := newCentre(t, s, 3, "")
	var want, named []string // all of them, and those that name the first agent
	for i := range 10 {
		row := []string{c.agents[i%3], c.agents[(i+1)%3], c.agents[(i+2)%3]}[:i%3+1]
		want = append(want, c.newContact(row...))
		if slices.Contains(row, c.agents[0]) {
			named = append(named, want[i])
		}
	}
	walk := func(document, at string, v vars) (ids []string) {
		for after := any(nil); ; {
			v["after"] = after
			page := c.c.do(t, document, v).at(at)
			for _, n := range page.list("nodes") {
				ids = append(ids, n.text("contactId"))
				if n.text("contact.id") != n.text("contactId") {
					t.Errorf("a row is %s", encoded(n))
				}
			}
			if after = page.text("pageInfo.endCursor"); page.text("pageInfo.hasNextPage") != "true" {
				return ids
			}
		}
	}
	const fields = `{ nodes { contactId contact { id } entries { position agentId agent { id } } version updatedAt } edges { cursor node { contactId } } pageInfo { hasNextPage endCursor } }`
	byAgent := walk(`query ($id: ID, $after: String) { preferredAgents(agentId: $id, first: 3, after: $after) `+fields+` }`, "preferredAgents", vars{"id": c.agents[0]})
	fromAgent := walk(`query ($id: ID!, $after: String) { agent(id: $id) { preferredBy(first: 4, after: $after) `+fields+` } }`, "agent.preferredBy", vars{"id": c.agents[0]})
	if !slices.Equal(byAgent, fromAgent) || !slices.Equal(byAgent, named) {
		t.Errorf("by agent %v, from the agent %v, want %v", byAgent, fromAgent, named)
	}
	all := walk(`query ($after: String) { preferredAgents(first: 100, after: $after) `+fields+` }`, "preferredAgents", vars{})
	for _, id := range want {
		if !slices.Contains(all, id) {
			t.Errorf("the whole matrix lacks %s", id)
		}
	}
	if !slices.IsSorted(all) || len(all) < len(want) {
		t.Errorf("the whole matrix has %d rows, not in order", len(all))
	}
	for id, n := range map[string]int{"ag_none": 0, c.newAgent("Nobody's", 1): 0, want[0]: 0} {
		if got := walk(`query ($id: ID, $after: String) { preferredAgents(agentId: $id, after: $after) `+fields+` }`, "preferredAgents", vars{"id": id}); len(got) != n {
			t.Errorf("rows of %s: %v", id, got)
		}
	}
	if _, err := c.c.try(`{ preferredAgents(agentId: "") { nodes { contactId } } }`, nil); refusal(err) != "BAD_USER_INPUT@agentId" {
		t.Errorf("an empty agentId: %v", err)
	}
}

// workItemsAreFound: every filter alone and with others, in both orders, page by page.
func workItemsAreFound(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "distributionMode: PICK")
	a, contact := c.agents[0], c.newContact()
	mark := "ref " + c.queue
	other := c.newWorkstream("distributionMode: PICK, channel: SMS")
	type made struct{ id, status, stream, agent, contact, reference, created string }
	var items []made
	for i := range 16 {
		m := made{stream: []string{c.workstream, other}[i%2]}
		input := vars{"workstreamId": m.stream}
		if i%3 == 0 {
			m.contact, input["contactId"] = contact, contact
		}
		if i%4 == 0 {
			m.reference, input["reference"] = mark, mark
		}
		got := c.give("", "createWorkItem", `workItem { id createdAt }`, input)
		m.id, m.created, m.status = got.text("workItem.id"), got.text("workItem.createdAt"), "QUEUED"
		if i%5 > 0 {
			m.agent, m.status = c.agents[i%2], "ASSIGNED"
			c.pick(m.agent, vars{"workItemId": m.id})
		}
		switch {
		case i%5 == 2:
			m.status = "COMPLETED"
			c.c.do(t, completeDocument, vars{"w": m.id})
		case i%5 == 0 && i > 0:
			m.status = "CANCELLED"
			c.c.do(t, cancelDocument, vars{"w": m.id})
		}
		items = append(items, m)
	}
	middle := items[8].created
	for _, f := range []struct {
		filter vars
		passes func(made) bool
	}{
		{vars{}, func(made) bool { return true }},
		{vars{"statuses": []string{"ASSIGNED"}}, func(m made) bool { return m.status == "ASSIGNED" }},
		{vars{"statuses": []string{"QUEUED", "CANCELLED"}}, func(m made) bool { return m.status == "QUEUED" || m.status == "CANCELLED" }},
		{vars{"statuses": []string{"QUEUED", "OFFERED", "ASSIGNED", "COMPLETED", "CANCELLED"}}, func(made) bool { return true }},
		{vars{"statuses": []string{"OFFERED"}}, func(made) bool { return false }},
		{vars{"workstreamId": other}, func(m made) bool { return m.stream == other }},
		{vars{"agentId": a}, func(m made) bool { return m.agent == a }},
		{vars{"agentId": a, "statuses": []string{"COMPLETED"}}, func(m made) bool { return m.agent == a && m.status == "COMPLETED" }},
		{vars{"contactId": contact}, func(m made) bool { return m.contact == contact }},
		{vars{"contactId": contact, "agentId": a, "statuses": []string{"COMPLETED", "ASSIGNED"}}, func(m made) bool {
			return m.contact == contact && m.agent == a && (m.status == "COMPLETED" || m.status == "ASSIGNED")
		}},
		{vars{"reference": mark}, func(m made) bool { return m.reference == mark }},
		{vars{"reference": mark, "workstreamId": other}, func(m made) bool { return m.reference == mark && m.stream == other }},
		{vars{"reference": strings.ToUpper(mark)}, func(made) bool { return false }},
		{vars{"createdFrom": middle}, func(m made) bool { return m.created >= middle }},
		{vars{"createdBefore": middle}, func(m made) bool { return m.created < middle }},
		{vars{"createdFrom": items[3].created, "createdBefore": middle, "statuses": []string{"ASSIGNED"}}, func(m made) bool {
			return m.created >= items[3].created && m.created < middle && m.status == "ASSIGNED"
		}},
		{vars{"createdFrom": middle, "createdBefore": middle}, func(made) bool { return false }},
		{vars{"createdFrom": "0001-01-01T00:00:00Z", "createdBefore": "9999-12-31T23:59:59.999999Z"}, func(made) bool { return true }},
		{vars{"agentId": nil, "contactId": nil, "statuses": nil, "reference": nil, "createdFrom": nil, "createdBefore": nil}, func(made) bool { return true }},
		{vars{"workstreamId": "ws_none"}, func(made) bool { return false }},
		{vars{"agentId": c.queue}, func(made) bool { return false }},
	} {
		f.filter["queueId"] = c.queue
		for _, order := range []string{"OLDEST_FIRST", "NEWEST_FIRST"} {
			var want, got []string
			for _, m := range items {
				if f.passes(m) {
					want = append(want, m.id)
				}
			}
			if order == "NEWEST_FIRST" {
				slices.Reverse(want)
			}
			for after := any(nil); ; {
				page := c.c.do(t, `query ($f: WorkItemFilter, $o: CreationOrder!, $a: String) { workItems(filter: $f, order: $o, first: 3, after: $a) {
					nodes { id } pageInfo { hasNextPage endCursor } } }`, vars{"f": f.filter, "o": order, "a": after}).at("workItems")
				got = append(got, page.texts("nodes", "id")...)
				if after = page.text("pageInfo.endCursor"); page.text("pageInfo.hasNextPage") != "true" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v %s: %v, want %v", f.filter, order, got, want)
			}
		}
	}
	for want, filter := range map[string]vars{
		"BAD_USER_INPUT@filter.statuses": {"statuses": []string{}}, "BAD_USER_INPUT@filter.statuses.1": {"statuses": []string{"QUEUED", "QUEUED"}},
		"BAD_USER_INPUT@filter.queueId": {"queueId": ""}, "BAD_USER_INPUT@filter.workstreamId": {"workstreamId": ""},
		"BAD_USER_INPUT@filter.agentId": {"agentId": ""}, "BAD_USER_INPUT@filter.contactId": {"contactId": ""},
		"BAD_USER_INPUT@filter.reference": {"reference": strings.Repeat("x", 201)},
	} {
		if _, err := c.c.try(`query ($f: WorkItemFilter) { workItems(filter: $f) { nodes { id } } }`, vars{"f": filter}); refusal(err) != want {
			t.Errorf("%v: %v, want %s", filter, err, want)
		}
	}
}

const figureFields = `figures { waiting leftUnassigned offered assigned oldestWaitingAt members signedIn presences { base count } }`

// figures reads how full a queue is: what waits, is left, offered, assigned; members and those signed in.
func (c *centre) figures(queue string) (counts string, all object) {
	c.t.Helper()
	f := c.c.do(c.t, `query ($q: ID!) { queue(id: $q) { `+figureFields+` } }`, vars{"q": queue}).at("queue.figures")
	return fmt.Sprint(f.text("waiting"), " ", f.text("leftUnassigned"), " ", f.text("offered"), " ", f.text("assigned"), ", ", f.text("members"), " ", f.text("signedIn")), f
}

// figuresTell how full a queue is after every kind of change (EV-3).
func figuresTell(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "channel: EMAIL")
	c.enablePreferred()
	a := c.agents[0]
	now := func(step, want string) object {
		t.Helper()
		var got string
		var f object
		await(t, step+" in the figures: "+want, func() bool { got, f = c.figures(c.queue); return got == want }) // they follow the answer
		return f
	}
	f := now("at first", "0 0 0 0, 2 0")
	if bases := strings.Join(f.texts("presences", "base"), " "); bases != "AVAILABLE BUSY DO_NOT_DISTURB AWAY OFFLINE INACTIVE" || f.text("oldestWaitingAt") != "null" {
		t.Errorf("an empty queue has %s", encoded(f))
	}
	left := c.newItem(c.newContact(a))
	f = now("left unassigned", "1 1 0 0, 2 0")
	if created := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { createdAt } }`, vars{"i": left}).text("workItem.createdAt"); f.text("oldestWaitingAt") != created {
		t.Errorf("the oldest is of %s, the figures say %s", created, f.text("oldestWaitingAt"))
	}
	newer := c.newItem("")
	now("one more", "2 1 0 0, 2 0")
	session := signIn(t, s, a)
	f = now("somebody signs in", "0 0 2 0, 2 1")
	if f.text("presences.0.count") != "1" || f.text("oldestWaitingAt") != "null" {
		t.Errorf("with one who is there: %s", encoded(f))
	}
	c.accept(a, c.item(newer).text("offer.id"))
	now("accepted", "0 0 1 1, 2 1")
	c.choose(a, "ps_do_not_disturb")
	f = now("not to be disturbed", "1 1 0 1, 2 1")
	if f.text("presences.2.count") != "1" || f.text("presences.0.count") != "0" {
		t.Errorf("presences are %s", encoded(f))
	}
	other := c.newQueue(a)
	c.transfer("", newer, other)
	now("one is elsewhere", "1 1 0 0, 2 1")
	if got, _ := c.figures(other); got != "1 0 0 0, 1 1" {
		t.Errorf("where it went: %s", got)
	}
	c.give("", "removeQueueMembers", `queue { id }`, vars{"queueId": c.queue, "agentIds": []string{a}})
	now("without a member", "1 1 0 0, 1 0")
	session.kill()
	c.awaitGone(a)
	c.c.do(t, cancelDocument, vars{"w": left})
	now("cancelled", "0 0 0 0, 1 0")
	c.deleteAgent(c.agents[1])
	now("a member was deleted", "0 0 0 0, 0 0")
	if got := c.c.do(t, `mutation { createQueue(input: {name: "New"}) { queue { `+figureFields+` } } }`, nil).at("createQueue.queue.figures"); got.text("waiting") != "0" ||
		len(got.list("presences")) != 6 {
		t.Errorf("a queue that is being made has %s", encoded(got))
	}
}

// offersShow, before they are accepted, whose item it is, by which channel, and why this agent (OF-5).
func offersShow(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "channel: WHATSAPP")
	c.enablePreferred()
	a, b := c.agents[0], c.agents[1]
	contact := c.newContact(b, a)
	signIn(t, s, a)
	item := c.newItem(contact)
	const fields = `openOffers { id workItemId channel contact { id fullName } path preferredPosition assignment { id }
		decision { workItemId attempt outcome agentId offerId preferred { position agentId code agent { id } } policy { enabled } nextBest { method } } }`
	got := c.c.do(t, `query ($a: ID!) { agent(id: $a) { `+fields+` } }`, vars{"a": a}).at("agent.openOffers.0")
	if got.text("workItemId") != item || got.text("channel") != "WHATSAPP" || got.text("contact.id") != contact || got.text("contact.fullName") != "Contact of a test" ||
		got.text("preferredPosition") != "2" || got.text("assignment") != "null" {
		t.Errorf("the offer shows %s", encoded(got))
	}
	d := got.at("decision")
	if d.text("offerId") != got.text("id") || d.text("agentId") != a || d.text("outcome") != "OFFERED" || d.text("nextBest") != "null" || d.text("attempt") != "1" ||
		d.text("preferred.0.code") != "NOT_SIGNED_IN" || d.text("preferred.0.agent.id") != b || d.text("preferred.1.code") != "OFFERED" {
		t.Errorf("the offer's decision is %s", encoded(d))
	}
	// Many offers of one item each have their own.
	c.reject(a, got.text("id"))
	for _, status := range []string{"ps_busy", "ps_available", "ps_busy"} {
		c.choose(a, status)
		if o := c.item(item).text("offer.id"); o != "null" {
			c.reject(a, o)
		}
	}
	offers := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { offers { nodes { id decision { offerId attempt } } } } }`, vars{"i": item}).list("workItem.offers.nodes")
	last := 0
	for _, o := range offers {
		attempt := 0
		if _, err := fmt.Sscan(o.text("decision.attempt"), &attempt); err != nil || o.text("decision.offerId") != o.text("id") || attempt <= last {
			t.Errorf("an offer and its decision: %s", encoded(o))
		}
		last = attempt
	}
	if len(offers) < 3 {
		t.Errorf("there are %d offers", len(offers))
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	c.give("", "deleteContact", `contactId`, vars{"contactId": contact})
	c.deleteWorkstream(c.workstream)
	gone := c.c.do(t, `query ($o: ID!) { node(id: $o) { ... on Offer { channel contact { id } decision { attempt } workItem { id } } } }`, vars{"o": offers[0].text("id")}).at("node")
	if gone.text("channel") != "null" || gone.text("contact") != "null" || gone.text("workItem.id") != item || gone.text("decision.attempt") != "1" {
		t.Errorf("an offer whose contact and workstream are no more: %s", encoded(gone))
	}
}

// policiesOfContacts are the narrowest scope, and warn when they change nothing (RT-1).
func policiesOfContacts(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	c.enablePreferred()
	a, b := c.agents[0], c.agents[1]
	contact := c.newContact(a)
	signIn(t, s, b)
	item := func() object { return c.item(c.newItem(contact)) }
	policy := func(input vars) object {
		t.Helper()
		return c.give("", "updateRoutingPolicy", `organization { id } workstream { id } contact { id version routingPolicy { enabled whenUnavailable retryPreferred } }
			warnings { code field message }`, input)
	}
	if got := item(); got.text("offer.path") != "NEXT_BEST" {
		t.Errorf("CHAT goes to the next best unless set: %s", encoded(got))
	}
	got := policy(vars{"scopeId": contact, "whenUnavailable": "LEAVE_UNASSIGNED"})
	if encoded(got) != `{"contact":{"id":"`+contact+`","routingPolicy":{"enabled":null,"retryPreferred":null,"whenUnavailable":"LEAVE_UNASSIGNED"},"version":2},`+
		`"organization":null,"warnings":[],"workstream":null}` {
		t.Errorf("the policy of a contact: %s", encoded(got))
	}
	waiting := c.newItem(contact)
	if got := c.item(waiting); got.text("leftUnassigned") != "true" {
		t.Errorf("of a contact whose policy leaves it: %s", encoded(got))
	}
	policy(vars{"scopeId": contact, "enabled": false}) // routed again at once
	if got := c.item(waiting); got.text("offer.agentId") != b {
		t.Errorf("turned off for the contact: %s", encoded(got))
	}
	policy(vars{"scopeId": contact, "enabled": nil, "whenUnavailable": nil})
	if got := item(); got.text("offer.path") != "NEXT_BEST" || got.text("decisions.nodes.0.preferred.0.code") != "NOT_SIGNED_IN" {
		t.Errorf("with nothing set: %s", encoded(got))
	}
	pick := c.newWorkstream("distributionMode: PICK, channel: SMS")
	if got := policy(vars{"scopeId": pick, "enabled": true}); strings.Join(got.texts("warnings", "code"), " ") != "POLICY_WITHOUT_EFFECT" ||
		got.text("warnings.0.field") != "enabled" {
		t.Errorf("turned on where items are picked: %s", encoded(got))
	}
}
