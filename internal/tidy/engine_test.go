package tidy

import (
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The engine decides the same thing for the same commands, always: a replay, a what-if and a second server depend on
// it. Its imports are in imports_test.go; here is what it could do without importing anything.

func TestEngineIsDeterministic(t *testing.T) {
	r := openRepository(t)
	report(t, "hand the time, the ids and the facts in with the command; start goroutines in internal/writer.",
		checkDeterminism(engineFiles(r.goFiles(t))))
}

func TestEngineKeepsMapOrderIn(t *testing.T) {
	r := openRepository(t)
	report(t, "go over a sorted slice or a btree instead; where the order can't matter, say why in a comment "+
		"`// order: …` on that line or the one above.",
		checkMapOrder(engineFiles(r.goFiles(t))))
}

func engineFiles(files []goFile) []goFile {
	return slices.DeleteFunc(files, func(f goFile) bool { return !within(f.path, "engine") || f.isTest() })
}

// impure are the names that bring in a clock or write somewhere. Mentioning one is enough: a function value that is
// passed on reads the clock as well as a call does.
var impure = map[string][]string{
	"time": {"Now", "Sleep", "After", "AfterFunc", "Since", "Until", "NewTimer", "NewTicker", "Tick", "Local"},
	"fmt":  {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
}

func checkDeterminism(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		names := importNames(f)
		add := func(pos token.Pos, what string) { found = append(found, finding{f.at(pos), what}) }
		for _, spec := range f.tree.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				add(spec.Pos(), "a dot import hides where names come from")
			}
		}
		ast.Inspect(f.tree, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.GoStmt:
				add(n.Pos(), "starts a goroutine")
			case *ast.SelectStmt:
				add(n.Pos(), "select picks at random")
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok && slices.Contains(impure[names[id.Name]], n.Sel.Name) {
					add(n.Pos(), "uses "+names[id.Name]+"."+n.Sel.Name)
				}
			}
			return true
		})
	}
	return found
}

// importNames gives the import path for each name under which a file knows a package.
func importNames(f goFile) map[string]string {
	names := map[string]string{}
	for _, spec := range f.tree.Imports {
		imported := importPath(spec)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

// checkMapOrder type-checks each folder and finds every range over a map and every iterator of package maps.
func checkMapOrder(files []goFile) []finding {
	folders := map[string][]goFile{}
	for _, f := range files {
		folders[f.dir()] = append(folders[f.dir()], f)
	}
	var found []finding
	for folder, group := range folders {
		var trees []*ast.File
		for _, f := range group {
			trees = append(trees, f.tree)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		config := types.Config{Importer: importer.ForCompiler(positions, "source", nil), Error: func(error) {}}
		// With a function for errors the check goes on behind the first one, which it then returns.
		if _, err := config.Check(folder, positions, trees, info); err != nil {
			found = append(found, finding{folder, "it does not compile, so not all of it was checked: " + err.Error()})
		}
		for _, f := range group {
			found = append(found, mapOrderIn(f, info)...)
		}
	}
	slices.SortStableFunc(found, func(a, b finding) int { return strings.Compare(a.where, b.where) })
	return found
}

func mapOrderIn(f goFile, info *types.Info) []finding {
	var found []finding
	explained := orderComments(f)
	names := importNames(f)
	sorted := map[ast.Expr]bool{} // What stands directly inside slices.Sorted and its kin.
	ast.Inspect(f.tree, func(node ast.Node) bool {
		var what string
		switch n := node.(type) {
		case *ast.RangeStmt:
			if n.Key != nil && isMap(info.Types[n.X].Type) {
				what = "ranges over a map, whose order differs from run to run"
			}
		case *ast.CallExpr:
			of, name := calledFunction(n.Fun, names)
			if of == "slices" && strings.HasPrefix(name, "Sorted") && len(n.Args) > 0 {
				sorted[n.Args[0]] = true
			}
			if of == "maps" && slices.Contains([]string{"All", "Keys", "Values"}, name) && !sorted[n] {
				what = "maps." + name + " without sorting, in an order that differs from run to run"
			}
		}
		if what != "" && !explained[lineOf(node.Pos())] {
			found = append(found, finding{f.at(node.Pos()), what})
		}
		return true
	})
	return found
}

func calledFunction(fun ast.Expr, names map[string]string) (of, name string) {
	if selector, ok := fun.(*ast.SelectorExpr); ok {
		if id, ok := selector.X.(*ast.Ident); ok {
			return names[id.Name], selector.Sel.Name
		}
	}
	return "", ""
}

var orderComment = regexp.MustCompile(`^// order:\s*\S`)

// orderComments gives the lines that a comment explains: its own, and the one below when it stands alone.
func orderComments(f goFile) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.tree.Comments {
		for _, comment := range group.List {
			if orderComment.MatchString(comment.Text) {
				lines[lineOf(comment.Pos())] = true
				lines[lineOf(group.End())+1] = true
			}
		}
	}
	return lines
}

// isMap also sees through a type parameter such as M ~map[K]V.
func isMap(of types.Type) bool {
	if of == nil {
		return false
	}
	switch t := of.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Interface:
		for i := range t.NumEmbeddeds() {
			if union, ok := t.EmbeddedType(i).(*types.Union); ok {
				for j := range union.Len() {
					if isMap(union.Term(j).Type()) {
						return true
					}
				}
			}
		}
	}
	return false
}
