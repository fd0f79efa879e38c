package ws

import (
	"context"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A drain ends running subscriptions with 1012, and whoever comes while it lasts.
func TestDrain(t *testing.T) {
	s := newStage(t, nil)
	c, idle, fresh := s.follow("1"), s.connect(), s.dial(subprotocol)
	done := make(chan struct{})
	go func() {
		s.transport.Drain(context.Background())
		close(done)
	}()
	for _, c := range []*client{c, idle, fresh} {
		c.wantClose(1012, "Service restart")
	}
	<-done
	if n := s.transport.Sockets(); n != 0 {
		t.Errorf("%d sockets left", n)
	}
	s.await("ended")
	s.dial(subprotocol).wantClose(1012, "Service restart")
}

// A frozen client, which neither answers the close frame nor closes, doesn't hold up a drain.
func TestDrainOfFrozenClient(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	s.connect()
	start := time.Now()
	s.transport.Drain(context.Background())
	within(s, start, closeLinger)
}

// A drain lets a mutation answer, and takes no new operation meanwhile: its client starts it again elsewhere.
func TestDrainWaitsForAnswers(t *testing.T) {
	s := newStage(t, nil)
	c := s.connect()
	c.subscribe("sub", never)
	s.await("started")
	c.subscribe("m", `mutation { slowBump }`)
	s.await("started", "waiting")
	done := make(chan struct{})
	go func() {
		s.transport.Drain(context.Background())
		close(done)
	}()
	for draining := false; !draining; { // A newcomer tells when it has begun.
		other := s.dial(subprotocol)
		other.send(`{"type":"ping"}`)
		_, _, err := other.ws.ReadMessage()
		draining = websocket.IsCloseError(err, 1012)
		_ = other.ws.Close()
	}
	c.subscribe("new", `mutation { bump }`)
	c.send(`{"type":"ping"}`)
	c.want(`{"type":"pong"}`)
	s.release <- struct{}{}
	c.want(`{"id":"m","type":"next","payload":{"data":{"slowBump":1}}}`, `{"id":"m","type":"complete"}`)
	c.wantClose(1012, "Service restart")
	<-done
	s.await("ended", "ended")
	if n := s.bumps.Load(); n != 1 {
		t.Errorf("%d bumps", n)
	}
}

// A drain waits for what is cancelled and still running, so that nothing uses what is closed after it.
func TestDrainWaitsForTheEnd(t *testing.T) {
	s := newStage(t, nil)
	c := s.connect()
	c.subscribe("1", `{ stuck }`)
	s.await("started", "waiting")
	c.send(`{"id":"1","type":"complete"}`)
	_ = c.ws.Close()
	c.wantGone()
	done := make(chan struct{})
	go func() {
		s.transport.Drain(context.Background())
		close(done)
	}()
	select {
	case <-done:
		t.Error("returned too early")
	case <-time.After(20 * time.Millisecond): // Nothing tells that something doesn't happen.
	}
	s.release <- struct{}{}
	<-done
	s.await("ended")
}

// A drain that may wait no longer cuts off what still runs.
func TestDrainIsCutShort(t *testing.T) {
	s := newStage(t, nil)
	c := s.connect()
	c.subscribe("m", `mutation { slowBump }`)
	s.await("started", "waiting")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	s.transport.Drain(ctx)
	c.wantClose(1012, "Service restart")
	s.await("ended")
}
