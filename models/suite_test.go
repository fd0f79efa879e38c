package models

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/dbtest"
)

// One suite for both databases: whatever the writer and the API rely on must hold on SQLite and on MariaDB alike. Each test gets an
// empty database that nobody else uses. The tests stand in suite_*_test.go.

var update = flag.Bool("update", false, "write the files in testdata anew")

type storeTest struct {
	name string
	run  func(*testing.T, *testStore)
}

var suite = [][]storeTest{writeTests, atomicTests, factTests, readTests, listTests, searchTests, streamTests, leaseTests, presenceTests, planTests}

func TestStore(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		runSuite(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "rapport.db") })
	})
	t.Run("mysql", func(t *testing.T) {
		server := dbtest.Shared(t)
		var mu sync.Mutex
		var used []string // tests may be parallel
		runSuite(t, func(test *testing.T) string {
			mu.Lock()
			defer mu.Unlock()
			var db string
			for db == "" && len(used) > 0 {
				if empty(test, used[0]) {
					db = used[0]
				}
				used = used[1:]
			}
			if db == "" {
				db = server.NewDatabase(t)
			}
			test.Cleanup(func() {
				mu.Lock()
				defer mu.Unlock()
				used = append(used, db)
			})
			return db
		})
	})
}

func runSuite(t *testing.T, database func(*testing.T) string) {
	for _, part := range suite {
		for _, test := range part {
			t.Run(test.name, func(t *testing.T) { test.run(t, openStore(t, database(t))) })
		}
	}
}

// empty makes a database of MySQL as good as new, which is faster than a new one; false when that would take longer.
func empty(t *testing.T, db string) bool {
	t.Helper()
	const few = 2000
	pool := must[*sql.DB](t)(sql.Open("mysql", db))
	defer pool.Close()
	tx := must[*sql.Tx](t)(pool.Begin())
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, table := range tables {
		done, err := tx.Exec(fmt.Sprintf("DELETE FROM %s LIMIT %d", table, few))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := done.RowsAffected(); err != nil || n == few {
			return false
		}
	}
	if _, err := tx.Exec("UPDATE engine_lease SET epoch = 0, batch_seq = 0, owner = ''"); err != nil {
		t.Fatal(err)
	}
	return tx.Commit() == nil
}

// onBoth runs a test for each database; open gives a store of its own on an empty one.
func onBoth(t *testing.T, test func(t *testing.T, open func(*testing.T) *testStore)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, func(t *testing.T) *testStore { return openStore(t, filepath.Join(t.TempDir(), "rapport.db")) })
	})
	t.Run("mysql", func(t *testing.T) {
		server := dbtest.Shared(t)
		test(t, func(t *testing.T) *testStore { return openStore(t, server.NewDatabase(t)) })
	})
}

// testStore is a store with where its database is and how far.
type testStore struct {
	*Store
	db string
	at engine.Position
}

// long ago epochs counted from 1; now they are times.
func long() time.Time { return time.Unix(0, 0) }

// openStore opens a database and becomes its owner.
func openStore(t testing.TB, db string) *testStore {
	t.Helper()
	s, err := Open(ctx, db, "test")
	if err != nil {
		t.Fatal(err)
	}
	s.now = long
	t.Cleanup(s.Close)
	at, err := s.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &testStore{Store: s, db: db, at: at}
}

var ctx = context.Background()

// next is the batch with these changes at the next place.
func (s *testStore) next(c *engine.Changes, keys ...engine.IdempotencyKey) *engine.Batch {
	return &engine.Batch{Before: s.at, At: engine.Position{Epoch: s.at.Epoch, Seq: s.at.Seq + 1}, Changes: c, Keys: keys}
}

// commit makes changes durable at the next place.
func (s *testStore) commit(t testing.TB, c *engine.Changes, keys ...engine.IdempotencyKey) {
	t.Helper()
	b := s.next(c, keys...)
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	s.at = b.At
}

// raw runs a statement past the store.
func (s *testStore) raw(t testing.TB, statement string, args ...any) {
	t.Helper()
	if err := s.write.Exec(statement, args...).Error; err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// tables are all tables but those of the migrations and the lease.
var tables = [...]string{
	"organizations", "contacts", "contact_terms", "agents", "sessions", "queues", "queue_members", "workstreams", "preferred_agents", "work_items",
	"offers", "assignments", "declines", "events", "idempotency_keys", "engine_epochs", "roles", "api_keys", "presence_statuses",
	"presence_status_grants", "capacity_profiles",
}

// table reads the columns and rows of a table, in the order of its primary key.
func (s *testStore) table(t testing.TB, name string) (columns []string, rows [][]any) {
	t.Helper()
	order := map[string]string{
		"contact_terms": "contact_id, term", "queue_members": "queue_id, agent_id", "preferred_agents": "contact_id", "declines": "work_item_id, agent_id",
		"events": "epoch, batch_seq, idx", "idempotency_keys": "principal, key_text", "engine_epochs": "epoch", "roles": "name",
		"presence_status_grants": "status_id, agent_id",
	}[name]
	if order == "" {
		order = "id"
	}
	found, err := s.write.Raw("SELECT * FROM " + name + " ORDER BY " + order).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	if columns, err = found.Columns(); err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range row {
			if text, ok := v.([]byte); ok {
				row[i] = string(text)
			}
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, rows
}

// everything is the whole database as text, the lease included: to see that nothing changed.
func (s *testStore) everything(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, name := range append([]string{"engine_lease"}, tables[:]...) {
		_, rows := s.table(t, name)
		for _, row := range rows {
			fmt.Fprintf(&b, "%s %q\n", name, row)
		}
	}
	return b.String()
}

// count is how many rows a table has.
func (s *testStore) count(t testing.TB, name string) int {
	t.Helper()
	var n int
	if err := s.write.Raw("SELECT COUNT(*) FROM " + name).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// begin is when everything in these tests happens, to the microsecond.
var begin = time.Date(2026, 3, 10, 9, 0, 0, 123456000, time.UTC)

// after is some microseconds later.
func after(us int) time.Time { return begin.Add(time.Duration(us) * time.Microsecond) }

// id makes the n-th id of a noun.
func id[T ~string](n int) T {
	var zero T
	prefix := map[string]string{
		"ContactID": "ct_", "AgentID": "ag_", "QueueID": "qu_", "WorkstreamID": "ws_", "WorkItemID": "wi_", "OfferID": "of_",
		"AssignmentID": "as_", "SessionID": "se_", "APIKeyID": "ak_",
		"PresenceStatusID": "ps_", "CapacityProfileID": "cp_",
	}[reflect.TypeOf(zero).Name()]
	return T(fmt.Sprintf("%s01900000-0000-7000-8000-%012x", prefix, n))
}

// must gives the value of a call that may not fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// same fails the test unless both are equal in every field.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	g, w := strings.Split(show(got), "\n"), strings.Split(show(want), "\n")
	at := 0
	for at < min(len(g), len(w)) && g[at] == w[at] {
		at++
	}
	from := max(0, at-5)
	t.Errorf("%s differs in line %d:\n got %s\nwant %s", what, at+1, strings.Join(g[from:min(at+5, len(g))], "\n     "),
		strings.Join(w[from:min(at+5, len(w))], "\n     "))
}

// pointersTo gives the addresses of the elements.
func pointersTo[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
