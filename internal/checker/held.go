package checker

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// addItem puts in order what happened to an item: what people changed of it, and who handed it over, are told by the log.
func (w *world) addItem(it *Item, changes []ItemChange, given []decline) {
	line := &itemLine{Item: it, workstream: w.workstreams[it.Workstream], changes: changes, declines: given}
	steps, start := []step[Placement]{}, it.Placement
	for i, c := range changes {
		if i == 0 {
			start = c.Before
		}
		steps = append(steps, step[Placement]{c.Span, c.After})
		w.command(c.NotAfter, "change "+it.ID)
		if c.Kind == "TRANSFERRED" && !c.After.WithoutPreferred || c.More {
			line.renewals = append(line.renewals, c.Span)
		}
	}
	line.place = newLine(start, steps)
	for _, p := range line.place.all() {
		if line.workstream == nil || w.queues[p.Queue] == nil {
			w.broke("API", it.CreatedAt, "item %s has the workstream %s and the queue %s, which nobody knows", it.ID, it.Workstream, p.Queue)
			return
		}
	}
	w.items[it.ID] = line
	w.inOrder = append(w.inOrder, line)
	w.command(it.CreatedAt, "create "+it.ID)
	w.commandIf(it.ClosedAt, "close "+it.ID)
	w.addOffers(line)
	w.addHolds(line)
	line.waits = line.waiting(w.h.ReadAt)
	slices.SortStableFunc(line.declines, func(a, b decline) int { return a.at.Compare(b.at) })
}

func (w *world) addOffers(line *itemLine) {
	for i := range line.Offers {
		o := &offerLine{Offer: &line.Offers[i], item: line}
		a := w.agents[o.Agent]
		if a == nil {
			w.broke("API", o.OfferedAt, "%s: nobody knows this agent", o.name())
			continue
		}
		line.offers = append(line.offers, o)
		a.offers = append(a.offers, o)
		place, sure := line.place.at(o.OfferedAt)
		queues := []string{place.Queue}
		if o.queueUnsure = !sure; o.queueUnsure {
			queues = line.queues()
		}
		for _, q := range queues {
			a.byQueue[q] = append(a.byQueue[q], o)
		}
		w.offers[o.ID] = o
		w.made[o.OfferedAt.UnixMicro()]++
		switch {
		case o.State == missed || o.RevokeReason == "DISCONNECTED":
			w.commandIf(o.EndedAt, "tick")
		case o.State == rejected, o.State == accepted && o.ExpiresAt != nil:
			w.commandIf(o.EndedAt, "answer "+o.ID)
		}
		if (o.State == rejected || o.State == missed) && o.EndedAt != nil {
			line.declines = append(line.declines, decline{o.Agent, *o.EndedAt, true})
		}
	}
	slices.SortFunc(line.offers, inOrderOfMaking)
}

// addHolds puts the offers and what was assigned by hand in the order in which they began.
func (w *world) addHolds(line *itemLine) {
	for _, o := range line.offers {
		h := &hold{id: o.ID, agent: o.Agent, from: o.OfferedAt, until: o.EndedAt, offer: o, assignment: o.Assignment, sure: true}
		if a := o.Assignment; a != nil {
			h.units, h.until = a.CapacityUnits, a.EndedAt
			h.sure = !line.workstream.everOtherwise()
		} else {
			h.units, h.sure = line.workstream.cost(o.OfferedAt)
		}
		line.holds = append(line.holds, h)
	}
	for i := range line.Assignments {
		if a := &line.Assignments[i]; a.Origin != byOffer {
			line.holds = append(line.holds, &hold{id: a.ID, agent: a.Agent, from: a.AssignedAt, until: a.EndedAt, units: a.CapacityUnits, sure: !line.workstream.everOtherwise(), assignment: a})
			w.command(a.AssignedAt, "change "+line.ID)
		}
	}
	slices.SortFunc(line.holds, func(a, b *hold) int {
		return cmp.Or(a.from.Compare(b.from), strings.Compare(serial(a.id), serial(b.id)))
	})
	for _, h := range line.holds {
		a := w.agents[h.agent]
		if a == nil {
			w.broke("API", h.from, "item %s is assigned to agent %s, whom nobody knows", line.ID, h.agent)
			continue
		}
		a.load.add(h)
		a.addWork(h)
		if h.assignment != nil && h.assignment.EndedAt != nil {
			a.releases = append(a.releases, *h.assignment.EndedAt)
		}
		if h.offer != nil {
			a.instants = append(a.instants, h.from)
			if h.offer.EndedAt != nil {
				a.instants = append(a.instants, *h.offer.EndedAt)
			}
		}
		if as := h.assignment; as != nil && as.EndedAt != nil && as.EndedAt.Equal(as.AssignedAt) {
			w.command(as.AssignedAt, "again "+line.ID) // one command gave it, another took it
		}
		if h.assignment != nil && (h.assignment.EndReason == "TRANSFERRED" || h.assignment.EndReason == "REASSIGNED") {
			w.commandIf(h.assignment.EndedAt, "change "+line.ID)
		}
	}
}

// serial is an id without its prefix: ids are given in order, whatever they are of.
func serial(id string) string {
	_, number, _ := strings.Cut(id, "_")
	return number
}

// waiting works out when an item waited: from its creation or the end of an offer that was not accepted, or of an assignment that was not
// its end, to the next offer or assignment or its end.
func (it *itemLine) waiting(end time.Time) []wait {
	if it.ClosedAt != nil {
		end = *it.ClosedAt
	}
	var waits []wait
	from := &it.CreatedAt
	for _, h := range it.holds {
		if from != nil {
			next := ""
			if h.offer != nil {
				next = h.id
			}
			waits = append(waits, wait{*from, h.from, next})
		}
		from = h.until
	}
	if from != nil && from.Before(end) {
		waits = append(waits, wait{from: *from, until: end})
	}
	return waits
}

// waitsAt tells whether the item waited at a point.
func (i wait) waitsAt(p point) bool {
	over := i.until.Before(p.at) || i.until.Equal(p.at) && (i.next == "" || i.next <= p.before)
	return !i.from.After(p.at) && !over
}
