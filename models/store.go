package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/gofrs/flock"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver "sqlite", without cgo

	"rapport/engine"
)

// Store is the database. The writer's goroutine alone writes; any goroutine may read.
type Store struct {
	write *gorm.DB
	read  *gorm.DB
	// chunk is how many rows one statement writes: few on SQLite, where long statements are slow to build, whole batches on
	// MySQL, where each statement is a round trip.
	chunk int
	mysql bool
	// statements are how each table's rows are written.
	statements map[string]*statements
	// owner names this process in the lease row; lock is the lock file beside a SQLite database.
	owner string
	lock  *flock.Flock
	// now is the clock, of which epochs are.
	now func() time.Time
}

const (
	sqliteChunk = 64
	mysqlChunk  = 1000
	// readers is how many connections queries share. modernc gets slower with many; MySQL has room for more.
	sqliteReaders, mysqlReaders = 2, 16
	// mysqlWriters: the writer uses one at a time; another is there when one has to be given up.
	mysqlWriters   = 2
	connectTimeout = 2 * time.Second
	// networkTimeout bounds each read and write on the wire, so that a silent server is noticed.
	networkTimeout = 10 * time.Second
)

// Open opens the database that db names, makes it the present version, and locks a SQLite file. db is a path, or a DSN of
// MySQL or MariaDB: mysql://user:password@host:3306/name or what go-sql-driver takes. owner names this process for people who look
// into the lease row. Errors: ErrHeld when another process has the SQLite file open, ErrNewer, and what the database says.
func Open(ctx context.Context, db, owner string) (*Store, error) {
	if cfg, err := ParseMySQL(db); err != nil {
		return nil, err
	} else if cfg != nil {
		return openMySQL(ctx, cfg, owner)
	}
	return openSQLite(ctx, db, owner)
}

// ParseMySQL tells whether db names a MySQL database, and how to reach it; nil for a path.
func ParseMySQL(db string) (*mysql.Config, error) {
	dsn, isURL := strings.CutPrefix(db, "mysql://")
	if !isURL && !strings.Contains(db, "@tcp(") && !strings.Contains(db, "@unix(") {
		return nil, nil
	}
	if isURL && !strings.Contains(dsn, "@tcp(") && !strings.Contains(dsn, "@unix(") {
		u, err := url.Parse(db)
		if err != nil || u.User == nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
			return nil, errors.New("a MySQL address looks like mysql://user:password@host:3306/name")
		}
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), "3306")
		}
		password, _ := u.User.Password()
		dsn = (&mysql.Config{
			User: u.User.Username(), Passwd: password, Net: "tcp", Addr: host, DBName: strings.Trim(u.Path, "/"),
			AllowNativePasswords: true, CheckConnLiveness: true,
		}).FormatDSN()
		if u.RawQuery != "" { // for example tls=true
			separator := "?"
			if strings.Contains(dsn, "?") {
				separator = "&"
			}
			dsn += separator + u.RawQuery
		}
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("the MySQL address can't be read: it looks like mysql://user:password@host:3306/name")
	}
	if cfg.DBName == "" {
		return nil, errors.New("the MySQL address names no database: it looks like mysql://user:password@host:3306/name")
	}
	return cfg, nil
}

func openMySQL(ctx context.Context, cfg *mysql.Config, owner string) (*Store, error) {
	cfg.ParseTime, cfg.Loc, cfg.Collation = true, time.UTC, "utf8mb4_bin"
	cfg.InterpolateParams = true // one round trip a statement
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = connectTimeout, networkTimeout, networkTimeout
	cfg.Logger = &mysql.NopLogger{} // what matters comes back as an error
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'" // what is too long is an error, not cut
	// Below the writer's patience: a statement whose context has ended goes on waiting on the server, and keeps the lease row locked.
	cfg.Params["innodb_lock_wait_timeout"] = "2"
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("open MySQL: %w", err)
	}
	open := func(conns int) (*gorm.DB, error) {
		pool := sql.OpenDB(connector)
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		pool.SetConnMaxLifetime(time.Hour)
		return gorm.Open(gormmysql.New(gormmysql.Config{Conn: pool, SkipInitializeWithVersion: true}), gormConfig())
	}
	s := &Store{chunk: mysqlChunk, mysql: true, owner: owner, now: time.Now}
	if s.write, err = open(mysqlWriters); err == nil {
		s.read, err = open(mysqlReaders)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open MySQL: %w", err)
	}
	return s, s.ready(ctx)
}

func openSQLite(ctx context.Context, path, owner string) (*Store, error) {
	lock := flock.New(path + ".lock")
	if locked, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock %s.lock: %w", path, err)
	} else if !locked {
		return nil, fmt.Errorf("%s is open in another process: %w", path, engine.ErrHeld)
	}
	const pragmas = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)"
	open := func(more string, conns int) (*gorm.DB, error) {
		pool, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+pragmas+more)
		if err != nil {
			return nil, err
		}
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		return gorm.Open(sqlite.Dialector{DriverName: "sqlite", Conn: pool}, gormConfig())
	}
	s := &Store{chunk: sqliteChunk, owner: owner, lock: lock, now: time.Now}
	var err error
	if s.write, err = open("&_txlock=immediate", 1); err == nil {
		s.read, err = open("&_pragma=query_only(1)", sqliteReaders)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, s.ready(ctx)
}

func gormConfig() *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true, PrepareStmt: false}
}

// ready migrates; a store that can't be used is closed.
func (s *Store) ready(ctx context.Context) error {
	err := s.migrate(ctx)
	if err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = readErrors(s.read)
	}
	if err != nil {
		s.Close()
		return err
	}
	return nil
}

// Close lets go of the database. It does not give the lease back: see Release.
func (s *Store) Close() {
	for _, db := range [...]*gorm.DB{s.write, s.read} {
		if db != nil {
			if pool, err := db.DB(); err == nil {
				_ = pool.Close() // nothing is in flight that could be lost
			}
		}
	}
	if s.lock != nil {
		_ = s.lock.Unlock() // the process's end unlocks it too
	}
}

// SQLite's result codes that are looked at.
const (
	sqliteBusy   = 5
	sqliteLocked = 6
	sqliteError  = 1
	sqliteMisuse = 21
)

// gone tells MySQL's errors of a server that is going, read-only, has cut the connection, or lets nobody in: they say nothing of the
// transaction.
func gone(number uint16) bool {
	switch number {
	case 1053, 1290, 1836, 1927, 2006, 2013: // shutting down, read-only, killed, gone
		return true
	case 1040, 1044, 1045, 1129, 1130, 1203: // too many connections, access denied, host blocked
		return true
	}
	return false
}

// classify says what an error of a transaction means; see the errors of engine.Batch.
func classify(err error) error {
	var my *mysql.MySQLError
	var lite interface{ Code() int }
	switch {
	case errors.As(err, &my):
		switch {
		case my.Number == 1213 || my.Number == 1205 || my.Number == 1020: // deadlock, lock wait, record changed (Galera)
			return fmt.Errorf("%w: %w", engine.ErrTryAgain, err)
		case gone(my.Number): // it may have been committed
			return err
		}
		return fmt.Errorf("%w: %w", engine.ErrRefused, err)
	case errors.As(err, &lite):
		if code := lite.Code() & 0xff; code == sqliteBusy || code == sqliteLocked {
			return fmt.Errorf("%w: %w", engine.ErrTryAgain, err)
		}
		return fmt.Errorf("%w: %w", engine.ErrRefused, err)
	}
	return err
}

// readError turns the errors of a database that does not answer into UNAVAILABLE; a statement that it does not understand stays
// what it is, our fault.
func readError(err error) error {
	var known *engine.Error
	var my *mysql.MySQLError
	var lite interface{ Code() int }
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &my) && !gone(my.Number):
		return err
	case errors.As(err, &lite) && (lite.Code()&0xff == sqliteError || lite.Code()&0xff == sqliteMisuse):
		return err
	}
	return &engine.Error{Code: engine.CodeUnavailable, Message: "the database does not answer"}
}

// readErrors has every query of a connection pool report its errors so.
func readErrors(db *gorm.DB) error {
	return db.Callback().Query().After("gorm:query").Register("rapport:read_error", func(tx *gorm.DB) { tx.Error = readError(tx.Error) })
}
