package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What the five subscriptions say, and of what (EV-3).

// place is where something stands in the order of all changes: a cursor taken apart.
type place struct{ epoch, seq, index int64 }

func readPlace(cursor string) (p place, ok bool) {
	n, err := fmt.Sscanf(cursor, "%d.%d.%d", &p.epoch, &p.seq, &p.index)
	return p, err == nil && n == 3 && cursor == p.String()
}

func (p place) String() string { return fmt.Sprintf("%d.%d.%d", p.epoch, p.seq, p.index) }

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.epoch, o.epoch), cmp.Compare(p.seq, o.seq), cmp.Compare(p.index, o.index))
}

// sum adds up what was seen, whatever the order, in a way that anything missing, double or foreign changes it.
type sum struct {
	n int
	v uint64
}

func (s *sum) add(parts ...uint64) {
	h := uint64(1469598103934665603)
	for _, p := range parts {
		h = (h ^ p) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	s.n++
	s.v += h
}

func (s *sum) addPlace(p place) { s.add(uint64(p.epoch), uint64(p.seq), uint64(p.index)) }

func (s *sum) addText(text string) {
	parts := make([]uint64, len(text))
	for i := range len(text) {
		parts[i] = uint64(text[i])
	}
	s.add(parts...)
}

// streamKind is one of the five subscriptions.
type streamKind int

const (
	ofItems streamKind = iota
	ofPresence
	ofOffers
	ofDecisions
	ofFigures
)

var streamNames = [...]string{"workItems", "agentPresence", "agentOffers", "decisions", "queueFigures"}

// streamScope is of what a subscription is to hear.
type streamScope struct {
	kind                        streamKind
	queue, agent, contact, item string
	agents, queues              []string
	// deep: a work item's offer and assignment are asked for too, which the server reads for each message.
	deep bool
	// wide: messages are made large.
	wide bool
}

func (s *streamScope) String() string {
	parts := []string{streamNames[s.kind]}
	for _, f := range []string{s.queue, s.agent, s.contact, s.item, strings.Join(s.agents, "+"), strings.Join(s.queues, "+")} {
		if f != "" {
			parts = append(parts, f)
		}
	}
	return strings.Join(parts, " ")
}

// conditions counts what has to hold.
func (s *streamScope) conditions() (n int) {
	for _, given := range []bool{s.queue != "", s.agent != "", s.contact != "", s.item != "", len(s.agents) > 0, len(s.queues) > 0} {
		if given {
			n++
		}
	}
	return n
}

const itemSelection = `id status queueId contactId agentId priority leftUnassigned withoutPreferred`

const presenceSelection = `status { id } base cause changedAt signedIn`

const figuresSelection = `waiting leftUnassigned offered assigned oldestWaitingAt members signedIn presences { base count }`

var streamDocuments = [...]string{
	ofItems: `subscription ($f: WorkItemStreamFilter, $after: String) { m: workItems(filter: $f, after: $after) {
		type cursor change at workItem { ` + itemSelection + ` } } }`,
	ofPresence: `subscription ($f: AgentPresenceFilter, $after: String) { m: agentPresence(filter: $f, after: $after) {
		type cursor at agentId presence { ` + presenceSelection + ` } } }`,
	ofOffers: `subscription ($f: ID!, $after: String) { m: agentOffers(agentId: $f, after: $after) {
		type cursor at offer { id agentId workItemId state } } }`,
	ofDecisions: `subscription ($f: DecisionStreamFilter, $after: String) { m: decisions(filter: $f, after: $after) {
		type cursor decision { id workItemId attempt outcome agentId } } }`,
	ofFigures: `subscription ($f: [ID!], $after: String) { m: queueFigures(queueIds: $f, after: $after) {
		type cursor queueId figures { ` + figuresSelection + ` } } }`,
}

func (s *streamScope) document() string {
	if s.deep {
		return strings.Replace(streamDocuments[s.kind], "withoutPreferred", "withoutPreferred offer { id } assignment { id }", 1)
	}
	if s.wide {
		padding := ""
		for i := range 40 {
			padding += fmt.Sprintf("once%d: agentId ", i)
		}
		return strings.Replace(streamDocuments[s.kind], "cursor", "cursor "+padding, 1)
	}
	return streamDocuments[s.kind]
}

func (s *streamScope) variables(after *place) vars {
	f := vars{}
	for name, id := range map[string]string{"queueId": s.queue, "agentId": s.agent, "contactId": s.contact, "workItemId": s.item} {
		if id != "" {
			f[name] = id
		}
	}
	if len(s.agents) > 0 {
		f["agentIds"] = s.agents
	}
	v := vars{"f": f}
	switch {
	case s.kind == ofOffers:
		v["f"] = s.agent
	case s.kind == ofFigures && len(s.queues) > 0:
		v["f"] = s.queues
	case len(f) == 0:
		v["f"] = nil
	}
	if after != nil {
		v["after"] = after.String()
	}
	return v
}

// streamMessage is a message of any of the five.
type streamMessage struct {
	Type     string
	Cursor   *string
	Change   *string
	At       *time.Time
	WorkItem *streamItem
	AgentID  *string
	Presence *streamPresence
	Offer    *streamOffer
	Decision *streamDecision
	QueueID  *string
	Figures  *streamFigures
}

type withID struct{ ID string }

func (w *withID) String() string {
	if w == nil {
		return "-"
	}
	return w.ID
}

type streamItem struct {
	ID, Status, QueueID              string
	ContactID, AgentID               *string
	Priority                         int
	LeftUnassigned, WithoutPreferred bool
	Offer, Assignment                *withID
}

type streamPresence struct {
	Status    withID
	Base      string
	Cause     string
	ChangedAt time.Time
	SignedIn  bool
}

type streamOffer struct{ ID, AgentID, WorkItemID, State string }

type streamDecision struct {
	ID, WorkItemID, Outcome string
	Attempt                 int
}

type streamFigures struct {
	Waiting, LeftUnassigned, Offered, Assigned, Members, SignedIn int
	OldestWaitingAt                                               *time.Time
	Presences                                                     []struct {
		Base  string
		Count int
	}
}

func decodeStream(raw json.RawMessage) (*streamMessage, error) {
	var payload struct {
		Data   struct{ M *streamMessage }
		Errors apiErrors
	}
	switch err := json.Unmarshal(raw, &payload); {
	case err != nil:
		return nil, err
	case len(payload.Errors) > 0:
		return nil, payload.Errors
	case payload.Data.M == nil:
		return nil, fmt.Errorf("a message without data: %s", raw)
	}
	return payload.Data.M, nil
}

// object is what a message is about, and how it is: "" for READY and RESET.
func (m *streamMessage) object(deep bool) (id, text string) {
	switch {
	case m.WorkItem != nil:
		return m.WorkItem.ID, m.WorkItem.text(deep)
	case m.Offer != nil:
		return m.Offer.ID, m.Offer.text()
	case m.Decision != nil:
		return m.Decision.WorkItemID, m.Decision.ID
	case m.AgentID != nil && m.Presence != nil:
		return *m.AgentID, m.Presence.text()
	case m.AgentID != nil:
		return *m.AgentID, ""
	case m.QueueID != nil && m.Figures != nil:
		return *m.QueueID, m.Figures.text()
	case m.QueueID != nil:
		return *m.QueueID, ""
	}
	return "", ""
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func (w *streamItem) open() bool { return w.Status != "COMPLETED" && w.Status != "CANCELLED" }

func (w *streamItem) text(deep bool) string {
	text := fmt.Sprintf("%s queue %s contact %s agent %s priority %d left %t without %t", w.Status, w.QueueID, orDash(w.ContactID), orDash(w.AgentID),
		w.Priority, w.LeftUnassigned, w.WithoutPreferred)
	if deep {
		text += fmt.Sprintf(" offer %s assignment %s", w.Offer, w.Assignment)
	}
	return text
}

func (p *streamPresence) text() string {
	return fmt.Sprintf("%s %s %s since %d signed in %t", p.Status.ID, p.Base, p.Cause, p.ChangedAt.UnixMicro(), p.SignedIn)
}

func (o *streamOffer) text() string {
	return o.State + " to " + o.AgentID + " of " + o.WorkItemID
}

func (f *streamFigures) text() string {
	oldest := int64(0)
	if f.OldestWaitingAt != nil {
		oldest = f.OldestWaitingAt.UnixMicro()
	}
	return fmt.Sprintf("waiting %d left %d offered %d assigned %d oldest %d members %d signed in %d %v", f.Waiting, f.LeftUnassigned, f.Offered,
		f.Assigned, oldest, f.Members, f.SignedIn, f.Presences)
}

// passes tells whether a work item passes the filter.
func (s *streamScope) passes(w *streamItem) bool {
	return (s.queue == "" || s.queue == w.QueueID) && (s.agent == "" || s.agent == orDash(w.AgentID)) &&
		(s.contact == "" || s.contact == orDash(w.ContactID)) && (s.item == "" || s.item == w.ID)
}

// statusAfter is how a work item stands right after each change; several where it depends.
var statusAfter = map[string][]string{
	"CREATED": {"QUEUED"}, "OFFERED": {"OFFERED"}, "OFFER_REJECTED": {"QUEUED"}, "OFFER_MISSED": {"QUEUED"}, "OFFER_REVOKED": {"QUEUED"},
	"ACCEPTED": {"ASSIGNED"}, "PICKED": {"ASSIGNED"}, "ASSIGNED": {"ASSIGNED"}, "UNASSIGNED": {"QUEUED"}, "LEFT_QUEUE": {"QUEUED"},
	"TRANSFERRED": {"QUEUED"}, "PRIORITY_CHANGED": {"QUEUED", "OFFERED", "ASSIGNED"}, "CONTACT_LINKED": {"QUEUED", "OFFERED", "ASSIGNED"},
	"CONTACT_UNLINKED": {"QUEUED", "OFFERED", "ASSIGNED"}, "DECIDED": {"QUEUED"}, "COMPLETED": {"COMPLETED"}, "CANCELLED": {"CANCELLED"},
}

// streamEvent is a change as the database keeps it.
type streamEvent struct {
	at                          place
	kind                        string
	agent, item, contact, queue string
	offer                       string
	// asked: a decision that made an offer, which has its own event.
	asked bool
}

var (
	itemEvents = map[string]bool{
		"WORK_ITEM_CREATED": true, "WORK_ITEM_COMPLETED": true, "WORK_ITEM_CANCELLED": true, "WORK_ITEM_PICKED": true, "WORK_ITEM_ASSIGNED": true,
		"WORK_ITEM_UNASSIGNED": true, "WORK_ITEM_LEFT_QUEUE": true, "WORK_ITEM_TRANSFERRED": true, "WORK_ITEM_PRIORITY_CHANGED": true,
		"CONTACT_UNLINKED": true, "CONTACT_LINKED": true, "OFFER_MADE": true, "OFFER_ACCEPTED": true, "OFFER_REJECTED": true, "OFFER_MISSED": true,
		"OFFER_REVOKED": true, "DECISION": true,
	}
	presenceEvents = map[string]bool{"PRESENCE_CHANGED": true, "AGENT_CREATED": true, "AGENT_DELETED": true}
	memberEvents   = map[string]bool{"QUEUE_MEMBER_ADDED": true, "QUEUE_MEMBER_REMOVED": true}
)

// concerns tells of which object a scope hears by an event, "" for none. Who is in a queue is asked of when the event happened.
func (s *streamScope) concerns(ev *streamEvent, member func(queue, agent string) bool) string {
	switch s.kind {
	case ofItems:
		if itemEvents[ev.kind] && !ev.asked && (s.queue == "" || s.queue == ev.queue) && (s.agent == "" || s.agent == ev.agent) &&
			(s.contact == "" || s.contact == ev.contact) && (s.item == "" || s.item == ev.item) {
			return ev.item
		}
	case ofDecisions:
		if ev.kind == "DECISION" && (s.queue == "" || s.queue == ev.queue) && (s.item == "" || s.item == ev.item) {
			return ev.at.String()
		}
	case ofOffers:
		if strings.HasPrefix(ev.kind, "OFFER_") && s.agent == ev.agent {
			return ev.offer
		}
	case ofPresence:
		switch {
		case s.queue != "" && (memberEvents[ev.kind] && s.queue == ev.queue || presenceEvents[ev.kind] && member(s.queue, ev.agent)),
			s.queue == "" && presenceEvents[ev.kind] && (len(s.agents) == 0 || slices.Contains(s.agents, ev.agent)):
			return ev.agent
		}
	}
	return ""
}
