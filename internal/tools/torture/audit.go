package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// What the API does not show is read from the database of a server that has been stopped. Each query gives the ids that break a rule.
var audits = [...]struct{ rule, query string }{
	{"a reference with several items", `SELECT reference FROM work_items WHERE reference IS NOT NULL GROUP BY reference HAVING COUNT(*) > 1`},
	{"several open offers of an item", `SELECT work_item_id FROM offers WHERE state = 'OPEN' GROUP BY work_item_id HAVING COUNT(*) > 1`},
	{"several open assignments of an item", `SELECT work_item_id FROM assignments WHERE ended_at IS NULL GROUP BY work_item_id HAVING COUNT(*) > 1`},
	{"an open offer of an item that is not offered", `SELECT o.id FROM offers o JOIN work_items w ON w.id = o.work_item_id
		WHERE o.state = 'OPEN' AND (w.status <> 'OFFERED' OR w.offer_id <> o.id)`},
	{"an offered item without its offer", `SELECT w.id FROM work_items w LEFT JOIN offers o ON o.id = w.offer_id AND o.state = 'OPEN'
		WHERE w.status = 'OFFERED' AND o.id IS NULL`},
	{"an assigned item without its assignment", `SELECT w.id FROM work_items w LEFT JOIN assignments a ON a.id = w.assignment_id
		AND a.ended_at IS NULL WHERE w.status IN ('ASSIGNED', 'WAITING', 'WRAP_UP') AND a.id IS NULL`},
	{"an open assignment of an item that is not assigned", `SELECT a.id FROM assignments a JOIN work_items w ON w.id = a.work_item_id
		WHERE a.ended_at IS NULL AND w.status NOT IN ('ASSIGNED', 'WAITING', 'WRAP_UP')`},
	{"assigned units that are not the sum", `SELECT g.id FROM agents g WHERE g.assigned_units <>
		(SELECT COALESCE(SUM(a.capacity_units), 0) FROM assignments a WHERE a.agent_id = g.id AND a.holds_capacity <> 0
		AND a.capacity_type = 'NOT_INTERRUPTIBLE')`},
	{"an ended assignment that holds capacity", `SELECT id FROM assignments WHERE ended_at IS NOT NULL AND holds_capacity <> 0`},
	{"reserved units that are not the sum", `SELECT g.id FROM agents g WHERE g.reserved_units <>
		(SELECT COALESCE(SUM(o.capacity_units), 0) FROM offers o WHERE o.agent_id = g.id AND o.state = 'OPEN' AND o.capacity_type = 'NOT_INTERRUPTIBLE')`},
	{"open work that is not the number", `SELECT g.id FROM agents g WHERE g.open_work <>
		(SELECT COUNT(*) FROM assignments a WHERE a.agent_id = g.id AND a.holds_capacity <> 0) +
		(SELECT COUNT(*) FROM offers o WHERE o.agent_id = g.id AND o.state = 'OPEN')`},
	{"a computed presence that does not follow from the work", `SELECT g.id FROM agents g WHERE g.presence_source = 'COMPUTED'
		AND g.presence_cause <> 'OPEN_WORK_LIMIT' AND g.presence_base <> CASE WHEN g.assigned_units >= g.capacity_units THEN 'DO_NOT_DISTURB'
		WHEN g.assigned_units > 0 THEN 'BUSY' ELSE 'AVAILABLE' END`},
	{"somebody without a session who is not Offline", `SELECT g.id FROM agents g WHERE g.signed_in = 0
		AND (g.presence_base <> 'OFFLINE' OR g.presence_source <> 'SIGNED_OUT')`},
	{"over-capacity offers that are not the number", `SELECT g.id FROM agents g WHERE g.over_capacity_offers <>
		(SELECT COUNT(*) FROM offers o WHERE o.agent_id = g.id AND o.state = 'OPEN' AND o.over_capacity <> 0)`},
	{"declines that are not the number", `SELECT d.work_item_id FROM declines d WHERE d.count <> (SELECT COUNT(*) FROM offers o
		WHERE o.work_item_id = d.work_item_id AND o.agent_id = d.agent_id AND o.state IN ('REJECTED', 'MISSED'))`},
	{"a declined offer that is not counted", `SELECT o.id FROM offers o LEFT JOIN declines d ON d.work_item_id = o.work_item_id
		AND d.agent_id = o.agent_id WHERE o.state IN ('REJECTED', 'MISSED') AND d.agent_id IS NULL`},
	{"a session of somebody who is not signed in", `SELECT s.id FROM sessions s JOIN agents g ON g.id = s.agent_id WHERE g.signed_in = 0`},
	{"somebody signed in without a session", `SELECT g.id FROM agents g WHERE g.signed_in <> 0
		AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.agent_id = g.id)`},
}

// audit reads the database of a stopped server: db is what it was given.
func (w *world) audit(ctx context.Context) error {
	driver, dsn := "sqlite", "file:"+w.server.db
	if strings.Contains(w.server.db, "@tcp(") {
		driver, dsn = "mysql", w.server.db
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	for _, a := range audits {
		w.check()
		var ids []string
		err := scan(ctx, db, a.query, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", a.rule, err)
		}
		if len(ids) > 0 {
			w.violation("audit", "%s: %d, for example %s", a.rule, len(ids), ids[0])
		}
	}
	return w.auditEvents(ctx, db)
}

// auditEvents: each offer was made once, and ended once or is open; each item was created once and closed once or is open.
func (w *world) auditEvents(ctx context.Context, db *sql.DB) error {
	ends, states := map[string][]string{}, map[string]string{}
	err := scan(ctx, db, "SELECT type, work_item_id, body FROM events WHERE type LIKE 'OFFER%' OR type LIKE 'WORK_ITEM%' ORDER BY epoch, batch_seq, idx",
		func(rows *sql.Rows) error {
			var kind, item, body string
			if err := rows.Scan(&kind, &item, &body); err != nil {
				return err
			}
			var b struct{ Offer string }
			if err := json.Unmarshal([]byte(body), &b); err != nil {
				return err
			}
			if id := b.Offer; id != "" {
				item = id
			}
			ends[item] = append(ends[item], kind)
			return nil
		})
	if err != nil {
		return err
	}
	for _, q := range [...]string{"SELECT id, CASE WHEN expires_at IS NULL THEN 'AUTO' ELSE state END FROM offers", "SELECT id, status FROM work_items"} {
		err := scan(ctx, db, q, func(rows *sql.Rows) error {
			var id, state string
			err := rows.Scan(&id, &state)
			states[id] = state
			return err
		})
		if err != nil {
			return err
		}
	}
	for id, state := range states {
		w.check()
		if got, want := fmt.Sprint(ends[id]), wantEvents(id, state); got != want {
			w.violation("audit", "%s is %s and has the events %s, want %s", id, state, got, want)
		}
	}
	for id := range ends {
		if states[id] == "" {
			w.violation("audit", "events %v about %s, which is not there", ends[id], id)
		}
	}
	return nil
}

// wantEvents are the events of an offer or an item, in their order.
func wantEvents(id, state string) string {
	made, prefix := "OFFER_MADE", "OFFER_"
	if strings.HasPrefix(id, "wi_") {
		made, prefix = "WORK_ITEM_CREATED", "WORK_ITEM_"
	}
	switch state {
	case "AUTO": // assigned without asking (OF-2)
		return "[OFFER_ACCEPTED]"
	case open, queued, offered, assigned:
		return "[" + made + "]"
	}
	return "[" + made + " " + prefix + state + "]"
}

func scan(ctx context.Context, db *sql.DB, query string, row func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
