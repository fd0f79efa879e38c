package api

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/api/abuse"
	"rapport/internal/api/documents"
	"rapport/internal/bus"
	"rapport/internal/config"
)

// ours are the documents of the examples, of the console's tabs and of our own clients.
func ours(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, root := range []string{"../../examples", "../../web/src", "../configdir", "testdata"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if err != nil || filepath.Ext(path) != ".graphql" {
				return err
			}
			text, err := os.ReadFile(path)
			all[path] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 60 {
		t.Fatalf("%d documents", len(all))
	}
	return all
}

// TestOurDocumentsPass: no limit is in the way of the examples, the console's tabs, our clients, and the introspection of graphql-js, which GraphiQL and
// the generators of clients use, in its shortest and its longest form. Each would pass at half of the limits that are counted.
func TestOurDocumentsPass(t *testing.T) {
	half := config.DefaultLimits()
	for _, n := range []*int{&half.DocumentBytes, &half.Tokens, &half.Operations, &half.Fragments, &half.Variables, &half.Fields, &half.Repeats,
		&half.Aliases, &half.RootFields, &half.Directives, &half.Values, &half.IntrospectionFields} {
		*n /= 2
	}
	for name, text := range ours(t) {
		document, refusal := documents.Parse(text, half)
		if refusal != nil {
			t.Errorf("%s: %v %v", name, refusal, refusal.Extensions)
			continue
		}
		if errs := documents.Validate(servedSchema(), document, 20); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// TestIntrospection: it is answered, also when the whole is asked for as often as the limits let it.
func TestIntrospection(t *testing.T) {
	s := newStage(t)
	text, err := os.ReadFile("testdata/introspection_full.graphql")
	if err != nil {
		t.Fatal(err)
	}
	query, rest, _ := strings.Cut(string(text), "__schema {")
	whole, rest, _ := strings.Cut(rest, "\n  }\n}\n")
	whole = "__schema {" + whole + "\n  }\n"
	for parts, query := range map[int]string{1: string(text), 2: query + whole + "b: " + whole + "}\n" + rest} {
		r := s.post(query)
		if types, _ := r.Data["__schema"].(map[string]any)["types"].([]any); len(r.Errors) > 0 || len(types) < 100 || len(r.Data) != parts {
			t.Errorf("%d times: %d types, %d parts, %+v", parts, len(types), len(r.Data), r.Errors)
		}
	}
}

// fuzzWithin is how long one document may take on a machine that does other things too.
const fuzzWithin = 20 * time.Second

// FuzzQuery: whatever the text, it is parsed, counted and validated or refused, in bounded time, and without a panic. What is refused for more than its
// syntax says why.
func FuzzQuery(f *testing.F) {
	for _, text := range ours(f) {
		f.Add(text)
	}
	for _, d := range abuse.Documents() {
		f.Add(d.Query)
	}
	for _, text := range []string{
		"", "{", "fragment a on Query { ...a } { ...a }", "query ($a: Int = 1, $a: [[Int!]!] = [[$a]]) { a }", "{ ...on { id } }", "{ a: __schema { a: __type } }",
		"subscription { a b } mutation { a } { __typename @skip(if: 1, if: 2) }", `{ agent(id: """block \""" string""") { id } }`, "\ufeff{a}", "query q { a } query q { a }",
		"fragment a($x: Int = 1) on Agent { id } { agent { ...a } }", "{ node(id: {a: [{b: $c}]}) { ... on Agent { id } ... on Queue { id: name } } }",
	} {
		f.Add(text)
	}
	schema, limits := servedSchema(), config.DefaultLimits()
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		document, refusal := documents.Parse(text, limits)
		var errs gqlerror.List
		if refusal == nil {
			errs = documents.Validate(schema, document, limits.Errors)
		} else if errs = (gqlerror.List{refusal}); refusal.Message == "" || refusal.Extensions["code"] == nil {
			t.Errorf("refused without a reason: %+v", refusal)
		}
		if len(errs) > limits.Errors+1 {
			t.Errorf("%d errors", len(errs))
		}
		if took := time.Since(began); took > fuzzWithin {
			t.Errorf("it took %v", took)
		}
	})
}

// FuzzVariables: whatever stands where the variables do, the request is answered in bounded time, with the refusal of a client's mistake and never INTERNAL.
func FuzzVariables(f *testing.F) {
	for _, text := range []string{
		"null", "{}", `{"in":null}`, `{"in":[]}`, `{"in":{"queueId":"x","agentIds":["x"]},"id":"x"}`, `{"in":{"queueId":null,"agentIds":[null]}}`, `{"in":{"agentIds":{"x":1}}}`,
		`{"queue":{"name":"x","priority":1e99}}`, `{"queue":{"name":"x","priority":99999999999999999999}}`, `{"queue":{"name":7,"priority":"1"}}`,
		`{"in":{"queueId":"x","queueId":"y"}}`, `[]`, `"x"`, `{"a":[[[[[[[[[[1]]]]]]]]]]}`, `{"\u0000":1}`, "{", `{"policy":{"scope":1,"enabled":"x"}}`,
	} {
		f.Add(text)
	}
	const mutations = `mutation A($in: AddQueueMembersInput!, $id: ID) { addQueueMembers(input: $in) { queue { id } } }
		mutation B($queue: CreateQueueInput!) { createQueue(input: $queue) { queue { id } } }
		mutation C($item: CreateWorkItemInput!) { createWorkItem(input: $item) { workItem { id } } }`
	writer := &fakeWriter{answer: func(engine.Call) (engine.Result, error) {
		return engine.Result{}, &engine.Error{Code: engine.CodeNotFound, Message: "there is no such thing"}
	}}
	api := New(Options{Writer: writer, Reader: &fakeReader{}, Bus: bus.New(), Metrics: NewMetrics(func() (int, int) { return 0, 0 }), Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, text string) {
		for _, operation := range []string{"A", "B", "C"} {
			began := time.Now()
			w := httptest.NewRecorder()
			api.ServeHTTP(w, graphQLRequest(`{"query":`+strconv.Quote(mutations)+`,"operationName":"`+operation+`","variables":`+text+`}`))
			if took := time.Since(began); took > fuzzWithin {
				t.Errorf("it took %v", took)
			}
			var answer response
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			for _, e := range answer.Errors {
				if e.Extensions["code"] == "INTERNAL" || e.Message == "" {
					t.Errorf("%s: %+v", operation, e)
				}
			}
		}
	})
}
