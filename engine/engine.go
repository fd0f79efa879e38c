package engine

import (
	"slices"
	"time"
)

// Engine is the state of routing: agents, queues, workstreams, settings, open work items with their offers, and what routing needs to
// know of the contacts with open work. It must be used by one goroutine at a time.
type Engine struct {
	org         Organization
	agents      registry[AgentID, *agent]
	queues      registry[QueueID, *queue]
	workstreams registry[WorkstreamID, *workstream]
	sessions    map[SessionID]*Session
	// roles are those of one's own, by name.
	roles   map[string]*Role
	apiKeys map[APIKeyID]*APIKey
	// statuses are the presence statuses of one's own.
	statuses map[PresenceStatusID]*PresenceStatus
	profiles map[CapacityProfileID]*CapacityProfile
	// kinds are the kinds of cost that there have been, the one in units first.
	kinds      []*costKind
	items      map[WorkItemID]*workItem
	contacts   map[ContactID]*contactRouting
	openOffers map[OfferID]*workItem
	deadlines  deadlines
	// zones are the time zones that have been read, by name.
	zones map[string]*time.Location

	// What is to be looked at by routing; see route.go.
	dirtyItems  waitingList
	dirtyAgents []*agent
	// stale are agents whose presence is to be computed anew; see recomputeLater.
	stale []*agent
	// rankedSeq is the highest Agent.RankedSeq given so far.
	rankedSeq    int64
	waitingCount int
	// startedAt is when the sessions of before were taken over (PR-8).
	startedAt time.Time

	// The command that is being applied.
	now   time.Time
	actor Actor
	ids   idSource

	// The batch: what it changed so far, and what is let go of when it ends. batch numbers them, for `touched`.
	batch        uint64
	pending      pending
	admitted     []ContactID
	touchedItems []*workItem
	endedOffers  map[OfferID]*Offer
	closedItems  map[WorkItemID]WorkItem
	// records are the contacts that commands of the batch change; preferred tells which agents stored rows name.
	records   map[ContactID]*Contact
	preferred map[AgentID]bool
}

// registry finds nouns by id and walks them in the order in which they came.
type registry[K, V comparable] struct {
	byID map[K]V
	all  []V
}

func (r *registry[K, V]) get(id K) V { return r.byID[id] }

func (r *registry[K, V]) add(id K, v V) {
	if r.byID == nil {
		r.byID = map[K]V{}
	}
	r.byID[id] = v
	r.all = append(r.all, v)
}

// remove takes a noun away and tells where it stood.
func (r *registry[K, V]) remove(id K) (at int) {
	at = slices.Index(r.all, r.byID[id])
	delete(r.byID, id)
	r.all = slices.Delete(r.all, at, at+1)
	return at
}

// putBack gives a noun that was removed its place again; only undo does that.
func (r *registry[K, V]) putBack(at int, id K, v V) {
	r.byID[id] = v
	r.all = slices.Insert(r.all, at, v)
}

// Apply does one command, and then the routing that it caused. A refused command, whose error is an *Error, leaves no trace. What
// changed is collected until Take.
func (e *Engine) Apply(c Command, m Meta) (Result, error) {
	if now := m.Now.UTC().Truncate(time.Microsecond); now.After(e.now) {
		e.now = now
	}
	e.actor = m.Actor
	e.ids.begin(e.now, m.Entropy)
	var r Result
	if err := c.apply(e, &r); err != nil {
		return Result{}, err
	}
	if r.Preview == nil { // a preview changes nothing, not even what is still to be looked at (DX-3)
		e.recomputeStale()
		e.route()
	}
	e.fill(&r)
	return r, nil
}

// Tick lets time pass: what is due happens, at most 256 things at once; the rest is due at the next Tick.
type Tick struct{}

func (Tick) apply(e *Engine, _ *Result) error {
	for n := 0; n < maxDeadlinesPerTick; n++ {
		d, ok := e.deadlines.min()
		if !ok || d.at > e.now.UnixMicro() {
			break
		}
		switch d.kind {
		case offerExpires:
			e.declineOffer(e.openOffers[OfferID(d.id)], OfferMissed)
		case reconnectEnds:
			e.reconnectTimeOver(e.agents.get(AgentID(d.id)))
		case graceEnds:
			e.restartGraceOver(e.agents.get(AgentID(d.id)))
		case wrapUpEnds:
			e.completeItem(e.items[WorkItemID(d.id)])
		case dayEnds:
			e.dayOver(e.agents.get(AgentID(d.id)))
		}
	}
	return nil
}

// NextDeadline is when the next Tick is due; false when nothing is. It is in the past while routing has more to do than one command
// may.
func (e *Engine) NextDeadline() (time.Time, bool) {
	if e.dirtyItems.len() > 0 || len(e.dirtyAgents) > 0 || len(e.stale) > 0 {
		return e.now, true
	}
	d, ok := e.deadlines.min()
	return time.UnixMicro(d.at).UTC(), ok
}

// Figures are counts for the operator.
type Figures struct {
	Agents, OpenItems, WaitingItems, OpenOffers, Sessions, Contacts int
}

// Figures counts what the engine holds.
func (e *Engine) Figures() Figures {
	return Figures{
		Agents: len(e.agents.all), OpenItems: len(e.items), WaitingItems: e.waitingCount, OpenOffers: len(e.openOffers),
		Sessions: len(e.sessions), Contacts: len(e.contacts),
	}
}
