package dbtest

import (
	"io"
	"os/exec"
)

// A watcher is a small shell that outlives this process if need be. It waits for the end of a pipe whose other end
// only this process has, so it notices every way of ending, SIGKILL included. Then it ends the server (on Linux the
// kernel does so as well, see startTied) and removes the folder.
type watcher struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// Each line is the id of the running mariadbd, or empty while there is none. "done" ends the watch.
const watchScript = `
trap '' HUP INT TERM
pid=
while read -r line; do
	[ "$line" != done ] || exit 0
	pid=$line
done
[ -z "$pid" ] || kill -9 "$pid"
[ -n "$1" ] || exit 0
# A dying server may still have been creating files: look again after a moment.
tries=0
while [ $tries -lt 50 ]; do
	rm -rf -- "$1"
	sleep 0.1
	[ -e "$1" ] || exit 0
	tries=$((tries + 1))
done
`

func watch(dir string, remove bool) (*watcher, error) {
	if !remove {
		dir = ""
	}
	cmd := exec.Command("/bin/sh", "-c", watchScript, "rapport-dbtest-watcher", dir)
	cmd.Dir = "/"
	detach(cmd)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Its output goes nowhere: `go test` waits for everyone who holds the test's.
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &watcher{cmd: cmd, pipe: pipe}, nil
}

func (w *watcher) tell(line string) { _, _ = io.WriteString(w.pipe, line+"\n") }

func (w *watcher) dismiss() {
	if w == nil {
		return
	}
	w.tell("done")
	_ = w.cmd.Wait()
}
