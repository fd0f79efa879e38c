package e2e

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// computedPresence follows from what an agent holds: partly used Busy, full Do not disturb, unused Available (PR-4). What was chosen by hand holds until
// work is taken or closed (PR-6), and at once gives way to more work than capacity, with a warning.
func computedPresence(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "allowedPresences: [AVAILABLE, BUSY, DO_NOT_DISTURB], capacityUnits: 5")
	a := c.agents[0]
	session := signIn(t, s, a)
	is := func(base, cause, source string) {
		t.Helper()
		if p := c.presence(a); p.text("base") != base || p.text("cause") != cause || p.text("source") != source {
			t.Errorf("is %s, want %s %s %s", encoded(p), base, cause, source)
		}
	}
	is("AVAILABLE", "SIGN_IN", "COMPUTED")
	first := c.newItem("")
	c.accept(a, session.awaitOffer(t, first, "OPEN").ID)
	is("BUSY", "WORK_TAKEN", "COMPUTED")
	session.awaitOffer(t, first, "ACCEPTED")
	c.choose(a, "ps_available")
	is("AVAILABLE", "MANUAL", "MANUAL")
	second := c.newItem("")
	c.accept(a, session.awaitOffer(t, second, "OPEN").ID)
	is("DO_NOT_DISTURB", "WORK_TAKEN", "COMPUTED")
	third := c.newItem("")
	c.assign("", third, a)
	got := c.give(a, "setPresence", `agent { presence { base source } } warnings { code field }`, vars{"statusId": "ps_available"})
	if want := `{"agent":{"presence":{"base":"DO_NOT_DISTURB","source":"COMPUTED"}},"warnings":[{"code":"PRESENCE_OVERRULED","field":"statusId"}]}`; encoded(got) != want {
		t.Errorf("chosen over capacity: %s, want %s", encoded(got), want)
	}
	c.choose(a, "ps_away") // which holds
	for _, item := range []string{first, second, third} {
		c.c.as(a).do(t, completeDocument, vars{"w": item})
	}
	is("AWAY", "MANUAL", "MANUAL")
	if load := c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { assignedUnits freeUnits openWork } } }`, vars{"a": a}).at("agent.load"); encoded(load) !=
		`{"assignedUnits":0,"freeUnits":10,"openWork":0}` {
		t.Errorf("done is %s", encoded(load))
	}
}

// resetting ends what a rejected offer has set: the presence is computed, and who declined is asked again (PR-5, OF-4).
func resetting(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "rejectedSetsDoNotDisturb: true")
	a, other := c.agents[0], c.agents[1]
	session := signIn(t, s, a)
	item := c.newItem("")
	c.reject(a, session.awaitOffer(t, item, "OPEN").ID)
	session.awaitOffer(t, item, "REJECTED")
	if p := c.presence(a); p.text("base") != "DO_NOT_DISTURB" || p.text("cause") != "OFFER_REJECTED" || p.text("source") != "DECLINED" {
		t.Errorf("after rejecting: %s", encoded(p))
	}
	if got := c.item(item); got.text("offer") != "null" {
		t.Errorf("offered all the same: %s", encoded(got))
	}
	got := c.give(a, "resetPresence", `agent { presence { base cause source } }`, vars{})
	if encoded(got.at("agent.presence")) != `{"base":"AVAILABLE","cause":"RESET","source":"COMPUTED"}` {
		t.Errorf("reset is %s", encoded(got))
	}
	session.awaitOffer(t, item, "OPEN")
	c.choose(a, "ps_away")
	if got := c.give("", "resetPresence", `agent { presence { base source } }`, vars{"agentId": a}); encoded(got.at("agent.presence")) != `{"base":"AWAY","source":"MANUAL"}` {
		t.Errorf("what was chosen is reset: %s", encoded(got))
	}
	for _, r := range []struct{ want, actor, agent string }{
		{"NOT_FOUND", a, other}, {"NOT_FOUND", a, absent("ag_")}, {"CONFLICT/NOT_SIGNED_IN", other, other}, {"CONFLICT/NOT_SIGNED_IN", "", other},
		{"BAD_USER_INPUT@agentId", "", ""},
	} {
		c.refused(r.want, r.actor, "resetPresence", `agent { id }`, vars{"agentId": r.agent})
	}
	// Saving a chat workstream that allows the very presence is warned of, here and for the organisation's setting.
	warned := c.give("", "updateWorkstream", `workstream { rejectedSetsDoNotDisturb } warnings { code field }`,
		vars{"workstreamId": c.workstream, "allowedPresences": []string{"AVAILABLE", "DO_NOT_DISTURB"}})
	if encoded(warned) != `{"warnings":[{"code":"REJECTED_PRESENCE_ALLOWED","field":"allowedPresences"}],"workstream":{"rejectedSetsDoNotDisturb":true}}` {
		t.Errorf("it is warned of with %s", encoded(warned))
	}
	left := c.give("", "updateWorkstream", `workstream { rejectedSetsDoNotDisturb } warnings { code }`, vars{"workstreamId": c.workstream, "rejectedSetsDoNotDisturb": nil})
	if encoded(left) != `{"warnings":[],"workstream":{"rejectedSetsDoNotDisturb":null}}` {
		t.Errorf("taken away is %s", encoded(left))
	}
	whole := c.give("", "updateOrganization", `organization { rejectedSetsDoNotDisturb } warnings { code field }`, vars{"rejectedSetsDoNotDisturb": true})
	if !slices.Contains(whole.texts("warnings", "code"), "REJECTED_PRESENCE_ALLOWED") || whole.text("organization.rejectedSetsDoNotDisturb") != "true" {
		t.Errorf("for the organisation it is %s", encoded(whole))
	}
	c.give("", "updateOrganization", `organization { id }`, vars{"rejectedSetsDoNotDisturb": false})
}

// presenceHistory pages through all changes, newest first, within a range of time, with who caused them (PR-9). The agent sees their own, others not.
func presenceHistory(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b := c.agents[0], c.agents[1]
	signIn(t, s, a)
	chosen := []string{"ps_away", "ps_busy", "ps_offline", "ps_do_not_disturb"}
	for _, status := range chosen {
		c.c.as(a).do(t, `mutation ($s: ID!) { setPresence(input: {statusId: $s}) { agent { id } } }`, vars{"s": status})
	}
	all := c.history(a, "first: 100")
	slices.Reverse(chosen)
	if got := strings.Join(all.texts("nodes", "toId"), " "); got != strings.Join(chosen, " ")+" ps_available" {
		t.Errorf("the changes are to %s", got)
	}
	last := all.list("nodes")[0]
	if last.text("fromId") != "ps_offline" || last.text("from.text") != "Offline" || last.text("fromBase") != "OFFLINE" || last.text("toBase") != "DO_NOT_DISTURB" ||
		last.text("cause") != "MANUAL" || last.text("actor") != "agent:"+a || instant(last.text("at")).IsZero() {
		t.Errorf("the last change is %s", encoded(last))
	}
	var paged []string
	arguments := "first: 2"
	for pages := 1; ; pages++ {
		p := c.history(a, arguments)
		paged = append(paged, p.texts("nodes", "at")...)
		if p.text("pageInfo.hasNextPage") == "false" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		arguments = fmt.Sprintf("first: 2, after: %q", p.text("pageInfo.endCursor"))
	}
	if !slices.Equal(paged, all.texts("nodes", "at")) {
		t.Errorf("in pages are %v, in one %s", paged, encoded(all))
	}
	third := all.list("nodes")[2].text("at") // from is inclusive, until is not
	if got := c.history(a, fmt.Sprintf("from: %q", third)).texts("nodes", "toId"); !slices.Equal(got, chosen[:3]) {
		t.Errorf("from the third on are %v", got)
	}
	if got := c.history(a, fmt.Sprintf("until: %q", third)).texts("nodes", "toId"); !slices.Equal(got, []string{"ps_away", "ps_available"}) {
		t.Errorf("before the third are %v", got)
	}
	const document = `query ($a: ID!, $after: String) { agent(id: $a) { presenceHistory(first: 2, after: $after) { nodes { toId } } } }`
	for _, bad := range []string{"x", "", base64.RawURLEncoding.EncodeToString([]byte("1.2")), c.c.do(t, `{ agents(first: 1) { pageInfo { endCursor } } }`, nil).text("agents.pageInfo.endCursor")} {
		if _, err := c.c.try(document, vars{"a": a, "after": bad}); refusal(err) != "BAD_USER_INPUT@after" {
			t.Errorf("behind %q: %v", bad, err)
		}
	}
	const listed = `query ($from: DateTime) { agents(first: 1) { nodes { history: presenceHistory(from: $from) { nodes { toId } } } } }`
	if _, err := c.c.try(listed, vars{"from": "yesterday"}); refusal(err) != "BAD_USER_INPUT@from" {
		t.Errorf("from no time: %v", err)
	}
	if data, err := c.c.as(a).try(document, vars{"a": a}); err != nil || len(data.list("agent.presenceHistory.nodes")) != 2 {
		t.Errorf("one's own: %s, %v", encoded(data), err)
	}
	if data, err := c.c.as(b).try(document, vars{"a": a}); err != nil || data.text("agent") != "null" {
		t.Errorf("another's: %s, %v", encoded(data), err)
	}
}

// presenceTimes add up to the range, and end now (PR-9).
func presenceTimes(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	const document = `query ($a: ID!, $from: DateTime!, $until: DateTime!) { agent(id: $a) { presenceTimes(from: $from, until: $until) { statusId status { text } base seconds } } }`
	at := time.Now().UTC()
	ask := func(from, until time.Time) (object, string) {
		data, err := c.c.try(document, vars{"a": a, "from": rfc(from), "until": rfc(until)})
		return data.at("agent"), refusal(err)
	}
	signIn(t, s, a)
	time.Sleep(2100 * time.Millisecond)
	c.choose(a, "ps_away")
	got, refused := ask(at.Add(-time.Hour), at.Add(time.Hour))
	if ids := strings.Join(got.texts("presenceTimes", "statusId"), " "); refused != "" || len(got.list("presenceTimes")) < 2 || !strings.HasPrefix(ids, "ps_available") {
		t.Fatalf("the times are %s, %s", encoded(got), refused)
	}
	if first := got.list("presenceTimes")[0]; first.text("seconds") != "2" || first.text("status.text") != "Available" || first.text("base") != "AVAILABLE" {
		t.Errorf("the longest is %s", encoded(first))
	}
	for _, r := range []struct {
		from, until time.Time
		want        string
	}{
		{at, at.Add(-time.Second), "BAD_USER_INPUT@until"}, {at, at.Add(31*24*time.Hour + time.Second), "LIMIT_EXCEEDED@until"},
		{at.Add(-31 * 24 * time.Hour), at, ""}, {at.Add(time.Hour), at.Add(2 * time.Hour), ""},
	} {
		if _, refused := ask(r.from, r.until); refused != r.want {
			t.Errorf("from %s to %s: %q, want %q", r.from, r.until, refused, r.want)
		}
	}
}
