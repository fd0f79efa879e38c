package checker

import (
	"sort"
	"time"
)

// keeper is what keeps a presence as it is.
type keeper int

const (
	unknown   keeper = iota
	byLoad           // computed: it follows from what the agent is assigned (PR-4)
	byChoice         // chosen by hand (PR-6)
	byDefault        // Away or Offline, with which they signed in (PR-3)
	byDecline        // set by a missed or rejected offer (PR-5)
)

// stand is an agent's presence with what keeps it, as far as the history has been walked.
type stand struct {
	base string
	kept keeper
	// limited: at the limit of open work they became Do not disturb, and stay so until they are below it (PR-4).
	limited bool
	// at is the instant of the last change.
	at time.Time
}

// yields tells whether work that comes or goes, or too much of it, ends it (PR-6).
func (s stand) yields() bool {
	return s.kept == byLoad || s.kept == byChoice && (s.base == available || s.base == busy)
}

// walk goes through an agent's life: presence is what it has come to, left the last time that they went and captured what they had then.
type walk struct {
	*world
	*agentLine
	now, captured stand
	left          *PresenceChange
	signedIn      bool
}

// checkPresences judges the presence of agents: gone is Offline, back within 150 seconds brings back what was, later is as at sign-in (PR-3, PR-7);
// what is computed follows from what they are assigned (PR-4), and what is chosen holds as long as it may (PR-6).
func (w *world) checkPresences() {
	for _, a := range w.everybody {
		k := walk{world: w, agentLine: a, now: stand{base: offline}}
		changes := a.presence
		for _, at := range a.instants {
			for len(changes) > 0 && !changes[0].NotAfter.After(at) {
				k.change(&changes[0])
				changes = changes[1:]
			}
			k.work(at)
			k.checkNow(at)
		}
		for _, at := range a.strays {
			if there, sure := a.there.at(at); !sure || k.doubtful(at) {
				w.undecided++
			} else {
				w.broke("PR-4", at, "agent %s became %s for work that they took, but nothing that they took then gives that", a.id, there.base)
			}
		}
	}
}

// change takes a change of presence in.
func (k *walk) change(c *PresenceChange) {
	if k.left != nil {
		if again, _ := k.bornSince(k.left.NotAfter, c.NotAfter); again { // whoever is made anew was never there
			k.left, k.now, k.signedIn = nil, stand{base: offline}, false
		}
	}
	k.judged++
	gone := c.Cause == disconnected || c.Cause == signOut
	switch {
	case c.Cause == "CREATED":
	case gone && (c.SignedIn || c.Base != offline):
		k.broke("PR-7", c.NotAfter, "agent %s became %s (%s, with a session: %t), not Offline", k.id, c.Base, c.Cause, c.SignedIn)
	case !gone && !c.SignedIn:
		k.broke("PR-7", c.NotAfter, "agent %s became %s (%s) without a session", k.id, c.Base, c.Cause)
	case c.More || !c.exact():
	case c.Cause == manual && !k.signedIn:
		k.broke("PR-6", c.NotAfter, "agent %s chose %s without a session", k.id, c.Base)
	case c.Cause == manual && c.Base == inactive:
		k.broke("PR-1", c.NotAfter, "agent %s chose %s, which only the system sets", k.id, c.Base)
	case c.Cause == signIn || c.Cause == restored:
		k.checkReturn(c)
	case !gone && c.Cause != manual && c.Cause != statusChanged:
		k.checkOverruled(c)
	}
	after := k.after(c)
	if gone {
		k.left, k.captured = c, k.now
		if c.More {
			k.captured = stand{}
		}
	}
	k.now, k.signedIn = after, c.SignedIn
}

// after is what a change of presence leaves.
func (k *walk) after(c *PresenceChange) stand {
	s := stand{base: c.Base, at: c.NotAfter}
	switch c.Cause {
	case manual:
		s.kept = byChoice
	case offerMissed, offerRejected:
		s.kept = byDecline
	case signIn:
		if s.kept = byLoad; c.Base == away || c.Base == offline {
			s.kept = byDefault
		}
	case restored:
		s.kept, s.limited = k.captured.kept, k.captured.limited
	case statusChanged:
		s.kept = k.now.kept
	case disconnected, signOut, "CREATED":
	default:
		s.kept, s.limited = byLoad, c.Cause == openWorkLimit
	}
	if c.More && s.yields() { // it may have been kept otherwise until just before it was told
		s.kept = unknown
	}
	return s
}

// checkReturn judges who comes back by when they went, and with what.
func (k *walk) checkReturn(c *PresenceChange) {
	if k.left == nil {
		if c.Cause == restored {
			k.broke("PR-7", c.NotAfter, "agent %s was restored, but was never there before", k.id)
			return
		}
		k.checkSignIn(c)
		return
	}
	if k.left.More || !k.left.exact() {
		k.undecided++
		return
	}
	want, gone := signIn, c.NotAfter.Sub(k.left.NotAfter)
	if gone <= restoreWithin {
		want = restored
	}
	switch base, sure := k.computed(beforeOffers(c.NotAfter)); {
	case c.Cause != want:
		k.broke("PR-7", c.NotAfter, "agent %s came back %s after going and became %s (%s), want %s", k.id, gone, c.Base, c.Cause, want)
	case want == signIn:
		k.checkSignIn(c)
	case k.captured.kept == unknown, k.captured.kept == byLoad && !sure, k.captured.limited:
		k.undecided++
	case k.captured.kept == byLoad && c.Base != base, k.captured.kept != byLoad && c.Base != k.captured.base && !k.outgrown(c):
		k.broke("PR-7", c.NotAfter, "agent %s came back %s after going and became %s; they had %s, and what they are assigned gives %s", k.id, gone, c.Base,
			k.captured.base, base)
	}
}

// outgrown tells whether a chosen presence gave way to more work than fits while its agent was gone (PR-6).
func (k *walk) outgrown(c *PresenceChange) bool {
	over, sure := k.negative(beforeOffers(c.NotAfter))
	return k.captured.yields() && c.Base == doNotDisturb && (over || !sure)
}

// checkSignIn: whoever signs in is Away or Offline where that is their default, and else what follows from their work (PR-3).
func (k *walk) checkSignIn(c *PresenceChange) {
	settings, known := k.settings.at(c.NotAfter)
	want, sure := k.computed(beforeOffers(c.NotAfter))
	if settings != nil {
		chosen := settings.DefaultBase
		if chosen == "" {
			chosen = k.h.DefaultBase
		}
		if chosen == away || chosen == offline {
			want, sure = chosen, known
		}
	}
	if !sure || k.doubtful(c.NotAfter) {
		k.undecided++
	} else if c.Base != want {
		k.broke("PR-3", c.NotAfter, "agent %s signed in and became %s, not %s", k.id, c.Base, want)
	}
}

// checkOverruled judges what came without anybody choosing it: whether it is what had to come, and whether it could take the place of what was.
func (k *walk) checkOverruled(c *PresenceChange) {
	if k.doubtful(c.NotAfter) {
		k.undecided++
		return
	}
	l, some := k.workAt(c.NotAfter)
	over, sure := k.negative(point{at: c.NotAfter})
	may := k.now.kept == unknown || k.now.yields()
	switch c.Cause {
	case offerMissed, offerRejected:
		may = may || k.now.kept == byDecline
		k.checkDeclined(c)
	case openWorkLimit:
		if held := k.load.by(point{at: c.NotAfter}).work; held < k.h.OpenWorkLimit || c.Base != doNotDisturb {
			k.broke("PR-4", c.NotAfter, "agent %s became %s for the limit of open work, but had only %d", k.id, c.Base, held)
		}
	case reset:
		may = may || k.now.kept == byDecline
	default:
		may = k.now.kept == unknown || k.now.kept == byLoad || k.now.yields() && (some || over || !sure) || k.now.kept == byDecline && l.own
	}
	if !may {
		k.broke("PR-6", c.NotAfter, "agent %s became %s (%s), but had %s, which holds against that", k.id, c.Base, c.Cause, k.now.base)
	}
}

// checkDeclined: only who has just missed an offer is Inactive, and only who has just rejected one Do not disturb for that (PR-5).
func (k *walk) checkDeclined(c *PresenceChange) {
	state, want := missed, inactive
	if c.Cause == offerRejected {
		state, want = rejected, doNotDisturb
	}
	for _, o := range k.agentLine.offers {
		if o.State == state && o.EndedAt != nil && o.EndedAt.Equal(c.NotAfter) && c.Base == want {
			return
		}
	}
	k.broke("PR-5", c.NotAfter, "agent %s became %s (%s), but no offer of theirs was %s then", k.id, c.Base, c.Cause, state)
}

// work takes in what happened to the agent's work at an instant: a chosen Available or Busy ends with what they take or complete themselves, and
// nobody tells whether with what others do (PR-6).
func (k *walk) work(at time.Time) {
	l, some := k.workAt(at)
	for _, s := range []*stand{&k.now, &k.captured} {
		fresh := s.at.Equal(at)
		switch {
		case !some, s.kept == byLoad, s.kept == byDefault:
		case s.kept == byDecline && (fresh || !l.own):
		case s.kept == byDecline:
			s.kept = byLoad
		case s.base != available && s.base != busy:
		case fresh && s.kept == byChoice, !l.certain:
			s.kept = unknown
		default:
			s.kept = byLoad
		}
	}
}

// checkNow judges the presence after all that happened at an instant (PR-4, PR-6).
func (k *walk) checkNow(at time.Time) {
	p := point{at: at}
	there, known := k.there.at(at)
	if !k.signedIn || !there.signedIn || !k.now.yields() {
		return
	}
	want, sure := k.computed(p)
	over, _ := k.negative(p)
	stays := k.now.limited && k.now.base == doNotDisturb && k.load.by(p).work >= k.h.OpenWorkLimit
	if !sure || !known || k.doubtful(at) {
		k.undecided++
		return
	}
	k.judged++
	switch {
	case k.now.kept == byLoad && k.now.base != want && !stays:
		k.broke("PR-4", at, "agent %s is %s, computed, but is assigned %d units, which gives %s", k.id, k.now.base, k.load.by(p).assigned, want)
	case k.now.kept == byChoice && over:
		k.broke("PR-6", at, "agent %s chose %s and is assigned %d units, more than fits, which overrules that", k.id, k.now.base, k.load.by(p).assigned)
	}
}

// doubtful tells whether the order of what happened to the agent at an instant is not known: what commands did to others at that instant is no
// matter of theirs.
func (k *walk) doubtful(at time.Time) bool {
	if !k.inDoubt(at) {
		return false
	}
	first := sort.Search(len(k.agentLine.work), func(i int) bool { return !k.agentLine.work[i].at.Before(at) })
	touched := 0
	for _, l := range k.agentLine.work[first:] {
		if !l.at.Equal(at) {
			break
		}
		touched++
	}
	for _, c := range k.presence {
		if c.NotAfter.Equal(at) && c.isCommand() {
			touched++
		}
	}
	for _, s := range k.settings.steps {
		if s.NotAfter.Equal(at) {
			touched++
		}
	}
	return touched > 1
}

// checkLimited: a preferred agent who is passed over for the limit of open work alone is Do not disturb from then on (PR-4).
func (w *world) checkLimited(it *itemLine, d *Decision, t *terms, p point) {
	for _, c := range d.Preferred {
		a := w.agents[c.Agent]
		if c.Code != openWorkLimit || a == nil {
			continue
		}
		_, declined, sure := w.held(it, t, a, p)
		if there, known := a.there.at(d.DecidedAt); !known || !sure {
			w.undecided++
		} else if w.judged++; declined == 0 && (there.base == available || there.base == busy) {
			w.broke("PR-4", d.DecidedAt, "agent %s was passed over for the limit of open work by decision %s of item %s, and is still %s", c.Agent, d.ID, it.ID, there.base)
		}
	}
}
