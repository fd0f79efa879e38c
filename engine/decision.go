package engine

import "time"

// DecisionOutcome is what came of a routing attempt (DX-1).
type DecisionOutcome string

// The outcomes.
const (
	OutcomeOffered        DecisionOutcome = "OFFERED"
	OutcomeAssigned       DecisionOutcome = "ASSIGNED"
	OutcomeQueued         DecisionOutcome = "QUEUED"
	OutcomeLeftUnassigned DecisionOutcome = "LEFT_UNASSIGNED"
)

// DecisionCode is why an agent was or was not chosen, or why a path was not taken (DX-2). Stable.
type DecisionCode string

// The codes. For each: DX-2 or the behaviour that it comes from.
const (
	CodeOffered               DecisionCode = "OFFERED"
	CodeNotReached            DecisionCode = "NOT_REACHED"
	CodeAgentNotFound         DecisionCode = "AGENT_NOT_FOUND"          // MX-3
	CodeNotQueueMember        DecisionCode = "NOT_QUEUE_MEMBER"         // RT-3
	CodeNotSignedIn           DecisionCode = "NOT_SIGNED_IN"            // OF-2
	CodePresenceNotAllowed    DecisionCode = "PRESENCE_NOT_ALLOWED"     // RT-3
	CodeNoCapacity            DecisionCode = "NO_CAPACITY"              // WS-4
	CodeOverCapacityOfferOpen DecisionCode = "OVER_CAPACITY_OFFER_OPEN" // RT-3
	CodeOpenWorkLimit         DecisionCode = "OPEN_WORK_LIMIT"          // PR-4
	CodeAlreadyDeclined       DecisionCode = "ALREADY_DECLINED"         // RT-4, OF-4
	CodeDeclineLimit          DecisionCode = "DECLINE_LIMIT"            // OF-4
	CodeNoAgentQualified      DecisionCode = "NO_AGENT_QUALIFIED"
	CodeLeftUnassigned        DecisionCode = "LEFT_UNASSIGNED"        // RT-5
	CodeContactNotIdentified  DecisionCode = "CONTACT_NOT_IDENTIFIED" // RT-2
	CodeNoPreferredAgents     DecisionCode = "NO_PREFERRED_AGENTS"    // RT-2
	CodeFeatureDisabled       DecisionCode = "FEATURE_DISABLED"       // RT-1
	CodeWorkstreamNotPush     DecisionCode = "WORKSTREAM_NOT_PUSH"    // RT-2
	// CodeWithoutPreferred: the item was transferred without its preferred agents (WS-6).
	CodeWithoutPreferred DecisionCode = "TRANSFERRED_WITHOUT_PREFERRED"
)

// Decision is what one routing attempt decided and why. It is stored as the body of an event, below 4 KiB.
type Decision struct {
	// ID is the event's place in the order of all changes; empty until it is committed.
	ID         string     `json:"-"`
	DecidedAt  time.Time  `json:"-"`
	WorkItemID WorkItemID `json:"-"`
	// Repeats is worked out when it is read: attempts up to the next decision.
	Repeats         int                    `json:"-"`
	Attempt         int                    `json:"attempt"`
	ConfigVersion   int64                  `json:"config"`
	Policy          EffectiveRoutingPolicy `json:"policy"`
	PreferredReason *DecisionCode          `json:"preferredReason,omitempty"`
	Preferred       []PreferredCandidate   `json:"preferred,omitempty"`
	NextBest        *NextBestTrace         `json:"nextBest,omitempty"`
	Outcome         DecisionOutcome        `json:"outcome"`
	Reason          DecisionCode           `json:"reason"`
	AgentID         *AgentID               `json:"agent,omitempty"`
	OfferID         *OfferID               `json:"offer,omitempty"`
}

// PreferredCandidate is a preferred agent as routing saw them.
type PreferredCandidate struct {
	// Position is 1 to 3.
	Position int          `json:"position"`
	AgentID  AgentID      `json:"agent"`
	Code     DecisionCode `json:"code"`
}

// NextBestTrace is what the queue's assignment method saw: the winner, the next few, and how many each check refused.
type NextBestTrace struct {
	Method  AssignmentMethod  `json:"method"`
	Members int               `json:"members"`
	Ranked  []RankedCandidate `json:"ranked,omitempty"`
	Refused []CodeCount       `json:"refused,omitempty"`
}

// RankedCandidate is an agent who could have taken the item, with what they were ranked by.
type RankedCandidate struct {
	AgentID AgentID `json:"agent"`
	// FreeUnits is the room they had for what the item takes: units, percent, or items of a profile.
	FreeUnits      int  `json:"free"`
	DeclinedBefore bool `json:"declined,omitempty"`
	// Turn is set for ROUND_ROBIN, ReleasedAt for LEAST_ACTIVE unless they never gave capacity back.
	Turn       *int64     `json:"turn,omitempty"`
	ReleasedAt *time.Time `json:"released,omitempty"`
}

// CodeCount is how many agents a check refused.
type CodeCount struct {
	Code  DecisionCode `json:"code"`
	Count int          `json:"count"`
}
