package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rapport/internal/dbtest"
	"rapport/internal/servertest"
)

// patience is how long a test waits for what must come. Nothing waits that long unless it fails.
const patience = servertest.Slowness * 15 * time.Second

// server is a real one: a process, which can be stopped, killed and started again on the same database and port.
type server struct {
	t       testing.TB
	db      string
	address string
	flags   []string
	stdout  *output
	stderr  *output // of all its lives
	issuer  *issuer // whose tokens it takes; nil in development mode
	process *servertest.Process
	cmd     *exec.Cmd // of the process
}

// output collects what a process writes.
type output = servertest.Output

// newServer prepares a server that is not started yet.
func newServer(t testing.TB, db string, flags ...string) *server {
	t.Helper()
	s := &server{t: t, db: db, address: freeAddress(t), flags: flags, stdout: &output{}, stderr: &output{}}
	t.Cleanup(func() { // after all its lives
		if race := servertest.Races(s.stderr.String()); race != "" {
			t.Errorf("the server has a data race:\n%s", race)
		}
	})
	return s
}

// startServer starts a server and waits until it is ready. It ends with the test.
func startServer(t testing.TB, db string, flags ...string) *server {
	t.Helper()
	s := newServer(t, db, flags...)
	s.start()
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.launch()
	if _, err := s.process.AwaitReady(patience); err != nil {
		s.t.Fatalf("%v:\n%s", err, s.stderr)
	}
}

// launch starts the process without waiting for anything.
func (s *server) launch() {
	s.t.Helper()
	p, err := servertest.Config{Binary: binary, Address: s.address, DB: s.db, Flags: s.flags, Stdout: s.stdout, Stderr: s.stderr}.Launch()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process, s.cmd = p, p.Cmd
	s.t.Cleanup(func() { s.end(p) })
}

func (s *server) end(p *servertest.Process) {
	_ = p.Kill() // it may be gone
	if s.t.Failed() && p == s.process {
		s.t.Logf("the server's stderr:\n%s", tail(s.stderr.String(), 40))
	}
}

func (s *server) url(path string) string { return "http://" + s.address + path }

// client is one that may do everything.
func (s *server) client() client { return client{base: s.url(""), issuer: s.issuer}.as("") }

// awaitExit waits for the process to end by itself and gives its exit code.
func (s *server) awaitExit() int {
	s.t.Helper()
	code, err := s.process.Exit(patience)
	if err != nil {
		s.t.Fatalf("%v:\n%s", err, s.stderr)
	}
	return code
}

// stop asks the server to end and gives its exit code.
func (s *server) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	return s.awaitExit()
}

// freeAddress gives an address that stays free of outgoing connections, so that a server can be restarted on it.
func freeAddress(t testing.TB) string {
	t.Helper()
	address, err := servertest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// tail is the last lines of a log.
func tail(text string, lines int) string { return servertest.Tail(text, lines) }

// serverEnv is ours without the settings of a server that somebody runs for themselves.
func serverEnv() []string { return servertest.Environment() }

// startProcess starts cmd so that it does not outlive the test process, however that ends.
func startProcess(cmd *exec.Cmd) error { return servertest.StartTied(cmd) }

// get is a plain GET.
func get(url string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), errors.Join(err, response.Body.Close())
}

// sqliteFile names a database in a temporary folder.
func sqliteFile(t testing.TB) string { return filepath.Join(t.TempDir(), "rapport.db") }

// onEachDatabase runs a test on a new database of each kind.
func onEachDatabase(t *testing.T, test func(t *testing.T, db string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteFile(t))
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.Shared(t).NewDatabase(t))
	})
}

// await asks again and again until what should become true has. It is for what no event tells.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
