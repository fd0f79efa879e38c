package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rapport/internal/auth"
	"rapport/internal/bus"
	"rapport/internal/config"
)

// names are tokens that say who one is: an administrator of that name, from now for an hour.
type names struct{}

func (names) Verify(_ context.Context, token string, _ time.Time) (auth.Claims, error) {
	if token == "bad audience" {
		return auth.Claims{}, fmt.Errorf("the token is not valid: %w", errors.New("it is for somebody else"))
	}
	if strings.HasPrefix(token, "bad") {
		return auth.Claims{}, auth.ErrToken
	}
	ends := time.Now().Add(time.Hour)
	if token == "ended" { // within the seconds that clocks may be apart
		ends = time.Now().Add(-time.Second)
	}
	return auth.Claims{Subject: token, Roles: []string{"ADMIN"}, ExpiresAt: ends}, nil
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

// TestJustEnded: a token that has ended within the seconds that clocks may be apart is good for a call; for a socket, which would be closed at once, it is not.
func TestJustEnded(t *testing.T) {
	s := newProduction(t, func(*config.Limits) {})
	if code, body := s.ask("ended"); code != http.StatusOK {
		t.Errorf("a call: %d %s", code, body)
	}
	if m := s.enter("ended").next(); m["code"] != 4403 {
		t.Errorf("a socket: %v", m)
	}
}

// TestReasonOfSockets: why a token is not good is for the log; who brought it is told only that it is not.
func TestReasonOfSockets(t *testing.T) {
	s := newProduction(t, func(*config.Limits) {})
	c := s.enter("bad audience")
	_, _, err := c.conn.ReadMessage()
	if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != 4403 || closed.Text != "Forbidden" {
		t.Errorf("it is told %v", err)
	}
	if log := s.log.String(); !strings.Contains(log, `reason="it is for somebody else"`) {
		t.Errorf("the log says %s", log)
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
	if m := two.next(); m["type"] != "complete" {
		t.Errorf("a query: %v", m)
	}
	if !s.refusedFor("principal_subscriptions") {
		t.Error("the metrics do not tell")
	}
	one.send(map[string]any{"id": "1", "type": "complete"})
	until(t, "there is room when one has ended", func() bool {
		two.subscribe("4", presence, nil)
		return two.next()["type"] == "next"
	})
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
	for n := range 3 {
		if code, _ := s.ask("bob"); code != http.StatusOK {
			t.Errorf("number %d of somebody else, one after the other: %d", n+1, code)
		}
	}
}

// TestSocketLimits: how much one connection may have open, and how many connections there may be, is what the operator says: two of it, not three.
func TestSocketLimits(t *testing.T) {
	const figures, query = `subscription { queueFigures { type } }`, `{ __typename }`
	for limit, c := range map[string]struct {
		set   func(*config.Limits)
		third string // document, behind two subscriptions
	}{
		"connection_operations":    {func(l *config.Limits) { l.ConnectionOperations = 2 }, query},
		"connection_subscriptions": {func(l *config.Limits) { l.ConnectionSubscriptions = 2 }, figures},
	} {
		s := newProduction(t, c.set)
		socket := s.enter("ann").entered()
		for n, document := range []string{figures, figures, c.third} {
			socket.subscribe(strconv.Itoa(n), document, nil)
			if m := socket.next(); (m["type"] == "error" && strings.Contains(fmtJSON(m), "LIMIT_EXCEEDED")) != (n == 2) {
				t.Errorf("%s: number %d: %v", limit, n+1, m)
			}
		}
		if !s.refusedFor(limit) {
			t.Errorf("%s: the metrics do not tell", limit)
		}
	}
	for limit, c := range map[string]struct {
		set  func(*config.Limits)
		come func(*stage)
	}{
		"pending_sockets": {func(l *config.Limits) { l.PendingSockets = 2 }, func(s *stage) {
			c := s.open()
			c.send(map[string]any{"type": "ping"})
			c.next() // it is there before the next one comes
		}},
		"sockets": {func(l *config.Limits) { l.Sockets = 2 }, func(s *stage) { s.enter("ann").entered() }},
	} {
		s := newProduction(t, c.set)
		c.come(s)
		c.come(s)
		if m := s.open().next(); m["code"] != 1013 || !s.refusedFor(limit) {
			t.Errorf("%s: the third: %v", limit, m)
		}
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
		"http://evil.127.0.0.1:8080": 403, "http://127.0.0.1:8080.evil.com": 403, "http://127.0.0.1": 403, "http://127.0.0.1:8081": 403, // almost the server's own
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
