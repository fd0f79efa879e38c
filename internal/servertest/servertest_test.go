package servertest

import (
	"bufio"
	"debug/buildinfo"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 30 * time.Second

// This variable makes the test program start a child of its own, tell its process id and wait.
const beParent = "SERVERTEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(beParent) == "" {
		os.Exit(m.Run())
	}
	child := exec.Command("sleep", "600")
	if err := StartTied(child); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(child.Process.Pid)
	select {}
}

// TestLives: the real server is built as this test is, with the race detector or without; killed, it starts again on its address and
// database; it gets flags and environment, but not those of somebody's own server.
func TestLives(t *testing.T) {
	t.Setenv("RAPPORT_LISTEN", "nonsense")
	binary, err := Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if got := setting(info, "-race") == "true"; got != RaceDetector {
		t.Errorf("built with the race detector: %v, this test: %v", got, RaceDetector)
	}
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr Output
	c := Config{Binary: binary, Address: address, DB: filepath.Join(t.TempDir(), "x.db"), Flags: []string{"--demo"},
		Env: []string{"RAPPORT_LOG_FORMAT=json"}, Stdout: &stdout, Stderr: &stderr}
	first := start(t, c)
	if err := first.Kill(); err != nil || first.Alive() {
		t.Fatalf("killed: %v, alive: %v", err, first.Alive())
	}
	if ok, err := Asks(address, "/readyz"); ok || err == nil {
		t.Errorf("a dead server answers: %v, %v", ok, err)
	}
	if err := first.Kill(); err == nil || !strings.Contains(err.Error(), "by itself") {
		t.Errorf("killed twice: %v", err)
	}
	second := start(t, c)
	if ok, err := Asks(address, "/nowhere"); ok || err != nil {
		t.Errorf("a page that is not there: %v, %v", ok, err)
	}
	if _, err := second.Exit(time.Millisecond); !errors.Is(err, ErrRunning) {
		t.Errorf("a running server's exit: %v", err)
	}
	if err := second.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, err := second.Exit(patience); code != 0 || err != nil {
		t.Errorf("SIGTERM: %d, %v\n%s", code, err, &stderr)
	}
	if !strings.Contains(stdout.String(), address) || !strings.Contains(stdout.String(), "example") || !strings.Contains(stderr.String(), `"msg":"draining"`) {
		t.Errorf("stdout:\n%s\nstderr:\n%s", &stdout, &stderr)
	}
}

func setting(info *buildinfo.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func start(t *testing.T, c Config) *Process {
	t.Helper()
	p, err := c.Launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() }) // it may be gone
	if took, err := p.AwaitReady(patience); err != nil || took <= 0 {
		t.Fatalf("ready after %v: %v\n%v", took, err, c.Stderr)
	}
	return p
}

// TestNeverReady: a program that ends, and one that opens no port, are errors.
func TestNeverReady(t *testing.T) {
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	ends := script(t, "exit 3")
	p, err := Config{Binary: ends, Address: address}.Launch()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AwaitReady(patience); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a server that ends: %v", err)
	}
	if code, err := p.Exit(patience); code != 3 || err != nil {
		t.Errorf("its exit: %d, %v", code, err)
	}
	p, err = Config{Binary: script(t, "exec sleep 600"), Address: address}.Launch()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AwaitReady(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "within 50ms") {
		t.Errorf("a server that opens no port: %v", err)
	}
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	if _, err := (Config{Binary: filepath.Join(t.TempDir(), "none"), Address: address}).Launch(); err == nil {
		t.Error("a program that is not there starts")
	}
}

// script makes a program for the shell.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTied: a child is gone when who started it was killed.
func TestTied(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has Pdeathsig")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), beParent+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := StartTied(parent); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_ = parent.Process.Kill()
	_ = parent.Wait()
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	// Its new parent may not have taken note yet, so a zombie is gone too.
	gone := func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		return err != nil || strings.Contains(string(stat), ") Z ")
	}
	for end := time.Now().Add(patience); !gone(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			if p, err := os.FindProcess(child); err == nil {
				_ = p.Kill()
			}
			t.Fatalf("the child %d outlives its parent", child)
		}
	}
}

// TestFreeAddress: on loopback, below the ports of outgoing connections, and free.
func TestFreeAddress(t *testing.T) {
	for range 50 {
		address, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		host, text, err := net.SplitHostPort(address)
		port, _ := strconv.Atoi(text)
		if err != nil || host != "127.0.0.1" || port < 20000 || port >= 32000 {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestEnvironment: nothing of a server that somebody runs for themselves.
func TestEnvironment(t *testing.T) {
	t.Setenv("RAPPORT_DB", "mine.db")
	t.Setenv("SOMETHING", "else")
	env := Environment()
	if !slices.Contains(env, "SOMETHING=else") || slices.Contains(env, "RAPPORT_DB=mine.db") {
		t.Errorf("%q", env)
	}
}

// TestRaces: the report is found, and only it.
func TestRaces(t *testing.T) {
	report := "WARNING: DATA RACE\nWrite at 0x1 by goroutine 7:\n  main.f()\n"
	for _, c := range []struct{ log, want string }{
		{"level=INFO msg=ready\n", ""},
		{"before\n" + raceRuler + report + raceRuler + "after\n", report},
		{raceRuler + report, report}, // killed while it wrote
	} {
		if got := Races(c.log); got != c.want {
			t.Errorf("%q: %q", c.log, got)
		}
	}
	if got := Tail("a\nb\nc\n", 2); got != "b\nc" {
		t.Errorf("tail: %q", got)
	}
}
