//go:build !linux

package dbtest

import (
	"os/exec"
	"time"
)

// startTied starts cmd. Without Linux's Pdeathsig it is the watcher that ends it when this process is killed.
func startTied(cmd *exec.Cmd) error {
	detach(cmd)
	return cmd.Start()
}

func awaitStopped(int) error {
	time.Sleep(100 * time.Millisecond)
	return nil
}
