package models

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// How rows are written: multi-row upserts of our own, because building them anew for each batch was a third of a commit's time. The
// columns are those that GORM sees in the row.

// row is what is written: its table, and its columns from its fields.
type row interface{ TableName() string }

// written lists every kind of row that batches write.
var written = [...]row{
	organizationRow{}, contactRow{}, contactTermRow{}, agentRow{}, sessionRow{}, queueRow{}, queueMemberRow{}, workstreamRow{}, preferredAgentsRow{},
	workItemRow{}, offerRow{}, assignmentRow{}, declineRow{}, eventRow{}, idempotencyKeyRow{},
	roleRow{}, apiKeyRow{}, presenceStatusRow{}, presenceStatusGrantRow{}, capacityProfileRow{},
}

// statements writes the rows of one table.
type statements struct {
	table   string
	columns []string
	keys    []string
	fields  [][]int // where each column's value is in the row
	mysql   bool
	// prepared by how many rows a statement writes, powers of two; nil on MySQL, where a statement and its values are one round trip.
	prepared map[int]*sql.Stmt
}

func newStatements(r row, mysql bool) (*statements, error) {
	parsed, err := schema.Parse(r, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		return nil, fmt.Errorf("columns of %T: %w", r, err)
	}
	st := &statements{table: parsed.Table, keys: parsed.PrimaryFieldDBNames, mysql: mysql}
	for _, name := range parsed.DBNames {
		st.columns = append(st.columns, name)
		st.fields = append(st.fields, parsed.FieldsByDBName[name].StructField.Index)
	}
	return st, nil
}

// text is the statement that writes n rows: each takes the place of the one with its key, if there is one. An event takes nobody's place:
// two at one place would be an error.
func (st *statements) text(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", st.table, strings.Join(st.columns, ","))
	one := "(" + strings.Repeat("?,", len(st.columns)-1) + "?)"
	b.WriteString(one)
	for range n - 1 {
		b.WriteByte(',')
		b.WriteString(one)
	}
	if st.table == (eventRow{}).TableName() {
		return b.String()
	}
	if st.mysql {
		b.WriteString(" ON DUPLICATE KEY UPDATE ")
	} else {
		fmt.Fprintf(&b, " ON CONFLICT (%s) DO UPDATE SET ", strings.Join(st.keys, ","))
	}
	for i, c := range st.columns {
		if i > 0 {
			b.WriteByte(',')
		}
		if st.mysql {
			fmt.Fprintf(&b, "%[1]s=VALUES(%[1]s)", c)
		} else {
			fmt.Fprintf(&b, "%[1]s=excluded.%[1]s", c)
		}
	}
	return b.String()
}

// prepare makes the statements on SQLite ready, once: there is one writing connection.
func (s *Store) prepare(ctx context.Context) error {
	pool, err := s.write.DB()
	if err != nil {
		return err
	}
	s.statements = map[string]*statements{}
	for _, r := range written {
		st, err := newStatements(r, s.mysql)
		if err != nil {
			return err
		}
		s.statements[st.table] = st
		if s.mysql {
			continue
		}
		st.prepared = map[int]*sql.Stmt{}
		for n := 1; n <= s.chunk; n *= 2 {
			if st.prepared[n], err = pool.PrepareContext(ctx, st.text(n)); err != nil {
				return fmt.Errorf("prepare %s: %w", st.table, err)
			}
		}
	}
	return nil
}

// save writes rows in as few statements as there are.
func save[R row](s *Store, tx *gorm.DB, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	st := s.statements[rows[0].TableName()]
	conn, ok := tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return fmt.Errorf("rows of %s are written in a transaction only", st.table)
	}
	ctx := tx.Statement.Context
	for len(rows) > 0 {
		n := min(len(rows), s.chunk)
		if st.prepared != nil {
			n = largestPower(n)
		}
		args := make([]any, 0, n*len(st.columns))
		for i := range rows[:n] {
			v := reflect.ValueOf(&rows[i]).Elem()
			for _, at := range st.fields {
				args = append(args, v.FieldByIndex(at).Interface())
			}
		}
		var err error
		if prepared := st.prepared[n]; prepared != nil {
			_, err = conn.StmtContext(ctx, prepared).ExecContext(ctx, args...)
		} else {
			_, err = conn.ExecContext(ctx, st.text(n), args...)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", st.table, err)
		}
		rows = rows[n:]
	}
	return nil
}

// largestPower is the largest power of two that is not above n.
func largestPower(n int) int {
	p := 1
	for p*2 <= n {
		p *= 2
	}
	return p
}
