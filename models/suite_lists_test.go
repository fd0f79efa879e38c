package models

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/engine"
)

var listTests = []storeTest{
	{"work items by every filter, in both orders", workItemsByFilter},
	{"work items by the time of their creation", workItemsByTime},
	{"the matrix by agent", matrixByAgent},
	{"the matrix as a whole", matrixAsAWhole},
	{"decisions that made offers", decisionsOfOffers},
}

// listed is a work item whose id was made in a millisecond, as the engine makes them: not before it was created, and later when it borrowed.
func listed(n int, created time.Time, borrowed time.Duration, status engine.WorkItemStatus) engine.WorkItem {
	w := workItem(n, status, false)
	milli := fmt.Sprintf("%012x", created.Add(borrowed).UnixMilli())
	w.ID = engine.WorkItemID(fmt.Sprintf("wi_%s-%s-7%03x-8000-%012x", milli[:8], milli[8:], n%4096, n))
	w.CreatedAt = created
	return w
}

// someWork is work of all kinds over a second; one in three has a borrowed millisecond.
func someWork(r *rand.Rand, n int) []engine.WorkItem {
	var items []engine.WorkItem
	for i := range n {
		borrowed := time.Duration(0)
		if r.IntN(3) == 0 {
			borrowed = time.Duration(r.IntN(3000)) * time.Millisecond
		}
		w := listed(i, begin.Add(time.Duration(r.IntN(20)*50_000+r.IntN(3))*time.Microsecond), borrowed, allStatuses[r.IntN(len(allStatuses))])
		w.QueueID, w.WorkstreamID = id[engine.QueueID](r.IntN(3)), id[engine.WorkstreamID](r.IntN(3))
		if r.IntN(3) > 0 {
			w.AgentID = id[engine.AgentID](r.IntN(3))
		}
		if r.IntN(3) > 0 {
			w.ContactID = id[engine.ContactID](r.IntN(3))
		}
		if r.IntN(3) > 0 {
			w.Reference = new([]string{"réf", "ref", "Ref"}[r.IntN(3)])
		}
		items = append(items, w)
	}
	return items
}

// passes is the filter in plain words.
func passes(f engine.WorkItemScope, w engine.WorkItem) bool {
	return (len(f.Statuses) == 0 || slices.Contains(f.Statuses, w.Status)) && (f.QueueID == "" || f.QueueID == w.QueueID) &&
		(f.WorkstreamID == "" || f.WorkstreamID == w.WorkstreamID) && (f.AgentID == "" || f.AgentID == w.AgentID) &&
		(f.ContactID == "" || f.ContactID == w.ContactID) && (f.Reference == nil || w.Reference != nil && *f.Reference == *w.Reference) &&
		(f.CreatedFrom == nil || !w.CreatedAt.Before(*f.CreatedFrom)) && (f.CreatedBefore == nil || w.CreatedAt.Before(*f.CreatedBefore))
}

// lists compares what is read page by page with what passes.
func lists(t *testing.T, s *testStore, all []engine.WorkItem, f engine.WorkItemScope, first int) int {
	t.Helper()
	want := filter(all, func(w engine.WorkItem) bool { return passes(f, w) }, func(w engine.WorkItem) string { return string(w.ID) })
	slices.Sort(want)
	if f.NewestFirst {
		slices.Reverse(want)
	}
	got := walk(t, first, func(w engine.WorkItem) string { return string(w.ID) }, func(p engine.Page) ([]engine.WorkItem, error) {
		return s.WorkItemPage(ctx, f, p)
	})
	same(t, fmt.Sprintf("pages of %d of %s", first, show(f)), got, want)
	return len(want)
}

func workItemsByFilter(t *testing.T, s *testStore) {
	r := rand.New(rand.NewPCG(3, 1))
	items := someWork(r, 250)
	s.commit(t, &engine.Changes{WorkItems: items})
	some := 0
	for fields := range 1 << 8 { // which of them are set
		for round, newest := range []bool{false, true} {
			f := engine.WorkItemScope{NewestFirst: newest}
			sets := [...]func(){
				func() { f.QueueID = id[engine.QueueID](r.IntN(3)) },
				func() { f.WorkstreamID = id[engine.WorkstreamID](r.IntN(3)) },
				func() { f.AgentID = id[engine.AgentID](r.IntN(3)) },
				func() { f.ContactID = id[engine.ContactID](r.IntN(3)) },
				func() { f.Reference = new([]string{"réf", "ref", "REF"}[r.IntN(3)]) },
				func() { f.CreatedFrom = new(begin.Add(time.Duration(r.IntN(20)) * 50 * time.Millisecond)) },
				func() { f.CreatedBefore = new(begin.Add(time.Duration(r.IntN(20)) * 50 * time.Millisecond)) },
				func() {
					for _, n := range r.Perm(len(allStatuses))[:1+r.IntN(len(allStatuses))] {
						f.Statuses = append(f.Statuses, allStatuses[n])
					}
				},
			}
			for i, set := range sets {
				if fields&(1<<i) != 0 {
					set()
				}
			}
			if lists(t, s, items, f, []int{1, 2, 100}[(fields+round)%3]) > 0 {
				some++
			}
			if t.Failed() {
				return
			}
		}
	}
	if some < 200 {
		t.Errorf("only %d filters let anything pass", some)
	}
	lists(t, s, items, engine.WorkItemScope{}, 1)
	lists(t, s, items, engine.WorkItemScope{Statuses: allStatuses, NewestFirst: true}, 2)
	lists(t, s, items, engine.WorkItemScope{WorkstreamID: id[engine.WorkstreamID](9)}, 2)
}

// workItemsByTime: from an instant on, and before one, to the microsecond, whatever millisecond the id borrowed.
func workItemsByTime(t *testing.T, s *testStore) {
	var items []engine.WorkItem
	for i, borrowed := range []time.Duration{0, 0, time.Millisecond, 40 * time.Millisecond, 2 * time.Second, 59 * time.Second} {
		for us := -2; us <= 2; us++ {
			items = append(items, listed(len(items), begin.Add(time.Duration(i)*time.Second+time.Duration(us)*time.Microsecond), borrowed, engine.Completed))
		}
	}
	// At the first and the last microsecond of a millisecond.
	exact := begin.Truncate(time.Millisecond)
	items = append(items, listed(100, exact, 0, engine.Queued), listed(101, exact.Add(time.Millisecond-time.Microsecond), 0, engine.Queued))
	s.commit(t, &engine.Changes{WorkItems: items})
	times := []*time.Time{nil, new(time.Unix(0, 0).UTC()), new(begin.Add(-time.Hour)), new(begin.Add(time.Hour)), new(time.Unix(-5, 0).UTC())}
	for _, w := range items {
		times = append(times, &w.CreatedAt)
	}
	for i, from := range times {
		for _, newest := range []bool{false, true} {
			lists(t, s, items, engine.WorkItemScope{CreatedFrom: from, NewestFirst: newest}, 100)
			lists(t, s, items, engine.WorkItemScope{CreatedBefore: from, NewestFirst: newest}, 100)
			before := times[(i*7+3)%len(times)]
			lists(t, s, items, engine.WorkItemScope{CreatedFrom: from, CreatedBefore: before, NewestFirst: newest}, 7)
			lists(t, s, items, engine.WorkItemScope{CreatedFrom: from, CreatedBefore: before, QueueID: id[engine.QueueID](1), NewestFirst: newest}, 100)
		}
	}
}

// matrixByAgent: whichever of the three columns names them.
func matrixByAgent(t *testing.T, s *testStore) {
	r := rand.New(rand.NewPCG(4, 1))
	c := &engine.Changes{}
	for _, n := range r.Perm(60) {
		c.Rows = append(c.Rows, new(matrixRow(n, r.Perm(6)[:1+r.IntN(3)]...)))
	}
	s.commit(t, c)
	for n := range 7 { // the last is in none
		agent := id[engine.AgentID](n)
		want := filter(c.Rows, func(row *engine.PreferredAgents) bool { return slices.Contains(row.Agents, agent) }, func(row *engine.PreferredAgents) string { return string(row.ContactID) })
		slices.Sort(want)
		if len(want) < 5 && n < 6 {
			t.Errorf("agent %d is in %d rows: too few to tell", n, len(want))
		}
		for _, first := range []int{1, 2, 7, 100} {
			same(t, fmt.Sprintf("rows of agent %d", n), walk(t, first, rowID, func(p engine.Page) ([]engine.PreferredAgents, error) {
				return s.PreferredAgentsPage(ctx, agent, p)
			}), want)
		}
	}
	slices.SortFunc(c.Rows, func(a, b *engine.PreferredAgents) int { return cmp.Compare(a.ContactID, b.ContactID) })
	same(t, "whole rows", must[[]engine.PreferredAgents](t)(s.PreferredAgentsPage(ctx, "", engine.Page{First: 100})), values(c.Rows))
}

func rowID(row engine.PreferredAgents) string { return string(row.ContactID) }

func matrixAsAWhole(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for i := range 10 {
		c.Rows = append(c.Rows, new(matrixRow((i*7+3)%10, i+1)))
	}
	s.commit(t, c)
	for _, first := range []int{1, 3, 10, 100} {
		same(t, "rows", walk(t, first, rowID, func(p engine.Page) ([]engine.PreferredAgents, error) {
			return s.PreferredAgentsPage(ctx, "", p)
		}), upTo[engine.ContactID](10))
	}
	for _, text := range nonsense[1:] {
		if rows, err := s.PreferredAgentsPage(ctx, engine.AgentID(text), engine.Page{First: 5}); err != nil || len(rows) > 0 {
			t.Errorf("rows of agent %q: %v, %v", text, rows, err)
		}
	}
}

// decisionsOfOffers: those that made these offers and no others, of more offers than one query asks for.
func decisionsOfOffers(t *testing.T, s *testStore) {
	const items = loadChunk + 20
	c, want, ids := &engine.Changes{}, map[engine.OfferID]string{}, []engine.OfferID{"of_none"}
	made := func(n, which int) {
		o := &engine.Offer{
			ID: id[engine.OfferID](2*n + which), WorkItemID: id[engine.WorkItemID](n), AgentID: id[engine.AgentID](which), State: engine.OfferRejected,
			Path: engine.PathNextBest, OfferedAt: after(3*n + which),
		}
		ev := decision(n)
		ev.At, ev.AgentID, ev.Decision.AgentID, ev.Decision.OfferID = o.OfferedAt, o.AgentID, &o.AgentID, &o.ID
		if n%2 == 0 || which == 0 {
			ids = append(ids, o.ID)
			want[o.ID] = fmt.Sprintf("1.1.%d %s %s", len(c.Events), o.WorkItemID, o.OfferedAt.Format(time.RFC3339Nano))
		}
		c.Offers, c.Events = append(c.Offers, o), append(c.Events, ev)
	}
	for n := range items {
		made(n, 0)
		nobody := decision(n)
		nobody.At = after(3 * n) // the same instant, but it made none
		nobody.Decision.AgentID, nobody.Decision.OfferID = nil, nil
		c.Events = append(c.Events, nobody)
		made(n, 1)
	}
	s.commit(t, c)
	got := map[engine.OfferID]string{}
	for _, d := range must[[]engine.Decision](t)(s.DecisionsOf(ctx, ids)) {
		got[*d.OfferID] = fmt.Sprintf("%s %s %s", d.ID, d.WorkItemID, d.DecidedAt.Format(time.RFC3339Nano))
	}
	same(t, "decisions", got, want)
	same(t, "of nothing", len(must[[]engine.Decision](t)(s.DecisionsOf(ctx, nil))), 0)
}
