package dbtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	startTimeout = 60 * time.Second // recovery after a kill included
	stopTimeout  = 60 * time.Second
	user         = "rapport"
)

// Server is a private mariadbd. Its methods may be called from several goroutines.
type Server struct {
	dir       string // data/, tmp/, error.log, password
	temporary bool
	password  string
	programs  programs
	watcher   *watcher

	mu     sync.Mutex
	port   int
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd's process is gone
	closed bool
}

// Start starts a server whose files are in dir. A dir that is missing or empty becomes a new server's; one that Start
// made before is carried on with. With "" the folder is a temporary one, removed by [Server.Close] or when the
// process ends.
func Start(dir string) (*Server, error) {
	s := &Server{}
	template, progs, err := prepared()
	if err != nil {
		return nil, err
	}
	s.programs = progs
	if dir == "" {
		s.temporary = true
		if s.dir, err = os.MkdirTemp("", "rapport-dbtest-"); err != nil {
			return nil, err
		}
	} else if s.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	// From here on the folder is removed even if this process is killed.
	if s.watcher, err = watch(s.dir, s.temporary); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.fill(template); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) fill(template string) error {
	password, err := os.ReadFile(filepath.Join(s.dir, passwordFile))
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return err
		}
		there, err := os.ReadDir(s.dir)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			return fmt.Errorf("%s holds other files, or was left half copied: name an empty folder", s.dir)
		}
		if err := os.CopyFS(filepath.Join(s.dir, "data"), os.DirFS(filepath.Join(template, "data"))); err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Join(s.dir, "tmp"), 0o700); err != nil {
			return err
		}
		if password, err = os.ReadFile(filepath.Join(template, passwordFile)); err != nil {
			return err
		}
		// Last: it says that the folder is complete.
		if err := os.WriteFile(filepath.Join(s.dir, passwordFile), password, 0o600); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	s.password = string(password)
	return nil
}

// Start starts the server again after [Server.Stop] or [Server.Kill], on the same folder and port.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the server is closed")
	}
	if s.running() {
		return errors.New("the server runs already")
	}
	fixed := s.port != 0
	var err error
	for range 20 {
		if !fixed {
			if s.port, err = freePort(); err != nil {
				break
			}
		}
		if err = s.launch(); !errors.Is(err, errPortTaken) {
			break
		}
		if fixed {
			time.Sleep(100 * time.Millisecond)
		}
	}
	if err != nil && !fixed {
		s.port = 0
	}
	return err
}

var errPortTaken = errors.New("the port is taken")

func (s *Server) launch() error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	var before int64
	if info, err := log.Stat(); err == nil {
		before = info.Size()
	}
	args := append(baseArgs(s.dir),
		// Relative to the data folder: the path of a socket may have only about 100 letters.
		"--socket=mariadbd.sock",
		"--pid-file=mariadbd.pid",
		"--bind-address=127.0.0.1",
		"--port="+strconv.Itoa(s.port),
		"--skip-name-resolve",
		// SQL can't reach files elsewhere.
		"--secure-file-priv="+filepath.Join(s.dir, "tmp"),
		"--local-infile=OFF",
		"--character-set-server=utf8mb4",
		"--default-time-zone=+00:00",
		"--innodb-flush-log-at-trx-commit=1",
		"--skip-log-bin",
		"--innodb-log-file-size=48M",
		"--innodb-buffer-pool-size=256M",
		"--innodb-buffer-pool-load-at-startup=OFF",
		"--innodb-buffer-pool-dump-at-shutdown=OFF",
		"--performance-schema=OFF",
	)
	cmd := exec.Command(s.programs.mariadbd, args...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = log, log
	if err := startTied(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.cmd, s.ended = cmd, ended
	s.watcher.tell(strconv.Itoa(cmd.Process.Pid))
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		s.watcher.tell("")
		close(ended)
	}()

	deadline := time.Now().Add(startTimeout)
	for {
		err := s.ready()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			s.cmd = nil
			text := s.logSince(before)
			if strings.Contains(text, "Bind on TCP/IP port") {
				return fmt.Errorf("%w: %d", errPortTaken, s.port)
			}
			return fmt.Errorf("mariadbd ended while starting:\n%s", tail(text))
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			<-ended
			s.cmd = nil
			return fmt.Errorf("mariadbd was not ready within %v (%w):\n%s", startTimeout, err, tail(s.logSince(before)))
		}
	}
}

// ready asks the server for its data folder: another process's server may have been faster to take the port.
func (s *Server) ready() error {
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return err
	}
	conn.Close()
	var theirs string
	if err := s.admin(func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, "SELECT @@datadir").Scan(&theirs)
	}); err != nil {
		return err
	}
	a, err := os.Stat(filepath.Join(s.dir, "data"))
	if err != nil {
		return err
	}
	if b, err := os.Stat(theirs); err != nil || !os.SameFile(a, b) {
		return fmt.Errorf("port %d belongs to another server", s.port)
	}
	return nil
}

// Stop shuts the server down in order.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd, err := s.take()
	if cmd == nil {
		return err
	}
	_ = cmd.Process.Signal(signalResume) // a suspended process can't follow
	_ = cmd.Process.Signal(signalTerminate)
	select {
	case <-s.ended:
		return nil
	case <-time.After(stopTimeout):
		_ = cmd.Process.Kill()
		<-s.ended
		return fmt.Errorf("mariadbd did not stop within %v and was killed:\n%s", stopTimeout, s.logTail())
	}
}

// Kill ends the server with SIGKILL, as a crash would.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kill()
}

func (s *Server) kill() error {
	cmd, err := s.take()
	if cmd == nil {
		return err
	}
	_ = cmd.Process.Kill()
	<-s.ended
	return nil
}

// take hands over the running process to be ended, nil if the server is stopped, or an error if it ended by itself.
func (s *Server) take() (*exec.Cmd, error) {
	cmd := s.cmd
	s.cmd = nil
	if cmd == nil {
		return nil, nil
	}
	select {
	case <-s.ended:
		return nil, fmt.Errorf("mariadbd ended by itself (%v):\n%s", cmd.ProcessState, s.logTail())
	default:
		return cmd, nil
	}
}

// Suspend freezes the server (SIGSTOP): connections stay open and nothing is answered any more.
func (s *Server) Suspend() error {
	if err := s.signal(signalSuspend); err != nil {
		return err
	}
	return awaitStopped(s.pid())
}

// Resume ends what [Server.Suspend] began.
func (s *Server) Resume() error { return s.signal(signalResume) }

func (s *Server) signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return errors.New("the server does not run")
	}
	return s.cmd.Process.Signal(sig)
}

// Close ends the server for good, and removes its folder if that is a temporary one. A folder that was named to
// [Start] stays, and its server is stopped in order.
func (s *Server) Close() error {
	var err error
	if !s.temporary {
		err = s.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return err
	}
	s.closed = true
	err = errors.Join(err, s.kill())
	if s.temporary {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	s.watcher.dismiss()
	return err
}

func (s *Server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Running says whether the process is there, be it suspended.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running()
}

func (s *Server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// DSN returns the data source name for github.com/go-sql-driver/mysql of a database on this server, or of none for "".
// The account may do everything.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s?charset=utf8mb4&parseTime=true&loc=UTC", user, s.password, s.address(), database)
}

// Dir returns the server's folder: error.log and data/ are in it.
func (s *Server) Dir() string { return s.dir }

// CreateDatabase creates an empty database (utf8mb4, utf8mb4_bin) with a name of its own.
func (s *Server) CreateDatabase() (name string, err error) {
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	name = "rapport_" + hex.EncodeToString(random)
	return name, s.admin(func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
		return err
	})
}

// DropDatabase drops a database. It fails if an open transaction holds one of its tables for longer than five seconds.
func (s *Server) DropDatabase(name string) error {
	return s.admin(func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 5"); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS `"+strings.ReplaceAll(name, "`", "``")+"`")
		return err
	})
}

// admin runs f on a connection of its own.
func (s *Server) admin(f func(context.Context, *sql.Conn) error) error {
	config, err := mysql.ParseDSN(s.DSN(""))
	if err != nil {
		return err
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(ctx, conn)
}

// The port never changes once the first start is over, so it is read without the lock.
func (s *Server) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

func (s *Server) logFile() string { return filepath.Join(s.dir, "error.log") }

func (s *Server) logSince(offset int64) string {
	file, err := os.Open(s.logFile())
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, offset, 1<<20))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *Server) logTail() string { return tail(s.logSince(0)) }

func tail(text string) string {
	lines := bytes.Split(bytes.TrimSpace([]byte(text)), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
}

// freePort looks below the range from which systems take the ports of outgoing connections: while a server is down,
// no client may get its port.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 20000 + mathrand.IntN(12000)
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("found no free port: %w", err)
}
