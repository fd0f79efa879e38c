// Mutants breaks the engine on purpose, one way at a time, and demands that its tests notice. Each patch in
// engine/testdata/mutants is a plausible mistake; it begins with a sentence that says which behaviour it breaks.
//
// It works on copies in a temporary folder and leaves the tree alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	patchFolder = "engine/testdata/mutants"
	// seeds of the simulation: enough to meet every mutant, few enough for all of them to take minutes.
	seeds = "200"
	// timeout of one run of the engine's tests: a mutant may make it run for ever, which counts as noticed.
	timeout = "5m"
)

func main() {
	run := flag.String("run", "", "only the engine's tests that match this regular expression")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := runAll(ctx, os.Stdout, *run)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// runAll checks that the tests pass as they are, then that they fail with each patch.
func runAll(ctx context.Context, out io.Writer, run string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	patches, err := filepath.Glob(filepath.Join(root, patchFolder, "*.patch")) // sorted
	if err != nil {
		return err
	}
	if len(patches) == 0 {
		return fmt.Errorf("there are no patches in %s", patchFolder)
	}
	temp, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	whole := filepath.Join(temp, "unpatched")
	if err := copyModule(ctx, root, whole); err != nil {
		return err
	}
	started := time.Now()
	if text, err := runTests(ctx, whole, run); err != nil {
		return fmt.Errorf("the engine's tests fail without any patch: %w\n%s", err, text)
	}
	fmt.Fprintf(out, "without a patch the engine's tests pass in %s\n\n", time.Since(started).Round(time.Second))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MUTANT\tFOUND BY\tSECONDS")
	bad := 0
	for i, patch := range patches {
		started := time.Now()
		found, err := try(ctx, root, filepath.Join(temp, fmt.Sprint(i)), patch, run)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			bad++
			found = "PROBLEM: " + err.Error()
		}
		name := strings.TrimSuffix(filepath.Base(patch), ".patch")
		fmt.Fprintf(table, "%s\t%s\t%.1f\n", name, found, time.Since(started).Seconds())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d mutants were not found", bad, len(patches))
	}
	return nil
}

// try applies a patch to a fresh copy and says which test notices it.
func try(ctx context.Context, root, dir, patch, run string) (found string, err error) {
	if err := copyModule(ctx, root, dir); err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := apply(ctx, dir, patch); err != nil {
		return "", err
	}
	// What doesn't compile would fail every test and show nothing.
	if text, err := command(ctx, dir, "go", "test", "-c", "-o", os.DevNull, "./engine"); err != nil {
		return "", fmt.Errorf("does not compile: %s", text)
	}
	text, err := runTests(ctx, dir, run)
	if err == nil {
		return "", errors.New("survived")
	}
	return whoFound(text)
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// whoFound reads the name of the test from what `go test` printed: the last one of the first line is the innermost.
func whoFound(text string) (string, error) {
	names := failed.FindAllStringSubmatch(text, -1)
	switch {
	case len(names) > 0:
		return names[len(names)-1][1], nil
	case strings.Contains(text, "panic: test timed out"):
		return "a test that ran too long", nil
	case strings.Contains(text, "panic: "):
		return "a panic", nil
	}
	return "", fmt.Errorf("the tests fail without saying which: %s", text)
}

func moduleRoot(ctx context.Context) (string, error) {
	text, err := command(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", fmt.Errorf("finding the module: %w: %s", err, text)
	}
	return strings.TrimSpace(text), nil
}

// copyModule copies the files that git knows or would add, without its history.
func copyModule(ctx context.Context, root, to string) error {
	text, err := command(ctx, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return fmt.Errorf("listing the files: %w: %s", err, text)
	}
	for name := range strings.SplitSeq(strings.TrimRight(text, "\x00"), "\x00") {
		err := copyFile(filepath.Join(root, name), filepath.Join(to, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a file may have been removed without telling git
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

func apply(ctx context.Context, dir, patch string) error {
	if text, err := command(ctx, dir, "git", "apply", patch); err != nil {
		return fmt.Errorf("does not apply: %s", text)
	}
	return nil
}

func runTests(ctx context.Context, dir, run string) (string, error) {
	return command(ctx, dir, "go", "test", "-count=1", "-failfast", "-timeout", timeout, "-run", run, "./engine")
}

// command runs a program in a folder and gives what it printed.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	// The copies are in no repository; a folder above that happens to be one must not be taken for theirs. RAPPORT_SEED would
	// run a single seed.
	c.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "RAPPORT_SEED=", "RAPPORT_SEEDS="+seeds)
	text, err := c.CombinedOutput()
	return string(text), err
}
