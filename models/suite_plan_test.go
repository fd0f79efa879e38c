package models

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"rapport/engine"
)

var planTests = []storeTest{{"reads use an index", readsUseAnIndex}}

// growing are the tables that grow with the customers and with time: none of them may be read as a whole.
var growing = []string{"contacts", "preferred_agents", "work_items", "offers", "assignments", "declines", "events", "idempotency_keys"}

// query is a statement that a method sent.
type query struct {
	sql  string
	vars []any
}

// listen collects the queries of the store from now on.
func (s *testStore) listen(t *testing.T) func() []query {
	t.Helper()
	var mu sync.Mutex
	var heard []query
	listener := func(db *gorm.DB) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, query{db.Statement.SQL.String(), append([]any(nil), db.Statement.Vars...)})
	}
	for i, db := range []*gorm.DB{s.write, s.read} {
		if i > 0 && db == s.write {
			break
		}
		for _, err := range []error{
			db.Callback().Query().After("gorm:query").Register("test:query", listener),
			db.Callback().Row().After("gorm:row").Register("test:row", listener),
			db.Callback().Raw().After("gorm:raw").Register("test:raw", listener),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return func() []query {
		mu.Lock()
		defer mu.Unlock()
		out := heard
		heard = nil
		return out
	}
}

// plan is what the database means to do, one line for each table.
func (s *testStore) plan(t *testing.T, q query) []string {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if s.mysql {
		explain = "EXPLAIN "
	}
	var rows []map[string]any
	if err := s.write.Raw(explain+q.sql, q.vars...).Scan(&rows).Error; err != nil {
		t.Fatalf("%s: %v", q.sql, err)
	}
	var lines []string
	for _, r := range rows {
		if s.mysql {
			lines = append(lines, fmt.Sprintf("%s type=%s key=%s rows=%v %s", text(r["table"]), text(r["type"]), text(r["key"]), text(r["rows"]), text(r["Extra"])))
		} else {
			lines = append(lines, text(r["detail"]))
		}
	}
	return lines
}

func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// scans tells whether a line of a plan reads a growing table as a whole, or so much of it that it has to be sorted.
func scans(mysql bool, line string) bool {
	for _, table := range growing {
		switch {
		case mysql && strings.HasPrefix(line, table+" "):
			if strings.Contains(line, " type=ALL ") || strings.Contains(line, " type=index ") {
				return true
			}
			_, after, _ := strings.Cut(line, " rows=")
			digits, _, _ := strings.Cut(after, " ")
			if rows, err := strconv.Atoi(digits); err == nil && rows > filled/10 && strings.Contains(line, "filesort") {
				return true
			}
		case !mysql && line == "SCAN "+table, // "SCAN t USING INDEX i" is of a partial index
			// A search without a constraint is how SQLite calls the scan for MIN.
			!mysql && line == "SEARCH "+table+" USING PRIMARY KEY":
			return true
		}
	}
	return false
}

// filled is how many rows the growing tables have here, and how many of them are open.
const filled, filledOpen = 4000, 40

// fill puts so much into the tables that no plan is chosen because they are small.
func fill(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for i := range 100 {
		c.Agents, c.Members = append(c.Agents, agent(i, true)), append(c.Members, queueMember(i%5, i))
		c.Queues, c.Workstreams = append(c.Queues, queue(i)), append(c.Workstreams, workstream(i, true))
	}
	var keys []engine.IdempotencyKey
	for i := range filled {
		status, open := engine.Completed, i%(filled/filledOpen) == 0
		if open {
			status = []engine.WorkItemStatus{engine.Queued, engine.Offered, engine.Assigned}[i/100%3]
		}
		item := workItem(i, status, true)
		item.QueueID, item.ContactID = id[engine.QueueID](i%50), id[engine.ContactID](i)
		o, a := offer(i, i, i%100, !open), assignment(i, i, i%100, !open)
		c.Contacts, c.Rows = append(c.Contacts, new(contact(i, true))), append(c.Rows, new(matrixRow(i, 1, 2)))
		c.WorkItems, c.Offers, c.Assignments = append(c.WorkItems, item), append(c.Offers, &o), append(c.Assignments, &a)
		c.Declines = append(c.Declines, decline(i, i%100))
		e := decision(i)
		e.AgentID, e.QueueID, e.ContactID = id[engine.AgentID](i%100), item.QueueID, item.ContactID
		c.Events = append(c.Events, e, engine.Event{Type: engine.EventWorkItemCreated, At: after(i), Actor: "system", WorkItemID: item.ID})
		keys = append(keys, key("p", fmt.Sprint(i), i))
	}
	s.commit(t, c, keys...)
	if s.mysql {
		s.raw(t, "ANALYZE TABLE "+strings.Join(tables[:], ", "))
	}
}

// readsUseAnIndex: what a read costs must not grow with the work of all past days.
func readsUseAnIndex(t *testing.T, s *testStore) {
	fill(t, s)
	heard := s.listen(t)
	for _, r := range readCases(s) {
		if err := r.read(); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		queries := heard()
		if len(queries) == 0 {
			t.Errorf("%s: no query was heard", r.name)
		}
		for _, q := range queries {
			plan := s.plan(t, q)
			if testing.Verbose() {
				t.Logf("%s: %s\n\t%s", r.name, q.sql, strings.Join(plan, "\n\t"))
			}
			for _, line := range plan {
				// A page of everything walks the primary key and stops.
				if scans(s.mysql, line) && !(r.everything && strings.Contains(q.sql, "LIMIT") && !strings.Contains(line, "filesort")) {
					t.Errorf("%s reads a whole table:\n\t%s\n\t%s", r.name, q.sql, line)
				}
			}
		}
		heard() // the EXPLAINs
	}
}

type readCase struct {
	name string
	// everything: without a filter.
	everything bool
	read       func() error
}

// readCases is every method that reads, with every filter.
func readCases(s *testStore) []readCase {
	var list []readCase
	add := func(name string, everything bool, read func() error) {
		list = append(list, readCase{name, everything, read})
	}
	page, further := engine.Page{First: 50}, engine.Page{First: 50, After: string(id[engine.WorkItemID](2000))}
	c, w, a, q := id[engine.ContactID](7), id[engine.WorkItemID](7), id[engine.AgentID](7), id[engine.QueueID](7)
	add("Load", false, func() error { _, err := s.Load(ctx); return err })
	add("Facts", false, func() error {
		_, _, err := s.Facts(ctx, engine.Needs{
			Contacts: []engine.ContactID{c}, WorkItems: []engine.WorkItemID{w}, Offers: []engine.OfferID{id[engine.OfferID](7)},
		}, []engine.KeyRef{{Principal: "p", Key: "1"}, {Principal: "p", Key: "2"}}, begin)
		return err
	})
	add("Contacts", false, func() error { _, err := s.Contacts(ctx, []engine.ContactID{c}); return err })
	add("WorkItems", false, func() error { _, err := s.WorkItems(ctx, []engine.WorkItemID{w}); return err })
	add("Offers", false, func() error { _, err := s.Offers(ctx, []engine.OfferID{"of_7", "of_8"}); return err })
	add("Assignments", false, func() error { _, err := s.Assignments(ctx, []engine.AssignmentID{"as_7"}); return err })
	add("PreferredAgents", false, func() error { _, err := s.PreferredAgents(ctx, []engine.ContactID{c}); return err })
	add("OpenOffers", false, func() error { _, err := s.OpenOffers(ctx, a); return err })
	add("OfferStart", false, func() error { _, err := s.OfferStart(ctx, a, "se_7"); return err })
	add("OldestWaiting", false, func() error { _, _, err := s.OldestWaiting(ctx); return err })
	add("Sweep", false, func() error { return s.Sweep(ctx, after(3).UnixMicro()) })
	for name, p := range map[string]engine.Page{"first page of ": page, "further page of ": further} {
		add(name+"ContactPage", true, func() error { _, err := s.ContactPage(ctx, p); return err })
		add(name+"OfferPage", false, func() error { _, err := s.OfferPage(ctx, w, p); return err })
		add(name+"AssignmentPage", false, func() error { _, err := s.AssignmentPage(ctx, a, p); return err })
		add(name+"MemberPage", false, func() error { _, err := s.MemberPage(ctx, q, p); return err })
		for _, status := range []engine.WorkItemStatus{"", engine.Queued, engine.Completed, engine.Cancelled} {
			for _, f := range []engine.WorkItemScope{{Status: status}, {Status: status, QueueID: q}, {Status: status, ContactID: c}, {Status: status, QueueID: q, ContactID: c}} {
				add(fmt.Sprintf("%sWorkItemPage%+v", name, f), f == engine.WorkItemScope{}, func() error { _, err := s.WorkItemPage(ctx, f, p); return err })
			}
		}
	}
	add("DecisionPage", false, func() error { _, err := s.DecisionPage(ctx, w, 50, nil); return err })
	add("further DecisionPage", false, func() error {
		_, err := s.DecisionPage(ctx, w, 50, &engine.EventPlace{Position: engine.Position{Epoch: 1, Seq: 1}, Index: 3})
		return err
	})
	return list
}
