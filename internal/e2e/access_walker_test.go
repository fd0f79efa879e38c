package e2e

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// walker asks for everything along the paths of the schema. A path is asked for alone, because what is refused takes along what stands around it.
type walker struct {
	t         *testing.T
	schema    *ast.Schema
	operation string
	ask       func(document string) string
	see       func(what map[string]any) string
	never     []string
	again     int             // from which depth on it does not walk by the same field again to objects to which that led before
	walked    map[string]bool // where it has been with these objects
	asked     int
	answered  int
}

// hop is one step of a path: a field with its arguments, or a fragment, in a type.
type hop struct{ text, of string }

// deepest is how many objects stand behind one another at most; connections do not count.
const deepest = 5

// visit asks for the scalars at the end of a path, looks at what comes, and goes on from there.
func (w *walker) visit(path []hop, typ string, depth int) {
	def := w.schema.Types[typ]
	if def.Kind == ast.Interface {
		for _, of := range w.schema.GetPossibleTypes(def) {
			w.visit(append(path[:len(path):len(path)], hop{"... on " + of.Name, typ}), of.Name, depth)
		}
		return
	}
	if strings.HasSuffix(typ, "Connection") {
		for _, step := range []string{"nodes", "edges"}[:2-min(depth, 1)] {
			w.visit(append(path[:len(path):len(path)], hop{step, typ}), def.Fields.ForName(step).Type.Name(), depth)
		}
		return
	}
	text := w.ask(w.document(path, def))
	w.asked++
	leaves := w.look(path, text)
	if len(leaves) == 0 || depth >= deepest {
		return
	}
	w.answered++
	if depth >= w.again && named(def) {
		at := path[len(path)-1]
		key := fmt.Sprint(at.of, " ", at.text, " ", leaves)
		if w.walked[key] {
			return
		}
		w.walked[key] = true
	}
	next := depth + 1
	if strings.HasSuffix(typ, "Edge") {
		next = depth
	}
	for _, f := range def.Fields {
		kind := w.schema.Types[f.Type.Name()].Kind
		if kind != ast.Object && kind != ast.Interface {
			continue
		}
		step := f.Name
		if f.Arguments.ForName("first") != nil {
			step += "(first: 8)"
		}
		if f.Arguments.ForName("until") != nil && f.Arguments.ForName("first") == nil {
			now := time.Now()
			step += fmt.Sprintf("(from: %q, until: %q)", rfc(now.Add(-24*time.Hour)), rfc(now))
		}
		w.visit(append(path[:len(path):len(path)], hop{step, typ}), f.Type.Name(), next)
	}
}

// named tells whether the scalars of a type say which object it is.
func named(def *ast.Definition) bool {
	return def.Fields.ForName("id") != nil || def.Fields.ForName("agentId") != nil || def.Fields.ForName("contactId") != nil
}

func (w *walker) document(path []hop, last *ast.Definition) string {
	var text strings.Builder
	text.WriteString(w.operation)
	for i, h := range path {
		text.WriteString("{ ")
		if def := w.schema.Types[h.of]; i > 0 {
			text.WriteString("__typename ")
			if def.Fields.ForName("id") != nil {
				text.WriteString("id ")
			}
			if w.operation != "" && def.Fields.ForName("type") != nil {
				text.WriteString("type ")
			}
		}
		text.WriteString(h.text + " ")
	}
	text.WriteString("{ leaf: __typename __typename")
	for _, f := range last.Fields {
		if kind := w.schema.Types[f.Type.Name()].Kind; kind == ast.Scalar || kind == ast.Enum {
			text.WriteString(" " + f.Name)
		}
	}
	text.WriteString(strings.Repeat(" }", len(path)+1))
	return text.String()
}

// look holds an answer against the oracle, and gives the objects at the end of the path.
func (w *walker) look(path []hop, text string) (leaves []string) {
	for _, marker := range w.never {
		if strings.Contains(text, marker) {
			w.t.Errorf("%v shows %s: %s", path, marker, text)
			return nil // behind it would be more of it
		}
	}
	for _, v := range decodeAll(w.t, text) {
		objects(v, func(o map[string]any) {
			if wrong := w.see(o); wrong != "" {
				w.t.Errorf("%v shows %s: %s", path, wrong, text)
			}
			if o["leaf"] != nil {
				leaves = append(leaves, encoded(object{o}))
			}
		})
	}
	sort.Strings(leaves)
	return leaves
}
