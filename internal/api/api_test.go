package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

// TestHealth: alive whatever the database does.
func TestHealth(t *testing.T) {
	s := newStage(t)
	s.writer.away = true
	s.reader.ping = func(context.Context) error { return errors.New("gone") }
	if code, body := s.send(http.MethodGet, "/healthz", ""); code != http.StatusOK || !strings.Contains(body, `"ok"`) {
		t.Errorf("%d %s", code, body)
	}
}

// TestReady: only while changes go through and the database answers.
func TestReady(t *testing.T) {
	for _, c := range []struct {
		name   string
		away   bool
		ping   func(context.Context) error
		code   int
		reason string
	}{
		{"ready", false, nil, 200, ""},
		{"the writer can't write", true, nil, 503, "does not take changes"},
		{"the database is gone", false, func(context.Context) error { return errors.New("dial tcp: secret") }, 503, "does not answer"},
		{"the database is silent", false, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503, "does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.writer.away, s.reader.ping = c.away, c.ping
			began := time.Now()
			code, body := s.send(http.MethodGet, "/readyz", "")
			if code != c.code || !strings.Contains(body, c.reason) || strings.Contains(body, "secret") {
				t.Errorf("%d %s", code, body)
			}
			if took := time.Since(began); took > pingTimeout+time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestMetrics: every name that docs/operations.md explains, with what the parts say.
func TestMetrics(t *testing.T) {
	s := newStage(t)
	s.writer.waiting = 7
	s.writer.figures = engine.Figures{OpenItems: 11, WaitingItems: 12, OpenOffers: 13, Sessions: 14}
	s.reader.waiting = func() (time.Time, bool, error) { return time.Now().Add(-time.Hour), true, nil }
	m := NewMetrics(func() (int, int) { return 3, 5 })
	m.Committed(4, 9, 10*time.Millisecond)
	m.CommitFailed()
	s.api = New(Options{Console: true, Writer: s.writer, Reader: s.reader, Metrics: m, Log: s.api.sessions.log})
	code, body := s.send(http.MethodGet, "/metrics", "")
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	for _, want := range []string{
		"rapport_ready 1", "rapport_inbox_depth 7", "rapport_open_items 11", "rapport_waiting_items 12", "rapport_open_offers 13",
		"rapport_agent_sessions 14", "rapport_oldest_waiting_seconds 36", "rapport_sockets 0", "rapport_subscriptions 3", "rapport_events_behind 5",
		"rapport_commit_failures_total 1", "rapport_batch_commands_sum 4", "rapport_batch_rows_sum 9", "rapport_commit_seconds_count 1", "go_goroutines ",
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("there is no %q", want)
		}
	}
	for value, waiting := range map[string]func() (time.Time, bool, error){
		"rapport_oldest_waiting_seconds 0\n":  func() (time.Time, bool, error) { return time.Time{}, false, nil },
		"rapport_oldest_waiting_seconds -1\n": func() (time.Time, bool, error) { return time.Time{}, false, errors.New("gone") },
	} {
		s.reader.waiting = waiting
		if _, body := s.send(http.MethodGet, "/metrics", ""); !strings.Contains(body, value) {
			t.Errorf("there is no %q", value)
		}
	}
	s.writer.away = true
	if _, body := s.send(http.MethodGet, "/metrics", ""); !strings.Contains(body, "rapport_ready 0\n") {
		t.Error("it is ready")
	}
}

func TestRoutes(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		method, path, kind, body string
		code                     int
		want                     string
	}{
		{"GET", "/", "", "", 200, "/graphql"},
		{"GET", "/nowhere", "", "", 404, ""},
		{"DELETE", "/graphql", "", "", 405, ""},
		{"POST", "/healthz", "", "", 405, ""},
		{"GET", "/graphql?query={organization{id}}", "", "", 400, ""},
		{"POST", "/graphql", "application/x-www-form-urlencoded", "query={organization{id}}", 415, "BAD_USER_INPUT"},
		{"POST", "/graphql", "text/plain", `{"query":"{organization{id}}"}`, 415, "BAD_USER_INPUT"},
		{"POST", "/graphql", "multipart/form-data; boundary=x", "--x--", 415, "BAD_USER_INPUT"},
		{"POST", "/graphql", "application/json", `{"query":"{organization{id}}"}`, 200, `"or_1"`},
		{"POST", "/graphql", "application/json", `{"query":"{organization{`, 400, "errors"},
		{"POST", "/graphql", "application/json", `{"query":"` + strings.Repeat(" ", 300<<10) + `{organization{id}}"}`, 0, "errors"},
	} {
		code, body := s.send(c.method, c.path, c.body, "Content-Type", c.kind)
		if c.code != 0 && code != c.code || !strings.Contains(body, c.want) || strings.Contains(body, `"or_1"`) != (c.code == 200 && c.method == "POST") {
			t.Errorf("%s %s %s: %d %.200s, want %d %s", c.method, c.path, c.kind, code, body, c.code, c.want)
		}
	}
}

// TestActor: who acts over HTTP reaches the writer; who can't be anybody is refused before anything is parsed.
func TestActor(t *testing.T) {
	s := newStage(t)
	s.writer.answer = func(c engine.Call) (engine.Result, error) {
		return engine.Result{}, &engine.Error{Code: engine.CodeNotFound, Message: c.Actor.ID}
	}
	const signOut = `mutation { signOut(input: {}) { agent { id } } }`
	for header, want := range map[string]string{"": "developer", string(ann): "agent:" + string(ann)} {
		if r := s.post(signOut, "X-Rapport-Actor", header); len(r.Errors) != 1 || r.Errors[0].Message != want {
			t.Errorf("%q: %+v", header, r)
		}
	}
	if r := s.post("{", "X-Rapport-Actor", "ann"); len(r.Errors) != 1 || r.Errors[0].Extensions["code"] != "FORBIDDEN" {
		t.Errorf("%+v", r)
	}
}

// TestErrors: what a client sees of an error; what is our fault is hidden behind a request id that is in the log.
func TestErrors(t *testing.T) {
	const secret = "dial tcp 10.0.0.1: password=hunter2"
	for _, c := range []struct {
		name string
		org  func() (engine.Organization, error)
		want map[string]any
	}{
		{"a refusal", func() (engine.Organization, error) {
			return engine.Organization{}, fmt.Errorf("wrapped: %w", &engine.Error{
				Code: engine.CodeConflict, Reason: engine.ReasonVersionMismatch, Field: "f", Message: "m", RetryAfterSeconds: 2,
			})
		}, map[string]any{"code": "CONFLICT", "reason": "VERSION_MISMATCH", "field": "f", "retryAfterSeconds": 2.0}},
		{"nobody knows", func() (engine.Organization, error) {
			return engine.Organization{}, &engine.Error{Code: engine.CodeUnavailable, MaybeMade: true}
		}, map[string]any{"code": "UNAVAILABLE", "maybeMade": true}},
		{"an error of ours", func() (engine.Organization, error) { return engine.Organization{}, errors.New(secret) }, map[string]any{"code": "INTERNAL"}},
		{"a panic", func() (engine.Organization, error) { panic(secret) }, map[string]any{"code": "INTERNAL"}},
		{"given up", func() (engine.Organization, error) {
			return engine.Organization{}, fmt.Errorf("%s: %w", secret, context.Canceled)
		}, map[string]any{"code": "UNAVAILABLE"}},
		{"too late", func() (engine.Organization, error) {
			return engine.Organization{}, fmt.Errorf("%s: %w", secret, context.DeadlineExceeded)
		}, map[string]any{"code": "UNAVAILABLE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.reader.org = c.org
			r := s.post(`{ organization { id } }`)
			if len(r.Errors) != 1 {
				t.Fatalf("%+v", r)
			}
			e := r.Errors[0]
			id, masked := e.Extensions["requestId"].(string)
			delete(e.Extensions, "requestId")
			if fmt.Sprint(e.Extensions) != fmt.Sprint(c.want) || fmt.Sprint(e.Path) != "[organization]" {
				t.Errorf("%+v at %v, want %+v", e.Extensions, e.Path, c.want)
			}
			if strings.Contains(e.Message, "hunter2") || strings.Contains(e.Message, "wrapped") {
				t.Errorf("the client is told %q", e.Message)
			}
			if internal := c.want["code"] == "INTERNAL"; masked != internal {
				t.Errorf("the request id is %q", id)
			} else if log := s.log.String(); internal && (!strings.Contains(log, id) || !strings.Contains(log, "hunter2")) {
				t.Errorf("the log has %q", log)
			}
		})
	}
}

// TestErrorsOfDocuments are told as they are, and never as ours.
func TestErrorsOfDocuments(t *testing.T) {
	s := newStage(t)
	for _, document := range []string{
		"", "{", "{ nothing }", "{ organization }", `{ organization { id(x: 1) } }`, "query a { organization { id } } query b { organization { id } }",
		"{" + strings.Repeat(" organization { id }", 700) + "}", "subscription { agentOffers(agentId: \"x\") { type } }",
	} {
		r := s.post(document)
		if len(r.Errors) == 0 || r.Data != nil {
			t.Errorf("%.60q: %+v", document, r)
		}
		for _, e := range r.Errors {
			if e.Extensions["code"] == "INTERNAL" || e.Message == "" {
				t.Errorf("%.60q: %+v", document, e)
			}
		}
	}
	if log := s.log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}
