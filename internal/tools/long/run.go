package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// runner runs parts.
type runner struct {
	dir   string        // of the logs
	every time.Duration // tells how far a part is
	grace time.Duration // what an interrupted part has to clean up

	mu  sync.Mutex // for out: parts run side by side
	out io.Writer
}

// verdict is how a part went.
type verdict string

const (
	ok          verdict = "ok"
	failed      verdict = "FAILED"
	skipped     verdict = "SKIPPED"
	interrupted verdict = "interrupted"
	notRun      verdict = "not run"
)

// result is what came of a part.
type result struct {
	part    part
	verdict verdict
	why     string // empty when ok
	took    time.Duration
	log     string // its text
}

// groups puts what runs side by side together.
func groups(parts []part) [][]part {
	var all [][]part
	for i, p := range parts {
		if n := len(all); i > 0 && p.together != "" && p.together == parts[i-1].together {
			all[n-1] = append(all[n-1], p)
		} else {
			all = append(all, []part{p})
		}
	}
	return all
}

// runAll runs the parts in their order and gives as many results. After an interrupt the rest is not run.
func (r *runner) runAll(ctx context.Context, parts []part) []result {
	results := make([]result, len(parts))
	first := 0
	for _, group := range groups(parts) {
		var lanes sync.WaitGroup
		for i, p := range group {
			if ctx.Err() != nil {
				results[first+i] = result{part: p, verdict: notRun}
				continue
			}
			lanes.Go(func() { results[first+i] = r.runPart(ctx, p) })
		}
		lanes.Wait()
		first += len(group)
	}
	return results
}

func (r *runner) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

// What ends a part before its time.
var (
	errInterrupted = errors.New("interrupted")
	errLimit       = errors.New("took longer than its limit")
)

// runPart runs one part to its end and judges its log.
func (r *runner) runPart(ctx context.Context, p part) result {
	file := filepath.Join(r.dir, p.name+".log")
	r.say("== %s: %s (about %d min, %s)", p.name, p.about, p.minutes, file)
	began := time.Now()
	err := r.execute(ctx, p, file)
	res := result{part: p, took: time.Since(began)}
	text, readErr := os.ReadFile(file)
	res.log = string(text)
	res.verdict, res.why = judge(p, errors.Join(err, readErr), res.log)
	r.say("== %s: %s in %s%s", p.name, res.verdict, duration(res.took), after(": ", res.why))
	if res.verdict == failed {
		r.say("%s", indented(lastLines(res.log, 30)))
	}
	return res
}

// execute runs the command of a part. It gives nil for exit code 0 only.
func (r *runner) execute(ctx context.Context, p part, file string) error {
	log, err := os.Create(file)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the command writes to it, we don't
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), p.env...)
	ownGroup(cmd)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit := time.After(p.limit)
	tick := time.NewTicker(r.every)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
			r.say("   %s, %s: %s", p.name, duration(time.Since(began)), lastLine(file))
		case <-limit:
			r.end(cmd, ended)
			return fmt.Errorf("%w, %s", errLimit, duration(p.limit))
		case <-ctx.Done():
			r.end(cmd, ended)
			return errInterrupted
		}
	}
}

// end asks all processes of a part to end, and kills what is left after the grace.
func (r *runner) end(cmd *exec.Cmd, ended <-chan error) {
	interruptGroup(cmd)
	select {
	case <-ended:
		killGroup(cmd) // the first process may be gone before the others
	case <-time.After(r.grace):
		killGroup(cmd)
		<-ended
	}
}

var failedTest = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)

// judge says how a part went, and why it did not go well.
func judge(p part, err error, log string) (verdict, string) {
	switch {
	case errors.Is(err, errInterrupted):
		return interrupted, ""
	case err != nil:
		return failed, err.Error() + after(": ", strings.Join(unique(failedTest, log, 3), ", "))
	}
	if p.skipped != nil {
		if left := unique(p.skipped, log, 3); len(left) > 0 {
			return skipped, strings.Join(left, ", ")
		}
	}
	if !p.proof.MatchString(log) {
		return failed, "it ran no test"
	}
	return ok, ""
}

// unique gives what the groups of a regular expression found, each once and at most so many, with "…" for more.
func unique(found *regexp.Regexp, text string, most int) []string {
	var list []string
	seen := map[string]bool{}
	for _, groups := range found.FindAllStringSubmatch(text, -1) {
		name := strings.Join(groups[1:], "") // one of them
		switch {
		case seen[name]:
		case len(list) == most:
			return append(list, "…")
		default:
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// lastLine is the last line of a file that is being written, at most 120 bytes of it.
func lastLine(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close() //nolint:errcheck // only read
	const window = 4096
	if info, err := f.Stat(); err == nil && info.Size() > window {
		_, _ = f.Seek(-window, io.SeekEnd) // it is a regular file
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	line := bytes.TrimSpace(text)
	line = bytes.TrimSpace(line[bytes.LastIndexByte(line, '\n')+1:])
	return strings.ToValidUTF8(string(line[:min(len(line), 120)]), "")
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func indented(text string) string { return "   " + strings.ReplaceAll(text, "\n", "\n   ") }

// after is a text with something before it, or nothing.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}
