package checker

import "time"

// Log is what the driver of the server did, and when it was told that it was done. What it leaves out did not happen.
type Log struct {
	// Presence has every change of an agent's presence, in the order in which it happened to each agent. Before the first one an agent
	// is Offline without a session.
	Presence []PresenceChange
	// Rows and Members have the changes of the matrix and of memberships since the first item was created.
	Rows    []RowChange
	Members []MemberChange
	Answers []Answer
	Streams []Stream
}

// Span holds the instant of a change: it was not before NotBefore and not after NotAfter. The two are the same where the server told
// the instant.
type Span struct{ NotBefore, NotAfter time.Time }

// At is the span of a known instant.
func At(t time.Time) Span { return Span{t, t} }

// holds tells whether an instant lies within the bounds.
func (s Span) holds(at time.Time) bool { return !at.Before(s.NotBefore) && !at.After(s.NotAfter) }

// PresenceChange is a new presence of an agent.
type PresenceChange struct {
	Span
	Agent string
	// Base is what routing reads from then on; SignedIn whether there is a live session.
	Base     string
	SignedIn bool
	// Cause is that of the API: MANUAL, SIGN_IN, RESTORED, DISCONNECTED, SIGN_OUT.
	Cause string
}

// RowChange is a new row of preferred agents; empty is none.
type RowChange struct {
	Span
	Contact       string
	Before, After []string
}

// MemberChange is an agent who joined or left a queue.
type MemberChange struct {
	Span
	Queue, Agent string
	Joined       bool
}

// Answer is a mutation that the server acknowledged: with Done ACCEPTED or REJECTED for an offer; CREATED, COMPLETED or CANCELLED for
// an item; or LATE for an offer that was answered and refused because it had ended.
type Answer struct {
	Done               string
	Offer, Item, Agent string
	Sent, Acknowledged time.Time
}

// Stream is one subscription of an agent to their own offers, from when its start was complete to when its end began.
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
