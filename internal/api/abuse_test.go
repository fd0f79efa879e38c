package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/abuse"
	"rapport/internal/bus"
)

// body is a request over HTTP.
func body(t testing.TB, query string, variables map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// graphQLRequest is one with that body.
func graphQLRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Content-Type", "application/json")
	return r
}

// refusedBy is the limit of the first error of an answer, or its code.
func refusedBy(t testing.TB, answer []byte) (limit string, errs int) {
	t.Helper()
	var r response
	if err := json.Unmarshal(answer, &r); err != nil || len(r.Errors) == 0 || r.Data != nil {
		t.Fatalf("answered %.300s, %v", answer, err)
	}
	first := r.Errors[0].Extensions
	if limit, ok := first["limit"].(string); ok && first["code"] == "LIMIT_EXCEEDED" {
		return limit, len(r.Errors)
	}
	code, _ := first["code"].(string)
	return code, len(r.Errors)
}

// refusalWithin is how long one refusal may take in a test, on a machine that does other things too; BenchmarkAbuse measures it.
const refusalWithin = 250 * time.Millisecond

// TestAbuse: every abusive document is refused by the limit that is meant for it, over HTTP and on a socket, which goes on to serve; and nothing
// is said twenty times over.
func TestAbuse(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	for _, d := range abuse.Documents() {
		t.Run(d.Name, func(t *testing.T) {
			began := time.Now()
			_, text := s.send(http.MethodPost, "/graphql", body(t, d.Query, d.Variables), "Content-Type", "application/json")
			took := time.Since(began)
			if limit, errs := refusedBy(t, []byte(text)); limit != d.Limit || errs > 21 || len(text) > 32<<10 {
				t.Errorf("refused by %s, %d errors, %d bytes: %.300s, want %s", limit, errs, len(text), text, d.Limit)
			}
			if took > refusalWithin {
				t.Errorf("it took %v", took)
			}
			c.subscribe("x", d.Query, d.Variables)
			m := c.next()
			payload, err := json.Marshal(map[string]any{"errors": m["payload"]})
			if m["type"] != "error" || err != nil {
				t.Fatalf("the socket says %.300v, %v", m, err)
			}
			if limit, errs := refusedBy(t, payload); limit != d.Limit || errs > 21 {
				t.Errorf("on the socket refused by %s, %d errors, want %s", limit, errs, d.Limit)
			}
		})
	}
	if n := len(abuse.Documents()); n < 15 {
		t.Errorf("%d documents", n)
	}
	if log := s.log.String(); log != "" {
		t.Errorf("logged: %.500s", log)
	}
}

// BenchmarkAbuse measures each refusal over HTTP, without the network: ns/op is for the worst of them.
func BenchmarkAbuse(b *testing.B) {
	api := New(Options{Writer: &fakeWriter{}, Reader: &fakeReader{}, Bus: bus.New(), Metrics: NewMetrics(func() (int, int) { return 0, 0 }), Log: slog.New(slog.DiscardHandler)})
	for _, d := range abuse.Documents() {
		text := body(b, d.Query, d.Variables)
		b.Run(strings.ReplaceAll(d.Name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				api.ServeHTTP(httptest.NewRecorder(), graphQLRequest(text))
			}
		})
	}
}
