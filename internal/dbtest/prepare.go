package dbtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// ErrMissing says that MariaDB's programs are not on this machine.
var ErrMissing = errors.New("MariaDB is missing")

const passwordFile = "password"

type programs struct {
	mariadbd, installDB string
}

func findPrograms() (programs, error) {
	var p programs
	for name, to := range map[string]*string{"mariadbd": &p.mariadbd, "mariadb-install-db": &p.installDB} {
		if *to = findProgram(name); *to == "" {
			return p, fmt.Errorf("%w: no %s on this machine; `make deps` installs it", ErrMissing, name)
		}
	}
	return p, nil
}

func findProgram(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	// Not on a normal user's PATH.
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/bin", "/opt/homebrew/bin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	return ""
}

// baseArgs are the options that every run of mariadbd on the files in folder needs. The temporary folder is a private
// one because a starting mariadbd deletes what looks like another's leftovers there, even if the other is at work.
func baseArgs(folder string) []string {
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(folder, "data"), "--tmpdir=" + filepath.Join(folder, "tmp")}
	if os.Geteuid() == 0 {
		// Not mysql: the kernel forgets Pdeathsig when a process changes its user, and not every package creates
		// that user.
		args = append(args, "--user=root")
	}
	return args
}

// installArgs go to mariadb-install-db. Small files: they are copied for every server. root comes in only through the
// socket.
var installArgs = []string{"--skip-test-db", "--auth-root-authentication-method=socket", "--innodb-log-file-size=16M"}

const accounts = `FLUSH PRIVILEGES;
CREATE USER '%[1]s'@'127.0.0.1' IDENTIFIED BY '%[2]s';
GRANT ALL PRIVILEGES ON *.* TO '%[1]s'@'127.0.0.1' WITH GRANT OPTION;
`

var prepareMutex sync.Mutex // a file lock holds between processes only

// prepared returns the folder with a data folder to copy, and builds it if no process has done so before for this
// mariadbd and this recipe.
func prepared() (folder string, progs programs, err error) {
	progs, err = findPrograms()
	if err != nil {
		return "", progs, err
	}
	folder, err = prepare(progs)
	if err != nil {
		err = fmt.Errorf("preparing a data folder for MariaDB: %w", err)
	}
	return folder, progs, err
}

func prepare(progs programs) (string, error) {
	prepareMutex.Lock()
	defer prepareMutex.Unlock()

	version, err := exec.Command(progs.mariadbd, "--no-defaults", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", progs.mariadbd, err)
	}
	recipe := sha256.Sum256([]byte(string(version) + strings.Join(installArgs, " ") + accounts))
	name := "mariadb-" + regexp.MustCompile(`[0-9]+(\.[0-9]+)+|$`).FindString(string(version)) + "-" + hex.EncodeToString(recipe[:6])

	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(cache, name+".lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Unlock()

	folder := filepath.Join(cache, name)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	// Whoever left such a folder behind was killed: we have the lock.
	left, _ := filepath.Glob(filepath.Join(cache, name+".building-*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
	building, err := os.MkdirTemp(cache, name+".building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(building)
	if err := build(progs, building); err != nil {
		return "", err
	}
	return folder, os.Rename(building, folder)
}

func build(progs programs, folder string) error {
	if err := os.Mkdir(filepath.Join(folder, "tmp"), 0o700); err != nil {
		return err
	}
	run := func(stdin, program string, args ...string) error {
		cmd := exec.Command(program, args...)
		cmd.Dir = folder
		cmd.Stdin = strings.NewReader(stdin)
		var output strings.Builder
		cmd.Stdout, cmd.Stderr = &output, &output
		err := startTied(cmd)
		if err == nil {
			err = cmd.Wait()
		}
		if err != nil {
			return fmt.Errorf("%s: %w:\n%s", filepath.Base(program), err, output.String()) // whole: the cause comes first
		}
		return nil
	}
	if err := run("", progs.installDB, append(baseArgs(folder), installArgs...)...); err != nil {
		return err
	}
	// Not a fixed password: others on this machine can reach the port.
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	password := hex.EncodeToString(random)
	args := append(baseArgs(folder), "--bootstrap", "--innodb-log-file-size=16M")
	if err := run(fmt.Sprintf(accounts, user, password), progs.mariadbd, args...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, passwordFile), []byte(password), 0o600)
}

// cacheFolder returns a folder of this user's that lasts. It falls back on the temporary folder: there may be no home,
// or one that is not ours (sudo).
func cacheFolder() (string, error) {
	name := fmt.Sprintf("rapport-dbtest-%d", os.Getuid())
	var errs []error
	dir, err := os.UserCacheDir()
	if err == nil {
		dir = filepath.Join(dir, name)
		if err = ownFolder(dir); err == nil {
			return dir, nil
		}
	}
	errs = append(errs, err)
	dir = filepath.Join(os.TempDir(), name+"-cache")
	if err = ownFolder(dir); err == nil {
		return dir, nil
	}
	return "", errors.Join(append(errs, err)...)
}

// ownFolder makes sure that dir is a folder that only this user can write to.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !ours(info) || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a folder that only this user can write to", dir)
	}
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return err
	}
	probe.Close()
	return os.Remove(probe.Name())
}
