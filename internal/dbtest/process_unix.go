//go:build unix

package dbtest

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

const (
	signalTerminate = syscall.SIGTERM
	signalSuspend   = syscall.SIGSTOP
	signalResume    = syscall.SIGCONT
)

// detach keeps the terminal's signals (Ctrl-C) from cmd.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
