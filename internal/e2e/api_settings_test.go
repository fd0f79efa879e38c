package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// settingsChange: what an update names changes, everything else stays, and each update counts in the version.
func settingsChange(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	other := c.newQueue()
	contact := c.newContact()
	for _, u := range []struct {
		mutation, payload, at string
		id                    vars
		steps                 []struct{ fields, want string }
	}{
		{"updateAgent", `agent { name capacityUnits version load { freeUnits } }`, "agent", vars{"agentId": c.agents[0]}, []struct{ fields, want string }{
			{"name=Zoë", `{"capacityUnits":10,"load":{"freeUnits":10},"name":"Zoë","version":2}`},
			{"capacityUnits=0", `{"capacityUnits":0,"load":{"freeUnits":0},"name":"Zoë","version":3}`},
			{"name= Ann  capacityUnits=1000", `{"capacityUnits":1000,"load":{"freeUnits":1000},"name":"Ann","version":4}`},
		}},
		{"updateQueue", `queue { name priority assignmentMethod version }`, "queue", vars{"queueId": c.queue}, []struct{ fields, want string }{
			{"name=Claims", `{"assignmentMethod":"HIGHEST_CAPACITY","name":"Claims","priority":100,"version":2}`},
			{"priority=0", `{"assignmentMethod":"HIGHEST_CAPACITY","name":"Claims","priority":0,"version":3}`},
			{"assignmentMethod=LEAST_ACTIVE", `{"assignmentMethod":"LEAST_ACTIVE","name":"Claims","priority":0,"version":4}`},
		}},
		{"updateWorkstream", `workstream { name queue { id } allowedPresences capacityUnits priority acceptMode offerSeconds declineLimit version }`,
			"workstream", vars{"workstreamId": c.workstream}, []struct{ fields, want string }{
				{"name=Claims queueId=" + other, `{"acceptMode":"MANUAL","allowedPresences":["AVAILABLE","BUSY"],"capacityUnits":1,"declineLimit":3,"name":"Claims",` +
					`"offerSeconds":120,"priority":100,"queue":{"id":"` + other + `"},"version":2}`},
				{"acceptMode=AUTO capacityUnits=1000 priority=0 offerSeconds=5 declineLimit=1", `{"acceptMode":"AUTO","allowedPresences":["AVAILABLE","BUSY"],` +
					`"capacityUnits":1000,"declineLimit":1,"name":"Claims","offerSeconds":5,"priority":0,"queue":{"id":"` + other + `"},"version":3}`},
			}},
		{"updateContact", `contact { fullName email mobilePhone version }`, "contact", vars{"contactId": contact}, []struct{ fields, want string }{
			{"email=a@example.com mobilePhone=+43 1", `{"email":"a@example.com","fullName":"Contact of a test","mobilePhone":"+43 1","version":2}`},
			{"fullName=Änne", `{"email":"a@example.com","fullName":"Änne","mobilePhone":"+43 1","version":3}`},
			{"email=null", `{"email":null,"fullName":"Änne","mobilePhone":"+43 1","version":4}`},
			{"mobilePhone=null fullName=null", `{"email":null,"fullName":"Änne","mobilePhone":null,"version":5}`},
		}},
	} {
		for _, step := range u.steps {
			input := fieldsOf(step.fields)
			for k, v := range u.id {
				input[k] = v
			}
			if got := encoded(c.give("", u.mutation, u.payload, input).at(u.at)); got != step.want {
				t.Errorf("%s %s: %s, want %s", u.mutation, step.fields, got, step.want)
			}
		}
	}
	if got := c.c.do(t, `query ($id: ID!) { agent(id: $id) { name version createdAt updatedAt } }`, vars{"id": c.agents[0]}).at("agent"); got.text("name") != "Ann" ||
		got.text("version") != "4" || !instant(got.text("updatedAt")).After(instant(got.text("createdAt"))) {
		t.Errorf("read again: %s", encoded(got))
	}
}

// fieldsOf reads an input from text: fields like "name=Zoë", a value ends where the next field begins.
func fieldsOf(text string) vars {
	input := vars{}
	name := ""
	for word := range strings.SplitSeq(text, " ") {
		key, value, begins := strings.Cut(word, "=")
		if !begins {
			input[name] = fmt.Sprint(input[name], " ", word)
			continue
		}
		name = key
		var n int
		switch _, err := fmt.Sscanf(value, "%d", &n); {
		case value == "null":
			input[name] = nil
		case err == nil && fmt.Sprint(n) == value:
			input[name] = n
		default:
			input[name] = value
		}
	}
	return input
}

// versionsGuard: with the right expectedVersion a change is made, with another one it is refused and nothing is changed, without one it is made
// whatever the version is.
func versionsGuard(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	contact, row := c.newContact(), c.newContact(c.agents...)
	type step struct {
		mutation, payload, version string
		input                      vars
	}
	steps := []step{
		{"updateAgent", `agent { version }`, "agent.version", vars{"agentId": c.agents[0], "name": "A"}},
		{"updateContact", `contact { version }`, "contact.version", vars{"contactId": contact, "fullName": "A"}},
		{"updateQueue", `queue { version }`, "queue.version", vars{"queueId": c.queue, "name": "A"}},
		{"updateWorkstream", `workstream { version }`, "workstream.version", vars{"workstreamId": c.workstream, "name": "A"}},
		{"updateRoutingPolicy", `contact { version }`, "contact.version", vars{"scopeId": contact, "retryPreferred": true}},
		{"updateRoutingPolicy", `workstream { version }`, "workstream.version", vars{"scopeId": c.workstream, "retryPreferred": true}},
		{"setPreferredAgents", `preferredAgents { version }`, "preferredAgents.version", vars{"contactId": row, "agentIds": c.agents}},
		{"movePreferredAgent", `preferredAgents { version }`, "preferredAgents.version", vars{"contactId": row, "agentId": c.agents[0], "direction": "DOWN"}},
		{"removePreferredAgent", `preferredAgents { version }`, "preferredAgents.version", vars{"contactId": row, "agentId": c.agents[0]}},
	}
	for _, st := range steps {
		if st.mutation == "movePreferredAgent" { // each move needs a row that it can be made in
			c.prefer(row, c.agents...)
		}
		version := 0
		if _, err := fmt.Sscan(c.give("", st.mutation, st.payload, st.input).text(st.version), &version); err != nil {
			t.Fatal(err)
		}
		if st.mutation == "movePreferredAgent" || st.mutation == "removePreferredAgent" {
			c.prefer(row, c.agents...)
			version++
		}
		for _, wrong := range []int{version - 1, version + 1, -1} {
			st.input["expectedVersion"] = wrong
			c.refused("CONFLICT/VERSION_MISMATCH", "", st.mutation, st.payload, st.input)
		}
		st.input["expectedVersion"] = version
		if got := c.give("", st.mutation, st.payload, st.input).text(st.version); got != fmt.Sprint(version+1) {
			t.Errorf("%s expecting version %d, where nothing was changed by what was refused, gives version %s", st.mutation, version, got)
		}
	}
	none := c.newContact()
	c.refused("CONFLICT/VERSION_MISMATCH", "", "setPreferredAgents", `preferredAgents { version }`,
		vars{"contactId": none, "agentIds": c.agents[:1], "expectedVersion": 1})
	c.give("", "setPreferredAgents", `preferredAgents { version }`, vars{"contactId": none, "agentIds": c.agents[:1], "expectedVersion": 0})
	// Deleting guards in the same way.
	for mutation, input := range map[string]vars{
		"deleteAgent": {"agentId": c.agents[1]}, "deleteContact": {"contactId": contact}, "deleteWorkstream": {"workstreamId": c.workstream},
		"deleteQueue": {"queueId": c.newQueue()},
	} {
		input["expectedVersion"] = 99
		c.refused("CONFLICT/VERSION_MISMATCH", "", mutation, `__typename`, input)
		delete(input, "expectedVersion")
		c.give("", mutation, `__typename`, input)
		c.refused("NOT_FOUND", "", mutation, `__typename`, input)
	}
}

// ownIDs: whoever creates can bring an id, which can't be taken twice, not even by what was made without one.
func ownIDs(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	for noun, m := range map[string]struct {
		prefix string
		input  vars
	}{
		"Agent": {"ag_", vars{"name": "A", "capacityUnits": 1}}, "Contact": {"ct_", vars{"fullName": "A"}}, "Queue": {"qu_", vars{"name": "A"}},
		"Workstream": {"ws_", vars{"name": "A", "channel": "SMS", "queueId": c.queue}},
	} {
		id := m.prefix + strings.TrimPrefix(c.newItem(""), "wi_") // a UUID that nothing of this kind has
		field := strings.ToLower(noun)
		m.input["id"] = id
		if got := c.give("", "create"+noun, field+` { id }`, m.input).text(field + ".id"); got != id {
			t.Errorf("create%s with the id %s gives %s", noun, id, got)
		}
		c.refused("CONFLICT/ALREADY_EXISTS", "", "create"+noun, field+` { id }`, m.input)
		for _, bad := range []string{"", "x", m.prefix, strings.ToUpper(id), "xx" + id, id + "0", id[:len(id)-1], m.prefix + strings.Repeat("a", 36)} {
			m.input["id"] = bad
			c.refused("BAD_USER_INPUT@id", "", "create"+noun, field+` { id }`, m.input)
		}
		delete(m.input, "id")
		c.give("", "create"+noun, field+` { id }`, m.input)
	}
}

// deletingInUse is refused with CONFLICT/IN_USE and leaves everything as it was; when nothing is in the way it is done for good.
func deletingInUse(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a, contact := c.agents[0], c.newContact(c.agents[0])
	item := c.newItem(contact)
	inUse := func(mutation string, input vars) {
		t.Helper()
		c.refused("CONFLICT/IN_USE", "", mutation, `__typename`, input)
	}
	inUse("deleteContact", vars{"contactId": contact})
	inUse("deleteWorkstream", vars{"workstreamId": c.workstream})
	inUse("deleteQueue", vars{"queueId": c.queue})
	c.give("", "assignWorkItem", `workItem { id }`, vars{"workItemId": item, "agentId": a})
	inUse("deleteAgent", vars{"agentId": a})
	inUse("deleteContact", vars{"contactId": contact})
	inUse("deleteWorkstream", vars{"workstreamId": c.workstream})
	if got := c.c.do(t, `query ($a: ID!, $c: ID!, $w: ID!, $q: ID!) { agent(id: $a) { queues { id } } contact(id: $c) { preferredAgents { version } }
		workstream(id: $w) { version } queue(id: $q) { members { nodes { id } } } }`, vars{"a": a, "c": contact, "w": c.workstream, "q": c.queue}); encoded(got) !=
		`{"agent":{"queues":[{"id":"`+c.queue+`"}]},"contact":{"preferredAgents":{"version":1}},"queue":{"members":{"nodes":[{"id":"`+a+`"}]}},"workstream":{"version":1}}` {
		t.Errorf("after what was refused: %s", encoded(got))
	}
	// Another queue's workstream and the item itself keep a queue.
	other := c.newQueue()
	c.give("", "transferWorkItem", `workItem { id }`, vars{"workItemId": item, "queueId": other})
	inUse("deleteQueue", vars{"queueId": other})
	c.c.do(t, cancelDocument, vars{"w": item})
	if got := c.deleteAgent(a); encoded(got) != `{"agentId":"`+a+`","warnings":[{"code":"AGENT_STILL_PREFERRED","field":"agentId"}]}` {
		t.Errorf("deleting an agent of a row: %s", encoded(got))
	}
	c.give("", "deleteQueue", `queueId`, vars{"queueId": other})
	inUse("deleteQueue", vars{"queueId": c.queue}) // the workstream
	c.deleteWorkstream(c.workstream)
	c.give("", "deleteQueue", `queueId`, vars{"queueId": c.queue})
	// The row stays and names whoever is no more (MX-3).
	row := c.c.do(t, `query ($c: ID!, $a: ID!) { contact(id: $c) { preferredAgents { contact { id } entries { position agentId agent { id } } } }
		preferredAgents(agentId: $a) { nodes { contactId } } node(id: $a) { id } }`, vars{"c": contact, "a": a})
	if got := encoded(row); got != `{"contact":{"preferredAgents":{"contact":{"id":"`+contact+`"},"entries":[{"agent":null,"agentId":"`+a+`","position":1}]}},"node":null,`+
		`"preferredAgents":{"nodes":[{"contactId":"`+contact+`"}]}}` {
		t.Errorf("the row of a deleted agent: %s", got)
	}
	c.give("", "deleteContact", `contactId`, vars{"contactId": contact})
	// What is closed keeps the ids of all of them.
	got := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { status workstreamId workstream { id } queueId queue { id } contactId contact { id }
		agentId agent { id } } }`, vars{"i": item}).at("workItem")
	if want := fmt.Sprintf(`{"agent":null,"agentId":null,"contact":null,"contactId":"%s","queue":null,"queueId":"%s","status":"CANCELLED","workstream":null,"workstreamId":"%s"}`,
		contact, other, c.workstream); encoded(got) != want {
		t.Errorf("a closed item of what was deleted: %s, want %s", encoded(got), want)
	}
	if rows := c.c.do(t, `query ($a: ID!) { preferredAgents(agentId: $a) { nodes { contactId } } }`, vars{"a": a}); len(rows.list("preferredAgents.nodes")) != 0 {
		t.Errorf("the row of a deleted contact: %s", encoded(rows))
	}
}

// deletedAgentsInRows are passed over by routing; an agent who comes back under their id counts again (MX-3).
func deletedAgentsInRows(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	c.enablePreferred()
	a, b := c.agents[0], c.agents[1]
	contact := c.newContact(a, b)
	c.deleteAgent(a)
	second := signIn(t, s, b)
	item := c.newItem(contact)
	if o := second.awaitOffer(t, item, "OPEN"); o.Path != "PREFERRED" {
		t.Errorf("the second of the row is asked by the path %s", o.Path)
	}
	got := c.item(item)
	if codes := strings.Join(got.list("decisions.nodes")[0].texts("preferred", "code"), " "); codes != "AGENT_NOT_FOUND OFFERED" {
		t.Errorf("the codes are %s", codes)
	}
	c.refused("BAD_USER_INPUT@agentIds.0", "", "setPreferredAgents", `warnings { code }`, vars{"contactId": contact, "agentIds": []string{a, b}})
	moved := c.give("", "movePreferredAgent", `preferredAgents { entries { agentId agent { id } } }`, vars{"contactId": contact, "agentId": a, "direction": "DOWN"})
	if got := moved.text("preferredAgents.entries.1.agentId"); got != a {
		t.Errorf("a deleted agent is moved: %s", encoded(moved))
	}
	c.give("", "createAgent", `agent { id }`, vars{"id": a, "name": "Again", "capacityUnits": 5})
	c.c.do(t, `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, vars{"q": c.queue, "a": []string{a}})
	first := signIn(t, s, a)
	c.reject(b, c.item(item).text("offer.id"))
	if o := first.awaitOffer(t, item, "OPEN"); o.Path != "PREFERRED" {
		t.Errorf("back under the same id, the agent is asked by the path %s", o.Path)
	}
}

// keysOfWhatIsGone: a call that is repeated after its object was deleted is NOT_FOUND and says so; one that deleted says the same as before.
func keysOfWhatIsGone(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	contact, agent, queue := c.newContact(c.agents...), c.agents[0], c.newQueue()
	stream := c.newWorkstream("")
	calls := []struct {
		mutation string
		input    vars
	}{
		{"createAgent", vars{"name": "A", "capacityUnits": 1}}, {"updateAgent", vars{"agentId": agent, "name": "A"}},
		{"updateContact", vars{"contactId": contact, "fullName": "A"}}, {"updateQueue", vars{"queueId": queue, "name": "A"}},
		{"addQueueMembers", vars{"queueId": queue, "agentIds": []string{agent}}}, {"updateWorkstream", vars{"workstreamId": stream, "name": "A"}},
		{"updateRoutingPolicy", vars{"scopeId": stream, "enabled": true}}, {"updateRoutingPolicy", vars{"scopeId": contact, "enabled": true}},
		{"createContact", vars{"fullName": "A"}}, {"createQueue", vars{"name": "A"}},
		{"createWorkstream", vars{"name": "A", "channel": "FAX", "queueId": c.queue}},
	}
	ids := map[string]string{}
	for i := range calls {
		m := &calls[i]
		m.input["idempotencyKey"] = fmt.Sprint(c.queue, " ", i)
		if noun, made := strings.CutPrefix(m.mutation, "create"); made {
			field := strings.ToLower(noun)
			ids[noun] = c.give("", m.mutation, field+` { id }`, m.input).text(field + ".id")
		} else {
			c.give("", m.mutation, `__typename`, m.input)
		}
	}
	rows := []struct {
		mutation string
		input    vars
	}{
		{"setPreferredAgents", vars{"contactId": contact, "agentIds": c.agents, "idempotencyKey": "set " + c.queue}},
		{"movePreferredAgent", vars{"contactId": contact, "agentId": agent, "direction": "DOWN", "idempotencyKey": "move " + c.queue}},
	}
	for _, m := range rows {
		c.give("", m.mutation, `preferredAgents { version }`, m.input)
	}
	deletions := []struct {
		mutation string
		input    vars
	}{
		{"deleteWorkstream", vars{"workstreamId": stream}}, {"deleteWorkstream", vars{"workstreamId": ids["Workstream"]}},
		{"deleteQueue", vars{"queueId": queue}}, {"deleteQueue", vars{"queueId": ids["Queue"]}},
		{"deleteContact", vars{"contactId": contact}}, {"deleteContact", vars{"contactId": ids["Contact"]}},
		{"deleteAgent", vars{"agentId": agent}}, {"deleteAgent", vars{"agentId": ids["Agent"]}},
	}
	for i, m := range deletions {
		m.input["idempotencyKey"] = fmt.Sprint(c.queue, " deletion ", i)
		first := c.give("", m.mutation, payloadOf(m.mutation), m.input)
		if again := c.give("", m.mutation, payloadOf(m.mutation), m.input); encoded(first) != encoded(again) {
			t.Errorf("%s again: %s, first %s", m.mutation, encoded(again), encoded(first))
		}
	}
	for _, m := range calls {
		_, err := c.try("", m.mutation, `__typename`, m.input)
		if refusal(err) != "NOT_FOUND" || !strings.Contains(err.Error(), "any more") {
			t.Errorf("%s of what was deleted since, repeated: %v", m.mutation, err)
		}
	}
	for _, m := range rows { // a row has no id of its own: the payload says null
		if got, err := c.try("", m.mutation, `preferredAgents { version }`, m.input); err != nil || encoded(got) != `{"preferredAgents":null}` {
			t.Errorf("%s of a row that went with its contact, repeated: %s, %v", m.mutation, encoded(got), err)
		}
	}
}

func payloadOf(deletion string) string {
	noun := strings.ToLower(strings.TrimPrefix(deletion, "delete"))
	if noun == "agent" {
		return `agentId warnings { code message field }`
	}
	return noun + `Id`
}
