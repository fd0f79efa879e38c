package play

import (
	"context"
	"errors"
	"time"

	"rapport/internal/client"
)

// agent is somebody at their desk. Everything of an agent happens in one goroutine, run's; what comes from elsewhere comes through the inbox.
type agent struct {
	p     *player
	id    string
	temp  Temperament
	inbox chan func(context.Context)

	socket *client.Socket // nil while there is none
	// connections counts them, so that what comes late from one that has ended is known.
	connections int
	// gone: signed out, as opposed to cut off.
	gone bool
	// offersAfter and itemsAfter are the cursors behind which the streams go on.
	offersAfter, itemsAfter *string

	desk desk
}

// inboxSize is more than what can be due at once.
const inboxSize = 1024

func newAgent(p *player, t Temperament) *agent {
	return &agent{p: p, id: t.Agent, temp: t, gone: true, inbox: make(chan func(context.Context), inboxSize), desk: newDesk()}
}

// run is the agent's goroutine: their moves one after the other, and what comes in between. It calls moved when no move is left, and ends
// with ctx.
func (a *agent) run(ctx context.Context, moves func() (Move, bool), moved func()) {
	next, more := moves()
	for {
		var due <-chan time.Time
		switch {
		case more:
			due = time.After(a.p.clock.ours(a.p.began.Add(next.At).Sub(a.p.clock.now())))
		case moved != nil:
			moved()
			moved = nil
		}
		select {
		case <-due:
			a.p.expect(ctx, a.move(ctx, next.Does), "agent "+a.id+", "+next.Does)
			next, more = moves()
		case do := <-a.inbox:
			do(ctx)
		case <-ctx.Done():
			if moved != nil {
				moved()
			}
			if a.socket != nil {
				a.hangUp((*client.Socket).Close)
			}
			return
		}
	}
}

// later has something done in the agent's goroutine after a time of the server's.
func (a *agent) later(ctx context.Context, after time.Duration, do func(context.Context)) {
	time.AfterFunc(a.p.clock.ours(after), func() { a.post(ctx, do) })
}

func (a *agent) post(ctx context.Context, do func(context.Context)) {
	select {
	case a.inbox <- do:
	case <-ctx.Done():
	}
}

func (a *agent) move(ctx context.Context, does string) error {
	switch does {
	case SignIn:
		return a.signIn(ctx)
	case SignOut:
		return a.signOut(ctx)
	case Drop:
		if a.socket != nil {
			a.hangUp((*client.Socket).Drop)
		}
		return nil
	}
	return a.choose(ctx, does)
}

// choose takes a presence by hand. Whoever was just cut off can't, which is nothing wrong.
func (a *agent) choose(ctx context.Context, presence string) error {
	e := Entry{Did: presence, Agent: a.id}
	err := insist(ctx, func() error {
		return a.p.call(&e, func() error {
			return a.p.http.Do(ctx, a.id, `mutation ($s: ID!) { setPresence(input: {statusId: $s}) { agent { id } } }`, client.Vars{"s": statuses[presence]}, nil)
		})
	})
	if client.Refused(err) == "CONFLICT/NOT_SIGNED_IN" {
		return nil
	}
	return err
}

// signIn opens the connection and the agent's two streams: their offers, which is their session (PR-8), and their work.
func (a *agent) signIn(ctx context.Context) error {
	if a.socket != nil {
		return nil
	}
	a.gone = false
	return insist(ctx, func() error { return a.connect(ctx) })
}

func (a *agent) connect(ctx context.Context) error {
	socket, err := client.Dial(ctx, a.p.url, a.id)
	if err != nil {
		return err
	}
	a.connections++
	a.socket = socket
	offers, err1 := socket.Subscribe(offersDocument, client.Vars{"a": a.id, "after": a.offersAfter})
	items, err2 := socket.Subscribe(itemsDocument, client.Vars{"a": a.id, "after": a.itemsAfter})
	if err := errors.Join(err1, err2); err != nil {
		a.hangUp((*client.Socket).Drop)
		return err
	}
	go listen(ctx, a, a.connections, offers, a.hearOffer)
	go listen(ctx, a, a.connections, items, a.hearItem)
	return nil
}

// listen hands each message of a stream to the agent's goroutine. When the connection ends by itself, the agent comes back.
func listen[M any](ctx context.Context, a *agent, connection int, stream *client.Subscription, hear func(context.Context, M)) {
	for {
		var m struct{ Message M }
		err := stream.Next(ctx, &m)
		a.post(ctx, func(ctx context.Context) {
			switch {
			case connection != a.connections || a.socket == nil: // hung up since
			case err == nil:
				hear(ctx, m.Message)
			default:
				a.hangUp((*client.Socket).Drop)
				why := err
				if _, passes := client.Passes(err); passes {
					why = a.signIn(ctx)
				}
				a.p.expect(ctx, why, "the stream of agent "+a.id)
			}
		})
		if err != nil {
			return
		}
	}
}

// signOut ends the session; the work in hand is finished all the same.
func (a *agent) signOut(ctx context.Context) error {
	if a.socket == nil {
		return nil
	}
	e := Entry{Did: SignOut, Agent: a.id}
	err := insist(ctx, func() error {
		return a.p.call(&e, func() error {
			return a.p.http.Do(ctx, a.id, `mutation { signOut(input: {}) { agent { id } } }`, nil, nil)
		})
	})
	if client.Refused(err) == "CONFLICT/NOT_SIGNED_IN" {
		err = nil // since the first try, or while the server was away
	}
	a.gone = true
	a.hangUp((*client.Socket).Close)
	return err
}

// hangUp ends the connection in a way; what was heard on it is forgotten, except where it stood.
func (a *agent) hangUp(how func(*client.Socket)) {
	now := a.p.clock.now()
	if a.desk.ready {
		a.p.journal.add(Entry{Heard: "CLOSED", Agent: a.id, At: &now})
	}
	a.desk.ready = false
	how(a.socket)
	a.socket = nil
	a.connections++
}
