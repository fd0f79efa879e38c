package checker

// newHandStory is a good history of what people do by hand and of settings that change while work waits, in seconds after nine o'clock.
//
// Agents a, b and c, of 2 units each, are members of the queues rr (ROUND_ROBIN) and la (LEAST_ACTIVE), c alone of hc (HIGHEST_CAPACITY).
// Items cost 1 unit. Contact 1 prefers a, contact 2 prefers b.
func newHandStory() *story {
	t := newTeller(agent("ag_a", 2), agent("ag_b", 2), agent("ag_c", 2))
	members := []string{"ag_a", "ag_b", "ag_c"}
	t.History.Queues = []Queue{{"qu_rr", 10, roundRobin, members}, {"qu_la", 10, leastActive, members}, {"qu_hc", 10, highestCapacity, []string{"ag_c"}}}
	t.History.Rows = map[string][]string{"ct_1": {"ag_a"}, "ct_2": {"ag_b"}}
	for _, ws := range []Workstream{
		workstream("ws_rr", 1, "MANUAL", 30, next), workstream("ws_la", 1, "MANUAL", 30, next),
		workstream("ws_pick", 1, "MANUAL", 30, next), workstream("ws_mail", 1, "MANUAL", 30, leave),
	} {
		ws.Queue, ws.Picked = "qu_rr", ws.ID == "ws_pick"
		if ws.ID == "ws_la" {
			ws.Queue = "qu_la"
		}
		t.History.Workstreams = append(t.History.Workstreams, ws)
	}
	for _, a := range members {
		t.present(1, a, "AVAILABLE", signIn)
	}
	t.transfers()
	t.picksAndAssigns()
	t.links()
	t.policies()
	t.settings()
	t.deletes()
	t.declines()
	return t.end(1000)
}

var (
	next  = Policy{Enabled: true, WhenUnavailable: nextBestAgent, RetryPreferred: true}
	leave = Policy{Enabled: true, WhenUnavailable: leaveUnassigned, RetryPreferred: true}

	inRR = Placement{Queue: "qu_rr"}
)

const nobody = "CONTACT_NOT_IDENTIFIED"

func free(agent string, units int) Ranked { return Ranked{Agent: agent, FreeUnits: units} }

func released(agent string, units int, when float64) Ranked {
	return Ranked{Agent: agent, FreeUnits: units, ReleasedAt: later(when)}
}

// transfers: item 1 is a's; item 2 is transferred by a supervisor while b is asked; c hands item 3 over and does not get it back.
func (t *teller) transfers() {
	one := t.create(10, "ws_rr", inRR)
	t.offer(one, 10, 30, nextBest(next, nobody, roundRobin, nil, free("ag_a", 2), free("ag_b", 2), free("ag_c", 2)))
	t.finish(one, 11, accepted, "")
	two := t.create(12, "ws_rr", inRR)
	t.offer(two, 12, 30, nextBest(next, nobody, roundRobin, nil, free("ag_b", 2), free("ag_c", 2), free("ag_a", 1)))
	t.finish(two, 14, revoked, "TRANSFERRED")
	t.change(two, 14, "TRANSFERRED", "", func(p *Placement) { p.Queue = "qu_hc" })
	t.offer(two, 14, 30, nextBest(next, nobody, highestCapacity, nil, free("ag_c", 2)))
	t.finish(two, 15, accepted, "")
	t.closeAs(one, 20, completed)
	t.closeAs(two, 25, completed)
	three := t.create(30, "ws_rr", inRR)
	t.offer(three, 30, 30, nextBest(next, nobody, roundRobin, nil, free("ag_c", 2), free("ag_a", 2), free("ag_b", 2)))
	t.finish(three, 31, accepted, "")
	t.release(three, 33, "TRANSFERRED")
	t.change(three, 33, "TRANSFERRED", "ag_c", func(p *Placement) { p.WithoutPreferred = true })
	t.offer(three, 33, 30, nextBest(next, "TRANSFERRED_WITHOUT_PREFERRED", roundRobin, []Count{{"ALREADY_DECLINED", 1}}, free("ag_a", 2), free("ag_b", 2)))
	t.finish(three, 34, accepted, "")
	t.closeAs(three, 40, completed)
}

// picksAndAssigns: item 4 is to be picked, and b does; item 5 is offered to c, who gave capacity back longest ago, but assigned to b, then to a.
func (t *teller) picksAndAssigns() {
	four := t.create(50, "ws_pick", inRR)
	t.decide(four, 50, queued, Decision{Policy: next, PreferredReason: "WORKSTREAM_NOT_PUSH", Reason: "WORKSTREAM_NOT_PUSH"})
	t.change(four, 52, "PRIORITY_CHANGED", "", func(p *Placement) { p.Priority = 5 })
	t.give(four, 55, byPick, "ag_b")
	t.closeAs(four, 60, completed)
	five := t.create(70, "ws_la", Placement{Queue: "qu_la"})
	t.offer(five, 70, 30, nextBest(next, nobody, leastActive, nil, released("ag_c", 2, 33), released("ag_a", 2, 40), released("ag_b", 2, 60)))
	t.finish(five, 72, revoked, "ASSIGNED_BY_HAND")
	t.give(five, 72, byHand, "ag_b")
	t.release(five, 75, "REASSIGNED")
	t.give(five, 75, byHand, "ag_a")
	t.closeAs(five, 80, completed)
}

// links: a is away, so item 6 waits for them; it is another contact's, whom b serves, and then nobody's.
func (t *teller) links() {
	t.present(85, "ag_a", "AWAY", manual)
	six := t.create(90, "ws_mail", Placement{Queue: "qu_rr", Contact: "ct_1"})
	t.decide(six, 90, "LEFT_UNASSIGNED", Decision{Policy: leave, PreferredReason: "NO_AGENT_QUALIFIED", Preferred: []Candidate{{1, "ag_a", "PRESENCE_NOT_ALLOWED"}}})
	t.change(six, 95, "CONTACT_LINKED", "", func(p *Placement) { p.Contact = "ct_2" })
	t.offer(six, 95, 30, Decision{Policy: leave, Preferred: []Candidate{{1, "ag_b", "OFFERED"}}})
	t.finish(six, 97, revoked, "CONTACT_CHANGED")
	t.change(six, 97, "CONTACT_LINKED", "", func(p *Placement) { p.Contact = "" })
	t.offer(six, 97, 30, nextBest(leave, nobody, roundRobin, []Count{{"PRESENCE_NOT_ALLOWED", 1}}, free("ag_c", 2), free("ag_b", 2)))
	t.finish(six, 98, accepted, "")
	t.closeAs(six, 99, completed)
}

func (t *teller) policy(when float64, id string, before, after ScopePolicy) {
	t.Log.Policies = append(t.Log.Policies, Change[ScopePolicy]{At(at(when)), id, before, after})
}

// policies: item 7 waits for a until its workstream has it go to the next best; while the organisation's is off nobody is preferred.
func (t *teller) policies() {
	seven := t.create(110, "ws_mail", Placement{Queue: "qu_rr", Contact: "ct_1"})
	away := []Candidate{{1, "ag_a", "PRESENCE_NOT_ALLOWED"}}
	t.decide(seven, 110, "LEFT_UNASSIGNED", Decision{Policy: leave, PreferredReason: "NO_AGENT_QUALIFIED", Preferred: away})
	own := ScopePolicy{WhenUnavailable: nextBestAgent}
	t.policy(112, "ws_mail", ScopePolicy{}, own)
	t.History.Workstreams[3].Policy, t.History.Workstreams[3].Effective = own, next
	d := nextBest(next, "NO_AGENT_QUALIFIED", roundRobin, []Count{{"PRESENCE_NOT_ALLOWED", 1}}, free("ag_b", 2), free("ag_c", 2))
	d.Preferred = away
	t.offer(seven, 112, 30, d)
	t.finish(seven, 113, accepted, "")
	t.closeAs(seven, 119, completed)
	t.policy(120, OrganizationID, ScopePolicy{Enabled: on}, ScopePolicy{Enabled: new(bool)})
	eight := t.create(121, "ws_rr", Placement{Queue: "qu_rr", Contact: "ct_1"})
	off := next
	off.Enabled = false
	t.offer(eight, 121, 30, nextBest(off, "FEATURE_DISABLED", roundRobin, []Count{{"PRESENCE_NOT_ALLOWED", 1}}, free("ag_c", 2), free("ag_b", 2)))
	t.finish(eight, 122, accepted, "")
	t.closeAs(eight, 123, completed)
	t.policy(124, OrganizationID, ScopePolicy{Enabled: new(bool)}, ScopePolicy{Enabled: on})
	retry := new(bool) // item 9 is left to a person for good: although a comes back it waits
	t.policy(125, "ct_2", ScopePolicy{}, ScopePolicy{WhenUnavailable: leaveUnassigned, RetryPreferred: retry})
	t.History.Policies["ct_2"] = ScopePolicy{WhenUnavailable: leaveUnassigned, RetryPreferred: retry}
	t.present(125.5, "ag_b", "AWAY", manual)
	nine := t.create(126, "ws_rr", Placement{Queue: "qu_rr", Contact: "ct_2"})
	stays := leave
	stays.RetryPreferred = false
	t.decide(nine, 126, "LEFT_UNASSIGNED", Decision{Policy: stays, PreferredReason: "NO_AGENT_QUALIFIED", Preferred: []Candidate{{1, "ag_b", "PRESENCE_NOT_ALLOWED"}}})
	t.present(127, "ag_b", "AVAILABLE", manual)
	t.closeAs(nine, 128, cancelled)
}

// settings: offers last 10 seconds from 130 on; Do not disturb is allowed, but without units c gets nothing, and b is no member any more; then the queue goes by
// HIGHEST_CAPACITY.
func (t *teller) settings() {
	before, after := t.History.Workstreams[0], t.History.Workstreams[0]
	after.OfferSeconds, after.AllowedPresences = 10, []string{available, busy, doNotDisturb}
	t.History.Workstreams[0] = after
	t.Log.Workstreams = []Change[*Workstream]{{At(at(130)), "ws_rr", &before, &after}}
	ten := t.create(131, "ws_rr", inRR)
	away := Count{"PRESENCE_NOT_ALLOWED", 1}
	t.offer(ten, 131, 10, nextBest(next, nobody, roundRobin, []Count{away}, free("ag_b", 2), free("ag_c", 2)))
	t.finish(ten, 141.005, missed, "")
	t.offer(ten, 141.005, 10, nextBest(next, nobody, roundRobin, []Count{away, {"ALREADY_DECLINED", 1}}, free("ag_c", 2)))
	t.finish(ten, 142, accepted, "")
	t.closeAs(ten, 145, completed)
	t.Log.Agents = []Change[*Agent]{
		{At(at(150)), "ag_c", new(agent("ag_c", 2)), new(agent("ag_c", 0))}, {At(at(155)), "ag_c", new(agent("ag_c", 0)), new(agent("ag_c", 2))},
		{At(at(180)), "ag_b", new(agent("ag_b", 2)), nil},
	}
	t.Log.Members = []MemberChange{{At(at(151)), "qu_rr", "ag_b", false}, {At(at(180)), "qu_la", "ag_b", false}}
	t.History.Queues[0].Members, t.History.Queues[1].Members = []string{"ag_a", "ag_c"}, []string{"ag_a", "ag_c"}
	eleven := t.create(152, "ws_rr", inRR)
	t.present(150, "ag_c", doNotDisturb, capacityChanged)
	t.present(155, "ag_c", available, capacityChanged)
	t.decide(eleven, 152, queued, nextBest(next, nobody, roundRobin, []Count{away, {"NO_CAPACITY", 1}}))
	t.offer(eleven, 155, 10, nextBest(next, nobody, roundRobin, []Count{away}, free("ag_c", 2)))
	t.finish(eleven, 160, revoked, "WORK_ITEM_CANCELLED")
	t.closeAs(eleven, 160, cancelled)
	t.Log.Queues = []Change[*Queue]{{At(at(170)), "qu_rr", &Queue{"qu_rr", 10, roundRobin, nil}, &Queue{"qu_rr", 10, highestCapacity, nil}}}
	t.History.Queues[0].AssignmentMethod = highestCapacity
	twelve := t.create(171, "ws_rr", inRR)
	t.offer(twelve, 171, 10, nextBest(next, nobody, highestCapacity, []Count{away}, free("ag_c", 2)))
	t.finish(twelve, 172, accepted, "")
	t.closeAs(twelve, 175, completed)
}

// deletes: b is asked about item 13 when they are deleted; it goes to c.
func (t *teller) deletes() {
	thirteen := t.create(177, "ws_la", Placement{Queue: "qu_la"})
	away := Count{"PRESENCE_NOT_ALLOWED", 1}
	t.offer(thirteen, 177, 30, nextBest(next, nobody, leastActive, []Count{away}, released("ag_b", 2, 119), released("ag_c", 2, 175)))
	t.finish(thirteen, 180, revoked, "AGENT_DELETED")
	t.offer(thirteen, 180, 30, nextBest(next, nobody, leastActive, []Count{away}, released("ag_c", 2, 175)))
	t.finish(thirteen, 181, accepted, "")
	t.closeAs(thirteen, 185, completed)
	t.History.Agents = []Agent{t.History.Agents[0], t.History.Agents[2]}
}

// declines: a rejects item 14, is asked again after choosing a presence, and rejects it once more, which is the limit; a transfer lets
// everybody be asked again.
func (t *teller) declines() {
	t.present(190, "ag_a", "AVAILABLE", manual)
	fourteen := t.create(191, "ws_la", Placement{Queue: "qu_la"})
	declined, limit := Count{"ALREADY_DECLINED", 1}, Count{"DECLINE_LIMIT", 1}
	a, c := released("ag_a", 2, 80), released("ag_c", 2, 185)
	t.offer(fourteen, 191, 30, nextBest(next, nobody, leastActive, nil, a, c))
	t.finish(fourteen, 192, rejected, "")
	t.offer(fourteen, 192, 30, nextBest(next, nobody, leastActive, []Count{declined}, c))
	t.finish(fourteen, 193, rejected, "")
	t.decide(fourteen, 193, queued, nextBest(next, nobody, leastActive, []Count{{"ALREADY_DECLINED", 2}}))
	t.present(195, "ag_a", "BUSY", manual)
	again := a
	again.DeclinedBefore = true
	t.offer(fourteen, 195, 30, nextBest(next, nobody, leastActive, []Count{declined}, again))
	t.finish(fourteen, 196, rejected, "")
	t.decide(fourteen, 196, queued, nextBest(next, nobody, leastActive, []Count{limit, declined}))
	t.present(198, "ag_a", offline, signOut)
	t.present(198.5, "ag_a", "BUSY", restored)
	t.change(fourteen, 200, "TRANSFERRED", "", func(*Placement) {})
	t.offer(fourteen, 200, 30, nextBest(next, nobody, leastActive, nil, a, c))
	t.finish(fourteen, 201, accepted, "")
	t.closeAs(fourteen, 205, completed)
}
