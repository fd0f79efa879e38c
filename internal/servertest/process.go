package servertest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Config says which server runs, and how.
type Config struct {
	// Binary is the program, from [Build]. Address is the HOST:PORT to listen on, DB a file or the data source name of a database.
	Binary, Address, DB string
	// Flags come behind --listen and --db. Env, as NAME=VALUE, comes behind [Environment].
	Flags, Env []string
	// Stdout and Stderr get what the process writes; nothing does if they are nil. They may be the same.
	Stdout, Stderr io.Writer
}

// Process is one life of a server. Its methods may be called from several goroutines.
type Process struct {
	// Cmd is what was started. Its ProcessState is there once Ended is closed.
	Cmd   *exec.Cmd
	Ended <-chan struct{}

	address string
	began   time.Time
}

// Launch starts the server without waiting for anything. A Ctrl-C in the terminal does not reach it on Linux: who started it decides.
func (c Config) Launch() (*Process, error) {
	cmd := exec.Command(c.Binary, append([]string{"--listen", c.Address, "--db", c.DB}, c.Flags...)...)
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	cmd.Env = append(Environment(), c.Env...)
	detach(cmd)
	p := &Process{Cmd: cmd, address: c.Address, began: time.Now()}
	if err := StartTied(cmd); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	p.Ended = ended
	go func() {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(ended)
	}()
	return p, nil
}

// pollPause is how often AwaitReady asks: nothing tells when a port is opened.
const pollPause = 5 * time.Millisecond

// AwaitReady waits until /readyz is 200 and tells how long that took since the launch. It is an error when the process ends before, or
// when the limit, which counts from the launch too, is over; the process lives on then.
func (p *Process) AwaitReady(limit time.Duration) (time.Duration, error) {
	for time.Since(p.began) < limit {
		if ready, _ := Asks(p.address, "/readyz"); ready {
			return time.Since(p.began), nil
		}
		select {
		case <-p.Ended:
			return 0, fmt.Errorf("the server ended before it was ready: %v", p.Cmd.ProcessState)
		case <-time.After(pollPause):
		}
	}
	return 0, fmt.Errorf("the server was not ready within %v", limit)
}

// probe never keeps a connection: that of a dead server would answer with an error once.
var probe = &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Asks tells whether a GET of a path is answered with 200 within 4 s. An error is a server that does not answer at all.
func Asks(address, path string) (ok bool, err error) {
	res, err := probe.Get("http://" + address + path)
	if err != nil {
		return false, err
	}
	_, _ = io.Copy(io.Discard, res.Body) // only the status counts
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK, nil
}

// Alive says whether the process is there.
func (p *Process) Alive() bool {
	select {
	case <-p.Ended:
		return false
	default:
		return true
	}
}

// Kill ends the process as a crash would, with SIGKILL, and waits until it is gone. That it had ended by itself is an error.
func (p *Process) Kill() error {
	err := p.Cmd.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.Ended
	if err != nil {
		return fmt.Errorf("the server had ended by itself: %v", p.Cmd.ProcessState)
	}
	return nil
}

// ErrRunning says that a process had not ended in time.
var ErrRunning = errors.New("the server has not ended in time")

// Exit waits for the process to end by itself and gives its exit code, or ErrRunning when the limit is over.
func (p *Process) Exit(limit time.Duration) (code int, err error) {
	select {
	case <-p.Ended:
		return p.Cmd.ProcessState.ExitCode(), nil
	case <-time.After(limit):
		return 0, fmt.Errorf("%w, %v", ErrRunning, limit)
	}
}
