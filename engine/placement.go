package engine

// Placement decides who gets one item, in one visible pipeline: candidates → membership → session → presence → capacity →
// limit of open work → declines → rank → pick. The preferred path runs the same checks as the next-best path over another list, with capacity
// read as RT-3 says. Each check names why it refused.

// check is one step: "" to pass, else why not.
type check func(e *Engine, w *workItem, a *agent) DecisionCode

var (
	preferredChecks = [...]check{checkMember, checkSession, checkPresence, checkOverCapacity, checkOpenWork, checkUntried}
	nextBestChecks  = [...]check{checkMember, checkSession, checkPresence, checkCapacity, checkOpenWork, checkDeclines}
)

func checkMember(_ *Engine, w *workItem, a *agent) DecisionCode {
	if a.memberOf(w.queue) == nil {
		return CodeNotQueueMember
	}
	return ""
}

func checkSession(_ *Engine, w *workItem, a *agent) DecisionCode {
	if !a.Presence.SignedIn && !w.workstream.classes.has(classNotSignedIn) {
		return CodeNotSignedIn
	}
	return ""
}

func checkPresence(e *Engine, w *workItem, a *agent) DecisionCode {
	if !w.workstream.classes.has(e.class(a) % classesBelow) {
		return CodePresenceNotAllowed
	}
	return ""
}

func checkCapacity(e *Engine, w *workItem, a *agent) DecisionCode {
	if !e.roomFor(a, w.workstream) {
		return CodeNoCapacity
	}
	return ""
}

// checkOverCapacity: capacity is not read, but at most one open offer may be beyond it (RT-3).
func checkOverCapacity(e *Engine, w *workItem, a *agent) DecisionCode {
	if a.OverCapacityOffers > 0 && !e.roomFor(a, w.workstream) {
		return CodeOverCapacityOfferOpen
	}
	return ""
}

// checkUntried: each agent of the row is asked once for an item (RT-4). One that was left unassigned asks again those whom a
// decline no longer holds back (RT-5, OF-4).
func checkUntried(_ *Engine, w *workItem, a *agent) DecisionCode {
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

func checkDeclines(_ *Engine, w *workItem, a *agent) DecisionCode { return w.declineCode(a) }

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

// checkOpenWork: whom routing would choose but for this becomes Do not disturb (PR-4).
func checkOpenWork(e *Engine, _ *workItem, a *agent) DecisionCode {
	if e.atOpenWorkLimit(a) {
		return CodeOpenWorkLimit
	}
	return ""
}

func (e *Engine) firstRefusal(checks []check, w *workItem, a *agent) DecisionCode {
	for _, c := range checks {
		if code := c(e, w, a); code != "" {
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
	return e.firstRefusal(preferredChecks[:], w, a)
}

// attempt looks for an agent for a waiting item, asks them, and records the decision. It tells whether somebody was found, and how many stood at the
// limit of open work.
func (e *Engine) attempt(w *workItem) (found bool, atLimit int) {
	e.touchItem(w)
	if w.dirty {
		w.dirty = false
		e.dirtyItems.remove(w)
	}
	if w.stays() {
		return false, 0
	}
	w.Attempts++
	d, choice := e.decide(w)
	for _, a := range choice.atLimit {
		e.standsAtLimit(a)
	}
	if a := choice.agent; a != nil {
		o := e.makeOffer(w, a, choice.path, choice.position)
		d.AgentID, d.OfferID = &o.AgentID, &o.ID
	} else if left := d.Outcome == OutcomeLeftUnassigned; w.LeftUnassigned != left {
		e.setLeft(w, left)
	}
	e.record(w, d)
	if choice.moreAtLimit {
		e.rerouteItem(w)
	}
	return choice.agent != nil, len(choice.atLimit)
}

// choice is whom a decision chose, on which path, and at which position of the row; no agent when nobody.
type choice struct {
	agent    *agent
	path     OfferPath
	position int
	// atLimit would have been chosen but for the limit of open work; moreAtLimit: there are more of them than one attempt looks at.
	atLimit     []*agent
	moreAtLimit bool
}

// decide looks for an agent for an item, and changes nothing.
func (e *Engine) decide(w *workItem) (*Decision, choice) {
	d := &Decision{Attempt: w.Attempts, ConfigVersion: e.org.ConfigVersion, Policy: w.policy(), DecidedAt: e.now, WorkItemID: w.ID}
	c := choice{path: PathPreferred}
	e.choosePreferred(w, d, &c)
	picked := w.workstream.DistributionMode != Push
	leave := c.agent == nil && w.isLeft()
	if c.agent == nil && !leave && !picked {
		c.path = PathNextBest
		e.chooseNextBest(w, d, &c)
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
func (e *Engine) choosePreferred(w *workItem, d *Decision, c *choice) {
	if code := preferredPathClosed(w); code != "" {
		d.PreferredReason = &code
		return
	}
	d.Preferred = make([]PreferredCandidate, len(w.contact.row.Agents))
	for i, id := range w.contact.row.Agents {
		a, code := e.agents.get(id), CodeNotReached
		switch {
		case c.agent != nil:
		case a == nil:
			code = CodeAgentNotFound
		default:
			switch code = e.firstRefusal(preferredChecks[:], w, a); code {
			case "":
				c.agent, c.position, code = a, i+1, CodeOffered
			case CodeOpenWorkLimit:
				if checkUntried(e, w, a) == "" {
					c.atLimit = append(c.atLimit, a)
				}
			}
		}
		d.Preferred[i] = PreferredCandidate{Position: i + 1, AgentID: id, Code: code}
	}
	if c.agent == nil {
		code := CodeNoAgentQualified
		d.PreferredReason = &code
	}
}

// chooseNextBest takes the best member of the queue by its assignment method; those who declined the item before come last
// (WS-2, WS-4, OF-4).
func (e *Engine) chooseNextBest(w *workItem, d *Decision, c *choice) {
	q, ws := w.queue, w.workstream
	d.NextBest = &NextBestTrace{Method: q.AssignmentMethod, Members: len(q.members)}
	in := e.candidatesFor(q, ws.kind)
	ranked := e.rank(w, in, ws.classes, MaxRunnersUp+1)
	d.NextBest.Refused = e.refusals(w)
	if len(ranked) > 0 {
		c.agent = ranked[0]
		d.NextBest.Ranked = make([]RankedCandidate, len(ranked))
		for i, a := range ranked {
			_, declined := w.declines[a.ID]
			d.NextBest.Ranked[i] = e.ranked(w, a, declined)
		}
	}
	e.passedAtLimit(w, in, c)
}

// rank lists the best n members of some classes who have room: first those who have not declined the item.
func (e *Engine) rank(w *workItem, in *candidates, classes classSet, n int) []*agent {
	var fresh, again []*agent
	r := in.rank(classes, w.workstream.Cost.need(), n+len(w.declines))
	for m := r.next(); m != nil && len(fresh) < n; m = r.next() {
		switch _, declined := w.declines[m.AgentID]; {
		case !declined:
			fresh = append(fresh, m.agent)
		case len(again) < n && w.declineCode(m.agent) == "":
			again = append(again, m.agent)
		}
	}
	ranked := append(fresh, again...)
	return ranked[:min(len(ranked), n)]
}

// passedAtLimit finds whom the assignment method would have chosen before the winner but for the limit of open work (PR-4): of those
// whose presence gives way to it, at most maxAtLimitPerAttempt at a time.
func (e *Engine) passedAtLimit(w *workItem, in *candidates, c *choice) {
	gives := w.workstream.classes & (1<<Available.index() | 1<<Busy.index())
	if gives == 0 {
		return
	}
	for _, a := range e.rank(w, in, gives.atLimit(), maxAtLimitPerAttempt+1) {
		if c.agent != nil && !e.ranksBefore(w, in, a, c.agent) {
			break
		}
		if len(c.atLimit) >= maxAtLimitPerAttempt {
			c.moreAtLimit = true
			break
		}
		c.atLimit = append(c.atLimit, a)
	}
}

// ranksBefore tells whether one agent comes before another for an item: fresh before declined, then by the method's order.
func (e *Engine) ranksBefore(w *workItem, in *candidates, a, b *agent) bool {
	_, aDeclined := w.declines[a.ID]
	_, bDeclined := w.declines[b.ID]
	if aDeclined != bDeclined {
		return bDeclined
	}
	p, o := in.of(w.queue.members[a.ID]), in.of(w.queue.members[b.ID])
	if in.method == HighestCapacity && p.level != o.level {
		return p.level > o.level
	}
	return p.before(o)
}

// ranked says by what a candidate was ranked.
func (e *Engine) ranked(w *workItem, a *agent, declined bool) RankedCandidate {
	q := w.queue
	c := RankedCandidate{AgentID: a.ID, FreeUnits: e.room(a, w.workstream.kind), DeclinedBefore: declined}
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
	in := e.candidatesFor(w.queue, w.workstream.kind)
	for class := range in.classes {
		l := &in.classes[class]
		switch below := class % classesBelow; {
		case w.workstream.classes.has(below):
			full := l.below(w.workstream.Cost.need())
			add(CodeNoCapacity, full)
			if class != below {
				add(CodeOpenWorkLimit, l.count-full)
			}
		case below == classNotSignedIn:
			add(CodeNotSignedIn, l.count)
		default:
			add(CodePresenceNotAllowed, l.count)
		}
	}
	var declined, limit int
	for id := range w.declines { // order: counted only
		a := e.agents.get(id)
		if a == nil || e.atOpenWorkLimit(a) {
			continue // deleted since, or counted already
		}
		switch e.firstRefusal(nextBestChecks[:], w, a) {
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
