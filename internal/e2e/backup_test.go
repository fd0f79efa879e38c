package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// rapport runs a command of the binary to its end.
func rapport(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return rapportWith(t, nil, args...)
}

// rapportWith is rapport with variables, as NAME=VALUE.
func rapportWith(t testing.TB, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(serverEnv(), env...)
	var out, errs output
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := startProcess(cmd); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// backUp takes a backup of a running server and gives the file.
func backUp(t testing.TB, s *server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	if code, out, errs := rapport(t, "backup", "--url", s.url("/graphql"), file); code != 0 || errs != "" || !strings.Contains(out, file) {
		t.Fatalf("rapport backup ends with %d: %s%s", code, out, errs)
	}
	return file
}

// notes are the work items that were acknowledged, in order.
type notes struct {
	mu  sync.Mutex
	ids []string
}

func (n *notes) add(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids = append(n.ids, id)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.ids...)
}

// TestBackupUnderLoad: while work comes in over HTTP, a backup has everything that was acknowledged before it began and nothing that never was;
// a server on it goes on from there, and the first does not mind.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		c := newCentre(t, s, 2, "")
		agent := signIn(t, s, c.agents[0])
		first := c.newItem("")
		c.accept(c.agents[0], agent.awaitOffer(t, first, "OPEN").ID)
		assigned := encoded(c.item(first))

		var acknowledged notes
		stop := startWork(t, c, &acknowledged)
		await(t, "some work comes in", func() bool { return len(acknowledged.all()) > 50 })
		before := acknowledged.all()
		file := backUp(t, s)
		during := len(acknowledged.all()) - len(before)
		await(t, "work goes on after the backup", func() bool { return len(acknowledged.all()) > len(before)+during+20 })
		stop()
		t.Logf("%d items before the backup, %d while it was made", len(before), during)

		second := *c
		second.s = startServer(t, file)
		second.c = second.s.client()
		if got := encoded(second.item(first)); got != assigned {
			t.Errorf("the assigned item is\n%s, was\n%s", got, assigned)
		}
		for _, id := range before {
			if second.item(id).text("id") != id {
				t.Fatalf("%s was acknowledged before the backup and is not in it", id)
			}
		}
		everAcknowledged := map[string]bool{first: true}
		for _, id := range acknowledged.all() {
			everAcknowledged[id] = true
		}
		for _, id := range allItems(t, second.c) {
			if !everAcknowledged[id] {
				t.Errorf("%s is in the backup and was never acknowledged", id)
			}
		}
		second.newItem("") // it takes work
		if got := encoded(c.item(first)); got != assigned {
			t.Errorf("on the first server the item is %s, was %s", got, assigned)
		}
		if left, _ := filepath.Glob(db + ".backup-*"); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
	})
}

// startWork creates work items from several clients until it is stopped; those that were sent are acknowledged by then.
func startWork(t *testing.T, c *centre, acknowledged *notes) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				got, err := c.c.try(`mutation ($w: ID!) { createWorkItem(input: {workstreamId: $w}) { workItem { id } } }`, vars{"w": c.workstream})
				if err != nil {
					t.Errorf("while the backup was made: %v", err)
					return
				}
				acknowledged.add(got.text("createWorkItem.workItem.id"))
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		clients.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// allItems reads the ids of all work items, page by page.
func allItems(t testing.TB, c client) (ids []string) {
	t.Helper()
	v := vars{}
	for {
		page := c.do(t, `query ($a: String) { workItems(first: 100, after: $a) { nodes { id } pageInfo { hasNextPage endCursor } } }`, v)
		ids = append(ids, page.texts("workItems.nodes", "id")...)
		if page.text("workItems.pageInfo.hasNextPage") != "true" {
			return ids
		}
		v["a"] = page.text("workItems.pageInfo.endCursor")
	}
}

// TestBackupOffline: of a stopped server's database; on SQLite the server must be stopped.
func TestBackupOffline(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		c := newCentre(t, s, 1, "")
		item := c.newItem("")
		was := encoded(c.item(item))
		file := filepath.Join(t.TempDir(), "backup.db")
		if !strings.Contains(db, "@") {
			if code, out, errs := rapport(t, "backup", "--offline", "--db", db, file); code != 3 || out != "" || strings.Count(errs, "\n") != 1 {
				t.Errorf("while the server runs: %d %s%s", code, out, errs)
			}
		}
		s.stop()
		if code, _, errs := rapport(t, "backup", "--offline", "--db", db, file); code != 0 {
			t.Fatalf("ends with %d: %s", code, errs)
		}
		second := *c
		second.s = startServer(t, file)
		second.c = second.s.client()
		if got := encoded(second.item(item)); got != was {
			t.Errorf("the item is\n%s, was\n%s", got, was)
		}
	})
}

// TestBackupRefused: the exit code, and one line.
func TestBackupRefused(t *testing.T) {
	t.Parallel()
	db := sqliteFile(t)
	s := startServer(t, db)
	there := filepath.Join(t.TempDir(), "there.db")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "new.db")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--url", s.url("/graphql"), there}, 1, "--force"},
		{[]string{"--url", s.url("/graphql"), "--force", db}, 3, "a server that runs"},
		{[]string{"--url", "http://" + freeAddress(t), missing}, 1, "nobody answers"},
		{[]string{"--url", s.url("/nowhere/graphql"), missing}, 1, "404"},
		{[]string{"--url", s.url("/graphql"), filepath.Join(missing, "x.db")}, 1, "no such file"},
		{[]string{"--url", "nonsense", missing}, 2, "--url"},
		{[]string{"--offline", "--db", "mysql://x", missing}, 2, "looks like mysql://"},
		{nil, 2, "<file>"},
	} {
		code, out, errs := rapport(t, append([]string{"backup"}, c.args...)...)
		if code != c.code || out != "" || !strings.HasPrefix(errs, "rapport: ") || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.says) {
			t.Errorf("backup %v: %d %q %q, want %d and one line with %q", c.args, code, out, errs, c.code, c.says)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("what was there is %q, %v", text, err)
	}
	if left, _ := filepath.Glob(missing + "*"); len(left) > 0 {
		t.Errorf("%q was made", left)
	}
	newCentre(t, s, 1, "") // the server goes on
}

// TestBackupOfKilledServer: what a server that was killed in the middle of a backup has left is gone after the next start.
func TestBackupOfKilledServer(t *testing.T) {
	t.Parallel()
	db := sqliteFile(t)
	folder := db + ".backup-123"
	for _, file := range []string{"lock", "copy.db", "copy.db-journal"} {
		err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, file), []byte(fmt.Sprint(time.Now())), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	startServer(t, db)
	if _, err := os.Stat(folder); err == nil {
		t.Error("it is still there")
	}
}
