package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"rapport/internal/config"
	"rapport/internal/configdir"
)

// The exit codes of commands, besides 1 for what went wrong.
const (
	// ExitRefused: the arguments or the files are wrong, or nobody is there to be asked. Nothing was changed.
	ExitRefused = 2
	// ExitDiffers: with --dry-run, there is something to change.
	ExitDiffers = 4
	// ExitDenied: the server wants a token, or one that allows more.
	ExitDenied = 5
)

// exitError is an error that has an exit code of its own.
type exitError struct {
	error
	code int
}

// ExitCode is the code with which the process is to end.
func (e exitError) ExitCode() int { return e.code }

func (e exitError) Unwrap() error { return e.error }

// maxConnections is how many connections to the server are kept: as many as calls are under way at once.
const maxConnections = 64

// person is whoever can be asked.
type person struct {
	in    io.Reader
	there bool
}

func apply(ctx context.Context, c config.Apply, stdout, stderr io.Writer) error {
	return applyAs(ctx, c, person{os.Stdin, asTerminal(os.Stdin) != nil}, stdout, stderr)
}

// applyAs shows what would change, asks, and changes it.
func applyAs(ctx context.Context, c config.Apply, who person, stdout, stderr io.Writer) error {
	dir, err := configdir.Load(os.DirFS(c.Dir))
	if err != nil {
		return refusedFiles(c.Dir, err, stderr)
	}
	server, err := api(c.Remote)
	if err != nil {
		return err
	}
	plan, err := compare(ctx, c, server, dir, stderr)
	if err != nil {
		return err
	}
	if err := plan.Print(stdout); err != nil || plan.Empty() {
		return err
	}
	switch {
	case c.DryRun:
		return exitError{errors.New("the server is not as the files say; nothing was changed"), ExitDiffers}
	case !c.Yes && !who.there:
		return exitError{errors.New("--yes is needed where nobody can be asked; nothing was changed"), ExitRefused}
	case !c.Yes:
		if err := ask(ctx, who.in, stdout); err != nil {
			return err
		}
	}
	return carryOut(ctx, server, plan, stdout, stderr)
}

// api is the GraphQL API of the server that the settings name.
func api(r config.Remote) (*configdir.Server, error) {
	s, err := connect(r)
	if err != nil {
		return nil, err
	}
	if t, ok := s.http.Transport.(*http.Transport); ok {
		t.MaxIdleConnsPerHost = maxConnections
	}
	return configdir.NewServer(s.address.String(), s.http), nil
}

// compare reads the server's state and works out what would change.
func compare(ctx context.Context, c config.Apply, server *configdir.Server, dir *configdir.Dir, stderr io.Writer) (*configdir.Plan, error) {
	done := say(stderr, "Reading what the server has ...")
	state, err := server.Read(ctx, dir.Needs()...)
	done()
	if err != nil {
		return nil, denied(c.Remote, interrupted(ctx, err))
	}
	plan, err := configdir.Diff(dir, state, c.Prune)
	if err != nil {
		return nil, refusedFiles(c.Dir, err, stderr)
	}
	return plan, nil
}

// refusedFiles tells all that is wrong with the files on a line each, and sums it up in one.
func refusedFiles(dir string, err error, stderr io.Writer) error {
	var problems configdir.Problems
	if !errors.As(err, &problems) {
		return exitError{fmt.Errorf("%s: %w", dir, err), ExitRefused}
	}
	_, _ = fmt.Fprintln(stderr, problems) // nowhere else to say it
	return exitError{fmt.Errorf("the files in %s are wrong in %d places; nothing was changed", dir, len(problems)), ExitRefused}
}

// ask waits for a yes. Errors: another answer, or ctx ends first.
func ask(ctx context.Context, in io.Reader, stdout io.Writer) error {
	if _, err := fmt.Fprint(stdout, "Make these changes? [y/N] "); err != nil {
		return err
	}
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n') // the end of the input is no yes
		answers <- line
	}()
	select {
	case <-ctx.Done():
		return gaveUp(ctx)
	case line := <-answers:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errors.New("nothing was changed")
	}
}

// carryOut makes the changes, with a bar if stderr is a terminal.
func carryOut(ctx context.Context, server *configdir.Server, plan *configdir.Plan, stdout, stderr io.Writer) error {
	began := time.Now()
	progress, stop := showSteps(stderr, plan.Calls())
	outcome, err := server.Apply(ctx, plan, progress)
	stop()
	for _, w := range outcome.Warnings {
		_, _ = fmt.Fprintln(stderr, "warning:", w) // the change is made all the same
	}
	if err != nil {
		lines := strings.Split(err.Error(), "\n")
		last := len(lines) - 1
		for _, line := range lines[:last] {
			_, _ = fmt.Fprintln(stderr, line)
		}
		if code := refusalCode(err); code == codeForbidden || code == codeUnauthenticated {
			return exitError{errors.New(lines[last]), ExitDenied}
		}
		return errors.New(lines[last])
	}
	_, err = fmt.Fprintf(stdout, "Done: %s in %s.\n", steps(outcome.Done), time.Since(began).Round(time.Millisecond))
	return err
}

// showSteps gives what is to be told how many steps are done: a bar if out is a terminal, nobody otherwise. stop takes the bar away.
func showSteps(out io.Writer, total int) (progress func(int), stop func()) {
	terminal := asTerminal(out)
	if terminal == nil {
		return nil, func() {}
	}
	b := progressbar.NewOptions(total, progressbar.OptionSetWriter(terminal), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	return func(done int) { _ = b.Set(done) }, func() { _ = b.Clear() } // a terminal that is gone
}

// interrupted says in our words that ctx has ended, where that is the reason.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	return err
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}
