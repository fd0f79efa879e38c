package checker

import "time"

// Log is what the driver of the server did, and when it was told that it was done. What it leaves out did not happen. All its times are of
// the server's clock: a driver of a server whose clock runs faster converts its own. Recorder makes one.
type Log struct {
	// ClockSpeed is how many times as fast as the machine's the server's clock runs; 0 stands for 1.
	ClockSpeed float64
	// Restarts are the times in which the server was away, or could change nothing because its database was, in order: from the last instant
	// at which it may have worked to the first at which it answered again.
	Restarts []Span
	// Presence has every change of an agent's presence, in the order in which it happened to each agent. Before the first one an agent
	// is Offline without a session.
	Presence []PresenceChange
	// Agents, Queues (without their members) and Workstreams have the changes of settings; nil is what is not there. Members have those
	// of memberships; a deleted agent leaves their queues, which is told here too.
	Agents      []Change[*Agent]
	Queues      []Change[*Queue]
	Workstreams []Change[*Workstream]
	Members     []MemberChange
	// Policies have the changes of what workstreams, contacts and the organisation set (RT-1), Rows those of the matrix, both by the id.
	Policies []Change[ScopePolicy]
	Rows     []Change[[]string]
	// Items have what was changed of items by hand (WS-6), but for assignments, which the API tells.
	Items   []ItemChange
	Answers []Answer
	Streams []Stream
}

// OrganizationID is the id under which Log.Policies have the organisation's.
const OrganizationID = "or_1"

// Span holds the instant of a change: it was not before NotBefore and not after NotAfter. The two are the same where the server told
// the instant.
type Span struct{ NotBefore, NotAfter time.Time }

// At is the span of a known instant.
func At(t time.Time) Span { return Span{t, t} }

// holds tells whether an instant lies within the bounds.
func (s Span) holds(at time.Time) bool { return !at.Before(s.NotBefore) && !at.After(s.NotAfter) }

// exact tells whether the instant is known.
func (s Span) exact() bool { return s.NotBefore.Equal(s.NotAfter) }

// Change is a new state of the settings of something.
type Change[T any] struct {
	Span
	ID            string
	Before, After T
}

// PresenceChange is a new presence of an agent.
type PresenceChange struct {
	Span
	Agent string
	// Base is what routing reads from then on, the one that was or another; SignedIn whether there is a live session.
	Base     string
	SignedIn bool
	// Cause is that of the API. Whoever resets a presence that no declined offer has set changes none, and must not do so in a history.
	Cause string
	// More: there may have been other changes within the bounds, of which this is the last.
	More bool
}

// MemberChange is an agent who joined or left a queue.
type MemberChange struct {
	Span
	Queue, Agent string
	Joined       bool
}

// ItemChange is something that people changed of an open item (WS-6).
type ItemChange struct {
	Span
	Item string
	// Kind is TRANSFERRED, PRIORITY_CHANGED or CONTACT_LINKED; empty for what was found changed after a time in which nobody listened.
	Kind          string
	Before, After Placement
	// More: there may have been other changes within the bounds. Only if one was sent, which Answers tell.
	More bool
}

// Answer is a mutation that was sent, and what the server answered.
type Answer struct {
	// Done is ACCEPTED or REJECTED for an offer; CREATED, COMPLETED, CANCELLED, PICKED, ASSIGNED (to Agent), TRANSFERRED,
	// CONTACT_LINKED or PRIORITY_CHANGED for an item; LATE for an offer that was answered and refused because it had ended; SIGNED_OUT
	// for an agent who was away already, which takes back their offers too.
	Done        string
	Offer, Item string
	// Agent is who did it; whom it was done to for ASSIGNED; empty where it was nobody's own work. Who transfers their own work counts as
	// having declined it, so a transfer in somebody's name is told with it.
	Agent string
	// Acknowledged is zero when no answer came: then it may have been done at any time since, or not. What was to be CREATED then has no id.
	Sent, Acknowledged time.Time
	// GoneAt is for what was not answered: when the server that was asked was gone, so that it was done by then or not at all. Zero where
	// it may still be done.
	GoneAt time.Time
	// Again: it may have been done by an earlier call, which this one repeated.
	Again bool
}

// holds tells whether it may have been done at an instant.
func (a Answer) holds(at time.Time, tolerance time.Duration) bool {
	early := !a.Again && at.Before(a.Sent.Add(-tolerance))
	end := a.end()
	return !early && (end.IsZero() || !at.After(end.Add(tolerance)))
}

// end is the last instant at which it may have been done; zero when there is none.
func (a Answer) end() time.Time {
	if a.Acknowledged.IsZero() {
		return a.GoneAt
	}
	return a.Acknowledged
}

// Stream is one subscription of an agent to their own offers, from when its start was complete to when its end began. After a restart of
// the server it is another one.
type Stream struct {
	Agent          string
	Ready, Closing time.Time
	Messages       []StreamMessage
}

// StreamMessage is one message of a stream: of the start (At is zero) or about a change.
type StreamMessage struct {
	Offer, Agent, State string
	At                  time.Time
}
