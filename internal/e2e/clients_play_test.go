package e2e

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

// What desks and integrators print.
const (
	anyOffer = `offer of_[0-9a-f-]{36} of `
	noted    = `[0-9a-f-]{36}`
)

// TestClientsPlay runs the clients of both languages together: two desks and two integrators, one of which follows its work over a restart of the
// server while the other begins while the server is down. Then the languages change parts.
func TestClientsPlay(t *testing.T) {
	t.Parallel()
	for i, language := range languages {
		t.Run(language+" accepts", func(t *testing.T) {
			t.Parallel()
			clientsPlay(t, language, languages[1-i])
		})
	}
}

func clientsPlay(t *testing.T, accepts, rejects string) {
	s := startExample(t, sqliteFile(t))
	lukasz, loic := demoID("ag", 27), demoID("ag", 29)
	c := &centre{t: t, s: s, c: s.client()}
	rejecting := startAway(c, rejects, lukasz, "--answer", "reject")
	accepting := startAway(c, accepts, loic, "--answer", "accept", "--complete")

	follows := startClient(t, rejects, "integrator", s.url(""), "--reference", "first order")
	follows.says("READY", 1)
	if code := s.stop(); code != 0 {
		t.Errorf("SIGTERM: the server ends with %d", code)
	}
	begins := startClient(t, accepts, "integrator", s.url(""), "--reference", "second order", "--contact", newContactID, "--name", "Zoë Quillfeather")
	for _, p := range []*program{begins, follows, rejecting, accepting} {
		p.complains(`again in \d\.\d s`)
	}
	s.start()
	for _, p := range []*program{follows, rejecting, accepting} {
		p.says("READY", 2)
	}
	begins.says("READY", 1)
	for _, agent := range []string{lukasz, loic} {
		if got := c.presence(agent); got.text("base") != "AWAY" || got.text("signedIn") != "true" {
			t.Errorf("after the restart %s is %s", agent, encoded(got)) // PR-8
		}
	}

	c.choose(lukasz, "ps_available")
	rejecting.says("CHANGED: "+anyOffer+".* is REJECTED .*", 2)
	c.choose(loic, "ps_available")
	accepting.says("completed wi_"+noted, 2)

	path := []string{
		"OFFERED: OFFERED, Łukasz Księżniak", "OFFER_REJECTED: QUEUED, nobody", "DECIDED: QUEUED, nobody",
		"OFFERED: OFFERED, Loïc Bézard", "ACCEPTED: ASSIGNED, Loïc Bézard",
	}
	follows.ends(0, append([]string{
		"preview: QUEUED to nobody", "  Łukasz Księżniak: PRESENCE_NOT_ALLOWED", "  Núria Peñalver: NOT_QUEUE_MEMBER", "  Loïc Bézard: PRESENCE_NOT_ALLOWED",
		"brought wi_" + noted + ": QUEUED", "STATE: QUEUED, nobody", "READY", "READY",
	}, path...)...)
	begins.ends(0, append([]string{
		"new customer Zoë Quillfeather", "preview: QUEUED to nobody", "brought wi_" + noted + ": QUEUED", "STATE: QUEUED, nobody", "READY",
	}, path...)...)
	for _, reference := range []string{"first order", "second order"} {
		items := c.c.do(t, `query ($r: String) { workItems(filter: {reference: $r}) { nodes { status agentId } } }`, vars{"r": reference}).at("workItems.nodes")
		if want := fmt.Sprintf(`[{"agentId":%q,"status":"COMPLETED"}]`, loic); encoded(items) != want {
			t.Errorf("of the %s there is %s, want %s", reference, encoded(items), want)
		}
	}

	for _, agent := range []string{lukasz, loic} {
		c.c.do(t, `mutation ($a: ID!) { signOut(input: {agentId: $a}) { agent { id } } }`, vars{"a": agent})
	}
	// Only the language that has the flag chose its presence itself.
	away := map[string]string{"TypeScript": "presence: Appear away \\(AWAY\\)\n"}
	one := func(state, customer, path string) string {
		return "CHANGED: " + anyOffer + customer + " on Help chat is " + state + ` \(` + path + `\)`
	}
	both := func(state string) string { // in either order
		a, b := one(state, "Benoît Traoré", "PREFERRED"), one(state, "Zoë Quillfeather", "NEXT_BEST")
		return "(" + a + "|" + b + ")"
	}
	rejecting.ends(0, "READY\n"+away[rejects]+"READY", `(`+both("(OPEN|REJECTED)")+"\n){4}signed out")
	accepting.ends(0, "READY\n"+away[accepts]+"READY", `((`+both("(OPEN|ACCEPTED)")+"|completed wi_"+noted+")\n){6}signed out")
	for _, part := range []struct {
		p     *program
		state string
	}{{rejecting, "REJECTED"}, {accepting, "ACCEPTED"}} {
		for _, line := range []string{one(part.state, "Benoît Traoré", "PREFERRED"), one(part.state, "Zoë Quillfeather", "NEXT_BEST")} {
			if !regexp.MustCompile(line).MatchString(part.p.stdout.String()) {
				t.Errorf("the %s did not say %s", part.p.name, line)
			}
		}
	}
}

// newContactID is of a customer who is not in the example.
const newContactID = "ct_01900000-0000-7000-8000-00000000ffff"

// startAway starts a desk whose agent is away.
func startAway(c *centre, language, agent string, flags ...string) *program {
	c.t.Helper()
	flags = append(flags, "--agent", agent)
	if language == "TypeScript" {
		flags = append(flags, "--presence", "ps_away")
	}
	desk := startClient(c.t.(*testing.T), language, "desk", c.s.url(""), flags...)
	desk.says("READY", 1)
	if language == "TypeScript" {
		desk.says(`presence: Appear away \(AWAY\)`, 1)
	} else {
		c.choose(agent, "ps_away")
	}
	return desk
}

// TestDesksForget: after a backup was restored a desk's cursor is of a later state than the server has. It is told RESET, and starts anew.
func TestDesksForget(t *testing.T) {
	t.Parallel()
	db := sqliteFile(t)
	s := startExample(t, db)
	s.stop()
	old, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	for i := range 20 { // so that the cursors of the desks are far behind what the old copy can reach by itself
		s.client().do(t, `mutation ($n: String!) { createQueue(input: {name: $n}) { queue { id } } }`, vars{"n": fmt.Sprint("Queue ", i)})
	}
	var desks []*program
	for i, language := range languages {
		desk := startClient(t, language, "desk", s.url(""), "--agent", demoID("ag", 1+i))
		desk.says("READY", 1)
		desks = append(desks, desk)
	}
	s.stop()
	for _, more := range []string{"-wal", "-shm"} {
		_ = os.Remove(db + more) // they are gone after a clean end, as a rule
	}
	if err := os.WriteFile(db, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	for _, desk := range desks {
		desk.says("RESET\nREADY", 1)
	}
}

// TestDesksGiveUp: who can't be that agent is told so and tries no more.
func TestDesksGiveUp(t *testing.T) {
	t.Parallel()
	s := startServer(t, sqliteFile(t))
	desks := map[*program]string{}
	for _, language := range languages {
		desks[startClient(t, language, "desk", s.url(""), "--agent", "nobody")] = "4403"
		desks[startClient(t, language, "desk", s.url(""), "--agent", newAgentID)] = "NOT_FOUND"
	}
	for desk, says := range desks {
		desk.ends(1)
		desk.complains(says)
		desk.triedOnce()
	}
}

// newAgentID is of an agent who is not there.
const newAgentID = "ag_01900000-0000-7000-8000-00000000ffff"
