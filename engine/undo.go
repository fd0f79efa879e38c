package engine

// Undo takes the changes of the last Take back, as if its commands had never been given. It is what happens to a batch that the
// database refused for good; only the changes taken last can be undone, once, before any further command.
func (e *Engine) Undo(c *Changes) {
	p := &c.undo
	items := e.undoScope(p)
	for _, w := range items {
		e.unindexItem(w)
	}
	limit := e.org.OpenWorkLimit
	if p.orgBefore != nil {
		e.org = *p.orgBefore
	}
	e.undoNouns(p)
	for i := len(p.registered) - 1; i >= 0; i-- {
		p.registered[i]()
	}
	e.undoSets(p)
	e.undoAgents(p)
	e.undoConfiguration(p)
	e.undoContacts(p)
	created := map[*workItem]bool{}
	for _, t := range p.items {
		if t.created {
			created[t.item] = true
			delete(e.items, t.item.ID)
			continue
		}
		t.item.WorkItem, t.item.offer, t.item.assignment, t.item.dirty = t.before, t.offer, t.assignment, t.dirty
		t.item.queue, t.item.contact = t.queue, t.contact
	}
	for _, w := range items {
		if !created[w] {
			e.indexItem(w)
		}
	}
	for _, t := range p.agents {
		if t.removed && !t.created {
			e.indexPreferred(t.object)
		}
	}
	for _, a := range p.lookedAt {
		if e.agents.get(a.ID) == a {
			e.agentMayBeAble(a)
		}
	}
	for _, a := range p.recomputed {
		e.recomputeLater(a, a.staleBy)
	}
	e.undoPlaces(p, limit)
	e.rankedSeq, e.pending.rankedSeq = p.rankedSeq, p.rankedSeq
}

// undoConfiguration gives workstreams and queues their settings back.
func (e *Engine) undoConfiguration(p *pending) {
	for _, t := range p.workstreams {
		if !t.created {
			t.object.Workstream = t.before
		}
	}
	for _, ws := range e.workstreams.all {
		e.resolve(ws)
	}
	if len(p.workstreams) > 0 {
		e.dropUnusedKinds()
	}
	for _, t := range p.queues {
		if q := t.object; !t.created {
			method := q.AssignmentMethod
			if q.Queue = t.before; q.AssignmentMethod != method {
				e.orderCandidates(q)
			}
		}
	}
}

func (e *Engine) undoContacts(p *pending) {
	for i := len(p.Contacts) - 1; i >= 0; i-- {
		ch := p.Contacts[i]
		if ch.Before == nil {
			delete(e.records, ch.After.ID)
		} else {
			e.records[ch.Before.ID] = ch.Before
		}
	}
	for i := len(p.contactsGone) - 1; i >= 0; i-- {
		e.contacts[p.contactsGone[i].id] = p.contactsGone[i]
	}
	for i := len(p.policies) - 1; i >= 0; i-- {
		p.policies[i].contact.policy = p.policies[i].before
	}
	for _, t := range p.rows {
		t.object.row = t.before
	}
}

// undoPlaces puts agents back where they stood among the candidates where that came of limits that have been undone.
func (e *Engine) undoPlaces(p *pending, limit int) {
	if limit != e.org.OpenWorkLimit {
		e.orderAllCandidates()
	}
	for _, ch := range p.profiles {
		if ch.Before != nil {
			e.orderHolders(ch.Before.ID)
		}
	}
}

// undoNouns gives roles, API keys, presence statuses and capacity profiles back as they were.
func (e *Engine) undoNouns(p *pending) {
	for i := len(p.statuses) - 1; i >= 0; i-- {
		putStatus(e.statuses, p.statuses[i].After, p.statuses[i].Before)
	}
	for i := len(p.profiles) - 1; i >= 0; i-- {
		putProfile(e.profiles, p.profiles[i].After, p.profiles[i].Before)
	}
	for i := len(p.apiKeys) - 1; i >= 0; i-- {
		putAPIKey(e.apiKeys, p.apiKeys[i].After, p.apiKeys[i].Before)
	}
	for i := len(p.roles) - 1; i >= 0; i-- {
		putRole(e.roles, p.roles[i].After, p.roles[i].Before)
	}
}

// undoScope lists the items whose place anywhere may change: those touched, those of the contacts whose row changes, and what waits in queues whose
// priority changes.
func (e *Engine) undoScope(p *pending) []*workItem {
	var items []*workItem
	seen := map[*workItem]bool{}
	add := func(w *workItem) {
		if !seen[w] {
			seen[w] = true
			items = append(items, w)
		}
	}
	for _, t := range p.items {
		add(t.item)
	}
	for _, t := range p.rows {
		for _, w := range t.object.sortedOpen() {
			add(w)
		}
	}
	for _, t := range p.queues {
		if !t.created && t.before.Priority != t.object.Priority {
			for _, w := range t.object.waitingItems() {
				add(w)
			}
		}
	}
	return items
}

// undoSets takes memberships, sessions and declines back, the last first.
func (e *Engine) undoSets(p *pending) {
	for i := len(p.members) - 1; i >= 0; i-- {
		switch ch := p.members[i]; {
		case ch.added:
			e.unlinkMember(ch.member)
		case ch.removed:
			e.linkMember(ch.member)
		default:
			e.setTurn(ch.member, ch.turn)
		}
	}
	for i := len(p.sessions) - 1; i >= 0; i-- {
		if ch := p.sessions[i]; ch.added {
			e.unlinkSession(ch.agent, ch.session)
		} else {
			e.linkSession(ch.agent, ch.session, ch.orphan)
		}
	}
	for i := len(p.grants) - 1; i >= 0; i-- {
		if ch := p.grants[i]; ch.added {
			delete(ch.agent.grants, ch.grant.StatusID)
		} else {
			ch.agent.grant(ch.grant)
		}
	}
	for i := len(p.declines) - 1; i >= 0; i-- {
		if ch := p.declines[i]; ch.had {
			ch.item.declines[ch.agent] = ch.before // the map is there: it once held this
		} else {
			delete(ch.item.declines, ch.agent)
		}
	}
}

func (e *Engine) undoAgents(p *pending) {
	for i := len(p.agents) - 1; i >= 0; i-- {
		t := p.agents[i]
		a := t.object
		if t.created {
			e.removeAgentDeadlines(a)
			for i, d := range e.dirtyAgents {
				if d == a {
					e.agentLookedAt(i)
					break
				}
			}
			continue
		}
		for _, m := range a.memberships {
			m.queue.leave(m)
		}
		e.removeAgentDeadlines(a)
		a.Agent = t.before
		e.addAgentDeadlines(a)
		for _, m := range a.memberships {
			e.enter(m.queue, m)
		}
	}
}
