package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestNothingTellsWhatThereIs: what an agent is answered about another's object is, to the byte, what they are answered about one that there is not (RL-1).
func TestNothingTellsWhatThereIs(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	x := newSecrets(t, s)
	for _, part := range []struct {
		name string
		test func(t *testing.T, x *secrets)
	}{
		{"objects of others", objectsOfOthers},
		{"filters", filtersTellNothing},
		{"cursors", cursorsTellNothing},
		{"keys of others", keysOfOthers},
		{"payloads", payloadsHide},
		{"streams of others", streamsOfOthers},
		{"policies of contacts", policiesShowNobody},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, x) })
	}
}

// pairs are operations of an agent on another's object, $id; what else they name is the agent's own or everybody's.
var pairs = map[string][]string{
	"ag_": {
		`query ($id: ID!) { agent(id: $id) { id name presence { base } load { freeUnits } } }`, `query ($id: ID!) { node(id: $id) { id } }`,
		`mutation ($id: ID!) { setPresence(input: {agentId: $id, statusId: "ps_away"}) { agent { id } } }`,
		`mutation ($id: ID!) { setPresence(input: {agentId: $id, statusId: "ps_none"}) { agent { id } } }`,
		`mutation ($id: ID!) { resetPresence(input: {agentId: $id}) { agent { id } } }`,
		`query ($id: ID!) { agent(id: $id) { timeZone capacityProfiles { kept } presenceHistory { nodes { at } } selectablePresenceStatuses { id } } }`,
		`mutation ($id: ID!) { signOut(input: {agentId: $id}) { agent { id } } }`, `query ($id: ID!) { workItems(filter: {agentId: $id}) { nodes { id } } }`,
		`subscription ($id: ID!) { agentOffers(agentId: $id) { type } }`, `subscription ($id: ID!) { agentPresence(filter: {agentIds: [$id]}) { type } }`,
		`subscription ($id: ID!, $me: ID!) { agentPresence(filter: {agentIds: [$me, $id]}) { type } }`,
		`subscription ($id: ID!) { workItems(filter: {agentId: $id}) { type } }`, `mutation ($id: ID!, $waiting: ID!) { pickWorkItem(input: {workItemId: $waiting, agentId: $id}) { workItem { id } } }`,
	},
	"wi_": {
		`query ($id: ID!) { workItem(id: $id) { id reference } }`, `query ($id: ID!) { node(id: $id) { ... on WorkItem { reference contact { fullName } } } }`,
		`mutation ($id: ID!) { pickWorkItem(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!, $me: ID!) { pickWorkItem(input: {workItemId: $id, agentId: $me}) { workItem { id } } }`,
		`mutation ($id: ID!) { completeWorkItem(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!) { setWorkItemWaiting(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!) { resumeWorkItem(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!) { endWrapUp(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!) { cancelWorkItem(input: {workItemId: $id}) { workItem { id } } }`,
		`mutation ($id: ID!, $queue: ID!) { transferWorkItem(input: {workItemId: $id, queueId: $queue}) { workItem { id } } }`,
		`mutation ($id: ID!) { transferWorkItem(input: {workItemId: $id, queueId: "qu_none"}) { workItem { id } } }`,
		`mutation ($id: ID!, $me: ID!) { assignWorkItem(input: {workItemId: $id, agentId: $me}) { workItem { id } } }`,
		`mutation ($id: ID!) { linkContact(input: {workItemId: $id, contactId: null}) { workItem { id } } }`,
		`query ($id: ID!) { previewRouting(input: {workItemId: $id}) { outcome } }`,
		`subscription ($id: ID!) { workItems(filter: {workItemId: $id}) { type } }`, `subscription ($id: ID!) { decisions(filter: {workItemId: $id}) { type } }`,
	},
	"of_": {
		`query ($id: ID!) { node(id: $id) { id } }`, `mutation ($id: ID!) { acceptOffer(input: {offerId: $id}) { offer { id } } }`,
		`mutation ($id: ID!) { rejectOffer(input: {offerId: $id}) { offer { id } } }`,
	},
	"as_": {`query ($id: ID!) { node(id: $id) { id } }`},
	"ct_": {
		`query ($id: ID!) { contact(id: $id) { id fullName preferredAgents { version } } }`, `query ($id: ID!) { node(id: $id) { id } }`,
		`mutation ($id: ID!) { deleteContact(input: {contactId: $id}) { contactId } }`, `query ($id: ID!, $me: ID!) { workItems(filter: {agentId: $me, contactId: $id}) { nodes { id } } }`,
		`subscription ($id: ID!) { workItems(filter: {contactId: $id}) { type } }`,
	},
	"ak_": {`query ($id: ID!) { node(id: $id) { id } }`, `mutation ($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { apiKeyId } }`},
}

// others are the objects of others, in every state: work that waits elsewhere, is offered, assigned, done; offers that are open, accepted, rejected.
func (x *secrets) others() []string {
	x.t.Helper()
	closed := x.assigned(x.theirs, "")
	x.give("", "completeWorkItem", `workItem { id }`, vars{"workItemId": closed})
	cancelled := x.waiting(x.theirs, "")
	x.give("", "cancelWorkItem", `workItem { id }`, vars{"workItemId": cancelled})
	ids := []string{x.theirs.agent, x.newAgent("SECRET", 1), closed, cancelled, x.waiting(x.theirs, ""), x.assigned(x.theirs, ""), x.key}
	for range 2 {
		item, open := x.offered(x.theirs, "")
		_, accepted := x.offered(x.theirs, "")
		x.c.do(x.t, acceptDocument, vars{"o": accepted})
		_, rejected := x.offered(x.theirs, "")
		x.c.do(x.t, rejectDocument, vars{"o": rejected})
		ids = append(ids, item, open, accepted, rejected)
	}
	for name, id := range x.contacts {
		if strings.HasPrefix(name, "SECRET") {
			ids = append(ids, id)
		}
	}
	for _, name := range []string{"SECRET-1", "SECRET-2", "SECRET-5", "SECRET-6"} { // the last two were the agent's once
		ids = append(ids, x.items[name])
	}
	history := x.c.do(x.t, `query ($id: ID!) { workItem(id: $id) { assignments { nodes { id } } } }`, vars{"id": closed})
	return append(ids, history.texts("workItem.assignments.nodes", "id")...)
}

// absent is an id of the same kind as another that nothing has.
func absent(id string) string { return id[:3] + "01900000-0000-7000-8000-00000000dead" }

func (x *secrets) own() vars {
	return vars{"me": x.mine.agent, "queue": x.mine.queue, "waiting": x.items["Known-3"]}
}

// asAgent asks in the name of the agent, by both ways.
func (x *secrets) asAgent(t *testing.T) map[string]asker {
	token := x.s.issuer.speaker(x.mine.agent)
	return map[string]asker{"HTTP": overHTTP(x.s, token), "socket": onSocket(t, x.s, token)}
}

func objectsOfOthers(t *testing.T, x *secrets) {
	others := x.others()
	before := x.state()
	for transport, ask := range x.asAgent(t) {
		for _, id := range others {
			for _, document := range pairs[id[:3]] {
				if transport == "HTTP" && strings.HasPrefix(document, "subscription") {
					continue
				}
				if strings.Contains(document, "pickWorkItem") && (id == x.items["SECRET-5"] || id == x.items["SECRET-6"]) {
					continue // it was in a queue of theirs: that somebody else was faster they are told (WS-6)
				}
				x.sameAnswer(t, ask, document, id, absent(id))
			}
		}
	}
	if after := x.state(); after != before {
		t.Errorf("an agent has changed what is not theirs: %s", difference(before, after))
	}
}

// sameAnswer asks about two ids and wants the same answer, without data.
func (x *secrets) sameAnswer(t *testing.T, ask asker, document, id, none string) {
	t.Helper()
	v, w := x.declared(document, id), x.declared(document, none)
	there, nowhere := ask(t, document, v), ask(t, document, w)
	a, b := strings.ReplaceAll(there.text, id, "…"), strings.ReplaceAll(nowhere.text, none, "…")
	if a != b || strings.Contains(a, "SECRET") {
		t.Errorf("%s tells what there is:\n%s\n%s", document, a, b)
	}
	// What goes through is an empty page only.
	if there.code == "" && strings.Contains(there.text, `"id"`) {
		t.Errorf("%s shows %s", document, there.text)
	}
}

// declared are the variables that a document declares.
func (x *secrets) declared(document, id string) vars {
	v := vars{"id": id}
	for name, value := range x.own() {
		if strings.Contains(document, "$"+name+":") {
			v[name] = value
		}
	}
	return v
}

// filtersTellNothing: a filter finds nothing of others', and does not tell whether what it names is there.
func filtersTellNothing(t *testing.T, x *secrets) {
	token := x.s.issuer.speaker(x.mine.agent)
	ask, me := overHTTP(x.s, token), x.mine.agent
	for _, f := range []struct{ filter, there, none string }{
		{`agentId: %q`, x.theirs.agent, ""},
		{`queueId: %q`, x.theirs.queue, ""},
		{`queueId: %q, statuses: [QUEUED]`, x.theirs.queue, ""},
		{`queueId: %q, statuses: [QUEUED, OFFERED]`, x.theirs.queue, ""},
		{`queueId: %q, statuses: [ASSIGNED]`, x.shared, x.theirs.queue},
		{`queueId: %q`, x.shared, x.theirs.queue},
		{`workstreamId: %q`, x.theirs.push, ""},
		{`workstreamId: %q, statuses: [QUEUED]`, x.theirs.push, ""},
		{`contactId: %q`, x.contacts["SECRET-1"], ""},
		{`contactId: %q, statuses: [QUEUED]`, x.contacts["SECRET-2"], ""},
		{`reference: %q`, "SECRET-R1", "nothing"},
		{`agentId: "` + me + `", contactId: %q`, x.contacts["SECRET-1"], ""},
		{`agentId: "` + me + `", contactId: %q`, x.contacts["SECRET-5"], ""},
		{`agentId: "` + me + `", workstreamId: %q`, x.theirs.push, ""},
		{`agentId: "` + me + `", queueId: %q`, x.theirs.queue, ""},
		{`agentId: "` + me + `", reference: %q`, "SECRET-R1", "nothing"},
		{`queueId: "` + x.mine.queue + `", statuses: [QUEUED], contactId: %q`, x.contacts["SECRET-2"], ""},
		{`queueId: "` + x.mine.queue + `", statuses: [QUEUED], reference: %q`, "SECRET-R2", "nothing"},
	} {
		if f.none == "" {
			f.none = absent(f.there)
		}
		asked := func(value string) string {
			return ask(t, `{ workItems(filter: {`+fmt.Sprintf(f.filter, value)+`}) { nodes { id } pageInfo { hasNextPage } } }`, nil).text
		}
		if a, b := asked(f.there), asked(f.none); a != b || strings.Contains(a, "wi_") {
			t.Errorf("{%s} tells what there is:\n%s\n%s", f.filter, a, b)
		}
	}
	// What is waiting in a queue of theirs they find, and nothing besides.
	own := ask(t, `{ workItems(filter: {queueId: "`+x.mine.queue+`", statuses: [QUEUED]}) { nodes { id } } }`, nil)
	if ids := own.data.texts("workItems.nodes", "id"); len(ids) != 1 || ids[0] != x.items["Known-3"] {
		t.Errorf("in their own queue waits %s", own.text)
	}
}

// cursorsTellNothing: a cursor is a place in a list; one of another list gives no other's.
func cursorsTellNothing(t *testing.T, x *secrets) {
	ask := overHTTP(x.s, x.s.issuer.speaker(x.mine.agent))
	all := x.c.do(t, `{ workItems(first: 100) { edges { cursor node { id } } } contacts(first: 100) { edges { cursor } } agents { edges { cursor } } }`, nil)
	mine := ask(t, `query ($a: ID!) { workItems(filter: {agentId: $a}, first: 100) { nodes { id } } }`, vars{"a": x.mine.agent}).data.texts("workItems.nodes", "id")
	for _, list := range []string{"workItems", "contacts", "agents"} {
		for _, cursor := range all.texts(list+".edges", "cursor") {
			got := ask(t, `query ($a: ID!, $after: String) { workItems(filter: {agentId: $a}, first: 100, after: $after) { nodes { id } } }`,
				vars{"a": x.mine.agent, "after": cursor})
			for _, id := range got.data.texts("workItems.nodes", "id") {
				if !strings.Contains(strings.Join(mine, " "), id) {
					t.Errorf("behind a cursor of %s comes %s", list, got.text)
				}
			}
			if list != "workItems" && got.code != "BAD_USER_INPUT" {
				t.Errorf("a cursor of %s is taken: %s", list, got.text)
			}
		}
	}
}

// keysOfOthers: what somebody did with an idempotency key is theirs; the same key of another principal neither repeats it nor tells of it.
func keysOfOthers(t *testing.T, x *secrets) {
	const accept = `mutation ($id: ID!, $k: String) { acceptOffer(input: {offerId: $id, idempotencyKey: $k}) { offer { id } assignment { id } } }`
	_, offer := x.offered(x.theirs, "")
	i := x.s.issuer
	if _, err := x.c.as(x.theirs.agent).try(accept, vars{"id": offer, "k": "shared"}); err != nil {
		t.Fatal(err)
	}
	_, key := x.newKey(time.Now().Add(time.Hour), "AGENT", "MANAGER")
	for name, token := range map[string]string{"an agent": i.speaker(x.mine.agent), "another user": i.token("", "AGENT")} {
		ask := overHTTP(x.s, token)
		same, fresh := ask(t, accept, vars{"id": offer, "k": "shared"}), ask(t, accept, vars{"id": offer, "k": "fresh"})
		other, none := ask(t, accept, vars{"id": absent(offer), "k": "shared"}), ask(t, accept, vars{"id": absent(offer)})
		if same.text != fresh.text || other.text != none.text || same.text != other.text || same.code == "" || strings.Contains(same.text, "KEY_REUSED") {
			t.Errorf("%s with a key of another:\n%s\n%s\n%s\n%s", name, same.text, fresh.text, other.text, none.text)
		}
	}
	// The manager's own call with that key is one of its own, though the input is another one.
	const cancel = `mutation ($id: ID!) { cancelWorkItem(input: {workItemId: $id, idempotencyKey: "shared"}) { workItem { id } } }`
	for name, token := range map[string]string{"a manager": i.token("", "MANAGER"), "an API key": key} {
		if got := overHTTP(x.s, token)(t, cancel, vars{"id": x.waiting(x.theirs, "")}); got.code != "" {
			t.Errorf("%s with a key that an agent has used: %s", name, got.text)
		}
	}
}

// payloadsHide: once the work is out of the agent's hands, the answer that tells so does not show the customer, nor whose it is now.
func payloadsHide(t *testing.T, x *secrets) {
	contact := x.newSecretContact("SECRET-8")
	ask := overHTTP(x.s, x.s.issuer.speaker(x.mine.agent))
	const rest = `contact { fullName email } offer { id agentId } assignment { id agentId }`
	x.signedIn(x.mine)
	x.workstream = x.sharedPush
	item := x.newItem(contact)
	offer := x.item(item).text("offer.id")
	rejected := ask(t, `mutation ($id: ID!) { rejectOffer(input: {offerId: $id, idempotencyKey: "hide"}) { offer { state contact { fullName } workItem { status `+rest+` } } } }`,
		vars{"id": offer})
	moved := ask(t, `mutation ($id: ID!, $q: ID!) { transferWorkItem(input: {workItemId: $id, queueId: $q, idempotencyKey: "moved"}) { workItem { status `+rest+` } } }`,
		vars{"id": x.assigned(x.mine, contact), "q": x.theirs.queue})
	for name, a := range map[string]answer{"rejectOffer": rejected, "transferWorkItem": moved} {
		w := a.data.at("rejectOffer.offer.workItem")
		if name != "rejectOffer" {
			w = a.data.at("transferWorkItem.workItem")
		}
		if a.code != "" || w.text("status") == "null" || w.text("contact") != "null" || w.text("offer") != "null" || w.text("assignment") != "null" || strings.Contains(a.text, "SECRET") {
			t.Errorf("%s shows %s", name, a.text)
		}
	}
}

// streamsOfOthers: a stream of one's own work that names another's item says no more than one that names none, at the start, while the other's item changes,
// and when it is resumed.
func streamsOfOthers(t *testing.T, x *secrets) {
	me := x.mine.agent
	const document = `subscription ($a: ID!, $w: ID!, $after: String) { workItems(filter: {agentId: $a, workItemId: $w}, after: $after) { type cursor change workItem { id reference agentId } } }`
	so, err := dial(x.s.url(""), x.s.issuer.speaker(me))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(so.kill)
	for _, item := range []string{x.items["SECRET-1"], x.items["SECRET-2"], absent("wi_")} {
		v := vars{"a": me, "w": item}
		st, err := so.subscribe(document, v)
		if err != nil {
			t.Fatal(err)
		}
		ready := <-st.messages
		if !strings.Contains(string(ready), `"READY"`) {
			t.Fatalf("the start of %s is %s", item, ready)
		}
		if item != absent("wi_") {
			for priority := range 3 {
				x.give("", "setWorkItemPriority", `workItem { id }`, vars{"workItemId": item, "priority": priority})
			}
		}
		v["after"] = readAnswer(t, ready).data.text("workItems.cursor")
		if got := untilReadyWith(t, so, document, v); strings.Contains(got, "REMOVED") || strings.Contains(got, "wi_") || !strings.Contains(got, "READY") {
			t.Errorf("resumed, the stream of %s says %s", item, got)
		}
		select {
		case more := <-st.messages:
			t.Errorf("the stream of %s says %s", item, more)
		case <-time.After(100 * time.Millisecond):
		}
	}
	// Of an item that becomes theirs it tells, and when it leaves them.
	item := x.waiting(x.theirs, "")
	st, err := so.subscribe(document, vars{"a": me, "w": item})
	if err != nil {
		t.Fatal(err)
	}
	<-st.messages
	x.assign("", item, me)
	if m := readAnswer(t, <-st.messages); m.data.text("workItems.type") != "CHANGED" || m.data.text("workItems.change") != "ASSIGNED" {
		t.Errorf("what becomes theirs is %s", m.text)
	}
	x.assign("", item, x.theirs.agent)
	if m := readAnswer(t, <-st.messages); m.data.text("workItems.type") != "REMOVED" || m.data.text("workItems.change") != "UNASSIGNED" {
		t.Errorf("what leaves them is %s", m.text)
	}
}

// policiesShowNobody: who may change settings, but not read contacts, does not read one by changing its policy (RL-2, S0).
func policiesShowNobody(t *testing.T, x *secrets) {
	ask := overHTTP(x.s, x.s.issuer.token("", x.newRole("SETTINGS_READ", "SETTINGS_WRITE")))
	got := ask(t, `mutation ($id: ID!) { updateRoutingPolicy(input: {scopeId: $id, retryPreferred: true}) { contact { fullName email } warnings { code } } }`,
		vars{"id": x.contacts["SECRET-1"]})
	if got.code != "" || got.data.at("updateRoutingPolicy.warnings").value == nil || strings.Contains(got.text, "SECRET") {
		t.Errorf("it shows %s", got.text)
	}
}
