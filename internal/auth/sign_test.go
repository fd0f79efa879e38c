package auth

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

// TestNewKey: one private JWK whose kid is its thumbprint, and which signs what its public part takes (RL-1).
func TestNewKey(t *testing.T) {
	text, kid, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]string
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + members["x"] + `"}`))
	if want := segment(string(sum[:])); kid != want || members["kid"] != want {
		t.Errorf("the kid is %q and in the key %q, want the thumbprint %q", kid, members["kid"], want)
	}
	if d, err := decode(members["d"]); err != nil || len(d) != 32 || members["alg"] != "EdDSA" || members["use"] != "sig" || members["kty"] != "OKP" || len(members) != 7 {
		t.Errorf("the key is %v, %v", members, err)
	}
	_, again, err := NewKey()
	if err != nil || again == kid {
		t.Errorf("the second kid is %q, %v", again, err)
	}
}

// TestThumbprint is the example of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	if got := thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("the thumbprint is %s", got)
	}
}

// TestSign: what is signed is what comes out, with each type of key and wherever the claims stand.
func TestSign(t *testing.T) {
	made, _, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	rs := newRSA(t, 2048)
	for name, text := range map[string]string{
		"a new key": string(made), "Ed25519": asJSON(t, newEd25519(t)), "P-256": asJSON(t, newECDSA(t, elliptic.P256())), "P-384": asJSON(t, newECDSA(t, elliptic.P384())),
		"P-521": asJSON(t, newECDSA(t, elliptic.P521())), "RSA": asJSON(t, rs), "PS512": asJSON(t, rs.with("alg", "PS512", "kid", "x")), "a set of one": set(t, rs),
		"only for signing": asJSON(t, rs.with("key_ops", []string{"sign"})),
	} {
		key, err := OpenSigningKey(keyFile(t, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, o := range []TokenOptions{{}, {"https://id.example", "api", "https://x.example/roles", "realm.agent"}} {
			for _, want := range []Claims{
				{Subject: "somebody", AgentID: ann, Roles: []string{"ADMIN", "my role"}, ExpiresAt: now.Add(time.Hour)},
				{Subject: "x", ExpiresAt: now.Add(time.Minute)},
			} {
				token, err := key.Sign(o, want, now)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				text := strings.Replace(text, `["sign"]`, `["verify"]`, 1)
				keys, err := OpenKeySet(t.Context(), keyFile(t, text), quiet)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := NewVerifier(keys, o).Verify(t.Context(), token, now); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %+v, %v; want %+v", name, got, errors.Unwrap(err), want)
				}
			}
		}
	}
}

// TestSignRefuses: no token is made that would be refused, and no key is taken that does not sign.
func TestSignRefuses(t *testing.T) {
	ed := newEd25519(t)
	key, err := readSigningKey([]byte(asJSON(t, ed)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	later := now.Add(time.Hour)
	for name, c := range map[string]struct {
		options TokenOptions
		claims  Claims
		want    string
	}{
		"no subject":             {TokenOptions{}, Claims{ExpiresAt: later}, "subject"},
		"a subject with control": {TokenOptions{}, Claims{Subject: "a\nb", ExpiresAt: later}, "subject"},
		"a subject not of UTF-8": {TokenOptions{}, Claims{Subject: "a\xff", ExpiresAt: later}, "subject"},
		"a long subject":         {TokenOptions{}, Claims{Subject: strings.Repeat("x", 256), ExpiresAt: later}, "subject"},
		"an agent":               {TokenOptions{}, Claims{Subject: "x", AgentID: "ann", ExpiresAt: later}, "agent"},
		"an empty role":          {TokenOptions{}, Claims{Subject: "x", Roles: []string{""}, ExpiresAt: later}, "role"},
		"33 roles":               {TokenOptions{}, Claims{Subject: "x", Roles: strings.Fields(strings.Repeat("x ", 33)), ExpiresAt: later}, "32 roles"},
		"too long":               {TokenOptions{}, Claims{Subject: "x", Roles: strings.Fields(strings.Repeat(strings.Repeat("x", 250)+" ", 32)), ExpiresAt: later}, "8192"},
		"over already":           {TokenOptions{}, Claims{Subject: "x", ExpiresAt: now.Add(-time.Hour)}, "expired"},
		"roles in sub":           {TokenOptions{RolesClaim: "sub"}, Claims{Subject: "x", ExpiresAt: later}, "claims"},
		"the agent in exp":       {TokenOptions{AgentClaim: "exp"}, Claims{Subject: "x", AgentID: engine.AgentID(ann), ExpiresAt: later}, "claims"},
		"both in one":            {TokenOptions{RolesClaim: "a", AgentClaim: "a"}, Claims{Subject: "x", ExpiresAt: later}, "claims"},
	} {
		if token, err := key.Sign(c.options, c.claims, now); err == nil || token != "" || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
	halves := ed.with("x", newEd25519(t)["x"])
	if key, err := readSigningKey([]byte(asJSON(t, halves))); err == nil {
		if token, err := key.Sign(TokenOptions{}, Claims{Subject: "x", ExpiresAt: later}, now); err == nil {
			t.Errorf("with a key of two halves: %s", token)
		}
	}
	for name, text := range map[string]string{
		"public": asJSON(t, ed.public()), "symmetric": `{"kty":"oct","k":"AAAA"}`, "two keys": set(t, ed, ed), "no keys": set(t), "not for signing": asJSON(t, ed.with("key_ops", []string{"verify"})),
		"RSA without its primes": asJSON(t, newRSA(t, 2048).with("p", nil)), "RSA whose halves differ": asJSON(t, newRSA(t, 2048).with("n", newRSA(t, 2048)["n"])),
		"P-256 with nought": asJSON(t, newECDSA(t, elliptic.P256()).with("d", "AA")), "a short d": asJSON(t, ed.with("d", "AAAA")), "PEM": "-----BEGIN PRIVATE KEY-----",
	} {
		if _, err := OpenSigningKey(keyFile(t, text)); err == nil || strings.ContainsAny(err.Error(), "\n\r") || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
