package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var whole = options{rounds: 50, seeds: 20000, foldSeconds: 3600, fuzzSeconds: 3600}

func named(t *testing.T, name string) part {
	t.Helper()
	parts, err := choose(allParts(whole, []string{"rapport/engine"}), name)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%v, %v", parts, err)
	}
	return parts[0]
}

// TestFigures: the expressions find the figures in what the commands really print.
func TestFigures(t *testing.T) {
	for _, c := range []struct{ part, log, want string }{
		{"torture", `14:59:01 kill sqlite: round 3: killed after 1.20 s of load, back in 0.04 s; 310 acknowledged
                 rounds acknowledged  unclear repeated  checked back median    back max  slowest call violations    judged passed over
kill sqlite          50        12034      310       99    50012      0.04 s      0.09 s        1.23 s          0   1824000         302
kill mysql           50         9000      200       88    40000      3.10 s      3.40 s       10.00 s          2   1375000         310
gone mysql            3          966       20        8     3000           -           -       10.01 s          1    956661        1961
kill sqlite: the slowest call was createWorkItem
`, "rounds 103, acknowledged 22,000, checked 93,012, judged 4,155,661, violations 3"},
		{"mutants", `without a patch the engine's tests pass in 44s

MUTANT                              FOUND BY                                       SECONDS
01-no-lock                          TestSimulation                                 13.0
02-slow                             a test that ran too long                       300.0
23-giver-is-asked-again             PROBLEM: survived                              19.6
`, "found 2, not found 1"},
		{"race", `=== RUN   TestA
--- PASS: TestA (0.00s)
    --- PASS: TestA/b (0.00s)
--- PASS: TestB (0.00s)
ok  	rapport/engine	1.2s
?   	rapport/graph	[no test files]
WARNING: DATA RACE
`, "packages 1, tests 2, data races 1"},
		{"fold-sqlite", `    streams_fold_test.go:119: 5m1s of load, 5m5s until all agreed, 5m7s in all
    streams_fold_test.go:334: CHANGED 534368, connections 15056, events 165241, killed 6403, longest resumption, in events 33081, messages 671620, ` +
			`no connection 3134, queues deleted 68, resets 16, restarts 15, resumes 11341, starved 512
`, "load 5m1s, events 165,241, messages 671,620, resumes 11,341, restarts 15, violations 0"},
	} {
		if got := figures(named(t, c.part), c.log); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.part, got, c.want)
		}
	}
}

// TestJudgement: exit code 0 is not enough.
func TestJudgement(t *testing.T) {
	for _, c := range []struct {
		part, log string
		want      verdict
		why       string
	}{
		{"simulation", "--- PASS: TestSimulation (3.00s)\nok  \trapport/engine\t3.1s\n", ok, ""},
		{"simulation", "testing: warning: no tests to run\nok  \trapport/engine\t0.1s [no tests to run]\n", skipped, "rapport/engine"},
		{"simulation", "", failed, "it ran no test"},
		{"fold-mariadb", "--- SKIP: TestFold (0.00s)\nok  \trapport/internal/e2e\t0.1s\n", skipped, "TestFold"},
		{"race", "--- PASS: TestStore (1s)\n    --- SKIP: TestStore/SQLite (0.00s)\nok  \trapport/models\t1s\n", ok, ""},
		{"torture", "full is left out: a small file system can't be mounted here\nkill sqlite   50   12034\n", skipped, "full"},
		{"mutants", "MUTANT   FOUND BY   SECONDS\n", failed, "it ran no test"},
	} {
		if got, why := judge(named(t, c.part), nil, c.log); got != c.want || why != c.why {
			t.Errorf("%s: %s (%s), want %s (%s)\n%s", c.part, got, why, c.want, c.why, c.log)
		}
	}
}

// TestParts: all of it ends within two and a half hours; the tests that it names exist; a missing program is a failure.
func TestParts(t *testing.T) {
	total := 0
	for _, group := range groups(allParts(whole, nil)) {
		longest := 0
		for _, p := range group {
			longest = max(longest, p.minutes)
			if p.limit < time.Duration(p.minutes)*time.Minute || p.proof == nil || len(p.figures) == 0 {
				t.Errorf("%+v is not complete", p)
			}
			if !slices.Contains(p.env, "RAPPORT_REQUIRE_MARIADB=1") || !slices.Contains(p.env, "CI=1") {
				t.Errorf("%s has %q", p.name, p.env)
			}
			if i := slices.Index(p.test, "-run"); i >= 0 {
				exists(t, p.test[i+1], p.test[len(p.test)-1])
			}
		}
		total += longest
	}
	if total > 210 {
		t.Errorf("%d minutes", total)
	}
	if p := named(t, "race"); !slices.Contains(p.command, "rapport/engine") || !slices.Contains(p.command, "-race") {
		t.Errorf("race is %q", p.command)
	}
}

// exists demands the test that a -run of go test begins with.
func exists(t *testing.T, pattern, folder string) {
	t.Helper()
	name := regexp.MustCompile(`^\^(\w+)\$`).FindStringSubmatch(pattern)[1]
	files, err := filepath.Glob(filepath.Join("..", "..", "..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\nfunc "+name+"(t ") {
			return
		}
	}
	t.Errorf("there is no %s in %s", name, folder)
}

// TestOptions: what can't be done is said at once, with code 2; the list runs nothing.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		change func(*options)
		code   int
		says   string
	}{
		{func(o *options) { o.only = "torture,tortoise" }, 2, `there is no part "tortoise"; there are torture, simulation,`},
		{func(o *options) { o.rounds = 0 }, 2, "at least 1"},
		{func(o *options) { o.list, o.only = true, "race,fold-sqlite" }, 0, "fold-sqlite  62"},
	} {
		o := whole
		o.dir = filepath.Join(t.TempDir(), "long")
		c.change(&o)
		var out, errs bytes.Buffer
		if code := run(o, &out, &errs); code != c.code || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%+v: %d\n%s%s", o, code, &out, &errs)
		}
		if _, err := os.Stat(o.dir); err == nil {
			t.Errorf("%+v has run something", o)
		}
	}
}

// TestPackages: all of the repository, and nothing of npm's.
func TestPackages(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", ".."))
	packages, err := allPackages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rapport", "rapport/engine", "rapport/internal/e2e", "rapport/internal/tools/long"} {
		if !slices.Contains(packages, want) {
			t.Errorf("no %s in %q", want, packages)
		}
	}
	if strings.Contains(strings.Join(packages, " "), "node_modules") {
		t.Errorf("%q", packages)
	}
}

// TestWords: numbers and times as people read them.
func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0 s", 61 * time.Second: "1 min 1 s", 3599600 * time.Millisecond: "1 h 0 min", 2*time.Hour + 35*time.Minute: "2 h 35 min",
	} {
		if got := duration(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
