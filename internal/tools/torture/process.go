package main

import (
	"bytes"
	"cmp"
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
	"strconv"
	"time"
)

// build compiles the real server once, as it is shipped. `go build` finds the module from wherever in it we run.
func build(dir string) (string, error) {
	binary := filepath.Join(dir, "rapport-torture")
	cmd := exec.Command(cmp.Or(os.Getenv("GO"), "go"), "build", "-o", binary, "rapport")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return binary, nil
}

// server is the real server as a process of its own. It keeps its address through all its lives.
type server struct {
	binary, db, address string
	logFile             string
	cmd                 *exec.Cmd
	ended               chan struct{}
	startedAt           time.Time
}

const (
	// startLimit is how long a start may take; on MySQL one lease period of 3 s belongs to it.
	startLimit = 30 * time.Second
	pollPause  = 5 * time.Millisecond
)

// newServer prepares a server; its log, dir/name.log, lies where a full disk of the database does not reach it.
func newServer(binary, db, dir, name string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return &server{
		binary: binary, db: db, address: "127.0.0.1:" + strconv.Itoa(port), logFile: filepath.Join(dir, name+".log"),
	}, nil
}

// freePort looks below the range of outgoing connections: while the server is down, none of its own clients may get its port.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("found no free port: %w", err)
}

func (s *server) url() string { return "http://" + s.address }

// launch starts the process.
func (s *server) launch() error {
	log, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the child has its own
	s.cmd = exec.Command(s.binary, "--listen", s.address, "--db", s.db)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.startedAt = time.Now()
	if err := startTied(s.cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.ended = ended
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(ended)
	}(s.cmd)
	return nil
}

// start starts the process and waits until it is ready. It tells how long that took.
func (s *server) start() (time.Duration, error) {
	if err := s.launch(); err != nil {
		return 0, err
	}
	for time.Since(s.startedAt) < startLimit {
		select {
		case <-s.ended:
			return 0, fmt.Errorf("the server ended at once: %v\n%s", s.cmd.ProcessState, s.logTail())
		default:
		}
		if ready, _ := s.ready(); ready {
			return time.Since(s.startedAt), nil
		}
		time.Sleep(pollPause)
	}
	return 0, fmt.Errorf("the server was not ready within %v\n%s", startLimit, s.logTail())
}

// probe never reuses a connection: that of a dead server would answer with an error once.
var probe = &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ready asks /readyz. An error is a server that does not answer at all.
func (s *server) ready() (bool, error) { return s.ask("/readyz") }

func (s *server) ask(path string) (bool, error) {
	res, err := probe.Get(s.url() + path)
	if err != nil {
		return false, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK, nil
}

// kill ends the process as a crash would, with SIGKILL.
func (s *server) kill() error {
	if s.cmd == nil || !s.alive() {
		return errors.New("the server had ended by itself")
	}
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	return nil
}

// stop ends the process in order and gives an error unless it exits with 0.
func (s *server) stop(ctx context.Context) error {
	if !s.alive() {
		return fmt.Errorf("the server had ended by itself: %v", s.cmd.ProcessState)
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case <-s.ended:
	case <-ctx.Done():
		return errors.Join(errors.New("the server did not end in time"), s.kill())
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with exit code %d\n%s", code, s.logTail())
	}
	return nil
}

// exit waits for the end of the process and gives its exit code; -1 when it does not end in time.
func (s *server) exit(limit time.Duration) int {
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		return -1
	}
}

// end makes sure that the process is gone.
func (s *server) end() {
	if s.alive() {
		_ = s.kill() // it is alive
	}
}

func (s *server) alive() bool {
	if s.ended == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

func (s *server) logTail() string {
	text, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-15):], []byte("\n")))
}
