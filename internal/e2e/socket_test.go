package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// socket is a client of graphql-transport-ws, written from the protocol and not from the server.
type socket struct {
	conn *websocket.Conn
	done chan struct{} // closed when nothing more can come; then err says why
	err  error

	mu      sync.Mutex
	writing sync.Mutex
	last    int
	streams map[string]*stream
}

// stream is one operation on a socket.
type stream struct {
	socket   *socket
	id       string
	messages chan json.RawMessage // the payloads of `next`; closed at the end
	errors   apiErrors            // of an `error`, to be read after the end
	refused  json.RawMessage      // the same as it came
}

type wireMessage struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// room is how many messages a stream of a test may be behind.
const room = 10_000

// dial opens a socket in the name of an agent, or of nobody for "", and waits for the acknowledgement.
func dial(base, actor string) (*socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, _, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(base, "http")+"/graphql", nil)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, done: make(chan struct{}), streams: map[string]*stream{}}
	payload := json.RawMessage(`{}`)
	if actor != "" {
		param := "token"
		if strings.HasPrefix(actor, "ag_") { // development mode
			param = "actor"
		}
		payload, _ = json.Marshal(map[string]string{param: actor}) // a map of strings has a form in JSON
	}
	if err := s.write(wireMessage{Type: "connection_init", Payload: payload}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	var ack wireMessage
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if err := conn.ReadJSON(&ack); err != nil || ack.Type != "connection_ack" {
		return nil, errors.Join(fmt.Errorf("no acknowledgement but %q: %w", ack.Type, err), conn.Close())
	}
	_ = conn.SetReadDeadline(time.Time{})
	go s.read()
	return s, nil
}

func (s *socket) write(m wireMessage) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.conn.WriteJSON(m)
}

func (s *socket) read() {
	for {
		var m wireMessage
		if err := s.conn.ReadJSON(&m); err != nil {
			s.end(err)
			return
		}
		s.mu.Lock()
		stream := s.streams[m.ID]
		s.mu.Unlock()
		switch {
		case m.Type == "ping":
			_ = s.write(wireMessage{Type: "pong"}) // a broken socket is seen by the next read
		case stream == nil:
		case m.Type == "next":
			stream.messages <- m.Payload
		case m.Type == "error":
			stream.refused = m.Payload
			_ = json.Unmarshal(m.Payload, &stream.errors)
			s.drop(stream)
		case m.Type == "complete":
			s.drop(stream)
		}
	}
}

func (s *socket) drop(stream *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[stream.id] == stream {
		delete(s.streams, stream.id)
		close(stream.messages)
	}
}

func (s *socket) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	for _, stream := range s.streams {
		close(stream.messages)
	}
	clear(s.streams)
	_ = s.conn.Close()
	close(s.done)
}

// subscribe starts an operation.
func (s *socket) subscribe(document string, v vars) (*stream, error) {
	payload, err := json.Marshal(map[string]any{"query": document, "variables": v})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.last++
	st := &stream{socket: s, id: fmt.Sprint(s.last), messages: make(chan json.RawMessage, room)}
	s.streams[st.id] = st
	s.mu.Unlock()
	return st, s.write(wireMessage{ID: st.id, Type: "subscribe", Payload: payload})
}

// complete ends an operation from our side; what is on its way still arrives.
func (st *stream) complete() error { return st.socket.write(wireMessage{ID: st.id, Type: "complete"}) }

// kill ends the TCP connection without a word, as a crashed browser does.
func (s *socket) kill() {
	_ = s.conn.NetConn().Close()
	<-s.done
}

// close says goodbye with 1000, as a browser does whose tab is closed.
func (s *socket) close() {
	s.writing.Lock()
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(patience))
	s.writing.Unlock()
	<-s.done
}

// closeCode waits for the end of the socket and gives the code with which the server closed it, 0 when it said nothing.
func (s *socket) closeCode(t testing.TB) int {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatal("the socket is still open")
	}
	if closed := (*websocket.CloseError)(nil); errors.As(s.err, &closed) {
		return closed.Code
	}
	return 0
}

// offer is an offer as streams show it.
type offer struct {
	ID        string     `json:"id"`
	AgentID   string     `json:"agentId"`
	State     string     `json:"state"`
	Path      string     `json:"path"`
	OfferedAt time.Time  `json:"offeredAt"`
	EndedAt   *time.Time `json:"endedAt"`
	WorkItem  struct {
		ID         string `json:"id"`
		Reference  string `json:"reference"`
		Workstream struct {
			ID string `json:"id"`
		} `json:"workstream"`
	} `json:"workItem"`
}

// offerMessage is a message of agentOffers.
type offerMessage struct {
	Type   string `json:"type"`
	Cursor string `json:"cursor"`
	Offer  *offer `json:"offer"`
	At     *time.Time
}

const offersDocument = `subscription ($agent: ID!) { agentOffers(agentId: $agent) {
	type cursor at offer { id agentId state path offeredAt endedAt workItem { id reference workstream { id } } } } }`

// session is an agent's live subscription to their own offers.
type session struct {
	*socket
	stream *stream
	agent  string
	open   []offer // those of the start
}

// openSession signs an agent in and waits until the start is complete.
func openSession(base, agent string) (*session, error) {
	return subscribeOffers(base, agent, agent)
}

// subscribeOffers opens a socket of its own in the name of actor for the offers of an agent.
func subscribeOffers(base, actor, agent string) (*session, error) {
	so, err := dial(base, actor)
	if err != nil {
		return nil, err
	}
	s := &session{socket: so, agent: agent}
	if s.stream, err = so.subscribe(offersDocument, vars{"agent": agent}); err != nil {
		so.kill()
		return nil, err
	}
	for {
		m, err := s.next()
		switch {
		case err != nil:
			so.kill()
			return nil, err
		case m.Type == "READY":
			return s, nil
		case m.Type != "STATE" || m.Offer == nil:
			so.kill()
			return nil, fmt.Errorf("a %s in the start of a stream", m.Type)
		}
		s.open = append(s.open, *m.Offer)
	}
}

// errEnded: the stream has come to its end without an error.
var errEnded = errors.New("the stream has ended")

// next waits for the next message.
func (s *session) next() (offerMessage, error) {
	select {
	case raw, more := <-s.stream.messages:
		if !more {
			if len(s.stream.errors) > 0 {
				return offerMessage{}, s.stream.errors
			}
			return offerMessage{}, errEnded
		}
		return decodeOffer(raw)
	case <-time.After(patience):
		return offerMessage{}, fmt.Errorf("no message on the stream of %s in %s", s.agent, patience)
	}
}

func decodeOffer(raw json.RawMessage) (offerMessage, error) {
	var payload struct {
		Data   struct{ AgentOffers offerMessage }
		Errors apiErrors
	}
	if err := json.Unmarshal(raw, &payload); err != nil {
		return offerMessage{}, err
	}
	if len(payload.Errors) > 0 {
		return offerMessage{}, payload.Errors
	}
	return payload.Data.AgentOffers, nil
}

// signIn is openSession for what must go well; the socket ends with the test.
func signIn(t testing.TB, s *server, agent string) *session {
	t.Helper()
	session, err := subscribeOffers(s.url(""), s.issuer.speaker(agent), agent)
	if err != nil {
		t.Fatalf("sign in %s: %v", agent, err)
	}
	t.Cleanup(session.kill)
	return session
}

// awaitOffer waits for the next message, which must be a change of an offer of this item to this state.
func (s *session) awaitOffer(t testing.TB, item, state string) offer {
	t.Helper()
	m, err := s.next()
	if err != nil {
		t.Fatalf("waiting for an offer %s: %v", state, err)
	}
	if m.Type != "CHANGED" || m.Offer == nil || m.Offer.State != state || m.Offer.WorkItem.ID != item {
		t.Fatalf("the stream of %s says %s %+v, want the offer of %s %s", s.agent, m.Type, m.Offer, item, state)
	}
	return *m.Offer
}
