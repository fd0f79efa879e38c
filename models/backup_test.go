package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"rapport/engine"
	"rapport/internal/dbtest"
)

// onBackup runs a test of backups on both databases, in a folder for temporary files of its own.
func onBackup(t *testing.T, test func(t *testing.T, s *testStore)) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		s := open(t)
		t.Setenv("TMPDIR", t.TempDir()) // after the database server that all tests share was started
		test(t, s)
	})
}

// backedUp backs up a database and opens the copy.
func (s *testStore) backedUp(t *testing.T) (*testStore, engine.Position) {
	t.Helper()
	c := must[*Copy](t)(s.Backup(ctx))
	at := c.At()
	return openCopy(t, c), at
}

// openCopy takes a copy as the command does, and opens it without becoming its owner.
func openCopy(t *testing.T, c *Copy) *testStore {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	file := must[*os.File](t)(os.Create(path))
	n, err := io.Copy(file, c)
	if err := errors.Join(err, file.Close(), c.Close()); err != nil {
		t.Fatal(err)
	}
	same(t, "the size", n, c.Size())
	return openAt(t, path)
}

func openAt(t *testing.T, path string) *testStore {
	t.Helper()
	s := must[*Store](t)(Open(ctx, path, "copy"))
	t.Cleanup(s.Close)
	s.now = long
	return &testStore{Store: s, db: path}
}

// rows is everything but the lease and the migrations, as text.
func (s *testStore) rows(t *testing.T) string {
	t.Helper()
	_, rest, _ := strings.Cut(s.everything(t), "\n")
	return rest
}

// loaded is what the engine loads, as sorted lines: some of it comes in any order.
func (s *testStore) loaded(t *testing.T) string {
	t.Helper()
	snap := must[engine.Snapshot](t)(s.Load(ctx))
	v := reflect.ValueOf(snap)
	var lines []string
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if field.Kind() != reflect.Slice {
			lines = append(lines, name+" "+show(field.Interface()))
			continue
		}
		for j := range field.Len() {
			lines = append(lines, name+" "+show(field.Index(j).Interface()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// left lists what backups have left on the disk.
func (s *testStore) left(t *testing.T) []string {
	t.Helper()
	dir, name := s.deskPlace()
	return must[[]string](t)(filepath.Glob(filepath.Join(dir, name+deskMark+"*")))
}

// TestBackupIsTheDatabase: every row of every kind, the schema, the version, the place; nobody owns it.
func TestBackupIsTheDatabase(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		w := newWorld(t, s, 7)
		for range 40 {
			w.batch([]engine.Command{w.command(), w.command(), w.command()})
			w.pass()
		}
		house := aHouse().changes() // every kind of row, whatever the world came to
		odd := contact(900, true)
		odd.FullName = "İ 👩‍👩‍👧 ' \" \\ \x01 NULL"
		house.Contacts, house.Events = append(house.Contacts, &odd), append(house.Events, decision(1))
		s.commit(t, house, key("p", "k", 1))
		got, at := s.backedUp(t)
		same(t, "the place", at, s.at)
		same(t, "the lease", must[leaseRow](t)(got.lease(ctx, got.write)), leaseRow{ID: 1, Epoch: s.at.Epoch, BatchSeq: s.at.Seq})
		same(t, "the rows", got.rows(t), s.rows(t))
		same(t, "what the engine loads", got.loaded(t), s.loaded(t))
		same(t, "the schema", got.schema(t), openStore(t, filepath.Join(t.TempDir(), "new.db")).schema(t))
		for _, table := range append([]string{"schema_migrations"}, tables[:]...) {
			if n := got.count(t, table); n == 0 || n != s.count(t, table) {
				t.Errorf("%s has %d rows, want %d and some", table, n, s.count(t, table))
			}
		}
		// The next owner goes on from the copy, so that cursors from before the backup still tell what came later.
		next := must[engine.Position](t)(got.Acquire(ctx))
		same(t, "the next epoch", next, engine.Position{Epoch: s.at.Epoch + 1})
		if left := s.left(t); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
	})
}

// TestTextIsText: an id that came as bytes is found by its text.
func TestTextIsText(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		s.commit(t, aHouse().changes(), key("p", "k", 1))
		got, _ := s.backedUp(t)
		for _, table := range tables {
			columns, _ := got.table(t, table)
			for _, column := range columns {
				var blobs int
				if err := got.write.Raw("SELECT COUNT(*) FROM " + table + " WHERE typeof(" + column + ") = 'blob'").Scan(&blobs).Error; err != nil {
					t.Fatal(err)
				}
				if blobs > 0 {
					t.Errorf("%s.%s has %d values that are no text", table, column, blobs)
				}
			}
		}
		same(t, "agents by id", len(must[[]engine.Agent](t)(got.Agents(ctx, []engine.AgentID{id[engine.AgentID](2)}))), 1)
	})
}

// TestBackupUnderLoad: whatever is written meanwhile, a copy is the database at one place, and at one that the writer was at between the
// backup's beginning and its end. Each batch writes its number into rows of several tables and three events.
func TestBackupUnderLoad(t *testing.T) {
	const ballast, backups = 30_000, 4 // so that making a copy takes many batches
	onBackup(t, func(t *testing.T, s *testStore) {
		must[engine.Snapshot](t)(s.Load(ctx)) // makes the organisation
		c := &engine.Changes{}
		for n := range ballast {
			c.Contacts = append(c.Contacts, new(contact(1000+n, true)))
		}
		s.commit(t, c)
		epoch, first := s.at.Epoch, s.at.Seq // from here on s.at is the load's
		load := startLoad(t, s)
		between := 0
		for range backups {
			from := load.position()
			c := must[*Copy](t)(s.Backup(ctx))
			to := load.position()
			at := c.At()
			if at.Epoch != epoch || at.Seq < from || at.Seq > to+1 { // +1: committed and not yet noted
				t.Errorf("the copy is at %v, made between %d and %d", at, from, to)
			}
			if at.Seq < to {
				between++
			}
			checkNumbered(t, openCopy(t, c), at, first, ballast)
		}
		load.stop()
		if between == 0 {
			t.Error("nothing was written while a backup was made: the test tells nothing")
		}
		t.Logf("%d batches, %d of %d backups in the middle", load.position()-first, between, backups)
	})
}

// load commits numbered batches one after the other.
type load struct {
	stop     func()
	position func() int64
}

func startLoad(t *testing.T, s *testStore) load {
	var mu sync.Mutex
	at := s.at.Seq
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for running.Err() == nil {
			b := s.next(numbered(int(s.at.Seq + 1)))
			if err := s.Commit(ctx, b); err != nil {
				done <- err
				return
			}
			s.at = b.At
			mu.Lock()
			at = b.At.Seq
			mu.Unlock()
		}
		done <- nil
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the writer stopped: %v", err)
		}
	})
	t.Cleanup(stop)
	return load{stop: stop, position: func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return at
	}}
}

// numbered is batch n: rows of the first and the last table, of those between, and a new one in each batch.
func numbered(n int) *engine.Changes {
	org := organization()
	org.Version = n
	a, q, row, item := agent(1, true), queue(1), matrixRow(1, 1, 2), workItem(n, engine.Queued, true)
	a.Version, q.Version, row.Version, item.Priority = n, n, n, n
	d := decline(1, 1)
	d.Count = n
	events := make([]engine.Event, 3)
	for i := range events {
		events[i] = engine.Event{Type: engine.EventWorkItemCreated, At: after(n), Actor: "system", WorkItemID: item.ID}
	}
	return &engine.Changes{
		Organization: org, Agents: []engine.Agent{a}, Queues: []engine.Queue{q}, Rows: []*engine.PreferredAgents{&row},
		WorkItems: []engine.WorkItem{item}, Declines: []engine.Decline{d}, Events: events,
	}
}

// checkNumbered: the copy is as after batch at.Seq, and as after no other.
func checkNumbered(t *testing.T, got *testStore, at engine.Position, first int64, ballast int) {
	t.Helper()
	n := int(at.Seq)
	snap := must[engine.Snapshot](t)(got.Load(ctx))
	rows := must[[]engine.PreferredAgents](t)(got.PreferredAgents(ctx, []engine.ContactID{id[engine.ContactID](1)}))
	if len(snap.Agents) == 0 {
		if at.Seq != first {
			t.Errorf("at %v there are no agents", at)
		}
		return
	}
	same(t, "the numbers in the rows", []int{snap.Organization.Version, snap.Agents[0].Version, snap.Queues[0].Version, rows[0].Version},
		[]int{n, n, n, n})
	same(t, "work items", len(snap.WorkItems), n-int(first))
	same(t, "the last of them", snap.WorkItems[len(snap.WorkItems)-1].Priority, n)
	same(t, "contacts", got.count(t, "contacts"), ballast)
	var events struct{ Rows, Batches, Least, Most int }
	const query = "SELECT COUNT(*) AS rows, COUNT(DISTINCT batch_seq) AS batches, MIN(batch_seq) AS least, MAX(batch_seq) AS most FROM events"
	if err := got.write.Raw(query).Scan(&events).Error; err != nil {
		t.Fatal(err)
	}
	if b := n - int(first); events.Rows != 3*b || events.Batches != b || events.Least != int(first)+1 || events.Most != n {
		t.Errorf("at %v the events are %+v, want three of each batch from %d on", at, events, first+1)
	}
	var integrity string
	if err := got.write.Raw("PRAGMA integrity_check").Scan(&integrity).Error; err != nil || integrity != "ok" {
		t.Errorf("the copy is damaged: %s, %v", integrity, err)
	}
}

// TestBackupOfAWorld: the same with every kind of row, compared row by row with the database as it was at that place.
func TestBackupOfAWorld(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		w := newWorld(t, s, 3)
		was := map[engine.Position]string{s.at: s.rows(t)}
		done, copies := make(chan struct{}), make(chan *Copy, 1000)
		go func() { // the world uses t.Fatal, so that it is the backups that run beside it
			defer close(copies)
			for {
				c, err := s.Backup(ctx)
				if err != nil {
					t.Errorf("back up: %v", err)
					return
				}
				copies <- c
				select {
				case <-done:
					return
				default:
				}
			}
		}()
		for range 60 {
			w.batch([]engine.Command{w.command(), w.command(), w.command()})
			was[s.at] = s.rows(t)
			w.now = w.now.Add(time.Second)
			w.batch([]engine.Command{engine.Tick{}})
			was[s.at] = s.rows(t)
		}
		close(done)
		places := map[engine.Position]bool{}
		for c := range copies {
			at := c.At()
			if places[at] {
				_ = c.Close()
				continue
			}
			places[at] = true
			want, ok := was[at]
			if !ok {
				t.Errorf("the database was never at %v", at)
			}
			same(t, fmt.Sprint("the rows at ", at), openCopy(t, c).rows(t), want)
		}
		if len(places) < 3 {
			t.Errorf("the copies are of %d places only", len(places))
		}
		t.Logf("copies of %d places", len(places))
	})
}

// TestBackupGivenUp: a backup that its client no longer wants ends soon and leaves nothing.
func TestBackupGivenUp(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		c := &engine.Changes{}
		for n := range 20_000 {
			c.Contacts = append(c.Contacts, new(contact(n, true)))
		}
		s.commit(t, c)
		for _, patience := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond} {
			short, cancel := context.WithTimeout(ctx, patience)
			began := time.Now()
			if _, err := s.Backup(short); err == nil {
				t.Errorf("a backup was made within %s: make the database larger", patience)
			}
			cancel()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
		}
		if left := s.left(t); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
		s.commit(t, &engine.Changes{Agents: []engine.Agent{agent(1, true)}})
		got, at := s.backedUp(t)
		same(t, "the place of the next", at, s.at)
		same(t, "contacts", got.count(t, "contacts"), 20_000)
	})
}

// TestClearBackups: what a killed process has left goes, and nothing else.
func TestClearBackups(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		dir, name := s.deskPlace()
		at := func(parts ...string) string {
			return filepath.Join(append([]string{dir, name + deskMark + parts[0]}, parts[1:]...)...)
		}
		write := func(path string) {
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range []string{deskLock, deskFile, deskFile + "-journal"} {
			write(at("killed", file))
		}
		write(at("somebodys", "notes.txt"))
		write(at("a-file"))
		write(at("both", deskLock))
		write(at("both", "notes.txt"))
		write(filepath.Join(dir, "other.db.backup-1", deskLock))
		running := must[*Copy](t)(s.Backup(ctx))
		defer running.Close()
		_ = s.ClearBackups() // says that one of them is not empty
		for path, want := range map[string]bool{
			at("killed"): false, at("somebodys", "notes.txt"): true, at("a-file"): true, at("both", "notes.txt"): true,
			filepath.Join(dir, "other.db.backup-1", deskLock): true, running.desk.path(): true,
		} {
			if _, err := os.Lstat(path); (err == nil) != want {
				t.Errorf("%s: %v, want it there: %t", path, err, want)
			}
		}
	})
}

// TestNoRoomForBackup: the client is told, and not that it is our fault.
func TestNoRoomForBackup(t *testing.T) {
	for _, err := range []error{fmt.Errorf("copy: %w", fakeLite(13)), &os.PathError{Op: "mkdir", Path: "x", Err: syscall.ENOSPC}} {
		var known *engine.Error
		if !errors.As(backupError(err), &known) || known.Code != engine.CodeUnavailable || !strings.Contains(known.Message, "room") {
			t.Errorf("%v becomes %v", err, backupError(err))
		}
	}
	if err := backupError(fakeLite(11)); errors.As(err, new(*engine.Error)) {
		t.Errorf("a damaged database becomes %v", err)
	}
}

// fakeLite is an error of SQLite.
type fakeLite int

func (e fakeLite) Code() int     { return int(e) }
func (e fakeLite) Error() string { return fmt.Sprint("SQLite says ", int(e)) }

// TestBackupOffline: the copy is the database; on SQLite not while a server has it.
func TestBackupOffline(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		s.commit(t, aHouse().changes(), key("p", "k", 1))
		want := s.rows(t)
		into := filepath.Join(t.TempDir(), "a copy.db")
		if !s.mysql {
			if _, err := BackupOffline(ctx, s.db, into); !errors.Is(err, engine.ErrHeld) {
				t.Errorf("the error is %v, want ErrHeld", err)
			}
			if _, err := os.Stat(into); err == nil {
				t.Error("something was written")
			}
			s.Close()
		}
		at := must[engine.Position](t)(BackupOffline(ctx, s.db, into))
		same(t, "the place", at, s.at)
		got := openAt(t, into)
		same(t, "the rows", got.rows(t), want)
		if !s.mysql { // the lock was given back, and the database is as it was
			again := openAt(t, s.db)
			same(t, "the rows of the database", again.rows(t), want)
		}
	})
}

// TestBackupOfAKilledServersDatabase: what is only in the WAL is copied too.
func TestBackupOfAKilledServersDatabase(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "rapport.db"))
	s.commit(t, aHouse().changes())
	for _, files := range [][]string{{"", "-wal"}, {"", "-wal", "-shm"}} {
		killed := filepath.Join(t.TempDir(), "killed.db")
		for _, suffix := range files {
			data := must[[]byte](t)(os.ReadFile(s.db + suffix))
			if err := os.WriteFile(killed+suffix, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		into := filepath.Join(t.TempDir(), "copy.db")
		same(t, "the place", must[engine.Position](t)(BackupOffline(ctx, killed, into)), s.at)
		same(t, fmt.Sprint("the rows from ", files), openAt(t, into).rows(t), s.rows(t))
	}
}

// TestBackupOfflineKeepsTheVersion: a backup before an upgrade is one of the old version, and changes nothing.
func TestBackupOfflineKeepsTheVersion(t *testing.T) {
	onBackup(t, func(t *testing.T, s *testStore) {
		list := must[[]migration](t)(migrations(s.dialect()))
		s.raw(t, "INSERT INTO schema_migrations (version, name) VALUES (?, 'later')", len(list)+1)
		s.Close()
		if _, err := BackupOffline(ctx, s.db, filepath.Join(t.TempDir(), "copy.db")); !errors.Is(err, ErrNewer) {
			t.Errorf("the error is %v, want ErrNewer", err)
		}
	})
	old := oldDatabases(t)
	for dialect, db := range old {
		into := filepath.Join(t.TempDir(), "copy.db")
		if _, err := BackupOffline(ctx, db, into); err != nil {
			t.Errorf("%s: %v", dialect, err)
			continue
		}
		for what, path := range map[string]string{"the copy": into, "the database": db} {
			same(t, dialect+": the version of "+what, versionOf(t, path), 1)
		}
		same(t, dialect+": agents", openAt(t, into).count(t, "agents"), 1)
	}
}

// oldDatabases are databases of the first version.
func oldDatabases(t *testing.T) map[string]string {
	dbs := map[string]string{"sqlite": filepath.Join(t.TempDir(), "old.db"), "mysql": dbtest.Shared(t).NewDatabase(t)}
	for dialect, db := range dbs {
		first := must[[]migration](t)(migrations(dialect))[0]
		b := openBlank(t, dialect == "mysql", db)
		b.exec("CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)")
		b.exec(first.statements...)
		b.exec("INSERT INTO schema_migrations (version, name) VALUES (1, '" + first.name + "')")
		b.exec(`INSERT INTO agents (id, name, capacity_units, status, presence_cause, presence_changed_at, presence_manual, signed_in, assigned_units,
			reserved_units, over_capacity_offers, ranked_seq, manual_mark, sign_in_mark, captured_status, captured_manual, version, created_at, updated_at)
			VALUES ('ag_1', 'Old', 1, '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 1, 0, 0)`)
		b.close()
	}
	return dbs
}

// versionOf reads the version of a database past the store, which would bring it up to date.
func versionOf(t *testing.T, db string) (version int) {
	t.Helper()
	b := openBlank(t, strings.Contains(db, "@"), db)
	defer b.close()
	if err := b.pool.QueryRow("SELECT MAX(version) FROM schema_migrations").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// TestBackupOfflineRefuses what is no database of ours, in one line, without making or changing anything.
func TestBackupOfflineRefuses(t *testing.T) {
	dir := t.TempDir()
	text, empty, into := filepath.Join(dir, "text.db"), filepath.Join(dir, "empty.db"), filepath.Join(dir, "copy.db")
	if err := errors.Join(os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for db, want := range map[string]string{
		filepath.Join(dir, "missing.db"): "no such file", dir: "no file", text: "not a database", empty: "schema_migrations",
		"mysql://user:secret@127.0.0.1:1/name": "refused", "mysql://x": "looks like mysql://",
	} {
		_, err := BackupOffline(ctx, db, into)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", db, err, want)
		}
	}
	for _, path := range []string{filepath.Join(dir, "missing.db"), into} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
}

// TestDeskIsLocked: another process that starts meanwhile keeps its hands off.
func TestDeskIsLocked(t *testing.T) {
	d := must[*desk](t)(newDesk(t.TempDir(), "x"))
	if locked, err := flock.New(d.lock.Path()).TryLock(); err != nil || locked {
		t.Errorf("it could be locked again: %v", err)
	}
	if info := must[os.FileInfo](t)(os.Stat(d.dir)); info.Mode().Perm() != 0o700 {
		t.Errorf("its mode is %v", info.Mode())
	}
	if err := d.clear(); err != nil {
		t.Error(err)
	}
}
