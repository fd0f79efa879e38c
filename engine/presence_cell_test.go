package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// cell is one walk of the table: an engine with one agent, and beside it what the specification says (presence_oracle_test.go). After each command
// both are compared: status, base, source and cause, what was recorded of the change (PR-9), and what became of open offers (OF-3).
type cell struct {
	e       *Engine
	o       *truth
	now     time.Time
	entropy uint64
	agent   AgentID
	// sessions are the agent's live ones; asked all items of the streams that push, which the agent may be offered.
	sessions []SessionID
	asked    map[WorkItemID]string
	// declined are those of them that the agent has rejected or missed (OF-4).
	declined map[WorkItemID]bool
	// unit is "u" where the agent has units, "p" where only profiles: the streams that push have both kinds of cost.
	unit string
	// changes are those from before restarts.
	changes []*Changes
	// since is when the status or its base became another one (PR-9).
	since time.Time
	// steps are what was done; fault is the first difference, "" for none.
	steps []cellStep
	fault string
}

// cellStep is one command with the presence after it.
type cellStep struct {
	at      time.Time
	command Command
	got     truePresence
}

func (s cellStep) String() string {
	return fmt.Sprintf("%s %s%+v -> %s", s.at.Format("15:04:05.000000"), strings.TrimPrefix(fmt.Sprintf("%T", s.command), "engine."), s.command, s.got)
}

// String leaves out which status of one's own it is: faults of the same kind are to read the same.
func (p truePresence) String() string {
	if text, own := strings.CutPrefix(string(p.status), "ps_"); len(text) < 30 && own {
		return fmt.Sprintf("%s (%s, %s)", p.base, p.source, p.cause)
	}
	return fmt.Sprintf("own status on %s (%s, %s)", p.base, p.source, p.cause)
}

// presenceWorld is that of every cell, made once: one queue, streams by the names below, profiles and statuses.
type presenceWorld struct {
	changes  *Changes
	snapshot Snapshot
	// zone is the agent's: its midnight is 18:30 UTC.
	zone     *time.Location
	queue    QueueID
	streams  map[string]WorkstreamID
	profiles map[string]CapacityProfileID
	statuses map[string]PresenceStatusID
}

// allowedBy is which presences the streams that push allow; every open offer is of one of them, and each runs out at another time.
var allowedBy = map[string][]BasePresence{
	"first":  {Available, Busy},
	"second": {Available, Busy, DoNotDisturb},
	"third":  {Available, Busy, DoNotDisturb, Away, Offline, Inactive},
}

var countdown = map[string]int{"first": 67, "second": 131, "third": 199}

// costs are what an item of the streams without push takes: in units, or of a profile.
var costs = map[string]trueWork{
	"unit": {units: 1}, "two": {units: 2}, "half": {percent: 50}, "wrap": {units: 1}, "timed": {units: 1}, "aside": {units: 1, interruptible: true},
	"holding": {units: 1, heldMeanwhile: true}, "pair": {profiles: []CapacityProfileID{"day", "plain"}},
	"blocking": {profiles: []CapacityProfileID{"blocking"}}, "plain": {profiles: []CapacityProfileID{"plain"}},
	"other": {profiles: []CapacityProfileID{"other"}}, "day": {profiles: []CapacityProfileID{"day"}},
	"dayblocking": {profiles: []CapacityProfileID{"dayblocking"}},
}

// ownText is that of the status of one's own on each base; none suggests another.
var ownText = map[BasePresence]string{Available: "Ready", Busy: "Desk", DoNotDisturb: "Exam", Away: "Training", Offline: "Home"}

// theWorld is made when it is first asked for.
var theWorld = sync.OnceValue(makePresenceWorld)

func makePresenceWorld() *presenceWorld {
	org := NewOrganization(storyBegin)
	e := New(Snapshot{Organization: org}, storyBegin)
	entropy := uint64(0)
	do := func(c Command) Refs {
		entropy++
		r, err := e.Apply(c, Meta{Actor: System, Now: storyBegin, Entropy: entropy})
		if err != nil {
			panic(err)
		}
		return r.Refs
	}
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		panic(err)
	}
	w := &presenceWorld{zone: zone, streams: map[string]WorkstreamID{}, profiles: map[string]CapacityProfileID{}, statuses: map[string]PresenceStatusID{}}
	limit := MaxOpenWorkLimit
	do(UpdateOrganization{OpenWorkLimit: &limit})
	w.queue = do(CreateQueue{Name: "q", AssignmentMethod: HighestCapacity}).Queue
	for _, name := range []string{"blocking", "plain", "other", "day", "dayblocking"} {
		reset := ResetImmediate
		if strings.HasPrefix(name, "day") {
			reset = ResetEndOfDay
		}
		w.profiles[name] = do(CreateCapacityProfile{Name: name, Limit: 2, Blocking: strings.HasSuffix(name, "blocking"), Reset: reset}).CapacityProfile
	}
	for _, base := range []BasePresence{Available, Busy, DoNotDisturb, Away, Offline} {
		text := ownText[base]
		w.statuses[text] = do(CreatePresenceStatus{Text: text, Base: base, ForEveryone: true}).PresenceStatus
	}
	stream := CreateWorkstream{
		Channel: ChannelEmail, QueueID: w.queue, OfferSeconds: 60, DeclineLimit: 5, AcceptMode: AcceptManual, WrapUp: WrapUp{Mode: WrapUpNone},
	}
	for _, name := range slices.Sorted(maps.Keys(costs)) {
		s := stream
		s.Name, s.DistributionMode, s.AllowedPresences = name, Pick, []BasePresence{Available}
		s.Cost, s.WaitingHoldsCapacity = w.cost(costs[name]), costs[name].heldMeanwhile
		switch name {
		case "wrap":
			s.WrapUp = WrapUp{Mode: WrapUpUntilEnded}
		case "timed":
			s.WrapUp = WrapUp{Mode: WrapUpTimed, Seconds: 41}
		}
		w.streams[name] = do(s).Workstream
	}
	for _, name := range []string{"first", "second", "third"} {
		s := stream
		s.DistributionMode, s.AllowedPresences, s.OfferSeconds = Push, allowedBy[name], countdown[name]
		for kind, cost := range map[string]string{"u": "unit", "p": "plain"} { // order: of no consequence
			s.Name, s.Cost = name+kind, w.cost(costs[cost])
			w.streams[s.Name] = do(s).Workstream
			auto := s
			auto.Name, auto.AcceptMode, auto.AllowedPresences = "auto"+kind, AcceptAuto, allowedBy["third"]
			if name == "third" {
				w.streams[auto.Name] = do(auto).Workstream
			}
		}
	}
	w.changes = e.Take()
	rows := newRowStore(org)
	rows.apply(w.changes)
	w.snapshot = rows.snapshot()
	return w
}

func (w *presenceWorld) cost(c trueWork) CapacityCost {
	cost := CapacityCost{Units: c.units, Percent: c.percent, Type: NotInterruptible}
	if c.interruptible {
		cost.Type = Interruptible
	}
	for _, name := range c.profiles {
		cost.Profiles = append(cost.Profiles, w.profiles[string(name)])
	}
	return cost
}

// do gives a command, tells the oracle what happened, and compares.
func (c *cell) do(command Command, happened func(Result)) {
	if c.fault != "" {
		return
	}
	c.entropy++
	before := len(c.e.pending.Events)
	r, err := c.e.Apply(command, Meta{Actor: System, Now: c.now, Entropy: c.entropy})
	if err != nil {
		c.fault = fmt.Sprintf("%T was refused: %v", command, err)
		return
	}
	c.o.now, c.o.changed, c.o.ended = c.now, false, map[OfferID]OfferState{}
	was := c.o.is
	open := slices.Clone(c.o.offers)
	if happened != nil {
		happened(r)
	}
	c.routed(c.e.pending.Events[before:])
	c.compare(command, was, open, c.e.pending.Events[before:])
}

// routed takes in what routing did: offers made to the agent count, and one who stands at the limit may have been chosen (PR-4).
func (c *cell) routed(events []Event) {
	c.o.belowLimit()
	for _, ev := range events {
		if ev.Type != EventOfferMade || ev.Offer.State != OfferOpen {
			continue
		}
		stream := c.asked[ev.WorkItemID]
		f := &trueOffer{id: ev.Offer.ID, item: ev.WorkItemID, allowed: allowedBy[stream], expires: *ev.Offer.ExpiresAt}
		if row := c.e.workstreams.get(theWorld().streams[stream+c.unit]); row != nil {
			f.missed, f.rejected = row.MissedSetsInactive, row.RejectedSetsDoNotDisturb
		}
		if !slices.Contains(f.allowed, c.o.is.base) || !c.o.present() {
			c.fault = fmt.Sprintf("PR-7, WS-4: offered %s while %+v", stream, c.o.is)
		}
		c.o.offers = append(c.o.offers, f)
	}
	for _, ev := range events {
		stream, asks := c.asked[ev.WorkItemID]
		if ev.Type == EventDecision && asks && ev.Decision.Outcome == OutcomeQueued && !c.declined[ev.WorkItemID] &&
			slices.Contains(allowedBy[stream], c.o.is.base) && c.room() {
			c.o.chosenAtLimit()
		}
	}
}

// room tells whether an item of the streams that push fits beside what is held and offered (CP-2, OF-2).
func (c *cell) room() bool {
	for _, p := range c.o.profiles {
		if p.blocking && c.o.used(p) >= p.limit { // CP-1: no other work either
			return false
		}
	}
	if c.unit == "u" {
		return c.o.units != nil && *c.o.units*100-c.o.usedUnits()-100*len(c.o.offers) >= 100
	}
	for _, p := range c.o.profiles {
		if p.id == "plain" {
			return p.limit-c.o.used(p)-len(c.o.offers) >= 1
		}
	}
	return false
}

// compare tells the first difference between the engine and the oracle.
func (c *cell) compare(step Command, was truePresence, open []*trueOffer, events []Event) {
	a := c.e.agents.get(c.agent)
	if a == nil {
		return // not there yet
	}
	p := a.Presence
	got := truePresence{p.Status, p.Base, p.Source, p.Cause}
	c.steps = append(c.steps, cellStep{c.now, step, got})
	if c.fault != "" {
		return
	}
	if c.o.changed {
		c.since = c.now
	}
	switch recorded := c.recorded(was, events); {
	case got != c.o.is:
		c.fault = fmt.Sprintf("PR-3 to PR-7, CP-1: got %s, expected %s", got, c.o.is)
	case recorded != "":
		c.fault = "PR-9: " + recorded
	case !c.since.IsZero() && !p.ChangedAt.Equal(c.since):
		c.fault = fmt.Sprintf("PR-9: since %s, expected %s", p.ChangedAt.Format(time.TimeOnly), c.since.Format(time.TimeOnly))
	default:
		c.offersEnded(open, events)
	}
}

// recorded tells what is wrong with the changes of presence that were recorded: from what was, one after the other, to what is.
func (c *cell) recorded(was truePresence, events []Event) string {
	at, base, cause := was.status, was.base, c.o.is.cause
	for _, ev := range events {
		if ev.Type != EventPresenceChanged {
			continue
		}
		if PresenceStatusID(ev.Body.From) != at || ev.Body.FromBase != base {
			return fmt.Sprintf("recorded a change from %s on %s, was %s on %s", ev.Body.From, ev.Body.FromBase, at, base)
		}
		at, base, cause = PresenceStatusID(ev.Body.To), ev.Body.ToBase, PresenceCause(ev.Body.Cause)
	}
	if at != c.o.is.status || base != c.o.is.base || cause != c.o.is.cause {
		return fmt.Sprintf("recorded %s on %s (%s), is %s", at, base, cause, c.o.is)
	}
	return ""
}

// offersEnded compares what became of the offers that were open.
func (c *cell) offersEnded(open []*trueOffer, events []Event) {
	ended := map[OfferID]OfferState{}
	for _, ev := range events {
		switch ev.Type {
		case EventOfferRevoked, EventOfferMissed, EventOfferRejected, EventOfferAccepted:
			ended[ev.Offer.ID] = ev.Offer.State
		}
	}
	for _, f := range open {
		if ended[f.id] != c.o.ended[f.id] {
			c.fault = fmt.Sprintf("OF-3: offer of %s (allowed %v) ended %q, expected %q", c.asked[f.item], f.allowed, ended[f.id], c.o.ended[f.id])
		}
	}
}

// wait lets time pass, with a Tick at everything that is due, as the writer does, and the oracle's own times compared on the way.
func (c *cell) wait(until time.Time) {
	for c.fault == "" {
		at := until
		if due, ok := c.e.NextDeadline(); ok && due.Before(at) {
			at = due
		}
		if due := c.o.next(); !due.IsZero() && due.Before(at) {
			at = due
		}
		if at.After(c.now) {
			c.now = at
		}
		for _, f := range c.o.offers {
			if !f.expires.After(c.now) {
				c.declined[f.item] = true
			}
		}
		before := c.o.now
		c.do(Tick{}, func(Result) { c.o.now = before; c.o.passed(c.now) })
		if !c.now.Before(until) {
			return
		}
	}
}

// newCell signs an agent in with a default, has them asked three times, and gives them work by hand.
func newCell(b before, k capacity, setting int) *cell {
	c := &cell{
		e: New(theWorld().snapshot, storyBegin), now: storyBegin, entropy: 1000, asked: map[WorkItemID]string{}, declined: map[WorkItemID]bool{}, unit: "p",
	}
	c.o = &truth{
		now: storyBegin, zone: theWorld().zone, bases: maps.Clone(trueBases), reconnect: 10 * time.Second, openWorkLimit: MaxOpenWorkLimit,
	}
	for base, text := range ownText {
		c.o.bases[theWorld().statuses[text]] = base
	}
	c.o.is = truePresence{StatusOffline, Offline, SourceSignedOut, CauseCreated}
	s := settings[setting]
	c.o.orgDefault, c.o.missed, c.o.rejected = b.byOrg, s.org, s.org
	up := UpdateOrganization{MissedSetsInactive: &s.org, RejectedSetsDoNotDisturb: &s.org}
	if b.byOrg != "" {
		up.DefaultStatusID = Patch[PresenceStatusID]{true, &b.byOrg}
	}
	c.given(up)
	if k.units != nil {
		c.unit = "u"
	}
	if s.own != nil {
		for name := range allowedBy {
			own := Patch[bool]{true, s.own}
			c.given(UpdateWorkstream{WorkstreamID: theWorld().streams[name+c.unit], MissedSetsInactive: own, RejectedSetsDoNotDisturb: own})
		}
	}
	c.agent = c.given(CreateAgent{
		Name: "a", CapacityUnits: k.units, InterruptibleUnits: new(2), DefaultStatusID: b.ownDefault, TimeZone: theWorld().zone.String(),
	}).Agent
	c.given(AddQueueMembers{QueueID: theWorld().queue, Agents: []AgentID{c.agent}})
	c.o.units, c.o.ownDefault = k.units, b.ownDefault
	for _, name := range k.profiles {
		c.given(SetAgentCapacityProfile{AgentID: c.agent, ProfileID: theWorld().profiles[name]})
		c.o.profiles = append(c.o.profiles, &trueProfile{
			id: CapacityProfileID(name), limit: 2, blocking: strings.HasSuffix(name, "blocking"), endOfDay: strings.HasPrefix(name, "day"),
		})
	}
	c.open()
	for _, name := range []string{"first", "second", "third"} {
		c.ask(name)
	}
	for _, name := range k.held {
		c.hold(name)
	}
	return c
}

// given is a command of which nothing comes.
func (c *cell) given(command Command) (refs Refs) {
	c.do(command, func(r Result) { refs = r.Refs })
	return refs
}

func (c *cell) open() {
	c.do(OpenSession{AgentID: c.agent}, func(r Result) {
		c.sessions = append(c.sessions, r.Session.ID)
		c.o.opened()
	})
}

// ask creates an item that routing may offer.
func (c *cell) ask(stream string) {
	if c.fault != "" {
		return
	}
	c.do(CreateWorkItem{WorkstreamID: theWorld().streams[stream+c.unit]}, func(r Result) { c.asked[r.WorkItem] = stream })
}

// newWork creates an item that routing leaves to people.
func (c *cell) newWork(stream string) *trueWork {
	w := costs[stream]
	w.id = c.given(CreateWorkItem{WorkstreamID: theWorld().streams[stream]}).WorkItem
	return &w
}

func (c *cell) hold(name string) {
	kind, done := strings.CutSuffix(name, "!")
	kind, waits := strings.CutPrefix(kind, "wait:")
	w := c.newWork(kind)
	c.do(AssignWorkItem{WorkItemID: w.id, AgentID: c.agent}, func(Result) { c.o.took(w, assigned) })
	switch {
	case done:
		c.do(CompleteWorkItem{WorkItemID: w.id}, func(Result) { c.o.released(w) })
	case waits:
		c.do(SetWorkItemWaiting{WorkItemID: w.id}, func(Result) { c.o.waiting(w, true, CauseWorkReleased) })
	}
}

// usual is the kind of item that the agent's capacity is about.
func (c *cell) usual() string {
	if c.unit == "u" || len(c.o.profiles) == 0 {
		return "unit"
	}
	return string(c.o.profiles[0].id)
}

func (c *cell) choose(id PresenceStatusID) {
	c.do(SetPresence{AgentID: c.agent, StatusID: id}, func(Result) { c.o.choose(id) })
}

func (c *cell) signedIn() bool { return c.o.sessions > 0 }

// then brings the agent to the presence that the event meets.
func (c *cell) then(b before) bool {
	switch b.then {
	case "":
		return true
	case "miss":
		return miss(c)
	case "reject":
		return reject(c)
	}
	c.choose(PresenceStatusID(b.then))
	return true
}

// restart makes the engine anew from what is stored.
func (c *cell) restart() bool {
	if c.fault != "" {
		return true
	}
	c.changes = append(c.changes, c.e.Take())
	rows := newRowStore(theWorld().snapshot.Organization)
	rows.apply(theWorld().changes)
	for _, changes := range c.changes {
		rows.apply(changes)
	}
	c.e, c.sessions = New(rows.snapshot(), c.now), nil
	c.o.restarted()
	return true
}
