package ws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

const (
	// calm is how long a bystander may wait for an answer. Without an abuser it takes some 10 µs, without MessageRate a flood of
	// pings makes it seconds (BenchmarkBystander).
	calm = 4 * time.Second
	// roomy is by how much the memory of a story, its clients included, may grow.
	roomy = 64 << 20
)

// TestAbuse: whatever a client does, somebody else's pings and queries are answered meanwhile, and memory stays bounded. The stage
// checks that no socket and no operation is left behind.
func TestAbuse(t *testing.T) {
	for _, abuse := range []story{
		{"never reads", func(o *Options) { o.WriteTimeout = 500 * time.Millisecond }, neverReads},
		{"opens 10,000 operations", func(o *Options) { o.QueueMessages = 20_000 }, opensOperations},
		{"opens 10,000 operations and never reads", quick, opensOperationsBlindly},
		{"opens and closes 2,000 connections", nil, opensConnections},
		{"pings as fast as it can", oneAbuser, func(s *stage) { floods(s, frameOf(0x81, []byte(`{"type":"ping"}`))) }},
		{"pings below the protocol as fast as it can", oneAbuser, func(s *stage) { floods(s, frameOf(0x89, []byte("ping"))) }},
		{"completes as fast as it can", oneAbuser, func(s *stage) { floods(s, frameOf(0x81, []byte(`{"type":"complete","id":"none"}`))) }},
		{"sends a message in 100,000 fragments", nil, sendsFragments},
		{"sends 8 EiB", nil, sendsTooMuch},
	} {
		t.Run(abuse.name, func(t *testing.T) {
			s := newStage(t, abuse.set)
			undisturbed, bounded := s.bystander(), s.memory()
			abuse.play(s)
			undisturbed()
			bounded()
		})
	}
}

// bystander connects a client that goes on pinging and asking. The function that it gives ends that, and checks that it could.
func (s *stage) bystander() (undisturbed func()) {
	s.Helper()
	c := s.connect()
	stop, stopped := make(chan struct{}), make(chan struct{})
	rounds, longest := 0, time.Duration(0)
	round := func() error {
		start := time.Now()
		_ = c.ws.SetReadDeadline(start.Add(patience))
		for _, message := range []string{`{"type":"ping"}`, `{"id":"1","type":"subscribe","payload":{"query":"query Quiet { echo(value: 1) }"}}`} {
			if err := c.ws.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
				return err
			}
		}
		for _, want := range []string{`{"type":"pong"}`, `{"id":"1","type":"next","payload":{"data":{"echo":1}}}`, `{"id":"1","type":"complete"}`} {
			if _, got, err := c.ws.ReadMessage(); err != nil || string(got) != want {
				return fmt.Errorf("got %s %w", got, err)
			}
		}
		longest = max(longest, time.Since(start))
		rounds++
		return nil
	}
	go func() {
		defer close(stopped)
		for {
			if err := round(); err != nil {
				s.Errorf("the bystander: %v", err)
				return
			}
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() {
		s.Helper()
		close(stop)
		<-stopped
		if longest > calm {
			s.Errorf("the bystander waited %v", longest)
		}
		s.Logf("the bystander had %d rounds, of %v at most", rounds, longest)
	}
}

// memory watches the heap from now on. The function that it gives ends that, and checks the most that there was.
func (s *stage) memory() (bounded func()) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var seen uint64
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			seen = max(seen, now.HeapInuse)
			select {
			case <-stop:
				most <- seen
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() {
		s.Helper()
		close(stop)
		grown := int64(<-most) - int64(before.HeapInuse)
		if grown > roomy {
			s.Errorf("the heap grew by %d MiB", grown>>20)
		}
		s.Logf("the heap grew by %d KiB", grown>>10)
	}
}

// blindly writes until there is nobody to take it, and never reads.
func (c *client) blindly(what []byte) {
	for {
		_ = c.ws.NetConn().SetWriteDeadline(time.Now().Add(patience))
		if _, err := c.ws.NetConn().Write(what); err != nil {
			return
		}
	}
}

func neverReads(s *stage) {
	const abusers = 5 // The stage itself keeps 2 MiB of room for the events of each.
	s.narrow.Store(true)
	for range abusers {
		s.follow("1")
	}
	flood := bytes.Repeat(frameOf(0x81, []byte(`{"type":"ping","payload":{"of":"`+strings.Repeat("x", 1000)+`"}}`)), 100)
	for _, c := range s.clients[1:] { // The first is the bystander.
		go c.blindly(flood)
	}
	for ends := 0; ends < abusers; {
		s.publish(strings.Repeat(".", 8000))
		select {
		case <-s.happened:
			ends++
		case <-time.After(time.Millisecond):
		}
	}
	for _, c := range s.clients[1:] {
		c.wantGone()
	}
}

func opensOperations(s *stage) {
	const operations = 10_000
	c := s.connect()
	_ = c.ws.SetReadDeadline(time.Now().Add(10 * patience))
	go func() {
		for i := range operations {
			if c.ws.WriteMessage(websocket.TextMessage, subscribeQuiet(i)) != nil {
				return
			}
		}
	}()
	for range operations - s.transport.o.MaxSubscriptions {
		_, got, err := c.ws.ReadMessage()
		if err != nil || !strings.Contains(string(got), "LIMIT_EXCEEDED") {
			s.Fatalf("%s %v", got, err)
		}
	}
	// The bystander may have one as well.
	if n := int(s.live.Load()); n < s.transport.o.MaxSubscriptions || n > s.transport.o.MaxSubscriptions+1 {
		s.Errorf("%d operations are open", n)
	}
}

func subscribeQuiet(i int) []byte {
	return fmt.Appendf(nil, `{"id":"%d","type":"subscribe","payload":{"query":"subscription Quiet { never }"}}`, i)
}

func opensOperationsBlindly(s *stage) {
	s.narrow.Store(true)
	c := s.connect()
	var all []byte
	for i := range 10_000 {
		all = append(all, frameOf(0x81, subscribeQuiet(i))...)
	}
	c.blindly(all) // Till it is cut off as a slow reader, or for an id that is open.
	c.wantGone()
}

// opensConnections: half of them say hello first, and half of those who do, or don't, take leave.
func opensConnections(s *stage) {
	const connections, workers = 2000, 8
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			d := websocket.Dialer{Subprotocols: []string{subprotocol}}
			for i := range connections / workers {
				c, _, err := d.Dial("ws"+strings.TrimPrefix(s.server.URL, "http"), nil)
				if err != nil {
					s.Errorf("worker %d, connection %d: %v", w, i, err)
					return
				}
				if i%2 == 0 {
					_ = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init"}`))
				}
				if i%4 < 2 {
					_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
				}
				_ = c.Close()
			}
		})
	}
	all.Wait()
	for deadline := time.Now().Add(patience); s.transport.Sockets() > 1 || runtime.NumGoroutine() > before+20; {
		if time.Now().After(deadline) {
			s.Fatalf("%d sockets and %d goroutines are left, of %d", s.transport.Sockets(), runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.transport.mu.Lock()
	defer s.transport.mu.Unlock()
	if s.transport.pending != 0 || s.transport.turnedAway != 0 {
		s.Errorf("%d are pending and %d turned away", s.transport.pending, s.transport.turnedAway)
	}
}

// together is how many messages a second, and at once, the abusers' connections have in all.
const together = 2000

// oneAbuser: all connections but the first, the bystander's, are one principal's.
func oneAbuser(o *Options) {
	var known atomic.Bool
	shared := rate.NewLimiter(together, together)
	o.Pacer = func(context.Context) *rate.Limiter {
		if known.CompareAndSwap(false, true) {
			return nil
		}
		return shared
	}
}

// floods has 16 clients send a frame over and over for a second; they read all that comes.
func floods(s *stage, frame []byte) {
	const clients = 16
	flood := bytes.Repeat(frame, 1000)
	start := time.Now()
	var answered atomic.Int64
	var readers sync.WaitGroup
	for range clients {
		c := s.connect()
		readers.Go(func() {
			n, _ := io.Copy(io.Discard, c.ws.NetConn())
			answered.Add(n)
		})
		go c.blindly(flood)
	}
	time.Sleep(time.Second)
	for _, c := range s.clients[1:] {
		_ = c.ws.Close()
	}
	readers.Wait()
	taken := together + together*time.Since(start).Seconds()
	if most := taken * 17; float64(answered.Load()) > most+10_000 { // A pong has 17 bytes; there are a few others.
		s.Errorf("%d bytes of answers, at most %.0f", answered.Load(), most)
	}
}

// sendsFragments: as long as the message is whole in time and short enough, it is one like any other.
func sendsFragments(s *stage) {
	const fragments = 100_000
	message := []byte(`{"type":"ping"}` + strings.Repeat(" ", fragments-15))
	whole := frameOf(0x01, message[:1])
	for i := 1; i < fragments-1; i++ {
		whole = append(whole, frameOf(0x00, message[i:i+1])...)
	}
	whole = append(whole, frameOf(0x80, message[fragments-1:])...)
	c := s.connect()
	for range 5 {
		_ = c.ws.SetReadDeadline(time.Now().Add(patience))
		c.bytes(whole...)
		c.want(`{"type":"pong"}`)
	}
	c.bytes(append(frameOf(0x01, nil), bytes.Repeat(frameOf(0x00, []byte{' '}), 300_000)...)...)
	c.wantClose(1009, "Message longer than 262144 bytes")
}

// eightEiB begins a frame of 8 EiB less one byte.
var eightEiB = []byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}

func sendsTooMuch(s *stage) {
	c := s.connect()
	c.bytes(eightEiB...)
	c.bytes(bytes.Repeat([]byte{' '}, 300<<10)...)
	c.wantClose(1009, "Message longer than 262144 bytes")
}

// TestHalf: what begins and does not end is dropped within two ping intervals, whatever keeps it going.
func TestHalf(t *testing.T) {
	for _, half := range []story{
		{"half a frame", nil, func(s *stage) { s.connect().stalls([]byte{0x81, 0xfe, 0x10}, nil) }},
		{"8 EiB are promised", nil, func(s *stage) { s.connect().stalls(append(eightEiB, "some"...), nil) }},
		{"more than 8 EiB are promised", nil, func(s *stage) {
			s.connect().stalls([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, nil)
		}},
		{"a message in a fragment now and then, pings answered between", nil, func(s *stage) {
			s.connect().stalls(frameOf(0x01, []byte(" ")), append(frameOf(0x8a, nil), frameOf(0x00, []byte(" "))...))
		}},
		{"a byte now and then", nil, func(s *stage) { s.connect().stalls([]byte{0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0}, []byte(" ")) }},
		{"a message of empty fragments", nil, func(s *stage) {
			s.connect().stalls(frameOf(0x01, nil), bytes.Repeat(frameOf(0x00, nil), 1000))
		}},
		{"half a frame of a stranger", nil, func(s *stage) { s.dial(subprotocol).stalls([]byte{0x81, 0xfe, 0x10}, nil) }},
		{"half a handshake", nil, halfHandshake},
	} {
		t.Run(half.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, pings(5*interval))
			undisturbed := s.bystander()
			half.play(s)
			undisturbed()
		})
	}
}

// stalls sends one thing and then another, if any, every few milliseconds until it can't any more.
func (c *client) stalls(first, more []byte) {
	c.Helper()
	start := time.Now()
	c.bytes(first...)
	if more != nil {
		go func() {
			for {
				time.Sleep(interval / 20)
				if _, err := c.ws.NetConn().Write(more); err != nil {
					return
				}
			}
		}()
	}
	c.wantLost()
	within(c.stage, start, 2*5*interval)
}

// halfHandshake is the HTTP server's to end; the transport has not heard of it.
func halfHandshake(s *stage) {
	c, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	start := time.Now()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"); err != nil {
		s.Fatal(err)
	}
	_ = c.SetReadDeadline(start.Add(patience))
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		s.Errorf("got %v", err)
	}
	within(s, start, headerTimeout)
}
