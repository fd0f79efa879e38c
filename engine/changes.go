package engine

import "slices"

// Change is an object before and after: Before is nil when it was created.
type Change[T any] struct{ Before, After *T }

// Changes is what a batch of commands changed: every touched object as it is now, for the database; the events in their order,
// for the database and the subscribers; and what is needed to undo it all in memory.
type Changes struct {
	// Organization is nil when it did not change.
	Organization *Organization
	Contacts     []*Contact
	Agents       []Agent
	Queues       []Queue
	Workstreams  []Workstream
	WorkItems    []WorkItem
	Offers       []*Offer
	Assignments  []*Assignment
	Declines     []Decline
	Rows         []*PreferredAgents
	Members      []QueueMember
	Sessions     []Session
	Roles        []*Role
	APIKeys      []*APIKey
	Statuses     []*PresenceStatus
	Profiles     []*CapacityProfile
	Grants       []PresenceStatusGrant
	// What is there no more.
	ContactsRemoved    []ContactID
	AgentsRemoved      []AgentID
	QueuesRemoved      []QueueID
	WorkstreamsRemoved []WorkstreamID
	RowsRemoved        []ContactID
	MembersRemoved     []QueueMember
	SessionsRemoved    []SessionID
	DeclinesRemoved    []Decline
	RolesRemoved       []string
	APIKeysRemoved     []APIKeyID
	StatusesRemoved    []PresenceStatusID
	ProfilesRemoved    []CapacityProfileID
	GrantsRemoved      []PresenceStatusGrant

	Events []Event
	// Figures are those of the queues where they may have moved; they are not stored.
	Figures []QueueFigures

	undo pending
}

// Size is how many rows the changes are in the database, events included.
func (c *Changes) Size() int {
	n := len(c.Contacts) + len(c.Agents) + len(c.Queues) + len(c.Workstreams) + len(c.WorkItems) + len(c.Offers) +
		len(c.Assignments) + len(c.Declines) + len(c.Rows) + len(c.Members) + len(c.Sessions) + len(c.RowsRemoved) +
		len(c.ContactsRemoved) + len(c.AgentsRemoved) + len(c.QueuesRemoved) + len(c.WorkstreamsRemoved) + len(c.MembersRemoved) +
		len(c.SessionsRemoved) + len(c.DeclinesRemoved) + len(c.Roles) + len(c.APIKeys) + len(c.RolesRemoved) + len(c.APIKeysRemoved) + len(c.Events) +
		len(c.Statuses) + len(c.Profiles) + len(c.Grants) + len(c.StatusesRemoved) + len(c.ProfilesRemoved) + len(c.GrantsRemoved)
	if c.Organization != nil {
		n++
	}
	return n
}

// pending is what the commands since the last Take touched, with what was there before.
type pending struct {
	Contacts    []Change[Contact]
	Offers      []Change[Offer]
	Assignments []Change[Assignment]
	Events      []Event

	orgBefore    *Organization
	agents       []touchedRow[*agent, Agent]
	queues       []touchedRow[*queue, Queue]
	workstreams  []touchedRow[*workstream, Workstream]
	items        []touchedItem
	rows         []touchedRow[*contactRouting, *PreferredAgents]
	policies     []policyChange
	contactsGone []*contactRouting
	members      []memberChange
	sessions     []sessionChange
	roles        []Change[Role]
	apiKeys      []Change[APIKey]
	statuses     []Change[PresenceStatus]
	profiles     []Change[CapacityProfile]
	grants       []grantChange
	declines     []declineChange
	// registered undoes what came into and left the registries.
	registered []func()
	lookedAt   []*agent
	recomputed []*agent
	figures    []*queue
	rankedSeq  int64
}

// touchedRow is an object with its row before the batch; created when there was none, removed when there is none any more.
type touchedRow[O, R any] struct {
	object           O
	before           R
	created, removed bool
}

type touchedItem struct {
	item       *workItem
	before     WorkItem
	queue      *queue
	contact    *contactRouting
	offer      *Offer
	assignment *Assignment
	dirty      bool
	created    bool
}

type policyChange struct {
	contact *contactRouting
	before  RoutingPolicy
}

// memberChange is a member who was added or removed, or whose turn was taken.
type memberChange struct {
	member         *member
	added, removed bool
	turn           int64
}

type sessionChange struct {
	session *Session
	agent   *agent
	added   bool
	orphan  bool
}

type grantChange struct {
	agent *agent
	grant *PresenceStatusGrant
	added bool
}

type declineChange struct {
	item   *workItem
	agent  AgentID
	before Decline
	had    bool
}

// Pending is how many rows and events have been touched since the last Take, about.
func (e *Engine) Pending() int {
	p := &e.pending
	return len(p.agents) + len(p.items) + len(p.Offers) + len(p.Assignments) + len(p.Events) + len(p.Contacts) + len(p.members) +
		len(p.declines) + len(p.grants)
}

// Take gives what changed since the last Take and begins the next batch. The changes share no memory with the engine that
// later commands change.
func (e *Engine) Take() *Changes {
	p := e.pending
	c := &Changes{Events: p.Events, undo: p}
	e.pending = pending{rankedSeq: e.rankedSeq}
	e.batch++
	if p.orgBefore != nil {
		org := e.org
		c.Organization = &org
	}
	c.Contacts, c.ContactsRemoved = ended(p.Contacts, func(o *Contact) ContactID { return o.ID })
	c.Roles, c.RolesRemoved = ended(p.roles, func(o *Role) string { return o.Name })
	c.APIKeys, c.APIKeysRemoved = ended(p.apiKeys, func(o *APIKey) APIKeyID { return o.ID })
	c.Statuses, c.StatusesRemoved = ended(p.statuses, func(o *PresenceStatus) PresenceStatusID { return o.ID })
	c.Profiles, c.ProfilesRemoved = ended(p.profiles, func(o *CapacityProfile) CapacityProfileID { return o.ID })
	e.takeGrants(c, p.grants)
	c.Offers = lastOf(p.Offers, func(o *Offer) OfferID { return o.ID })
	c.Assignments = lastOf(p.Assignments, func(a *Assignment) AssignmentID { return a.ID })
	e.takeConfiguration(c, &p)
	for _, t := range p.items {
		if t.created || t.item.WorkItem != t.before { // one that was only marked to be looked at has not changed
			c.WorkItems = append(c.WorkItems, t.item.WorkItem)
		}
	}
	c.takeRows(p.rows)
	e.takeSets(c, &p)
	for _, q := range p.figures {
		if e.queues.get(q.ID) == q {
			c.Figures = append(c.Figures, q.figures())
		}
	}
	return c
}

// takeRows adds the rows of the matrix as they are now. A contact that was deleted and made again is there twice.
func (c *Changes) takeRows(touched []touchedRow[*contactRouting, *PreferredAgents]) {
	there := map[ContactID]bool{}
	for _, t := range touched {
		if t.object.row != nil {
			there[t.object.id] = true
			c.Rows = append(c.Rows, t.object.row)
		}
	}
	for _, t := range touched {
		if id := t.object.id; t.before != nil && !there[id] {
			there[id] = true
			c.RowsRemoved = append(c.RowsRemoved, id)
		}
	}
}

// ended keeps for each object how it ended: there, or gone.
func ended[T any, K comparable](changes []Change[T], id func(*T) K) (there []*T, gone []K) {
	last := map[K]*T{}
	var order []K
	for _, ch := range changes {
		o := ch.After
		if o == nil {
			o = ch.Before
		}
		k := id(o)
		if _, seen := last[k]; !seen {
			order = append(order, k)
		}
		last[k] = ch.After
	}
	for _, k := range order {
		if after := last[k]; after != nil {
			there = append(there, after)
		} else {
			gone = append(gone, k)
		}
	}
	return there, gone
}

// takeConfiguration adds agents, queues and workstreams as they are now. One that was deleted and made again under the same id is in the list of
// what is there.
func (e *Engine) takeConfiguration(c *Changes, p *pending) {
	c.Agents = make([]Agent, 0, len(p.agents))
	for _, t := range p.agents {
		if !t.removed {
			c.Agents = append(c.Agents, t.object.Agent)
		} else if e.agents.get(t.object.ID) == nil && !t.created {
			c.AgentsRemoved = append(c.AgentsRemoved, t.object.ID)
		}
	}
	for _, t := range p.queues {
		if !t.removed {
			c.Queues = append(c.Queues, t.object.Queue)
		} else if e.queues.get(t.object.ID) == nil && !t.created {
			c.QueuesRemoved = append(c.QueuesRemoved, t.object.ID)
		}
	}
	for _, t := range p.workstreams {
		if !t.removed {
			c.Workstreams = append(c.Workstreams, t.object.Workstream)
		} else if e.workstreams.get(t.object.ID) == nil && !t.created {
			c.WorkstreamsRemoved = append(c.WorkstreamsRemoved, t.object.ID)
		}
	}
}

// takeSets adds what was entered into and taken out of sets: each element once, as it ended.
func (e *Engine) takeSets(c *Changes, p *pending) {
	seenMember := map[QueueMember]bool{}
	for _, ch := range p.members {
		m := ch.member.QueueMember
		key := QueueMember{QueueID: m.QueueID, AgentID: m.AgentID}
		if seenMember[key] {
			continue
		}
		seenMember[key] = true
		if now := e.memberNow(key); now != nil {
			c.Members = append(c.Members, now.QueueMember)
		} else {
			c.MembersRemoved = append(c.MembersRemoved, m)
		}
	}
	for i, ch := range p.sessions {
		switch {
		case e.sessions[ch.session.ID] == ch.session:
			c.Sessions = append(c.Sessions, *ch.session)
		case e.sessions[ch.session.ID] == nil && !ch.added && !slices.ContainsFunc(p.sessions[:i], func(o sessionChange) bool { return o.session == ch.session }):
			c.SessionsRemoved = append(c.SessionsRemoved, ch.session.ID)
		}
	}
	type key struct {
		item  *workItem
		agent AgentID
	}
	seenDecline := map[key]bool{}
	for _, ch := range p.declines {
		k := key{ch.item, ch.agent}
		if seenDecline[k] {
			continue
		}
		seenDecline[k] = true
		if now, there := ch.item.declines[ch.agent]; there {
			c.Declines = append(c.Declines, now)
		} else {
			c.DeclinesRemoved = append(c.DeclinesRemoved, Decline{WorkItemID: ch.item.ID, AgentID: ch.agent})
		}
	}
}

// takeGrants adds what agents may choose now and no longer.
func (e *Engine) takeGrants(c *Changes, changes []grantChange) {
	type key struct {
		status PresenceStatusID
		agent  AgentID
	}
	seen := map[key]bool{}
	for _, ch := range changes {
		k := key{ch.grant.StatusID, ch.grant.AgentID}
		if seen[k] {
			continue
		}
		seen[k] = true
		if a := e.agents.get(k.agent); a != nil && a.grants[k.status] != nil {
			c.Grants = append(c.Grants, *a.grants[k.status])
		} else {
			c.GrantsRemoved = append(c.GrantsRemoved, *ch.grant)
		}
	}
}

// memberNow is the present place of an agent in a queue, nil when there is none; both may have been deleted and made again.
func (e *Engine) memberNow(m QueueMember) *member {
	if q := e.queues.get(m.QueueID); q != nil {
		return q.members[m.AgentID]
	}
	return nil
}

// lastOf keeps for each object its last state, in the order in which they were first touched.
func lastOf[T any, K comparable](changes []Change[T], id func(*T) K) []*T {
	out := make([]*T, 0, len(changes))
	var at map[K]int
	if len(changes) > 1 {
		at = make(map[K]int, len(changes))
	}
	for _, ch := range changes {
		if i, seen := at[id(ch.After)]; seen {
			out[i] = ch.After
			continue
		}
		if at != nil {
			at[id(ch.After)] = len(out)
		}
		out = append(out, ch.After)
	}
	return out
}
