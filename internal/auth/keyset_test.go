package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/MicahParks/jwkset"
)

var quiet = slog.New(slog.DiscardHandler)

// jwk is a private key as JSON members.
type jwk map[string]any

func jwkOf(t testing.TB, key any) jwk {
	t.Helper()
	made, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Marshal: jwkset.JWKMarshalOptions{Private: true}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	var members jwk
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "alg")
	return members
}

func newEd25519(t testing.TB) jwk {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, private)
}

func newECDSA(t testing.TB, curve elliptic.Curve) jwk {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, private)
}

func newRSA(t testing.TB, bits int) jwk {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, private)
}

// with is the key with changes; nil takes a member away.
func (k jwk) with(pairs ...any) jwk {
	k = maps.Clone(k)
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if k[name] = pairs[i+1]; pairs[i+1] == nil {
			delete(k, name)
		}
	}
	return k
}

func (k jwk) public() jwk {
	return k.with("d", nil, "p", nil, "q", nil, "dp", nil, "dq", nil, "qi", nil)
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func set(t testing.TB, keys ...jwk) string {
	t.Helper()
	return asJSON(t, map[string]any{"keys": keys})
}

// TestAlgorithms: each key has one algorithm, the one that it names or the first of its type (RL-1).
func TestAlgorithms(t *testing.T) {
	rs := newRSA(t, 2048)
	for _, c := range []struct {
		name string
		key  jwk
		want string
	}{
		{"Ed25519", newEd25519(t), "EdDSA"}, {"P-256", newECDSA(t, elliptic.P256()), "ES256"}, {"P-384", newECDSA(t, elliptic.P384()), "ES384"},
		{"P-521", newECDSA(t, elliptic.P521()), "ES512"}, {"RSA", rs, "RS256"}, {"RS512", rs.with("alg", "RS512"), "RS512"},
		{"PS384", rs.with("alg", "PS384"), "PS384"}, {"EdDSA", newEd25519(t).with("alg", "EdDSA", "use", "sig", "key_ops", []string{"sign", "verify"}), "EdDSA"},
		{"a broken certificate, which does not count", rs.with("x5c", []string{"AAAA"}, "x5u", "gopher://x", "x5t", "x"), "RS256"},
		{"members that nobody knows", rs.with("issuer", "x", "ext", true), "RS256"},
	} {
		for _, key := range []jwk{c.key, c.key.public()} {
			for _, text := range []string{asJSON(t, key.with("kid", "a")), set(t, key.with("kid", "a")), set(t, key.with("kid", "a"), newEd25519(t).with("kid", "b"))} {
				keys, err := OpenKeySet(t.Context(), keyFile(t, text), quiet)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					continue
				}
				if got, ok := keys.find(t.Context(), "a"); !ok || got.alg != c.want || got.kid != "a" {
					t.Errorf("%s: %v, %+v; want %s", c.name, ok, got, c.want)
				}
			}
			keys, err := OpenKeySet(t.Context(), keyFile(t, set(t, key)), quiet)
			if err != nil {
				t.Errorf("%s without kid: %v", c.name, err)
				continue
			}
			got, ok := keys.find(t.Context(), "")
			if _, other := keys.find(t.Context(), "a"); !ok || other || got.alg != c.want {
				t.Errorf("%s without kid: %v, %v, %+v", c.name, ok, other, got)
			}
			if _, private := got.key.(interface{ Public() any }); private || isPrivate(got.key) {
				t.Errorf("%s: the private key %T is kept", c.name, got.key)
			}
		}
	}
}

func isPrivate(key any) bool {
	switch key.(type) {
	case ed25519.PublicKey, *ecdsa.PublicKey, *rsa.PublicKey:
		return false
	}
	return true
}

// badKeyCases are keys that can't be used, and what is said of them.
func badKeyCases(t *testing.T) map[string]struct {
	key  jwk
	want string
} {
	ed, p256 := newEd25519(t).with("kid", "bad"), newECDSA(t, elliptic.P256()).with("kid", "bad")
	rs := newRSA(t, 2048).with("kid", "bad")
	long := base64.RawURLEncoding.EncodeToString(append([]byte{0xff}, make([]byte, 1024)...))
	other := newECDSA(t, elliptic.P256())
	return map[string]struct {
		key  jwk
		want string
	}{
		"symmetric":                  {jwk{"kty": "oct", "k": "AAAA", "kid": "bad"}, "symmetric"},
		"symmetric with alg":         {jwk{"kty": "oct", "k": "AAAA", "alg": "HS256", "kid": "bad"}, "symmetric"},
		"for encryption":             {rs.with("use", "enc"), "use"},
		"a use that nobody knows":    {rs.with("use", "x"), "use"},
		"not for checking":           {rs.with("key_ops", []string{"sign"}), "verify"},
		"for wrapping keys":          {rs.with("key_ops", []string{"wrapKey"}), "verify"},
		"HS256 on an RSA key":        {rs.with("alg", "HS256"), "alg"},
		"HS256 on an Ed25519 key":    {ed.with("alg", "HS256"), "alg"},
		"none":                       {rs.with("alg", "none"), "alg"},
		"EdDSA on an RSA key":        {rs.with("alg", "EdDSA"), "alg"},
		"ES384 on P-256":             {p256.with("alg", "ES384"), "alg"},
		"an algorithm of encryption": {rs.with("alg", "RSA-OAEP"), "alg"},
		"RSA of 1024 bits":           {newRSA(t, 1024).with("kid", "bad"), "2048"},
		"RSA of 8200 bits":           {rs.public().with("n", long), "8192"},
		"RSA without e":              {rs.with("e", nil), "members"},
		"RSA with e of nine bytes":   {rs.public().with("e", "AQAAAAAAAQAB"), "members"},
		"RSA with e of one":          {rs.public().with("e", "AQ"), "members"},
		"X25519":                     {jwk{"kty": "OKP", "crv": "X25519", "x": ed["x"], "kid": "bad"}, "type"},
		"Ed448":                      {ed.with("crv", "Ed448"), "type"},
		"secp256k1":                  {p256.with("crv", "secp256k1"), "type"},
		"a point beside the curve":   {p256.public().with("y", other["y"]), "members"},
		"no point":                   {p256.public().with("x", "AA", "y", "AA"), "members"},
		"a short Ed25519 key":        {ed.public().with("x", "AAAA"), "members"},
		"not base64":                 {ed.public().with("x", "!"), "members"},
		"no type":                    {jwk{"kty": "x", "kid": "bad"}, "type"},
		"a type that is a number":    {jwk{"kty": 1, "kid": "bad"}, "no JWK"},
		"a kid that is a number":     {ed.with("kid", 1), "no JWK"},
		"a kid with a line end":      {ed.with("kid", "b\nad"), "kid"},
		"a kid that is too long":     {ed.with("kid", strings.Repeat("x", 256)), "kid"},
	}
}

// TestBadKeyFiles: one bad key spoils a file, in one line that says which and why, and nothing of the key is in it (RL-1).
func TestBadKeyFiles(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0") // to make a short one
	good := newEd25519(t).with("kid", "good")
	for name, c := range badKeyCases(t) {
		for which, text := range map[string]string{"alone": set(t, c.key), "behind a good one": set(t, good, c.key), "one JWK": asJSON(t, c.key)} {
			if which == "one JWK" && c.key["kty"] == nil {
				continue
			}
			refused(t, name+", "+which, text, c.want)
		}
	}
	many := make([]jwk, maxKeys+1)
	for i := range many {
		many[i] = good.with("kid", strings.Repeat("x", i+1))
	}
	if keys, err := OpenKeySet(t.Context(), keyFile(t, set(t, many[:maxKeys]...)), quiet); err != nil || len(*keys.keys.Load()) != maxKeys {
		t.Errorf("%d keys: %v", maxKeys, err)
	}
	whole := asJSON(t, good)
	for name, c := range map[string]struct{ text, want string }{
		"101 keys":               {set(t, many...), "101 keys"},
		"a kid twice":            {set(t, good, good), `"good"`},
		"a kid twice, two types": {set(t, good, newECDSA(t, elliptic.P256()).with("kid", "good")), `"good"`},
		"one without kid first":  {set(t, good.with("kid", nil), good), "key 1 has no kid"},
		"one without kid last":   {set(t, good, good.with("kid", nil)), "key 2 has no kid"},
		"two without kid":        {set(t, good.with("kid", nil), newEd25519(t)), "has no kid"},
		"no keys":                {set(t), "no key"},
		"keys that are null":     {`{"keys":null}`, "no key"},
		"keys in an object":      {`{"keys":{}}`, "keys"},
		"neither":                {`{}`, "keys"},
		"empty":                  {"", "JSON"},
		"PEM":                    {"-----BEGIN PUBLIC KEY-----\n", "JSON"},
		"a list":                 {"[" + whole + "]", "object"},
		"a member twice":         {whole[:len(whole)-1] + `,"kty":"OKP"}`, "twice"},
		"too large":              {whole + strings.Repeat(" ", maxKeyBytes), "larger"},
	} {
		refused(t, name, c.text, c.want)
	}
	missing := filepath.Join(t.TempDir(), "missing.json")
	for _, name := range []string{missing, t.TempDir()} {
		if _, err := OpenKeySet(t.Context(), name, quiet); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func refused(t *testing.T, name, text, want string) {
	t.Helper()
	file := keyFile(t, text)
	keys, err := OpenKeySet(t.Context(), file, quiet)
	if err == nil || keys != nil {
		t.Errorf("%s: it was not refused", name)
		return
	}
	said := strings.ReplaceAll(err.Error(), file, "FILE")
	if !strings.Contains(said, want) || !strings.Contains(said, "FILE") || strings.ContainsAny(said, "\n\r") || len(said) > 250 {
		t.Errorf("%s: %q does not say %q in a line", name, said, want)
	}
	var key map[string]any
	_ = json.Unmarshal([]byte(text), &key) // of a single key
	if d, _ := key["d"].(string); d != "" && strings.Contains(said, d) {
		t.Errorf("%s: %q tells the private key", name, said)
	}
}

// TestKeyFileIsReadOnce: what happens to the file later changes nothing.
func TestKeyFileIsReadOnce(t *testing.T) {
	file := keyFile(t, set(t, newEd25519(t).with("kid", "a")))
	keys, err := OpenKeySet(t.Context(), file, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, known := keys.find(t.Context(), "a")
	if _, unknown := keys.find(t.Context(), "b"); !known || unknown {
		t.Errorf("%v, %v", known, unknown)
	}
}
