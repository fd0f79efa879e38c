package main

import (
	"context"
	"fmt"
	"time"
)

// checkContacts compares the contacts of this round, and the rows of all that have one that changes.
func (w *world) checkContacts(ctx context.Context) error {
	names := map[string]string{}
	after, err := page(ctx, w, allContacts, w.contactsTo, nil, func(got wireContact, _ time.Time) {
		w.check()
		w.mu.Lock()
		defer w.mu.Unlock()
		c := w.ledger.contacts[got.FullName]
		switch {
		case c == nil:
			w.violation("phantom", "the contact %s (%s) was never asked for", got.ID, got.FullName)
			return
		case names[got.FullName] != "" || c.id != "" && c.id != got.ID:
			w.violation("doubled contact", "%s is %s, %s and %s", got.FullName, got.ID, c.id, names[got.FullName])
		}
		names[got.FullName], c.id = got.ID, got.ID
	})
	if err != nil {
		return err
	}
	from := w.contactsTo
	w.contactsTo = after
	w.mu.Lock()
	for name, c := range w.ledger.contacts {
		if c.acked && !c.checked && names[name] == "" {
			w.violation("lost", "the contact %s (%s) was acknowledged and is not behind %q", c.id, name, from)
		}
		c.checked = c.checked || names[name] != ""
	}
	w.mu.Unlock()
	for _, id := range w.contacts {
		var got struct{ R *wireContact }
		document := "query ($id: ID!) { r: contact(id: $id) { id fullName preferredAgents { " + rowFields + " } } }"
		if err := query(ctx, w.http, document, map[string]any{"id": id}, &got); err != nil {
			return err
		}
		w.checkRow(w.rows[id], got.R.PreferredAgents)
	}
	return nil
}

// checkRow: a row is as last acknowledged, or as a call without an answer would have made it.
func (w *world) checkRow(r *row, wire *wireRow) {
	w.check()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := rowState{wire.agents(), wire.version()}
	switch {
	case got.equal(r.known):
	case r.maybe != nil && got.equal(*r.maybe):
		w.rowIs(r, got, wire)
	default:
		w.violation("lost or undone", "the row of %s is %+v, was acknowledged as %+v, may be %+v", r.contact, got, r.known, r.maybe)
		w.rowIs(r, got, wire)
	}
}

func (w *world) checkPolicy(ctx context.Context) error {
	var got struct{ R *wireWorkstream }
	document := "query ($id: ID!) { r: workstream(id: $id) { id version updatedAt routingPolicy { retryPreferred } } }"
	if err := query(ctx, w.http, document, map[string]any{"id": w.policy.stream}, &got); err != nil {
		return err
	}
	w.check()
	w.mu.Lock()
	defer w.mu.Unlock()
	p, retry := &w.policy, got.R.RoutingPolicy.RetryPreferred
	same := func(version int, value *bool) bool {
		return got.R.Version == version && (value == nil) == (retry == nil) && (value == nil || *value == *retry)
	}
	if !same(p.version, p.retry) && (p.maybe == nil || !same(p.version+1, p.maybe)) {
		w.violation("lost or undone", "the policy is %v of version %d, was acknowledged as %v of %d, may be %v", retry, got.R.Version, p.retry,
			p.version, p.maybe)
	}
	w.policyIs(got.R)
	return nil
}

// checkPresences compares what agents are shown as with what was last acknowledged: a restart changes nothing (PR-8), and work only what it may (PR-4,
// PR-6).
func (w *world) checkPresences(ctx context.Context) error {
	for _, a := range w.agents {
		got, err := w.readAgent(ctx, a.id, agentFields)
		if err != nil {
			return err
		}
		w.check()
		w.mu.Lock()
		p := got.Presence
		if want := computed(got); p.Source == "COMPUTED" && p.Cause != "OPEN_WORK_LIMIT" && p.Status.ID != want {
			w.violation("presence", "%s is %s, computed, but %d of %d units give %s", a.id, p, got.Load.AssignedUnits, got.CapacityUnits, want)
		}
		switch {
		case a.vague:
			if !p.SignedIn && (p.Status.ID != "ps_offline" || p.Cause != "DISCONNECTED" && p.Cause != "SIGN_OUT") {
				w.violation("presence", "%s has no session and is %s", a.id, p)
			}
		case p.same(a.presence):
		case a.maybe != "" && p.Status.ID == a.maybe && p.Cause == "MANUAL" && p.SignedIn && !p.ChangedAt.Before(a.presence.ChangedAt):
			a.presence = p
		case a.follows(p):
			a.presence = p
		default:
			w.violation("presence", "%s is %s, was acknowledged as %s, may be %q", a.id, p, a.presence, a.maybe)
			a.presence = p
		}
		w.mu.Unlock()
	}
	return nil
}

// computed is the status that follows from what an agent is assigned (PR-4, CP-1).
func computed(a *wireAgent) string {
	switch {
	case a.Load.AssignedUnits >= a.CapacityUnits:
		return "ps_do_not_disturb"
	case a.Load.AssignedUnits > 0:
		return "ps_busy"
	}
	return "ps_available"
}

// byLoad tells whether a presence comes of what the agent holds (PR-4).
func (p wirePresence) byLoad() bool { return p.Source == "COMPUTED" || p.Source == "OPEN_WORK_LIMIT" }

// follows tells whether a computed presence may have taken the place of what is known: of another one, or of an Available or Busy that was, or may have
// been, chosen (PR-6).
func (a *agentRecord) follows(p wirePresence) bool {
	gives := a.presence.byLoad() || allowed(a.presence.Status.ID) || allowed(a.maybe)
	return gives && p.byLoad() && p.SignedIn && !p.ChangedAt.Before(a.presence.ChangedAt)
}

// checkUnits: what agents are shown to hold is the sum of what they hold.
func (w *world) checkUnits(ctx context.Context) error {
	owner := map[string]string{}
	for _, a := range w.agents {
		w.check()
		problem := "?"
		for n := 0; problem != "" && n < looks; n++ {
			if n > 0 {
				time.Sleep(20 * time.Millisecond)
			}
			got, err := w.readAgent(ctx, a.id, loadFields)
			if err != nil {
				return err
			}
			problem = unitsOf(got)
			for _, as := range got.Assignments.Nodes {
				if other := owner[as.WorkItem.ID]; other != "" && other != as.ID {
					w.violation("assigned twice", "%s has the open assignments %s and %s", as.WorkItem.ID, other, as.ID)
				}
				owner[as.WorkItem.ID] = as.ID
			}
		}
		if problem != "" {
			w.violation("units", "%s: %s", a.id, problem)
		}
	}
	return nil
}

func unitsOf(a *wireAgent) string {
	work, reserved := 0, 0
	for _, as := range a.Assignments.Nodes {
		work += as.CapacityUnits
		if as.WorkItem.Status != assigned {
			return fmt.Sprintf("the assignment %s is open and its item %s", as.ID, as.WorkItem.Status)
		}
	}
	for _, o := range a.OpenOffers {
		reserved += o.WorkItem.Workstream.CapacityUnits
	}
	l := a.Load
	switch {
	case a.Assignments.PageInfo.HasNextPage:
		return "more than 100 assignments"
	case l.AssignedUnits != work || l.ReservedUnits != reserved || l.FreeUnits != a.CapacityUnits-work-reserved:
		return fmt.Sprintf("assigned %d, reserved %d, free %d; the sums are %d and %d of %d", l.AssignedUnits, l.ReservedUnits, l.FreeUnits,
			work, reserved, a.CapacityUnits)
	}
	return ""
}
