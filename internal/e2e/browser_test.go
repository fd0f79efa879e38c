package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rapport/internal/auth/forge"
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

// needBrowser gives up, with what to do about it, where the console can't be tested. The bundle must have been built before the server was
// (`make web`).
func needBrowser(t *testing.T) {
	t.Helper()
	needNPM(t)
	if !haveBrowser() {
		giveUp(t, "no browser: $CHROME is not set, and none of %v is on the PATH (make deps)", browsers)
	}
	if _, err := os.Stat(filepath.Join(webFolder, "dist", "index.html")); err != nil {
		giveUp(t, "the console's bundle is missing (make web): %v", err)
	}
}

// browse runs a file of web/e2e on a server, and looks at meanwhile now and then, for at most four minutes.
func browse(t *testing.T, s *server, file string, meanwhile func(), env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", filepath.Join("e2e", file))
	// Asked to end, the tests take their browser with them.
	node.Cancel = func() error { return node.Process.Signal(os.Interrupt) }
	node.WaitDelay = 10 * time.Second
	node.Dir = webFolder
	node.Env = append(append(os.Environ(), "RAPPORT_URL="+s.url("")), env...)
	var out bytes.Buffer
	node.Stdout, node.Stderr = &out, &out
	if err := startProcess(node); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- node.Wait() }()
	for {
		select {
		case err := <-ended:
			text := out.String()
			// Tests that skip themselves prove nothing.
			passed := regexp.MustCompile(`(?m)^# pass [1-9]`).MatchString(text)
			if err != nil || !passed || strings.Contains(text, "# SKIP") {
				t.Errorf("node: %v:\n%s", err, text)
			}
			return
		case <-time.After(20 * time.Millisecond): // nothing tells when a file comes
			meanwhile()
		}
	}
}

// TestConsoleInBrowser runs web/e2e/console.test.mjs: the console at / in a headless Chromium, with the example contact centre, a restart of
// the server in the middle included.
func TestConsoleInBrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := startExample(t, sqliteFile(t))
	asks := filepath.Join(t.TempDir(), "restart")
	restarts := 0
	browse(t, s, "console.test.mjs", func() {
		if _, err := os.Stat(asks); err != nil || restarts > 0 {
			return
		}
		restarts++
		if code := s.stop(); code != 0 {
			t.Errorf("SIGTERM: the server ends with %d", code)
		}
		time.Sleep(500 * time.Millisecond) // long enough for the console to be refused once or twice
		s.start()
	}, "RAPPORT_RESTART_FILE="+asks)
	if restarts != 1 {
		t.Errorf("there were %d restarts, want 1", restarts)
	}
}

// TestTokensInBrowser runs web/e2e/access.test.mjs: the console of a server that asks for tokens.
func TestTokensInBrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := startGuarded(t, sqliteFile(t), "--console", "on")
	fillWith(t, s, s.issuer.token("", "ADMIN"))
	token := func(subject, role string) string {
		now := time.Now()
		return s.issuer.Token(now, forge.Members{"sub": subject, "roles": []string{role}, "exp": now.Add(time.Hour).Unix()})
	}
	tokens, err := json.Marshal(map[string]string{
		"admin": token("root", "ADMIN"), "agent": s.issuer.token(demoID("ag", 27), "AGENT"),
		"observer": token("olga", "OBSERVER"), "lead": token("lena", "DESK_LEAD"), "office": tokenOffice(t, s),
	})
	if err != nil {
		t.Fatal(err)
	}
	browse(t, s, "access.test.mjs", func() {}, "RAPPORT_TOKENS="+string(tokens))
}

// TestNewcomerInBrowser runs web/e2e/living.test.mjs: somebody who has just started the server with --demo watches the contact centre in the
// console, and is one of its agents.
func TestNewcomerInBrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := startServer(t, sqliteFile(t), "--demo")
	browse(t, s, "living.test.mjs", func() {}, "RAPPORT_LIVING=1")
}
