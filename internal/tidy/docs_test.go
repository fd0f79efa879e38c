package tidy

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLinksLeadSomewhere(t *testing.T) {
	r := openRepository(t)
	var pages []textFile
	for _, f := range r.files(t) {
		if f.path == "README.md" || (within(f.path, "docs") || within(f.path, "examples")) && path.Ext(f.path) == ".md" {
			pages = append(pages, f)
		}
	}
	report(t, "correct the link, or write the file. What git ignores is not there for others.",
		checkLinks(pages, r.paths))
}

// The three ways to write a link, after code has been taken out: [text](target), [name]: target, and HTML. What stands
// behind the target is its title.
var (
	linkForms = []*regexp.Regexp{
		regexp.MustCompile(`\]\(\s*(?:<([^>\n]*)>|([^\s()]*(?:\([^\s()]*\)[^\s()]*)*))(?:\s+["'(][^\n]*?["')])?\s*\)`),
		regexp.MustCompile(`^ {0,3}\[[^\]^][^\]]*\]:\s*(?:<([^>\n]*)>|(\S+))`),
		regexp.MustCompile(`\b(?:href|src|srcset)\s*=\s*(?:"([^"]*)"|'([^']*)')`),
	}
	fence      = regexp.MustCompile("^ {0,3}(?:> ?)*(```+|~~~+)")
	inlineCode = regexp.MustCompile("``[^`].*?``|`[^`]*`")
	scheme     = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*:|//)`)
)

func checkLinks(pages []textFile, paths []string) []finding {
	exists := map[string]bool{}
	for _, p := range paths {
		for ; !exists[p]; p = path.Dir(p) {
			exists[p] = true
		}
	}
	var found []finding
	for _, page := range pages {
		for _, link := range linksIn(page) {
			if problem := brokenLink(path.Dir(page.path), link.what, exists); problem != "" {
				found = append(found, finding{link.where, problem})
			}
		}
	}
	return found
}

// linksIn lists the targets of a page's links, with their lines.
func linksIn(page textFile) []finding {
	var links []finding
	fenced := ""
	for number, line := range strings.Split(string(page.data), "\n") {
		if mark := fence.FindStringSubmatch(line); mark != nil {
			switch {
			case fenced == "":
				fenced = mark[1]
			case strings.HasPrefix(mark[1], fenced):
				fenced = ""
			}
			continue
		}
		if fenced != "" {
			continue
		}
		line = inlineCode.ReplaceAllString(line, "code")
		for _, form := range linkForms {
			for _, match := range form.FindAllStringSubmatch(line, -1) {
				links = append(links, finding{fmt.Sprintf("%s:%d", page.path, number+1), match[1] + match[2]})
			}
		}
	}
	return links
}

// brokenLink says what is wrong with a link on a page of this folder, or nothing.
func brokenLink(folder, target string, exists map[string]bool) string {
	if scheme.MatchString(target) || strings.HasPrefix(target, "#") {
		return ""
	}
	file, _, _ := strings.Cut(target, "#")
	file, _, _ = strings.Cut(file, "?")
	file, err := url.PathUnescape(file)
	if err != nil || file == "" {
		return "the link " + target + " can't be read"
	}
	if strings.HasPrefix(file, "/") {
		folder = "." // On a code host that is the root of the repository.
	}
	switch file = path.Join(folder, file); {
	case file == ".." || strings.HasPrefix(file, "../"):
		return "the link " + target + " leaves the repository"
	case !exists[file]:
		return "the link " + target + " leads to " + file + ", which is not there"
	}
	return ""
}

// behaviour is how tests cite the behaviour that they are about.
var behaviour = regexp.MustCompile(`\b(?:MX|RT|WT|DU|WS|OF|PR|CP|ID|DX|RL|EV)-\d+\b`)

// TestCitedBehaviours only tells (go test -v): what no test cites may still be tested.
func TestCitedBehaviours(t *testing.T) {
	cited := citedBehaviours(openRepository(t).files(t))
	t.Logf("tests cite %d behaviours", len(cited))
	for _, number := range slices.Sorted(maps.Keys(cited)) {
		t.Logf("%s in %s", number, strings.Join(cited[number], ", "))
	}
}

// citedBehaviours gives the test files that cite each behaviour; those of this package have samples only.
func citedBehaviours(files []textFile) map[string][]string {
	cited := map[string][]string{}
	for _, f := range files {
		isTest := strings.HasSuffix(f.path, "_test.go") || strings.Contains(f.path, "/testdata/")
		if !isTest || within(f.path, "internal/tidy") {
			continue
		}
		for _, number := range behaviour.FindAllString(string(f.data), -1) {
			if !slices.Contains(cited[number], f.path) {
				cited[number] = append(cited[number], f.path)
			}
		}
	}
	return cited
}

func TestLinkRuleFails(t *testing.T) {
	paths := []string{"README.md", "docs/a.md", "docs/decisions/1 b.md", "docs/x(1).png", "engine/offer.go"}
	for _, c := range []struct {
		name, page, text string
		want             []string
	}{
		{"missing", "README.md", "\nsee [a](docs/b.md)", []string{"README.md:2: the link docs/b.md leads to docs/b.md, which"}},
		{"wrong folder", "docs/a.md", "[a](engine/offer.go)", []string{"leads to docs/engine/offer.go"}},
		{"two on a line", "README.md", "[a](b) and [c](d \"title\")", []string{"link b leads", "link d leads"}},
		{"image in a link", "README.md", "[![a](b.png)](c)", []string{"link b.png", "link c"}},
		{"reference", "README.md", "[a][1]\n\n[1]: docs/b.md", []string{"README.md:3: the link docs/b.md"}},
		{"brackets", "README.md", "[a](<docs/1 b.md>)", []string{"link docs/1 b.md"}},
		{"HTML", "README.md", `<img src="a.png"><a href='b'>`, []string{"link a.png", "link b"}},
		{"outside", "docs/a.md", "[a](../../issues)", []string{"leaves the repository"}},
		{"other case", "README.md", "[a](Docs/a.md)", []string{"leads to Docs/a.md"}},
		{"from the root", "docs/a.md", "[a](/docs/b.md)", []string{"leads to docs/b.md"}},
		{"after code", "README.md", "```\n```\n[a](b)", []string{"README.md:3"}},
		{"empty", "README.md", "[a]()", []string{"can't be read"}},
		{"good", "docs/a.md", "[a](../README.md#top) [b](decisions/1%20b.md 'b') [c](decisions) [d](/engine/offer.go?plain=1)\n" +
			"[e](x(1).png) [f](#here) [g](https://example.com/x) [h](mailto:a@example.com) [i](./) [^1]\n[^1]: note", nil},
		{"code", "README.md", "`[a](b)` ``x ` [a](b)``\n```go\n[a](b)\n```\n~~~\n```\n[a](b)\n~~~\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, checkLinks([]textFile{{c.page, []byte(c.text)}}, paths), c.want...)
		})
	}
}

func TestCitesAreFound(t *testing.T) {
	cited := citedBehaviours([]textFile{
		{"engine/offer_test.go", []byte("// OF-3, RT-12 and OF-3; UTF-8, OF-x, PROF-1")},
		{"engine/testdata/a.txt", []byte("OF-3")},
		{"engine/offer.go", []byte("OF-4")},
		{"internal/tidy/docs_test.go", []byte("OF-5")},
	})
	got := fmt.Sprint(cited)
	if want := "map[OF-3:[engine/offer_test.go engine/testdata/a.txt] RT-12:[engine/offer_test.go]]"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
}
