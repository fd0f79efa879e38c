package engine

import "time"

// EventType is what happened.
type EventType string

// The types of events.
const (
	EventOrganizationChanged    EventType = "ORGANIZATION_CHANGED"
	EventPolicyChanged          EventType = "POLICY_CHANGED"
	EventContactCreated         EventType = "CONTACT_CREATED"
	EventAgentCreated           EventType = "AGENT_CREATED"
	EventQueueCreated           EventType = "QUEUE_CREATED"
	EventQueueMemberAdded       EventType = "QUEUE_MEMBER_ADDED"
	EventQueueMemberRemoved     EventType = "QUEUE_MEMBER_REMOVED"
	EventWorkstreamCreated      EventType = "WORKSTREAM_CREATED"
	EventPreferredAgentsChanged EventType = "PREFERRED_AGENTS_CHANGED"
	EventSessionOpened          EventType = "SESSION_OPENED"
	EventSessionClosed          EventType = "SESSION_CLOSED"
	EventPresenceChanged        EventType = "PRESENCE_CHANGED"
	EventWorkItemCreated        EventType = "WORK_ITEM_CREATED"
	EventWorkItemCompleted      EventType = "WORK_ITEM_COMPLETED"
	EventWorkItemCancelled      EventType = "WORK_ITEM_CANCELLED"
	EventOfferMade              EventType = "OFFER_MADE"
	EventOfferAccepted          EventType = "OFFER_ACCEPTED"
	EventOfferRejected          EventType = "OFFER_REJECTED"
	EventOfferMissed            EventType = "OFFER_MISSED"
	EventOfferRevoked           EventType = "OFFER_REVOKED"
	EventDecision               EventType = "DECISION"
)

// Event is one thing that happened. Events are stored in the order in which they happened and are never changed; they hold ids,
// never names or numbers of people.
type Event struct {
	Type EventType
	At   time.Time
	// Actor is who caused it: see Actor.ID.
	Actor string
	// The objects that it is about, each empty when it is about none.
	AgentID      AgentID
	WorkItemID   WorkItemID
	ContactID    ContactID
	QueueID      QueueID
	WorkstreamID WorkstreamID
	Body         EventBody
	// Decision is set for DECISION and stored as the body.
	Decision *Decision
	// Offer is the offer as it was right after an event about it: for subscribers, not stored.
	Offer *Offer
}

// EventBody is what else there is to say; fields that do not apply are left out.
type EventBody struct {
	OfferID      OfferID      `json:"offer,omitempty"`
	AssignmentID AssignmentID `json:"assignment,omitempty"`
	SessionID    SessionID    `json:"session,omitempty"`
	Agents       []AgentID    `json:"agents,omitempty"`
	Path         string       `json:"path,omitempty"`
	From         string       `json:"from,omitempty"`
	To           string       `json:"to,omitempty"`
	Cause        string       `json:"cause,omitempty"`
}

// emit records that something happened, now and by the acting principal.
func (e *Engine) emit(ev Event) {
	ev.At, ev.Actor = e.now, e.actor.ID
	e.pending.Events = append(e.pending.Events, ev)
}

func (e *Engine) emitItem(t EventType, w *workItem) {
	e.emit(Event{Type: t, WorkItemID: w.ID, QueueID: w.QueueID, ContactID: w.ContactID, WorkstreamID: w.WorkstreamID})
}
