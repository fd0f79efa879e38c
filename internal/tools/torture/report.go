package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// report is what one scenario on one database did and what it found wrong. It is safe for concurrent use.
type report struct {
	title string
	out   func(format string, args ...any)

	mu           sync.Mutex
	rounds       int
	acknowledged int
	unclear      int
	checked      int
	repeated     int
	violations   int
	// judged and passedOver are the questions of the independent checker.
	judged, passedOver int
	back               []time.Duration
	slowest            time.Duration
	slowestWhat        string
	kinds              map[string]int
}

func newReport(title string, out func(format string, args ...any)) *report {
	return &report{title: title, out: out, kinds: map[string]int{}}
}

// shownOfOneKind is how many violations that read alike are printed: the first few say what is wrong.
const shownOfOneKind = 5

// violation is a promise that was not kept. Kind is the same for all that read alike.
func (r *report) violation(kind, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations++
	r.kinds[kind]++
	switch n := r.kinds[kind]; {
	case n <= shownOfOneKind:
		r.out("VIOLATION %s: %s: %s", r.title, kind, fmt.Sprintf(format, args...))
	case n == shownOfOneKind+1:
		r.out("VIOLATION %s: %s: more of the kind are only counted", r.title, kind)
	}
}

func (r *report) progress(format string, args ...any) {
	r.out("%s %s: %s", time.Now().Format("15:04:05"), r.title, fmt.Sprintf(format, args...))
}

func (r *report) add(to *int, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*to += n
}

// check counts one promise that was looked at.
func (r *report) check() { r.add(&r.checked, 1) }

// took notes how long a caller waited for an answer.
func (r *report) took(what string, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d > r.slowest {
		r.slowest, r.slowestWhat = d, what
	}
}

// cameBack notes how long the server was away, or not ready.
func (r *report) cameBack(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.back = append(r.back, d)
}

func (r *report) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.violations > 0
}

// summary writes the table of all reports.
func summary(out io.Writer, reports []*report) {
	const row = "%-16s %6s %12s %8s %8s %8s %11s %11s %13s %10s %9s %11s\n"
	_, _ = fmt.Fprintf(out, "\n"+row, "", "rounds", "acknowledged", "unclear", "repeated", "checked", "back median", "back max", "slowest call", "violations",
		"judged", "passed over")
	for _, r := range reports {
		r.mu.Lock()
		median, longest := "-", "-"
		if len(r.back) > 0 {
			slices.Sort(r.back)
			median, longest = seconds(r.back[len(r.back)/2]), seconds(r.back[len(r.back)-1])
		}
		n := func(v int) string { return fmt.Sprint(v) }
		_, _ = fmt.Fprintf(out, row, r.title, n(r.rounds), n(r.acknowledged), n(r.unclear), n(r.repeated), n(r.checked), median, longest,
			seconds(r.slowest), n(r.violations), n(r.judged), n(r.passedOver))
		r.mu.Unlock()
	}
	for _, r := range reports {
		if r.slowestWhat != "" {
			_, _ = fmt.Fprintf(out, "%s: the slowest call was %s\n", r.title, r.slowestWhat)
		}
	}
	_, _ = fmt.Fprint(out, strings.Join([]string{
		"acknowledged: mutations that were answered with success   unclear: mutations whose answer was lost or UNAVAILABLE",
		"repeated: calls given again with their idempotency key    back: from the start of the server, or the return of its database, to ready",
		"judged, passed over: questions that the independent checker answered, and that nobody could", "",
	}, "\n"))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
