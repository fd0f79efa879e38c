// Package servertest builds the real server and runs it as a process of its own, for tests and tools that drive it from outside.
//
//	binary, err := servertest.Build(dir)
//	address, err := servertest.FreeAddress()
//	p, err := servertest.Config{Binary: binary, Address: address, DB: file, Stderr: &log}.Launch()
//	took, err := p.AwaitReady(15 * time.Second)
//	err = p.Kill()
//
// A [Config] is the server, a [Process] one life of it: launched again, it has the same address and database. On Linux no process
// outlives the one that started it, however that ends.
//
// A test or tool that is built with the race detector gets a server with the race detector. Whoever reads the server's log looks into it
// with [Races].
//
// It needs the standard library only, so that everything may use it.
package servertest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build compiles the server into a folder and gives the program: as it is shipped, without cgo, or with the race detector if the caller has
// it. It takes $GO, or else the go on the PATH, and finds the module from wherever in it the caller runs.
func Build(dir string) (binary string, err error) {
	binary = filepath.Join(dir, "rapport")
	args := []string{"build", "-o", binary}
	cgo := "CGO_ENABLED=0"
	if RaceDetector {
		args = append(args, "-race")
		cgo = "CGO_ENABLED=1"
	}
	cmd := exec.Command(cmp.Or(os.Getenv("GO"), "go"), append(args, "rapport")...)
	cmd.Env = append(os.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return binary, nil
}

// FreeAddress gives a port of 127.0.0.1 that nobody listens on, as HOST:PORT. It looks below the range from which systems take the ports
// of outgoing connections: while a server is down for a restart, none of its own clients may get its port.
func FreeAddress() (string, error) {
	var err error
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		var listener net.Listener
		if listener, err = net.Listen("tcp", address); err == nil {
			return address, listener.Close()
		}
	}
	return "", fmt.Errorf("found no free port: %w", err)
}

// Environment is that of this process without the settings of a server that somebody runs for themselves, RAPPORT_….
func Environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "RAPPORT_") {
			env = append(env, v)
		}
	}
	return env
}
