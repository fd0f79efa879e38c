package checker

import (
	"slices"
	"time"
)

// story is a small history in which all is well, told by hand in seconds after nine o'clock, for the tests to spoil.
//
// Agents a, b and c have 2, 3 and 1 units and are members of the one queue; d is in no queue. Contact 1 prefers a, then b.
//
//	chat (1 unit, NEXT_BEST_AGENT)   item 1 of contact 1: rejected by a, missed by b, accepted by c
//	mail (1 unit, LEAVE_UNASSIGNED)  item 2 of contact 1: a and b are away; waits until b is back
//	auto (1 unit, assigned at once)  item 3 of nobody: to b, who has most room
//	long (3 units, NEXT_BEST_AGENT)  item 4 of contact 1: to a, beyond capacity; taken back when a goes away, then to b
type story struct {
	History
	Log
}

var nine = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return nine.Add(time.Duration(seconds * float64(time.Second))).Round(time.Microsecond)
}

func later(seconds float64) *time.Time {
	t := at(seconds)
	return &t
}

const (
	ofReject, ofMiss, ofAccept, ofLeft, ofAuto, ofOver, ofLast = "of_1", "of_2", "of_3", "of_4", "of_5", "of_6", "of_7"
)

func newStory() *story {
	nextBest := Policy{Enabled: true, WhenUnavailable: nextBestAgent, RetryPreferred: true}
	leave := Policy{Enabled: true, WhenUnavailable: leaveUnassigned, RetryPreferred: true}
	s := &story{}
	s.History = History{
		ReconnectSeconds: 10, OpenWorkLimit: 10, ReadAt: at(1000), Policy: ScopePolicy{Enabled: on}, Rows: map[string][]string{"ct_1": {"ag_a", "ag_b"}},
		Agents: []Agent{agent("ag_a", 2), agent("ag_b", 3), agent("ag_c", 1), agent("ag_d", 9)},
		Queues: []Queue{{ID: "qu_1", Priority: 10, AssignmentMethod: "HIGHEST_CAPACITY", Members: []string{"ag_a", "ag_b", "ag_c"}}},
		Workstreams: []Workstream{
			workstream("ws_chat", 1, "MANUAL", 30, nextBest), workstream("ws_mail", 1, "MANUAL", 30, leave),
			workstream("ws_auto", 1, auto, 120, nextBest), workstream("ws_long", 3, "MANUAL", 30, nextBest),
		},
		Items: []Item{s.chat(nextBest), s.mail(leave), s.auto(nextBest), s.long(nextBest)},
	}
	for _, a := range []string{"ag_a", "ag_b", "ag_c", "ag_d"} {
		s.present(1, a, "AVAILABLE", "SIGN_IN")
	}
	s.listAssignments()
	s.present(90, "ag_a", "AWAY", "MANUAL")
	s.present(91, "ag_b", "AWAY", "MANUAL")
	s.present(120, "ag_b", "BUSY", "MANUAL")
	s.present(150, "ag_a", "AVAILABLE", "MANUAL")
	s.present(310, "ag_a", "AWAY", "MANUAL")
	s.compute()
	s.answers()
	s.streams()
	return s
}

// on is what the organisation sets.
var on = func() *bool { v := true; return &v }()

// workstream is one of the queue qu_1 with a decline limit of 2, whose policy is the default of its channel.
func workstream(id string, units int, accept string, offerSeconds int, p Policy) Workstream {
	channel := "CHAT"
	if p.WhenUnavailable == leaveUnassigned {
		channel = "EMAIL"
	}
	return Workstream{
		ID: id, Queue: "qu_1", Channel: channel, AllowedPresences: []string{"AVAILABLE", "BUSY"}, CapacityUnits: units, AcceptMode: accept,
		OfferSeconds: offerSeconds, DeclineLimit: 2, Effective: p,
	}
}

func (*story) chat(p Policy) Item {
	return Item{
		ID: "wi_1", Status: "COMPLETED", Workstream: "ws_chat", Placement: Placement{Queue: "qu_1", Contact: "ct_1"}, Attempts: 3, CreatedAt: at(10), ClosedAt: later(60),
		Offers: []Offer{
			{ID: ofReject, Agent: "ag_a", State: rejected, Path: byPreference, PreferredPosition: 1, OfferedAt: at(10), ExpiresAt: later(40), EndedAt: later(12)},
			{ID: ofMiss, Agent: "ag_b", State: missed, Path: byPreference, PreferredPosition: 2, OfferedAt: at(12), ExpiresAt: later(42), EndedAt: later(42.01)},
			taken(Offer{ID: ofAccept, Agent: "ag_c", Path: byMethod, OfferedAt: at(42.01), ExpiresAt: later(72.01)}, 1, 45, 60),
		},
		Decisions: []Decision{
			offered(p, 1, 10, "ag_a", ofReject, Candidate{1, "ag_a", "OFFERED"}, Candidate{2, "ag_b", "NOT_REACHED"}),
			offered(p, 2, 12, "ag_b", ofMiss, Candidate{1, "ag_a", "ALREADY_DECLINED"}, Candidate{2, "ag_b", "OFFERED"}),
			byRank(offered(p, 3, 42.01, "ag_c", ofAccept, Candidate{1, "ag_a", "ALREADY_DECLINED"}, Candidate{2, "ag_b", "ALREADY_DECLINED"}),
				[]Count{{"ALREADY_DECLINED", 2}}, Ranked{Agent: "ag_c", FreeUnits: 1, DeclinedBefore: false}),
		},
	}
}

func (*story) mail(p Policy) Item {
	left := Decision{
		ID: "d", Attempt: 1, Repeats: 1, DecidedAt: at(100), Policy: p, PreferredReason: "NO_AGENT_QUALIFIED", Outcome: "LEFT_UNASSIGNED",
		Reason: "LEFT_UNASSIGNED", Preferred: []Candidate{{1, "ag_a", "PRESENCE_NOT_ALLOWED"}, {2, "ag_b", "PRESENCE_NOT_ALLOWED"}},
	}
	return Item{
		ID: "wi_2", Status: "COMPLETED", Workstream: "ws_mail", Placement: Placement{Queue: "qu_1", Contact: "ct_1"}, Attempts: 2, CreatedAt: at(100), ClosedAt: later(130),
		Offers: []Offer{
			taken(Offer{ID: ofLeft, Agent: "ag_b", Path: byPreference, PreferredPosition: 2, OfferedAt: at(120), ExpiresAt: later(150)}, 1, 121, 130),
		},
		Decisions: []Decision{
			left, offered(p, 2, 120, "ag_b", ofLeft, Candidate{1, "ag_a", "PRESENCE_NOT_ALLOWED"}, Candidate{2, "ag_b", "OFFERED"}),
		},
	}
}

func (*story) auto(p Policy) Item {
	d := byRank(offered(p, 1, 200, "ag_b", ofAuto), nil, Ranked{Agent: "ag_b", FreeUnits: 3, DeclinedBefore: false}, Ranked{Agent: "ag_a", FreeUnits: 2, DeclinedBefore: false}, Ranked{Agent: "ag_c", FreeUnits: 1, DeclinedBefore: false})
	d.Outcome, d.PreferredReason = "ASSIGNED", "CONTACT_NOT_IDENTIFIED"
	return Item{
		ID: "wi_3", Status: "COMPLETED", Workstream: "ws_auto", Placement: Placement{Queue: "qu_1"}, Attempts: 1, CreatedAt: at(200), ClosedAt: later(210),
		Offers:    []Offer{taken(Offer{ID: ofAuto, Agent: "ag_b", Path: byMethod, OfferedAt: at(200)}, 1, 200, 210)},
		Decisions: []Decision{d},
	}
}

func (*story) long(p Policy) Item {
	return Item{
		ID: "wi_4", Status: "CANCELLED", Workstream: "ws_long", Placement: Placement{Queue: "qu_1", Contact: "ct_1"}, Attempts: 2, CreatedAt: at(300), ClosedAt: later(320),
		Offers: []Offer{
			{
				ID: ofOver, Agent: "ag_a", State: revoked, Path: byPreference, PreferredPosition: 1, OverCapacity: true, RevokeReason: "PRESENCE_CHANGED",
				OfferedAt: at(300), ExpiresAt: later(330), EndedAt: later(310),
			},
			{
				ID: ofLast, Agent: "ag_b", State: revoked, Path: byPreference, PreferredPosition: 2, RevokeReason: "WORK_ITEM_CANCELLED",
				OfferedAt: at(310), ExpiresAt: later(340), EndedAt: later(320),
			},
		},
		Decisions: []Decision{
			offered(p, 1, 300, "ag_a", ofOver, Candidate{1, "ag_a", "OFFERED"}, Candidate{2, "ag_b", "NOT_REACHED"}),
			offered(p, 2, 310, "ag_b", ofLast, Candidate{1, "ag_a", "PRESENCE_NOT_ALLOWED"}, Candidate{2, "ag_b", "OFFERED"}),
		},
	}
}

// taken makes an offer accepted, with an assignment of so many units until the end.
func taken(o Offer, units int, from, until float64) Offer {
	o.State, o.EndedAt = accepted, later(from)
	o.Assignment = &Assignment{
		ID: "as_" + o.ID, Agent: o.Agent, Origin: byOffer, Offer: o.ID, CapacityUnits: units, AssignedAt: at(from), EndedAt: later(until), EndReason: "COMPLETED",
	}
	return o
}

// listAssignments enters what came of offers with the items.
func (s *story) listAssignments() {
	for i := range s.History.Items {
		it := &s.History.Items[i]
		for _, o := range it.Offers {
			if o.Assignment != nil {
				it.Assignments = append(it.Assignments, *o.Assignment)
			}
		}
	}
}

// offered is the decision for an offer.
func offered(p Policy, attempt int, when float64, agent, offer string, row ...Candidate) Decision {
	return Decision{
		ID: "d" + offer, Attempt: attempt, Repeats: 1, DecidedAt: at(when), Policy: p, Preferred: row, Outcome: "OFFERED", Reason: "OFFERED",
		Agent: agent, Offer: offer,
	}
}

// byRank makes it a decision of the assignment method.
func byRank(d Decision, refused []Count, ranked ...Ranked) Decision {
	d.PreferredReason = "NO_AGENT_QUALIFIED"
	d.NextBest = &NextBest{Method: "HIGHEST_CAPACITY", Members: 3, Ranked: ranked, Refused: refused}
	return d
}

func (s *story) present(when float64, agent, base, cause string) {
	gone := cause == "DISCONNECTED" || cause == "SIGN_OUT"
	s.Presence = append(s.Presence, PresenceChange{Span: At(at(when)), Agent: agent, Base: base, SignedIn: !gone, Cause: cause})
	slices.SortStableFunc(s.Presence, func(a, b PresenceChange) int { return a.NotAfter.Compare(b.NotAfter) })
}

func (s *story) answers() {
	add := func(done, offer, item, agent string, when float64) {
		s.Answers = append(s.Answers, Answer{Done: done, Offer: offer, Item: item, Agent: agent, Sent: at(when - 0.01), Acknowledged: at(when + 0.01)})
	}
	for _, it := range s.History.Items {
		add("CREATED", "", it.ID, "", it.CreatedAt.Sub(nine).Seconds())
		add(it.Status, "", it.ID, "", it.ClosedAt.Sub(nine).Seconds())
	}
	add(rejected, ofReject, "", "ag_a", 12)
	add("LATE", ofMiss, "", "ag_b", 42.02)
	add(accepted, ofAccept, "", "ag_c", 45)
	add(accepted, ofLeft, "", "ag_b", 121)
}

func (s *story) streams() {
	for _, a := range s.History.Agents {
		stream := Stream{Agent: a.ID, Ready: at(1.5), Closing: at(900)}
		for _, it := range s.History.Items {
			for _, o := range it.Offers {
				if o.Agent != a.ID {
					continue
				}
				if o.ExpiresAt != nil {
					stream.Messages = append(stream.Messages, StreamMessage{o.ID, o.Agent, open, o.OfferedAt})
				}
				stream.Messages = append(stream.Messages, StreamMessage{o.ID, o.Agent, o.State, *o.EndedAt})
			}
		}
		s.Streams = append(s.Streams, stream)
	}
}

// offer finds an offer to be spoiled.
func (s *story) offer(id string) *Offer {
	for i := range s.History.Items {
		for j := range s.History.Items[i].Offers {
			if o := &s.History.Items[i].Offers[j]; o.ID == id {
				return o
			}
		}
	}
	panic("no offer " + id)
}

// item finds an item of the story told by a teller, by its number.
func (s *story) item(n int) *Item { return &s.History.Items[n-1] }

// change finds the first change of an item by hand.
func (s *story) change(n int) *ItemChange {
	for i := range s.Log.Items {
		if c := &s.Log.Items[i]; c.Item == s.item(n).ID {
			return c
		}
	}
	panic("no change")
}

// answer finds what was done to an item.
func (s *story) answer(done string, n int) *Answer {
	for i := range s.Answers {
		if a := &s.Answers[i]; a.Done == done && a.Item == s.item(n).ID {
			return a
		}
	}
	panic("no answer " + done)
}

// decision finds the decision for an offer.
func (s *story) decision(offer string) *Decision {
	for i := range s.History.Items {
		for j := range s.History.Items[i].Decisions {
			if d := &s.History.Items[i].Decisions[j]; d.Offer == offer {
				return d
			}
		}
	}
	panic("no decision for " + offer)
}

// stream is what an agent was pushed.
func (s *story) stream(agent string) *Stream {
	for i := range s.Streams {
		if s.Streams[i].Agent == agent {
			return &s.Streams[i]
		}
	}
	panic("no stream of " + agent)
}
