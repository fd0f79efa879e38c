// Package checker judges a history of routing by the numbered sentences of the specification, and by nothing else.
//
// It knows what anybody could know: what the public API tells (Read), and what whoever drove the server did and was told (Log). From
// these it works out for every instant who was there, who held what and which items waited, and then asks of every offer whether it
// was right, and of every waiting item whether somebody should have had it.
//
// Import rule: nothing of this module, so that it can't share a mistake with the engine. TestSharesNoCode holds it to that.
//
//	history.go      what the API tells, and reading it (read.go)
//	log.go          what the driver of the server knows
//	world.go        the history in the order of time
//	able.go         who could have taken what at which instant
//	shape.go        one offer, one item, one agent's capacity: OF-1, OF-2, RT-3, RT-4, WS-4
//	decisions.go    decisions tell of every offer and add up: DX-1, RT-1, RT-2, RT-5
//	choice.go       who was asked, and for which item first: RT-3, RT-4, WS-2, WS-3, OF-4
//	revocations.go  offers were taken back when they had to be, and only then: OF-3, PR-7, RT-6
//	waiting.go      nobody is free while an item that they could take waits: WS-5
//	answers.go      what was acknowledged and what was pushed is what happened: OF-1, EV-1
//
// What it can't decide it passes over: instants at which two commands fell into the same microsecond, and times within the bounds of a
// change whose instant the driver does not know. Undecided counts them.
//
// What it does not judge: ties of HIGHEST_CAPACITY (the API does not tell the whole order), changes of policies and workstreams,
// which must stay as they are while a history is recorded, and work by hand (WS-6): the API does not list the assignments that came of no
// offer. A history in which it finds an item that was picked, assigned, transferred or linked is a violation, not half a judgement.
package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// WaitTolerance is for how long an item may wait although somebody could take it (WS-5). All the times are the server's own, and it
	// routes in the command that made somebody able, so a slow machine is no excuse.
	WaitTolerance = 50 * time.Millisecond
	// MissTolerance is how late an offer may be missed (OF-1), and what else waits for a clock may happen (PR-7).
	MissTolerance = 2 * time.Second
	// ClockTolerance is how far the clocks of the server and of its driver may be apart.
	ClockTolerance = 100 * time.Millisecond
)

// Violation is a broken rule.
type Violation struct {
	// Rule is the number of the behaviour, for example "RT-4".
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
		w.checkShapes()
		w.checkItems()
		w.checkCapacity()
		w.checkDecisions()
		w.checkChoices()
		w.checkOrder()
		w.checkRevocations()
		w.checkWaiting()
		w.checkAnswers()
		w.checkStreams()
	}
	slices.SortStableFunc(w.found, func(a, b Violation) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Rule, b.Rule)) })
	return Result{Violations: w.found, Undecided: w.undecided, Judged: w.judged}
}

// stamp shows an instant as the API does, without the day.
func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000000") }
