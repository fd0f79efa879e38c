//go:build !unix

package main

import "os/exec"

// Without process groups only the first process of a part can be ended.

func ownGroup(*exec.Cmd) {}

func interruptGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // it may be gone

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // it may be gone
