package servertest

import (
	"bytes"
	"strings"
	"sync"
)

// Output collects what a process writes. It may be read at the same time.
type Output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write appends; it never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

// String is everything so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// Tail is the last lines of a text.
func Tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// What the race detector writes: a ruler, the word, the goroutines, a ruler.
const (
	raceRuler = "==================\n"
	raceWord  = "WARNING: DATA RACE\n"
)

// Races gives the first data race that a log tells of, with its goroutines; empty without one. Only the log tells: a server that is killed
// has no exit code.
func Races(log string) string {
	_, report, found := strings.Cut(log, raceWord)
	if !found {
		return ""
	}
	report, _, _ = strings.Cut(report, raceRuler)
	return raceWord + report
}
