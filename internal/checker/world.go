package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// world is the history put in order: who held what, who was there, which items waited and what was set, at every instant.
type world struct {
	h            History
	l            Log
	agents       map[string]*agentLine
	everybody    []*agentLine // by id
	queues       map[string]*queueLine
	workstreams  map[string]*workstreamLine
	items        map[string]*itemLine
	inOrder      []*itemLine // as Items
	offers       map[string]*offerLine
	rows         map[string]*line[[]string]
	policies     map[string]*line[ScopePolicy]
	organization *line[ScopePolicy]
	// commands counts, for an instant in microseconds, the commands that happened then. Where there is more than one, the order of what
	// happened is not known.
	commands map[int64]map[string]bool
	made     map[int64]int  // offers made at an instant
	limited  map[int64]bool // whether somebody became Do not disturb then for the limit of open work: before or after a decision

	found             []Violation
	judged, undecided int
}

// agentLine is an agent; settings are nil when there is no such agent.
type agentLine struct {
	id       string
	settings *line[*Agent]
	presence []PresenceChange // without those of deletions
	there    *line[presence]
	offers   []*offerLine            // in the order in which they were made
	byQueue  map[string][]*offerLine // the same, by the queue in which the item was
	load     load
	releases []time.Time // when they gave capacity back
	work     []labour    // when work came and went, in order
	strays   []time.Time // of presences computed from work that was taken, which follow from none
	instants []time.Time // at which anything about them changed
}

// presence is what routing reads of one.
type presence struct {
	base     string
	signedIn bool
	cause    string
	// after is the offer of the same instant, assigned without asking, from which it was computed; empty for what came before all offers.
	after string
}

type queueLine struct {
	id       string
	settings *line[*Queue]
	members  map[string]*line[bool]
	ever     []string // who was a member at any time
}

type workstreamLine struct {
	id       string
	settings *line[*Workstream]
}

type itemLine struct {
	*Item
	workstream *workstreamLine
	place      *line[Placement]
	changes    []ItemChange
	offers     []*offerLine
	holds      []*hold
	waits      []wait
	declines   []decline
	renewals   []Span // transfers after which everybody may be asked again
}

// wait is a time in which an item waited in its queue; next is the offer that ended it, "" for none.
type wait struct {
	from, until time.Time
	next        string
}

// hold is a time in which an item was offered to an agent or assigned to them, or the one and then the other.
type hold struct {
	id    string
	agent string
	from  time.Time
	// until is when it let go of its units; nil when it still holds them.
	until *time.Time
	units int
	// sure is false when the cost is not known.
	sure       bool
	offer      *offerLine // nil when it was given by hand
	assignment *Assignment
}

// decline is an agent who rejected or missed an item, or handed it over (OF-4, WS-6).
type decline struct {
	agent string
	at    time.Time
	// sure is false when it may have been somebody else who handed it over, or nobody in particular.
	sure bool
}

type offerLine struct {
	*Offer
	item *itemLine
	// queueUnsure: it is not known in which queue the item was.
	queueUnsure bool
}

func (o *offerLine) name() string {
	return fmt.Sprintf("offer %s of item %s to agent %s", o.ID, o.item.ID, o.Agent)
}

// point is a place in the order of all that happened: right before an offer was made at an instant, or, for before "", after all that
// happened at that instant. What a command changes comes before the offers that follow from it, and ids are given in order.
type point struct {
	at     time.Time
	before string
}

func beforeOffer(o *offerLine) point { return point{o.OfferedAt, o.ID} }

// hasMade tells whether the offer was made before p.
func (p point) hasMade(o *offerLine) bool {
	return o.OfferedAt.Before(p.at) || o.OfferedAt.Equal(p.at) && (p.before == "" || o.ID < p.before)
}

func newWorld(h History, l Log) *world {
	w := &world{
		h: h, l: l, agents: map[string]*agentLine{}, queues: map[string]*queueLine{}, workstreams: map[string]*workstreamLine{},
		items: map[string]*itemLine{}, offers: map[string]*offerLine{}, commands: map[int64]map[string]bool{}, made: map[int64]int{},
		limited: map[int64]bool{},
	}
	w.addSettings()
	w.addPresences()
	changes := w.itemChanges()
	given := w.handOvers(changes)
	for i := range h.Items {
		it := &h.Items[i]
		w.addItem(it, changes[it.ID], given[it.ID])
	}
	for _, a := range w.everybody {
		slices.SortFunc(a.offers, inOrderOfMaking)
		for _, list := range a.byQueue {
			slices.SortFunc(list, inOrderOfMaking)
		}
		a.load.prepare()
		slices.SortStableFunc(a.work, func(x, y labour) int { return x.at.Compare(y.at) })
		a.placeComputed()
		a.releases = inOrder(a.releases)
		a.instants = inOrder(slices.Concat(a.instants, a.settings.bounds(), a.there.bounds(), a.load.instants()))
	}
	return w
}

func inOrderOfMaking(a, b *offerLine) int {
	return cmp.Or(a.OfferedAt.Compare(b.OfferedAt), strings.Compare(a.ID, b.ID))
}

func (w *world) command(at time.Time, what string) {
	key := at.UnixMicro()
	if w.commands[key] == nil {
		w.commands[key] = map[string]bool{}
	}
	w.commands[key][what] = true
}

func (w *world) commandIf(at *time.Time, what string) {
	if at != nil {
		w.command(*at, what)
	}
}

// inDoubt tells whether the order of what happened at an instant is not known.
func (w *world) inDoubt(at time.Time) bool { return len(w.commands[at.UnixMicro()]) > 1 }
