package models

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

// TestStreams: clients subscribe to a world at work, hear every change, lose their connections in the middle of batches and resume. At every
// moment each of them, whatever they filter, has what is stored, and whoever starts anew gets the same (EV-1).
func TestStreams(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		w := newWorld(t, open(t), 23)
		var clients []*client
		for batch := 0; batch < 400; batch++ {
			if len(clients) < 24 || w.IntN(20) == 0 {
				clients = append(clients, w.subscribe())
			}
			if len(clients) > 24 {
				clients = clients[1:]
			}
			w.pass()
			w.batch(w.commands(1 + w.IntN(6)))
			for _, c := range clients {
				c.hear(w.heard)
				if w.IntN(12) == 0 {
					c.start(nil) // nothing of before is needed
				}
				c.compare()
			}
			if batch%100 == 50 {
				w.takeover()
			}
			if t.Failed() {
				t.Fatalf("after %d batches", batch)
			}
		}
		resumed, removed := 0, 0
		for _, c := range clients {
			resumed, removed = resumed+c.resumed, removed+c.removed
		}
		if none := w.missing(
			engine.EventWorkItemTransferred, engine.EventContactLinked, engine.EventContactUnlinked, engine.EventAgentDeleted, engine.EventQueueDeleted,
			engine.EventQueueMemberRemoved, engine.EventWorkItemUnassigned, engine.EventOfferMissed,
		); len(none) > 0 || resumed < 50 || removed < 10 {
			t.Errorf("the run is worth little: no %v in it, %d resumptions, %d removals", none, resumed, removed)
		}
	})
}

// takeover: another owner, another epoch.
func (w *world) takeover() {
	w.t.Helper()
	if err := w.s.Release(ctx, w.s.at); err != nil {
		w.t.Fatal(err)
	}
	w.s.at = must[engine.Position](w.t)(w.s.Acquire(ctx))
}

// client is a subscription: what it has by now, by id, and how far it has heard.
type client struct {
	w    *world
	name string
	view view
	// at is behind all that it has; offline until it has missed some batches.
	at               engine.EventPlace
	next             int
	offline          int
	resumed, removed int
}

// view is what one kind of subscription shows.
type view interface {
	// start begins or resumes, and gives how.
	start(after *engine.EventPlace) (engine.Start, int)
	// hear takes one event in.
	hear(heard)
	// compare is with what is stored.
	compare(t *testing.T, name string)
}

func (w *world) subscribe() *client {
	c := &client{w: w}
	switch w.IntN(4) {
	case 0:
		c.view = &offerView{w: w, agent: pick(w, w.agents)}
	case 1:
		f := engine.PresenceSelection{}
		if n := w.IntN(3); n == 0 {
			f.QueueID = pick(w, w.queues)
		} else if n == 1 {
			f.AgentIDs = append(w.some(3), "ag_none")
		}
		c.view = &presenceView{w: w, f: f}
	case 2:
		f := engine.WorkItemSelection{}
		set := []func(){
			func() { f.QueueID = pick(w, w.queues) }, func() { f.AgentID = pick(w, w.agents) }, func() { f.ContactID = pick(w, w.contacts) },
			func() { f.WorkItemID = late(w, w.items) },
		}
		for _, n := range w.Perm(4)[:w.IntN(3)] {
			set[n]()
		}
		c.view = &itemView{w: w, f: f}
	default:
		f := engine.DecisionSelection{}
		switch w.IntN(4) {
		case 0, 1:
			f.QueueID = pick(w, w.queues)
		case 2:
			f.WorkItemID = late(w, w.items)
		}
		c.view = &decisionView{w: w, f: f}
	}
	c.name = fmt.Sprintf("%T%s", c.view, c.view)
	c.start(nil)
	return c
}

func (c *client) start(after *engine.EventPlace) {
	c.w.t.Helper()
	start, removed := c.view.start(after)
	if start.At != c.w.s.at || start.Reset {
		c.w.t.Errorf("%s begins at %+v, want %v", c.name, start, c.w.s.at)
	}
	c.removed += removed
	c.at, c.next, c.offline = engine.EventPlace{Position: start.At, Index: engine.StartIndex}, len(c.w.heard), 0
}

// hear takes in what is new, or a part of it, if the connection breaks in the middle.
func (c *client) hear(all []heard) {
	if c.offline > 0 {
		if c.offline--; c.offline == 0 {
			c.resumed++
			c.start(&c.at)
		}
		return
	}
	until := len(all)
	if c.w.IntN(10) == 0 {
		c.offline = 1 + c.w.IntN(4)
		until = c.next + c.w.IntN(until-c.next+1)
	}
	for _, ev := range all[c.next:until] {
		c.view.hear(ev)
		c.at = ev.place
	}
	c.next = until
}

func (c *client) compare() {
	c.w.t.Helper()
	if c.offline == 0 {
		c.view.compare(c.w.t, c.name)
	}
}

// stored are the world's objects of one kind that pass, as they were last said to be.
func stored[T any](w *world, pass func(T) bool) []T {
	var list []T
	for _, v := range w.last {
		if v, ok := v.(T); ok && pass(v) {
			list = append(list, v)
		}
	}
	return list
}

// once fails when an id is in a list twice.
func once[T any, K cmp.Ordered](t *testing.T, name string, list []T, id func(T) K) {
	t.Helper()
	ids := idsOf(list, id)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(list) {
		t.Errorf("%s: something comes twice in %s", name, show(list))
	}
}

// byKey puts a list into a map.
func byKey[K comparable, T any](list []T, key func(T) K) map[K]T {
	m := make(map[K]T, len(list))
	for _, v := range list {
		m[key(v)] = v
	}
	return m
}

type offerView struct {
	w      *world
	agent  engine.AgentID
	offers map[engine.OfferID]engine.Offer
}

func offerID(o engine.Offer) engine.OfferID { return o.ID }

func (v *offerView) String() string { return string(v.agent) }

func (v *offerView) start(after *engine.EventPlace) (engine.Start, int) {
	start := must[engine.OfferStart](v.w.t)(v.w.s.OfferStart(ctx, v.agent, "", after))
	once(v.w.t, v.String(), start.Offers, offerID)
	if after == nil {
		v.offers = map[engine.OfferID]engine.Offer{}
	} else {
		var want []engine.OfferID
		for _, ev := range v.w.heard {
			if ev.place.Behind(*after) && ev.Offer != nil && ev.AgentID == v.agent {
				want = append(want, ev.Offer.ID)
			}
		}
		same(v.w.t, "offers that changed, in the order in which they first did", idsOf(start.Offers, offerID), append([]engine.OfferID{}, distinct(want)...))
	}
	for _, o := range start.Offers {
		v.offers[o.ID] = o
	}
	return start.Start, 0
}

func (v *offerView) hear(ev heard) {
	if ev.Offer != nil && ev.AgentID == v.agent {
		v.offers[ev.Offer.ID] = *ev.Offer
	}
}

func (v *offerView) compare(t *testing.T, name string) {
	t.Helper()
	want := byKey(stored(v.w, func(o engine.Offer) bool {
		_, known := v.offers[o.ID]
		return o.AgentID == v.agent && (o.State == engine.OfferOpen || known)
	}), offerID)
	same(t, name, v.offers, want)
}

type presenceView struct {
	w        *world
	f        engine.PresenceSelection
	presence map[engine.AgentID]engine.AgentPresence
}

func (v *presenceView) String() string { return fmt.Sprintf("%+v", v.f) }

func (v *presenceView) wants(a engine.AgentID, queues []engine.QueueID) bool {
	return (v.f.QueueID == "" || slices.Contains(queues, v.f.QueueID)) && (len(v.f.AgentIDs) == 0 || slices.Contains(v.f.AgentIDs, a))
}

func (v *presenceView) start(after *engine.EventPlace) (engine.Start, int) {
	t := v.w.t
	start := must[engine.PresenceStart](t)(v.w.s.PresenceStart(ctx, v.f, after))
	once(t, v.String(), start.Agents, func(a engine.Agent) engine.AgentID { return a.ID })
	once(t, v.String(), start.Removed, func(a engine.AgentID) engine.AgentID { return a })
	if after == nil {
		v.presence = map[engine.AgentID]engine.AgentPresence{}
	}
	touched := map[engine.AgentID]bool{}
	for _, ev := range v.w.heard {
		if after != nil && ev.place.Behind(*after) && ev.AgentID != "" {
			touched[ev.AgentID] = true
		}
	}
	for _, a := range start.Agents {
		if after != nil && !touched[a.ID] {
			t.Errorf("%s: of agent %s nothing has changed", v, a.ID)
		}
		same(t, "the agent", a, v.w.last[a.ID])
		v.presence[a.ID] = a.Presence
	}
	for _, a := range start.Removed {
		if slices.ContainsFunc(start.Agents, func(b engine.Agent) bool { return a == b.ID }) || !slices.Contains(v.f.AgentIDs, a) && !touched[a] {
			t.Errorf("%s: agent %s is there, or nothing happened to them", v, a)
		}
		delete(v.presence, a)
	}
	return start.Start, len(start.Removed)
}

func (v *presenceView) hear(ev heard) {
	switch ev.Type {
	case engine.EventPresenceChanged, engine.EventAgentCreated, engine.EventQueueMemberAdded:
		if v.wants(ev.AgentID, ev.Queues) {
			v.presence[ev.AgentID] = ev.Agent.Presence
		}
	case engine.EventAgentDeleted:
		delete(v.presence, ev.AgentID)
	case engine.EventQueueMemberRemoved:
		if ev.QueueID == v.f.QueueID {
			delete(v.presence, ev.AgentID)
		}
	}
}

func (v *presenceView) compare(t *testing.T, name string) {
	t.Helper()
	want := map[engine.AgentID]engine.AgentPresence{}
	for _, a := range stored(v.w, func(engine.Agent) bool { return true }) {
		var queues []engine.QueueID
		for _, m := range stored(v.w, func(m engine.QueueMember) bool { return m.AgentID == a.ID }) {
			queues = append(queues, m.QueueID)
		}
		if v.wants(a.ID, queues) {
			want[a.ID] = a.Presence
		}
	}
	same(t, name, v.presence, want)
}

type itemView struct {
	w     *world
	f     engine.WorkItemSelection
	items map[engine.WorkItemID]engine.WorkItem
}

func itemID(w engine.WorkItem) engine.WorkItemID { return w.ID }

func (v *itemView) String() string { return fmt.Sprintf("%+v", v.f) }

func (v *itemView) start(after *engine.EventPlace) (engine.Start, int) {
	t := v.w.t
	start := must[engine.WorkItemStart](t)(v.w.s.WorkItemStart(ctx, v.f, after))
	once(t, v.String(), slices.Concat(start.Items, start.Removed), itemID)
	var want []engine.WorkItemID
	if after == nil {
		v.items = map[engine.WorkItemID]engine.WorkItem{}
		same(t, "removed", len(start.Removed), 0)
	} else {
		touched := map[engine.WorkItemID]bool{}
		for _, ev := range v.w.heard {
			if ev.place.Behind(*after) && ev.WorkItemID != "" {
				touched[ev.WorkItemID] = true
			}
		}
		for id := range touched {
			if item := v.w.last[id].(engine.WorkItem); v.f.Matches(&item) {
				want = append(want, id)
			}
		}
		got := idsOf(start.Items, itemID)
		slices.Sort(got)
		slices.Sort(want)
		same(t, v.String()+": items that changed and pass", got, append([]engine.WorkItemID{}, want...))
		for _, item := range start.Removed {
			if !touched[item.ID] || v.f.Matches(&item) {
				t.Errorf("%s: %s passes, or nothing happened to it", v, item.ID)
			}
			same(t, "the removed item", item, v.w.last[item.ID])
			delete(v.items, item.ID)
		}
	}
	for _, item := range start.Items {
		v.items[item.ID] = item
	}
	return start.Start, len(start.Removed)
}

func (v *itemView) hear(ev heard) {
	if ev.Item == nil {
		return
	}
	if v.f.Matches(ev.Item) {
		v.items[ev.WorkItemID] = *ev.Item
	} else {
		delete(v.items, ev.WorkItemID)
	}
}

func (v *itemView) compare(t *testing.T, name string) {
	t.Helper()
	want := byKey(stored(v.w, func(w engine.WorkItem) bool {
		_, known := v.items[w.ID]
		return v.f.Matches(&w) && (w.Status.Open() || known)
	}), itemID)
	for _, items := range []map[engine.WorkItemID]engine.WorkItem{v.items, want} {
		for id, w := range items {
			w.Attempts = 0 // an attempt that repeats the last decision is counted without an event (DX-1)
			items[id] = w
		}
	}
	same(t, name, v.items, want)
}

type decisionView struct {
	w *world
	f engine.DecisionSelection
	// got are the decisions that it was told since it began, want those that it should have been told.
	got, want []string
	at        engine.EventPlace
}

func (v *decisionView) String() string { return fmt.Sprintf("%+v", v.f) }

// tell is a decision with everything that is in it.
func tell(d engine.Decision) string {
	return strings.Join([]string{d.ID, string(d.WorkItemID), d.DecidedAt.UTC().Format(time.RFC3339Nano), show(d)}, " ")
}

func (ev heard) decision() string {
	d := *ev.Decision
	d.ID, d.WorkItemID, d.DecidedAt = ev.place.Cursor(), ev.WorkItemID, ev.At
	return tell(d)
}

func (v *decisionView) wants(ev heard) bool {
	return ev.Type == engine.EventDecision && (v.f.QueueID == "" || v.f.QueueID == ev.QueueID) && (v.f.WorkItemID == "" || v.f.WorkItemID == ev.WorkItemID)
}

func (v *decisionView) start(after *engine.EventPlace) (engine.Start, int) {
	start := must[engine.DecisionStart](v.w.t)(v.w.s.DecisionStart(ctx, v.f, after))
	told := idsOf(start.Decisions, tell)
	if after != nil {
		v.got = append(v.got, told...)
		return start.Start, 0
	}
	v.at = engine.EventPlace{Position: start.At, Index: engine.StartIndex}
	v.got = nil
	for _, d := range start.Decisions { // the last about its item: it has been repeated ever since (DX-1)
		items := must[[]engine.WorkItem](v.w.t)(v.w.s.WorkItems(ctx, []engine.WorkItemID{d.WorkItemID}))
		same(v.w.t, "repeats", d.Repeats, items[0].Attempts-d.Attempt+1)
	}
	last := map[engine.WorkItemID]heard{}
	for _, ev := range v.w.heard {
		if ev.Type == engine.EventDecision {
			last[ev.WorkItemID] = ev
		}
	}
	want := []string{}
	for id, ev := range last {
		if item := v.w.last[id].(engine.WorkItem); v.wants(ev) && (item.Status == engine.Queued || v.f.WorkItemID == id) {
			want = append(want, ev.decision())
		}
	}
	slices.Sort(told)
	slices.Sort(want)
	same(v.w.t, v.String()+": the last decisions", told, want)
	return start.Start, 0
}

func (v *decisionView) hear(ev heard) {
	if v.wants(ev) {
		v.got = append(v.got, ev.decision())
	}
}

// compare: all of them, once, in their order.
func (v *decisionView) compare(t *testing.T, name string) {
	t.Helper()
	var want []string
	for _, ev := range v.w.heard {
		if ev.place.Behind(v.at) && v.wants(ev) {
			want = append(want, ev.decision())
		}
	}
	same(t, name, v.got, want)
}

// TestResumeFromAnywhere: from every place of a history, in one go, as it is told to nobody.
func TestResumeFromAnywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		w := newWorld(t, open(t), 22)
		for w.done < 250 {
			w.pass()
			w.batch(w.commands(1 + w.IntN(8)))
		}
		r := rand.New(rand.NewPCG(6, 1))
		for range 120 {
			place := w.heard[r.IntN(len(w.heard))].place
			switch r.IntN(4) {
			case 0:
				place.Index = engine.StartIndex
			case 1:
				place.Index += 1000 // which no event has
			}
			v := w.subscribe().view
			if d, ok := v.(*decisionView); ok {
				d.at, d.got = place, nil
			}
			v.start(&place) // which compares
			if d, ok := v.(*decisionView); ok {
				d.compare(t, d.String())
			}
			if t.Failed() {
				t.Fatalf("from %v", place)
			}
		}
	})
}
