package e2e

import (
	"errors"
	"testing"
	"time"
)

// offersOfOthers: an agent acts on what is their own, and is not told whether anything else exists.
func offersOfOthers(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b := c.agents[0], c.agents[1]
	session := signIn(t, s, a)
	item := c.newItem("")
	o := session.awaitOffer(t, item, "OPEN")
	other := c.c.as(b)
	for document, v := range map[string]vars{
		acceptDocument:   {"o": o.ID},
		rejectDocument:   {"o": o.ID},
		completeDocument: {"w": item},
		cancelDocument:   {"w": item},
		`mutation ($a: ID!) { setPresence(input: {agentId: $a, statusId: "ps_busy"}) { agent { id } } }`: {"a": a},
		`mutation ($a: ID!) { signOut(input: {agentId: $a}) { agent { id } } }`:                          {"a": a},
	} {
		if _, err := other.try(document, v); refusal(err) != "NOT_FOUND" {
			t.Errorf("in the name of another agent: %s: %v", document, err)
		}
	}
	for _, agent := range []string{a, demoID("ag", 999)} {
		if _, err := subscribeOffers(s.url(""), b, agent); refusal(err) != "NOT_FOUND" {
			t.Errorf("a subscription to the offers of %s: %v", agent, err)
		}
	}
	if got := c.presence(b).text("signedIn"); got != "false" {
		t.Errorf("refused subscriptions signed the agent in: %s", got)
	}
	if _, err := subscribeOffers(s.url(""), "", demoID("ag", 999)); refusal(err) != "NOT_FOUND" {
		t.Errorf("a subscription to the offers of nobody: %v", err)
	}
	if got := c.item(item); got.text("offer.id") != o.ID || got.text("status") != "OFFERED" {
		t.Errorf("the offer did not survive: %s", encoded(got))
	}
}

// lateAnswers: an offer ends once; the same answer again is the same, another one a conflict that says how it ended (OF-1, OF-6).
func lateAnswers(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "offerSeconds: 5, declineLimit: 5")
	a := c.agents[0]
	session := signIn(t, s, a)
	try := func(document, offer, want string) {
		t.Helper()
		if _, err := c.c.as(a).try(document, vars{"o": offer}); refusal(err) != want {
			t.Errorf("%s: %v, want %q", document, err, want)
		}
	}
	item := c.newItem("")
	rejected := session.awaitOffer(t, item, "OPEN").ID
	try(rejectDocument, rejected, "")
	try(rejectDocument, rejected, "")
	try(acceptDocument, rejected, "CONFLICT/OFFER_REJECTED")
	session.awaitOffer(t, item, "REJECTED")

	item = c.newItem("")
	accepted := session.awaitOffer(t, item, "OPEN").ID
	first, second := c.accept(a, accepted), c.accept(a, accepted)
	if x, y := encoded(first), encoded(second); x != y {
		t.Errorf("accepted twice: %s and %s", x, y)
	}
	try(rejectDocument, accepted, "CONFLICT/OFFER_ACCEPTED")
	session.awaitOffer(t, item, "ACCEPTED")

	item = c.newItem("")
	revoked := session.awaitOffer(t, item, "OPEN").ID
	c.c.do(t, cancelDocument, vars{"w": item})
	try(acceptDocument, revoked, "CONFLICT/OFFER_REVOKED")
	try(rejectDocument, revoked, "CONFLICT/OFFER_REVOKED")
	session.awaitOffer(t, item, "REVOKED")

	item = c.newItem("")
	missed := session.awaitOffer(t, item, "OPEN")
	if ended := session.awaitOffer(t, item, "MISSED"); ended.EndedAt.Sub(missed.OfferedAt) < 5*time.Second {
		t.Errorf("missed at %s, offered at %s", ended.EndedAt, missed.OfferedAt)
	}
	try(acceptDocument, missed.ID, "CONFLICT/OFFER_EXPIRED")
	try(rejectDocument, missed.ID, "CONFLICT/OFFER_EXPIRED")
}

// streamsStartAndEnd: what is open at the start, then READY once, then changes; whoever watches is no session; a sign-out ends the
// agent's own streams (EV-1, PR-7, PR-8).
func streamsStartAndEnd(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	a := c.agents[0]
	watcher, err := subscribeOffers(s.url(""), "", a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.kill)
	if p := c.presence(a); p.text("signedIn") != "false" || p.text("base") != "OFFLINE" {
		t.Errorf("somebody watches, and the agent is %s", encoded(p))
	}
	first := signIn(t, s, a)
	one, two := c.newItem(""), c.newItem("")
	first.awaitOffer(t, one, "OPEN")
	first.awaitOffer(t, two, "OPEN")
	second := signIn(t, s, a)
	if len(second.open) != 2 || second.open[0].WorkItem.ID != one || second.open[1].WorkItem.ID != two {
		t.Errorf("the start of a second stream shows %+v", second.open)
	}
	c.c.as(a).do(t, `mutation { signOut(input: {}) { agent { id } } }`, nil)
	for _, own := range []*session{first, second} {
		for err = nil; err == nil; {
			var m offerMessage
			if m, err = own.next(); err == nil && m.Offer.State != "REVOKED" {
				t.Errorf("signing out sends %+v", m.Offer)
			}
		}
		if !errors.Is(err, errEnded) {
			t.Errorf("signed out, the stream ends with %v", err)
		}
	}
	for _, want := range []struct{ item, state string }{{one, "OPEN"}, {two, "OPEN"}, {one, "REVOKED"}, {two, "REVOKED"}} {
		watcher.awaitOffer(t, want.item, want.state)
	}
	if p := c.presence(a); p.text("signedIn") != "false" || p.text("cause") != "SIGN_OUT" {
		t.Errorf("signed out is %s", encoded(p))
	}
	if got := c.item(one); got.text("status") != "QUEUED" || got.text("offers.nodes.0.revokeReason") != "SIGNED_OUT" {
		t.Errorf("after the sign-out the item is %s", encoded(got))
	}
}
