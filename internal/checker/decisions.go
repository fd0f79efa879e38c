package checker

import "slices"

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
			if d.Policy != it.policy {
				w.broke("RT-1", d.DecidedAt, "decision %s of item %s goes by the policy %+v, in force was %+v", d.ID, it.ID, d.Policy, it.policy)
			}
			w.checkOutcome(it, d)
			w.checkReason(it, d)
			w.checkLists(it, d)
			if d.Offer != "" {
				told[d.Offer]++
			}
		}
		if attempt != it.Attempts+1 {
			w.broke("DX-1", at, "item %s has %d attempts, but its decisions tell of %d", it.ID, it.Attempts, attempt-1)
		}
		if len(it.Decisions) == 0 || it.Decisions[0].DecidedAt.Sub(it.CreatedAt) > WaitTolerance {
			w.broke("DX-1", it.CreatedAt, "nothing was decided about item %s when it was created", it.ID)
		}
		for _, o := range it.offers {
			if told[o.ID] != 1 {
				w.broke("DX-1", o.OfferedAt, "%d decisions tell of %s, want 1", told[o.ID], o.name())
			}
		}
	}
}

// checkOutcome: what a decision says came of it did.
func (w *world) checkOutcome(it *itemLine, d *Decision) {
	var reason string
	switch d.Outcome {
	case "OFFERED", "ASSIGNED":
		reason = "OFFERED"
		want := "OFFERED"
		if it.workstream.AcceptMode == auto {
			want = "ASSIGNED"
		}
		o := w.offers[d.Offer]
		switch {
		case o == nil || o.item != it:
			w.broke("DX-1", d.DecidedAt, "decision %s of item %s tells of offer %q, which the item does not have", d.ID, it.ID, d.Offer)
		case o.Agent != d.Agent || !o.OfferedAt.Equal(d.DecidedAt) || d.Outcome != want || d.Repeats != 1:
			w.broke("DX-1", d.DecidedAt, "decision %s (%s, agent %s, %d times) does not fit to %s at %s", d.ID, d.Outcome, d.Agent, d.Repeats,
				o.name(), stamp(o.OfferedAt))
		}
	case "QUEUED":
		reason = "NO_AGENT_QUALIFIED"
	case "LEFT_UNASSIGNED":
		reason = "LEFT_UNASSIGNED"
	}
	if d.Reason != reason || (reason == "OFFERED") != (d.Agent != "") || (d.Agent != "") != (d.Offer != "") {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s: outcome %s with reason %s, agent %q, offer %q", d.ID, it.ID, d.Outcome, d.Reason, d.Agent, d.Offer)
	}
}

// checkReason: why no preferred agent was asked is true, and where one of the row could be asked the fallback is what the policy says
// (RT-1, RT-2, RT-5).
func (w *world) checkReason(it *itemLine, d *Decision) {
	row, sure := w.row(it.Contact, d.DecidedAt)
	if !sure {
		w.undecided++
		return
	}
	path := ""
	if o := w.offers[d.Offer]; o != nil {
		path = o.Path
	}
	var reasons []string
	if !it.policy.Enabled {
		reasons = append(reasons, "FEATURE_DISABLED")
	}
	if it.Contact == "" {
		reasons = append(reasons, "CONTACT_NOT_IDENTIFIED")
	} else if len(row) == 0 {
		reasons = append(reasons, "NO_PREFERRED_AGENTS")
	}
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
	left := asked && it.policy.WhenUnavailable == leaveUnassigned
	switch {
	case left && path == byMethod:
		w.broke("RT-5", d.DecidedAt, "item %s was offered to agent %s, not a preferred one, although the policy leaves it unassigned", it.ID, d.Agent)
	case left && d.Outcome == "QUEUED", !left && d.Outcome == "LEFT_UNASSIGNED":
		w.broke("RT-5", d.DecidedAt, "decision %s of item %s is %s, but its policy is %+v and its row %v", d.ID, it.ID, d.Outcome, it.policy, row)
	}
	if !asked {
		row = nil
	}
	w.checkCandidates(it, d, row, path)
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
	ran := d.Outcome == "QUEUED" || o != nil && o.Path == byMethod
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
	able := n.Members - refused
	const most = 4
	if n.Method != it.queue.AssignmentMethod || len(n.Ranked) != min(able, most) {
		w.broke("DX-1", d.DecidedAt, "decision %s of item %s by %s: of %d members %d were refused, and %d are ranked", d.ID, it.ID, n.Method,
			n.Members, refused, len(n.Ranked))
	}
	if (o != nil) != (len(n.Ranked) > 0) || o != nil && n.Ranked[0].Agent != o.Agent {
		w.broke("WS-2", d.DecidedAt, "decision %s of item %s chose agent %q, ranked are %v", d.ID, it.ID, d.Agent, n.Ranked)
	}
	for i := 1; i < len(n.Ranked); i++ {
		a, b := n.Ranked[i-1], n.Ranked[i]
		if a.DeclinedBefore && !b.DeclinedBefore || a.DeclinedBefore == b.DeclinedBefore && a.FreeUnits < b.FreeUnits {
			w.broke("WS-2", d.DecidedAt, "decision %s of item %s ranks %+v before %+v", d.ID, it.ID, a, b)
		}
	}
}

// decidable gives the point at which a decision was made, false when the order of things at that instant is not known.
func (w *world) decidable(d *Decision) (point, bool) {
	key := d.DecidedAt.UnixMicro()
	if w.inDoubt(d.DecidedAt) || d.Offer == "" && w.made[key] > 0 {
		return point{}, false
	}
	return point{d.DecidedAt, d.Offer}, true
}
