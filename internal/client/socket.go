package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	writeTimeout = 5 * time.Second
	// silence is how long nothing may come: the server pings every 15 s.
	silence = 40 * time.Second
	// maxUnread is how many messages of a subscription wait for their reader. Beyond, reading stops, and the server ends the connection (EV-2).
	maxUnread = 4096
)

// ErrClosed is in the error of whatever waited on a socket that has ended.
var ErrClosed = errors.New("the socket is closed")

// Socket is one connection. It is safe for concurrent use.
type Socket struct {
	ws      *websocket.Conn
	writing sync.Mutex
	closed  chan struct{} // when reading has ended
	dropped chan struct{} // when it is to end
	drop    sync.Once

	mu      sync.Mutex
	next    int
	streams map[string]*Subscription
	err     error
}

// Dial connects in somebody's name (an agent's id in development mode, else a token; "" for nobody's).
func Dial(ctx context.Context, url, actor string) (*Socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: writeTimeout}
	ws, _, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(url, "http"), nil) // https becomes wss
	if err != nil {
		return nil, err
	}
	s := &Socket{ws: ws, closed: make(chan struct{}), dropped: make(chan struct{}), streams: map[string]*Subscription{}}
	ws.SetReadLimit(maxAnswer)
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error { return errors.Join(s.hearing(), pong(text)) })
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() }) // ends a greeting that is not answered
	defer stop()
	if err := s.greet(actor); err != nil {
		_ = ws.Close()
		return nil, err
	}
	go s.read()
	return s, nil
}

// greet is the handshake of the protocol.
func (s *Socket) greet(actor string) error {
	payload := Vars{}
	switch {
	case strings.HasPrefix(actor, agentPrefix):
		payload["actor"] = actor
	case actor != "":
		payload["token"] = actor
	}
	var m message
	if err := errors.Join(s.send(message{Type: "connection_init"}, payload), s.hearing()); err != nil {
		return err
	}
	if err := s.ws.ReadJSON(&m); err != nil {
		return err
	}
	if m.Type != "connection_ack" {
		return fmt.Errorf("the server greets with %q", m.Type)
	}
	return nil
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (s *Socket) hearing() error { return s.ws.SetReadDeadline(time.Now().Add(silence)) }

func (s *Socket) send(m message, payload any) (err error) {
	if payload != nil {
		if m.Payload, err = json.Marshal(payload); err != nil {
			return err
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.ws.SetWriteDeadline(time.Now().Add(writeTimeout)) // an error shows when writing
	return s.ws.WriteJSON(m)
}

// read takes messages until the connection ends; then every subscription ends too.
func (s *Socket) read() {
	err := s.take()
	_ = s.ws.Close()
	s.mu.Lock()
	s.err = fmt.Errorf("%w: %w", ErrClosed, err)
	for _, sub := range s.streams {
		sub.end(s.err)
	}
	s.mu.Unlock()
	close(s.closed)
}

func (s *Socket) take() error {
	for {
		var m message
		if err := errors.Join(s.hearing(), s.ws.ReadJSON(&m)); err != nil {
			return err
		}
		s.mu.Lock()
		sub := s.streams[m.ID]
		s.mu.Unlock()
		switch {
		case m.Type == "ping":
			if err := s.send(message{Type: "pong"}, nil); err != nil {
				return err
			}
		case sub == nil: // one that was given up
		case m.Type == "next":
			var a answer
			if err := json.Unmarshal(m.Payload, &a); err != nil {
				return err
			}
			select {
			case sub.messages <- a:
			case <-sub.left:
			case <-s.dropped:
			}
		case m.Type == "error":
			var a answer
			err := json.Unmarshal(m.Payload, &a.Errors)
			if err == nil && len(a.Errors) > 0 {
				err = a.Errors[0]
			}
			s.forget(sub)
			sub.end(err)
		case m.Type == "complete":
			s.forget(sub)
			sub.end(nil)
		}
	}
}

func (s *Socket) forget(sub *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, sub.id)
}

// Closed is closed when the connection has ended, however.
func (s *Socket) Closed() <-chan struct{} { return s.closed }

// Close ends the connection with a closing handshake begun, as a closed tab does.
func (s *Socket) Close() {
	s.writing.Lock()
	_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeTimeout))
	s.writing.Unlock()
	s.Drop()
}

// Drop cuts the connection without a word, as a lost device does.
func (s *Socket) Drop() {
	s.drop.Do(func() { close(s.dropped) })
	_ = s.ws.NetConn().Close()
	<-s.closed
}

// Subscription is an operation under way: its messages until its end.
type Subscription struct {
	socket   *Socket
	id       string
	messages chan answer
	left     chan struct{} // when nobody reads any more
	err      error         // why it ended; to be read when messages is closed
}

// end is called by the reading goroutine, which alone sends, once it has taken the subscription out of the streams.
func (sub *Subscription) end(err error) {
	sub.err = err
	close(sub.messages)
}

// Subscribe starts an operation.
func (s *Socket) Subscribe(document string, variables Vars) (*Subscription, error) {
	s.mu.Lock()
	if s.err != nil {
		defer s.mu.Unlock()
		return nil, s.err
	}
	s.next++
	sub := &Subscription{socket: s, id: strconv.Itoa(s.next), messages: make(chan answer, maxUnread), left: make(chan struct{})}
	s.streams[sub.id] = sub
	s.mu.Unlock()
	if err := s.send(message{ID: sub.id, Type: "subscribe"}, Vars{"query": document, "variables": variables}); err != nil {
		s.forget(sub)
		return nil, err
	}
	return sub, nil
}

// ErrComplete is the end of a subscription that the server has completed.
var ErrComplete = errors.New("the subscription is complete")

// Next decodes the next message's data into into. The error is ErrComplete at the end, a *Refusal, or ErrClosed with what ended the connection.
func (sub *Subscription) Next(ctx context.Context, into any) error {
	select {
	case a, more := <-sub.messages:
		switch {
		case more:
			return a.decode(into)
		case sub.err != nil:
			return sub.err
		}
		return ErrComplete
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the subscription up; the connection stays.
func (sub *Subscription) leave() {
	sub.socket.forget(sub)
	close(sub.left)
}

// Do runs a query or a mutation over the connection and decodes its data into into, nil for leaving it.
func (s *Socket) Do(ctx context.Context, document string, variables Vars, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sub, err := s.Subscribe(document, variables)
	if err != nil {
		return err
	}
	defer sub.leave()
	return sub.Next(ctx, into)
}
