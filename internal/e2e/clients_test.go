package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// clientsFolder holds the clients that people copy.
var clientsFolder = filepath.Join("..", "..", "examples", "clients")

// pageLines is what a client may have, so that one reads it at a sitting.
const pageLines = 120

// languages are those in which there is a desk and an integrator. They take the same flags and print the same lines.
var languages = []string{"Go", "TypeScript"}

// buildGo builds examples/clients/agent and examples/clients/integrator, once.
var buildGo = sync.OnceValues(func() (output string, err error) {
	build := exec.Command("go", "build", "-o", filepath.Dir(binary), "rapport/examples/clients/agent", "rapport/examples/clients/integrator")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	return string(out), err
})

// buildTypeScript checks the types of examples/clients/ts and compiles it, once, as somebody who has copied the folder would. What it needs is installed with
// web/, once for all tests; TestClientsNeedWhatIsTested sees to the same versions.
var buildTypeScript = sync.OnceValues(func() (output string, err error) {
	copied := filepath.Join(filepath.Dir(binary), "ts")
	if err := os.Mkdir(copied, 0o755); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(clientsFolder, "ts", "*.*"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(copied, filepath.Base(f)), data, 0o644); err != nil {
			return "", err
		}
	}
	modules, err := filepath.Abs(filepath.Join(webFolder, "node_modules"))
	if err != nil {
		return "", err
	}
	if err := os.Symlink(modules, filepath.Join(copied, "node_modules")); err != nil {
		return "", err
	}
	compile := exec.Command(filepath.Join(modules, ".bin", "tsc"))
	compile.Dir = copied
	out, err := compile.CombinedOutput()
	return string(out), err
})

// clientCommand is how to start a client: "desk" or "integrator", in one of the languages.
func clientCommand(t *testing.T, language, client string) []string {
	t.Helper()
	if language == "Go" {
		if out, err := buildGo(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		program := map[string]string{"desk": "agent", "integrator": "integrator"}[client]
		return []string{filepath.Join(filepath.Dir(binary), program)}
	}
	needNPM(t)
	if out, err := buildTypeScript(); err != nil {
		t.Fatalf("tsc: %v\n%s", err, out)
	}
	return []string{"node", filepath.Join(filepath.Dir(binary), "ts", "dist", client+".js")}
}

// program is a client that runs.
type program struct {
	t      *testing.T
	name   string
	stdout output
	stderr output
	exited chan struct{}
	cmd    *exec.Cmd
}

// startClient starts a client. It ends with the test.
func startClient(t *testing.T, language, client, base string, flags ...string) *program {
	t.Helper()
	return startClientWith(t, nil, language, client, base, flags...)
}

// startClientWith is startClient with variables, as NAME=VALUE.
func startClientWith(t *testing.T, env []string, language, client, base string, flags ...string) *program {
	t.Helper()
	command := append(clientCommand(t, language, client), "--url", base+"/graphql")
	p := &program{t: t, name: language + " " + client, exited: make(chan struct{})}
	p.cmd = exec.Command(command[0], append(command[1:], flags...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Env = append(serverEnv(), env...)
	if err := startProcess(p.cmd); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the exit code stays in ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		if t.Failed() {
			t.Logf("the %s said:\n%s\nand on stderr:\n%s", p.name, &p.stdout, &p.stderr)
		}
	})
	return p
}

// says waits until the program has printed so many lines that match a pattern.
func (p *program) says(pattern string, times int) {
	p.t.Helper()
	lines := regexp.MustCompile(`(?m)^` + pattern + `$`)
	await(p.t, fmt.Sprintf("the %s says %q %d times", p.name, pattern, times), func() bool {
		return len(lines.FindAllString(p.stdout.String(), -1)) >= times
	})
}

// complains waits until the program has written what matches a pattern to its standard error.
func (p *program) complains(pattern string) {
	p.t.Helper()
	await(p.t, fmt.Sprintf("the %s complains %q", p.name, pattern), func() bool {
		return regexp.MustCompile(pattern).MatchString(p.stderr.String())
	})
}

// ends waits for the end of the program, which must have this exit code, and compares all that it printed with a pattern of lines.
func (p *program) ends(code int, lines ...string) {
	p.t.Helper()
	await(p.t, "the "+p.name+" ends", func() bool {
		select {
		case <-p.exited:
			return true
		default:
			return false
		}
	})
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("the %s ends with %d, want %d", p.name, got, code)
	}
	if whole := `^` + strings.Join(lines, "\n") + `\n?$`; !regexp.MustCompile(whole).MatchString(p.stdout.String()) {
		p.t.Errorf("the %s said\n%s\nwant\n%s", p.name, &p.stdout, whole)
	}
}

// triedOnce: the program has not tried again what can't help.
func (p *program) triedOnce() {
	p.t.Helper()
	if strings.Contains(p.stderr.String(), "again in") {
		p.t.Errorf("the %s has tried again", p.name)
	}
}

// TestClientsAreAPage: who copies a client has read it.
func TestClientsAreAPage(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"*/*.go", "*/*.ts"} {
		found, err := filepath.Glob(filepath.Join(clientsFolder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) != 8 { // each language has a desk, an integrator and a connection, in two files
		t.Errorf("the clients are %v", files)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(data), "\n"); lines > pageLines {
			t.Errorf("%s has %d lines, at most %d", f, lines, pageLines)
		}
	}
}

// TestClientsNeedWhatIsTested: the packages that examples/clients/ts installs are, in their versions, those of web/, with which it is tested.
func TestClientsNeedWhatIsTested(t *testing.T) {
	t.Parallel()
	type packages struct{ Dependencies, DevDependencies map[string]string }
	read := func(folder string) (p packages) {
		data, err := os.ReadFile(filepath.Join(folder, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	tested, copied := read(webFolder), read(filepath.Join(clientsFolder, "ts"))
	if len(copied.Dependencies) == 0 || len(copied.DevDependencies) == 0 {
		t.Errorf("examples/clients/ts needs %+v", copied)
	}
	for _, list := range []map[string]string{copied.Dependencies, copied.DevDependencies} {
		for name, version := range list {
			if got := tested.DevDependencies[name]; got != version {
				t.Errorf("examples/clients/ts has %s %s, and web/ %q", name, version, got)
			}
		}
	}
}
