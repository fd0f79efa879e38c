package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The simulation drives small worlds with random commands, as the writer would, and checks every rule of invariants_test.go
// after each command. RAPPORT_SEEDS=n runs seeds 1 to n, RAPPORT_SEED=n runs one and tells what happens in it.

const commandsPerSeed = 300

func TestSimulation(t *testing.T) {
	if s := os.Getenv("RAPPORT_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if failure := simulate(seed, func(line string) { t.Log(line) }, nil); failure != "" {
			t.Error(failure)
		}
		return
	}
	seeds := 2000
	if testing.Short() {
		seeds = 50
	}
	if s := os.Getenv("RAPPORT_SEEDS"); s != "" {
		var err error
		if seeds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var next, failed atomic.Int64
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := next.Add(1); seed <= int64(seeds) && failed.Load() == 0; seed = next.Add(1) {
				if failure := simulate(uint64(seed), nil, nil); failure != "" {
					failed.Add(1)
					t.Errorf("seed %d (RAPPORT_SEED=%d shows all of it):\n%s", seed, seed, failure)
				}
			}
		})
	}
	workers.Wait()
}

// TestSimulationIsDeterministic: the same commands give the same events, to the byte.
func TestSimulationIsDeterministic(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		var once, twice bytes.Buffer
		for _, events := range []*bytes.Buffer{&once, &twice} {
			if failure := simulate(seed, nil, events); failure != "" {
				t.Fatalf("seed %d: %s", seed, failure)
			}
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("seed %d gives other events the second time", seed)
		}
	}
}

// simulation is one seed's world: the engine, its database, and the model that judges it.
type simulation struct {
	*rand.Rand
	e    *Engine
	rows *rowStore
	m    *model
	now  time.Time
	// agents … contacts are in the order of their making, for picking.
	agents   []*mAgent
	queues   []QueueID
	streams  []WorkstreamID
	contacts []ContactID

	ready       bool // the world is set up
	done, taken int
	last        []told
	tell        func(string)
	events      *bytes.Buffer
	numbers     map[string]int
}

// issued is a command on its way, told what came of it.
type issued struct {
	Command
	own AgentID
}

type told struct {
	issued
	at     time.Time
	err    error
	events []Event
}

// describe tells at most so many of its events.
func (x told) describe(most int) string {
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	s := fmt.Sprintf("%s %s %T%s", x.at.Format("15:04:05.000000"), x.own, x.Command, text(x.Command))
	if x.err != nil {
		s += " -> " + x.err.Error()
	}
	for _, ev := range x.events[:min(most, len(x.events))] {
		s += fmt.Sprintf("\n\t%s %s %s %s", ev.Type, ev.WorkItemID, ev.AgentID, text(ev.Body))
		if ev.Decision != nil {
			s += " " + text(ev.Decision)
		}
	}
	if n := len(x.events) - most; n > 0 {
		s += fmt.Sprintf("\n\tand %d more", n)
	}
	return s
}

var uuid = regexp.MustCompile(`_[0-9a-f]{8}-[0-9a-f-]{27}`)

// short puts small numbers for the ids, in the order in which they are met: the same ones for the same seed.
func (s *simulation) short(text string) string {
	return uuid.ReplaceAllStringFunc(text, func(id string) string {
		if s.numbers[id] == 0 {
			s.numbers[id] = len(s.numbers) + 1
		}
		return fmt.Sprint(s.numbers[id])
	})
}

// simulate runs one seed and gives what broke, "" when nothing did.
func simulate(seed uint64, tell func(string), events *bytes.Buffer) (failure string) {
	start := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	org := NewOrganization(start)
	s := &simulation{
		Rand: rand.New(rand.NewPCG(seed, 1)), e: New(Snapshot{Organization: org}, start), rows: newRowStore(org), now: start,
		tell: tell, events: events, numbers: map[string]int{},
	}
	s.m = &model{
		now: start, startedAt: start, orgVersion: 1, reconnect: 10 * time.Second, queues: map[QueueID]*mQueue{},
		streams: map[WorkstreamID]*mStream{}, agents: map[AgentID]*mAgent{}, contacts: map[ContactID]*mRow{},
		items: map[WorkItemID]*mItem{}, offers: map[OfferID]*mOffer{},
	}
	defer func() {
		broken := recover()
		if broken == nil {
			return
		}
		var b strings.Builder
		for _, x := range s.last {
			fmt.Fprintln(&b, x.describe(20))
		}
		fmt.Fprintf(&b, "after %d commands: %v", s.done, broken)
		if _, expected := broken.(violation); !expected {
			fmt.Fprintf(&b, "\n%s", debug.Stack())
		}
		failure = s.short(b.String())
	}()
	s.setUp(seed%25 == 7)
	for s.ready, s.done = true, 0; s.done < commandsPerSeed; {
		s.pass()
		s.batch(s.some())
		if s.IntN(60) == 0 || s.unfinished() && s.IntN(2) == 0 {
			s.restart()
		}
	}
	return ""
}

// setUp makes the world; with a backlog it has more waiting items than one command may look at, and with a flood there is one
// agent who gets nearly all of them on coming.
func (s *simulation) setUp(backlog bool) {
	var c []issued
	flood := backlog && s.IntN(2) == 0
	for range 1 + s.IntN(4) {
		c = append(c, issued{CreateQueue{Name: "Queue", Priority: s.IntN(3), AssignmentMethod: HighestCapacity}, ""})
	}
	for range 1 + s.IntN(8) {
		c = append(c, issued{CreateAgent{Name: "Agent", CapacityUnits: s.IntN(5)}, ""})
	}
	for range 1 + s.IntN(6) {
		c = append(c, issued{CreateContact{FullName: "Contact"}, ""})
	}
	s.batch(c)
	c = nil
	for range 1 + s.IntN(4) {
		stream := s.stream()
		if flood {
			stream.AcceptMode, stream.AllowedPresences = AcceptAuto, []BasePresence{Available}
		}
		c = append(c, issued{stream, ""})
	}
	for _, q := range s.queues {
		members := s.someAgents(8)
		if flood && !slices.Contains(members, s.agents[0].id) {
			members[0] = s.agents[0].id
		}
		c = append(c, issued{AddQueueMembers{q, members}, ""})
	}
	for _, id := range s.contacts {
		row := s.someAgents(3)
		if flood {
			row = []AgentID{s.agents[0].id}
		}
		c = append(c, issued{SetPreferredAgents{ContactID: id, Agents: row}, ""})
	}
	on := s.IntN(8) > 0
	c = append(c, issued{UpdateRoutingPolicy{Enabled: Patch[bool]{true, &on}}, ""})
	s.batch(c)
	for n := 0; backlog && n < 400; n += 10 {
		c = nil
		for range 10 {
			c = append(c, s.create())
		}
		s.batch(c)
	}
}

func (s *simulation) stream() CreateWorkstream {
	allowed := slices.DeleteFunc(slices.Clone(BasePresences[:]), func(p BasePresence) bool { return p != Available && s.IntN(3) > 0 })
	if len(allowed) > 1 && s.IntN(4) == 0 {
		allowed = allowed[1:]
	}
	return CreateWorkstream{
		Name: "Stream", DistributionMode: Push, Channel: Channels[s.IntN(4)], QueueID: pick(s, s.queues), AllowedPresences: allowed,
		CapacityUnits: 1 + s.IntN(3), Priority: s.IntN(3), AcceptMode: pick(s, []AcceptMode{AcceptManual, AcceptManual, AcceptAuto}),
		OfferSeconds: 5 + s.IntN(10), DeclineLimit: 1 + s.IntN(3), RoutingPolicy: RoutingPolicy{RetryPreferred: s.maybeBool()},
	}
}

func pick[T any](s *simulation, from []T) T { return from[s.IntN(len(from))] }

func (s *simulation) maybeBool() *bool {
	if s.IntN(2) == 0 {
		return nil
	}
	b := s.IntN(3) > 0
	return &b
}

// someAgents gives up to n different agents, at least one.
func (s *simulation) someAgents(n int) []AgentID {
	var ids []AgentID
	for _, i := range s.Perm(len(s.agents))[:1+s.IntN(min(n, len(s.agents)))] {
		ids = append(ids, s.agents[i].id)
	}
	return ids
}

// pass lets time go by: often none, sometimes to the very instant of a deadline or just before; usually with a Tick at each
// deadline on the way, as the writer does, sometimes late.
func (s *simulation) pass() {
	to, late := s.now, s.IntN(6) == 0
	due, some := s.e.NextDeadline()
	switch n := s.IntN(100); {
	case n < 55:
	case n < 80:
		to = to.Add(time.Duration(s.IntN(4_000_000)) * time.Microsecond)
	case n < 92 && some && due.After(s.now):
		to = due.Add(-time.Duration(s.IntN(2)) * time.Microsecond)
		late = late || n < 86 // the command comes before the Tick of the same instant
	case n < 96:
		to = to.Add(time.Duration(s.IntN(25)) * time.Second)
	case n < 98:
		to = to.Add(pick(s, []time.Duration{149999999, 150000000, 150000001}) * time.Microsecond)
	}
	for n := 0; !late; n++ {
		due, some := s.e.NextDeadline()
		if !some || due.After(to) {
			break
		}
		must(n < 1000, "Tick after Tick at %s", s.now)
		if due.After(s.now) {
			s.now = due
		}
		s.batch([]issued{{Tick{}, ""}})
	}
	s.now = to
}

// batch is what the writer does with what waits in its inbox; sometimes the commit fails for good and everything is undone.
func (s *simulation) batch(commands []issued) {
	if s.IntN(14) == 0 || (!s.ready || s.unfinished()) && s.IntN(3) == 0 {
		before := dump(s.e)
		s.admit(commands)
		for _, c := range commands {
			meta := s.meta(c)
			_, _ = s.e.Apply(c.Command, meta) // refused or not: all of it is undone, but for the time
			s.m.pass(meta.Now)
		}
		s.e.Undo(s.e.Take())
		s.e.Forget()
		must(s.e.Pending() == 0, "an undone batch leaves changes")
		sameText("undone, the state is not what it was", before, dump(s.e))
		if s.ready && s.IntN(2) == 0 {
			return
		}
	}
	s.admit(commands)
	s.taken = 0
	fifty := s.done / 50
	for _, c := range commands {
		s.apply(c)
		s.done++
	}
	s.commit()
	if s.done/50 > fifty {
		sameText("rebuilt from its rows, the state differs", dumpStored(s.e), dumpStored(New(s.rows.snapshot(), s.now)))
	}
}

// unfinished tells whether routing has more to do than one command may, and leaves the rest to the next Tick.
func (s *simulation) unfinished() bool { return s.e.dirtyItems.len() > 0 || len(s.e.dirtyAgents) > 0 }

func (s *simulation) commit() {
	changes := s.e.Take()
	must(len(changes.Events) == s.taken, "%d events are taken, %d happened", len(changes.Events), s.taken)
	s.rows.apply(changes)
	if s.events != nil {
		if err := json.NewEncoder(s.events).Encode(changes.Events); err != nil {
			panic(err)
		}
	}
	s.e.Forget()
}

func (s *simulation) admit(commands []issued) {
	list := make([]Command, len(commands))
	for i, c := range commands {
		list[i] = c.Command
	}
	s.e.Admit(s.rows.facts(s.e.Missing(list)))
}

func (s *simulation) meta(c issued) Meta {
	actor := Actor{ID: "service:test"}
	if c.own != "" {
		actor = Actor{ID: "agent:" + string(c.own), AgentID: c.own}
	}
	at := s.now
	if s.IntN(50) == 0 {
		at = at.Add(-time.Second) // a clock that went back
	}
	return Meta{Actor: actor, Now: at, Entropy: s.Uint64()}
}

// apply gives one command to the engine and judges what comes of it.
func (s *simulation) apply(c issued) {
	m, e, meta := s.m, s.e, s.meta(c)
	m.command, m.own = c.Command, c.own
	m.pass(meta.Now)
	code, reason := m.refusal(c.Command)
	before, seen, pending := "", len(e.pending.Events), e.Pending()
	if code != "" && s.IntN(8) == 0 {
		before = dump(e)
	}
	r, err := e.Apply(c.Command, meta)
	x := told{issued: c, at: s.now, err: err, events: e.pending.Events[seen:]}
	if s.last = append(s.last, x); len(s.last) > 20 {
		s.last = s.last[1:]
	}
	if s.tell != nil {
		s.tell(s.short(x.describe(len(x.events))))
	}
	if code != "" {
		refused, ok := err.(*Error)
		must(ok && refused.Code == code && refused.Reason == reason, "want %s %s", code, reason)
		must(e.Pending() == pending && len(x.events) == 0, "a refused command changed something")
		if before != "" {
			sameText("a refused command left a trace", before, dump(e))
		}
		return
	}
	must(err == nil, "want no refusal")
	s.taken += len(x.events)
	s.configure(c.Command, r)
	for _, ev := range x.events {
		m.see(e, ev, meta.Actor)
	}
	m.outcome(c.Command, r)
	m.settle(e)
}

// restart throws the engine away and goes on with one made from the stored rows (PR-8).
func (s *simulation) restart() {
	was := dumpStored(s.e)
	s.e = New(s.rows.snapshot(), s.now)
	sameText("restarted, the state differs", was, dumpStored(s.e))
	s.m.startedAt = s.now
	s.m.pass(s.now)
	for _, a := range s.agents {
		a.orphans = len(a.sessions) > 0
	}
	if s.tell != nil {
		s.tell("restart")
	}
}

func sameText(what, want, got string) {
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		must(a[i] == b[i], "%s in line %d:\nwas: %s\nis:  %s", what, i+1, a[i], b[i])
	}
	fail("%s: %d lines, then %d", what, len(a), len(b))
}

// some gives one to five commands, made from the state before all of them, as callers do.
func (s *simulation) some() []issued {
	commands := make([]issued, 1+max(0, s.IntN(10)-5))
	for i := range commands {
		commands[i] = s.any()
	}
	return commands
}

func (s *simulation) create() issued {
	c := CreateWorkItem{WorkstreamID: pick(s, s.streams)}
	if s.IntN(5) > 0 {
		c.ContactID = pick(s, s.contacts)
	}
	if s.IntN(4) == 0 {
		p := s.IntN(3)
		c.Priority = &p
	}
	switch s.IntN(60) {
	case 0:
		c.ContactID = "ct_nobody"
	case 1:
		c.WorkstreamID = "ws_none"
	}
	return issued{c, ""}
}

// any makes a random command: mostly one that makes sense, some that are to be refused.
func (s *simulation) any() issued {
	switch n := s.IntN(100); {
	case n < 20:
		return s.create()
	case n < 42:
		return s.answer(n < 34)
	case n < 58:
		return s.close(n < 54)
	case n < 66:
		status := pick(s, []PresenceStatusID{StatusAvailable, StatusAvailable, StatusAvailable, StatusBusy, StatusAway, StatusOffline,
			StatusDoNotDisturb})
		if s.IntN(20) == 0 {
			status = pick(s, []PresenceStatusID{StatusInactive, "ps_unknown"})
		}
		return s.byAgent(func(id AgentID) Command { return SetPresence{id, status} })
	case n < 76:
		return s.byAgent(func(id AgentID) Command { return OpenSession{s.sessionID(), id} })
	case n < 81:
		a := pick(s, s.agents)
		if len(a.sessions) == 0 {
			return issued{CloseSession{"se_unknown"}, ""}
		}
		return issued{CloseSession{pick(s, a.sessions)}, ""}
	case n < 83:
		return s.byAgent(func(id AgentID) Command { return SignOut{id} })
	case n < 90:
		return issued{s.matrix(), ""}
	case n < 94:
		return issued{s.setting(), ""}
	case n < 96:
		return issued{AddQueueMembers{pick(s, s.queues), s.someAgents(3)}, ""}
	case n < 97:
		return issued{RemoveQueueMembers{pick(s, s.queues), s.someAgents(2)}, ""}
	case n < 98:
		return issued{s.more(), ""}
	}
	return issued{Tick{}, ""}
}

// answer accepts or rejects: mostly an open offer by its agent, sometimes an old one, sometimes somebody else's.
func (s *simulation) answer(accept bool) issued {
	c := issued{AcceptOffer{"of_none"}, ""}
	if len(s.m.made) > 0 {
		o := pick(s, s.m.made[max(0, len(s.m.made)-12):])
		for n := 0; n < 6 && o.state != OfferOpen; n++ {
			o = pick(s, s.m.made[max(0, len(s.m.made)-12):])
		}
		c.Command = AcceptOffer{o.id}
		switch n := s.IntN(10); {
		case n < 6:
			c.own = o.agent.id
		case n < 7:
			c.own = pick(s, s.agents).id
		}
	}
	if !accept {
		c.Command = RejectOffer(c.Command.(AcceptOffer))
	}
	return c
}

// close completes or cancels: mostly an item that is open, and assigned when it is to be completed.
func (s *simulation) close(complete bool) issued {
	id, own := WorkItemID("wi_none"), AgentID("")
	if len(s.m.made) > 0 && s.IntN(20) == 0 {
		id = pick(s, s.m.made).item.id
	} else if len(s.m.open) > 0 {
		w := pick(s, s.m.open)
		for n := 0; n < 8 && complete && w.status != Assigned; n++ {
			w = pick(s, s.m.open)
		}
		if id = w.id; w.holder != nil && s.IntN(2) == 0 {
			own = w.holder.id
		} else if s.IntN(10) == 0 {
			own = pick(s, s.agents).id
		}
	}
	if complete {
		return issued{CompleteWorkItem{id}, own}
	}
	return issued{CancelWorkItem{id}, own}
}

// byAgent is a command about one agent: by themselves, by somebody else, or by the system.
func (s *simulation) byAgent(make func(AgentID) Command) issued {
	id := pick(s, s.agents).id
	switch s.IntN(20) {
	case 0:
		return issued{make(id), pick(s, s.agents).id}
	case 1:
		return issued{make(""), ""}
	case 2, 3, 4, 5:
		return issued{make(""), id}
	}
	return issued{make(id), ""}
}

// sessionID is none, one that the caller made, or, rarely, one that can't be.
func (s *simulation) sessionID() SessionID {
	a := pick(s, s.agents)
	switch n := s.IntN(40); {
	case n == 0:
		return "se_1"
	case n < 3 && len(a.sessions) > 0:
		return pick(s, a.sessions)
	case n < 12:
		return SessionID(fmt.Sprintf("se_%08x-0000-7000-8000-%012x", s.Uint32(), s.Uint32()))
	}
	return ""
}

func (s *simulation) matrix() Command {
	contact := pick(s, s.contacts)
	row := s.m.contacts[contact]
	agent := pick(s, s.agents).id
	if len(row.agents) > 0 && s.IntN(8) > 0 {
		agent = pick(s, row.agents)
	}
	var expected *int
	if s.IntN(6) == 0 {
		v := row.version + s.IntN(2)
		expected = &v
	}
	switch s.IntN(7) {
	case 0, 1:
		return MovePreferredAgent{contact, agent, s.IntN(2) == 0, expected}
	case 2, 3:
		return RemovePreferredAgent{contact, agent, expected}
	case 4:
		return SetPreferredAgents{contact, pick(s, [][]AgentID{nil, {agent, agent}, {"ag_none"}, {agent, agent, agent, agent}}), nil}
	}
	return SetPreferredAgents{contact, s.someAgents(3), expected}
}

// more makes a new object, within the smallness of the world, or one that is there already.
func (s *simulation) more() Command {
	switch n := s.IntN(6); {
	case n == 0 && len(s.agents) < 9:
		return CreateAgent{Name: "Agent", CapacityUnits: s.IntN(5)}
	case n == 1 && len(s.queues) < 5:
		return CreateQueue{Name: "Queue", Priority: s.IntN(3), AssignmentMethod: HighestCapacity}
	case n == 2 && len(s.streams) < 5:
		return s.stream()
	case n == 3 && len(s.contacts) < 7:
		return CreateContact{FullName: "Contact"}
	}
	return CreateContact{ID: pick(s, s.contacts), FullName: "Again"}
}

func (s *simulation) setting() Command {
	if s.IntN(6) == 0 {
		seconds := pick(s, []int{0, 1, 10, 120, 121})
		return UpdateOrganization{ReconnectSeconds: &seconds}
	}
	var c UpdateRoutingPolicy
	if s.IntN(2) == 0 {
		c.WorkstreamID = pick(s, s.streams)
	}
	if s.IntN(3) == 0 {
		c.Enabled = Patch[bool]{true, s.maybeBool()}
		if c.WorkstreamID == "" && s.IntN(2) == 0 {
			on := true
			c.Enabled.Value = &on
		}
	}
	if s.IntN(2) == 0 {
		to := pick(s, []WhenUnavailable{NextBestAgent, LeaveUnassigned, LeaveUnassigned, ""})
		c.WhenUnavailable = Patch[WhenUnavailable]{true, &to}
		if to == "" && s.IntN(3) > 0 {
			c.WhenUnavailable.Value = nil
		}
	}
	if s.IntN(2) == 0 {
		c.RetryPreferred = Patch[bool]{true, s.maybeBool()}
	}
	return c
}

// configure takes into the model what a command sets that was not refused; r only tells the ids that were made.
func (s *simulation) configure(c Command, r Result) {
	m := s.m
	switch c := c.(type) {
	case CreateQueue:
		s.queues = append(s.queues, r.Refs.Queue)
		m.queues[r.Refs.Queue] = &mQueue{id: r.Refs.Queue, priority: c.Priority, members: map[*mAgent]bool{}}
	case CreateAgent:
		a := &mAgent{id: r.Refs.Agent, capacity: c.CapacityUnits, status: StatusOffline}
		s.agents, m.agents[a.id] = append(s.agents, a), a
	case CreateContact:
		s.contacts = append(s.contacts, r.Refs.Contact)
		m.contacts[r.Refs.Contact] = &mRow{id: r.Refs.Contact}
	case CreateWorkstream:
		s.streams = append(s.streams, r.Refs.Workstream)
		m.streams[r.Refs.Workstream] = &mStream{queue: m.queues[c.QueueID], Workstream: Workstream{
			ID: r.Refs.Workstream, QueueID: c.QueueID, Channel: c.Channel, AllowedPresences: c.AllowedPresences, Priority: c.Priority,
			CapacityUnits: c.CapacityUnits, AcceptMode: c.AcceptMode, OfferSeconds: c.OfferSeconds, DeclineLimit: c.DeclineLimit,
			RoutingPolicy: c.RoutingPolicy,
		}}
	case AddQueueMembers:
		for _, id := range c.Agents {
			m.queues[c.QueueID].members[m.agents[id]] = true
		}
	case RemoveQueueMembers:
		for _, id := range c.Agents {
			delete(m.queues[c.QueueID].members, m.agents[id])
		}
	case CreateWorkItem:
		w := &mItem{
			id: r.Refs.WorkItem, stream: m.streams[c.WorkstreamID], contact: m.contacts[c.ContactID], createdAt: m.now, status: Queued,
			declines: map[*mAgent]mDecline{},
		}
		if w.priority = w.stream.Priority; c.Priority != nil {
			w.priority = *c.Priority
		}
		m.items[w.id], m.open = w, append(m.open, w)
	case UpdateOrganization:
		m.reconnect = time.Duration(*c.ReconnectSeconds) * time.Second
	case UpdateRoutingPolicy:
		p := &m.organization
		if c.WorkstreamID != "" {
			p = &m.streams[c.WorkstreamID].RoutingPolicy
		}
		c.Enabled.into(&p.Enabled)
		c.WhenUnavailable.into(&p.WhenUnavailable)
		c.RetryPreferred.into(&p.RetryPreferred)
	default:
		s.configureRow(c)
	}
}

// configureRow is MX-2: replace, move, remove one; without agents there is no row, and its version starts again.
func (s *simulation) configureRow(c Command) {
	change := func(id ContactID, agents []AgentID) {
		row := s.m.contacts[id]
		if row.agents, row.version = agents, row.version+1; len(agents) == 0 {
			row.version = 0
		}
	}
	switch c := c.(type) {
	case SetPreferredAgents:
		change(c.ContactID, c.Agents)
	case MovePreferredAgent:
		agents := slices.Clone(s.m.contacts[c.ContactID].agents)
		at := slices.Index(agents, c.AgentID)
		to := at - 1
		if c.Down {
			to = at + 1
		}
		agents[at], agents[to] = agents[to], agents[at]
		change(c.ContactID, agents)
	case RemovePreferredAgent:
		agents := slices.Clone(s.m.contacts[c.ContactID].agents)
		change(c.ContactID, slices.DeleteFunc(agents, func(id AgentID) bool { return id == c.AgentID }))
	}
}

// refusal is how a command has to be refused, "" when it has not.
func (m *model) refusal(c Command) (ErrorCode, Reason) {
	switch c := c.(type) {
	case CreateContact:
		if m.contacts[c.ID] != nil {
			return CodeConflict, ReasonAlreadyExists
		}
	case CreateWorkItem:
		if m.streams[c.WorkstreamID] == nil || c.ContactID != "" && m.contacts[c.ContactID] == nil {
			return CodeBadUserInput, ""
		}
	case AcceptOffer:
		return m.refusedAnswer(m.offers[c.OfferID], OfferAccepted)
	case RejectOffer:
		return m.refusedAnswer(m.offers[c.OfferID], OfferRejected)
	case CancelWorkItem:
		return m.refusedClosing(m.items[c.WorkItemID], false)
	case CompleteWorkItem:
		return m.refusedClosing(m.items[c.WorkItemID], true)
	case SetPresence:
		if code := m.refusedAgent(c.AgentID); code != "" {
			return code, ""
		}
		if s := StatusByID(c.StatusID); s == nil || s.ID == StatusInactive { // PR-1
			return CodeBadUserInput, ""
		}
		if !m.acting(c.AgentID).signedIn {
			return CodeConflict, ReasonNotSignedIn
		}
	case OpenSession:
		return m.refusedSession(c)
	case SignOut:
		return m.refusedAgent(c.AgentID), ""
	case SetPreferredAgents: // MX-1
		for i, id := range c.Agents {
			if m.agents[id] == nil || slices.Contains(c.Agents[:i], id) {
				return CodeBadUserInput, ""
			}
		}
		if len(c.Agents) < 1 || len(c.Agents) > 3 {
			return CodeBadUserInput, ""
		}
		return refusedVersion(c.ExpectedVersion, m.contacts[c.ContactID].version)
	case MovePreferredAgent:
		at, row := slices.Index(m.contacts[c.ContactID].agents, c.AgentID), m.contacts[c.ContactID]
		if code, reason := refusedVersion(c.ExpectedVersion, row.version); at < 0 || code != "" {
			return refusedEntry(at, code, reason)
		}
		if c.Down && at == len(row.agents)-1 || !c.Down && at == 0 {
			return CodeConflict, ReasonCannotMove
		}
	case RemovePreferredAgent:
		at := slices.Index(m.contacts[c.ContactID].agents, c.AgentID)
		code, reason := refusedVersion(c.ExpectedVersion, m.contacts[c.ContactID].version)
		return refusedEntry(at, code, reason)
	case UpdateRoutingPolicy:
		if v := c.WhenUnavailable.Value; v != nil && *v == "" {
			return CodeBadUserInput, ""
		}
	case UpdateOrganization: // PR-7
		if *c.ReconnectSeconds > 120 {
			return CodeBadUserInput, ""
		}
	}
	return "", ""
}

// refusedSession: the caller may make the id, but not one that is there.
func (m *model) refusedSession(c OpenSession) (ErrorCode, Reason) {
	if code := m.refusedAgent(c.AgentID); code != "" {
		return code, ""
	}
	for _, a := range m.agents {
		if slices.Contains(a.sessions, c.ID) {
			return CodeConflict, ReasonAlreadyExists
		}
	}
	if c.ID != "" && len(c.ID) != IDLength {
		return CodeBadUserInput, ""
	}
	if a := m.acting(c.AgentID); !a.orphans && len(a.sessions) >= MaxSessionsPerAgent {
		return CodeLimit, ""
	}
	return "", ""
}
