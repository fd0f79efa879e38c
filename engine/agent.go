package engine

import (
	"slices"
	"strings"
	"time"
)

// Agent is a person who works on what customers bring: their settings and what they hold at the moment.
type Agent struct {
	ID   AgentID
	Name string
	// CapacityUnits is how many units of work the agent can hold at once, 0 to 1000 (CP-2).
	CapacityUnits int
	Presence      AgentPresence
	// AssignedUnits and ReservedUnits are what assigned work and open offers take (OF-2).
	AssignedUnits, ReservedUnits int
	// OverCapacityOffers is how many open offers did not fit into what was free: 0 or 1 (RT-3).
	OverCapacityOffers int
	// RankedSeq orders agents with the same free units: it grows with every change of load or presence, so that the lowest is
	// whoever has gone longest without one (WS-2).
	RankedSeq int64
	// ReleasedAt is when the agent last gave capacity back, nil when never (WS-2).
	ReleasedAt *time.Time
	// ManualMark and SignInMark count presences chosen by hand and sign-ins; a decline remembers them (OF-4).
	ManualMark, SignInMark int64
	// CapturedStatus and CapturedManual are the presence at LeftAt, when the last session was lost; LeftAt is nil while signed
	// in and before the first session (PR-7).
	CapturedStatus PresenceStatusID
	CapturedManual bool
	LeftAt         *time.Time
	// ReconnectBy is when open offers are revoked unless the agent comes back; nil when nothing waits for that (PR-7).
	ReconnectBy *time.Time
	Version     int
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// FreeUnits is what is left of the capacity; negative when a preferred agent was given more than fits (RT-3).
func (a *Agent) FreeUnits() int { return a.CapacityUnits - a.AssignedUnits - a.ReservedUnits }

// Load is what the agent holds.
func (a *Agent) Load() *AgentLoad {
	return &AgentLoad{AssignedUnits: a.AssignedUnits, ReservedUnits: a.ReservedUnits, FreeUnits: a.FreeUnits()}
}

// AgentLoad is what an agent holds, in units of capacity.
type AgentLoad struct{ AssignedUnits, ReservedUnits, FreeUnits int }

// agent is an Agent with what hangs on them. All of it is a function of the stored rows.
type agent struct {
	Agent
	// sessions are the live ones, oldest first; the first `orphans` of them are from before a restart (PR-8).
	sessions []*Session
	orphans  int
	// memberships are the agent's places among the candidates of their queues, sorted by queue id.
	memberships []*member
	// offers are the items with an open offer to this agent.
	offers map[WorkItemID]*workItem
	// preferredBy are the waiting items whose contact's row names this agent, in the order of WS-3.
	preferredBy waitingList
	// dirty: the agent may be able to take a waiting item and has not been looked at yet.
	dirty   bool
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
	ID            AgentID
	Name          string
	CapacityUnits int
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
	if err := checkName("name", c.Name); err != nil {
		return err
	}
	if err := checkAgentCapacity(c.CapacityUnits); err != nil {
		return err
	}
	if len(e.agents.all) >= MaxAgents {
		return tooMany("", "there can be %d agents", MaxAgents)
	}
	if c.ID == "" {
		c.ID = AgentID(e.ids.next("ag_"))
	}
	a := &agent{Agent: Agent{
		ID: c.ID, Name: strings.TrimSpace(c.Name), CapacityUnits: c.CapacityUnits,
		Presence: AgentPresence{Status: StatusOffline, Cause: CauseCreated, ChangedAt: e.now},
		Version:  1, CreatedAt: e.now, UpdatedAt: e.now,
	}}
	e.touchNewAgent(a)
	if e.preferred[a.ID] { // a row names this id already (MX-3)
		e.indexPreferred(a)
	}
	e.configChanged()
	e.emitAgent(Event{Type: EventAgentCreated}, a)
	r.Refs.Agent = a.ID
	return nil
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

// UpdateAgent changes an agent's settings; nil leaves one as it is. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateAgent struct {
	AgentID         AgentID
	Name            *string
	CapacityUnits   *int
	ExpectedVersion *int
}

func (c UpdateAgent) apply(e *Engine, r *Result) error {
	a := e.agents.get(c.AgentID)
	if a == nil {
		return notFound("agent")
	}
	name, units := a.Name, a.CapacityUnits
	if c.Name != nil {
		name = strings.TrimSpace(*c.Name)
	}
	if c.CapacityUnits != nil {
		units = *c.CapacityUnits
	}
	if err := checkName("name", name); err != nil {
		return err
	}
	if err := checkAgentCapacity(units); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, a.Version); err != nil {
		return err
	}
	e.changeAgent(a, func(a *Agent) {
		a.Name, a.CapacityUnits = name, units
		a.Version++
		a.UpdatedAt = e.now
	})
	e.configChanged()
	e.emitAgent(Event{Type: EventAgentChanged}, a)
	e.agentMayBeAble(a)
	r.Refs.Agent = a.ID
	return nil
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
	if a.AssignedUnits > 0 {
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
	e.removeAgent(a)
	e.configChanged()
	e.emit(Event{Type: EventAgentDeleted, AgentID: a.ID})
	if e.preferred[a.ID] {
		r.warn(WarnAgentStillPreferred, "agentId", "rows of the matrix still name this agent; routing passes over them")
	}
	return nil
}

func checkAgentCapacity(units int) error {
	if units < 0 || units > MaxCapacityUnits {
		return invalid("capacityUnits", "must be from 0 to %d", MaxCapacityUnits)
	}
	return nil
}

// changeAgent is the only place where an agent's row changes: it takes them out of what is derived from the row, and puts
// them back behind their equals.
func (e *Engine) changeAgent(a *agent, change func(*Agent)) {
	e.touchAgent(a)
	free, class := a.FreeUnits(), a.class()
	e.deadlines.remove(agentDeadline(a))
	change(&a.Agent)
	e.deadlines.add(agentDeadline(a))
	if a.FreeUnits() == free && a.class() == class {
		return
	}
	e.rankedSeq++
	a.RankedSeq = e.rankedSeq
	for _, m := range a.memberships {
		m.queue.candidates.remove(m)
		m.queue.candidates.insert(m)
		if a.class() != class {
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
