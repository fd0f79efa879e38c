package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// desk is the folder in which a copy is made: NAME.backup-123456. It is locked for as long as its process lives, so that what a process that
// was killed has left can be told from what another is at.
type desk struct {
	dir  string
	lock *flock.Flock
}

const (
	deskMark = ".backup-"
	deskLock = "lock"
	deskFile = "copy.db"
)

// newDesk makes the folder; nobody else on the machine may look into it.
func newDesk(dir, name string) (*desk, error) {
	if dir == "" {
		dir = "." // the database is named without a folder; MkdirTemp would take the system's
	}
	made, err := os.MkdirTemp(dir, name+deskMark+"*")
	if err != nil {
		return nil, err
	}
	d := &desk{dir: made, lock: flock.New(filepath.Join(made, deskLock))}
	locked, err := d.lock.TryLock()
	if err == nil && !locked {
		err = errors.New("the folder for the copy is locked") // nobody else knows its name
	}
	if err != nil {
		return nil, errors.Join(err, d.clear())
	}
	return d, nil
}

func (d *desk) path() string { return filepath.Join(d.dir, deskFile) }

// clear deletes the files that a copy can consist of, and no others: the folder goes if nothing else is in it.
func (d *desk) clear() error {
	for _, file := range []string{deskFile, deskFile + "-journal", deskFile + "-wal", deskFile + "-shm", deskLock} {
		if err := os.Remove(filepath.Join(d.dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(d.lock.Close(), os.Remove(d.dir))
}

// clearDesks clears those that nobody holds.
func clearDesks(dir, name string) error {
	if dir == "" {
		dir = "."
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range found {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), name+deskMark) {
			continue
		}
		d := &desk{dir: filepath.Join(dir, entry.Name())}
		d.lock = flock.New(filepath.Join(d.dir, deskLock))
		if info, err := os.Lstat(d.lock.Path()); err != nil || !info.Mode().IsRegular() {
			continue // somebody else's folder, or one that is just being made
		}
		if locked, err := d.lock.TryLock(); err != nil || !locked {
			continue // in use, or another user's
		}
		errs = append(errs, d.clear())
	}
	return errors.Join(errs...)
}
