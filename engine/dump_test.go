package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// dump is the whole state as text, the same for equal states: rows, the orders of candidates and of waiting items,
// offers per agent, sessions, deadlines. What is only a mark for routing (dirty) or for the batch (touched) is left out.
func dump(e *Engine) string { return dumper{e: e}.text() }

// dumpStored is dump without what a restart changes: that sessions are from before it, with the time that they have to come
// back (PR-8).
func dumpStored(e *Engine) string { return dumper{e: e, stored: true}.text() }

type dumper struct {
	e      *Engine
	stored bool
	b      *strings.Builder
}

func (d dumper) text() string {
	d.b = &strings.Builder{}
	e := d.e
	d.line("organization", e.org)
	d.line("figures", e.Figures())
	if !d.stored { // after a restart it is that of those who are left
		d.line("ranked", e.rankedSeq)
	}
	for _, role := range sortedValues(e.roles) {
		d.line("role", role)
	}
	for _, key := range sortedValues(e.apiKeys) {
		d.line("API key", key)
	}
	for _, s := range sortedValues(e.statuses) {
		d.line("status", s)
	}
	for _, p := range sortedValues(e.profiles) {
		d.line("profile", p)
	}
	for _, a := range sortedValues(e.agents.byID) {
		d.agent(a)
	}
	for _, q := range sortedValues(e.queues.byID) {
		d.queue(q)
	}
	for _, w := range sortedValues(e.workstreams.byID) {
		d.line("workstream", w.Workstream)
		d.line("  in force", w.policy, w.classes, w.open)
	}
	for _, w := range sortedValues(e.items) {
		d.item(w)
	}
	for _, id := range slices.Sorted(maps.Keys(e.openOffers)) {
		fmt.Fprintf(d.b, "open offer %s of %s\n", id, e.openOffers[id].ID)
	}
	for _, c := range sortedValues(e.contacts) {
		d.line("contact "+string(c.id), c.row, c.policy, slices.Sorted(maps.Keys(c.open)))
	}
	if e.deadlines.tree != nil {
		for _, x := range e.deadlines.tree.Items() {
			if !d.stored || x.kind != graceEnds {
				fmt.Fprintf(d.b, "deadline %s %d %s\n", time.UnixMicro(x.at).UTC().Format(time.RFC3339Nano), x.kind, x.id)
			}
		}
	}
	return d.b.String()
}

func (d dumper) line(what string, values ...any) {
	d.b.WriteString(what)
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		d.b.WriteByte(' ')
		d.b.Write(text)
	}
	d.b.WriteByte('\n')
}

func (d dumper) agent(a *agent) {
	d.line("agent", a.Agent)
	sessions := make([]Session, len(a.sessions))
	for i, s := range a.sessions {
		sessions[i] = *s
		if d.e.sessions[s.ID] != s {
			fmt.Fprintf(d.b, "  BROKEN: session %s is not known by its id\n", s.ID)
		}
	}
	if d.stored {
		d.line("  sessions", sessions)
	} else {
		d.line("  sessions", sessions, a.orphans)
	}
	queues := make([]QueueID, len(a.memberships))
	for i, m := range a.memberships {
		queues[i] = m.QueueID
	}
	d.line("  queues", queues)
	d.line("  may choose", sortedValues(a.grants))
	d.line("  offers", slices.Sorted(maps.Keys(a.offers)))
	d.line("  assigned", slices.Sorted(maps.Keys(a.assigned)))
	d.line("  preferred by", itemIDs(&a.preferredBy))
}

func (d dumper) queue(q *queue) {
	d.line("queue", q.Queue)
	d.line("  figures", q.figures())
	for _, m := range sortedValues(q.members) {
		d.line("  member", m.QueueMember)
	}
	for _, k := range d.kinds() {
		d.candidates(d.e.candidatesFor(q, k))
	}
	waiting := slices.Clone(q.waiting)
	slices.SortFunc(waiting, func(a, b *waitingClass) int { return cmp.Compare(a.workstream.ID, b.workstream.ID) })
	for _, c := range waiting {
		if c.anyone.len()+c.unassigned.len() > 0 {
			d.line("  waiting "+string(c.workstream.ID), itemIDs(&c.anyone), itemIDs(&c.unassigned))
		}
	}
}

// kinds are the kinds of cost in whole units and of the workstreams that there are. Others there may have been leave orders behind that nobody
// asks for; checkPlaces looks at those.
func (d dumper) kinds() []*costKind {
	kinds := []*costKind{d.e.kindOf(&CapacityCost{Units: 1, Type: NotInterruptible})}
	for _, w := range sortedValues(d.e.workstreams.byID) {
		if !slices.Contains(kinds, w.kind) {
			kinds = append(kinds, w.kind)
		}
	}
	return kinds
}

// candidates are one order of a queue's members.
func (d dumper) candidates(c *candidates) {
	d.line("  order", c.kind.percent, c.kind.interruptible, c.kind.profiles, c.method)
	for class := range c.classes {
		l := &c.classes[class]
		total := 0
		for level := range l.lanes {
			f := &l.lanes[level]
			total += f.count
			if filled := l.filled[level>>6]&(1<<(level&63)) != 0; filled != (f.count > 0) {
				fmt.Fprintf(d.b, "  BROKEN: level %d of class %d\n", level, class)
			}
			if f.count > 0 || f.head != nil || f.tail != nil {
				d.line(fmt.Sprintf("  class %d level %d", class, level), laneIDs(f))
			}
		}
		if total != l.count {
			fmt.Fprintf(d.b, "  BROKEN: class %d counts %d of %d\n", class, l.count, total)
		}
	}
}

// laneIDs walks a level forwards, and says so when backwards gives something else.
func laneIDs(f *lane) []string {
	var there, back []string
	if f.tree != nil {
		for _, m := range f.tree.Items() {
			there = append(there, string(m.AgentID))
		}
		return there
	}
	for m := f.head; m != nil; m = m.next {
		there = append(there, string(m.AgentID))
	}
	for m := f.tail; m != nil; m = m.prev {
		back = append(back, string(m.AgentID))
	}
	slices.Reverse(back)
	if !slices.Equal(there, back) || len(there) != f.count {
		there = append(there, fmt.Sprintf("BROKEN: %d, backwards %v", f.count, back))
	}
	return there
}

func (d dumper) item(w *workItem) {
	d.line("item", w.WorkItem)
	if w.offer != nil {
		d.line("  offer", w.offer)
	}
	if w.assignment != nil {
		d.line("  assignment", w.assignment)
	}
	for _, decline := range sortedValues(w.declines) {
		d.line("  decline", decline)
	}
}

func itemIDs(l *waitingList) []WorkItemID {
	ids := []WorkItemID{}
	for _, w := range l.all() {
		ids = append(ids, w.ID)
	}
	return ids
}
