package dbtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// startTied starts cmd so that the kernel kills it when this process ends, however it ends.
//
// The kernel watches the thread that started the child, not the process, and Go ends threads as it likes. So one
// goroutine starts all children on a thread that it never gives back.
func startTied(cmd *exec.Cmd) error {
	starter.once.Do(func() {
		starter.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range starter.work {
				f()
			}
		}()
	})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	result := make(chan error, 1)
	starter.work <- func() { result <- cmd.Start() }
	return <-result
}

var starter struct {
	once sync.Once
	work chan func()
}

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
