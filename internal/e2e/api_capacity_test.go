package e2e

import (
	"strings"
	"testing"
	"time"
)

const profileFields = `capacityProfiles { profile { id } limit ownLimit assigned reserved kept free }`

// profileOf is an agent's use of a profile.
func (c *centre) profileOf(agent, profile string) string {
	c.t.Helper()
	data := c.c.do(c.t, `query ($a: ID!) { agent(id: $a) { `+profileFields+` } }`, vars{"a": agent})
	for _, p := range data.list("agent.capacityProfiles") {
		if p.text("profile.id") == profile {
			return p.text("limit") + " limit " + p.text("assigned") + " assigned " + p.text("reserved") + " reserved " + p.text("kept") + " kept " + p.text("free") + " free"
		}
	}
	return "none"
}

// costs are units, percent or profiles: exactly one of them, 1 unit where none is given (CP-2).
func costs(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	p := c.newProfile("limit: 2")
	const payload = `workstream { capacityUnits capacityPercent capacityProfiles { id } capacityType }`
	is := func(got object, want string) {
		t.Helper()
		if encoded(got.at("workstream")) != want {
			t.Errorf("the cost is %s, want %s", encoded(got), want)
		}
	}
	update := func(input vars) object {
		t.Helper()
		input["workstreamId"] = c.workstream
		return c.give("", "updateWorkstream", payload, input)
	}
	is(update(vars{}), `{"capacityPercent":0,"capacityProfiles":[],"capacityType":"NOT_INTERRUPTIBLE","capacityUnits":1}`)
	is(update(vars{"capacityPercent": 50, "capacityType": "INTERRUPTIBLE"}), `{"capacityPercent":50,"capacityProfiles":[],"capacityType":"INTERRUPTIBLE","capacityUnits":0}`)
	is(update(vars{"capacityUnits": 4}), `{"capacityPercent":0,"capacityProfiles":[],"capacityType":"INTERRUPTIBLE","capacityUnits":4}`)
	is(update(vars{"capacityProfileIds": []string{p}, "capacityType": "NOT_INTERRUPTIBLE"}),
		`{"capacityPercent":0,"capacityProfiles":[{"id":"`+p+`"}],"capacityType":"NOT_INTERRUPTIBLE","capacityUnits":0}`)
	for _, r := range []struct {
		want  string
		input vars
	}{
		{"BAD_USER_INPUT@capacityUnits", vars{"capacityUnits": 1, "capacityPercent": 1}}, {"BAD_USER_INPUT@capacityUnits", vars{"capacityUnits": 0}},
		{"BAD_USER_INPUT@capacityUnits", vars{"capacityPercent": 1, "capacityProfileIds": []string{p}}}, {"BAD_USER_INPUT@capacityUnits", vars{"capacityUnits": 1001}},
		{"BAD_USER_INPUT@capacityPercent", vars{"capacityPercent": 0}}, {"BAD_USER_INPUT@capacityProfileIds", vars{"capacityProfileIds": []string{}}},
		{"BAD_USER_INPUT@capacityUnits", vars{"capacityUnits": 1, "capacityPercent": 0}}, // what is given is given, also where it is nothing
		{"BAD_USER_INPUT@capacityUnits", vars{"capacityUnits": 1, "capacityProfileIds": []string{}}},
		{"BAD_USER_INPUT@capacityPercent", vars{"capacityPercent": 101}}, {"BAD_USER_INPUT@capacityType", vars{"capacityType": "INTERRUPTIBLE"}},
		{"BAD_USER_INPUT@capacityProfileIds.0", vars{"capacityProfileIds": []string{absent("cp_")}}},
		{"BAD_USER_INPUT@capacityProfileIds.1", vars{"capacityProfileIds": []string{p, p}}},
		{"BAD_USER_INPUT@wrapUp", vars{"wrapUpSeconds": 5}}, {"BAD_USER_INPUT@wrapUpSeconds", vars{"wrapUp": "TIMED"}},
		{"BAD_USER_INPUT@wrapUpSeconds", vars{"wrapUp": "NONE", "wrapUpSeconds": 5}}, {"BAD_USER_INPUT@wrapUpSeconds", vars{"wrapUp": "TIMED", "wrapUpSeconds": 3601}},
	} {
		r.input["workstreamId"] = c.workstream
		c.refused(r.want, "", "updateWorkstream", payload, r.input)
	}
	// An agent without units has room for profiles only; null takes units away (CP-1).
	a := c.agents[0]
	got := c.give("", "updateAgent", `agent { capacityUnits interruptibleUnits timeZone load { freeUnits freeInterruptibleUnits } }`,
		vars{"agentId": a, "capacityUnits": nil, "interruptibleUnits": 4, "timeZone": "Asia/Kathmandu"})
	if encoded(got.at("agent")) != `{"capacityUnits":null,"interruptibleUnits":4,"load":{"freeInterruptibleUnits":4,"freeUnits":null},"timeZone":"Asia/Kathmandu"}` {
		t.Errorf("without units: %s", encoded(got))
	}
	c.give("", "updateAgent", `agent { id }`, vars{"agentId": a, "name": "Still"}) // what is left out stays
	got = c.give("", "updateAgent", `agent { interruptibleUnits timeZone }`, vars{"agentId": a, "timeZone": nil})
	if encoded(got.at("agent")) != `{"interruptibleUnits":4,"timeZone":null}` {
		t.Errorf("taken away is more: %s", encoded(got))
	}
	for _, zone := range []string{"Mars/Olympus", "", "Local"} {
		c.refused("BAD_USER_INPUT@timeZone", "", "updateAgent", `agent { id }`, vars{"agentId": a, "timeZone": zone})
	}
}

// profiles: an item that names several needs room in all, and takes one of each (CP-2). A limit below what is held is warned of.
func profiles(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a, first, second := c.agents[0], c.newProfile("limit: 2"), c.newProfile(`limit: 3`)
	c.workstream = c.newWorkstream(`capacityProfileIds: ["` + first + `", "` + second + `"]`)
	c.has(a, first, nil)
	session := signIn(t, s, a)
	item := c.newItem("")
	if d := c.item(item); d.text("offer") != "null" { // of the second they have nothing
		t.Fatalf("offered with room in one of two: %s", encoded(d))
	}
	c.has(a, second, 1)
	o := session.awaitOffer(t, item, "OPEN")
	if got := c.profileOf(a, first) + ", " + c.profileOf(a, second); got != "2 limit 0 assigned 1 reserved 0 kept 1 free, 1 limit 0 assigned 1 reserved 0 kept 0 free" {
		t.Errorf("offered they have %s", got)
	}
	assignment := c.accept(a, o.ID).text("acceptOffer.assignment.id")
	session.awaitOffer(t, item, "ACCEPTED")
	node := c.c.do(t, `query ($o: ID!, $a: ID!) { offer: node(id: $o) { ... on Offer { capacityUnits capacityProfiles { id } } }
		assignment: node(id: $a) { ... on Assignment { holdsCapacity capacityUnits capacityProfiles { id } } } }`, vars{"o": o.ID, "a": assignment})
	list := `"capacityProfiles":[{"id":"` + first + `"},{"id":"` + second + `"}],"capacityUnits":0`
	if want := `{"assignment":{` + list + `,"holdsCapacity":true},"offer":{` + list + `}}`; encoded(node) != want {
		t.Errorf("the cost is %s, want %s", encoded(node), want)
	}
	if waiting := c.newItem(""); c.item(waiting).text("offer") != "null" { // the second is used up
		t.Error("offered without room in the second")
	}
	const payload = `agent { ` + profileFields + ` } warnings { code }`
	c.give("", "setAgentCapacityProfile", payload, vars{"agentId": a, "profileId": second, "limit": 2})
	next := session.awaitOffer(t, c.c.do(t, `query ($a: ID!) { agent(id: $a) { openOffers { workItemId } } }`, vars{"a": a}).text("agent.openOffers.0.workItemId"), "OPEN")
	c.accept(a, next.ID)
	lowered := c.give("", "setAgentCapacityProfile", payload, vars{"agentId": a, "profileId": second, "limit": 1})
	if lowered.text("warnings.0.code") != "CAPACITY_BELOW_USE" || c.profileOf(a, second) != "1 limit 2 assigned 0 reserved 0 kept -1 free" {
		t.Errorf("below what is held: %s", encoded(lowered))
	}
	for mutation, r := range map[string]struct {
		want  string
		input vars
	}{
		"setAgentCapacityProfile":    {"BAD_USER_INPUT@limit", vars{"agentId": a, "profileId": first, "limit": 0}},
		"removeAgentCapacityProfile": {"BAD_USER_INPUT@profileId", vars{"agentId": a, "profileId": absent("cp_")}},
		"resetAgentCapacity":         {"NOT_FOUND", vars{"agentId": absent("ag_"), "profileId": first}},
		"deleteCapacityProfile":      {"CONFLICT/IN_USE", vars{"profileId": first}},
		"updateCapacityProfile":      {"BAD_USER_INPUT@limit", vars{"profileId": first, "limit": 1001}},
		"createCapacityProfile":      {"BAD_USER_INPUT@name", vars{"name": "", "limit": 1}},
	} {
		c.refused(r.want, "", mutation, `__typename`, r.input)
	}
	c.give("", "removeAgentCapacityProfile", payload, vars{"agentId": a, "profileId": second})
	if got := c.profileOf(a, second); got != "none" {
		t.Errorf("taken away is %s", got)
	}
	c.refused("NOT_FOUND", "", "removeAgentCapacityProfile", `agent { id }`, vars{"agentId": a, "profileId": second})
}

// keptForTheDay: what END_OF_DAY profiles were used for stays used when the work is done, until the day ends or somebody gives it back (CP-2).
func keptForTheDay(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a, p := c.agents[0], c.newProfile("limit: 1, reset: END_OF_DAY")
	c.workstream = c.newWorkstream(`capacityProfileIds: ["` + p + `"]`)
	c.has(a, p, nil)
	session := signIn(t, s, a)
	item := c.newItem("")
	c.accept(a, session.awaitOffer(t, item, "OPEN").ID)
	session.awaitOffer(t, item, "ACCEPTED")
	c.c.as(a).do(t, completeDocument, vars{"w": item})
	if got := c.profileOf(a, p); got != "1 limit 0 assigned 0 reserved 1 kept 0 free" {
		t.Errorf("done, they have %s", got)
	}
	next := c.newItem("")
	if got := c.item(next); got.text("offer") != "null" {
		t.Errorf("offered with the day's used up: %s", encoded(got))
	}
	c.refused("FORBIDDEN", a, "resetAgentCapacity", `agent { id }`, vars{"agentId": a, "profileId": p})
	c.give("", "resetAgentCapacity", `agent { id }`, vars{"agentId": a, "profileId": p})
	session.awaitOffer(t, next, "OPEN") // WS-5
	if got := c.profileOf(a, p); got != "1 limit 0 assigned 1 reserved 0 kept 0 free" {
		t.Errorf("given back, they have %s", got)
	}
}

// wrappingUp holds the capacity until it is ended, or its time is over (CP-3).
func wrappingUp(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "capacityUnits: 10, wrapUp: UNTIL_ENDED, allowedPresences: [AVAILABLE, BUSY, DO_NOT_DISTURB]")
	a := c.agents[0]
	session := signIn(t, s, a)
	const wrapped = `workItem { status closedAt assignment { holdsCapacity wrapUpEndsAt } }`
	item := c.newItem("")
	c.accept(a, session.awaitOffer(t, item, "OPEN").ID)
	session.awaitOffer(t, item, "ACCEPTED")
	c.refused("CONFLICT/WORK_ITEM_NOT_IN_WRAP_UP", a, "endWrapUp", `workItem { id }`, vars{"workItemId": item})
	waiting := c.newItem("")
	if got := c.give(a, "completeWorkItem", wrapped, vars{"workItemId": item}); encoded(got.at("workItem")) !=
		`{"assignment":{"holdsCapacity":true,"wrapUpEndsAt":null},"closedAt":null,"status":"WRAP_UP"}` {
		t.Errorf("the work is done: %s", encoded(got))
	}
	if got := c.item(waiting); got.text("offer") != "null" {
		t.Errorf("wrap-up holds nothing: %s", encoded(got))
	}
	for _, mutation := range []string{"completeWorkItem", "cancelWorkItem", "setWorkItemWaiting", "resumeWorkItem"} {
		c.refused("CONFLICT/WORK_ITEM_IN_WRAP_UP", a, mutation, `workItem { id }`, vars{"workItemId": item})
	}
	c.refused("CONFLICT/WORK_ITEM_IN_WRAP_UP", "", "transferWorkItem", `workItem { id }`, vars{"workItemId": item, "queueId": c.queue})
	listed := c.c.do(t, `query ($q: ID!) { workItems(filter: {queueId: $q, statuses: [WRAP_UP]}) { nodes { id } } queue(id: $q) { figures { assigned } } }`, vars{"q": c.queue})
	if listed.text("workItems.nodes.0.id") != item || listed.text("queue.figures.assigned") != "1" {
		t.Errorf("listed are %s", encoded(listed))
	}
	got := c.give(a, "endWrapUp", wrapped, vars{"workItemId": item})
	if got.text("workItem.status") != "COMPLETED" || got.text("workItem.closedAt") == "null" || got.text("workItem.assignment") != "null" {
		t.Errorf("ended is %s", encoded(got))
	}
	o := session.awaitOffer(t, waiting, "OPEN")
	c.refused("CONFLICT/WORK_ITEM_CLOSED", a, "endWrapUp", `workItem { id }`, vars{"workItemId": item})
	// TIMED ends by itself.
	c.give("", "updateWorkstream", `workstream { wrapUp wrapUpSeconds }`, vars{"workstreamId": c.workstream, "wrapUp": "TIMED", "wrapUpSeconds": 1})
	c.accept(a, o.ID)
	session.awaitOffer(t, waiting, "ACCEPTED")
	began := time.Now()
	got = c.give(a, "completeWorkItem", wrapped, vars{"workItemId": waiting})
	if ends := instant(got.text("workItem.assignment.wrapUpEndsAt")); got.text("workItem.status") != "WRAP_UP" || ends.Before(began.Add(500*time.Millisecond)) {
		t.Errorf("the timed wrap-up is %s", encoded(got))
	}
	await(t, "the wrap-up ends", func() bool { return c.item(waiting).text("status") == "COMPLETED" })
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("a wrap-up of 1 s ended after %s", took)
	}
	if load := c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { openWork assignedUnits } } }`, vars{"a": a}); encoded(load) != `{"agent":{"load":{"assignedUnits":0,"openWork":0}}}` {
		t.Errorf("after it there is %s", encoded(load))
	}
}

// waitingForCustomers gives capacity back where the workstream says so, and going on takes it again, over capacity if need be (CP-5).
func waitingForCustomers(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "capacityUnits: 10, waitingHoldsCapacity: false, allowedPresences: [AVAILABLE, BUSY, DO_NOT_DISTURB]")
	a, other := c.agents[0], c.newAgent("Other", 1)
	session := signIn(t, s, a)
	item, next := c.newItem(""), c.newItem("")
	const payload = `workItem { status agentId assignment { holdsCapacity } }`
	c.refused("CONFLICT/WORK_ITEM_NOT_ASSIGNED", a, "setWorkItemWaiting", payload, vars{"workItemId": item})
	c.accept(a, session.awaitOffer(t, item, "OPEN").ID)
	session.awaitOffer(t, item, "ACCEPTED")
	for _, mutation := range []string{"setWorkItemWaiting", "resumeWorkItem", "endWrapUp"} { // it is somebody else's
		c.refused("NOT_FOUND", other, mutation, payload, vars{"workItemId": item})
	}
	heard := c.follow(item)
	got := c.give(a, "setWorkItemWaiting", payload, vars{"workItemId": item})
	if encoded(got.at("workItem")) != `{"agentId":"`+a+`","assignment":{"holdsCapacity":false},"status":"WAITING"}` {
		t.Errorf("waiting is %s", encoded(got))
	}
	if again := c.give(a, "setWorkItemWaiting", payload, vars{"workItemId": item}); encoded(again) != encoded(got) {
		t.Errorf("waiting again is %s", encoded(again))
	}
	c.accept(a, session.awaitOffer(t, next, "OPEN").ID) // WS-5
	got = c.give(a, "resumeWorkItem", payload, vars{"workItemId": item})
	if encoded(got.at("workItem")) != `{"agentId":"`+a+`","assignment":{"holdsCapacity":true},"status":"ASSIGNED"}` {
		t.Errorf("resumed is %s", encoded(got))
	}
	load := c.c.do(t, `query ($a: ID!) { agent(id: $a) { presence { base } load { assignedUnits freeUnits openWork } } }`, vars{"a": a}).at("agent")
	if encoded(load) != `{"load":{"assignedUnits":20,"freeUnits":-10,"openWork":2},"presence":{"base":"DO_NOT_DISTURB"}}` {
		t.Errorf("over capacity is %s", encoded(load))
	}
	c.give("", "updateWorkstream", `workstream { id }`, vars{"workstreamId": c.workstream, "waitingHoldsCapacity": true})
	if got := c.give("", "setWorkItemWaiting", payload, vars{"workItemId": item}); got.text("workItem.assignment.holdsCapacity") != "true" {
		t.Errorf("waiting that holds capacity: %s", encoded(got))
	}
	c.c.as(a).do(t, completeDocument, vars{"w": item})
	c.refused("CONFLICT/WORK_ITEM_CLOSED", a, "resumeWorkItem", payload, vars{"workItemId": item})
	if got := heard(); got != "WAITING RESUMED WAITING COMPLETED" {
		t.Errorf("who follows the item hears %s", got)
	}
}

// follow subscribes to a work item, and gives what happened to it until it was completed.
func (c *centre) follow(item string) func() string {
	c.t.Helper()
	so, err := dial(c.s.url(""), "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(so.kill)
	st, err := so.subscribe(`subscription ($w: ID!) { workItems(filter: {workItemId: $w}) { type change } }`, vars{"w": item})
	if err != nil {
		c.t.Fatal(err)
	}
	hear := func() object {
		select {
		case raw := <-st.messages:
			return readAnswer(c.t, raw).data.at("workItems")
		case <-time.After(patience):
			c.t.Fatal("the stream says no more")
			return object{}
		}
	}
	for hear().text("type") != "READY" {
	}
	return func() string {
		var all []string
		for {
			change := hear().text("change")
			if all = append(all, change); change == "COMPLETED" {
				return strings.Join(all, " ")
			}
		}
	}
}
