package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"rapport/engine"
	"rapport/internal/config"
	"rapport/models"
)

const database = "SQLite format 3\x00 and the rest of it"

// handler answers POST /backup.
type handler func(w http.ResponseWriter, r *http.Request)

// sends answers as the server does.
func sends(text string) handler {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.sqlite3")
		w.Header().Set("X-Rapport-Position", "3.41")
		_, _ = io.WriteString(w, text)
	}
}

// stage is a folder to write into and a server to ask.
type stage struct {
	*testing.T
	config.Backup
	asked int
}

func newStage(t *testing.T, answer handler) *stage {
	s := &stage{T: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		if r.Method != http.MethodPost || r.URL.Path != "/in/a/folder/backup" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("asked for %s %s, %s", r.Method, r.URL, r.Header)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s.File, s.URL = filepath.Join(t.TempDir(), "copy.db"), server.URL+"/in/a/folder/graphql"
	return s
}

func (s *stage) run(ctx context.Context) (string, error) {
	var stdout, stderr bytes.Buffer
	err := Run(ctx, s.Backup, &stdout, &stderr)
	if stderr.Len() > 0 {
		s.Errorf("on standard error, which is no terminal: %q", &stderr)
	}
	if err != nil && stdout.Len() > 0 {
		s.Errorf("printed %q with %v", &stdout, err)
	}
	return stdout.String(), err
}

// has fails the test unless the folder has exactly these files.
func (s *stage) has(want ...string) {
	s.Helper()
	found, err := os.ReadDir(filepath.Dir(s.File))
	if err != nil {
		s.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, f.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		s.Errorf("the folder has %q, want %q", names, want)
	}
}

func (s *stage) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.File), name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// refused fails the test unless the error is one line with these words.
func (s *stage) refused(err error, words ...string) {
	s.Helper()
	if err == nil {
		s.Error("it was not refused")
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			s.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 600 {
		s.Errorf("%q is more than a line", err)
	}
}

func TestBackup(t *testing.T) {
	s := newStage(t, sends(database))
	s.write("copy.db.partial", "left by one that was killed, and longer than what comes now: "+database)
	s.write("copy.db.partial-journal", "its journal")
	out, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{s.File, "35 bytes", "3.41", "s, "} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q without %q", out, want)
		}
	}
	s.has("copy.db")
	info, err := os.Stat(s.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info, err)
	}
	if text, _ := os.ReadFile(s.File); string(text) != database {
		t.Errorf("the file has %q", text)
	}
}

// TestWhatIsThere: nothing is replaced without --force, and the server is not even asked.
func TestWhatIsThere(t *testing.T) {
	for _, there := range []string{"copy.db", "copy.db-wal", "copy.db-journal"} {
		t.Run(there, func(t *testing.T) {
			s := newStage(t, sends(database))
			s.write(there, "old")
			_, err := s.run(t.Context())
			s.refused(err, there, "--force")
			s.has(there)
			if s.asked > 0 {
				t.Error("the server was asked")
			}
			s.Force = true
			if _, err := s.run(t.Context()); err != nil {
				t.Error(err)
			}
			s.has("copy.db")
			if text, _ := os.ReadFile(s.File); string(text) != database {
				t.Errorf("the file has %q", text)
			}
		})
	}
}

// TestForceThatFails keeps what was there.
func TestForceThatFails(t *testing.T) {
	s := newStage(t, sends("half a file of something else"))
	s.write("copy.db", "old")
	s.Force = true
	_, err := s.run(t.Context())
	s.refused(err, "sends no database")
	s.has("copy.db")
	if text, _ := os.ReadFile(s.File); string(text) != "old" {
		t.Errorf("the file has %q", text)
	}
}

// TestDatabaseInUse is not replaced, --force or not; exit code 3 comes from ErrHeld.
func TestDatabaseInUse(t *testing.T) {
	s := newStage(t, sends(database))
	s.write("copy.db", "a database")
	lock := flock.New(s.File + ".lock")
	if _, err := lock.TryLock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	s.Force = true
	_, err := s.run(t.Context())
	s.refused(err, "server that runs")
	if !errors.Is(err, engine.ErrHeld) {
		t.Errorf("%v is not ErrHeld", err)
	}
	s.has("copy.db", "copy.db.lock")
}

// TestTwoAtOnce: one writes, the other is told.
func TestTwoAtOnce(t *testing.T) {
	s := newStage(t, sends(database))
	first, err := createFile(s.File, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.run(t.Context())
	s.refused(err, "another process")
	if _, err := first.WriteString("whole"); err != nil {
		t.Fatal(err)
	}
	if err := first.finish(); err != nil {
		t.Fatal(err)
	}
	s.has("copy.db")
}

// TestCreatedMeanwhile: a file that came while the copy was made is not replaced either.
func TestCreatedMeanwhile(t *testing.T) {
	var s *stage
	s = newStage(t, func(w http.ResponseWriter, r *http.Request) {
		s.write("copy.db", "somebody's")
		sends(database)(w, r)
	})
	_, err := s.run(t.Context())
	s.refused(err, "exists")
	s.has("copy.db")
	if text, _ := os.ReadFile(s.File); string(text) != "somebody's" {
		t.Errorf("the file has %q", text)
	}
}

func TestBadFile(t *testing.T) {
	s := newStage(t, sends(database))
	folder := filepath.Dir(s.File)
	for file, want := range map[string]string{filepath.Join(folder, "no", "such", "folder", "x.db"): "no such file", folder: "is a folder"} {
		s.File = file
		_, err := s.run(t.Context())
		s.refused(err, want, file)
	}
	if s.asked > 0 {
		t.Error("the server was asked")
	}
}

// TestServerRefuses: what it says is said, and nothing is left behind.
func TestServerRefuses(t *testing.T) {
	says := func(status int, body string) handler {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer handler
		want   []string
	}{
		"busy":               {says(429, `{"errors":[{"message":"another backup is being made","extensions":{"code":"RATE_LIMITED"}}]}`), []string{"another backup", "RATE_LIMITED"}},
		"our fault":          {says(500, `{"errors":[{"message":"something","extensions":{"code":"INTERNAL","requestId":"abc1"}}]}`), []string{"INTERNAL", "abc1"}},
		"no room":            {says(503, `{"errors":[{"message":"no room","extensions":{"code":"UNAVAILABLE"}}]}`), []string{"no room"}},
		"an older server":    {says(404, "404 page not found\n"), []string{"404", "--url"}},
		"somebody else":      {says(502, "<html>"), []string{"502", "--url"}},
		"somebody else's":    {says(500, `{"errors":[{"message":"x"}]}`), []string{"500", "--url"}},
		"a redirection":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, []string{"302", "--url"}},
		"control characters": {says(400, `{"errors":[{"message":"a\u001b[31m\nb","extensions":{"code":"X"}}]}`), []string{"a [31m b"}},
		"a web page":         {says(200, "<html>"), []string{"no database", "--url"}},
		"another file":       {sends("not a database at all"), []string{"sends no database"}},
		"an empty file":      {sends(""), []string{"sends no database"}},
		"a long word":        {says(400, `{"errors":[{"message":"`+strings.Repeat("ä", 5000)+`","extensions":{"code":"X"}}]}`), []string{"ä…"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.answer)
			_, err := s.run(t.Context())
			s.refused(err, c.want...)
			s.has()
		})
	}
}

// TestCutOff: a stream that ends too early leaves nothing.
func TestCutOff(t *testing.T) {
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.sqlite3")
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, database)
	})
	_, err := s.run(t.Context())
	s.refused(err, "cut off")
	s.has()
}

// TestInterrupted: Ctrl-C, before and after the first byte.
func TestInterrupted(t *testing.T) {
	for name, write := range map[string]string{"while the copy is made": "", "while it comes": database} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
				if write != "" {
					w.Header().Set("Content-Type", "application/vnd.sqlite3")
					w.Header().Set("Content-Length", "100000")
					_, _ = io.WriteString(w, write)
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = io.Copy(io.Discard, r.Body)
				time.AfterFunc(20*time.Millisecond, cancel)
				<-r.Context().Done()
			})
			_, err := s.run(ctx)
			s.refused(err, "interrupted")
			s.has()
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	s := newStage(t, sends(database))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + l.Addr().String() + "/graphql"
	_ = l.Close()
	_, err = s.run(t.Context())
	s.refused(err, "nobody answers at "+s.URL, "RAPPORT_URL", "refused")
	s.URL = "http://no-such-host.invalid/graphql"
	_, err = s.run(t.Context())
	s.refused(err, "no-such-host.invalid")
	s.has()
}

// TestOffline: without a server, of a stopped one's database.
func TestOffline(t *testing.T) {
	s := newStage(t, sends(database))
	s.Offline, s.DB = true, filepath.Join(t.TempDir(), "rapport.db")
	_, err := s.run(t.Context())
	s.refused(err, s.DB, "no such file")
	s.has()
	store, err := models.Open(t.Context(), s.DB, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	_, err = s.run(t.Context())
	s.refused(err, "--offline")
	if !errors.Is(err, engine.ErrHeld) {
		t.Errorf("%v is not ErrHeld", err)
	}
	s.has()
	store.Close()
	out, err := s.run(t.Context())
	if err != nil || !strings.Contains(out, "0.0") {
		t.Errorf("%q, %v", out, err)
	}
	s.has("copy.db")
	again, err := models.Open(t.Context(), s.File, "test")
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if s.asked > 0 {
		t.Error("a server was asked")
	}
}

// TestOfflineOntoItself: --force does not let a database be replaced by its own copy while it is being read.
func TestOfflineOntoItself(t *testing.T) {
	s := newStage(t, sends(database))
	store, err := models.Open(t.Context(), s.File, "test")
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	before, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	s.Offline, s.DB, s.Force = true, s.File, true
	if _, err := s.run(t.Context()); err != nil {
		t.Logf("refused: %v", err)
	}
	if after, err := os.ReadFile(s.File); err != nil || len(after) == 0 || !bytes.Equal(after[:16], before[:16]) {
		t.Errorf("the database is damaged: %v", err)
	}
	again, err := models.Open(t.Context(), s.File, "test")
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestUnknownCommand: a command that is forgotten in Run is noticed.
func TestUnknownCommand(t *testing.T) {
	if err := Run(t.Context(), config.Config{}, io.Discard, io.Discard); err == nil {
		t.Error("it did nothing and said nothing")
	}
}
