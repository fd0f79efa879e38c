package models

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

//go:embed migrations
var migrationFiles embed.FS

// ErrNewer: the database was made by a later version of this program.
var ErrNewer = errors.New("the database is newer than this program")

type migration struct {
	version    int
	name       string
	statements []string
}

// migrations lists what brings an empty database of this dialect to the present version, in order.
func migrations(dialect string) ([]migration, error) {
	files, err := fs.Glob(migrationFiles, path.Join("migrations", dialect, "*.sql")) // sorted by name
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, file := range files {
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(file), ".sql")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(list)+1 {
			return nil, fmt.Errorf("migration %s must be number %d", file, len(list)+1)
		}
		m := migration{version: version, name: name}
		for _, statement := range strings.Split(string(text), ";\n") {
			if s := strings.TrimSpace(statement); s != "" {
				m.statements = append(m.statements, s)
			}
		}
		list = append(list, m)
	}
	return list, nil
}

// steps are what a migration does besides its statements, by its number. They must bear being run twice.
var steps = map[int]func(tx *gorm.DB) error{2: fillTerms}

// doneAlready are MySQL's errors of a column or index that is there, or gone, because an interrupted migration is run again: also where a
// statement reads a column that a later one takes away.
func doneAlready(err error) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && (my.Number == 1054 || my.Number == 1060 || my.Number == 1061 || my.Number == 1091)
}

// migrate brings the database to the present version. SQLite does each migration in a transaction. MySQL commits each statement of a
// schema by itself, so there every statement must bear being run twice: an interrupted migration is run again.
func (s *Store) migrate(ctx context.Context) error {
	dialect := "sqlite"
	if s.mysql {
		dialect = "mysql"
	}
	list, err := migrations(dialect)
	if err != nil {
		return err
	}
	db := s.write.WithContext(ctx)
	const table = "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)"
	if err := db.Exec(table).Error; err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	var present int
	if err := db.Raw("SELECT COALESCE(MAX(version), 0) FROM schema_migrations").Scan(&present).Error; err != nil {
		return err
	}
	if present > len(list) {
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, present, len(list))
	}
	if s.mysql && present > 0 && present < len(list) {
		row, err := s.lease(ctx, s.write)
		if err != nil {
			return fmt.Errorf("read the lease: %w", err)
		}
		if row.Owner != "" { // not under a server that is alive
			if err := s.seemsDead(ctx, row); err != nil {
				return err
			}
		}
	}
	for _, m := range list[present:] {
		err := db.Transaction(func(tx *gorm.DB) error {
			for _, statement := range m.statements {
				if err := tx.Exec(statement).Error; err != nil && !doneAlready(err) {
					return err
				}
			}
			if step := steps[m.version]; step != nil {
				if err := step(tx); err != nil {
					return err
				}
			}
			return tx.Exec("INSERT INTO schema_migrations (version, name) VALUES (?, ?)", m.version, m.name).Error
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}
