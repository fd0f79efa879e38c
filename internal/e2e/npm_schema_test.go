package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// webFolder is where the tests are that run in Node.
var webFolder = filepath.Join("..", "..", "web")

// installOnce makes web/node_modules what web/package.json says, if it is not; several tests want it at once.
var installOnce = sync.OnceValues(func() (output string, err error) {
	if installed() {
		return "", nil
	}
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	install.Dir = webFolder
	out, err := install.CombinedOutput()
	return string(out), err
})

// installed says whether all that web/package.json names is there in its version. `npm ls` would also complain about what does no harm.
func installed() bool {
	read := func(into any, path ...string) bool {
		text, err := os.ReadFile(filepath.Join(append([]string{webFolder}, path...)...))
		return err == nil && json.Unmarshal(text, into) == nil
	}
	var wanted struct{ Dependencies, DevDependencies map[string]string }
	if !read(&wanted, "package.json") {
		return false
	}
	for _, list := range []map[string]string{wanted.Dependencies, wanted.DevDependencies} {
		for name, version := range list {
			var there struct{ Version string }
			if !read(&there, "node_modules", filepath.FromSlash(name), "package.json") || there.Version != version {
				return false
			}
		}
	}
	return true
}

// needNPM skips a test for want of Node, or fails it where Node must be there.
func needNPM(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			giveUp(t, "%s is missing: %v", program, err)
		}
	}
	if out, err := installOnce(); err != nil {
		giveUp(t, "npm ci: %v\n%s", err, tail(out, 20))
	}
}

// runNode runs one file of web/test, which must pass without skipping anything, and gives what it said.
func runNode(t *testing.T, file string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", "test/"+file)
	node.Dir = webFolder
	node.Env = append(append(os.Environ(), "FORCE_COLOR=0"), env...)
	out, err := node.CombinedOutput()
	text := string(out)
	// Tests that skip themselves prove nothing.
	if err != nil || !ranAll.MatchString(text) || strings.Contains(text, "# SKIP") {
		_, failed, found := strings.Cut(text, "failing tests:") // what the reporter repeats at the end
		if !found {
			failed = text
		}
		t.Fatalf("%s: %v:\n%s", file, err, failed)
	}
	return text
}

// ranAll is how Node's reporter counts when some tests passed and none was skipped.
var ranAll = regexp.MustCompile(`(?s)pass [1-9].*\bskipped 0\n`)

// TestBreakingChanges refuses what breaks clients of the released schema, docs/api/released.graphql.
func TestBreakingChanges(t *testing.T) {
	t.Parallel()
	needNPM(t)
	for _, change := range regexp.MustCompile(`dangerous: .*`).FindAllString(runNode(t, "breaking.test.mjs"), -1) {
		t.Log(change)
	}
}

// TestIntrospection: what introspection tells is what /schema.graphql serves and docs/api/schema.graphql says.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	needNPM(t)
	runNode(t, "introspection.test.mjs", "RAPPORT_URL="+startServer(t, sqliteFile(t)).url(""))
}

// TestAudits runs graphql-http's audits of GraphQL over HTTP: all of MUST and SHOULD pass, of MAY those that did before.
func TestAudits(t *testing.T) {
	t.Parallel()
	needNPM(t)
	text := runNode(t, "audit.test.mjs", "RAPPORT_URL="+startServer(t, sqliteFile(t)).url(""))
	said := regexp.MustCompile(`audits: .*|[0-9A-Z]{4} is optional and not so: .*`).FindAllString(text, -1)
	if len(said) == 0 || !strings.Contains(text, "MUST 13/13, SHOULD 23/23") {
		t.Errorf("the counts are missing:\n%s", text)
	}
	t.Log(strings.Join(said, "\n"))
}
