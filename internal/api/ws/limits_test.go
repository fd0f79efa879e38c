package ws

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/time/rate"
)

// gate is an Admit that has so many places, and a list of what Refused was told.
type gate struct {
	places atomic.Int64
	calls  atomic.Int64

	mu   sync.Mutex
	told []Limit
}

var errTooFast = &gqlerror.Error{Message: "too fast", Extensions: map[string]any{"code": "RATE_LIMITED", "retryAfterSeconds": 2}}

// tooFast is what a client hears of errTooFast.
func tooFast(id string) string {
	return `{"id":"` + id + `","type":"error","payload":[{"message":"too fast","extensions":{"code":"RATE_LIMITED","retryAfterSeconds":2}}]}`
}

func (g *gate) admit(context.Context) (func(), error) {
	g.calls.Add(1)
	if g.places.Add(-1) < 0 {
		g.places.Add(1)
		return nil, errTooFast
	}
	return func() { g.places.Add(1) }, nil
}

func (g *gate) refused(l Limit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.told = append(g.told, l)
}

func (g *gate) wantRefused(t *testing.T, want ...Limit) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.told, want) {
		t.Errorf("refusals %v, want %v", g.told, want)
	}
}

// What is one subscription too many is an error for its id; queries still run, and whatever ends makes room.
func TestMaxSubscriptions(t *testing.T) {
	var g gate
	s := newStage(t, func(o *Options) { o.MaxSubscriptions, o.Refused = 2, g.refused })
	c := s.connect()
	c.subscribe("1", never)
	c.subscribe("2", never)
	s.await("started", "started")
	c.subscribe("3", never)
	c.want(`{"id":"3","type":"error","payload":[{"message":"at most 2 subscriptions may be open on a connection","extensions":{"code":"LIMIT_EXCEEDED"}}]}`)
	g.wantRefused(t, LimitSubscriptions)
	c.subscribe("3", `query Quiet { who }`)
	c.want(`{"id":"3","type":"next","payload":{"data":{"who":null}}}`, `{"id":"3","type":"complete"}`)
	c.send(`{"id":"1","type":"complete"}`)
	for range 5 { // Each frees its place when its end is seen.
		c.subscribe("3", `subscription Quiet { ticks(n: 1) }`)
		c.want(`{"id":"3","type":"next","payload":{"data":{"ticks":1}}}`, `{"id":"3","type":"complete"}`)
	}
	s.await("ended")
	s.connect().subscribe("1", never) // Another connection counts for itself.
	s.await("started")
}

// What Admit refuses is an error for its id, before anything of its document is looked at; the connection goes on.
func TestAdmit(t *testing.T) {
	var g gate
	g.places.Store(1)
	s := newStage(t, func(o *Options) { o.Admit = g.admit })
	c := s.connect()
	c.subscribe("1", never)
	s.await("started")
	for _, query := range []string{`{ who }`, `{ no such`, never} {
		c.subscribe("2", query)
		c.want(tooFast("2"))
	}
	c.send(`{"id":"1","type":"complete"}`)
	s.await("ended")
	for g.places.Load() == 0 { // The client asked for this end, so nothing tells it of it.
		time.Sleep(time.Millisecond)
	}
	c.subscribe("2", `{ who }`)
	c.want(`{"id":"2","type":"next","payload":{"data":{"who":null}}}`, `{"id":"2","type":"complete"}`)
}

// A place that Admit gave comes back once, and before the client hears the end, whatever the end is.
func TestAdmitIsReleased(t *testing.T) {
	for name, query := range map[string]string{
		"a query": `query Quiet { who }`, "a subscription": `subscription Quiet { ticks(n: 0) }`, "an invalid document": `{`,
		"a panic": `query Quiet { boom }`, "a refusal by Started": `subscription Plain { never }`, "a panic of Started's end": `query BadHook { who }`,
	} {
		t.Run(name, func(t *testing.T) {
			var g gate
			g.places.Store(1)
			s := newStage(t, func(o *Options) {
				o.Admit = func(ctx context.Context) (func(), error) {
					release, err := g.admit(ctx)
					return func() { time.Sleep(time.Millisecond); release() }, err
				}
			})
			c := s.connect()
			for range 50 {
				c.subscribe("1", query)
				for over := false; !over; {
					_, got, err := c.ws.ReadMessage()
					if err != nil || strings.Contains(string(got), "too fast") {
						t.Fatalf("%s %v", got, err)
					}
					over = !strings.Contains(string(got), `"next"`)
				}
			}
			if n := g.places.Load(); n != 1 {
				t.Errorf("%d places", n)
			}
		})
	}
	t.Run("the end of the connection", func(t *testing.T) {
		var g gate
		g.places.Store(100)
		s := newStage(t, func(o *Options) { o.Admit = g.admit })
		c := s.connect()
		for i := range 40 {
			c.subscribe(fmt.Sprint(i), `subscription Quiet { never }`)
		}
		c.send(`{"type":"ping"}`)
		c.want(`{"type":"pong"}`)
		_ = c.ws.Close()
		c.wantGone()
		s.transport.Drain(context.Background())
		if n := g.places.Load(); n != 100 {
			t.Errorf("%d places", n)
		}
	})
}

// Admit learns from the context who asks, and what is a duplicate or one too many on the connection does not get that far.
func TestAdmitKnowsWho(t *testing.T) {
	var asked []any
	s := newStage(t, func(o *Options) {
		o.MaxOperations = 1
		o.Init = func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, error) {
			return context.WithValue(ctx, actor{}, "ann"), nil
		}
		o.Admit = func(ctx context.Context) (func(), error) {
			asked = append(asked, ctx.Value(actor{}))
			return nil, nil
		}
	})
	c := s.connect()
	c.subscribe("1", never)
	s.await("started")
	c.subscribe("2", `{ who }`)
	c.want(`{"id":"2","type":"error","payload":[{"message":"at most 1 operations may be open on a connection","extensions":{"code":"LIMIT_EXCEEDED"}}]}`)
	c.subscribe("1", `{ who }`)
	c.wantClose(4409, "Subscriber for 1 already exists")
	if len(asked) != 1 || asked[0] != "ann" {
		t.Errorf("asked %v", asked)
	}
}

// A panic in Admit is an error of that operation.
func TestAdmitPanics(t *testing.T) {
	c := newStage(t, func(o *Options) { o.Admit = func(context.Context) (func(), error) { panic("oh") } }).connect()
	c.subscribe("1", `{ who }`)
	c.want(`{"id":"1","type":"error","payload":[{"message":"internal system error","extensions":{"code":"INTERNAL"}}]}`)
	c.send(`{"type":"ping"}`)
	c.want(`{"type":"pong"}`)
}

// Strangers have places of their own, so that they can't take all: acknowledged, gone or too late, they make room.
func TestMaxPending(t *testing.T) {
	var g gate
	s := newStage(t, func(o *Options) { o.MaxPending, o.Refused, o.InitTimeout = 2, g.refused, 3*time.Second })
	s.connect()
	s.connect()
	known := s.connect()
	late, leaves := s.stranger(), s.stranger()
	s.dial(subprotocol).wantClose(1013, "Too many connections")
	g.wantRefused(t, LimitPending)
	_ = leaves.ws.Close()
	leaves.wantGone()
	comes := s.retry()
	comes.send(`{"type":"connection_init"}`)
	comes.want(ack)
	late.wantClose(4408, "Connection initialisation timeout")
	for range 2 {
		s.retry()
	}
	known.send(`{"type":"ping"}`)
	known.want(`{"type":"pong"}`)
}

// retry connects until it is let in: a connection is forgotten a little after its socket is closed.
func (s *stage) retry() *client {
	s.Helper()
	for range 100 {
		c := s.dial(subprotocol)
		c.send(`{"type":"ping"}`)
		if _, _, err := c.ws.ReadMessage(); err == nil {
			return c
		}
		_ = c.ws.Close()
		time.Sleep(10 * time.Millisecond)
	}
	s.Fatal("never let in")
	return nil
}

// Those who are turned away take room as well while they are told, and that is bounded too.
func TestTurnedAwayIsBounded(t *testing.T) {
	s := newStage(t, func(o *Options) { o.MaxPending = 2 })
	s.dial(subprotocol)
	s.dial(subprotocol)
	var turned []*client
	for range 12 { // They don't close, so the server lingers.
		turned = append(turned, s.dial(subprotocol))
	}
	told := 0
	for _, c := range turned {
		if _, _, err := c.ws.ReadMessage(); strings.Contains(fmt.Sprint(err), "1013") {
			told++
		}
	}
	if told == 0 || told == len(turned) {
		t.Errorf("%d of %d are told", told, len(turned))
	}
	s.dial().ws.Close()
	s.retryTurnedAway()
}

// retryTurnedAway expects room for one more to be told, soon.
func (s *stage) retryTurnedAway() {
	s.Helper()
	for range 100 {
		c := s.dial(subprotocol)
		_, _, err := c.ws.ReadMessage()
		_ = c.ws.Close()
		if err != nil && strings.Contains(err.Error(), "1013") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Fatal("nobody is told any more")
}

// What comes faster than the rate is read later, and loses nothing; no close code is needed.
func TestPacing(t *testing.T) {
	s := newStage(t, func(o *Options) { o.MessageRate, o.MessageBurst = 50, 5 })
	c := s.connect()
	start := time.Now()
	const n = 30
	for i := range n {
		c.send(fmt.Sprintf(`{"type":"ping","payload":{"n":%d}}`, i))
	}
	for i := range n {
		c.want(fmt.Sprintf(`{"type":"pong","payload":{"n":%d}}`, i))
	}
	if took := time.Since(start); took < (n-5)*time.Second/50 {
		t.Errorf("%d messages in %v", n, took)
	}
}

// Strangers are held back much sooner than others.
func TestStrangersArePaced(t *testing.T) {
	s := newStage(t, nil)
	c := s.dial(subprotocol)
	start := time.Now()
	const n = strangerRate + strangerRate/2
	for range n {
		c.send(`{"type":"ping"}`)
	}
	for range n {
		c.want(`{"type":"pong"}`)
	}
	if took := time.Since(start); took < time.Second/2-time.Second/20 {
		t.Errorf("%d messages in %v", n, took)
	}
}

// The connections of one principal are held back together, and no others.
func TestPacer(t *testing.T) {
	shared := rate.NewLimiter(50, 5)
	s := newStage(t, func(o *Options) {
		o.Init = func(ctx context.Context, _ *http.Request, payload map[string]any) (context.Context, error) {
			return context.WithValue(ctx, actor{}, payload["who"]), nil
		}
		o.Pacer = func(ctx context.Context) *rate.Limiter {
			if ctx.Value(actor{}) == nil {
				return nil
			}
			return shared
		}
	})
	var anns []*client
	for range 3 {
		c := s.dial(subprotocol)
		c.send(`{"type":"connection_init","payload":{"who":"ann"}}`)
		c.want(ack)
		anns = append(anns, c)
	}
	other := s.connect()
	const each = 10
	start := time.Now()
	for _, c := range append(anns, other) {
		for range each {
			c.send(`{"type":"ping"}`)
		}
	}
	for range each {
		other.want(`{"type":"pong"}`)
	}
	if time.Since(start) > calm {
		t.Errorf("the other waited %v", time.Since(start))
	}
	for _, c := range anns {
		for range each {
			c.want(`{"type":"pong"}`)
		}
	}
	if took := time.Since(start); took < (3*each-5)*time.Second/50 {
		t.Errorf("%d messages in %v", 3*each, took)
	}
}

// A client that is held back hears of a drain like any other.
func TestDrainOfHeldBackClient(t *testing.T) {
	s := newStage(t, func(o *Options) { o.MessageRate, o.MessageBurst = 1, 2 })
	c := s.connect()
	for range 100 {
		c.send(`{"type":"ping"}`)
	}
	c.want(`{"type":"pong"}`)
	start := time.Now()
	s.transport.Drain(context.Background())
	within(s, start, closeLinger)
	c.wantClose(1012, "Service restart")
}

// A token's end also ends the connection of a client that does not read: it can't be told, and is cut off.
func TestTokenEndsWhileClientDoesNotRead(t *testing.T) {
	const timeout, life = time.Second, 300 * time.Millisecond
	s := newStage(t, func(o *Options) { expiring(life)(o); o.WriteTimeout = timeout })
	s.narrow.Store(true)
	start := time.Now()
	c := s.follow("1")
	for range 100 {
		s.publish(strings.Repeat(".", 8000))
	}
	s.await("ended") // At once, though nothing can be written.
	within(s, start, life)
	c.wantGone()
	within(s, start, life+timeout)
}
