package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"rapport/engine"
)

// partialFile is a file in the making: written as NAME.partial in the same folder, and NAME only when all of it is on the disk.
type partialFile struct {
	*os.File
	name  string
	force bool
	lock  *flock.Flock
}

// createFile begins a file that only its owner can read. Errors: it is there already and force is not set; a server has it open; somebody
// else is writing it; its folder is missing.
func createFile(name string, force bool) (*partialFile, error) {
	f := &partialFile{name: name, force: force, lock: flock.New(name+".partial", flock.SetPermissions(0o600))}
	if err := f.free(); err != nil {
		return nil, err
	}
	// The lock tells one that is being written from what was left by a process that was killed.
	if locked, err := f.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	} else if !locked {
		return nil, fmt.Errorf("%s.partial is being written by another process", name)
	}
	err := removeBeside(name + ".partial") // of one that was killed
	if err != nil {
		return nil, errors.Join(err, f.lock.Close())
	}
	if f.File, err = os.OpenFile(name+".partial", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", name, err), f.lock.Close())
	}
	return f, nil
}

// beside are the files that SQLite keeps beside a database. It would take what an old database has left there for part of the new one.
var beside = [...]string{"-wal", "-shm", "-journal"}

// free refuses a name that is taken.
func (f *partialFile) free() error {
	info, err := os.Lstat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("write %s: %w", f.name, err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder", f.name)
	case !f.force:
		return fmt.Errorf("%s exists; --force replaces it", f.name)
	}
	for _, suffix := range beside {
		if _, err := os.Lstat(f.name + suffix); err == nil && !f.force {
			return fmt.Errorf("%s%s is left from another database; --force deletes it", f.name, suffix)
		}
	}
	if _, err := os.Lstat(f.name + ".lock"); err != nil {
		return nil // no server ever had it open
	}
	lock := flock.New(f.name + ".lock")
	defer lock.Close() //nolint:errcheck // nothing was written
	if locked, err := lock.TryLock(); err != nil || !locked {
		return fmt.Errorf("%s is the database of a server that runs: %w", f.name, engine.ErrHeld)
	}
	return nil
}

func removeBeside(name string) error {
	for _, suffix := range beside {
		if err := os.Remove(name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// finish gives the file its name, once it is on the disk.
func (f *partialFile) finish() error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if err := f.free(); err != nil { // it took a while
		return err
	}
	if err := removeBeside(f.name); err != nil {
		return err
	}
	if err := os.Rename(f.name+".partial", f.name); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(f.name))
	if err != nil {
		return err
	}
	err = folder.Sync() // the name too
	return errors.Join(err, folder.Close(), f.File.Close(), f.lock.Close())
}

// abandon deletes what there is.
func (f *partialFile) abandon() error {
	err := os.Remove(f.name + ".partial")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it has its name already, or somebody was faster
	}
	_, _ = f.File.Close(), f.lock.Close() // what is deleted need not be written
	return errors.Join(err, removeBeside(f.name+".partial"))
}
