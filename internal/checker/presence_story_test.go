package checker

// newPresenceStory is a good history of presences that manage themselves, in seconds after nine o'clock (PR-3 to PR-7). Items cost 1 unit, and each
// agent has a queue of their own.
//
// Agents a, b, e and f have 2 units; c, with 1, signs in Away; d has none configured. At most 3 items can be open with one agent.
func newPresenceStory() *story {
	c, d := agent("ag_c", 1), Agent{ID: "ag_d"}
	c.DefaultBase = away
	t := newTeller(agent("ag_a", 2), agent("ag_b", 2), c, d, agent("ag_e", 2), agent("ag_f", 2))
	t.History.OpenWorkLimit = 3
	t.History.Rows["ct_d"] = []string{"ag_d"}
	for _, name := range []string{"a", "b", "d"} {
		t.History.Queues = append(t.History.Queues, Queue{"qu_" + name, 10, highestCapacity, []string{"ag_" + name}})
		for _, mode := range []string{"MANUAL", auto} {
			ws := workstream("ws_"+mode+name, 1, mode, 30, next)
			ws.Queue = "qu_" + name
			t.History.Workstreams = append(t.History.Workstreams, ws)
		}
	}
	both := workstream("ws_AUTOe", 1, auto, 30, next)
	both.Queue = "qu_e"
	t.History.Workstreams = append(t.History.Workstreams, both)
	t.History.Queues = append(t.History.Queues, Queue{"qu_e", 10, highestCapacity, []string{"ag_e", "ag_f"}})
	t.present(1, "ag_a", available, signIn)
	t.present(1.1, "ag_b", available, signIn)
	t.present(1.2, "ag_c", away, signIn)
	t.present(1.3, "ag_d", available, signIn)
	t.present(1.4, "ag_e", available, signIn)
	t.present(1.5, "ag_f", available, signIn)
	t.mails()
	t.rejects()
	t.chooses()
	t.standsAtLimit()
	seven := t.create(130, "ws_AUTOe", Placement{Queue: "qu_e"}) // e, who has not changed for longer, and does so only for this item
	t.atOnce(seven, 130, nextBest(next, nobody, highestCapacity, nil, free("ag_e", 2), free("ag_f", 2)))
	t.closeAs(seven, 135, completed)
	t.givenAndTaken()
	return t.end(1000)
}

// at once tells that an item is assigned without asking.
func (t *teller) atOnce(it *Item, when float64, d Decision) {
	o := t.offer(it, when, 0, d)
	s := t.streams[o.Agent]
	s.Messages = s.Messages[:len(s.Messages)-1]
	it.Decisions[len(it.Decisions)-1].Outcome = "ASSIGNED"
	t.finish(it, when, accepted, "")
	o.ExpiresAt = nil
}

// mails: three wait for a, who is Away; when a chooses Available two are assigned in the same instant, and the third in that of the end of the
// first.
func (t *teller) mails() {
	t.present(5, "ag_a", away, manual)
	var mails []*Item
	for n := range 3 {
		mails = append(mails, t.create(10+float64(n), "ws_AUTOa", Placement{Queue: "qu_a"}))
		t.decide(mails[n], 10+float64(n), queued, nextBest(next, nobody, highestCapacity, []Count{{"PRESENCE_NOT_ALLOWED", 1}}))
	}
	t.present(20, "ag_a", available, manual)
	t.atOnce(mails[0], 20, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 2)))
	t.atOnce(mails[1], 20, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 1)))
	t.closeAs(mails[0], 25, completed)
	t.atOnce(mails[2], 25, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 1)))
	t.closeAs(mails[1], 30, completed)
	t.closeAs(mails[2], 31, completed)
}

// rejects: b is asked for two items and rejects one, which makes them Do not disturb: the other is taken back. A reset gets both offered again.
func (t *teller) rejects() {
	chat := Placement{Queue: "qu_b"}
	four := t.create(40, "ws_MANUALb", chat)
	t.offer(four, 40, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_b", 2)))
	five := t.create(45, "ws_MANUALb", chat)
	t.offer(five, 45, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_b", 1)))
	t.finish(four, 50, rejected, "")
	t.finish(five, 50, revoked, "PRESENCE_CHANGED")
	t.present(50, "ag_b", doNotDisturb, offerRejected)
	for _, it := range []*Item{four, five} {
		t.decide(it, 50, queued, nextBest(next, nobody, highestCapacity, []Count{{"PRESENCE_NOT_ALLOWED", 1}}))
	}
	t.present(55, "ag_b", available, reset)
	t.offer(four, 55, 30, nextBest(next, nobody, highestCapacity, nil, Ranked{Agent: "ag_b", FreeUnits: 2, DeclinedBefore: true}))
	t.offer(five, 55, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_b", 1)))
	t.finish(four, 56, accepted, "")
	t.finish(five, 57, accepted, "")
	t.closeAs(four, 60, completed)
	t.closeAs(five, 61, completed)
}

// givenAndTaken: a is given an item and in the same instant it is given to b instead.
func (t *teller) givenAndTaken() {
	eight := t.create(140, "ws_MANUALa", Placement{Queue: "qu_a"})
	t.offer(eight, 140, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 2)))
	t.finish(eight, 141, accepted, "")
	nine := t.create(142, "ws_MANUALa", Placement{Queue: "qu_a"})
	t.offer(nine, 142, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 1)))
	t.finish(nine, 145, revoked, "ASSIGNED_BY_HAND")
	t.give(nine, 145, byHand, "ag_a")
	t.release(nine, 145, "REASSIGNED")
	t.give(nine, 145, byHand, "ag_b")
	t.closeAs(eight, 150, completed)
	t.closeAs(nine, 151, completed)
}

// chooses: a's Busy lasts until they accept and complete item 6; b's is restored with its flag, and lasts though b holds nothing.
func (t *teller) chooses() {
	t.present(70, "ag_a", busy, manual)
	six := t.create(71, "ws_MANUALa", Placement{Queue: "qu_a"})
	t.offer(six, 71, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_a", 2)))
	t.finish(six, 72, accepted, "")
	t.closeAs(six, 75, completed)
	t.present(80, "ag_a", offline, disconnected)
	t.present(80.5, "ag_b", busy, manual)
	t.present(81, "ag_b", offline, signOut)
	t.present(85, "ag_a", available, restored)
	t.present(90, "ag_b", busy, restored)
}

// standsAtLimit: d, whom the customer prefers, holds three items; the fourth finds them at the limit, and waits until one is done.
func (t *teller) standsAtLimit() {
	place := Placement{Queue: "qu_d", Contact: "ct_d"}
	ask := func(it *Item, when float64) {
		t.offer(it, when, 30, Decision{Policy: next, Preferred: []Candidate{{1, "ag_d", "OFFERED"}}}).OverCapacity = true
		t.finish(it, when+0.5, accepted, "")
	}
	var items []*Item
	for n := range 4 {
		items = append(items, t.create(100+float64(n), "ws_MANUALd", place))
		if n < 3 {
			ask(items[n], 100+float64(n))
		}
	}
	d := nextBest(next, "NO_AGENT_QUALIFIED", highestCapacity, []Count{{"NO_CAPACITY", 1}})
	d.Preferred = []Candidate{{1, "ag_d", openWorkLimit}}
	t.decide(items[3], 103, queued, d)
	t.present(103, "ag_d", doNotDisturb, openWorkLimit)
	t.closeAs(items[0], 105, completed)
	ask(items[3], 105)
	for n, it := range items[1:] {
		t.closeAs(it, 110+float64(n), completed)
	}
}

// told finds the first change of presence of an agent with a cause.
func (s *story) told(agent, cause string) *PresenceChange {
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Agent == agent && c.Cause == cause {
			return c
		}
	}
	panic(agent + " was not told " + cause)
}

// forget takes a change of presence out of the log.
func (s *story) forget(c *PresenceChange) {
	i := 0
	for &s.Presence[i] != c {
		i++
	}
	s.Presence = append(s.Presence[:i:i], s.Presence[i+1:]...)
}

// computedCases spoil presences that manage themselves (PR-1, PR-3 to PR-7, OF-3).
func computedCases() []spoilt {
	return []spoilt{
		{"the default is not kept", func(s *story) { s.told("ag_c", signIn).Base = available }, "PR-3", "agent ag_c signed in and became AVAILABLE, not AWAY"},
		{"signed in Busy without work", func(s *story) { s.told("ag_b", signIn).Base = busy }, "PR-3", "agent ag_b signed in and became BUSY, not AVAILABLE"},
		{"the organisation's default", func(s *story) { s.History.DefaultBase = away }, "PR-3", "agent ag_a signed in and became AVAILABLE, not AWAY"},
		{"chose Inactive", func(s *story) { s.told("ag_b", manual).Base = inactive }, "PR-1", "agent ag_b chose INACTIVE"},
		{"not computed on accepting", func(s *story) { s.forget(s.told("ag_b", workTaken)) }, "PR-4", "agent ag_b is AVAILABLE, computed, but is assigned 1 units, which gives BUSY"},
		{"not computed on completing", func(s *story) { s.forget(s.told("ag_b", workReleased)) }, "PR-4", "agent ag_b is DO_NOT_DISTURB, computed, but is assigned 1 units, which gives BUSY"},
		{"not computed without asking", func(s *story) { s.told("ag_a", workTaken).Base = doNotDisturb }, "PR-4", "agent ag_a became DO_NOT_DISTURB for work that they took, but nothing"},
		{"used up too early", func(s *story) { s.History.Agents[1].CapacityUnits = new(3) }, "PR-4", "agent ag_b is DO_NOT_DISTURB, computed, but is assigned 2 units, which gives BUSY"},
		{"used up, but never without units", func(s *story) { s.History.Agents[3].CapacityUnits = new(2) }, "PR-4", "agent ag_d is BUSY, computed, but is assigned 2 units, which gives DO_NOT_DISTURB"},
		{"asked at the limit", func(s *story) { s.History.OpenWorkLimit = 2 }, "PR-4", "was made while the agent had 2 assignments and offers, and can have 2"},
		{"limited below the limit", func(s *story) { s.History.OpenWorkLimit = 4 }, "PR-4", "agent ag_d became DO_NOT_DISTURB for the limit of open work, but had only 3"},
		{"passed over below the limit", func(s *story) { s.History.OpenWorkLimit = 4; s.forget(s.told("ag_d", openWorkLimit)) }, "RT-4", "with OPEN_WORK_LIMIT, who was able"},
		{"at the limit, but not told", func(s *story) { s.forget(s.told("ag_d", openWorkLimit)) }, "PR-4", "agent ag_d was passed over for the limit of open work"},
		{"limited for good", func(s *story) { s.forget(s.told("ag_d", workReleased)) }, "PR-4", "agent ag_d is DO_NOT_DISTURB, computed, but is assigned 2 units"},
		{"Inactive without a miss", func(s *story) { c := s.told("ag_b", offerRejected); c.Cause, c.Base = offerMissed, inactive }, "PR-5", "agent ag_b became INACTIVE (OFFER_MISSED), but no offer of theirs was MISSED then"},
		{"a decline outlived by nothing", func(s *story) { s.told("ag_b", reset).Cause = workReleased }, "PR-6", "became AVAILABLE (WORK_RELEASED), but had DO_NOT_DISTURB, which holds"},
		{"offer kept after a rejection", func(s *story) { *s.item(5).Offers[0].EndedAt = at(52) }, "OF-3", "was not revoked although the agent became DO_NOT_DISTURB (OFFER_REJECTED)"},
		{"offer revoked by a computation", func(s *story) { s.told("ag_b", offerRejected).Cause = workReleased }, "OF-3", "PRESENCE_CHANGED, for which there was no cause"},
		{"Away overruled", func(s *story) { s.present(15, "ag_a", available, workReleased) }, "PR-6", "became AVAILABLE (WORK_RELEASED), but had AWAY, which holds"},
		{"Away overruled by the limit", func(s *story) { s.present(15, "ag_a", doNotDisturb, openWorkLimit) }, "PR-6", "became DO_NOT_DISTURB (OPEN_WORK_LIMIT), but had AWAY, which holds"},
		{"the default overruled", func(s *story) { s.present(15, "ag_c", available, capacityChanged) }, "PR-6", "became AVAILABLE (CAPACITY_CHANGED), but had AWAY, which holds"},
		{"Busy overruled by nothing", func(s *story) { s.present(70.5, "ag_a", available, capacityChanged) }, "PR-6", "became AVAILABLE (CAPACITY_CHANGED), but had BUSY, which holds"},
		{"Busy kept with more than fits", func(s *story) {
			s.History.Agents[0].CapacityUnits = new(0)
			*s.item(3).ClosedAt = at(95)
			*s.item(3).Offers[0].Assignment.EndedAt, *s.item(3).Assignments[0].EndedAt = at(95), at(95)
		}, "PR-6", "agent ag_a chose BUSY and is assigned 1 units, more than fits"},
		{"Busy kept though work was completed", func(s *story) {
			for i := range s.Presence {
				if c := &s.Presence[i]; c.Agent == "ag_a" && c.NotAfter.Equal(at(75)) {
					s.forget(c)
					break
				}
			}
		}, "PR-4", "agent ag_a is BUSY, computed, but is assigned 0 units"},
		{"restored from what was computed", func(s *story) { s.told("ag_a", restored).Base = busy }, "PR-7", "became BUSY; they had AVAILABLE, and what they are assigned gives AVAILABLE"},
		{"what was chosen is not restored", func(s *story) { s.told("ag_b", restored).Base = available }, "PR-7", "became AVAILABLE; they had BUSY"},
	}
}
