package checker

import (
	"slices"
	"time"
)

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

// checkCountdown goes by what the workstream said when the offer was made.
func (w *world) checkCountdown(o *offerLine) {
	ws, sure := o.item.workstream.settingsAt(o.OfferedAt)
	if !sure || w.inDoubt(o.OfferedAt) {
		w.undecided++
		return
	}
	w.judged++
	if ws.Picked {
		w.broke("WS-1", o.OfferedAt, "%s was made, but the items of its workstream are picked", o.name())
	}
	if ws.AcceptMode == auto {
		if o.State != accepted || o.ExpiresAt != nil || o.EndedAt == nil || !o.EndedAt.Equal(o.OfferedAt) {
			w.broke("OF-2", o.OfferedAt, "%s is %s: the workstream assigns without asking, so it should have been accepted at once", o.name(), o.State)
		}
		return
	}
	countdown := time.Duration(ws.OfferSeconds) * time.Second
	if o.ExpiresAt == nil || o.ExpiresAt.Sub(o.OfferedAt) != countdown {
		w.broke("OF-1", o.OfferedAt, "%s should expire %s after it was made, but expires at %s", o.name(), countdown, when(o.ExpiresAt))
	}
}

func (w *world) checkEnd(o *offerLine) {
	if (o.State == open) != (o.EndedAt == nil) {
		w.broke("OF-1", o.OfferedAt, "%s is %s and its end is %s", o.name(), o.State, when(o.EndedAt))
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
	case end.After(w.latest(*o.ExpiresAt)):
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
	units, sure := o.item.workstream.cost(o.OfferedAt)
	if a.Agent != o.Agent || !a.AssignedAt.Equal(*o.EndedAt) || sure && !w.inDoubt(o.OfferedAt) && a.CapacityUnits != units {
		w.broke("OF-6", a.AssignedAt, "%s, accepted at %s, became an assignment to %s of %d units at %s", o.name(), stamp(*o.EndedAt),
			a.Agent, a.CapacityUnits, stamp(a.AssignedAt))
	}
	listed := slices.IndexFunc(o.item.Assignments, func(b Assignment) bool { return b.ID == a.ID })
	if listed < 0 || o.item.Assignments[listed].Offer != o.ID || o.item.Assignments[listed].Agent != a.Agent {
		w.broke("API", a.AssignedAt, "assignment %s of %s is not listed as such by the item", a.ID, o.name())
	}
}

// checkCapacity judges what agents held, over all intervals: an item goes only to somebody who has room for it, except a preferred one,
// which may go beyond, marked as such, one open offer at a time, and nobody gets more than the limit of open work
// (WS-4, RT-3, CP-2, PR-4). What is given by hand goes beyond freely (WS-6).
func (w *world) checkCapacity() {
	for _, agent := range w.everybody {
		for _, o := range agent.offers {
			p := beforeOffer(o)
			cost, sure := o.item.workstream.cost(o.OfferedAt)
			free, over, known := agent.free(p)
			if !sure || !known || w.inDoubt(o.OfferedAt) {
				w.undecided++
				continue
			}
			w.judged++
			switch {
			case cost > free && o.Path != byPreference:
				w.broke("WS-4", o.OfferedAt, "%s costs %d units and the agent had %d left", o.name(), cost, free)
			case (cost > free) != o.OverCapacity:
				w.broke("RT-3", o.OfferedAt, "%s says over capacity %t, but costs %d units and the agent had %d left", o.name(), o.OverCapacity, cost, free)
			case o.OverCapacity && over > 0:
				w.broke("RT-3", o.OfferedAt, "%s is beyond capacity while another offer to the agent was, which was open", o.name())
			case agent.load.by(p).work >= w.h.OpenWorkLimit:
				w.broke("PR-4", o.OfferedAt, "%s was made while the agent had %d assignments and offers, and can have %d", o.name(), agent.load.by(p).work,
					w.h.OpenWorkLimit)
			}
		}
	}
}
