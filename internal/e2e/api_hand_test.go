package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// byHand is what people do with work items by hand (WS-6): documents for the parts below.
const (
	handItem       = `workItem { id status queueId agentId priority contactId leftUnassigned withoutPreferred offer { id agentId state path } assignment { id agentId } }`
	handAssignment = handItem + ` assignment { id agentId agent { id } origin offer { id } capacityUnits assignedAt endedAt endReason workItem { id status } }`
)

func (c *centre) pick(actor string, input vars) object {
	c.t.Helper()
	return c.give(actor, "pickWorkItem", handAssignment, input)
}

func (c *centre) assign(actor, item, agent string) object {
	c.t.Helper()
	return c.give(actor, "assignWorkItem", handAssignment+` warnings { code field message }`, vars{"workItemId": item, "agentId": agent})
}

func (c *centre) transfer(actor, item, queue string) object {
	c.t.Helper()
	return c.give(actor, "transferWorkItem", handItem, vars{"workItemId": item, "queueId": queue})
}

func (c *centre) link(item string, contact any) object {
	c.t.Helper()
	return c.give("", "linkContact", handItem, vars{"workItemId": item, "contactId": contact})
}

// picking: members of the queue take what waits, PICK or PUSH, whatever their presence and load; anything else is refused (WS-6).
func picking(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "distributionMode: PICK, capacityUnits: 20")
	a, b, outsider := c.agents[0], c.agents[1], c.newAgent("Outsider", 1)
	session := signIn(t, s, a)
	item := c.newItem("")
	got := c.item(item)
	if d := got.list("decisions.nodes"); got.text("status") != "QUEUED" || len(d) != 1 || d[0].text("reason") != "WORKSTREAM_NOT_PUSH" || d[0].text("outcome") != "QUEUED" {
		t.Errorf("an item to be picked is %s", encoded(got))
	}
	c.choose(a, "ps_busy") // no reason to be asked
	picked := c.pick(a, vars{"workItemId": item})
	if as := picked.at("assignment"); picked.text("workItem.status") != "ASSIGNED" || as.text("agent.id") != a || as.text("origin") != "PICK" || as.text("offer") != "null" ||
		as.text("capacityUnits") != "20" || as.text("endedAt") != "null" || as.text("workItem.status") != "ASSIGNED" || picked.text("workItem.assignment.id") != as.text("id") {
		t.Errorf("picked is %s", encoded(picked))
	}
	if again := c.pick(a, vars{"workItemId": item, "agentId": a}); encoded(again) != encoded(picked) {
		t.Errorf("picked again is %s, was %s", encoded(again), encoded(picked))
	}
	load := c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { assignedUnits freeUnits } assignments { nodes { id } } openOffers { id } } }`, vars{"a": a}).at("agent")
	if load.text("load.assignedUnits") != "20" || load.text("load.freeUnits") != "-10" || load.text("assignments.nodes.0.id") != picked.text("assignment.id") {
		t.Errorf("whoever picks beyond their capacity has %s", encoded(load))
	}
	for _, r := range []struct{ want, actor, item, agent string }{
		{"CONFLICT/WORK_ITEM_ASSIGNED", b, item, ""}, {"CONFLICT/WORK_ITEM_ASSIGNED", "", item, b},
		{"NOT_FOUND", outsider, item, ""}, {"BAD_USER_INPUT@agentId", "", item, outsider}, {"BAD_USER_INPUT@agentId", "", item, ""},
		{"NOT_FOUND", a, item, b}, {"NOT_FOUND", b, item, a}, {"NOT_FOUND", a, item, "ag_none"}, {"NOT_FOUND", "", item, "ag_none"},
		{"NOT_FOUND", a, "wi_none", ""}, {"NOT_FOUND", outsider, "wi_none", ""}, {"NOT_FOUND", a, "", ""},
	} {
		input := vars{"workItemId": r.item}
		if r.agent != "" {
			input["agentId"] = r.agent
		}
		c.refused(r.want, r.actor, "pickWorkItem", handAssignment, input)
	}
	c.c.as(a).do(t, completeDocument, vars{"w": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", a, "pickWorkItem", handAssignment, vars{"workItemId": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", b, "pickWorkItem", handAssignment, vars{"workItemId": item})
	c.refused("NOT_FOUND", outsider, "pickWorkItem", handAssignment, vars{"workItemId": item})
	// PUSH: what waits can be picked, also by who is not signed in; what is being offered can't.
	c.workstream = c.newWorkstream("")
	item = c.newItem("")
	o := session.awaitOffer(t, item, "OPEN")
	c.refused("CONFLICT/OFFER_OPEN", b, "pickWorkItem", handAssignment, vars{"workItemId": item})
	c.refused("NOT_FOUND", outsider, "pickWorkItem", handAssignment, vars{"workItemId": item})
	c.reject(a, o.ID)
	if got := c.pick("", vars{"workItemId": item, "agentId": b}); got.text("assignment.agentId") != b || got.text("workItem.offer") != "null" {
		t.Errorf("picked for another: %s", encoded(got))
	}
	if got := c.item(item); got.text("offers.nodes.0.state") != "REJECTED" || len(got.list("offers.nodes")) != 1 {
		t.Errorf("after the picking: %s", encoded(got))
	}
	if p := c.presence(b); p.text("signedIn") != "false" {
		t.Errorf("picking signed the agent in: %s", encoded(p))
	}
}

// assigning gives an item to anybody, with warnings instead of refusals; an open offer is revoked, an assignment to somebody else ends.
func assigning(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b, outsider := c.agents[0], c.agents[1], c.newAgent("Outsider", 0)
	session := signIn(t, s, a)
	item := c.newItem("")
	session.awaitOffer(t, item, "OPEN")
	got := c.assign("", item, outsider)
	if codes := strings.Join(got.texts("warnings", "code"), " "); codes != "AGENT_NOT_QUEUE_MEMBER AGENT_NOT_SIGNED_IN AGENT_OVER_CAPACITY" ||
		strings.Join(got.texts("warnings", "field"), " ") != "agentId agentId agentId" {
		t.Errorf("assigned to an outsider warns of %s", encoded(got.at("warnings")))
	}
	if as := got.at("assignment"); as.text("origin") != "MANUAL" || as.text("agentId") != outsider || as.text("offer") != "null" || got.text("workItem.offer") != "null" {
		t.Errorf("assigned is %s", encoded(got))
	}
	session.awaitOffer(t, item, "REVOKED")
	if got := c.item(item); got.text("offers.nodes.0.revokeReason") != "ASSIGNED_BY_HAND" {
		t.Errorf("the offer ended as %s", encoded(got.at("offers")))
	}
	again := c.assign("", item, outsider)
	if again.text("assignment.id") != got.text("assignment.id") || len(again.list("warnings")) != 0 {
		t.Errorf("assigned again is %s", encoded(again))
	}
	// To somebody else: the first assignment ends as REASSIGNED. Whoever has room and is there gives no warning.
	moved := c.assign("", item, a)
	if len(moved.list("warnings")) != 0 || moved.text("workItem.agentId") != a {
		t.Errorf("assigned to a member: %s", encoded(moved))
	}
	old := c.c.do(t, `query ($id: ID!) { node(id: $id) { ... on Assignment { endedAt endReason } } }`, vars{"id": got.text("assignment.id")}).at("node")
	if old.text("endReason") != "REASSIGNED" || old.text("endedAt") == "null" {
		t.Errorf("the first assignment is %s", encoded(old))
	}
	for _, r := range []struct{ want, actor, item, agent string }{
		{"FORBIDDEN", b, item, b}, {"FORBIDDEN", a, item, b}, {"FORBIDDEN", b, "wi_none", "ag_none"},
		{"BAD_USER_INPUT@agentId", "", item, "ag_none"}, {"BAD_USER_INPUT@agentId", "", item, ""}, {"NOT_FOUND", "", "wi_none", a},
	} {
		c.refused(r.want, r.actor, "assignWorkItem", handAssignment, vars{"workItemId": r.item, "agentId": r.agent})
	}
	if got := c.assign("", item, b); got.text("assignment.agentId") != b {
		t.Errorf("what an agent has is assigned to another: %s", encoded(got))
	}
	c.refused("FORBIDDEN", a, "assignWorkItem", handAssignment, vars{"workItemId": item, "agentId": a})
	had := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { assignments(first: 2) { nodes { id agentId origin endReason } pageInfo { hasNextPage endCursor } } } }`, vars{"i": item})
	if all := had.at("workItem.assignments"); strings.Join(all.texts("nodes", "agentId"), " ") != outsider+" "+a || all.text("nodes.0.id") != got.text("assignment.id") ||
		strings.Join(all.texts("nodes", "endReason"), " ") != "REASSIGNED REASSIGNED" || all.text("pageInfo.hasNextPage") != "true" {
		t.Errorf("the first two who had it: %s", encoded(all))
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", "", "assignWorkItem", handAssignment, vars{"workItemId": item, "agentId": a})
}

// transferring puts an item into another queue, where it is routed with its age; whoever hands over their own is not asked again (WS-6, WS-3).
func transferring(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	c.enablePreferred()
	a, b, far := c.agents[0], c.agents[1], c.newAgent("Far", 5)
	other := c.newQueue(far, a)
	session, there := signIn(t, s, a), signIn(t, s, far)
	contact := c.newContact(a)
	item := c.newItem(contact)
	if o := session.awaitOffer(t, item, "OPEN"); o.Path != "PREFERRED" {
		t.Errorf("first by the path %s", o.Path)
	}
	created := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { createdAt } }`, vars{"i": item}).text("workItem.createdAt")
	// Without its preferred agents: the offer is revoked, and the method decides.
	got := c.give("", "transferWorkItem", handItem, vars{"workItemId": item, "queueId": other, "preferredAgents": false})
	if got.text("workItem.queueId") != other || got.text("workItem.withoutPreferred") != "true" || got.text("workItem.offer.path") != "NEXT_BEST" {
		t.Errorf("transferred is %s", encoded(got))
	}
	session.awaitOffer(t, item, "REVOKED")
	d := c.item(item).list("decisions.nodes")
	if d[1].text("preferredReason") != "TRANSFERRED_WITHOUT_PREFERRED" || c.item(item).text("offers.nodes.0.revokeReason") != "TRANSFERRED" {
		t.Errorf("the transfer is told as %s", encoded(c.item(item)))
	}
	holder := got.text("workItem.offer.agentId")
	c.accept(holder, got.text("workItem.offer.id"))
	// Its agent hands it over, with its preferred agents: they are asked, but not whoever has just had it.
	got = c.transfer(holder, item, c.queue)
	if got.text("workItem.queueId") != c.queue || got.text("workItem.withoutPreferred") != "false" || got.text("workItem.assignment") != "null" ||
		got.text("workItem.offer.agentId") == holder {
		t.Errorf("handed over by %s: %s", holder, encoded(got))
	}
	as := c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { assignedUnits } assignments { nodes { id } } } }`, vars{"a": holder}).at("agent")
	if as.text("load.assignedUnits") != "0" || len(as.list("assignments.nodes")) != 0 {
		t.Errorf("whoever handed over still has %s", encoded(as))
	}
	if after := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { createdAt } }`, vars{"i": item}).text("workItem.createdAt"); after != created {
		t.Errorf("transferred, the item is of %s, was of %s", after, created)
	}
	for _, r := range []struct{ want, actor, item, queue string }{
		{"NOT_FOUND", b, item, other}, {"NOT_FOUND", b, "wi_none", other}, {"NOT_FOUND", b, item, "qu_none"},
		{"BAD_USER_INPUT@queueId", "", item, "qu_none"}, {"BAD_USER_INPUT@queueId", "", item, ""}, {"NOT_FOUND", "", "wi_none", other},
	} {
		c.refused(r.want, r.actor, "transferWorkItem", handItem, vars{"workItemId": r.item, "queueId": r.queue})
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", "", "transferWorkItem", handItem, vars{"workItemId": item, "queueId": other})
	there.kill()
	session.kill()
	// To the same queue: it is routed again, and who had declined may be asked again.
	c2 := newCentre(t, s, 1, "channel: SMS")
	only := signIn(t, s, c2.agents[0])
	item = c2.newItem(c2.newContact(c2.agents[0]))
	c2.reject(c2.agents[0], only.awaitOffer(t, item, "OPEN").ID)
	only.awaitOffer(t, item, "REJECTED")
	c2.transfer("", item, c2.queue)
	only.awaitOffer(t, item, "OPEN")
}

// prioritising moves an item in the order of what waits; an offer that is open stays (WS-3, WS-6).
func prioritising(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	first, second := c.newItem(""), c.newItem("")
	got := c.give("", "setWorkItemPriority", handItem, vars{"workItemId": second, "priority": 1})
	if got.text("workItem.priority") != "1" || got.text("workItem.status") != "QUEUED" {
		t.Errorf("re-prioritised is %s", encoded(got))
	}
	session := signIn(t, s, a)
	var order []string
	for _, o := range session.open { // made by the sign-in
		order = append(order, o.WorkItem.ID)
	}
	if !strings.HasPrefix(fmt.Sprint(order), fmt.Sprint("[", second, " ", first)) {
		t.Errorf("the agent was offered %v, want %s before %s", order, second, first)
	}
	o := c.item(first).text("offer.id")
	if got := c.give("", "setWorkItemPriority", handItem, vars{"workItemId": first, "priority": 1000}); got.text("workItem.offer.id") != o {
		t.Errorf("what is offered and re-prioritised is %s", encoded(got))
	}
	c.accept(a, o)
	c.give("", "setWorkItemPriority", handItem, vars{"workItemId": first, "priority": 0})
	for _, r := range []struct {
		want, actor, item string
		priority          int
	}{
		{"BAD_USER_INPUT@priority", "", first, -1}, {"BAD_USER_INPUT@priority", "", first, 1001}, {"NOT_FOUND", "", "wi_none", -1},
		{"FORBIDDEN", c.newAgent("Other", 1), first, 5}, {"FORBIDDEN", a, first, 5}, // that is for who supervises
	} {
		c.refused(r.want, r.actor, "setWorkItemPriority", handItem, vars{"workItemId": r.item, "priority": r.priority})
	}
	c.c.do(t, completeDocument, vars{"w": first})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", "", "setWorkItemPriority", handItem, vars{"workItemId": first, "priority": 5})
}

// linking puts an item to another customer: no row changes (MX-5), the item is routed again, and an offer that only the former contact's row
// explains is revoked.
func linking(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "channel: EMAIL") // LEAVE_UNASSIGNED unless set
	c.enablePreferred()
	a, b := c.agents[0], c.agents[1]
	one, two, both := c.newContact(a), c.newContact(b), c.newContact(b, a)
	first, second := signIn(t, s, a), signIn(t, s, b)
	rows := func() string {
		return encoded(c.c.do(t, `query ($a: ID!, $b: ID!) { x: contact(id: $a) { preferredAgents { version entries { agentId } } }
			y: contact(id: $b) { preferredAgents { version entries { agentId } } } }`, vars{"a": one, "b": two}))
	}
	before := rows()
	item := c.newItem(one)
	first.awaitOffer(t, item, "OPEN")
	got := c.link(item, two)
	if got.text("workItem.contactId") != two || got.text("workItem.offer.agentId") != b {
		t.Errorf("linked is %s", encoded(got))
	}
	first.awaitOffer(t, item, "REVOKED")
	o := second.awaitOffer(t, item, "OPEN")
	if reason := c.item(item).text("offers.nodes.0.revokeReason"); reason != "CONTACT_CHANGED" {
		t.Errorf("the offer was revoked with %s", reason)
	}
	if got := c.link(item, both); got.text("workItem.offer.id") != o.ID { // who prefers them too
		t.Errorf("linked to one who prefers the agent too: %s", encoded(got))
	}
	if got := c.link(item, nil); got.text("workItem.contactId") != "null" || got.text("workItem.leftUnassigned") != "false" || got.text("workItem.offer.path") != "NEXT_BEST" {
		t.Errorf("linked to nobody: %s", encoded(got))
	}
	if after := rows(); after != before {
		t.Errorf("linking changed rows: %s, were %s", after, before)
	}
	agent := c.item(item).text("offer.agentId")
	other := map[string]string{a: b, b: a}[agent]
	for _, r := range []struct {
		want, actor, item string
		contact           any
	}{
		{"FORBIDDEN", other, item, one}, {"FORBIDDEN", agent, item, one}, {"NOT_FOUND", "", "wi_none", one},
		{"BAD_USER_INPUT@contactId", "", item, "ct_none"}, {"BAD_USER_INPUT@contactId", "", item, ""}, {"BAD_USER_INPUT@contactId", "", item, a},
	} {
		c.refused(r.want, r.actor, "linkContact", handItem, vars{"workItemId": r.item, "contactId": r.contact})
	}
	c.refused("BAD_USER_INPUT@contactId", "", "linkContact", handItem, vars{"workItemId": item}) // must be said
	if got := c.link(item, one); got.text("workItem.contactId") != one {
		t.Errorf("what is offered is linked: %s", encoded(got))
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", "", "linkContact", handItem, vars{"workItemId": item, "contactId": two})
	// A contact whose last item went to another can be deleted.
	item = c.newItem(one)
	c.link(item, two)
	c.give("", "deleteContact", `contactId`, vars{"contactId": one})
	c.c.do(t, cancelDocument, vars{"w": item})
}

// handWorkCounts in the capacity of whoever has it, and what is given back gets waiting work at once (WS-5, CP-3).
func handWorkCounts(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "capacityUnits: 10")
	a, b := c.agents[0], c.newAgent("Outsider", 10)
	session := signIn(t, s, a)
	held := c.newItem("")
	c.accept(a, session.awaitOffer(t, held, "OPEN").ID)
	session.awaitOffer(t, held, "ACCEPTED")
	waiting := c.newItem("")
	if got := c.item(waiting); got.text("status") != "QUEUED" {
		t.Fatalf("beyond the capacity: %s", encoded(got))
	}
	c.assign("", held, b)
	o := session.awaitOffer(t, waiting, "OPEN")
	c.assign("", waiting, b)
	session.awaitOffer(t, waiting, "REVOKED")
	if got := c.c.do(t, `query ($b: ID!) { agent(id: $b) { load { assignedUnits freeUnits } } }`, vars{"b": b}); encoded(got) != `{"agent":{"load":{"assignedUnits":20,"freeUnits":-10}}}` {
		t.Errorf("whoever was given both has %s", encoded(got))
	}
	if _, err := c.c.as(a).try(acceptDocument, vars{"o": o.ID}); refusal(err) != "CONFLICT/OFFER_REVOKED" {
		t.Errorf("accepted after it was assigned by hand: %v", err)
	}
	c.c.as(b).do(t, completeDocument, vars{"w": held})
	c.transfer(b, waiting, c.queue)
	session.awaitOffer(t, waiting, "OPEN")
}
