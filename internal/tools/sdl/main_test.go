package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"rapport/internal/sdl"
)

var root = filepath.Join("..", "..", "..")

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSchemaDocumentIsFresh: docs/api/schema.graphql is what schema/ says.
func TestSchemaDocumentIsFresh(t *testing.T) {
	schema, err := sdl.Load(filepath.Join(root, "schema"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sdl.Print(schema)
	if err != nil {
		t.Fatal(err)
	}
	if read(t, root, "docs", "api", "schema.graphql") != currentHead+text {
		t.Error("docs/api/schema.graphql is stale.\nWhat to do: `make generate`, and look at what it changed: that is what clients will see.")
	}
}

// TestAccessDocumentIsFresh: docs/api/access.md is what the schema and the roles say (RL-1).
func TestAccessDocumentIsFresh(t *testing.T) {
	schema, err := sdl.Load(filepath.Join(root, "schema"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sdl.Access(schema)
	if err != nil {
		t.Fatal(err)
	}
	if read(t, root, "docs", "api", "access.md") != accessHead+text {
		t.Error("docs/api/access.md is stale.\nWhat to do: `make generate`, and look at what it changed: that is who may do what.")
	}
}

// TestReleasedIsWritten: docs/api/released.graphql is written by this command, not by hand, except that the formatter may since have changed.
func TestReleasedIsWritten(t *testing.T) {
	text := read(t, root, "docs", "api", "released.graphql")
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "released.graphql", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, releasedHead) || schema.Query == nil {
		t.Error("docs/api/released.graphql was not written by `go run ./internal/tools/sdl --release`")
	}
}

func TestWrite(t *testing.T) {
	root := t.TempDir()
	schema := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(root, "schema"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "schema", "a.graphqls"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const printed = "directive @allow(any: [Permission!]!) on FIELD_DEFINITION\n\nenum Permission {\n  ONE\n}\n\ntype Query {\n  a: Int @allow(any: [ONE])\n}\n"
	released := filepath.Join(root, "docs", "api", "released.graphql")
	if err := write(root, false, false); err == nil {
		t.Error("there is no schema, and no error")
	}
	const rules = "\n\ndirective @allow(any: [Permission!]!) on FIELD_DEFINITION\nenum Permission { ONE }"
	schema("type Query { a: Int @allow(any: [ONE]) }" + rules)
	if err := write(root, false, false); err != nil {
		t.Fatal(err)
	}
	if text := read(t, root, "docs", "api", "schema.graphql"); text != currentHead+printed {
		t.Errorf("schema.graphql is %q", text)
	}
	if _, err := os.Stat(released); !os.IsNotExist(err) {
		t.Errorf("released.graphql without --release: %v", err)
	}
	if err := write(root, true, false); err != nil {
		t.Fatal(err)
	}
	if text := read(t, released); text != releasedHead+printed {
		t.Errorf("released.graphql is %q", text)
	}
	schema("type Query { b: Int @allow(any: []) }" + rules)
	if err := write(root, false, false); err != nil {
		t.Fatal(err)
	}
	if text := read(t, released); !strings.Contains(text, "a: Int") {
		t.Errorf("released.graphql has moved without --release: %q", text)
	}
	schema("type Query { c: Int }" + rules)
	if err := write(root, false, true); err == nil || !strings.Contains(err.Error(), "Query.c") { // RL-1
		t.Errorf("a field of a root without a rule: %v", err)
	}
	schema("type Query { b: Unknown @allow(any: []) }" + rules)
	if err := write(root, true, false); err == nil || !strings.Contains(read(t, released), "a: Int") {
		t.Errorf("a schema that is not valid was released: %v", err)
	}
}
