package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const previewFields = `decidedAt configVersion policy { enabled whenUnavailable retryPreferred } preferredReason preferred { position agentId code }
	nextBest { method members ranked { agentId freeUnits releasedAt declinedBefore } refused { code count } } outcome reason agentId`

func (c *centre) preview(input vars) object {
	c.t.Helper()
	return c.c.do(c.t, `query ($i: PreviewRoutingInput!) { previewRouting(input: $i) { `+previewFields+` } }`, vars{"i": input}).at("previewRouting")
}

// decided is the last decision about an item in the form of a preview, without its time.
func (c *centre) decided(item string) string {
	c.t.Helper()
	d := c.c.do(c.t, `query ($i: ID!) { workItem(id: $i) { decisions(first: 100) { nodes { `+previewFields+` } } } }`, vars{"i": item}).list("workItem.decisions.nodes")
	return untimed(d[len(d)-1])
}

func untimed(decision object) string {
	fields, _ := decision.value.(map[string]any)
	delete(fields, "decidedAt")
	return encoded(decision)
}

// previewsTellWhatRoutingDoes: what is previewed about a new item is what happens to it, in every situation; and it changes nothing (DX-3).
func previewsTellWhatRoutingDoes(t *testing.T, s *server) {
	c := newCentre(t, s, 3, "")
	c.enablePreferred()
	a, b, third := c.agents[0], c.agents[1], c.agents[2]
	contact, stranger := c.newContact(a, b), c.newContact()
	email, pick, auto := c.newWorkstream("channel: EMAIL"), c.newWorkstream("channel: SMS, distributionMode: PICK"), c.newWorkstream("channel: FAX, acceptMode: AUTO")
	wide := c.newWorkstream("channel: LINE, capacityUnits: 9")
	compare := func(situation string) {
		t.Helper()
		for _, stream := range []string{c.workstream, email, pick, auto, wide} {
			for _, of := range []string{"", contact, stranger} {
				input := vars{"workstreamId": stream}
				if of != "" {
					input["contactId"] = of
				}
				preview := c.preview(input)
				if at := instant(preview.text("decidedAt")); time.Since(at) > patience {
					t.Errorf("a preview is of %s", at)
				}
				want, again := untimed(preview), untimed(c.preview(input))
				c.workstream, stream = stream, c.workstream
				item := c.newItem(of)
				c.workstream, stream = stream, c.workstream
				if got := c.decided(item); got != want || again != want {
					t.Errorf("%s, %v:\nprevious %s\nagain    %s\nrouting  %s", situation, input, want, again, got)
				}
				c.c.do(t, cancelDocument, vars{"w": item})
			}
		}
	}
	compare("nobody is there")
	signIn(t, s, b)
	compare("the second of the row is there")
	signIn(t, s, third)
	signIn(t, s, a)
	compare("all are there")
	c.choose(a, "ps_away")
	compare("the first is away")
	c.choose(a, "ps_available")
	c.c.do(t, `mutation ($q: ID!) { updateQueue(input: {queueId: $q, assignmentMethod: ROUND_ROBIN}) { queue { id } } }`, vars{"q": c.queue})
	held := c.newItem("")
	c.assign("", held, b)
	compare("round robin, one holds work")
	c.c.do(t, completeDocument, vars{"w": held})
	c.c.do(t, `mutation ($q: ID!) { updateQueue(input: {queueId: $q, assignmentMethod: LEAST_ACTIVE}) { queue { id } } }`, vars{"q": c.queue})
	compare("least active, one has given work back")
	c.give("", "updateRoutingPolicy", `__typename`, vars{"scopeId": contact, "enabled": false})
	compare("turned off for the contact")
	c.deleteAgent(a)
	compare("one of the row was deleted")
}

// previewsOfWaiting: an item that waits is previewed as the next attempt would decide about it; and nothing is left of a preview.
func previewsOfWaiting(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "channel: EMAIL")
	c.enablePreferred()
	a, b := c.agents[0], c.agents[1]
	contact := c.newContact(a)
	everything := func(item string) string {
		counts, _ := c.figures(c.queue)
		return counts + encoded(c.item(item)) + encoded(c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { freeUnits } version presence { base changedAt } } }`, vars{"a": b}))
	}
	item := c.newItem(contact)
	other := signIn(t, s, b)
	before := everything(item)
	if got := c.preview(vars{"workItemId": item}); got.text("outcome") != "LEFT_UNASSIGNED" || got.text("preferred.0.code") != "NOT_SIGNED_IN" || got.text("agentId") != "null" {
		t.Errorf("what waits for its preferred agent: %s", encoded(got))
	}
	if after := everything(item); after != before {
		t.Errorf("a preview left %s, was %s", after, before)
	}
	// Somebody declined: the preview knows it.
	second := c.newItem("")
	c.reject(b, other.awaitOffer(t, second, "OPEN").ID)
	if got := c.preview(vars{"workItemId": second}); got.text("outcome") != "QUEUED" || !strings.Contains(encoded(got.at("nextBest.refused")), "ALREADY_DECLINED") {
		t.Errorf("of what was declined: %s", encoded(got))
	}
	if got := c.preview(vars{"workstreamId": c.workstream}); got.text("agentId") != b {
		t.Errorf("of a new one: %s", encoded(got))
	}
	// The next attempt decides what was previewed.
	want := untimed(c.preview(vars{"workItemId": item}))
	c.give("", "updateWorkstream", `__typename`, vars{"workstreamId": c.workstream}) // routes what waits again
	got := c.c.do(t, `query ($i: ID!) { workItem(id: $i) { attempts } }`, vars{"i": item}).text("workItem.attempts")
	if decided := c.decided(item); got != "2" || stripVersion(decided) != stripVersion(want) {
		t.Errorf("after %s attempts the decision is %s, previewed %s", got, decided, want)
	}
	first := signIn(t, s, a)
	o := first.awaitOfferOrStart(t, item)
	for _, r := range []struct {
		want  string
		input vars
	}{
		{"CONFLICT/WORK_ITEM_NOT_WAITING", vars{"workItemId": item}}, {"NOT_FOUND", vars{"workItemId": "wi_none"}}, {"BAD_USER_INPUT@workItemId", vars{"workItemId": ""}},
		{"BAD_USER_INPUT@workItemId", vars{}}, {"BAD_USER_INPUT@workItemId", vars{"workItemId": item, "workstreamId": c.workstream}},
		{"BAD_USER_INPUT@workItemId", vars{"contactId": contact}}, {"BAD_USER_INPUT@contactId", vars{"workItemId": second, "contactId": contact}},
		{"BAD_USER_INPUT@workstreamId", vars{"workstreamId": "ws_none"}}, {"BAD_USER_INPUT@workstreamId", vars{"workstreamId": ""}},
		{"BAD_USER_INPUT@contactId", vars{"workstreamId": c.workstream, "contactId": "ct_none"}},
		{"BAD_USER_INPUT@contactId", vars{"workstreamId": c.workstream, "contactId": ""}},
	} {
		if _, err := c.c.try(`query ($i: PreviewRoutingInput!) { previewRouting(input: $i) { outcome } }`, vars{"i": r.input}); refusal(err) != r.want {
			t.Errorf("%v: %v, want %s", r.input, err, r.want)
		}
	}
	c.accept(a, o)
	c.c.do(t, completeDocument, vars{"w": item})
	if _, err := c.c.try(`query ($i: ID!) { previewRouting(input: {workItemId: $i}) { outcome } }`, vars{"i": item}); refusal(err) != "CONFLICT/WORK_ITEM_NOT_WAITING" {
		t.Errorf("of a closed item: %v", err)
	}
	// What is left and is not tried again is said to stay.
	left := c.newItem(c.newContact(c.newAgent("Nobody", 1)))
	c.give("", "updateRoutingPolicy", `__typename`, vars{"scopeId": c.workstream, "retryPreferred": false})
	if got := c.preview(vars{"workItemId": left}); got.text("outcome") != "LEFT_UNASSIGNED" || got.text("reason") != "LEFT_UNASSIGNED" || got.text("agentId") != "null" {
		t.Errorf("of what stays: %s", encoded(got))
	}
}

// awaitOfferOrStart gives the offer of an item, from the start of the stream or behind it.
func (s *session) awaitOfferOrStart(t testing.TB, item string) string {
	t.Helper()
	for _, o := range s.open {
		if o.WorkItem.ID == item {
			return o.ID
		}
	}
	return s.awaitOffer(t, item, "OPEN").ID
}

// stripVersion takes out what an unrelated change of settings moves.
func stripVersion(decision string) string {
	_, rest, _ := strings.Cut(decision, ",")
	return rest
}

// previewsInParallel: many at once, in one document and in many, agree with each other and change nothing.
func previewsInParallel(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	signIn(t, s, c.agents[0])
	document := `query ($w: ID!) {`
	for i := range 20 {
		document += fmt.Sprintf(` p%d: previewRouting(input: {workstreamId: $w}) { agentId outcome }`, i)
	}
	document += ` }`
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			data, err := c.c.try(document, vars{"w": c.workstream})
			for i := range 20 {
				if got := data.text(fmt.Sprintf("p%d.agentId", i)); err != nil || got != c.agents[0] {
					t.Errorf("preview %d: %s, %v", i, got, err)
					return
				}
			}
		})
	}
	callers.Wait()
	if got := c.c.do(t, `query ($a: ID!) { agent(id: $a) { load { reservedUnits assignedUnits } } }`, vars{"a": c.agents[0]}); encoded(got) !=
		`{"agent":{"load":{"assignedUnits":0,"reservedUnits":0}}}` {
		t.Errorf("160 previews left %s", encoded(got))
	}
}
