package engine

import "time"

// EventType is what happened.
type EventType string

// The types of events.
const (
	EventOrganizationChanged     EventType = "ORGANIZATION_CHANGED"
	EventPolicyChanged           EventType = "POLICY_CHANGED"
	EventContactCreated          EventType = "CONTACT_CREATED"
	EventContactChanged          EventType = "CONTACT_CHANGED"
	EventContactDeleted          EventType = "CONTACT_DELETED"
	EventAgentCreated            EventType = "AGENT_CREATED"
	EventAgentChanged            EventType = "AGENT_CHANGED"
	EventAgentDeleted            EventType = "AGENT_DELETED"
	EventQueueCreated            EventType = "QUEUE_CREATED"
	EventQueueChanged            EventType = "QUEUE_CHANGED"
	EventQueueDeleted            EventType = "QUEUE_DELETED"
	EventQueueMemberAdded        EventType = "QUEUE_MEMBER_ADDED"
	EventQueueMemberRemoved      EventType = "QUEUE_MEMBER_REMOVED"
	EventWorkstreamCreated       EventType = "WORKSTREAM_CREATED"
	EventWorkstreamChanged       EventType = "WORKSTREAM_CHANGED"
	EventWorkstreamDeleted       EventType = "WORKSTREAM_DELETED"
	EventPreferredAgentsChanged  EventType = "PREFERRED_AGENTS_CHANGED"
	EventSessionOpened           EventType = "SESSION_OPENED"
	EventSessionClosed           EventType = "SESSION_CLOSED"
	EventPresenceChanged         EventType = "PRESENCE_CHANGED"
	EventPresenceStatusCreated   EventType = "PRESENCE_STATUS_CREATED"
	EventPresenceStatusChanged   EventType = "PRESENCE_STATUS_CHANGED"
	EventPresenceStatusDeleted   EventType = "PRESENCE_STATUS_DELETED"
	EventPresenceStatusGranted   EventType = "PRESENCE_STATUS_GRANTED"
	EventPresenceStatusWithdrawn EventType = "PRESENCE_STATUS_WITHDRAWN"
	EventCapacityProfileCreated  EventType = "CAPACITY_PROFILE_CREATED"
	EventCapacityProfileChanged  EventType = "CAPACITY_PROFILE_CHANGED"
	EventCapacityProfileDeleted  EventType = "CAPACITY_PROFILE_DELETED"
	EventAgentCapacityChanged    EventType = "AGENT_CAPACITY_CHANGED"
	EventAgentCapacityReset      EventType = "AGENT_CAPACITY_RESET"
	EventWorkItemWrapUp          EventType = "WORK_ITEM_WRAP_UP_STARTED"
	EventWorkItemWaiting         EventType = "WORK_ITEM_WAITING"
	EventWorkItemResumed         EventType = "WORK_ITEM_RESUMED"
	EventWorkItemCreated         EventType = "WORK_ITEM_CREATED"
	EventWorkItemCompleted       EventType = "WORK_ITEM_COMPLETED"
	EventWorkItemCancelled       EventType = "WORK_ITEM_CANCELLED"
	EventWorkItemPicked          EventType = "WORK_ITEM_PICKED"
	EventWorkItemAssigned        EventType = "WORK_ITEM_ASSIGNED"
	EventWorkItemUnassigned      EventType = "WORK_ITEM_UNASSIGNED"
	EventWorkItemLeftQueue       EventType = "WORK_ITEM_LEFT_QUEUE"
	EventWorkItemTransferred     EventType = "WORK_ITEM_TRANSFERRED"
	EventWorkItemPriority        EventType = "WORK_ITEM_PRIORITY_CHANGED"
	EventContactUnlinked         EventType = "CONTACT_UNLINKED"
	EventContactLinked           EventType = "CONTACT_LINKED"
	EventOfferMade               EventType = "OFFER_MADE"
	EventOfferAccepted           EventType = "OFFER_ACCEPTED"
	EventOfferRejected           EventType = "OFFER_REJECTED"
	EventOfferMissed             EventType = "OFFER_MISSED"
	EventOfferRevoked            EventType = "OFFER_REVOKED"
	EventDecision                EventType = "DECISION"
	EventRoleCreated             EventType = "ROLE_CREATED"
	EventRoleChanged             EventType = "ROLE_CHANGED"
	EventRoleDeleted             EventType = "ROLE_DELETED"
	EventAPIKeyCreated           EventType = "API_KEY_CREATED"
	EventAPIKeyRevoked           EventType = "API_KEY_REVOKED"
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
	// For subscribers, not stored: the offer, work item or agent as it was right after an event about it, and the queues of the agent.
	Offer  *Offer
	Item   *WorkItem
	Agent  *Agent
	Queues []QueueID
}

// EventBody is what else there is to say; fields that do not apply are left out.
type EventBody struct {
	OfferID      OfferID           `json:"offer,omitempty"`
	AssignmentID AssignmentID      `json:"assignment,omitempty"`
	SessionID    SessionID         `json:"session,omitempty"`
	Agents       []AgentID         `json:"agents,omitempty"`
	Path         string            `json:"path,omitempty"`
	From         string            `json:"from,omitempty"`
	To           string            `json:"to,omitempty"`
	Cause        string            `json:"cause,omitempty"`
	FromBase     BasePresence      `json:"fromBase,omitempty"`
	ToBase       BasePresence      `json:"toBase,omitempty"`
	StatusID     PresenceStatusID  `json:"status,omitempty"`
	ProfileID    CapacityProfileID `json:"profile,omitempty"`
	Role         string            `json:"role,omitempty"`
	APIKeyID     APIKeyID          `json:"apiKey,omitempty"`
}

// emit records that something happened, now and by the acting principal.
func (e *Engine) emit(ev Event) {
	ev.At, ev.Actor = e.now, e.actor.ID
	e.pending.Events = append(e.pending.Events, ev)
}

// emitItem records what happened to a work item. What the event does not say of it is taken from the item.
func (e *Engine) emitItem(ev Event, w *workItem) {
	row := w.WorkItem
	ev.WorkItemID, ev.Item = w.ID, &row
	if ev.AgentID == "" {
		ev.AgentID = w.AgentID
	}
	if ev.QueueID == "" {
		ev.QueueID = w.QueueID
	}
	if ev.ContactID == "" {
		ev.ContactID = w.ContactID
	}
	e.emit(ev)
}

// emitAgent records what happened to an agent.
func (e *Engine) emitAgent(ev Event, a *agent) {
	row := a.Agent
	ev.AgentID, ev.Agent, ev.Queues = a.ID, &row, a.queueIDs()
	e.emit(ev)
}
