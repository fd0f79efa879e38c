package engine

// Undo takes the changes of the last Take back, as if its commands had never been given. It is what happens to a batch that the
// database refused for good; only the changes taken last can be undone, once, before any further command.
func (e *Engine) Undo(c *Changes) {
	p := &c.undo
	items := e.undoScope(p)
	for _, w := range items {
		e.unindexItem(w)
	}
	if p.orgBefore != nil {
		e.org = *p.orgBefore
	}
	e.undoSets(p)
	e.undoAgents(p)
	for i := len(p.workstreams) - 1; i >= 0; i-- {
		if t := p.workstreams[i]; t.created {
			e.workstreams.removeLast(t.object.ID)
		} else {
			t.object.Workstream = t.before
		}
	}
	for _, ws := range e.workstreams.all {
		ws.resolve(e.org.RoutingPolicy)
	}
	for i := len(p.queues) - 1; i >= 0; i-- {
		e.queues.removeLast(p.queues[i].object.ID) // queues are only created so far
	}
	for _, t := range p.rows {
		t.object.row = t.before
	}
	created := map[*workItem]bool{}
	for _, t := range p.items {
		if t.created {
			created[t.item] = true
			delete(e.items, t.item.ID)
			continue
		}
		t.item.WorkItem, t.item.offer, t.item.assignment, t.item.dirty = t.before, t.offer, t.assignment, t.dirty
	}
	for _, w := range items {
		if !created[w] {
			e.indexItem(w)
		}
	}
	for _, a := range p.lookedAt {
		if e.agents.get(a.ID) == a {
			e.agentMayBeAble(a)
		}
	}
	e.rankedSeq, e.pending.rankedSeq = p.rankedSeq, p.rankedSeq
}

// undoScope lists the items whose place anywhere may change: those touched and those of the contacts whose row changes.
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
	return items
}

// undoSets takes memberships, sessions and declines back, the last first.
func (e *Engine) undoSets(p *pending) {
	for i := len(p.members) - 1; i >= 0; i-- {
		if ch := p.members[i]; ch.added {
			e.unlinkMember(ch.member)
		} else {
			e.linkMember(ch.member)
		}
	}
	for i := len(p.sessions) - 1; i >= 0; i-- {
		if ch := p.sessions[i]; ch.added {
			e.unlinkSession(ch.agent, ch.session)
		} else {
			e.linkSession(ch.agent, ch.session, ch.orphan)
		}
	}
	for i := len(p.declines) - 1; i >= 0; i-- {
		if ch := p.declines[i]; ch.had {
			ch.item.declines[ch.agent] = ch.before
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
			e.agents.removeLast(a.ID)
			for i, d := range e.dirtyAgents {
				if d == a {
					e.agentLookedAt(i)
					break
				}
			}
			continue
		}
		for _, m := range a.memberships {
			m.queue.candidates.remove(m)
		}
		e.deadlines.remove(agentDeadline(a))
		a.Agent = t.before
		e.deadlines.add(agentDeadline(a))
		for _, m := range a.memberships {
			m.queue.candidates.insert(m)
		}
	}
}
