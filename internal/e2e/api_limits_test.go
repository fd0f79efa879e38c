package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// limitsHold: documents that are too long or ask for too much are refused before anything is run.
func limitsHold(t *testing.T, s *server) {
	c := s.client()
	const deep = "workItems(first: 100) { nodes { decisions(first: 100) { nodes { id attempt repeats outcome reason } } } }"
	for _, d := range []struct{ want, document string }{
		{"LIMIT_EXCEEDED", "{ " + strings.Repeat("organization { id } ", 600) + "}"}, // 2,400 tokens
		{"COMPLEXITY_LIMIT_EXCEEDED", "{ organization { id } " + deep + " }"},
		{"COMPLEXITY_LIMIT_EXCEEDED", "{ queues(first: 2147483647) { nodes { members(first: 2147483647) { nodes { assignments(first: 2147483647) { nodes { id } } } } } } }"},
		{"GRAPHQL_VALIDATION_FAILED", "{ nothing }"},
		{"GRAPHQL_VALIDATION_FAILED", "mutation { createQueue { queue { id } } }"},
		{"GRAPHQL_PARSE_FAILED", "{"},
		{"LIMIT_EXCEEDED", strings.Repeat("{a", 900)},
	} {
		if data, err := c.try(d.document, nil); refusal(err) != d.want || data.value != nil && data.text("organization") != "null" {
			t.Errorf("%.80s: answered %.100s, %v, want %s", d.document, encoded(data), err, d.want)
		}
	}
}

// transportRefuses what is not a JSON POST of a reasonable size by a known kind of actor.
func transportRefuses(t *testing.T, s *server) {
	c := s.client()
	query := `{"query":"{ organization { id } }"}`
	padded, err := json.Marshal(map[string]any{"query": "{ organization { id } }", "variables": vars{"x": strings.Repeat("x", 300<<10)}})
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := c.post(context.Background(), padded)
	if err != nil || status == http.StatusOK && !strings.Contains(string(body), "errors") || strings.Contains(string(body), `"data":{`) {
		t.Errorf("a body of %d bytes: %d %.200s, %v", len(padded), status, body, err)
	}
	if response, body := send(t, s, whoDocument, nil, "X-Rapport-Actor", "x"); response.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "FORBIDDEN") {
		t.Errorf("a bad actor: %d %s", response.StatusCode, body)
	}
	if status, body, err := get(s.url("/graphql?query=%7Borganization%7Bid%7D%7D")); err != nil || status < 400 || strings.Contains(body, "or_1") {
		t.Errorf("a query by GET: %d %s, %v", status, body, err)
	}
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		response, err := http.Post(s.url("/graphql"), contentType, strings.NewReader(query))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("a POST of %q: %d", contentType, response.StatusCode)
		}
	}
	if status, body, err := c.post(context.Background(), []byte("not JSON")); err != nil || status < 400 || strings.Contains(string(body), "INTERNAL") {
		t.Errorf("what is not JSON: %d %s, %v", status, body, err)
	}
}

// TestLimitFlags: what the operator says of a limit holds over HTTP and on sockets, and the rest stays as it was.
func TestLimitFlags(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t), "--limit-root-fields", "2", "--limit-connection-subscriptions", "1", "--limit-page", "50")
	token := s.issuer.token("", "ADMIN")
	so := onSocket(t, s, token)
	for name, ask := range map[string]asker{"over HTTP": overHTTP(s, token), "on a socket": so} {
		for document, want := range map[string]string{
			`{ organization { id } organization { id } }`:                        "",
			`{ organization { id } organization { id } organization { id } }`:    "LIMIT_EXCEEDED",
			`{ agents(first: 50) { nodes { id } } }`:                             "",
			`{ agents(first: 51) { nodes { id } } }`:                             "BAD_USER_INPUT",
			`{ organization {` + strings.Repeat(" id", 31) + ` } }`:              "LIMIT_EXCEEDED", // repeats
			`{ organization { id version } viewer { principal roles agentId } }`: "",
		} {
			if got := ask(t, document, nil); got.code != want {
				t.Errorf("%s %s: %s", name, document, got.text)
			}
		}
	}
	const figures = `subscription { queueFigures { type } }`
	other, err := dial(s.url(""), token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.kill)
	first, err := other.subscribe(figures, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-first.messages
	if got := other.ask(t, figures, nil); got.code != "LIMIT_EXCEEDED" {
		t.Errorf("the second subscription of a connection: %s", got.text)
	}
}
