//go:build !linux

package main

import "os/exec"

// startTied starts cmd. Without Linux's Pdeathsig a server outlives this process if that is killed.
func startTied(cmd *exec.Cmd) error { return cmd.Start() }
