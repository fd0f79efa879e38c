package writer

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"rapport/engine"
	"rapport/models"
)

// row is one row of a table with its values in the order of the columns.
type row []any

// recording is what a run wrote: the rows of before it, and then those of each batch of 64 steps, read back from the database.
type recording struct {
	columns map[string][]string
	before  map[string][]row
	batches []map[string][]row
}

// recordedTables in the order in which the store writes them; those that the run changes have a name for finding their rows.
var recordedTables = []string{
	"organizations", "contacts", "agents", "sessions", "queues", "queue_members", "workstreams", "preferred_agents", "work_items", "offers",
	"assignments", "events",
}

// recorded runs so many batches of 64 steps, one of each caller.
func recorded(b *testing.B, batches int) *recording {
	b.Helper()
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "recorded.db")
	h := openHouse(b, path, Options{})
	h.furnish(benchAgents, benchContacts)
	contacts, stream := h.contacts, h.stream
	h.close()

	store, err := models.Open(ctx, path, "recorder")
	check(b, err)
	defer store.Close()
	at, err := store.Acquire(ctx)
	check(b, err)
	snap, err := store.Load(ctx)
	check(b, err)
	reader, err := sql.Open("sqlite", path)
	check(b, err)
	defer reader.Close()
	r := &recording{columns: map[string][]string{}, before: map[string][]row{}}
	e := engine.New(snap, time.Now())
	callers := make([]caller, benchCallers)
	for n := range callers {
		callers[n] = caller{contacts: contacts, stream: stream, n: n}
	}
	// A third of the callers begins later, and a third later still, so that batches mix the three steps as ours do.
	for n := range batches + 2 {
		if n == 2 {
			for _, table := range recordedTables {
				r.before[table] = r.read(b, reader, table, "")
			}
		}
		batch := &engine.Batch{Before: at, At: engine.Position{Epoch: at.Epoch, Seq: at.Seq + 1}}
		batch.Changes = step(b, e, store, callers, min(n+1, 3), n)
		check(b, store.Commit(ctx, batch))
		e.Forget()
		if at = batch.At; n >= 2 {
			r.batches = append(r.batches, r.written(b, reader, batch))
		}
	}
	return r
}

// step lets so many thirds of the callers give a command each.
func step(b *testing.B, e *engine.Engine, store *models.Store, callers []caller, thirds, n int) *engine.Changes {
	b.Helper()
	var commands []engine.Command
	var by []*caller
	for i := range callers {
		if i%3 < thirds {
			commands, by = append(commands, callers[i].next()), append(by, &callers[i])
		}
	}
	facts, _, err := store.Facts(context.Background(), e.Missing(commands), nil, time.Now())
	check(b, err)
	e.Admit(facts)
	for i, c := range commands {
		result, err := e.Apply(c, engine.Meta{Actor: somebody, Now: time.Now(), Entropy: uint64(n*benchCallers + i)})
		check(b, err)
		by[i].learn(result)
	}
	return e.Take()
}

// written reads the rows of a batch back.
func (r *recording) written(b *testing.B, db *sql.DB, batch *engine.Batch) map[string][]row {
	b.Helper()
	c := batch.Changes
	if n := len(c.Contacts) + len(c.Sessions) + len(c.Queues) + len(c.Members) + len(c.Workstreams) + len(c.Rows) + len(c.Declines) +
		len(c.RowsRemoved) + len(c.MembersRemoved) + len(c.SessionsRemoved); n > 0 || c.Organization != nil {
		b.Fatalf("the run changed something that is not recorded")
	}
	rows := map[string][]row{
		"events": r.read(b, db, "events", fmt.Sprintf("WHERE epoch = %d AND batch_seq = %d ORDER BY idx", batch.At.Epoch, batch.At.Seq)),
	}
	ids := map[string][]string{}
	for _, v := range c.Agents {
		ids["agents"] = append(ids["agents"], string(v.ID))
	}
	for _, v := range c.WorkItems {
		ids["work_items"] = append(ids["work_items"], string(v.ID))
	}
	for _, v := range c.Offers {
		ids["offers"] = append(ids["offers"], string(v.ID))
	}
	for _, v := range c.Assignments {
		ids["assignments"] = append(ids["assignments"], string(v.ID))
	}
	total := len(rows["events"])
	for table, list := range ids {
		rows[table] = r.read(b, db, table, "WHERE id IN ('"+strings.Join(list, "','")+"')")
		total += len(rows[table])
	}
	if total != c.Size() {
		b.Fatalf("%d rows of %d were read back", total, c.Size())
	}
	return rows
}

func (r *recording) read(b *testing.B, db *sql.DB, table, where string) []row {
	b.Helper()
	found, err := db.Query("SELECT * FROM " + table + " " + where)
	check(b, err)
	defer found.Close()
	columns, err := found.Columns()
	check(b, err)
	r.columns[table] = columns
	var rows []row
	for found.Next() {
		values, into := make(row, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		check(b, found.Scan(into...))
		rows = append(rows, values)
	}
	check(b, found.Err())
	return rows
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// replay writes a recording with plain database/sql: as few statements as the database likes, built beforehand.
type replay struct {
	db      *sql.DB
	mysql   bool
	batches [][]statement
	rows    []int
	next    int
}

type statement struct {
	sql  string
	args []any
}

// replayOn prepares a database of the same schema with the rows of before, and the statements.
func (r *recording) replayOn(b *testing.B, address string) *replay {
	b.Helper()
	store, err := models.Open(context.Background(), address, "replay") // makes the schema
	check(b, err)
	store.Close()
	cfg, err := models.ParseMySQL(address)
	check(b, err)
	p := &replay{mysql: cfg != nil}
	if p.mysql { // as models.Open does
		cfg.Collation, cfg.InterpolateParams, cfg.ParseTime, cfg.Loc = "utf8mb4_bin", true, true, time.UTC
		connector, err := mysql.NewConnector(cfg)
		check(b, err)
		p.db = sql.OpenDB(connector)
	} else {
		p.db, err = sql.Open("sqlite", "file:"+url.PathEscape(address)+
			"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)&_txlock=immediate")
		check(b, err)
	}
	p.db.SetMaxOpenConns(1)
	for _, table := range recordedTables {
		for _, s := range p.statements(r.columns[table], table, r.before[table]) {
			_, err := p.db.Exec(s.sql, s.args...)
			check(b, err)
		}
	}
	for _, batch := range r.batches {
		var list []statement
		rows := 0
		for _, table := range recordedTables {
			list = append(list, p.statements(r.columns[table], table, batch[table])...)
			rows += len(batch[table])
		}
		p.batches, p.rows = append(p.batches, list), append(p.rows, rows)
	}
	_, err = p.db.Exec("UPDATE engine_lease SET epoch = 1, batch_seq = 0")
	check(b, err)
	return p
}

// statements writes rows of a table: 64 with each on SQLite, all with one on MySQL.
func (p *replay) statements(columns []string, table string, rows []row) []statement {
	var list []statement
	for len(rows) > 0 {
		n := len(rows)
		if !p.mysql {
			n = min(n, 64)
		}
		marks := "(?" + strings.Repeat(",?", len(columns)-1) + ")"
		s := statement{sql: "INSERT INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES " + marks + strings.Repeat(","+marks, n-1)}
		if table != "events" {
			s.sql += p.onConflict(columns)
		}
		for _, r := range rows[:n] {
			s.args = append(s.args, r...)
		}
		list, rows = append(list, s), rows[n:]
	}
	return list
}

func (p *replay) onConflict(columns []string) string {
	sets := make([]string, len(columns)-1)
	for i, c := range columns[1:] {
		if sets[i] = c + "=excluded." + c; p.mysql {
			sets[i] = c + "=VALUES(" + c + ")"
		}
	}
	if p.mysql {
		return " ON DUPLICATE KEY UPDATE " + strings.Join(sets, ",")
	}
	return " ON CONFLICT DO UPDATE SET " + strings.Join(sets, ",")
}

// play writes the next batches, each in a transaction that moves the lease first.
func (p *replay) play(b *testing.B, batches int) (took time.Duration, rows int) {
	b.Helper()
	ctx := context.Background()
	options := &sql.TxOptions{}
	if p.mysql {
		options.Isolation = sql.LevelReadCommitted
	}
	began := time.Now()
	for range batches {
		tx, err := p.db.BeginTx(ctx, options)
		check(b, err)
		done, err := tx.ExecContext(ctx, "UPDATE engine_lease SET batch_seq = ? WHERE id = 1 AND epoch = ? AND batch_seq = ?", p.next+1, 1, p.next)
		check(b, err)
		if n, err := done.RowsAffected(); n != 1 || err != nil {
			b.Fatal("the lease has not moved", err)
		}
		for _, s := range p.batches[p.next] {
			_, err := tx.ExecContext(ctx, s.sql, s.args...)
			check(b, err)
		}
		check(b, tx.Commit())
		rows += p.rows[p.next]
		p.next++
	}
	return time.Since(began), rows
}

func (p *replay) close() { _ = p.db.Close() }
