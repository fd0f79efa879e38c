package models

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/dbtest"
)

// schema is the tables with their columns, and all indexes, as text.
func (s *testStore) schema(t testing.TB) string {
	t.Helper()
	statement := "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
	if s.mysql {
		statement = `SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, collation_name) FROM information_schema.columns
			WHERE table_schema = DATABASE() UNION ALL
			SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics
			WHERE table_schema = DATABASE() ORDER BY 1`
	}
	var lines []string
	if err := s.write.Raw(statement).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func (s *testStore) dialect() string {
	if s.mysql {
		return "mysql"
	}
	return "sqlite"
}

func TestMigrateTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		s := open(t)
		s.commit(t, aHouse().changes(), key("p", "k", 1))
		list := must[[]migration](t)(migrations(s.dialect()))
		same(t, "migrations", s.count(t, "schema_migrations"), len(list))
		schema, rows := s.schema(t), s.everything(t)
		for range 2 {
			s.Close()
			s = &testStore{Store: must[*Store](t)(Open(ctx, s.db, "again")), db: s.db}
			t.Cleanup(s.Close)
		}
		same(t, "the schema", s.schema(t), schema)
		same(t, "the rows", s.everything(t), rows)
		same(t, "migrations", s.count(t, "schema_migrations"), len(list))
	})
}

// TestNewerDatabaseIsRefused: an old program must not write into what it does not know.
func TestNewerDatabaseIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		s := open(t)
		s.raw(t, "INSERT INTO schema_migrations (version, name) VALUES (99, '0099_later')")
		s.Close()
		for range 2 { // the second time tells that the file was unlocked again
			if _, err := Open(ctx, s.db, "old"); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "version 99") {
				t.Errorf("the error is %v, want ErrNewer", err)
			}
		}
	})
}

// TestInterruptedMigration: MySQL can't take back the tables that were made before the server was killed.
func TestInterruptedMigration(t *testing.T) {
	server := dbtest.Shared(t)
	statements := must[[]migration](t)(migrations("mysql"))[0].statements
	whole := openStore(t, server.NewDatabase(t))
	for _, done := range []int{1, 2, 3, len(statements) / 2, len(statements)} {
		db := server.NewDatabase(t)
		half := openBlank(t, true, db)
		half.exec(statements[:done]...)
		half.close()
		s := openStore(t, db)
		same(t, fmt.Sprintf("the schema after %d statements", done), s.schema(t), whole.schema(t))
		same(t, "the place", s.at, engine.Position{Epoch: 1})
	}
}

// TestInterruptedUpgrade: killed after each statement of the second migration, and after some and after all of the contacts' terms.
func TestInterruptedUpgrade(t *testing.T) {
	server := dbtest.Shared(t)
	list := must[[]migration](t)(migrations("mysql"))[:2]
	whole := openStore(t, server.NewDatabase(t))
	var terms []contactTermRow
	for done := range len(list[1].statements) + 3 {
		db := server.NewDatabase(t)
		half := openBlank(t, true, db)
		half.makeVersion(list[:1])
		half.insertContacts(20, 0)
		half.exec(list[1].statements[:min(done, len(list[1].statements))]...)
		if extra := done - len(list[1].statements); extra > 0 {
			for _, row := range terms[:len(terms)*extra/2] {
				half.exec(fmt.Sprintf("INSERT INTO contact_terms (contact_id, term) VALUES ('%s', '%s')", row.ContactID, row.Term))
			}
		}
		half.close()
		s := openStore(t, db)
		same(t, fmt.Sprintf("the schema after %d statements", done), s.schema(t), whole.schema(t))
		terms = wantTerms(s.stored(t).Contacts) // which compares them with what is there
		same(t, "terms", len(terms), 60)
		s.Close()
	}
}

// TestInterruptedUpgradeToAccess: killed after each statement of the third migration.
func TestInterruptedUpgradeToAccess(t *testing.T) {
	server := dbtest.Shared(t)
	list := must[[]migration](t)(migrations("mysql"))[:3]
	whole := openStore(t, server.NewDatabase(t))
	for done := range len(list[2].statements) + 1 {
		db := server.NewDatabase(t)
		half := openBlank(t, true, db)
		half.makeVersion(list[:2])
		half.exec(list[2].statements[:done]...)
		half.close()
		s := openStore(t, db)
		same(t, fmt.Sprintf("the schema after %d statements", done), s.schema(t), whole.schema(t))
		s.commit(t, aHouse().changes())
		same(t, "roles", s.stored(t).Roles, aHouse().Roles)
		s.Close()
	}
}

// insertAgentsOfBefore puts agents of the third version in: with every status, computed and chosen, there and away, and with some open and ended work. It gives
// what they are to become.
func (b blank) insertAgentsOfBefore() []engine.Agent {
	b.Helper()
	var want []engine.Agent
	add := func(status, captured *engine.PresenceStatus, manual, signedIn bool) {
		n := len(want)
		a := engine.Agent{
			ID: id[engine.AgentID](n), Name: fmt.Sprint("Agent ", n), CapacityUnits: new(n % 4), Version: 2, CreatedAt: after(1), UpdatedAt: after(2),
			Presence: engine.AgentPresence{
				Status: status.ID, Base: status.Base, Cause: engine.CauseRestored, Source: engine.SourceComputed, ChangedAt: after(n), SignedIn: signedIn,
			},
			Assigned: engine.CapacityUse{Units: 2}, Reserved: engine.CapacityUse{Units: 1}, OverCapacityOffers: n % 2, RankedSeq: int64(n), OpenWork: n%3 + n%2,
			ReleasedAt: new(after(9)), ManualMark: 3, SignInMark: 4,
		}
		capturedID, left := "", "NULL"
		if captured != nil {
			capturedID, a.CapturedStatus, a.CapturedSource, a.LeftAt = string(captured.ID), captured.ID, engine.SourceComputed, new(after(8))
			left = fmt.Sprint(after(8).UnixMicro())
		}
		if manual {
			a.Presence.Source = engine.SourceManual
			if captured != nil {
				a.CapturedSource = engine.SourceManual
			}
		}
		if !signedIn {
			a.Presence.Source = engine.SourceSignedOut
		}
		want = append(want, a)
		truth := map[bool]int{true: 1}
		b.exec(fmt.Sprintf(`INSERT INTO agents (id, name, capacity_units, status, presence_cause, presence_changed_at, presence_manual, signed_in, assigned_units,
			reserved_units, over_capacity_offers, ranked_seq, manual_mark, sign_in_mark, captured_status, captured_manual, left_at, version, created_at, updated_at,
			released_at) VALUES ('%s', '%s', %d, '%s', 'RESTORED', %d, %d, %d, 2, 1, %d, %d, 3, 4, '%s', %d, %s, 2, %d, %d, %d)`,
			a.ID, a.Name, n%4, status.ID, after(n).UnixMicro(), truth[manual], truth[signedIn], n%2, n, capturedID, truth[manual], left,
			after(1).UnixMicro(), after(2).UnixMicro(), after(9).UnixMicro()))
		for i := range 5 { // of offers n%2 are open, of assignments n%3
			state, ended := "OPEN", "NULL"
			if i >= n%2 {
				state = "MISSED"
			}
			if i >= n%3 {
				ended = "5"
			}
			b.exec(fmt.Sprintf(`INSERT INTO offers (id, work_item_id, agent_id, state, path, over_capacity, capacity_units, offered_at)
				VALUES ('of_%d_%d', 'wi_%d', '%s', '%s', 'NEXT_BEST', 0, 3, 1)`, n, i, i, a.ID, state),
				fmt.Sprintf(`INSERT INTO assignments (id, work_item_id, agent_id, offer_id, capacity_units, assigned_at, ended_at)
				VALUES ('as_%d_%d', 'wi_%d', '%s', '', 3, 1, %s)`, n, i, i, a.ID, ended))
		}
	}
	for _, status := range engine.BuiltInStatuses {
		for _, manual := range []bool{false, true} {
			add(status, nil, manual, true)
			add(builtIn(engine.StatusOffline), status, manual, false)
		}
	}
	add(builtIn(engine.StatusOffline), nil, false, false) // never seen
	return want
}

func builtIn(id engine.PresenceStatusID) *engine.PresenceStatus { return engine.BuiltInStatus(id) }

// upgradedToPresence compares what was inserted with what has become of it.
func (s *testStore) upgradedToPresence(t *testing.T, want []engine.Agent) {
	t.Helper()
	got := s.stored(t)
	same(t, "agents", got.Agents, want)
	for _, o := range got.Offers {
		same(t, "the cost of an offer", o.Cost, engine.CapacityCost{Units: 3, Type: engine.NotInterruptible})
	}
	for _, a := range got.Assignments {
		same(t, "the cost of an assignment", a.Cost, engine.CapacityCost{Units: 3, Type: engine.NotInterruptible})
		same(t, "held by "+string(a.ID), a.HoldsCapacity, a.EndedAt == nil)
	}
	same(t, "offers and assignments", []int{len(got.Offers), len(got.Assignments)}, []int{5 * len(want), 5 * len(want)})
}

// TestUpgradeToPresenceAndCapacity: what an agent's presence was kept by is worked out, and their open work is counted (PR-3, PR-4).
func TestUpgradeToPresenceAndCapacity(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		made := open(t)
		made.Close()
		old := openBlank(t, made.mysql, made.db)
		if made.mysql {
			old.exec("DROP TABLE engine_lease, schema_migrations, " + strings.Join(tables[:], ", "))
		} else {
			old.close()
			made.db = filepath.Join(t.TempDir(), "before.db")
			old = openBlank(t, false, made.db)
		}
		old.makeVersion(must[[]migration](t)(migrations(made.dialect()))[:3])
		want := old.insertAgentsOfBefore()
		old.close()
		s := openStore(t, made.db)
		s.upgradedToPresence(t, want)
		same(t, "the schema", s.schema(t), open(t).schema(t))
	})
}

// TestInterruptedUpgradeToPresenceAndCapacity: killed after each statement of the fourth migration.
func TestInterruptedUpgradeToPresenceAndCapacity(t *testing.T) {
	server := dbtest.Shared(t)
	list := must[[]migration](t)(migrations("mysql"))[:4]
	whole := openStore(t, server.NewDatabase(t))
	for done := range len(list[3].statements) + 1 {
		db := server.NewDatabase(t)
		half := openBlank(t, true, db)
		half.makeVersion(list[:3])
		want := half.insertAgentsOfBefore()
		half.exec(list[3].statements[:done]...)
		half.close()
		s := openStore(t, db)
		same(t, fmt.Sprintf("the schema after %d statements", done), s.schema(t), whole.schema(t))
		s.upgradedToPresence(t, want)
		s.Close()
	}
}

// insertContacts puts contacts of the first version in; the names of the first ones have no word.
func (b blank) insertContacts(n, wordless int) {
	b.Helper()
	var rows []string
	for i := range n {
		name := fmt.Sprintf("Zoë Kunde%d 山", i)
		if i < wordless {
			name = "!?"
		}
		rows = append(rows, fmt.Sprintf("('%s', '%s', 1, 1, 1)", id[engine.ContactID](i), name))
	}
	b.exec("INSERT INTO contacts (id, full_name, version, created_at, updated_at) VALUES " + strings.Join(rows, ", "))
}

// TestContactsOfBeforeAreFound: more than are read at once; among the first 500 there is no word at all.
func TestContactsOfBeforeAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		made := open(t)
		made.Close()
		old := openBlank(t, made.mysql, made.db)
		if made.mysql {
			old.exec("DROP TABLE engine_lease, schema_migrations, " + strings.Join(tables[:], ", "))
		} else {
			old.close()
			made.db = filepath.Join(t.TempDir(), "before.db")
			old = openBlank(t, false, made.db)
		}
		old.makeVersion(must[[]migration](t)(migrations(made.dialect()))[:1])
		old.insertContacts(1200, 500)
		old.close()
		s := openStore(t, made.db)
		same(t, "terms", len(s.terms(t)), 700*3)
		same(t, "contacts", len(s.stored(t).Contacts), 1200) // which compares the terms with the names
		same(t, "found", s.searches(t, "kunde1199 zoe", 2), []string{"Zoë Kunde1199 山"})
		if err := fillTerms(s.write); err != nil { // again, as after an interruption
			t.Fatal(err)
		}
		same(t, "terms", len(s.terms(t)), 700*3)
	})
}

// TestNoUpgradeUnderAServerThatIsAlive: the owner's row moves, so the schema stays what that server knows.
func TestNoUpgradeUnderAServerThatIsAlive(t *testing.T) {
	db := dbtest.Shared(t).NewDatabase(t)
	old := openBlank(t, true, db)
	old.makeVersion(must[[]migration](t)(migrations("mysql"))[:1])
	old.exec("UPDATE engine_lease SET epoch = 3, owner = 'old'")
	done := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				if _, err := old.pool.Exec("UPDATE engine_lease SET batch_seq = batch_seq + 1"); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	_, err := Open(ctx, db, "new")
	close(done)
	beats.Wait()
	if !errors.Is(err, engine.ErrHeld) {
		t.Errorf("the error is %v, want ErrHeld", err)
	}
	var versions int
	if err := old.pool.QueryRow("SELECT MAX(version) FROM schema_migrations").Scan(&versions); err != nil || versions != 1 {
		t.Errorf("the version is %d, %v", versions, err)
	}
	old.exec("INSERT INTO contacts (id, full_name, version, created_at, updated_at) VALUES ('ct_1', 'x', 1, 1, 1)")
	if _, err := old.pool.Exec("SELECT turn FROM queue_members"); err == nil {
		t.Error("the schema was changed")
	}
}

// TestMigrationsOfBothDialectsAreAlike: the same steps, tables and columns, so that one set of rows fits both.
func TestMigrationsOfBothDialectsAreAlike(t *testing.T) {
	columns := map[string]map[string][]string{}
	var names [][]string
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		s := open(t)
		of := map[string][]string{}
		for _, table := range append([]string{"engine_lease"}, tables[:]...) {
			of[table], _ = s.table(t, table)
		}
		columns[s.dialect()] = of
		names = append(names, idsOf(must[[]migration](t)(migrations(s.dialect())), func(m migration) string { return m.name }))
		var all []string
		statement := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
		if s.mysql {
			statement = "SHOW TABLES"
		}
		if err := s.write.Raw(statement).Scan(&all).Error; err != nil {
			t.Fatal(err)
		}
		known := append([]string{"engine_lease", "schema_migrations"}, tables[:]...)
		slices.Sort(known)
		slices.Sort(all)
		same(t, "tables that the tests know", known, all)
	})
	if len(names) == 2 {
		same(t, "columns", columns["mysql"], columns["sqlite"])
		same(t, "migrations", names[1], names[0])
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ db, want string }{
		{filepath.Join(t.TempDir(), "no", "such", "folder", "a.db"), "no such file or directory"},
		{t.TempDir(), "unable to open"},
		{"mysql://localhost", "looks like mysql://"},
		{"mysql://user@host/", "looks like mysql://"},
		{"mysql://user:secret@host:3306", "looks like mysql://"},
		{"user:secret@tcp(host:3306", "can't be read"},
		{"user:secret@tcp(host:3306)/", "names no database"},
		{"mysql://user:secret@127.0.0.1:1/name", "refused"},
	} {
		began := time.Now()
		s, err := Open(ctx, c.db, "test")
		if err == nil {
			s.Close()
			t.Errorf("%s was opened", c.db)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want one line with %q and without the password", c.db, err, c.want)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %v", c.db, took)
		}
	}
}

func TestParseMySQL(t *testing.T) {
	for _, c := range []struct{ db, net, addr, user, password, name string }{
		{"mysql://u:p@db.example:3307/n", "tcp", "db.example:3307", "u", "p", "n"},
		{"mysql://u:p@db.example/n", "tcp", "db.example:3306", "u", "p", "n"},
		{"mysql://u:p%40%2F%3A%23@[::1]:3306/n", "tcp", "[::1]:3306", "u", "p@/:#", "n"},
		{"mysql://u@h/n", "tcp", "h:3306", "u", "", "n"},
		{"u:p@tcp(h:1)/n?charset=utf8mb4", "tcp", "h:1", "u", "p", "n"},
		{"mysql://u:p@tcp(h:1)/n", "tcp", "h:1", "u", "p", "n"},
		{"u:p@unix(mysqld.sock)/n", "unix", "mysqld.sock", "u", "p", "n"},
	} {
		cfg, err := ParseMySQL(c.db)
		if err != nil || cfg == nil {
			t.Errorf("%s: %v", c.db, err)
			continue
		}
		same(t, c.db, []string{cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName}, []string{c.net, c.addr, c.user, c.password, c.name})
	}
	for _, path := range []string{"rapport.db", "var/a b.db", "ünï.db", "a?b#c.db", "mysql.db"} {
		if cfg, err := ParseMySQL(path); cfg != nil || err != nil {
			t.Errorf("%s is taken for MySQL: %v %v", path, cfg, err)
		}
	}
}

// TestPathsOfSQLite: a path is a path, whatever is in it.
func TestPathsOfSQLite(t *testing.T) {
	for _, name := range []string{"a b.db", "ünï 😀.db", "a?b=c&d#e.db", "100%.db", "it's.db"} {
		db := filepath.Join(t.TempDir(), name)
		s := openStore(t, db)
		s.commit(t, aHouse().changes())
		s.Close()
		found, err := filepath.Glob(filepath.Join(filepath.Dir(db), "*"))
		if err != nil || !slices.Contains(found, db) {
			t.Errorf("%q made %q", name, found)
		}
		same(t, name, openStore(t, db).count(t, "agents"), 3)
	}
}
