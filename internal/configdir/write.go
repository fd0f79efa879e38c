package configdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotEmpty: the folder holds something already.
var ErrNotEmpty = errors.New("the folder is not empty")

// Free tells whether Write would take a folder: one that is not there, is empty, or is forced.
func Free(folder string, force bool) error {
	there, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read the folder: %w", err)
	case len(there) > 0 && !force:
		return fmt.Errorf("%s: %w", folder, ErrNotEmpty)
	}
	return nil
}

// Write puts files into a folder, which it makes if it is not there. A folder that holds something is ErrNotEmpty unless force says that
// files of the same names may be replaced; others in it stay. Every file is written under a temporary name first, so that a full disk
// leaves the old ones. The files are for their owner only: they hold the names and numbers of customers.
func Write(folder string, files []File, force bool) error {
	if err := Free(folder, force); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	var temporary []string
	defer func() {
		for _, name := range temporary {
			_ = os.Remove(name) // gone already when it was renamed
		}
	}()
	for _, f := range files {
		name, err := writeTemporary(folder, f)
		if name != "" {
			temporary = append(temporary, name)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	for i, f := range files {
		if err := os.Rename(temporary[i], filepath.Join(folder, f.Name)); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	return nil
}

// writeTemporary writes a file under a name of its own, which it gives also when it fails.
func writeTemporary(folder string, f File) (string, error) {
	out, err := os.CreateTemp(folder, "."+f.Name+".*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = out.Write(f.Data)
	return out.Name(), errors.Join(err, out.Sync(), out.Close())
}
