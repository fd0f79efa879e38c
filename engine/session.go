package engine

import "time"

// Session is one live subscription of an agent to their own offers: one device (PR-8). The transport opens and closes it.
type Session struct {
	ID       SessionID
	AgentID  AgentID
	OpenedAt time.Time
}

// OpenSession signs an agent in, or adds a device to those they have. Back within 150 seconds of losing the last session
// the presence that was is restored, later it is as at sign-in (PR-3, PR-7, PR-8). Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS, LIMIT_EXCEEDED.
type OpenSession struct {
	// ID is empty for an id made by the engine. Whoever must be able to close a session without having seen the answer sets it.
	ID      SessionID
	AgentID AgentID
}

func (c OpenSession) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, AgentsSupervise)
	if err != nil {
		return err
	}
	if c.ID != "" && !ValidID("se_", string(c.ID)) {
		return invalid("id", "must be se_ and a UUID in lower case")
	}
	if e.sessions[c.ID] != nil {
		return conflict(ReasonAlreadyExists, "there is a session with this id")
	}
	if len(a.sessions)-a.orphans >= MaxSessionsPerAgent {
		return tooMany("", "an agent can have %d sessions at once", MaxSessionsPerAgent)
	}
	if c.ID == "" {
		c.ID = SessionID(e.ids.next("se_"))
	}
	e.dropOrphans(a) // they came back: what was from before the restart is replaced
	wasSignedIn := a.Presence.SignedIn
	s := &Session{ID: c.ID, AgentID: a.ID, OpenedAt: e.now}
	e.addSession(a, s)
	e.emit(Event{Type: EventSessionOpened, AgentID: a.ID, Body: EventBody{SessionID: s.ID}})
	r.Session, r.Refs.Agent = s, a.ID
	if wasSignedIn {
		return nil
	}
	restore := e.mayRestore(a)
	status, cause, source := e.signInPresence(a)
	if restore {
		status, cause, source = e.status(a.CapturedStatus), CauseRestored, a.CapturedSource
	}
	e.changeAgent(a, func(a *Agent) {
		a.Presence.SignedIn = true
		a.LeftAt, a.ReconnectBy = nil, nil
		if !restore {
			a.SignInMark++
		}
	})
	if noWork.mayReplace(source, status.Base, e.overCapacity(a)) {
		status, source = e.computed(a, source)
	}
	e.setPresence(a, status, cause, source)
	e.agentMayBeAble(a)
	return nil
}

// mayRestore tells whether an agent who is away gets back what they had if they return now (PR-7).
func (e *Engine) mayRestore(a *agent) bool {
	return a.LeftAt != nil && e.now.Sub(*a.LeftAt) <= RestoreWithin
}

// signInPresence is what an agent signs in with: their default, else the organisation's, else Available. Away and Offline are kept, any other is
// computed (PR-3).
func (e *Engine) signInPresence(a *agent) (*PresenceStatus, PresenceCause, PresenceSource) {
	for _, id := range [...]PresenceStatusID{a.DefaultStatusID, e.org.DefaultStatusID} {
		if status := e.status(id); status != nil {
			if status.Base == Away || status.Base == Offline {
				return status, CauseSignIn, SourceDefault
			}
			break
		}
	}
	return builtInOf(Available), CauseSignIn, SourceComputed
}

// CloseSession ends a session that was lost: its tab closed, its device off, its network gone. The agent's last one makes them
// Offline at once; open offers stay for the organisation's ReconnectSeconds (PR-7). An unknown session changes nothing.
type CloseSession struct {
	SessionID SessionID
}

func (c CloseSession) apply(e *Engine, r *Result) error {
	s := e.sessions[c.SessionID]
	if s == nil {
		return nil
	}
	a := e.agents.get(s.AgentID)
	e.endSession(a, s, "")
	if len(a.sessions) == 0 {
		e.lostLastSession(a, e.now)
	}
	return nil
}

// lostLastSession captures the presence and starts the short interruption, which counts from lostAt (PR-7).
func (e *Engine) lostLastSession(a *agent, lostAt time.Time) {
	e.leave(a, CauseDisconnected)
	reconnectBy := lostAt.Add(time.Duration(e.org.ReconnectSeconds) * time.Second)
	if len(a.offers) == 0 {
		return
	}
	if !reconnectBy.After(e.now) {
		e.revokeAll(a, RevokeDisconnected)
		return
	}
	e.changeAgent(a, func(a *Agent) { a.ReconnectBy = &reconnectBy })
}

// leave makes an agent without sessions Offline, with what was captured.
func (e *Engine) leave(a *agent, cause PresenceCause) {
	e.changeAgent(a, func(a *Agent) {
		a.CapturedStatus, a.CapturedSource = a.Presence.Status, a.Presence.Source
		left := e.now
		a.LeftAt = &left
		a.Presence.SignedIn = false
	})
	e.setPresence(a, builtInOf(Offline), cause, SourceSignedOut)
	e.agentMayBeAble(a) // where nobody is asked, Offline may be allowed (OF-2)
}

// SignOut ends all sessions of an agent: Offline at once, open offers revoked, assigned work kept (OF-3, PR-7).
// Errors: NOT_FOUND.
type SignOut struct {
	AgentID AgentID
}

func (c SignOut) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, AgentsSupervise)
	if err != nil {
		return err
	}
	r.Refs.Agent = a.ID
	for len(a.sessions) > 0 {
		e.endSession(a, a.sessions[0], CauseSignOut)
	}
	if a.Presence.SignedIn {
		e.leave(a, CauseSignOut)
	}
	if a.ReconnectBy != nil {
		e.changeAgent(a, func(a *Agent) { a.ReconnectBy = nil })
	}
	e.revokeAll(a, RevokeSignedOut)
	return nil
}

// reconnectTimeOver ends the short interruption of an agent who has not come back (PR-7, OF-3).
func (e *Engine) reconnectTimeOver(a *agent) {
	e.changeAgent(a, func(a *Agent) { a.ReconnectBy = nil })
	e.revokeAll(a, RevokeDisconnected)
}

// restartGraceOver ends the sessions from before the restart that did not come back.
func (e *Engine) restartGraceOver(a *agent) {
	e.dropOrphans(a)
	if len(a.sessions) == 0 && a.Presence.SignedIn {
		e.lostLastSession(a, e.startedAt)
	}
}

func (e *Engine) dropOrphans(a *agent) {
	for a.orphans > 0 {
		e.endSession(a, a.sessions[0], "") // orphans are the oldest
	}
}

// endSession takes a session away; the cause is set when it was asked for.
func (e *Engine) endSession(a *agent, s *Session, cause PresenceCause) {
	e.removeSession(a, s)
	e.emit(Event{Type: EventSessionClosed, AgentID: a.ID, Body: EventBody{SessionID: s.ID, Cause: string(cause)}})
}

func (e *Engine) revokeAll(a *agent, reason RevokeReason) {
	for _, w := range a.offered() {
		e.revokeOffer(w, reason)
		e.rerouteItem(w)
	}
}
