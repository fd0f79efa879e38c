package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The parts of these tests are small scripts.

var (
	proved    = regexp.MustCompile(`(?m)^done`)
	oneFigure = []figure{{"rounds", regexp.MustCompile(`(?m)^done (\d+)`), sum}}
)

func fake(name, script string) part {
	return part{name: name, about: "a | b", limit: time.Minute, command: []string{"/bin/sh", "-c", script}, proof: proved,
		skipped: regexp.MustCompile(`(?m)^(\S+) is left out`), figures: oneFigure}
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func newRunner(t *testing.T) (*runner, *bytes.Buffer) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	var out bytes.Buffer
	return &runner{dir: filepath.Join(t.TempDir(), "long"), out: &out, every: time.Hour, grace: patience}, &out
}

// readTable gives what is in summary.md, with 0 s for all times.
func readTable(t *testing.T, r *runner) (text, timeless string) {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(r.dir, "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(table), regexp.MustCompile(`\| \d+ s \|`).ReplaceAllString(string(table), "| 0 s |")
}

// TestEverythingIsTold: a part that fails, in whatever way, is told, and the others are run all the same.
func TestEverythingIsTold(t *testing.T) {
	r, out := newRunner(t)
	endless := fake("endless", "echo done 1; exec sleep 60")
	endless.limit = 300 * time.Millisecond
	missing := fake("missing", "")
	missing.command = []string{filepath.Join(t.TempDir(), "none")}
	set := fake("set", `echo "done $ROUNDS"`)
	set.env = []string{"ROUNDS=4"}
	err := r.report(t.Context(), []part{
		fake("good", "echo done 1200; echo done 34 >&2"),
		fake("bad", "echo done 7; echo '--- FAIL: TestX (0.1s)'; echo '    --- FAIL: TestX/y (0.1s)'; echo '--- FAIL: TestX (0.1s)'; exit 1"),
		fake("half", "echo done 8; echo full is left out: no disk"),
		fake("empty", "echo testing: warning: no tests to run"),
		endless, missing, set,
	})
	if err == nil || !strings.Contains(err.Error(), "not everything") {
		t.Errorf("the error is %v", err)
	}
	table, timeless := readTable(t, r)
	for _, want := range []string{
		`| good | a \| b | rounds 1,234 | 0 s | ok |`,
		`| bad | a \| b | rounds 7 | 0 s | FAILED: exit status 1: TestX, TestX/y |`,
		`| half | a \| b | rounds 8 | 0 s | SKIPPED: full |`,
		`| empty | a \| b | rounds 0 | 0 s | FAILED: it ran no test |`,
		`| endless | a \| b | rounds 1 | 0 s | FAILED: took longer than its limit, 0 s |`,
		`| missing | a \| b | rounds 0 | 0 s | FAILED: `,
		`| set | a \| b | rounds 4 | 0 s | ok |`,
	} {
		if !strings.Contains(timeless, "\n"+want) {
			t.Errorf("no line\n%s in\n%s", want, table)
		}
	}
	if !strings.Contains(out.String(), table) || !strings.Contains(out.String(), "   --- FAIL: TestX") {
		t.Errorf("the terminal has no table, or not the end of a failed log:\n%s", out)
	}
	if log, err := os.ReadFile(filepath.Join(r.dir, "good.log")); err != nil || string(log) != "done 1200\ndone 34\n" {
		t.Errorf("the log: %q, %v", log, err)
	}
}

// TestAllWell: then there is no error.
func TestAllWell(t *testing.T) {
	r, out := newRunner(t)
	r.every = 20 * time.Millisecond
	if err := r.report(t.Context(), []part{fake("good", "echo round one; sleep 0.3; echo done 1")}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), " s: round one\n") {
		t.Errorf("no progress in\n%s", out)
	}
}

// TestSideBySide: two parts that each wait for the other only end if they run at the same time. The others wait for them.
func TestSideBySide(t *testing.T) {
	r, out := newRunner(t)
	t.Chdir(t.TempDir())
	meet := func(name, mine, theirs string) part {
		p := fake(name, fmt.Sprintf("touch %s; while [ ! -e %s ]; do sleep 0.01; done; echo done 1", mine, theirs))
		p.together, p.limit = "pair", patience
		return p
	}
	before := fake("before", "[ ! -e a ] && touch before && echo done 1")
	last := fake("last", "[ -e a ] && [ -e b ] && echo done 1")
	if err := r.report(t.Context(), []part{before, meet("a", "a", "b"), meet("b", "b", "a"), last}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInterrupt: no process of the part that runs is left, also if it does not listen; the others are not run, and the table is there.
func TestInterrupt(t *testing.T) {
	for name, ignores := range map[string]string{"listens": "", "ignores it": "trap '' INT; "} {
		t.Run(name, func(t *testing.T) {
			r, out := newRunner(t)
			if ignores != "" {
				r.grace = 100 * time.Millisecond
			}
			pids := filepath.Join(t.TempDir(), "pids")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				for ctx.Err() == nil {
					if text, err := os.ReadFile(pids); err == nil && strings.HasSuffix(string(text), "\n") {
						cancel()
					}
					time.Sleep(5 * time.Millisecond)
				}
			}()
			began := time.Now()
			err := r.report(ctx, []part{
				fake("first", "echo done 1"),
				fake("long", fmt.Sprintf("%secho done 2; sleep 60 & echo $$ $! > %s; wait; sleep 60", ignores, pids)),
				fake("late", "echo done 3"),
			})
			if err == nil || time.Since(began) > patience {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			_, table := readTable(t, r)
			for _, want := range []string{"rounds 1 | 0 s | ok |", "rounds 2 | 0 s | interrupted |", "rounds 0 | - | not run |"} {
				if !strings.Contains(table, want) {
					t.Errorf("no %q in\n%s%s", want, table, out)
				}
			}
			text, err := os.ReadFile(pids)
			if err != nil {
				t.Fatal(err)
			}
			for _, pid := range strings.Fields(string(text)) {
				awaitGone(t, pid)
			}
		})
	}
}

func awaitGone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(n)
	if err != nil {
		t.Fatal(err)
	}
	gone := func() bool {
		// Whoever inherited it may not have collected it yet.
		stat, _ := os.ReadFile("/proc/" + pid + "/stat")
		return strings.Contains(string(stat), ") Z ") || process.Signal(syscall.Signal(0)) != nil
	}
	for end := time.Now().Add(patience); !gone(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("process %s is left", pid)
			_ = process.Kill()
			return
		}
	}
}
