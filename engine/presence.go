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
	// CauseWorkTaken and CauseWorkReleased: computed when work came or went (PR-4).
	CauseWorkTaken    PresenceCause = "WORK_TAKEN"
	CauseWorkReleased PresenceCause = "WORK_RELEASED"
	// CauseCapacityChanged: computed when a limit was changed by hand (CP-3); CauseCapacityReset: when the day was over, or by hand (CP-2).
	CauseCapacityChanged PresenceCause = "CAPACITY_CHANGED"
	CauseCapacityReset   PresenceCause = "CAPACITY_RESET"
	// CauseOpenWorkLimit: routing would have chosen an agent who stood at the limit of open work (PR-4).
	CauseOpenWorkLimit PresenceCause = "OPEN_WORK_LIMIT"
	CauseOfferMissed   PresenceCause = "OFFER_MISSED"
	CauseOfferRejected PresenceCause = "OFFER_REJECTED"
	// CauseReset: the agent put an end to what a missed or rejected offer had set (PR-5).
	CauseReset PresenceCause = "RESET"
	// CauseStatusChanged: the status was given another base, or deleted and replaced (PR-2).
	CauseStatusChanged PresenceCause = "STATUS_CHANGED"
)

// PresenceSource is what keeps a presence as it is: it says which changes may replace it (PR-3 to PR-6).
type PresenceSource string

// The sources of a presence.
const (
	// SourceComputed follows the agent's load.
	SourceComputed PresenceSource = "COMPUTED"
	// SourceOpenWorkLimit is Do not disturb because routing would have chosen them at the limit of open work; it holds until they are below it (PR-4).
	SourceOpenWorkLimit PresenceSource = "OPEN_WORK_LIMIT"
	// SourceManual was chosen by hand. Available and Busy hold until work is next taken or closed, the others until changed by hand or signed out.
	SourceManual PresenceSource = "MANUAL"
	// SourceDefault is an Away or Offline that the agent signed in with; it holds as if chosen by hand.
	SourceDefault PresenceSource = "DEFAULT"
	// SourceDeclined was set by a missed or rejected offer; it holds until reset, a choice by hand, or accepting or picking by hand.
	SourceDeclined PresenceSource = "DECLINED"
	// SourceSignedOut is Offline without a live session.
	SourceSignedOut PresenceSource = "SIGNED_OUT"
)

// AgentPresence is whether and how an agent is there.
type AgentPresence struct {
	Status PresenceStatusID
	// Base is that of the status: what routing reads.
	Base   BasePresence
	Cause  PresenceCause
	Source PresenceSource
	// ChangedAt is since when the agent has the status.
	ChangedAt time.Time
	// SignedIn: has a live session (PR-8).
	SignedIn bool
}

// SetPresence chooses an agent's presence by hand: a built-in status but Inactive, or one of one's own that is for everyone or granted to the
// agent. Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT/NOT_SIGNED_IN (PR-1, PR-2, PR-6).
type SetPresence struct {
	AgentID  AgentID
	StatusID PresenceStatusID
}

func (c SetPresence) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, AgentsSupervise)
	if err != nil {
		return err
	}
	status := e.status(c.StatusID)
	if status == nil {
		return invalid("statusId", "there is no such presence status")
	}
	if !status.Selectable {
		return invalid("statusId", "only the system sets this presence status")
	}
	if !e.maySelect(a, status) {
		return invalid("statusId", "this agent may not choose this presence status")
	}
	if !a.Presence.SignedIn {
		return conflict(ReasonNotSignedIn, "the agent has no live session")
	}
	r.Refs.Agent = a.ID
	if a.Presence.Status == status.ID && a.Presence.Source == SourceManual {
		return nil // chosen already
	}
	e.setPresence(a, status, CauseManual, SourceManual)
	e.changeAgent(a, func(a *Agent) { a.ManualMark++ })
	e.revokeDisallowed(a)
	if e.recompute(a, CauseCapacityChanged, noWork); a.Presence.Source != SourceManual {
		r.warn(WarnPresenceOverruled, "statusId", "the agent has more work than capacity, so their presence is Do not disturb")
	}
	e.agentMayBeAble(a)
	return nil
}

// ResetPresence ends what a missed or rejected offer had set: the presence is computed again, and the agent can be asked again for what they
// declined below the limit. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/NOT_SIGNED_IN (PR-5, OF-4).
type ResetPresence struct{ AgentID AgentID }

func (c ResetPresence) apply(e *Engine, r *Result) error {
	a, err := e.actingAgent(c.AgentID, AgentsSupervise)
	if err != nil {
		return err
	}
	if !a.Presence.SignedIn {
		return conflict(ReasonNotSignedIn, "the agent has no live session")
	}
	r.Refs.Agent = a.ID
	e.changeAgent(a, func(a *Agent) { a.SignInMark++ })
	if a.Presence.Source == SourceDeclined {
		status, source := e.computed(a, a.Presence.Source)
		e.setPresence(a, status, CauseReset, source)
	}
	e.agentMayBeAble(a)
	return nil
}

// setPresence is the only place where a presence changes; the caller decides what follows from it.
func (e *Engine) setPresence(a *agent, status *PresenceStatus, cause PresenceCause, source PresenceSource) {
	from := a.Presence
	if from.Status == status.ID && from.Base == status.Base && from.Source == source {
		return
	}
	e.changeAgent(a, func(a *Agent) {
		p := &a.Presence
		p.Status, p.Base, p.Cause, p.Source = status.ID, status.Base, cause, source
		if from.Status != status.ID || from.Base != status.Base {
			p.ChangedAt = e.now
		}
	})
	e.emitAgent(Event{Type: EventPresenceChanged, Body: EventBody{
		From: string(from.Status), To: string(status.ID), Cause: string(cause), FromBase: from.Base, ToBase: status.Base,
	}}, a)
}

// work is what a recomputation follows from: it says which presences it may replace (PR-5, PR-6).
type work uint8

const (
	// noWork: limits changed, or time passed.
	noWork work = iota
	// someWork: the agent's work came or went without their doing.
	someWork
	// ownWork: the agent accepted an offer or picked an item.
	ownWork
)

// mayReplace tells whether a computed presence may take the place of one that the source keeps.
func (w work) mayReplace(source PresenceSource, base BasePresence, negative bool) bool {
	switch source {
	case SourceComputed, SourceOpenWorkLimit:
		return true
	case SourceManual:
		return (base == Available || base == Busy) && (w != noWork || negative)
	case SourceDeclined:
		return w == ownWork
	}
	return false
}

// recompute sets the presence that follows from the agent's load, unless what they have holds (PR-4 to PR-6); of an agent who is away it says
// whether what they had when they left still holds (PR-7). A presence that is only computed revokes nothing (OF-3).
func (e *Engine) recompute(a *agent, cause PresenceCause, w work) {
	p, negative := a.Presence, e.overCapacity(a)
	if !p.SignedIn {
		if e.mayRestore(a) && w.mayReplace(a.CapturedSource, e.status(a.CapturedStatus).Base, negative) {
			if _, source := e.computed(a, a.CapturedSource); source != a.CapturedSource {
				e.changeAgent(a, func(a *Agent) { a.CapturedSource = source })
			}
		}
		return
	}
	if !w.mayReplace(p.Source, p.Base, negative) {
		return
	}
	status, source := e.computed(a, p.Source)
	if p.Source == source && p.Status == status.ID {
		return
	}
	e.setPresence(a, status, cause, source)
	e.agentMayBeAble(a)
}

// computed is the presence that follows from assigned work (PR-4, CP-1) in the place of one that has a source: who is Do not disturb by the limit of
// open work stays so while they stand at it.
func (e *Engine) computed(a *agent, from PresenceSource) (*PresenceStatus, PresenceSource) {
	switch {
	case from == SourceOpenWorkLimit && e.atOpenWorkLimit(a):
		return builtInOf(DoNotDisturb), SourceOpenWorkLimit
	case e.capacityFull(a):
		return builtInOf(DoNotDisturb), SourceComputed
	case a.usesCapacity():
		return builtInOf(Busy), SourceComputed
	}
	return builtInOf(Available), SourceComputed
}

// declined sets what the settings give to who missed or rejected an offer (PR-5).
func (e *Engine) declined(a *agent, w *workItem, state OfferState) {
	status, cause, on := builtInOf(Inactive), CauseOfferMissed, e.org.MissedSetsInactive
	set(&on, w.workstream.MissedSetsInactive)
	if state == OfferRejected {
		status, cause, on = builtInOf(DoNotDisturb), CauseOfferRejected, e.org.RejectedSetsDoNotDisturb
		set(&on, w.workstream.RejectedSetsDoNotDisturb)
	}
	p := a.Presence
	holds := p.Source == SourceDefault || p.Source == SourceManual && p.Base != Available && p.Base != Busy
	if !on || !p.SignedIn || holds {
		return
	}
	e.setPresence(a, status, cause, SourceDeclined)
	e.revokeDisallowed(a)
}

// standsAtLimit makes an agent Do not disturb whom routing would have chosen but for the limit of open work (PR-4, PR-6).
func (e *Engine) standsAtLimit(a *agent) {
	if p := a.Presence; (p.Base == Available || p.Base == Busy) && (p.Source == SourceComputed || p.Source == SourceManual) {
		e.setPresence(a, builtInOf(DoNotDisturb), CauseOpenWorkLimit, SourceOpenWorkLimit)
	}
}

// leftLimit computes the presence of an agent anew who is below the limit of open work again.
func (e *Engine) leftLimit(a *agent) {
	source := a.Presence.Source
	if a.LeftAt != nil {
		source = a.CapturedSource
	}
	if source == SourceOpenWorkLimit && !e.atOpenWorkLimit(a) {
		e.recompute(a, CauseWorkReleased, noWork)
	}
}

// revokeDisallowed takes back the open offers whose workstream does not allow the presence that the agent chose by hand, or got by a miss or
// a rejection (OF-3).
func (e *Engine) revokeDisallowed(a *agent) {
	for _, w := range a.offered() {
		if !w.workstream.allows(a.Presence.Base) {
			e.revokeOffer(w, RevokePresenceChanged)
			e.rerouteItem(w)
		}
	}
}

// recomputeLater marks an agent whose presence is to be computed anew, because the limits of very many may have changed: a bounded number at a time.
// What comes of it is recorded as caused by the last actor for whom the agent was marked (PR-9).
func (e *Engine) recomputeLater(a *agent, by Actor) {
	if a.staleBy = by; !a.stale {
		a.stale = true
		e.stale = append(e.stale, a)
	}
}

// recomputeAllLater marks everybody.
func (e *Engine) recomputeAllLater(by Actor) {
	for _, a := range e.agents.all {
		e.recomputeLater(a, by)
	}
}

// recomputeStale computes marked presences, and with them the ends of the days; see NextDeadline for the rest.
func (e *Engine) recomputeStale() {
	acting := e.actor
	rows, events, n := len(e.pending.agents), len(e.pending.Events), 0
	for ; n < len(e.stale) && max(len(e.pending.agents)-rows, len(e.pending.Events)-events) < maxRecomputedPerCommand; n++ {
		a := e.stale[n]
		a.stale = false
		e.pending.recomputed = append(e.pending.recomputed, a)
		if e.agents.get(a.ID) == a {
			e.actor = a.staleBy
			e.setDayEnd(a, true)
			e.recompute(a, CauseCapacityChanged, noWork)
		}
	}
	e.stale, e.actor = e.stale[n:], acting
}
