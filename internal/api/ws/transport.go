// Package ws serves GraphQL over WebSocket: the sub-protocol graphql-transport-ws, as the file PROTOCOL.md of the npm
// package graphql-ws describes it, over any graphql.GraphExecutor. Why it is our own: docs/decisions/0004.
//
// Per connection there is a reading and a writing goroutine, and one for each operation. Between operations and the
// writer stands a bounded queue (queue.go), so that nobody ever waits for a slow client. A connection ends in one of
// three ways, all in conn.go: close (we say why), the client's own close, and lost (nobody there to tell).
package ws

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

const subprotocol = "graphql-transport-ws"

// Options sets limits and hooks. A limit that is zero or less gets its default: there is no way to have none.
type Options struct {
	// InitTimeout is how long a client may take to be acknowledged, Init included; then 4408. Default 10 s.
	InitTimeout time.Duration
	// WriteTimeout is how long one message may take to be written, and how long a closing connection may take to
	// come to its end, whatever the client does. Default 10 s.
	WriteTimeout time.Duration
	// PingInterval is the time between pings (those of WebSocket, which browsers answer by themselves). A client from
	// which nothing came for two intervals, neither a pong nor a message, is dropped. Default 15 s.
	PingInterval time.Duration
	// QueueMessages and QueueBytes bound what waits to be sent on one connection behind the message being written. One
	// more message when either is reached closes it with 4290, and what waited is dropped. Subscriptions wait before
	// that: while the queue is more than half full, and at most for half of WriteTimeout, then the same happens.
	// QueueBytes should be above the size of any single answer. Defaults 256 and 1 MiB.
	QueueMessages, QueueBytes int
	// MaxMessageBytes is the longest message taken from a client; a longer one closes with 1009. Default 256 KiB.
	MaxMessageBytes int64
	// MaxOperations is how many operations a connection may have open. One more is answered with an error for its
	// id, code LIMIT_EXCEEDED. As many again may still be ending. Default 100.
	MaxOperations int
	// MaxSubscriptions is how many of a connection's operations may be subscriptions. One more is answered in the same way.
	// Default 50.
	MaxSubscriptions int
	// MessageRate is how many messages per second are taken from a connection, pings and pongs included, and MessageBurst
	// how many at once. What comes faster waits in the network: the client is held back, and nothing is lost. The rate should
	// be above that of a principal's operations. Defaults 5,000 and 1,000; 10 until the connection is acknowledged.
	MessageRate, MessageBurst int
	// Pacer gives, from the context that Init gave, the limiter that the connections of one principal share, for their messages in
	// the same way as MessageRate; nil: none. It must not block.
	Pacer func(ctx context.Context) *rate.Limiter
	// MaxSockets is how many connections may be open; one more is closed with 1013. Default 16,384.
	MaxSockets int
	// MaxPending is how many of them may wait for their acknowledgement, so that strangers can't take all places; one more
	// is closed with 1013. As many again may be being turned away; beyond, a connection ends without a word. Default 1,024.
	MaxPending int
	// CheckOrigin tells whether a browser's page may connect; nil allows the server's own origin only. A refusal is
	// HTTP 403.
	CheckOrigin func(*http.Request) bool
	// Init tells who acts. It gets the payload of connection_init, nil if there was none, and gives the context of all
	// the connection's operations, derived from ctx. An error closes with 4403 and is logged, not sent, unless
	// it is a *CloseError. The end of the context that it gave closes with 4403 too, which is how a token expires. Its ctx
	// ends with the connection, so context.AfterFunc gives back what Init took. Nil: everybody.
	Init func(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, error)
	// Admit is called for each subscribe before its document is looked at. Its ctx is the operation's. An error becomes the
	// operation's error message. Otherwise release, unless nil, is called once when the operation is over, before the client
	// hears that. It runs on the reading goroutine, and must not block.
	Admit func(ctx context.Context) (release func(), err error)
	// Started is called once an operation is valid, before its first response is asked for. An error becomes the
	// operation's error message. Otherwise ended, unless nil, is called exactly once when the operation is over,
	// however that came about: after its last response, before the client hears that it is complete. Its ctx is the
	// operation's, and may have ended by then. Both block only this operation.
	Started func(ctx context.Context, op *graphql.OperationContext) (ended func(), err error)
	// Refused is told of each refusal for a limit of ours, to count it. It must not block.
	Refused func(Limit)
	// Log takes what an operator may want to know; nil is slog.Default().
	Log *slog.Logger
}

// Limit names what a refusal was for.
type Limit string

// The limits of this package that refuse. They are labels of a metric.
const (
	LimitSockets       Limit = "sockets"
	LimitPending       Limit = "pending_sockets"
	LimitOperations    Limit = "connection_operations"
	LimitSubscriptions Limit = "connection_subscriptions"
)

// Transport is an http.Handler for WebSocket connections. Its methods may be called from any goroutine.
type Transport struct {
	exec     graphql.GraphExecutor
	o        Options
	upgrader websocket.Upgrader

	mu         sync.Mutex
	conns      map[*conn]struct{}
	pending    int // of conns, those that are not acknowledged yet
	turnedAway int // connections that only hear why they can't stay
	draining   bool
}

// New returns a transport that runs operations on exec.
func New(exec graphql.GraphExecutor, o Options) *Transport {
	o.InitTimeout = orDefault(o.InitTimeout, 10*time.Second)
	o.WriteTimeout = orDefault(o.WriteTimeout, 10*time.Second)
	o.PingInterval = orDefault(o.PingInterval, 15*time.Second)
	o.QueueMessages = orDefault(o.QueueMessages, 256)
	o.QueueBytes = orDefault(o.QueueBytes, 1<<20)
	o.MaxMessageBytes = orDefault(o.MaxMessageBytes, 256<<10)
	o.MaxOperations = orDefault(o.MaxOperations, 100)
	o.MaxSubscriptions = orDefault(o.MaxSubscriptions, 50)
	o.MessageRate = orDefault(o.MessageRate, 5000)
	o.MessageBurst = orDefault(o.MessageBurst, 1000)
	o.MaxSockets = orDefault(o.MaxSockets, 16384)
	o.MaxPending = orDefault(o.MaxPending, 1024)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Transport{
		exec: exec,
		o:    o,
		upgrader: websocket.Upgrader{
			HandshakeTimeout: o.WriteTimeout,
			WriteBufferPool:  &sync.Pool{}, // An idle connection holds no write buffer.
			Subprotocols:     []string{subprotocol},
			CheckOrigin:      o.CheckOrigin,
		},
		conns: map[*conn]struct{}{},
	}
}

func orDefault[T cmp.Ordered](given, otherwise T) T {
	var zero T
	if given <= zero {
		return otherwise
	}
	return given
}

// ServeHTTP upgrades the request and returns when the connection and all its operations have ended. The request's
// context does not end them: Drain does.
func (t *Transport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := t.upgrader.Upgrade(w, r, nil)
	if err != nil {
		t.o.Log.Debug("websocket upgrade refused", "error", err) // Upgrade has answered.
		return
	}
	c := newConn(t, ws, r)
	code, reason := t.register(c)
	if code == 0 {
		defer t.forget(c)
		c.serve()
		return
	}
	// Those that are not wanted get as far as the upgrade, because a client sees why only in a close frame: after a
	// plain HTTP error the npm client gives up for good.
	if !t.turnAway() {
		c.cancel()
		_ = ws.Close()
		return
	}
	defer t.gone()
	c.close(code, reason)
	c.serve()
}

// register counts c in, or gives the code and the reason to close it with.
func (t *Transport) register(c *conn) (code int, reason string) {
	if c.ws.Subprotocol() != subprotocol {
		return closeSubprotocol, reasonSubprotocol
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.draining:
		return closeRestart, reasonServiceRestart
	case len(t.conns) >= t.o.MaxSockets:
		t.refused(LimitSockets)
		return closeTryAgainLater, reasonTryAgainLater
	case t.pending >= t.o.MaxPending:
		t.refused(LimitPending)
		return closeTryAgainLater, reasonTryAgainLater
	}
	t.conns[c] = struct{}{}
	c.pending = true
	t.pending++
	return 0, ""
}

// turnAway makes room for one more connection to hear why it can't stay, or tells that there is none.
func (t *Transport) turnAway() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.turnedAway >= t.o.MaxPending {
		return false
	}
	t.turnedAway++
	return true
}

// gone is the end of turnAway.
func (t *Transport) gone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turnedAway--
}

// acknowledged: c is no stranger any more.
func (t *Transport) acknowledged(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.pending {
		c.pending = false
		t.pending--
	}
}

func (t *Transport) forget(c *conn) {
	t.acknowledged(c)
	t.mu.Lock()
	delete(t.conns, c)
	t.mu.Unlock()
	close(c.ended)
}

func (t *Transport) refused(limit Limit) {
	if t.o.Refused != nil {
		t.o.Refused(limit)
	}
}

// Sockets tells how many connections are open or have operations that are still ending.
func (t *Transport) Sockets() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns)
}

// Drain closes every connection with 1012, new ones as well, and returns when all have ended. Queries and mutations
// under way get to send their answer first, because a client repeats on its next connection whatever was not
// answered. When ctx ends, what is left is closed at once, and Drain returns without waiting for it.
func (t *Transport) Drain(ctx context.Context) {
	t.mu.Lock()
	t.draining = true
	var left []*conn
	for c := range t.conns {
		left = append(left, c)
		c.drain()
	}
	t.mu.Unlock()
	for i, c := range left {
		select {
		case <-c.ended:
		case <-ctx.Done():
			for _, c := range left[i:] {
				c.close(closeRestart, reasonServiceRestart)
			}
			t.o.Log.Warn("websocket drain was cut short", "sockets", t.Sockets())
			return
		}
	}
}
