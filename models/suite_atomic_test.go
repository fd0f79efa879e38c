package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"rapport/engine"
)

var atomicTests = []storeTest{
	{"an event beyond 4 KiB refuses the batch", eventBodyLimit},
	{"a failing row rolls the batch back", allOrNothing},
	{"a value that is too long rolls the batch back", tooLongValue},
	{"a batch of 5,000 rows of each kind", bigBatch},
	{"a statement of many long rows", longStatement},
	{"a batch given up leaves the store usable", givenUp},
	{"lock wait", lockWait},
	{"deadlock", deadlock},
	{"sessions are strict and impatient", sessionSettings},
}

// eventBodyLimit: DX-1. The largest that fits is taken.
func eventBodyLimit(t *testing.T, s *testStore) {
	event := func(n int) engine.Event { // {"from":"xxx"} has 11 bytes besides
		return engine.Event{Type: engine.EventPresenceChanged, At: begin, Actor: "system", Body: engine.EventBody{From: strings.Repeat("x", n)}}
	}
	s.commit(t, &engine.Changes{Events: []engine.Event{event(maxBody - 11)}})
	before := s.everything(t)
	err := s.Commit(ctx, s.next(&engine.Changes{Agents: []engine.Agent{agent(1, true)}, Events: []engine.Event{event(1), event(maxBody - 10)}}))
	if !errors.Is(err, engine.ErrRefused) {
		t.Errorf("the error is %v, want ErrRefused", err)
	}
	same(t, "the database", s.everything(t), before)
}

// allOrNothing: the 101st event takes a place that is taken, in the second chunk of SQLite; tables before it were written already.
func allOrNothing(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	next := s.next(&engine.Changes{
		Agents: []engine.Agent{agent(2, true)}, RowsRemoved: []engine.ContactID{id[engine.ContactID](1)}, Roles: []*engine.Role{new(role(4))},
		APIKeys: []*engine.APIKey{new(apiKey(4))}, RolesRemoved: []string{"ROLE_001"}, APIKeysRemoved: []engine.APIKeyID{id[engine.APIKeyID](1)},
	})
	for range 200 {
		next.Changes.Events = append(next.Changes.Events, decision(1))
	}
	s.raw(t, "INSERT INTO events (epoch, batch_seq, idx, type, at, actor, body) VALUES (?, ?, 100, 'X', 0, '', '')", next.At.Epoch, next.At.Seq)
	before := s.everything(t)
	if err := s.Commit(ctx, next); !errors.Is(err, engine.ErrRefused) {
		t.Errorf("the error is %v, want ErrRefused", err)
	}
	same(t, "the database", s.everything(t), before)
	s.raw(t, "DELETE FROM events WHERE idx = 100")
	if err := s.Commit(ctx, next); err != nil { // the place is still free
		t.Error(err)
	}
	same(t, "roles", idsOf(must[[]engine.Role](t)(s.Roles(ctx)), func(r engine.Role) string { return r.Name }), []string{"ROLE_002", "ROLE_003", "ROLE_004"})
}

// tooLongValue: what the engine does not limit must not be cut in silence (MySQL without strict mode does).
func tooLongValue(t *testing.T, s *testStore) {
	if !s.mysql {
		t.Skip("SQLite limits no lengths")
	}
	s.commit(t, aHouse().changes())
	before := s.everything(t)
	long := agent(2, true)
	long.Name = strings.Repeat("n", engine.MaxName+1)
	wordy, named := role(2), apiKey(2)
	wordy.Description, named.Name = strings.Repeat("d", engine.MaxRoleDescription+1), strings.Repeat("n", engine.MaxName+1)
	for _, c := range []*engine.Changes{
		{Agents: []engine.Agent{agent(1, false), long, agent(3, true)}},
		{Agents: []engine.Agent{agent(1, false)}, Roles: []*engine.Role{new(role(1)), &wordy}},
		{Roles: []*engine.Role{new(role(9))}, APIKeys: []*engine.APIKey{&named}, RolesRemoved: []string{"ROLE_001"}},
	} {
		if err := s.Commit(ctx, s.next(c)); !errors.Is(err, engine.ErrRefused) {
			t.Errorf("the error is %v, want ErrRefused", err)
		}
		same(t, "the database", s.everything(t), before)
	}
}

// bigBatch is larger than any chunk of either database.
func bigBatch(t *testing.T, s *testStore) {
	const n = 5000
	c := &engine.Changes{}
	var keys []engine.IdempotencyKey
	for i := range n {
		item := workItem(i, engine.Queued, true)
		c.WorkItems = append(c.WorkItems, item)
		c.Contacts = append(c.Contacts, new(contact(i, i%2 == 0)))
		c.Events = append(c.Events, engine.Event{Type: engine.EventWorkItemCreated, At: after(i), Actor: "system", WorkItemID: item.ID})
		keys = append(keys, key("p", fmt.Sprint(i), i))
	}
	s.commit(t, c, keys...)
	for table, want := range map[string]int{"work_items": n, "contacts": n, "events": n, "idempotency_keys": n} {
		if got := s.count(t, table); got != want {
			t.Errorf("%s has %d rows, want %d", table, got, want)
		}
	}
	same(t, "a work item in the middle", must[[]engine.WorkItem](t)(s.WorkItems(ctx, []engine.WorkItemID{c.WorkItems[2500].ID}))[0], c.WorkItems[2500])
	var ids []engine.ContactID
	for _, contact := range c.Contacts {
		ids = append(ids, contact.ID)
	}
	same(t, "5,000 contacts by id", len(must[[]engine.Contact](t)(s.Contacts(ctx, ids))), n)
	refs := idsOf(keys, func(k engine.IdempotencyKey) engine.KeyRef { return k.KeyRef })
	facts, found, err := s.Facts(ctx, engine.Needs{Contacts: ids}, refs, begin)
	if err != nil || len(facts.Contacts) != n || len(found) != n {
		t.Errorf("Facts found %d contacts and %d keys of %d: %v", len(facts.Contacts), len(found), n, err)
	}
	same(t, "loaded", len(must[engine.Snapshot](t)(s.Load(ctx)).WorkItems), n)
}

// longStatement: 1,000 decisions of 4 KiB, which MySQL gets in one statement.
func longStatement(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for range 1000 {
		c.Events = append(c.Events, engine.Event{
			Type: engine.EventPresenceChanged, At: begin, Actor: "system", Body: engine.EventBody{From: strings.Repeat(`\`, maxBody/2-10)},
		})
	}
	s.commit(t, c)
	same(t, "events", s.count(t, "events"), 1000)
}

// givenUp: a context that ends in the middle leaves nothing written and no transaction open.
func givenUp(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	c := &engine.Changes{}
	for i := range 3000 {
		c.WorkItems = append(c.WorkItems, workItem(100+i, engine.Queued, true))
	}
	before := s.everything(t)
	short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	if err := s.Commit(short, s.next(c)); err == nil {
		t.Fatal("the batch was committed within 5 ms: make it larger")
	} else if errors.Is(err, engine.ErrNotOwner) {
		t.Error(err)
	}
	same(t, "the database", s.everything(t), before)
	s.commit(t, c)
	same(t, "work items", s.count(t, "work_items"), 3007)
}

// other opens a connection of somebody else, in a transaction.
func (s *testStore) other(t *testing.T) *sql.Tx {
	t.Helper()
	db := must[*sql.DB](t)(sql.Open("mysql", s.db))
	t.Cleanup(func() { _ = db.Close() })
	tx := must[*sql.Tx](t)(db.Begin())
	t.Cleanup(func() { _ = tx.Rollback() }) // so that the database can be dropped
	return tx
}

// impatient opens the same database with a short time to wait for locks.
func (s *testStore) impatient(t *testing.T) *testStore {
	t.Helper()
	cfg := must[*mysql.Config](t)(mysql.ParseDSN(s.db))
	cfg.Params = map[string]string{"innodb_lock_wait_timeout": "1"}
	return openStoreAfter(t, s, cfg.FormatDSN())
}

// openStoreAfter gives the database back and opens it again.
func openStoreAfter(t *testing.T, s *testStore, db string) *testStore {
	t.Helper()
	if err := s.Release(ctx, s.at); err != nil {
		t.Fatal(err)
	}
	s.Close()
	return openStore(t, db)
}

// lockWait: 1205 is to be tried again, and nothing of the batch is there.
func lockWait(t *testing.T, s *testStore) {
	if !s.mysql {
		t.Skip("SQLite has one writer, who is alone")
	}
	s.commit(t, aHouse().changes())
	s = s.impatient(t)
	tx := s.other(t)
	if _, err := tx.Exec("UPDATE agents SET version = 99 WHERE id = ?", id[engine.AgentID](2)); err != nil {
		t.Fatal(err)
	}
	before := s.everything(t)
	b := s.next(&engine.Changes{Agents: []engine.Agent{agent(1, false), agent(2, true)}, Events: []engine.Event{decision(1)}})
	if err := s.Commit(ctx, b); !errors.Is(err, engine.ErrTryAgain) {
		t.Errorf("the error is %v, want ErrTryAgain", err)
	}
	same(t, "the database", s.everything(t), before)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, b); err != nil {
		t.Errorf("the same batch again: %v", err)
	}
}

// deadlock: 1213 is to be tried again. The other transaction has changed more, so that InnoDB ends ours.
func deadlock(t *testing.T, s *testStore) {
	if !s.mysql {
		t.Skip("SQLite has one writer, who is alone")
	}
	house := aHouse()
	for n := range 500 {
		house.Contacts = append(house.Contacts, contact(100+n, true))
	}
	s.commit(t, house.changes())
	tx := s.other(t)
	for _, statement := range []string{"UPDATE contacts SET version = version + 1", "UPDATE queues SET version = 99"} {
		if _, err := tx.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	b := s.next(&engine.Changes{Agents: []engine.Agent{agent(1, false)}, Queues: []engine.Queue{queue(1)}})
	ours := make(chan error)
	go func() { ours <- s.Commit(ctx, b) }()
	select { // it has the agent and waits for the queue
	case err := <-ours:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := tx.Exec("UPDATE agents SET version = 99"); err != nil {
		t.Fatalf("the other transaction ended instead: %v", err)
	}
	if err := <-ours; !errors.Is(err, engine.ErrTryAgain) {
		t.Errorf("the error is %v, want ErrTryAgain", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, b); err != nil {
		t.Errorf("the same batch again: %v", err)
	}
	same(t, "the agent", must[[]engine.Agent](t)(s.Agents(ctx, []engine.AgentID{id[engine.AgentID](1)}))[0], agent(1, false))
}

// sessionSettings: whatever the server's defaults are. Without strict mode MySQL cuts what is too long and says nothing. And a statement
// whose context has ended goes on waiting for its lock on the server, holding the lease row, which keeps every further batch out for
// that long: it must be less than the writer's patience of 3 s.
func sessionSettings(t *testing.T, s *testStore) {
	if !s.mysql {
		t.Skip("SQLite has no sessions")
	}
	var mode string
	var seconds int
	if err := s.write.Raw("SELECT @@sql_mode, @@innodb_lock_wait_timeout").Row().Scan(&mode, &seconds); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(mode, "STRICT_ALL_TABLES") && !strings.Contains(mode, "STRICT_TRANS_TABLES") {
		t.Errorf("sql_mode is %q", mode)
	}
	if seconds > 3 {
		t.Errorf("a statement waits %d s for a lock", seconds)
	}
}
