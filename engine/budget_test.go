package engine

import (
	"testing"
	"time"
)

// TestPolicyChangeIsBounded: RT-1 over many waiting items. One command looks at 256 of them and writes no more than it looked at; the
// rest follows tick by tick, until everything has been looked at once.
func TestPolicyChangeIsBounded(t *testing.T) {
	const items = 2000
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	e := New(Snapshot{Organization: NewOrganization(now)}, now)
	do := func(c Command) Result {
		t.Helper()
		r, err := e.Apply(c, Meta{Actor: System, Now: now, Entropy: 1})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	q := do(CreateQueue{Name: "q", AssignmentMethod: HighestCapacity}).Refs.Queue
	ws := do(CreateWorkstream{
		Name: "w", Channel: ChannelChat, DistributionMode: Push, QueueID: q, AllowedPresences: []BasePresence{Available}, CapacityUnits: 1,
		AcceptMode: AcceptManual, OfferSeconds: 60, DeclineLimit: 3,
	}).Refs.Workstream
	for range items {
		do(CreateWorkItem{WorkstreamID: ws})
	}
	e.Take()
	on := true
	do(UpdateRoutingPolicy{Enabled: Patch[bool]{Set: true, Value: &on}})
	looked := len(e.Take().WorkItems)
	if looked != maxAttemptsPerCommand {
		t.Errorf("the command wrote %d items, want %d", looked, maxAttemptsPerCommand)
	}
	for {
		due, more := e.NextDeadline()
		if !more || due.After(now) {
			break
		}
		do(Tick{})
		n := len(e.Take().WorkItems)
		if looked += n; n > maxAttemptsPerCommand {
			t.Fatalf("a tick wrote %d items", n)
		}
	}
	if looked != items {
		t.Errorf("%d items were looked at, want %d", looked, items)
	}
	do(UpdateRoutingPolicy{})
	if c := e.Take(); c.Size() != 0 {
		t.Errorf("a change of nothing wrote %d rows", c.Size())
	}
}
