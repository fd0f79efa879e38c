package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/dbtest"
)

// TestMain lets more tests run side by side than there are processors: those of failing stores mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// TestTortureShort is what `make torture` does, in a form that every test run can afford: three kills per database, outages of 6 s. What
// mostly waits runs side by side.
func TestTortureShort(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := t.TempDir()
	binary, err := build(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{rounds: 3, seed: uint64(time.Now().UnixNano()), binary: binary, outage: 6 * time.Second, variants: []string{"stopped", "suspended"}}
	t.Logf("seed %d", p.seed)
	var mu sync.Mutex
	var reports []*report
	run := func(scenario, db string) {
		r := newReport(scenario+" "+db, func(format string, args ...any) { t.Logf(format, args...) })
		err := p.scenario(context.Background(), r, scenario, db, filepath.Join(dir, scenario+"-"+db))
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, errNoMount) && (os.Getenv("CI") == "" || os.Geteuid() != 0):
			t.Logf("the variant %s is skipped: %v", r.title, err)
			return
		case errors.Is(err, dbtest.ErrMissing) && os.Getenv("CI") == "" && os.Getenv("RAPPORT_REQUIRE_MARIADB") == "":
			t.Logf("%s is skipped: %v", r.title, err)
			return
		case err != nil:
			t.Errorf("%s: %v", r.title, err)
		}
		if r.failed() {
			t.Errorf("%s: %d violations", r.title, r.violations)
		}
		reports = append(reports, r)
	}
	var lanes sync.WaitGroup
	lanes.Go(func() { run("kill", "sqlite") })
	lanes.Go(func() { run("full", "sqlite") })
	lanes.Go(func() { run("kill", "mysql") })
	lanes.Go(func() { run("gone", "mysql") })
	lanes.Wait()
	var table strings.Builder
	summary(&table, reports)
	t.Log(table.String())
}

// TestPlan: what can't be done is said at once.
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		plan plan
		want string
	}{
		{plan{rounds: 1, only: []string{"kil"}, dbs: []string{"sqlite"}}, `no scenario "kil"`},
		{plan{rounds: 1, only: []string{"kill"}, dbs: []string{"oracle"}}, `no database "oracle"`},
		{plan{only: []string{"kill"}, dbs: []string{"sqlite"}}, "at least one round"},
	} {
		if _, err := c.plan.run(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v gives %v, want %q", c.plan, err, c.want)
		}
	}
}

// TestReportCountsAlike: a flood of violations of one kind is counted and not printed.
func TestReportCountsAlike(t *testing.T) {
	var lines []string
	r := newReport("x", func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) })
	for range 100 {
		r.violation("lost", "an item")
	}
	r.violation("doubled", "an item")
	if len(lines) != shownOfOneKind+2 || r.violations != 101 || !r.failed() {
		t.Errorf("%d lines, %d violations", len(lines), r.violations)
	}
}
