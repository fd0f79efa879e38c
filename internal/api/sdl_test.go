package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// schemaRequest asks the API for /schema.graphql.
func schemaRequest(s *stage, method string, header ...string) *http.Response {
	s.Helper()
	r := httptest.NewRequest(method, "/schema.graphql", nil)
	r.Host = "localhost:8080"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w.Result()
}

// TestSchemaFile: the whole schema in one document, which is a schema again.
func TestSchemaFile(t *testing.T) {
	s := newStage(t)
	code, text := s.send(http.MethodGet, "/schema.graphql", "")
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range servedSchema().Types {
		if got := schema.Types[name]; got == nil || got.Description != d.Description || len(got.Fields) != len(d.Fields) {
			t.Errorf("%s is %+v", name, got)
		}
	}
	if strings.Contains(text, "__") {
		t.Error("introspection's types are in it")
	}
	h := schemaRequest(s, http.MethodGet).Header
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
		"Content-Length": strconv.Itoa(len(text)),
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	head := schemaRequest(s, http.MethodHead)
	if head.StatusCode != http.StatusOK || head.Header.Get("ETag") != h.Get("ETag") || head.Header.Get("Content-Length") != strconv.Itoa(len(text)) {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	if n, _ := head.Body.Read(make([]byte, 1)); n != 0 {
		t.Error("HEAD has a body")
	}
}

// TestSchemaFileTag: who has the document is told so, by a strong tag; who has another gets it.
func TestSchemaFileTag(t *testing.T) {
	s := newStage(t)
	tag := schemaRequest(s, http.MethodGet).Header.Get("ETag")
	if len(tag) < 10 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		t.Fatalf("ETag is %q", tag)
	}
	for _, c := range []struct {
		method, header string
		status         int
	}{
		{http.MethodGet, tag, http.StatusNotModified},
		{http.MethodHead, tag, http.StatusNotModified},
		{http.MethodGet, "*", http.StatusNotModified},
		{http.MethodGet, `"another", ` + tag, http.StatusNotModified},
		{http.MethodGet, "W/" + tag, http.StatusNotModified}, // as a proxy that compresses sends it
		{http.MethodGet, `"another"`, http.StatusOK},
		{http.MethodGet, tag[1 : len(tag)-1], http.StatusOK},
	} {
		answer := schemaRequest(s, c.method, "If-None-Match", c.header)
		if answer.StatusCode != c.status || answer.Header.Get("ETag") != tag || answer.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s If-None-Match: %s: %d %v", c.method, c.header, answer.StatusCode, answer.Header)
		}
		if n, _ := answer.Body.Read(make([]byte, 1)); c.status == http.StatusNotModified && n != 0 {
			t.Errorf("%s If-None-Match: %s: 304 with a body", c.method, c.header)
		}
	}
	if again := schemaRequest(newStage(t), http.MethodGet).Header.Get("ETag"); again != tag {
		t.Errorf("another server of the same version says %s", again)
	}
	other := servedSchema()
	other.Types = maps.Clone(other.Types)
	delete(other.Types, "Mutation")
	other.Mutation = nil
	w := httptest.NewRecorder()
	schemaFile(other).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/schema.graphql", nil))
	if w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("another schema: %d with the same tag", w.Code)
	}
}

func TestSchemaFileIsOnlyRead(t *testing.T) {
	s := newStage(t)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if answer := schemaRequest(s, method); answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, answer.StatusCode, answer.Header.Get("Allow"))
		}
	}
}

// TestNoDefer: what was deferred would be lost, so the directive is unknown, to validation and to introspection.
func TestNoDefer(t *testing.T) {
	s := newStage(t)
	answer := s.post(`{ agents { nodes { id ... @defer { name } } } }`)
	if len(answer.Errors) != 1 || answer.Errors[0].Message != `Unknown directive "@defer".` || answer.Data != nil {
		t.Errorf("%+v", answer)
	}
	var names []string
	for _, d := range s.post(`{ __schema { directives { name } } }`).Data["__schema"].(map[string]any)["directives"].([]any) {
		names = append(names, d.(map[string]any)["name"].(string))
	}
	if got := strings.Join(names, " "); got != "allow deprecated include oneOf skip specifiedBy visible" {
		t.Errorf("introspection shows the directives %s", got)
	}
}
