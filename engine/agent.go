package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Agent is a person who works on what customers bring: their settings and what they hold at the moment.
type Agent struct {
	ID   AgentID
	Name string
	// CapacityUnits is how many units of work the agent can hold at once, 0 to 1000; nil when none are configured (CP-1, CP-2).
	CapacityUnits *int
	// InterruptibleUnits are for work that can be interrupted, beside those: 0 to 1000; nil when none are configured (CP-4).
	InterruptibleUnits *int
	// Profiles are the agent's capacity profiles and what is used of them, by the profile's id. The list is never changed in place.
	Profiles []ProfileUse
	// DefaultStatusID is what the agent signs in with; empty for the organisation's (PR-3).
	DefaultStatusID PresenceStatusID
	// TimeZone is where the agent's day ends, as an IANA name; empty for the organisation's (CP-2).
	TimeZone string
	Presence AgentPresence
	// Assigned and Reserved are what assigned work and open offers take of the units (OF-2).
	Assigned, Reserved CapacityUse
	// OpenWork counts open offers and the assignments that hold capacity: what is held against the limit of open work (PR-4).
	OpenWork int
	// OverCapacityOffers is how many open offers did not fit into what was free: 0 or 1 (RT-3).
	OverCapacityOffers int
	// RankedSeq orders agents with the same free units: it grows with every change of load or presence, so that the lowest is
	// whoever has gone longest without one (WS-2).
	RankedSeq int64
	// ReleasedAt is when the agent last gave capacity back, nil when never (WS-2).
	ReleasedAt *time.Time
	// ManualMark and SignInMark count presences chosen by hand, and sign-ins and resets; a decline remembers them (OF-4).
	ManualMark, SignInMark int64
	// CapturedStatus and CapturedSource are the presence at LeftAt, when the last session was lost; LeftAt is nil while signed
	// in and before the first session (PR-7).
	CapturedStatus PresenceStatusID
	CapturedSource PresenceSource
	LeftAt         *time.Time
	// ReconnectBy is when open offers are revoked unless the agent comes back; nil when nothing waits for that (PR-7).
	ReconnectBy *time.Time
	// DayEndsAt is when the agent's day ends and what is kept of END_OF_DAY profiles is given back; nil when nothing is kept (CP-2).
	DayEndsAt *time.Time
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Load is what the agent holds.
func (a *Agent) Load() *AgentLoad {
	return &AgentLoad{
		AssignedUnits: a.Assigned.Units, ReservedUnits: a.Reserved.Units, FreeUnits: a.FreeUnits(), AssignedPercent: a.Assigned.Percent,
		ReservedPercent: a.Reserved.Percent, AssignedInterruptibleUnits: a.Assigned.InterruptibleUnits,
		ReservedInterruptibleUnits: a.Reserved.InterruptibleUnits, AssignedInterruptiblePercent: a.Assigned.InterruptiblePercent,
		ReservedInterruptiblePercent: a.Reserved.InterruptiblePercent, FreeInterruptibleUnits: a.FreeInterruptibleUnits(), OpenWork: a.OpenWork,
	}
}

// AgentLoad is what an agent holds, in units of capacity and in percent of them (CP-2, CP-4).
type AgentLoad struct {
	AssignedUnits, ReservedUnits     int
	AssignedPercent, ReservedPercent int
	// FreeUnits and FreeInterruptibleUnits are whole units; nil when none are configured.
	FreeUnits                                                  *int
	AssignedInterruptibleUnits, ReservedInterruptibleUnits     int
	AssignedInterruptiblePercent, ReservedInterruptiblePercent int
	FreeInterruptibleUnits                                     *int
	OpenWork                                                   int
}

// agent is an Agent with what hangs on them. All of it is a function of the stored rows.
type agent struct {
	Agent
	// sessions are the live ones, oldest first; the first `orphans` of them are from before a restart (PR-8).
	sessions []*Session
	orphans  int
	// memberships are the agent's places among the candidates of their queues, sorted by queue id.
	memberships []*member
	// offers are the items with an open offer to this agent, assigned those that are theirs, wrap-up and waiting ones included.
	offers, assigned map[WorkItemID]*workItem
	// grants are the statuses of one's own that this agent may choose although they are not for everyone.
	grants map[PresenceStatusID]*PresenceStatusGrant
	// preferredBy are the waiting items whose contact's row names this agent, in the order of WS-3.
	preferredBy waitingList
	// dirty: the agent may be able to take a waiting item and has not been looked at yet.
	dirty bool
	// stale: their presence is to be computed anew, which staleBy caused.
	stale   bool
	staleBy Actor
	touched uint64
}

// offered lists the items with an open offer to the agent in the order of WS-3, safe against change while it is walked.
func (a *agent) offered() []*workItem {
	items := make([]*workItem, 0, len(a.offers))
	for _, w := range a.offers { // order: sorted below
		items = append(items, w)
	}
	slices.SortFunc(items, compareWaiting)
	return items
}

// queueIDs are the queues of which the agent is a member.
func (a *agent) queueIDs() []QueueID {
	ids := make([]QueueID, len(a.memberships))
	for i, m := range a.memberships {
		ids[i] = m.QueueID
	}
	return ids
}

func (a *agent) memberOf(q *queue) *member {
	for _, m := range a.memberships {
		if m.queue == q {
			return m
		}
	}
	return nil
}

// CreateAgent creates an agent, Offline until their first session. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS.
type CreateAgent struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID   AgentID
	Name string
	// CapacityUnits and InterruptibleUnits are nil for none.
	CapacityUnits      *int
	InterruptibleUnits *int
	// DefaultStatusID and TimeZone are empty for the organisation's.
	DefaultStatusID PresenceStatusID
	TimeZone        string
}

func (c CreateAgent) needs(n *Needs) {
	if c.ID != "" {
		n.Preferred = append(n.Preferred, c.ID)
	}
}

func (c CreateAgent) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("ag_", string(c.ID)) {
		return invalid("id", "must be ag_ and a UUID in lower case")
	}
	if e.agents.get(c.ID) != nil {
		return conflict(ReasonAlreadyExists, "there is an agent with this id")
	}
	row := Agent{
		ID: c.ID, Name: strings.TrimSpace(c.Name), CapacityUnits: clonePointer(c.CapacityUnits), InterruptibleUnits: clonePointer(c.InterruptibleUnits),
		DefaultStatusID: c.DefaultStatusID, TimeZone: strings.Clone(c.TimeZone),
		Presence: AgentPresence{Status: StatusOffline, Base: Offline, Cause: CauseCreated, Source: SourceSignedOut, ChangedAt: e.now},
		Version:  1, CreatedAt: e.now, UpdatedAt: e.now,
	}
	if err := e.checkAgent(&row); err != nil {
		return err
	}
	if len(e.agents.all) >= MaxAgents {
		return tooMany("", "there can be %d agents", MaxAgents)
	}
	if row.ID == "" {
		row.ID = AgentID(e.ids.next("ag_"))
	}
	a := &agent{Agent: row}
	e.touchNewAgent(a)
	if e.preferred[a.ID] { // a row names this id already (MX-3)
		e.indexPreferred(a)
	}
	e.configChanged()
	e.emitAgent(Event{Type: EventAgentCreated}, a)
	r.Refs.Agent = a.ID
	return nil
}

// checkAgent checks what people choose of an agent.
func (e *Engine) checkAgent(a *Agent) error {
	if err := checkName("name", a.Name); err != nil {
		return err
	}
	if u := a.CapacityUnits; u != nil && (*u < 0 || *u > MaxCapacityUnits) {
		return invalid("capacityUnits", "must be from 0 to %d", MaxCapacityUnits)
	}
	if u := a.InterruptibleUnits; u != nil && (*u < 0 || *u > MaxCapacityUnits) {
		return invalid("interruptibleUnits", "must be from 0 to %d", MaxCapacityUnits)
	}
	if err := e.checkDefaultStatus(a.DefaultStatusID); err != nil {
		return err
	}
	if a.TimeZone != "" {
		return checkTimeZone(a.TimeZone)
	}
	return nil
}

// clonePointer keeps what the engine holds apart from what a caller may change.
func clonePointer[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// indexPreferred enters the waiting items whose contact's row names an agent where the agent finds them.
func (e *Engine) indexPreferred(a *agent) {
	for _, c := range e.contacts { // order: into an ordered list
		if c.position(a.ID) < 0 {
			continue
		}
		for _, w := range c.open { // order: into an ordered list
			if w.Status == Queued {
				a.preferredBy.add(w)
			}
		}
	}
}

// UpdateAgent changes an agent's settings; nil, or a patch that is not set, leaves one as it is. Units below what the agent holds are allowed, and
// warned about. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateAgent struct {
	AgentID            AgentID
	Name               *string
	CapacityUnits      Patch[int]
	InterruptibleUnits Patch[int]
	DefaultStatusID    Patch[PresenceStatusID]
	TimeZone           Patch[string]
	ExpectedVersion    *int
}

func (c UpdateAgent) into(a *Agent) {
	if c.Name != nil {
		a.Name = strings.TrimSpace(*c.Name)
	}
	c.CapacityUnits.into(&a.CapacityUnits)
	c.InterruptibleUnits.into(&a.InterruptibleUnits)
	c.DefaultStatusID.orEmpty(&a.DefaultStatusID)
	c.TimeZone.orEmpty(&a.TimeZone)
}

func (c UpdateAgent) apply(e *Engine, r *Result) error {
	a := e.agents.get(c.AgentID)
	if a == nil {
		return notFound("agent")
	}
	c.CapacityUnits.Value, c.InterruptibleUnits.Value = clonePointer(c.CapacityUnits.Value), clonePointer(c.InterruptibleUnits.Value)
	before, after := a.Agent, a.Agent
	c.into(&after)
	if err := e.checkAgent(&after); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, a.Version); err != nil {
		return err
	}
	e.changeAgent(a, func(a *Agent) {
		c.into(a)
		a.Version++
		a.UpdatedAt = e.now
	})
	e.setDayEnd(a, before.TimeZone != a.TimeZone)
	e.configChanged()
	e.emitAgent(Event{Type: EventAgentChanged}, a)
	if e.unitsChanged(a, &before) {
		e.limitsChanged(a, r)
	}
	r.Refs.Agent = a.ID
	return nil
}

// unitsChanged records which limits of an agent were changed by hand, and tells whether any was (CP-2).
func (e *Engine) unitsChanged(a *agent, before *Agent) (changed bool) {
	for _, c := range [...]struct {
		what     string
		from, to *int
	}{{"UNITS", before.CapacityUnits, a.CapacityUnits}, {"INTERRUPTIBLE_UNITS", before.InterruptibleUnits, a.InterruptibleUnits}} {
		if from, to := limitText(c.from), limitText(c.to); from != to {
			e.emitAgent(Event{Type: EventAgentCapacityChanged, Body: EventBody{Cause: c.what, From: from, To: to}}, a)
			changed = true
		}
	}
	return changed
}

// limitText is a limit as events say it; empty for none.
func limitText(limit *int) string {
	if limit == nil {
		return ""
	}
	return strconv.Itoa(*limit)
}

// limitsChanged does what follows from a changed limit: it shows when it is below what is held, it may change a computed presence, and it may
// make room (CP-2, CP-3).
func (e *Engine) limitsChanged(a *agent, r *Result) {
	if left, configured := a.interruptibleLeft(false); e.overCapacity(a) || configured && left < 0 {
		r.warn(WarnCapacityBelowUse, "", "the agent holds more than this: they get nothing new until enough is done")
	}
	e.recompute(a, CauseCapacityChanged, noWork)
	e.agentMayBeAble(a)
}

// DeleteAgent deletes an agent without assigned work: their sessions end, their open offers are revoked, they leave their queues. Rows of the
// matrix that name them stay, with a warning (MX-3). Errors: NOT_FOUND, CONFLICT (VERSION_MISMATCH, IN_USE).
type DeleteAgent struct {
	AgentID         AgentID
	ExpectedVersion *int
}

func (c DeleteAgent) needs(n *Needs) { n.Preferred = append(n.Preferred, c.AgentID) }

func (c DeleteAgent) apply(e *Engine, r *Result) error {
	a := e.agents.get(c.AgentID)
	if a == nil {
		return notFound("agent")
	}
	if err := checkVersion(c.ExpectedVersion, a.Version); err != nil {
		return err
	}
	if len(a.assigned) > 0 {
		return conflict(ReasonInUse, "work is assigned to the agent")
	}
	for len(a.sessions) > 0 {
		e.endSession(a, a.sessions[0], CauseSignOut)
	}
	e.revokeAll(a, RevokeAgentDeleted)
	for len(a.memberships) > 0 {
		e.removeMember(a.memberships[0])
	}
	e.forgetDeclines(a)
	e.withdrawAll(a)
	e.removeAgent(a)
	e.configChanged()
	e.emit(Event{Type: EventAgentDeleted, AgentID: a.ID})
	if e.preferred[a.ID] {
		r.warn(WarnAgentStillPreferred, "agentId", "rows of the matrix still name this agent; routing passes over them")
	}
	return nil
}

// standing is what the candidates of an agent's queues are ordered by.
type standing struct {
	class                   int
	units, interruptible    int
	hasUnits, hasInterrupts bool
	// profiles is the list itself: a changed one is another.
	profiles *ProfileUse
}

func (e *Engine) standing(a *agent) (s standing) {
	s.class = e.class(a)
	s.units, s.hasUnits = a.mainLeft(true)
	s.interruptible, s.hasInterrupts = a.interruptibleLeft(true)
	if len(a.Profiles) > 0 {
		s.profiles = &a.Profiles[0]
	}
	return s
}

// changeAgent is the only place where an agent's row changes: it takes them out of what is derived from the row, and puts
// them back behind their equals.
func (e *Engine) changeAgent(a *agent, change func(*Agent)) {
	e.touchAgent(a)
	before, released := e.standing(a), a.ReleasedAt
	e.removeAgentDeadlines(a)
	change(&a.Agent)
	e.addAgentDeadlines(a)
	after := e.standing(a)
	if after != before {
		e.rankedSeq++
		a.RankedSeq = e.rankedSeq
	}
	switch {
	case after != before:
		e.reenter(a, after.class != before.class)
	case a.ReleasedAt != released:
		e.reenterReleased(a)
	}
}

// reenterReleased is reenter in the queues that go by when agents gave capacity back.
func (e *Engine) reenterReleased(a *agent) {
	for _, m := range a.memberships {
		if m.queue.AssignmentMethod == LeastActive {
			m.queue.leave(m)
			e.enter(m.queue, m)
		}
	}
}

// reenter puts an agent where they now stand among the candidates of their queues.
func (e *Engine) reenter(a *agent, figures bool) {
	for _, m := range a.memberships {
		m.queue.leave(m)
		e.enter(m.queue, m)
		if figures {
			e.touchFigures(m.queue)
		}
	}
}

// actingAgent finds an agent by id, or the acting agent when the id is empty. Who does not have the permission acts for themselves only; whether
// another agent exists is not told.
func (e *Engine) actingAgent(id AgentID, any Permission) (*agent, error) {
	own := e.actor.heldTo(any)
	if id == "" {
		id = e.actor.AgentID
	}
	if id == "" {
		return nil, invalid("agentId", "must be given unless an agent acts")
	}
	a := e.agents.get(id)
	if a == nil || own != "" && own != id {
		return nil, notFound("agent")
	}
	return a, nil
}
