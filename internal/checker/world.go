package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// world is the history put in order: who held what, who was there, which items waited, at every instant.
type world struct {
	h           History
	l           Log
	agents      map[string]*agentLine
	queues      map[string]*Queue
	workstreams map[string]*Workstream
	items       map[string]*itemLine
	inOrder     []*itemLine // as Items
	offers      map[string]*offerLine
	// commands counts, for an instant in microseconds, the commands that happened then. Where there is more than one, the order of what
	// happened is not known.
	commands map[int64]map[string]bool
	made     map[int64]int // offers made at an instant

	found             []Violation
	judged, undecided int
}

type agentLine struct {
	Agent
	presence []PresenceChange
	offers   []*offerLine // in the order in which they were made
}

type itemLine struct {
	*Item
	workstream *Workstream
	queue      *Queue
	policy     Policy // in force for the item
	offers     []*offerLine
	waits      []wait
}

// wait is a time in which an item waited in its queue; next is the offer that ended it, "" for none.
type wait struct {
	from, until time.Time
	next        string
}

type offerLine struct {
	*Offer
	item *itemLine
}

// until is when the offer, or the assignment that came of it, let go of its units; nil when it still holds them.
func (o *offerLine) until() *time.Time {
	if o.Assignment != nil {
		return o.Assignment.EndedAt
	}
	return o.EndedAt
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

// isPast tells whether an instant, nil for never, has come by p.
func (p point) isPast(t *time.Time) bool { return t != nil && !t.After(p.at) }

func newWorld(h History, l Log) *world {
	w := &world{
		h: h, l: l, agents: map[string]*agentLine{}, queues: map[string]*Queue{}, workstreams: map[string]*Workstream{},
		items: map[string]*itemLine{}, offers: map[string]*offerLine{}, commands: map[int64]map[string]bool{}, made: map[int64]int{},
	}
	for _, a := range h.Agents {
		w.agents[a.ID] = &agentLine{Agent: a}
	}
	for i := range h.Queues {
		w.queues[h.Queues[i].ID] = &h.Queues[i]
	}
	for i := range h.Workstreams {
		w.workstreams[h.Workstreams[i].ID] = &h.Workstreams[i]
	}
	for i := range h.Items {
		w.addItem(&h.Items[i])
	}
	for _, a := range w.agents {
		slices.SortFunc(a.offers, inOrderOfMaking)
	}
	w.addLog()
	return w
}

func inOrderOfMaking(a, b *offerLine) int {
	return cmp.Or(a.OfferedAt.Compare(b.OfferedAt), strings.Compare(a.ID, b.ID))
}

func (w *world) addItem(it *Item) {
	line := &itemLine{Item: it, workstream: w.workstreams[it.Workstream], queue: w.queues[it.Queue]}
	if line.workstream == nil || line.queue == nil {
		w.broke("API", it.CreatedAt, "item %s has the workstream %s and the queue %s, which the API does not list", it.ID, it.Workstream, it.Queue)
		return
	}
	if by := it.ByHand; by != "" || line.workstream.Picked {
		w.broke("API", it.CreatedAt, "item %s was worked on by hand (%s; to be picked: %t), which can't be judged", it.ID, by, line.workstream.Picked)
		return
	}
	line.policy = line.workstream.Policy.of(w.h.Policies[it.Contact], w.h.Off)
	w.items[it.ID] = line
	w.inOrder = append(w.inOrder, line)
	w.command(it.CreatedAt, "create "+it.ID)
	w.commandIf(it.ClosedAt, "close "+it.ID)
	for i := range it.Offers {
		o := &offerLine{&it.Offers[i], line}
		a := w.agents[o.Agent]
		if a == nil {
			w.broke("API", o.OfferedAt, "%s: the API does not list this agent", o.name())
			continue
		}
		line.offers = append(line.offers, o)
		a.offers = append(a.offers, o)
		w.offers[o.ID] = o
		w.made[o.OfferedAt.UnixMicro()]++
		switch {
		case o.State == missed || o.RevokeReason == "DISCONNECTED":
			w.commandIf(o.EndedAt, "tick")
		case o.State == rejected, o.State == accepted && o.ExpiresAt != nil:
			w.commandIf(o.EndedAt, "answer "+o.ID)
		}
	}
	slices.SortFunc(line.offers, inOrderOfMaking)
	line.waits = line.waiting(w.h.ReadAt)
}

// waiting works out when an item waited: from its creation or the end of an offer that was not accepted to the next offer or its end.
func (it *itemLine) waiting(end time.Time) []wait {
	if it.ClosedAt != nil {
		end = *it.ClosedAt
	}
	var waits []wait
	from := &it.CreatedAt
	for _, o := range it.offers {
		if from != nil {
			waits = append(waits, wait{*from, o.OfferedAt, o.ID})
		}
		from = nil
		if o.State != accepted && o.EndedAt != nil {
			from = o.EndedAt
		}
	}
	if from != nil && from.Before(end) {
		waits = append(waits, wait{from: *from, until: end})
	}
	return waits
}

func (w *world) addLog() {
	for _, c := range w.l.Presence {
		a := w.agents[c.Agent]
		if a == nil {
			w.broke("API", c.NotAfter, "agent %s, whose presence changed, is not listed by the API", c.Agent)
			continue
		}
		if n := len(a.presence); n > 0 && c.NotAfter.Before(a.presence[n-1].NotAfter) {
			w.broke("log", c.NotAfter, "the changes of presence of agent %s are not in order", c.Agent)
		}
		a.presence = append(a.presence, c)
		w.command(c.NotAfter, "presence "+c.Agent)
	}
	for _, c := range w.l.Rows {
		w.command(c.NotAfter, "row "+c.Contact)
	}
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

func (w *world) broke(rule string, at time.Time, format string, args ...any) {
	w.found = append(w.found, Violation{rule, at, fmt.Sprintf(format, args...)})
}

// free is how many units an agent had left.
func (w *world) free(agent string, p point) int {
	a := w.agents[agent]
	free := a.CapacityUnits
	for _, o := range a.offers {
		if p.hasMade(o) && !p.isPast(o.until()) {
			free -= o.item.workstream.CapacityUnits
		}
	}
	return free
}

// overOpen is an open offer beyond the agent's capacity, nil when there is none.
func (w *world) overOpen(agent string, p point) *offerLine {
	for _, o := range w.agents[agent].offers {
		if o.OverCapacity && p.hasMade(o) && !p.isPast(o.EndedAt) {
			return o
		}
	}
	return nil
}

// presence is what routing reads of an agent; sure is false within the bounds of a change whose instant is not known.
func (w *world) presence(agent string, at time.Time) (base string, signedIn, sure bool) {
	base = offline
	for _, c := range w.agents[agent].presence {
		switch {
		case !c.NotAfter.After(at):
			base, signedIn = c.Base, c.SignedIn
		case !c.NotBefore.After(at):
			return base, signedIn, false
		}
	}
	return base, signedIn, true
}

// member tells whether an agent was in a queue: as at the end, but for the changes since.
func (w *world) member(q *Queue, agent string, at time.Time) (is, sure bool) {
	is = slices.Contains(q.Members, agent)
	first := true
	for _, c := range w.l.Members {
		if c.Queue != q.ID || c.Agent != agent {
			continue
		}
		if first {
			is, first = !c.Joined, false
		}
		switch {
		case !c.NotAfter.After(at):
			is = c.Joined
		case !c.NotBefore.After(at):
			return is, false
		}
	}
	return is, true
}

// row is a contact's row of preferred agents.
func (w *world) row(contact string, at time.Time) (agents []string, sure bool) {
	agents = w.h.Rows[contact]
	first := true
	for _, c := range w.l.Rows {
		if c.Contact != contact {
			continue
		}
		if first {
			agents, first = c.Before, false
		}
		switch {
		case !c.NotAfter.After(at):
			agents = c.After
		case !c.NotBefore.After(at):
			return agents, false
		}
	}
	return agents, true
}
