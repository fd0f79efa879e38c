package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// closeCase is a code with which a connection ends, the sentence that it stands for, and each way there as a story. Sentences
// without a source are of PROTOCOL.md of the npm package graphql-ws; the others are of RFC 6455, or ours.
type closeCase struct {
	code    int
	rule    string
	stories []story
}

// TestCloseCodes tells the stories of every code and then prints them as a table (go test -v): `make audit`.
func TestCloseCodes(t *testing.T) {
	cases := slices.Concat(theirCloseCases(), brokenFrameCases(), ourCloseCases(), initCloseCases(), messageCloseCases())
	slices.SortFunc(cases, func(a, b closeCase) int { return cmp.Compare(a.code, b.code) })
	told := map[int]bool{}
	var table strings.Builder
	for _, c := range cases {
		told[c.code] = told[c.code] || len(c.stories) > 0
		fmt.Fprintf(&table, "\n%d  %s\n", c.code, c.rule)
		for _, s := range c.stories {
			fmt.Fprintf(&table, "      - %s\n", s.name)
		}
	}
	t.Run("stories", func(t *testing.T) {
		for _, c := range cases {
			t.Run(strconv.Itoa(c.code), func(t *testing.T) { tell(t, c.stories) })
		}
	})
	for source, codes := range map[string][]int{"close.go": codesOfTheSource(t), "docs/errors.md": codesOfTheDocuments(t)} {
		for _, code := range codes {
			if !told[code] {
				t.Errorf("%s has %d, of which there is no story", source, code)
			}
		}
		for code := range told {
			if !slices.Contains(codes, code) && (source != "close.go" || code > websocket.CloseProtocolError) { // Up to that they are clients' or gorilla's.
				t.Errorf("%s does not have %d", source, code)
			}
		}
	}
	if !t.Failed() {
		t.Log(table.String())
	}
}

// codesOfTheSource are those of the constants in close.go: numbers, or names with the number behind them in the comment.
func codesOfTheSource(t *testing.T) (codes []int) {
	source, err := os.ReadFile("close.go")
	if err != nil {
		t.Fatal(err)
	}
	constant := regexp.MustCompile(`(?m)^\tclose\w+ += (?:(\d+) |websocket\.\w+ +// (\d+):)`)
	if found, lines := len(constant.FindAllString(string(source), -1)), strings.Count(string(source), "\n\tclose"); found != lines {
		t.Fatalf("%d of %d constants are understood: a code's line is `closeX = 4400 // …` or `closeX = websocket.CloseX // 1007: …`", found, lines)
	}
	for _, m := range constant.FindAllStringSubmatch(string(source), -1) {
		code, _ := strconv.Atoi(m[1] + m[2])
		codes = append(codes, code)
	}
	return codes
}

// codesOfTheDocuments are those of the table in docs/errors.md.
func codesOfTheDocuments(t *testing.T) (codes []int) {
	text, err := os.ReadFile("../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Sockets\n")
	if !ok {
		t.Fatal("docs/errors.md has no section Sockets")
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d{4}[\d, ]*) \|`).FindAllStringSubmatch(section, -1) {
		for _, number := range strings.Split(row[1], ", ") {
			code, _ := strconv.Atoi(number)
			codes = append(codes, code)
		}
	}
	return codes
}

// theirCloseCases: the client closes, and hears its own code.
func theirCloseCases() (cases []closeCase) {
	for _, c := range []struct {
		code       int
		rule, name string
	}{
		{1000, "The client closes the socket and the connection by dispatching a `1000: Normal Closure` close event to the server indicating a normal closure.",
			"the client has done"},
		{1001, "RFC 6455: 1001 indicates that an endpoint is \"going away\", such as a server going down or a browser having navigated away from a page.",
			"the page is left"},
	} {
		cases = append(cases, closeCase{c.code, c.rule, []story{{c.name, nil, func(s *stage) {
			client := s.connect()
			client.subscribe("1", never)
			s.await("started")
			_ = client.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(c.code, "bye"), time.Now().Add(patience))
			client.wantClose(c.code, "")
			s.await("ended")
		}}}})
	}
	return cases
}

// ourCloseCases: the server can't have the client, or not any longer.
func ourCloseCases() []closeCase {
	return []closeCase{
		{1009, "RFC 6455: 1009 indicates that an endpoint is terminating the connection because it has received a message that is too big for it to process.", []story{
			{"a message that is too long, in one frame or many", atMost1000, func(s *stage) {
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
			{"before the acknowledgement there is room for a token only", nil, func(s *stage) {
				padded := func(n int) string { return `{"type":"connection_init"}` + strings.Repeat(" ", n-26) }
				c := s.dial(subprotocol)
				c.send(padded(maxInitBytes))
				c.want(ack)
				c.send(`{"type":"ping"}` + strings.Repeat(" ", 200<<10))
				c.want(`{"type":"pong"}`)
				c = s.dial(subprotocol)
				c.send(padded(maxInitBytes + 1))
				c.wantClose(1009, "Message longer than 16384 bytes")
			}},
		}},
		{1012, "Ours: The server restarts or stops. IANA: 1012 Service Restart.", []story{{"a drain, with a subscription, without, and for newcomers", nil, func(s *stage) {
			c, idle, fresh := s.follow("1"), s.connect(), s.dial(subprotocol)
			s.transport.Drain(context.Background())
			for _, c := range []*client{c, idle, fresh, s.dial(subprotocol)} {
				c.wantClose(1012, "Service restart")
			}
			s.await("ended")
		}}}},
		{1013, "Ours: Too many connections. IANA: 1013 Try Again Later.", []story{
			{"one socket too many", func(o *Options) { o.MaxSockets = 1 }, func(s *stage) {
				s.connect()
				s.dial(subprotocol).wantClose(1013, "Too many connections")
			}},
			{"one too many that is not acknowledged", func(o *Options) { o.MaxPending = 1 }, func(s *stage) {
				s.connect()
				s.stranger()
				s.dial(subprotocol).wantClose(1013, "Too many connections")
			}},
			{"Init finds too many of one principal", refusing(&CloseError{1013, "Too many connections of this principal"}), func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"connection_init"}`)
				c.wantClose(1013, "Too many connections of this principal")
			}},
		}},
		{4290, "Ours: The client did not read fast enough (EV-2).", []story{
			{"events were lost on the way to the queue", nil, func(s *stage) {
				c := s.connect()
				c.subscribe("1", `subscription { cut }`)
				c.wantClose(4290, "Slow reader")
			}},
			{"the queue ran over, and what waited is not sent", func(o *Options) { o.QueueMessages, o.WriteTimeout = 5, 2*time.Second }, slowReaderIsTold},
		}},
	}
}

// slowReaderIsTold: one that reads again in time learns why it is cut off.
func slowReaderIsTold(s *stage) {
	s.narrow.Store(true)
	slow := s.follow("slow")
	sent := 0
	for ended := false; !ended; sent++ {
		s.publish(strings.Repeat(".", 8000))
		select {
		case <-s.happened:
			ended = true
		default:
		}
	}
	for read := 0; ; read++ {
		_, _, err := slow.ws.ReadMessage()
		switch {
		case err == nil:
		case !websocket.IsCloseError(err, 4290):
			s.Fatal(err)
		case read >= sent-5:
			s.Fatalf("%d of %d messages came", read, sent)
		default:
			return
		}
	}
}

// initCloseCases: what stands before and around connection_init.
func initCloseCases() []closeCase {
	return []closeCase{
		{4401, "Executing operations is allowed only after the server has acknowledged the connection through the `ConnectionAck` message, " +
			"if the connection is not acknowledged, the socket will be closed immediately with the event `4401: Unauthorized`.", []story{
			{"subscribe before connection_init", nil, func(s *stage) {
				c := s.dial(subprotocol)
				c.subscribe("1", never)
				c.wantClose(4401, "Unauthorized")
			}},
		}},
		{4403, "Ours, as the npm server does: Forbidden, for whoever is refused by the `ConnectionInit` message.", []story{
			{"Init refuses, and its reason is not sent", refusing(errors.New("secret")), func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"connection_init"}`)
				c.wantClose(4403, "Forbidden")
			}},
			{"a token's end, with nothing under way", expiring(50 * time.Millisecond), func(s *stage) { s.connect().wantClose(4403, "Forbidden") }},
			{"a token's end, while operations run", expiring(time.Second), func(s *stage) {
				c := s.connect()
				c.subscribe("s", never)
				s.await("started")
				c.subscribe("q", `{ slow }`)
				s.await("started", "waiting")
				c.subscribe("m", `mutation { slowBump }`)
				s.await("started", "waiting")
				for i := range 40 {
					c.subscribe(fmt.Sprint(i), `query Quiet { slow }`)
				}
				c.wantClose(4403, "Forbidden") // And no answer of what was cancelled.
			}},
			{"a token that has ended already", expiring(-time.Second), func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"connection_init"}`)
				c.want(ack)
				c.wantClose(4403, "Forbidden")
			}},
		}},
		{4406, "Ours, as the npm server does: The WebSocket sub-protocol for this specification is: `graphql-transport-ws`.", []story{
			{"no sub-protocol", nil, func(s *stage) { s.dial().wantClose(4406, "Subprotocol not acceptable") }},
			{"the old sub-protocol", nil, func(s *stage) { s.dial("graphql-ws").wantClose(4406, "Subprotocol not acceptable") }},
		}},
		{4408, "If the client does not request a connection within the allowed timeout, the server will close the socket with the event: `4408: Connection initialisation timeout`.", []story{
			{"no connection_init comes", short, func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"ping"}`)
				c.want(`{"type":"pong"}`)
				c.wantClose(4408, "Connection initialisation timeout")
			}},
			{"Init takes too long", func(o *Options) {
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
		}},
		{4429, "If the server receives more than one `ConnectionInit` message at any given time, the server will close the socket with the event `4429: Too many initialisation requests`.", []story{
			{"a second connection_init after the acknowledgement", nil, func(s *stage) {
				c := s.connect()
				c.send(`{"type":"connection_init"}`)
				c.wantClose(4429, "Too many initialisation requests")
			}},
			{"two at once", nil, func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"connection_init"}`)
				c.send(`{"type":"connection_init"}`)
				c.want(ack)
				c.wantClose(4429, "Too many initialisation requests")
			}},
		}},
		{4500, "Ours, as the npm server does: Internal server error.", []story{
			{"Init panics", func(o *Options) {
				o.Init = func(context.Context, *http.Request, map[string]any) (context.Context, error) { panic("oh") }
			}, func(s *stage) {
				c := s.dial(subprotocol)
				c.send(`{"type":"connection_init"}`)
				c.wantClose(4500, "Internal server error")
			}},
		}},
	}
}

// refusing has Init give an error.
func refusing(err error) func(*Options) {
	return func(o *Options) {
		o.Init = func(context.Context, *http.Request, map[string]any) (context.Context, error) { return nil, err }
	}
}

// expiring has Init give a context with a deadline, as a token's.
func expiring(in time.Duration) func(*Options) {
	return func(o *Options) {
		o.Init = func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, error) {
			ctx, cancel := context.WithTimeout(ctx, in)
			context.AfterFunc(ctx, cancel)
			return ctx, nil
		}
	}
}

func atMost1000(o *Options) { o.MaxMessageBytes = 1000 }

func short(o *Options) { o.InitTimeout = 30 * time.Millisecond }

// messageCloseCases: messages that are none, or come at the wrong time.
func messageCloseCases() []closeCase {
	invalid := closeCase{4400, "Receiving a message of a type or format which is not specified in this document will result in an immediate socket closure " +
		"with the event `4400: <error-message>`.", []story{{"binary, expected text", nil, func(s *stage) {
		c := s.connect()
		_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`))
		c.wantClose(4400, "Invalid message: binary, expected text")
	}}}}
	for i, m := range invalidMessages {
		invalid.stories = append(invalid.stories, story{fmt.Sprintf("%s (%d)", m.reason, i), nil, func(s *stage) {
			c := s.connect()
			c.send(m.message)
			c.wantClose(4400, "Invalid message: "+m.reason)
		}})
	}
	return []closeCase{
		invalid,
		{1007, "RFC 6455: 1007 indicates that an endpoint is terminating the connection because it has received data within a message that was not " +
			"consistent with the type of the message (e.g., non-UTF-8 data within a text message).", []story{
			{"text that is not UTF-8", nil, func(s *stage) {
				c := s.connect()
				c.send("{\"type\":\"ping\xff\"}")
				c.wantClose(1007, "Text message is not UTF-8")
			}},
		}},
		{4409, "If there is already an active subscriber for a streaming operation matching the provided ID, the server will close the socket immediately " +
			"with the event `4409: Subscriber for <unique-operation-id> already exists`.", []story{
			{"the id of a subscription, which ends", nil, func(s *stage) {
				c := s.connect()
				c.subscribe("7", never)
				c.subscribe("7", `{ who }`)
				c.wantClose(4409, "Subscriber for 7 already exists")
			}},
			{"the id of a query under way, and a hook that admits nobody", func(o *Options) {
				free := true
				o.Admit = func(context.Context) (func(), error) {
					if !free {
						return nil, errors.New("no more")
					}
					free = false
					return nil, nil
				}
			}, func(s *stage) {
				c := s.connect()
				c.subscribe("7", `{ slow }`)
				s.await("started", "waiting")
				c.subscribe("7", `{ who }`)
				c.wantClose(4409, "Subscriber for 7 already exists") // An error for 7 would end the first in the client's eyes only.
			}},
		}},
	}
}

// invalidMessages are messages that are none, with the reason in the close frame.
var invalidMessages = []struct{ message, reason string }{
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
	{`{"type":"error","id":"1","payload":[]}`, "type error is for servers"},
	{`{"type":"connection_init","payload":[]}`, "payload of connection_init must be an object"},
	{`{"type":"connection_init","payload":{"token":"a","token":"b"}}`, `connection_init: it has "token" twice`},
	{`{"type":"connection_init","payload":{"token":"a"},"payload":{"token":"b"}}`, `connection_init: it has "payload" twice`},
	{`{"type":"ping","payload":"x"}`, "payload of ping must be an object"},
	{`{"type":"pong","payload":1}`, "payload of pong must be an object"},
	{`{"type":"complete"}`, "id is missing or empty"},
	{`{"type":"subscribe","payload":{"query":"{who}"}}`, "id is missing or empty"},
	{`{"type":"subscribe","id":null,"payload":{"query":"{who}"}}`, "id is missing or empty"},
	{`{"type":"subscribe","id":"","payload":{"query":"{who}"}}`, "id is missing or empty"},
	{`{"type":"subscribe","id":1,"payload":{"query":"{who}"}}`, "id must be a string"},
	{`{"type":"subscribe","id":"` + strings.Repeat("x", maxIDBytes+1) + `","payload":{"query":"{who}"}}`, "id is longer than 128 bytes"},
	{`{"type":"subscribe","id":"1"}`, "payload of subscribe must be an object"},
	{`{"type":"subscribe","id":"1","payload":"{who}"}`, "payload of subscribe must be an object"},
	{`{"type":"subscribe","id":"1","payload":{}}`, "payload.query is missing"},
	{`{"type":"subscribe","id":"1","payload":{"query":null}}`, "payload.query is missing"},
	{`{"type":"subscribe","id":"1","payload":{"query":5}}`, "payload.query must be a string"},
	{`{"type":"subscribe","id":"1","payload":{"query":"{who}","operationName":5}}`, "payload.operationName must be a string"},
	{`{"type":"subscribe","id":"1","payload":{"query":"{who}","variables":[]}}`, "payload.variables must be an object"},
	{`{"type":"subscribe","id":"1","payload":{"query":"{who}","extensions":""}}`, "payload.extensions must be an object"},
}

// brokenFrameCases: what is below messages.
func brokenFrameCases() []closeCase {
	c := closeCase{1002, "RFC 6455: 1002 indicates that an endpoint is terminating the connection due to a protocol error.", nil}
	for _, f := range brokenFrames {
		c.stories = append(c.stories, story{f.name, nil, func(s *stage) {
			client := s.connect()
			client.subscribe("1", never)
			s.await("started")
			client.bytes(f.bytes...)
			client.wantClose(1002, f.reason)
			s.await("ended")
		}})
	}
	return []closeCase{c}
}

// brokenFrames are against RFC 6455, with the reason in the close frame.
var brokenFrames = []struct {
	name, reason string
	bytes        []byte
}{
	{"a frame without a mask", "bad MASK", []byte{0x81, 0x02, '{', '}'}},
	{"a compressed frame", "RSV1 set", frameOf(0xc1, []byte("{}"))},
	{"a reserved bit", "RSV2 set", frameOf(0xa1, []byte("{}"))},
	{"another reserved bit", "RSV3 set", frameOf(0x91, []byte("{}"))},
	{"an opcode for data that is not defined", "bad opcode 3", frameOf(0x83, []byte("{}"))},
	{"an opcode for control that is not defined", "bad opcode 15", frameOf(0x8f, nil)},
	{"a ping that is too long", "len > 125 for control", frameOf(0x89, make([]byte, 126))},
	{"a ping in fragments", "FIN not set on control", frameOf(0x09, nil)},
	{"a fragment of nothing", "continuation after FIN", frameOf(0x80, []byte("{}"))},
	{"a message within a message", "data before FIN", append(frameOf(0x01, []byte("{")), frameOf(0x81, []byte("}"))...)},
	{"a close code that must not be sent", "bad close code 1005", frameOf(0x88, []byte{0x03, 0xed})},
	{"a close code out of range", "bad close code 0", frameOf(0x88, []byte{0, 0})},
	{"a close reason that is not UTF-8", "invalid utf8 payload in close frame", frameOf(0x88, []byte{0x03, 0xe8, 0xff})},
}
