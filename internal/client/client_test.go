package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rapport/internal/apitest"
)

const createAgent = `mutation ($n: String!) { createAgent(input: {name: $n, capacityUnits: 3}) { agent { id } } }`

// newAgent makes an agent at the address.
func newAgent(t *testing.T, h *HTTP) string {
	t.Helper()
	var got struct {
		CreateAgent struct{ Agent struct{ ID string } }
	}
	if err := h.Do(context.Background(), "", createAgent, Vars{"n": "Ann"}, &got); err != nil {
		t.Fatal(err)
	}
	return got.CreateAgent.Agent.ID
}

// TestCalls: over both ways data comes back, and a refusal is an error with its name; who acts is told.
func TestCalls(t *testing.T) {
	url := apitest.Serve(t, apitest.New(t)).URL + "/graphql"
	h := New(url, 2)
	agent := newAgent(t, h)
	ctx := context.Background()
	socket, err := Dial(ctx, url, agent)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ways := map[string]func(document string, variables Vars, into any) error{
		"HTTP":   func(d string, v Vars, into any) error { return h.Do(ctx, agent, d, v, into) },
		"socket": func(d string, v Vars, into any) error { return socket.Do(ctx, d, v, into) },
	}
	for name, do := range ways {
		var got struct{ Agent struct{ Name string } }
		if err := do(`query ($a: ID!) { agent(id: $a) { name } }`, Vars{"a": agent}, &got); err != nil || got.Agent.Name != "Ann" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		err := do(`mutation { setPresence(input: {statusId: "ps_asleep"}) { agent { id } } }`, nil, nil)
		if Refused(err) != "BAD_USER_INPUT" || err.Error() == "" {
			t.Errorf("%s: a bad status is %v", name, err)
		}
		err = do(`mutation { setPresence(input: {statusId: "ps_busy"}) { agent { id } } }`, nil, nil) // in the agent's name: they are not signed in
		if Refused(err) != "CONFLICT/NOT_SIGNED_IN" {
			t.Errorf("%s: without a session: %v", name, err)
		}
		if err := do(`{ nonsense }`, nil, nil); Refused(err) == "" {
			t.Errorf("%s: an invalid document: %v", name, err)
		}
	}
}

// TestSubscriptions: messages come in order, several subscriptions share a connection, and its end ends them all, whoever ends it.
func TestSubscriptions(t *testing.T) {
	url := apitest.Serve(t, apitest.New(t)).URL + "/graphql"
	h := New(url, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for name, end := range map[string]func(*Socket){"closed": (*Socket).Close, "dropped": (*Socket).Drop} {
		agent := newAgent(t, h)
		socket, err := Dial(ctx, url, agent)
		if err != nil {
			t.Fatal(err)
		}
		subscribe := func(document string) *Subscription {
			s, err := socket.Subscribe(document, Vars{"a": agent})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		type message struct{ M struct{ Type string } }
		next := func(s *Subscription, want string) {
			t.Helper()
			var m message
			if err := s.Next(ctx, &m); err != nil || m.M.Type != want {
				t.Fatalf("%s: %+v, %v, want %s", name, m, err, want)
			}
		}
		offers := subscribe(`subscription ($a: ID!) { m: agentOffers(agentId: $a) { type } }`)
		next(offers, "READY")
		presence := subscribe(`subscription ($a: ID!) { m: agentPresence(filter: {agentIds: [$a]}) { type } }`)
		next(presence, "STATE")
		next(presence, "READY")
		if err := socket.Do(ctx, `mutation { setPresence(input: {statusId: "ps_busy"}) { agent { id } } }`, nil, nil); err != nil {
			t.Fatal(err)
		}
		next(presence, "CHANGED")
		bad := subscribe(`subscription ($a: ID!) { m: agentPresence(filter: {agentIds: [$a]}, after: "x") { type } }`)
		if err := bad.Next(ctx, nil); Refused(err) != "BAD_USER_INPUT" {
			t.Errorf("%s: a refused subscription says %v", name, err)
		}
		end(socket)
		for _, s := range []*Subscription{offers, presence} {
			if err := s.Next(ctx, nil); !errors.Is(err, ErrClosed) {
				t.Errorf("%s: a subscription ends with %v", name, err)
			}
		}
		if err := socket.Do(ctx, `{ organization { id } }`, nil, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: a call says %v", name, err)
		}
		end(socket) // twice is nothing wrong
	}
	// The server ends a subscription by itself: its agent signs out.
	agent := newAgent(t, h)
	socket, err := Dial(ctx, url, agent)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	offers, err := socket.Subscribe(`subscription ($a: ID!) { m: agentOffers(agentId: $a) { type } }`, Vars{"a": agent})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(offers.Next(ctx, nil), h.Do(ctx, agent, `mutation { signOut(input: {}) { agent { id } } }`, nil, nil)); err != nil {
		t.Fatal(err)
	}
	if err := offers.Next(ctx, nil); !errors.Is(err, ErrComplete) {
		t.Errorf("signed out, the subscription ends with %v", err)
	}
	waiting, stop := context.WithCancel(ctx)
	stop()
	if other, err := socket.Subscribe(`subscription { m: queueFigures { type } }`, nil); err != nil || !errors.Is(errors.Join(other.Next(ctx, nil), other.Next(waiting, nil)), context.Canceled) {
		t.Errorf("waiting ends with its context: %v", err)
	}
}

// TestUnheardAnswers: what is no answer of GraphQL says so, and may be tried again.
func TestUnheardAnswers(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>")
	})
	web := apitest.Serve(t, page)
	ctx := context.Background()
	err := New(web.URL, 1).Do(ctx, "", "{ a }", nil, nil)
	if _, passes := Passes(err); err == nil || !passes || err.Error() != "HTTP 502 without an answer of GraphQL" {
		t.Errorf("a proxy's page is %v", err)
	}
	if _, err := Dial(ctx, web.URL, ""); err == nil {
		t.Error("a page was taken for a socket")
	}
}

// TestSilentServer: whoever waits for a server that accepts a socket and says nothing can give up.
func TestSilentServer(t *testing.T) {
	web := apitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}
		if ws, err := upgrader.Upgrade(w, r, nil); err == nil {
			_, _, _ = ws.NextReader()
			_, _, _ = ws.NextReader()
			_ = ws.Close()
		}
	}))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := Dial(ctx, web.URL, ""); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// TestPasses: what may pass, and after how long.
func TestPasses(t *testing.T) {
	refusal := func(code string, after float64) error {
		r := &Refusal{Message: "no"}
		r.Extensions.Code, r.Extensions.RetryAfterSeconds = code, after
		return r
	}
	for _, c := range []struct {
		err    error
		wait   time.Duration
		passes bool
	}{
		{refusal("RATE_LIMITED", 1.5), 1500 * time.Millisecond, true}, {refusal("UNAVAILABLE", 0), 0, true}, {refusal("CONFLICT", 0), 0, false},
		{refusal("INTERNAL", 0), 0, false}, {io.EOF, 0, true}, {ErrClosed, 0, true}, {context.Canceled, 0, false}, {context.DeadlineExceeded, 0, true},
	} {
		if wait, passes := Passes(c.err); wait != c.wait || passes != c.passes {
			t.Errorf("%v: %s %t, want %s %t", c.err, wait, passes, c.wait, c.passes)
		}
	}
}
