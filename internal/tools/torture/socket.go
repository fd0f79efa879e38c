package main

import (
	"bytes"
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

// socket is one connection of an agent (graphql-transport-ws): their subscription to their own offers, which is their session, and
// whatever they do over it.
type socket struct {
	ws      *websocket.Conn
	closed  chan struct{} // when reading has ended
	ready   chan struct{} // when the start of the subscription is complete
	message func(offerMessage)
	ended   func() // called when reading has ended

	writing sync.Mutex
	mu      sync.Mutex
	next    int
	waiting map[string]chan response
	over    error
}

// offerMessage is AgentOfferMessage.
type offerMessage struct {
	Type, Cursor string
	Offer        *wireOffer
	At           *time.Time
}

const (
	subscription = "subscription ($id: ID!) { r: agentOffers(agentId: $id) { type cursor at offer { " + offerFields + " } } }"
	offersID     = "offers"
	writeTimeout = 5 * time.Second
)

var errSocketOver = errors.New("the socket is closed")

// errUnread: a message could not be read from the database in full, so the subscription has ended.
var errUnread = errors.New("the subscription ended with " + unavailable)

// dial connects, subscribes to the agent's own offers and waits for READY. Messages, and then the end, are handed out in their order by one
// goroutine.
func dial(ctx context.Context, url, agent string, message func(offerMessage), ended func()) (*socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: writeTimeout}
	ws, _, err := dialer.DialContext(ctx, strings.Replace(url, "http://", "ws://", 1)+"/graphql", nil)
	if err != nil {
		return nil, err
	}
	s := &socket{
		ws: ws, closed: make(chan struct{}), ready: make(chan struct{}), message: message, ended: ended, waiting: map[string]chan response{},
	}
	if err := s.send("", "connection_init", map[string]any{"actor": agent}); err != nil {
		_ = ws.Close()
		return nil, err
	}
	go s.read()
	if err := s.send(offersID, "subscribe", map[string]any{"query": subscription, "variables": map[string]any{"id": agent}}); err != nil {
		s.drop()
		return nil, err
	}
	select {
	case <-s.ready:
		return s, nil
	case <-s.closed:
		return nil, s.err()
	case <-ctx.Done():
		s.drop()
		return nil, ctx.Err()
	}
}

func (s *socket) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// drop cuts the connection without a word, as a lost device does.
func (s *socket) drop() {
	_ = s.ws.NetConn().Close()
	<-s.closed
}

func (s *socket) live() bool {
	select {
	case <-s.closed:
		return false
	default:
		return true
	}
}

func (s *socket) send(id, kind string, payload any) error {
	m := map[string]any{"type": kind}
	if id != "" {
		m["id"] = id
	}
	if payload != nil {
		m["payload"] = payload
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.ws.SetWriteDeadline(time.Now().Add(writeTimeout)) // an error shows when writing
	return s.ws.WriteJSON(m)
}

// read takes messages until the connection ends; then whoever waits for an answer hears so.
func (s *socket) read() {
	err := s.take()
	_ = s.ws.Close()
	s.mu.Lock()
	s.over = fmt.Errorf("%w: %w", errSocketOver, err)
	for id, c := range s.waiting {
		close(c)
		delete(s.waiting, id)
	}
	s.mu.Unlock()
	s.ended()
	close(s.closed)
}

func (s *socket) take() error {
	for {
		var m struct {
			ID, Type string
			Payload  json.RawMessage
		}
		if err := s.ws.ReadJSON(&m); err != nil {
			return err
		}
		switch {
		case m.Type == "ping":
			if err := s.send("", "pong", nil); err != nil {
				return err
			}
		case m.ID == offersID:
			if err := s.offers(m.Type, m.Payload); err != nil {
				return err
			}
		case m.Type == "next":
			var r response
			if err := json.Unmarshal(m.Payload, &r); err != nil {
				return err
			}
			s.answer(m.ID, r)
		case m.Type == "error":
			var r response
			if err := json.Unmarshal(m.Payload, &r.Errors); err != nil {
				return err
			}
			s.answer(m.ID, r)
		}
	}
}

func (s *socket) offers(kind string, payload json.RawMessage) error {
	if kind == "error" && bytes.Contains(payload, []byte(`"`+unavailable+`"`)) {
		return errUnread
	}
	if kind != "next" {
		return fmt.Errorf("the subscription ended with %s %s", kind, payload)
	}
	var r struct {
		Data   struct{ R *offerMessage }
		Errors []refusal
	}
	if err := json.Unmarshal(payload, &r); err != nil {
		return err
	}
	if r.Data.R == nil {
		return fmt.Errorf("the subscription failed: %s", payload)
	}
	s.message(*r.Data.R)
	if r.Data.R.Type == "READY" {
		close(s.ready)
	}
	return nil
}

func (s *socket) answer(id string, r response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.waiting[id]; c != nil {
		c <- r // has room for it
		delete(s.waiting, id)
	}
}

// execute runs an operation over the socket. Who acts is settled since the connection was made.
func (s *socket) execute(ctx context.Context, _, document string, variables map[string]any) (json.RawMessage, *refusal, error) {
	s.mu.Lock()
	if s.over != nil {
		s.mu.Unlock()
		return nil, nil, s.err()
	}
	s.next++
	id, c := strconv.Itoa(s.next), make(chan response, 1)
	s.waiting[id] = c
	s.mu.Unlock()
	if err := s.send(id, "subscribe", map[string]any{"query": document, "variables": variables}); err != nil {
		return nil, nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r, ok := <-c:
		if !ok {
			return nil, nil, s.err()
		}
		return r.split()
	case <-timer.C:
		return nil, nil, errors.New("no answer over the socket")
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}
