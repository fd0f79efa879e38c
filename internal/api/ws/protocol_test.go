package ws

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	never = `subscription { never }`
	ack   = `{"type":"connection_ack"}`
)

// story is one rule of the protocol. newStage checks after each that whatever started has ended, once.
type story struct {
	name string
	set  func(*Options)
	play func(s *stage)
}

func tell(t *testing.T, stories []story) {
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			story.play(newStage(t, story.set))
		})
	}
}

// What a client hears of an operation.
func TestAnswers(t *testing.T) {
	tell(t, []story{
		{"a query answers once and is complete", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `{ echo(value: "hi") }`)
			c.want(`{"id":"1","type":"next","payload":{"data":{"echo":"hi"}}}`, `{"id":"1","type":"complete"}`)
			s.await("started", "ended")
		}},
		{"a mutation runs once", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("m", `mutation { bump }`)
			c.want(`{"id":"m","type":"next","payload":{"data":{"bump":1}}}`, `{"id":"m","type":"complete"}`)
		}},
		{"a subscription answers until its source ends", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("t", `subscription { ticks(n: 2) }`)
			c.want(`{"id":"t","type":"next","payload":{"data":{"ticks":1}}}`,
				`{"id":"t","type":"next","payload":{"data":{"ticks":2}}}`, `{"id":"t","type":"complete"}`)
		}},
		{"numbers in variables stay as written, null counts as missing, any id is echoed", nil, func(s *stage) {
			c := s.connect()
			c.send(`{"id":"\"é<","type":"subscribe","payload":{"query":"query A($v: Any) { echo(value: $v) }",
				"variables":{"v":9007199254740993},"operationName":null,"extensions":null}}`)
			c.want(`{"id":"\"é\u003c","type":"next","payload":{"data":{"echo":9007199254740993}}}`,
				`{"id":"\"é\u003c","type":"complete"}`)
		}},
		{"a failing resolver is an answer with errors", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `{ fail }`)
			c.want(`{"id":"1","type":"next","payload":{"errors":[{"message":"failed"}],"data":{"fail":null}}}`,
				`{"id":"1","type":"complete"}`)
		}},
		{"a subscription that its resolver refuses is an answer with errors", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `subscription { refused }`)
			c.want(`{"id":"1","type":"next","payload":{"errors":[{"message":"refused"}],"data":null}}`,
				`{"id":"1","type":"complete"}`)
			s.await("started", "ended")
		}},
		{"a message that fails in part ends its subscription (EV-1)", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `subscription { tickThenFail }`)
			c.want(`{"id":"1","type":"next","payload":{"data":{"tickThenFail":1}}}`, `{"id":"1","type":"error","payload":[{"message":"failed"}]}`)
			s.await("started", "ended")
			c.subscribe("1", `{ echo(value: "hi") }`) // the id is free, and nothing more came
			c.want(`{"id":"1","type":"next","payload":{"data":{"echo":"hi"}}}`, `{"id":"1","type":"complete"}`)
		}},
		{"an invalid document is one error and no complete", nil, func(s *stage) {
			c := s.connect()
			for _, query := range []string{`{ nothing }`, `{`, ``, `query A { who } query B { who }`} {
				c.subscribe("1", query)
				_, got, err := c.ws.ReadMessage()
				if err != nil || !strings.HasPrefix(string(got), `{"id":"1","type":"error","payload":[{"message":`) {
					s.Fatalf("got %s %v for %q", got, err, query)
				}
			}
			c.subscribe("1", `{ who }`) // Nothing stands between the errors, and the id is free.
			c.want(`{"id":"1","type":"next","payload":{"data":{"who":null}}}`, `{"id":"1","type":"complete"}`)
			s.await("started", "ended")
		}},
		{"a panic goes through the error presenter", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `{ boom }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"presented","extensions":{"code":"INTERNAL"}}]}`)
			c.subscribe("2", `subscription { tickThenBoom }`)
			c.want(`{"id":"2","type":"next","payload":{"data":{"tickThenBoom":1}}}`,
				`{"id":"2","type":"error","payload":[{"message":"presented","extensions":{"code":"INTERNAL"}}]}`)
			c.subscribe("3", `query BadHook { who }`) // A panic in ended changes nothing for the client.
			c.want(`{"id":"3","type":"next","payload":{"data":{"who":null}}}`, `{"id":"3","type":"complete"}`)
		}},
		{"a marshaller that writes no JSON is like a panic", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `{ garbled }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"presented","extensions":{"code":"INTERNAL"}}]}`)
		}},
		{"Started can refuse, with or without extensions", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `subscription Plain { never }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"not now"}]}`)
			c.subscribe("1", `subscription Coded { never }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`)
		}},
	})
}

// What an id means, and how many operations there may be.
func TestOperationIDs(t *testing.T) {
	tell(t, []story{
		{"complete cancels, and its id is free at once", nil, func(s *stage) {
			c := s.connect()
			for range 3 {
				c.subscribe("1", never)
				s.await("started")
				c.send(`{"id":"1","type":"complete"}`)
				s.await("ended")
			}
			c.subscribe("1", `{ slow }`)
			s.await("started", "waiting")
			c.send(`{"id":"1","type":"complete"}`)
			c.subscribe("1", `{ who }`) // The answer of the first must not arrive under the id of the second.
			c.want(`{"id":"1","type":"next","payload":{"data":{"who":null}}}`, `{"id":"1","type":"complete"}`)
			c.send(`{"id":"1","type":"complete"}`) // Too late, and for nobody: both are nothing.
			c.send(`{"id":"unknown","type":"complete"}`)
			c.subscribe("1", `mutation { bump }`)
			c.want(`{"id":"1","type":"next","payload":{"data":{"bump":1}}}`, `{"id":"1","type":"complete"}`)
		}},
		{"an id is free when complete is seen", func(o *Options) { o.MaxOperations = 2 }, func(s *stage) {
			c := s.connect()
			for range 300 {
				c.subscribe("1", `{ who }`)
				c.want(`{"id":"1","type":"next","payload":{"data":{"who":null}}}`, `{"id":"1","type":"complete"}`)
				s.await("started", "ended") // The hook was told before the client.
			}
		}},
		{"operations run side by side", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("s", `{ slow }`)
			s.await("started", "waiting")
			c.subscribe("q", `{ who }`)
			c.want(`{"id":"q","type":"next","payload":{"data":{"who":null}}}`, `{"id":"q","type":"complete"}`)
			s.release <- struct{}{}
			c.want(`{"id":"s","type":"next","payload":{"data":{"slow":1}}}`, `{"id":"s","type":"complete"}`)
		}},
		{"one operation too many is an error, not the end", func(o *Options) { o.MaxOperations = 2 }, func(s *stage) {
			c := s.connect()
			c.subscribe("1", never)
			c.subscribe("2", never)
			c.subscribe("3", never)
			c.want(`{"id":"3","type":"error","payload":[{"message":"at most 2 operations may be open on a connection",` +
				`"extensions":{"code":"LIMIT_EXCEEDED"}}]}`)
			c.send(`{"id":"1","type":"complete"}`)
			c.subscribe("3", `{ who }`)
			c.want(`{"id":"3","type":"next","payload":{"data":{"who":null}}}`, `{"id":"3","type":"complete"}`)
		}},
		{"what is cancelled and won't end counts", func(o *Options) { o.MaxOperations = 1 }, func(s *stage) {
			c := s.connect()
			for range 2 {
				c.subscribe("1", `{ stuck }`)
				s.await("started", "waiting")
				c.send(`{"id":"1","type":"complete"}`)
			}
			c.subscribe("1", `{ who }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"at most 1 operations may be open on a connection",` +
				`"extensions":{"code":"LIMIT_EXCEEDED"}}]}`)
			for range 2 {
				s.release <- struct{}{}
				s.await("ended")
			}
			c.send(`{"type":"ping"}`)
			c.want(`{"type":"pong"}`) // And not the answers of the two.
		}},
	})
}

// What stands around operations.
func TestPingsAndInit(t *testing.T) {
	tell(t, []story{
		{"ping is answered at any time, pong never", nil, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"ping"}`)
			c.want(`{"type":"pong"}`)
			c.send(`{"type":"pong","payload":{"un":"asked"}}`)
			c.send(`{"type":"connection_init","payload":null}`)
			c.want(ack)
			c.send(`{"type":"ping","payload":{"at": [1, null]}}`)
			c.want(`{"type":"pong","payload":{"at": [1, null]}}`)
		}},
		{"a ping of WebSocket gets its payload back", nil, func(s *stage) {
			c := s.connect()
			got := make(chan string, 1)
			c.ws.SetPongHandler(func(payload string) error { got <- payload; return nil })
			_ = c.ws.WriteControl(websocket.PingMessage, []byte("hello"), time.Now().Add(patience))
			c.send(`{"type":"ping"}`)
			c.want(`{"type":"pong"}`)
			if payload := <-got; payload != "hello" {
				s.Errorf("pong with %q", payload)
			}
		}},
		{"Init tells who acts", func(o *Options) {
			o.Init = func(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, error) {
				return context.WithValue(ctx, actor{}, payload["token"]), nil
			}
		}, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"connection_init","payload":{"token":"ann"}}`)
			c.want(ack)
			c.subscribe("1", `{ who }`)
			c.want(`{"id":"1","type":"next","payload":{"data":{"who":"ann"}}}`)
		}},
	})
}

// Each code with which the transport closes, except 1012 and 4290 (life_test.go).
func TestCloseCodes(t *testing.T) {
	tell(t, []story{
		{"4403 when Init refuses, without its reason", func(o *Options) {
			o.Init = func(context.Context, *http.Request, map[string]any) (context.Context, error) {
				return nil, errors.New("secret")
			}
		}, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"connection_init"}`)
			c.wantClose(4403, "Forbidden")
		}},
		{"4500 when Init panics", func(o *Options) {
			o.Init = func(context.Context, *http.Request, map[string]any) (context.Context, error) { panic("oh") }
		}, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"connection_init"}`)
			c.wantClose(4500, "Internal server error")
		}},
		{"4401 for subscribe before the acknowledgement", nil, func(s *stage) {
			c := s.dial(subprotocol)
			c.subscribe("1", never)
			c.wantClose(4401, "Unauthorized")
		}},
		{"4406 without a sub-protocol", nil, func(s *stage) {
			s.dial().wantClose(4406, "Subprotocol not acceptable")
		}},
		{"4406 for the old sub-protocol", nil, func(s *stage) {
			s.dial("graphql-ws").wantClose(4406, "Subprotocol not acceptable")
		}},
		{"4408 when no connection_init comes", short, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"ping"}`)
			c.want(`{"type":"pong"}`)
			c.wantClose(4408, "Connection initialisation timeout")
		}},
		{"4408 when Init takes too long", func(o *Options) {
			short(o)
			o.Init = func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, func(s *stage) {
			c := s.dial(subprotocol)
			c.send(`{"type":"connection_init"}`)
			c.wantClose(4408, "Connection initialisation timeout")
		}},
		{"4409 for an id in use, and its operation ends", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("7", never)
			c.subscribe("7", `{ who }`)
			c.wantClose(4409, "Subscriber for 7 already exists")
		}},
		{"4429 for a second init", nil, func(s *stage) {
			c := s.connect()
			c.send(`{"type":"connection_init"}`)
			c.wantClose(4429, "Too many initialisation requests")
		}},
		{"4400 for a binary message", nil, func(s *stage) {
			c := s.connect()
			_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`))
			c.wantClose(4400, "Invalid message: binary, expected text")
		}},
		{"1007 for text that is not UTF-8", nil, func(s *stage) {
			c := s.connect()
			c.send("{\"type\":\"ping\xff\"}")
			c.wantClose(1007, "Text message is not UTF-8")
		}},
		{"1009 for a message that is too long, however it comes", atMost1000, func(s *stage) {
			c := s.connect()
			c.send(`{"type":"ping"}` + strings.Repeat(" ", 985)) // Exactly as long as may be.
			c.want(`{"type":"pong"}`)
			c.send(strings.Repeat(" ", 8<<20)) // More than sockets hold: it is read to its end, or the client would see a reset.
			c.wantClose(1009, "Message longer than 1000 bytes")
			c = s.connect()
			w, _ := c.ws.NextWriter(websocket.TextMessage)
			for range 20 { // Gorilla's buffer makes fragments of it.
				_, _ = w.Write([]byte(strings.Repeat(" ", 9000)))
			}
			_ = w.Close()
			c.wantClose(1009, "Message longer than 1000 bytes")
		}},
		{"1013 for one socket too many", func(o *Options) { o.MaxSockets = 1 }, func(s *stage) {
			s.connect()
			s.dial(subprotocol).wantClose(1013, "Too many connections")
		}},
		{"1002 for a frame against RFC 6455", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", never)
			s.await("started")
			c.bytes(0x81, 0x02, '{', '}') // Without a mask.
			c.wantClose(1002, "bad MASK")
			s.await("ended")
		}},
	})
}

func atMost1000(o *Options) { o.MaxMessageBytes = 1000 }

func short(o *Options) { o.InitTimeout = 30 * time.Millisecond }

// Each message that is none, with the reason in the close frame.
func TestInvalidMessages(t *testing.T) {
	long := strings.Repeat("x", maxIDBytes+1)
	for _, line := range []struct{ message, reason string }{
		{``, "not JSON"},
		{`{`, "not JSON"},
		{`{"type":"ping"} {}`, "not JSON"},
		{`[]`, "must be an object"},
		{`null`, "type is missing"},
		{`{}`, "type is missing"},
		{`{"type":7}`, "type must be a string"},
		{`{"type":"subscibe"}`, `type "subscibe" is unknown`},
		{`{"type":"x` + strings.Repeat("ä", 100) + `"}`, `type "x` + strings.Repeat("ä", 19) + `…" is unknown`},
		{`{"type":"next","id":"1","payload":{}}`, "type next is for servers"},
		{`{"type":"connection_ack"}`, "type connection_ack is for servers"},
		{`{"type":"connection_init","payload":[]}`, "payload of connection_init must be an object"},
		{`{"type":"ping","payload":"x"}`, "payload of ping must be an object"},
		{`{"type":"pong","payload":1}`, "payload of pong must be an object"},
		{`{"type":"complete"}`, "id is missing or empty"},
		{`{"type":"subscribe","payload":{"query":"{who}"}}`, "id is missing or empty"},
		{`{"type":"subscribe","id":null,"payload":{"query":"{who}"}}`, "id is missing or empty"},
		{`{"type":"subscribe","id":"","payload":{"query":"{who}"}}`, "id is missing or empty"},
		{`{"type":"subscribe","id":1,"payload":{"query":"{who}"}}`, "id must be a string"},
		{`{"type":"subscribe","id":"` + long + `","payload":{"query":"{who}"}}`, "id is longer than 128 bytes"},
		{`{"type":"subscribe","id":"1"}`, "payload of subscribe must be an object"},
		{`{"type":"subscribe","id":"1","payload":"{who}"}`, "payload of subscribe must be an object"},
		{`{"type":"subscribe","id":"1","payload":{}}`, "payload.query is missing"},
		{`{"type":"subscribe","id":"1","payload":{"query":null}}`, "payload.query is missing"},
		{`{"type":"subscribe","id":"1","payload":{"query":5}}`, "payload.query must be a string"},
		{`{"type":"subscribe","id":"1","payload":{"query":"{who}","operationName":5}}`,
			"payload.operationName must be a string"},
		{`{"type":"subscribe","id":"1","payload":{"query":"{who}","variables":[]}}`, "payload.variables must be an object"},
		{`{"type":"subscribe","id":"1","payload":{"query":"{who}","extensions":""}}`, "payload.extensions must be an object"},
	} {
		t.Run(line.reason, func(t *testing.T) {
			t.Parallel()
			c := newStage(t, nil).connect()
			c.send(line.message)
			c.wantClose(4400, "Invalid message: "+line.reason)
		})
	}
}

func TestCloseReasonIsCutBetweenCharacters(t *testing.T) {
	frame := closeFrame(4400, strings.Repeat("ä", 100))
	if want := strings.Repeat("ä", 61); string(frame[2:]) != want {
		t.Errorf("got %q", frame[2:])
	}
}

// What is no WebSocket, or comes from a foreign page, is refused before the upgrade.
func TestHandshake(t *testing.T) {
	s := newStage(t, nil)
	url := "ws" + strings.TrimPrefix(s.server.URL, "http")
	_, response, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"https://evil.example"}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("foreign origin: %v", err)
	}
	response, err = http.Get(s.server.URL)
	if err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("no upgrade: %v", err)
	}
}

// The last message and the end of an operation are one step, or a fast client would be told 4409 for a free id.
func TestLastMessageFreesTheID(t *testing.T) {
	op := &operation{id: "1"}
	c := &conn{out: newQueue(1, 1), ops: map[string]*operation{"1": op}}
	c.send(op, text("{}"), true)
	if len(c.ops) != 0 {
		t.Error("the id is still in use")
	}
}
