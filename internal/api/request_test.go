package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestBodies: what the GraphQL over HTTP specification says of a request's members; what is no request is refused in words that help.
func TestBodies(t *testing.T) {
	s := newStage(t)
	query := `"query":"` + smallest + `"`
	for _, c := range []struct {
		name, body string
		code       int
		want       string
	}{
		{"a query", `{` + query + `}`, 200, "or_1"},
		{"all members", `{` + query + `,"operationName":null,"variables":null,"extensions":null}`, 200, "or_1"},
		{"unknown members", `{"id":7,` + query + `,"more":{"query":[]}}`, 200, "or_1"},
		{"spaces around", "\n{" + query + "}\r\n ", 200, "or_1"},
		{"a member in capitals is another", `{"QUERY":"{ nothing }",` + query + `}`, 200, "or_1"},
		{"a member in capitals only", `{"Query":"` + smallest + `"}`, 400, "must have a query"},
		{"the query twice", `{"query":"{ nothing }",` + query + `}`, 400, `it has \"query\" twice`},
		{"an unknown member twice", `{"a":1,"a":2,` + query + `}`, 400, `it has \"a\" twice`},
		{"a list of operations", `[{` + query + `}]`, 400, "one operation is taken per request"},
		{"an empty list", ` []`, 400, "one operation is taken per request"},
		{"a query that is no string", `{"query":7}`, 400, "must have a string as query"},
		{"variables that are no object", `{` + query + `,"variables":[1]}`, 400, "must have an object as variables"},
		{"extensions that are no object", `{` + query + `,"extensions":"x"}`, 400, "must have an object as extensions"},
		{"a name that is no string", `{` + query + `,"operationName":{}}`, 400, "must have a string as operationName"},
		{"an empty query", `{"query":""}`, 400, "must have a query"},
		{"nothing", ``, 400, "one JSON object"},
		{"null", `null`, 400, "one JSON object"},
		{"half an object", `{` + query, 400, "not JSON"},
		{"two objects", `{` + query + `}{}`, 400, "stands behind it"},
		{"deep", strings.Repeat("[", 200_000), 400, `"limit":"json-depth"`},
		{"deep in an unknown member", `{"x":` + strings.Repeat(`{"a":`, 50_000) + `1`, 400, `"limit":"json-depth"`},
		{"wide", `{"x":[` + strings.Repeat("1,", 100_000) + `1],` + query + `}`, 400, `"limit":"json-values"`},
		{"as wide as may be", `{"x":[` + strings.Repeat("1,", 5_997) + `1],` + query + `}`, 200, "or_1"},
		{"one wider", `{"x":[` + strings.Repeat("1,", 5_998) + `1],` + query + `}`, 400, `"limit":"json-values"`},
		{"braces in a string", `{"x":"` + strings.Repeat(`[{\"`, 1000) + `",` + query + `}`, 200, "or_1"},
	} {
		began := time.Now()
		code, body := s.send(http.MethodPost, "/graphql", c.body, "Content-Type", "application/json")
		if code != c.code || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s, want %d %s", c.name, code, body, c.code, c.want)
		}
		if took := time.Since(began); took > refusalWithin {
			t.Errorf("%s: it took %v", c.name, took)
		}
	}
}

// TestInitIsBounded: what comes before anybody said who they are is not decoded either, if that would cost much.
func TestInitIsBounded(t *testing.T) {
	s := newStage(t)
	for payload, want := range map[string]string{
		`{"actor":"","x":[` + strings.Repeat("1,", 5_000) + `1]}`:                      "connection_ack",
		`{"actor":"","x":[` + strings.Repeat("1,", 7_000) + `1]}`:                      "closed",
		`{"actor":"","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}": "closed",
	} {
		c := s.open()
		if err := c.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init","payload":`+payload+`}`)); err != nil {
			t.Fatal(err)
		}
		if m := c.next(); m["type"] != want || want == "closed" && m["code"] != 4403 {
			t.Errorf("%.40s: %v, want %s", payload, m, want)
		}
	}
}
