package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browsers are the programs that web/e2e/stage.mjs looks for.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func haveBrowser() bool {
	if os.Getenv("CHROME") != "" {
		return true
	}
	for _, program := range browsers {
		if _, err := exec.LookPath(program); err == nil {
			return true
		}
	}
	return false
}

// TestConsoleInBrowser runs web/e2e: the console at / in a headless Chromium, with the example contact centre, a restart of the server in
// the middle included. The bundle must have been built before the server was (`make web`).
func TestConsoleInBrowser(t *testing.T) {
	t.Parallel()
	needNPM(t)
	if !haveBrowser() {
		giveUp(t, "no browser: $CHROME is not set, and none of %v is on the PATH (make deps)", browsers)
	}
	if _, err := os.Stat(filepath.Join(webFolder, "dist", "index.html")); err != nil {
		giveUp(t, "the console's bundle is missing (make web): %v", err)
	}
	s := startExample(t, sqliteFile(t))
	asks := filepath.Join(t.TempDir(), "restart")
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "e2e/console.test.mjs")
	// Asked to end, the tests take their browser with them.
	node.Cancel = func() error { return node.Process.Signal(os.Interrupt) }
	node.WaitDelay = 10 * time.Second
	node.Dir = webFolder
	node.Env = append(os.Environ(), "RAPPORT_URL="+s.url(""), "RAPPORT_RESTART_FILE="+asks)
	var out bytes.Buffer
	node.Stdout, node.Stderr = &out, &out
	if err := startProcess(node); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- node.Wait() }()
	restarts := 0
	for {
		select {
		case err := <-ended:
			text := out.String()
			// Tests that skip themselves prove nothing.
			passed := regexp.MustCompile(`(?m)^# pass [1-9]`).MatchString(text)
			if err != nil || restarts != 1 || !passed || strings.Contains(text, "# SKIP") {
				t.Errorf("node: %v, %d restarts:\n%s", err, restarts, text)
			}
			return
		case <-time.After(20 * time.Millisecond): // nothing tells when a file comes
			if _, err := os.Stat(asks); err != nil || restarts > 0 {
				continue
			}
			restarts++
			if code := s.stop(); code != 0 {
				t.Errorf("SIGTERM: the server ends with %d", code)
			}
			time.Sleep(500 * time.Millisecond) // long enough for the console to be refused once or twice
			s.start()
		}
	}
}
