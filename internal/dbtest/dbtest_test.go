//go:build unix

package dbtest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

func init() { _ = mysql.SetLogger(&mysql.NopLogger{}) } // lost connections are what these tests are about

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func value(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var v string
	if err := db.QueryRow(query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	db := open(t, Shared(t).NewDatabase(t))
	for variable, want := range map[string]string{
		"innodb_flush_log_at_trx_commit": "1",
		"log_bin":                        "0",
		"performance_schema":             "0",
		"time_zone":                      "+00:00",
		"character_set_client":           "utf8mb4",
		"character_set_results":          "utf8mb4",
		"collation_database":             "utf8mb4_bin",
	} {
		if got := value(t, db, "SELECT @@"+variable); got != want {
			t.Errorf("%s is %q, want %q", variable, got, want)
		}
	}
	var now time.Time
	must(t, db.QueryRow("SELECT UTC_TIMESTAMP(6)").Scan(&now))
	if d := time.Since(now); now.Location() != time.UTC || d < -time.Minute || d > time.Minute {
		t.Errorf("the server's time is %v", now)
	}
}

func TestNewDatabaseIsEmptyAndGoesWithItsTest(t *testing.T) {
	s := Shared(t)
	var first, second string
	t.Run("two databases", func(t *testing.T) {
		first, second = s.NewDatabase(t), s.NewDatabase(t)
		if first == second {
			t.Fatal("twice the same database")
		}
		a, b := open(t, first), open(t, second)
		run(t, a, "CREATE TABLE t (k VARCHAR(10) PRIMARY KEY)", "INSERT INTO t VALUES ('a'), ('A'), ('ä')")
		if got := value(t, b, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"); got != "0" {
			t.Errorf("the other database has %s tables", got)
		}
	})
	for _, dsn := range []string{first, second} {
		if err := open(t, dsn).Ping(); err == nil || !strings.Contains(err.Error(), "Unknown database") {
			t.Errorf("after the test: %v", err)
		}
	}
}

func TestStopKillAndStartKeepWhatWasCommitted(t *testing.T) {
	s := MariaDB(t)
	name, err := s.CreateDatabase()
	must(t, err)
	dsn := s.DSN(name)
	db := open(t, dsn)
	run(t, db, "CREATE TABLE t (n INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO t VALUES (1)")

	must(t, s.Stop())
	if s.Running() {
		t.Error("running after Stop")
	}
	if err := db.Ping(); err == nil {
		t.Error("a stopped server answers")
	}
	must(t, s.Stop()) // once more is no harm
	must(t, s.Start())
	if s.Start() == nil {
		t.Error("a second Start must fail")
	}
	if s.DSN(name) != dsn {
		t.Error("the address changed")
	}
	if got := value(t, db, "SELECT GROUP_CONCAT(n ORDER BY n) FROM t"); got != "1" {
		t.Errorf("after Stop and Start: %s", got)
	}

	open1, err := db.Begin()
	must(t, err)
	_, err = open1.Exec("INSERT INTO t VALUES (3)")
	must(t, err)
	run(t, db, "INSERT INTO t VALUES (2)")
	must(t, s.Kill())
	if open1.Commit() == nil {
		t.Error("a killed server commits")
	}
	must(t, s.Start())
	if got := value(t, db, "SELECT GROUP_CONCAT(n ORDER BY n) FROM t"); got != "1,2" {
		t.Errorf("after Kill and Start: %s", got)
	}
}

func TestSuspend(t *testing.T) {
	s := MariaDB(t)
	db := open(t, s.DSN(""))
	must(t, db.Ping())
	must(t, s.Suspend())
	answer := make(chan error, 1)
	go func() {
		_, err := db.Exec("DO 1")
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Fatalf("a suspended server answers: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	must(t, s.Resume())
	must(t, <-answer)
	must(t, s.Suspend())
	must(t, s.Stop()) // wakes it
	if s.Suspend() == nil {
		t.Error("a stopped server can't be suspended")
	}
}

func TestServersSideBySide(t *testing.T) {
	var servers [2]*Server
	var wait sync.WaitGroup
	for i := range servers {
		wait.Go(func() {
			var err error
			if servers[i], err = Start(""); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i, s := range servers {
		if s == nil {
			t.FailNow()
		}
		defer s.Close()
		run(t, open(t, s.DSN("")), "CREATE DATABASE d", "CREATE TABLE d.t (n INT)", fmt.Sprintf("INSERT INTO d.t VALUES (%d)", i))
	}
	for i, s := range servers {
		if got := value(t, open(t, s.DSN("d")), "SELECT n FROM t"); got != strconv.Itoa(i) {
			t.Errorf("server %d has %s", i, got)
		}
	}
	must(t, servers[0].Kill())
	must(t, open(t, servers[1].DSN("d")).Ping())
	for _, s := range servers {
		must(t, s.Close())
		gone(t, s.Dir())
		must(t, s.Close()) // once more is no harm
		if s.Start() == nil {
			t.Error("a closed server starts")
		}
	}
}

func TestNamedFolderIsCarriedOnWith(t *testing.T) {
	needMariaDB(t)
	// Too long for the path of a socket.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "server")
	for round := range 2 {
		s, err := Start(dir)
		must(t, err)
		defer s.Close()
		db := open(t, s.DSN(""))
		if round == 0 {
			run(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (n INT)", "INSERT INTO d.t VALUES (7)")
		} else if got := value(t, db, "SELECT n FROM d.t"); got != "7" {
			t.Errorf("found %s", got)
		}
		must(t, s.Close())
	}

	foreign := t.TempDir()
	must(t, os.WriteFile(filepath.Join(foreign, "letter.txt"), nil, 0o600))
	if s, err := Start(foreign); err == nil {
		s.Close()
		t.Error("a folder with other files was taken")
	}
}

func TestACrashIsReported(t *testing.T) {
	s, err := Start("")
	if err != nil {
		giveUp(t, err)
	}
	must(t, s.cmd.Process.Signal(syscall.SIGABRT))
	<-s.ended
	if s.Running() {
		t.Error("still running")
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("Close: %v", err)
	}
	gone(t, s.Dir())
}

// A process that is killed leaves no server and no folder behind.
func TestNothingIsLeftBehind(t *testing.T) {
	needMariaDB(t)
	for _, end := range []string{"exit", "kill"} {
		t.Run(end, func(t *testing.T) {
			temp := t.TempDir()
			child := exec.Command(os.Args[0], "-test.run=^TestChild$")
			child.Env = append(os.Environ(), "RAPPORT_DBTEST_CHILD="+end, "TMPDIR="+temp)
			output, err := child.StdoutPipe()
			must(t, err)
			must(t, child.Start())
			defer child.Wait()
			defer child.Process.Kill()
			var pids []int
			lines := bufio.NewScanner(output)
			for len(pids) < 2 && lines.Scan() {
				if text, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
					pid, err := strconv.Atoi(text)
					must(t, err)
					pids = append(pids, pid)
				}
			}
			if len(pids) < 2 {
				t.Fatal("the child did not start its servers")
			}
			if end == "kill" {
				must(t, child.Process.Kill())
			}
			_ = child.Wait()
			deadline := time.Now().Add(20 * time.Second)
			for {
				var left []string
				for _, pid := range pids {
					if alive(pid) {
						left = append(left, fmt.Sprintf("process %d", pid))
					}
				}
				entries, err := os.ReadDir(temp)
				must(t, err)
				for _, entry := range entries {
					if !strings.HasSuffix(entry.Name(), "-cache") { // where there is no home
						left = append(left, entry.Name())
					}
				}
				if len(left) == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("left behind: %v", left)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

func TestChild(t *testing.T) {
	end := os.Getenv("RAPPORT_DBTEST_CHILD")
	if end == "" {
		return // runs only as the child of TestNothingIsLeftBehind
	}
	for range 2 {
		s, err := Start("")
		must(t, err)
		fmt.Printf("\npid %d\n", s.cmd.Process.Pid)
	}
	if end == "kill" {
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}

func alive(pid int) bool {
	if runtime.GOOS == "linux" {
		// Whoever inherits it may not have collected it yet.
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err == nil && !strings.Contains(string(status), ") Z ")
	}
	return syscall.Kill(pid, 0) == nil
}

// Processes that start together build the data folder once.
func TestPrepareRace(t *testing.T) {
	progs, err := findPrograms()
	if err != nil {
		giveUp(t, err)
	}
	home := t.TempDir()
	if dir := os.Getenv("RAPPORT_DBTEST_PREPARE"); dir != "" {
		folder, err := prepare(progs)
		must(t, err)
		password, err := os.ReadFile(filepath.Join(folder, passwordFile))
		must(t, err)
		fmt.Printf("\nfolder %s %s\n", folder, password)
		return
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	results := map[string]bool{}
	for range 3 {
		wait.Go(func() {
			child := exec.Command(os.Args[0], "-test.run=^TestPrepareRace$")
			child.Env = append(os.Environ(), "RAPPORT_DBTEST_PREPARE=1", "HOME="+home, "XDG_CACHE_HOME=")
			output, err := child.Output()
			if err != nil {
				t.Errorf("%v: %s", err, output)
			}
			for line := range strings.Lines(string(output)) {
				if strings.HasPrefix(line, "folder "+home) {
					mu.Lock()
					results[line] = true
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if len(results) != 1 {
		t.Errorf("want one folder: %v", results)
	}
	left, err := filepath.Glob(filepath.Join(home, "*", "*", "*.building-*"))
	must(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// recorder stands in for a test that wants a database. Its FailNow and SkipNow end the goroutine as the real ones do.
type recorder struct {
	testing.TB
	outcome, message string
}

func (r *recorder) Helper() {}
func (r *recorder) Skipf(format string, args ...any) {
	r.outcome, r.message = "skip", fmt.Sprintf(format, args...)
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.outcome, r.message = "fatal", fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestMissingMariaDBSkipsOnlyOutsideCI(t *testing.T) {
	for _, c := range []struct {
		ci, require string
		err         error
		want        string
	}{
		{"", "", ErrMissing, "skip"},
		{"true", "", ErrMissing, "fatal"},
		{"", "1", ErrMissing, "fatal"},
		{"", "", errors.New("broken"), "fatal"},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("RAPPORT_REQUIRE_MARIADB", c.require)
		r := &recorder{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			giveUp(r, c.err)
		}()
		<-done
		if r.outcome != c.want {
			t.Errorf("%+v: %s", c, r.outcome)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := findPrograms(); err != nil && (!errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "make deps")) {
		t.Errorf("the message does not help: %v", err)
	}
}

// needMariaDB deals with a missing MariaDB in tests that call [Start].
func needMariaDB(t *testing.T) {
	t.Helper()
	if _, err := findPrograms(); err != nil {
		giveUp(t, err)
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", path, err)
	}
}

func BenchmarkStart(b *testing.B) {
	for range b.N {
		s, err := Start("")
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewDatabase(b *testing.B) {
	s := Shared(b)
	for range b.N {
		name, err := s.CreateDatabase()
		if err != nil {
			b.Fatal(err)
		}
		if err := s.DropDatabase(name); err != nil {
			b.Fatal(err)
		}
	}
}
