package checker

import "time"

// The stories of checker_test.go, each spoilt in one way.

// shapeCases are about single offers and items.
func shapeCases() []spoilt {
	return []spoilt{
		{"missed too early", func(s *story) { s.offer(ofMiss).ExpiresAt = later(43) }, "OF-1", "before its countdown was over"},
		{"missed too late", func(s *story) { s.offer(ofMiss).ExpiresAt = later(39) }, "OF-1", "was still open"},
		{"accepted too late", func(s *story) { s.offer(ofAccept).ExpiresAt = later(44) }, "OF-1", "was ACCEPTED 1s after"},
		{"wrong countdown", func(s *story) { s.offer(ofAccept).ExpiresAt = later(73) }, "OF-1", "should expire 30s after"},
		{"open for ever", func(s *story) { o := s.offer(ofMiss); o.State, o.EndedAt = open, nil }, "OF-1", "was still open"},
		{"ended and open", func(s *story) { s.offer(ofMiss).State = open }, "OF-1", "is OPEN and its end"},
		{"ended before made", func(s *story) { s.offer(ofMiss).EndedAt = later(11) }, "OF-1", "ended before it was made"},
		{"revoked without reason", func(s *story) { s.offer(ofOver).RevokeReason = "" }, "OF-3", "with the reason of revocation"},
		{"no assignment", func(s *story) { s.offer(ofAccept).Assignment = nil }, "OF-1", "there is an assignment: false"},
		{"assigned to another", func(s *story) { s.offer(ofAccept).Assignment.Agent = "ag_a" }, "OF-6", "became an assignment to ag_a"},
		{"assigned at another cost", func(s *story) { s.offer(ofAccept).Assignment.CapacityUnits = 2 }, "OF-6", "of 2 units"},
		{"assignment without reason", func(s *story) { s.offer(ofAccept).Assignment.EndReason = "" }, "CP-3", "with the reason"},
		{"path without position", func(s *story) { s.offer(ofReject).PreferredPosition = 0 }, "OF-5", "with the position 0"},
		{"asked although automatic", func(s *story) { s.offer(ofAuto).EndedAt = later(201) }, "OF-2", "accepted at once"},
		{"two offers at a time", func(s *story) { s.offer(ofReject).EndedAt = later(13) }, "RT-4", "before the item was free"},
		{"offer during an assignment", func(s *story) {
			o := s.offer(ofOver)
			*o = taken(*o, 3, 305, 315)
		}, "RT-4", "before the item was free"},
		{"offer while another is open", func(s *story) { o := s.offer(ofReject); o.State, o.EndedAt = open, nil }, "RT-4", "still with agent ag_a"},
		{"offer after the end", func(s *story) { s.History.Items[0].ClosedAt = later(41) }, "RT-4", "after the item was closed"},
		{"status of its own", func(s *story) { s.History.Items[0].Status = "QUEUED" }, "API", "by what happened to it it is COMPLETED"},
		{"closed at no time", func(s *story) { s.History.Items[0].ClosedAt = nil }, "API", "item wi_1 is COMPLETED and was closed at never"},
		{"open offer named", func(s *story) { s.History.Items[0].OpenOffer = ofAccept }, "API", "item wi_1 is COMPLETED (offer"},
		{"closed later than its assignment", func(s *story) { s.History.Items[0].ClosedAt = later(61) }, "WS-6", "ended as COMPLETED, but that did not happen then"},
		{"unknown agent", func(s *story) { s.offer(ofReject).Agent = "ag_x" }, "API", "nobody knows this agent"},
		{"to be picked", func(s *story) { s.History.Workstreams[0].Picked = true }, "WS-1", "the items of its workstream are picked"},
		{"another policy of the contact", func(s *story) {
			s.History.Policies = map[string]ScopePolicy{"ct_1": {WhenUnavailable: leaveUnassigned}}
		}, "RT-5", "not a preferred one"},
		{"turned off for the contact", func(s *story) { s.History.Policies = map[string]ScopePolicy{"ct_1": {Enabled: new(bool)}} }, "RT-2", "FEATURE_DISABLED"},
		{"decided by another policy", func(s *story) { s.History.Policies = map[string]ScopePolicy{"ct_1": {RetryPreferred: new(bool)}} }, "RT-1", "goes by the policy"},
		{"unknown workstream", func(s *story) { s.History.Items[0].Workstream = "ws_x" }, "API", "which nobody knows"},
	}
}

// choiceCases are about who was asked.
func choiceCases() []spoilt {
	return []spoilt{
		{"no room", func(s *story) { s.History.Agents[2].CapacityUnits = new(0) }, "WS-4", "had 0 left"},
		{"not marked as beyond capacity", func(s *story) { s.offer(ofOver).OverCapacity = false }, "RT-3", "says over capacity false"},
		{"marked as beyond capacity", func(s *story) { s.offer(ofLast).OverCapacity = true }, "RT-3", "says over capacity true"},
		{"two beyond capacity", func(s *story) {
			extra := s.long(s.History.Workstreams[3].Effective)
			extra.ID, extra.CreatedAt = "wi_5", at(301)
			extra.Offers[0].ID, extra.Offers[0].OfferedAt, extra.Offers[0].ExpiresAt = "of_8", at(301), later(331)
			s.History.Items = append(s.History.Items, extra)
		}, "RT-3", "is beyond capacity while another offer"},
		{"first choice passed over", func(s *story) {
			o, d := s.offer(ofReject), s.decision(ofReject)
			o.Agent, o.PreferredPosition, d.Agent = "ag_b", 2, "ag_b"
			d.Preferred = []Candidate{{1, "ag_a", "PRESENCE_NOT_ALLOWED"}, {2, "ag_b", "OFFERED"}}
		}, "RT-4", "passed over preferred agent ag_a (position 1) with PRESENCE_NOT_ALLOWED, who was able"},
		{"wrong reason", func(s *story) { s.decision(ofLeft).Preferred[0].Code = "NOT_QUEUE_MEMBER" }, "DX-1", "with NOT_QUEUE_MEMBER, true is [PRESENCE_NOT_ALLOWED]"},
		{"preferred agent who is away", func(s *story) { s.present(299, "ag_a", "AWAY", "MANUAL") }, "RT-4", "who was not able: [PRESENCE_NOT_ALLOWED]"},
		{"preferred agent of no queue", func(s *story) { s.History.Queues[0].Members = []string{"ag_b", "ag_c"} }, "RT-4", "not able: [NOT_QUEUE_MEMBER"},
		{"preferred agent who is gone", func(s *story) { s.present(299, "ag_a", offline, "SIGN_OUT") }, "RT-4", "NOT_SIGNED_IN"},
		{"asked again", func(s *story) {
			o, d := s.offer(ofMiss), s.decision(ofMiss)
			o.Agent, o.PreferredPosition, d.Agent = "ag_a", 1, "ag_a"
			d.Preferred = []Candidate{{1, "ag_a", "OFFERED"}, {2, "ag_b", "NOT_REACHED"}}
		}, "RT-4", "not able: [ALREADY_DECLINED"},
		{"asked again by the method", func(s *story) {
			o, d := s.offer(ofAccept), s.decision(ofAccept)
			o.Agent, o.Assignment.Agent, d.Agent = "ag_a", "ag_a", "ag_a"
			d.NextBest.Ranked, d.NextBest.Refused = []Ranked{{Agent: "ag_a", FreeUnits: 2, DeclinedBefore: true}}, []Count{{"ALREADY_DECLINED", 2}}
		}, "WS-2", "ranks agent ag_a as number 1"},
		{"another row", func(s *story) { s.History.Rows["ct_1"] = []string{"ag_b", "ag_a"} }, "RT-4", "but the row was [ag_b ag_a]"},
		{"left unassigned to anybody", func(s *story) {
			s.History.Rows["ct_1"] = []string{"ag_a"}
			o, d := s.offer(ofLeft), s.decision(ofLeft)
			o.Path, o.PreferredPosition = byMethod, 0
			*d = byRank(*d, []Count{{"PRESENCE_NOT_ALLOWED", 1}}, Ranked{Agent: "ag_b", FreeUnits: 3, DeclinedBefore: false}, Ranked{Agent: "ag_c", FreeUnits: 1, DeclinedBefore: false})
		}, "RT-5", "not a preferred one, although the policy leaves it unassigned"},
		{"queued though left", func(s *story) {
			d := &s.History.Items[1].Decisions[0]
			d.Outcome, d.Reason = "QUEUED", "NO_AGENT_QUALIFIED"
		}, "RT-5", "is QUEUED, but its policy"},
		{"preferred though nobody is identified", func(s *story) { s.History.Items[0].Contact = "" }, "RT-2", "as a preferred one, although [CONTACT_NOT_IDENTIFIED]"},
		{"preferred though off", func(s *story) { s.History.Workstreams[0].Policy.Enabled = new(bool) }, "RT-2", "although [FEATURE_DISABLED]"},
		{"wrong reason not to ask", func(s *story) { s.decision(ofAuto).PreferredReason = "FEATURE_DISABLED" }, "RT-2", "because of \"FEATURE_DISABLED\""},
		{"another policy", func(s *story) { s.decision(ofMiss).Policy.RetryPreferred = false }, "RT-1", "goes by the policy"},
		{"not the most room", func(s *story) {
			o, d := s.offer(ofAuto), s.decision(ofAuto)
			o.Agent, o.Assignment.Agent, d.Agent = "ag_a", "ag_a", "ag_a"
			d.NextBest.Ranked = []Ranked{{Agent: "ag_a", FreeUnits: 2, DeclinedBefore: false}, {Agent: "ag_b", FreeUnits: 2, DeclinedBefore: false}, {Agent: "ag_c", FreeUnits: 1, DeclinedBefore: false}}
		}, "WS-2", "ranks agent ag_a as number 1, but agent ag_b comes before"},
		{"not the first of the ranking", func(s *story) { s.decision(ofAuto).NextBest.Ranked[0].Agent = "ag_c" }, "WS-2", "chose agent \"ag_b\""},
		{"ranking out of order", func(s *story) { r := s.decision(ofAuto).NextBest.Ranked; r[1], r[2] = r[2], r[1] }, "WS-2", "ranks agent ag_c as number 2, but agent ag_a comes before"},
		{"members don't add up", func(s *story) { s.decision(ofAuto).NextBest.Members = 9 }, "DX-1", "of 9 members 0 were refused"},
		{"found nobody", func(s *story) { s.decision(ofAuto).NextBest.Ranked = nil }, "WS-5", "found nobody, but able were"},
		{"refused who was able", func(s *story) {
			n := s.decision(ofAuto).NextBest
			n.Ranked, n.Refused = n.Ranked[:2], []Count{{"NO_CAPACITY", 1}}
		}, "DX-1", "there were 3, of whom 3 were able"},
	}
}

// timeCases are about what was left waiting, and in which order.
func timeCases() []spoilt {
	delay := func(s *story, id string, seconds float64) {
		o, d := s.offer(id), s.decision(id)
		by := time.Duration(seconds * float64(time.Second))
		expires := o.ExpiresAt.Add(by)
		o.OfferedAt, d.DecidedAt, o.ExpiresAt = o.OfferedAt.Add(by), d.DecidedAt.Add(by), &expires
	}
	return []spoilt{
		{"somebody was free", func(s *story) { delay(s, ofAccept, 0.6) }, "WS-5", "although agent ag_c could have taken it"},
		{"a preferred agent was free", func(s *story) { delay(s, ofLeft, 0.6) }, "WS-5", "although agent ag_b could have taken it"},
		{"nothing happened at first", func(s *story) { delay(s, ofReject, 0.6) }, "DX-1", "nothing was decided about item wi_1 when"},
		{"never offered", func(s *story) {
			s.History.Items = append(s.History.Items, Item{ID: "wi_5", Status: "QUEUED", Workstream: "ws_chat", Placement: Placement{Queue: "qu_1"}, CreatedAt: at(400)})
		}, "WS-5", "item wi_5 waited until"},
		{"another item comes first", func(s *story) {
			s.History.Items = append(s.History.Items, Item{ID: "wi_0", Status: "CANCELLED", Workstream: "ws_auto", Placement: Placement{Queue: "qu_1"}, CreatedAt: at(199.9), ClosedAt: later(200.1)})
		}, "WS-3", "while item wi_0, which comes before it (priority 0"},
		{"presence not allowed", func(s *story) { s.offer(ofOver).EndedAt = later(311) }, "OF-3", "was not revoked although the agent became AWAY (MANUAL)"},
		{"signed out", func(s *story) { s.present(315, "ag_b", offline, "SIGN_OUT") }, "OF-3", "became OFFLINE (SIGN_OUT)"},
		{"gone for too long", func(s *story) {
			s.present(311, "ag_b", offline, "DISCONNECTED")
			s.offer(ofLast).EndedAt, s.History.Items[3].ClosedAt = later(330), later(330)
		}, "OF-3", "became OFFLINE (DISCONNECTED)"},
		{"revoked for nothing", func(s *story) { s.offer(ofOver).RevokeReason = "SIGNED_OUT" }, "OF-3", "SIGNED_OUT, for which there was no cause"},
		{"revoked before the time to reconnect", func(s *story) {
			s.Presence[len(s.Presence)-1] = PresenceChange{Span: At(at(305)), Agent: "ag_a", Base: offline, Cause: disconnected}
			s.offer(ofOver).RevokeReason = "DISCONNECTED"
		}, "OF-3", "DISCONNECTED, for which there was no cause"},
		{"taken out of the row", func(s *story) {
			s.Log.Rows = []Change[[]string]{{At(at(305)), "ct_1", []string{"ag_a", "ag_b"}, []string{"ag_b"}}}
			s.History.Rows["ct_1"] = []string{"ag_b"}
		}, "RT-6", "was not revoked although the agent was not in the row any more"},
		{"joined too late", func(s *story) { s.Members = []MemberChange{{At(at(43)), "qu_1", "ag_c", true}} }, "DX-1", "there were 2, of whom 0 were able"},
		{"attempts don't add up", func(s *story) { s.History.Items[0].Attempts = 4 }, "DX-1", "has 4 attempts, but its decisions tell of 3"},
		{"attempts with a gap", func(s *story) { s.decision(ofMiss).Attempt = 3 }, "DX-1", "want attempt 2"},
		{"decision missing", func(s *story) { it := &s.History.Items[3]; it.Decisions, it.Attempts = it.Decisions[:1], 1 }, "DX-1", "0 decisions tell of offer of_7"},
		{"decision for another agent", func(s *story) { s.decision(ofMiss).Agent = "ag_c" }, "DX-1", "does not fit to offer of_2"},
		{"decision at another time", func(s *story) { s.decision(ofMiss).DecidedAt = at(12.1) }, "DX-1", "does not fit to offer of_2"},
		{"decision for another offer", func(s *story) { s.decision(ofMiss).Offer = ofLeft }, "DX-1", "which the item does not have"},
		{"outcome without reason", func(s *story) { s.decision(ofMiss).Reason = "NO_AGENT_QUALIFIED" }, "DX-1", "with reason NO_AGENT_QUALIFIED"},
		{"method not told", func(s *story) { s.decision(ofAuto).NextBest = nil }, "DX-1", "tells of the assignment method: false"},
	}
}

// logCases are about what the driver was told.
func logCases() []spoilt {
	return []spoilt{
		{"answer lost", func(s *story) { s.offer(ofReject).State = missed; s.offer(ofReject).EndedAt = later(40) }, "OF-1", "REJECTED of offer \"of_1\""},
		{"item lost", func(s *story) { s.History.Items = s.History.Items[1:] }, "OF-1", "CREATED of offer \"\", item \"wi_1\""},
		{"created by nobody", func(s *story) { s.Answers = s.Answers[1:] }, "API", "item wi_1 was created, but nobody asked for that"},
		{"created twice", func(s *story) { // of two that nobody was told of one was asked for, long before
			s.Answers = append(s.Answers[3:], Answer{Done: "CREATED", Sent: at(9)}, Answer{Done: completed, Item: "wi_1", Sent: at(59)})
		}, "API", "item wi_2 was created, but nobody asked for that"},
		{"accepted by nobody", func(s *story) { s.Answers = s.Answers[:len(s.Answers)-1] }, "OF-1", "is ACCEPTED, but nobody answered it so"},
		{"closed by nobody", func(s *story) { s.Answers[1].Item = "wi_2" }, "API", "but nobody closed it"},
		{"acknowledged before it happened", func(s *story) { s.Answers[0].Acknowledged = at(9) }, "OF-1", "CREATED of offer \"\""},
		{"late and yet accepted", func(s *story) {
			s.Answers = append(s.Answers, Answer{Done: "LATE", Offer: ofAccept, Agent: "ag_c", Acknowledged: at(46)})
		}, "OF-1", "LATE of offer \"of_3\""},
		{"offer not pushed", func(s *story) { m := s.stream("ag_c"); m.Messages = nil }, "EV-1", "was not pushed to the agent"},
		{"end not pushed", func(s *story) { m := s.stream("ag_c"); m.Messages = m.Messages[:1] }, "EV-1", "the end of offer of_3"},
		{"ended twice", func(s *story) {
			m := s.stream("ag_a")
			m.Messages = append(m.Messages, StreamMessage{ofReject, "ag_a", rejected, at(12)})
		}, "EV-1", "is REJECTED after \"REJECTED\""},
		{"ended two ways", func(s *story) { s.stream("ag_a").Messages[1].State = accepted }, "EV-1", "in the end it is REJECTED"},
		{"pushed twice", func(s *story) { m := s.stream("ag_a"); m.Messages = append(m.Messages[:1], m.Messages...) }, "EV-1", "is OPEN after \"OPEN\""},
		{"pushed to another", func(s *story) { s.stream("ag_d").Messages = []StreamMessage{{ofReject, "ag_a", open, at(10)}} }, "EV-1", "of agent ag_d tells of offer of_1 of agent ag_a"},
		{"another time", func(s *story) { s.stream("ag_a").Messages[0].At = at(11) }, "EV-1", "became OPEN at 09:00:11"},
		{"presences out of order", func(s *story) { s.Presence[0], s.Presence[6] = s.Presence[6], s.Presence[0] }, "log", "are not in order"},
	}
}
