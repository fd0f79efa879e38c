// Package dbtest gives tests a real MariaDB.
//
//	dsn := dbtest.Shared(t).NewDatabase(t)   // an empty database on the server that the test process shares
//	s := dbtest.MariaDB(t)                   // a server of the test's own, to stop, kill and suspend
//	s, err := dbtest.Start("")               // the same for a program that is not a test
//
// Every server is a mariadbd of its own on a copy of a data folder that is prepared once per machine. It listens on
// 127.0.0.1 only and is set as durable as in production. It dies with the process that started it, however that ends,
// and its temporary folder goes with it.
//
// Don't call it from within a testing/synctest bubble: processes know nothing of its clock.
//
// Where mariadbd is missing, tests are skipped, or fail if CI or RAPPORT_REQUIRE_MARIADB is set.
package dbtest

import (
	"errors"
	"os"
	"sync"
	"testing"
)

// MariaDB starts a server for this test alone and ends it with the test.
func MariaDB(tb testing.TB) *Server {
	tb.Helper()
	s, err := Start("")
	if err != nil {
		giveUp(tb, err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return s
}

var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Shared returns the one server that all tests of this process share, started at first use. It ends with the process.
// Don't stop or suspend it: use [MariaDB] for that.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = Start("")
	}
	if shared.err != nil {
		giveUp(tb, shared.err)
	}
	if !shared.server.Running() {
		tb.Fatalf("dbtest: the shared MariaDB has ended:\n%s", shared.server.logTail())
	}
	return shared.server
}

// NewDatabase creates an empty database (utf8mb4, utf8mb4_bin) for this test, drops it when the test ends, and returns
// its DSN.
func (s *Server) NewDatabase(tb testing.TB) (dsn string) {
	tb.Helper()
	name, err := s.CreateDatabase()
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() {
		if !s.Running() {
			return
		}
		if err := s.DropDatabase(name); err != nil {
			tb.Logf("dbtest: dropping the test's database (is a transaction still open?): %v", err)
		}
	})
	return s.DSN(name)
}

func giveUp(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" && os.Getenv("RAPPORT_REQUIRE_MARIADB") == "" {
		tb.Skipf("dbtest: skipped: %v", err)
	}
	tb.Fatalf("dbtest: %v", err)
}
