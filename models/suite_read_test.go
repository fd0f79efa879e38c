package models

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
)

var readTests = []storeTest{
	{"pages", pages},
	{"pages of what belongs to something", pagesOfSomething},
	{"decisions page by page", decisionPages},
	{"what is not there is left out", leftOut},
	{"the place of open offers", openOffersAreOfTheirPlace},
	{"the oldest waiting item", oldestWaiting},
	{"who has work of a contact", whoHasWorkOf},
	{"after closing", afterClosing},
}

// walk reads page by page until the end, and checks that each page has what was asked for and one more if there is more.
func walk[T any](t *testing.T, first int, idOf func(T) string, read func(engine.Page) ([]T, error)) []string {
	t.Helper()
	var ids []string
	for p := (engine.Page{First: first}); ; {
		part, err := read(p)
		if err != nil {
			t.Fatal(err)
		}
		more := len(part) > first
		for _, v := range part[:min(first, len(part))] {
			ids = append(ids, idOf(v))
		}
		if !more {
			return ids
		}
		if len(ids) > 10_000 {
			t.Fatalf("the pages have no end: %v …", ids[:5])
		}
		if len(part) != first+1 {
			t.Fatalf("a page of %d has %d", first, len(part))
		}
		p.After = ids[len(ids)-1]
	}
}

// upTo are the ids that walk should have seen, in order.
func upTo[I ~string](n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, string(id[I](i)))
	}
	return ids
}

// pages: in the order of ids, whatever the order in which they were written.
func pages(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for i := range 10 {
		n := (i*7 + 3) % 10
		c.Contacts, c.Agents = append(c.Contacts, new(contact(n, true))), append(c.Agents, agent(n, true))
		c.Queues, c.Workstreams = append(c.Queues, queue(n)), append(c.Workstreams, workstream(n, true))
		c.WorkItems = append(c.WorkItems, workItem(n, engine.Completed, true))
		c.APIKeys, c.Roles = append(c.APIKeys, new(apiKey(n))), append(c.Roles, new(role(n)))
	}
	s.commit(t, c)
	var roles []engine.Role
	for n := range 10 {
		roles = append(roles, role(n))
	}
	same(t, "roles", must[[]engine.Role](t)(s.Roles(ctx)), roles)
	for _, first := range []int{1, 3, 10, 100} {
		same(t, "contacts", walk(t, first, func(c engine.Contact) string { return string(c.ID) }, func(p engine.Page) ([]engine.Contact, error) {
			return s.ContactPage(ctx, "", p)
		}), upTo[engine.ContactID](10))
		same(t, "agents", walk(t, first, func(a engine.Agent) string { return string(a.ID) }, func(p engine.Page) ([]engine.Agent, error) {
			return s.AgentPage(ctx, p)
		}), upTo[engine.AgentID](10))
		same(t, "queues", walk(t, first, func(q engine.Queue) string { return string(q.ID) }, func(p engine.Page) ([]engine.Queue, error) {
			return s.QueuePage(ctx, p)
		}), upTo[engine.QueueID](10))
		same(t, "workstreams", walk(t, first, func(w engine.Workstream) string { return string(w.ID) }, func(p engine.Page) ([]engine.Workstream, error) {
			return s.WorkstreamPage(ctx, p)
		}), upTo[engine.WorkstreamID](10))
		same(t, "work items", walk(t, first, func(w engine.WorkItem) string { return string(w.ID) }, func(p engine.Page) ([]engine.WorkItem, error) {
			return s.WorkItemPage(ctx, engine.WorkItemScope{}, p)
		}), upTo[engine.WorkItemID](10))
	}
	for _, first := range []int{1, 3, 10, 100} {
		same(t, "API keys", walk(t, first, func(k engine.APIKey) string { return string(k.ID) }, func(p engine.Page) ([]engine.APIKey, error) {
			return s.APIKeyPage(ctx, p)
		}), upTo[engine.APIKeyID](10))
	}
	same(t, "behind the last", len(must[[]engine.Contact](t)(s.ContactPage(ctx, "", engine.Page{First: 5, After: "zz"}))), 0)
}

// pagesOfSomething: and nothing of anybody else. Work items: see suite_lists_test.go.
func pagesOfSomething(t *testing.T, s *testStore) {
	c := &engine.Changes{Queues: []engine.Queue{queue(1), queue(2)}}
	for n := range 40 {
		offer, assigned := offer(n, n%2, n%3, false), assignment(n, n%3, n%2, n%4 > 1)
		c.Offers, c.Assignments = append(c.Offers, &offer), append(c.Assignments, &assigned)
		c.Agents, c.Members = append(c.Agents, agent(n, true)), append(c.Members, queueMember(n%2, n))
	}
	for n, a := range c.Assignments {
		began := []engine.EventType{engine.EventOfferAccepted, engine.EventWorkItemPicked, engine.EventWorkItemAssigned}[n%3]
		for _, what := range []engine.EventType{began, engine.EventWorkItemUnassigned, engine.EventWorkItemCompleted} { // each is told of several times
			c.Events = append(c.Events, engine.Event{Type: what, At: begin, Actor: "system", WorkItemID: a.WorkItemID, Body: engine.EventBody{AssignmentID: a.ID}})
		}
	}
	s.commit(t, c)
	same(t, "offers of an item", walk(t, 4, func(o engine.Offer) string { return string(o.ID) }, func(p engine.Page) ([]engine.Offer, error) {
		return s.OfferPage(ctx, id[engine.WorkItemID](1), p)
	}), filter(c.Offers, func(o *engine.Offer) bool { return o.WorkItemID == id[engine.WorkItemID](1) }, func(o *engine.Offer) string { return string(o.ID) }))
	same(t, "assignments of an agent", walk(t, 4, func(a engine.Assignment) string { return string(a.ID) }, func(p engine.Page) ([]engine.Assignment, error) {
		return s.AssignmentPage(ctx, id[engine.AgentID](1), p)
	}), filter(c.Assignments, func(a *engine.Assignment) bool { return a.AgentID == id[engine.AgentID](1) && a.EndedAt == nil }, func(a *engine.Assignment) string { return string(a.ID) }))
	same(t, "assignments of an item", walk(t, 4, func(a engine.Assignment) string { return string(a.ID) }, func(p engine.Page) ([]engine.Assignment, error) {
		return s.AssignmentsOf(ctx, id[engine.WorkItemID](1), p)
	}), filter(c.Assignments, func(a *engine.Assignment) bool { return a.WorkItemID == id[engine.WorkItemID](1) }, func(a *engine.Assignment) string { return string(a.ID) }))
	same(t, "members of a queue", walk(t, 7, func(a engine.Agent) string { return string(a.ID) }, func(p engine.Page) ([]engine.Agent, error) {
		return s.MemberPage(ctx, id[engine.QueueID](1), p)
	}), filter(c.Members, func(m engine.QueueMember) bool { return m.QueueID == id[engine.QueueID](1) }, func(m engine.QueueMember) string { return string(m.AgentID) }))
}

// filter lists the ids of those that pass, nil when none does.
func filter[T any](list []T, pass func(T) bool, id func(T) string) []string {
	var ids []string
	for _, v := range list {
		if pass(v) {
			ids = append(ids, id(v))
		}
	}
	return ids
}

// decisionPages: across batches and epochs, in the order of all changes; what is behind 1.9.0 is 1.10.0, not 1.2.0.
func decisionPages(t *testing.T, s *testStore) {
	var want []string
	for n := range 12 {
		s.commit(t, &engine.Changes{Events: []engine.Event{decision(1), decision(2), {Type: engine.EventOfferMade, At: begin, Actor: "system", WorkItemID: id[engine.WorkItemID](1)}, decision(1)}})
		want = append(want, fmt.Sprintf("1.%d.0", n+1), fmt.Sprintf("1.%d.3", n+1))
	}
	if err := s.Release(ctx, s.at); err != nil {
		t.Fatal(err)
	}
	s.at = must[engine.Position](t)(s.Acquire(ctx))
	s.commit(t, &engine.Changes{Events: []engine.Event{decision(1)}})
	want = append(want, "2.1.0")

	var got []string
	for behind := (*engine.EventPlace)(nil); ; {
		part := must[[]engine.Decision](t)(s.DecisionPage(ctx, id[engine.WorkItemID](1), 3, behind))
		for _, d := range part[:min(3, len(part))] {
			got = append(got, d.ID)
		}
		if len(part) < 4 {
			break
		}
		place, ok := engine.ParseCursor(got[len(got)-1])
		if !ok {
			t.Fatalf("%q is no cursor", got[len(got)-1])
		}
		behind = &place
	}
	same(t, "decisions", got, want)
}

func leftOut(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	same(t, "contacts", len(must[[]engine.Contact](t)(s.Contacts(ctx, []engine.ContactID{"ct_none", id[engine.ContactID](2), "ct_none2"}))), 1)
	same(t, "none", len(must[[]engine.Agent](t)(s.Agents(ctx, nil))), 0)
	same(t, "rows", len(must[[]engine.PreferredAgents](t)(s.PreferredAgents(ctx, []engine.ContactID{"ct_none"}))), 0)
	same(t, "queues of nobody", len(must[[]engine.Queue](t)(s.QueuesOf(ctx, "ag_none"))), 0)
	same(t, "decisions about nothing", len(must[[]engine.Decision](t)(s.DecisionPage(ctx, "wi_none", 5, nil))), 0)
}

// openOffersAreOfTheirPlace: EV-1 stands on that: a subscription starts with the offers at a place and goes on with the events behind
// it. Each batch n makes offer n and ends the one before, so that the offer tells the place.
func openOffersAreOfTheirPlace(t *testing.T, s *testStore) {
	const batches = 300
	agent := id[engine.AgentID](1)
	done := make(chan struct{})
	var readers sync.WaitGroup
	defer readers.Wait()
	defer close(done)
	for range 2 {
		readers.Go(func() {
			seen := map[engine.Position]bool{}
			for n := 0; ; n++ {
				select {
				case <-done:
					if len(seen) < 3 {
						t.Errorf("only %d places were seen in %d reads", len(seen), n)
					}
					return
				default:
				}
				start, err := s.OfferStart(ctx, agent, "", nil)
				if err != nil {
					t.Error(err)
					return
				}
				offers, at := start.Offers, start.At
				seen[at] = true
				if at.Seq == 0 && len(offers) == 0 {
					continue
				}
				if len(offers) != 1 || offers[0].ID != id[engine.OfferID](int(at.Seq)) {
					t.Errorf("at %v there are %s", at, show(offers))
					return
				}
			}
		})
	}
	for n := 1; n <= batches; n++ {
		c := &engine.Changes{}
		if n > 1 {
			c.Offers = append(c.Offers, new(offer(n-1, 1, 1, true)))
		}
		c.Offers = append(c.Offers, new(offer(n, 1, 1, false)))
		s.commit(t, c)
	}
}

func oldestWaiting(t *testing.T, s *testStore) {
	if at, waiting, err := s.OldestWaiting(ctx); waiting || err != nil {
		t.Errorf("with nothing: %v %v %v", at, waiting, err)
	}
	s.commit(t, &engine.Changes{WorkItems: []engine.WorkItem{
		workItem(1, engine.Completed, true), workItem(2, engine.Offered, true), workItem(3, engine.Assigned, true),
	}})
	if at, waiting, err := s.OldestWaiting(ctx); waiting || err != nil {
		t.Errorf("with nothing waiting: %v %v %v", at, waiting, err)
	}
	s.commit(t, &engine.Changes{WorkItems: []engine.WorkItem{workItem(9, engine.Queued, true), workItem(5, engine.Queued, true), workItem(7, engine.Queued, true)}})
	at, waiting, err := s.OldestWaiting(ctx)
	if err != nil || !waiting || !at.Equal(after(5)) {
		t.Errorf("it is %v %v %v, want %v", at, waiting, err, after(5))
	}
}

// whoHasWorkOf: RL-1, an agent reads the contacts of what is offered or assigned to them or was theirs last, and no others.
func whoHasWorkOf(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for n, status := range []engine.WorkItemStatus{engine.Queued, engine.Offered, engine.Assigned, engine.Completed, engine.Cancelled} {
		item := workItem(n, status, true)
		item.ContactID, item.AgentID = id[engine.ContactID](n), id[engine.AgentID](n)
		if status == engine.Queued {
			item.AgentID = ""
		}
		c.WorkItems = append(c.WorkItems, item)
	}
	several := workItem(5, engine.Completed, true) // cleo's first was somebody else's
	several.ContactID, several.AgentID = id[engine.ContactID](3), id[engine.AgentID](1)
	c.WorkItems = append(c.WorkItems, several)
	s.commit(t, c)
	for contact := range 6 {
		for agent := range 6 {
			want := contact == agent && contact > 0 && contact < 5 || contact == 3 && agent == 1
			got, err := s.HasWorkOf(ctx, id[engine.AgentID](agent), id[engine.ContactID](contact))
			if err != nil || got != want {
				t.Errorf("agent %d has work of contact %d: %t %v, want %t", agent, contact, got, err, want)
			}
		}
	}
}

// afterClosing: an error, at once, and nothing else.
func afterClosing(t *testing.T, s *testStore) {
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
	b := s.next(aHouse().changes())
	s.Close()
	began := time.Now()
	_, err := s.Organization(ctx)
	for what, err := range map[string]error{
		"Ping": s.Ping(ctx), "Commit": s.Commit(ctx, b), "Organization": err, "Sweep": s.Sweep(ctx, 0), "Release": s.Release(ctx, s.at),
	} {
		if err == nil || errors.Is(err, gorm.ErrRecordNotFound) {
			t.Errorf("%s after closing: %v", what, err)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	s.Close() // twice does no harm
}
