package engine

import (
	"slices"
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
		Name: "w", Channel: ChannelChat, DistributionMode: Push, QueueID: q, AllowedPresences: []BasePresence{Available}, Cost: unitCost(1),
		WrapUp:     WrapUp{Mode: WrapUpNone},
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

// manyWaiting is an engine in which routing has more to do than one command may: so many items wait in a queue without members.
func manyWaiting(t *testing.T, items int) (w *world, stream WorkstreamID) {
	t.Helper()
	w = newWorld(t)
	w.do(Tick{}, System)
	stream = w.do(aWorkstream(func(c *CreateWorkstream) { c.QueueID = queueN(101) }), service).Workstream
	for range items {
		w.do(CreateWorkItem{WorkstreamID: stream}, service)
	}
	return w, stream
}

// TestPreviewAmidManyItems: a preview changes nothing, not even what routing has still to do (DX-3).
func TestPreviewAmidManyItems(t *testing.T) {
	w, stream := manyWaiting(t, maxAttemptsPerCommand+50)
	w.do(UpdateWorkstream{WorkstreamID: stream, DeclineLimit: &one}, service)
	left := w.engine.dirtyItems.len()
	if left == 0 {
		t.Fatal("nothing is left to do")
	}
	before := dump(w.engine)
	if _, err := w.engine.Apply(PreviewRouting{WorkstreamID: stream}, w.meta(service)); err != nil {
		t.Fatal(err)
	}
	if after := dump(w.engine); after != before || w.engine.Take().Size() > 0 || w.engine.dirtyItems.len() != left {
		t.Error("the preview changed something")
	}
}

// TestManyOffersOfADeletedAgent: they are all revoked at once, and what one command may not look at follows with the next Tick.
func TestManyOffersOfADeletedAgent(t *testing.T) {
	const items = maxAttemptsPerCommand + 50
	w, _ := manyWaiting(t, items)
	w.do(UpdateOrganization{OpenWorkLimit: &thousand}, service)
	w.do(UpdateAgent{AgentID: ben, CapacityUnits: setTo(1000)}, service)
	w.do(OpenSession{AgentID: ben}, service)
	w.do(AddQueueMembers{queueN(101), []AgentID{ben}}, service)
	w.do(Tick{}, System)
	if n := len(w.engine.agents.get(ben).offers); n != items {
		t.Fatalf("ben has %d offers", n)
	}
	w.do(DeleteAgent{AgentID: ben}, service)
	if n := w.engine.dirtyItems.len(); n != items-maxAttemptsPerCommand {
		t.Errorf("%d items are left to look at, want %d", n, items-maxAttemptsPerCommand)
	}
	w.store.checkRebuilt(t, w.engine)
	w.do(Tick{}, System)
	if due, _ := w.engine.NextDeadline(); !due.After(w.now) {
		t.Errorf("still due at %s", due)
	}
}

// atOpenWorkLimit is a world in which each of so many agents has one item, and may have one; the workstream gives more to whoever has room.
func atOpenWorkLimit(t *testing.T, agents int) (*world, WorkstreamID) {
	w := newWorld(t)
	w.do(Tick{}, System)
	w.do(UpdateOrganization{OpenWorkLimit: &one}, service)
	stream := w.do(aWorkstream(func(c *CreateWorkstream) { c.QueueID, c.AcceptMode = queueN(101), AcceptAuto }), service).Workstream
	for range agents {
		id := w.do(CreateAgent{Name: "A", CapacityUnits: &thousand}, service).Agent
		w.do(AddQueueMembers{queueN(101), []AgentID{id}}, service)
		w.do(OpenSession{AgentID: id}, service)
		w.do(CreateWorkItem{WorkstreamID: stream}, service)
	}
	return w, stream
}

// TestLimitOfOpenWorkIsBounded: PR-4 over many agents. One attempt makes at most 256 of them Do not disturb who stand at the limit, and the item is
// looked at again until all are; a changed limit changes at most so many presences at a time, and the rest follows with Ticks that are due at once.
func TestLimitOfOpenWorkIsBounded(t *testing.T) {
	const agents = 600
	w, stream := atOpenWorkLimit(t, agents)
	last := w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem
	count := func(p BasePresence) (n int) {
		for _, a := range w.engine.agents.all {
			if a.Presence.Base == p {
				n++
			}
		}
		return n
	}
	if n := count(DoNotDisturb); n != maxAtLimitPerAttempt {
		t.Errorf("one command made %d Do not disturb, want %d", n, maxAtLimitPerAttempt)
	}
	for due, more := w.engine.NextDeadline(); more && !due.After(w.now); due, more = w.engine.NextDeadline() {
		before := count(DoNotDisturb)
		w.do(Tick{}, System)
		if n := count(DoNotDisturb) - before; n > maxAtLimitPerAttempt {
			t.Fatalf("one Tick made %d Do not disturb", n)
		}
	}
	if item := w.engine.items[last]; count(DoNotDisturb) != agents || item.Attempts != 3 {
		t.Errorf("%d stand at the limit after %d attempts, want %d after 3", count(DoNotDisturb), item.Attempts, agents)
	}
	var next Command = UpdateOrganization{OpenWorkLimit: &two}
	for due := w.now; !due.After(w.now); due, _ = w.engine.NextDeadline() {
		before := count(DoNotDisturb)
		w.do(next, service)
		if n := before - count(DoNotDisturb); n != min(before, maxRecomputedPerCommand) {
			t.Fatalf("%d of %d presences were changed by one command", n, before)
		}
		next = Tick{}
	}
	if n := count(DoNotDisturb); n > 0 {
		t.Errorf("%d are Do not disturb in the end", n)
	}
	if item := w.engine.items[last]; item.Status != Assigned {
		t.Errorf("the item is %s, though there is room below the limit", item.Status)
	}
	w.store.checkRebuilt(t, w.engine)
}

// manyHolders is an engine with one queue of so many agents, who changed last in another order than that in which they came. Each keeps one of an
// END_OF_DAY profile.
func manyHolders(agents int) (*Engine, *queue) {
	ends := nextMidnight(benchStart, time.UTC)
	s := Snapshot{
		Organization: NewOrganization(benchStart), Queues: []Queue{{ID: sales, Name: "Queue", AssignmentMethod: HighestCapacity}},
		Profiles: []CapacityProfile{{ID: profileN(1), Name: "Profile", Limit: 3, Reset: ResetEndOfDay}},
	}
	for i := range agents {
		s.Agents = append(s.Agents, Agent{
			ID: agentN(i), CapacityUnits: ptr(10), Profiles: []ProfileUse{{ProfileID: profileN(1), Has: true, Kept: 1}}, DayEndsAt: &ends,
			Presence: AgentPresence{Status: StatusOffline, Base: Offline, Source: SourceSignedOut}, RankedSeq: int64(i * 7919 % agents),
		})
		s.Members = append(s.Members, QueueMember{QueueID: sales, AgentID: agentN(i)})
	}
	e := New(s, benchStart)
	return e, e.queues.get(sales)
}

// TestTimeZoneOfManyIsBounded: another time zone of the organisation moves the end of everybody's day (CP-2), so many at a time, although no
// presence changes with it.
func TestTimeZoneOfManyIsBounded(t *testing.T) {
	const agents = 600
	e, _ := manyHolders(agents)
	meta, zone := Meta{Actor: System, Now: benchStart, Entropy: 1}, "Europe/Berlin"
	moved := 0
	var next Command = UpdateOrganization{TimeZone: &zone}
	for due := benchStart; !due.After(benchStart); due, _ = e.NextDeadline() {
		if _, err := e.Apply(next, meta); err != nil {
			t.Fatal(err)
		}
		n := len(e.Take().Agents)
		if moved += n; n > maxRecomputedPerCommand {
			t.Fatalf("%T wrote %d agents", next, n)
		}
		next = Tick{}
	}
	if moved != agents {
		t.Errorf("%d days were moved, want %d", moved, agents)
	}
}

// TestLimitRaisedForMany: PR-4, WS-5. After the limit of open work was raised for very many with a backlog, each command looks at so many of them only,
// the backlog is served in its order, and at the end nobody who could take something is left over.
func TestLimitRaisedForMany(t *testing.T) {
	const agents = 2*maxLookedAtPerCommand + 100
	w, stream := atOpenWorkLimit(t, agents)
	var backlog []WorkItemID
	for range maxAttemptsPerCommand + 50 {
		backlog = append(backlog, w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem)
	}
	for due, more := w.engine.NextDeadline(); more && !due.After(w.now); due, more = w.engine.NextDeadline() {
		w.do(Tick{}, System)
	}
	w.do(UpdateOrganization{OpenWorkLimit: &two}, service)
	if left := len(w.engine.dirtyAgents); left < agents-maxLookedAtPerCommand-maxAttemptsPerCommand {
		t.Errorf("%d agents are left to look at: one command looked at more than it may", left)
	}
	waiting := func(id WorkItemID) bool { return w.engine.items[id].Status == Queued }
	for due := w.now; !due.After(w.now); due, _ = w.engine.NextDeadline() {
		if at := slices.IndexFunc(backlog, waiting); at >= 0 && slices.ContainsFunc(backlog[at:], func(id WorkItemID) bool { return !waiting(id) }) {
			t.Fatal("the backlog is not served in its order")
		}
		w.do(Tick{}, System)
	}
	if slices.ContainsFunc(backlog, waiting) || len(w.engine.dirtyAgents) > 0 {
		t.Errorf("items of the backlog wait, or %d agents are left over", len(w.engine.dirtyAgents))
	}
	w.store.checkRebuilt(t, w.engine)
}

// TestWhoChangedTheLimitIsRecorded: PR-9. The presences that follow from a changed limit a few at a time are recorded as changed by who changed it, not
// by who happens to give the next command.
func TestWhoChangedTheLimitIsRecorded(t *testing.T) {
	const agents = 300
	w := newWorld(t)
	w.do(Tick{}, System)
	profile := w.do(CreateCapacityProfile{Name: "Profile", Limit: 5, Reset: ResetImmediate}, service).CapacityProfile
	stream := w.do(aWorkstream(func(c *CreateWorkstream) {
		c.QueueID, c.AcceptMode, c.Cost = queueN(101), AcceptAuto, CapacityCost{Profiles: []CapacityProfileID{profile}, Type: NotInterruptible}
	}), service).Workstream
	for range agents {
		id := w.do(CreateAgent{Name: "A"}, service).Agent
		w.do(SetAgentCapacityProfile{AgentID: id, ProfileID: profile}, service)
		w.do(AddQueueMembers{queueN(101), []AgentID{id}}, service)
		w.do(OpenSession{AgentID: id}, service)
		w.do(CreateWorkItem{WorkstreamID: stream}, service)
	}
	w.do(UpdateCapacityProfile{ProfileID: profile, Limit: &one}, service)
	if _, err := w.engine.Apply(SetPresence{StatusID: StatusAway}, w.meta(asAnna)); err != nil {
		t.Fatal(err)
	}
	follow := 0
	for _, ev := range w.engine.Take().Events {
		if ev.Type != EventPresenceChanged {
			continue
		}
		by := service.ID
		if ev.AgentID == anna {
			by = asAnna.ID
		} else {
			follow++
		}
		if ev.Actor != by {
			t.Fatalf("%s of %s was caused by %s, want %s", ev.Body.Cause, ev.AgentID, ev.Actor, by)
		}
	}
	if follow != agents-maxRecomputedPerCommand {
		t.Errorf("%d presences followed, want %d", follow, agents-maxRecomputedPerCommand)
	}
}
