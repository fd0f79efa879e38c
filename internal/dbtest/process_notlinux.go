//go:build !linux

package dbtest

import "time"

func awaitStopped(int) error {
	time.Sleep(100 * time.Millisecond)
	return nil
}
