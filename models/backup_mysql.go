package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"rapport/engine"
)

// copyRows is how many rows one statement of the copy writes: long ones are slow to build on SQLite.
const copyRows = 64

// copyMySQL copies all tables out of one snapshot. The tables are those of the SQLite migrations up to the version of the database, and the
// columns those that it has: a table or a column that is new needs nothing here.
func copyMySQL(ctx context.Context, source *sql.DB, into string) (engine.Position, error) {
	// Under REPEATABLE READ all that a transaction reads is as it was at its first read.
	snapshot, err := source.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return engine.Position{}, fmt.Errorf("read the database: %w", err)
	}
	defer snapshot.Rollback() //nolint:errcheck // it was read only
	list, err := copiedMigrations(ctx, snapshot.QueryRowContext)
	if err != nil {
		return engine.Position{}, err
	}
	// A copy that is not finished is thrown away, so nothing of it need be durable before its end.
	target, err := openTarget(into, "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-65536)")
	if err != nil {
		return engine.Position{}, err
	}
	at, err := fillCopy(ctx, snapshot, target, list)
	return at, errors.Join(err, target.Close())
}

func fillCopy(ctx context.Context, snapshot *sql.Tx, target *sql.DB, list []migration) (engine.Position, error) {
	none := engine.Position{}
	if err := createTables(ctx, target, list); err != nil {
		return none, err
	}
	tables, err := texts(ctx, target, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	if err != nil {
		return none, err
	}
	// Indexes are made when the rows are there: that is faster than to keep them in order row by row.
	indexes, err := texts(ctx, target, "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
	if err != nil {
		return none, err
	}
	names, err := texts(ctx, target, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
	if err != nil {
		return none, err
	}
	for _, name := range names {
		if _, err := target.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return none, err
		}
	}
	for _, table := range tables {
		if err := copyTable(ctx, snapshot, target, table); err != nil {
			return none, fmt.Errorf("copy %s: %w", table, err)
		}
	}
	for _, index := range indexes {
		if _, err := target.ExecContext(ctx, index); err != nil {
			return none, err
		}
	}
	return finishCopy(ctx, target)
}

// createTables runs the migrations; what rows they make is copied with the rest, so it is taken out again by copyTable.
func createTables(ctx context.Context, target *sql.DB, list []migration) error {
	const table = "CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)"
	if _, err := target.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("create the copy: %w", err)
	}
	for _, m := range list {
		for _, statement := range m.statements {
			if _, err := target.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("create the copy, migration %s: %w", m.name, err)
			}
		}
	}
	return nil
}

// texts reads the one column of a query.
func texts(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// copyTable copies the rows of a table as they come over the wire, some at a time.
func copyTable(ctx context.Context, snapshot *sql.Tx, target *sql.DB, table string) error {
	rows, err := snapshot.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	tx, err := target.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // committed, or the copy is thrown away
	if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	to, err := newTableWriter(ctx, tx, table, rows)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := to.take(ctx, rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := to.flush(ctx); err != nil {
		return err
	}
	return tx.Commit()
}

// tableWriter writes the rows of one table into the copy.
type tableWriter struct {
	tx     *sql.Tx
	insert string
	row    string // the placeholders of one row
	binary []bool // the columns whose bytes are no text
	many   *sql.Stmt
	values []any
}

// newTableWriter finds out the columns. That the copy's table has another number of them is an error: nothing is left out in silence.
func newTableWriter(ctx context.Context, tx *sql.Tx, table string, rows *sql.Rows) (*tableWriter, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	w := &tableWriter{
		tx: tx, insert: "INSERT INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES ",
		row: "(" + strings.Repeat("?,", len(columns)-1) + "?)", binary: make([]bool, len(columns)),
	}
	for i, column := range columns {
		var declared string
		err := tx.QueryRowContext(ctx, "SELECT type FROM pragma_table_info(?) WHERE name = ?", table, column).Scan(&declared)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column, err)
		}
		w.binary[i] = declared == "BLOB"
	}
	var known int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM pragma_table_info(?)", table).Scan(&known); err != nil {
		return nil, err
	}
	if known != len(columns) {
		return nil, fmt.Errorf("it has %d columns, not %d", len(columns), known)
	}
	w.many, err = tx.PrepareContext(ctx, w.insert+w.row+strings.Repeat(","+w.row, copyRows-1))
	return w, err
}

func (w *tableWriter) take(ctx context.Context, rows *sql.Rows) error {
	n := len(w.binary)
	at := len(w.values)
	w.values = append(w.values, make([]any, n)...)
	into := make([]any, n)
	for i := range into {
		into[i] = &w.values[at+i]
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	for i, v := range w.values[at:] {
		// MySQL gives text as bytes, which SQLite would keep as a BLOB, and that equals no text.
		if bytes, ok := v.([]byte); ok && !w.binary[i] {
			w.values[at+i] = string(bytes)
		}
	}
	if len(w.values) < copyRows*n {
		return nil
	}
	_, err := w.many.ExecContext(ctx, w.values...)
	w.values = w.values[:0]
	return err
}

// flush writes what take has kept.
func (w *tableWriter) flush(ctx context.Context) error {
	defer w.many.Close() //nolint:errcheck // the transaction closes it too
	n := len(w.values) / len(w.binary)
	if n == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(ctx, w.insert+w.row+strings.Repeat(","+w.row, n-1), w.values...)
	return err
}
