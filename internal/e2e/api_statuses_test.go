package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const statusPayload = `presenceStatus { id text base selectable builtIn forEveryone version } warnings { code field }`

// selectable are the statuses that an agent may choose.
func (c *centre) selectable(agent string) []string {
	c.t.Helper()
	return c.c.do(c.t, `query ($a: ID!) { agent(id: $a) { selectablePresenceStatuses { id } } }`, vars{"a": agent}).texts("agent.selectablePresenceStatuses", "id")
}

func (c *centre) grant(status string, agents ...string) {
	c.t.Helper()
	c.give("", "grantPresenceStatus", `presenceStatus { id }`, vars{"statusId": status, "agentIds": agents})
}

// ownStatuses are listed behind those that are built in, which nobody can change (PR-1, PR-2). A text that says another base is warned of.
func ownStatuses(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	got := c.give("", "createPresenceStatus", statusPayload, vars{"text": "  Lunch ", "base": "AWAY"})
	id := got.text("presenceStatus.id")
	if want := `{"presenceStatus":{"base":"AWAY","builtIn":false,"forEveryone":false,"id":"` + id + `","selectable":true,"text":"Lunch","version":1},"warnings":[]}`; encoded(got) != want {
		t.Errorf("created is %s, want %s", encoded(got), want)
	}
	all := c.c.do(t, `{ presenceStatuses { id builtIn createdAt } }`, nil)
	ids := all.texts("presenceStatuses", "id")
	if first := strings.Join(ids[:6], " "); first != "ps_available ps_busy ps_do_not_disturb ps_away ps_offline ps_inactive" || !slices.Contains(ids[6:], id) ||
		all.text("presenceStatuses.0.createdAt") != "null" || all.text("presenceStatuses.0.builtIn") != "true" {
		t.Errorf("all are %s", encoded(all))
	}
	got = c.give("", "updatePresenceStatus", statusPayload, vars{"statusId": id, "text": "Available soon", "expectedVersion": 1})
	if got.text("presenceStatus.version") != "2" || got.text("warnings.0.code") != "STATUS_TEXT_MISLEADS" || got.text("warnings.0.field") != "text" {
		t.Errorf("changed is %s", encoded(got))
	}
	for _, r := range []struct {
		want, mutation string
		input          vars
	}{
		{"BAD_USER_INPUT@base", "createPresenceStatus", vars{"text": "x", "base": "INACTIVE"}},
		{"BAD_USER_INPUT@text", "createPresenceStatus", vars{"text": " ", "base": "BUSY"}},
		{"BAD_USER_INPUT@id", "createPresenceStatus", vars{"id": "ps_busy", "text": "x", "base": "BUSY"}},
		{"CONFLICT/ALREADY_EXISTS", "createPresenceStatus", vars{"id": id, "text": "x", "base": "BUSY"}},
		{"BAD_USER_INPUT@statusId", "updatePresenceStatus", vars{"statusId": "ps_busy", "text": "x"}},
		{"BAD_USER_INPUT@statusId", "deletePresenceStatus", vars{"statusId": "ps_inactive"}},
		{"BAD_USER_INPUT@statusId", "grantPresenceStatus", vars{"statusId": "ps_inactive", "agentIds": c.agents}},
		{"NOT_FOUND", "updatePresenceStatus", vars{"statusId": absent("ps_"), "text": "x"}},
		{"NOT_FOUND", "grantPresenceStatus", vars{"statusId": absent("ps_"), "agentIds": c.agents}},
		{"BAD_USER_INPUT@agentIds.0", "grantPresenceStatus", vars{"statusId": id, "agentIds": []string{absent("ag_")}}},
		{"BAD_USER_INPUT@replacementId", "deletePresenceStatus", vars{"statusId": id, "replacementId": "ps_inactive"}},
		{"BAD_USER_INPUT@replacementId", "deletePresenceStatus", vars{"statusId": id, "replacementId": ""}},
		{"CONFLICT/VERSION_MISMATCH", "updatePresenceStatus", vars{"statusId": id, "text": "x", "expectedVersion": 1}},
		{"CONFLICT/VERSION_MISMATCH", "deletePresenceStatus", vars{"statusId": id, "expectedVersion": 1}},
	} {
		c.refused(r.want, "", r.mutation, `__typename`, r.input)
	}
	c.give("", "deletePresenceStatus", `statusId`, vars{"statusId": id, "expectedVersion": 2})
	c.refused("NOT_FOUND", "", "deletePresenceStatus", `statusId`, vars{"statusId": id})
}

// grants say who may choose what is not for everyone; whoever has it keeps it when the grant is withdrawn (PR-2). Inactive nobody chooses (PR-1).
func grants(t *testing.T, s *server) {
	c := newCentre(t, s, 3, "")
	a, b := c.agents[0], c.agents[1]
	signIn(t, s, a)
	id := c.newStatus("BUSY")
	choose := func(want, status string) {
		t.Helper()
		_, err := c.try(a, "setPresence", `agent { id }`, vars{"statusId": status})
		if refusal(err) != want {
			t.Errorf("choosing %s: %v, want %q", status, err, want)
		}
	}
	choose("BAD_USER_INPUT@statusId", id)
	choose("BAD_USER_INPUT@statusId", "ps_inactive")
	choose("BAD_USER_INPUT@statusId", absent("ps_"))
	if list := c.selectable(a); slices.Contains(list, id) || slices.Contains(list, "ps_inactive") || !slices.Contains(list, "ps_away") {
		t.Errorf("before the grant may be chosen %v", list)
	}
	c.grant(id, c.agents...)
	c.grant(id, a) // once more changes nothing
	if list := c.selectable(a); !slices.Contains(list, id) {
		t.Errorf("after the grant may be chosen %v", list)
	}
	choose("", id)
	if p := c.presence(a); p.text("status.id") != id || p.text("base") != "BUSY" || p.text("source") != "MANUAL" {
		t.Errorf("chosen is %s", encoded(p))
	}
	page := func(after any) object {
		return c.c.do(t, `query ($id: ID!, $after: String) { node(id: $id) { ... on PresenceStatus { grantedTo(first: 2, after: $after) { nodes { id }
			pageInfo { hasNextPage endCursor } } } } }`, vars{"id": id, "after": after}).at("node.grantedTo")
	}
	first := page(nil)
	second := page(first.text("pageInfo.endCursor"))
	if got := slices.Concat(first.texts("nodes", "id"), second.texts("nodes", "id")); !slices.Equal(got, c.agents) || first.text("pageInfo.hasNextPage") != "true" ||
		second.text("pageInfo.hasNextPage") != "false" {
		t.Errorf("granted to %s, then %s", encoded(first), encoded(second))
	}
	c.give("", "withdrawPresenceStatus", `presenceStatus { id }`, vars{"statusId": id, "agentIds": []string{a, b}})
	if p := c.presence(a); p.text("status.id") != id {
		t.Errorf("withdrawn while chosen: %s", encoded(p))
	}
	choose("", "ps_away")
	choose("BAD_USER_INPUT@statusId", id)
	if got := page(nil).texts("nodes", "id"); !slices.Equal(got, c.agents[2:]) {
		t.Errorf("left are %v", got)
	}
	c.give("", "updatePresenceStatus", statusPayload, vars{"statusId": id, "forEveryone": true})
	choose("", id)
	c.give("", "deletePresenceStatus", `statusId`, vars{"statusId": id, "replacementId": "ps_away"})
}

// rebasing a status gives whoever has it the new base at once: offers that it does not allow are revoked, and who watches hears of it (PR-2, OF-3, PR-9).
func rebasing(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	id := c.newStatus("BUSY")
	c.grant(id, a)
	session := signIn(t, s, a)
	c.choose(a, id)
	item := c.newItem("")
	session.awaitOffer(t, item, "OPEN")
	watcher, err := dial(s.url(""), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.kill)
	stream, err := watcher.subscribe(`subscription ($a: ID!) { agentPresence(filter: {agentIds: [$a]}) { type presence { status { id } base cause source } } }`, vars{"a": a})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // STATE and READY
		<-stream.messages
	}
	c.give("", "updatePresenceStatus", statusPayload, vars{"statusId": id, "base": "AWAY"})
	session.awaitOffer(t, item, "REVOKED")
	var heard json.RawMessage
	select {
	case heard = <-stream.messages:
	case <-time.After(patience):
		t.Fatal("nobody tells who watches")
	}
	if m := readAnswer(t, heard).data.at("agentPresence"); encoded(m) !=
		`{"presence":{"base":"AWAY","cause":"STATUS_CHANGED","source":"MANUAL","status":{"id":"`+id+`"}},"type":"CHANGED"}` {
		t.Errorf("who watches hears %s", encoded(m))
	}
	if got := c.item(item).text("offers.nodes.0.revokeReason"); got != "PRESENCE_CHANGED" {
		t.Errorf("the offer was revoked with %s", got)
	}
	c.choose(a, "ps_away")
	c.give("", "deletePresenceStatus", `statusId`, vars{"statusId": id})
	change := c.history(a, "first: 1").at("nodes.0") // the status that was is no more: its id and what was read of it stay
	if change.text("fromId") != id || change.text("from") != "null" || change.text("fromBase") != "AWAY" || change.text("toId") != "ps_away" {
		t.Errorf("of a deleted status the history says %s", encoded(change))
	}
}

// deletingStatuses in use is refused, wherever they stand; with a replacement everybody gets that (PR-2).
func deletingStatuses(t *testing.T, s *server) {
	c := newCentre(t, s, 3, "")
	shown, gone, byDefault := c.agents[0], c.agents[1], c.agents[2]
	id, other := c.newStatus("AWAY"), c.newStatus("DO_NOT_DISTURB")
	c.grant(id, c.agents...)
	signIn(t, s, shown)
	c.choose(shown, id)
	inUse := func(why string) {
		t.Helper()
		if _, err := c.try("", "deletePresenceStatus", `statusId`, vars{"statusId": id}); refusal(err) != "CONFLICT/IN_USE" {
			t.Errorf("%s: %v", why, err)
		}
	}
	inUse("an agent has it")
	c.choose(shown, "ps_busy")
	left := signIn(t, s, gone)
	c.choose(gone, id)
	left.kill()
	c.awaitGone(gone)
	inUse("an agent had it when they left")
	c.give("", "updateAgent", `agent { id }`, vars{"agentId": byDefault, "defaultPresenceStatusId": id})
	inUse("an agent signs in with it")
	c.give("", "deletePresenceStatus", `statusId`, vars{"statusId": id, "replacementId": other})
	signIn(t, s, gone)
	if p := c.presence(gone); p.text("status.id") != other || p.text("base") != "DO_NOT_DISTURB" || p.text("cause") != "RESTORED" {
		t.Errorf("back is %s", encoded(p)) // PR-7
	}
	if got := c.c.do(t, `query ($a: ID!) { agent(id: $a) { defaultPresenceStatus { id } } }`, vars{"a": byDefault}).text("agent.defaultPresenceStatus.id"); got != other {
		t.Errorf("the default is %s", got)
	}
	if list := c.selectable(byDefault); slices.Contains(list, id) {
		t.Errorf("what is no more may be chosen: %v", list)
	}
	// The organisation's default counts as well, and null takes it away.
	c.give("", "updateOrganization", `organization { id }`, vars{"defaultPresenceStatusId": other})
	c.give("", "updateAgent", `agent { id }`, vars{"agentId": byDefault, "defaultPresenceStatusId": nil})
	c.choose(gone, "ps_busy")
	c.refused("CONFLICT/IN_USE", "", "deletePresenceStatus", `statusId`, vars{"statusId": other})
	got := c.give("", "updateOrganization", `organization { defaultPresenceStatus { id } }`, vars{"defaultPresenceStatusId": nil})
	if got.text("organization.defaultPresenceStatus") != "null" {
		t.Errorf("taken away is %s", encoded(got))
	}
	c.give("", "deletePresenceStatus", `statusId`, vars{"statusId": other})
	for _, bad := range []string{"ps_inactive", other, "ps_none", ""} {
		c.refused("BAD_USER_INPUT@defaultPresenceStatusId", "", "updateAgent", `agent { id }`, vars{"agentId": byDefault, "defaultPresenceStatusId": bad})
		c.refused("BAD_USER_INPUT@defaultPresenceStatusId", "", "updateOrganization", `organization { id }`, vars{"defaultPresenceStatusId": bad})
		c.refused("BAD_USER_INPUT@defaultPresenceStatusId", "", "createAgent", `agent { id }`, vars{"name": "x", "defaultPresenceStatusId": bad})
	}
}

const changeFields = `nodes { fromId from { text } fromBase toId to { text } toBase cause actor at } pageInfo { hasNextPage hasPreviousPage endCursor }`

// history reads changes of an agent's presence; the arguments are given as GraphQL.
func (c *centre) history(agent, arguments string) object {
	c.t.Helper()
	return c.c.do(c.t, fmt.Sprintf(`query ($a: ID!) { agent(id: $a) { presenceHistory(%s) { %s } } }`, arguments, changeFields), vars{"a": agent}).
		at("agent.presenceHistory")
}
