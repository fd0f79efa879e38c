package main_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"rapport/engine"
	"rapport/internal/writer"
)

// writing is the writing connection of the store of TestFullDatabase. SQLite's limit of pages belongs to a connection, and a store does
// not hand its own out.
var writing struct {
	sync.Mutex
	conn sqlite.ExecQuerierContext
}

func init() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, dsn string) error {
		file, options, _ := strings.Cut(dsn, "?")
		if strings.Contains(options, "_txlock=immediate") && strings.HasSuffix(file, limited) {
			writing.Lock()
			defer writing.Unlock()
			writing.conn = conn
		}
		return nil
	})
}

const limited = "limited.db"

// pragma runs a PRAGMA on the writing connection and gives its one number. Only the writer's goroutine may, from within Commit.
func pragma(t *testing.T, statement string) (n int64) {
	writing.Lock()
	conn := writing.conn
	writing.Unlock()
	rows, err := conn.QueryContext(context.Background(), "PRAGMA "+statement, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer rows.Close() //nolint:errcheck // it was only read
	row := make([]driver.Value, 1)
	if err := rows.Next(row); err != nil && err != io.EOF {
		t.Error(err)
	}
	n, _ = row[0].(int64)
	return n
}

// TestFullDatabase: SQLite has no more room (its own limit, which any machine can set). Calls are refused with UNAVAILABLE and not made,
// nothing acknowledged is lost, and as soon as there is room it goes on by itself.
func TestFullDatabase(t *testing.T) {
	r := newRig(t, filepath.Join(t.TempDir(), limited), writer.Options{})
	limit := func(more int64) {
		r.faults.order(nil, func(ctx context.Context, commit func(context.Context) error) error {
			pragma(t, fmt.Sprint("max_page_count = ", pragma(t, "page_count")+more))
			return commit(ctx)
		})
		r.do(engine.UpdateOrganization{ReconnectSeconds: ptr(15)}, "")
	}
	limit(20)

	// Several callers go on creating; each item has its own key. Not so many that a change of policy routes them in several Ticks (256), which
	// the twin of checkMemory does not do.
	var mu sync.Mutex
	told := map[string]string{}
	var group sync.WaitGroup
	for who := range 4 {
		group.Go(func() {
			for n := range 50 {
				ref := fmt.Sprintf("full %d %d", who, n)
				o := r.give(call(engine.CreateWorkItem{WorkstreamID: r.chat, ContactID: r.known, Reference: &ref}, "", ref))
				if o.took > shortPatience+2*time.Second {
					t.Errorf("a caller waited %v", o.took)
				}
				mu.Lock()
				told[ref] = o.told()
				mu.Unlock()
			}
		})
	}
	group.Wait()
	counts := map[string]int{}
	for _, what := range told {
		counts[what]++
	}
	t.Logf("while it was getting full: %v", counts)
	if counts[made] == 0 || counts[notMade] == 0 || len(counts) != 2 {
		t.Errorf("want some made and some not: %v", counts)
	}

	r.awaitReady()
	limit(100_000)
	r.awaitReady()
	for ref, what := range told {
		want := 0
		if what == made {
			want = 1
		}
		if n := r.references(ref); n != want {
			t.Errorf("%s, which was told %q, is there %d times", ref, what, n)
		}
		c := call(engine.CreateWorkItem{WorkstreamID: r.chat, ContactID: r.known, Reference: &ref}, "", ref)
		if again := r.give(c); again.err != nil || again.replayed != (what == made) {
			t.Errorf("repetition of %s: replayed %v, %v", ref, again.replayed, again.err)
		}
		if n := r.references(ref); n != 1 {
			t.Errorf("after the repetition %s is there %d times", ref, n)
		}
	}
	r.checkPublished()
	r.checkMemory()
}
