package auth

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/internal/auth/forge"
)

// keyFile writes a key file that its owner only can read.
func keyFile(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func issuer(t testing.TB) (s forge.Signer, jwks string) {
	t.Helper()
	s, err := forge.New()
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	return s, string(text)
}

// verifier trusts a new issuer.
func verifier(t testing.TB) (forge.Signer, *Verifier) {
	t.Helper()
	s, jwks := issuer(t)
	keys, err := OpenKeySet(context.Background(), keyFile(t, jwks), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s, NewVerifier(keys, TokenOptions{})
}

// TestForged: every kind of forged or wrong token is refused, in the same words, and the good one beside it is taken (RL-1).
func TestForged(t *testing.T) {
	s, v := verifier(t)
	now := time.Now()
	kinds, err := forge.Kinds(s, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kinds", len(kinds))
	seen := map[string]bool{}
	for _, kind := range kinds {
		if seen[kind.Name] || strings.ContainsFunc(kind.Token, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: is there twice, or can't be sent in a header", kind.Name)
		}
		seen[kind.Name] = true
		want := ErrToken
		if kind.Expired {
			want = ErrExpired
		}
		claims, err := v.Verify(t.Context(), kind.Token, now)
		if err == nil || !errors.Is(err, want) || err.Error() != want.Error() || claims.Subject != "" || claims.Roles != nil || claims.AgentID != "" {
			t.Errorf("%s: %+v, %v", kind.Name, claims, err)
		}
		if reason := errors.Unwrap(err); reason == nil || reason.Error() == "" || strings.Contains(reason.Error(), "somebody") || len(reason.Error()) > 200 {
			t.Errorf("%s: the reason for the log is %v", kind.Name, reason)
		}
		claims, err = v.Verify(t.Context(), kind.Control, now)
		if err != nil || claims.Subject != "somebody" || len(claims.Roles) != 1 || claims.Roles[0] != "ADMIN" {
			t.Errorf("%s: without the mistake: %+v, %v (%v)", kind.Name, claims, err, errors.Unwrap(err))
		}
	}
	if len(kinds) < 30 {
		t.Errorf("%d kinds are few", len(kinds))
	}
}

// TestLineEnds: Go's base64 skips line ends, which must not make two texts one token.
func TestLineEnds(t *testing.T) {
	s, v := verifier(t)
	now := time.Now()
	good := s.Token(now, nil)
	for _, end := range []string{"\n", "\r", "\r\n"} {
		for _, at := range []int{0, 10, len(good) / 2, len(good) - 3, len(good)} {
			if _, err := v.Verify(t.Context(), good[:at]+end+good[at:], now); !errors.Is(err, ErrToken) {
				t.Errorf("%q at %d: %v", end, at, err)
			}
		}
	}
}

// FuzzVerify: no text makes it panic, what is refused is refused in two ways only, and what is taken keeps what Claims promises.
func FuzzVerify(f *testing.F) {
	s, v := verifier(f)
	now := time.Now()
	kinds, err := forge.Kinds(s, now)
	if err != nil {
		f.Fatal(err)
	}
	for _, kind := range kinds {
		f.Add(kind.Token)
	}
	good := s.Token(now, nil)
	f.Add(good)
	good = good[:strings.LastIndex(good, ".")]
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := v.Verify(t.Context(), token, now)
		switch {
		case err == nil && (!validName(claims.Subject) || checkRoles(claims.Roles) != nil || now.After(claims.ExpiresAt.Add(leeway))):
			t.Errorf("%q: %+v", token, claims)
		case err != nil && !errors.Is(err, ErrToken) && !errors.Is(err, ErrExpired):
			t.Errorf("%q: %v", token, err)
		case err == nil && !strings.HasPrefix(token, good) && claims.Subject != "somebody":
			t.Errorf("%q: forged", token)
		}
	})
}

// FuzzCheckObject: what passes is an object that encoding/json reads.
func FuzzCheckObject(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":[{"b":1},{"b":2}],"c":{"a":{}}}`, `{"a":1,"\u0061":2}`, `[1]`, `{"a":[1,{"b":[]}],"b":""}`, `{`, ` {"a":1}`, `{"":{"":{"":1}}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := checkObject(text); err != nil {
			return
		}
		var into map[string]any
		if err := json.Unmarshal(text, &into); err != nil && !strings.Contains(err.Error(), "float64") || into == nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s, v := verifier(b)
	now := time.Now()
	kinds, err := forge.Kinds(s, now)
	if err != nil {
		b.Fatal(err)
	}
	find := func(name string) forge.Kind {
		for _, kind := range kinds {
			if kind.Name == name {
				return kind
			}
		}
		b.Fatal(name)
		return forge.Kind{}
	}
	for name, token := range map[string]string{
		"EdDSA": s.Token(now, nil), "ES256": find("ES256 with r nought").Control, "RS256": find("PS256 with a key for RS256").Control,
		"forged": find("another signature").Token, "unknown kid": find("a kid that nobody has").Token,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = v.Verify(b.Context(), token, now) // what comes of it is for the tests
			}
		})
	}
}
