package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// unknownIDs are null in queries, whatever they look like.
func unknownIDs(t *testing.T, s *server) {
	c := s.client()
	for _, field := range []string{"agent", "contact", "queue", "workstream", "workItem", "node"} {
		for _, id := range []string{"", "x", "ag_", demoID("ct", 999999), demoID("wi", 1), "of_" + strings.Repeat("f", 36), "DROP TABLE", strings.Repeat("ä", 1000)} {
			data := c.do(t, `query ($id: ID!) { `+field+`(id: $id) { id } }`, vars{"id": id})
			if got := encoded(data); got != `{"`+field+`":null}` {
				t.Errorf("%s(%.20q) is %s", field, id, got)
			}
		}
	}
}

// nodesAreFound by their global id, every noun.
func nodesAreFound(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	session := signIn(t, s, c.agents[0])
	contact := c.newContact(c.agents[0])
	item := c.newItem(contact)
	o := session.awaitOffer(t, item, "OPEN")
	assignment := c.accept(c.agents[0], o.ID).text("acceptOffer.assignment.id")
	organization := c.c.do(t, `{ organization { id } }`, nil).text("organization.id")
	key := c.give("", "createApiKey", `apiKey { id }`, vars{"name": "k", "roles": []string{"AGENT"}, "expiresAt": rfc(time.Now().Add(time.Hour))}).text("apiKey.id")
	types := map[string]string{
		key:     "ApiKey",
		contact: "Contact", c.agents[0]: "Agent", c.queue: "Queue", c.workstream: "Workstream", item: "WorkItem", o.ID: "Offer",
		assignment: "Assignment", organization: "Organization", c.newStatus("AWAY"): "PresenceStatus", c.newProfile("limit: 1"): "CapacityProfile",
	}
	for id, want := range types {
		got := c.c.do(t, `query ($id: ID!) { node(id: $id) { __typename id } }`, vars{"id": id})
		if got.text("node.__typename") != want || got.text("node.id") != id {
			t.Errorf("node(%s) is %s, want a %s", id, encoded(got), want)
		}
	}
	possible := c.c.do(t, `{ __type(name: "Node") { possibleTypes { name } } }`, nil).texts("__type.possibleTypes", "name")
	if len(possible) != len(types) {
		t.Errorf("tried are %d kinds of nodes, the schema has %v", len(types), possible)
	}
}

// connection is where a connection stands: head and tail of a document around its field.
type connection struct {
	name, head, tail, field string
	id                      string
	least                   int // entries
}

// connections are all of the API; each has more than one page of 7.
func (c *centre) connections() []connection {
	c.t.Helper()
	for range 14 {
		c.newContact()
	}
	agent := c.agents[0]
	item := c.declined(agent, 9)
	c.workstream = c.newWorkstream("acceptMode: AUTO")
	for range 10 {
		c.newItem("")
	}
	within := func(noun string) (head, tail string) { return noun + `(id: $id) { `, ` }` }
	of := func(name, noun, field, id string, least int) connection {
		head, tail := within(noun)
		return connection{name, head, tail, field, id, least}
	}
	return []connection{
		{name: "contacts", field: "contacts", least: 514}, {name: "agents", field: "agents", least: 40}, {name: "queues", field: "queues", least: 6},
		{name: "workstreams", field: "workstreams", least: 8}, {name: "workItems", field: "workItems", least: 11},
		of("Queue.members", "queue", "members", c.queue, 9), of("Agent.assignments", "agent", "assignments", agent, 8),
		of("WorkItem.offers", "workItem", "offers", item, 9), of("WorkItem.decisions", "workItem", "decisions", item, 9),
	}
}

// declined makes an item that the agent, who is the only one there, has rejected so many times: after each they choose another presence
// by hand and are asked again (OF-4).
func (c *centre) declined(agent string, times int) string {
	c.t.Helper()
	session := signIn(c.t, c.s, agent)
	item := c.newItem("")
	for n := range times {
		c.reject(agent, session.awaitOffer(c.t, item, "OPEN").ID)
		session.awaitOffer(c.t, item, "REJECTED")
		c.choose(agent, []string{"ps_busy", "ps_available"}[n%2])
	}
	c.c.do(c.t, cancelDocument, vars{"w": item})
	return item
}

func (x connection) document(more string) string {
	variables := "$first: Int!, $after: String"
	if x.id != "" {
		variables += ", $id: ID!"
	}
	return `query (` + variables + `) { ` + x.head + `list: ` + x.field + `(first: $first, after: $after` + more + `) { edges { cursor node { id } }
		nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }` + x.tail + ` }`
}

func (x connection) page(c client, first int, after any) (object, error) {
	v := vars{"first": first, "after": after}
	if x.id != "" {
		v["id"] = x.id
	}
	data, err := c.try(x.document(""), v)
	if x.head != "" {
		data = data.at(strings.SplitN(x.head, "(", 2)[0])
	}
	return data.at("list"), err
}

// walk reads all pages and checks what each says of itself.
func (x connection) walk(t *testing.T, c client, first int) []string {
	t.Helper()
	var ids []string
	after := any(nil)
	for {
		page, err := x.page(c, first, after)
		if err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		nodes, cursors := page.texts("nodes", "id"), page.texts("edges", "cursor")
		ids = append(ids, nodes...)
		more := page.text("pageInfo.hasNextPage") == "true"
		fits := slices.Equal(nodes, page.texts("edges", "node.id")) && (len(nodes) == first || !more && len(nodes) < first) &&
			page.text("pageInfo.hasPreviousPage") == fmt.Sprint(after != nil)
		if len(nodes) > 0 {
			fits = fits && page.text("pageInfo.startCursor") == cursors[0] && page.text("pageInfo.endCursor") == cursors[len(cursors)-1]
		}
		if !fits {
			t.Errorf("%s behind %v: %s", x.name, after, encoded(page))
		}
		if !more {
			return ids
		}
		after = cursors[len(cursors)-1]
	}
}

// pagesGiveEachOnce: page by page the same as in large pages, each entry once.
func pagesGiveEachOnce(t *testing.T, s *server) {
	c := newCentre(t, s, 9, "")
	for _, x := range c.connections() {
		small, large := x.walk(t, c.c, 7), x.walk(t, c.c, 100)
		sorted := slices.Clone(small)
		slices.Sort(sorted)
		if !slices.Equal(small, large) || len(slices.Compact(sorted)) != len(small) || len(small) < x.least {
			t.Errorf("%s: pages of 7 give %d entries, of 100 %d, want %d or more, each once", x.name, len(small), len(large), x.least)
		}
	}
	// Filters hold across pages.
	filtered := connection{name: "workItems", field: "workItems", id: c.queue}
	data := c.c.do(t, filtered.document(", filter: {queueId: $id, statuses: [ASSIGNED]}"), vars{"first": 3, "after": nil, "id": c.queue})
	if n := len(data.list("list.nodes")); n != 3 || data.text("list.pageInfo.hasNextPage") != "true" {
		t.Errorf("filtered: %s", encoded(data))
	}
	data = c.c.do(t, filtered.document(", filter: {queueId: $id, statuses: [CANCELLED]}"), vars{"first": 3, "after": data.text("list.pageInfo.endCursor"), "id": c.queue})
	if n := len(data.list("list.nodes")); n != 0 {
		t.Errorf("filtered otherwise, behind a cursor: %s", encoded(data))
	}
}

// badPagesAreRefused: sizes out of bounds, and cursors that are not of this connection.
func badPagesAreRefused(t *testing.T, s *server) {
	c := newCentre(t, s, 9, "")
	all := c.connections()
	cursors := map[string]string{}
	for _, x := range all {
		page, err := x.page(c.c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		cursors[x.name] = page.text("edges.0.cursor")
	}
	for _, x := range all {
		for _, first := range []int{0, 101, -1} {
			if _, err := x.page(c.c, first, nil); refusal(err) != "BAD_USER_INPUT@first" {
				t.Errorf("%s(first: %d): %v", x.name, first, err)
			}
		}
		for _, after := range []string{"", "x", "!", strings.Repeat("A", 2000)} {
			if _, err := x.page(c.c, 7, after); refusal(err) != "BAD_USER_INPUT@after" {
				t.Errorf("%s(after: %.20q): %v", x.name, after, err)
			}
		}
		for name, cursor := range cursors {
			same := name == x.name || strings.Contains("agents Queue.members", x.name) && strings.Contains("agents Queue.members", name)
			if _, err := x.page(c.c, 7, cursor); !same && refusal(err) != "BAD_USER_INPUT@after" {
				t.Errorf("%s with a cursor of %s: %v", x.name, name, err)
			}
		}
	}
}
