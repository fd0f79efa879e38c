package engine

import (
	"slices"
	"time"
)

// truth is the oracle of the presence table: an agent as the specification has them, and what their presence is after each thing that happens, and
// which open offers that takes back. It was written from the sentences of the seed and PR, CP, OF-3 and OF-4, before its writer had seen how
// the engine does it, and knows nothing of the engine but the names of things.
type truth struct {
	now time.Time
	// The settings: own and organisation's default ("" for unset), bases of statuses, what a miss and a rejection set where a workstream does not say,
	// and how long a short interruption lasts.
	ownDefault, orgDefault PresenceStatusID
	bases                  map[PresenceStatusID]BasePresence
	missed, rejected       bool
	reconnect              time.Duration
	zone                   *time.Location

	// What the agent can hold, and holds. units is nil where none are configured.
	units    *int
	profiles []*trueProfile
	work     []*trueWork

	is       truePresence
	sessions int
	// before is what was when the last session was lost at leftAt.
	before truePresence
	leftAt time.Time
	// restartedAt is when the server was started anew while the agent was signed in, zero when nothing has to come back.
	restartedAt time.Time
	// openWorkLimit is how many offers and assignments automatic ways may come to (PR-4).
	openWorkLimit int

	// offers are the open ones; ended how those ended that did in this step.
	offers []*trueOffer
	ended  map[OfferID]OfferState
	// changed: the status or its base became another one in this step.
	changed bool
}

// truePresence is a presence with where it comes from.
type truePresence struct {
	status PresenceStatusID
	base   BasePresence
	source PresenceSource
	cause  PresenceCause
}

// trueProfile is a profile of the agent: their limit of it, and what finished work of the day keeps of it.
type trueProfile struct {
	id                 CapacityProfileID
	limit, kept        int
	ownLimit           bool
	blocking, endOfDay bool
}

// trueWork is an item in the agent's hands. Of units, percent and profiles one is set; an item takes one of each of its profiles (CP-2).
type trueWork struct {
	id             WorkItemID
	units, percent int
	profiles       []CapacityProfileID
	interruptible  bool
	// waits for the customer, and its workstream holds capacity meanwhile or not (CP-5).
	waits, heldMeanwhile bool
	wrapUp               bool
	wrapUpEnds           time.Time
}

// trueOffer is an open offer.
type trueOffer struct {
	id      OfferID
	item    WorkItemID
	allowed []BasePresence
	expires time.Time
	// missed and rejected are the workstream's own settings, nil for the organisation's.
	missed, rejected *bool
}

// trueBases are the statuses of PR-1.
var trueBases = map[PresenceStatusID]BasePresence{
	StatusAvailable: Available, StatusBusy: Busy, StatusDoNotDisturb: DoNotDisturb, StatusAway: Away, StatusOffline: Offline, StatusInactive: Inactive,
}

func (w *trueWork) holds() bool { return !w.waits || w.heldMeanwhile }

// usedUnits is what is held of the main units, in hundredths of one, so that percent count exactly (CP-2). Interruptible work is not in it (CP-4).
func (o *truth) usedUnits() (used int) {
	for _, w := range o.work {
		if w.holds() && !w.interruptible {
			used += w.units * 100
			if o.units != nil {
				used += w.percent * *o.units
			}
		}
	}
	return used
}

// used is what is held of a profile: open work, and what END_OF_DAY keeps (CP-2).
func (o *truth) used(p *trueProfile) int {
	n := p.kept
	for _, w := range o.work {
		if w.holds() && slices.Contains(w.profiles, p.id) {
			n++
		}
	}
	return n
}

// negative: more is held than there is (CP-1).
func (o *truth) negative() bool {
	for _, p := range o.profiles {
		if o.used(p) > p.limit {
			return true
		}
	}
	return o.units != nil && o.usedUnits() > *o.units*100
}

// full is CP-1: negative or (profilesOut and (no units or unitsOut)); with no profile, unitsOut decides.
func (o *truth) full() bool {
	unitsOut := o.units != nil && o.usedUnits() >= *o.units*100 // so are zero units
	switch {
	case o.negative():
		return true
	case len(o.profiles) == 0:
		return unitsOut
	}
	return o.profilesOut() && (o.units == nil || unitsOut)
}

// profilesOut is CP-1: any blocking profile used up, or none blocking and all used up.
func (o *truth) profilesOut() bool {
	blocking, all := false, true
	for _, p := range o.profiles {
		out := o.used(p) >= p.limit
		if p.blocking && out {
			return true
		}
		blocking, all = blocking || p.blocking, all && out
	}
	return all && !blocking
}

// computed is PR-4: full is Do not disturb, partly used Busy, unused Available. What is kept of a profile is used. Interruptible work stands beside
// the main capacity and does not count (CP-4). What was before matters to those whom the limit of open work keeps.
func (o *truth) computed(was PresenceSource) (PresenceStatusID, PresenceSource) {
	used := func(w *trueWork) bool { return w.holds() && !w.interruptible }
	kept := func(p *trueProfile) bool { return p.kept > 0 }
	switch {
	case was == SourceOpenWorkLimit && o.openWork() >= o.openWorkLimit: // until they are below it
		return StatusDoNotDisturb, was
	case o.full():
		return StatusDoNotDisturb, SourceComputed
	case slices.ContainsFunc(o.work, used) || slices.ContainsFunc(o.profiles, kept):
		return StatusBusy, SourceComputed
	}
	return StatusAvailable, SourceComputed
}

// compute gives the presence that follows from the load.
func (o *truth) compute(cause PresenceCause) {
	status, source := o.computed(o.is.source)
	o.set(status, source, cause)
}

// set gives another presence; one that is the same in status, base and source keeps its cause.
func (o *truth) set(status PresenceStatusID, source PresenceSource, cause PresenceCause) {
	base := o.bases[status]
	moved := status != o.is.status || base != o.is.base
	if moved || source != o.is.source {
		o.is = truePresence{status, base, source, cause}
	}
	o.changed = o.changed || moved
}

// chosen: by hand, or by a default that holds as if it were (PR-3, PR-6).
func (o *truth) chosen() bool { return o.is.source == SourceManual || o.is.source == SourceDefault }

// recompute is CP-3, within what PR-5 and PR-6 let hold: what a decline set stays; a manual Available or Busy stays unless the agent has taken or
// closed work, or capacity is negative; Away, Do not disturb and Offline stay.
func (o *truth) recompute(cause PresenceCause, takenOrClosed bool) {
	lasting := o.is.base != Available && o.is.base != Busy
	switch {
	case !o.present():
		if base := o.bases[o.before.status]; takenOrClosed && o.before.source == SourceManual && (base == Available || base == Busy) {
			o.before.source = SourceComputed // a flag that ended is not restored
		}
		o.belowLimit()
	case o.is.source == SourceDeclined:
	case o.chosen() && (lasting || !takenOrClosed && !o.negative()):
	default:
		o.compute(cause)
	}
}

// revokeDisallowed is OF-3: a presence by hand or by a decline takes back the offers that do not allow it.
func (o *truth) revokeDisallowed() {
	o.end(OfferRevoked, func(f *trueOffer) bool { return !slices.Contains(f.allowed, o.is.base) })
}

// end takes offers away that are over.
func (o *truth) end(state OfferState, which func(*trueOffer) bool) {
	o.offers = slices.DeleteFunc(o.offers, func(f *trueOffer) bool {
		if which(f) {
			o.ended[f.id] = state
		}
		return which(f)
	})
}

func anyOffer(*trueOffer) bool { return true }

// opened: one more device changes nothing (PR-8); the first within 150 s restores, else it is a sign-in (PR-7).
func (o *truth) opened() {
	o.sessions++
	if o.sessions > 1 || !o.restartedAt.IsZero() {
		o.restartedAt = time.Time{}
		return
	}
	if o.leftAt.IsZero() || o.now.Sub(o.leftAt) > 150*time.Second {
		o.signIn()
		return
	}
	status, source := o.before.status, o.before.source
	base := o.bases[status]
	handAvailable := source == SourceManual && (base == Available || base == Busy)
	byLoad := source == SourceComputed || source == SourceOpenWorkLimit
	if byLoad || handAvailable && o.negative() || source == SourceDefault && base != Away && base != Offline {
		status, source = o.computed(source) // PR-4, PR-6, PR-3 for a default that was re-based meanwhile
	}
	o.set(status, source, CauseRestored)
}

// present: has a live session, or one that has its time to come back after a restart (PR-8).
func (o *truth) present() bool { return o.sessions > 0 || !o.restartedAt.IsZero() }

// signIn is PR-3: Away and Offline, custom ones included, are kept, any other is computed.
func (o *truth) signIn() {
	byDefault := o.ownDefault
	if byDefault == "" {
		byDefault = o.orgDefault
	}
	if base := o.bases[byDefault]; base == Away || base == Offline {
		o.set(byDefault, SourceDefault, CauseSignIn)
		return
	}
	o.compute(CauseSignIn)
}

// lost is PR-7: with the last session gone the presence is captured and the agent Offline at once; the short interruption begins.
func (o *truth) lost() {
	if o.sessions--; o.sessions == 0 {
		o.gone(CauseDisconnected)
	}
}

// signedOut is PR-7: as lost, without a short interruption (OF-3).
func (o *truth) signedOut() {
	if o.present() {
		o.gone(CauseSignOut)
		o.sessions = 0
	}
	o.end(OfferRevoked, anyOffer)
}

// gone is PR-7: captured, and Offline.
func (o *truth) gone(cause PresenceCause) {
	o.before, o.leftAt, o.restartedAt = o.is, o.now, time.Time{}
	o.set(StatusOffline, SourceSignedOut, cause)
	if o.reconnect == 0 {
		o.end(OfferRevoked, anyOffer)
	}
}

// restarted is PR-8: no disconnection; the sessions have 30 s to come back.
func (o *truth) restarted() {
	if o.sessions > 0 {
		o.sessions, o.restartedAt = 0, o.now
	}
}

// choose is PR-6, and gives way at once where capacity is negative.
func (o *truth) choose(status PresenceStatusID) {
	o.set(status, SourceManual, CauseManual)
	o.revokeDisallowed()
	o.recompute(CauseCapacityChanged, false)
}

// reset is PR-5: what a decline set ends, and it is computed.
func (o *truth) reset() {
	if o.is.source == SourceDeclined {
		o.compute(CauseReset)
	}
}

// declined is PR-5 where the setting is on, for presences that do not hold against it (PR-6). Nobody who is gone becomes anything but Offline (PR-7).
func (o *truth) declined(f *trueOffer, state OfferState) {
	o.end(state, func(x *trueOffer) bool { return x == f })
	on, own, status, cause := o.missed, f.missed, StatusInactive, CauseOfferMissed
	if state == OfferRejected {
		on, own, status, cause = o.rejected, f.rejected, StatusDoNotDisturb, CauseOfferRejected
	}
	if own != nil {
		on = *own
	}
	lasting := o.chosen() && o.is.base != Available && o.is.base != Busy
	if !on || lasting || !o.present() {
		return
	}
	o.set(status, SourceDeclined, cause)
	o.revokeDisallowed()
}

// taking is how work came into the agent's hands.
type taking int

const (
	accepted taking = iota
	picked
	automatic
	assigned
)

// took: accepting and picking by hand end what a decline set (PR-5). A manual Available or Busy ends with any new work, also what a person or AUTO gave
// (CP-3: recomputed on assign), while the agent is gone too.
func (o *truth) took(w *trueWork, how taking) {
	o.work = append(o.work, w)
	if o.is.source == SourceDeclined && (how == accepted || how == picked) {
		o.compute(CauseWorkTaken)
		return
	}
	o.recompute(CauseWorkTaken, true)
}

// released is a close: completed, called off or handed over. END_OF_DAY use survives it (CP-2).
func (o *truth) released(w *trueWork) {
	o.work = slices.DeleteFunc(o.work, func(x *trueWork) bool { return x == w })
	for _, p := range o.profiles {
		if p.endOfDay && slices.Contains(w.profiles, p.id) {
			p.kept++
		}
	}
	o.recompute(CauseWorkReleased, true)
}

// wrapsUp is a close too, and capacity is held on (CP-3, PR-6).
func (o *truth) wrapsUp(w *trueWork, seconds int) {
	w.wrapUp = true
	w.waits = false // it is in hand again
	if seconds > 0 {
		w.wrapUpEnds = o.now.Add(time.Duration(seconds) * time.Second)
	}
	o.recompute(CauseWorkReleased, true)
}

// waiting begins or ends (CP-5); neither is an accept or a close.
func (o *truth) waiting(w *trueWork, waits bool, cause PresenceCause) {
	w.waits = waits
	o.recompute(cause, false)
}

// openWork is what counts against the limit of open work: offers, and assignments that hold capacity (PR-4).
func (o *truth) openWork() int {
	n := len(o.offers)
	for _, w := range o.work {
		if w.holds() {
			n++
		}
	}
	return n
}

// belowLimit: who is below the limit again has nothing that keeps them at Do not disturb but their load, nor will have when they are back (PR-4, PR-7).
func (o *truth) belowLimit() {
	if o.openWork() >= o.openWorkLimit {
		return
	}
	if o.is.source == SourceOpenWorkLimit {
		o.compute(CauseWorkReleased)
	}
	if o.before.source == SourceOpenWorkLimit {
		o.before.source = SourceComputed
	}
}

// chosenAtLimit is PR-4: routing would choose the agent, who stands at the limit of open work. It overrules a manual Available or Busy (PR-6).
func (o *truth) chosenAtLimit() {
	lasting := o.chosen() && o.is.base != Available && o.is.base != Busy
	if o.openWork() >= o.openWorkLimit && o.present() && o.is.source != SourceDeclined && !lasting {
		o.set(StatusDoNotDisturb, SourceOpenWorkLimit, CauseOpenWorkLimit)
	}
}

// limited is a change of limits by hand (CP-3, PR-6).
func (o *truth) limited(change func()) {
	change()
	o.recompute(CauseCapacityChanged, false)
}

// dayOver is CP-2: what END_OF_DAY profiles keep is given back, what is open stays.
func (o *truth) dayOver() {
	for _, p := range o.profiles {
		p.kept = 0
	}
	o.recompute(CauseCapacityReset, false)
}

// statusIs is PR-2: a status gets another base, or is deleted and replaced; who has it chosen gets that at once, as if chosen anew (OF-3).
func (o *truth) statusIs(old, status PresenceStatusID, base BasePresence) {
	o.bases[status] = base
	for _, id := range []*PresenceStatusID{&o.ownDefault, &o.orgDefault, &o.before.status} {
		if *id == old {
			*id = status
		}
	}
	if o.is.status != old || !o.chosen() {
		return
	}
	if o.is.source == SourceDefault && base != Away && base != Offline { // PR-3: not kept
		o.compute(CauseStatusChanged)
		return
	}
	o.set(status, o.is.source, CauseStatusChanged)
	o.revokeDisallowed()
	o.recompute(CauseCapacityChanged, false)
}

// next is when time brings something, zero when it does not.
func (o *truth) next() (at time.Time) {
	consider := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	for _, f := range o.offers {
		consider(f.expires)
	}
	if !o.present() && len(o.offers) > 0 {
		consider(o.leftAt.Add(o.reconnect))
	}
	if !o.restartedAt.IsZero() {
		consider(o.restartedAt.Add(30 * time.Second))
	}
	for _, w := range o.work {
		if !w.wrapUpEnds.IsZero() {
			consider(w.wrapUpEnds)
		}
	}
	if slices.ContainsFunc(o.profiles, func(p *trueProfile) bool { return p.kept > 0 }) {
		consider(o.midnight())
	}
	return at
}

// midnight is the next one of the agent (CP-2).
func (o *truth) midnight() time.Time {
	year, month, day := o.now.In(o.zone).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, o.zone)
}

// passed lets time pass, what is due first coming first.
func (o *truth) passed(until time.Time) {
	for at := o.next(); !at.IsZero() && !at.After(until); at = o.next() {
		midnight := o.midnight()
		o.now = at
		due := func(w *trueWork) bool { return w.wrapUpEnds.Equal(at) }
		switch {
		case !o.restartedAt.IsZero() && o.restartedAt.Add(30*time.Second).Equal(at): // not back: lost (PR-8), longer than a short interruption (OF-3)
			o.gone(CauseDisconnected)
			o.end(OfferRevoked, anyOffer)
		case slices.ContainsFunc(o.offers, func(f *trueOffer) bool { return f.expires.Equal(at) }):
			i := slices.IndexFunc(o.offers, func(f *trueOffer) bool { return f.expires.Equal(at) })
			o.declined(o.offers[i], OfferMissed)
		case slices.ContainsFunc(o.work, due):
			o.released(o.work[slices.IndexFunc(o.work, due)]) // and computed again after wrap-up (PR-6)
		case at.Equal(midnight):
			o.dayOver()
		default: // the short interruption is over (PR-7, OF-3)
			o.end(OfferRevoked, anyOffer)
		}
	}
	o.now = until
}
