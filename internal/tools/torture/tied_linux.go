package main

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// startTied starts cmd so that the kernel kills it when this process ends, however that comes about. The kernel watches the thread
// that started the child, so one goroutine starts all children on a thread that it never gives back.
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
