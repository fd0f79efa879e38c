package main

import "time"

// restartGrace is how long agents' sessions have to come back after a restart (PR-8).
const restartGrace = 30 * time.Second

// checkOffer compares an offer with what was seen of it before its reading began, and with what could have ended it. Called with the lock
// held.
func (w *world) checkOffer(it *item, got *wireOffer, began time.Time) {
	w.check()
	known := w.offers[got.ID]
	if known != nil && known.State != open && got.State == open && known.known.Before(began) {
		w.violation("undone", "the offer %s was %s and is open", got.ID, known.State)
	}
	if known != nil && known.told != "" && got.State != known.told && known.known.Before(began) {
		w.violation("undone", "the offer %s was %s by a refusal, and is %s", got.ID, known.told, got.State)
	}
	known = w.saw(*got)
	if known.checkedEnd {
		return
	}
	known.checkedEnd = got.State != open
	now := time.Now()
	switch got.State {
	case open:
		if got.ExpiresAt.Add(lateness).Before(now) && w.readyAt.Add(lateness).Before(now) {
			w.violation("not missed", "the offer %s had until %v and is open at %v", got.ID, got.ExpiresAt, now)
		}
	case missed: // not too early: see saw
	case accepted:
		if !known.triedAccept && !it.auto {
			w.violation("nobody asked", "the offer %s was accepted", got.ID)
		}
		if got.ExpiresAt != nil && !got.EndedAt.Before(*got.ExpiresAt) {
			w.violation("accepted too late", "the offer %s at %v, it had until %v", got.ID, got.EndedAt, got.ExpiresAt)
		}
	case rejected:
		if !known.triedReject {
			w.violation("nobody asked", "the offer %s was rejected", got.ID)
		}
	case revoked:
		if !w.mayRevoke(it, got) {
			w.violation("nobody asked", "the offer %s to %s, made at %v, was revoked at %v: %s", got.ID, got.AgentID, got.OfferedAt,
				got.EndedAt, got.RevokeReason)
		}
	}
}

// mayRevoke tells whether somebody tried what the offer was revoked for (OF-3).
func (w *world) mayRevoke(it *item, got *wireOffer) bool {
	a := w.ledger.agents[got.AgentID]
	switch got.RevokeReason {
	case "WORK_ITEM_CANCELLED":
		return it.triedCancel
	case "PREFERRED_AGENT_REMOVED":
		r := w.rows[it.contact]
		return r != nil && r.until.since(got.OfferedAt)
	case "PRESENCE_CHANGED":
		return a.away.since(got.OfferedAt)
	case "SIGNED_OUT":
		return a.gone.since(got.OfferedAt)
	case "DISCONNECTED":
		// Sessions of before a restart that did not come back are given up, but not before their time.
		absent := a.absentSince != nil && !got.EndedAt.Before(a.absentSince.Add(restartGrace))
		return absent || a.gone.since(got.OfferedAt)
	}
	return false
}
