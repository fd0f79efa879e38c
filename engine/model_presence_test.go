package engine

import (
	"fmt"
	"slices"
	"time"
)

// Presence by the sentences of PR-1 to PR-8: what has to follow from each event and command is expected, and nothing else may happen.

// mPresence is how an agent is there, and why.
type mPresence struct {
	status PresenceStatusID
	base   BasePresence
	source PresenceSource
	cause  PresenceCause
}

func (p mPresence) String() string {
	return fmt.Sprintf("%s/%s %s by %s", p.status, p.base, p.source, p.cause)
}

// mSettings are the organisation's.
type mSettings struct {
	limit            int
	missed, rejected bool
	standard         PresenceStatusID
	zone             string
}

// mStatus is a presence status of one's own.
type mStatus struct {
	base     BasePresence
	everyone bool
	version  int
}

// builtInBases are the statuses of PR-1.
var builtInBases = map[PresenceStatusID]BasePresence{
	"ps_available": Available, "ps_busy": Busy, "ps_do_not_disturb": DoNotDisturb, "ps_away": Away, "ps_offline": Offline, "ps_inactive": Inactive,
}

func (m *model) baseOf(id PresenceStatusID) BasePresence {
	if s := m.statuses[id]; s != nil {
		return s.base
	}
	return builtInBases[id]
}

// computedPresence is what follows from the load in the place of a presence that has a source (PR-4); who is Do not disturb because of the limit stays so
// while they stand at it.
func (m *model) computedPresence(a *mAgent, was PresenceSource, cause PresenceCause) mPresence {
	if was == SourceOpenWorkLimit && m.atLimit(a) {
		return mPresence{"ps_do_not_disturb", DoNotDisturb, was, cause}
	}
	base := computedBase(&a.load, m.profiles)
	for id, b := range builtInBases {
		if b == base {
			return mPresence{id, base, SourceComputed, cause}
		}
	}
	return mPresence{}
}

// effective is the presence after all that is expected.
func (a *mAgent) effective() mPresence {
	if n := len(a.expected); n > 0 {
		return a.expected[n-1]
	}
	return a.mPresence
}

// expect says that a presence has to follow, unless it is what there is.
func (m *model) expect(a *mAgent, p mPresence) {
	is := a.effective()
	if is.status != p.status || is.base != p.base || is.source != p.source {
		a.expected = append(a.expected, p)
	}
}

// How work came or went: it did not, it did, or it did by the agent's own doing (PR-5, PR-6).
const (
	mNone = iota
	mSome
	mOwn
)

// givesWay tells whether a presence gives way to a computed one: Available and Busy by hand when work is taken or closed, or with negative capacity
// (PR-6); what a decline set when the agent accepts or picks (PR-5). Nothing else does.
func (m *model) givesWay(a *mAgent, source PresenceSource, base BasePresence, work int) bool {
	switch source {
	case SourceComputed, SourceOpenWorkLimit:
		return true
	case SourceManual:
		return (base == Available || base == Busy) && (work != mNone || isNegative(&a.load, m.profiles))
	case SourceDeclined:
		return work == mOwn
	}
	return false
}

// follow says what follows from a change of an agent's work or limits.
func (m *model) follow(a *mAgent, cause PresenceCause, work int) {
	if !a.signedIn { // what was captured is computed when they are back
		if m.mayRestore(a) && m.givesWay(a, a.capturedSource, m.baseOf(a.captured), work) {
			a.capturedSource = m.computedPresence(a, a.capturedSource, cause).source
		}
		return
	}
	is := a.effective()
	if !m.givesWay(a, is.source, is.base, work) {
		return
	}
	m.expect(a, m.computedPresence(a, is.source, cause))
}

// leftLimit: who is below the limit again is computed anew.
func (m *model) leftLimit(a *mAgent) {
	source := a.effective().source
	if !a.signedIn {
		source = a.capturedSource
	}
	if source == SourceOpenWorkLimit && !m.atLimit(a) {
		m.follow(a, CauseWorkReleased, mNone)
	}
}

// declinedSets is PR-5, with the workstream's own setting before the organisation's; Away, Do not disturb and Offline by hand, or signed in with, stay.
func (m *model) declinedSets(a *mAgent, w *mItem, state OfferState) {
	on, p := m.settings.missed, mPresence{"ps_inactive", Inactive, SourceDeclined, CauseOfferMissed}
	set(&on, w.stream.MissedSetsInactive)
	if state == OfferRejected {
		on, p = m.settings.rejected, mPresence{"ps_do_not_disturb", DoNotDisturb, SourceDeclined, CauseOfferRejected}
		set(&on, w.stream.RejectedSetsDoNotDisturb)
	}
	is := a.effective()
	stays := is.source == SourceDefault || is.source == SourceManual && is.base != Available && is.base != Busy
	if on && a.signedIn && !stays && state != OfferRevoked && state != OfferAccepted {
		m.expect(a, p)
	}
}

// revokesByPresence: a choice by hand, a status with another base, or what a decline set (OF-3).
func (m *model) revokesByPresence(a *mAgent) bool {
	switch c := m.command.(type) {
	case SetPresence:
		return m.acting(c.AgentID) == a
	case UpdatePresenceStatus, DeletePresenceStatus:
		return a.cause == CauseStatusChanged
	case RejectOffer, Tick:
		return a.source == SourceDeclined
	}
	return false
}

// mayRestore: back now, what they had is restored.
func (m *model) mayRestore(a *mAgent) bool {
	return !a.leftAt.IsZero() && m.now.Sub(a.leftAt) <= 150*time.Second
}

// signIn is PR-3 and PR-7: back within 150 seconds it is as it was, later as the default says.
func (m *model) signIn(a *mAgent) {
	p := mPresence{"ps_available", Available, SourceComputed, CauseSignIn}
	restored := m.mayRestore(a)
	if restored {
		p = mPresence{a.captured, m.baseOf(a.captured), a.capturedSource, CauseRestored}
	} else {
		a.signIns++
		standard := a.standard
		if standard == "" {
			standard = m.settings.standard
		}
		if base := m.baseOf(standard); base == Away || base == Offline {
			p = mPresence{standard, base, SourceDefault, CauseSignIn}
		}
	}
	m.change(a, func() { a.signedIn, a.leftAt, a.reconnectBy = true, time.Time{}, time.Time{} })
	if m.givesWay(a, p.source, p.base, mNone) {
		p = m.computedPresence(a, p.source, p.cause)
	}
	m.expect(a, p)
}

// mPassed is an agent who became Do not disturb because routing would have chosen them but for the limit, with the base of before: the decision in which
// that happened saw them with it (PR-4, DX-1).
type mPassed struct {
	agent *mAgent
	base  BasePresence
}

// decideAsBefore gives what the decision about an item may say as well: with the last of those who were passed over as they were before. An
// attempt that says the same as the last leaves no decision, so it is not known how many of them belong to this one.
func (m *model) decideAsBefore(w *mItem) (list []*verdict) {
	for i := len(m.passed) - 1; i >= 0; i-- {
		p := &m.passed[i]
		p.agent.base, p.base = p.base, p.agent.base
		list = append(list, m.decide(w))
	}
	for i := range m.passed {
		p := &m.passed[i]
		p.agent.base, p.base = p.base, p.agent.base
	}
	return list
}

// butForTheLimit tells whether routing would ask an agent for an item if they did not stand at the limit.
func (m *model) butForTheLimit(w *mItem, a *mAgent) (preferred, nextBest bool) {
	if !m.atLimit(a) || w.presence(a) != "" {
		return false, false
	}
	if m.closed(w) == "" && !m.stays(w) && slices.Contains(w.contact.agents, a.id) {
		preferred = (m.fits(w, a) || a.over == 0) && w.untried(a) == ""
	}
	nextBest = w.stream.DistributionMode == Push && m.fits(w, a) && w.declined(a) == ""
	return preferred, nextBest
}

// noneBefore: nobody stays Available or Busy whom the decision would have chosen before the winner but for the limit (PR-4).
func (m *model) noneBefore(w *mItem, v *verdict) {
	for _, a := range m.agents {
		if a.base != Available && a.base != Busy || a.source != SourceComputed && a.source != SourceManual || !a.signedIn {
			continue
		}
		preferred, nextBest := m.butForTheLimit(w, a)
		if preferred {
			at := slices.Index(w.contact.agents, a.id) + 1
			must(v.path == PathPreferred && v.agent != nil && v.position < at, "%s is %s, though %s would come to them but for the limit (PR-4)", a.id, a.base, w.id)
		}
		if !nextBest || v.path != PathNextBest || m.leaves(w) {
			continue
		}
		before := v.agent == nil
		if !before {
			again := func(a *mAgent) int { return min(w.declines[a].count, 1) }
			before = again(a) < again(v.agent) || again(a) == again(v.agent) && m.compare(w, a, v.agent) < 0
		}
		must(!before, "%s is %s, though %s would come to them but for the limit (PR-4)", a.id, a.base, w.id)
	}
}

// stoodAtLimit: somebody is passed over (PR-4). Only Available and Busy give way.
func (m *model) stoodAtLimit(a *mAgent) {
	must(m.atLimit(a) && (a.base == Available || a.base == Busy) && (a.source == SourceComputed || a.source == SourceManual),
		"%s becomes Do not disturb with %d open as %+v (PR-4, PR-6)", a.id, a.load.OpenWork, a.mPresence)
	asked := false
	for _, w := range m.open {
		preferred, nextBest := m.butForTheLimit(w, a)
		asked = asked || w.status == Queued && (preferred || nextBest)
	}
	must(asked, "%s becomes Do not disturb, but nothing would come to them (PR-4)", a.id)
	m.passed = append(m.passed, mPassed{a, a.base})
}

// presenceChanged: every change has its cause, and what it changes to follows from it (PR-3 to PR-7, PR-9).
func (m *model) presenceChanged(ev Event, a *mAgent) {
	must(ev.Body.From == string(a.status) && ev.Body.FromBase == a.base, "the presence of %s changes from %s, but it is %s (PR-9)", a.id, ev.Body.From, a.status)
	to := mPresence{"ps_offline", Offline, SourceSignedOut, PresenceCause(ev.Body.Cause)}
	switch {
	case len(a.expected) > 0:
		to, a.expected = a.expected[0], a.expected[1:]
	case to.cause == CauseDisconnected:
		lostAt := m.now
		if _, tick := m.command.(Tick); tick {
			must(m.graceOver(a), "%s is gone before the time to come back is over (PR-8)", a.id)
			lostAt = m.startedAt
		}
		m.gone(a)
		a.reconnectBy = lostAt.Add(m.reconnect)
	case to.cause == CauseSignOut:
		c, ok := m.command.(SignOut)
		must(ok && m.acting(c.AgentID) == a, "%s did not sign out", a.id)
		m.gone(a)
	case to.cause == CauseOpenWorkLimit:
		m.stoodAtLimit(a)
		to = mPresence{"ps_do_not_disturb", DoNotDisturb, SourceOpenWorkLimit, CauseOpenWorkLimit}
	default:
		fail("the presence of %s changes by %s: nothing asks for that (PR-6)", a.id, ev.Body.Cause)
	}
	must(ev.Body.To == string(to.status) && ev.Body.ToBase == to.base && ev.Body.Cause == string(to.cause) && ev.Agent.Presence.Source == to.source,
		"the presence of %s becomes %+v, %s, want %+v", a.id, ev.Body, ev.Agent.Presence.Source, to)
	if _, by := m.command.(SetPresence); by {
		m.overruled = m.overruled || a.source == SourceManual && to.cause == CauseCapacityChanged
	}
	m.change(a, func() { a.mPresence = to })
	if to.cause == CauseManual || to.cause == CauseStatusChanged {
		m.follow(a, CauseCapacityChanged, mNone)
	}
}

// settled: what had to follow has followed.
func (m *model) settled(a *mAgent) {
	must(len(a.expected) == 0, "%s is %+v, but should be %+v by now (PR-4 to PR-6)", a.id, a.mPresence, a.expected)
}

// gone captures the presence of an agent whose last session has ended (PR-7).
func (m *model) gone(a *mAgent) {
	must(a.signedIn && len(a.sessions) == 0, "%s is gone with %d sessions", a.id, len(a.sessions))
	m.change(a, func() {
		a.captured, a.capturedSource, a.leftAt, a.reconnectBy = a.status, a.source, m.now, time.Time{}
		a.signedIn, a.orphans = false, false
	})
}

// settlePresence: each agent is as the model says, by the cause that is told; without a session they are Offline (PR-7, PR-8).
func (m *model) settlePresence(e *Engine) {
	must(len(e.statuses) == len(m.statuses) && len(e.profiles) == len(m.profiles), "%d statuses, %d profiles, want %d and %d", len(e.statuses), len(e.profiles),
		len(m.statuses), len(m.profiles))
	for id, a := range m.agents {
		is := e.agents.get(id)
		m.settled(a)
		p := mPresence{is.Presence.Status, is.Presence.Base, is.Presence.Source, is.Presence.Cause}
		must(p == a.mPresence && p.base == m.baseOf(p.status), "the presence of %s is %+v, want %+v", id, p, a.mPresence)
		must(is.Presence.SignedIn == a.signedIn && len(is.sessions) == len(a.sessions) && a.signedIn == (len(a.sessions) > 0) &&
			(a.signedIn || a.base == Offline && a.source == SourceSignedOut), "the presence of %s is %+v with %d sessions, want %+v (PR-7, PR-8)",
			id, is.Presence, len(is.sessions), a)
		must(a.signedIn || a.leftAt.IsZero() || is.CapturedStatus == a.captured && is.CapturedSource == a.capturedSource,
			"of %s is captured %s %s, want %s %s (PR-7)", id, is.CapturedStatus, is.CapturedSource, a.captured, a.capturedSource)
		must(len(is.grants) == len(a.grants), "%s may choose %d statuses, want %d (PR-2)", id, len(is.grants), len(a.grants))
		m.explained(a)
	}
	m.passed = nil
}

// explained: the recorded cause says why the base is what it is.
func (m *model) explained(a *mAgent) {
	var bases []BasePresence
	switch a.cause {
	case CauseCreated, CauseDisconnected, CauseSignOut:
		bases = []BasePresence{Offline}
	case CauseOpenWorkLimit:
		bases = []BasePresence{DoNotDisturb}
	case CauseOfferMissed:
		bases = []BasePresence{Inactive}
	case CauseOfferRejected:
		bases = []BasePresence{DoNotDisturb}
	case CauseWorkTaken, CauseWorkReleased, CauseCapacityChanged, CauseCapacityReset, CauseReset:
		bases = []BasePresence{Available, Busy, DoNotDisturb}
	case CauseManual, CauseStatusChanged:
		bases = []BasePresence{Available, Busy, DoNotDisturb, Away, Offline}
	default: // restored or signed in with
		return
	}
	must(slices.Contains(bases, a.base), "%s is %s by %s", a.id, a.base, a.cause)
}
