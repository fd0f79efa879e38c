package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNPMClient runs web/test: what the npm client graphql-ws makes of the server, a restart in the middle included.
func TestNPMClient(t *testing.T) {
	t.Parallel()
	needNPM(t)
	s := startServer(t, sqliteFile(t))
	asks := filepath.Join(t.TempDir(), "restart")
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "test/agent.test.mjs")
	node.Dir = webFolder
	node.Env = append(os.Environ(), "RAPPORT_URL="+s.url(""), "RAPPORT_RESTART_FILE="+asks)
	var out bytes.Buffer
	node.Stdout, node.Stderr = &out, &out
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- node.Wait() }()
	restarts := 0
	for {
		select {
		case err := <-ended:
			// Tests that skip themselves prove nothing.
			text := out.String()
			if err != nil || restarts != 1 || strings.Contains(text, "# SKIP") || strings.Contains(text, "\n# pass 0\n") {
				t.Errorf("node: %v, %d restarts:\n%s", err, restarts, text)
			}
			return
		case <-time.After(20 * time.Millisecond):
			if _, err := os.Stat(asks); err != nil || restarts > 0 {
				continue
			}
			restarts++
			if code := s.stop(); code != 0 {
				t.Errorf("SIGTERM: the server ends with %d", code)
			}
			time.Sleep(200 * time.Millisecond) // long enough for the clients to be refused a few times
			s.start()
		}
	}
}

// TestNPMTokens runs web/test/token.test.mjs: the npm client graphql-ws, by itself and in examples/clients/ts, outlives its tokens, which somebody gives
// as an identity provider does (RL-1).
func TestNPMTokens(t *testing.T) {
	t.Parallel()
	clients := filepath.Dir(clientCommand(t, "TypeScript", "desk")[1])
	s := startGuarded(t, sqliteFile(t))
	runNode(t, "token.test.mjs", "RAPPORT_URL="+s.url(""), "RAPPORT_ADMIN="+s.issuer.token("", "ADMIN"), "RAPPORT_TOKENS="+tokenOffice(t, s), "RAPPORT_CLIENTS="+clients)
}

// tokenOffice gives the address at which an observer's token is to be had, good for `?seconds=`.
func tokenOffice(t *testing.T, s *server) string {
	office := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seconds, err := strconv.Atoi(r.URL.Query().Get("seconds"))
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, s.issuer.tokenUntil(time.Now().Add(time.Duration(seconds)*time.Second), "", "OBSERVER")) // without it the test fails
	}))
	t.Cleanup(office.Close)
	return office.URL
}

// giveUp skips a test for want of a program, but not where it must be there.
func giveUp(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" || os.Getenv("RAPPORT_REQUIRE_MARIADB") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
