package e2e

import (
	"strings"
	"testing"
)

// refusalCases are documents with $q, $w, $a, $b, $c, $i for the queue, the workstream, two agents who are not signed in, a contact with
// the row a, b and an item that waits, with what is refused.
func refusalCases() []struct{ want, document string } {
	long := strings.Repeat("x", 201)
	return []struct{ want, document string }{
		{"BAD_USER_INPUT@fullName", `createContact(input: {fullName: " "}) { contact { id } }`},
		{"BAD_USER_INPUT@fullName", `createContact(input: {fullName: "` + long + `"}) { contact { id } }`},
		{"BAD_USER_INPUT@fullName", `createContact(input: {fullName: "a\u0000b"}) { contact { id } }`},
		{"BAD_USER_INPUT@email", `createContact(input: {fullName: "A", email: "a@b@c"}) { contact { id } }`},
		{"BAD_USER_INPUT@email", `createContact(input: {fullName: "A", email: ""}) { contact { id } }`},
		{"BAD_USER_INPUT@mobilePhone", `createContact(input: {fullName: "A", mobilePhone: "` + long + `"}) { contact { id } }`},
		{"BAD_USER_INPUT@name", `createAgent(input: {name: "", capacityUnits: 1}) { agent { id } }`},
		{"BAD_USER_INPUT@capacityUnits", `createAgent(input: {name: "A", capacityUnits: -1}) { agent { id } }`},
		{"BAD_USER_INPUT@capacityUnits", `createAgent(input: {name: "A", capacityUnits: 1001}) { agent { id } }`},
		{"BAD_USER_INPUT@priority", `createQueue(input: {name: "A", priority: 1001}) { queue { id } }`},
		{"BAD_USER_INPUT@agentIds", `addQueueMembers(input: {queueId: $q, agentIds: []}) { queue { id } }`},
		{"BAD_USER_INPUT@agentIds.1", `addQueueMembers(input: {queueId: $q, agentIds: [$a, $a]}) { queue { id } }`},
		{"BAD_USER_INPUT@agentIds.0", `addQueueMembers(input: {queueId: $q, agentIds: ["ag_none"]}) { queue { id } }`},
		{"NOT_FOUND", `addQueueMembers(input: {queueId: "qu_none", agentIds: [$a]}) { queue { id } }`},
		{"NOT_FOUND", `removeQueueMembers(input: {queueId: "qu_none", agentIds: [$a]}) { queue { id } }`},
		{"BAD_USER_INPUT@offerSeconds", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, offerSeconds: 4}) { workstream { id } }`},
		{"BAD_USER_INPUT@offerSeconds", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, offerSeconds: 3601}) { workstream { id } }`},
		{"BAD_USER_INPUT@declineLimit", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, declineLimit: 6}) { workstream { id } }`},
		{"BAD_USER_INPUT@capacityUnits", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, capacityUnits: 0}) { workstream { id } }`},
		{"BAD_USER_INPUT@allowedPresences", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, allowedPresences: []}) { workstream { id } }`},
		{"BAD_USER_INPUT@allowedPresences.1", `createWorkstream(input: {name: "A", channel: SMS, queueId: $q, allowedPresences: [BUSY, BUSY]}) { workstream { id } }`},
		{"BAD_USER_INPUT@queueId", `createWorkstream(input: {name: "A", channel: SMS, queueId: "qu_none"}) { workstream { id } }`},
		{"BAD_USER_INPUT@reconnectSeconds", `updateOrganization(input: {reconnectSeconds: 121}) { organization { id } }`},
		{"CONFLICT/VERSION_MISMATCH", `updateOrganization(input: {expectedVersion: 0}) { organization { id } }`},
		{"CONFLICT/VERSION_MISMATCH", `updateRoutingPolicy(input: {scopeId: $w, expectedVersion: 99}) { workstream { id } }`},
		{"NOT_FOUND", `updateRoutingPolicy(input: {scopeId: "ws_none"}) { workstream { id } }`},
		{"NOT_FOUND", `updateRoutingPolicy(input: {scopeId: "ct_none"}) { contact { id } }`},
		{"BAD_USER_INPUT@scopeId", `updateRoutingPolicy(input: {scopeId: ""}) { workstream { id } }`},
		{"BAD_USER_INPUT@scopeId", `updateRoutingPolicy(input: {scopeId: $q}) { workstream { id } }`},
		{"BAD_USER_INPUT@scopeId", `updateRoutingPolicy(input: {scopeId: "or_2"}) { organization { id } }`},
		{"BAD_USER_INPUT@agentIds", `setPreferredAgents(input: {contactId: $c, agentIds: []}) { warnings { code } }`},
		{"BAD_USER_INPUT@agentIds.1", `setPreferredAgents(input: {contactId: $c, agentIds: [$a, $a]}) { warnings { code } }`},
		{"BAD_USER_INPUT@agentIds.1", `setPreferredAgents(input: {contactId: $c, agentIds: [$a, "ag_none"]}) { warnings { code } }`},
		{"NOT_FOUND", `setPreferredAgents(input: {contactId: "ct_none", agentIds: [$a]}) { warnings { code } }`},
		{"CONFLICT/VERSION_MISMATCH", `setPreferredAgents(input: {contactId: $c, agentIds: [$a], expectedVersion: 0}) { warnings { code } }`},
		{"CONFLICT/CANNOT_MOVE", `movePreferredAgent(input: {contactId: $c, agentId: $a, direction: UP}) { preferredAgents { version } }`},
		{"CONFLICT/CANNOT_MOVE", `movePreferredAgent(input: {contactId: $c, agentId: $b, direction: DOWN}) { preferredAgents { version } }`},
		{"NOT_FOUND", `movePreferredAgent(input: {contactId: $c, agentId: "ag_none", direction: UP}) { preferredAgents { version } }`},
		{"NOT_FOUND", `removePreferredAgent(input: {contactId: $c, agentId: "ag_none"}) { preferredAgents { version } }`},
		{"BAD_USER_INPUT@workstreamId", `createWorkItem(input: {workstreamId: "ws_none"}) { workItem { id } }`},
		{"BAD_USER_INPUT@contactId", `createWorkItem(input: {workstreamId: $w, contactId: "ct_none"}) { workItem { id } }`},
		{"BAD_USER_INPUT@priority", `createWorkItem(input: {workstreamId: $w, priority: -1}) { workItem { id } }`},
		{"BAD_USER_INPUT@reference", `createWorkItem(input: {workstreamId: $w, reference: "` + long + `"}) { workItem { id } }`},
		{"CONFLICT/WORK_ITEM_NOT_ASSIGNED", `completeWorkItem(input: {workItemId: $i}) { workItem { id } }`},
		{"NOT_FOUND", `completeWorkItem(input: {workItemId: "wi_none"}) { workItem { id } }`},
		{"NOT_FOUND", `cancelWorkItem(input: {workItemId: "wi_none"}) { workItem { id } }`},
		{"CONFLICT/NOT_SIGNED_IN", `setPresence(input: {agentId: $a, statusId: "ps_busy"}) { agent { id } }`},
		{"BAD_USER_INPUT@statusId", `setPresence(input: {agentId: $a, statusId: "ps_inactive"}) { agent { id } }`},
		{"BAD_USER_INPUT@statusId", `setPresence(input: {agentId: $a, statusId: "ps_none"}) { agent { id } }`},
		{"BAD_USER_INPUT@agentId", `setPresence(input: {statusId: "ps_busy"}) { agent { id } }`},
		{"NOT_FOUND", `setPresence(input: {agentId: "ag_none", statusId: "ps_busy"}) { agent { id } }`},
		{"BAD_USER_INPUT@agentId", `signOut(input: {}) { agent { id } }`},
		{"NOT_FOUND", `signOut(input: {agentId: "ag_none"}) { agent { id } }`},
		{"NOT_FOUND", `acceptOffer(input: {offerId: "of_none"}) { offer { id } }`},
		{"NOT_FOUND", `rejectOffer(input: {offerId: "of_none"}) { offer { id } }`},
	}
}

// refusalsSayWhy: code, reason and field are there for programs.
func refusalsSayWhy(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	contact := c.newContact(c.agents...)
	item := c.newItem("")
	all := vars{"q": c.queue, "w": c.workstream, "a": c.agents[0], "b": c.agents[1], "c": contact, "i": item}
	for _, r := range refusalCases() {
		head, v := "", vars{}
		for name, value := range all {
			if strings.Contains(r.document, "$"+name) {
				head += "$" + name + ": ID! "
				v[name] = value
			}
		}
		if head != "" {
			head = "(" + head + ")"
		}
		if _, err := c.c.try("mutation "+head+" { "+r.document+" }", v); refusal(err) != r.want {
			t.Errorf("%s: %v, want %s", r.document, err, r.want)
		}
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	for _, document := range []string{cancelDocument, completeDocument} {
		if _, err := c.c.try(document, vars{"w": item}); refusal(err) != "CONFLICT/WORK_ITEM_CLOSED" {
			t.Errorf("of a closed item: %v", err)
		}
	}
}

// refusedRowsAreNotKept: nothing of a refused call is (MX-1).
func refusedRowsAreNotKept(t *testing.T, s *server) {
	c := newCentre(t, s, 4, "")
	contact := c.newContact(c.agents[0], c.agents[1])
	row := func() string {
		return encoded(c.c.do(t, `query ($c: ID!) { contact(id: $c) { preferredAgents { entries { agentId } version updatedAt } } }`, vars{"c": contact}))
	}
	before := row()
	for _, agents := range [][]string{{}, c.agents, {c.agents[2], c.agents[2]}, {c.agents[2], "ag_none"}} {
		_, err := c.c.try(`mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $c, agentIds: $a}) { warnings { code } } }`,
			vars{"c": contact, "a": agents})
		if after := row(); err == nil || after != before {
			t.Errorf("%v was refused with %v and left %s, was %s", agents, err, after, before)
		}
	}
	// Removing the last one removes the row (MX-2).
	for _, a := range c.agents[:2] {
		c.c.do(t, `mutation ($c: ID!, $a: ID!) { removePreferredAgent(input: {contactId: $c, agentId: $a}) { preferredAgents { version } } }`,
			vars{"c": contact, "a": a})
	}
	if after := row(); after != `{"contact":{"preferredAgents":null}}` {
		t.Errorf("without its last agent the row is %s", after)
	}
}

// rowsWarn of agents who are in no queue, and save all the same (MX-3).
func rowsWarn(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	loner := c.newAgent("Loner", 1)
	data := c.c.do(t, `mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $c, agentIds: $a}) {
		warnings { code field } preferredAgents { entries { agentId } } } }`, vars{"c": c.newContact(), "a": []string{c.agents[0], loner}})
	if got := encoded(data.at("setPreferredAgents.warnings")); got != `[{"code":"AGENT_IN_NO_QUEUE","field":"agentIds.1"}]` {
		t.Errorf("the warnings are %s", got)
	}
	if got := data.text("setPreferredAgents.preferredAgents.entries.1.agentId"); got != loner {
		t.Errorf("the row has %s at the second place, want %s", got, loner)
	}
}

// longestTextsAreKept, in scripts that take most bytes.
func longestTextsAreKept(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	name, reference := strings.Repeat("𝔘", 200), strings.Repeat("🜚", 200)
	email := strings.Repeat("é", 120) + "@example.com" // 252 bytes
	phone := strings.Repeat("٣", 40)
	contact := c.c.do(t, `mutation ($n: String!, $e: String, $p: String) { createContact(input: {fullName: $n, email: $e, mobilePhone: $p}) {
		contact { id } } }`, vars{"n": name, "e": email, "p": phone}).text("createContact.contact.id")
	got := c.c.do(t, `query ($c: ID!) { contact(id: $c) { fullName email mobilePhone } }`, vars{"c": contact}).at("contact")
	if got.text("fullName") != name || got.text("email") != email || got.text("mobilePhone") != phone {
		t.Errorf("a contact comes back as %s", encoded(got))
	}
	item := c.c.do(t, `mutation ($w: ID!, $r: String) { createWorkItem(input: {workstreamId: $w, reference: $r}) { workItem { id } } }`,
		vars{"w": c.workstream, "r": reference}).text("createWorkItem.workItem.id")
	if got := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { reference } }`, vars{"i": item}).text("workItem.reference"); got != reference {
		t.Errorf("a reference comes back as %q", got)
	}
}
