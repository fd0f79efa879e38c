package engine

import (
	"slices"
	"time"
)

// Snapshot is the stored state of everything that the engine holds.
type Snapshot struct {
	Organization Organization
	// LastAt is when the last thing happened that the database knows of; zero when nothing did.
	LastAt      time.Time
	Agents      []Agent
	Sessions    []Session
	Queues      []Queue
	Members     []QueueMember
	Workstreams []Workstream
	// Roles are those of one's own.
	Roles   []Role
	APIKeys []APIKey
	// Statuses are those of one's own, Grants who may choose them that are not for everyone.
	Statuses []PresenceStatus
	Grants   []PresenceStatusGrant
	Profiles []CapacityProfile
	// WorkItems are the open ones, with their open Offers, Assignments in force and Declines.
	WorkItems   []WorkItem
	Offers      []Offer
	Assignments []Assignment
	Declines    []Decline
	// Rows and Policies are those of the contacts with open work, where they have one.
	Rows     []PreferredAgents
	Policies map[ContactID]RoutingPolicy
	// Live is set when only the memory is made anew: the sessions that are still there, and since when the others have to come back.
	Live *LiveSessions
}

// LiveSessions are the sessions of an engine that have not to come back, and when those were taken over that have (PR-8).
type LiveSessions struct {
	IDs       map[SessionID]bool
	StartedAt time.Time
}

// LiveSessions tells which sessions are live, for an engine that takes the place of this one.
func (e *Engine) LiveSessions() *LiveSessions {
	live := &LiveSessions{IDs: map[SessionID]bool{}, StartedAt: e.startedAt}
	for _, a := range e.agents.all {
		for _, s := range a.sessions[a.orphans:] {
			live.IDs[s.ID] = true
		}
	}
	return live
}

// New makes an engine from stored rows. The sessions are from before, unless the snapshot says that they live: agents have RestartGrace
// from now on to come back (PR-8).
func New(s Snapshot, now time.Time) *Engine {
	if s.LastAt.After(now) {
		now = s.LastAt
	}
	now = now.UTC().Truncate(time.Microsecond)
	e := &Engine{
		org: s.Organization, now: now, startedAt: now, batch: 1,
		sessions: map[SessionID]*Session{}, items: map[WorkItemID]*workItem{}, contacts: map[ContactID]*contactRouting{},
		openOffers: map[OfferID]*workItem{}, endedOffers: map[OfferID]*Offer{}, closedItems: map[WorkItemID]WorkItem{},
		records: map[ContactID]*Contact{}, preferred: map[AgentID]bool{}, roles: map[string]*Role{}, apiKeys: map[APIKeyID]*APIKey{},
		statuses: map[PresenceStatusID]*PresenceStatus{}, profiles: map[CapacityProfileID]*CapacityProfile{},
		zones: map[string]*time.Location{},
	}
	units := e.kindOf(&CapacityCost{Units: 1, Type: NotInterruptible})
	for _, role := range s.Roles {
		e.roles[role.Name] = &role
	}
	for _, key := range s.APIKeys {
		e.apiKeys[key.ID] = &key
	}
	for _, status := range s.Statuses {
		e.statuses[status.ID] = &status
	}
	for _, profile := range s.Profiles {
		e.profiles[profile.ID] = &profile
	}
	if s.Live != nil {
		e.startedAt = s.Live.StartedAt
	}
	for _, row := range s.Queues {
		e.queues.add(row.ID, &queue{Queue: row, members: map[AgentID]*member{}, candidates: []*candidates{{kind: units, method: row.AssignmentMethod}}})
	}
	for _, row := range s.Workstreams {
		w := &workstream{Workstream: row}
		e.resolve(w)
		e.workstreams.add(row.ID, w)
	}
	e.loadAgents(s)
	e.loadContacts(s)
	e.loadItems(s)
	e.admitted = e.admitted[:0]
	e.lookAtAll()
	e.pending.rankedSeq = e.rankedSeq
	return e
}

func (e *Engine) loadAgents(s Snapshot) {
	for _, row := range s.Agents {
		a := &agent{Agent: row}
		e.agents.add(row.ID, a)
		e.addAgentDeadlines(a)
		e.rankedSeq = max(e.rankedSeq, row.RankedSeq)
	}
	for i := range s.Grants {
		e.agents.get(s.Grants[i].AgentID).grant(&s.Grants[i])
	}
	for i := range s.Sessions {
		e.linkSession(e.agents.get(s.Sessions[i].AgentID), &s.Sessions[i], s.Live == nil || !s.Live.IDs[s.Sessions[i].ID])
	}
	// In the order in which agents changed last, each is the last of their level.
	members := make([]*member, 0, len(s.Members))
	for _, row := range s.Members {
		members = append(members, &member{QueueMember: row, agent: e.agents.get(row.AgentID), queue: e.queues.get(row.QueueID)})
	}
	slices.SortFunc(members, compareChanged)
	for _, m := range members {
		e.linkMember(m)
		e.rankedSeq = max(e.rankedSeq, m.Turn)
	}
}

func (e *Engine) loadContacts(s Snapshot) {
	for _, row := range s.Rows {
		e.admitContact(row.ContactID, &row, s.Policies[row.ContactID])
	}
	for id, policy := range s.Policies { // order: into a map
		e.admitContact(id, nil, policy)
	}
}

func (e *Engine) loadItems(s Snapshot) {
	offers := map[WorkItemID]*Offer{}
	for i := range s.Offers {
		offers[s.Offers[i].WorkItemID] = &s.Offers[i]
	}
	assignments := map[WorkItemID]*Assignment{}
	for i := range s.Assignments {
		assignments[s.Assignments[i].WorkItemID] = &s.Assignments[i]
	}
	for _, row := range s.WorkItems {
		e.ids.goOnBehind(string(row.ID))
		w := &workItem{
			WorkItem: row, workstream: e.workstreams.get(row.WorkstreamID), queue: e.queues.get(row.QueueID),
			offer: offers[row.ID], assignment: assignments[row.ID],
		}
		if row.ContactID != "" {
			w.contact = e.admitContact(row.ContactID, nil, RoutingPolicy{})
		}
		e.items[row.ID] = w
		e.indexItem(w)
	}
	for _, d := range s.Declines {
		if w := e.items[d.WorkItemID]; w != nil {
			if w.declines == nil {
				w.declines = map[AgentID]Decline{}
			}
			w.declines[d.AgentID] = d
		}
	}
}

// lookAtAll marks what a Tick that was cut short may have left: every agent, which is cheap, and the items whose last decision is not
// the one that has them wait where the policy now wants them to.
func (e *Engine) lookAtAll() {
	for _, a := range e.agents.all {
		e.agentMayBeAble(a)
	}
	e.recomputeAllLater(System)
	for _, w := range e.items { // order: dirtyItems is ordered
		expected := OutcomeQueued
		if w.isLeft() {
			expected = OutcomeLeftUnassigned
		}
		if w.LastOutcome != expected {
			e.rerouteItem(w)
		}
	}
	e.Take() // the marks are no change
}
