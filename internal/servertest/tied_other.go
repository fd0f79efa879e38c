//go:build !linux

package servertest

import "os/exec"

// StartTied starts cmd. Without Linux's Pdeathsig it outlives this process if that is killed.
func StartTied(cmd *exec.Cmd) error { return cmd.Start() }

// detach does nothing: a Ctrl-C that ends this process has to end cmd as well.
func detach(*exec.Cmd) {}
