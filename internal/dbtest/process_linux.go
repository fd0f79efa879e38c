package dbtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// awaitStopped waits until SIGSTOP has reached every thread, which takes a moment: a busy thread answers until then.
func awaitStopped(pid int) error {
	const timeout = 10 * time.Second
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		stopped := 0
		for _, thread := range threads {
			stat, _ := os.ReadFile(thread)
			// pid (name) state ...
			if i := bytes.LastIndexByte(stat, ')'); i >= 0 && bytes.HasPrefix(stat[i:], []byte(") T")) {
				stopped++
			}
		}
		if stopped > 0 && stopped == len(threads) {
			return nil
		}
	}
	return fmt.Errorf("process %d was not suspended within %v", pid, timeout)
}
