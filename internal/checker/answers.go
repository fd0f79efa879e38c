package checker

import "time"

// checkAnswers judges that what was acknowledged is what happened, and that nothing happened that nobody asked for (OF-1).
func (w *world) checkAnswers() {
	answered, closed := map[string]bool{}, map[string]bool{}
	for _, a := range w.l.Answers {
		var at *time.Time
		holds := false
		switch it, o := w.items[a.Item], w.offers[a.Offer]; a.Done {
		case "CREATED":
			if holds = it != nil; holds {
				at = &it.CreatedAt
			}
		case "COMPLETED", "CANCELLED":
			closed[a.Item] = true
			if holds = it != nil && it.Status == a.Done; holds {
				at = it.ClosedAt
			}
		case accepted, rejected:
			answered[a.Offer] = true
			if holds = o != nil && o.State == a.Done && o.Agent == a.Agent; holds {
				at = o.EndedAt
			}
		case "LATE":
			holds = o != nil && (o.State == missed || o.State == revoked)
		}
		w.judged++
		outside := at != nil && (at.Before(a.Sent.Add(-ClockTolerance)) || at.After(a.Acknowledged.Add(ClockTolerance)))
		if !holds || outside {
			w.broke("OF-1", a.Acknowledged, "%s of offer %q, item %q by agent %q was sent at %s and acknowledged, but that is not what the API tells (at %v)",
				a.Done, a.Offer, a.Item, a.Agent, stamp(a.Sent), at)
		}
	}
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			byHand := o.State == accepted && o.ExpiresAt != nil || o.State == rejected
			if byHand && o.EndedAt != nil && !answered[o.ID] {
				w.broke("OF-1", *o.EndedAt, "%s is %s, but nobody answered it so", o.name(), o.State)
			}
		}
		if it.ClosedAt != nil && !closed[it.ID] {
			w.broke("API", *it.ClosedAt, "item %s is %s, but nobody closed it", it.ID, it.Status)
		}
	}
}

// pushTolerance is how long before the end of a stream a change may have happened without being seen on it.
const pushTolerance = time.Second

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
			atOnce := o.ExpiresAt == nil && m.State == accepted
			switch {
			case m.State == open && before, m.State != open && last != open && !atOnce, m.State != open && m.State != o.State:
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
	end := s.Closing.Add(-pushTolerance)
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
