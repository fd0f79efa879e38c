package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/writer"
)

// What callers are told.
const (
	// made: success.
	made = "made"
	// notMade: UNAVAILABLE, and it was not made and never will be.
	notMade = "not made"
	// unclear: UNAVAILABLE, and it may or may not have been made.
	unclear = "unclear"
)

func (o outcome) told() string {
	switch {
	case o.err == nil:
		return made
	case codeOf(o.err) != engine.CodeUnavailable:
		return o.err.Error()
	case strings.Contains(o.err.Error(), "may or may not"):
		return unclear
	default:
		return notMade
	}
}

// failures are the ways in which making one batch durable can fail, with what the writer promises about each.
var failures = []struct {
	name string
	// set gives the orders; the batch's fate is settled before heal or by it.
	set  func(f *faults)
	told string
	// landed: it is on the disk in the end.
	landed bool
}{
	{"nothing was sent, twice", func(f *faults) { f.order(nil, nothingSent, nothingSent) }, made, true},
	{"the answer was lost", func(f *faults) { f.order(nil, answerLost) }, made, true},
	{"tried again three times", func(f *faults) { f.order(nil, tryAgain, tryAgain, tryAgain) }, made, true},
	{"nothing was sent, then the answer was lost", func(f *faults) { f.order(nil, nothingSent, tryAgain, answerLost) }, made, true},
	{"refused", func(f *faults) { f.order(nil, refused) }, notMade, false},
	{"refused after nothing was sent", func(f *faults) { f.order(nil, nothingSent, refused) }, notMade + " or " + unclear, false},
	{"tried again for ever", func(f *faults) { f.order(tryAgain) }, notMade, false},
	{"nothing is sent for ever", func(f *faults) { f.order(nothingSent) }, unclear, false},
	{"silence", func(f *faults) { f.order(silent) }, unclear, false},
	{"silence though it landed", func(f *faults) { f.order(nil, silentLanded) }, made, true},
	{"silence, and it can't be asked", func(f *faults) { f.order(silent); f.alwaysPosition = errNetwork }, unclear, false},
	{"the answer was lost, and it can't be asked", func(f *faults) { f.order(nothingSent, answerLost); f.alwaysPosition = errNetwork }, unclear, true},
	{"silence though it landed, and it can't be asked", func(f *faults) {
		f.order(nothingSent, silentLanded)
		f.alwaysPosition = errNetwork
	}, unclear, true},
	{"landed late, before the probe", func(f *faults) {
		f.order(nothingSent, f.landsLate(shortPatience+100*time.Millisecond))
		f.alwaysPosition = errNetwork
	}, unclear, true},
	{"sent, and it arrives after the probe", func(f *faults) {
		f.order(nothingSent, f.landsLate(3*shortPatience+time.Second))
		f.alwaysPosition = errNetwork
	}, unclear, false},
	{"the probe's answer is lost as well", func(f *faults) {
		f.order(answerLost, silent)
		f.alwaysPosition = errNetwork
	}, unclear, false},
	// What was sent first is still under way at the database while the same batch, sent again, is turned away.
	{"landed late, meanwhile tried again for ever", func(f *faults) {
		f.order(tryAgain, f.landsLate(shortPatience+100*time.Millisecond))
	}, unclear, true},
	{"landed late, meanwhile refused", func(f *faults) {
		f.order(nothingSent, f.landsLate(100*time.Millisecond), refused)
	}, unclear, true},
}

func TestFailing(t *testing.T) {
	t.Parallel()
	for _, c := range failures {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, db string) {
				r := newRig(t, db, writer.Options{})
				c.set(r.faults)
				out := r.together(r.mixed())
				r.atMost(shortPatience+2*time.Second, out)
				for i, o := range out {
					if told := o.told(); !strings.Contains(c.told, told) || told != out[0].told() {
						t.Errorf("call %d, %T, was told %q (%v), want %q", i, r.mixed()[i].Command, told, o.err, c.told)
					}
				}
				time.Sleep(shortPatience)
				r.faults.heal()
				r.settled(out[0].told(), c.landed, out)
			})
		})
	}
}

// settled checks what follows once the database is well again: the batch is on the disk or not, a repetition settles what callers were
// not told, nothing was published in vain, and the memory is what the disk is.
func (r *rig) settled(told string, landed bool, out []outcome) {
	r.Helper()
	r.awaitReady()
	r.do(engine.CreateContact{FullName: "After"}, "")
	r.faults.late.Wait()
	want := 0
	if landed {
		want = 1
	}
	if n := r.references("in the batch"); n != want {
		r.Errorf("the item of the batch is there %d times, want %d", n, want)
	}
	r.checkPublished()
	calls := r.mixed()
	for i, c := range calls {
		if c.Key == "" || r.Failed() {
			continue
		}
		again := r.give(c)
		if again.err != nil || again.replayed != landed {
			r.Errorf("repetition of call %d, %T: replayed %v, %v", i, c.Command, again.replayed, again.err)
		}
		if told == made && again.result.Refs.WorkItem+engine.WorkItemID(again.result.Refs.Contact) !=
			out[i].result.Refs.WorkItem+engine.WorkItemID(out[i].result.Refs.Contact) {
			r.Errorf("repetition of call %d gave %+v, first %+v", i, again.result.Refs, out[i].result.Refs)
		}
	}
	if n := r.references("in the batch"); n != 1 {
		r.Errorf("after the repetition the item is there %d times, want once", n)
	}
	r.checkMemory()
	r.checkPublished()
}

// TestFailingFacts: what can't be read was not made.
func TestFailingFacts(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(context.Context) error{
		"error":   func(context.Context) error { return errNetwork },
		"silence": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, db string) {
				r := newRig(t, db, writer.Options{})
				calls := r.mixed()
				r.faults.order(nothingSent) // or it would be back at once
				r.faults.alwaysFacts = fail
				out := r.together(calls)
				r.atMost(shortPatience+2*time.Second, out)
				for i, o := range out {
					if o.told() != notMade {
						t.Errorf("call %d was told %q (%v)", i, o.told(), o.err)
					}
				}
				if r.writer.Ready() {
					t.Error("ready without a database")
				}
				r.faults.heal()
				r.settled(notMade, false, out)
			})
		})
	}
}
