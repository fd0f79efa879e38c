package checker

import "time"

// checkShapes judges every offer by itself: it ends once, in time, and what came of it fits (OF-1, OF-2).
func (w *world) checkShapes() {
	for _, it := range w.inOrder {
		for _, o := range it.offers {
			w.checkCountdown(o)
			w.checkEnd(o)
			w.checkAssignment(o)
			preferred := o.Path == byPreference && o.PreferredPosition >= 1 && o.PreferredPosition <= 3
			if !preferred && (o.Path != byMethod || o.PreferredPosition != 0) {
				w.broke("OF-5", o.OfferedAt, "%s came by the path %s with the position %d", o.name(), o.Path, o.PreferredPosition)
			}
		}
	}
}

func (w *world) checkCountdown(o *offerLine) {
	ws := o.item.workstream
	if ws.AcceptMode == auto {
		if o.State != accepted || o.ExpiresAt != nil || o.EndedAt == nil || !o.EndedAt.Equal(o.OfferedAt) {
			w.broke("OF-2", o.OfferedAt, "%s is %s: the workstream assigns without asking, so it should have been accepted at once", o.name(), o.State)
		}
		return
	}
	countdown := time.Duration(ws.OfferSeconds) * time.Second
	if o.ExpiresAt == nil || o.ExpiresAt.Sub(o.OfferedAt) != countdown {
		w.broke("OF-1", o.OfferedAt, "%s should expire %s after it was made, but expires at %v", o.name(), countdown, o.ExpiresAt)
	}
}

func (w *world) checkEnd(o *offerLine) {
	if (o.State == open) != (o.EndedAt == nil) {
		w.broke("OF-1", o.OfferedAt, "%s is %s and its end is %v", o.name(), o.State, o.EndedAt)
		return
	}
	if (o.State == revoked) != (o.RevokeReason != "") {
		w.broke("OF-3", o.OfferedAt, "%s is %s with the reason of revocation %q", o.name(), o.State, o.RevokeReason)
	}
	if o.ExpiresAt == nil {
		return
	}
	end := w.h.ReadAt
	if o.EndedAt != nil {
		end = *o.EndedAt
	}
	late := end.Sub(*o.ExpiresAt)
	switch {
	case end.Before(o.OfferedAt):
		w.broke("OF-1", end, "%s ended before it was made at %s", o.name(), stamp(o.OfferedAt))
	case o.State == missed && late < 0:
		w.broke("OF-1", end, "%s was missed %s before its countdown was over", o.name(), -late)
	case (o.State == accepted || o.State == rejected) && late >= 0:
		w.broke("OF-1", end, "%s was %s %s after its countdown was over", o.name(), o.State, late)
	case late > MissTolerance:
		w.broke("OF-1", end, "%s was still open %s after its countdown was over", o.name(), late)
	}
}

func (w *world) checkAssignment(o *offerLine) {
	a := o.Assignment
	if (o.State == accepted) != (a != nil) {
		w.broke("OF-1", o.OfferedAt, "%s is %s, and whether there is an assignment: %t", o.name(), o.State, a != nil)
	}
	if a == nil || o.EndedAt == nil {
		return
	}
	if a.Agent != o.Agent || !a.AssignedAt.Equal(*o.EndedAt) || a.CapacityUnits != o.item.workstream.CapacityUnits {
		w.broke("OF-6", a.AssignedAt, "%s, accepted at %s, became an assignment to %s of %d units at %s", o.name(), stamp(*o.EndedAt),
			a.Agent, a.CapacityUnits, stamp(a.AssignedAt))
	}
	if (a.EndedAt != nil) != (a.EndReason != "") || a.EndedAt != nil && a.EndedAt.Before(a.AssignedAt) {
		w.broke("CP-3", a.AssignedAt, "assignment %s of item %s ended at %v with the reason %q", a.ID, o.item.ID, a.EndedAt, a.EndReason)
	}
}

// checkItems judges the order of what happened to each item: one offer or assignment at a time, none after its end, and a status that
// fits to the last one (RT-4).
func (w *world) checkItems() {
	for _, it := range w.inOrder {
		until := &it.CreatedAt
		for i, o := range it.offers {
			switch {
			case until == nil:
				w.broke("RT-4", o.OfferedAt, "%s was made while the item was still with agent %s (offer %s)", o.name(), it.offers[i-1].Agent, it.offers[i-1].ID)
			case o.OfferedAt.Before(*until):
				w.broke("RT-4", o.OfferedAt, "%s was made before the item was free at %s", o.name(), stamp(*until))
			}
			if it.ClosedAt != nil && o.OfferedAt.After(*it.ClosedAt) {
				w.broke("RT-4", o.OfferedAt, "%s was made after the item was closed at %s", o.name(), stamp(*it.ClosedAt))
			}
			until = o.until()
		}
		w.checkStatus(it)
	}
}

func (w *world) checkStatus(it *itemLine) {
	status, offer, assignment := "QUEUED", "", ""
	var last *offerLine
	if n := len(it.offers); n > 0 {
		last = it.offers[n-1]
		switch {
		case last.State == open:
			status, offer = "OFFERED", last.ID
		case last.State == accepted && last.Assignment != nil && last.Assignment.EndedAt == nil:
			status, assignment = "ASSIGNED", last.Assignment.ID
		case last.State == accepted && last.Assignment != nil:
			status = last.Assignment.EndReason
		}
	}
	if it.ClosedAt != nil && status == "QUEUED" {
		status = "CANCELLED"
	}
	if it.Status != status || it.OpenOffer != offer || it.OpenAssignment != assignment || it.LeftUnassigned && status != "QUEUED" {
		w.broke("API", it.CreatedAt, "item %s is %s (offer %q, assignment %q, left unassigned %t), but by its offers it is %s (%q, %q)",
			it.ID, it.Status, it.OpenOffer, it.OpenAssignment, it.LeftUnassigned, status, offer, assignment)
	}
	closed := status == "COMPLETED" || status == "CANCELLED"
	if closed != (it.ClosedAt != nil) {
		w.broke("API", it.CreatedAt, "item %s is %s and was closed at %v", it.ID, it.Status, it.ClosedAt)
	} else if closed && last != nil && last.until() != nil && last.State == accepted && !last.until().Equal(*it.ClosedAt) {
		w.broke("API", *it.ClosedAt, "item %s was closed at %s, but its assignment ended at %s", it.ID, stamp(*it.ClosedAt), stamp(*last.until()))
	}
}

// checkCapacity judges what agents held, over all intervals: an item goes only to somebody who has room for it, except a preferred one,
// which may go beyond, marked as such, one open offer at a time (WS-4, RT-3, CP-2).
func (w *world) checkCapacity() {
	for _, listed := range w.h.Agents {
		agent := w.agents[listed.ID]
		for _, o := range agent.offers {
			p := beforeOffer(o)
			cost, free := o.item.workstream.CapacityUnits, w.free(agent.ID, p)
			over := w.overOpen(agent.ID, p)
			w.judged++
			switch {
			case cost > free && o.Path != byPreference:
				w.broke("WS-4", o.OfferedAt, "%s costs %d units and the agent had %d of %d left", o.name(), cost, free, agent.CapacityUnits)
			case cost > free && !o.OverCapacity, cost <= free && o.OverCapacity && !w.inDoubt(o.OfferedAt):
				w.broke("RT-3", o.OfferedAt, "%s says over capacity %t, but costs %d units and the agent had %d of %d left", o.name(),
					o.OverCapacity, cost, free, agent.CapacityUnits)
			case o.OverCapacity && over != nil:
				w.broke("RT-3", o.OfferedAt, "%s is beyond capacity while offer %s, which is too, was open", o.name(), over.ID)
			}
		}
	}
}
