package models

import (
	"errors"
	"fmt"
	"testing"

	"rapport/engine"
)

var streamTests = []storeTest{
	{"a place that the database has not reached", placeAhead},
	{"resuming over as much as there may be, and more", resumeLimit},
	{"starting with as much as there may be, and more", startLimit},
	{"presence of those who are not there", presenceOfNobody},
	{"presence of those who joined and left", presenceOfMembers},
	{"a work item by its id", itemByID},
	{"work items that went to somebody else", itemsGone},
}

// begun is what a subscription begins with, of whatever kind.
type begun struct {
	name string
	// everything: without a filter; many: of which there can be more than MaxStart.
	everything, many bool
	read             func(after *engine.EventPlace) (engine.Start, any, error)
}

// subscriptions are all kinds with all filters, about the things with this number.
func (s *testStore) subscriptions(n int) []begun {
	a, q, c, w := id[engine.AgentID](n), id[engine.QueueID](n), id[engine.ContactID](n), id[engine.WorkItemID](n)
	list := []begun{{"offers", false, false, func(after *engine.EventPlace) (engine.Start, any, error) {
		v, err := s.OfferStart(ctx, a, "", after)
		return v.Start, v.Offers, err
	}}}
	for _, f := range []engine.PresenceSelection{{}, {QueueID: q}, {AgentIDs: []engine.AgentID{a}}} {
		list = append(list, begun{fmt.Sprintf("presence %+v", f), f.QueueID == "" && f.AgentIDs == nil, f.AgentIDs == nil, func(after *engine.EventPlace) (engine.Start, any, error) {
			v, err := s.PresenceStart(ctx, f, after)
			return v.Start, v.Agents, err
		}})
	}
	for _, f := range []engine.WorkItemSelection{{}, {QueueID: q}, {AgentID: a}, {ContactID: c}, {WorkItemID: w}} {
		list = append(list, begun{fmt.Sprintf("work items %+v", f), f == engine.WorkItemSelection{}, f.WorkItemID == "", func(after *engine.EventPlace) (engine.Start, any, error) {
			v, err := s.WorkItemStart(ctx, f, after)
			return v.Start, v.Items, err
		}})
	}
	for _, f := range []engine.DecisionSelection{{}, {QueueID: q}, {WorkItemID: w}} {
		list = append(list, begun{fmt.Sprintf("decisions %+v", f), f == engine.DecisionSelection{}, f.WorkItemID == "", func(after *engine.EventPlace) (engine.Start, any, error) {
			v, err := s.DecisionStart(ctx, f, after)
			return v.Start, v.Decisions, err
		}})
	}
	return list
}

// open work of the things with number 1, which is neither the first nor the only one.
func openWork() *engine.Changes {
	item, of, as := workItem(1, engine.Queued, false), offer(1, 1, 1, false), workItem(2, engine.Assigned, true)
	item.ContactID, item.AgentID = id[engine.ContactID](1), id[engine.AgentID](1)
	return &engine.Changes{
		Agents: []engine.Agent{agent(1, true), agent(2, true)}, Queues: []engine.Queue{queue(1), queue(2)},
		Members:   []engine.QueueMember{queueMember(1, 1), queueMember(1, 2)},
		WorkItems: []engine.WorkItem{item, as}, Offers: []*engine.Offer{&of}, Events: []engine.Event{about(1)},
	}
}

// about is a decision about the things with this number.
func about(n int) engine.Event {
	ev := decision(n)
	ev.AgentID, ev.QueueID, ev.ContactID = id[engine.AgentID](n), id[engine.QueueID](n), id[engine.ContactID](n)
	return ev
}

// wasReset fails unless a resumption was reset and gave the whole start.
func (b begun) wasReset(t *testing.T, after engine.EventPlace) {
	t.Helper()
	fresh, want, err := b.read(nil)
	start, got, err2 := b.read(&after)
	if err != nil || err2 != nil || !start.Reset || fresh.Reset || start.At != fresh.At {
		t.Errorf("%s from %v: %+v %v, at first %+v %v", b.name, after, start, err2, fresh, err)
	}
	same(t, b.name, got, want)
}

// goesOn fails unless it was resumed.
func (b begun) goesOn(t *testing.T, after engine.EventPlace) any {
	t.Helper()
	start, got, err := b.read(&after)
	if err != nil || start.Reset {
		t.Errorf("%s from %v: %+v %v", b.name, after, start, err)
	}
	return got
}

// placeAhead: a cursor of a database that was put back to an older copy, or of another one (EV-1).
func placeAhead(t *testing.T, s *testStore) {
	s.commit(t, openWork())
	if err := s.Release(ctx, s.at); err != nil {
		t.Fatal(err)
	}
	s.at = must[engine.Position](t)(s.Acquire(ctx))
	s.commit(t, &engine.Changes{Events: []engine.Event{about(3)}})
	for _, b := range s.subscriptions(1) {
		for _, ahead := range []engine.EventPlace{
			{Position: engine.Position{Epoch: s.at.Epoch, Seq: s.at.Seq + 1}}, {Position: engine.Position{Epoch: s.at.Epoch + 1}},
			{Position: engine.Position{Epoch: 1 << 60, Seq: 1 << 60}, Index: 1 << 60},
			// Of an owner of before, but later than that one came here: a copy was put in the place of what went on.
			{Position: engine.Position{Epoch: 1, Seq: 99}},
		} {
			b.wasReset(t, ahead)
		}
		for _, place := range []engine.EventPlace{{Position: s.at, Index: engine.StartIndex}, {Position: engine.Position{Epoch: 1, Seq: 1}}} {
			b.goesOn(t, place)
		}
	}
}

// resumeLimit: MaxResume events are resumed over, one more are not. They are all about the things with number 1.
func resumeLimit(t *testing.T, s *testStore) {
	s.commit(t, openWork())
	c := &engine.Changes{}
	for range engine.MaxResume + 1 {
		ev := about(1)
		ev.Type, ev.Decision, ev.Body = engine.EventOfferRejected, nil, engine.EventBody{OfferID: id[engine.OfferID](1)}
		c.Events = append(c.Events, ev)
	}
	s.commit(t, c)
	for _, b := range s.subscriptions(1) {
		b.goesOn(t, engine.EventPlace{Position: s.at})
		b.wasReset(t, engine.EventPlace{Position: engine.Position{Epoch: 1, Seq: 1}, Index: engine.StartIndex})
	}
	for _, b := range s.subscriptions(2) { // of whom nothing was said
		if !b.everything {
			b.goesOn(t, engine.EventPlace{})
		}
	}
}

// startLimit: MaxStart objects are started with, one more are LIMIT_EXCEEDED, which says that the filter is to be narrowed.
func startLimit(t *testing.T, s *testStore) {
	c := &engine.Changes{Queues: []engine.Queue{queue(1)}}
	add := func(n int, status engine.WorkItemStatus) {
		c.WorkItems = append(c.WorkItems, workItem(n, status, true))
		c.Agents, c.Members = append(c.Agents, agent(n, false)), append(c.Members, queueMember(1, n))
	}
	for n := range engine.MaxStart {
		add(n, engine.Queued)
	}
	s.commit(t, c)
	for _, b := range s.subscriptions(1) {
		if _, _, err := b.read(nil); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
	c = &engine.Changes{}
	add(engine.MaxStart, engine.Queued)
	s.commit(t, c)
	for _, b := range s.subscriptions(1) {
		_, _, err := b.read(nil)
		var known *engine.Error
		if tooMany := errors.As(err, &known) && known.Code == engine.CodeLimit && known.Field == "filter"; tooMany != b.many || err != nil && !tooMany {
			t.Errorf("%s with one more: %v", b.name, err)
		}
	}
	// What is open counts, whichever status it has.
	c = &engine.Changes{}
	add(engine.MaxStart, engine.Completed)
	add(engine.MaxStart-1, engine.Assigned)
	add(engine.MaxStart-2, engine.Offered)
	s.commit(t, c)
	if _, err := s.WorkItemStart(ctx, engine.WorkItemSelection{}, nil); err != nil {
		t.Errorf("as many as there may be, of all statuses: %v", err)
	}
	c = &engine.Changes{}
	add(engine.MaxStart+1, engine.Assigned)
	s.commit(t, c)
	if _, err := s.WorkItemStart(ctx, engine.WorkItemSelection{}, nil); err == nil {
		t.Error("one more of all statuses is started with")
	}
}

// presenceOfNobody: agents who are named and not there are told to be removed, at the start and when it is resumed, and once only.
func presenceOfNobody(t *testing.T, s *testStore) {
	s.commit(t, openWork())
	f := engine.PresenceSelection{AgentIDs: []engine.AgentID{"ag_b", id[engine.AgentID](2), "ag_a"}}
	start := must[engine.PresenceStart](t)(s.PresenceStart(ctx, f, nil))
	same(t, "there", start.Agents, []engine.Agent{agent(2, true)})
	same(t, "not there", len(start.Removed), 2)
	again := must[engine.PresenceStart](t)(s.PresenceStart(ctx, f, &engine.EventPlace{Position: s.at}))
	same(t, "nothing happened", len(again.Agents), 0)
	same(t, "still not there", again.Removed, []engine.AgentID{"ag_a", "ag_b"})
	same(t, "of a queue that is not there", len(must[engine.PresenceStart](t)(s.PresenceStart(ctx, engine.PresenceSelection{QueueID: "qu_none"}, nil)).Agents), 0)
}

// presenceOfMembers: whoever joined is there, whoever left is not; nobody else has changed.
func presenceOfMembers(t *testing.T, s *testStore) {
	joined := func(kind engine.EventType, q, a int) engine.Event {
		return engine.Event{Type: kind, At: begin, Actor: "system", QueueID: id[engine.QueueID](q), AgentID: id[engine.AgentID](a)}
	}
	c := openWork()
	c.Agents = append(c.Agents, agent(3, true), agent(4, true))
	s.commit(t, c)
	from := engine.EventPlace{Position: s.at, Index: engine.StartIndex}
	s.commit(t, &engine.Changes{
		Members:        []engine.QueueMember{queueMember(1, 3), queueMember(2, 4)},
		MembersRemoved: []engine.QueueMember{queueMember(1, 2)},
		Events: []engine.Event{
			joined(engine.EventQueueMemberAdded, 1, 3), joined(engine.EventQueueMemberAdded, 2, 4), joined(engine.EventQueueMemberRemoved, 1, 2),
			joined(engine.EventAgentChanged, 1, 1), // who is neither
		},
	})
	start := must[engine.PresenceStart](t)(s.PresenceStart(ctx, engine.PresenceSelection{QueueID: id[engine.QueueID](1)}, &from))
	same(t, "joined", start.Agents, []engine.Agent{agent(3, true)})
	same(t, "left", start.Removed, []engine.AgentID{id[engine.AgentID](2)})
}

// itemsGone: an item that was taken from an agent, a queue and a contact is Removed for whoever listens to those, also when it is closed by now.
func itemsGone(t *testing.T, s *testStore) {
	s.commit(t, openWork())
	from := engine.EventPlace{Position: s.at, Index: engine.StartIndex}
	for _, status := range []engine.WorkItemStatus{engine.Assigned, engine.Completed} {
		item := workItem(1, status, true)
		item.AgentID, item.QueueID, item.ContactID = id[engine.AgentID](2), id[engine.QueueID](2), id[engine.ContactID](2)
		c := &engine.Changes{WorkItems: []engine.WorkItem{item}}
		for n, kind := range []engine.EventType{engine.EventWorkItemLeftQueue, engine.EventWorkItemTransferred} {
			ev := about(n + 1)
			ev.Type, ev.Decision, ev.WorkItemID = kind, nil, item.ID
			c.Events = append(c.Events, ev)
		}
		s.commit(t, c)
		for n, f := range []engine.WorkItemSelection{
			{AgentID: id[engine.AgentID](1)}, {QueueID: id[engine.QueueID](1)}, {ContactID: id[engine.ContactID](1)},
			{AgentID: id[engine.AgentID](2)}, {QueueID: id[engine.QueueID](2)}, {ContactID: id[engine.ContactID](2)},
		} {
			start := must[engine.WorkItemStart](t)(s.WorkItemStart(ctx, f, &from))
			gone, there := []engine.WorkItem{item}, []engine.WorkItem(nil)
			if n > 2 {
				gone, there = there, gone
			}
			same(t, fmt.Sprintf("%s, removed for %+v", status, f), start.Removed, gone)
			same(t, fmt.Sprintf("%s, there for %+v", status, f), start.Items, there)
		}
	}
}

// itemByID: it is there even when it is closed, but not when it fails another condition.
func itemByID(t *testing.T, s *testStore) {
	closed := workItem(1, engine.Completed, true)
	s.commit(t, &engine.Changes{WorkItems: []engine.WorkItem{closed, workItem(2, engine.Queued, true)}})
	for _, c := range []struct {
		f    engine.WorkItemSelection
		want int
	}{
		{engine.WorkItemSelection{WorkItemID: closed.ID}, 1}, {engine.WorkItemSelection{WorkItemID: "wi_none"}, 0},
		{engine.WorkItemSelection{WorkItemID: closed.ID, QueueID: closed.QueueID, AgentID: closed.AgentID, ContactID: closed.ContactID}, 1},
		{engine.WorkItemSelection{WorkItemID: closed.ID, QueueID: "qu_none"}, 0}, {engine.WorkItemSelection{WorkItemID: closed.ID, AgentID: "ag_none"}, 0},
		{engine.WorkItemSelection{QueueID: closed.QueueID}, 1}, {engine.WorkItemSelection{AgentID: closed.AgentID, ContactID: "ct_none"}, 0},
	} {
		same(t, fmt.Sprintf("%+v", c.f), len(must[engine.WorkItemStart](t)(s.WorkItemStart(ctx, c.f, nil)).Items), c.want)
	}
}
