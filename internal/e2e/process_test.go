package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// refuseToStart starts a server that must end by itself with a code and one line that says why.
func refuseToStart(t *testing.T, s *server, code int, says string) {
	t.Helper()
	s.launch()
	got := s.awaitExit()
	lines := strings.Split(strings.TrimSpace(s.stderr.String()), "\n")
	last := lines[len(lines)-1]
	if got != code || !strings.HasPrefix(last, "rapport: ") || !strings.Contains(last, says) || strings.Count(s.stderr.String(), "rapport: ") != 1 {
		t.Errorf("%v ends with %d, want %d and one line with %q:\n%s", s.cmd.Args[1:], got, code, says, s.stderr)
	}
}

// TestBadFlags: 2, and one line about what is wrong.
func TestBadFlags(t *testing.T) {
	t.Parallel()
	for says, flags := range map[string][]string{
		"unknown flag --nonsense":            {"--nonsense"},
		"there is no such port":              {"--listen", "127.0.0.1:port"},
		"must be HOST:PORT":                  {"--listen", "127.0.0.1"},
		"must listen on a loopback address":  {"--listen", "0.0.0.0:8080"},
		"must name a file":                   {"--db", " "},
		"looks like mysql://":                {"--db", "mysql://x"},
		"--log-format must be one of":        {"--log-format", "xml"},
		"--log-level":                        {"--log-level", "loud"},
		"unexpected argument something-else": {"something-else"},
	} {
		s := newServer(t, sqliteFile(t), flags...)
		refuseToStart(t, s, 2, says)
		if n := strings.Count(strings.TrimSpace(s.stderr.String()), "\n"); n != 0 {
			t.Errorf("%v says %d lines:\n%s", flags, n+1, s.stderr)
		}
	}
	help := newServer(t, sqliteFile(t), "--help")
	help.launch()
	if code := help.awaitExit(); code != 0 || !strings.Contains(help.stdout.String(), "--listen") || help.stderr.String() != "" {
		t.Errorf("--help ends with %d:\n%s%s", code, help.stdout, help.stderr)
	}
}

// TestOneServerPerDatabase: a second one ends with 3 and a line, and the first goes on.
func TestOneServerPerDatabase(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		first := startServer(t, db)
		second := newServer(t, db)
		refuseToStart(t, second, 3, "")
		if status, _, err := get(first.url("/readyz")); err != nil || status != http.StatusOK {
			t.Errorf("the first server: %d, %v", status, err)
		}
		newCentre(t, first, 1, "") // it writes
		// On a cleanly left database a new one starts at once.
		if code := first.stop(); code != 0 {
			t.Errorf("the first server ends with %d", code)
		}
		began := time.Now()
		second.start()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("after a clean end the next server took %s", took)
		}
	})
}

// TestDatabaseThatIsNone: 1, one line, no password.
func TestDatabaseThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, db := range []string{
		file, filepath.Join(t.TempDir(), "no", "such", "folder", "x.db"), "mysql://somebody:hunter2@" + freeAddress(t) + "/rapport",
	} {
		s := newServer(t, db)
		refuseToStart(t, s, 1, "")
		if strings.Contains(s.stderr.String(), "hunter2") {
			t.Errorf("the password is in the log:\n%s", s.stderr)
		}
	}
}

// TestSigterm: sockets end with 1012, the process with 0, and what was acknowledged is there afterwards. SIGKILL loses nothing either.
func TestSigterm(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		c := newCentre(t, s, 1, "")
		agent := signIn(t, s, c.agents[0])
		watcher, err := subscribeOffers(s.url(""), "", c.agents[0])
		if err != nil {
			t.Fatal(err)
		}
		idle, err := dial(s.url(""), "")
		if err != nil {
			t.Fatal(err)
		}
		item := c.newItem("")
		began := time.Now()
		if code := s.stop(); code != 0 || time.Since(began) > 5*time.Second {
			t.Errorf("SIGTERM: ends with %d after %s", code, time.Since(began))
		}
		for _, so := range []*socket{agent.socket, watcher.socket, idle} {
			if code := so.closeCode(t); code != websocket.CloseServiceRestart {
				t.Errorf("a socket is closed with %d (%v), want 1012", code, so.err)
			}
		}
		s.start()
		if got := c.item(item); got.text("offer.agentId") != c.agents[0] {
			t.Errorf("after the restart the item is %s", encoded(got))
		}
		another := c.newItem("")
		_ = s.cmd.Process.Signal(syscall.SIGKILL)
		s.awaitExit()
		s.start()
		if got := c.item(another); got.text("status") == "null" {
			t.Error("what was acknowledged before a SIGKILL is lost")
		}
	})
}

// TestHealthAndMetrics: what the operator needs is there.
func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		c := newCentre(t, s, 1, "")
		signIn(t, s, c.agents[0])
		c.newItem("")
		c.newItem("")
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, body, err := get(s.url(path)); err != nil || status != http.StatusOK || body != `{"status":"ok"}`+"\n" {
				t.Errorf("%s: %d %q, %v", path, status, body, err)
			}
		}
		status, body, err := get(s.url("/metrics"))
		if err != nil || status != http.StatusOK {
			t.Fatalf("/metrics: %d, %v", status, err)
		}
		for name, pattern := range map[string]string{
			"inbox depth":    `rapport_inbox_depth 0`,
			"batch size":     `rapport_batch_commands_sum [1-9]`,
			"batch rows":     `rapport_batch_rows_count [1-9]`,
			"commit time":    `rapport_commit_seconds_sum 0\.\d*[1-9]`,
			"open items":     `rapport_open_items 2`,
			"oldest waiting": `rapport_oldest_waiting_seconds 0`,
			"open offers":    `rapport_open_offers 2`,
			"sessions":       `rapport_agent_sessions 1`,
			"sockets":        `rapport_sockets 1`,
			"subscriptions":  `rapport_subscriptions 1`,
			"events behind":  `rapport_events_behind \d`,
			"ready":          `rapport_ready 1`,
		} {
			if !regexp.MustCompile(`(?m)^` + pattern).MatchString(body) {
				t.Errorf("/metrics does not tell %s: %s", name, pattern)
			}
		}
		c.workstream = c.newWorkstream("allowedPresences: [AWAY]")
		c.newItem("")
		await(t, "the oldest waiting item gets older", func() bool {
			_, body, err := get(s.url("/metrics"))
			return err == nil && regexp.MustCompile(`(?m)^rapport_oldest_waiting_seconds (0\.\d*[1-9]|[1-9])`).MatchString(body)
		})
	})
}

// TestLogsAreAnonymous: whatever goes well or wrong with people's data, none of it is in the logs, even at level debug.
func TestLogsAreAnonymous(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			onEachDatabase(t, func(t *testing.T, db string) {
				logsAreAnonymous(t, startServer(t, db, "--log-level", "debug", "--log-format", format))
			})
		})
	}
}

func logsAreAnonymous(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	secrets := []string{"Quentin Ferox", "ferox@example.com", "+44 7700 900461", "Hester Vane", "ticket of Ferox", "Feroxia", "key-of-ferox"}
	agent := c.newAgent(secrets[3], 3)
	c.c.do(t, `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`,
		vars{"q": c.queue, "a": []string{agent}})
	contact := c.c.do(t, `mutation ($n: String!, $e: String, $p: String, $k: String) { createContact(input: {fullName: $n, email: $e, mobilePhone: $p,
				idempotencyKey: $k}) { contact { id } } }`, vars{"n": secrets[0], "e": secrets[1], "p": secrets[2], "k": secrets[6]}).text("createContact.contact.id")
	session := signIn(t, s, agent)
	item := c.c.do(t, `mutation ($w: ID!, $c: ID, $r: String) { createWorkItem(input: {workstreamId: $w, contactId: $c, reference: $r}) { workItem { id } } }`,
		vars{"w": c.workstream, "c": contact, "r": secrets[4]}).text("createWorkItem.workItem.id")
	c.accept(agent, session.awaitOffer(t, item, "OPEN").ID)
	for _, document := range []string{
		`mutation { createContact(input: {fullName: "Quentin Ferox", email: "Feroxia"}) { contact { id } } }`,
		`mutation { createContact(input: {fullName: "Quentin Ferox", email: 5}) { contact { id } } }`,
		`{ contact(id: "ferox@example.com") { Feroxia } }`, `{ "ferox@example.com" }`,
	} {
		_, _ = c.c.try(document, nil) // refused
	}
	_, _ = dial(s.url(""), secrets[1]) // refused
	session.kill()
	s.stop()
	log := s.stderr.String() + s.stdout.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) || strings.Contains(log, strings.Fields(secret)[0]) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	if !strings.Contains(log, "draining") {
		t.Errorf("the log is not there:\n%s", log)
	}
}
