package checker

import (
	"slices"
	"time"
)

// checkDecisions judges that decisions tell of every offer and fit together: attempts, policy, reasons, lists (DX-1, RT-1, RT-2).
func (w *world) checkDecisions() {
	for _, it := range w.inOrder {
		told := map[string]int{}
		attempt, at := 1, it.CreatedAt
		for i := range it.Decisions {
			d := &it.Decisions[i]
			if d.Attempt != attempt || d.Repeats < 1 || d.DecidedAt.Before(at) {
				w.broke("DX-1", d.DecidedAt, "decision %s of item %s is attempt %d (%d times) at %s, want attempt %d not before %s", d.ID, it.ID,
					d.Attempt, d.Repeats, stamp(d.DecidedAt), attempt, stamp(at))
			}
			attempt, at = d.Attempt+d.Repeats, d.DecidedAt
			if d.Offer != "" {
				told[d.Offer]++
			}
			w.checkOutcome(it, d)
			w.checkLists(it, d)
			t := w.terms(it, d.DecidedAt)
			if !t.sure || w.inDoubt(d.DecidedAt) {
				w.undecided++
				continue
			}
			w.judged++
			if d.Policy != t.policy {
				w.broke("RT-1", d.DecidedAt, "decision %s of item %s goes by the policy %+v, in force was %+v", d.ID, it.ID, d.Policy, t.policy)
			}
			w.checkReason(it, d, &t)
			w.checkStays(it, i, &t)
		}
		if attempt != it.Attempts+1 {
			w.broke("DX-1", at, "item %s has %d attempts, but its decisions tell of %d", it.ID, it.Attempts, attempt-1)
		}
		w.checkPromptness(it)
		for _, o := range it.offers {
			if told[o.ID] != 1 {
				w.broke("DX-1", o.OfferedAt, "%d decisions tell of %s, want 1", told[o.ID], o.name())
			}
		}
	}
}

// checkPromptness: routing looks for somebody at once when an item is created, and anew when it is transferred or linked to another contact
// and waits (WS-6).
func (w *world) checkPromptness(it *itemLine) {
	tolerance := w.l.scaled(WaitTolerance)
	decidedBy := func(from, until time.Time) bool {
		return slices.ContainsFunc(it.Decisions, func(d Decision) bool { return !d.DecidedAt.Before(from) && !d.DecidedAt.After(until) })
	}
	if !decidedBy(it.CreatedAt, it.CreatedAt.Add(tolerance)) {
		w.broke("DX-1", it.CreatedAt, "nothing was decided about item %s when it was created", it.ID)
	}
	for _, c := range it.changes {
		if c.Kind != "TRANSFERRED" && c.Kind != "CONTACT_LINKED" {
			continue
		}
		until := c.NotAfter.Add(tolerance)
		waits := slices.ContainsFunc(it.waits, func(i wait) bool { return !i.from.After(c.NotBefore) && i.until.After(until) })
		if w.judged++; waits && !w.away(c.NotBefore, until) && !decidedBy(c.NotBefore, until) {
			w.broke("WS-6", c.NotAfter, "nothing was decided about item %s when it was changed (%s)", it.ID, c.Kind)
		}
	}
}

// checkOutcome: what a decision says came of it did.
func (w *world) checkOutcome(it *itemLine, d *Decision) {
	reasons := []string{}
	switch d.Outcome {
	case "OFFERED", "ASSIGNED":
		reasons = []string{"OFFERED"}
		o := w.offers[d.Offer]
		want := "OFFERED"
		if o != nil && o.ExpiresAt == nil {
			want = "ASSIGNED"
		}
		switch {
		case o == nil || o.item != it:
			w.broke("DX-1", d.DecidedAt, "decision %s of item %s tells of offer %q, which the item does not have", d.ID, it.ID, d.Offer)
		case o.Agent != d.Agent || !o.OfferedAt.Equal(d.DecidedAt) || d.Outcome != want || d.Repeats != 1:
			w.broke("DX-1", d.DecidedAt, "decision %s (%s, agent %s, %d times) does not fit to %s at %s", d.ID, d.Outcome, d.Agent, d.Repeats,
				o.name(), stamp(o.OfferedAt))
		}
	case "QUEUED":
		reasons = []string{"NO_AGENT_QUALIFIED", "WORKSTREAM_NOT_PUSH"}
	case "LEFT_UNASSIGNED":
		reasons = []string{"LEFT_UNASSIGNED"}
	}
	found := d.Reason == "OFFERED"
	if !slices.Contains(reasons, d.Reason) || found != (d.Agent != "") || found != (d.Offer != "") {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s: outcome %s with reason %s, agent %q, offer %q", d.ID, it.ID, d.Outcome, d.Reason, d.Agent, d.Offer)
	}
}

// checkReason: why no preferred agent was asked is true, and where one of the row could be asked the fallback is what the policy says
// (RT-1, RT-2, RT-5).
func (w *world) checkReason(it *itemLine, d *Decision, t *terms) {
	row, _ := w.row(t.place.Contact, d.DecidedAt)
	path := ""
	if o := w.offers[d.Offer]; o != nil {
		path = o.Path
	}
	reasons := t.closed(row)
	asked := len(reasons) == 0
	switch {
	case asked && path == byPreference:
		reasons = []string{""}
	case asked:
		reasons = []string{"NO_AGENT_QUALIFIED"}
	case path == byPreference:
		w.broke("RT-2", d.DecidedAt, "item %s was offered to agent %s as a preferred one, although %v", it.ID, d.Agent, reasons)
	}
	if !slices.Contains(reasons, d.PreferredReason) {
		w.broke("RT-2", d.DecidedAt, "decision %s of item %s: no preferred agent was asked because of %q, want one of %q", d.ID, it.ID, d.PreferredReason, reasons)
	}
	switch {
	case t.left() && path == byMethod:
		w.broke("RT-5", d.DecidedAt, "item %s was offered to agent %s, not a preferred one, although the policy leaves it unassigned", it.ID, d.Agent)
	case t.left() && d.Outcome == queued, !t.left() && d.Outcome == "LEFT_UNASSIGNED":
		w.broke("RT-5", d.DecidedAt, "decision %s of item %s is %s, but its policy is %+v and its row %v", d.ID, it.ID, d.Outcome, t.policy, t.row)
	case d.Outcome == queued && t.Picked != (d.Reason == "WORKSTREAM_NOT_PUSH"):
		w.broke("WS-1", d.DecidedAt, "decision %s of item %s waits because of %s; its workstream is to be picked: %t", d.ID, it.ID, d.Reason, t.Picked)
	}
	w.checkCandidates(it, d, t.row, path)
}

// checkStays: an item that is left to a person for good is not looked at again (RT-5) until something becomes of it.
func (w *world) checkStays(it *itemLine, i int, t *terms) {
	if i == 0 || it.Decisions[i-1].Outcome != "LEFT_UNASSIGNED" || !t.stays() {
		return
	}
	from, until := it.Decisions[i-1].DecidedAt, it.Decisions[i].DecidedAt
	before := w.terms(it, from)
	if !before.sure || !before.stays() || len(within(w.reasonsToLook(it), from.Add(-1), until.Add(1))) > 0 {
		return // under another policy, or of another contact, it begins anew
	}
	w.broke("RT-5", until, "item %s was left to a person at %s for good, but was looked at again", it.ID, stamp(from))
}

// reasonsToLook are the instants at which an item's policy, row or placement changed, or may have.
func (w *world) reasonsToLook(it *itemLine) []time.Time {
	all := slices.Concat(w.organization.bounds(), it.place.bounds(), it.workstream.settings.bounds())
	for _, id := range append(it.contacts(), it.workstream.id) {
		if l := w.policies[id]; l != nil {
			all = append(all, l.bounds()...)
		}
		if l := w.rows[id]; l != nil {
			all = append(all, l.bounds()...)
		}
	}
	return inOrder(all)
}

// queues are all in which the item ever was.
func (it *itemLine) queues() []string {
	var all []string
	for _, p := range it.place.all() {
		if !slices.Contains(all, p.Queue) {
			all = append(all, p.Queue)
		}
	}
	return all
}

// contacts are all of whom the item ever was.
func (it *itemLine) contacts() []string {
	var all []string
	for _, p := range it.place.all() {
		if !slices.Contains(all, p.Contact) {
			all = append(all, p.Contact)
		}
	}
	return all
}

// checkCandidates: the decision lists the row as it was, and one agent of it was chosen or none (RT-4, DX-1).
func (w *world) checkCandidates(it *itemLine, d *Decision, row []string, path string) {
	fits := len(d.Preferred) == len(row)
	chosen := 0
	for i, c := range d.Preferred {
		fits = fits && c.Position == i+1 && c.Agent == row[i] && (c.Code == "NOT_REACHED") == (chosen > 0)
		if c.Code == "OFFERED" {
			fits = fits && c.Agent == d.Agent
			chosen = c.Position
		}
	}
	position := 0
	if o := w.offers[d.Offer]; o != nil {
		position = o.PreferredPosition
	}
	if !fits || (chosen > 0) != (path == byPreference) || chosen != position {
		w.broke("RT-4", d.DecidedAt, "decision %s of item %s lists %v and chose agent %q (position %d), but the row was %v", d.ID, it.ID,
			d.Preferred, d.Agent, position, row)
	}
}

// checkLists: what the assignment method is said to have seen adds up (WS-2, DX-1).
func (w *world) checkLists(it *itemLine, d *Decision) {
	o := w.offers[d.Offer]
	ran := d.Outcome == queued && d.Reason != "WORKSTREAM_NOT_PUSH" || o != nil && o.Path == byMethod
	if ran != (d.NextBest != nil) {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s is %s; whether it tells of the assignment method: %t", d.ID, it.ID, d.Outcome, d.NextBest != nil)
	}
	if !ran || d.NextBest == nil {
		return
	}
	n := d.NextBest
	refused := 0
	for _, c := range n.Refused {
		refused += c.Count
	}
	const most = 4
	if len(n.Ranked) != min(n.Members-refused, most) {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s by %s: of %d members %d were refused, and %d are ranked", d.ID, it.ID, n.Method,
			n.Members, refused, len(n.Ranked))
	}
	if (o != nil) != (len(n.Ranked) > 0) || o != nil && n.Ranked[0].Agent != o.Agent {
		w.broke("WS-2", d.DecidedAt, "decision %s of item %s chose agent %q, ranked are %v", d.ID, it.ID, d.Agent, n.Ranked)
	}
	for i := 1; i < len(n.Ranked); i++ {
		if n.Ranked[i-1].DeclinedBefore && !n.Ranked[i].DeclinedBefore {
			w.broke("OF-4", d.DecidedAt, "decision %s of item %s ranks agent %s, who declined it, before agent %s", d.ID, it.ID, n.Ranked[i-1].Agent, n.Ranked[i].Agent)
		}
	}
}

// decidable gives the point at which a decision was made, false when the order of things at that instant is not known.
func (w *world) decidable(d *Decision) (point, bool) {
	key := d.DecidedAt.UnixMicro()
	if w.inDoubt(d.DecidedAt) || d.Offer == "" && (w.made[key] > 0 || w.limited[key]) {
		return point{}, false
	}
	return point{d.DecidedAt, d.Offer}, true
}

// away tells whether the server was away, or coming back, at any time between two instants.
func (w *world) away(from, until time.Time) bool {
	return slices.ContainsFunc(w.l.Restarts, func(r Span) bool {
		return !r.NotBefore.After(until) && !r.NotAfter.Add(w.l.scaled(MissTolerance)).Before(from)
	})
}
