package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// model is what must be true, by the sentences of the specification: configuration as the commands set it, everything that
// moves as the events tell it. Each event is judged against the state right before it, so each choice of the engine is made
// again here, slowly: no index, no mark, everybody is looked at every time.
type model struct {
	now, startedAt time.Time
	organization   RoutingPolicy
	reconnect      time.Duration
	settings       mSettings
	statuses       map[PresenceStatusID]*mStatus
	profiles       map[CapacityProfileID]CapacityProfile
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
	// roles and keys are those of RL-2.
	roles map[string]*mRole
	keys  map[APIKeyID]*mKey
	// command and own are what is being applied, and the acting agent if one acts, with what they may do.
	command Command
	own     AgentID
	may     []Permission
	// held: the command acts on the principal's own things only; owns: they can own something. giver is who hands over their own work.
	held, owns bool
	giver      *mAgent
	// due is what the decision that must follow an offer has to say; signingIn who has just opened their first session.
	due *verdict
	// alternatives are what else that decision may say; see mPassed.
	alternatives []*verdict
	// overruled: what this command chose by hand gave way at once to negative capacity (PR-6).
	overruled bool
	passed    []mPassed
	// leaving is the item that has just left its queue for another.
	leaving *mItem
}

// mQueue has its members with their turn: when they were last offered something of it while it went by ROUND_ROBIN, 0 for never.
type mQueue struct {
	id                QueueID
	priority, version int
	method            AssignmentMethod
	members           map[*mAgent]int
}

// mStream has the queue where new items of it wait.
type mStream struct {
	Workstream
	queue *mQueue
}

// mRow is a contact with their row of the matrix; settings is the contact's own version.
type mRow struct {
	id                ContactID
	agents            []AgentID
	version, settings int
	policy            RoutingPolicy
}

type mAgent struct {
	id AgentID
	mPresence
	mCapacity
	over, holds                       int // open offers over capacity, assignments in force
	captured                          PresenceStatusID
	capturedSource                    PresenceSource
	signedIn                          bool
	byHand, signIns, changed, version int
	releasedAt                        *time.Time
	leftAt, reconnectBy               time.Time
	sessions                          []SessionID
	orphans                           bool             // the sessions are from before a restart (PR-8)
	standard                          PresenceStatusID // their default
	grants                            map[PresenceStatusID]bool
	// expected are the presences that have to follow, in this order (see expect).
	expected []mPresence
}

type mItem struct {
	id                WorkItemID
	stream            *mStream
	queue             *mQueue // where it waits: that of its stream until it is transferred
	contact           *mRow
	createdAt         time.Time
	status            WorkItemStatus
	left              bool // LEFT_UNASSIGNED was decided last
	without           bool // transferred without its preferred agents
	holder            *mAgent
	offer             *mOffer
	assignment        AssignmentID
	declines          map[*mAgent]mDecline
	outcome           DecisionOutcome
	why               DecisionCode
	priority, attempt int
	cost              CapacityCost // what its assignment takes, while holding
	holding           bool
	wrapUpEnds        time.Time
}

type mDecline struct{ count, byHand, signIns int }

type mOffer struct {
	id         OfferID
	item       *mItem
	agent      *mAgent
	state      OfferState
	path       OfferPath
	over       bool
	cost       CapacityCost
	stream     int // the version of the workstream with which it was made
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

// earlier is the order of WS-3: queue priority, item priority, age; ids grow with age.
func earlier(a, b *mItem) bool {
	return cmp.Or(cmp.Compare(a.queue.priority, b.queue.priority), cmp.Compare(a.priority, b.priority),
		a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id)) < 0
}

// policy is RT-1: each field from the contact, else the workstream, else the organisation, else the default; off for the organisation
// is final.
func (m *model) policy(w *mItem) EffectiveRoutingPolicy {
	p := EffectiveRoutingPolicy{WhenUnavailable: LeaveUnassigned, RetryPreferred: true}
	if w.stream.Channel == ChannelChat || w.stream.Channel == ChannelVoice {
		p.WhenUnavailable = NextBestAgent
	}
	org, own, contact := m.organization, w.stream.RoutingPolicy, RoutingPolicy{}
	if w.contact != nil {
		contact = w.contact.policy
	}
	if v := cmp.Or(contact.WhenUnavailable, own.WhenUnavailable, org.WhenUnavailable); v != nil {
		p.WhenUnavailable = *v
	}
	if v := cmp.Or(contact.RetryPreferred, own.RetryPreferred, org.RetryPreferred); v != nil {
		p.RetryPreferred = *v
	}
	if v := cmp.Or(contact.Enabled, own.Enabled, org.Enabled); v != nil {
		p.Enabled = *v && org.Enabled != nil && *org.Enabled
	}
	return p
}

// closed is why the row is not looked at: RT-1, RT-2, WS-6.
func (m *model) closed(w *mItem) DecisionCode {
	switch {
	case w.stream.DistributionMode == Pick:
		return CodeWorkstreamNotPush
	case !m.policy(w).Enabled:
		return CodeFeatureDisabled
	case w.without:
		return CodeWithoutPreferred
	case w.contact == nil:
		return CodeContactNotIdentified
	case len(w.contact.agents) == 0:
		return CodeNoPreferredAgents
	}
	return ""
}

// isMember tells whether an agent is in the queue.
func (q *mQueue) isMember(a *mAgent) bool {
	_, in := q.members[a]
	return in
}

// presence is why membership or presence keep an agent from an item: OF-2 asks no session of AUTO with Offline.
func (w *mItem) presence(a *mAgent) DecisionCode {
	s := w.stream
	offline := slices.Contains(s.AllowedPresences, Offline)
	switch {
	case !w.queue.isMember(a):
		return CodeNotQueueMember
	case !a.signedIn && !(s.AcceptMode == AcceptAuto && offline):
		return CodeNotSignedIn
	case !slices.Contains(s.AllowedPresences, a.base):
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

// asPreferred is why an agent of the row can't be asked, "" if they can: RT-3, PR-4, RT-4, and RT-5 for an item that was left.
func (m *model) asPreferred(w *mItem, a *mAgent) DecisionCode {
	if a == nil {
		return CodeAgentNotFound // MX-3
	}
	if code := w.presence(a); code != "" {
		return code
	}
	if !m.fits(w, a) && a.over > 0 {
		return CodeOverCapacityOfferOpen
	}
	if m.atLimit(a) {
		return CodeOpenWorkLimit
	}
	return w.untried(a)
}

// untried: each agent of the row is asked once, but for an item that was left (RT-4, RT-5).
func (w *mItem) untried(a *mAgent) DecisionCode {
	d, tried := w.declines[a]
	switch {
	case w.left || !tried:
		return w.declined(a)
	case d.count >= w.stream.DeclineLimit:
		return CodeDeclineLimit
	}
	return CodeAlreadyDeclined
}

// asNextBest is why a member can't be asked as the next best: WS-4, PR-4, OF-4.
func (m *model) asNextBest(w *mItem, a *mAgent) DecisionCode {
	if code := w.presence(a); code != "" {
		return code
	}
	if !m.fits(w, a) {
		return CodeNoCapacity
	}
	if m.atLimit(a) {
		return CodeOpenWorkLimit
	}
	return w.declined(a)
}

// preferred gives the first agent of the row who can be asked (RT-4), with their position; nobody while the item was left to
// a person for good (RT-5).
func (m *model) preferred(w *mItem) (*mAgent, int) {
	if m.closed(w) != "" || m.stays(w) {
		return nil, 0
	}
	for i, id := range w.contact.agents {
		if a := m.agents[id]; m.asPreferred(w, a) == "" {
			return a, i + 1
		}
	}
	return nil, 0
}

// leaves tells whether an item without a preferred agent goes to nobody else (RT-5).
func (m *model) leaves(w *mItem) bool {
	return m.closed(w) == "" && m.policy(w).WhenUnavailable == LeaveUnassigned
}

// stays tells whether an item was left to a person for good (RT-5).
func (m *model) stays(w *mItem) bool { return w.left && m.leaves(w) && !m.policy(w).RetryPreferred }

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
	v := &verdict{policy: m.policy(w), path: PathPreferred, why: m.closed(w)}
	v.agent, v.position = m.preferred(w)
	if v.why == "" {
		for i, id := range w.contact.agents {
			code := m.asPreferred(w, m.agents[id])
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
	case w.stream.DistributionMode == Pick: // RT-2
		v.outcome, v.reason = OutcomeQueued, CodeWorkstreamNotPush
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

// nextBest ranks the members who qualify: decliners last (OF-4), then by the queue's method (WS-2); and counts the others by the
// first check that refuses them.
func (m *model) nextBest(w *mItem, v *verdict) {
	v.path, v.refused = PathNextBest, map[DecisionCode]int{}
	var able []*mAgent
	for a := range w.queue.members {
		if code := m.asNextBest(w, a); code == "" {
			able = append(able, a)
		} else {
			v.refused[code]++
		}
	}
	again := func(a *mAgent) int { return min(w.declines[a].count, 1) }
	slices.SortFunc(able, func(a, b *mAgent) int {
		return cmp.Or(cmp.Compare(again(a), again(b)), m.compare(w, a, b), cmp.Compare(a.id, b.id))
	})
	for i, a := range able {
		if i == 0 {
			v.agent = a
		}
		if i > MaxRunnersUp {
			break
		}
		r := RankedCandidate{AgentID: a.id, FreeUnits: m.room(a, &w.stream.Cost), DeclinedBefore: again(a) > 0}
		switch w.queue.method {
		case RoundRobin:
			turn := int64(w.queue.members[a])
			r.Turn = &turn
		case LeastActive:
			r.ReleasedAt = a.releasedAt
		}
		v.ranked = append(v.ranked, r)
	}
}

// compare is how a queue's method ranks two members (WS-2): most room for what the item takes, then longest without a change of load or presence; longest
// without an offer of this queue; longest since capacity was given back, never first.
func (m *model) compare(w *mItem, a, b *mAgent) int {
	switch w.queue.method {
	case RoundRobin:
		return cmp.Compare(w.queue.members[a], w.queue.members[b])
	case LeastActive:
		if a.releasedAt == nil || b.releasedAt == nil {
			return cmp.Compare(given(a), given(b))
		}
		return a.releasedAt.Compare(*b.releasedAt)
	}
	return cmp.Or(cmp.Compare(m.room(b, &w.stream.Cost), m.room(a, &w.stream.Cost)), cmp.Compare(a.changed, b.changed))
}

// given is 1 for an agent who has given capacity back, else 0.
func given(a *mAgent) int {
	if a.releasedAt == nil {
		return 0
	}
	return 1
}

// couldTake tells whether this very agent could get the item now, on any path (WS-3).
func (m *model) couldTake(w *mItem, a *mAgent) bool {
	if chosen, _ := m.preferred(w); chosen != nil {
		return slices.Contains(w.contact.agents, a.id) && m.asPreferred(w, a) == ""
	}
	return !m.leaves(w) && w.stream.DistributionMode == Push && m.asNextBest(w, a) == ""
}
