package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rapport/engine"
)

func unavailable(maybe bool) error {
	return &engine.Error{Code: engine.CodeUnavailable, Message: "away", MaybeMade: maybe}
}

// TestSessionIsClosedInTheEnd: an agent does not stay signed in because the database was away at the wrong moment.
func TestSessionIsClosedInTheEnd(t *testing.T) {
	for _, err := range []error{unavailable(true), unavailable(false), &engine.Error{Code: engine.CodeRateLimited}, context.DeadlineExceeded, errors.New("?")} {
		synctest.Test(t, func(t *testing.T) {
			w, failures := &fakeWriter{}, 3
			w.answer = func(engine.Call) (engine.Result, error) {
				if failures--; failures >= 0 {
					return engine.Result{}, err
				}
				return engine.Result{}, nil
			}
			s := newSessions(w, slog.New(slog.DiscardHandler))
			s.close("se_1")
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := w.closed(); len(got) != 4 || slices.ContainsFunc(got, func(id engine.SessionID) bool { return id != "se_1" }) {
				t.Errorf("after %v: %v", err, got)
			}
			if c := w.calls[0]; c.Actor != engine.System {
				t.Errorf("closed by %+v", c.Actor)
			}
			s.close("se_2") // all is well again, also for the next
			if got := w.closed(); got[len(got)-1] != "se_2" || len(got) != 5 {
				t.Errorf("then %v", got)
			}
		})
	}
}

// TestManySessionsAreClosedInTheEnd, each once it goes, however long the database was away.
func TestManySessionsAreClosedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWriter{answer: func(engine.Call) (engine.Result, error) { return engine.Result{}, unavailable(true) }}
		s := newSessions(w, slog.New(slog.DiscardHandler))
		for n := range 500 {
			go s.close(engine.SessionID(fmt.Sprint(n)))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.closed()); n < 1000 || n > 500+2*3600 { // trying all of them each second would be 1.8 million
			t.Errorf("%d attempts in an hour", n)
		}
		w.set(func(w *fakeWriter) { w.answer, w.calls = nil, nil })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		got := w.closed()
		slices.Sort(got)
		if len(got) != 500 || len(slices.Compact(got)) != 500 {
			t.Errorf("%d were closed, %d different ones", len(got), len(slices.Compact(got)))
		}
	})
}

// TestDrainKeepsSessions: a restart is no disconnection (PR-8); what was still to be closed is left to the next server.
func TestDrainKeepsSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWriter{answer: func(engine.Call) (engine.Result, error) { return engine.Result{}, unavailable(true) }}
		s := newSessions(w, slog.New(slog.DiscardHandler))
		s.close("se_1")
		time.Sleep(10 * time.Second)
		s.keep()
		s.close("se_2")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		before := len(w.closed())
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.closed(); len(got) != before || slices.Contains(got, "se_2") {
			t.Errorf("after the drain began: %v", got)
		}
	})
}

// client is an agent's device.
type client struct {
	*testing.T
	conn *websocket.Conn
}

func (s *stage) dial(actor string) *client {
	s.Helper()
	c := s.open()
	c.send(map[string]any{"type": "connection_init", "payload": map[string]any{"actor": actor}})
	if m := c.next(); m["type"] != "connection_ack" {
		s.Fatalf("got %v", m)
	}
	return c
}

// open connects without saying who.
func (s *stage) open() *client {
	s.Helper()
	server := httptest.NewServer(s.api)
	s.Cleanup(server.Close)
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, answer, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/graphql", nil)
	if err != nil {
		s.Fatal(err)
	}
	_ = answer.Body.Close()
	s.Cleanup(func() { _ = conn.Close() })
	return &client{s.T, conn}
}

func (c *client) send(m any) {
	c.Helper()
	if err := c.conn.WriteJSON(m); err != nil {
		c.Fatal(err)
	}
}

// next is the next message, or how the connection was closed.
func (c *client) next() map[string]any {
	c.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		c.Fatal(err)
	}
	_, text, err := c.conn.ReadMessage()
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return map[string]any{"type": "closed", "code": closed.Code}
	} else if err != nil {
		c.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		c.Fatal(err)
	}
	return m
}

func (c *client) subscribe(id, document string, variables map[string]any) {
	c.Helper()
	c.send(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": document, "variables": variables}})
}

const offers = `subscription ($a: ID!) { agentOffers(agentId: $a) { type } }`

// until waits for what another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}

// TestSubscriptionIsASession: PR-8. It begins before the first message and ends with the subscription, whichever way.
func TestSubscriptionIsASession(t *testing.T) {
	for name, end := range map[string]func(*client){
		"completed": func(c *client) { c.send(map[string]any{"id": "1", "type": "complete"}) },
		"closed": func(c *client) {
			if err := c.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")); err != nil {
				c.Fatal(err)
			}
		},
		"lost": func(c *client) { _ = c.conn.NetConn().Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c := s.dial(string(ann))
			c.subscribe("1", offers, map[string]any{"a": ann})
			if m := c.next(); m["type"] != "next" {
				t.Fatalf("got %v", m)
			}
			opened := s.writer.opened()
			if len(opened) != 1 || !engine.ValidID("se_", string(opened[0])) || len(s.writer.closed()) != 0 {
				t.Fatalf("opened %v, closed %v", opened, s.writer.closed())
			}
			if call := s.writer.calls[0]; call.Actor.AgentID != ann || call.Command.(engine.OpenSession).AgentID != ann {
				t.Errorf("opened by %+v", call)
			}
			end(c)
			until(t, "the session is closed", func() bool { return len(s.writer.closed()) > 0 })
			if got := s.writer.closed(); !slices.Equal(got, opened) {
				t.Errorf("opened %v, closed %v", opened, got)
			}
		})
	}
}

// TestOtherSubscriptionsAreNoSession: nobody but the agent is there because somebody looks.
func TestOtherSubscriptionsAreNoSession(t *testing.T) {
	for _, c := range []struct{ actor, agent string }{{"", string(ann)}, {string(bob), string(ann)}} {
		s := newStage(t)
		client := s.dial(c.actor)
		client.subscribe("1", offers, map[string]any{"a": c.agent})
		client.next()
		if got := s.writer.opened(); len(got) > 0 {
			t.Errorf("%q looked at %s: %v", c.actor, c.agent, got)
		}
	}
}

// TestSessionNotOpened: the subscription is refused, and a session that may have been opened is closed.
func TestSessionNotOpened(t *testing.T) {
	for _, c := range []struct {
		err   error
		code  string
		close bool
	}{
		{&engine.Error{Code: engine.CodeLimit, Message: "20 sessions"}, "LIMIT_EXCEEDED", false},
		{unavailable(false), "UNAVAILABLE", false},
		{unavailable(true), "UNAVAILABLE", true},
	} {
		s := newStage(t)
		s.writer.answer = func(call engine.Call) (engine.Result, error) {
			if _, ok := call.Command.(engine.OpenSession); ok {
				return engine.Result{}, c.err
			}
			return engine.Result{}, nil
		}
		client := s.dial(string(ann))
		client.subscribe("1", offers, map[string]any{"a": ann})
		if m := client.next(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m), c.code) {
			t.Errorf("%v: got %v", c.err, m)
		}
		if c.close {
			until(t, "the session is closed", func() bool { return slices.Equal(s.writer.closed(), s.writer.opened()) })
		} else if got := s.writer.closed(); len(got) > 0 {
			t.Errorf("%v: closed %v", c.err, got)
		}
	}
}

// TestDrain: sockets end with 1012, and the agents stay signed in.
func TestDrain(t *testing.T) {
	s := newStage(t)
	c := s.dial(string(ann))
	c.subscribe("1", offers, map[string]any{"a": ann})
	c.next()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.api.Drain(ctx)
	}()
	m := c.next()
	for m["type"] != "closed" {
		m = c.next()
	}
	if m["code"] != 1012 {
		t.Errorf("closed with %v", m["code"])
	}
	_ = c.conn.Close()
	<-drained
	if got := s.writer.closed(); len(got) > 0 {
		t.Errorf("the drain signed out: %v", got)
	}
}
