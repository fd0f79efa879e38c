package checker

import (
	"slices"
	"time"
)

// checkWaiting judges that nobody was free while an item that they could take waited, from the final history alone: for each time in
// which an item waited and for each agent, how long the agent was able without interruption (WS-5, RT-5).
func (w *world) checkWaiting() {
	for _, it := range w.inOrder {
		if it.staysLeft() {
			continue
		}
		for _, i := range it.waits {
			if i.until.Sub(i.from) <= WaitTolerance {
				continue
			}
			for _, agent := range w.concerned(it) {
				w.checkWait(it, i, agent)
			}
		}
	}
}

// concerned lists the agents to whom an item could ever have been given.
func (w *world) concerned(it *itemLine) []string {
	agents := slices.Clone(it.queue.Members)
	for _, c := range w.l.Members {
		if c.Queue == it.Queue {
			agents = append(agents, c.Agent)
		}
	}
	slices.Sort(agents)
	return slices.Compact(agents)
}

func (w *world) checkWait(it *itemLine, i wait, agent string) {
	instants := w.instants(it, i, agent)
	var since time.Time
	for n, at := range instants {
		end := i.until
		if n+1 < len(instants) {
			end = instants[n+1]
		}
		able, sure := w.mayTake(it, agent, point{at: at})
		w.judged++
		switch {
		case !able || !sure:
			since = time.Time{}
			continue
		case since.IsZero():
			since = at
		}
		if end.Sub(since) > WaitTolerance {
			w.broke("WS-5", since, "item %s waited until %s (next offer %q) although agent %s could have taken it", it.ID, stamp(i.until), i.next, agent)
			return
		}
	}
}

// instants are the beginning of a wait and every later instant within it at which something changed for an agent or for the item's row.
func (w *world) instants(it *itemLine, i wait, agent string) []time.Time {
	all := []time.Time{i.from}
	add := func(t *time.Time) {
		if t != nil && t.After(i.from) && t.Before(i.until) {
			all = append(all, *t)
		}
	}
	addSpan := func(s Span) { add(&s.NotBefore); add(&s.NotAfter) }
	a := w.agents[agent]
	for _, o := range a.offers {
		add(&o.OfferedAt)
		add(o.EndedAt)
		add(o.until())
	}
	for _, c := range a.presence {
		addSpan(c.Span)
	}
	for _, c := range w.l.Members {
		if c.Agent == agent {
			addSpan(c.Span)
		}
	}
	for _, c := range w.l.Rows {
		if c.Contact == it.Contact {
			addSpan(c.Span)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
