package e2e

import (
	"strings"
	"time"

	"rapport/internal/checker"
)

// How the agents of the play come, go and choose presences.

// arrive opens a session: signs in, or comes back.
func (a *playAgent) arrive() {
	a.order(func() {
		if a.session != nil || !a.connect() {
			return
		}
		a.absent.Store(false)
		a.awaitPresence(true)
		a.catchUp()
	})
}

// connect opens a session and begins to log its stream.
func (a *playAgent) connect() bool {
	session, err := openSession(a.p.s.url(""), a.id)
	if err != nil {
		a.p.t.Errorf("agent %d can't sign in: %v", a.number, err)
		return false
	}
	a.session, a.stream = session, &checker.Stream{Agent: a.id, Ready: time.Now()}
	for _, o := range session.open {
		a.stream.Messages = append(a.stream.Messages, checker.StreamMessage{Offer: o.ID, Agent: o.AgentID, State: o.State})
	}
	return true
}

// catchUp goes by what a new session shows: what is open, and what was assigned meanwhile without asking.
func (a *playAgent) catchUp() {
	clear(a.open)
	for _, o := range a.session.open {
		a.react(o)
	}
	data, err := a.c.try(`query ($id: ID!) { agent(id: $id) { assignments(first: 100) { nodes { workItem { id reference } } } } }`, vars{"id": a.id})
	if err != nil {
		a.p.t.Errorf("agent %d can't see their work: %v", a.number, err)
	}
	for _, as := range data.list("agent.assignments.nodes") {
		a.take(as.text("workItem.id"), as.text("workItem.reference"))
	}
}

// hangUp ends the session in some way, with what is still on its way.
func (a *playAgent) hangUp(how func(*socket)) {
	a.stream.Closing = time.Now()
	how(a.session.socket)
	for raw := range a.session.stream.messages {
		a.hear(raw)
	}
	a.p.mu.Lock()
	a.p.streams = append(a.p.streams, *a.stream)
	a.p.mu.Unlock()
	a.session, a.stream = nil, nil
}

// vanish loses the connection, in turns as a crash does and as a closed tab does.
func (a *playAgent) vanish() {
	a.order(func() {
		if a.session == nil {
			return
		}
		how := (*socket).kill
		if a.number%2 == 0 {
			how = (*socket).close
		}
		a.absent.Store(true)
		a.hangUp(how)
		a.awaitPresence(false)
	})
}

func (a *playAgent) signOut() {
	a.order(func() {
		if a.session == nil {
			return
		}
		a.absent.Store(true)
		closing := time.Now()
		if _, err := a.c.try(`mutation { signOut(input: {}) { agent { id } } }`, nil); err != nil {
			a.p.t.Errorf("agent %d can't sign out: %v", a.number, err)
		}
		a.hangUp(func(s *socket) {
			a.stream.Closing = closing
			s.close()
		})
		a.awaitPresence(false)
	})
}

// takeAnotherDevice opens a second session and loses the first: no change of presence (PR-8).
func (a *playAgent) takeAnotherDevice() {
	a.order(func() {
		if a.session == nil {
			return
		}
		old, stream, before := a.session, a.stream, a.presence()
		if !a.connect() {
			return
		}
		session, newStream := a.session, a.stream
		a.session, a.stream = old, stream
		a.hangUp((*socket).kill)
		a.session, a.stream = session, newStream
		if p := a.presence(); p.text("signedIn") != "true" || p.text("changedAt") != before.text("changedAt") && !strings.HasPrefix(p.text("cause"), "WORK_") {
			a.p.t.Errorf("agent %d changed the device and became %v, was %v", a.number, p, before) // what work changes is another matter
		}
		a.catchUp()
	})
}

func (a *playAgent) choose(status string) {
	a.order(func() {
		if a.session == nil {
			return
		}
		if _, err := a.c.try(`mutation ($s: ID!) { setPresence(input: {statusId: $s}) { agent { id } } }`, vars{"s": status}); err != nil {
			a.p.t.Errorf("agent %d can't choose %s: %v", a.number, status, err)
		}
	})
}

func (a *playAgent) presence() object {
	data, err := a.c.try(`query ($id: ID!) { agent(id: $id) { presence { base cause source changedAt signedIn } } }`, vars{"id": a.id})
	if err != nil {
		a.p.t.Errorf("agent %d can't see their presence: %v", a.number, err)
	}
	return data.at("agent.presence")
}

// awaitPresence waits until an agent is there or gone for the server: a lost connection is answered by nothing.
func (a *playAgent) awaitPresence(signedIn bool) {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		p := a.presence()
		if (p.text("signedIn") == "true") == signedIn {
			return
		}
		if time.Now().After(end) {
			a.p.t.Errorf("agent %d should be signed in %t and is %v", a.number, signedIn, p)
			return
		}
	}
}
