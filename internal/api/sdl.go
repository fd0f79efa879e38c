package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"rapport/graph"
	"rapport/internal/sdl"
)

// servedSchema is the schema as it is executed, introspected and handed out: ours without @defer. The parser's prelude declares that
// directive and gqlgen's executor follows it, but an answer here is one JSON object: what was deferred would come as null and never
// follow. Not knowing the directive, validation refuses it.
func servedSchema() *ast.Schema {
	served := *graph.NewExecutableSchema(graph.Config{}).Schema()
	served.Directives = maps.Clone(served.Directives) // the generated code's belongs to everybody
	delete(served.Directives, "defer")
	return &served
}

// schemaFile hands the schema out as one document, for people and for the generators of clients. The tag is of its content, so that who
// has it already is told so with 304. It is for GET and HEAD: the route answers other methods with 405.
func schemaFile(schema *ast.Schema) http.Handler {
	text, err := sdl.Print(schema)
	if err != nil {
		panic(err) // a root type with a name of its own: no server is built that way past its tests
	}
	sum := sha256.Sum256([]byte(text))
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8") // which browsers show
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache") // keep it, but ask whether it is still the one: a new version has another
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader([]byte(text)))
	})
}
