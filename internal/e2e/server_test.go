package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/internal/dbtest"
)

// patience is how long a test waits for what must come. Nothing waits that long unless it fails.
const patience = 15 * time.Second

// server is a real one: a process, which can be stopped, killed and started again on the same database and port.
type server struct {
	t       testing.TB
	db      string
	address string
	flags   []string
	stdout  *output
	stderr  *output // of all its lives
	cmd     *exec.Cmd
	exited  chan struct{}
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// newServer prepares a server that is not started yet.
func newServer(t testing.TB, db string, flags ...string) *server {
	t.Helper()
	return &server{t: t, db: db, address: freeAddress(t), flags: flags, stdout: &output{}, stderr: &output{}}
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
	s.awaitReady()
}

// launch starts the process without waiting for anything.
func (s *server) launch() {
	s.t.Helper()
	cmd := exec.Command(binary, append([]string{"--listen", s.address, "--db", s.db}, s.flags...)...)
	cmd.Stdout, cmd.Stderr = s.stdout, s.stderr
	cmd.Env = serverEnv()
	if err := startProcess(cmd); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit code stays in ProcessState
		close(exited)
	}()
	s.cmd, s.exited = cmd, exited
	s.t.Cleanup(func() { s.end(cmd, exited) })
}

// serverEnv is ours without the settings of a server that somebody runs for themselves.
func serverEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "RAPPORT_") {
			env = append(env, v)
		}
	}
	return env
}

func (s *server) end(cmd *exec.Cmd, exited chan struct{}) {
	_ = cmd.Process.Kill()
	<-exited
	if s.t.Failed() && cmd == s.cmd {
		s.t.Logf("the server's stderr:\n%s", tail(s.stderr.String(), 40))
	}
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func (s *server) awaitReady() {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if status, _, err := get(s.url("/readyz")); err == nil && status == http.StatusOK {
			return
		}
		select {
		case <-s.exited:
			s.t.Fatalf("the server has ended with %d before it was ready:\n%s", s.exitCode(), s.stderr)
		case <-time.After(10 * time.Millisecond): // nothing tells when a port is opened
		}
	}
	s.t.Fatalf("the server is not ready after %s:\n%s", patience, s.stderr)
}

func (s *server) url(path string) string { return "http://" + s.address + path }

func (s *server) client() client { return client{base: s.url("")} }

func (s *server) exitCode() int { return s.cmd.ProcessState.ExitCode() }

// awaitExit waits for the process to end by itself and gives its exit code.
func (s *server) awaitExit() int {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Fatalf("the server has not ended after %s:\n%s", patience, s.stderr)
	}
	return s.exitCode()
}

// stop asks the server to end and gives its exit code.
func (s *server) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	return s.awaitExit()
}

// freeAddress looks below the range from which systems take the ports of outgoing connections: while a server is down for a restart,
// no client may get its port.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no free port found")
	return ""
}

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
