//go:build !linux

package e2e

import "os/exec"

// Elsewhere only the clean-up of each test ends its servers.
func dieWithParent(*exec.Cmd) {}
