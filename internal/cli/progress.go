package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// showProgress gives what is to be told how many bytes are done: a bar if out is a terminal, nobody otherwise. stop takes the bar away.
func showProgress(out io.Writer, total int64) (bar io.Writer, stop func()) {
	terminal := asTerminal(out)
	if terminal == nil {
		return io.Discard, func() {}
	}
	b := progressbar.NewOptions64(total, progressbar.OptionSetWriter(terminal), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	return b, func() { _ = b.Clear() } // a terminal that is gone
}

// say shows a line while something goes on that has no measure, if out is a terminal. done takes it away.
func say(out io.Writer, line string) (done func()) {
	terminal := asTerminal(out)
	if terminal == nil {
		return func() {}
	}
	_, _ = fmt.Fprint(terminal, line)
	return func() { _, _ = fmt.Fprint(terminal, "\r\x1b[K") } // erases the line
}

// asTerminal is out if it is a terminal, else nil.
func asTerminal(out io.Writer) *os.File {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}
