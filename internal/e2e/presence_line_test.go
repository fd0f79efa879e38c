package e2e

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// line is a way to the server that can go dead. From then on nothing passes in either direction, and neither side is told: both connections
// stay open. That is what the server sees of a device that is switched off: no FIN, no RST, no pong.
type line struct {
	listener net.Listener
	server   string // HOST:PORT
	dead     atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

// newLine lays a line to a server; it is taken away with the test.
func newLine(t testing.TB, server string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, server: server}
	t.Cleanup(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = listener.Close()
		for _, conn := range l.conns {
			_ = conn.Close() // one that was lost is closed already
		}
	})
	go l.accept()
	return l
}

func (l *line) url() string { return "http://" + l.listener.Addr().String() }

func (l *line) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return // the test is over
		}
		server, err := net.Dial("tcp", l.server)
		if err != nil {
			_ = client.Close() // whoever dialled sees it
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, client, server)
		l.mu.Unlock()
		go l.carry(client, server)
		go l.carry(server, client)
	}
}

// carry passes on what one side says until that side ends, or the line is dead.
func (l *line) carry(from, to net.Conn) {
	buffer := make([]byte, 4<<10)
	for {
		n, err := from.Read(buffer)
		if l.dead.Load() {
			return
		}
		if n > 0 {
			_, writeErr := to.Write(buffer[:n])
			err = errors.Join(err, writeErr)
		}
		if err != nil {
			_, _ = from.Close(), to.Close()
			return
		}
	}
}

// cut makes the line dead.
func (l *line) cut() { l.dead.Store(true) }
