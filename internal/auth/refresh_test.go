package auth

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// source is an address of keys that a test changes.
type source struct {
	*testing.T
	server *httptest.Server
	answer atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int32
	clock  atomic.Int64 // seconds
	tick   chan time.Time
	log    lockedBuffer
	keys   *KeySet
}

type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) text() string {
	b.Lock()
	defer b.Unlock()
	return b.String()
}

func (b *lockedBuffer) reset() {
	b.Lock()
	defer b.Unlock()
	b.Buffer.Reset()
}

func newSource(t *testing.T, text string) *source {
	s := &source{T: t, tick: make(chan time.Time)}
	s.gives(text)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		(*s.answer.Load())(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

func (s *source) does(f http.HandlerFunc) { s.answer.Store(&f) }

func (s *source) gives(text string) {
	s.does(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
}

func (s *source) open(path string) error {
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	now := func() time.Time { return time.Unix(s.clock.Load(), 0) }
	var err error
	s.keys, err = openKeySet(s.Context(), s.server.URL+path, log, now, s.tick)
	return err
}

// mustOpen begins with the keys that the source has.
func (s *source) mustOpen() {
	s.Helper()
	if err := s.open("/jwks?secret=1"); err != nil {
		s.Fatal(err)
	}
}

// later lets the 15 minutes go by, and waits until the keys are read.
func (s *source) later() {
	s.Helper()
	before := s.asked.Load()
	s.tick <- time.Time{}
	s.tick <- time.Time{} // taken when the first is done
	_, _ = s.keys.find(s.Context(), "an unknown one, to wait for the second")
	if s.asked.Load() < before+2 {
		s.Error("the keys were not read again")
	}
}

func (s *source) knows(kids ...string) {
	s.Helper()
	all := *s.keys.keys.Load()
	for _, kid := range kids {
		if _, ok := all[kid]; !ok {
			s.Errorf("%s is not known", kid)
		}
	}
	if len(all) != len(kids) {
		s.Errorf("%d keys are known, want %d", len(all), len(kids))
	}
}

// TestRotation: a new key is known as soon as a token names it, an old one is gone with the next reading, and its tokens with it (RL-1).
func TestRotation(t *testing.T) {
	old, oldSet := issuer(t)
	next, nextSet := issuer(t) // its keys have the same names
	fresh := newEd25519(t).with("kid", "fresh")
	s := newSource(t, oldSet)
	s.mustOpen()
	v := NewVerifier(s.keys, TokenOptions{})
	now := time.Now()
	if _, err := v.Verify(t.Context(), old.Token(now, nil), now); err != nil {
		t.Fatal(err)
	}
	s.gives(nextSet)
	s.later()
	if _, err := v.Verify(t.Context(), old.Token(now, nil), now); err == nil {
		t.Error("a token of a key that was taken away is taken")
	}
	if _, err := v.Verify(t.Context(), next.Token(now, nil), now); err != nil {
		t.Error(err)
	}
	s.gives(set(t, fresh))
	s.clock.Add(60)
	if _, ok := s.keys.find(t.Context(), "fresh"); !ok {
		t.Error("a new key is not known at once")
	}
	s.knows("fresh")
}

// TestUnknownKids: whoever floods us with names of keys makes us ask once in 30 s, and who has a good token does not wait.
func TestUnknownKids(t *testing.T) {
	s := newSource(t, set(t, newEd25519(t).with("kid", "a")))
	s.mustOpen()
	flood := func() {
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				if _, ok := s.keys.find(t.Context(), fmt.Sprint("unknown ", i)); ok {
					t.Error("found")
				}
			})
		}
		all.Wait()
	}
	for _, c := range []struct {
		second int64
		want   int32
	}{{0, 2}, {29, 2}, {30, 3}, {59, 3}, {60, 4}, {10, 4}} { // it was asked once at the start; a clock that is set back makes nothing worse
		s.clock.Store(c.second)
		flood()
		if got := s.asked.Load(); got != c.want {
			t.Errorf("after %d s: asked %d times, want %d", c.second, got, c.want)
		}
	}
	s.clock.Store(900)
	v, now := NewVerifier(s.keys, TokenOptions{}), time.Now()
	for _, header := range []string{`{"alg":"EdDSA"}`, `{"alg":"HS256","kid":"x"}`, `{"alg":"none","kid":"x"}`, `{"alg":"EdDSA","kid":"x","typ":"x"}`, `{"alg":"EdDSA","kid":""}`} {
		if _, err := v.Verify(t.Context(), segment(header)+".e30.AAAA", now); err == nil || s.asked.Load() != 4 {
			t.Errorf("%s: %v, and it makes us ask", header, err)
		}
	}
	release := make(chan struct{})
	s.does(func(http.ResponseWriter, *http.Request) { <-release })
	s.clock.Store(1000)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	for _, kid := range []string{"one that makes us ask", "one that comes while we ask"} {
		if _, ok := s.keys.find(short, kid); ok || short.Err() == nil || time.Since(began) > fetchTimeout/2 {
			t.Errorf("%s did not wait until the context ended, but %s", kid, time.Since(began))
		}
	}
	if _, ok := s.keys.find(t.Context(), "a"); !ok {
		t.Error("a known key has to wait, or is gone")
	}
	close(release)
}

// badAnswers are what a source may do instead of giving a set of keys, and what is said of it.
func badAnswerCases(t *testing.T, elsewhere string) map[string]struct {
	does http.HandlerFunc
	want string
} {
	good := newEd25519(t).with("kid", "b")
	gives := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	return map[string]struct {
		does http.HandlerFunc
		want string
	}{
		"an error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "500"},
		"a set, but as an error": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(set(t, good)))
		}, "418"},
		"HTML":                     {gives("<html>"), "JSON"},
		"no keys":                  {gives(set(t)), "no key"},
		"no usable key":            {gives(set(t, jwk{"kty": "oct", "k": "AAAA", "kid": "b"})), "no key"},
		"a kid twice":              {gives(set(t, good, good)), "two keys with the kid"},
		"three keys without kid":   {gives(set(t, good.with("kid", nil), good.with("kid", nil), good.with("kid", nil))), "no key"},
		"a body that is too large": {gives(strings.Repeat(" ", maxKeyBytes) + set(t, good)), "larger"},
		"a header that is too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*maxAnswerHeader))
		}, "header"},
		"a cut body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			_, _ = w.Write([]byte("{"))
		}, "EOF"},
		"a redirect to another scheme":   {redirect("https://127.0.0.1:1/jwks"), "redirects"},
		"a redirect into the network":    {redirect("http://192.0.2.1/jwks"), "redirects"},
		"a redirect to a file":           {redirect("file:///etc/passwd"), "redirects"},
		"a redirect with a user":         {redirect(strings.Replace(elsewhere, "http://", "http://a:b@", 1)), "redirects"},
		"a redirect to itself":           {redirect("/jwks"), "redirects"},
		"nothing, the connection closes": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	}
}

// TestOutage: what a source answers wrongly changes nothing, is told in the log, and at the start is an error (RL-1).
func TestOutage(t *testing.T) {
	elsewhere := newSource(t, set(t, newEd25519(t).with("kid", "elsewhere")))
	first := set(t, newEd25519(t).with("kid", "a"))
	s := newSource(t, first)
	s.mustOpen()
	for name, c := range badAnswerCases(t, elsewhere.server.URL) {
		s.does(c.does)
		s.log.reset()
		s.later()
		s.knows("a")
		if log := s.log.text(); !strings.Contains(log, c.want) || strings.Contains(log, "secret") {
			t.Errorf("%s: the log does not say %q, or the address's query:\n%s", name, c.want, log)
		}
		starting := newSource(t, "")
		starting.does(c.does)
		if err := starting.open("/jwks?secret=1"); err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\r") ||
			!strings.Contains(err.Error(), starting.server.URL+"/jwks") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: at the start %v", name, err)
		}
	}
	if elsewhere.asked.Load() > 0 {
		t.Error("an address that may not be asked was asked")
	}
	s.does(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.server.URL, http.StatusMovedPermanently) // http to http, both loopback
	})
	s.later()
	s.knows("elsewhere")
	s.server.Close()
	s.tick <- time.Time{}
	s.tick <- time.Time{}
	s.knows("elsewhere")
	closed := newSource(t, first)
	closed.server.Close()
	if err := closed.open(""); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestUnusableKeysAreSkipped: those of a source that can't be used are left out and told in the log, the others count (RL-1).
func TestUnusableKeysAreSkipped(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	for name, c := range badKeyCases(t) {
		s := newSource(t, set(t, c.key, newEd25519(t).with("kid", "a"), newEd25519(t)))
		s.mustOpen()
		s.knows("a")
		if log := s.log.text(); !strings.Contains(log, "place=1") || !strings.Contains(log, "place=3") || strings.Count(log, "\n") != 2 {
			t.Errorf("%s: the log is\n%s", name, log)
		}
	}
}

// TestSlowSource: five seconds are all that a source has, for the body too, and refreshing goes on after it.
func TestSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		good := set(t, newEd25519(t).with("kid", "a"))
		from, err := newAddress("https://keys.example/jwks")
		if err != nil {
			t.Fatal(err)
		}
		if from.client.Timeout != 5*time.Second {
			t.Errorf("a source has %s", from.client.Timeout)
		}
		from.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if asked.Add(1) == 2 {
				return &http.Response{StatusCode: http.StatusOK, Body: endless{r.Context()}}, nil
			}
			answer := httptest.NewRecorder()
			answer.WriteString(good) //nolint:errcheck // never fails
			return answer.Result(), nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &KeySet{source: from, log: quiet, now: time.Now, want: make(chan chan struct{}), ended: ctx.Done()}
		if err := s.load(ctx); err != nil {
			t.Fatal(err)
		}
		go s.keep(ctx, time.Tick(refreshEvery))
		time.Sleep(refreshEvery + time.Millisecond) // the slow one is under way
		began := time.Now()
		if _, ok := s.find(ctx, "unknown"); ok {
			t.Error("found")
		}
		if took := time.Since(began); took > fetchTimeout || asked.Load() != 3 {
			t.Errorf("who waits for a slow source waits %s, and it is asked %d times", took, asked.Load())
		}
		time.Sleep(refreshEvery)
		if _, ok := s.find(ctx, "a"); !ok || asked.Load() != 4 {
			t.Errorf("%v, asked %d times, want 4", ok, asked.Load())
		}
		cancel()
		synctest.Wait()
		if _, ok := s.find(context.Background(), "unknown"); ok {
			t.Error("found")
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// endless is a body that comes to no end.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func (e endless) Close() error { return nil }

// TestReadingEnds: of what is too large, no more is read than it takes to see that.
func TestReadingEnds(t *testing.T) {
	read := 0
	count := readFunc(func(p []byte) (int, error) { read += len(p); return len(p), nil })
	if _, err := readAtMost(count); err == nil || read > maxKeyBytes+1 {
		t.Errorf("%v after %d bytes", err, read)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestAddresses: https, or http on loopback; nothing of what may be secret in the address is told.
func TestAddresses(t *testing.T) {
	for _, good := range []string{
		"https://keys.example/jwks", "https://keys.example:8443/a?b=c", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:80/x", "http://127.9.9.9/x",
	} {
		if _, err := newAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"http://keys.example/jwks", "http://192.0.2.1/x", "http://localhost.example/x", "http://0.0.0.0/x", "ftp://h/x", "file:///etc/passwd", "https://",
		"https:///x", "https://me:secret@h/x", "https://h/x#secret", "https://h/%zz-secret", "HTTPX://h",
	} {
		if _, err := OpenKeySet(t.Context(), bad, quiet); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "https") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
