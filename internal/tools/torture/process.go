package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rapport/internal/servertest"
)

// build compiles the real server once.
func build(dir string) (string, error) { return servertest.Build(dir) }

// server is the real server as a process of its own. It keeps its address through all its lives.
type server struct {
	binary, db, address string
	logFile             string
	process             *servertest.Process // nil before the first life
}

const (
	// startLimit is how long a start may take; on MySQL one lease period of 3 s belongs to it.
	startLimit = 30 * time.Second
	pollPause  = 5 * time.Millisecond
)

// newServer prepares a server; its log, dir/name.log, lies where a full disk of the database does not reach it.
func newServer(binary, db, dir, name string) (*server, error) {
	address, err := servertest.FreeAddress()
	if err != nil {
		return nil, err
	}
	return &server{binary: binary, db: db, address: address, logFile: filepath.Join(dir, name+".log")}, nil
}

func (s *server) url() string { return "http://" + s.address }

// launch starts the process.
func (s *server) launch() error {
	log, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the child has its own
	p, err := servertest.Config{Binary: s.binary, Address: s.address, DB: s.db, Stdout: log, Stderr: log}.Launch()
	if err != nil {
		return err
	}
	s.process = p
	return nil
}

// start starts the process and waits until it is ready. It tells how long that took.
func (s *server) start() (time.Duration, error) {
	if err := s.launch(); err != nil {
		return 0, err
	}
	took, err := s.process.AwaitReady(startLimit)
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, s.logTail())
	}
	return took, nil
}

// ready asks /readyz. An error is a server that does not answer at all.
func (s *server) ready() (bool, error) { return s.ask("/readyz") }

func (s *server) ask(path string) (bool, error) { return servertest.Asks(s.address, path) }

// kill ends the process as a crash would, with SIGKILL.
func (s *server) kill() error {
	if s.process == nil {
		return errors.New("the server was never started")
	}
	return errors.Join(s.process.Kill(), s.race())
}

// stop ends the process in order and gives an error unless it exits with 0.
func (s *server) stop(ctx context.Context) error {
	if !s.alive() {
		return s.kill() // an error that says how it ended
	}
	if err := s.process.Cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case <-s.process.Ended:
	case <-ctx.Done():
		return errors.Join(errors.New("the server did not end in time"), s.kill())
	}
	var wrong error
	if code := s.process.Cmd.ProcessState.ExitCode(); code != 0 {
		wrong = fmt.Errorf("the server ended with exit code %d\n%s", code, s.logTail())
	}
	return errors.Join(wrong, s.race())
}

// race is an error if the race detector, where the server has it, has found anything so far.
func (s *server) race() error {
	text, err := os.ReadFile(s.logFile)
	if err != nil {
		return err
	}
	if report := servertest.Races(string(text)); report != "" {
		return fmt.Errorf("the server has a data race:\n%s", report)
	}
	return nil
}

// exit waits for the end of the process and gives its exit code; -1 when it does not end in time.
func (s *server) exit(limit time.Duration) int {
	code, err := s.process.Exit(limit)
	if err != nil {
		return -1
	}
	return code
}

// end makes sure that the process is gone.
func (s *server) end() {
	if s.alive() {
		_ = s.kill() // it is alive
	}
}

func (s *server) alive() bool { return s.process != nil && s.process.Alive() }

func (s *server) logTail() string {
	text, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	return servertest.Tail(string(text), 15)
}
