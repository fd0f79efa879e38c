package tidy

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer says what the production code of one folder, subfolders included, may import besides itself.
type layer struct {
	folder string
	ours   []string // folders of this module
	theirs []string // other people's modules; "*" is any
	never  []string // of the standard library; "x/..." is x and all below it
}

// layers is the way that imports go: downwards only. Folders that are not in it may import anything of ours but
// package main; tests may import more than the code beside them.
var layers = []layer{
	{folder: "engine", ours: none, theirs: []string{"github.com/tidwall/btree"}, never: outsideWorld},
	{folder: "models", ours: []string{"engine", "internal/identify"}, theirs: anybody},
	{folder: "internal/identify", ours: none, theirs: anybody},
	{folder: "graph", ours: []string{"engine", "internal/api/scalar"}, theirs: anybody},
	{folder: "resolvers", ours: []string{"graph", "engine", "internal/auth"}, theirs: anybody},
	{folder: "internal/writer", ours: []string{"engine", "internal/limits", "internal/config"}, theirs: anybody},
	{folder: "internal/bus", ours: []string{"engine"}, theirs: anybody},
	{folder: "internal/auth", ours: []string{"engine", "internal/loopback"}, theirs: anybody},
	{folder: "internal/loopback", ours: none},
	{folder: "internal/configdir", ours: none, theirs: []string{"github.com/goccy/go-yaml"}}, // a client of the API like any other
}

var (
	none    []string
	anybody = []string{"*"}
	// outsideWorld is what would let the world into the engine: I/O, concurrency, the process, randomness.
	outsideWorld = []string{
		"os/...", "io/fs", "io/ioutil", "net/...", "log/...", "database/sql/...", "embed", "syscall",
		"sync/...", "context", "runtime/...",
		"math/rand/...", "crypto/rand", "hash/maphash",
	}
)

func TestImportsGoOneWay(t *testing.T) {
	r := openRepository(t)
	files := r.goFiles(t)
	report(t, "move the code to the layer that may do this, or let the upper layer hand in a value or a small "+
		"interface; the table `layers` in internal/tidy/imports_test.go is the rule.",
		checkImports(r.module, layers, files))
}

func TestLayersExist(t *testing.T) {
	report(t, "write the folder, or correct its name in `layers` in internal/tidy/imports_test.go: a rule about "+
		"a folder that isn't there guards nothing.",
		checkLayersExist(layers, openRepository(t).goFiles(t)))
}

func TestNothingImportsMain(t *testing.T) {
	r := openRepository(t)
	report(t, "move what is shared out of package main into a package of its own.",
		checkMainImports(r.module, r.goFiles(t)))
}

func checkImports(module string, layers []layer, files []goFile) []finding {
	var found []finding
	for _, f := range files {
		i := slices.IndexFunc(layers, func(l layer) bool { return within(f.path, l.folder) })
		if i < 0 || f.isTest() {
			continue
		}
		for _, spec := range f.tree.Imports {
			if refusal := layers[i].refuses(module, importPath(spec)); refusal != "" {
				found = append(found, finding{f.at(spec.Pos()), refusal})
			}
		}
	}
	return found
}

// refuses says why the layer may not import something, or nothing.
func (l layer) refuses(module, imported string) string {
	switch {
	case imported == "C":
		return fmt.Sprintf("%s may not use cgo", l.folder)
	case imported == module || strings.HasPrefix(imported, module+"/"):
		folder := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		allowed := func(ours string) bool { return within(folder, ours) }
		if !within(folder, l.folder) && !slices.ContainsFunc(l.ours, allowed) {
			return fmt.Sprintf("%s may not import %q; of ours only: %s", l.folder, imported, listOr(l.ours, "nothing"))
		}
	case !strings.Contains(strings.Split(imported, "/")[0], "."): // The standard library.
		if slices.ContainsFunc(l.never, func(pattern string) bool { return matches(imported, pattern) }) {
			return fmt.Sprintf("%s may not import %q: no clock, I/O, concurrency or randomness there", l.folder, imported)
		}
	default:
		allowed := func(theirs string) bool { return theirs == "*" || within(imported, theirs) }
		if !slices.ContainsFunc(l.theirs, allowed) {
			return fmt.Sprintf("%s may not import %q; of other modules only: %s",
				l.folder, imported, listOr(l.theirs, "none"))
		}
	}
	return ""
}

func checkLayersExist(layers []layer, files []goFile) []finding {
	var found []finding
	for _, l := range layers {
		if !slices.ContainsFunc(files, func(f goFile) bool { return !f.isTest() && within(f.path, l.folder) }) {
			found = append(found, finding{l.folder, "holds no Go code"})
		}
	}
	return found
}

func checkMainImports(module string, files []goFile) []finding {
	mains := map[string]bool{}
	for _, f := range files {
		if f.tree.Name.Name == "main" {
			mains[path.Join(module, f.dir())] = true
		}
	}
	var found []finding
	for _, f := range files {
		for _, spec := range f.tree.Imports {
			if mains[importPath(spec)] {
				found = append(found, finding{f.at(spec.Pos()), "imports a program: " + spec.Path.Value})
			}
		}
	}
	return found
}

func importPath(spec *ast.ImportSpec) string {
	imported, _ := strconv.Unquote(spec.Path.Value) // The parser refuses what can't be unquoted.
	return imported
}

func matches(imported, pattern string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return within(imported, below)
	}
	return imported == pattern
}

func listOr(words []string, otherwise string) string {
	if len(words) == 0 {
		return otherwise
	}
	return strings.Join(words, ", ")
}

func TestImportRulesFail(t *testing.T) {
	for _, c := range []struct{ file, imports, want string }{
		{"engine/offer.go", `"os"`, "engine may not import"},
		{"engine/offer.go", `"net/http"`, "engine may not import"},
		{"engine/offer.go", `"math/rand/v2"`, "engine may not import"},
		{"engine/offer.go", `_ "sync/atomic"`, "engine may not import"},
		{"engine/offer.go", `"runtime"`, "engine may not import"},
		{"engine/offer.go", `"github.com/google/uuid"`, "of other modules only: github.com/tidwall/btree"},
		{"engine/offer.go", `"rapport/graph"`, "of ours only: nothing"},
		{"engine/deep/offer.go", `"rapport/models"`, "of ours only: nothing"},
		{"engine/offer.go", `"C"`, "cgo"},
		{"models/offer.go", `"rapport/internal/writer"`, "of ours only: engine"},
		{"graph/offer.go", `"rapport/models"`, "of ours only: engine"},
		{"resolvers/offer.go", `"rapport/models"`, "of ours only: graph, engine, internal/auth"},
		{"internal/writer/commit.go", `"rapport/models"`, "may not import"},
		{"internal/bus/bus.go", `"rapport/internal/writer"`, "of ours only: engine"},
		{"internal/auth/auth.go", `"rapport"`, "of ours only: engine"},
		{"internal/configdir/apply.go", `"rapport/engine"`, "of ours only: nothing"},
		{"engine/offer.go", `"github.com/tidwall/btree"; "slices"; "time"; "rapport/engine/deep"`, ""},
		{"engine/offer_test.go", `"os"`, ""},
		{"engineering/offer.go", `"os"`, ""},
		{"models/offer.go", `"rapport/engine"; "gorm.io/gorm"`, ""},
		{"internal/writer/commit.go", `"rapport/internal/limits"; "context"`, ""},
		{"internal/api/api.go", `"rapport/resolvers"`, ""},
	} {
		t.Run(c.file+" "+c.imports, func(t *testing.T) {
			got := checkImports("rapport", layers, []goFile{sample(t, c.file, "package x; import ("+c.imports+")")})
			if c.want == "" {
				expect(t, got)
			} else {
				expect(t, got, c.want)
			}
		})
	}
}

func TestMainAndLayerRulesFail(t *testing.T) {
	files := []goFile{
		sample(t, "server.go", `package main`),
		sample(t, "bench/bench.go", `package main`),
		sample(t, "internal/api/api.go", `package api; import "rapport"`),
		sample(t, "internal/api/api_test.go", `package api; import "rapport/bench"`),
		sample(t, "models/offer_test.go", `package models; import "rapport/engine"`),
	}
	expect(t, checkMainImports("rapport", files), "internal/api/api.go:1", "internal/api/api_test.go:1")
	expect(t, checkLayersExist([]layer{{folder: "internal/api"}, {folder: "models"}}, files), "models: holds no Go code")
}
