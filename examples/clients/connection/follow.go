package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// The server pings every 15 s: a longer silence is a dead line.
const silence = 40 * time.Second

// Follow runs a subscription with one field, which has the argument `after: $after` and asks for `type` and `cursor`. It gives each message to
// take, until take is done or the stream is complete. When the connection is lost it comes back and goes on behind the last cursor;
// where that can't be done, the first message is of type RESET: forget what you know, a new start follows.
func Follow[T any](s Server, document string, variables Vars, take func(kind string, message T) (done bool)) error {
	f := &follower[T]{s: s, document: document, variables: Vars{"after": nil}, take: take}
	for name, value := range variables {
		f.variables[name] = value
	}
	for f.wait = soonest; ; f.wait = min(2*f.wait, latest) {
		err := f.connect()
		var closed *websocket.CloseError
		// 4400 to 4499 tell what is wrong with us; 4403 that we are refused, or that our token has ended: who can get a new one does so here, and
		// goes on. The others, such as 1012 (restart) and 4290 (too slow), pass.
		if err == nil || !passes(err) || errors.As(err, &closed) && closed.Code/100 == 44 && closed.Code != 4408 {
			return err
		}
		pause(err, f.wait)
	}
}

type follower[T any] struct {
	s         Server
	document  string
	variables Vars // with the last cursor as `after`
	take      func(kind string, message T) (done bool)
	wait      time.Duration
}

// connect speaks graphql-transport-ws until the stream is complete (nil) or something is wrong.
func (f *follower[T]) connect() error {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: latest}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(f.s.URL, "http"), nil) // https becomes wss
	if err != nil {
		return err
	}
	defer ws.Close() //nolint:errcheck // nothing is on its way
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error { return errors.Join(ws.SetReadDeadline(time.Now().Add(silence)), pong(text)) })
	err = ws.WriteJSON(Vars{"type": "connection_init", "payload": f.s.who()})
	for err == nil {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err = errors.Join(ws.SetReadDeadline(time.Now().Add(silence)), ws.ReadJSON(&m)); err != nil {
			break
		}
		switch m.Type {
		case "connection_ack":
			payload := Vars{"query": f.document, "variables": f.variables}
			err = ws.WriteJSON(Vars{"id": "1", "type": "subscribe", "payload": payload})
		case "ping":
			err = ws.WriteJSON(Vars{"type": "pong"})
		case "next":
			if done, err := f.next(m.Payload); done || err != nil {
				return err
			}
		case "error":
			var refused Refusal
			return errors.Join(json.Unmarshal(m.Payload, &refused), refused)
		case "complete":
			return nil
		}
	}
	return err
}

func (f *follower[T]) next(payload json.RawMessage) (done bool, err error) {
	var p struct {
		Data   map[string]json.RawMessage
		Errors Refusal
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return false, err
	}
	if len(p.Errors) > 0 {
		return false, p.Errors
	}
	for field, data := range p.Data { // there is one
		var head struct {
			Type   string
			Cursor *string
		}
		var message T
		if err := errors.Join(json.Unmarshal(data, &head), json.Unmarshal(data, &message)); err != nil {
			return false, fmt.Errorf("%s: %w", field, err)
		}
		if f.take(head.Type, message) {
			return true, nil
		}
		switch {
		case head.Type == "RESET":
			f.variables["after"] = nil
		case head.Cursor != nil:
			f.variables["after"] = *head.Cursor
		}
		if head.Type == "READY" {
			f.wait = soonest
		}
	}
	return false, nil
}
