package checker

import (
	"slices"
	"time"
)

// checkItems judges the order of what happened to each item: one offer or assignment at a time, none after its end, and a status that
// fits to the last one (RT-4, OF-1).
func (w *world) checkItems() {
	for _, it := range w.inOrder {
		until := &it.CreatedAt
		for i, h := range it.holds {
			switch {
			case until == nil:
				w.broke("RT-4", h.from, "%s began while the item was still with agent %s (%s)", it.name(h), it.holds[i-1].agent, it.holds[i-1].id)
			case h.from.Before(*until):
				w.broke("RT-4", h.from, "%s began before the item was free at %s", it.name(h), stamp(*until))
			}
			if it.ClosedAt != nil && h.from.After(*it.ClosedAt) {
				w.broke("RT-4", h.from, "%s began after the item was closed at %s", it.name(h), stamp(*it.ClosedAt))
			}
			until = h.until
			w.checkEndOfWork(it, i)
		}
		w.checkStatus(it)
		w.checkPlacement(it)
	}
}

func (it *itemLine) name(h *hold) string {
	if h.offer != nil {
		return h.offer.name()
	}
	return h.assignment.Origin + " assignment " + h.id + " of item " + it.ID + " to agent " + h.agent
}

// checkEndOfWork: an assignment ends once, for a reason that is true (CP-3, WS-6).
func (w *world) checkEndOfWork(it *itemLine, i int) {
	a := it.holds[i].assignment
	if a == nil {
		return
	}
	if (a.EndedAt != nil) != (a.EndReason != "") || a.EndedAt != nil && a.EndedAt.Before(a.AssignedAt) {
		w.broke("CP-3", a.AssignedAt, "assignment %s of item %s ended at %s with the reason %q", a.ID, it.ID, when(a.EndedAt), a.EndReason)
		return
	}
	if a.EndedAt == nil {
		return
	}
	w.judged++
	holds := false
	switch a.EndReason {
	case completed, cancelled:
		holds = it.Status == a.EndReason && it.ClosedAt != nil && it.ClosedAt.Equal(*a.EndedAt)
	case "REASSIGNED":
		holds = i+1 < len(it.holds) && it.holds[i+1].offer == nil && it.holds[i+1].assignment.Origin == byHand && it.holds[i+1].from.Equal(*a.EndedAt)
	case "TRANSFERRED":
		holds = it.transferredAt(*a.EndedAt)
	}
	if !holds {
		w.broke("WS-6", *a.EndedAt, "assignment %s of item %s ended as %s, but that did not happen then", a.ID, it.ID, a.EndReason)
	}
}

// checkStatus: where the item stands at the end is what its last offer or assignment left.
func (w *world) checkStatus(it *itemLine) {
	status, offer, assignment := queued, "", ""
	if n := len(it.holds); n > 0 {
		switch last := it.holds[n-1]; {
		case last.offer != nil && last.offer.State == open:
			status, offer = "OFFERED", last.id
		case last.assignment != nil && last.until == nil:
			status, assignment = "ASSIGNED", last.assignment.ID
			if it.Status == "WAITING" || it.Status == "WRAP_UP" { // still with the agent (CP-3, CP-5)
				status = it.Status
			}
		case last.assignment != nil && (last.assignment.EndReason == completed || last.assignment.EndReason == cancelled):
			status = last.assignment.EndReason
		}
	}
	if it.ClosedAt != nil && status == queued {
		status = cancelled
	}
	if it.Status != status || it.OpenOffer != offer || it.OpenAssignment != assignment || it.LeftUnassigned && status != queued {
		w.broke("API", it.CreatedAt, "item %s is %s (offer %q, assignment %q, left unassigned %t), but by what happened to it it is %s (%q, %q)",
			it.ID, it.Status, it.OpenOffer, it.OpenAssignment, it.LeftUnassigned, status, offer, assignment)
	}
	if closed := status == completed || status == cancelled; closed != (it.ClosedAt != nil) {
		w.broke("API", it.CreatedAt, "item %s is %s and was closed at %s", it.ID, it.Status, when(it.ClosedAt))
	}
}

// checkPlacement: what changed of the item by hand follows one on the other, to what it is at the end (EV-1, WS-6).
func (w *world) checkPlacement(it *itemLine) {
	for i, c := range it.changes {
		next := it.Placement
		if i+1 < len(it.changes) {
			next = it.changes[i+1].Before
		}
		w.judged++
		if c.After != next {
			w.broke("EV-1", c.NotAfter, "item %s became %+v by %s, but then it was %+v without being told", it.ID, c.After, c.Kind, next)
		}
		only := c.Before
		switch c.Kind {
		case "TRANSFERRED":
			only.Queue, only.WithoutPreferred = c.After.Queue, c.After.WithoutPreferred
		case "PRIORITY_CHANGED":
			only.Priority = c.After.Priority
		case "CONTACT_LINKED":
			only.Contact = c.After.Contact
		default:
			continue
		}
		if only != c.After {
			w.broke("WS-6", c.NotAfter, "item %s was %+v and became %+v by %s", it.ID, c.Before, c.After, c.Kind)
		}
		if it.ClosedAt != nil && c.NotBefore.After(*it.ClosedAt) {
			w.broke("WS-6", c.NotAfter, "%s of item %s after it was closed at %s", c.Kind, it.ID, stamp(*it.ClosedAt))
		}
	}
}

// checkByHand judges what was given by hand (WS-6): only members pick, and only what waits; it costs what the workstream says.
func (w *world) checkByHand() {
	for _, it := range w.inOrder {
		for i, h := range it.holds {
			if h.offer != nil {
				continue
			}
			t := w.terms(it, h.from)
			is, sure := t.queue.member(h.agent, h.from)
			if !sure || !t.sure || w.inDoubt(h.from) {
				w.undecided++
				continue
			}
			w.judged++
			pick := h.assignment.Origin == byPick
			afterAnother := i > 0 && it.holds[i-1].until != nil && it.holds[i-1].until.Equal(h.from)
			switch {
			case pick && !is:
				w.broke("WS-6", h.from, "%s, who picked it, but is no member of queue %s", it.name(h), t.queue.id)
			case pick && afterAnother:
				w.broke("WS-6", h.from, "%s was picked while it did not wait (%s)", it.name(h), it.holds[i-1].id)
			case h.assignment.Offer != "" || h.assignment.Origin != byPick && h.assignment.Origin != byHand:
				w.broke("API", h.from, "%s names the offer %q", it.name(h), h.assignment.Offer)
			case h.units != t.CapacityUnits:
				w.broke("CP-2", h.from, "%s takes %d units, an item of the workstream costs %d", it.name(h), h.units, t.CapacityUnits)
			}
		}
		for _, o := range it.offers {
			for _, c := range it.changes {
				if c.Kind == "TRANSFERRED" && o.OfferedAt.Before(c.NotBefore) && (o.EndedAt == nil || o.EndedAt.After(c.NotAfter)) {
					w.broke("WS-6", c.NotAfter, "%s was not revoked although the item was transferred", o.name())
				}
			}
		}
	}
}

// transferredAt tells whether the item was transferred at an instant, or may have been.
func (it *itemLine) transferredAt(at time.Time) bool {
	return slices.ContainsFunc(it.changes, func(c ItemChange) bool {
		return (c.Kind == "TRANSFERRED" || c.Kind == "") && c.holds(at)
	})
}
