package engine

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// model is what must be true, by the sentences of the specification: configuration as the commands set it, everything that
// moves as the events tell it. Each event is judged against the state right before it, so each choice of the engine is made
// again here, slowly: no index, no mark, everybody is looked at every time.
type model struct {
	now, startedAt time.Time
	organization   RoutingPolicy
	orgVersion     int
	reconnect      time.Duration
	queues         map[QueueID]*mQueue
	streams        map[WorkstreamID]*mStream
	agents         map[AgentID]*mAgent
	contacts       map[ContactID]*mRow
	items          map[WorkItemID]*mItem
	offers         map[OfferID]*mOffer
	open           []*mItem  // those that are not closed, in the order of their creation
	made           []*mOffer // all that were ever made, in their order
	// changes counts changes of load or presence, to know who has gone longest without one (WS-2).
	changes int
	// command and own are what is being applied, and the acting agent if one acts.
	command Command
	own     AgentID
	// due is what the decision that must follow an offer has to say; signingIn who has just opened their first session.
	due       *verdict
	signingIn *mAgent
}

type mQueue struct {
	id       QueueID
	priority int
	members  map[*mAgent]bool
}

type mStream struct {
	Workstream
	queue *mQueue
}

type mRow struct {
	id      ContactID
	agents  []AgentID
	version int
}

type mAgent struct {
	id                                 AgentID
	capacity, assigned, reserved, over int
	status, captured                   PresenceStatusID
	manual, capturedManual, signedIn   bool
	byHand, signIns, changed           int
	leftAt, reconnectBy                time.Time
	sessions                           []SessionID
	orphans                            bool // the sessions are from before a restart (PR-8)
}

type mItem struct {
	id                WorkItemID
	stream            *mStream
	contact           *mRow
	createdAt         time.Time
	status            WorkItemStatus
	left              bool // LEFT_UNASSIGNED was decided last
	holder            *mAgent
	offer             *mOffer
	assignment        AssignmentID
	declines          map[*mAgent]mDecline
	outcome           DecisionOutcome
	why               DecisionCode
	priority, attempt int
}

type mDecline struct{ count, byHand, signIns int }

type mOffer struct {
	id         OfferID
	item       *mItem
	agent      *mAgent
	state      OfferState
	path       OfferPath
	over       bool
	expires    time.Time
	assignment AssignmentID
}

// violation is what a broken rule panics with; the simulation catches it.
type violation string

func fail(format string, args ...any) { panic(violation(fmt.Sprintf(format, args...))) }

func must(ok bool, format string, args ...any) {
	if !ok {
		fail(format, args...)
	}
}

func (a *mAgent) free() int { return a.capacity - a.assigned - a.reserved }

func (a *mAgent) base() BasePresence { return StatusByID(a.status).Base }

// loadOrPresence notes a change of the agent's load or presence (WS-2).
func (m *model) loadOrPresence(a *mAgent) {
	m.changes++
	a.changed = m.changes
}

// earlier is the order of WS-3: queue priority, item priority, age; ids grow with age.
func earlier(a, b *mItem) bool {
	return cmp.Or(cmp.Compare(a.stream.queue.priority, b.stream.queue.priority), cmp.Compare(a.priority, b.priority),
		a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id)) < 0
}

// policy is RT-1: each field from the workstream, else the organisation, else the default; off for the organisation is final.
func (m *model) policy(s *mStream) EffectiveRoutingPolicy {
	p := EffectiveRoutingPolicy{WhenUnavailable: LeaveUnassigned, RetryPreferred: true}
	if s.Channel == ChannelChat || s.Channel == ChannelVoice {
		p.WhenUnavailable = NextBestAgent
	}
	org, own := m.organization, s.RoutingPolicy
	if v := cmp.Or(own.WhenUnavailable, org.WhenUnavailable); v != nil {
		p.WhenUnavailable = *v
	}
	if v := cmp.Or(own.RetryPreferred, org.RetryPreferred); v != nil {
		p.RetryPreferred = *v
	}
	if v := cmp.Or(own.Enabled, org.Enabled); v != nil {
		p.Enabled = *v && org.Enabled != nil && *org.Enabled
	}
	return p
}

// closed is why the row is not looked at: RT-1, RT-2.
func (m *model) closed(w *mItem) DecisionCode {
	switch {
	case !m.policy(w.stream).Enabled:
		return CodeFeatureDisabled
	case w.contact == nil:
		return CodeContactNotIdentified
	case len(w.contact.agents) == 0:
		return CodeNoPreferredAgents
	}
	return ""
}

// presence is why the agent's presence keeps them from an item of the stream: OF-2 asks no session of AUTO with Offline.
func (s *mStream) presence(a *mAgent) DecisionCode {
	offline := slices.Contains(s.AllowedPresences, Offline)
	switch {
	case !s.queue.members[a]:
		return CodeNotQueueMember
	case !a.signedIn && !(s.AcceptMode == AcceptAuto && offline):
		return CodeNotSignedIn
	case !slices.Contains(s.AllowedPresences, a.base()):
		return CodePresenceNotAllowed
	}
	return ""
}

// declined is OF-4: again only after a presence chosen by hand or a sign-in, at the limit only by hand.
func (w *mItem) declined(a *mAgent) DecisionCode {
	d, ok := w.declines[a]
	switch {
	case !ok || a.byHand > d.byHand:
		return ""
	case d.count >= w.stream.DeclineLimit:
		return CodeDeclineLimit
	case a.signIns > d.signIns:
		return ""
	}
	return CodeAlreadyDeclined
}

// asPreferred is why an agent of the row can't be asked, "" if they can: RT-3, RT-4, and RT-5 for an item that was left.
func (w *mItem) asPreferred(a *mAgent) DecisionCode {
	if code := w.stream.presence(a); code != "" {
		return code
	}
	if w.stream.CapacityUnits > a.free() && a.over > 0 {
		return CodeOverCapacityOfferOpen
	}
	d, tried := w.declines[a]
	switch {
	case w.left || !tried:
		return w.declined(a)
	case d.count >= w.stream.DeclineLimit:
		return CodeDeclineLimit
	}
	return CodeAlreadyDeclined
}

// asNextBest is why a member can't be asked as the next best: WS-4, OF-4.
func (w *mItem) asNextBest(a *mAgent) DecisionCode {
	if code := w.stream.presence(a); code != "" {
		return code
	}
	if w.stream.CapacityUnits > a.free() {
		return CodeNoCapacity
	}
	return w.declined(a)
}

// preferred gives the first agent of the row who can be asked (RT-4), with their position; nobody while the item was left to
// a person for good (RT-5).
func (m *model) preferred(w *mItem) (*mAgent, int) {
	p := m.policy(w.stream)
	if m.closed(w) != "" || w.left && p.WhenUnavailable == LeaveUnassigned && !p.RetryPreferred {
		return nil, 0
	}
	for i, id := range w.contact.agents {
		if a := m.agents[id]; w.asPreferred(a) == "" {
			return a, i + 1
		}
	}
	return nil, 0
}

// leaves tells whether an item without a preferred agent goes to nobody else (RT-5).
func (m *model) leaves(w *mItem) bool {
	return m.closed(w) == "" && m.policy(w.stream).WhenUnavailable == LeaveUnassigned
}

// verdict is who gets an item now, and what the decision about it says (DX-1).
type verdict struct {
	offer     OfferID
	agent     *mAgent
	path      OfferPath
	position  int
	outcome   DecisionOutcome
	reason    DecisionCode
	why       DecisionCode // why no preferred agent, "" when one was asked
	preferred []PreferredCandidate
	ranked    []RankedCandidate
	refused   map[DecisionCode]int // nil when next-best was not run
	policy    EffectiveRoutingPolicy
}

func (m *model) decide(w *mItem) *verdict {
	v := &verdict{policy: m.policy(w.stream), path: PathPreferred, why: m.closed(w)}
	v.agent, v.position = m.preferred(w)
	if v.why == "" {
		for i, id := range w.contact.agents {
			code := w.asPreferred(m.agents[id])
			if v.agent != nil && i+1 == v.position {
				code = CodeOffered
			} else if v.agent != nil && i+1 > v.position {
				code = CodeNotReached
			}
			v.preferred = append(v.preferred, PreferredCandidate{i + 1, id, code})
		}
		if v.agent == nil {
			v.why = CodeNoAgentQualified
		}
	}
	switch {
	case v.agent != nil:
	case m.leaves(w):
		v.outcome, v.reason = OutcomeLeftUnassigned, CodeLeftUnassigned
		return v
	default:
		m.nextBest(w, v)
	}
	switch {
	case v.agent == nil:
		v.outcome, v.reason = OutcomeQueued, CodeNoAgentQualified
	case w.stream.AcceptMode == AcceptAuto:
		v.outcome, v.reason = OutcomeAssigned, CodeOffered
	default:
		v.outcome, v.reason = OutcomeOffered, CodeOffered
	}
	return v
}

// nextBest ranks the members who qualify: decliners last (OF-4), most free units, longest without a change of load or
// presence, id (WS-2); and counts the others by the first check that refuses them.
func (m *model) nextBest(w *mItem, v *verdict) {
	v.path, v.refused = PathNextBest, map[DecisionCode]int{}
	var able []*mAgent
	for a := range w.stream.queue.members {
		if code := w.asNextBest(a); code == "" {
			able = append(able, a)
		} else {
			v.refused[code]++
		}
	}
	again := func(a *mAgent) int { return min(w.declines[a].count, 1) }
	slices.SortFunc(able, func(a, b *mAgent) int {
		return cmp.Or(cmp.Compare(again(a), again(b)), cmp.Compare(b.free(), a.free()), cmp.Compare(a.changed, b.changed),
			cmp.Compare(a.id, b.id))
	})
	for i, a := range able {
		if i == 0 {
			v.agent = a
		}
		if i <= MaxRunnersUp {
			v.ranked = append(v.ranked, RankedCandidate{AgentID: a.id, FreeUnits: a.free(), DeclinedBefore: again(a) > 0})
		}
	}
}

// couldTake tells whether this very agent could get the item now, on any path (WS-3).
func (m *model) couldTake(w *mItem, a *mAgent) bool {
	if chosen, _ := m.preferred(w); chosen != nil {
		return slices.Contains(w.contact.agents, a.id) && w.asPreferred(a) == ""
	}
	return !m.leaves(w) && w.asNextBest(a) == ""
}

// offered judges a new offer, or an assignment without asking, from the state right before it.
func (m *model) offered(ev Event, w *mItem, a *mAgent) {
	o, units := ev.Offer, w.stream.CapacityUnits
	must(w.status == Queued, "%s goes to %s while it is %s", w.id, a.id, w.status)
	v := m.decide(w)
	must(v.agent != nil, "%s goes to %s, but nobody qualifies (RT-4, WS-4)", w.id, a.id)
	must(v.agent == a && v.path == o.Path, "%s goes to %s as %s, want %s as %s (RT-4, WS-2)", w.id, a.id, o.Path, v.agent.id, v.path)
	must((o.PreferredPosition != nil) == (v.position > 0) && (v.position == 0 || *o.PreferredPosition == v.position),
		"the offer %s has not the position %d (OF-5)", o.ID, v.position)
	over := units > a.free()
	must(!over || v.path == PathPreferred && a.over == 0, "%s goes to %s beyond capacity (RT-3)", w.id, a.id)
	for _, u := range m.open {
		if u.status == Queued && earlier(u, w) && m.couldTake(u, a) {
			fail("%s goes to %s, who could take %s, which is before it (WS-3)", w.id, a.id, u.id)
		}
	}
	must(o.OverCapacity == over && o.CapacityUnits == units && o.OfferedAt.Equal(m.now), "the offer %+v is not as it was made", o)
	_, known := m.offers[o.ID]
	must(!known && ev.Body.Path == string(o.Path), "the offer %s is made twice or cited wrongly", o.ID)
	rec := &mOffer{id: o.ID, item: w, agent: a, state: OfferOpen, path: o.Path, over: over}
	m.offers[o.ID], m.made = rec, append(m.made, rec)
	w.left, w.holder, v.offer, m.due = false, a, o.ID, v
	m.loadOrPresence(a)
	if w.stream.AcceptMode == AcceptAuto {
		must(ev.Type == EventOfferAccepted && o.ExpiresAt == nil, "%s is asked for although nobody is asked (OF-2)", w.id)
		m.assigned(ev, rec)
		return
	}
	must(a.signedIn, "%s is offered work without a session (PR-7)", a.id)
	rec.expires = m.now.Add(time.Duration(w.stream.OfferSeconds) * time.Second)
	must(ev.Type == EventOfferMade && o.State == OfferOpen && o.ExpiresAt.Equal(rec.expires), "the offer %+v does not run to %s (OF-1)", o, rec.expires)
	a.reserved += units
	if over {
		a.over++
	}
	w.status, w.offer = Offered, rec
}

func (m *model) assigned(ev Event, o *mOffer) {
	w := o.item
	must(ev.Body.AssignmentID != "" && ev.Offer.AssignmentID == ev.Body.AssignmentID, "an acceptance of %s without an assignment", o.id)
	o.state, o.assignment, o.agent.assigned = OfferAccepted, ev.Body.AssignmentID, o.agent.assigned+w.stream.CapacityUnits
	w.status, w.offer, w.assignment = Assigned, nil, o.assignment
}

// ended judges the end of an offer: exactly one (OF-1), of an open offer, and for a reason that is there.
func (m *model) ended(ev Event, o *mOffer, w *mItem, a *mAgent) {
	must(o.state == OfferOpen && o.item == w && o.agent == a && w.offer == o, "%s of %s, which is %s (OF-1)", ev.Type, o.id, o.state)
	must(ev.Body.Path == string(o.path), "%s cites the path %s", o.id, ev.Body.Path)
	must(m.explains(ev, o), "%s %s of %s of %s by %T is neither asked for nor due (OF-1, OF-3)", ev.Type, ev.Body.Cause, o.id, a.id, m.command)
	a.reserved -= w.stream.CapacityUnits
	if o.over {
		a.over--
	}
	if ev.Type == EventOfferAccepted {
		m.assigned(ev, o)
		return
	}
	m.loadOrPresence(a)
	w.status, w.offer, w.holder = Queued, nil, nil
	if o.state = ev.Offer.State; o.state != OfferRevoked {
		w.declines[a] = mDecline{w.declines[a].count + 1, a.byHand, a.signIns}
	}
}

// explains tells whether an offer may end so now: each end has its cause (OF-1, OF-3, RT-6).
func (m *model) explains(ev Event, o *mOffer) bool {
	switch ev.Type {
	case EventOfferAccepted:
		return m.command == Command(AcceptOffer{o.id}) && m.now.Before(o.expires) && ev.Offer.State == OfferAccepted
	case EventOfferRejected:
		return m.command == Command(RejectOffer{o.id}) && m.now.Before(o.expires) && ev.Offer.State == OfferRejected
	case EventOfferMissed: // never early
		return m.command == Command(Tick{}) && !m.now.Before(o.expires) && ev.Offer.State == OfferMissed
	}
	must(ev.Offer.State == OfferRevoked && string(*ev.Offer.RevokeReason) == ev.Body.Cause, "a revocation without reason")
	switch a := o.agent; *ev.Offer.RevokeReason {
	case RevokePresenceChanged:
		c, ok := m.command.(SetPresence)
		return ok && m.acting(c.AgentID) == a && !slices.Contains(o.item.stream.AllowedPresences, a.base())
	case RevokeSignedOut:
		c, ok := m.command.(SignOut)
		return ok && m.acting(c.AgentID) == a
	case RevokeDisconnected:
		return !a.signedIn && !a.reconnectBy.IsZero() && !m.now.Before(a.reconnectBy)
	case RevokeWorkItemCancelled:
		return m.command == Command(CancelWorkItem{o.item.id})
	case RevokePreferredAgentRemoved:
		return o.path == PathPreferred && !slices.Contains(o.item.contact.agents, a.id)
	}
	return false
}

// decided compares a decision with what it has to say (DX-1).
func (m *model) decided(e *Engine, w *mItem, d *Decision) {
	v := m.due
	if m.due = nil; v == nil {
		v = m.decide(w)
		must(w.status == Queued && v.agent == nil, "nobody was found for %s, but %+v qualifies", w.id, v.agent)
		must(v.outcome != w.outcome || v.why != w.why, "the decision %s about %s repeats the last", v.outcome, w.id)
		w.left = v.outcome == OutcomeLeftUnassigned
	}
	got := verdict{
		outcome: d.Outcome, reason: d.Reason, preferred: d.Preferred, policy: d.Policy, path: v.path, position: v.position,
	}
	if d.AgentID != nil {
		got.agent = m.agents[*d.AgentID]
	}
	if d.OfferID != nil {
		got.offer = *d.OfferID
	}
	if d.PreferredReason != nil {
		got.why = *d.PreferredReason
	}
	if d.NextBest != nil {
		got.ranked, got.refused = d.NextBest.Ranked, map[DecisionCode]int{}
		for _, c := range d.NextBest.Refused {
			got.refused[c.Code] += c.Count
		}
		must(d.NextBest.Members == len(w.stream.queue.members), "the decision counts %d members", d.NextBest.Members)
	}
	must(reflect.DeepEqual(&got, v), "the decision about %s says\n%+v, want\n%+v (DX-1)", w.id, got, *v)
	must(d.Attempt > w.attempt && d.ConfigVersion == e.org.ConfigVersion, "the decision %+v cites attempt or configuration wrongly", d)
	w.outcome, w.why, w.attempt = d.Outcome, got.why, d.Attempt
}

// settle checks what holds after every command that was not refused.
func (m *model) settle(e *Engine) {
	must(m.due == nil, "an offer without a decision (DX-1)")
	type load struct{ assigned, reserved, over int }
	loads := map[AgentID]load{}
	held := 0
	for _, w := range e.items { // each item of the engine adds to its agent's load once
		l := loads[w.AgentID]
		must(w.offer == nil || w.assignment == nil, "%s is both offered and assigned", w.ID)
		if w.offer != nil {
			l.reserved += w.offer.CapacityUnits
			if w.offer.OverCapacity {
				l.over++
			}
		}
		if w.assignment != nil {
			l.assigned += w.assignment.CapacityUnits
		}
		if loads[w.AgentID] = l; w.Status.Open() {
			held++
		}
	}
	must(held == len(m.open), "%d items are open, want %d: none may be lost", held, len(m.open))
	for id, a := range m.agents {
		is, l := e.agents.get(id), loads[id]
		must(is.AssignedUnits == l.assigned && is.ReservedUnits == l.reserved && is.OverCapacityOffers == l.over && l.over <= 1 &&
			l == load{a.assigned, a.reserved, a.over}, "the load of %s is %+v, their open work is %+v, want %+v (OF-2, RT-3)", id, is.Agent, l, a)
		must(is.Presence.Status == a.status && is.Presence.Manual == a.manual && is.Presence.SignedIn == a.signedIn &&
			len(is.sessions) == len(a.sessions) && a.signedIn == (len(a.sessions) > 0) && (a.signedIn || a.status == StatusOffline),
			"the presence of %s is %+v with %d sessions, want %+v (PR-7, PR-8)", id, is.Presence, len(is.sessions), a)
	}
	m.settleItems(e)
	m.settleDeadlines(e)
}

func (m *model) settleItems(e *Engine) {
	more := e.dirtyItems.len() > 0 || len(e.dirtyAgents) > 0 // the rest follows with the next Tick: maxAttemptsPerCommand
	for _, w := range m.open {
		is := e.items[w.id]
		must(is != nil && is.Status == w.status && is.LeftUnassigned == w.left, "%s is %+v, want %+v", w.id, is, w)
		switch {
		case w.status == Queued:
			must(is.offer == nil && is.assignment == nil && is.AgentID == "", "the waiting %s is held by %s", w.id, is.AgentID)
			if more {
				continue
			}
			if a, _ := m.preferred(w); a != nil {
				fail("%s waits although the preferred %s qualifies (RT-5, WS-5)", w.id, a.id)
			}
			must(w.left == m.leaves(w), "%s is left unassigned: %t (RT-5)", w.id, w.left)
			must(w.left && w.outcome == OutcomeLeftUnassigned || !w.left && w.outcome == OutcomeQueued,
				"%s waits and its last decision is %q (DX-1)", w.id, w.outcome)
			for a := range w.stream.queue.members {
				if !w.left && w.asNextBest(a) == "" {
					fail("%s waits although %s qualifies (WS-5)", w.id, a.id)
				}
			}
		case w.status == Offered:
			a, o := w.holder, w.offer
			must(is.offer != nil && is.offer.ID == o.id && is.OfferID == o.id && is.AgentID == a.id, "%s has not the offer %s", w.id, o.id)
			must(o.path != PathPreferred || slices.Contains(w.contact.agents, a.id), "%s has an offer of %s, but is not preferred (RT-6)", a.id, w.id)
			status := a.status
			if !a.signedIn {
				must(a.reconnectBy.After(a.leftAt), "%s, who is gone, has an offer (OF-3)", a.id)
				status = a.captured
			}
			must(slices.Contains(w.stream.AllowedPresences, StatusByID(status).Base), "%s has an offer as %s (OF-3)", a.id, status)
		case w.status == Assigned:
			must(is.assignment != nil && is.assignment.ID == w.assignment && is.AgentID == w.holder.id, "%s is not assigned to %s", w.id, w.holder.id)
		}
	}
}

// settleDeadlines checks that nothing is late after a Tick and nothing that is to come is forgotten (OF-1, PR-7, PR-8).
func (m *model) settleDeadlines(e *Engine) {
	next, some := e.NextDeadline()
	_, ticked := m.command.(Tick)
	more := e.dirtyItems.len() > 0 || len(e.dirtyAgents) > 0
	must(!ticked || more || !some || next.After(m.now), "after a Tick at %s the next is due at %s: it would never end", m.now, next)
	check := func(due time.Time, what string, id any) {
		must(some && (!next.After(due) || !next.After(m.now)), "the next deadline is %s, but %s of %v is due %s", next, what, id, due)
		must(!ticked || due.After(m.now), "%s of %v was due %s and is late at %s", what, id, due, m.now)
	}
	for _, w := range m.open {
		if w.offer == nil {
			continue
		}
		check(w.offer.expires, "the offer", w.offer.id)
		if a := w.holder; !a.signedIn {
			check(a.reconnectBy, "the short interruption", a.id)
		}
	}
	for _, a := range m.agents {
		if a.orphans {
			check(m.startedAt.Add(30*time.Second), "the time to come back", a.id)
		}
	}
}

// acting is whom a command is about: the agent it names, else the one who acts.
func (m *model) acting(id AgentID) *mAgent { return m.agents[cmp.Or(id, m.own)] }

// see takes one event in, after judging it.
func (m *model) see(e *Engine, ev Event, actor Actor) {
	must(ev.At.Equal(m.now) && ev.Actor == actor.ID, "the event %+v is not of now or not by %s", ev, actor.ID)
	w, a := m.items[ev.WorkItemID], m.agents[ev.AgentID]
	if w != nil {
		contact := ContactID("")
		if w.contact != nil {
			contact = w.contact.id
		}
		must(ev.QueueID == w.stream.QueueID && ev.ContactID == contact, "the event %+v cites the wrong queue or contact", ev)
	}
	must(m.due == nil || ev.Type == EventDecision && ev.WorkItemID != "", "%s instead of the decision about an offer", ev.Type)
	switch ev.Type {
	case EventOfferMade, EventOfferAccepted, EventOfferRejected, EventOfferMissed, EventOfferRevoked:
		o := ev.Offer
		must(w != nil && a != nil && o != nil && o.ID == ev.Body.OfferID && o.AgentID == a.id && o.WorkItemID == w.id, "%+v cites wrongly", ev)
		if known := m.offers[o.ID]; known != nil {
			m.ended(ev, known, w, a)
		} else {
			m.offered(ev, w, a)
		}
	case EventDecision:
		d := ev.Decision
		must(w != nil && (d.AgentID == nil) == (a == nil) && (a == nil || *d.AgentID == a.id), "%+v cites wrongly", ev)
		m.decided(e, w, d)
	case EventWorkItemCompleted, EventWorkItemCancelled:
		m.closedItem(ev, w)
	case EventSessionOpened, EventSessionClosed:
		m.session(ev, a)
	case EventPresenceChanged:
		m.presenceChanged(ev, a)
	case EventPreferredAgentsChanged:
		must(slices.Equal(ev.Body.Agents, m.contacts[ev.ContactID].agents), "the row is %v, want %v (MX-2)", ev.Body.Agents, m.contacts[ev.ContactID].agents)
	case EventQueueMemberAdded:
		must(m.queues[ev.QueueID].members[a], "%s became a member unasked", a.id)
	case EventQueueMemberRemoved:
		must(!m.queues[ev.QueueID].members[a], "%s was removed unasked", a.id)
	}
}

// closedItem: a command closes an item, nothing else does; its assignment ends with it.
func (m *model) closedItem(ev Event, w *mItem) {
	to := Completed
	if ev.Type == EventWorkItemCancelled {
		to = Cancelled
		must(m.command == Command(CancelWorkItem{w.id}), "%s is cancelled unasked", w.id)
	} else {
		must(m.command == Command(CompleteWorkItem{w.id}) && w.status == Assigned && ev.AgentID == w.holder.id &&
			ev.Body.AssignmentID == w.assignment, "%s is completed unasked or cited wrongly", w.id)
	}
	must(w.status == Queued || w.status == Assigned, "%s is closed while it is %s", w.id, w.status)
	if w.status == Assigned {
		w.holder.assigned -= w.stream.CapacityUnits
		m.loadOrPresence(w.holder)
	}
	w.status = to
	m.open = slices.DeleteFunc(m.open, func(o *mItem) bool { return o == w })
}

// session: the devices of an agent count as one presence; those from before a restart end when one comes back, or when the
// time to come back is over (PR-8).
func (m *model) session(ev Event, a *mAgent) {
	id, open := ev.Body.SessionID, ev.Type == EventSessionOpened
	asked := false
	switch c := m.command.(type) {
	case OpenSession:
		asked = m.acting(c.AgentID) == a && (open || a.orphans)
	case CloseSession:
		asked = !open && c.SessionID == id
	case SignOut:
		asked = !open && m.acting(c.AgentID) == a
	case Tick:
		asked = !open && m.graceOver(a)
	}
	must(asked, "%s of %s by %T", ev.Type, id, m.command)
	if !open {
		at := slices.Index(a.sessions, id)
		must(at >= 0, "the session %s ends, but it is none of %s", id, a.id)
		a.sessions = slices.Delete(a.sessions, at, at+1)
		return
	}
	must(!a.orphans || len(a.sessions) == 0, "%s is back and has sessions from before the restart", a.id)
	a.sessions, a.orphans = append(a.sessions, id), false
	if !a.signedIn {
		m.signingIn, a.signedIn = a, true
	}
}

// graceOver tells whether the agent's sessions from before the restart have had their time to come back.
func (m *model) graceOver(a *mAgent) bool {
	return a.orphans && !m.now.Before(m.startedAt.Add(30*time.Second))
}

// presenceChanged: every change has its cause, and what it changes to follows from it (PR-3, PR-6, PR-7).
func (m *model) presenceChanged(ev Event, a *mAgent) {
	must(ev.Body.From == string(a.status), "the presence of %s changes from %s, but it is %s (PR-9)", a.id, ev.Body.From, a.status)
	to, manual := StatusOffline, false
	switch PresenceCause(ev.Body.Cause) {
	case CauseManual:
		c, ok := m.command.(SetPresence)
		must(ok && m.acting(c.AgentID) == a && a.signedIn, "%s chose no presence", a.id)
		to, manual = c.StatusID, true
		a.byHand++
	case CauseSignIn:
		must(m.signingIn == a && (a.leftAt.IsZero() || m.now.Sub(a.leftAt) > 150*time.Second), "%s signs in at %s, gone since %s", a.id, m.now, a.leftAt)
		to = StatusAvailable
		a.signIns++
		m.signingIn, a.leftAt, a.reconnectBy = nil, time.Time{}, time.Time{}
	case CauseRestored:
		must(m.signingIn == a && !a.leftAt.IsZero() && m.now.Sub(a.leftAt) <= 150*time.Second, "%s is restored at %s, gone since %s", a.id, m.now, a.leftAt)
		to, manual = a.captured, a.capturedManual
		m.signingIn, a.leftAt, a.reconnectBy = nil, time.Time{}, time.Time{}
	case CauseDisconnected:
		lostAt := m.now
		if _, tick := m.command.(Tick); tick {
			must(m.graceOver(a), "%s is gone before the time to come back is over (PR-8)", a.id)
			lostAt = m.startedAt
		}
		m.gone(a)
		a.reconnectBy = lostAt.Add(m.reconnect)
	case CauseSignOut:
		c, ok := m.command.(SignOut)
		must(ok && m.acting(c.AgentID) == a, "%s did not sign out", a.id)
		m.gone(a)
	default:
		fail("the presence of %s changes by %s", a.id, ev.Body.Cause)
	}
	must(ev.Body.To == string(to), "the presence of %s becomes %s, want %s", a.id, ev.Body.To, to)
	if PresenceCause(ev.Body.Cause) != CauseManual || StatusByID(to).Base != a.base() {
		m.loadOrPresence(a) // else it is the same presence, now chosen by hand
	}
	a.status, a.manual = to, manual
}

// gone captures the presence of an agent whose last session has ended (PR-7).
func (m *model) gone(a *mAgent) {
	must(a.signedIn && len(a.sessions) == 0, "%s is gone with %d sessions", a.id, len(a.sessions))
	a.captured, a.capturedManual, a.leftAt, a.reconnectBy = a.status, a.manual, m.now, time.Time{}
	a.signedIn, a.orphans = false, false
}

// pass lets the time of the model go on; a clock that goes back stands still (Meta.Now).
func (m *model) pass(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
}

// outcome checks that a command did what it was given for.
func (m *model) outcome(c Command, r Result) {
	switch c := c.(type) {
	case AcceptOffer: // OF-6: again gives the same
		o := m.offers[c.OfferID]
		must(o.state == OfferAccepted && r.Refs.Offer == o.id && r.Refs.Assignment == o.assignment && o.assignment != "", "%s is %+v, not accepted", o.id, o)
	case RejectOffer:
		must(m.offers[c.OfferID].state == OfferRejected, "%s is not rejected", c.OfferID)
	case CancelWorkItem:
		must(m.items[c.WorkItemID].status == Cancelled, "%s is not cancelled", c.WorkItemID)
	case CompleteWorkItem:
		must(m.items[c.WorkItemID].status == Completed, "%s is not completed", c.WorkItemID)
	case SetPresence:
		a := m.acting(c.AgentID)
		must(a.status == c.StatusID && a.manual, "%s has not the chosen presence but %s (PR-6)", a.id, a.status)
	case OpenSession:
		a := m.acting(c.AgentID)
		must(a.signedIn && m.signingIn == nil && r.Session != nil && slices.Contains(a.sessions, cmp.Or(c.ID, r.Session.ID)), "%s has no session", a.id)
	case CloseSession:
		for _, a := range m.agents {
			must(!slices.Contains(a.sessions, c.SessionID), "the session %s is still there", c.SessionID)
		}
	case SignOut:
		a := m.acting(c.AgentID)
		must(!a.signedIn && a.reserved == 0, "%s is signed in or has an offer after signing out (OF-3)", a.id)
	case MovePreferredAgent, SetPreferredAgents, RemovePreferredAgent:
		if set, ok := c.(SetPreferredAgents); ok {
			m.warned(set, r.Warnings)
		}
		if row := m.contacts[r.Refs.PreferredAgents]; len(row.agents) > 0 {
			must(slices.Equal(r.Row.Agents, row.agents) && r.Row.Version == row.version, "the row is %+v, want %+v", r.Row, row)
		} else {
			must(r.Row == nil, "a row without agents")
		}
	}
}

func refusedVersion(expected *int, is int) (ErrorCode, Reason) {
	if expected != nil && *expected != is {
		return CodeConflict, ReasonVersionMismatch
	}
	return "", ""
}

func refusedEntry(at int, code ErrorCode, reason Reason) (ErrorCode, Reason) {
	if at < 0 {
		return CodeNotFound, ""
	}
	return code, reason
}

// refusedAgent: an agent acts for themselves only.
func (m *model) refusedAgent(id AgentID) ErrorCode {
	switch {
	case id == "" && m.own == "":
		return CodeBadUserInput
	case m.own != "" && id != "" && id != m.own:
		return CodeNotFound
	}
	return ""
}

// refusedAnswer: one answer wins, the same agent gets the same answer again, everybody else a clear error (OF-1, OF-6).
func (m *model) refusedAnswer(o *mOffer, answer OfferState) (ErrorCode, Reason) {
	switch {
	case o == nil || m.own != "" && m.own != o.agent.id:
		return CodeNotFound, ""
	case o.state == OfferMissed || o.state == OfferOpen && !m.now.Before(o.expires):
		return CodeConflict, ReasonOfferExpired
	case o.state == OfferOpen || o.state == answer:
		return "", ""
	case o.state == OfferAccepted:
		return CodeConflict, ReasonOfferAccepted
	case o.state == OfferRejected:
		return CodeConflict, ReasonOfferRejected
	}
	return CodeConflict, ReasonOfferRevoked
}

// refusedClosing: agents close their own only.
func (m *model) refusedClosing(w *mItem, complete bool) (ErrorCode, Reason) {
	switch {
	case w == nil || m.own != "" && (w.holder == nil || w.holder.id != m.own):
		return CodeNotFound, ""
	case !w.status.Open():
		return CodeConflict, ReasonWorkItemClosed
	case complete && w.status != Assigned:
		return CodeConflict, ReasonNotAssigned
	}
	return "", ""
}

// warned: MX-3, a warning for each agent who is in no queue.
func (m *model) warned(c SetPreferredAgents, warnings []Warning) {
	var want, got []string
	for i, id := range c.Agents {
		in := false
		for _, q := range m.queues {
			in = in || q.members[m.agents[id]]
		}
		if !in {
			want = append(want, fmt.Sprintf("agentIds.%d", i))
		}
	}
	for _, w := range warnings {
		got = append(got, w.Field)
	}
	must(slices.Equal(got, want), "the row of %s warns about %v, want %v (MX-3)", c.ContactID, got, want)
}
