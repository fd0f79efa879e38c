package checker

import "time"

// History is what the API tells when all is over: nothing may change while it is read.
type History struct {
	// ReconnectSeconds must stay as it is while a history is recorded (PR-7).
	ReconnectSeconds int
	// Policy is what the organisation sets of the routing policy, Policies what contacts do (RT-1).
	Policy   ScopePolicy
	Policies map[string]ScopePolicy
	// OpenWorkLimit and DefaultBase are the organisation's, and must stay as they are, too (PR-4, PR-3). DefaultBase is empty for Available.
	OpenWorkLimit int
	DefaultBase   string
	Agents        []Agent
	Queues        []Queue
	Workstreams   []Workstream
	Items         []Item
	// Rows are the preferred agents of the contacts of the items.
	Rows map[string][]string
	// ReadAt is when reading began, by the server's clock.
	ReadAt time.Time
}

// Agent is an agent.
type Agent struct {
	ID string
	// CapacityUnits is nil when none are configured (CP-1).
	CapacityUnits *int
	// DefaultBase is that of the presence that the agent signs in with, empty for the organisation's (PR-3).
	DefaultBase string
	// Profiles is how many capacity profiles the agent has; of whoever has some it is not known what they have left (CP-2).
	Profiles int
}

// Queue is a queue with its members.
type Queue struct {
	ID               string
	Priority         int
	AssignmentMethod string
	Members          []string
}

// Workstream is a workstream.
type Workstream struct {
	ID               string
	Queue            string
	Channel          string
	AllowedPresences []string
	CapacityUnits    int
	// Otherwise: what an item takes is not told by its units from its assignment to the end of that, but in percent, of profiles or of interruptible
	// units, with a wrap-up, or not while it waits. Whoever holds such an item is passed over (CP-2 to CP-5).
	Otherwise    bool
	AcceptMode   string
	OfferSeconds int
	DeclineLimit int
	// Policy is what it sets of the routing policy, Effective what the API says is in force for its items.
	Policy    ScopePolicy
	Effective Policy
	// Picked: its items are not offered to anybody, but picked.
	Picked bool
}

// Policy is an effective routing policy (RT-1).
type Policy struct {
	Enabled         bool
	WhenUnavailable string
	RetryPreferred  bool
}

// ScopePolicy is what one scope sets: nil and empty for what is left to the wider one.
type ScopePolicy struct {
	Enabled         *bool
	WhenUnavailable string
	RetryPreferred  *bool
}

// effective takes each field from the narrowest scope that sets it, then the channel's default; off for the organisation is final (RT-1).
func effective(channel string, organization ScopePolicy, narrower ...ScopePolicy) Policy {
	p := Policy{WhenUnavailable: leaveUnassigned, RetryPreferred: true}
	if channel == "CHAT" || channel == "VOICE" {
		p.WhenUnavailable = nextBestAgent
	}
	p.narrow(organization)
	for _, s := range narrower {
		p.narrow(s)
	}
	if organization.Enabled == nil || !*organization.Enabled {
		p.Enabled = false
	}
	return p
}

func (p *Policy) narrow(s ScopePolicy) {
	if s.Enabled != nil {
		p.Enabled = *s.Enabled
	}
	if s.WhenUnavailable != "" {
		p.WhenUnavailable = s.WhenUnavailable
	}
	if s.RetryPreferred != nil {
		p.RetryPreferred = *s.RetryPreferred
	}
}

// Placement is what people can change of an item that is open (WS-6).
type Placement struct {
	Queue string
	// Contact is empty when the customer is not identified.
	Contact  string
	Priority int
	// WithoutPreferred: transferred without its preferred agents.
	WithoutPreferred bool
}

// Item is a work item with all that happened to it. Its Placement is that of the end.
type Item struct {
	ID         string
	Status     string
	Workstream string
	Placement
	LeftUnassigned bool
	Attempts       int
	CreatedAt      time.Time
	ClosedAt       *time.Time
	// OpenOffer and OpenAssignment are the ids of those in force, empty when there is none.
	OpenOffer      string
	OpenAssignment string
	Offers         []Offer
	// Assignments are all of them, also those that came of no offer.
	Assignments []Assignment
	Decisions   []Decision
}

// Offer is an offer with the assignment that came of it.
type Offer struct {
	ID                string
	Agent             string
	State             string
	Path              string
	PreferredPosition int // 0 for none
	OverCapacity      bool
	RevokeReason      string
	OfferedAt         time.Time
	ExpiresAt         *time.Time
	EndedAt           *time.Time
	Assignment        *Assignment
}

// Assignment is the time in which an agent works on an item.
type Assignment struct {
	ID    string
	Agent string
	// Origin is OFFER, PICK or MANUAL; Offer is empty unless it is OFFER.
	Origin        string
	Offer         string
	CapacityUnits int
	AssignedAt    time.Time
	EndedAt       *time.Time
	EndReason     string
}

// Decision is what one attempt decided; several in a row that came to the same are one (DX-1).
type Decision struct {
	ID              string
	Attempt         int
	Repeats         int
	DecidedAt       time.Time
	Policy          Policy
	PreferredReason string
	Preferred       []Candidate
	NextBest        *NextBest
	Outcome         string
	Reason          string
	Agent           string
	Offer           string
}

// Candidate is a preferred agent as routing saw them.
type Candidate struct {
	Position int
	Agent    string
	Code     string
}

// NextBest is what the assignment method saw.
type NextBest struct {
	Method  string
	Members int
	Ranked  []Ranked
	Refused []Count
}

// Ranked is an agent who could have taken the item.
type Ranked struct {
	Agent          string
	FreeUnits      int
	DeclinedBefore bool
	// ReleasedAt is told for LEAST_ACTIVE.
	ReleasedAt *time.Time
}

// Count is how many agents a check refused.
type Count struct {
	Code  string
	Count int
}

// The values of the API that rules ask for.
const (
	accepted = "ACCEPTED"
	rejected = "REJECTED"
	missed   = "MISSED"
	revoked  = "REVOKED"
	open     = "OPEN"

	byPreference = "PREFERRED"
	byMethod     = "NEXT_BEST"

	byOffer = "OFFER"
	byPick  = "PICK"
	byHand  = "MANUAL"

	queued    = "QUEUED"
	completed = "COMPLETED"
	cancelled = "CANCELLED"

	leaveUnassigned = "LEAVE_UNASSIGNED"
	nextBestAgent   = "NEXT_BEST_AGENT"

	highestCapacity = "HIGHEST_CAPACITY"
	roundRobin      = "ROUND_ROBIN"
	leastActive     = "LEAST_ACTIVE"

	offline = "OFFLINE"
	auto    = "AUTO"

	available    = "AVAILABLE"
	busy         = "BUSY"
	doNotDisturb = "DO_NOT_DISTURB"
	away         = "AWAY"
	inactive     = "INACTIVE"

	manual          = "MANUAL"
	signIn          = "SIGN_IN"
	restored        = "RESTORED"
	disconnected    = "DISCONNECTED"
	signOut         = "SIGN_OUT"
	workTaken       = "WORK_TAKEN"
	workReleased    = "WORK_RELEASED"
	capacityChanged = "CAPACITY_CHANGED"
	capacityReset   = "CAPACITY_RESET"
	openWorkLimit   = "OPEN_WORK_LIMIT"
	offerMissed     = "OFFER_MISSED"
	offerRejected   = "OFFER_REJECTED"
	reset           = "RESET"
	statusChanged   = "STATUS_CHANGED"
)
