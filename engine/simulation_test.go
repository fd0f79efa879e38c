package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
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
// after each command. What must be true is told by the model of model_test.go, which knows nothing of the engine's code. RAPPORT_SEEDS=n runs seeds 1 to n, RAPPORT_SEED=n runs one and tells what happens in it.

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
	seeds := 1000
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
	statuses []PresenceStatusID
	profiles []CapacityProfileID
	// gone makes again, under the same ids, what was deleted.
	gone []Command
	// may is what each principal of this batch may do; "" is the service.
	may map[AgentID][]Permission

	// follower is told of every batch what subscribers are; named are the agents whom a row named at some time in this batch.
	follower *follower
	named    map[AgentID]bool
	// preview is what was told by the command before about the item that this one creates, asked is how it was asked for.
	preview *Decision
	asked   CreateWorkItem

	ready       bool // the world is set up
	burst       bool // what comes is a whole life in one batch
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
	start := starts[seed%uint64(len(starts))]
	org := NewOrganization(start)
	s := &simulation{
		Rand: rand.New(rand.NewPCG(seed, 1)), e: New(Snapshot{Organization: org}, start), rows: newRowStore(org), now: start,
		tell: tell, events: events, numbers: map[string]int{}, follower: newFollower(),
	}
	s.m = &model{
		now: start, startedAt: start, reconnect: 10 * time.Second, queues: map[QueueID]*mQueue{},
		streams: map[WorkstreamID]*mStream{}, agents: map[AgentID]*mAgent{}, contacts: map[ContactID]*mRow{},
		items: map[WorkItemID]*mItem{}, offers: map[OfferID]*mOffer{}, roles: map[string]*mRole{}, keys: map[APIKeyID]*mKey{},
		statuses: map[PresenceStatusID]*mStatus{}, profiles: map[CapacityProfileID]CapacityProfile{}, settings: mSettings{limit: 10, zone: "UTC"},
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
		c = append(c, issued{CreateQueue{Name: "Queue", Priority: s.IntN(3), AssignmentMethod: s.method()}, ""})
	}
	first := s.newAgent()
	first.DefaultStatusID = "" // with which nobody is refused: there has to be one
	c = append(c, issued{first, ""})
	for range s.IntN(8) {
		c = append(c, issued{s.newAgent(), ""})
	}
	for range 1 + s.IntN(6) {
		c = append(c, issued{CreateContact{FullName: "Contact"}, ""})
	}
	for range 1 + s.IntN(3) {
		c = append(c, issued{s.newProfile(), ""}, issued{s.newStatus(), ""})
	}
	s.batch(c)
	c = nil
	if limit := 1 + s.IntN(5); backlog {
		c = append(c, issued{UpdateOrganization{OpenWorkLimit: &thousand}, ""})
	} else if s.IntN(3) > 0 {
		c = append(c, issued{UpdateOrganization{OpenWorkLimit: &limit, MissedSetsInactive: s.maybeBool(), RejectedSetsDoNotDisturb: s.maybeBool()}, ""})
	}
	for range 2 + s.IntN(8) {
		c = append(c, issued{SetAgentCapacityProfile{s.agent(), s.profile(), nil}, ""})
	}
	for range 1 + s.IntN(4) {
		stream := s.stream()
		if flood {
			stream.AcceptMode, stream.AllowedPresences, stream.DistributionMode = AcceptAuto, []BasePresence{Available, Busy, DoNotDisturb}, Push
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
		Name: "Stream", DistributionMode: pick(s, []DistributionMode{Push, Push, Push, Push, Pick}), Channel: Channels[s.IntN(4)], QueueID: pick(s, s.queues), AllowedPresences: allowed,
		Cost: s.cost(), WrapUp: s.wrapUp(), WaitingHoldsCapacity: s.IntN(2) == 0, MissedSetsInactive: s.maybeBool(), RejectedSetsDoNotDisturb: s.maybeBool(),
		Priority: s.IntN(3), AcceptMode: pick(s, []AcceptMode{AcceptManual, AcceptManual, AcceptAuto}),
		OfferSeconds: 5 + s.IntN(10), DeclineLimit: 1 + s.IntN(3), RoutingPolicy: RoutingPolicy{RetryPreferred: s.maybeBool()},
	}
}

func (s *simulation) method() AssignmentMethod {
	return pick(s, []AssignmentMethod{HighestCapacity, RoundRobin, LeastActive})
}

// pick gives one of them, nothing when there is none any more.
func pick[T any](s *simulation, from []T) (one T) {
	if len(from) == 0 {
		return one
	}
	return from[s.IntN(len(from))]
}

// agent gives the id of an agent, sometimes of one who is no more.
func (s *simulation) agent() AgentID {
	if len(s.agents) == 0 || s.IntN(60) == 0 {
		if again, ok := pick(s, s.gone).(CreateAgent); ok {
			return again.ID
		}
		return "ag_none"
	}
	return pick(s, s.agents).id
}

func (s *simulation) maybeBool() *bool {
	if s.IntN(2) == 0 {
		return nil
	}
	b := s.IntN(3) > 0
	return &b
}

// someAgents gives up to n different agents, at least one.
func (s *simulation) someAgents(n int) []AgentID {
	if len(s.agents) == 0 {
		return []AgentID{"ag_none"}
	}
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
	case n < 99: // days go by
		to = to.Add(time.Duration(s.IntN(30)) * time.Hour)
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
	s.may = map[AgentID][]Permission{}
	if s.IntN(14) == 0 || s.burst && s.IntN(2) == 0 || (!s.ready || s.unfinished()) && s.IntN(3) == 0 {
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
	s.taken, s.named = 0, map[AgentID]bool{}
	for _, row := range s.m.contacts {
		s.nameAll(row.agents)
	}
	fifty := s.done / 50
	for _, c := range commands {
		s.apply(c)
		s.done++
	}
	s.commit()
	if s.done/50 > fifty {
		sameText("rebuilt from its rows, the state differs", dumpStored(s.e), dumpStored(New(s.rows.snapshot(), s.now)))
		s.follower.checkAll(s.rows)
	}
}

// unfinished tells whether routing has more to do than one command may, and leaves the rest to the next Tick.
func (s *simulation) unfinished() bool {
	return s.e.dirtyItems.len() > 0 || len(s.e.dirtyAgents) > 0 || len(s.e.stale) > 0
}

func (s *simulation) commit() {
	changes := s.e.Take()
	must(len(changes.Events) == s.taken, "%d events are taken, %d happened", len(changes.Events), s.taken)
	s.rows.apply(changes)
	s.follower.take(changes, s.rows)
	s.follower.takeFigures(changes, s.m)
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
	if _, known := s.may[c.own]; !known {
		s.may[c.own] = s.roll(c.own)
	}
	actor := Actor{ID: "service:test", AgentID: c.own, Permissions: PermissionsOf(s.may[c.own]...)}
	if c.own != "" {
		actor.ID = "agent:" + string(c.own)
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
	m.pass(meta.Now)
	m.principal(c.Command, c.own, s.may[c.own])
	foreign := m.foreign(c.Command)
	code, reason := m.refusal(c.Command)
	before, seen, pending := "", len(e.pending.Events), e.Pending()
	_, previews := c.Command.(PreviewRouting)
	if (code != "" || previews) && s.IntN(8) == 0 {
		before = dump(e)
	}
	previewed := s.preview
	s.preview = nil
	if c.Command != Command(s.asked) || previewed != nil && !previewed.DecidedAt.Equal(m.now) || s.unfinished() {
		previewed = nil // another item, at another time, or others come first
	}
	config := e.org.ConfigVersion
	var warn []WarningCode
	if assign, ok := c.Command.(AssignWorkItem); ok && code == "" {
		warn = m.warnedOfAgent(assign)
	}
	r, err := e.Apply(c.Command, meta)
	x := told{issued: c, at: s.now, err: err, events: e.pending.Events[seen:]}
	if s.last = append(s.last, x); len(s.last) > 20 {
		s.last = s.last[1:]
	}
	if s.tell != nil {
		s.tell(s.short(x.describe(len(x.events))))
	}
	must(!foreign || err != nil, "%q, who may %v, touches what is not theirs (RL-1)", c.own, m.may)
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
	must(counted(c.Command, e.org.ConfigVersion-config), "%T counts configVersion up by %d (DX-1)", c.Command, e.org.ConfigVersion-config)
	if c, ok := c.Command.(PreviewRouting); ok {
		must(e.Pending() == pending && len(x.events) == 0, "a preview changed something (DX-3)")
		if before != "" {
			sameText("a preview left a trace (DX-3)", before, dump(e))
		}
		m.previewed(e, c, r.Preview)
		if c.WorkItemID == "" {
			s.preview, s.asked = r.Preview, CreateWorkItem{WorkstreamID: c.WorkstreamID, ContactID: c.ContactID}
		}
		return
	}
	s.configure(c.Command, r)
	for _, ev := range x.events {
		m.see(e, ev, meta.Actor)
	}
	m.outcome(c.Command, r)
	switch c := c.Command.(type) {
	case CreateWorkItem:
		came(previewed, r.Refs.WorkItem, x.events)
	case SetPreferredAgents:
		s.nameAll(c.Agents)
	case AssignWorkItem:
		must(slices.Equal(codesOf(r.Warnings), warn), "%+v warns of %+v, want %v (WS-6)", c, r.Warnings, warn)
	case DeleteAgent: // rows that changed in the same batch may be warned of as they were before
		warns := slices.Contains(codesOf(r.Warnings), WarnAgentStillPreferred)
		must(warns || !m.named(c.AgentID), "no warning of rows that name %s (MX-3)", c.AgentID)
		must(!warns || s.named[c.AgentID], "a warning of rows that name %s, but none does (MX-3)", c.AgentID)
	}
	m.settle(e)
}

func (s *simulation) nameAll(agents []AgentID) {
	for _, id := range agents {
		s.named[id] = true
	}
}

// came compares what a preview said of an item that was not there yet with what came of it when it was created right after (DX-3).
func came(preview *Decision, item WorkItemID, events []Event) {
	if preview == nil {
		return
	}
	at := slices.IndexFunc(events, func(ev Event) bool { return ev.Type == EventDecision && ev.WorkItemID == item })
	must(at >= 0, "%s was created without a decision", item)
	d := *events[at].Decision
	d.Attempt, d.OfferID, d.WorkItemID = preview.Attempt, nil, preview.WorkItemID
	must(reflect.DeepEqual(&d, preview), "the preview said\n%+v, then came\n%+v (DX-3)", preview, &d)
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
