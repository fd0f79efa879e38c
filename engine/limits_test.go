package engine

import (
	"errors"
	"testing"
)

// TestCounts: what is held in memory has a limit, and one less passes.
func TestCounts(t *testing.T) {
	e := New(Snapshot{Organization: NewOrganization(benchStart)}, benchStart)
	do := func(c Command) (Result, error) { return e.Apply(c, Meta{Actor: System, Now: benchStart}) }
	create := CreateQueue{Name: "Q", AssignmentMethod: HighestCapacity}
	r, err := do(create)
	if err != nil {
		t.Fatal(err)
	}
	stream := CreateWorkstream{
		Name: "W", Channel: ChannelChat, DistributionMode: Pick, QueueID: r.Refs.Queue, AllowedPresences: []BasePresence{Available},
		Cost: unitCost(1), WrapUp: WrapUp{Mode: WrapUpNone}, AcceptMode: AcceptManual, OfferSeconds: MinOfferSeconds, DeclineLimit: 1,
	}
	if r, err = do(stream); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		command Command
		fill    func() (restore func())
	}{
		{"agents", CreateAgent{Name: "A"}, func() func() {
			e.agents.all = make([]*agent, MaxAgents-1)
			return func() { e.agents.all = nil }
		}},
		{"queues", create, func() func() {
			was := e.queues.all
			e.queues.all = make([]*queue, MaxQueues-1)
			return func() { e.queues.all = was }
		}},
		{"workstreams", stream, func() func() {
			was := e.workstreams.all
			e.workstreams.all = make([]*workstream, MaxWorkstreams-1)
			return func() { e.workstreams.all = was }
		}},
		{"open work items", CreateWorkItem{WorkstreamID: r.Refs.Workstream}, func() func() {
			for i := len(e.items); i < MaxOpenWorkItems-1; i++ {
				e.items[WorkItemID(benchID("wi_", i))] = nil
			}
			return func() {}
		}},
	} {
		restore := c.fill()
		if _, err := do(c.command); err != nil {
			t.Errorf("%s: the last one: %v", c.name, err)
		}
		_, err := do(c.command)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != CodeLimit {
			t.Errorf("%s: one more: %v", c.name, err)
		}
		restore()
	}
}
