package web

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/validator"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/config"
	"rapport/internal/configdir"
	"rapport/internal/demo"
)

// tab is a ready-made tab of the console.
type tab struct {
	name, text string
	document   *ast.QueryDocument
	Headers    map[string]string `json:"headers"`
	Variables  map[string]any    `json:"variables"`
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	var sources []*ast.Source
	for _, f := range files {
		sources = append(sources, &ast.Source{Name: filepath.Base(f), Input: read(t, f)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func loadTabs(t *testing.T, schema *ast.Schema) []tab {
	t.Helper()
	files, err := filepath.Glob("src/tabs/*.graphql")
	if err != nil || len(files) != 4 {
		t.Fatalf("there are the tabs %v, want 4: %v", files, err)
	}
	var tabs []tab
	for _, f := range files {
		one := tab{name: strings.TrimSuffix(filepath.Base(f), ".graphql"), text: read(t, f)}
		if err := json.Unmarshal([]byte(read(t, strings.TrimSuffix(f, "graphql")+"json")), &one); err != nil {
			t.Fatalf("%s: %v", one.name, err)
		}
		document, errs := gqlparser.LoadQuery(schema, one.text)
		if errs != nil {
			t.Fatalf("%s: %v", one.name, errs)
		}
		one.document = document
		tabs = append(tabs, one)
	}
	return tabs
}

// commentWidth is how many characters of a comment's line fit into the editor of a window 1,440 pixels wide.
const commentWidth = 57

// TestTabsFitTheSchema: every operation of a ready-made tab is valid, has its variables, and carries the name of its tab; the whole fits
// into a request, the first line is a comment that says what it is for, and comments are not wrapped.
func TestTabsFitTheSchema(t *testing.T) {
	schema := loadSchema(t)
	for _, one := range loadTabs(t, schema) {
		if !strings.HasPrefix(one.text, "# "+strings.ToUpper(one.name)+": ") {
			t.Errorf("%s does not begin with what it is for", one.name)
		}
		for line := range strings.Lines(one.text) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); strings.HasPrefix(line, "#") && n > commentWidth {
				t.Errorf("%s: %d characters are more than %d: %s", one.name, n, commentWidth, line)
			}
		}
		if n := tokens(t, one.text); n > config.DefaultLimits().Tokens {
			t.Errorf("%s has %d tokens, at most %d are taken", one.name, n, config.DefaultLimits().Tokens)
		}
		for _, op := range one.document.Operations {
			if want := strings.ToUpper(one.name[:1]) + one.name[1:]; !strings.HasPrefix(op.Name, want) || op.Name == want {
				t.Errorf("%s: the operation %q is not called %s…", one.name, op.Name, want)
			}
			if _, err := validator.VariableValues(schema, op, one.Variables); err != nil {
				t.Errorf("%s, %s: %v", one.name, op.Name, err)
			}
			for _, v := range op.VariableDefinitions {
				if _, ok := one.Variables[v.Variable]; !ok && v.Variable != "after" { // that one the console fills in
					t.Errorf("%s, %s: the variable %s is not among the ready-made ones", one.name, op.Name, v.Variable)
				}
			}
		}
	}
}

func tokens(t *testing.T, text string) int {
	t.Helper()
	l := lexer.New(&ast.Source{Input: text})
	for n := 0; ; n++ {
		token, err := l.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		if token.Kind == lexer.EOF {
			return n
		}
	}
}

// TestTabsFitTheExample: every id that a ready-made tab gives is one of the example contact centre, as is whom a comment names.
func TestTabsFitTheExample(t *testing.T) {
	centre, err := configdir.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"": true, "ps_busy": true, "LEAVE_UNASSIGNED": true} // "" is filled in by hand; built in; an enum value
	names := map[string]bool{}
	for _, a := range centre.Agents {
		known[a.ID], names[a.Name] = true, true
	}
	for _, c := range centre.Contacts {
		known[c.ID], names[c.FullName] = true, true
	}
	for _, w := range centre.Workstreams {
		known[w.ID], names[w.Name] = true, true
	}
	for _, q := range centre.Queues {
		known[q.ID] = true
	}
	for _, one := range loadTabs(t, loadSchema(t)) {
		values := []any{one.Headers["X-Rapport-Actor"]}
		for _, v := range one.Variables {
			if list, ok := v.([]any); ok {
				values = append(values, list...)
			} else {
				values = append(values, v)
			}
		}
		for _, v := range values {
			if s, ok := v.(string); ok && !known[s] {
				t.Errorf("%s: %q is not in the example", one.name, s)
			}
		}
	}
	for _, name := range []string{"Łukasz Księżniak", "Núria Peñalver", "Loïc Bézard", "Benoît Traoré", "Help chat"} {
		if !names[name] {
			t.Errorf("the comments speak of %s, who is not in the example", name)
		}
	}
}

// TestTabsFitTheDemo: who watches reads how many agents --demo plays and who is left to people, and becomes one of these in the tab Agent.
func TestTabsFitTheDemo(t *testing.T) {
	centre, err := configdir.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{} // the comments, on one line
	for _, one := range loadTabs(t, loadSchema(t)) {
		says[one.name] = strings.Join(strings.Fields(strings.ReplaceAll(one.text, "\n#", "\n")), " ")
		if me := one.Headers["X-Rapport-Actor"]; one.name == "agent" && !slices.Contains(demo.People, me) {
			t.Errorf("in the tab Agent you are %s, who is played", me)
		}
	}
	if played := fmt.Sprintf("%d of the %d agents are played", len(centre.Agents)-len(demo.People), len(centre.Agents)); !strings.Contains(says["watch"], played) {
		t.Errorf("the tab Watch does not say: %s", played)
	}
	for _, a := range centre.Agents {
		if !slices.Contains(demo.People, a.ID) {
			continue
		}
		for _, name := range []string{"watch", "agent"} {
			if !strings.Contains(says[name], a.Name) {
				t.Errorf("the tab %s does not name %s, who is left to people", name, a.Name)
			}
		}
	}
}
