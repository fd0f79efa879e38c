package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
)

// fakeCopy is a copy with some bytes in it.
type fakeCopy struct {
	io.Reader
	size   int64
	closed *atomic.Int32
}

func (c fakeCopy) Close() error        { c.closed.Add(1); return nil }
func (c fakeCopy) Size() int64         { return c.size }
func (c fakeCopy) At() engine.Position { return engine.Position{Epoch: 3, Seq: 41} }

// backupStage is the route over a fake database.
type backupStage struct {
	*testing.T
	*backups
	log    *record
	closed atomic.Int32
}

// newBackupStage makes a stage on which a copy is what make reads from, or its error.
func newBackupStage(t *testing.T, make func(context.Context) (io.Reader, int64, error)) *backupStage {
	s := &backupStage{T: t, log: &record{}}
	s.backups = newBackups(func(ctx context.Context) (Copy, error) {
		r, size, err := make(ctx)
		if err != nil {
			return nil, err
		}
		return fakeCopy{r, size, &s.closed}, nil
	}, slog.New(slog.NewTextHandler(s.log, nil)))
	return s
}

// whole is the API with the route in it.
func (s *backupStage) whole() *stage {
	whole := newStage(s.T)
	whole.api = New(Options{Console: true,
		Writer: whole.writer, Reader: whole.reader, Metrics: NewMetrics(func() (int, int) { return 0, 0 }), Log: slog.New(slog.DiscardHandler),
		Backup: s.make,
	})
	return whole
}

// serve starts a real server with the limits of ours, shorter.
func (s *backupStage) serve() string {
	server := httptest.NewUnstartedServer(s.backups)
	server.Config.ReadTimeout = 200 * time.Millisecond
	server.Start()
	s.Cleanup(server.Close)
	return server.URL
}

func bytesOf(text string) func(context.Context) (io.Reader, int64, error) {
	return func(context.Context) (io.Reader, int64, error) { return strings.NewReader(text), int64(len(text)), nil }
}

func askBackup(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(r)
}

// TestBackupRoute: as GraphQL is posted, and by POST only.
func TestBackupRoute(t *testing.T) {
	for _, c := range []struct {
		method, kind, actor, body string
		code                      int
		want                      string
	}{
		{"POST", "application/json", "", "{}", 200, "the copy"},
		{"POST", "application/json; charset=utf-8", "", "", 200, "the copy"},
		{"POST", "application/json", string(ann), "{}", 403, "FORBIDDEN"},
		{"POST", "application/json", "somebody", "{}", 403, "FORBIDDEN"},
		{"POST", "application/x-www-form-urlencoded", "", "a=b", 415, "BAD_USER_INPUT"},
		{"POST", "text/plain", "", "{}", 415, "BAD_USER_INPUT"},
		{"POST", "", "", "{}", 415, "BAD_USER_INPUT"},
		{"POST", "application/json", "", strings.Repeat(" ", 300<<10), 413, "LIMIT_EXCEEDED"},
		{"GET", "application/json", "", "", 405, ""},
		{"HEAD", "application/json", "", "", 405, ""},
	} {
		fake := newBackupStage(t, bytesOf("the copy"))
		stage := fake.whole()
		code, body := stage.send(c.method, "/backup", c.body, "Content-Type", c.kind, "X-Rapport-Actor", c.actor)
		if code != c.code || !strings.Contains(body, c.want) || (body == "the copy") != (code == 200) || (fake.closed.Load() == 1) != (code == 200) {
			t.Errorf("%s %q as %q: %d %q, closed %d; want %d %s", c.method, c.kind, c.actor, code, body, fake.closed.Load(), c.code, c.want)
		}
	}
}

// TestBackupAnswer: the size ahead, so that a cut is noticed; the place; not to be kept by anybody.
func TestBackupAnswer(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 200_000) // three chunks and a bit
	s := newBackupStage(t, bytesOf(text))
	answer, err := askBackup(t, s.serve())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil || string(got) != text {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(text))
	}
	h := answer.Header
	if answer.ContentLength != int64(len(text)) || h.Get("Content-Type") != "application/vnd.sqlite3" || h.Get("X-Rapport-Position") != "3.41" ||
		h.Get("Cache-Control") != "no-store" {
		t.Errorf("the header is %v", h)
	}
	if !strings.Contains(s.log.String(), "bytes=3200000") {
		t.Errorf("the log has %q", s.log)
	}
}

// TestLongBackup: a copy may take longer to make than a request may take to read; the connection serves the next request too.
func TestLongBackup(t *testing.T) {
	s := newBackupStage(t, func(ctx context.Context) (io.Reader, int64, error) {
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(600 * time.Millisecond):
			return strings.NewReader("late"), 4, nil
		}
	})
	url := s.serve()
	for range 2 {
		answer, err := askBackup(t, url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || string(got) != "late" {
			t.Errorf("%d %q, %v", answer.StatusCode, got, err)
		}
	}
}

// TestOneBackupAtATime: the second is told when to come again; a third, after the first, gets its own.
func TestOneBackupAtATime(t *testing.T) {
	begun, finish := make(chan struct{}, 2), make(chan struct{})
	s := newBackupStage(t, func(context.Context) (io.Reader, int64, error) {
		begun <- struct{}{}
		<-finish
		return strings.NewReader("copy"), 4, nil
	})
	url := s.serve()
	first := make(chan string)
	go func() {
		answer, err := askBackup(t, url)
		if err != nil {
			first <- err.Error()
			return
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		first <- string(text)
	}()
	<-begun
	answer, err := askBackup(t, url)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "10" || !bytes.Contains(text, []byte(`"code":"RATE_LIMITED"`)) ||
		!bytes.Contains(text, []byte(`"retryAfterSeconds":10`)) {
		t.Errorf("the second: %d %s", answer.StatusCode, text)
	}
	close(finish)
	if got := <-first; got != "copy" {
		t.Errorf("the first: %s", got)
	}
	if answer, err = askBackup(t, url); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the third: %v, %v", answer, err)
	}
	_ = answer.Body.Close()
}

// TestNoBackup: what the client is told, and what only the log.
func TestNoBackup(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		want   string
		log    string
	}{
		{&engine.Error{Code: engine.CodeUnavailable, Message: "there is no room for the copy"}, 503, `no room for the copy`, "no room"},
		{errors.New("open the secret folder"), 500, `"code":"INTERNAL"`, "secret"},
		{&engine.Error{Code: engine.CodeNotFound, Message: "secret"}, 500, `"code":"INTERNAL"`, "secret"},
	} {
		s := newBackupStage(t, func(context.Context) (io.Reader, int64, error) { return nil, 0, c.err })
		answer, err := askBackup(t, s.serve())
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != c.status || !bytes.Contains(text, []byte(c.want)) || bytes.Contains(text, []byte("secret")) ||
			answer.Header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(s.log.String(), c.log) {
			t.Errorf("%v: %d %s, log %s", c.err, answer.StatusCode, text, s.log)
		}
	}
}

// TestClientGone: when the client goes away the copy is given up, and the next may come.
func TestClientGone(t *testing.T) {
	gone, begun := make(chan error, 1), make(chan struct{})
	var calls atomic.Int32
	s := newBackupStage(t, func(ctx context.Context) (io.Reader, int64, error) {
		if calls.Add(1) > 1 {
			return strings.NewReader("copy"), 4, nil
		}
		close(begun)
		<-ctx.Done()
		gone <- ctx.Err()
		return nil, 0, ctx.Err()
	})
	url := s.serve()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
		t.Error("it was answered")
	}
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Fatal("the copy is still being made")
	}
	for end := time.Now().Add(5 * time.Second); ; { // the first has yet to return
		answer, err := askBackup(t, url)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the next gets %d", answer.StatusCode)
		}
	}
}

// endless gives bytes for as long as it is read.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBackupCut: a stream that ends early is an error for the client, never a shorter file.
func TestBackupCut(t *testing.T) {
	for name, cut := range map[string]func(s *backupStage){
		"the server drains":      func(s *backupStage) { s.end() },
		"the copy can't be read": func(*backupStage) {},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBackupStage(t, func(context.Context) (io.Reader, int64, error) {
				if name == "the server drains" {
					return endless{}, 1 << 40, nil
				}
				return io.MultiReader(strings.NewReader("half"), &failing{}), 1 << 20, nil
			})
			answer, err := askBackup(t, s.serve())
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			time.AfterFunc(20*time.Millisecond, func() { cut(s) })
			if _, err := io.Copy(io.Discard, answer.Body); err == nil {
				t.Error("the client did not notice")
			}
			for end := time.Now().Add(5 * time.Second); s.closed.Load() != 1; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the copy was not deleted")
				}
			}
			if !strings.Contains(s.log.String(), "not taken to its end") {
				t.Errorf("the log has %q", s.log)
			}
		})
	}
}

// TestClientThatDoesNotRead loses its backup, so that others get theirs.
func TestClientThatDoesNotRead(t *testing.T) {
	s := newBackupStage(t, func(context.Context) (io.Reader, int64, error) { return endless{}, 1 << 40, nil })
	s.stall = 100 * time.Millisecond
	answer, err := askBackup(t, s.serve())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for end := time.Now().Add(5 * time.Second); s.closed.Load() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is still being served")
		}
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errors.New("the disk") }

// TestDrainEndsBackup: a copy that is being made does not hold up the end of the server, and none is begun.
func TestDrainEndsBackup(t *testing.T) {
	begun := make(chan struct{}, 2)
	s := newBackupStage(t, func(ctx context.Context) (io.Reader, int64, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return nil, 0, ctx.Err()
	})
	whole := s.whole()
	server := httptest.NewServer(whole.api)
	defer server.Close()
	go func() { <-begun; whole.api.Drain(context.Background()) }()
	for range 2 {
		answer, err := askBackup(t, server.URL+"/backup")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || !bytes.Contains(text, []byte("stopping")) {
			t.Errorf("%d %s", answer.StatusCode, text)
		}
	}
}
