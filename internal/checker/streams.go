package checker

import "time"

// checkStreams judges what was pushed: each offer of the agent as it was made and as it ended, once each and in this order (EV-1).
func (w *world) checkStreams() {
	for _, s := range w.l.Streams {
		seen := map[string]string{} // the last state of each offer
		for _, m := range s.Messages {
			o := w.offers[m.Offer]
			if o == nil || m.Agent != s.Agent || o.Agent != s.Agent {
				w.broke("EV-1", m.At, "the stream of agent %s tells of offer %s of agent %s", s.Agent, m.Offer, m.Agent)
				continue
			}
			w.judged++
			last, before := seen[m.Offer]
			seen[m.Offer] = m.State
			start := m.At.IsZero() && !before // on resuming it tells how an offer ended meanwhile
			atOnce := o.ExpiresAt == nil && m.State == accepted
			switch {
			case m.State == open && before, m.State != open && last != open && !atOnce && !start, m.State != open && m.State != o.State:
				w.broke("EV-1", m.At, "the stream of agent %s tells that offer %s is %s after %q, in the end it is %s", s.Agent, o.ID, m.State, last, o.State)
			case m.At.IsZero(): // of the start
			case m.State == open && !m.At.Equal(o.OfferedAt), m.State != open && (o.EndedAt == nil || !m.At.Equal(*o.EndedAt)):
				w.broke("EV-1", m.At, "the stream of agent %s tells that %s became %s at %s", s.Agent, o.name(), m.State, stamp(m.At))
			}
		}
		w.checkMissing(s, seen)
	}
}

// checkMissing: a stream left nothing out.
func (w *world) checkMissing(s Stream, seen map[string]string) {
	a := w.agents[s.Agent]
	if a == nil {
		return
	}
	closing := s.Closing
	for _, r := range w.l.Restarts { // nothing is pushed while the server is away, or can't tell whether what it did lasts
		if r.holds(closing) {
			closing = r.NotBefore
		}
	}
	end := closing.Add(-w.l.scaled(pushTolerance))
	during := func(t *time.Time) bool { return t != nil && t.After(s.Ready) && t.Before(end) }
	for _, o := range a.offers {
		state, told := seen[o.ID]
		switch {
		case during(&o.OfferedAt) && !told:
			w.broke("EV-1", o.OfferedAt, "%s was not pushed to the agent, whose stream ran from %s to %s", o.name(), stamp(s.Ready), stamp(s.Closing))
		case during(o.EndedAt) && (state == open || !told):
			w.broke("EV-1", *o.EndedAt, "the end of %s was not pushed to the agent, whose stream ran from %s to %s", o.name(), stamp(s.Ready), stamp(s.Closing))
		}
	}
}
