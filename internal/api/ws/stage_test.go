package ws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// patience is how long a test waits for what must come. Nothing waits that long unless it fails.
const patience = 5 * time.Second

// headerTimeout is how long a client may take over the HTTP request of a handshake.
const headerTimeout = 2 * time.Second

var testSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar Any
	type Query { echo(value: Any): Any, who: String, fail: String, boom: String, slow: String, stuck: String,
		garbled: String }
	type Mutation { bump: Int, slowBump: Int }
	type Subscription { ticks(n: Int!): Int, never: Int, feed: String, tickThenBoom: Int, tickThenFail: Int, failAtOnce: Int, refused: Int, cut: Int }
`})

// stage is a server with a transport and a hand-written schema, and what a story wants to know about it.
type stage struct {
	*testing.T
	transport *Transport
	server    *httptest.Server
	happened  chan string   // "started" and "ended", from the hook; "waiting", from those
	release   chan struct{} // lets one slow, slowBump or stuck answer
	bumps     atomic.Int64
	live      atomic.Int64 // operations started and not ended
	clients   []*client

	mu     sync.Mutex
	feeds  map[chan string]context.Context
	gone   map[string]chan struct{} // by the client's address: closed when the server closed its socket
	narrow atomic.Bool              // small socket buffers, so that a client that doesn't read is felt soon
	drag   atomic.Bool              // each write of the server takes a millisecond
}

type actor struct{}

func newStage(t *testing.T, set func(*Options)) *stage {
	s := &stage{
		T:        t,
		happened: make(chan string, 1000),
		release:  make(chan struct{}),
		feeds:    map[chan string]context.Context{},
		gone:     map[string]chan struct{}{},
	}
	o := Options{Started: s.started, Log: slog.New(slog.DiscardHandler)}
	if set != nil {
		set(&o)
	}
	exec := executor.New(s)
	exec.SetRecoverFunc(func(_ context.Context, p any) error { return fmt.Errorf("recovered: %v", p) })
	exec.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		if strings.HasPrefix(shown.Message, "recovered") {
			return &gqlerror.Error{Message: "presented", Extensions: map[string]any{"code": "INTERNAL"}}
		}
		return shown
	})
	s.transport = New(exec, o)
	s.server = httptest.NewUnstartedServer(s.transport)
	s.server.Listener = watched{s.server.Listener, s}
	s.server.Config.ReadHeaderTimeout = headerTimeout
	s.server.Start()
	t.Cleanup(s.end)
	return s
}

// end checks what holds after every story: no socket and no operation is left, and each started one ended once.
func (s *stage) end() {
	for _, c := range s.clients {
		_ = c.ws.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.transport.Drain(ctx)
	s.server.Close()
	if n := s.transport.Sockets(); n != 0 {
		s.Errorf("%d sockets left", n)
	}
	if n := s.live.Load(); n != 0 {
		s.Errorf("%d operations started and not ended", n)
	}
}

// started is the Started hook of every stage.
func (s *stage) started(_ context.Context, op *graphql.OperationContext) (func(), error) {
	switch op.Operation.Name {
	case "Plain":
		return nil, errors.New("not now")
	case "Coded":
		return nil, &gqlerror.Error{Message: "no", Extensions: map[string]any{"code": "FORBIDDEN"}}
	}
	s.live.Add(1)
	if op.Operation.Name == "Quiet" { // There are too many to tell of each.
		return func() { s.live.Add(-1) }, nil
	}
	s.happened <- "started"
	var calls atomic.Int64
	return func() {
		if calls.Add(1) > 1 {
			s.Error("ended was called twice")
		}
		s.live.Add(-1)
		s.happened <- "ended"
		if op.Operation.Name == "BadHook" {
			panic("in ended")
		}
	}, nil
}

func (s *stage) await(what ...string) {
	s.Helper()
	for _, w := range what {
		select {
		case got := <-s.happened:
			if got != w {
				s.Fatalf("happened %q, want %q", got, w)
			}
		case <-time.After(patience):
			s.Fatalf("%q never happened", w)
		}
	}
}

// publish hands an event to every feed that is running.
func (s *stage) publish(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for feed, ctx := range s.feeds {
		select {
		case feed <- event:
		case <-ctx.Done():
			delete(s.feeds, feed)
		}
	}
}

func (s *stage) Schema() *ast.Schema { return testSchema }

func (s *stage) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec plays the part of gqlgen's generated code, for the first field of the operation.
func (s *stage) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field)
	args := field.ArgumentMap(op.Variables)
	data := func(v any) *graphql.Response {
		b, err := json.Marshal(map[string]any{field.Alias: v})
		if err != nil {
			s.Error(err)
		}
		return &graphql.Response{Data: b}
	}
	n := 0
	switch field.Name {
	case "echo":
		return graphql.OneShot(data(args["value"]))
	case "who":
		return graphql.OneShot(data(ctx.Value(actor{})))
	case "bump":
		return graphql.OneShot(data(s.bumps.Add(1)))
	case "fail":
		return func(ctx context.Context) *graphql.Response {
			graphql.AddErrorf(ctx, "failed")
			return data(nil)
		}
	case "boom":
		return func(context.Context) *graphql.Response { panic("boom") }
	case "garbled":
		return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{`)})
	case "stuck": // Doesn't notice that it is cancelled.
		return func(context.Context) *graphql.Response {
			s.happened <- "waiting"
			<-s.release
			return data("free")
		}
	case "slow", "slowBump":
		return func(ctx context.Context) *graphql.Response {
			s.happened <- "waiting"
			select {
			case <-s.release:
				return data(s.bumps.Add(1))
			case <-ctx.Done():
				return data(nil)
			}
		}
	case "refused": // As when a subscription's resolver gives an error.
		graphql.AddErrorf(ctx, "refused")
		return nil
	case "cut":
		return func(ctx context.Context) *graphql.Response {
			Cut(ctx)
			<-ctx.Done()
			return nil
		}
	case "feed":
		return s.feed(ctx, func(event string) *graphql.Response { return data(event) })
	}
	return func(ctx context.Context) *graphql.Response { // ticks, tickThenBoom, tickThenFail, failAtOnce, never
		n++
		switch most, _ := args["n"].(int64); {
		case field.Name == "tickThenBoom" && n == 2:
			panic("boom")
		case field.Name == "tickThenFail" && n == 2, field.Name == "failAtOnce": // as when the database does not give a part of a message
			graphql.AddErrorf(ctx, "failed")
		case field.Name == "never":
			<-ctx.Done()
			return nil
		case field.Name == "ticks" && int64(n) > most:
			return nil
		}
		return data(n)
	}
}

func (s *stage) feed(ctx context.Context, data func(string) *graphql.Response) graphql.ResponseHandler {
	events := make(chan string, 1<<17) // as a bus, in which events wait while the transport goes at its client's pace
	s.mu.Lock()
	s.feeds[events] = ctx
	s.mu.Unlock()
	s.happened <- "feeding"
	return func(ctx context.Context) *graphql.Response {
		select {
		case event := <-events:
			return data(event)
		case <-ctx.Done():
			return nil
		}
	}
}

// watched notes when the server closes a socket.
type watched struct {
	net.Listener
	s *stage
}

type watchedConn struct {
	*net.TCPConn
	s    *stage
	once sync.Once
	gone chan struct{}
}

func (l watched) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &watchedConn{TCPConn: accepted.(*net.TCPConn), s: l.s, gone: make(chan struct{})}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.gone[c.RemoteAddr().String()] = c.gone
	if l.s.narrow.Load() {
		_ = c.SetWriteBuffer(4096)
	}
	return c, nil
}

func (c *watchedConn) Write(b []byte) (int, error) {
	if c.s.drag.Load() {
		time.Sleep(time.Millisecond)
	}
	return c.TCPConn.Write(b)
}

func (c *watchedConn) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(func() { close(c.gone) })
	return err
}

// client is a bare WebSocket client.
type client struct {
	*stage
	ws *websocket.Conn
}

// stranger is a connection that has its place and is not acknowledged. The place is given after the answer to the upgrade.
func (s *stage) stranger() *client {
	s.Helper()
	before := s.transport.Sockets()
	c := s.dial(subprotocol)
	for s.transport.Sockets() == before {
		time.Sleep(time.Millisecond)
	}
	return c
}

// dial opens a socket for the given sub-protocols.
func (s *stage) dial(subprotocols ...string) *client {
	s.Helper()
	d := websocket.Dialer{Subprotocols: subprotocols, NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil && s.narrow.Load() {
			err = c.(*net.TCPConn).SetReadBuffer(4096)
		}
		return c, err
	}}
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(s.server.URL, "http"), nil)
	if err != nil {
		s.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	c := &client{s, ws}
	s.clients = append(s.clients, c)
	return c
}

// connect opens a socket and has it acknowledged.
func (s *stage) connect() *client {
	s.Helper()
	c := s.dial(subprotocol)
	c.send(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack"}`)
	return c
}

func (c *client) send(text string) {
	c.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.Fatal(err)
	}
}

// bytes writes to the socket below WebSocket.
func (c *client) bytes(b ...byte) {
	c.Helper()
	if _, err := c.ws.NetConn().Write(b); err != nil {
		c.Fatal(err)
	}
}

func (c *client) subscribe(id, query string) {
	c.Helper()
	c.send(fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query))
}

// want expects exactly these messages next.
func (c *client) want(texts ...string) {
	c.Helper()
	for _, text := range texts {
		_, got, err := c.ws.ReadMessage()
		if err != nil {
			c.Fatalf("%v, want %.300s", err, text)
		}
		if string(got) != text {
			c.Fatalf("got  %.300s\nwant %.300s", got, text)
		}
	}
}

// wantClose expects a close frame next, and that the server closes the socket when the client has.
func (c *client) wantClose(code int, reason string) {
	c.Helper()
	_, got, err := c.ws.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		c.Fatalf("got %s %v, want close %d", got, err, code)
	}
	if closed.Code != code || closed.Text != reason {
		c.Fatalf("closed with %d %q, want %d %q", closed.Code, closed.Text, code, reason)
	}
	_ = c.ws.Close()
	c.wantGone()
}

// wantLost expects the end of the socket without a close frame.
func (c *client) wantLost() {
	c.Helper()
	_, got, err := c.ws.ReadMessage()
	if closed, ok := errors.AsType[*websocket.CloseError](err); err == nil || ok && closed.Code != websocket.CloseAbnormalClosure {
		c.Fatalf("got %s %v, want a broken connection", got, err)
	}
	c.wantGone()
}

// wantGone expects the server to have closed its socket.
func (c *client) wantGone() {
	c.Helper()
	c.mu.Lock()
	gone := c.gone[c.ws.LocalAddr().String()]
	c.mu.Unlock()
	select {
	case <-gone:
	case <-time.After(patience):
		c.Fatal("the server never closed its socket")
	}
}

var _ http.Handler = (*Transport)(nil)
