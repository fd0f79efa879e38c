package e2e

import (
	"strings"
	"testing"
)

// storyOfTheReadme is the one that examples/contact-centre/README.md tells (RT-3, RT-4, MX-3).
func storyOfTheReadme(t *testing.T, s *server) {
	c := &centre{t: t, s: s, c: s.client(), workstream: demoID("ws", 1)}
	benoit, lukasz, nuria, loic := demoID("ct", 1), demoID("ag", 27), demoID("ag", 17), demoID("ag", 29)
	first := signIn(t, s, lukasz)
	signIn(t, s, nuria)
	third := signIn(t, s, loic)
	item := c.newItem(benoit)
	c.reject(lukasz, first.awaitOffer(t, item, "OPEN").ID)
	third.awaitOffer(t, item, "OPEN")
	got := c.item(item).list("decisions.nodes")
	if codes := got[1].texts("preferred", "code"); strings.Join(codes, " ") != "ALREADY_DECLINED NOT_QUEUE_MEMBER OFFERED" {
		t.Errorf("the second decision says %v", codes)
	}
	data := c.c.do(t, `mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $c, agentIds: $a}) { warnings { code field } } }`,
		vars{"c": benoit, "a": []string{lukasz, nuria, loic}})
	if got := encoded(data.at("setPreferredAgents.warnings")); got != `[{"code":"AGENT_IN_NO_QUEUE","field":"agentIds.1"}]` {
		t.Errorf("saving the row again warns of %s", got)
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	for _, a := range []string{lukasz, nuria, loic} {
		c.c.as(a).do(t, `mutation { signOut(input: {}) { agent { id } } }`, nil)
	}
}

// changesRouteAgain: a change of policy or row looks at what waits, and takes back an offer whose agent is no longer preferred (RT-1,
// RT-5, RT-6).
func changesRouteAgain(t *testing.T, s *server) {
	c := newCentre(t, s, 3, "channel: EMAIL") // LEAVE_UNASSIGNED unless set
	a, b := c.agents[0], c.agents[1]
	contact := c.newContact(a)
	other := signIn(t, s, b)
	item := c.newItem(contact)
	if got := c.item(item); got.text("leftUnassigned") != "true" || got.text("decisions.nodes.0.preferred.0.code") != "NOT_SIGNED_IN" {
		t.Errorf("without its preferred agent the item is %s", encoded(got))
	}
	c.prefer(contact, b)
	taken := other.awaitOffer(t, item, "OPEN")
	if taken.Path != "PREFERRED" {
		t.Errorf("put into the row, the agent is asked by the path %s", taken.Path)
	}
	c.prefer(contact, a)
	other.awaitOffer(t, item, "REVOKED")
	if got := c.item(item); got.text("offers.nodes.0.revokeReason") != "PREFERRED_AGENT_REMOVED" || got.text("leftUnassigned") != "true" {
		t.Errorf("taken out of the row: %s", encoded(got))
	}
	policy := func(fields string) {
		c.c.do(t, `mutation ($w: ID!) { updateRoutingPolicy(input: {scopeId: $w, `+fields+`}) { workstream { id } } }`, vars{"w": c.workstream})
	}
	policy("retryPreferred: false")
	first := signIn(t, s, a)
	if got := c.item(item); got.text("status") != "QUEUED" {
		t.Errorf("offered although it is not to be tried again: %s", encoded(got))
	}
	policy("retryPreferred: null")
	first.awaitOffer(t, item, "OPEN")
	c.choose(a, "ps_away")
	first.awaitOffer(t, item, "REVOKED")
	policy("whenUnavailable: NEXT_BEST_AGENT")
	if o := other.awaitOffer(t, item, "OPEN"); o.Path != "NEXT_BEST" {
		t.Errorf("under NEXT_BEST_AGENT the path is %s", o.Path)
	}
	c.reject(b, c.item(item).text("offer.id"))
	policy("enabled: false")
	got := c.item(item).list("decisions.nodes")
	if last := got[len(got)-1]; last.text("outcome") != "QUEUED" {
		t.Errorf("the last decision is %s", encoded(last))
	}
}

// oddSubscriptions: a subscription is to one thing (GraphQL, 5.2.4.1). Another is refused and signs nobody in.
func oddSubscriptions(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	so, err := dial(s.url(""), c.agents[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(so.kill)
	for _, document := range []string{
		`subscription ($a: ID!) { x: agentOffers(agentId: $a) { type } y: agentOffers(agentId: $a) { cursor } }`,
		`subscription ($a: ID!) { agentOffers(agentId: $a) @skip(if: true) { type } }`,
		`subscription ($a: ID!) { agentOffers(agentId: $a) @include(if: false) { type } }`,
		`subscription { __typename }`,
	} {
		v := vars{"a": c.agents[0]}
		if !strings.Contains(document, "$a") {
			v = nil
		}
		st, err := so.subscribe(document, v)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for raw := range st.messages {
			said += string(raw)
		}
		said += st.errors.Error()
		if said == "" || strings.Contains(said, "INTERNAL") {
			t.Errorf("%s: %s", document, said)
		}
	}
	if p := c.presence(c.agents[0]); p.text("cause") != "CREATED" {
		t.Errorf("a refused subscription signed the agent in: %s", encoded(p))
	}
	// A fragment is no other thing.
	if st, err := so.subscribe(`subscription ($a: ID!) { ...F } fragment F on Subscription { o: agentOffers(agentId: $a) { type } }`, vars{"a": c.agents[0]}); err != nil {
		t.Error(err)
	} else if raw := <-st.messages; !strings.Contains(string(raw), "READY") || c.presence(c.agents[0]).text("signedIn") != "true" {
		t.Errorf("through a fragment: %s", raw)
	}
	if code, _, err := knock(s, `{"type":"connection_init","payload":{"actor":"x"}}`, nil); code != 4403 || err != nil {
		t.Errorf("a socket in the name of a bad actor is closed with %d, %v", code, err)
	}
}
