package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
)

// startExample starts a server with the example contact centre, in which nothing happens by itself.
func startExample(t *testing.T, db string, flags ...string) *server {
	t.Helper()
	s := startServer(t, db, flags...)
	if code, out, errs := rapport(t, "apply", exampleFolder, "--yes", "--url", s.url("")); code != 0 {
		t.Fatalf("apply ends with %d: %s%s", code, out, errs)
	}
	return s
}

// TestDemo: with --demo the example is there and alive: agents come and go, customers write, work is offered and done. Whoever tries it can be one
// of the agents, whom customers know. It survives a restart, and ends with the server.
func TestDemo(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db, "--demo", "--clock-speed", "20")
		printedCommandWorks(t, s)
		for range 2 {
			demoLives(t, s)
			began := time.Now()
			if code := s.stop(); code != 0 || time.Since(began) > 5*time.Second {
				t.Errorf("SIGTERM: ends with %d after %s", code, time.Since(began))
			}
			s.start()
		}
		if log := s.stderr.String(); strings.Contains(log, "the demo") || strings.Contains(log, "ERROR") {
			t.Errorf("the log has:\n%s", log)
		}
	})
}

// printedCommandWorks: the server prints a command to try.
func printedCommandWorks(t *testing.T, s *server) {
	t.Helper()
	var command []string
	await(t, "something to try", func() bool {
		command = regexp.MustCompile(`curl -s (\S+) -H 'Content-Type: application/json' -d '(.*)'`).FindStringSubmatch(s.stdout.String())
		return command != nil && command[1] == s.url("/graphql")
	})
	status, answer, err := s.client().post(context.Background(), []byte(command[2]))
	if err != nil || status != 200 || strings.Contains(string(answer), "errors") || !strings.Contains(string(answer), `"outcome"`) {
		t.Errorf("what is printed answers %d %s, %v", status, answer, err)
	}
}

func demoLives(t *testing.T, s *server) {
	t.Helper()
	since := s.client().do(t, serverDocument, nil).text("server.now")
	there := func() int {
		n := 0
		for _, a := range s.client().do(t, `{ agents(first: 100) { nodes { presence { signedIn } } } }`, nil).list("agents.nodes") {
			if a.text("presence.signedIn") == "true" {
				n++
			}
		}
		return n
	}
	await(t, "most agents are there", func() bool { return there() > 30 })
	me := signIn(t, s, demoID("ag", 27))
	await(t, "work is brought, offered and done", func() bool {
		done := s.client().do(t, `query ($from: DateTime!) { workItems(first: 100, filter: {createdFrom: $from, statuses: [COMPLETED]}) { nodes { id } } }`, vars{"from": since})
		return len(done.list("workItems.nodes")) > 10
	})
	events := map[string]bool{}
	watch := (&centre{t: t, s: s, c: s.client()}).feed("", "agentPresence", vars{})
	for deadline := time.Now().Add(patience); len(events) < 4 && time.Now().Before(deadline); {
		if m, err := watch.try(); err == nil && m.text("type") == "CHANGED" {
			events[m.text("presence.base")] = true
		}
	}
	if len(events) < 4 {
		t.Errorf("presence changes to %v only", events)
	}
	if len(me.open) == 0 { // else customers were waiting
		raw := <-me.stream.messages
		if m, err := decodeOffer(raw); err != nil || m.Offer == nil || m.Offer.State != "OPEN" || m.Offer.Path != "PREFERRED" {
			t.Errorf("whoever tries it hears %s, %v", raw, err)
		}
	}
	me.kill()
}
