package checker

import (
	"slices"
	"time"
)

// checkRevocations judges that offers were taken back when they had to be, and only then (OF-3, PR-7, RT-6, WS-6).
func (w *world) checkRevocations() {
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			if o.State != revoked || o.EndedAt == nil {
				continue
			}
			if w.judged++; !w.hadReason(o) {
				w.broke("OF-3", *o.EndedAt, "%s was revoked with %s, for which there was no cause", o.name(), o.RevokeReason)
			}
		}
		for _, c := range it.changes {
			if c.Kind == "CONTACT_LINKED" {
				w.checkRowOf(it, c.Span, c.After.Contact, "MX-5")
			}
		}
	}
	for _, a := range w.everybody {
		for i, c := range a.presence {
			w.checkPresenceRevokes(a, i, c)
		}
	}
	for _, c := range w.l.Agents {
		for _, o := range w.agents[c.ID].offers {
			if c.After == nil && o.wasOpen(c.Span, c.NotAfter) {
				w.broke("OF-3", c.NotAfter, "%s was not revoked although the agent was deleted at %s", o.name(), stamp(c.NotAfter))
			}
		}
	}
	for _, c := range w.l.Rows {
		for _, it := range w.inOrder {
			if place, sure := it.place.at(c.NotAfter); sure && place.Contact == c.ID {
				w.checkRowOf(it, c.Span, c.ID, "RT-6")
			}
		}
	}
}

// wasOpen tells whether the offer was open before a change, and still after an instant.
func (o *offerLine) wasOpen(change Span, until time.Time) bool {
	return o.OfferedAt.Before(change.NotBefore) && (o.EndedAt == nil || o.EndedAt.After(until))
}

// checkRowOf: an offer to a preferred agent does not outlive a change after which the row does not name them.
func (w *world) checkRowOf(it *itemLine, change Span, contact, rule string) {
	row, sure := w.row(contact, change.NotAfter)
	for _, o := range it.offers {
		if w.judged++; sure && o.Path == byPreference && o.wasOpen(change, change.NotAfter) && !slices.Contains(row, o.Agent) {
			w.broke(rule, change.NotAfter, "%s was not revoked although the agent was not in the row any more at %s", o.name(), stamp(change.NotAfter))
		}
	}
}

// revokes tells whether a presence takes back what it does not allow: one that was chosen by hand, or that follows from a declined offer or
// from another base of the chosen status, but none that was only computed (OF-3).
func (c *PresenceChange) revokes() bool {
	return c.Cause == manual || c.Cause == offerMissed || c.Cause == offerRejected || c.Cause == statusChanged
}

// checkPresenceRevokes: a presence by hand or by decline that is not allowed, signing out, and being away for longer than a short interruption
// take back what is open (OF-3, PR-7).
func (w *world) checkPresenceRevokes(a *agentLine, i int, c PresenceChange) {
	until := c.NotAfter
	switch {
	case c.Cause == signOut, c.revokes():
	case c.Cause != disconnected:
		return
	default:
		until = w.latest(until.Add(w.reconnect()))
		if i+1 < len(a.presence) && !a.presence[i+1].NotBefore.After(until) {
			return // back in time, or too close to it to tell
		}
	}
	if until.After(w.h.ReadAt) {
		return
	}
	for _, o := range a.offers {
		if !o.wasOpen(c.Span, until) {
			continue
		}
		if settings, sure := o.item.workstream.settingsAt(c.NotAfter); c.revokes() && (!sure || slices.Contains(settings.AllowedPresences, c.Base)) {
			continue
		}
		w.broke("OF-3", until, "%s was not revoked although the agent became %s (%s) at %s", o.name(), c.Base, c.Cause, stamp(c.NotAfter))
	}
}

func (w *world) reconnect() time.Duration { return time.Duration(w.h.ReconnectSeconds) * time.Second }

// hadReason tells whether what an offer was revoked for happened at that instant.
func (w *world) hadReason(o *offerLine) bool {
	at := *o.EndedAt
	changed := func(holds func(PresenceChange) bool) bool {
		return slices.ContainsFunc(w.agents[o.Agent].presence, func(c PresenceChange) bool { return c.More && c.holds(at) || holds(c) })
	}
	switch o.RevokeReason {
	case "PRESENCE_CHANGED":
		settings, sure := o.item.workstream.settingsAt(at)
		return changed(func(c PresenceChange) bool {
			return c.revokes() && c.holds(at) && (!sure || !slices.Contains(settings.AllowedPresences, c.Base))
		})
	case "SIGNED_OUT":
		return w.signedOut(o, at) || changed(func(c PresenceChange) bool { return c.Cause == signOut && c.holds(at) })
	case "DISCONNECTED":
		return changed(func(c PresenceChange) bool {
			early, late := w.goneSince(c.NotBefore).Add(w.reconnect()), w.latest(c.NotAfter.Add(w.reconnect()))
			return c.Cause == disconnected && !at.Before(c.NotBefore) && !at.Before(early) && !at.After(late)
		})
	case "WORK_ITEM_CANCELLED":
		return o.item.ClosedAt != nil && at.Equal(*o.item.ClosedAt)
	case "PREFERRED_AGENT_REMOVED":
		return o.Path == byPreference && slices.ContainsFunc(w.l.Rows, func(c Change[[]string]) bool {
			place, _ := o.item.place.at(at)
			return c.ID == place.Contact && c.holds(at) && !slices.Contains(c.After, o.Agent)
		})
	case "AGENT_DELETED":
		return slices.ContainsFunc(w.l.Agents, func(c Change[*Agent]) bool { return c.ID == o.Agent && c.After == nil && c.holds(at) })
	case "ASSIGNED_BY_HAND":
		return slices.ContainsFunc(o.item.holds, func(h *hold) bool { return h.offer == nil && h.assignment.Origin == byHand && h.from.Equal(at) })
	case "TRANSFERRED":
		return o.item.transferredAt(at)
	case "CONTACT_CHANGED":
		return o.Path == byPreference && slices.ContainsFunc(o.item.changes, func(c ItemChange) bool {
			row, sure := w.row(c.After.Contact, at)
			return c.holds(at) && (c.Kind == "" || c.Kind == "CONTACT_LINKED" && (!sure || !slices.Contains(row, o.Agent)))
		})
	}
	return false
}

// signedOut tells whether an agent who was away already signed out at an instant: their presence does not change any more.
func (w *world) signedOut(o *offerLine, at time.Time) bool {
	return slices.ContainsFunc(w.l.Answers, func(a Answer) bool {
		return a.Done == "SIGNED_OUT" && a.Agent == o.Agent && a.holds(at, w.l.scaled(ClockTolerance))
	})
}

// goneSince is from when an interruption counts that was noticed at an instant: after a restart the sessions have time to come back, and
// those that don't were gone since (PR-8).
func (w *world) goneSince(noticed time.Time) time.Time {
	for _, r := range w.l.Restarts {
		if noticed.After(r.NotBefore) && !noticed.After(w.latest(r.NotAfter.Add(restartGrace))) {
			return r.NotBefore
		}
	}
	return noticed
}
