package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The tolerances are of a server whose clock runs as fast as that of its machine; Log.ClockSpeed multiplies them.
const (
	// WaitTolerance is for how long an item may wait although somebody could take it (WS-5). All the times are the server's own, and it
	// routes in the command that made somebody able, so a slow machine is no excuse.
	WaitTolerance = 50 * time.Millisecond
	// MissTolerance is how late an offer may be missed (OF-1), and what else waits for a clock may happen (PR-7). After a restart it
	// counts from when the server was back.
	MissTolerance = 2 * time.Second
	// ClockTolerance is how far the clocks of the server and of its driver may be apart.
	ClockTolerance = 100 * time.Millisecond
	// pushTolerance is how long before the end of a stream a change may have happened without being seen on it.
	pushTolerance = time.Second
)

// What the specification promises in seconds.
const (
	restoreWithin = 150 * time.Second // PR-7
	restartGrace  = 30 * time.Second  // PR-8
)

// Violation is a broken rule.
type Violation struct {
	// Rule is the number of the behaviour, for example "RT-4"; "API" where what the API tells does not fit together, "log" where the
	// driver told what can't be.
	Rule string
	At   time.Time
	// Text says what happened and what should have, with ids and times.
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s at %s: %s", v.Rule, stamp(v.At), v.Text)
}

// Result is what a check came to.
type Result struct {
	Violations []Violation
	// Undecided is how many questions were passed over because the answer depends on what nobody recorded. Judged is how many were not.
	Undecided, Judged int
}

// Check gives every broken rule that it finds, in the order of time.
func Check(h History, l Log) []Violation { return Examine(h, l).Violations }

// Examine is Check with how much of the history could be judged.
func Examine(h History, l Log) Result {
	w := newWorld(h, l)
	if len(w.found) == 0 { // what refers to something that is not there can't be judged any further
		w.checkSettings()
		w.checkShapes()
		w.checkItems()
		w.checkByHand()
		w.checkCapacity()
		w.checkDecisions()
		w.checkChoices()
		w.checkOrder()
		w.checkRevocations()
		w.checkPresences()
		w.checkWaiting()
		w.checkAnswers()
		w.checkStreams()
	}
	slices.SortStableFunc(w.found, func(a, b Violation) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Rule, b.Rule)) })
	return Result{Violations: w.found, Undecided: w.undecided, Judged: w.judged}
}

func (w *world) broke(rule string, at time.Time, format string, args ...any) {
	w.found = append(w.found, Violation{rule, at, fmt.Sprintf(format, args...)})
}

// scaled is a tolerance in the time of the server.
func (l *Log) scaled(tolerance time.Duration) time.Duration {
	if l.ClockSpeed > 1 {
		return time.Duration(float64(tolerance) * l.ClockSpeed)
	}
	return tolerance
}

// latest is when something that waits for the clock and is due at an instant must have happened: a server that was away at that
// instant does it when it is back (PR-8).
func (w *world) latest(due time.Time) time.Time {
	tolerance := w.l.scaled(MissTolerance)
	for _, r := range w.l.Restarts { // in order: one restart may end within the tolerance of the next
		if !r.NotBefore.After(due.Add(tolerance)) && r.NotAfter.After(due) {
			due = r.NotAfter
		}
	}
	return due.Add(tolerance)
}

// stamp shows an instant as the API does, without the day.
func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000000") }

// when is stamp for an instant that may never have come.
func when(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return stamp(*t)
}
