package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/engine"
	"rapport/internal/bus"
)

const offersAfter = `subscription ($a: ID!, $after: String) { agentOffers(agentId: $a, after: $after) { type cursor offer { id } } }`

// message is what a message of agentOffers says: type, cursor, offer; how it was refused; or how the subscription or the connection ended.
func (c *client) message() string {
	c.Helper()
	m := c.next()
	data, _ := m["payload"].(map[string]any)
	if refused, _ := data["errors"].([]any); len(refused) == 1 {
		return fmt.Sprint("refused ", refused[0].(map[string]any)["extensions"].(map[string]any)["code"])
	}
	if data, _ = data["data"].(map[string]any); data == nil {
		return strings.TrimSpace(fmt.Sprint(m["type"], " ", m["code"]))
	}
	offers := data["agentOffers"].(map[string]any)
	offer, _ := offers["offer"].(map[string]any)
	return fmt.Sprint(offers["type"], " ", offers["cursor"], " ", offer["id"])
}

func (c *client) says(want ...string) {
	c.Helper()
	for _, w := range want {
		if got := c.message(); got != w {
			c.Fatalf("it says %s, want %s", got, w)
		}
	}
}

func offered(id engine.OfferID) engine.Event {
	return engine.Event{Type: engine.EventOfferMade, AgentID: ann, Offer: &engine.Offer{ID: id}}
}

func signedOut(id engine.SessionID) engine.Event {
	return engine.Event{Type: engine.EventSessionClosed, AgentID: ann, Body: engine.EventBody{SessionID: id}}
}

func (s *stage) publish(seq int64, events ...engine.Event) {
	s.bus.Publish(engine.Position{Epoch: 1, Seq: seq}, &engine.Changes{Events: events})
}

// letGo waits until nothing is left of an agent's subscription: no session, no stream.
func (s *stage) letGo() {
	s.Helper()
	until(s.T, "the session and the stream are let go", func() bool {
		n, behind := s.bus.Figures()
		return n == 0 && behind == 0 && slices.Equal(s.writer.opened(), s.writer.closed())
	})
}

// TestTail: behind the start comes what is published behind it, in its order and with its place; the end of the agent's own session is the end of it.
func TestTail(t *testing.T) {
	s := newStage(t)
	c := s.dial(string(ann))
	c.subscribe("1", offersAfter, map[string]any{"a": ann})
	c.says("READY 1.1.1073741824 <nil>")
	s.publish(1, offered("of_seen")) // the start has it
	s.publish(2, signedOut("se_another"), offered("of_1"), engine.Event{Type: engine.EventOfferMade, AgentID: bob, Offer: &engine.Offer{ID: "of_b"}})
	s.publish(3, offered("of_2"))
	c.says("CHANGED 1.2.1 of_1", "CHANGED 1.3.0 of_2")
	s.publish(4, offered("of_3"), signedOut(s.writer.opened()[0]), offered("of_4"))
	c.says("CHANGED 1.4.0 of_3", "complete <nil>")
	s.letGo()
	// The socket is good for another.
	c.subscribe("1", offersAfter, map[string]any{"a": ann})
	c.says("READY 1.1.1073741824 <nil>")
}

// TestNothingIsLeft of a subscription that could not begin.
func TestNothingIsLeft(t *testing.T) {
	live := engine.OfferStart{Start: engine.Start{At: engine.Position{Epoch: 1, Seq: 1}}, SessionLive: true}
	for name, c := range map[string]struct {
		start func() (engine.OfferStart, error)
		agent engine.AgentID
		after any
		want  string
	}{
		"no cursor":                          {nil, ann, "x", "refused BAD_USER_INPUT"},
		"no database":                        {func() (engine.OfferStart, error) { return engine.OfferStart{}, errors.New("away") }, ann, nil, "refused INTERNAL"},
		"a panic":                            {func() (engine.OfferStart, error) { panic("a bug") }, ann, nil, "refused INTERNAL"},
		"signed out already":                 {func() (engine.OfferStart, error) { return engine.OfferStart{Start: live.Start}, nil }, ann, nil, "complete <nil>"},
		"an agent who was deleted, and acts": {nil, "ag_01900000-0000-7000-8000-000000000009", nil, "refused NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.reader.offers = c.start
			client := s.dial(string(c.agent))
			client.subscribe("1", offersAfter, map[string]any{"a": c.agent, "after": c.after})
			client.says(c.want)
			sessions := 1
			if c.after != nil { // it is refused before anybody is signed in
				sessions = 0
			}
			if len(s.writer.opened()) != sessions {
				t.Errorf("opened are %v", s.writer.opened())
			}
			s.letGo()
		})
	}
}

// TestFallenBehind: whoever falls behind loses the connection, and hears so (EV-2).
func TestFallenBehind(t *testing.T) {
	s := newStage(t)
	slow, other := s.dial(string(ann)), s.dial(string(bob))
	slow.subscribe("1", offersAfter, map[string]any{"a": ann})
	other.subscribe("1", offersAfter, map[string]any{"a": bob})
	slow.says("READY 1.1.1073741824 <nil>")
	other.says("READY 1.1.1073741824 <nil>")
	s.publish(2, slices.Repeat([]engine.Event{offered("of_1")}, 2*bus.Buffer)...)
	last := ""
	for last = slow.message(); strings.HasPrefix(last, "CHANGED"); last = slow.message() {
	}
	if last != "closed 4290" {
		t.Errorf("it ends with %s", last)
	}
	s.publish(3, engine.Event{Type: engine.EventOfferMade, AgentID: bob, Offer: &engine.Offer{ID: "of_b"}})
	other.says("CHANGED 1.3.0 of_b")
	until(t, "the session of the slow one is closed", func() bool { return len(s.writer.closed()) == 1 })
}
