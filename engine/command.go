package engine

import "time"

// Command is one thing that somebody wants done. A command is a value: what; who, when and with which entropy is its Meta.
type Command interface {
	// apply decides first and mutates last, so that a refused command leaves no trace.
	apply(e *Engine, r *Result) error
}

// Actor is who acts.
type Actor struct {
	// ID names the principal in events, for example "agent:ag_…", "system"; at most 80 bytes, no personal data.
	ID string
	// AgentID is set when an agent acts.
	AgentID AgentID
	// Permissions are what the actor may do. Whether they may give a command at all is asked before; the engine asks whose the objects of the
	// command are: an agent who may not do so with anybody's acts on their own only (RL-1).
	Permissions PermissionSet
}

// System acts when nobody does: time passing, sessions lost.
var System = Actor{ID: "system", Permissions: AllPermissions}

// Meta is what a command needs besides what it says.
type Meta struct {
	Actor Actor
	// Now is when it happens. The engine cuts it to microseconds and never lets it run backwards.
	Now time.Time
	// Entropy makes the ids unpredictable; the same entropy gives the same ids.
	Entropy uint64
}

// Call is a command with who gives it and how.
type Call struct {
	Command Command
	Actor   Actor
	// Key is the idempotency key, "" for none; at most 100 characters. With the same key the command must be the same.
	Key string
}

// Warning is something worth knowing about a change that was made all the same.
type Warning struct {
	Code    WarningCode
	Message string
	// Field is the input field that it is about.
	Field string
}

// WarningCode is what a warning is about.
type WarningCode string

// The warnings.
const (
	WarnAgentInNoQueue      WarningCode = "AGENT_IN_NO_QUEUE"      // MX-3
	WarnAgentStillPreferred WarningCode = "AGENT_STILL_PREFERRED"  // MX-3
	WarnAgentNotQueueMember WarningCode = "AGENT_NOT_QUEUE_MEMBER" // WS-6
	WarnAgentNotSignedIn    WarningCode = "AGENT_NOT_SIGNED_IN"    // WS-6
	WarnAgentOverCapacity   WarningCode = "AGENT_OVER_CAPACITY"    // WS-6
	WarnPolicyWithoutEffect WarningCode = "POLICY_WITHOUT_EFFECT"  // RT-1, RT-2
	// WarnStatusTextMisleads: the text of a status names another base than its own (PR-2).
	WarnStatusTextMisleads WarningCode = "STATUS_TEXT_MISLEADS"
	// WarnPresenceOverruled: what was chosen by hand gave way at once to a capacity that is more than used up (PR-6).
	WarnPresenceOverruled WarningCode = "PRESENCE_OVERRULED"
	// WarnMissedPresenceAllowed and WarnRejectedPresenceAllowed: the presence that a missed or rejected offer gives is allowed (PR-5).
	WarnMissedPresenceAllowed   WarningCode = "MISSED_PRESENCE_ALLOWED"
	WarnRejectedPresenceAllowed WarningCode = "REJECTED_PRESENCE_ALLOWED"
	// WarnCapacityBelowUse: a limit is below what the agent holds (CP-2).
	WarnCapacityBelowUse WarningCode = "CAPACITY_BELOW_USE"
)

// Refs are the ids of what a command made or changed: enough to give the same answer again later.
type Refs struct {
	Organization    bool         `json:"organization,omitempty"`
	Contact         ContactID    `json:"contact,omitempty"`
	Agent           AgentID      `json:"agent,omitempty"`
	Queue           QueueID      `json:"queue,omitempty"`
	Workstream      WorkstreamID `json:"workstream,omitempty"`
	PreferredAgents ContactID    `json:"preferredAgents,omitempty"`
	WorkItem        WorkItemID   `json:"workItem,omitempty"`
	Offer           OfferID      `json:"offer,omitempty"`
	Assignment      AssignmentID `json:"assignment,omitempty"`
	Role            string       `json:"role,omitempty"`
	APIKey          APIKeyID     `json:"apiKey,omitempty"`

	PresenceStatus  PresenceStatusID  `json:"presenceStatus,omitempty"`
	CapacityProfile CapacityProfileID `json:"capacityProfile,omitempty"`
	Warnings        []Warning         `json:"warnings,omitempty"`
}

// Result is what came of a command: the objects as they are after it and after the routing that it caused. Those that it
// did not concern are nil.
type Result struct {
	Refs
	OrganizationState    *Organization
	AgentState           *Agent
	QueueState           *Queue
	WorkstreamState      *Workstream
	WorkItemState        *WorkItem
	ContactState         *Contact
	Row                  *PreferredAgents
	OfferState           *Offer
	AssignmentState      *Assignment
	Session              *Session
	RoleState            *Role
	APIKeyState          *APIKey
	PresenceStatusState  *PresenceStatus
	CapacityProfileState *CapacityProfile
	// Preview is what PreviewRouting decided.
	Preview *Decision
}

func (r *Result) warn(code WarningCode, field, message string) {
	r.Warnings = append(r.Warnings, Warning{Code: code, Field: field, Message: message})
}

func (r *Result) row(c *contactRouting) { r.Refs.PreferredAgents, r.Row = c.id, c.row }

// fill copies the objects that the command made or changed, as they are now.
func (e *Engine) fill(r *Result) {
	if r.Refs.Organization {
		o := e.org
		r.OrganizationState = &o
	}
	if a := e.agents.get(r.Refs.Agent); a != nil {
		row := a.Agent
		r.AgentState = &row
	}
	if q := e.queues.get(r.Refs.Queue); q != nil {
		row := q.Queue
		r.QueueState = &row
	}
	if w := e.workstreams.get(r.Refs.Workstream); w != nil {
		row := w.Workstream
		r.WorkstreamState = &row
	}
	r.PresenceStatusState, r.CapacityProfileState = e.statuses[r.Refs.PresenceStatus], e.profiles[r.Refs.CapacityProfile]
	if w := e.items[r.Refs.WorkItem]; w != nil {
		row := w.WorkItem
		r.WorkItemState = &row
	}
}

// Needs are the objects that commands read and that the engine may lack, because it holds only what is open.
type Needs struct {
	// Contacts with their rows of the matrix; Records are those of which only what people read is lacking.
	Contacts  []ContactID
	Records   []ContactID
	WorkItems []WorkItemID
	Offers    []OfferID
	// Preferred are agents of whom to tell whether a row of the matrix names them.
	Preferred []AgentID
	engine    *Engine
}

// Empty tells whether nothing is needed.
func (n *Needs) Empty() bool {
	return len(n.Contacts)+len(n.Records)+len(n.WorkItems)+len(n.Offers)+len(n.Preferred) == 0
}

func (n *Needs) contact(id ContactID) {
	if id != "" && n.engine.contacts[id] == nil {
		n.Contacts = append(n.Contacts, id)
	}
}

// record is for commands that change a contact itself.
func (n *Needs) record(id ContactID) {
	if id != "" && n.engine.contacts[id] != nil && n.engine.records[id] == nil {
		n.Records = append(n.Records, id)
	}
	n.contact(id)
}

func (n *Needs) workItem(id WorkItemID) {
	if id != "" && n.engine.items[id] == nil {
		n.WorkItems = append(n.WorkItems, id)
	}
}

func (n *Needs) offer(id OfferID) {
	if id != "" && n.engine.openOffers[id] == nil {
		n.Offers = append(n.Offers, id)
	}
}

// Missing lists what the commands read and the engine lacks; Facts with those that exist go to Admit before Apply.
func (e *Engine) Missing(commands []Command) Needs {
	n := Needs{engine: e}
	for _, c := range commands {
		if c, ok := c.(interface{ needs(*Needs) }); ok {
			c.needs(&n)
		}
	}
	return n
}

// Facts are stored objects that the engine does not hold.
type Facts struct {
	// Contacts that exist, and Rows of the matrix of those that have one.
	Contacts []Contact
	Rows     map[ContactID]*PreferredAgents
	// Preferred are agents whom a row of the matrix names.
	Preferred []AgentID
	// WorkItems that are closed, Offers that have ended.
	WorkItems []WorkItem
	Offers    []Offer
}

// Admit takes facts in until the next Forget. What the engine holds already is newer and stays.
func (e *Engine) Admit(f Facts) {
	for i := range f.Contacts {
		c := &f.Contacts[i]
		e.admitContact(c.ID, f.Rows[c.ID], c.RoutingPolicy)
		if e.records[c.ID] == nil {
			e.records[c.ID] = c
		}
	}
	for _, id := range f.Preferred {
		e.preferred[id] = true
	}
	for _, w := range f.WorkItems {
		if e.items[w.ID] == nil && !w.Status.Open() {
			e.closedItems[w.ID] = w
		}
	}
	for i := range f.Offers {
		if o := &f.Offers[i]; o.State != OfferOpen && e.endedOffers[o.ID] == nil {
			e.endedOffers[o.ID] = o
		}
	}
}

// Forget lets go of what is no longer open: to be called when a batch is durable or undone.
func (e *Engine) Forget() {
	for _, id := range e.admitted {
		if c := e.contacts[id]; c != nil && len(c.open) == 0 {
			delete(e.contacts, id)
		}
	}
	e.admitted = e.admitted[:0]
	for _, w := range e.touchedItems {
		if !w.Status.Open() {
			delete(e.items, w.ID)
			if c := w.contact; c != nil && len(c.open) == 0 && e.contacts[c.id] == c {
				delete(e.contacts, c.id)
			}
		}
	}
	e.touchedItems = e.touchedItems[:0]
	clear(e.endedOffers)
	clear(e.closedItems)
	clear(e.records)
	clear(e.preferred)
}
