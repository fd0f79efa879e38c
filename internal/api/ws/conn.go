package ws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// closeLinger is how long a connection that we close is read on after the close frame, until the client has closed its
// side. Closing a socket while input waits would send a reset, and the client might never see the close frame.
const closeLinger = time.Second

// conn is one connection. Its life: made → initialised (acked) → closing → ended. From each state it can go on to
// closing, by close or lost, and from there it always comes to ended.
type conn struct {
	t   *Transport
	ws  *websocket.Conn
	r   *http.Request
	out *queue

	ctx    context.Context // ends when closing begins
	cancel context.CancelFunc

	// Of the reading goroutine only.
	initTimer    *time.Timer
	inited       bool            // connection_init has come
	base         context.Context // what Init gave, the parent of the operations; nil until acknowledged
	baseReleased func() bool
	partial      bool          // a message has begun and is not whole
	pacer        *rate.Limiter // of what the client sends
	shared       *rate.Limiter // of what their principal sends; may be nil

	running sync.WaitGroup // operations
	written chan struct{}  // closed when the writer has ended
	ended   chan struct{}  // closed when all has ended and the transport has forgotten the connection

	mu       sync.Mutex
	ops      map[string]*operation // those whose messages the client still wants
	count    int                   // goroutines of operations, those that the client completed included
	answers  int                   // of those, how many a drain waits for
	draining bool
	closing  bool
	hardStop *time.Timer
	// subscriptions are those in ops that are known to be some.
	subscriptions int

	pending bool // not acknowledged yet; under the transport's lock
}

func newConn(t *Transport, ws *websocket.Conn, r *http.Request) *conn {
	c := &conn{
		t: t, ws: ws, r: r,
		out:     newQueue(t.o.QueueMessages, t.o.QueueBytes),
		pacer:   rate.NewLimiter(rate.Limit(min(t.o.MessageRate, strangerRate)), min(t.o.MessageBurst, strangerRate)),
		written: make(chan struct{}),
		ended:   make(chan struct{}),
		ops:     map[string]*operation{},
	}
	// Our own end decides, not the request's: a server whose base context ends at SIGTERM would otherwise cancel every
	// operation before Drain could say 1012.
	base := context.WithValue(context.WithoutCancel(r.Context()), connKey{}, c)
	c.ctx, c.cancel = context.WithCancel(base)
	return c
}

type connKey struct{}

// Cut closes the connection to which an operation's context belongs as that of a slow reader, with 4290: for subscriptions whose
// client fell so far behind that events were lost on the way to the queue. Without a connection it does nothing.
func Cut(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*conn); ok {
		c.slow()
	}
}

// serve runs the connection to its end.
func (c *conn) serve() {
	go c.writeLoop()
	c.initTimer = time.AfterFunc(c.t.o.InitTimeout, func() { c.close(closeInitTimeout, reasonInitTimeout) })
	c.readLoop()
	c.initTimer.Stop()

	<-c.written // In WriteTimeout at the latest, by hardStop.
	// What the reader left unread, and whatever comes until the client has closed its side, or for closeLinger.
	_, _ = io.Copy(io.Discard, c.ws.NetConn())
	_ = c.ws.Close()
	c.mu.Lock()
	if c.hardStop != nil {
		c.hardStop.Stop()
	}
	c.mu.Unlock()
	if c.baseReleased != nil {
		c.baseReleased()
	}
	c.running.Wait()
}

// close begins the end of the connection and says why. What the queue holds is sent before, except to a slow reader.
// The first to close or to lose the connection decides; later calls do nothing.
func (c *conn) close(code int, reason string) {
	if c.stop(closeFrame(code, reason), code != closeSlowReader) {
		level := slog.LevelDebug
		if code == closeSlowReader {
			level = slog.LevelWarn
		}
		c.t.o.Log.Log(context.Background(), level, "websocket closed", "code", code, "reason", reason)
	}
}

// lost ends a connection that is broken: there is nobody to say anything to. It also cuts a closing one short.
func (c *conn) lost(err error) {
	if c.stop(nil, false) {
		c.t.o.Log.Debug("websocket lost", "error", err)
	}
	_ = c.ws.Close()
}

// stop begins closing, unless that has begun: operations are cancelled, the queue takes nothing more, and in
// WriteTimeout the socket is closed, whatever the client and we are waiting for.
func (c *conn) stop(last []byte, flush bool) bool {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return false
	}
	c.closing = true
	for _, op := range c.ops {
		op.cancel()
	}
	clear(c.ops) // Nothing of theirs is sent any more.
	c.hardStop = time.AfterFunc(c.t.o.WriteTimeout, func() { _ = c.ws.Close() })
	c.mu.Unlock()
	c.cancel()
	c.out.end(last, flush)
	return true
}

// drain closes the connection as soon as no query or mutation is left to be answered.
func (c *conn) drain() {
	c.mu.Lock()
	c.draining = true
	now := c.answers == 0
	c.mu.Unlock()
	if now {
		c.close(closeRestart, reasonServiceRestart)
	}
}

func (c *conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// push queues a frame. A full queue costs the connection.
func (c *conn) push(f frame) {
	if !c.out.push(f) {
		c.slow()
	}
}

func (c *conn) slow() { c.close(closeSlowReader, "Slow reader") }

var errTooBig = errors.New("message too big")

// readLoop takes messages until the connection is closing.
func (c *conn) readLoop() {
	c.ws.SetPongHandler(func(string) error {
		if err := c.pace(); err != nil {
			return err
		}
		return c.alive()
	})
	c.ws.SetPingHandler(func(payload string) error {
		if err := c.pace(); err != nil {
			return err
		}
		c.push(frame{kind: websocket.PongMessage, head: []byte(payload)})
		return c.alive()
	})
	// All writing is the writer's, so the answer to the client's close goes through the queue as well.
	c.ws.SetCloseHandler(func(code int, _ string) error {
		c.stop(closeFrame(code, ""), false)
		return nil
	})
	if err := c.alive(); err != nil {
		c.lost(err)
	}
	for !c.isClosing() {
		kind, data, err := c.read()
		switch {
		case err == nil:
			c.receive(kind, data)
		case errors.Is(err, errTooBig):
			c.close(closeTooBig, fmt.Sprintf("Message longer than %d bytes", c.longest()))
		case c.isClosing(): // The client has closed, and the close handler has seen to it; or we have.
			return
		default:
			c.lost(err) // Broken, or silent for two ping intervals.
		}
	}
}

// pace holds the reading back when messages come faster than MessageRate. TCP then makes the client wait, and nobody else. It gives an
// error when the connection is closing.
func (c *conn) pace() error {
	if err := c.pacer.Wait(c.ctx); err != nil || c.shared == nil {
		return err
	}
	return c.shared.Wait(c.ctx)
}

// alive gives the client another two ping intervals, unless it has only closeLinger left. In the middle of a message it gives
// nothing: control frames between its fragments must not stretch it for ever.
func (c *conn) alive() error {
	if c.partial || c.isClosing() {
		return nil
	}
	return c.ws.SetReadDeadline(time.Now().Add(2 * c.t.o.PingInterval))
}

// read takes one message, of any number of fragments. Gorilla's own read limit would send its close frame past our
// queue, so the limit is here.
func (c *conn) read() (kind int, data []byte, err error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	c.partial = true
	data, err = io.ReadAll(io.LimitReader(r, c.longest()+1))
	c.partial = false
	if err == nil && int64(len(data)) > c.longest() {
		err = errTooBig
	}
	if err != nil {
		return 0, nil, err
	}
	if err := c.pace(); err != nil {
		return 0, nil, err
	}
	return kind, data, c.alive()
}

// longest is how long a message may be. A stranger's has room for a token and little else.
func (c *conn) longest() int64 {
	if c.base == nil {
		return min(c.t.o.MaxMessageBytes, maxInitBytes)
	}
	return c.t.o.MaxMessageBytes
}

func (c *conn) receive(kind int, data []byte) {
	if kind != websocket.TextMessage {
		c.close(closeInvalidMessage, "Invalid message: binary, expected text")
		return
	}
	if !utf8.Valid(data) {
		c.close(closeNotText, "Text message is not UTF-8")
		return
	}
	m, err := parseMessage(data)
	if err != nil {
		c.close(closeInvalidMessage, "Invalid message: "+err.Error())
		return
	}
	switch m.Type {
	case "connection_init":
		c.init(m)
	case "ping":
		if m.Payload == nil {
			c.push(text(`{"type":"pong"}`))
		} else {
			c.push(frame{websocket.TextMessage, []byte(`{"type":"pong","payload":`), m.Payload})
		}
	case "pong": // Welcome at any time, and needs no answer.
	case "subscribe":
		c.subscribe(m)
	case "complete":
		c.completed(m.ID)
	}
}

// init answers connection_init. It runs on the reading goroutine, so what a client sends behind it waits for it.
func (c *conn) init(m message) {
	if c.inited {
		c.close(closeTooManyInits, reasonTooManyInits)
		return
	}
	c.inited = true
	ctx, err := c.who(m)
	if !c.initTimer.Stop() || c.ctx.Err() != nil {
		return // Too late: closing already.
	}
	if err != nil {
		c.t.o.Log.Info("websocket connection refused", "error", err, "reason", errors.Unwrap(err))
		if told, ok := errors.AsType[*CloseError](err); ok {
			c.close(told.Code, told.Reason)
		} else {
			c.close(closeForbidden, reasonForbidden)
		}
		return
	}
	if ctx == nil {
		ctx = c.ctx
	}
	c.base = ctx
	c.t.acknowledged(c)
	c.pacer.SetLimit(rate.Limit(c.t.o.MessageRate))
	c.pacer.SetBurst(c.t.o.MessageBurst)
	if c.t.o.Pacer != nil {
		c.shared = c.t.o.Pacer(ctx)
	}
	c.push(text(`{"type":"connection_ack"}`))
	c.baseReleased = context.AfterFunc(ctx, func() { c.close(closeForbidden, reasonForbidden) })
}

func (c *conn) who(m message) (ctx context.Context, err error) {
	if c.t.o.Init == nil {
		return c.ctx, nil
	}
	defer func() {
		if p := recover(); p != nil {
			c.t.o.Log.Error("panic in websocket init", "panic", p, "stack", string(debug.Stack()))
			c.close(closeInternal, "Internal server error")
		}
	}()
	payload, err := m.object()
	if err != nil {
		return nil, err
	}
	return c.t.o.Init(c.ctx, c.r, payload)
}
