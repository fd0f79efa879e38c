package engine

// Placement decides who gets one item, in one visible pipeline: candidates → membership → session → presence → capacity →
// declines → rank → pick. The preferred path runs the same checks as the next-best path over another list, with capacity
// read as RT-3 says. Each check names why it refused.

// check is one step: "" to pass, else why not.
type check func(w *workItem, a *agent) DecisionCode

var (
	preferredChecks = [...]check{checkMember, checkSession, checkPresence, checkOverCapacity, checkUntried}
	nextBestChecks  = [...]check{checkMember, checkSession, checkPresence, checkCapacity, checkDeclines}
)

func checkMember(w *workItem, a *agent) DecisionCode {
	if a.memberOf(w.queue) == nil {
		return CodeNotQueueMember
	}
	return ""
}

func checkSession(w *workItem, a *agent) DecisionCode {
	if !a.Presence.SignedIn && !w.workstream.classes.has(classNotSignedIn) {
		return CodeNotSignedIn
	}
	return ""
}

func checkPresence(w *workItem, a *agent) DecisionCode {
	if !w.workstream.classes.has(a.class()) {
		return CodePresenceNotAllowed
	}
	return ""
}

func checkCapacity(w *workItem, a *agent) DecisionCode {
	if w.workstream.CapacityUnits > a.FreeUnits() {
		return CodeNoCapacity
	}
	return ""
}

// checkOverCapacity: capacity is not read, but at most one open offer may be beyond it (RT-3).
func checkOverCapacity(w *workItem, a *agent) DecisionCode {
	if w.workstream.CapacityUnits > a.FreeUnits() && a.OverCapacityOffers > 0 {
		return CodeOverCapacityOfferOpen
	}
	return ""
}

// checkUntried: each agent of the row is asked once for an item (RT-4). One that was left unassigned asks again those whom a
// decline no longer holds back (RT-5, OF-4).
func checkUntried(w *workItem, a *agent) DecisionCode {
	d, declined := w.declines[a.ID]
	if !declined {
		return ""
	}
	if w.LeftUnassigned {
		return w.declineCode(a)
	}
	if d.Count >= w.workstream.DeclineLimit {
		return CodeDeclineLimit
	}
	return CodeAlreadyDeclined
}

func checkDeclines(w *workItem, a *agent) DecisionCode { return w.declineCode(a) }

// declineCode: who rejected or missed the item is not asked again until they choose a presence by hand or sign in, at the limit
// only by hand (OF-4).
func (w *workItem) declineCode(a *agent) DecisionCode {
	if len(w.declines) == 0 {
		return ""
	}
	d, declined := w.declines[a.ID]
	switch {
	case !declined || a.ManualMark > d.ManualMark:
		return ""
	case d.Count >= w.workstream.DeclineLimit:
		return CodeDeclineLimit
	case a.SignInMark > d.SignInMark:
		return ""
	}
	return CodeAlreadyDeclined
}

func firstRefusal(checks []check, w *workItem, a *agent) DecisionCode {
	for _, c := range checks {
		if code := c(w, a); code != "" {
			return code
		}
	}
	return ""
}

// preferredPathClosed tells why no preferred agent is looked at, "" when they are (RT-1, RT-2).
func preferredPathClosed(w *workItem) DecisionCode {
	switch {
	case w.workstream.DistributionMode != Push:
		return CodeWorkstreamNotPush
	case !w.policy().Enabled:
		return CodeFeatureDisabled
	case w.WithoutPreferred:
		return CodeWithoutPreferred
	case w.contact == nil:
		return CodeContactNotIdentified
	case w.contact.row == nil:
		return CodeNoPreferredAgents
	}
	return ""
}

// isLeft tells whether an item is left unassigned when no preferred agent can take it (RT-5).
func (w *workItem) isLeft() bool {
	return w.policy().WhenUnavailable == LeaveUnassigned && preferredPathClosed(w) == ""
}

// stays tells whether an item was left to a person for good: nobody is looked for (RT-5).
func (w *workItem) stays() bool {
	return w.LeftUnassigned && w.isLeft() && !w.policy().RetryPreferred
}

// preferredCode tells why an agent of the row would not be asked now, "" if they would.
func (e *Engine) preferredCode(w *workItem, a *agent) DecisionCode {
	if code := preferredPathClosed(w); code != "" {
		return code
	}
	if w.stays() {
		return CodeLeftUnassigned
	}
	return firstRefusal(preferredChecks[:], w, a)
}

// attempt looks for an agent for a waiting item, asks them, and records the decision. It tells whether somebody was found.
func (e *Engine) attempt(w *workItem) bool {
	e.touchItem(w)
	if w.dirty {
		w.dirty = false
		e.dirtyItems.remove(w)
	}
	if w.stays() {
		return false
	}
	w.Attempts++
	d, choice := e.decide(w)
	if a := choice.agent; a != nil {
		o := e.makeOffer(w, a, choice.path, choice.position)
		d.AgentID, d.OfferID = &o.AgentID, &o.ID
	} else if left := d.Outcome == OutcomeLeftUnassigned; w.LeftUnassigned != left {
		e.setLeft(w, left)
	}
	e.record(w, d)
	return choice.agent != nil
}

// choice is whom a decision chose, on which path, and at which position of the row; no agent when nobody.
type choice struct {
	agent    *agent
	path     OfferPath
	position int
}

// decide looks for an agent for an item, and changes nothing.
func (e *Engine) decide(w *workItem) (*Decision, choice) {
	d := &Decision{Attempt: w.Attempts, ConfigVersion: e.org.ConfigVersion, Policy: w.policy(), DecidedAt: e.now, WorkItemID: w.ID}
	c := choice{path: PathPreferred}
	c.agent, c.position = e.choosePreferred(w, d)
	picked := w.workstream.DistributionMode != Push
	leave := c.agent == nil && w.isLeft()
	if c.agent == nil && !leave && !picked {
		c.path = PathNextBest
		c.agent = e.chooseNextBest(w, d)
	}
	switch {
	case c.agent != nil && w.workstream.AcceptMode == AcceptAuto:
		d.Outcome, d.Reason = OutcomeAssigned, CodeOffered
	case c.agent != nil:
		d.Outcome, d.Reason = OutcomeOffered, CodeOffered
	case leave:
		d.Outcome, d.Reason = OutcomeLeftUnassigned, CodeLeftUnassigned
	case picked:
		d.Outcome, d.Reason = OutcomeQueued, CodeWorkstreamNotPush
	default:
		d.Outcome, d.Reason = OutcomeQueued, CodeNoAgentQualified
	}
	return d, c
}

// setLeft leaves an item unassigned or takes that back. What is left asks again those whom a decline no longer holds back, and one of
// them may be there already (RT-5).
func (e *Engine) setLeft(w *workItem, left bool) {
	e.changeItem(w, func(w *workItem) { w.LeftUnassigned = left })
	if !left {
		return
	}
	for _, id := range w.contact.row.Agents {
		if a := e.agents.get(id); a != nil {
			e.agentMayBeAble(a)
		}
	}
}

// record stores a decision that differs from the item's last; one that repeats it is counted by the item's Attempts (DX-1).
func (e *Engine) record(w *workItem, d *Decision) {
	var preferred DecisionCode
	if d.PreferredReason != nil {
		preferred = *d.PreferredReason
	}
	if d.OfferID == nil && w.LastOutcome == d.Outcome && w.LastReason == d.Reason && w.LastPreferredReason == preferred {
		return
	}
	w.LastOutcome, w.LastReason, w.LastPreferredReason = d.Outcome, d.Reason, preferred
	e.emitItem(Event{Type: EventDecision, Decision: d}, w)
}

// choosePreferred takes the first agent of the contact's row who passes, with their position counted from 1 (RT-4).
func (e *Engine) choosePreferred(w *workItem, d *Decision) (*agent, int) {
	if code := preferredPathClosed(w); code != "" {
		d.PreferredReason = &code
		return nil, 0
	}
	var chosen *agent
	position := 0
	d.Preferred = make([]PreferredCandidate, len(w.contact.row.Agents))
	for i, id := range w.contact.row.Agents {
		a, code := e.agents.get(id), CodeNotReached
		switch {
		case chosen != nil:
		case a == nil:
			code = CodeAgentNotFound
		default:
			if code = firstRefusal(preferredChecks[:], w, a); code == "" {
				chosen, position, code = a, i+1, CodeOffered
			}
		}
		d.Preferred[i] = PreferredCandidate{Position: i + 1, AgentID: id, Code: code}
	}
	if chosen == nil {
		code := CodeNoAgentQualified
		d.PreferredReason = &code
	}
	return chosen, position
}

// chooseNextBest takes the best member of the queue by its assignment method; those who declined the item before come last
// (WS-2, WS-4, OF-4).
func (e *Engine) chooseNextBest(w *workItem, d *Decision) *agent {
	q, ws := w.queue, w.workstream
	d.NextBest = &NextBestTrace{Method: q.AssignmentMethod, Members: len(q.members)}
	var fresh, again [MaxRunnersUp + 1]*agent
	nFresh, nAgain := 0, 0
	r := q.candidates.rank(ws.classes, ws.CapacityUnits, len(fresh)+len(w.declines))
	for m := r.next(); m != nil && nFresh < len(fresh); m = r.next() {
		switch _, declined := w.declines[m.AgentID]; {
		case !declined:
			fresh[nFresh] = m.agent
			nFresh++
		case nAgain < len(again) && w.declineCode(m.agent) == "":
			again[nAgain] = m.agent
			nAgain++
		}
	}
	ranked := append(fresh[:nFresh:nFresh], again[:nAgain]...)
	ranked = ranked[:min(len(ranked), MaxRunnersUp+1)]
	d.NextBest.Refused = e.refusals(w)
	if len(ranked) == 0 {
		return nil
	}
	d.NextBest.Ranked = make([]RankedCandidate, len(ranked))
	for i, a := range ranked {
		_, declined := w.declines[a.ID]
		d.NextBest.Ranked[i] = q.ranked(a, declined)
	}
	return ranked[0]
}

// ranked says by what a candidate was ranked.
func (q *queue) ranked(a *agent, declined bool) RankedCandidate {
	c := RankedCandidate{AgentID: a.ID, FreeUnits: a.FreeUnits(), DeclinedBefore: declined}
	switch q.AssignmentMethod {
	case RoundRobin:
		turn := q.members[a.ID].Turn
		c.Turn = &turn
	case LeastActive:
		c.ReleasedAt = a.ReleasedAt
	}
	return c
}

// refusals counts why the other members can't take the item, each at the first check that refused: presence and capacity from
// the counts of the classes, declines one by one (DX-1).
func (e *Engine) refusals(w *workItem) []CodeCount {
	var counts []CodeCount
	add := func(code DecisionCode, n int) {
		for i := range counts {
			if counts[i].Code == code {
				counts[i].Count += n
				return
			}
		}
		if n > 0 {
			counts = append(counts, CodeCount{code, n})
		}
	}
	for class := range w.queue.candidates.classes {
		l := &w.queue.candidates.classes[class]
		switch {
		case w.workstream.classes.has(class):
			add(CodeNoCapacity, l.below(w.workstream.CapacityUnits))
		case class == classNotSignedIn:
			add(CodeNotSignedIn, l.count)
		default:
			add(CodePresenceNotAllowed, l.count)
		}
	}
	var declined, limit int
	for id := range w.declines { // order: counted only
		a := e.agents.get(id)
		if a == nil {
			continue // deleted since
		}
		switch firstRefusal(nextBestChecks[:], w, a) {
		case CodeAlreadyDeclined:
			declined++
		case CodeDeclineLimit:
			limit++
		}
	}
	add(CodeAlreadyDeclined, declined)
	add(CodeDeclineLimit, limit)
	return counts
}
