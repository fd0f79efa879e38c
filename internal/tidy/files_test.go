package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// finding is one place where a rule is broken.
type finding struct {
	where string // file, or file:line
	what  string
}

// report fails the test once for each finding and says at the end what to do about them.
func report(t *testing.T, remedy string, findings []finding) {
	t.Helper()
	for _, f := range findings {
		t.Errorf("%s: %s", f.where, f.what)
	}
	if len(findings) > 0 {
		t.Log("What to do: " + remedy)
	}
}

// expect compares what a rule found in a sample with parts of what it should have found, in order.
func expect(t *testing.T, got []finding, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("found %d, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if text := got[i].where + ": " + got[i].what; !strings.Contains(text, w) {
			t.Errorf("finding %d is %q, want it to contain %q", i, text, w)
		}
	}
}

// repository is the tree as git sees it: what is committed and what would be, without what is ignored.
type repository struct {
	root   string
	module string
	paths  []string // relative to the root, with slashes, sorted
}

// openRepository lists the tree around this package.
func openRepository(t *testing.T) repository {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?m)^module\s+(\S+)`).FindSubmatch(mod)
	if name == nil {
		t.Fatal("go.mod names no module")
	}
	listed, err := listByGit(root)
	if err != nil {
		t.Logf("listing the tree without git: %v", err)
		if listed, err = listByWalk(root); err != nil {
			t.Fatal(err)
		}
	}
	r := repository{root: root, module: string(name[1])}
	folders := map[string]bool{}
	for _, p := range listed {
		if info, err := os.Lstat(filepath.Join(root, p)); err == nil && info.Mode().IsRegular() {
			r.paths = append(r.paths, p)
		}
		for dir := path.Dir(p); !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
			// Only so that `go test` sees us look here, and runs again instead of answering from its cache when a
			// file comes or goes: what git reads it doesn't notice.
			_, _ = os.ReadDir(filepath.Join(root, dir))
		}
	}
	slices.Sort(r.paths)
	r.paths = slices.Compact(r.paths) // A file in a merge conflict is listed once for each side.
	return r
}

func listByGit(root string) ([]string, error) {
	cmd := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, errors.New("git lists nothing")
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

func listByWalk(root string) ([]string, error) {
	var paths []string
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			paths = append(paths, p)
		case slices.Contains([]string{".git", "node_modules", "dist"}, entry.Name()):
			return fs.SkipDir
		}
		return nil
	})
	return paths, err
}

// read returns a file's bytes, nil when it is gone by now.
func (r repository) read(t *testing.T, p string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.root, p))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return data
}

// goFile is one parsed Go file.
type goFile struct {
	path  string
	lines int
	tree  *ast.File
}

// positions is shared by all files, because go/types wants one set for a whole package.
var positions = token.NewFileSet()

func (f goFile) dir() string  { return path.Dir(f.path) }
func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// isGenerated goes by the line that Go defines for this, "Code generated … DO NOT EDIT." The files in resolvers/ that
// gqlgen rewrites don't have it, and rightly: what they hold is written by people.
func (f goFile) isGenerated() bool { return within(f.path, "graph") || ast.IsGenerated(f.tree) }

func (f goFile) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, lineOf(pos))
}

func lineOf(pos token.Pos) int { return positions.Position(pos).Line }

// parseGo parses one file. The name in the positions is root/path, absolute in the real tree, because go/types looks
// for a file's imports from where it is.
func parseGo(root, p string, data []byte) (goFile, error) {
	f := goFile{path: p, lines: bytes.Count(data, []byte("\n"))}
	var err error
	f.tree, err = parser.ParseFile(positions, filepath.Join(root, p), data, parser.ParseComments|parser.SkipObjectResolution)
	return f, err
}

// goFiles parses every Go file of the repository.
func (r repository) goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	for _, p := range r.paths {
		if path.Ext(p) != ".go" || strings.Contains(p, "/testdata/") {
			continue
		}
		data := r.read(t, p)
		if data == nil {
			continue
		}
		f, err := parseGo(r.root, p, data)
		if err != nil {
			t.Errorf("%s does not parse, so no rule was checked on it: %v", p, err)
			continue
		}
		files = append(files, f)
	}
	return files
}

// sample parses the text of a Go file for the tables that show a rule failing.
func sample(t *testing.T, p, text string) goFile {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseGo(root, p, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// within says whether a slash path is this folder or below it.
func within(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, folder+"/")
}

func TestListsTheTree(t *testing.T) {
	r := openRepository(t)
	if !slices.Contains(r.paths, "internal/tidy/files_test.go") {
		t.Errorf("this file is not among the %d listed", len(r.paths))
	}
	walked, err := listByWalk(r.root)
	if err != nil || !slices.Contains(walked, "internal/tidy/files_test.go") {
		t.Errorf("this file is not among those walked: %v", err)
	}
}
