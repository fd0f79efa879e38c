package checker

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// The subscriptions of an observer whose messages a Recorder takes. Each is given `after`, Recorder.Cursor of its stream.
const (
	PresenceDocument = `subscription ($after: String) { agentPresence(after: $after) { type cursor at agentId
		presence { base cause changedAt signedIn } } }`
	ItemsDocument = `subscription ($after: String) { workItems(after: $after) { type cursor at change
		workItem { id queueId contactId priority withoutPreferred createdAt } } }`
	// OffersDocument is the least that is needed of an agent's own stream; more fields do no harm.
	OffersDocument = `subscription ($agent: ID!, $after: String) { agentOffers(agentId: $agent, after: $after) { type cursor at
		offer { id agentId state } } }`
)

// The names of the streams; the one of an agent's offers is the agent's id.
const (
	PresenceStream = "presences"
	ItemStream     = "items"
)

// Recorder makes the Log of what public subscriptions push to an observer, with the server's own instants. The driver provides the
// sockets, gives it each message, and tells it of every connection that ends. What lay between two connections is told as the bounds of
// what was found changed afterwards. It may be used by many goroutines at once; the messages of one stream come in their order.
type Recorder struct {
	now func() time.Time

	mu       sync.Mutex
	log      Log
	streams  map[string]*heard
	presence map[string]presenceTold // what is known of each agent's
	loose    map[string]int          // the place in the log of a presence of which only is known that it began before it was heard of
	items    map[string]Placement
	deleted  map[string][]time.Time // agents, with the instants that the stream told
}

// heard is how far a stream is.
type heard struct {
	cursor string
	// began: it was ready before, so that a start tells what has changed since.
	began bool
	// until is the last instant up to which all is known.
	until time.Time
	own   *Stream // of an agent's offers, while it is open
}

// NewRecorder begins a log, best before the first item is created: what people did to items before it listens is not told.
// now is the server's time as well as the driver knows it, nil for the machine's; speed is how many times as fast it runs.
func NewRecorder(now func() time.Time, speed float64) *Recorder {
	if now == nil {
		now = time.Now
	}
	return &Recorder{
		now: now, log: Log{ClockSpeed: speed}, streams: map[string]*heard{}, presence: map[string]presenceTold{}, loose: map[string]int{}, items: map[string]Placement{}, deleted: map[string][]time.Time{},
	}
}

// message is one of any stream.
type message struct {
	Type     string
	Cursor   string
	At       time.Time
	Change   string
	AgentID  string
	Presence *presenceTold
	WorkItem *struct {
		ID, QueueID, ContactID string
		Priority               int
		WithoutPreferred       bool
		CreatedAt              time.Time
	}
	Offer *struct{ ID, AgentID, State string }
}

// presenceTold is a presence as the API tells it. One that another cause keeps from now on changes without a new ChangedAt.
type presenceTold struct {
	Base, Cause string
	ChangedAt   time.Time
	SignedIn    bool
}

// Hear takes a message: the `data` of a GraphQL answer, with one field. An error is of a message that is none of the documents'.
func (r *Recorder) Hear(stream string, data json.RawMessage) error {
	var fields map[string]*message
	if err := json.Unmarshal(data, &fields); err != nil || len(fields) != 1 {
		return fmt.Errorf("stream %s: %.200s is no message: %w", stream, data, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range fields {
		if m == nil || m.Type == "" {
			return fmt.Errorf("stream %s: %.200s has no type", stream, data)
		}
		r.hear(stream, m)
	}
	return nil
}

func (r *Recorder) hear(stream string, m *message) {
	s := r.stream(stream)
	if m.Cursor != "" {
		s.cursor = m.Cursor
	}
	if m.Type == "RESET" {
		s.cursor = ""
		return
	}
	switch stream {
	case PresenceStream:
		r.hearPresence(s, m)
	case ItemStream:
		r.hearItem(s, m)
	default:
		r.hearOffer(stream, s, m)
	}
	if m.Type == "READY" {
		s.began = true
	}
	if m.At.After(s.until) {
		s.until = m.At
	}
}

func (r *Recorder) stream(name string) *heard {
	if r.streams[name] == nil {
		r.streams[name] = &heard{}
	}
	return r.streams[name]
}

// Cursor is what to resume a stream with; nil, for null, begins it anew.
func (r *Recorder) Cursor(stream string) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.streams[stream]; s != nil && s.cursor != "" {
		return s.cursor
	}
	return nil
}

// Cut tells that a stream's connection is about to be ended, best before anything is done to that end: what happened a second before
// (pushTolerance) has been pushed by then. What is heard until the next start is still taken.
func (r *Recorder) Cut(stream string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.streams[stream]
	if s == nil || !s.began {
		return
	}
	if s.own != nil && s.own.Closing.IsZero() {
		s.own.Closing = r.now()
	}
	if surely := r.now().Add(-r.log.scaled(pushTolerance)); surely.After(s.until) {
		s.until = surely
	}
}

// Closed tells that nothing more comes of a stream until it is begun again. Without Cut all is sure up to the last message only.
func (r *Recorder) Closed(stream string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.stream(stream); s.own != nil {
		if s.own.Closing.IsZero() {
			s.own.Closing = r.now()
		}
		r.log.Streams = append(r.log.Streams, *s.own)
		s.own = nil
	}
}

// hearPresence: what a start tells has held since changedAt at the longest; if that is not what was known, what came before it is not known.
func (r *Recorder) hearPresence(s *heard, m *message) {
	if m.Type == "REMOVED" {
		delete(r.presence, m.AgentID)
		if !m.At.IsZero() {
			r.deleted[m.AgentID] = append(r.deleted[m.AgentID], m.At)
		}
		return
	}
	if m.Presence == nil {
		return
	}
	p := *m.Presence
	before, known := r.presence[m.AgentID]
	if p.ChangedAt.Equal(before.ChangedAt) && p.Cause == before.Cause && p.Base == before.Base {
		return // two items that are taken in one instant can give two presences of one cause
	}
	r.presence[m.AgentID] = p
	if p.Cause == "CREATED" {
		return
	}
	c := PresenceChange{Span: At(m.At), Agent: m.AgentID, Base: p.Base, SignedIn: p.SignedIn, Cause: p.Cause}
	if m.Type == "STATE" {
		c.Span, c.More = At(p.ChangedAt), true
		if p.ChangedAt.Equal(before.ChangedAt) { // only what keeps it is another
			c.NotAfter = r.now()
			r.loose[m.AgentID] = len(r.log.Presence)
		}
		c.NotBefore = time.Time{}
		if known || s.began { // an agent who was not there before is new, and was Offline until then
			c.NotBefore = s.until
		}
		if c.NotBefore.After(c.NotAfter) {
			c.NotBefore = c.NotAfter
		}
	}
	if i, loose := r.loose[m.AgentID]; loose && m.Type == "CHANGED" {
		if end := &r.log.Presence[i].NotAfter; end.After(m.At) {
			*end = m.At
		}
		delete(r.loose, m.AgentID)
	}
	r.log.Presence = append(r.log.Presence, c)
}

// hearItem notes what people changed of an item.
func (r *Recorder) hearItem(s *heard, m *message) {
	if m.WorkItem == nil || m.Type != "STATE" && m.Type != "CHANGED" {
		return
	}
	it := m.WorkItem
	after := Placement{it.QueueID, it.ContactID, it.Priority, it.WithoutPreferred}
	before, known := r.items[it.ID]
	r.items[it.ID] = after
	if !known {
		before = after
	}
	c := ItemChange{Span: At(m.At), Item: it.ID, Before: before, After: after}
	switch {
	case m.Type == "STATE":
		c.Span, c.More = Span{s.until, r.now()}, true
		if !known || c.NotBefore.Before(it.CreatedAt) {
			c.NotBefore = it.CreatedAt
		}
	case m.Change == "TRANSFERRED", m.Change == "PRIORITY_CHANGED", m.Change == "CONTACT_LINKED" && before != after:
		c.Kind = m.Change
	case m.Change == "CONTACT_UNLINKED" && before != after: // what it is linked to, if anything, is told with this one already
		c.Kind = "CONTACT_LINKED"
	case m.Change == "LEFT_QUEUE":
		r.items[it.ID] = before // the transfer is told next
		return
	default:
		return
	}
	r.log.Items = append(r.log.Items, c)
}

func (r *Recorder) hearOffer(agent string, s *heard, m *message) {
	if s.own == nil {
		s.own = &Stream{Agent: agent}
	}
	if m.Type == "READY" {
		s.own.Ready = r.now()
	}
	if o := m.Offer; o != nil {
		s.own.Messages = append(s.own.Messages, StreamMessage{o.ID, o.AgentID, o.State, m.At})
	}
}

// Answered logs a mutation; without Acknowledged it is acknowledged now. Unanswered logs one to which no answer came.
func (r *Recorder) Answered(a Answer) {
	if a.Acknowledged.IsZero() {
		a.Acknowledged = r.now()
	}
	r.Unanswered(a)
}

// Unanswered logs a mutation of which nobody knows whether it was done.
func (r *Recorder) Unanswered(a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Answers = append(r.log.Answers, a)
}

// Restarted logs that the server was away, from the last instant at which it may have worked to the first at which it answered again.
func (r *Recorder) Restarted(away Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Restarts = append(r.log.Restarts, away)
}

// Member logs that an agent joined or left a queue.
func (r *Recorder) Member(c MemberChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Members = append(r.log.Members, c)
}

// Contacts are all whose items the observer was told of, for Read.
func (r *Recorder) Contacts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]bool{}
	for _, p := range r.items {
		all[p.Contact] = true
	}
	for _, c := range r.log.Items {
		all[c.Before.Contact] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all))
}

// Log is a copy of all that was recorded so far. Streams that are not closed are left out.
func (r *Recorder) Log() Log {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.log
	l.Restarts, l.Presence, l.Agents = slices.Clone(l.Restarts), slices.Clone(l.Presence), slices.Clone(l.Agents)
	l.Queues, l.Workstreams, l.Members = slices.Clone(l.Queues), slices.Clone(l.Workstreams), slices.Clone(l.Members)
	l.Policies, l.Rows, l.Items = slices.Clone(l.Policies), slices.Clone(l.Rows), slices.Clone(l.Items)
	l.Answers, l.Streams = slices.Clone(l.Answers), slices.Clone(l.Streams)
	for i, c := range l.Agents { // of a deletion the stream tells the instant
		if c.After != nil {
			continue
		}
		for _, at := range r.deleted[c.ID] {
			if c.holds(at) {
				l.Agents[i].Span = At(at)
			}
		}
	}
	return l
}
