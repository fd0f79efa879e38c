package auth

import (
	"crypto/elliptic"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/internal/auth/forge"
)

// TestClaims: what a good token says is told, in each of the ways in which issuers say it (RL-1).
func TestClaims(t *testing.T) {
	s, v := verifier(t)
	now := time.Unix(1_800_000_000, 500_000_000)
	many := strings.Fields(strings.Repeat("x ", maxRoles))
	for _, c := range []struct {
		name    string
		options TokenOptions
		claims  forge.Members
		want    Claims
	}{
		{"as it is", TokenOptions{}, nil, Claims{Roles: []string{"ADMIN"}}},
		{"no roles", TokenOptions{}, forge.Members{"roles": nil}, Claims{}},
		{"an empty list of roles", TokenOptions{}, forge.Members{"roles": []string{}}, Claims{}},
		{"roles in a text", TokenOptions{}, forge.Members{"roles": "  A  B "}, Claims{Roles: []string{"A", "B"}}},
		{"no roles in a text", TokenOptions{}, forge.Members{"roles": ""}, Claims{Roles: []string{}}},
		{"as many roles as may be", TokenOptions{}, forge.Members{"roles": many}, Claims{Roles: many}},
		{"an agent", TokenOptions{}, forge.Members{"agent_id": ann}, Claims{Roles: []string{"ADMIN"}, AgentID: ann}},
		{"the longest subject", TokenOptions{}, forge.Members{"sub": strings.Repeat("é", 127) + "x"}, Claims{Subject: strings.Repeat("é", 127) + "x", Roles: []string{"ADMIN"}}},
		{"one of several audiences", TokenOptions{}, forge.Members{"aud": []string{"a", "rapport"}}, Claims{Roles: []string{"ADMIN"}}},
		{"other claims", TokenOptions{}, forge.Members{"jti": "1", "azp": "x", "nested": map[string]any{"a": []any{1, nil, map[string]any{"a": 1.5}}}}, Claims{Roles: []string{"ADMIN"}}},
		{"another issuer and audience", TokenOptions{Issuer: "https://id.example", Audience: "api"}, forge.Members{"iss": "https://id.example", "aud": "api"}, Claims{Roles: []string{"ADMIN"}}},
		{"the claim of the roles is an address", TokenOptions{RolesClaim: "https://x.example/roles"}, forge.Members{"https://x.example/roles": []string{"A"}}, Claims{Roles: []string{"A"}}},
		{"the claim of the roles is a path", TokenOptions{RolesClaim: "realm_access.roles"}, forge.Members{"realm_access": map[string]any{"roles": []string{"A"}}}, Claims{Roles: []string{"A"}}},
		{"a member comes before a path", TokenOptions{RolesClaim: "a.b"}, forge.Members{"a.b": "literal", "a": map[string]any{"b": "path"}}, Claims{Roles: []string{"literal"}}},
		{"a path of three", TokenOptions{RolesClaim: "a.b.c"}, forge.Members{"a": map[string]any{"b": map[string]any{"c": "deep"}}}, Claims{Roles: []string{"deep"}}},
		{"a path that leads nowhere", TokenOptions{RolesClaim: "a.b"}, forge.Members{"a": map[string]any{"c": "x"}}, Claims{}},
		{"a path through a text", TokenOptions{RolesClaim: "a.b"}, forge.Members{"a": "b"}, Claims{}},
		{"the claim of the agent is a path", TokenOptions{AgentClaim: "x.agent"}, forge.Members{"x": map[string]any{"agent": ann}}, Claims{Roles: []string{"ADMIN"}, AgentID: ann}},
	} {
		if c.want.Subject == "" {
			c.want.Subject = "somebody"
		}
		c.want.ExpiresAt = time.Unix(now.Unix()+3600, 0)
		got, err := NewVerifier(v.keys, c.options).Verify(t.Context(), s.Token(now, c.claims), now)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, errors.Unwrap(err), c.want)
		}
	}
}

// TestTimes: clocks may be five seconds apart, and not more (RL-1).
func TestTimes(t *testing.T) {
	s, v := verifier(t)
	now := time.Unix(1_800_000_000, 0)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for _, c := range []struct {
		name   string
		claims forge.Members
		now    time.Time
		want   error
	}{
		{"ended now", forge.Members{"exp": at(0)}, now, nil},
		{"ended 4 s ago", forge.Members{"exp": at(-4 * time.Second)}, now, nil},
		{"ended just short of 5 s ago", forge.Members{"exp": at(-5 * time.Second)}, now.Add(-time.Nanosecond), nil},
		{"ended 5 s ago", forge.Members{"exp": at(-5 * time.Second)}, now, ErrExpired},
		{"ended in 1970", forge.Members{"exp": 0}, now, ErrExpired},
		{"ends in the year 9999", forge.Members{"exp": int64(lastSecond)}, now, nil},
		{"ends after it", forge.Members{"exp": int64(lastSecond) + 1}, now, ErrToken},
		{"good in 5 s", forge.Members{"nbf": at(5 * time.Second)}, now, nil},
		{"good in 6 s", forge.Members{"nbf": at(6 * time.Second)}, now, ErrToken},
		{"good since 1970", forge.Members{"nbf": 0}, now, nil},
		{"issued in 5 s", forge.Members{"iat": at(5 * time.Second)}, now, nil},
		{"issued in 6 s", forge.Members{"iat": at(6 * time.Second)}, now, ErrToken},
		{"never issued", forge.Members{"iat": nil}, now, nil},
		{"with a fraction", forge.Members{"exp": float64(at(time.Second)) + 0.9}, now, nil},
		{"ended, and not yet good", forge.Members{"exp": at(-time.Hour), "nbf": at(time.Hour)}, now, ErrToken},
		{"ended, and without a subject", forge.Members{"exp": at(-time.Hour), "sub": nil}, now, ErrToken},
	} {
		_, err := v.Verify(t.Context(), s.Token(now, c.claims), c.now)
		if c.want == nil && err != nil || !errors.Is(err, c.want) || c.want == ErrToken && errors.Is(err, ErrExpired) {
			t.Errorf("%s: %v, %v; want %v", c.name, err, errors.Unwrap(err), c.want)
		}
	}
}

// TestHeaders: what others put into their headers, and is of no concern here, does not hinder; and addresses in it are never asked.
func TestHeaders(t *testing.T) {
	key := newEd25519(t)
	source := newSource(t, "")
	for _, c := range []struct {
		name string
		key  jwk
		want bool
	}{
		{"a kid that is known", key.with("kid", "a"), true}, {"a kid that is not", key.with("kid", "b"), false}, {"no kid", key, false},
	} {
		signing, err := readSigningKey([]byte(asJSON(t, c.key)))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		token, err := signing.Sign(TokenOptions{}, Claims{Subject: "x", ExpiresAt: now.Add(time.Hour)}, now)
		if err != nil {
			t.Fatal(err)
		}
		for kid, want := range map[string]bool{"a": c.want, "": c.name == "no kid"} {
			keys, err := OpenKeySet(t.Context(), keyFile(t, asJSON(t, key.with("kid", kid))), quiet)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := NewVerifier(keys, TokenOptions{}).Verify(t.Context(), token, now); (err == nil) != want {
				t.Errorf("%s, and a key with the kid %q: %v", c.name, kid, errors.Unwrap(err))
			}
		}
	}
	known, err := readKey([]byte(asJSON(t, key.with("kid", "a"))), false)
	if err != nil {
		t.Fatal(err)
	}
	keys := &KeySet{}
	keys.keys.Store(&map[string]publicKey{"a": known})
	for header, want := range map[string]bool{
		`{"alg":"EdDSA","kid":"a"}`: true, `{"alg":"EdDSA","kid":"a","typ":"at+JWT"}`: true, `{"alg":"EdDSA","kid":"a","typ":"jwt"}`: true,
		`{"alg":"EdDSA","kid":"a","typ":""}`: false, `{"alg":"EdDSA","kid":"a","typ":null}`: false, `{"alg":"EdDSA","kid":"a","x":1e999}`: false,
		`{"alg":"EdDSA","kid":"a","jku":"` + source.server.URL + `","x5u":"` + source.server.URL + `"}`: true,
	} {
		token := signText(t, key, header, `{"iss":"rapport","aud":"rapport","sub":"x","exp":2000000000}`)
		if _, err := NewVerifier(keys, TokenOptions{}).Verify(t.Context(), token, time.Unix(1_800_000_000, 0)); (err == nil) != want {
			t.Errorf("%s: %v", header, errors.Unwrap(err))
		}
	}
	nameless := &KeySet{}
	nameless.keys.Store(&map[string]publicKey{"": known})
	for header, want := range map[string]bool{`{"alg":"EdDSA"}`: true, `{"alg":"EdDSA","kid":""}`: false, `{"alg":"EdDSA","kid":1}`: false, `{"alg":"EdDSA","kid":null}`: false} {
		token := signText(t, key, header, `{"iss":"rapport","aud":"rapport","sub":"x","exp":2000000000}`)
		if _, err := NewVerifier(nameless, TokenOptions{}).Verify(t.Context(), token, time.Unix(1_800_000_000, 0)); (err == nil) != want {
			t.Errorf("%s, and a key without kid: %v", header, errors.Unwrap(err))
		}
	}
	if source.asked.Load() > 0 {
		t.Error("an address in a token was asked")
	}
}

// signText signs with Ed25519 what is not made by Sign.
func signText(t *testing.T, key jwk, header, claims string) string {
	t.Helper()
	signing, err := readSigningKey([]byte(asJSON(t, key)))
	if err != nil {
		t.Fatal(err)
	}
	content := segment(header) + "." + segment(claims)
	signed, err := signing.method.Sign(content, signing.private)
	if err != nil {
		t.Fatal(err)
	}
	return content + "." + segment(string(signed))
}

// TestOtherHalf: of an ECDSA signature there are always two, r with s and with the order less s. Whoever has one can make the other, which is no
// forgery: it says the same, by the same issuer. Half of all issuers' tokens would be refused with it. So nothing may take a token's text for its id.
func TestOtherHalf(t *testing.T) {
	key := newECDSA(t, elliptic.P256()).with("kid", "a")
	signing, err := readSigningKey([]byte(asJSON(t, key)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, err := signing.Sign(TokenOptions{}, Claims{Subject: "x", ExpiresAt: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	content, text := token[:strings.LastIndex(token, ".")], token[strings.LastIndex(token, ".")+1:]
	signed, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(signed[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(signed[32:])
	other := content + "." + segment(string(signed))
	keys := &KeySet{}
	keys.keys.Store(&map[string]publicKey{"a": signing.public})
	claims, err := NewVerifier(keys, TokenOptions{}).Verify(t.Context(), other, now)
	if err != nil || claims.Subject != "x" || other == token {
		t.Errorf("%+v, %v", claims, err)
	}
}
