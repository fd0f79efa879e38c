package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/gofrs/flock"

	"rapport/engine"
)

// A backup is a SQLite database, whatever it is a copy of, and holds exactly the state at one place in the order of changes: its lease
// row says which. It has the version of the database that was copied, so that an older or a later program can go on from it.

// Copy is a finished copy of a database, in a file that Close deletes.
type Copy struct {
	file *os.File
	size int64
	at   engine.Position
	desk *desk
}

// Size is how many bytes it has.
func (c *Copy) Size() int64 { return c.size }

// At is the place in the order of changes up to which it goes.
func (c *Copy) At() engine.Position { return c.at }

// Read reads it from the beginning.
func (c *Copy) Read(p []byte) (int, error) { return c.file.Read(p) }

// Close deletes it.
func (c *Copy) Close() error { return errors.Join(c.file.Close(), c.desk.clear()) }

// Backup copies the database while it is in use. It neither waits for the writer nor holds it up: on SQLite it is a reading transaction of a
// connection of its own, so the WAL grows until it ends; on MySQL a REPEATABLE READ snapshot, so the server keeps old versions of rows until
// then. The copy needs as much room as the database: beside the SQLite file, or in the system's folder for temporary files. Errors:
// UNAVAILABLE when there is no room or the database does not answer.
func (s *Store) Backup(ctx context.Context) (*Copy, error) {
	dir, name := s.deskPlace()
	d, err := newDesk(dir, name)
	if err != nil {
		return nil, backupError(err)
	}
	c, err := s.copyTo(ctx, d)
	if err != nil {
		return nil, backupError(errors.Join(err, d.clear()))
	}
	return c, nil
}

func (s *Store) copyTo(ctx context.Context, d *desk) (*Copy, error) {
	var at engine.Position
	var err error
	if s.mysql {
		var pool *sql.DB
		if pool, err = s.read.DB(); err == nil {
			at, err = copyMySQL(ctx, pool, d.path())
		}
	} else {
		at, err = copySQLite(ctx, s.sqlitePath(), d.path())
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open(d.path())
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Copy{file: file, size: info.Size(), at: at, desk: d}, nil
}

// sqlitePath is where the database is; the lock file stands beside it.
func (s *Store) sqlitePath() string { return strings.TrimSuffix(s.lock.Path(), ".lock") }

// ClearBackups deletes what backups of processes that were killed have left of this database. A SQLite database is to be locked by now.
func (s *Store) ClearBackups() error { return clearDesks(s.deskPlace()) }

func (s *Store) deskPlace() (dir, name string) {
	if s.mysql {
		return os.TempDir(), "rapport"
	}
	return filepath.Split(s.sqlitePath())
}

// BackupOffline copies a database into a file, which must be missing or empty, without a server and without changing it: an older version
// stays one. A SQLite database is locked meanwhile, as by a server. On MySQL the snapshot does not mind a server that runs. Errors: ErrHeld
// when another process has the SQLite file open, ErrNewer, and what the database says.
func BackupOffline(ctx context.Context, db, into string) (engine.Position, error) {
	cfg, err := ParseMySQL(db)
	switch {
	case err != nil:
		return engine.Position{}, err
	case cfg == nil:
		return backupSQLiteOffline(ctx, db, into)
	}
	cfg.Collation, cfg.Logger = "utf8mb4_bin", &mysql.NopLogger{} // what matters comes back as an error
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = connectTimeout, networkTimeout, networkTimeout
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return engine.Position{}, fmt.Errorf("open MySQL: %w", err)
	}
	pool := sql.OpenDB(connector)
	defer pool.Close() //nolint:errcheck // it was read only
	return copyMySQL(ctx, pool, into)
}

func backupSQLiteOffline(ctx context.Context, path, into string) (engine.Position, error) {
	if info, err := os.Stat(path); err != nil { // opening it would make it
		return engine.Position{}, err
	} else if !info.Mode().IsRegular() {
		return engine.Position{}, fmt.Errorf("%s is no file", path)
	}
	lock := flock.New(path + ".lock")
	if locked, err := lock.TryLock(); err != nil {
		return engine.Position{}, fmt.Errorf("lock %s.lock: %w", path, err)
	} else if !locked {
		return engine.Position{}, fmt.Errorf("%s is open in another process: %w", path, engine.ErrHeld)
	}
	defer lock.Unlock() //nolint:errcheck // the process's end unlocks it too
	return copySQLite(ctx, path, into)
}

// copySQLite needs a connection of its own, because VACUUM INTO does not run where query_only is set.
func copySQLite(ctx context.Context, path, into string) (engine.Position, error) {
	source, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return engine.Position{}, err
	}
	defer source.Close() //nolint:errcheck // it was read only
	if _, err := copiedMigrations(ctx, source.QueryRowContext); err != nil {
		return engine.Position{}, err
	}
	if _, err := source.ExecContext(ctx, "VACUUM INTO ?", into); err != nil {
		return engine.Position{}, fmt.Errorf("copy the database: %w", err)
	}
	target, err := openTarget(into, "")
	if err != nil {
		return engine.Position{}, err
	}
	at, err := finishCopy(ctx, target)
	return at, errors.Join(err, target.Close())
}

func openTarget(path, pragmas string) (*sql.DB, error) {
	target, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+pragmas)
	if err == nil {
		target.SetMaxOpenConns(1)
	}
	return target, err
}

// copiedMigrations are those that a database has had. Errors: ErrNewer, and that it is none of ours.
func copiedMigrations(ctx context.Context, query func(context.Context, string, ...any) *sql.Row) ([]migration, error) {
	list, err := migrations("sqlite")
	if err != nil {
		return nil, err
	}
	var present int
	switch err := query(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_migrations").Scan(&present); {
	case err != nil:
		return nil, fmt.Errorf("read the version of the database: %w", err)
	case present == 0:
		return nil, errors.New("there is no database of Rapport in it")
	case present > len(list):
		return nil, fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, present, len(list))
	}
	return list[:present], nil
}

// finishCopy takes the owner out of the copy's lease, because nobody serves it, and tells where it stands.
func finishCopy(ctx context.Context, target *sql.DB) (engine.Position, error) {
	var at engine.Position
	if _, err := target.ExecContext(ctx, "UPDATE engine_lease SET owner = '' WHERE id = 1"); err != nil {
		return at, fmt.Errorf("finish the copy: %w", err)
	}
	err := target.QueryRowContext(ctx, "SELECT epoch, batch_seq FROM engine_lease WHERE id = 1").Scan(&at.Epoch, &at.Seq)
	if err != nil {
		return at, fmt.Errorf("finish the copy: %w", err)
	}
	return at, nil
}

const sqliteFull = 13

// backupError tells a full disk and a database that does not answer from what is our fault.
func backupError(err error) error {
	var lite interface{ Code() int }
	if errors.As(err, &lite) && lite.Code()&0xff == sqliteFull || errors.Is(err, syscall.ENOSPC) {
		return &engine.Error{Code: engine.CodeUnavailable, Message: "there is no room for the copy"}
	}
	var my *mysql.MySQLError
	if errors.Is(err, mysql.ErrInvalidConn) || errors.As(err, &my) && gone(my.Number) {
		return readError(err)
	}
	return err
}
