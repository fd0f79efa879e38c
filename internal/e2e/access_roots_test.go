package e2e

import (
	"fmt"
	"testing"
	"time"
)

// world is what the table of rights is tried on: two agents who have nothing to do with each other.
type world struct {
	*centre
	mine, theirs desk
	made         int
}

// desk is an agent with a queue of their own, a workstream that is offered and one that is picked.
type desk struct{ agent, queue, push, pick string }

func newWorld(t testing.TB, s *server) *world {
	t.Helper()
	w := &world{centre: &centre{t: t, s: s, c: s.client()}}
	w.give("", "updateOrganization", `organization { id }`, vars{"openWorkLimit": 1000}) // a desk gets much work, and always more (PR-4)
	w.mine, w.theirs = w.newDesk("Mine"), w.newDesk("Theirs")
	return w
}

func (w *world) newDesk(name string) desk {
	w.t.Helper()
	d := desk{agent: w.newAgent(name, 1000)}
	d.queue = w.newQueue(d.agent)
	w.queue = d.queue
	d.push, d.pick = w.newWorkstream("offerSeconds: 3600"), w.newWorkstream("distributionMode: PICK")
	w.signedIn(d)
	return d
}

// signedIn signs the agent in unless they are.
func (w *world) signedIn(d desk) {
	w.t.Helper()
	if w.presence(d.agent).text("signedIn") == "false" {
		signIn(w.t, w.s, d.agent)
	}
}

// number is another one each time, for names.
func (w *world) number() int {
	w.made++
	return w.made
}

// waiting makes a work item that waits to be picked.
func (w *world) waiting(d desk, contact string) string {
	w.t.Helper()
	w.workstream = d.pick
	return w.newItem(contact)
}

// assigned makes a work item that the agent has.
func (w *world) assigned(d desk, contact string) string {
	w.t.Helper()
	item := w.waiting(d, contact)
	w.assign("", item, d.agent)
	return item
}

// wrappingUp makes a work item whose work the agent has done.
func (w *world) wrappingUp(d desk) string {
	w.t.Helper()
	w.queue = d.queue
	w.workstream = w.newWorkstream("distributionMode: PICK, wrapUp: UNTIL_ENDED")
	item := w.newItem("")
	w.assign("", item, d.agent)
	w.c.do(w.t, completeDocument, vars{"w": item})
	return item
}

// offered makes a work item that is offered to the agent.
func (w *world) offered(d desk, contact string) (item, offer string) {
	w.t.Helper()
	w.signedIn(d)
	w.workstream = d.push
	item = w.newItem(contact)
	if offer = w.item(item).text("offer.id"); offer == "null" {
		w.t.Fatalf("nobody is offered %s: %s", item, encoded(w.item(item)))
	}
	return item, offer
}

// served makes a contact whose work the agent has.
func (w *world) served(d desk) (contact string) {
	w.t.Helper()
	contact = w.newContact()
	w.assigned(d, contact)
	return contact
}

func (w *world) newKey(expiresAt time.Time, roles ...string) (id, secret string) {
	w.t.Helper()
	made := w.give("", "createApiKey", `secret apiKey { id }`, vars{"name": "key", "roles": roles, "expiresAt": rfc(expiresAt)})
	return made.text("apiKey.id"), made.text("secret")
}

func (w *world) newRole(permissions ...string) (name string) {
	w.t.Helper()
	name = fmt.Sprintf("OWN_%d", w.number())
	w.give("", "createRole", `role { name }`, vars{"name": name, "permissions": permissions})
	return name
}

func rfc(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// rootCall is how to use one field of a root.
type rootCall struct {
	field    string // Mutation.acceptOffer
	document string
	object   string // the variable with the id of what it is about; "" when it is about nothing in particular
	// make gives the variables, with what is the agent's of this desk, or stands beside it.
	make func(w *world, d desk) vars
}

// isOf says of which kind of root it is.
func (r rootCall) isOf(root string) bool {
	return len(r.field) > len(root) && r.field[:len(root)+1] == root+"."
}

// name is the field without its root.
func (r rootCall) name() string {
	for i := range r.field {
		if r.field[i] == '.' {
			return r.field[i+1:]
		}
	}
	return r.field
}

func nothing(*world, desk) vars { return vars{} }

func agentOf(_ *world, d desk) vars { return vars{"id": d.agent} }

// rootCalls are all fields of the roots.
func rootCalls() []rootCall {
	var all []rootCall
	for _, part := range [][]rootCall{queryRootCases(), settingRootCases(), presenceRootCases(), profileRootCases(), accessRootCases(), workRootCases(), subscriptionRootCases()} {
		all = append(all, part...)
	}
	return all
}

func queryRootCases() []rootCall {
	return []rootCall{
		{"Query.agent", `query ($id: ID!) { agent(id: $id) { id name presence { base } } }`, "id", agentOf},
		{"Query.agents", `{ agents { nodes { id } } }`, "", nothing},
		{"Query.apiKeys", `{ apiKeys { nodes { id } } }`, "", nothing},
		{"Query.capacityProfiles", `{ capacityProfiles { id } }`, "", nothing},
		{"Query.contact", `query ($id: ID!) { contact(id: $id) { id fullName } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.served(d)} }},
		{"Query.contacts", `{ contacts { nodes { id } } }`, "", nothing},
		{"Query.node", `query ($id: ID!) { node(id: $id) { id } }`, "id", agentOf},
		{"Query.organization", `{ organization { id } }`, "", nothing},
		{"Query.preferredAgents", `{ preferredAgents { nodes { version } } }`, "", nothing},
		{"Query.presenceStatuses", `{ presenceStatuses { id } }`, "", nothing},
		{"Query.previewRouting", `query ($w: ID!) { previewRouting(input: {workstreamId: $w}) { outcome } }`, "w",
			func(_ *world, d desk) vars { return vars{"w": d.push} }},
		{"Query.queue", `query ($id: ID!) { queue(id: $id) { id } }`, "id", func(_ *world, d desk) vars { return vars{"id": d.queue} }},
		{"Query.queues", `{ queues { nodes { id figures { waiting } } } }`, "", nothing},
		{"Query.roles", `{ roles { name } }`, "", nothing},
		{"Query.server", `{ server { version } }`, "", nothing},
		{"Query.viewer", `{ viewer { principal } }`, "", nothing},
		{"Query.workItem", `query ($id: ID!) { workItem(id: $id) { id offers { nodes { id } } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.assigned(d, "")} }},
		{"Query.workItems", `query ($id: ID!) { workItems(filter: {agentId: $id}) { nodes { id } } }`, "id", agentOf},
		{"Query.workstream", `query ($id: ID!) { workstream(id: $id) { id } }`, "id", func(_ *world, d desk) vars { return vars{"id": d.push} }},
		{"Query.workstreams", `{ workstreams { nodes { id } } }`, "", nothing},
	}
}

func settingRootCases() []rootCall {
	agents := func(w *world, d desk) vars {
		return vars{"q": w.newQueue(d.agent), "a": []string{w.newAgent("Member", 1)}}
	}
	row := func(w *world, d desk) vars {
		return vars{"c": w.newContact(d.agent, w.newAgent("Second", 1)), "a": d.agent}
	}
	return []rootCall{
		{"Mutation.addQueueMembers", `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, "q", agents},
		{"Mutation.removeQueueMembers", `mutation ($q: ID!, $a: [ID!]!) { removeQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, "q", agents},
		{"Mutation.createAgent", `mutation { createAgent(input: {name: "New", capacityUnits: 1}) { agent { id } } }`, "", nothing},
		{"Mutation.updateAgent", `mutation ($id: ID!) { updateAgent(input: {agentId: $id, capacityUnits: 2}) { agent { id } } }`, "id",
			func(w *world, _ desk) vars { return vars{"id": w.newAgent("To be changed", 1)} }},
		{"Mutation.deleteAgent", `mutation ($id: ID!) { deleteAgent(input: {agentId: $id}) { agentId } }`, "id",
			func(w *world, _ desk) vars { return vars{"id": w.newAgent("To go", 1)} }},
		{"Mutation.createContact", `mutation { createContact(input: {fullName: "New"}) { contact { id } } }`, "", nothing},
		{"Mutation.updateContact", `mutation ($id: ID!) { updateContact(input: {contactId: $id, fullName: "Changed"}) { contact { id } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.served(d)} }},
		{"Mutation.deleteContact", `mutation ($id: ID!) { deleteContact(input: {contactId: $id}) { contactId } }`, "id",
			func(w *world, _ desk) vars { return vars{"id": w.newContact()} }},
		{"Mutation.createQueue", `mutation { createQueue(input: {name: "New"}) { queue { id } } }`, "", nothing},
		{"Mutation.updateQueue", `mutation ($id: ID!) { updateQueue(input: {queueId: $id, priority: 7}) { queue { id } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.newQueue(d.agent)} }},
		{"Mutation.deleteQueue", `mutation ($id: ID!) { deleteQueue(input: {queueId: $id}) { queueId } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.newQueue(d.agent)} }},
		{"Mutation.createWorkstream", `mutation ($q: ID!) { createWorkstream(input: {name: "New", channel: FAX, queueId: $q}) { workstream { id } } }`, "q",
			func(_ *world, d desk) vars { return vars{"q": d.queue} }},
		{"Mutation.updateWorkstream", `mutation ($id: ID!) { updateWorkstream(input: {workstreamId: $id, declineLimit: 2}) { workstream { id } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.newWorkstream("")} }},
		{"Mutation.deleteWorkstream", `mutation ($id: ID!) { deleteWorkstream(input: {workstreamId: $id}) { workstreamId } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.newWorkstream("")} }},
		{"Mutation.updateOrganization", `mutation { updateOrganization(input: {reconnectSeconds: 60}) { organization { id } } }`, "", nothing},
		{"Mutation.updateRoutingPolicy", `mutation ($id: ID!) { updateRoutingPolicy(input: {scopeId: $id, enabled: true}) { workstream { id } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.newWorkstream("")} }},
		{"Mutation.setPreferredAgents", `mutation ($c: ID!, $a: ID!) { setPreferredAgents(input: {contactId: $c, agentIds: [$a]}) { warnings { code } } }`, "c", row},
		{"Mutation.movePreferredAgent", `mutation ($c: ID!, $a: ID!) { movePreferredAgent(input: {contactId: $c, agentId: $a, direction: DOWN}) {
			preferredAgents { version } } }`, "c", row},
		{"Mutation.removePreferredAgent", `mutation ($c: ID!, $a: ID!) { removePreferredAgent(input: {contactId: $c, agentId: $a}) { preferredAgents { version } } }`, "c", row},
	}
}

func presenceRootCases() []rootCall {
	status := func(w *world, _ desk) vars { return vars{"id": w.newStatus("AWAY")} }
	granted := func(w *world, d desk) vars {
		v := status(w, d)
		v["a"] = []string{d.agent}
		return v
	}
	return []rootCall{
		{"Mutation.createPresenceStatus", `mutation { createPresenceStatus(input: {text: "New", base: BUSY}) { presenceStatus { id } } }`, "", nothing},
		{"Mutation.updatePresenceStatus", `mutation ($id: ID!) { updatePresenceStatus(input: {statusId: $id, base: BUSY}) { presenceStatus { id } } }`, "id", status},
		{"Mutation.deletePresenceStatus", `mutation ($id: ID!) { deletePresenceStatus(input: {statusId: $id}) { statusId } }`, "id", status},
		{"Mutation.grantPresenceStatus", `mutation ($id: ID!, $a: [ID!]!) { grantPresenceStatus(input: {statusId: $id, agentIds: $a}) {
			presenceStatus { id } } }`, "id", granted},
		{"Mutation.withdrawPresenceStatus", `mutation ($id: ID!, $a: [ID!]!) { withdrawPresenceStatus(input: {statusId: $id, agentIds: $a}) {
			presenceStatus { id } } }`, "id", granted},
	}
}

func profileRootCases() []rootCall {
	profile := func(w *world, _ desk) vars { return vars{"id": w.newProfile("limit: 3")} }
	owned := func(w *world, _ desk) vars {
		v := vars{"a": w.newAgent("With a profile", 1), "p": w.newProfile("limit: 3")}
		w.has(v["a"].(string), v["p"].(string), nil)
		return v
	}
	return []rootCall{
		{"Mutation.createCapacityProfile", `mutation { createCapacityProfile(input: {name: "New", limit: 1}) { capacityProfile { id } } }`, "", nothing},
		{"Mutation.updateCapacityProfile", `mutation ($id: ID!) { updateCapacityProfile(input: {profileId: $id, limit: 2}) { capacityProfile { id } } }`, "id", profile},
		{"Mutation.deleteCapacityProfile", `mutation ($id: ID!) { deleteCapacityProfile(input: {profileId: $id}) { profileId } }`, "id", profile},
		{"Mutation.setAgentCapacityProfile", `mutation ($a: ID!, $p: ID!) { setAgentCapacityProfile(input: {agentId: $a, profileId: $p, limit: 2}) { agent { id } } }`, "a", owned},
		{"Mutation.removeAgentCapacityProfile", `mutation ($a: ID!, $p: ID!) { removeAgentCapacityProfile(input: {agentId: $a, profileId: $p}) { agent { id } } }`, "a", owned},
		{"Mutation.resetAgentCapacity", `mutation ($a: ID!, $p: ID!) { resetAgentCapacity(input: {agentId: $a, profileId: $p}) { agent { id } } }`, "a", owned},
	}
}

func accessRootCases() []rootCall {
	role := func(w *world, _ desk) vars { return vars{"n": w.newRole("WORK_READ")} }
	return []rootCall{
		{"Mutation.createRole", `mutation ($n: String!) { createRole(input: {name: $n, permissions: [WORK_READ]}) { role { name } } }`, "",
			func(w *world, _ desk) vars { return vars{"n": fmt.Sprintf("NEW_%d", w.number())} }},
		{"Mutation.updateRole", `mutation ($n: String!) { updateRole(input: {name: $n, description: "changed"}) { role { name } } }`, "n", role},
		{"Mutation.deleteRole", `mutation ($n: String!) { deleteRole(input: {name: $n}) { name } }`, "n", role},
		{"Mutation.createApiKey", `mutation ($at: DateTime!) { createApiKey(input: {name: "New", roles: ["AGENT"], expiresAt: $at}) { apiKey { id } } }`, "",
			func(*world, desk) vars { return vars{"at": rfc(time.Now().Add(time.Hour))} }},
		{"Mutation.revokeApiKey", `mutation ($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { apiKeyId } }`, "id",
			func(w *world, _ desk) vars {
				id, _ := w.newKey(time.Now().Add(time.Hour), "AGENT")
				return vars{"id": id}
			}},
	}
}

func workRootCases() []rootCall {
	offer := func(w *world, d desk) vars {
		_, id := w.offered(d, "")
		return vars{"id": id}
	}
	assigned := func(w *world, d desk) vars { return vars{"id": w.assigned(d, "")} }
	waiting := func(w *world, d desk) vars { return vars{"id": w.waiting(d, "")} }
	with := func(make func(*world, desk) vars, name string, value func(w *world, d desk) string) func(*world, desk) vars {
		return func(w *world, d desk) vars {
			v := make(w, d)
			v[name] = value(w, d)
			return v
		}
	}
	its := func(_ *world, d desk) string { return d.agent }
	there := func(w *world, d desk) vars {
		w.signedIn(d)
		return agentOf(w, d)
	}
	return []rootCall{
		{"Mutation.acceptOffer", `mutation ($id: ID!) { acceptOffer(input: {offerId: $id}) { offer { id } } }`, "id", offer},
		{"Mutation.rejectOffer", `mutation ($id: ID!) { rejectOffer(input: {offerId: $id}) { offer { id } } }`, "id", offer},
		{"Mutation.setPresence", `mutation ($id: ID!) { setPresence(input: {agentId: $id, statusId: "ps_busy"}) { agent { id presence { base } } } }`, "id", there},
		{"Mutation.resetPresence", `mutation ($id: ID!) { resetPresence(input: {agentId: $id}) { agent { id presence { source } } } }`, "id", there},
		{"Mutation.signOut", `mutation ($id: ID!) { signOut(input: {agentId: $id}) { agent { id } } }`, "id", there},
		{"Mutation.createWorkItem", `mutation ($id: ID!) { createWorkItem(input: {workstreamId: $id}) { workItem { id } } }`, "id",
			func(_ *world, d desk) vars { return vars{"id": d.pick} }},
		{"Mutation.cancelWorkItem", `mutation ($id: ID!) { cancelWorkItem(input: {workItemId: $id}) { workItem { id } } }`, "id", assigned},
		{"Mutation.completeWorkItem", `mutation ($id: ID!) { completeWorkItem(input: {workItemId: $id}) { workItem { id } } }`, "id", assigned},
		{"Mutation.setWorkItemWaiting", `mutation ($id: ID!) { setWorkItemWaiting(input: {workItemId: $id}) { workItem { id } } }`, "id", assigned},
		{"Mutation.resumeWorkItem", `mutation ($id: ID!) { resumeWorkItem(input: {workItemId: $id}) { workItem { id } } }`, "id", assigned},
		{"Mutation.endWrapUp", `mutation ($id: ID!) { endWrapUp(input: {workItemId: $id}) { workItem { id } } }`, "id",
			func(w *world, d desk) vars { return vars{"id": w.wrappingUp(d)} }},
		{"Mutation.pickWorkItem", `mutation ($id: ID!, $a: ID) { pickWorkItem(input: {workItemId: $id, agentId: $a}) { workItem { id } } }`, "id",
			with(waiting, "a", its)},
		{"Mutation.assignWorkItem", `mutation ($id: ID!, $a: ID!) { assignWorkItem(input: {workItemId: $id, agentId: $a}) { workItem { id } } }`, "id",
			with(waiting, "a", its)},
		{"Mutation.transferWorkItem", `mutation ($id: ID!, $q: ID!) { transferWorkItem(input: {workItemId: $id, queueId: $q}) { workItem { id } } }`, "id",
			with(assigned, "q", func(_ *world, d desk) string { return d.queue })},
		{"Mutation.setWorkItemPriority", `mutation ($id: ID!) { setWorkItemPriority(input: {workItemId: $id, priority: 7}) { workItem { id } } }`, "id", assigned},
		{"Mutation.linkContact", `mutation ($id: ID!, $c: ID) { linkContact(input: {workItemId: $id, contactId: $c}) { workItem { id } } }`, "id",
			with(assigned, "c", func(w *world, _ desk) string { return w.newContact() })},
	}
}

func subscriptionRootCases() []rootCall {
	return []rootCall{
		{"Subscription.agentOffers", `subscription ($id: ID!) { agentOffers(agentId: $id) { type offer { id } } }`, "id", agentOf},
		{"Subscription.agentPresence", `subscription ($id: ID!) { agentPresence(filter: {agentIds: [$id]}) { type presence { base } } }`, "id", agentOf},
		{"Subscription.decisions", `subscription { decisions { type } }`, "", nothing},
		{"Subscription.queueFigures", `subscription ($id: ID!) { queueFigures(queueIds: [$id]) { type } }`, "id",
			func(_ *world, d desk) vars { return vars{"id": d.queue} }},
		{"Subscription.workItems", `subscription ($id: ID!) { workItems(filter: {agentId: $id}) { type workItem { id } } }`, "id", agentOf},
	}
}
