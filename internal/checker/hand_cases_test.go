package checker

import "time"

// handCases spoil what people did by hand (WS-6).
func handCases() []spoilt {
	return []spoilt{
		{"picked by a stranger", func(s *story) { s.History.Queues[0].Members = nil; s.Members = nil }, "WS-6", "who picked it, but is no member of queue qu_rr"},
		{"picked while offered", func(s *story) { s.item(5).Assignments[0].Origin = byPick }, "WS-6", "was picked while it did not wait (of_00007)"},
		{"picked at another cost", func(s *story) { s.item(4).Assignments[0].CapacityUnits = 2 }, "CP-2", "takes 2 units, an item of the workstream costs 1"},
		{"picked of an offer", func(s *story) { s.item(4).Assignments[0].Offer = "of_00001" }, "API", "names the offer \"of_00001\""},
		{"picked by nobody", func(s *story) { s.answer("PICKED", 4).Item = s.item(5).ID }, "WS-6", "but nobody asked for that"},
		{"pick lost", func(s *story) { s.item(4).Assignments = nil; s.item(4).Status = cancelled }, "WS-6", "PICKED of offer \"\", item \"wi_00004\""},
		{"assigned by nobody", func(s *story) { s.answer("ASSIGNED", 5).Agent = "ag_c" }, "WS-6", "ASSIGNED of offer \"\", item \"wi_00005\" by agent \"ag_c\""},
		{"offer kept though assigned", func(s *story) { o := s.offer("of_00007"); o.State, o.EndedAt, o.RevokeReason = missed, later(100), "" }, "RT-4", "began before the item was free"},
		{"reassigned to nobody", func(s *story) { s.item(5).Assignments[1].AssignedAt = at(75.5) }, "WS-6", "ended as REASSIGNED, but that did not happen then"},
		{"item of a PICK workstream offered", func(s *story) { s.item(1).Workstream = "ws_pick" }, "WS-1", "the items of its workstream are picked"},
		{"picked for another reason", func(s *story) { s.item(4).Decisions[0].Reason = "NO_AGENT_QUALIFIED" }, "WS-1", "waits because of NO_AGENT_QUALIFIED; its workstream is to be picked: true"},
		{"calls to be picked", func(s *story) { s.History.Workstreams[2].Channel = "VOICE" }, "WS-1", "is of calls"},
		{"offer kept though transferred", func(s *story) { s.offer("of_00002").EndedAt = later(14.5) }, "WS-6", "was not revoked although the item was transferred"},
		{"transferred by nobody", func(s *story) { s.answer("TRANSFERRED", 2).Item = s.item(1).ID }, "WS-6", "item wi_00002: TRANSFERRED, but nobody asked for that"},
		{"transfer lost", func(s *story) { s.Log.Items = s.Log.Items[1:] }, "WS-6", "TRANSFERRED of offer \"\", item \"wi_00002\""},
		{"revoked for a transfer of another", func(s *story) { s.Log.Items[0].Item = s.item(1).ID }, "OF-3", "TRANSFERRED, for which there was no cause"},
		{"transferred with another priority", func(s *story) { s.change(2).After.Priority = 9; s.item(2).Priority = 9 }, "WS-6", "by TRANSFERRED"},
		{"transferred elsewhere", func(s *story) { s.item(2).Queue = "qu_la" }, "EV-1", "without being told"},
		{"transferred after the end", func(s *story) { s.item(2).ClosedAt = later(13) }, "WS-6", "TRANSFERRED of item wi_00002 after it was closed"},
		{"back to who handed it over", func(s *story) { s.answer("TRANSFERRED", 3).Agent = "ag_a" }, "WS-2", "ranks agent ag_a as number 1 (2 units left"},
		{"handed over by a supervisor", func(s *story) { s.answer("TRANSFERRED", 3).Agent = "" }, "DX-1", "refused map[ALREADY_DECLINED:1]"},
		{"transferred without preferred agents for another reason", func(s *story) { s.decision("of_00005").PreferredReason = "FEATURE_DISABLED" }, "RT-2", "because of \"FEATURE_DISABLED\""},
		{"nothing decided after a transfer", func(s *story) {
			it := s.item(4)
			s.Log.Items = append(s.Log.Items, ItemChange{Span: At(at(53)), Item: it.ID, Kind: "TRANSFERRED", Before: it.Placement, After: it.Placement})
		}, "WS-6", "nothing was decided about item wi_00004 when it was changed (TRANSFERRED)"},
		{"offer kept though of another contact", func(s *story) { o := s.offer("of_00010"); o.EndedAt, o.RevokeReason = later(97.5), "CONTACT_CHANGED" }, "MX-5", "was not in the row any more"},
		{"revoked though also preferred by the new contact", func(s *story) {
			s.Log.Items[4].After.Contact, s.item(6).Contact = "ct_3", "ct_3"
			s.History.Rows["ct_3"] = []string{"ag_b"}
		}, "OF-3", "CONTACT_CHANGED, for which there was no cause"},
		{"linked by nobody", func(s *story) { s.answer("CONTACT_LINKED", 6).Item = s.item(1).ID }, "WS-6", "CONTACT_LINKED, but nobody asked for that"},
		{"asked again without a choice", func(s *story) { s.choice("BUSY").Cause = restored }, "DX-1", "of whom 0 were able and map[ALREADY_DECLINED:2] refused"},
		{"choice after the limit overlooked", func(s *story) { s.choice("BUSY").NotBefore, s.choice("BUSY").NotAfter = at(197), at(197) }, "WS-5", "item wi_00014 waited until 09:03:20"},
		{"limit off by one", func(s *story) { s.History.Workstreams[1].DeclineLimit = 3 }, "DX-1", "refused map[ALREADY_DECLINED:1 DECLINE_LIMIT:1]"},
		{"declines survive a transfer", func(s *story) { s.change(14).After.WithoutPreferred, s.item(14).WithoutPreferred = true, true }, "DX-1", "of whom 0 were able and map[ALREADY_DECLINED:1 DECLINE_LIMIT:1] refused"},
		{"asked again, but not new", func(s *story) { s.item(14).Decisions[3].NextBest.Ranked[0].DeclinedBefore = false }, "WS-2", "declined before false"},
		{"assigned to nobody known", func(s *story) { s.item(4).Assignments[0].Agent = "ag_x" }, "API", "is assigned to agent ag_x, whom nobody knows"},
		{"presence of nobody known", func(s *story) { s.present(500, "ag_x", "BUSY", manual) }, "API", "is nobody whom the API lists"},
		{"served before its new priority", func(s *story) { // item 4 would come before item 5, but for its priority
			s.Log.Items[2].Before.Priority, s.Log.Items[2].After.Priority = 5, 0
		}, "EV-1", "but then it was"},
	}
}

// methodCases spoil the assignment methods (WS-2).
func methodCases() []spoilt {
	swap := func(s *story, offer string) {
		d := s.decision(offer)
		r := d.NextBest.Ranked
		r[0], r[1] = r[1], r[0]
		o := s.offer(offer)
		o.Agent, d.Agent = r[0].Agent, r[0].Agent
		if o.Assignment != nil {
			o.Assignment.Agent = o.Agent
		}
	}
	return []spoilt{
		{"round robin takes the same again", func(s *story) { swap(s, "of_00002"); swap(s, "of_00002"); swap(s, "of_00001") }, "WS-2", "by ROUND_ROBIN ranks agent ag_b as number 1, but agent ag_a comes before"},
		{"round robin goes by the id", func(s *story) { swap(s, "of_00004") }, "WS-2", "ranks agent ag_a as number 1, but agent ag_c comes before"},
		{"least active takes the busiest", func(s *story) { swap(s, "of_00007") }, "WS-2", "by LEAST_ACTIVE ranks agent ag_a as number 1, but agent ag_c comes before"},
		{"released at another time", func(s *story) { s.decision("of_00007").NextBest.Ranked[0].ReleasedAt = later(34) }, "WS-2", "ranks agent ag_c as number 1"},
		{"decliner first", func(s *story) { s.decision("of_00001").NextBest.Ranked[0].DeclinedBefore = true }, "OF-4", "who declined it, before agent ag_b"},
		{"another method", func(s *story) { s.decision("of_00001").NextBest.Method = leastActive }, "DX-1", "by ROUND_ROBIN there were 3"},
		{"refused for another reason", func(s *story) { s.decision("of_00005").NextBest.Refused[0].Code = "NO_CAPACITY" }, "DX-1", "refused map[NO_CAPACITY:1]"},
		{"tie by the id", func(s *story) { // c, who changed last, is taken before a and b
			s.History.Queues[0].AssignmentMethod, s.Log.Queues = highestCapacity, nil
			for i := range s.History.Items {
				for j := range s.History.Items[i].Decisions {
					if n := s.History.Items[i].Decisions[j].NextBest; n != nil && n.Method == roundRobin {
						n.Method = highestCapacity
					}
				}
			}
		}, "WS-2", "by HIGHEST_CAPACITY ranks agent ag_c as number 1, but agent ag_a comes before"},
	}
}

// settingsCases spoil what follows from settings of the moment (RT-1, OF-1, WS-3, WS-5).
func settingsCases() []spoilt {
	return []spoilt{
		{"policy of before", func(s *story) { s.Log.Policies[0].Span = At(at(111)) }, "WS-5", "item wi_00007 waited until"},
		{"policy not taken up", func(s *story) { s.decision("of_00012").Policy = leave }, "RT-1", "goes by the policy"},
		{"left unassigned to anybody", func(s *story) { s.Log.Policies[0].Span = At(at(113)) }, "RT-5", "although the policy leaves it unassigned"},
		{"organisation off", func(s *story) { s.Log.Policies[1].Span = At(at(121.5)) }, "RT-2", "because of \"FEATURE_DISABLED\""},
		{"effective policy", func(s *story) { s.History.Workstreams[0].Effective = leave }, "RT-1", "for workstream ws_rr the policy"},
		{"left for good, looked at again", func(s *story) {
			it := s.item(9)
			d := it.Decisions[0]
			d.Attempt, d.DecidedAt = 2, at(127)
			it.Decisions, it.Attempts = append(it.Decisions, d), 2
		}, "RT-5", "was left to a person at 09:02:06.000000 for good"},
		{"not left for good", func(s *story) {
			s.History.Policies["ct_2"] = ScopePolicy{WhenUnavailable: leaveUnassigned}
			s.Log.Policies[3].After.RetryPreferred = nil
			s.item(9).Decisions[0].Policy = leave
		}, "WS-5", "item wi_00009 waited until 09:02:08.000000 (next offer \"\") although agent ag_b could have taken it"},
		{"countdown of before", func(s *story) { s.Log.Workstreams[0].Span = At(at(131.5)) }, "OF-1", "should expire 30s after"},
		{"capacity of before", func(s *story) { s.Log.Agents[0].Span = At(at(153)) }, "DX-1", "of whom 1 were able"},
		{"more capacity overlooked", func(s *story) { s.Log.Agents[1].Span = At(at(154)) }, "WS-5", "item wi_00011 waited until"},
		{"member of before", func(s *story) { s.Members[0].Span = At(at(153)) }, "DX-1", "there were 3"},
		{"method of before", func(s *story) { s.Log.Queues[0].Span = At(at(172)) }, "DX-1", "by ROUND_ROBIN there were 2"},
		{"offer kept though the agent is deleted", func(s *story) { s.offer("of_00018").EndedAt = later(180.5) }, "OF-3", "although the agent was deleted"},
		{"revoked though nobody was deleted", func(s *story) { s.Log.Agents[2].Span = At(at(179)) }, "OF-3", "AGENT_DELETED, for which there was no cause"},
		{"offered to who is deleted", func(s *story) { s.Log.Agents[2].Span = At(at(176)); s.Members[1].Span = At(at(176)) }, "DX-1", "saw 3 members"},
		{"queue priority of before", func(s *story) { // item 5 waits in a queue that comes first, and b could take it
			s.History.Queues[1].Priority = 1
			s.item(5).CreatedAt, s.item(5).Decisions[0].DecidedAt = at(9.9), at(9.9)
		}, "WS-3", "while item wi_00005, which comes before it"},
		{"members of an unknown queue", func(s *story) { s.Members[0].Queue = "qu_x" }, "log", "which nobody knows"},
	}
}

// presenceCases spoil how agents come and go (PR-6, PR-7), and what is owed after a restart (PR-8).
func presenceCases() []spoilt {
	leaves := func(s *story, seconds float64, base, cause string) {
		s.present(500, "ag_c", offline, disconnected)
		s.present(500+seconds, "ag_c", base, cause)
	}
	return []spoilt{
		{"back in time, but not restored", func(s *story) { leaves(s, 150, "AVAILABLE", signIn) }, "PR-7", "came back 2m30s after going and became AVAILABLE (SIGN_IN), want RESTORED"},
		{"restored too late", func(s *story) { leaves(s, 150.001, "AVAILABLE", restored) }, "PR-7", "became AVAILABLE (RESTORED), want SIGN_IN"},
		{"restored as another", func(s *story) { leaves(s, 10, "BUSY", restored) }, "PR-7", "became BUSY; they had AVAILABLE, and what they are assigned gives AVAILABLE"},
		{"gone but not Offline", func(s *story) { s.present(500, "ag_c", "AWAY", signOut) }, "PR-7", "became AWAY (SIGN_OUT"},
		{"there without a session", func(s *story) { s.Presence[0].SignedIn = false }, "PR-7", "without a session"},
		{"chosen without a session", func(s *story) { s.Presence[0].Cause = manual }, "PR-6", "chose AVAILABLE without a session"},
		{"restored from nowhere", func(s *story) { s.Presence[0].Cause = restored }, "PR-7", "was never there before"},
		{"missed late though the server was there", func(s *story) {
			s.Restarts = []Span{{at(140), at(140.5)}}
			o := s.offer("of_00014")
			*o.EndedAt = at(143.1)
		}, "OF-1", "was still open 2.1s after"},
		{"waits after a restart", func(s *story) {
			s.Restarts = []Span{{at(111), at(111.5)}}
			delayFrom(s.item(7), 0, 4*time.Second, s)
		}, "WS-5", "item wi_00007 waited until 09:01:56"},
		{"slow even for its clock", func(s *story) { s.ClockSpeed = 60; delayFrom(s.item(7), 0, 4*time.Second, s) }, "WS-5", "item wi_00007 waited until 09:01:56"},
	}
}

// choice finds the first choice of a presence.
func (s *story) choice(base string) *PresenceChange {
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Base == base && c.Cause == manual {
			return c
		}
	}
	panic("nobody chose " + base)
}

// delayFrom has an item's offers from one on happen later, with the answers, and what came before end with them.
func delayFrom(it *Item, first int, by time.Duration, s *story) {
	move := func(t *time.Time) {
		if t != nil {
			*t = t.Add(by)
		}
	}
	if first > 0 {
		move(it.Offers[first-1].EndedAt)
	}
	for i := range it.Offers[first:] {
		o := &it.Offers[first+i]
		for j := range it.Decisions {
			if it.Decisions[j].Offer == o.ID {
				move(&it.Decisions[j].DecidedAt)
			}
		}
		move(&o.OfferedAt)
		move(o.ExpiresAt)
		move(o.EndedAt)
		if o.Assignment != nil {
			move(&o.Assignment.AssignedAt)
		}
	}
	for i := range it.Assignments {
		move(&it.Assignments[i].AssignedAt)
	}
	for i := range s.Answers {
		a := &s.Answers[i]
		if a.Offer != "" && s.offer(a.Offer).EndedAt.Sub(a.Acknowledged) > 0 {
			move(&a.Sent)
			move(&a.Acknowledged)
		}
	}
	s.Streams = nil
}
