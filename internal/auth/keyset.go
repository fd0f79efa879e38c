package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"rapport/internal/loopback"
)

const (
	// refreshEvery is how often the keys of an address are read again.
	refreshEvery = 15 * time.Minute
	// unknownEvery is how often, at most, they are read again because a token names a key that is not known.
	unknownEvery = 30 * time.Second
)

// KeySet is the keys that tokens are checked with. It may be used from many goroutines.
type KeySet struct {
	keys atomic.Pointer[map[string]publicKey]

	// Of an address; a set from a file has none of these.
	source *address
	log    *slog.Logger
	now    func() time.Time
	want   chan chan struct{} // who wants the keys to be read again, and what is closed when that is done or refused
	ended  <-chan struct{}
}

// OpenKeySet reads the keys from a file or an address (RL-1). A file holds a JWK or a JWKS, with public keys or private ones, of which the public
// part is kept; it is read once. An address is https, or http on a loopback host, and gives a JWKS; it is read again every 15 minutes until
// ctx ends, and at once when a token names an unknown key, at most every 30 s. While it does not answer, or not with a good set, the keys
// that are known stay. Errors, each in a line: the source can't be read now, or has no key that can be used; in a file each key must be good.
func OpenKeySet(ctx context.Context, source string, log *slog.Logger) (*KeySet, error) {
	return openKeySet(ctx, source, log, time.Now, time.Tick(refreshEvery))
}

// openKeySet is OpenKeySet with the time from outside: now is for the limit of unknown keys, tick says when to read the keys again.
func openKeySet(ctx context.Context, source string, log *slog.Logger, now func() time.Time, tick <-chan time.Time) (*KeySet, error) {
	if !strings.Contains(source, "://") {
		keys, err := readKeyFile(source)
		if err != nil {
			return nil, err
		}
		s := &KeySet{}
		s.keys.Store(&keys)
		return s, nil
	}
	from, err := newAddress(source)
	if err != nil {
		return nil, err
	}
	s := &KeySet{source: from, log: log.With("source", from.name), now: now, want: make(chan chan struct{}), ended: ctx.Done()}
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("the key set at %s: %w", from.name, err)
	}
	go s.keep(ctx, tick)
	return s, nil
}

func readKeyFile(name string) (map[string]publicKey, error) {
	text, err := readSmallFile(name)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(text, func(place int, err error) error { return fmt.Errorf("key %d %w", place, err) })
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", name, err)
	}
	return keys, nil
}

// readSmallFile reads a file of keys.
func readSmallFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the key file: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	text, err := readAtMost(f)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", name, err)
	}
	return text, nil
}

func readAtMost(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeyBytes+1))
	if err == nil && len(text) > maxKeyBytes {
		err = fmt.Errorf("larger than %d bytes", maxKeyBytes)
	}
	return text, err
}

// find gives the key of a kid, "" for the one key that has none. It may wait for the source, until ctx ends.
func (s *KeySet) find(ctx context.Context, kid string) (publicKey, bool) {
	key, ok := (*s.keys.Load())[kid]
	if ok || kid == "" || s.source == nil {
		return key, ok
	}
	done := make(chan struct{})
	select {
	case s.want <- done:
		select {
		case <-done:
		case <-ctx.Done():
		}
	case <-ctx.Done():
	case <-s.ended:
	}
	key, ok = (*s.keys.Load())[kid]
	return key, ok
}

// keep reads the keys again until ctx ends. Only it does, one at a time; tokens with known keys never wait for it.
func (s *KeySet) keep(ctx context.Context, tick <-chan time.Time) {
	var asked time.Time // when they were last read for an unknown key
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			s.reload(ctx)
		case done := <-s.want:
			if now := s.now(); now.Sub(asked) >= unknownEvery {
				asked = now
				s.reload(ctx)
			}
			close(done)
		}
	}
}

func (s *KeySet) reload(ctx context.Context) {
	if err := s.load(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("the keys for tokens could not be read again, so those that are known stay", "error", err)
	}
}

func (s *KeySet) load(ctx context.Context) error {
	text, err := s.source.fetch(ctx)
	if err != nil {
		return err
	}
	keys, err := keysOf(text, func(place int, err error) error {
		s.log.Warn("a key for tokens is left out", "place", place, "error", fmt.Errorf("it %w", err))
		return nil
	})
	if err != nil {
		return fmt.Errorf("it %w", err)
	}
	s.keys.Store(&keys)
	return nil
}

const (
	// fetchTimeout is how long reading the keys of an address may take, redirects and body included.
	fetchTimeout = 5 * time.Second
	// maxRedirects is how often an address may send to another one.
	maxRedirects = 3
	// maxAnswerHeader is the largest header of an answer.
	maxAnswerHeader = 64 << 10
)

// address is where a JWKS can be had.
type address struct {
	url    string
	name   string // without what may be secret in it
	client *http.Client
}

func newAddress(text string) (*address, error) {
	u, err := url.Parse(text)
	if err == nil {
		err = checkAddress(u)
	}
	if err != nil {
		return nil, errors.New("the address of the keys must look like https://host/path, without a user; http is for loopback hosts only")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: maxAnswerHeader, DisableKeepAlives: true}
	redirect := func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || r.URL.Scheme != u.Scheme || checkAddress(r.URL) != nil {
			return errors.New("it redirects too often, or to where keys may not come from")
		}
		return nil
	}
	name := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return &address{text, name.String(), &http.Client{Transport: transport, CheckRedirect: redirect, Timeout: fetchTimeout}}, nil
}

// checkAddress refuses addresses whose answers others could change on the way.
func checkAddress(u *url.URL) error {
	safe := u.Scheme == "https" || u.Scheme == "http" && loopback.Is(u.Hostname())
	if !safe || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("is not safe")
	}
	return nil
}

func (a *address) fetch(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := a.client.Do(request)
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		return nil, outer.Err // it names the address once more, with all that is in it
	} else if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read only
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers with %d", answer.StatusCode)
	}
	text, err := readAtMost(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("its answer: %w", err)
	}
	return text, nil
}
