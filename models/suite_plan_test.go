package models

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"rapport/engine"
)

var planTests = []storeTest{{"reads use an index", readsUseAnIndex}}

// growing are the tables that grow with the customers and with time: none of them may be read as a whole.
var growing = []string{"contacts", "contact_terms", "preferred_agents", "work_items", "offers", "assignments", "declines", "events", "idempotency_keys"}

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
			rows, err := strconv.Atoi(digits)
			much := err == nil && rows > loadChunk
			if much && (strings.Contains(line, "filesort") || strings.Contains(line, "temporary") || strings.Contains(line, " type=range key=PRIMARY ")) {
				return true
			}
		case !mysql && line == "SCAN "+table, // "SCAN t USING INDEX i" is of a partial index
			// A search without a constraint is how SQLite calls the scan for MIN.
			!mysql && line == "SEARCH "+table+" USING PRIMARY KEY",
			!mysql && strings.HasPrefix(line, "SEARCH "+table+" USING PRIMARY KEY ") && openEnded(line):
			return true
		}
	}
	return !mysql && strings.HasPrefix(line, "USE TEMP B-TREE")
}

// openEnded tells whether SQLite walks a primary key from a place on and looks for what fits.
func openEnded(line string) bool {
	_, constraint, _ := strings.Cut(line, " USING PRIMARY KEY ")
	return constraint == "(id>?)" || constraint == "(id<?)" || strings.HasSuffix(constraint, "(epoch,batch_seq,idx)>(?,?,?))") ||
		strings.HasPrefix(constraint, "(contact_id>")
}

// sorts tells whether all that is wrong with a line is that something is sorted.
func sorts(line string) bool {
	return strings.HasPrefix(line, "USE TEMP B-TREE") ||
		strings.Contains(line, "filesort") && !strings.Contains(line, " type=ALL ") && !strings.Contains(line, " type=index ")
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
		item.WorkstreamID, item.AgentID = id[engine.WorkstreamID](i%20), id[engine.AgentID](i%100)
		o, a := offer(i, i, i%100, !open), assignment(i, i, i%100, !open)
		known := contact(i, true)
		if i%100 == 0 {
			known.FullName = fmt.Sprint("Rare", i)
		}
		c.Contacts, c.Rows = append(c.Contacts, &known), append(c.Rows, new(matrixRow(i, 1+i%50, 51+i%10, 61+i%30)))
		c.WorkItems, c.Offers, c.Assignments = append(c.WorkItems, item), append(c.Offers, &o), append(c.Assignments, &a)
		c.Declines = append(c.Declines, decline(i, i%100))
		e := decision(i)
		e.AgentID, e.QueueID, e.ContactID = id[engine.AgentID](i%100), item.QueueID, item.ContactID
		c.Events = append(c.Events, e, engine.Event{Type: engine.EventWorkItemCreated, At: after(i), Actor: "system", WorkItemID: item.ID})
		if i%9 == 0 {
			c.Events = append(c.Events, presenceChange(i%100, i, engine.StatusBusy, engine.StatusAvailable))
		}
		c.Grants = append(c.Grants, grant(i%40, i/40))
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
			if all := strings.Join(plan, " "); !strings.Contains(all, r.index) && !strings.Contains(all, "Impossible WHERE") {
				t.Errorf("%s does not use %s:\n\t%s\n\t%s", r.name, r.index, q.sql, plan)
			}
			for _, line := range plan {
				// A page of everything walks the primary key and stops.
				if scans(s.mysql, line) && !(r.everything && strings.Contains(q.sql, "LIMIT") && !strings.Contains(line, "filesort")) &&
					!(r.sorts && sorts(line)) {
					t.Errorf("%s reads a whole table:\n\t%s\n\t%s", r.name, q.sql, line)
				}
			}
		}
		heard() // the EXPLAINs
	}
}

type readCase struct {
	name string
	// sorts: what has to be sorted is bounded, or the method's comment says what it grows with.
	sorts bool
	// everything: without a filter.
	everything bool
	read       func() error
	// index is the one that has to be used, "" for any.
	index string
}

// readCases is every method that reads, with every filter.
func readCases(s *testStore) []readCase {
	var list []readCase
	add := func(name string, everything bool, read func() error) {
		list = append(list, readCase{name: name, everything: everything, read: read})
	}
	sorted := func(name string, read func() error) {
		list = append(list, readCase{name: name, sorts: true, read: read})
	}
	page, further := engine.Page{First: 50}, engine.Page{First: 50, After: string(id[engine.WorkItemID](2000))}
	c, w, a, q := id[engine.ContactID](7), id[engine.WorkItemID](7), id[engine.AgentID](7), id[engine.QueueID](3)
	// Of the events it reads the last one, which is where the walk along the primary key begins.
	list = append(list, readCase{name: "Load", sorts: true, everything: true, read: func() error { _, err := s.Load(ctx); return err }})
	add("Facts", false, func() error {
		_, _, err := s.Facts(ctx, engine.Needs{
			Contacts: []engine.ContactID{c}, WorkItems: []engine.WorkItemID{w}, Offers: []engine.OfferID{id[engine.OfferID](7)},
			Records: []engine.ContactID{c}, Preferred: []engine.AgentID{a},
		}, []engine.KeyRef{{Principal: "p", Key: "1"}, {Principal: "p", Key: "2"}}, begin)
		return err
	})
	add("Contacts", false, func() error { _, err := s.Contacts(ctx, []engine.ContactID{c}); return err })
	add("WorkItems", false, func() error { _, err := s.WorkItems(ctx, []engine.WorkItemID{w}); return err })
	add("Offers", false, func() error { _, err := s.Offers(ctx, []engine.OfferID{"of_7", "of_8"}); return err })
	add("Assignments", false, func() error { _, err := s.Assignments(ctx, []engine.AssignmentID{"as_7"}); return err })
	add("PreferredAgents", false, func() error { _, err := s.PreferredAgents(ctx, []engine.ContactID{c}); return err })
	add("OpenOffers", false, func() error { _, err := s.OpenOffers(ctx, a); return err })
	add("OldestWaiting", false, func() error { _, _, err := s.OldestWaiting(ctx); return err })
	add("Sweep", false, func() error { return s.Sweep(ctx, after(3).UnixMicro()) })
	for name, p := range map[string]engine.Page{"first page of ": page, "further page of ": further} {
		add(name+"ContactPage", true, func() error { _, err := s.ContactPage(ctx, "", p); return err })
		add(name+"PreferredAgentsPage", true, func() error { _, err := s.PreferredAgentsPage(ctx, "", p); return err })
		p.After = strings.Replace(p.After, "wi_", "ct_", 1)
		for _, search := range []string{"rare17", "rare", "contact rare17", "contact 17"} {
			sorted(name+"ContactPage "+search, func() error { _, err := s.ContactPage(ctx, search, p); return err })
		}
		add(name+"PreferredAgentsPage by agent", false, func() error { _, err := s.PreferredAgentsPage(ctx, a, p); return err })
		p.After = strings.Replace(p.After, "ct_", "wi_", 1)
		add(name+"OfferPage", false, func() error { _, err := s.OfferPage(ctx, w, p); return err })
		add(name+"AssignmentsOf", false, func() error { _, err := s.AssignmentsOf(ctx, w, p); return err })
		add(name+"AssignmentPage", false, func() error { _, err := s.AssignmentPage(ctx, a, p); return err })
		sorted(name+"MemberPage", func() error { _, err := s.MemberPage(ctx, q, p); return err })
		for _, f := range planScopes() {
			add(fmt.Sprintf("%sWorkItemPage%s", name, show(f)), reflect.DeepEqual(f, engine.WorkItemScope{
				CreatedFrom: f.CreatedFrom, CreatedBefore: f.CreatedBefore, NewestFirst: f.NewestFirst, // times are a part of the ids
			}), func() error {
				_, err := s.WorkItemPage(ctx, f, p)
				return err
			})
			if one := []bool{f.QueueID != "", f.AgentID != "", f.ContactID != "", f.WorkstreamID != "", f.Reference != nil}; !slices.Contains(one, true) ||
				slices.Index(one, true) == lastIndex(one, true) {
				list[len(list)-1].index = workItemIndex(f, f.Statuses)
			}
		}
	}
	list = append(list, readCase{name: "HasWorkOf", index: "work_items_by_contact", read: func() error { _, err := s.HasWorkOf(ctx, a, c); return err }})
	add("Roles", false, func() error { _, err := s.Roles(ctx); return err }) // at most engine.MaxRoles
	add("APIKeys", false, func() error { _, err := s.APIKeys(ctx); return err })
	add("APIKeyPage", false, func() error { _, err := s.APIKeyPage(ctx, page); return err })
	add("DecisionPage", false, func() error { _, err := s.DecisionPage(ctx, w, 50, nil); return err })
	add("DecisionsOf", false, func() error {
		_, err := s.DecisionsOf(ctx, []engine.OfferID{id[engine.OfferID](7), id[engine.OfferID](8)})
		return err
	})
	add("further DecisionPage", false, func() error {
		_, err := s.DecisionPage(ctx, w, 50, &engine.EventPlace{Position: engine.Position{Epoch: 1, Seq: 1}, Index: 3})
		return err
	})
	return slices.Concat(list, presenceCases(s), streamCases(s))
}

func lastIndex[T comparable](list []T, v T) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == v {
			return i
		}
	}
	return -1
}

// planScopes are the filters of lists of work items, each alone and with a status, some together.
func planScopes() []engine.WorkItemScope {
	q, a, c, w := id[engine.QueueID](7), id[engine.AgentID](1), id[engine.ContactID](7), id[engine.WorkstreamID](7)
	ref, from, before := "ref 7", after(2000), after(2100)
	var scopes []engine.WorkItemScope
	for _, newest := range []bool{false, true} {
		for _, statuses := range [][]engine.WorkItemStatus{nil, {engine.Queued}, {engine.Completed}, {engine.Cancelled}, {engine.Completed, engine.Cancelled}} {
			for _, f := range []engine.WorkItemScope{
				{}, {QueueID: q}, {AgentID: a}, {ContactID: c}, {WorkstreamID: w}, {Reference: &ref}, {QueueID: q, ContactID: c}, {QueueID: q, AgentID: a},
				{QueueID: q, WorkstreamID: w}, {WorkstreamID: w, AgentID: a}, {WorkstreamID: w, ContactID: c}, {CreatedFrom: &from}, {CreatedBefore: &before},
				{CreatedFrom: &from, CreatedBefore: &before}, {QueueID: q, CreatedFrom: &from, CreatedBefore: &before}, {WorkstreamID: w, CreatedFrom: &from},
			} {
				f.Statuses, f.NewestFirst = statuses, newest
				scopes = append(scopes, f)
			}
		}
	}
	return scopes
}

// streamCases is everything that subscriptions begin with or resume with.
func streamCases(s *testStore) []readCase {
	var list []readCase
	c, w, a, q := id[engine.ContactID](7), id[engine.WorkItemID](7), id[engine.AgentID](7), id[engine.QueueID](3)
	for name, p := range map[string]*engine.EventPlace{
		"start of ":  nil,
		"resume of ": {Position: engine.Position{Epoch: 1, Seq: 1}, Index: filled},
	} {
		add := func(what string, everything bool, read func() error) {
			list = append(list, readCase{name: name + what, sorts: strings.HasPrefix(what, "DecisionStart"), everything: everything && p != nil, read: read})
		}
		add("OfferStart", false, func() error { _, err := s.OfferStart(ctx, a, "se_7", p); return err })
		for _, f := range []engine.PresenceSelection{{}, {QueueID: q}, {AgentIDs: []engine.AgentID{a}}, {AgentIDs: []engine.AgentID{a, id[engine.AgentID](8)}}} {
			add(fmt.Sprintf("PresenceStart%+v", f), f.QueueID == "" && f.AgentIDs == nil, func() error { _, err := s.PresenceStart(ctx, f, p); return err })
		}
		for _, f := range []engine.WorkItemSelection{
			{}, {WorkItemID: w}, {QueueID: q}, {AgentID: a}, {ContactID: c}, {QueueID: q, AgentID: a}, {QueueID: q, ContactID: c}, {AgentID: a, ContactID: c},
			{QueueID: q, AgentID: a, ContactID: c}, {WorkItemID: w, QueueID: q, AgentID: a, ContactID: c},
		} {
			add(fmt.Sprintf("WorkItemStart%+v", f), f == engine.WorkItemSelection{}, func() error { _, err := s.WorkItemStart(ctx, f, p); return err })
		}
		for _, f := range []engine.DecisionSelection{{}, {QueueID: q}, {WorkItemID: w}, {QueueID: q, WorkItemID: w}} {
			add(fmt.Sprintf("DecisionStart%+v", f), f == engine.DecisionSelection{}, func() error { _, err := s.DecisionStart(ctx, f, p); return err })
		}
	}
	return list
}
