package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// settle checks what holds after every command that was not refused.
func (m *model) settle(e *Engine) {
	must(m.due == nil && m.leaving == nil, "an offer without a decision (DX-1), or an item between queues")
	must(len(e.agents.all) == len(m.agents) && len(e.queues.all) == len(m.queues) && len(e.workstreams.all) == len(m.streams),
		"%d agents, %d queues, %d workstreams, want %d, %d, %d", len(e.agents.all), len(e.queues.all), len(e.workstreams.all),
		len(m.agents), len(m.queues), len(m.streams))
	held := 0
	for _, w := range e.items { // order: counted only
		if w.Status.Open() {
			held++
		}
	}
	must(held == len(m.open), "%d items are open, want %d: none may be lost", held, len(m.open))
	m.settleCapacity(e)
	m.settlePresence(e)
	m.settleAccess(e)
	m.settleItems(e)
	m.settleDeadlines(e)
	m.settleFigures(e)
}

func (m *model) settleItems(e *Engine) {
	more := e.dirtyItems.len() > 0 || len(e.dirtyAgents) > 0 || len(e.stale) > 0 // the rest follows with the next Tick: maxAttemptsPerCommand
	for _, w := range m.open {
		is := e.items[w.id]
		must(is != nil && is.Status == w.status && is.LeftUnassigned == w.left && is.WithoutPreferred == w.without && is.Priority == w.priority &&
			is.QueueID == w.queue.id && len(is.declines) == len(w.declines), "%s is %+v, want %+v", w.id, is, w)
		switch {
		case w.status == Queued:
			must(is.offer == nil && is.assignment == nil && is.AgentID == "", "the waiting %s is held by %s", w.id, is.AgentID)
			if more {
				continue
			}
			if a, _ := m.preferred(w); a != nil {
				fail("%s waits although the preferred %s qualifies (RT-5, WS-5)", w.id, a.id)
			}
			must(w.left == m.leaves(w), "%s is left unassigned: %t (RT-5)", w.id, w.left)
			must(w.left && w.outcome == OutcomeLeftUnassigned || !w.left && w.outcome == OutcomeQueued,
				"%s waits and its last decision is %q (DX-1)", w.id, w.outcome)
			for a := range w.queue.members {
				if !w.left && w.stream.DistributionMode == Push && m.asNextBest(w, a) == "" {
					fail("%s waits although %s qualifies (WS-5)", w.id, a.id)
				}
			}
		case w.status == Offered:
			a, o := w.holder, w.offer
			must(is.offer != nil && is.offer.ID == o.id && is.OfferID == o.id && is.AgentID == a.id, "%s has not the offer %s", w.id, o.id)
			must(o.path != PathPreferred || slices.Contains(w.contact.agents, a.id), "%s has an offer of %s, but is not preferred (RT-6)", a.id, w.id)
			base, source := a.base, a.source
			if !a.signedIn {
				must(a.reconnectBy.After(a.leftAt), "%s, who is gone, has an offer (OF-3)", a.id)
				base, source = m.baseOf(a.captured), a.capturedSource
			}
			// A change of the workstream leaves open offers as they are, and so does a presence that is only computed, or was given another base meanwhile.
			must(o.stream != w.stream.Version || source == SourceComputed || source == SourceOpenWorkLimit || !a.signedIn || slices.Contains(w.stream.AllowedPresences, base),
				"%s has an offer as %s (OF-3)", a.id, base)
		case w.status.HasAgent():
			must(is.assignment != nil && is.assignment.ID == w.assignment && is.AgentID == w.holder.id && sameCost(&is.assignment.Cost, &w.cost) &&
				is.assignment.HoldsCapacity == w.holding && at(is.assignment.WrapUpEndsAt) == atOrNever(w.wrapUpEnds), "%s is %+v, not assigned to %s", w.id, is, w.holder.id)
		}
	}
}

// settleDeadlines checks that nothing is late after a Tick and nothing that is to come is forgotten (OF-1, PR-7, PR-8).
func (m *model) settleDeadlines(e *Engine) {
	next, some := e.NextDeadline()
	_, ticked := m.command.(Tick)
	more := e.dirtyItems.len() > 0 || len(e.dirtyAgents) > 0 || len(e.stale) > 0
	must(!ticked || more || !some || next.After(m.now), "after a Tick at %s the next is due at %s: it would never end", m.now, next)
	check := func(due time.Time, what string, id any) {
		must(some && (!next.After(due) || !next.After(m.now)), "the next deadline is %s, but %s of %v is due %s", next, what, id, due)
		must(!ticked || due.After(m.now), "%s of %v was due %s and is late at %s", what, id, due, m.now)
	}
	for _, w := range m.open {
		if !w.wrapUpEnds.IsZero() {
			check(w.wrapUpEnds, "the wrap-up", w.id)
		}
		if w.offer == nil {
			continue
		}
		check(w.offer.expires, "the offer", w.offer.id)
		if a := w.holder; !a.signedIn {
			check(a.reconnectBy, "the short interruption", a.id)
		}
	}
	for _, a := range m.agents {
		if !a.dayEnds.IsZero() {
			check(a.dayEnds, "the day", a.id)
		}
		if a.orphans {
			check(m.startedAt.Add(30*time.Second), "the time to come back", a.id)
		}
	}
}

// settleFigures counts each queue's figures anew (EV-3).
func (m *model) settleFigures(e *Engine) {
	list := e.QueueFigures()
	must(len(list) == len(m.queues), "figures of %d queues, want %d", len(list), len(m.queues))
	for _, is := range list {
		want := m.figures(m.queues[is.QueueID])
		must(is.Equal(&want), "the figures of %s are %+v, want %+v (EV-3)", is.QueueID, is, want)
	}
}

func (m *model) figures(q *mQueue) QueueFigures {
	f := QueueFigures{QueueID: q.id, Members: len(q.members)}
	for _, w := range m.open {
		switch {
		case w.queue != q:
		case w.status == Offered:
			f.Offered++
		case w.status.HasAgent():
			f.Assigned++
		default:
			f.Waiting++
			if w.left {
				f.LeftUnassigned++
			}
			if f.OldestWaitingAt == nil || w.createdAt.Before(*f.OldestWaitingAt) {
				f.OldestWaitingAt = &w.createdAt
			}
		}
	}
	for i, base := range BasePresences {
		f.Presences[i].Base = base
		for a := range q.members {
			if a.signedIn && a.base == base {
				f.Presences[i].Count++
				f.SignedIn++
			}
		}
	}
	return f
}

// outcome checks that a command did what it was given for.
func (m *model) outcome(c Command, r Result) {
	switch c := c.(type) {
	case AcceptOffer: // OF-6: again gives the same
		o := m.offers[c.OfferID]
		must(o.state == OfferAccepted && r.Refs.Offer == o.id && r.Refs.Assignment == o.assignment && o.assignment != "", "%s is %+v, not accepted", o.id, o)
	case RejectOffer:
		must(m.offers[c.OfferID].state == OfferRejected, "%s is not rejected", c.OfferID)
	case CancelWorkItem:
		must(m.items[c.WorkItemID].status == Cancelled, "%s is not cancelled", c.WorkItemID)
	case CompleteWorkItem:
		w := m.items[c.WorkItemID]
		must(w.status == Completed || w.status == WrapUpWork && w.stream.WrapUp.Mode != WrapUpNone, "%s is not completed", c.WorkItemID)
	case EndWrapUp:
		must(m.items[c.WorkItemID].status == Completed, "%s is not completed", c.WorkItemID)
	case SetWorkItemWaiting:
		must(m.items[c.WorkItemID].status == Waiting, "%s does not wait", c.WorkItemID)
	case ResumeWorkItem:
		must(m.items[c.WorkItemID].status == Assigned, "%s is not resumed", c.WorkItemID)
	case PickWorkItem: // again gives the same
		w := m.items[c.WorkItemID]
		must(w.status.HasAgent() && w.holder == m.acting(c.AgentID) && r.Refs.Assignment == w.assignment && r.AssignmentState.ID == w.assignment,
			"%s is %+v, not picked (WS-6)", w.id, w)
	case AssignWorkItem:
		w := m.items[c.WorkItemID]
		must(w.status.HasAgent() && w.holder.id == c.AgentID && r.Refs.Assignment == w.assignment && r.AssignmentState.ID == w.assignment,
			"%s is %+v, not assigned (WS-6)", w.id, w)
	case TransferWorkItem:
		w := m.items[c.WorkItemID]
		must(w.queue.id == c.QueueID && w.without == c.WithoutPreferred, "%s is %+v, not transferred (WS-6)", w.id, w)
	case SetWorkItemPriority:
		must(m.items[c.WorkItemID].priority == c.Priority, "%s has not the priority %d (WS-6)", c.WorkItemID, c.Priority)
	case LinkContact:
		must(m.items[c.WorkItemID].contact == m.contacts[c.ContactID], "%s is not linked to %s (MX-5)", c.WorkItemID, c.ContactID)
	case SetPresence:
		a := m.acting(c.AgentID)
		overruled := slices.Contains(codesOf(r.Warnings), WarnPresenceOverruled)
		must(overruled == m.overruled, "a warning that the choice of %s was overruled: %t, want %t (PR-6)", a.id, overruled, m.overruled)
	case OpenSession:
		a := m.acting(c.AgentID)
		must(a.signedIn && r.Session != nil && slices.Contains(a.sessions, cmp.Or(c.ID, r.Session.ID)), "%s has no session", a.id)
	case CloseSession:
		for _, a := range m.agents {
			must(!slices.Contains(a.sessions, c.SessionID), "the session %s is still there", c.SessionID)
		}
	case SignOut:
		a := m.acting(c.AgentID)
		must(!a.signedIn && a.load.Reserved == CapacityUse{}, "%s is signed in or has an offer after signing out (OF-3)", a.id)
	case MovePreferredAgent, SetPreferredAgents, RemovePreferredAgent:
		if set, ok := c.(SetPreferredAgents); ok {
			m.warned(set, r.Warnings)
		}
		if row := m.contacts[r.Refs.PreferredAgents]; len(row.agents) > 0 {
			must(slices.Equal(r.Row.Agents, row.agents) && r.Row.Version == row.version, "the row is %+v, want %+v", r.Row, row)
		} else {
			must(r.Row == nil, "a row without agents")
		}
	default:
		m.outcomeOfSettings(c, r)
	}
}

// outcomeOfSettings: each change counts the version up by one (for expectedVersion), and what is deleted is gone.
func (m *model) outcomeOfSettings(c Command, r Result) {
	switch c := c.(type) {
	case UpdateAgent:
		must(r.AgentState.Version == m.agents[c.AgentID].version && limitText(r.AgentState.CapacityUnits) == limitText(m.agents[c.AgentID].load.CapacityUnits), "%+v", r.AgentState)
	case UpdateQueue:
		q := m.queues[c.QueueID]
		must(r.QueueState.Version == q.version && r.QueueState.Priority == q.priority && r.QueueState.AssignmentMethod == q.method, "%+v", r.QueueState)
	case UpdateWorkstream:
		must(r.WorkstreamState.Version == m.streams[c.WorkstreamID].Version && r.WorkstreamState.QueueID == m.streams[c.WorkstreamID].QueueID,
			"%+v", r.WorkstreamState)
	case UpdateContact:
		must(r.ContactState.Version == m.contacts[c.ContactID].settings, "%+v, want the version %d", r.ContactState, m.contacts[c.ContactID].settings)
	case CreateRole, UpdateRole:
		role := m.roles[r.Role]
		must(role != nil && r.RoleState.Name == role.name && r.RoleState.Version == role.version, "%+v, want %+v", r.RoleState, role)
	case CreateAPIKey:
		must(r.APIKeyState.ID == r.APIKey && ValidID("ak_", string(r.APIKey)) && r.APIKeyState.Hash == c.Hash, "%+v", r.APIKeyState)
	case UpdateRoutingPolicy:
		m.warnedOfPolicy(c, r)
	case DeleteAgent:
		must(m.agents[c.AgentID] == nil, "%s is still there", c.AgentID)
	case DeleteQueue:
		must(m.queues[c.QueueID] == nil, "%s is still there", c.QueueID)
	case DeleteWorkstream:
		must(m.streams[c.WorkstreamID] == nil, "%s is still there", c.WorkstreamID)
	case DeleteContact:
		must(m.contacts[c.ContactID] == nil, "%s is still there", c.ContactID)
	}
}

// counted tells whether configVersion may have gone up by so much: by one with every change of settings, queues, agents and workstreams, and
// with nothing else (DX-1).
func counted(c Command, up int64) bool {
	switch c := c.(type) {
	case CreateAgent, UpdateAgent, DeleteAgent, CreateQueue, UpdateQueue, DeleteQueue, CreateWorkstream, UpdateWorkstream, DeleteWorkstream,
		UpdateOrganization, CreatePresenceStatus, UpdatePresenceStatus, CreateCapacityProfile, UpdateCapacityProfile, DeleteCapacityProfile,
		RemoveAgentCapacityProfile:
		return up == 1
	case DeletePresenceStatus: // and the organisation's default
		return up == 1 || up == 2
	case SetAgentCapacityProfile: // perhaps it was so already
		return up == 0 || up == 1
	case UpdateRoutingPolicy:
		return up == 1 || up == 0 && !c.Enabled.Set && !c.WhenUnavailable.Set && !c.RetryPreferred.Set
	case AddQueueMembers, RemoveQueueMembers: // perhaps all of them are, or none is
		return up == 0 || up == 1
	}
	return up == 0
}

// warnedOfPolicy: turned on without effect (RT-1, RT-2).
func (m *model) warnedOfPolicy(c UpdateRoutingPolicy, r Result) {
	on, narrow := m.organization.Enabled != nil && *m.organization.Enabled, c.WorkstreamID != "" || c.ContactID != ""
	want := narrow && c.Enabled.Value != nil && *c.Enabled.Value &&
		(!on || c.WorkstreamID != "" && m.streams[c.WorkstreamID].DistributionMode == Pick)
	got := len(r.Warnings) == 1 && r.Warnings[0].Code == WarnPolicyWithoutEffect && r.Warnings[0].Field == "enabled"
	must(want == got && len(r.Warnings) <= 1, "%+v warns of %+v (RT-1)", c, r.Warnings)
	if c.ContactID != "" {
		contact := m.contacts[c.ContactID]
		must(r.ContactState.Version == contact.settings && r.Refs.Contact == contact.id, "%+v, want %+v", r.ContactState, contact)
	}
}

// warnedOfAgent tells what assigning an item to an agent by hand has to warn about, from the state before it (WS-6).
func (m *model) warnedOfAgent(c AssignWorkItem) (codes []WarningCode) {
	w, a := m.items[c.WorkItemID], m.agents[c.AgentID]
	if w.status.HasAgent() && w.holder == a {
		return nil
	}
	as := Agent{CapacityUnits: a.load.CapacityUnits, InterruptibleUnits: a.load.InterruptibleUnits, Profiles: slices.Clone(a.load.Profiles), Assigned: a.load.Assigned,
		Reserved: a.load.Reserved}
	if w.status == Offered && w.holder == a { // that offer is taken back
		other := &mAgent{mCapacity: mCapacity{load: as}}
		other.enter(&w.offer.cost, -1, other.reservedOf())
		as = other.load
	}
	if !w.queue.isMember(a) {
		codes = append(codes, WarnAgentNotQueueMember)
	}
	if !a.signedIn {
		codes = append(codes, WarnAgentNotSignedIn)
	}
	if needOf(&w.stream.Cost) > roomOf(&as, m.profiles, &w.stream.Cost) {
		codes = append(codes, WarnAgentOverCapacity)
	}
	return codes
}

// named tells whether a row of the matrix names an agent.
func (m *model) named(id AgentID) bool {
	for _, row := range m.contacts {
		if slices.Contains(row.agents, id) {
			return true
		}
	}
	return false
}

func codesOf(warnings []Warning) (codes []WarningCode) {
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	return codes
}

// warned: MX-3, a warning for each agent who is in no queue.
func (m *model) warned(c SetPreferredAgents, warnings []Warning) {
	var want, got []string
	for i, id := range c.Agents {
		in := false
		for _, q := range m.queues {
			in = in || q.isMember(m.agents[id])
		}
		if !in {
			want = append(want, fmt.Sprintf("agentIds.%d", i))
		}
	}
	for _, w := range warnings {
		got = append(got, w.Field)
	}
	must(slices.Equal(got, want), "the row of %s warns about %v, want %v (MX-3)", c.ContactID, got, want)
}

// atOrNever is a time as deadlines have it.
func atOrNever(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return at(&t)
}
