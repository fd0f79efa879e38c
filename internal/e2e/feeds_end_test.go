package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// onlyOwnOffersAreSessions: whatever else an agent subscribes to, and whoever watches their offers, signs nobody in (PR-8).
func onlyOwnOffersAreSessions(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b := c.agents[0], c.agents[1]
	for name, v := range map[string]vars{
		"agentPresence": {"filter": vars{"agentIds": []string{a}}}, "workItems": {"filter": vars{"agentId": a}},
		"queueFigures": {"queueIds": c.queuesWithFigures(1)},
	} {
		c.feed(a, name, v).start()
	}
	c.feed("", "agentOffers", vars{"agentId": a}).start()
	c.feed(b, "agentOffers", vars{"agentId": a}).refusedAs("NOT_FOUND")
	c.feed(a, "decisions", vars{"filter": vars{"queueId": c.queue}}).refusedAs("FORBIDDEN")
	for _, agent := range []string{a, b} {
		if p := c.presence(agent); p.text("cause") != "CREATED" {
			t.Errorf("subscribing to what is not their own offers made the agent %s", encoded(p))
		}
	}
	// A session that could not begin is none: bad cursors, agents who are not there.
	for _, after := range []string{"x", ""} {
		f := c.feed(a, "agentOffers", vars{"agentId": a, "after": after})
		f.refusedAs("BAD_USER_INPUT@after")
		c.awaitGone(a)
		f.kill()
	}
	own := c.feed(a, "agentOffers", vars{"agentId": a})
	own.start()
	if p := c.presence(a); p.text("signedIn") != "true" {
		t.Errorf("subscribed to their own offers the agent is %s", encoded(p))
	}
	own.kill()
	c.awaitGone(a)
}

// sessionsResume: resuming is a session like any other: the agent is back, and hears what became of each offer meanwhile, once (EV-1, PR-7).
func sessionsResume(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	c.reconnectSeconds(30)
	a := c.agents[0]
	f := c.feed(a, "agentOffers", vars{"agentId": a})
	cursor := f.begins("")
	kept, gone := c.newItem(""), c.newItem("")
	cursor = f.follows("CHANGED OPEN, CHANGED OPEN")[1].text("cursor")
	f.kill()
	c.awaitGone(a)
	c.c.do(t, cancelDocument, vars{"w": gone})
	back := c.feed(a, "agentOffers", vars{"agentId": a, "after": cursor})
	back.begins("STATE REVOKED")
	if p := c.presence(a); p.text("signedIn") != "true" || p.text("cause") != "RESTORED" {
		t.Errorf("resumed is %s", encoded(p))
	}
	o := c.item(kept).text("offer.id")
	c.accept(a, o)
	cursor = back.follows("CHANGED ACCEPTED")[0].text("cursor")
	// Nothing new: only READY, and the session is one more device of the same presence.
	second := c.feed(a, "agentOffers", vars{"agentId": a, "after": cursor})
	second.begins("")
	back.kill()
	item := c.newItem("")
	second.follows("CHANGED OPEN")
	if p := c.presence(a); p.text("signedIn") != "true" {
		t.Errorf("with one device left is %s", encoded(p))
	}
	// Signing out ends the resumed session too.
	c.c.as(a).do(t, `mutation { signOut(input: {}) { agent { id } } }`, nil)
	if m, err := second.try(); !errors.Is(err, errEnded) {
		t.Errorf("signed out, the resumed stream says %s, %v", encoded(m), err)
	}
	c.c.do(t, cancelDocument, vars{"w": item})
	// A cursor of the future: RESET, and still a session.
	again := c.feed(a, "agentOffers", vars{"agentId": a, "after": "999.0.0"})
	again.begins("RESET")
	if p := c.presence(a); p.text("signedIn") != "true" {
		t.Errorf("after a RESET is %s", encoded(p))
	}
}

// queueDeletedUnderFeeds: a queue goes while its members, items and figures are streamed; whoever comes back is told.
func queueDeletedUnderFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	item := c.newItem("")
	queue := c.queue
	presence := c.feed("", "agentPresence", vars{"filter": vars{"queueId": queue}})
	items := c.feed("", "workItems", vars{"filter": vars{"queueId": queue}})
	decisions := c.feed("", "decisions", vars{"filter": vars{"queueId": queue}})
	figures := c.feed("", "queueFigures", vars{"queueIds": []string{queue}})
	cursor := presence.begins("STATE ps_offline, STATE ps_offline")
	items.begins("STATE QUEUED")
	decisions.begins("STATE QUEUED")
	if begin, err := figures.try(); err != nil { // it may follow the answer
		t.Fatal(encoded(begin), err)
	}
	figures.begins("")
	other := c.newQueue()
	c.transfer("", item, other)
	items.follows("REMOVED LEFT_QUEUE QUEUED")
	c.deleteWorkstreamOf(item)
	c.give("", "deleteQueue", `queueId`, vars{"queueId": queue})
	presence.follows("REMOVED, REMOVED")
	got := figures.collect(func(m object) bool { return m.text("type") == "REMOVED" })
	if last := got[len(got)-1]; last.text("queue") != "null" || last.text("queueId") != queue {
		t.Errorf("the figures end with %s", encoded(last))
	}
	c.feed("", "agentPresence", vars{"filter": vars{"queueId": queue}, "after": cursor}).refusedAs("BAD_USER_INPUT@filter.queueId")
	c.feed("", "queueFigures", vars{"queueIds": []string{queue}, "after": cursor}).begins("RESET, REMOVED")
	c.feed("", "queueFigures", vars{"queueIds": []string{queue}}).refusedAs("BAD_USER_INPUT@queueIds.0")
	c.feed("", "workItems", vars{"filter": vars{"queueId": queue}, "after": cursor}).begins("REMOVED CANCELLED")
	// It comes back under its id: its followers hear of it again.
	c.give("", "createQueue", `queue { id }`, vars{"id": queue, "name": "Again"})
	figures.follows("CHANGED 0")
	c.give("", "addQueueMembers", `__typename`, vars{"queueId": queue, "agentIds": c.agents[:1]})
	presence.follows("CHANGED ps_offline")
}

// deleteWorkstreamOf cancels the only item of the centre's workstream and deletes that.
func (c *centre) deleteWorkstreamOf(item string) {
	c.t.Helper()
	c.c.do(c.t, cancelDocument, vars{"w": item})
	c.deleteWorkstream(c.workstream)
}

// agentDeletedUnderFeeds: an agent is deleted while signed in on two devices, with an open offer: their streams end, the offer goes on, and nothing of
// them is left.
func agentDeletedUnderFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	a, b := c.agents[0], c.agents[1]
	before := metric(t, s, "rapport_agent_sessions")
	one, two := c.feed(a, "agentOffers", vars{"agentId": a}), c.feed(a, "agentOffers", vars{"agentId": a})
	cursor := one.begins("")
	two.begins("")
	watcher := c.feed("", "agentOffers", vars{"agentId": a})
	watcher.begins("")
	items := c.feed("", "workItems", vars{"filter": vars{"agentId": a}})
	items.begins("")
	item := c.newItem("")
	one.follows("CHANGED OPEN")
	two.follows("CHANGED OPEN")
	signIn(t, s, b)
	c.deleteAgent(a)
	for _, own := range []*feed{one, two} {
		m, err := own.try()
		if err == nil {
			if told([]object{m}) != "CHANGED REVOKED" || !slices.Contains([]string{"SIGNED_OUT", "AGENT_DELETED"}, m.text("offer.revokeReason")) {
				t.Errorf("a deleted agent's stream says %s", encoded(m))
			}
			m, err = own.try()
		}
		if !errors.Is(err, errEnded) {
			t.Errorf("a deleted agent's stream goes on with %s, %v", encoded(m), err)
		}
		if !own.works(c) {
			t.Error("the socket of a deleted agent is broken")
		}
	}
	watcher.follows("CHANGED OPEN, CHANGED REVOKED")
	items.follows("CHANGED OFFERED OFFERED, REMOVED OFFER_REVOKED QUEUED")
	if got := c.item(item); got.text("offer.agentId") != b {
		t.Errorf("the item of a deleted agent is %s", encoded(got))
	}
	await(t, "no session is left but the other agent's", func() bool { return metric(t, s, "rapport_agent_sessions") == before+1 })
	c.feed(a, "agentOffers", vars{"agentId": a}).refusedAs("NOT_FOUND")
	c.feed(a, "agentOffers", vars{"agentId": a, "after": cursor}).refusedAs("NOT_FOUND")
	c.feed("", "agentOffers", vars{"agentId": a, "after": cursor}).refusedAs("NOT_FOUND")
	c.feed("", "agentPresence", vars{"filter": vars{"agentIds": []string{a, b}}, "after": cursor}).start()
	one.kill()
	two.kill()
	if got := metric(t, s, "rapport_agent_sessions"); got != before+1 {
		t.Errorf("in the end there are %v sessions, were %v", got, before)
	}
	if log := s.stderr.String(); strings.Contains(log, "panic") || strings.Contains(log, "INTERNAL") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has %s", tail(log, 10))
	}
}

// works tells whether a socket still answers.
func (f *feed) works(c *centre) bool {
	st, err := f.subscribe(`{ organization { id } }`, nil)
	if err != nil {
		return false
	}
	select {
	case raw, more := <-st.messages:
		return more && strings.Contains(string(raw), "or_1")
	case <-time.After(patience):
		return false
	}
}

// metric reads one of the server's metrics.
func metric(t testing.TB, s *server, name string) (value float64) {
	t.Helper()
	_, body, err := get(s.url("/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(body, "\n") {
		if rest, found := strings.CutPrefix(line, name+" "); found {
			if _, err := fmt.Sscan(rest, &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// otherDeletionsUnderFeeds: contacts and workstreams go while their closed items are in what is resumed.
func otherDeletionsUnderFeeds(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	contact := c.newContact(c.agents[0])
	items := c.feed("", "workItems", vars{"filter": vars{"contactId": contact}})
	ready := items.begins("")
	item := c.newItem(contact)
	items.follows("CHANGED CREATED QUEUED, CHANGED DECIDED QUEUED")
	c.deleteWorkstreamOf(item)
	c.give("", "deleteContact", `contactId`, vars{"contactId": contact})
	items.follows("CHANGED CANCELLED CANCELLED")
	c.feed("", "workItems", vars{"filter": vars{"contactId": contact}, "after": ready}).begins("STATE CANCELLED")
	c.feed("", "workItems", vars{"filter": vars{"contactId": contact}}).begins("")
	c.feed("", "decisions", vars{"filter": vars{"workItemId": item}}).begins("STATE QUEUED")
	c.feed("", "decisions", vars{"after": ready}).start()
	all, err := dial(s.url(""), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(all.kill)
	st, err := all.subscribe(`subscription ($a: String) { workItems(after: $a) { type workItem { workstream { name } queue { name } contact { fullName } agent { name }
		offers { nodes { channel contact { id } agent { id } decision { id } } } decisions { nodes { id agent { id } } } } } }`, vars{"a": ready})
	if err != nil {
		t.Fatal(err)
	}
	for raw := range st.messages {
		if strings.Contains(string(raw), `"errors"`) {
			t.Errorf("everything of what was deleted: %s", raw)
		}
		if strings.Contains(string(raw), `"READY"`) {
			return
		}
	}
	t.Errorf("the stream ended: %v", st.errors)
}

// slowReaderIsCut: who does not read loses the connection with 4290 and nobody else anything; behind the last cursor that they have read nothing is
// missing (EV-1, EV-2).
func slowReaderIsCut(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "")
	item := c.give("", "createWorkItem", `workItem { id }`, vars{"workstreamId": c.workstream, "reference": strings.Repeat("🜚", 200)}).text("workItem.id")
	large := "type cursor change workItem { id priority"
	for i := range 45 {
		large += fmt.Sprintf(" r%d: reference", i) // 36 KB a message
	}
	document := `subscription ($after: String, $i: ID!) { it: workItems(filter: {workItemId: $i}, after: $after) { ` + large + ` } } }`
	slow := dialSlowly(t, s)
	if err := slow.WriteJSON(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": document, "variables": vars{"i": item}}}); err != nil {
		t.Fatal(err)
	}
	quick := c.feed("", "workItems", vars{"filter": vars{"workItemId": item}})
	quick.begins("STATE QUEUED")
	last := 0
	for end := time.Now().Add(patience); !strings.Contains(s.stderr.String(), "code=4290"); {
		if time.Now().After(end) {
			t.Fatal("whoever does not read is not cut")
		}
		for range 20 {
			last++
			c.give("", "setWorkItemPriority", `__typename`, vars{"workItemId": item, "priority": last%2 + 1})
			quick.follows("CHANGED PRIORITY_CHANGED QUEUED")
		}
	}
	seen, cursor, code := readAll(t, slow)
	if code != 4290 || seen == 0 || seen >= last {
		t.Errorf("cut with %d after %d of %d messages", code, seen, last)
	}
	resumed := c.feed("", "workItems", vars{"filter": vars{"workItemId": item}, "after": cursor})
	begin, _ := resumed.start()
	if len(begin) != 1 || begin[0].text("workItem.priority") != fmt.Sprint(last%2+1) {
		t.Errorf("resumed behind %s it begins with %v", cursor, begin)
	}
}

// dialSlowly opens a socket whose client takes little before it reads.
func dialSlowly(t *testing.T, s *server) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{
		Subprotocols: []string{"graphql-transport-ws"},
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(128 << 10)
			}
			return conn, err
		},
	}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(s.url(""), "http")+"/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.WriteJSON(map[string]any{"type": "connection_init"}); err != nil {
		t.Fatal(err)
	}
	return conn
}

// readAll reads what a connection has been sent up to its end: the changes in it, the last cursor, and how it was closed.
func readAll(t *testing.T, conn *websocket.Conn) (changes int, cursor string, code int) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, raw, err := conn.ReadMessage()
		if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) {
			return changes, cursor, closed.Code
		} else if err != nil {
			t.Logf("the slow reader's connection ends with %v", err)
			return changes, cursor, 0
		}
		var m struct {
			Payload struct {
				Data struct{ It struct{ Type, Cursor string } }
			}
		}
		_ = json.Unmarshal(raw, &m) // what is no message of the subscription has none of this
		if m.Payload.Data.It.Type == "CHANGED" {
			changes++
		}
		if at := m.Payload.Data.It.Cursor; at != "" {
			cursor = at
		}
	}
}
