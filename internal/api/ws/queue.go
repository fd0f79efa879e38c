package ws

import (
	"context"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// frame is one outgoing WebSocket message. Its text is head, or head + body + "}": the head holds the id that a client
// chose, the body a response, which connections may share as long as nobody changes its bytes.
type frame struct {
	kind       int // websocket.TextMessage or PongMessage
	head, body []byte
}

func text(s string) frame { return frame{kind: websocket.TextMessage, head: []byte(s)} }

func (f frame) size() int { return len(f.head) + len(f.body) + 1 }

// queue holds what a connection has still to send. Any goroutine pushes and never waits; the connection's writer pops.
// It is over once end was called: what is pushed later is dropped.
type queue struct {
	maxMessages, maxBytes int
	wake                  chan struct{} // holds a token when the writer should look again

	mu      sync.Mutex
	waiting []frame
	taken   int // frames at the start of waiting that the writer has popped
	bytes   int // of the waiting frames and the one being written
	writing int // bytes of the one being written, or 0
	over    bool
	last    []byte // payload of the close frame, nil to send none
	// roomy is closed when there is room again; nil when nobody waits for that.
	roomy chan struct{}
}

func newQueue(maxMessages, maxBytes int) *queue {
	return &queue{maxMessages: maxMessages, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// push adds a frame, and tells false when there is no room for it. The frame at the head, being written or next to be,
// takes no room: an answer larger than the whole queue gets through, since refusing it could never be cured by trying
// again, and so does what comes right behind it.
func (q *queue) push(f frame) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return true
	}
	head := q.writing
	if head == 0 && q.taken < len(q.waiting) {
		head = q.waiting[q.taken].size()
	}
	if len(q.waiting)-q.taken >= q.maxMessages || q.bytes-head >= q.maxBytes {
		return false
	}
	if q.taken > 0 && len(q.waiting) == cap(q.waiting) {
		rest := copy(q.waiting, q.waiting[q.taken:])
		clear(q.waiting[rest:])
		q.waiting, q.taken = q.waiting[:rest], 0
	}
	q.waiting = append(q.waiting, f)
	q.bytes += f.size()
	q.signal()
	return true
}

// waitRoom waits until the queue is at most half full, so that a subscription with much to say, such as its start, goes at its client's pace. It gives up
// and tells false after patience; the end of the queue or of ctx is no reason to give up.
func (q *queue) waitRoom(ctx context.Context, patience time.Duration) bool {
	var over <-chan time.Time
	for {
		q.mu.Lock()
		if q.over || q.half() {
			q.mu.Unlock()
			return true
		}
		if q.roomy == nil {
			q.roomy = make(chan struct{})
		}
		roomy := q.roomy
		q.mu.Unlock()
		if over == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			over = timer.C
		}
		select {
		case <-roomy:
		case <-ctx.Done():
			return true
		case <-over:
			return false
		}
	}
}

// half tells whether the queue is at most half full. It is called with the lock held.
func (q *queue) half() bool {
	return len(q.waiting)-q.taken <= q.maxMessages/2 && q.bytes-q.writing <= q.maxBytes/2
}

// told wakes those who wait for room. It is called with the lock held.
func (q *queue) told() {
	if q.roomy != nil && (q.over || q.half()) {
		close(q.roomy)
		q.roomy = nil
	}
}

// pop takes the next frame. With none left, over tells whether more can come, and last how to take leave.
func (q *queue) pop() (f frame, ok, over bool, last []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= q.writing
	q.writing = 0
	defer q.told()
	if q.taken == len(q.waiting) {
		q.reset()
		return frame{}, false, q.over, q.last
	}
	f = q.waiting[q.taken]
	q.waiting[q.taken] = frame{} // Let go of the bytes.
	q.taken++
	q.writing = f.size()
	return f, true, false, nil
}

// end lets nothing in any more. With flush, what waits is sent before the close frame.
func (q *queue) end(last []byte, flush bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return
	}
	q.over, q.last = true, last
	q.told()
	if !flush {
		q.bytes = q.writing
		q.reset()
	}
	q.signal()
}

// reset forgets the waiting frames. An idle connection does not keep the room that a burst needed.
func (q *queue) reset() {
	const keep = 16
	if cap(q.waiting) > keep {
		q.waiting = nil
	}
	clear(q.waiting)
	q.waiting, q.taken = q.waiting[:0], 0
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // There is a token already.
	}
}

// writeLoop is the only goroutine that writes to the socket. It ends after the close frame, or when a write fails or
// takes longer than WriteTimeout.
func (c *conn) writeLoop() {
	defer close(c.written)
	pings := time.NewTicker(c.t.o.PingInterval)
	defer pings.Stop()
	due := false // A ping is to be sent.
	for {
		select { // Looked at before every frame: a busy stream must not keep pings back and lose a healthy client.
		case <-pings.C:
			due = true
		default:
		}
		var f frame
		ok, over, last := true, false, []byte(nil)
		if due {
			f, due = frame{kind: websocket.PingMessage}, false
		} else {
			f, ok, over, last = c.out.pop()
		}
		switch {
		case ok:
			if err := c.write(f); err != nil {
				c.lost(err)
				return
			}
		case over:
			c.writeClose(last)
			return
		default:
			select {
			case <-c.out.wake:
			case <-pings.C:
				due = true
			}
		}
	}
}

// writeClose sends the close frame and tells the peer that nothing follows. Clients close the socket when they see
// that, so the reader comes to an end without a reset, which could overtake the close frame.
func (c *conn) writeClose(payload []byte) {
	if payload == nil || c.write(frame{kind: websocket.CloseMessage, head: payload}) != nil {
		_ = c.ws.Close()
		return
	}
	if half, ok := c.ws.NetConn().(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // The reader sees what became of it.
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(closeLinger)) // A frozen client must not hold up a drain.
}

// buffers serve to put a head and a body together, so that they leave as one frame in one system call.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func (c *conn) write(f frame) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.t.o.WriteTimeout)); err != nil {
		return err
	}
	if f.body == nil {
		return c.ws.WriteMessage(f.kind, f.head)
	}
	buffer := buffers.Get().(*[]byte)
	*buffer = append(append(append((*buffer)[:0], f.head...), f.body...), '}')
	err := c.ws.WriteMessage(f.kind, *buffer)
	if cap(*buffer) <= 64<<10 { // Few messages are larger, and keeping their room is not worth it.
		buffers.Put(buffer)
	}
	return err
}
