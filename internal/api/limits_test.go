package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/config"
)

// newLimitedStage is newStage with other limits.
func newLimitedStage(t *testing.T, set func(*config.Limits)) *stage {
	s := newStage(t)
	limits := config.DefaultLimits()
	if set != nil {
		set(&limits)
	}
	s.api = New(Options{
		Writer: s.writer, Reader: s.reader, Metrics: NewMetrics(func() (int, int) { return 3, 5 }), Bus: s.bus,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Limits: limits,
	})
	return s
}

// bound is a limit, and a request that has just n of what it is for.
type bound struct {
	limit     string
	most      int
	set       func(*config.Limits) // nil for the defaults
	query     func(n int) string
	variables func(n int) map[string]any
}

// repeated writes what f gives for 0 to n-1.
func repeated(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

func same(text string) func(int) string { return func(int) string { return text } }

// nested is n times open, the core, and n times close.
func nested(n int, open, core, end string) string {
	return strings.Repeat(open, n) + core + strings.Repeat(end, n)
}

const (
	smallest = "{ organization { id } }" // six tokens
	nobody   = `agent(id: "ag_01900000-0000-7000-8000-00000000000f")`
)

// leaf is a field of the organisation, another for each of four.
func leaf(i int) string { return []string{" id", " version", " updatedAt", " reconnectSeconds"}[i%4] }

func boundsCases() []bound {
	list := func(n int) string { return "[" + repeated(n, same(`"x",`)) + "]" }
	entries := func(n int) []any { return make([]any, n) }
	return []bound{
		{limit: "document-bytes", most: 65536, query: func(n int) string { return smallest + strings.Repeat(" ", n-len(smallest)) }},
		{limit: "tokens", most: 2000, query: func(n int) string { return repeated(n-6, same("#\n")) + smallest }},
		{limit: "operations", most: 30, query: func(n int) string {
			return repeated(n, func(i int) string { return fmt.Sprintf("query q%d %s ", i, smallest) })
		}},
		{limit: "fragments", most: 60, query: func(n int) string {
			return "{ organization {" + repeated(n, func(i int) string { return fmt.Sprintf(" ...f%d", i) }) + "} }" +
				repeated(n, func(i int) string { return fmt.Sprintf(" fragment f%d on Organization {%s }", i, leaf(i)) })
		}},
		{limit: "variables", most: 60, query: func(n int) string {
			return "mutation (" + repeated(n, func(i int) string { return fmt.Sprintf("$v%d: ID! = \"x\" ", i) }) + `) { addQueueMembers(input: {queueId: "x", agentIds: [` +
				repeated(n, func(i int) string { return fmt.Sprintf("$v%d ", i) }) + `]}) { queue { id } } }`
		}},
		{limit: "depth", most: 15, set: func(l *config.Limits) { l.ValueDepth = 2 }, query: func(n int) string { // 3 levels a turn
			core := []string{"{ id }", "{ assignments(first: 1) { __typename } }", "{ assignments(first: 1) { edges { cursor } } }"}[(n-2)%3]
			return "{ " + nobody + nested((n-2)/3, " { assignments(first: 1) { nodes { agent", core, " } } }") + " }"
		}},
		{limit: "fields", most: 100, set: func(l *config.Limits) { l.Fields = 100 }, query: func(n int) string {
			return "{ organization {" + repeated(n-1, leaf) + " } }"
		}},
		{limit: "repeats", most: 30, query: func(n int) string { return "{ organization {" + repeated(n, same(" id")) + " } }" }},
		{limit: "aliases", most: 50, query: func(n int) string {
			return "{ organization {" + repeated(n, func(i int) string { return fmt.Sprintf(" a%d: id", i) }) + " } }"
		}},
		{limit: "root-fields", most: 20, query: func(n int) string { return "{" + repeated(n, same(" organization { id }")) + " }" }},
		{limit: "directives", most: 50, query: func(n int) string {
			return "{ organization {" + repeated(n, func(i int) string { return leaf(i) + " @skip(if: false)" }) + " } }"
		}},
		{limit: "values", most: 1000, query: func(n int) string { // the object, its queueId, the list, the entries
			return `mutation { addQueueMembers(input: {queueId: "x", agentIds: ` + list(n-3) + `}) { queue { id } } }`
		}},
		{limit: "value-depth", most: 8, query: func(n int) string { return "{ agent(id: " + nested(n, "[", "", "]") + ") { id } }" }},
		{limit: "value-depth", most: 8, query: same(smallest), variables: func(n int) map[string]any {
			deep := any(map[string]any{})
			for range n - 1 {
				deep = []any{deep}
			}
			return map[string]any{"v": deep}
		}},
		{limit: "variable-values", most: 2000, query: same(smallest), variables: func(n int) map[string]any {
			return map[string]any{"v": entries(n - 3), "w": map[string]any{"x": 1}}
		}},
		{limit: "introspection-fields", most: 2, query: func(n int) string { return "{" + repeated(n, same(" __schema { queryType { name } }")) + " }" }},
		{limit: "introspection-depth", most: 15, query: func(n int) string {
			return `{ __type(name: "Query") ` + nested(n-2, "{ ofType ", "{ name }", " }") + " }"
		}},
		{limit: "COMPLEXITY_LIMIT_EXCEEDED", most: 100, set: func(l *config.Limits) { l.Complexity = 100 }, query: func(n int) string {
			return "{ organization {" + repeated(n-1, leaf) + " } }"
		}},
		// What can't be set.
		{limit: "name-bytes", most: 100, query: func(n int) string { return "query " + strings.Repeat("n", n) + smallest }},
		{limit: "number-bytes", most: 64, query: func(n int) string { return "{ queues(first: " + strings.Repeat("9", n) + ") { nodes { id } } }" }},
		{limit: "string-bytes", most: 4096, query: func(n int) string { return `{ agent(id: "` + strings.Repeat("x", n) + `") { id } }` }},
		{limit: "nesting", most: 120, query: func(n int) string { return nested(n-1, "{ ... ", "{ __typename }", "}") }},
		{limit: "directives-at-once", most: 4, query: func(n int) string { return "{ organization { id" + repeated(n, same(" @skip(if: false)")) + " } }" }},
		{limit: "introspection-lists", most: 1, query: func(n int) string {
			return `{ __type(name: "Query") { name` + nested(n, " fields { type { name", "", " } }") + " } }"
		}},
		{limit: "introspection-aliases", most: 0, query: func(n int) string {
			return `{ __type(name: "Query") { name` + repeated(n, func(i int) string { return fmt.Sprintf(" a%d: name", i) }) + " } }"
		}},
		{limit: "json-depth", most: 60, set: func(l *config.Limits) { l.ValueDepth = 50 }, query: same(smallest), variables: func(n int) map[string]any {
			deep := any([]any{}) // with the body and the variables around it; the rest stands in an extension, which nobody looks at
			for range n - 3 {
				deep = []any{deep}
			}
			return map[string]any{"": deep}
		}},
	}
}

// refusedAnywhere tells what a request is refused by, over HTTP and on a socket, which must agree; "" for none of the limits.
func (s *stage) refusedAnywhere(c *client, request map[string]any) string {
	s.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		s.Fatal(err)
	}
	limit := func(answer []byte) string {
		var r response
		if err := json.Unmarshal(answer, &r); err != nil {
			s.Fatalf("%.300s: %v", answer, err)
		}
		for _, e := range r.Errors {
			if e.Extensions["limit"] != nil && e.Extensions["code"] == "LIMIT_EXCEEDED" {
				return e.Extensions["limit"].(string)
			}
			if e.Extensions["code"] == "COMPLEXITY_LIMIT_EXCEEDED" {
				return "COMPLEXITY_LIMIT_EXCEEDED"
			}
		}
		return ""
	}
	_, answer := s.send(http.MethodPost, "/graphql", string(text), "Content-Type", "application/json")
	http := limit([]byte(answer))
	c.send(map[string]any{"id": "x", "type": "subscribe", "payload": request})
	m := c.next()
	payload := m["payload"]
	if m["type"] == "next" {
		if end := c.next(); end["type"] != "complete" {
			s.Fatalf("the socket goes on with %v", end)
		}
	} else {
		payload = map[string]any{"errors": payload}
	}
	text, err = json.Marshal(payload)
	if err != nil {
		s.Fatal(err)
	}
	if socket := limit(text); socket != http {
		s.Errorf("refused by %q on the socket (%.300s), by %q over HTTP (%.300s)", socket, text, http, answer)
	}
	return http
}

// TestBounds: what has just as much as it may have is taken, one less too, and one more is refused by that limit and no other.
func TestBounds(t *testing.T) {
	for _, b := range boundsCases() {
		t.Run(b.limit, func(t *testing.T) {
			s := newLimitedStage(t, b.set)
			c := s.dial("")
			for n, want := range map[int]string{b.most - 1: "", b.most: "", b.most + 1: b.limit} {
				if n < 0 || b.limit == "number-bytes" && n < b.most {
					continue
				}
				request := map[string]any{"query": b.query(n)}
				if b.limit == "operations" {
					request["operationName"] = "q0"
				}
				if b.limit == "json-depth" {
					request["extensions"] = b.variables(n)
				} else if b.variables != nil {
					request["variables"] = b.variables(n)
				}
				if got := s.refusedAnywhere(c, request); got != want {
					t.Errorf("%d of at most %d: refused by %q, want %q: %.200s", n, b.most, got, want, b.query(n))
				}
			}
		})
	}
}

// TestBoundsArePerOperation: two operations may each have as many aliases, root fields and directives as one; a cycle of fragments is told as what it is.
func TestBoundsArePerOperation(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	most := " {" + repeated(20, func(i int) string { return fmt.Sprintf(" a%d: organization @skip(if: false) { b%d: id }", i, i) }) + " } "
	if got := s.refusedAnywhere(c, map[string]any{"query": "query a" + most + "query b" + most, "operationName": "b"}); got != "" {
		t.Errorf("two operations are refused by %s", got)
	}
	r := s.post("{ organization { ...a } } fragment a on Organization { id ...b } fragment b on Organization { version ...a }")
	if len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, "Cannot spread fragment") {
		t.Errorf("a cycle: %+v", r.Errors)
	}
}

// TestBoundsOfBodies: a body as long as it may be is read, a longer one is refused with 413; on a socket the message is, with 1009.
func TestBoundsOfBodies(t *testing.T) {
	s := newLimitedStage(t, func(l *config.Limits) { l.BodyBytes, l.MessageBytes = 2000, 3000 })
	padded := func(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }
	for n, want := range map[int]int{1999: 200, 2000: 200, 2001: 413} {
		code, text := s.send(http.MethodPost, "/graphql", padded(`{"query":"`+smallest+`"}`, n), "Content-Type", "application/json")
		if code != want || strings.Contains(text, `"limit":"body-bytes"`) != (want == 413) || strings.Contains(text, "or_1") != (want == 200) {
			t.Errorf("%d bytes: %d %s", n, code, text)
		}
	}
	for n, want := range map[int]string{2999: "next", 3000: "next", 3001: "closed"} {
		c := s.dial("")
		if err := c.conn.WriteMessage(1, []byte(padded(`{"id":"x","type":"subscribe","payload":{"query":"`+smallest+`"}}`, n))); err != nil {
			t.Fatal(err)
		}
		if m := c.next(); m["type"] != want || want == "closed" && m["code"] != 1009 {
			t.Errorf("%d bytes: %v", n, m)
		}
	}
}

// TestBoundsOfPages: a smaller page than the schema's is held to in every field that has `first`, with the words of the resolvers.
func TestBoundsOfPages(t *testing.T) {
	for most, set := range map[int]func(*config.Limits){100: nil, 40: func(l *config.Limits) { l.Page = 40 }} {
		s := newLimitedStage(t, set)
		for first, refused := range map[int]bool{-1: true, 0: true, most: false, most + 1: true} {
			r := s.post(fmt.Sprintf("{ agents(first: %d) { nodes { id } } }", first)) // which the fake reader can't read
			if len(r.Errors) != 1 {
				t.Fatalf("%+v", r)
			}
			e := r.Errors[0]
			got := e.Extensions["code"] == "BAD_USER_INPUT" && e.Extensions["field"] == "first" && fmt.Sprint(e.Path) == "[agents]" &&
				e.Message == fmt.Sprintf("must be from 1 to %d", most)
			if got != refused {
				t.Errorf("first: %d of %d: %+v", first, most, e)
			}
		}
		const inner = `{ agent(id: "` + string(ann) + `") { preferredBy(first: %d) { nodes { contactId } } } }`
		if r := s.post(fmt.Sprintf(inner, most+1)); len(r.Errors) != 1 || r.Errors[0].Extensions["field"] != "first" {
			t.Errorf("within an object: %+v", r)
		}
	}
}

// TestBoundsOfErrors: so many, and one more that tells of the others, in answers as in what validation finds, over HTTP and on a socket.
func TestBoundsOfErrors(t *testing.T) {
	s := newLimitedStage(t, func(l *config.Limits) { l.Errors = 5 })
	s.reader.org = func() (engine.Organization, error) {
		return engine.Organization{}, &engine.Error{Code: engine.CodeNotFound, Message: strings.Repeat("ü", 3000)}
	}
	c := s.dial("")
	for n, want := range map[int]struct {
		errors     int
		ran, valid string
	}{
		4: {4, "", ""}, 5: {5, "", ""},
		6: {6, "errors that this answer leaves out: 1", "there are more errors than these 5"},
		9: {6, "errors that this answer leaves out: 4", "there are more errors than these 5"},
	} {
		run := "{" + repeated(n, func(i int) string { return fmt.Sprintf(" a%d: organization { id }", i) }) + " }"
		invalid := "{ organization { id" + repeated(n, func(i int) string { return fmt.Sprintf(" x%d", i) }) + " } }"
		for document, last := range map[string]string{run: want.ran, invalid: want.valid} {
			r := s.post(document)
			c.subscribe("x", document, nil)
			m := c.next()
			onSocket, _ := m["payload"].([]any)
			if data, ok := m["payload"].(map[string]any); ok {
				onSocket, _ = data["errors"].([]any)
				c.next()
			}
			if len(r.Errors) != want.errors || len(onSocket) != want.errors {
				t.Fatalf("%d errors: %d over HTTP, %d on the socket, want %d", n, len(r.Errors), len(onSocket), want.errors)
			}
			end := r.Errors[len(r.Errors)-1]
			if last != "" && (!strings.HasPrefix(end.Message, last) || end.Extensions["limit"] != "errors") || last == "" && end.Extensions["limit"] != nil {
				t.Errorf("%d errors end with %+v, want %q", n, end, last)
			}
			if size := len(r.Errors[0].Message); size > 1010 {
				t.Errorf("a message of %d bytes", size)
			}
		}
	}
}

// TestErrorsBeforeTheFirstResponse are capped too, which no interceptor of responses sees; what is within the limit stays as it is.
func TestErrorsBeforeTheFirstResponse(t *testing.T) {
	for n, want := range map[int]int{0: 0, 20: 20, 21: 21, 400: 21} {
		var errs gqlerror.List
		for i := range n {
			errs = append(errs, &gqlerror.Error{Message: fmt.Sprint(i)})
		}
		answer := errorCap(20).InterceptOperation(t.Context(), func(context.Context) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Errors: errs})
		})
		got := answer(t.Context()).Errors
		if len(got) != want || n > 20 && got[20].Message != fmt.Sprintf("errors that this answer leaves out: %d", n-20) || n > 0 && got[0].Message != "0" {
			t.Errorf("of %d: %v", n, got)
		}
		if answer(t.Context()) != nil {
			t.Error("there is an answer behind the last")
		}
	}
}

// TestKept: long documents are not kept, and the executor gets the one that was admitted, kept or not.
func TestKept(t *testing.T) {
	k := known{lru.New[*ast.QueryDocument](10)}
	short, long := strings.Repeat("x", config.MaxKeptDocument), strings.Repeat("x", config.MaxKeptDocument+1)
	for text, want := range map[string]bool{short: true, long: false} {
		document := &ast.QueryDocument{}
		k.Add(t.Context(), text, document)
		if got, ok := k.Get(t.Context(), text); ok != want || ok && got != document {
			t.Errorf("%d bytes: kept is %v", len(text), ok)
		}
		admitted := &ast.QueryDocument{}
		if got, ok := k.Get(context.WithValue(t.Context(), admittedKey{}, admitted), text); !ok || got != admitted {
			t.Errorf("%d bytes: another one than the admitted", len(text))
		}
	}
}
