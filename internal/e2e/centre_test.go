package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// centre is a small contact centre of a test's own: a queue with its members and a workstream. Tests share servers and must not see
// each other's work.
type centre struct {
	t          testing.TB
	s          *server
	c          client
	queue      string
	agents     []string
	workstream string
}

// newCentre makes a centre with so many agents of 10 units each. More settings of the workstream are given as GraphQL, for example
// "channel: EMAIL, offerSeconds: 5"; it costs 1 unit and allows Available and Busy unless they say otherwise.
func newCentre(t testing.TB, s *server, agents int, settings string) *centre {
	t.Helper()
	c := &centre{t: t, s: s, c: s.client()}
	c.queue = c.c.do(t, `mutation { createQueue(input: {name: "Queue of a test"}) { queue { id } } }`, nil).text("createQueue.queue.id")
	for i := range agents {
		c.agents = append(c.agents, c.newAgent(fmt.Sprintf("Agent %d of a test", i), 10))
	}
	if agents > 0 {
		c.c.do(t, `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`,
			vars{"q": c.queue, "a": c.agents})
	}
	c.workstream = c.newWorkstream(settings)
	return c
}

func (c *centre) newAgent(name string, units int) string {
	c.t.Helper()
	return c.c.do(c.t, `mutation ($n: String!, $u: Int!) { createAgent(input: {name: $n, capacityUnits: $u}) { agent { id } } }`,
		vars{"n": name, "u": units}).text("createAgent.agent.id")
}

func (c *centre) newWorkstream(settings string) string {
	c.t.Helper()
	for _, d := range []string{"channel: CHAT", "allowedPresences: [AVAILABLE, BUSY]"} {
		if field, _, _ := strings.Cut(d, ":"); !strings.Contains(settings, field+":") {
			settings += ", " + d
		}
	}
	document := `mutation ($q: ID!) { createWorkstream(input: {name: "Workstream of a test", queueId: $q, ` + settings + `}) { workstream { id } } }`
	return c.c.do(c.t, document, vars{"q": c.queue}).text("createWorkstream.workstream.id")
}

// newStatus makes a presence status of one's own that is granted to nobody.
func (c *centre) newStatus(base string) string {
	c.t.Helper()
	return c.give("", "createPresenceStatus", `presenceStatus { id }`, vars{"text": "Status of a test", "base": base}).text("presenceStatus.id")
}

// newProfile makes a capacity profile; its settings are given as GraphQL, for example "limit: 2, blocking: true".
func (c *centre) newProfile(settings string) string {
	c.t.Helper()
	document := `mutation { createCapacityProfile(input: {name: "Profile of a test", ` + settings + `}) { capacityProfile { id } } }`
	return c.c.do(c.t, document, nil).text("createCapacityProfile.capacityProfile.id")
}

// has gives an agent a capacity profile; limit is their own, nil for the profile's.
func (c *centre) has(agent, profile string, limit any) {
	c.t.Helper()
	c.give("", "setAgentCapacityProfile", `agent { id }`, vars{"agentId": agent, "profileId": profile, "limit": limit})
}

func (c *centre) newQueue(members ...string) string {
	c.t.Helper()
	id := c.c.do(c.t, `mutation { createQueue(input: {name: "Another queue of a test"}) { queue { id } } }`, nil).text("createQueue.queue.id")
	if len(members) > 0 {
		c.c.do(c.t, `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, vars{"q": id, "a": members})
	}
	return id
}

// give calls a mutation that must go well and gives its payload.
func (c *centre) give(actor, mutation, payload string, input vars) object {
	c.t.Helper()
	got, err := c.try(actor, mutation, payload, input)
	if err != nil {
		c.t.Fatalf("%s %v: %v", mutation, input, err)
	}
	return got
}

func (c *centre) try(actor, name, payload string, input vars) (object, error) {
	return mutation{name: name, payload: payload}.run(c.c, call{actor, input})
}

// refused calls a mutation that must be refused, with want as its code, reason and field.
func (c *centre) refused(want, actor, mutation, payload string, input vars) {
	c.t.Helper()
	if got, err := c.try(actor, mutation, payload, input); refusal(err) != want {
		c.t.Errorf("%s %v in the name of %q: %s, %v, want %s", mutation, input, actor, encoded(got), err, want)
	}
}

func (c *centre) deleteWorkstream(id string) {
	c.t.Helper()
	c.give("", "deleteWorkstream", `workstreamId`, vars{"workstreamId": id})
}

func (c *centre) deleteAgent(id string) object {
	c.t.Helper()
	return c.give("", "deleteAgent", `agentId warnings { code field }`, vars{"agentId": id})
}

// newContact makes a contact who prefers these agents.
func (c *centre) newContact(preferred ...string) string {
	c.t.Helper()
	id := c.c.do(c.t, `mutation { createContact(input: {fullName: "Contact of a test"}) { contact { id } } }`, nil).text("createContact.contact.id")
	if len(preferred) > 0 {
		c.prefer(id, preferred...)
	}
	return id
}

func (c *centre) prefer(contact string, agents ...string) {
	c.t.Helper()
	c.c.do(c.t, `mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $c, agentIds: $a}) { warnings { code } } }`,
		vars{"c": contact, "a": agents})
}

// enablePreferred turns routing to preferred agents on for the organisation; a new server has it off (RT-1).
func (c *centre) enablePreferred() {
	c.t.Helper()
	c.c.do(c.t, `mutation { updateRoutingPolicy(input: {scopeId: "or_1", enabled: true}) { organization { id } } }`, nil)
}

// newItem creates a work item of a contact, or of nobody for "".
func (c *centre) newItem(contact string) string {
	c.t.Helper()
	v := vars{"w": c.workstream}
	if contact != "" {
		v["c"] = contact
	}
	return c.c.do(c.t, `mutation ($w: ID!, $c: ID) { createWorkItem(input: {workstreamId: $w, contactId: $c}) { workItem { id } } }`, v).
		text("createWorkItem.workItem.id")
}

const itemFields = `id status leftUnassigned attempts offer { id agentId state path overCapacity } assignment { id agentId }
	offers(first: 100) { nodes { id agentId state path revokeReason overCapacity offeredAt expiresAt endedAt } }
	decisions(first: 100) { nodes { attempt repeats outcome reason preferredReason agentId offerId preferred { position agentId code } } }`

// item reads a work item.
func (c *centre) item(id string) object {
	c.t.Helper()
	return c.c.do(c.t, `query ($id: ID!) { workItem(id: $id) { `+itemFields+` } }`, vars{"id": id}).at("workItem")
}

// presence reads an agent's presence: base, cause, source, changedAt, signedIn.
func (c *centre) presence(agent string) object {
	c.t.Helper()
	return c.c.do(c.t, `query ($id: ID!) { agent(id: $id) { presence { base cause source changedAt signedIn status { id } } } }`,
		vars{"id": agent}).at("agent.presence")
}

// choose sets an agent's presence by hand.
func (c *centre) choose(agent, status string) object {
	c.t.Helper()
	return c.c.do(c.t, `mutation ($a: ID!, $s: ID!) { setPresence(input: {agentId: $a, statusId: $s}) { agent { presence { base changedAt } } } }`,
		vars{"a": agent, "s": status}).at("setPresence.agent.presence")
}

func (c *centre) accept(agent, offer string) object {
	c.t.Helper()
	return c.c.as(agent).do(c.t, acceptDocument, vars{"o": offer})
}

func (c *centre) reject(agent, offer string) object {
	c.t.Helper()
	return c.c.as(agent).do(c.t, rejectDocument, vars{"o": offer})
}

const (
	acceptDocument   = `mutation ($o: ID!) { acceptOffer(input: {offerId: $o}) { offer { id state endedAt } assignment { id agentId assignedAt workItem { id status } } } }`
	rejectDocument   = `mutation ($o: ID!) { rejectOffer(input: {offerId: $o}) { offer { id state endedAt } } }`
	completeDocument = `mutation ($w: ID!) { completeWorkItem(input: {workItemId: $w}) { workItem { id status closedAt } } }`
	cancelDocument   = `mutation ($w: ID!) { cancelWorkItem(input: {workItemId: $w}) { workItem { id status closedAt } } }`
)
