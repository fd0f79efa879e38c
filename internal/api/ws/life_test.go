package ws

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Each way in which a connection with a running subscription comes to its end: the operation ends once, the socket is
// freed, and another connection's subscription doesn't notice.
func TestEndings(t *testing.T) {
	for _, ending := range []struct {
		name string
		set  func(*Options)
		play func(s *stage, c *client)
	}{
		{"the client closes", nil, func(s *stage, c *client) {
			_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(patience))
			c.wantClose(1000, "")
		}},
		{"the client closes without a code", nil, func(s *stage, c *client) {
			_ = c.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(patience))
			c.wantClose(websocket.CloseNoStatusReceived, "")
		}},
		{"the client resets the connection", nil, func(s *stage, c *client) {
			_ = c.ws.NetConn().(*net.TCPConn).SetLinger(0)
			_ = c.ws.NetConn().Close()
			c.wantGone()
		}},
		{"the client goes without a close frame", nil, func(s *stage, c *client) {
			_ = c.ws.NetConn().Close()
			c.wantGone()
		}},
		{"the client leaves in the middle of a frame", nil, func(s *stage, c *client) {
			c.bytes(0x81, 0xfe, 0x10)
			_ = c.ws.NetConn().Close()
			c.wantGone()
		}},
		{"the client stops in the middle of a frame", pings(interval), func(s *stage, c *client) {
			start := time.Now()
			c.bytes(0x81, 0xfe, 0x10)
			c.wantLost()
			within(s, start, 2*interval)
		}},
		{"the client answers no ping", pings(interval), func(s *stage, c *client) {
			start := time.Now()
			c.ws.SetPingHandler(func(string) error { return nil })
			c.wantLost()
			within(s, start, 2*interval)
		}},
		{"the client sends nonsense and doesn't close", quick, func(s *stage, c *client) {
			start := time.Now()
			c.send("nonsense")
			s.await("ended") // Its operations don't wait for that.
			c.wantGone()
			within(s, start, 100*time.Millisecond)
			s.happened <- "ended"
		}},
	} {
		t.Run(ending.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, ending.set)
			other := s.follow("o")
			over := make(chan error)
			go func() { // It reads all the time, so its pings are answered.
				_, _, err := other.ws.ReadMessage()
				over <- err
			}()
			c := s.connect()
			c.subscribe("1", never)
			s.await("started")
			ending.play(s, c)
			s.await("ended")
			s.publish("after")
			if err := <-over; err != nil {
				t.Errorf("the other connection: %v", err)
			}
		})
	}
}

// interval is the time between pings where a test is about them: long enough for a busy machine to answer in two.
const interval = 100 * time.Millisecond

func pings(every time.Duration) func(*Options) {
	return func(o *Options) { o.PingInterval = every }
}

func quick(o *Options) { o.WriteTimeout = 100 * time.Millisecond }

// within fails when it took longer than stated, with half a second for a busy machine.
func within(s *stage, start time.Time, stated time.Duration) {
	s.Helper()
	if took := time.Since(start); took > stated+500*time.Millisecond {
		s.Errorf("took %v, stated are %v", took, stated)
	}
}

// follow connects a client with a running subscription to what publish says.
func (s *stage) follow(id string) *client {
	s.Helper()
	c := s.connect()
	c.subscribe(id, `subscription { feed }`)
	s.await("started", "feeding")
	return c
}

// An idle connection lives as long as pings are answered, and a busy stream keeps no ping back.
func TestPingsKeepConnections(t *testing.T) {
	for _, load := range []struct {
		name        string
		outstanding int // events sent and not yet read, at any time
	}{{"idle", 0}, {"busy", 300}} {
		t.Run(load.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(o *Options) { o.PingInterval, o.QueueMessages = interval, 1000 })
			s.drag.Store(true) // So that with events outstanding the queue is never empty.
			c := s.follow("1")
			pinged, answer := 0, c.ws.PingHandler()
			room := make(chan struct{}, load.outstanding+1)
			c.ws.SetPingHandler(func(payload string) error {
				if pinged++; pinged == 4 {
					close(room)
				}
				return answer(payload)
			})
			go func() {
				for range room {
					s.publish("event")
				}
				s.publish("last")
			}()
			for range load.outstanding {
				room <- struct{}{}
			}
			for last := false; !last; {
				_, got, err := c.ws.ReadMessage()
				if err != nil {
					t.Fatal(err)
				}
				last = strings.Contains(string(got), "last")
				if pinged < 4 && load.outstanding > 0 {
					room <- struct{}{}
				}
			}
		})
	}
}

// Any message is as good as a pong.
func TestMessagesKeepConnections(t *testing.T) {
	s := newStage(t, pings(interval))
	c := s.connect()
	pinged := 0
	c.ws.SetPingHandler(func(string) error { pinged++; return nil })
	for pinged < 4 {
		c.send(`{"type":"ping"}`)
		c.want(`{"type":"pong"}`)
		time.Sleep(interval / 10)
	}
}

// A client that waits for us to close the socket doesn't wait long.
func TestSocketIsClosedAfterTheCloseFrame(t *testing.T) {
	c := newStage(t, nil).connect()
	c.send("nonsense")
	_, _, err := c.ws.ReadMessage()
	if !websocket.IsCloseError(err, 4400) {
		t.Fatal(err)
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(closeLinger / 2))
	if _, err := c.ws.NetConn().Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

// A message may come in fragments, with control frames between them.
func TestFragments(t *testing.T) {
	c := newStage(t, nil).connect()
	fragment := func(first byte, text string) { // Masked with zeros.
		c.bytes(append([]byte{first, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)...)
	}
	fragment(0x01, `{"type":`)
	fragment(0x89, `still here`)
	fragment(0x00, `"pi`)
	fragment(0x80, `ng"}`)
	c.want(`{"type":"pong"}`)
}

// EV-2. A client that stops reading loses its connection, whichever limit it meets first, and only its own.
func TestSlowReader(t *testing.T) {
	for _, limit := range []struct {
		name string
		set  func(*Options)
	}{
		{"too many messages", func(o *Options) { o.QueueMessages = 10 }},
		{"too many bytes", func(o *Options) { o.QueueBytes = 100_000 }},
		{"too long for one write", func(o *Options) { o.QueueMessages, o.QueueBytes = 1<<20, 1<<30 }},
	} {
		t.Run(limit.name, func(t *testing.T) {
			t.Parallel()
			const timeout = 100 * time.Millisecond
			s := newStage(t, func(o *Options) { o.WriteTimeout = timeout; limit.set(o) })
			s.narrow.Store(true)
			s.follow("slow").subscribe("too", never)
			s.await("started")
			slow := s.clients[0]
			good := s.follow("good")
			ends := 0
			for i := 0; ends < 2; i++ {
				event := fmt.Sprintf("%d%s", i, strings.Repeat(".", 8000))
				s.publish(event)
				good.want(`{"id":"good","type":"next","payload":{"data":{"feed":"` + event + `"}}}`)
				select {
				case <-s.happened:
					ends++
				default:
				}
				if i > 100_000 {
					t.Fatal("the slow reader is never given up")
				}
			}
			start := time.Now()
			slow.wantGone()
			within(s, start, timeout)
			for range 3 {
				s.publish("after")
				good.want(`{"id":"good","type":"next","payload":{"data":{"feed":"after"}}}`)
			}
		})
	}
}

// A start that is longer than the queue reaches a client that reads, however slowly it does: the subscription goes at its pace.
func TestPace(t *testing.T) {
	s := newStage(t, func(o *Options) { o.QueueMessages = 4 })
	c := s.connect()
	const n = 200
	c.subscribe("1", fmt.Sprintf(`subscription { ticks(n: %d) }`, n))
	for i := 1; i <= n; i++ {
		if i%50 == 0 {
			time.Sleep(20 * time.Millisecond) // the server is ahead by as much as it may be
		}
		c.want(fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"ticks":%d}}}`, i))
	}
	c.want(`{"id":"1","type":"complete"}`)
}

// EV-2: a subscription that lost events on the way to the queue has its own connection closed, and no other.
func TestCut(t *testing.T) {
	s := newStage(t, nil)
	other := s.connect()
	c := s.connect()
	c.subscribe("1", `subscription { cut }`)
	c.wantClose(4290, "Slow reader")
	other.subscribe("1", `{ echo(value: 1) }`)
	other.want(`{"id":"1","type":"next","payload":{"data":{"echo":1}}}`)
	Cut(context.Background()) // of no connection: nothing
}

// An answer larger than the whole queue gets through when nothing else waits.
func TestLargeAnswer(t *testing.T) {
	s := newStage(t, func(o *Options) { o.QueueBytes = 1000 })
	c := s.connect()
	value := strings.Repeat("x", 200_000)
	c.subscribe("1", `{ echo(value: "`+value+`") }`)
	c.want(`{"id":"1","type":"next","payload":{"data":{"echo":"` + value + `"}}}`)
}

// The end of the server's base context, as at SIGTERM, is not the end of operations: Drain is.
func TestRequestContextDoesNotEndOperations(t *testing.T) {
	base, cancel := context.WithCancel(context.Background())
	s := newStage(t, nil)
	inner := s.server.Config.Handler
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(base))
	})
	c := s.follow("1")
	cancel()
	s.publish("still")
	c.want(`{"id":"1","type":"next","payload":{"data":{"feed":"still"}}}`)
}
