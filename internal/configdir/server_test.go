package configdir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripted answers one request after the other with what stands in it, the last one for ever. Each is a status, a space and a body;
// "drop" cuts the connection.
type scripted struct {
	t       *testing.T
	answers []string
	mu      sync.Mutex
	got     []map[string]any
}

// sent are the requests that came.
func (s *scripted) sent() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	var sent map[string]any
	if err := json.Unmarshal(body, &sent); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	answer := s.answers[min(len(s.got), len(s.answers)-1)]
	s.got = append(s.got, sent)
	s.mu.Unlock()
	if answer == "drop" {
		panic(http.ErrAbortHandler)
	}
	var status int
	var text string
	if _, err := fmt.Sscanf(answer, "%d", &status); err != nil {
		s.t.Error(err)
	}
	_, text, _ = strings.Cut(answer, " ")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// client gives a client of the script that notes how long it would have waited.
func (s *scripted) client() (*Server, *[]time.Duration) {
	web := httptest.NewServer(s)
	s.t.Cleanup(web.Close)
	server := NewServer(web.URL, web.Client())
	var waits []time.Duration
	server.sleep = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	}
	return server, &waits
}

const (
	fine    = `200 {"data":{"organization":{"version":3}}}`
	limited = `200 {"errors":[{"message":"later","extensions":{"code":"RATE_LIMITED","retryAfterSeconds":2}}]}`
	away    = `200 {"errors":[{"message":"away","extensions":{"code":"UNAVAILABLE"}}]}`
	broken  = `200 {"data":null,"errors":[{"message":"line 1\nline 2","extensions":{"code":"INTERNAL","requestId":"r1"}}]}`
)

// What may pass is tried again, a moment later each time; what may not, and a server that was never there, is told at once.
func TestTries(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name    string
		answers []string
		waits   []time.Duration
		want    string
	}{
		{"good", []string{fine}, nil, ""},
		{"busy", []string{limited, fine}, []time.Duration{2 * time.Second}, ""},
		{"away", []string{away, away, away, fine}, []time.Duration{100 * ms, 200 * ms, 400 * ms}, ""},
		{"away for good", []string{away}, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5 * time.Second}, "away (UNAVAILABLE)"},
		{"restarted", []string{away, "drop", "502 Bad Gateway", fine}, []time.Duration{100 * ms, 200 * ms, 400 * ms}, ""},
		{"never there", []string{"drop", fine}, nil, "no answer from http://"},
		{"another server", []string{"404 not found"}, nil, "and no GraphQL: is it the address of a Rapport server?"},
		{"another server's JSON", []string{"200 {}"}, nil, "and no GraphQL"},
		{"a failure", []string{broken}, nil, "line 1 line 2 (INTERNAL), in the server's log under r1"},
		{"a conflict", []string{`200 {"errors":[{"message":"no","extensions":{"code":"CONFLICT","reason":"IN_USE"}}]}`}, nil, "no (CONFLICT/IN_USE)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			script := &scripted{t: t, answers: c.answers}
			server, waits := script.client()
			st, err := server.Read(context.Background(), OrganizationFile)
			if c.want == "" {
				if err != nil || st.organization.version != 3 {
					t.Errorf("%+v, %v", st, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if !slices.Equal(*waits, c.waits) || len(script.sent()) != len(c.waits)+1 {
				t.Errorf("waited %v and sent %d, want %v", *waits, len(script.sent()), c.waits)
			}
		})
	}
}

// plainAgents refer to nothing.
const plainAgents = "- {id: <ag1>, name: Ana}\n- {id: <ag2>, name: Béla}\n- {id: <ag3>, name: Chiara}\n- {id: <ag4>, name: Dora}\n"

// A call that is tried again is the same call: its idempotencyKey says so. Another call has another.
func TestTriesKeepTheirKey(t *testing.T) {
	const done = `200 {"data":{"createAgent":{"agent":{"version":1}}}}`
	script := &scripted{t: t, answers: []string{limited, away, done}}
	server, _ := script.client()
	plan := diff(t, folder(map[string]string{AgentsFile: plainAgents}), emptyState(), false)
	var progress []int
	outcome, err := server.Apply(context.Background(), plan, func(done int) { progress = append(progress, done) })
	if err != nil || outcome.Done != 4 || !slices.Equal(progress, []int{1, 2, 3, 4}) {
		t.Fatalf("%+v, %v, %v", outcome, progress, err)
	}
	var keys []string
	for _, sent := range script.sent() {
		keys = append(keys, sent["variables"].(map[string]any)["input"].(map[string]any)["idempotencyKey"].(string))
	}
	if keys[0] != keys[1] || keys[1] != keys[2] || len(slices.Compact(slices.Clone(keys))) != 4 {
		t.Errorf("the keys are %v", keys)
	}
}

// Interrupted while it waits to try again, it does not try again.
func TestInterruptedWhileWaiting(t *testing.T) {
	script := &scripted{t: t, answers: []string{away}}
	server, _ := script.client()
	ctx, cancel := context.WithCancel(context.Background())
	server.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	_, err := server.Read(ctx, OrganizationFile)
	if !errors.Is(err, context.Canceled) || len(script.sent()) != 1 {
		t.Errorf("%v, sent %d", err, len(script.sent()))
	}
}

// The first refusal ends it: what is under way is awaited, nothing else is begun, and it says how far it came.
func TestApplyStopsAtARefusal(t *testing.T) {
	const done = `200 {"data":{"createAgent":{"agent":{"version":1},"warnings":[{"code":"W","message":"odd"}]}}}`
	script := &scripted{t: t, answers: []string{done, done, broken}}
	server, _ := script.client()
	plan := diff(t, folder(map[string]string{AgentsFile: plainAgents}), emptyState(), false)
	outcome, err := server.Apply(context.Background(), plan, nil)
	want := short(`agent <ag3> "Chiara": line 1 line 2 (INTERNAL), in the server's log under r1
2 of 4 steps are made and stay; the same command goes on from there`)
	if err == nil || err.Error() != want || outcome.Done != 2 || len(script.sent()) != 3 {
		t.Errorf("%+v after %d requests\ngot  %v\nwant %s", outcome, len(script.sent()), err, want)
	}
	if len(outcome.Warnings) != 1 || outcome.Warnings[0].String() != short(`agent <ag1> "Ana": odd (W), and 1 more like it`) {
		t.Errorf("warnings %v", outcome.Warnings)
	}
}

// What is sent side by side and fails for one reason is told once.
func TestApplyTellsOneReasonOnce(t *testing.T) {
	script := &scripted{t: t, answers: []string{`200 {"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`}}
	server, _ := script.client()
	d := &Dir{Contacts: []Contact{}}
	for n := range 200 {
		d.Contacts = append(d.Contacts, Contact{ID: id("ct", n), FullName: "Zoë"})
	}
	plan, err := Diff(d, emptyState(), false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Apply(context.Background(), plan, nil)
	lines := strings.Split(fmt.Sprint(err), "\n")
	more := fmt.Sprintf(": no (FORBIDDEN), and %d more like it", len(script.sent())-1)
	if len(lines) != 2 || !strings.HasSuffix(lines[0], more) && len(script.sent()) > 1 || lines[1] != "0 of 200 steps are made and stay; the same command goes on from there" {
		t.Errorf("sent %d, the error is %v", len(script.sent()), err)
	}
}
