// Package forge makes tokens that are forged or wrong, each with one beside it that is right, for the tests of everything that takes tokens (RL-1).
//
//	forge.go     an issuer with keys of its own
//	kinds.go     the table of forged and wrong tokens
//	signature.go those whose keys and signatures are wrong
//	claims.go    those that say something wrong
package forge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// Members are those of the header of a token, or its claims. nil as a value takes a member away.
type Members map[string]any

// key is a key pair for one algorithm.
type key struct {
	kid, alg string
	private  crypto.Signer
}

// Signer is an issuer whom a server trusts.
type Signer struct {
	Issuer, Audience string
	Claims           Members // what its tokens say besides, sub at least

	ed, p256, p521, rsa, pss key
}

// The names of a signer's keys.
const (
	ed25519Kid, p256Kid, p521Kid, rsaKid, pssKid = "ed", "p256", "p521", "rsa", "pss"
)

const rsaBits = 2048

// New makes a signer with an Ed25519 key, two of ECDSA and two of RSA, for the default issuer and audience, who says that the subject is an ADMIN.
func New() (Signer, error) {
	s := Signer{Issuer: "rapport", Audience: "rapport", Claims: Members{"sub": "somebody", "roles": []string{"ADMIN"}}}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return s, err
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return s, err
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return s, err
	}
	rs, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return s, err
	}
	s.ed, s.p256, s.p521 = key{ed25519Kid, "EdDSA", ed}, key{p256Kid, "ES256", p256}, key{p521Kid, "ES512", p521}
	s.rsa, s.pss = key{rsaKid, "RS256", rs}, key{pssKid, "PS256", rs} // one key under two names, so that only the algorithm tells them apart
	return s, nil
}

func (s Signer) keys() []key { return []key{s.ed, s.p256, s.p521, s.rsa, s.pss} }

// JWKS is the set of the signer's public keys, for --auth-keys.
func (s Signer) JWKS() ([]byte, error) {
	var set jwkset.JWKSMarshal
	for _, k := range s.keys() {
		m, err := k.jwk()
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, m)
	}
	return json.Marshal(set)
}

func (k key) jwk() (jwkset.JWKMarshal, error) {
	jwk, err := jwkset.NewJWKFromKey(k.private.Public(), jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.ALG(k.alg), KID: k.kid, USE: jwkset.UseSig},
	})
	return jwk.Marshal(), err
}

// Token is a good token for an hour, with changes to its claims.
func (s Signer) Token(now time.Time, changes Members) string {
	return s.ed.sign(s.ed.header(), s.claims(now, changes))
}

func (k key) header() Members { return Members{"alg": k.alg, "kid": k.kid, "typ": "JWT"} }

func (s Signer) claims(now time.Time, changes Members) Members {
	m := Members{"iss": s.Issuer, "aud": s.Audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(m, s.Claims)
	return m.with(changes)
}

func (m Members) with(changes Members) Members {
	m = maps.Clone(m)
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, value any) bool { return value == nil })
	return m
}

// text is the JSON of the members. Whoever hands in what has none has made a mistake in a test.
func (m Members) text() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// sign makes a token with the algorithm of the key, whatever its header says.
func (k key) sign(header, claims Members) string { return k.signText(header.text(), claims.text()) }

func (k key) signText(header, claims string) string {
	return join(header, claims, signature(k.alg, segment(header)+"."+segment(claims), k.private))
}

func join(header, claims string, signature []byte) string {
	return segment(header) + "." + segment(claims) + "." + segment(string(signature))
}

// signature signs with any algorithm that golang-jwt has. Whoever hands in a key of another type has made a mistake in a test.
func signature(alg, content string, key any) []byte {
	signed, err := jwt.GetSigningMethod(alg).Sign(content, key)
	if err != nil {
		panic(err)
	}
	return signed
}
