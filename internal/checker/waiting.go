package checker

import (
	"slices"
	"time"
)

// checkWaiting judges that nobody was free while an item that they could take waited, from the final history alone: for each time in
// which an item waited and for each agent, how long the agent was able without interruption (WS-5, RT-5).
func (w *world) checkWaiting() {
	for _, it := range w.inOrder {
		var general []time.Time
		for _, i := range it.waits {
			if i.until.Sub(i.from) <= w.l.scaled(WaitTolerance) {
				continue
			}
			if general == nil {
				general = w.instantsOf(it)
			}
			segments := w.segments(it, i, within(general, i.from, i.until))
			for _, agent := range concerned(w, segments) {
				w.checkWait(it, i, segments, agent)
			}
		}
	}
}

// segment is a part of a wait in which nothing was set anew.
type segment struct {
	from, until time.Time
	terms       terms
	away        bool // the server was
}

func (w *world) segments(it *itemLine, i wait, changes []time.Time) []segment {
	var all []segment
	from := i.from
	for n := range len(changes) + 1 {
		until := i.until
		if n < len(changes) {
			until = changes[n]
		}
		all = append(all, segment{from, until, w.terms(it, from), w.isAway(from)})
		from = until
	}
	return all
}

// instantsOf are all at which something changed for an item that is none of its agents'.
func (w *world) instantsOf(it *itemLine) []time.Time {
	all := w.reasonsToLook(it)
	for _, p := range it.place.all() {
		all = append(all, w.queues[p.Queue].settings.bounds()...)
	}
	for _, r := range w.l.Restarts {
		all = append(all, r.NotBefore, r.NotAfter.Add(w.l.scaled(MissTolerance)))
	}
	return inOrder(all)
}

// isAway tells whether the server was away at an instant, or not long enough back to have looked at what waits.
func (w *world) isAway(at time.Time) bool {
	return slices.ContainsFunc(w.l.Restarts, func(r Span) bool {
		return !at.Before(r.NotBefore) && at.Before(r.NotAfter.Add(w.l.scaled(MissTolerance)))
	})
}

// concerned lists the agents to whom an item could have been given in some part of a wait.
func concerned(w *world, segments []segment) []string {
	var agents []string
	for i := range segments {
		switch t := &segments[i].terms; {
		case t.sure && (t.Picked || t.stays()):
		case t.sure && t.left():
			agents = append(agents, t.row...)
		default:
			agents = append(agents, t.queue.ever...)
		}
	}
	slices.Sort(agents)
	return slices.DeleteFunc(slices.Compact(agents), func(id string) bool { return w.agents[id] == nil })
}

func (w *world) checkWait(it *itemLine, i wait, segments []segment, agent string) {
	var since time.Time // from when the agent is able
	for s := range segments {
		part := &segments[s]
		instants := within(w.agents[agent].instants, part.from, part.until)
		at := part.from
		for n := range len(instants) + 1 {
			end := part.until
			if n < len(instants) {
				end = instants[n]
			}
			able, sure := false, true
			if !part.away && !(part.terms.sure && part.terms.stays()) {
				able, sure = w.mayTake(it, &part.terms, agent, point{at: at})
			}
			if sure {
				w.judged++
			} else {
				w.undecided++
			}
			switch {
			case !able || !sure:
				since = time.Time{}
			case since.IsZero():
				since = at
			}
			if !since.IsZero() && end.Sub(since) > w.l.scaled(WaitTolerance) {
				w.broke("WS-5", since, "item %s waited until %s (next offer %q) although agent %s could have taken it", it.ID, stamp(i.until), i.next, agent)
				return
			}
			at = end
		}
	}
}
