package sdl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// sample has one of everything that a schema can have, spread over two files.
var sample = []*ast.Source{{Name: "a.graphqls", Input: `
"Zebras are last." scalar Zebra @specifiedBy(url: "https://example.com/zebra")
"What can be asked." type Query { "A thing." thing("Which." id: ID!, plain: [Int!] = [1, 2], when: When = ""): Thing }
"What can be changed." type Mutation
"A thing; \"\"\" and \\ survive." type Thing implements Node & Other { "Its id." id: ID! "Old." old: String @deprecated(reason: "Use ` + "`id`" + `.") }
"One." interface Node { "Its id." id: ID! }
"Two." interface Other { "Its id." id: ID! }
`}, {Name: "b.graphqls", Input: `
"Said of fields." directive @said("By whom." by: String = "me" loud: Boolean) repeatable on FIELD_DEFINITION | ENUM_VALUE
extend type Query { "An extension's." either: Either @said(by: "you") @said }
extend type Mutation { "Changes." change("What." input: In!): Thing! }
"""
Either of two.

  Indented, after an empty line.
"""
union Either = Thing | Else
"Else." type Else { "A day." day: Day! @said(loud: true) }
"A day." enum Day { "Today." TODAY "Yesterday." YESTERDAY @deprecated(reason: "It is over.") }
"Exactly one." input In @oneOf { "A." a: Int "B." b: String }
"When." scalar When
`}}

// TestPrint: what is written says what was read, and stays as it is when it is read and written again.
func TestPrint(t *testing.T) {
	text := mustPrint(t, sample...)
	for _, want := range []string{
		"\"\"\"\nWhat can be changed.\n\"\"\"\ntype Mutation {\n  \"\"\"\n  Changes.\n  \"\"\"\n  change(\n",
		"type Thing implements Node & Other {\n",
		`\""" and \ survive.`,
		"\n\n  Indented, after an empty line.\n",
		"union Either = Thing | Else\n",
		"  old: String @deprecated(reason: \"Use `id`.\")\n",
		`directive @said(`, `by: String = "me"`, `) repeatable on FIELD_DEFINITION | ENUM_VALUE`,
		"input In @oneOf {\n", `scalar Zebra @specifiedBy(url: "https://example.com/zebra")`, "plain: [Int!] = [1,2]",
		`  either: Either @said(by: "you") @said` + "\n", "  YESTERDAY @deprecated(reason: \"It is over.\")\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	for _, foreign := range []string{"__", "@include", "@defer(", "scalar String", "extend"} {
		if strings.Contains(strings.ReplaceAll(text, "An extension's", ""), foreign) {
			t.Errorf("the document has %q", foreign)
		}
	}
	if again := mustPrint(t, &ast.Source{Name: "printed", Input: text}); again != text {
		t.Errorf("read and written again it is\n%s", again)
	}
	// The order of the files is none of the document's.
	if swapped := mustPrint(t, sample[1], sample[0]); swapped != text {
		t.Errorf("with its files swapped it is\n%s", swapped)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestPrintRefuses: other root types would have to be declared.
func TestPrintRefuses(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: "schema { query: Ask } type Ask { a: Int }"})
	if text, err := Print(schema); err == nil || !strings.Contains(err.Error(), "Ask must be called Query") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestLoad(t *testing.T) {
	folder := t.TempDir()
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "no .graphqls files") {
		t.Errorf("an empty folder: %v", err)
	}
	for _, source := range sample {
		if err := os.WriteFile(filepath.Join(folder, source.Name), []byte(source.Input), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := Print(schema); err != nil || text != mustPrint(t, sample...) {
		t.Errorf("read from files it is\n%s, %v", text, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "c.graphqls"), []byte("type Query { again: Unknown }"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "not valid") {
		t.Errorf("a schema that is not valid: %v", err)
	}
}

func mustPrint(t *testing.T, sources ...*ast.Source) string {
	t.Helper()
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Print(schema)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
