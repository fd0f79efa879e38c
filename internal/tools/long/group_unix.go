//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup gives cmd a process group: a Ctrl-C in the terminal reaches only us, and we reach all that cmd starts.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interruptGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) } // it may be gone

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // it may be gone
