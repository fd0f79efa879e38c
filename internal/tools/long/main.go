// Command long runs the tests that take hours, one after the other, and tells at the end in a table what each did and how it went. What
// fails does not keep the rest from running. It is started in the root of the repository; the table is in parts.go.
//
// What a part prints goes to DIR/NAME.log, the table to DIR/summary.md too. It ends with 1 if a part failed, left something out, ran no
// test or was not run; with 2 if it was called wrongly. An interrupt ends what runs and gives the table so far.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// options are what the caller may choose.
type options struct {
	rounds, seeds, foldSeconds, fuzzSeconds int
	only, dir                               string
	list                                    bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 50, "how often torture kills the server, for each database")
	flag.IntVar(&o.seeds, "seeds", 20000, "how many seeds the simulation runs")
	flag.IntVar(&o.foldSeconds, "fold-seconds", 3600, "how long the subscriptions are under load, on each database")
	flag.IntVar(&o.fuzzSeconds, "fuzz-seconds", 3600, "how long the fuzz targets run, all together")
	flag.StringVar(&o.only, "only", "", "only these parts, with commas between (--list names them)")
	flag.StringVar(&o.dir, "dir", filepath.Join("var", "long"), "where the logs and the table go")
	flag.BoolVar(&o.list, "list", false, "tell what there is and how long it takes, and run nothing")
	flag.Parse()
	os.Exit(run(o, os.Stdout, os.Stderr))
}

// run does what the options say and gives the exit code.
func run(o options, out, errs io.Writer) int {
	fail := func(code int, err error) int {
		_, _ = fmt.Fprintln(errs, "long:", err)
		return code
	}
	if err := o.check(); err != nil {
		return fail(2, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends this program at once
	packages, err := allPackages(ctx)
	if err != nil {
		return fail(1, err)
	}
	parts, err := choose(allParts(o, packages), o.only)
	if err != nil {
		return fail(2, err)
	}
	if o.list {
		list(out, parts)
		return 0
	}
	r := &runner{dir: o.dir, out: out, every: time.Minute, grace: 20 * time.Second}
	if err := r.report(ctx, parts); err != nil {
		return fail(1, err)
	}
	return 0
}

// report runs the parts and writes the table. Anything but a good end of all of them is an error.
func (r *runner) report(ctx context.Context, parts []part) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	began := time.Now()
	results := r.runAll(ctx, parts)
	table := summary(results, began, time.Since(began))
	// First of all to the disk: when a terminal or a pipe is gone, printing may end this program.
	err := os.WriteFile(filepath.Join(r.dir, "summary.md"), []byte(table), 0o644)
	r.say("\n%s", table)
	if slices.ContainsFunc(results, func(r result) bool { return r.verdict != ok }) {
		err = errors.Join(err, errors.New("not everything was run and went well"))
	}
	return err
}

func (o options) check() error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %s", flag.Arg(0))
	}
	if o.rounds < 1 || o.seeds < 1 || o.foldSeconds < 1 || o.fuzzSeconds < 1 {
		return errors.New("--rounds, --seeds, --fold-seconds and --fuzz-seconds are at least 1")
	}
	return nil
}

func goProgram() string { return cmp.Or(os.Getenv("GO"), "go") }

// allPackages are those of the repository; some npm packages bring Go files, which are not ours.
func allPackages(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, goProgram(), "list", "./...")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &errs)
	}
	return slices.DeleteFunc(strings.Fields(string(text)), func(p string) bool { return strings.Contains(p, "/node_modules/") }), nil
}

// choose takes the named parts, in their order, or all for no name.
func choose(parts []part, only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	wanted := strings.Split(only, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no part %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return !slices.Contains(wanted, p.name) }), nil
}

// list tells what would be run.
func list(out io.Writer, parts []part) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "PART\tMINUTES\tAT MOST\tWHAT")
	total := 0
	for _, group := range groups(parts) {
		longest := 0
		for _, p := range group {
			beside := ""
			if len(group) > 1 {
				beside = ", side by side"
			}
			_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%s%s\n", p.name, p.minutes, int(p.limit.Minutes()), p.about, beside)
			longest = max(longest, p.minutes)
		}
		total += longest
	}
	_ = table.Flush()
	_, _ = fmt.Fprintf(out, "together about %d minutes on two processors\n", total)
}
