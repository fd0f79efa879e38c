package ws

import (
	"context"
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
		{"so does the first, which is no refusal when it has data (EV-1)", nil, func(s *stage) {
			c := s.connect()
			c.subscribe("1", `subscription { failAtOnce }`)
			c.want(`{"id":"1","type":"error","payload":[{"message":"failed"}]}`)
			s.await("started", "ended")
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
