package checker

import (
	"slices"
	"time"
)

// checkRevocations judges that offers were taken back when they had to be, and only then (OF-3, PR-7, RT-6).
func (w *world) checkRevocations() {
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			if o.State == revoked && o.EndedAt != nil && !w.hadReason(o) {
				w.broke("OF-3", *o.EndedAt, "%s was revoked with %s, for which there was no cause", o.name(), o.RevokeReason)
			}
		}
	}
	for _, listed := range w.h.Agents {
		a := w.agents[listed.ID]
		for i, c := range a.presence {
			until := c.NotAfter
			if c.Cause == "DISCONNECTED" {
				until = until.Add(w.reconnect() + MissTolerance)
				if i+1 < len(a.presence) && !a.presence[i+1].NotBefore.After(until) {
					continue // back in time, or too close to it to tell
				}
			}
			for _, o := range a.offers {
				allowed := slices.Contains(o.item.workstream.AllowedPresences, c.Base)
				if c.Cause == "SIGN_IN" || c.Cause == "RESTORED" || c.Cause == "MANUAL" && allowed {
					continue
				}
				if o.OfferedAt.Before(c.NotBefore) && (o.EndedAt == nil || o.EndedAt.After(until)) {
					w.broke("OF-3", until, "%s was not revoked although the agent became %s (%s) at %s", o.name(), c.Base, c.Cause, stamp(c.NotAfter))
				}
			}
		}
	}
	for _, c := range w.l.Rows {
		for _, it := range w.inOrder {
			for _, o := range it.offers {
				stillOpen := o.OfferedAt.Before(c.NotBefore) && (o.EndedAt == nil || o.EndedAt.After(c.NotAfter))
				if it.Contact == c.Contact && o.Path == byPreference && stillOpen && !slices.Contains(c.After, o.Agent) {
					w.broke("RT-6", c.NotAfter, "%s was not revoked although the agent was taken out of the row at %s", o.name(), stamp(c.NotAfter))
				}
			}
		}
	}
}

func (w *world) reconnect() time.Duration { return time.Duration(w.h.ReconnectSeconds) * time.Second }

// hadReason tells whether what an offer was revoked for happened at that instant.
func (w *world) hadReason(o *offerLine) bool {
	at := *o.EndedAt
	changed := func(holds func(PresenceChange) bool) bool {
		return slices.ContainsFunc(w.agents[o.Agent].presence, holds)
	}
	switch o.RevokeReason {
	case "PRESENCE_CHANGED":
		return changed(func(c PresenceChange) bool {
			return c.Cause == "MANUAL" && c.holds(at) && !slices.Contains(o.item.workstream.AllowedPresences, c.Base)
		})
	case "SIGNED_OUT":
		return changed(func(c PresenceChange) bool { return c.Cause == "SIGN_OUT" && c.holds(at) })
	case "DISCONNECTED":
		return changed(func(c PresenceChange) bool {
			early, late := c.NotBefore.Add(w.reconnect()), c.NotAfter.Add(w.reconnect()+MissTolerance)
			return c.Cause == "DISCONNECTED" && !at.Before(early) && !at.After(late)
		})
	case "WORK_ITEM_CANCELLED":
		return o.item.ClosedAt != nil && at.Equal(*o.item.ClosedAt)
	case "PREFERRED_AGENT_REMOVED":
		return o.Path == byPreference && slices.ContainsFunc(w.l.Rows, func(c RowChange) bool {
			return c.Contact == o.item.Contact && c.holds(at) && !slices.Contains(c.After, o.Agent)
		})
	}
	return false
}
