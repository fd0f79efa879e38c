package e2e

import (
	"net"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rapport/internal/dbtest"
)

// TestSessions tells what sessions do to presences and offers (PR-7, PR-8).
func TestSessions(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		for _, part := range []struct {
			name string
			test func(t *testing.T, s *server)
		}{
			{"lost and back", lostAndBack},
			{"every way to be lost", everyWayToBeLost},
			{"gone for too long", goneForTooLong},
			{"two devices", twoDevices},
			{"restart", restartIsNoDisconnection},
		} {
			t.Run(part.name, func(t *testing.T) { part.test(t, s) })
		}
	})
}

// awaitGone waits until the server knows that an agent has no session.
func (c *centre) awaitGone(agent string) object {
	c.t.Helper()
	var p object
	await(c.t, "the server notices that the session is lost", func() bool {
		p = c.presence(agent)
		return p.text("signedIn") == "false"
	})
	return p
}

func (c *centre) reconnectSeconds(n int) {
	c.t.Helper()
	c.c.do(c.t, `mutation ($n: Int!) { updateOrganization(input: {reconnectSeconds: $n}) { organization { id } } }`, vars{"n": n})
}

// lostAndBack: a socket that is killed makes Offline at once; back within seconds the presence is restored, and the open offer is still
// there to be accepted. No new offer is made meanwhile.
func lostAndBack(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	c.reconnectSeconds(10)
	a := c.agents[0]
	session := signIn(t, s, a)
	if p := c.presence(a); p.text("cause") != "SIGN_IN" || p.text("base") != "AVAILABLE" {
		t.Errorf("signed in is %s", encoded(p))
	}
	c.choose(a, "ps_busy")
	item := c.newItem("")
	o := session.awaitOffer(t, item, "OPEN")
	lost := time.Now()
	session.kill()
	p := c.awaitGone(a)
	if p.text("base") != "OFFLINE" || p.text("cause") != "DISCONNECTED" {
		t.Errorf("without a session is %s", encoded(p))
	}
	if late := instant(p.text("changedAt")).Sub(lost); late > time.Second {
		t.Errorf("Offline %s after the connection was lost", late)
	}
	waiting := c.newItem("")
	if got := c.item(waiting); got.text("status") != "QUEUED" {
		t.Errorf("offered to an agent who is not there: %s", encoded(got))
	}
	if got := c.item(item); got.text("offer.id") != o.ID {
		t.Errorf("the open offer did not wait: %s", encoded(got))
	}
	back := signIn(t, s, a)
	if len(back.open) == 0 || back.open[0].ID != o.ID {
		t.Fatalf("back, the start of the stream is %+v", back.open)
	}
	if p := c.presence(a); p.text("base") != "BUSY" || p.text("cause") != "RESTORED" || p.text("signedIn") != "true" {
		t.Errorf("back is %s", encoded(p))
	}
	if got := c.item(waiting); got.text("offer.agentId") != a {
		t.Errorf("what waited was not offered: %s", encoded(got)) // WS-5
	}
	if got := c.accept(a, o.ID).text("acceptOffer.offer.state"); got != "ACCEPTED" {
		t.Errorf("accepted after coming back: %s", got)
	}
}

// everyWayToBeLost ends a session: a crash, a closed tab, an operation that is completed, a reset.
func everyWayToBeLost(t *testing.T, s *server) {
	for name, lose := range map[string]func(*session){
		"killed":    func(s *session) { s.kill() },
		"closed":    func(s *session) { s.close() },
		"completed": func(s *session) { _ = s.stream.complete() },
		"reset": func(s *session) {
			_ = s.conn.NetConn().(*net.TCPConn).SetLinger(0)
			s.kill()
		},
		"broken": func(s *session) { _ = s.conn.WriteMessage(websocket.TextMessage, []byte("{")) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCentre(t, s, 1, "")
			lose(signIn(t, s, c.agents[0]))
			if p := c.awaitGone(c.agents[0]); p.text("cause") != "DISCONNECTED" || p.text("base") != "OFFLINE" {
				t.Errorf("is %s", encoded(p))
			}
		})
	}
}

// goneForTooLong: when the time to reconnect is over open offers are revoked and go to the next; with 0 at once. Assigned work stays.
func goneForTooLong(t *testing.T, s *server) {
	for _, seconds := range []int{0, 1} {
		c := newCentre(t, s, 2, "")
		c.reconnectSeconds(seconds)
		a, b := c.agents[0], c.agents[1]
		first := signIn(t, s, a)
		kept := first.awaitOffer(t, c.newItem(""), "OPEN")
		c.accept(a, kept.ID)
		first.awaitOffer(t, kept.WorkItem.ID, "ACCEPTED")
		item := c.newItem("")
		o := first.awaitOffer(t, item, "OPEN")
		other := signIn(t, s, b)
		first.kill()
		second := other.awaitOffer(t, item, "OPEN")
		gone := c.awaitGone(a)
		took := second.OfferedAt.Sub(instant(gone.text("changedAt")))
		if want := time.Duration(seconds) * time.Second; took < want || took > want+time.Second {
			t.Errorf("with %d seconds to reconnect the item went to the next after %s", seconds, took)
		}
		got := c.item(item)
		if got.text("offers.nodes.0.id") != o.ID || got.text("offers.nodes.0.revokeReason") != "DISCONNECTED" || got.text("offer.agentId") != b {
			t.Errorf("the item is %s", encoded(got))
		}
		if got := c.item(kept.WorkItem.ID); got.text("assignment.agentId") != a || got.text("status") != "ASSIGNED" {
			t.Errorf("assigned work did not stay: %s", encoded(got))
		}
	}
}

// twoDevices count as one presence: opening one more changes nothing, and only the last one lost does.
func twoDevices(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "allowedPresences: [DO_NOT_DISTURB]")
	a := c.agents[0]
	desk := signIn(t, s, a)
	c.choose(a, "ps_do_not_disturb") // which taking work leaves as it is (PR-6)
	before := encoded(c.presence(a))
	phone := signIn(t, s, a)
	// One socket may carry two subscriptions, each of which is a session.
	twin, err := phone.subscribe(offersDocument, vars{"agent": a})
	if err != nil {
		t.Fatal(err)
	}
	<-twin.messages // READY
	item := c.newItem("")
	o := desk.awaitOffer(t, item, "OPEN")
	if again := phone.awaitOffer(t, item, "OPEN"); again.ID != o.ID {
		t.Errorf("the devices see offers %s and %s", o.ID, again.ID)
	}
	desk.close()
	if err := phone.stream.complete(); err != nil {
		t.Fatal(err)
	}
	<-twin.messages // the offer
	c.accept(a, o.ID)
	<-twin.messages // its end: so the server has worked since
	if after := encoded(c.presence(a)); after != before {
		t.Errorf("with another device %s, before %s", after, before)
	}
	phone.kill()
	c.awaitGone(a)

	// Twenty are as many as it can be; the next is told why, and takes nothing from them.
	for range 20 {
		signIn(t, s, a)
	}
	if _, err := openSession(s.url(""), a); refusal(err) != "LIMIT_EXCEEDED" {
		t.Errorf("the device number 21: %v", err)
	}
	if p := c.presence(a); p.text("signedIn") != "true" {
		t.Errorf("with twenty devices the agent is %s", encoded(p))
	}
}

// restartIsNoDisconnection: SIGTERM closes sockets with 1012; presences and open offers are as they were when the sessions come back
// (PR-8), and nothing is offered to those who don't.
func restartIsNoDisconnection(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	c.reconnectSeconds(0) // a restart is no interruption either
	a, b := c.agents[0], c.agents[1]
	session, other := signIn(t, s, a), signIn(t, s, b)
	c.choose(b, "ps_away")
	c.choose(a, "ps_busy")
	item := c.newItem("")
	o := session.awaitOffer(t, item, "OPEN")
	before := []string{encoded(c.presence(a)), encoded(c.presence(b))}
	if code := s.stop(); code != 0 {
		t.Errorf("SIGTERM: the server ends with %d", code)
	}
	for _, so := range []*socket{session.socket, other.socket} {
		if code := so.closeCode(t); code != websocket.CloseServiceRestart {
			t.Errorf("SIGTERM: a socket is closed with %d: %v", code, so.err)
		}
	}
	s.start()
	if after := encoded(c.presence(a)); after != before[0] {
		t.Errorf("right after the restart %s, before %s", after, before[0])
	}
	back := signIn(t, s, a)
	if len(back.open) != 1 || back.open[0].ID != o.ID {
		t.Errorf("after the restart the start of the stream is %+v", back.open)
	}
	signIn(t, s, b)
	for i, agent := range []string{a, b} {
		if after := encoded(c.presence(agent)); after != before[i] {
			t.Errorf("after coming back %s, before the restart %s", after, before[i])
		}
	}
	if got := c.accept(a, o.ID).text("acceptOffer.assignment.workItem.status"); got != "ASSIGNED" {
		t.Errorf("accepted after the restart: %s", got)
	}
	// The new sessions have replaced those from before: losing them is the end.
	back.kill()
	c.awaitGone(a)
}

// TestNobodyComesBack: 30 seconds after a restart those who did not come back are Offline, and their offers go to the next (PR-8).
func TestNobodyComesBack(t *testing.T) {
	t.Parallel()
	type stage struct {
		*centre
		item    string
		next    *session
		started time.Time // again
	}
	var stages []stage
	for _, db := range []string{sqliteFile(t), dbtest.Shared(t).NewDatabase(t)} {
		s := startServer(t, db)
		c := newCentre(t, s, 2, "")
		session := signIn(t, s, c.agents[0])
		item := c.newItem("")
		session.awaitOffer(t, item, "OPEN")
		if code := s.stop(); code != 0 {
			t.Errorf("SIGTERM: the server ends with %d", code)
		}
		s.start()
		started := time.Now()
		stages = append(stages, stage{c, item, signIn(t, s, c.agents[1]), started})
	}
	for _, c := range stages {
		var m offerMessage
		for end := c.started.Add(40 * time.Second); time.Now().Before(end) && m.Offer == nil; {
			m, _ = c.next.next() // its patience is shorter
		}
		if m.Offer == nil || m.Offer.WorkItem.ID != c.item {
			t.Fatalf("the item of an agent who did not come back went nowhere: %s", encoded(c.centre.item(c.item)))
		}
		if took := m.Offer.OfferedAt.Sub(c.started); took < 27*time.Second || took > 32*time.Second {
			t.Errorf("given up %s after the restart, want 30 s", took)
		}
		if p := c.presence(c.agents[0]); p.text("signedIn") != "false" || p.text("cause") != "DISCONNECTED" {
			t.Errorf("who did not come back is %s", encoded(p))
		}
	}
}
