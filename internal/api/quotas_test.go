package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/auth"
	"rapport/internal/bus"
	"rapport/internal/config"
)

// names are tokens that say who one is: an administrator of that name.
type names struct{}

func (names) Verify(_ context.Context, token string, _ time.Time) (auth.Claims, error) {
	if strings.HasPrefix(token, "bad") {
		return auth.Claims{}, auth.ErrToken
	}
	return auth.Claims{Subject: token, Roles: []string{"ADMIN"}, ExpiresAt: time.Now().Add(time.Hour)}, nil
}

// newProduction is a stage where everybody needs a token, with these limits.
func newProduction(t *testing.T, change func(*config.Limits)) *stage {
	t.Helper()
	limits := config.DefaultLimits()
	change(&limits)
	s := &stage{T: t, writer: &fakeWriter{}, reader: &fakeReader{}, bus: bus.New(), log: &record{}}
	s.api = New(Options{
		Writer: s.writer, Reader: s.reader, Metrics: NewMetrics(func() (int, int) { return 0, 0 }), Bus: s.bus,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Auth: auth.New(names{}, auth.NewDirectory(), time.Now), Limits: limits,
	})
	return s
}

func (s *stage) ask(token string) (code int, body string) {
	s.Helper()
	return s.send(http.MethodPost, "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json", "Authorization", "Bearer "+token)
}

// enter connects with a token.
func (s *stage) enter(token string) *client {
	s.Helper()
	c := s.open()
	c.send(map[string]any{"type": "connection_init", "payload": map[string]any{"token": token}})
	return c
}

func (c *client) entered() *client {
	c.Helper()
	if m := c.next(); m["type"] != "connection_ack" {
		c.Fatalf("got %v", m)
	}
	return c
}

// refusedFor is how often a limit refused, as the metrics tell it.
func (s *stage) refusedFor(limit string) bool {
	s.Helper()
	_, text := s.send(http.MethodGet, "/metrics", "", "Authorization", "Bearer operator")
	return strings.Contains(text, `rapport_refused_total{limit="`+limit+`"} 1`)
}

// TestStrangers: without a token nothing is read, parsed or told.
func TestStrangers(t *testing.T) {
	s := newProduction(t, func(*config.Limits) {})
	for _, c := range []struct{ method, path string }{
		{http.MethodPost, "/graphql"}, {http.MethodGet, "/schema.graphql"}, {http.MethodPost, "/backup"}, {http.MethodGet, "/metrics"},
	} {
		for _, token := range []string{"", "Bearer bad", "Basic x"} {
			code, body := s.send(c.method, c.path, `{"query":"{`, "Content-Type", "application/json", "Authorization", token)
			if code != http.StatusUnauthorized || !strings.Contains(body, `"UNAUTHENTICATED"`) || strings.Contains(body, "yntax") {
				t.Errorf("%s %s with %q: %d %s", c.method, c.path, token, code, body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, _ := s.send(http.MethodGet, path, ""); code == http.StatusUnauthorized {
			t.Errorf("%s asks for a token", path)
		}
	}
	if code, _ := s.send(http.MethodGet, "/", ""); code != http.StatusNotFound {
		t.Errorf("the console is there: %d", code)
	}
	for _, token := range []string{"", "bad"} {
		if m := s.enter(token).next(); m["code"] != 4403 {
			t.Errorf("%q on a socket: %v", token, m)
		}
	}
}

// TestRate: as many at once as the burst lets through, not one more, for each principal by themselves.
func TestRate(t *testing.T) {
	s := newProduction(t, func(l *config.Limits) { l.Rate, l.Burst = 1, 3 })
	for n := range 3 {
		if code, body := s.ask("ann"); code != http.StatusOK {
			t.Fatalf("the %d. is refused: %s", n+1, body)
		}
	}
	if code, body := s.ask("ann"); code != http.StatusTooManyRequests || !strings.Contains(body, `"RATE_LIMITED"`) || !strings.Contains(body, "retryAfterSeconds") {
		t.Errorf("the 4.: %d %s", code, body)
	}
	if code, _ := s.ask("bob"); code != http.StatusOK {
		t.Errorf("somebody else: %d", code)
	}
	c := s.enter("ann").entered() // a socket is the same principal
	c.subscribe("1", "{__typename}", nil)
	if m := c.next(); m["type"] != "error" || !strings.Contains(fmtJSON(m), "RATE_LIMITED") {
		t.Errorf("on a socket: %v", m)
	}
	if !strings.Contains(func() string {
		_, text := s.send(http.MethodGet, "/metrics", "", "Authorization", "Bearer x")
		return text
	}(), `limit="principal_rate"} 2`) {
		t.Error("the metrics do not tell of two refusals")
	}
}

// TestPrincipalConnections: one more is closed with 1013, which clients come back from; when one goes there is room.
func TestPrincipalConnections(t *testing.T) {
	s := newProduction(t, func(l *config.Limits) { l.PrincipalConnections = 2 })
	first := s.enter("ann").entered()
	s.enter("ann").entered()
	if m := s.enter("ann").next(); m["code"] != 1013 {
		t.Errorf("the third: %v", m)
	}
	s.enter("bob").entered()
	if !s.refusedFor("principal_connections") {
		t.Error("the metrics do not tell")
	}
	_ = first.conn.Close()
	for end := time.Now().Add(10 * time.Second); ; {
		if m := s.enter("ann").next(); m["type"] == "connection_ack" {
			return
		}
		if time.Now().After(end) {
			t.Fatal("there is no room when one has gone")
		}
	}
}

// TestPrincipalSubscriptions: over all connections; queries go on.
func TestPrincipalSubscriptions(t *testing.T) {
	s := newProduction(t, func(l *config.Limits) { l.PrincipalSubscriptions = 1 })
	const presence = `subscription { queueFigures { type } }`
	one, two := s.enter("ann").entered(), s.enter("ann").entered()
	one.subscribe("1", presence, nil)
	if m := one.next(); m["type"] != "next" {
		t.Fatalf("the first: %v", m)
	}
	two.subscribe("2", presence, nil)
	if m := two.next(); m["type"] != "error" || !strings.Contains(fmtJSON(m), "LIMIT_EXCEEDED") {
		t.Errorf("the second: %v", m)
	}
	two.subscribe("3", "{__typename}", nil)
	if m := two.next(); m["type"] != "next" {
		t.Errorf("a query: %v", m)
	}
	if !s.refusedFor("principal_subscriptions") {
		t.Error("the metrics do not tell")
	}
}

// TestPrincipalOperations: subscriptions count too, over HTTP as well.
func TestPrincipalOperations(t *testing.T) {
	s := newProduction(t, func(l *config.Limits) { l.PrincipalOperations = 1 })
	c := s.enter("ann").entered()
	c.subscribe("1", `subscription { queueFigures { type } }`, nil)
	if m := c.next(); m["type"] != "next" {
		t.Fatalf("the first: %v", m)
	}
	if code, body := s.ask("ann"); code != http.StatusTooManyRequests || !strings.Contains(body, "LIMIT_EXCEEDED") {
		t.Errorf("one more: %d %s", code, body)
	}
	if code, _ := s.ask("bob"); code != http.StatusOK {
		t.Errorf("somebody else: %d", code)
	}
}

// TestOrigins: one list for calls, preflights and sockets; the server's own pages are always let in.
func TestOrigins(t *testing.T) {
	s := newProduction(t, func(*config.Limits) {})
	s.api = New(Options{
		Writer: s.writer, Reader: s.reader, Metrics: NewMetrics(func() (int, int) { return 0, 0 }), Bus: s.bus, Log: slog.New(slog.DiscardHandler),
		Auth: auth.New(names{}, auth.NewDirectory(), time.Now), Origins: []string{"https://app.example.com"},
	})
	for origin, want := range map[string]int{
		"": 200, "https://app.example.com": 200, "http://127.0.0.1:8080": 200, "https://evil.example.com": 403, "null": 403, "http://app.example.com": 403,
		"https://app.example.com.evil.com": 403, "https://app.example.com:444": 403, "x": 403,
	} {
		code, _ := s.send(http.MethodPost, "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json", "Authorization", "Bearer a", "Origin", origin)
		if code != want {
			t.Errorf("from %q: %d, want %d", origin, code, want)
		}
		r := origins([]string{"https://app.example.com"})
		request, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1:8080/graphql", nil)
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		if r.allow(request) != (want == 200) {
			t.Errorf("a socket from %q is not judged alike", origin)
		}
	}
}

// TestPreflight: browsers are told what allowed pages may send, and nothing about others.
func TestPreflight(t *testing.T) {
	handler := origins([]string{"https://app.example.com"}).guard(http.NotFoundHandler())
	for origin, allowed := range map[string]bool{"https://app.example.com": true, "https://evil.example.com": false} {
		w := recorded(handler, http.MethodOptions, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		h := w.Header()
		if got := h.Get("Access-Control-Allow-Origin") == origin && h.Get("Access-Control-Allow-Headers") != ""; got != allowed {
			t.Errorf("%s: %v", origin, h)
		}
		if h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s may send cookies", origin)
		}
	}
}

func fmtJSON(v any) string {
	text, _ := json.Marshal(v) // what came as JSON
	return string(text)
}

func recorded(h http.Handler, method string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/graphql", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
