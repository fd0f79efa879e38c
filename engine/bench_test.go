package engine

import (
	"fmt"
	"testing"
	"time"
)

var benchStart = time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)

// benchID makes the n-th id with a prefix.
func benchID(prefix string, n int) string {
	return fmt.Sprintf("%s00000000-0000-7000-8000-%012x", prefix, n)
}

// benchEngine is a contact centre with one queue whose n members are all signed in, half of them Available and half Busy; its
// workstream allows both. All have the same capacity, so that picks go round among all of them and the processor's caches
// don't make it look better than it is. A third of them has never had an offer of the queue nor given capacity back.
func benchEngine(b *testing.B, n int, method AssignmentMethod) (*Engine, *queue, *workstream) {
	b.Helper()
	queueID, streamID := QueueID(benchID("qu_", 1)), WorkstreamID(benchID("ws_", 1))
	s := Snapshot{
		Organization: NewOrganization(benchStart),
		Queues:       []Queue{{ID: queueID, Name: "Queue", AssignmentMethod: method}},
		Workstreams: []Workstream{{
			ID: streamID, Name: "Stream", Channel: ChannelChat, DistributionMode: Push, QueueID: queueID,
			AllowedPresences: []BasePresence{Available, Busy}, Cost: unitCost(1), WrapUp: WrapUp{Mode: WrapUpNone}, AcceptMode: AcceptManual, OfferSeconds: 120, DeclineLimit: 3,
		}},
	}
	for i := range n {
		id := AgentID(benchID("ag_", i))
		status := []PresenceStatusID{StatusAvailable, StatusBusy}[i%2]
		turn, released := int64(i), benchStart.Add(-time.Duration(i)*time.Second)
		lastReleased := &released
		if i%3 == 0 {
			turn, lastReleased = 0, nil
		}
		s.Agents = append(s.Agents, Agent{
			ReleasedAt: lastReleased, ID: id, Name: "Agent", CapacityUnits: ptr(10), RankedSeq: int64(i),
			Presence: AgentPresence{Status: status, Base: BuiltInStatus(status).Base, Cause: CauseManual, Source: SourceManual, SignedIn: true},
		})
		s.Sessions = append(s.Sessions, Session{ID: SessionID(benchID("se_", i)), AgentID: id})
		s.Members = append(s.Members, QueueMember{QueueID: queueID, AgentID: id, Turn: turn})
	}
	e := New(s, benchStart)
	if _, err := e.Apply(Tick{}, Meta{Actor: System, Now: benchStart}); err != nil {
		b.Fatal(err)
	}
	e.Take()
	return e, e.queues.get(queueID), e.workstreams.get(streamID)
}

// BenchmarkPick picks the next-best agent of a queue, reserves a unit of theirs and gives it back, as an offer does: it has to
// cost the same among 10 and among 100,000, and to allocate nothing.
func BenchmarkPick(b *testing.B) {
	for _, agents := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			e, q, ws := benchEngine(b, agents, HighestCapacity)
			for _, a := range e.agents.all {
				e.touchAgent(a) // the list of what a batch touched grows once for each agent, not for each pick
			}
			b.ReportAllocs()
			for b.Loop() {
				ranking := e.candidatesFor(q, ws.kind).rank(ws.classes, ws.Cost.need(), MaxRunnersUp+1)
				m := ranking.next()
				if m == nil {
					b.Fatal("nobody is free")
				}
				e.changeAgent(m.agent, func(a *Agent) { a.Reserved.Units++ })
				e.changeAgent(m.agent, func(a *Agent) { a.Reserved.Units-- })
			}
		})
	}
}

// BenchmarkPickByMethod does what BenchmarkPick does for the methods that don't go by free units, with what an offer and the end of work
// change besides: the member's turn, when capacity was given back. Each pick puts its agent last.
func BenchmarkPickByMethod(b *testing.B) {
	for _, method := range []AssignmentMethod{RoundRobin, LeastActive} {
		for _, agents := range []int{10, 1000, 100_000} {
			b.Run(fmt.Sprintf("%s/agents=%d", method, agents), func(b *testing.B) { benchPick(b, method, agents) })
		}
	}
}

func benchPick(b *testing.B, method AssignmentMethod, agents int) {
	e, q, ws := benchEngine(b, agents, method)
	for _, a := range e.agents.all {
		e.touchAgent(a)
	}
	now := benchStart
	b.ReportAllocs()
	for b.Loop() {
		ranking := e.candidatesFor(q, ws.kind).rank(ws.classes, ws.Cost.need(), MaxRunnersUp+1)
		m := ranking.next()
		if m == nil {
			b.Fatal("nobody is free")
		}
		if method == RoundRobin {
			e.takeTurn(m.member)
			e.pending.members = e.pending.members[:0] // the list of what a batch changed would grow with each pick
		}
		e.changeAgent(m.agent, func(a *Agent) { a.Reserved.Units++ })
		now = now.Add(time.Microsecond)
		released := now
		e.changeAgent(m.agent, func(a *Agent) {
			a.Reserved.Units--
			a.ReleasedAt = &released
		})
	}
}

// BenchmarkApply takes an item from its creation to its end among 1,000 agents, each command a batch of its own.
func BenchmarkApply(b *testing.B) {
	e, _, ws := benchEngine(b, 1000, HighestCapacity)
	now, entropy := benchStart, uint64(0)
	apply := func(c Command) Result {
		entropy++
		r, err := e.Apply(c, Meta{Actor: System, Now: now, Entropy: entropy})
		if err != nil {
			b.Fatal(err)
		}
		e.Take()
		e.Forget()
		return r
	}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		created := apply(CreateWorkItem{WorkstreamID: ws.ID}).WorkItemState
		apply(AcceptOffer{created.OfferID})
		apply(CompleteWorkItem{created.ID})
	}
}

// BenchmarkProfileOfMany changes the limit of a profile that so many agents have: linear in their number (CP-2).
func BenchmarkProfileOfMany(b *testing.B) {
	for _, agents := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			e, q := manyHolders(agents)
			e.candidatesFor(q, e.kindOf(&CapacityCost{Profiles: []CapacityProfileID{profileN(1)}, Type: NotInterruptible}))
			for limit := 2; b.Loop(); limit = 2 + limit%900 {
				if _, err := e.Apply(UpdateCapacityProfile{ProfileID: profileN(1), Limit: &limit}, Meta{Actor: System, Now: benchStart}); err != nil {
					b.Fatal(err)
				}
				e.Take()
				e.Forget()
			}
		})
	}
}

// BenchmarkLimitRaised raises the limit of open work for so many agents with a backlog, and serves it: per Tick.
func BenchmarkLimitRaised(b *testing.B) {
	for _, agents := range []int{4_000, 16_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) { benchLimitRaised(b, agents) })
	}
}

func benchLimitRaised(b *testing.B, agents int) {
	e, _, ws := benchEngine(b, agents, HighestCapacity)
	now, entropy, ticks, limit := benchStart, uint64(0), 0, 1
	apply := func(c Command) {
		entropy++
		now = now.Add(time.Microsecond)
		if _, err := e.Apply(c, Meta{Actor: System, Now: now, Entropy: entropy}); err != nil {
			b.Fatal(err)
		}
		e.Take()
		e.Forget()
	}
	settle := func() {
		for due, more := e.NextDeadline(); more && !due.After(now); due, more = e.NextDeadline() {
			apply(Tick{})
			ticks++
		}
	}
	more := func() {
		for range agents {
			apply(CreateWorkItem{WorkstreamID: ws.ID})
		}
		settle()
	}
	apply(UpdateOrganization{OpenWorkLimit: &limit})
	more()
	for b.Loop() {
		b.StopTimer()
		more()
		limit++
		ticks = 0
		b.StartTimer()
		apply(UpdateOrganization{OpenWorkLimit: &limit})
		settle()
		b.ReportMetric(float64(ticks), "ticks/op")
	}
}
