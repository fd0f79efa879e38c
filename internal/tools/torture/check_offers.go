package main

import "time"

// restartGrace is how long agents' sessions have to come back after a restart (PR-8).
const restartGrace = 30 * time.Second

// checkOffer compares an offer with what was seen of it before its reading began, and with what could have changed its agent's presence.
// Called with the lock held.
func (w *world) checkOffer(got *wireOffer, began time.Time) {
	w.check()
	known := w.offers[got.ID]
	if known != nil && known.State != open && got.State == open && known.known.Before(began) {
		w.violation("undone", "the offer %s was %s and is open", got.ID, known.State)
	}
	if known != nil && known.told != "" && got.State != known.told && known.known.Before(began) {
		w.violation("undone", "the offer %s was %s by a refusal, and is %s", got.ID, known.told, got.State)
	}
	w.saw(*got)
	if got.State == revoked && !w.mayRevoke(got) {
		w.violation("nobody asked", "the offer %s to %s, made at %v, was revoked at %v: %s", got.ID, got.AgentID, got.OfferedAt, got.EndedAt,
			got.RevokeReason)
	}
}

// mayRevoke tells whether somebody tried what the offer was revoked for. That the agent's presence did change, and whatever else ends an
// offer, is judged by the checker; it does not know whether anybody wanted the presence to change.
func (w *world) mayRevoke(got *wireOffer) bool {
	a := w.ledger.agents[got.AgentID]
	switch got.RevokeReason {
	case "PRESENCE_CHANGED":
		return a.away.since(got.OfferedAt)
	case "SIGNED_OUT", "DISCONNECTED":
		return a.gone.since(got.OfferedAt)
	}
	return true
}
