package tidy

import (
	"cmp"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// atLeast are the first versions without known vulnerabilities of what matters here. A module that is not used is no finding.
var atLeast = map[string]string{
	"github.com/vektah/gqlparser/v2":    "v2.5.14",
	"github.com/golang-jwt/jwt/v5":      "v5.2.2",
	"github.com/nats-io/nats-server/v2": "v2.12.6",
	"golang.org/x/net":                  "v0.56.0",
	"golang.org/x/crypto":               "v0.52.0",
}

// goAtLeast is the same for Go itself.
const goAtLeast = "v1.26.6"

// TestModulesAreSafe: the modules that are built in, and Go, are not older than their first version without known vulnerabilities.
func TestModulesAreSafe(t *testing.T) {
	cmd := exec.Command("go", "list", "-mod=readonly", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", ".")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	version := exec.Command("go", "list", "-m", "-f", "{{.GoVersion}}")
	version.Dir = cmd.Dir
	ours, err := version.Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	used := map[string]string{}
	for line := range strings.SplitSeq(string(out), "\n") {
		if path, v, found := strings.Cut(line, " "); found {
			used[path] = v
		}
	}
	if used["github.com/vektah/gqlparser/v2"] == "" {
		t.Fatalf("nothing was listed: %q", out)
	}
	report(t, "go get the module at a later version, and run everything.", tooOld(used, strings.TrimSpace(string(ours))))
}

func tooOld(used map[string]string, goVersion string) []finding {
	var found []finding
	for path, least := range atLeast {
		if v := used[path]; v != "" && older(v, least) {
			found = append(found, finding{"go.mod", fmt.Sprintf("%s %s, at least %s", path, v, least)})
		}
	}
	if older("v"+goVersion, goAtLeast) {
		found = append(found, finding{"go.mod", fmt.Sprintf("go %s, at least %s", goVersion, goAtLeast)})
	}
	return found
}

// older compares versions like v1.2.3; what follows the three numbers makes one older than without it.
func older(v, least string) bool {
	a, pre := numbers(v)
	b, _ := numbers(least)
	for i := range a {
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c < 0
		}
	}
	return pre
}

func numbers(v string) (n [3]int, pre bool) {
	v, rest, _ := strings.Cut(strings.TrimPrefix(v, "v"), "-")
	for i, part := range strings.SplitN(v, ".", 3) {
		n[i], _ = strconv.Atoi(part) // what is no number is 0, which is older
	}
	return n, rest != ""
}

func TestVersionRuleFails(t *testing.T) {
	fine := map[string]string{"golang.org/x/net": "v0.56.0", "github.com/golang-jwt/jwt/v5": "v5.10.0", "other": "v0.0.1"}
	expect(t, tooOld(fine, "1.26.6"))
	expect(t, tooOld(map[string]string{"golang.org/x/net": "v0.55.9"}, "1.26.6"), "golang.org/x/net v0.55.9, at least v0.56.0")
	expect(t, tooOld(map[string]string{"golang.org/x/net": "v0.56.0-0.20260101000000-abcdefabcdef"}, "1.27"), "at least v0.56.0")
	expect(t, tooOld(fine, "1.26.5"), "go 1.26.5, at least v1.26.6")
}
