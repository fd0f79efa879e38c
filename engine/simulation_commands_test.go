package engine

import "fmt"

// some gives one to five commands, made from the state before all of them, as callers do; sometimes a whole life in one batch.
func (s *simulation) some() []issued {
	var commands []issued
	if s.burst = s.IntN(40) == 0; s.burst {
		return s.life()
	}
	if s.unfinished() && s.IntN(3) == 0 {
		commands = append(commands, issued{s.askPreview(), ""})
	}
	for range 1 + max(0, s.IntN(10)-5) {
		c := s.any()
		commands = append(commands, c)
		if _, ok := c.Command.(UpdateRoutingPolicy); ok && s.IntN(3) == 0 {
			commands = append(commands, issued{s.askPreview(), ""}) // while routing may have more to do than one command may
		}
		if preview, ok := c.Command.(PreviewRouting); ok && preview.WorkItemID == "" && s.IntN(4) > 0 {
			commands = append(commands, issued{CreateWorkItem{WorkstreamID: preview.WorkstreamID, ContactID: preview.ContactID}, ""})
		}
	}
	return commands
}

// life lets somebody come, live and go, perhaps twice under the same id; steps are left out at random.
func (s *simulation) life() []issued {
	var steps []Command
	switch again := pick(s, s.gone).(type) {
	case CreateAgent:
		session := SessionID(fmt.Sprintf("se_%08x-0000-7000-8000-%012x", s.Uint32(), s.Uint32()))
		life := []Command{
			again, AddQueueMembers{s.queue(), []AgentID{again.ID}}, AddQueueMembers{s.queue(), []AgentID{again.ID}}, OpenSession{session, again.ID},
			s.create().Command, s.create().Command, CloseSession{session}, SetPreferredAgents{pick(s, s.contacts), []AgentID{again.ID}, nil},
			DeleteAgent{again.ID, nil},
		}
		steps = append(life, life...)
	case CreateQueue:
		stream := s.stream()
		stream.ID, stream.QueueID = WorkstreamID(fixedID("ws_", 1+s.IntN(3))), again.ID
		life := []Command{
			again, AddQueueMembers{again.ID, s.someAgents(4)}, stream, CreateWorkItem{WorkstreamID: stream.ID}, DeleteWorkstream{stream.ID, nil},
			DeleteQueue{again.ID, nil},
		}
		steps = append(life, life...)
	default:
		steps = s.lifeOfContact(pick(s, s.contacts))
	}
	var commands []issued
	for _, c := range steps {
		if s.IntN(6) > 0 {
			commands = append(commands, issued{c, ""})
		}
	}
	return commands
}

// lifeOfContact begins with what is open of a contact, which has to end first.
func (s *simulation) lifeOfContact(id ContactID) []Command {
	var steps []Command
	for _, w := range s.m.open {
		if w.contact != nil && w.contact.id == id {
			steps = append(steps, pick(s, []Command{CancelWorkItem{w.id}, CancelWorkItem{w.id}, LinkContact{w.id, ""}}))
		}
	}
	on := true
	life := []Command{
		DeleteContact{id, nil}, CreateContact{ID: id, FullName: "Again"}, SetPreferredAgents{id, s.someAgents(3), nil},
		UpdateRoutingPolicy{ContactID: id, RetryPreferred: Patch[bool]{true, &on}}, CreateWorkItem{WorkstreamID: pick(s, s.streams), ContactID: id},
	}
	steps = append(steps, life[:s.IntN(len(life)+1)]...)
	return append(steps, life[:s.IntN(len(life)+1)]...)
}

func (s *simulation) create() issued {
	c := CreateWorkItem{WorkstreamID: pick(s, s.streams)}
	if s.IntN(5) > 0 {
		c.ContactID = pick(s, s.contacts)
	}
	if s.IntN(4) == 0 {
		p := s.IntN(3)
		c.Priority = &p
	}
	switch s.IntN(60) {
	case 0:
		c.ContactID = "ct_nobody"
	case 1:
		c.WorkstreamID = "ws_none"
	}
	return issued{c, ""}
}

// any makes a random command: mostly one that makes sense, some that are to be refused.
func (s *simulation) any() issued {
	if s.IntN(25) == 0 {
		return s.access()
	}
	if s.IntN(4) == 0 {
		return s.presenceOrCapacity()
	}
	switch n := s.IntN(100); {
	case n < 17:
		return s.create()
	case n < 35:
		return s.answer(n < 29)
	case n < 48:
		return s.close(n < 45)
	case n < 55:
		status := pick(s, []PresenceStatusID{StatusAvailable, StatusAvailable, StatusAvailable, StatusBusy, StatusAway, StatusOffline,
			StatusDoNotDisturb})
		if s.IntN(20) == 0 {
			status = pick(s, []PresenceStatusID{StatusInactive, "ps_unknown"})
		}
		return s.byAgent(func(id AgentID) Command {
			if own := s.statusOf(id); own != "" && s.IntN(3) == 0 {
				return SetPresence{id, own}
			}
			return SetPresence{id, status}
		})
	case n < 64:
		return s.byAgent(func(id AgentID) Command { return OpenSession{s.sessionID(), id} })
	case n < 68:
		a := pick(s, s.agents)
		if a == nil || len(a.sessions) == 0 {
			return issued{CloseSession{"se_unknown"}, ""}
		}
		return issued{CloseSession{pick(s, a.sessions)}, ""}
	case n < 70:
		return s.byAgent(func(id AgentID) Command { return SignOut{id} })
	case n < 75:
		return issued{s.matrix(), ""}
	case n < 79:
		return issued{s.setting(), ""}
	case n < 81:
		return issued{AddQueueMembers{s.queue(), s.someAgents(3)}, ""}
	case n < 82:
		return issued{RemoveQueueMembers{s.queue(), s.someAgents(2)}, ""}
	case n < 91:
		return s.byHand()
	case n < 93:
		return issued{s.update(), ""}
	case n < 96:
		return issued{s.more(), ""}
	case n < 98:
		return issued{s.askPreview(), ""}
	}
	return issued{Tick{}, ""}
}

// answer accepts or rejects: mostly an open offer by its agent, sometimes an old one, sometimes somebody else's.
func (s *simulation) answer(accept bool) issued {
	c := issued{AcceptOffer{"of_none"}, ""}
	if len(s.m.made) > 0 {
		o := pick(s, s.m.made[max(0, len(s.m.made)-12):])
		for n := 0; n < 6 && o.state != OfferOpen; n++ {
			o = pick(s, s.m.made[max(0, len(s.m.made)-12):])
		}
		c.Command = AcceptOffer{o.id}
		switch n := s.IntN(10); {
		case n < 6:
			c.own = o.agent.id
		case n < 7:
			c.own = s.agent()
		}
	}
	if !accept {
		c.Command = RejectOffer(c.Command.(AcceptOffer))
	}
	return c
}

// close completes or cancels: mostly an item that is open, and assigned when it is to be completed.
func (s *simulation) close(complete bool) issued {
	id, own := WorkItemID("wi_none"), AgentID("")
	if len(s.m.made) > 0 && s.IntN(20) == 0 {
		id = pick(s, s.m.made).item.id
	} else if len(s.m.open) > 0 {
		w := pick(s, s.m.open)
		for n := 0; n < 8 && complete && w.status != Assigned; n++ {
			w = pick(s, s.m.open)
		}
		if id = w.id; w.holder != nil && s.IntN(2) == 0 {
			own = w.holder.id
		} else if s.IntN(10) == 0 {
			own = s.agent()
		}
	}
	if complete {
		return issued{CompleteWorkItem{id}, own}
	}
	return issued{CancelWorkItem{id}, own}
}

// byAgent is a command about one agent: by themselves, by somebody else, or by the system.
func (s *simulation) byAgent(make func(AgentID) Command) issued {
	id := s.agent()
	switch s.IntN(20) {
	case 0:
		return issued{make(id), s.agent()}
	case 1:
		return issued{make(""), ""}
	case 2, 3, 4, 5:
		return issued{make(""), id}
	}
	return issued{make(id), ""}
}

// sessionID is none, one that the caller made, or, rarely, one that can't be.
func (s *simulation) sessionID() SessionID {
	a := pick(s, s.agents)
	switch n := s.IntN(40); {
	case n == 0:
		return "se_1"
	case n < 3 && a != nil && len(a.sessions) > 0:
		return pick(s, a.sessions)
	case n < 12:
		return SessionID(fmt.Sprintf("se_%08x-0000-7000-8000-%012x", s.Uint32(), s.Uint32()))
	}
	return ""
}

func (s *simulation) matrix() Command {
	contact, agent := pick(s, s.contacts), s.agent()
	row := s.m.contacts[contact]
	if row == nil {
		row = &mRow{}
	}
	if len(row.agents) > 0 && s.IntN(8) > 0 {
		agent = pick(s, row.agents)
	}
	var expected *int
	if s.IntN(6) == 0 {
		v := row.version + s.IntN(2)
		expected = &v
	}
	switch s.IntN(7) {
	case 0, 1:
		return MovePreferredAgent{contact, agent, s.IntN(2) == 0, expected}
	case 2, 3:
		return RemovePreferredAgent{contact, agent, expected}
	case 4:
		return SetPreferredAgents{contact, pick(s, [][]AgentID{nil, {agent, agent}, {"ag_none"}, {agent, agent, agent, agent}}), nil}
	}
	return SetPreferredAgents{contact, s.someAgents(3), expected}
}

// more makes a new object, within the smallness of the world, or one that was deleted, or one that is there already; or deletes one, so that
// some stay.
func (s *simulation) more() Command {
	switch n := s.IntN(12); {
	case n == 0 && len(s.agents) < 9:
		return s.newAgent()
	case n == 1 && len(s.queues) < 5:
		return CreateQueue{Name: "Queue", Priority: s.IntN(3), AssignmentMethod: s.method()}
	case n == 2 && len(s.streams) < 5:
		return s.stream()
	case n == 3 && len(s.contacts) < 7:
		return CreateContact{FullName: "Contact"}
	case n == 4:
		return CreateContact{ID: pick(s, s.contacts), FullName: "Again"}
	case n < 8:
		return s.remove()
	case len(s.gone) > 0:
		return pick(s, s.gone) // perhaps it is there again already
	}
	return s.remove()
}

// remove deletes, rarely the last of its kind, and often something that is in use.
func (s *simulation) remove() Command {
	var expected *int
	if s.IntN(6) == 0 {
		v := 1 + s.IntN(2)
		expected = &v
	}
	switch n := s.IntN(8); {
	case n < 3 && len(s.agents) > 2:
		return DeleteAgent{s.agent(), expected}
	case n < 5 && len(s.contacts) > 1:
		return DeleteContact{pick(s, s.contacts), expected}
	case n < 6 && len(s.streams) > 1:
		return DeleteWorkstream{pick(s, s.streams), expected}
	case len(s.queues) > 1:
		return DeleteQueue{s.queue(), expected}
	}
	return DeleteContact{"ct_nobody", expected}
}

// queue gives the id of a queue, rarely of none.
func (s *simulation) queue() QueueID {
	if s.IntN(60) == 0 {
		return "qu_none"
	}
	return pick(s, s.queues)
}

// update changes settings of what is there; some changes are to be refused.
func (s *simulation) update() Command {
	var expected *int
	if s.IntN(6) == 0 {
		v := 1 + s.IntN(3)
		expected = &v
	}
	maybe := func(n int) *int {
		if s.IntN(2) == 0 {
			return nil
		}
		v := s.IntN(n)
		return &v
	}
	switch s.IntN(8) {
	case 0, 1, 2:
		c := s.agentChange()
		c.ExpectedVersion = expected
		return c
	case 3, 4:
		c := UpdateQueue{QueueID: s.queue(), Priority: maybe(3), ExpectedVersion: expected}
		if method := s.method(); s.IntN(2) == 0 {
			c.AssignmentMethod = &method
		} else if none := AssignmentMethod(""); s.IntN(12) == 0 {
			c.AssignmentMethod = &none
		}
		return c
	case 5:
		name := pick(s, []string{"Contact", "Other", " "})
		return UpdateContact{ContactID: pick(s, s.contacts), FullName: &name, ExpectedVersion: expected}
	}
	return s.updateStream(expected)
}

func (s *simulation) updateStream(expected *int) Command {
	other := s.stream()
	c := UpdateWorkstream{WorkstreamID: pick(s, s.streams), ExpectedVersion: expected}
	switch s.IntN(8) {
	case 0:
		c.QueueID = &other.QueueID
	case 1:
		if c.AllowedPresences = other.AllowedPresences; s.IntN(8) == 0 {
			c.AllowedPresences = []BasePresence{}
		}
	case 2:
		if c.Cost = &other.Cost; s.IntN(2) == 0 {
			c.CapacityType = &other.Cost.Type
		}
	case 3:
		c.Priority, c.OfferSeconds = &other.Priority, &other.OfferSeconds
	case 4:
		c.AcceptMode = &other.AcceptMode
	case 5:
		c.DeclineLimit = &other.DeclineLimit
	case 6:
		c.WrapUp, c.WaitingHoldsCapacity = &other.WrapUp, &other.WaitingHoldsCapacity
	case 7:
		c.MissedSetsInactive, c.RejectedSetsDoNotDisturb = Patch[bool]{true, other.MissedSetsInactive}, Patch[bool]{s.IntN(2) == 0, other.RejectedSetsDoNotDisturb}
	}
	return c
}

// someItem gives an open item, mostly one with this status, rarely one that is closed or none; and who may act on it.
func (s *simulation) someItem(status WorkItemStatus) (WorkItemID, AgentID) {
	if len(s.m.open) == 0 || s.IntN(40) == 0 {
		if len(s.m.made) > 0 {
			return pick(s, s.m.made).item.id, ""
		}
		return "wi_none", ""
	}
	w := pick(s, s.m.open)
	for n := 0; n < 6 && w.status != status; n++ {
		w = pick(s, s.m.open)
	}
	switch n := s.IntN(10); {
	case w.holder != nil && n < 4:
		return w.id, w.holder.id
	case n == 4:
		return w.id, s.agent()
	}
	return w.id, ""
}

// byHand is what people do with work items (WS-6).
func (s *simulation) byHand() issued {
	switch s.IntN(9) {
	case 0, 1, 2:
		id, _ := s.someItem(Queued)
		a := s.agent()
		if w := s.m.items[id]; w != nil && s.IntN(4) > 0 {
			for _, o := range s.agents {
				if w.queue.isMember(o) && (a == "" || s.IntN(2) == 0) {
					a = o.id
				}
			}
		}
		return pick(s, []issued{{PickWorkItem{id, a}, ""}, {PickWorkItem{id, a}, a}, {PickWorkItem{id, ""}, a}, {PickWorkItem{id, ""}, ""}})
	case 3, 4:
		id, own := s.someItem(pick(s, []WorkItemStatus{Queued, Offered, Assigned}))
		return issued{AssignWorkItem{id, s.agent()}, own}
	case 5, 6:
		id, own := s.someItem(pick(s, []WorkItemStatus{Queued, Offered, Assigned, Assigned}))
		return issued{TransferWorkItem{id, s.queue(), s.IntN(2) == 0}, own}
	case 7:
		id, own := s.someItem(Queued)
		return issued{SetWorkItemPriority{id, s.IntN(4) - s.IntN(2)}, own}
	}
	id, own := s.someItem(pick(s, []WorkItemStatus{Queued, Offered}))
	c := LinkContact{id, pick(s, s.contacts)}
	if n := s.IntN(12); n == 0 {
		c.ContactID = "ct_nobody"
	} else if n < 3 {
		c.ContactID = ""
	}
	return issued{c, own}
}

// askPreview is about an item that waits, or mostly about one that is not there yet.
func (s *simulation) askPreview() Command {
	if s.IntN(3) == 0 {
		id, _ := s.someItem(Queued)
		return PreviewRouting{WorkItemID: id}
	}
	c := PreviewRouting{WorkstreamID: pick(s, s.streams)}
	if s.IntN(5) > 0 {
		c.ContactID = pick(s, s.contacts)
	}
	if s.IntN(20) == 0 {
		c.WorkItemID = "wi_none"
	}
	return c
}

func (s *simulation) setting() Command {
	if s.IntN(6) == 0 {
		return s.organizationChange()
	}
	var c UpdateRoutingPolicy
	switch s.IntN(8) {
	case 0, 1, 2:
		c.WorkstreamID = pick(s, s.streams)
	case 3, 4, 5:
		c.ContactID = pick(s, s.contacts)
	}
	if s.IntN(30) == 0 {
		c.WorkstreamID, c.ContactID = "ws_none", pick(s, []ContactID{"", "ct_nobody"})
	}
	if s.IntN(3) == 0 {
		c.Enabled = Patch[bool]{true, s.maybeBool()}
		if c.WorkstreamID == "" && c.ContactID == "" && s.IntN(2) == 0 {
			on := true
			c.Enabled.Value = &on
		}
	}
	if s.IntN(2) == 0 {
		to := pick(s, []WhenUnavailable{NextBestAgent, LeaveUnassigned, LeaveUnassigned, ""})
		c.WhenUnavailable = Patch[WhenUnavailable]{true, &to}
		if to == "" && s.IntN(3) > 0 {
			c.WhenUnavailable.Value = nil
		}
	}
	if s.IntN(2) == 0 {
		c.RetryPreferred = Patch[bool]{true, s.maybeBool()}
	}
	return c
}
