package checker

import "time"

// History is what the API tells when all is over: nothing may change while it is read.
type History struct {
	ReconnectSeconds int
	Agents           []Agent
	Queues           []Queue
	Workstreams      []Workstream
	Items            []Item
	// Rows are the preferred agents of the contacts of the items, Policies what these set of the routing policy.
	Rows     map[string][]string
	Policies map[string]ContactPolicy
	// Off: routing to preferred agents is off for the organisation, which is final (RT-1).
	Off bool
	// ReadAt is when reading began.
	ReadAt time.Time
}

// Agent is an agent.
type Agent struct {
	ID            string
	CapacityUnits int
}

// Queue is a queue with its members.
type Queue struct {
	ID               string
	Priority         int
	AssignmentMethod string
	Members          []string
}

// Workstream is a workstream with the policy in force.
type Workstream struct {
	ID               string
	Queue            string
	AllowedPresences []string
	CapacityUnits    int
	AcceptMode       string
	OfferSeconds     int
	DeclineLimit     int
	Policy           Policy
	// Picked: its items are not offered to anybody, but picked.
	Picked bool
}

// Policy is an effective routing policy (RT-1).
type Policy struct {
	Enabled         bool
	WhenUnavailable string
	RetryPreferred  bool
}

// ContactPolicy is what a contact sets: nil and empty for what is left to the workstream.
type ContactPolicy struct {
	Enabled         *bool
	WhenUnavailable string
	RetryPreferred  *bool
}

// of is the policy in force for a contact's items, which the contact's own is narrower than (RT-1).
func (p Policy) of(c ContactPolicy, off bool) Policy {
	if c.Enabled != nil {
		p.Enabled = *c.Enabled
	}
	if off {
		p.Enabled = false
	}
	if c.WhenUnavailable != "" {
		p.WhenUnavailable = c.WhenUnavailable
	}
	if c.RetryPreferred != nil {
		p.RetryPreferred = *c.RetryPreferred
	}
	return p
}

// Item is a work item with all that happened to it.
type Item struct {
	ID         string
	Status     string
	Workstream string
	Queue      string
	// Contact is empty when the customer is not identified.
	Contact        string
	Priority       int
	LeftUnassigned bool
	Attempts       int
	CreatedAt      time.Time
	ClosedAt       *time.Time
	// OpenOffer and OpenAssignment are the ids of those in force, empty when there is none.
	OpenOffer      string
	OpenAssignment string
	Offers         []Offer
	Decisions      []Decision
	// ByHand says what people did with it by hand, as far as the API still tells; empty when nothing.
	ByHand string
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
	ID            string
	Agent         string
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

	leaveUnassigned = "LEAVE_UNASSIGNED"
	nextBestAgent   = "NEXT_BEST_AGENT"

	offline = "OFFLINE"
	auto    = "AUTO"
)
