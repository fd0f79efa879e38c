package engine

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxPage is the largest page of a list.
const MaxPage = 100

// Page asks a list for at most First entries behind the id After; "" begins at the start.
type Page struct {
	First int
	After string
}

// WorkItemScope says which work items to list, and in which order; what is empty does not count.
type WorkItemScope struct {
	// Statuses: any of them.
	Statuses     []WorkItemStatus
	QueueID      QueueID
	WorkstreamID WorkstreamID
	AgentID      AgentID
	ContactID    ContactID
	Reference    *string
	// CreatedFrom is inclusive, CreatedBefore is not.
	CreatedFrom, CreatedBefore *time.Time
	NewestFirst                bool
}

const (
	// MaxPresenceRange is the longest range of which to tell how long an agent had which presence, MaxPresenceChanges how many changes may lie in it.
	MaxPresenceRange   = 31 * 24 * time.Hour
	MaxPresenceChanges = 20_000
)

// PresenceHistoryScope says of whose changes of presence to read, and of when: From is inclusive, Until is not; nil does not count.
type PresenceHistoryScope struct {
	AgentID     AgentID
	From, Until *time.Time
}

// PresenceChange is one change of an agent's presence (PR-9).
type PresenceChange struct {
	// ID is the cursor of the event.
	ID      string
	AgentID AgentID
	// From and To are the statuses, which may have been deleted since, FromBase and ToBase what routing read of them then.
	From, To         PresenceStatusID
	FromBase, ToBase BasePresence
	Cause            PresenceCause
	// Actor is who caused it: see Actor.ID.
	Actor string
	At    time.Time
}

// PresenceTime is how long an agent had a status on a base (PR-9).
type PresenceTime struct {
	StatusID PresenceStatusID
	Base     BasePresence
	Duration time.Duration
}

// EventPlace is the place of one event in the order of all changes.
type EventPlace struct {
	Position
	Index int
}

// Cursor is the place as text: "epoch.seq.index". It is the cursor of subscriptions and the id of decisions.
func (p EventPlace) Cursor() string { return fmt.Sprintf("%d.%d.%d", p.Epoch, p.Seq, p.Index) }

// ParseCursor reads a place back from text; false when it is none.
func ParseCursor(s string) (EventPlace, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return EventPlace{}, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 64)
		if err != nil || v < 0 {
			return EventPlace{}, false
		}
		n[i] = v
	}
	return EventPlace{Position{n[0], n[1]}, int(n[2])}, true
}

// Behind tells whether the place comes after another one.
func (p EventPlace) Behind(o EventPlace) bool {
	return cmp.Or(cmp.Compare(p.Epoch, o.Epoch), cmp.Compare(p.Seq, o.Seq), cmp.Compare(p.Index, o.Index)) > 0
}

const (
	// MaxStart is with how many objects a subscription may begin.
	MaxStart = 10_000
	// MaxResume is over how many events a subscription can be resumed.
	MaxResume = 20_000
)

// Start is how a subscription begins: At is the place in the order of all changes at which what it begins with is so. Reset: it was to be
// resumed, and can't be.
type Start struct {
	At    Position
	Reset bool
}

// OfferStart begins a subscription to an agent's offers; SessionLive tells whether the session that the subscription is still lives.
type OfferStart struct {
	Start
	Offers      []Offer
	SessionLive bool
}

// PresenceSelection says of whose presence to hear: of some agents, of a queue's members, or of everybody.
type PresenceSelection struct {
	AgentIDs []AgentID
	QueueID  QueueID
}

// PresenceStart begins a subscription to presence. Removed are no longer among those that it is about.
type PresenceStart struct {
	Start
	Agents  []Agent
	Removed []AgentID
}

// WorkItemSelection says of which work items to hear; what is empty does not count.
type WorkItemSelection struct {
	QueueID    QueueID
	AgentID    AgentID
	ContactID  ContactID
	WorkItemID WorkItemID
}

// Matches tells whether an item passes.
func (f *WorkItemSelection) Matches(w *WorkItem) bool {
	return (f.QueueID == "" || f.QueueID == w.QueueID) && (f.AgentID == "" || f.AgentID == w.AgentID) &&
		(f.ContactID == "" || f.ContactID == w.ContactID) && (f.WorkItemID == "" || f.WorkItemID == w.ID)
}

// WorkItemStart begins a subscription to work items. Removed have changed and don't pass the filter.
type WorkItemStart struct {
	Start
	Items, Removed []WorkItem
}

// DecisionSelection says of which decisions to hear; what is empty does not count.
type DecisionSelection struct {
	QueueID    QueueID
	WorkItemID WorkItemID
}

// DecisionStart begins a subscription to decisions.
type DecisionStart struct {
	Start
	Decisions []Decision
}

// StartIndex is behind every event of a batch: a start shows the state after all of it.
const StartIndex = 1 << 30

// Published is an event, or the figures of a queue, at its place in the order of all changes. The figures are nil when the queue was deleted.
type Published struct {
	Place   EventPlace
	Event   *Event
	QueueID QueueID
	Figures *QueueFigures
}
