package ws

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/gorilla/websocket"
)

// A message is refused in words that fit into a close frame, or is one that the connection knows what to do with.
func FuzzMessage(f *testing.F) {
	for _, m := range invalidMessages {
		f.Add([]byte(m.message))
	}
	for _, valid := range []string{
		`{"type":"connection_init","payload":{"token":"x"}}`, `{"type":"ping"}`, `{"type":"pong","payload":null}`, `{"id":"1","type":"complete"}`,
		`{"id":"1","type":"subscribe","payload":{"query":"{who}","operationName":null,"variables":{"n":1e400,"s":"\ud800"},"extensions":{}}}`,
		`{"TYPE":"ping","type":"pong"}`, strings.Repeat(`{"payload":`, 10_001), `{"type":"ping","payload": {"a":[[[[]]]]} }`,
	} {
		f.Add([]byte(valid))
	}
	known := map[string]bool{"connection_init": true, "ping": true, "pong": true, "subscribe": true, "complete": true}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMessage(data)
		if err != nil {
			if frame := closeFrame(closeInvalidMessage, "Invalid message: "+err.Error()); len(frame) > 125 || !utf8.Valid(frame[2:]) {
				t.Errorf("close frame %q", frame)
			}
			return
		}
		switch {
		case !known[m.Type]:
			t.Errorf("type %q", m.Type)
		case (m.Type == "subscribe") != (m.params != nil):
			t.Errorf("%s with params %v", m.Type, m.params)
		case (m.Type == "subscribe" || m.Type == "complete") && (m.ID == "" || len(m.ID) > maxIDBytes):
			t.Errorf("%s with id %q", m.Type, m.ID)
		case m.Payload != nil && (!json.Valid(m.Payload) || m.Payload[0] != '{'):
			t.Errorf("payload %q", m.Payload)
		}
		if _, err := m.object(); err != nil && m.Type == "connection_init" {
			t.Errorf("the payload is no object: %v", err)
		}
	})
}

// Whatever bytes come on a connection, it comes to its end when the client goes, and another goes on.
func FuzzFrames(f *testing.F) {
	f.Add(frameOf(0x81, []byte(`{"type":"ping"}`)))
	f.Add(append(frameOf(0x01, []byte(`{"type":`)), frameOf(0x80, []byte(`"ping"}`))...))
	f.Add(frameOf(0x81, []byte(`{"id":"1","type":"subscribe","payload":{"query":"subscription { never }"}}`)))
	f.Add(frameOf(0x88, []byte{0x03, 0xe8}))
	f.Add(eightEiB)
	for _, frame := range brokenFrames {
		f.Add(frame.bytes)
	}
	transport := New(executor.New(&stage{}), Options{Log: slog.New(slog.DiscardHandler), WriteTimeout: time.Second})
	server := httptest.NewServer(transport)
	f.Cleanup(server.Close)
	dial := func(t *testing.T) *websocket.Conn {
		d := websocket.Dialer{Subprotocols: []string{subprotocol}}
		c, _, err := d.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_ = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init"}`))
		if _, got, err := c.ReadMessage(); err != nil || string(got) != ack {
			t.Fatalf("%s %v", got, err)
		}
		return c
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		other := dial(t)
		defer func() { _ = other.Close() }()
		c := dial(t)
		_, _ = c.NetConn().Write(data)
		if half, ok := c.NetConn().(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		if _, err := io.Copy(io.Discard, c.NetConn()); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error("the server does not end the connection")
		}
		_ = c.Close()
		_ = other.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping"}`))
		if _, got, err := other.ReadMessage(); err != nil || string(got) != `{"type":"pong"}` {
			t.Errorf("the other: %s %v", got, err)
		}
	})
}
