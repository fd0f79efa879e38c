//go:build !unix

package dbtest

import (
	"io/fs"
	"os"
	"os/exec"
)

// Only so that the package compiles: there is no shell for the watcher, so no server starts.
var signalTerminate, signalSuspend, signalResume os.Signal = os.Kill, os.Kill, os.Kill

func detach(*exec.Cmd) {}

func ours(fs.FileInfo) bool { return true }
