package servertest

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// StartTied starts cmd so that the kernel kills it when this process ends, however that comes about. What else cmd.SysProcAttr says stays.
//
// The kernel watches the thread that started the child, not the process, and Go ends threads as it likes. So one goroutine starts all
// children on a thread that it never gives back.
func StartTied(cmd *exec.Cmd) error {
	starter.once.Do(func() {
		starter.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range starter.work {
				f()
			}
		}()
	})
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	result := make(chan error, 1)
	starter.work <- func() { result <- cmd.Start() }
	return <-result
}

var starter struct {
	once sync.Once
	work chan func()
}

// detach keeps the terminal's signals from cmd.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
