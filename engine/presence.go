package engine

import "time"

// BasePresence is what routing reads of a presence (PR-1). Inactive is set by the system only and is no base of other
// statuses.
type BasePresence string

// The base presences.
const (
	Available    BasePresence = "AVAILABLE"
	Busy         BasePresence = "BUSY"
	DoNotDisturb BasePresence = "DO_NOT_DISTURB"
	Away         BasePresence = "AWAY"
	Offline      BasePresence = "OFFLINE"
	Inactive     BasePresence = "INACTIVE"
)

// BasePresences lists all base presences, in the order in which people read them.
var BasePresences = [...]BasePresence{Available, Busy, DoNotDisturb, Away, Offline, Inactive}

// index is the place of a base presence in BasePresences, or -1.
func (b BasePresence) index() int {
	for i, known := range BasePresences {
		if b == known {
			return i
		}
	}
	return -1
}

// PresenceStatus is what an agent can be shown as: a text on a base (PR-1).
type PresenceStatus struct {
	ID   PresenceStatusID
	Text string
	Base BasePresence
	// Selectable: may be chosen by hand. Inactive may not.
	Selectable bool
}

// The ids of the built-in statuses.
const (
	StatusAvailable    PresenceStatusID = "ps_available"
	StatusBusy         PresenceStatusID = "ps_busy"
	StatusDoNotDisturb PresenceStatusID = "ps_do_not_disturb"
	StatusAway         PresenceStatusID = "ps_away"
	StatusOffline      PresenceStatusID = "ps_offline"
	StatusInactive     PresenceStatusID = "ps_inactive"
)

// BuiltInStatuses are the statuses that every server has; they can't be changed or deleted (PR-1).
var BuiltInStatuses = [...]PresenceStatus{
	{StatusAvailable, "Available", Available, true},
	{StatusBusy, "Busy", Busy, true},
	{StatusDoNotDisturb, "Do not disturb", DoNotDisturb, true},
	{StatusAway, "Appear away", Away, true},
	{StatusOffline, "Offline", Offline, true},
	{StatusInactive, "Inactive", Inactive, false},
}

// StatusByID finds a status; nil when there is none.
func StatusByID(id PresenceStatusID) *PresenceStatus {
	for i := range BuiltInStatuses {
		if BuiltInStatuses[i].ID == id {
			return &BuiltInStatuses[i]
		}
	}
	return nil
}

// PresenceCause is why an agent has the presence they have (PR-9).
type PresenceCause string

// The causes of a presence.
const (
	CauseCreated      PresenceCause = "CREATED"
	CauseSignIn       PresenceCause = "SIGN_IN"
	CauseManual       PresenceCause = "MANUAL"
	CauseRestored     PresenceCause = "RESTORED"
	CauseDisconnected PresenceCause = "DISCONNECTED"
	CauseSignOut      PresenceCause = "SIGN_OUT"
)

// AgentPresence is whether and how an agent is there.
type AgentPresence struct {
	Status    PresenceStatusID
	Cause     PresenceCause
	ChangedAt time.Time
	// Manual: chosen by hand, or restored from such a choice; a restored status keeps it (PR-7).
	Manual bool
	// SignedIn: has a live session (PR-8).
	SignedIn bool
}

// Base is what routing reads.
func (p AgentPresence) Base() BasePresence {
	if s := StatusByID(p.Status); s != nil {
		return s.Base
	}
	return Offline
}

// SetPresence chooses an agent's presence by hand. Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT/NOT_SIGNED_IN (PR-1, PR-6).
type SetPresence struct {
	AgentID  AgentID
	StatusID PresenceStatusID
}

func (c SetPresence) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, AgentsSupervise)
	if err != nil {
		return err
	}
	status := StatusByID(c.StatusID)
	if status == nil {
		return invalid("statusId", "there is no such presence status")
	}
	if !status.Selectable {
		return invalid("statusId", "only the system sets this presence status")
	}
	if !a.Presence.SignedIn {
		return conflict(ReasonNotSignedIn, "the agent has no live session")
	}
	r.Refs.Agent = a.ID
	if a.Presence.Status == status.ID && a.Presence.Manual {
		return nil // chosen already
	}
	e.setPresence(a, status.ID, CauseManual, true)
	e.changeAgent(a, func(a *Agent) { a.ManualMark++ })
	e.revokeDisallowed(a)
	e.agentMayBeAble(a)
	return nil
}

// setPresence is the only place where a status changes; the caller decides what follows from it.
func (e *Engine) setPresence(a *agent, status PresenceStatusID, cause PresenceCause, manual bool) {
	from := a.Presence.Status
	e.changeAgent(a, func(a *Agent) {
		a.Presence.Status, a.Presence.Cause, a.Presence.Manual, a.Presence.ChangedAt = status, cause, manual, e.now
	})
	e.emitAgent(Event{
		Type: EventPresenceChanged, Body: EventBody{From: string(from), To: string(status), Cause: string(cause)},
	}, a)
}

// revokeDisallowed takes back the open offers whose workstream does not allow the presence that the agent chose by hand (OF-3).
func (e *Engine) revokeDisallowed(a *agent) {
	for _, w := range a.offered() {
		if !w.workstream.allows(a.Presence.Base()) {
			e.revokeOffer(w, RevokePresenceChanged)
			e.rerouteItem(w)
		}
	}
}
