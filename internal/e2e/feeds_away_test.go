package e2e

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"

	"rapport/internal/dbtest"
)

// TestHalfAMessage: when the database gives an offer but not all that was asked for with it, the stream ends with UNAVAILABLE. What it could not
// tell is told to whoever resumes behind the last cursor that they have (EV-1).
func TestHalfAMessage(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Shared(t).NewDatabase(t)
	s := startServer(t, dsn)
	c := newCentre(t, s, 1, "")
	agent := c.agents[0]
	so, err := dial(s.url(""), agent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(so.kill)
	follow := func(after any) *feed {
		t.Helper()
		st, err := so.subscribe(`subscription ($a: ID!, $after: String) { it: agentOffers(agentId: $a, after: $after) {
			type cursor offer { id workItem { id workstream { name } } } } }`, vars{"a": agent, "after": after})
		if err != nil {
			t.Fatal(err)
		}
		return &feed{socket: so, t: t, name: "agentOffers", stream: st}
	}
	f := follow(nil)
	cursor := f.next().text("cursor")
	held := holdTable(t, dsn, "workstreams")
	item := c.newItem("")
	var refused apiErrors
	if m, err := f.try(); !errors.As(err, &refused) || refusal(refused) != "UNAVAILABLE" {
		t.Errorf("without the workstreams the stream says %s, %v", encoded(m), err)
	}
	held()
	f = follow(cursor)
	if m := f.next(); m.text("type") != "STATE" || m.text("offer.workItem.id") != item {
		t.Errorf("resumed, it begins with %s", encoded(m))
	}
	if m := f.next(); m.text("type") != "READY" {
		t.Errorf("then comes %s", encoded(m))
	}
}

// holdTable keeps everybody else from reading a table until release.
func holdTable(t *testing.T, dsn, table string) (release func()) {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() }) // lets go of the table, if nothing else did
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "LOCK TABLES "+table+" WRITE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := conn.ExecContext(context.Background(), "UNLOCK TABLES"); err != nil {
			t.Fatal(err)
		}
	}
}
