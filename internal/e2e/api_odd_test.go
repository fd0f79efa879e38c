package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// oddIDs: ids that are empty, of another type, too long or no text at all find nothing, and are never an error of the server's.
func oddIDs(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	item := c.newItem(c.newContact(c.agents[0]))
	odd := []string{"", " ", "x", item, c.agents[0], c.queue, strings.Repeat("a", 5000), "ag_" + strings.Repeat("0", 36), "' OR 1=1 --", "\u0000", "日本", "%", "or_1", "ag_\U0010FFFF"}
	fields := c.c.do(t, `{ __type(name: "Query") { fields { name type { kind } args { name type { kind ofType { name } } } } } }`, nil).list("__type.fields")
	tried := 0
	for _, f := range fields {
		if args := f.list("args"); len(args) != 1 || args[0].text("name") != "id" {
			continue
		}
		for _, id := range odd {
			got, err := c.c.try(`query ($id: ID!) { it: `+f.text("name")+`(id: $id) { __typename ... on Node { id } } }`, vars{"id": id})
			if err != nil || got.text("it") != "null" && got.text("it.id") != id {
				t.Errorf("%s(id: %.40q): %s, %v", f.text("name"), id, encoded(got), err)
			}
			tried++
		}
	}
	if tried < 5*len(odd) {
		t.Errorf("only %d were tried", tried)
	}
	// In mutations: each id of each input, one at a time.
	for _, m := range mutations() {
		in := m.prepare(newCentre(t, s, 3, ""))
		for field, value := range in.input {
			if !strings.HasSuffix(field, "Id") && field != "agentIds" {
				continue
			}
			for _, id := range odd {
				input := vars{}
				for k, v := range in.input {
					input[k] = v
				}
				input[field] = id
				if field == "agentIds" {
					input[field] = []string{id}
				}
				if fmt.Sprint(input[field]) == fmt.Sprint(value) || field == "scopeId" && id == "or_1" { // which is right
					continue
				}
				_, err := m.run(c.c.as(in.actor), call{in.actor, input})
				known := id == item || id == c.agents[0] || id == c.queue // it may be the right type of thing
				if got := refusal(err); !strings.HasPrefix(got, "NOT_FOUND") && !strings.HasPrefix(got, "BAD_USER_INPUT") && !known {
					t.Errorf("%s with %s %.40q: %v", m.name, field, id, err)
				} else if strings.HasPrefix(got, "INTERNAL") || strings.HasPrefix(got, "UNAVAILABLE") {
					t.Errorf("%s with %s %.40q: %v", m.name, field, id, err)
				}
			}
		}
	}
}

// strangersLearnNothing: whoever acts as an agent gets the same answer about what is somebody else's as about what does not exist.
func strangersLearnNothing(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, stranger := c.agents[0], c.newAgent("Stranger", 5)
	session := signIn(t, s, a)
	o := session.awaitOffer(t, c.newItem(""), "OPEN")
	held := c.newItem("")
	c.accept(a, session.awaitOffer(t, held, "OPEN").ID)
	closed := c.newItem("")
	c.accept(a, c.item(closed).text("offer.id"))
	c.c.do(t, completeDocument, vars{"w": closed})
	for _, m := range []struct {
		mutation, field string
		more            vars
	}{
		{"cancelWorkItem", "workItemId", nil}, {"completeWorkItem", "workItemId", nil}, {"pickWorkItem", "workItemId", nil},
		{"assignWorkItem", "workItemId", vars{"agentId": stranger}}, {"assignWorkItem", "workItemId", vars{"agentId": "ag_none"}},
		{"transferWorkItem", "workItemId", vars{"queueId": c.queue}}, {"transferWorkItem", "workItemId", vars{"queueId": "qu_none"}},
		{"setWorkItemPriority", "workItemId", vars{"priority": 1}}, {"setWorkItemPriority", "workItemId", vars{"priority": -1}},
		{"linkContact", "workItemId", vars{"contactId": nil}}, {"linkContact", "workItemId", vars{"contactId": "ct_none"}},
		{"acceptOffer", "offerId", nil}, {"rejectOffer", "offerId", nil},
		{"setPresence", "agentId", vars{"statusId": "ps_busy"}}, {"signOut", "agentId", nil},
	} {
		told := map[string]bool{}
		ids := []string{held, closed, o.WorkItem.ID, "wi_none"}
		switch m.field {
		case "offerId":
			ids = []string{o.ID, "of_none"}
		case "agentId":
			ids = []string{a, "ag_none"}
		}
		for _, id := range ids {
			input := vars{m.field: id}
			for k, v := range m.more {
				input[k] = v
			}
			_, err := c.try(stranger, m.mutation, `__typename`, input)
			told[refusal(err)+fmt.Sprint(err)] = true
		}
		supervises := slices.Contains([]string{"assignWorkItem", "setWorkItemPriority", "linkContact"}, m.mutation) // no agent may
		if len(told) != 1 || !strings.Contains(fmt.Sprint(told), "NOT_FOUND") && !supervises {
			t.Errorf("%s %v tells %v", m.mutation, m.more, told)
		}
	}
	for _, id := range []string{held, o.WorkItem.ID} {
		if got := c.item(id); !strings.Contains("ASSIGNED OFFERED", got.text("status")) {
			t.Errorf("what a stranger tried changed %s", encoded(got))
		}
	}
}

// hugeInputs are refused, or answered; the server stays as it is.
func hugeInputs(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	many := make([]string, 1500)
	for i := range many {
		many[i] = fmt.Sprintf("ag_%d", i)
	}
	statuses := make([]string, 1500)
	for i := range statuses {
		statuses[i] = "QUEUED"
	}
	for want, ask := range map[string]struct {
		document string
		v        vars
	}{
		"BAD_USER_INPUT@agentIds":        {`mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $c, agentIds: $a}) { warnings { code } } }`, vars{"c": c.newContact(), "a": many}},
		"LIMIT_EXCEEDED@agentIds":        {`mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, vars{"q": c.queue, "a": many}},
		"BAD_USER_INPUT@filter.statuses": {`query ($f: WorkItemFilter) { workItems(filter: $f) { nodes { id } } }`, vars{"f": vars{"statuses": statuses}}},
		"":                               {`query ($f: WorkItemFilter) { workItems(filter: $f) { nodes { id } } }`, vars{"f": vars{"queueId": strings.Repeat("q", 200_000)}}},
	} {
		_, err := c.c.try(ask.document, ask.v)
		if got := refusal(err); got != want && !(want == "LIMIT_EXCEEDED@agentIds" && got == "BAD_USER_INPUT@agentIds") {
			t.Errorf("%s: %v, want %s", ask.document, err, want)
		}
	}
	for literal, want := range map[string]string{
		`first: 99999999999999999999`: "GRAPHQL_VALIDATION_FAILED", `first: -99999999999999999999`: "GRAPHQL_VALIDATION_FAILED", `first: 1.5`: "GRAPHQL_VALIDATION_FAILED",
		`first: "1"`: "GRAPHQL_VALIDATION_FAILED", `order: SIDEWAYS`: "GRAPHQL_VALIDATION_FAILED", `filter: {statuses: [NONE]}`: "GRAPHQL_VALIDATION_FAILED",
		`filter: {createdFrom: "yesterday"}`: "BAD_USER_INPUT@filter.createdFrom", `filter: {createdFrom: 5}`: "BAD_USER_INPUT@filter.createdFrom",
		`filter: {createdBefore: "2026-13-45T00:00:00Z"}`: "BAD_USER_INPUT@filter.createdBefore", `filter: {createdFrom: "+99999-01-01T00:00:00Z"}`: "BAD_USER_INPUT@filter.createdFrom",
		`filter: {createdFrom: ""}`: "BAD_USER_INPUT@filter.createdFrom",
	} {
		if _, err := c.c.try(`{ workItems(`+literal+`) { nodes { id } } }`, nil); refusal(err) != want {
			t.Errorf("%s: %v, want %s", literal, err, want)
		}
	}
	for want, v := range map[string][]vars{
		"GRAPHQL_VALIDATION_FAILED": {
			{"first": 1.5}, {"first": true}, {"first": vars{}}, {"first": []int{}}, {"after": vars{}}, {"f": 5}, {"f": vars{"queueId": vars{}}},
			{"f": vars{"statuses": []any{"NONE"}}}, {"f": vars{"statuses": []any{nil}}}, {"f": vars{"nothing": 1}}, {"order": "SIDEWAYS"}, {"order": nil},
		},
		"BAD_USER_INPUT@filter.createdFrom": {{"f": vars{"createdFrom": "x"}}, {"f": vars{"createdFrom": 1}}, {"f": vars{"createdFrom": vars{}}}},
	} {
		for _, v := range v {
			_, err := c.c.try(`query ($first: Int! = 2, $after: String, $f: WorkItemFilter, $order: CreationOrder! = OLDEST_FIRST) {
				workItems(first: $first, after: $after, filter: $f, order: $order) { nodes { id } } }`, v)
			if refusal(err) != want {
				t.Errorf("%v: %v, want %s", v, err, want)
			}
		}
	}
}
