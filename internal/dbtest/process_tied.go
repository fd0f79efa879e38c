package dbtest

import (
	"os/exec"

	"rapport/internal/servertest"
)

// startTied starts cmd so that it ends with this process, however that ends, but not with a Ctrl-C in the terminal. Beside Linux it is the
// watcher that ends it when this process is killed.
func startTied(cmd *exec.Cmd) error {
	detach(cmd)
	return servertest.StartTied(cmd)
}
