package forge

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"time"
)

// unsigned say that they need no signature.
func unsigned(s Signer, now time.Time) []Kind {
	var all []Kind
	good := s.Token(now, nil)
	for _, alg := range []string{"none", "None", "NONE", "nOnE", " none", "none\x00", ""} {
		header := s.ed.header().with(Members{"alg": alg}).text()
		all = append(all, Kind{Name: "the algorithm " + printable(alg), Token: join(header, s.claims(now, nil).text(), nil), Control: good},
			Kind{Name: "the algorithm " + printable(alg) + " with a signature", Token: s.ed.signText(header, s.claims(now, nil).text()), Control: good})
	}
	return append(all, Kind{
		Name: "the algorithm none without a kid", Token: join(`{"alg":"none"}`, s.claims(now, nil).text(), nil), Control: good,
	})
}

func printable(text string) string {
	quoted, _ := json.Marshal(text) // a string always has JSON
	return string(quoted)
}

// confusions take a public key, which everybody has, for the secret of HMAC.
func confusions(s Signer, now time.Time) ([]Kind, error) {
	var all []Kind
	for _, k := range s.keys() {
		secrets, err := publicForms(k)
		if err != nil {
			return nil, err
		}
		for form, secret := range secrets {
			for _, alg := range []string{"HS256", "HS384", "HS512"} {
				header, said := k.header().with(Members{"alg": alg}).text(), s.claims(now, nil)
				token := join(header, said.text(), signature(alg, segment(header)+"."+segment(said.text()), secret))
				all = append(all, Kind{Name: alg + " with the public key " + k.kid + " as " + form, Token: token, Control: k.sign(k.header(), said)})
			}
		}
	}
	return all, nil
}

// publicForms are the ways to write down a public key.
func publicForms(k key) (map[string][]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return nil, err
	}
	m, err := k.jwk()
	if err != nil {
		return nil, err
	}
	jwk, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return map[string][]byte{
		"PEM": block, "PEM without its last line end": []byte(strings.TrimSuffix(string(block), "\n")), "DER": der, "JWK": jwk, "nothing": {},
	}, nil
}

// embeddings bring their key with them, or say where it is.
func embeddings(good, other Signer, now time.Time) ([]Kind, error) {
	jwk, err := other.ed.jwk()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(other.ed.private.Public())
	if err != nil {
		return nil, err
	}
	var all []Kind
	for name, value := range map[string]any{
		"jwk": jwk, "jku": "http://127.0.0.1:1/jwks.json", "x5u": "http://127.0.0.1:1/cert.pem", "x5c": [][]byte{der}, "x5t": "AAAA",
	} {
		for which, kid := range map[string]any{"a good kid": ed25519Kid, "an unknown kid": "unknown", "no kid": nil} {
			header := other.ed.header().with(Members{name: value, "kid": kid})
			all = append(all, Kind{
				Name:    "its own key in " + name + ", with " + which,
				Token:   other.ed.sign(header, other.claims(now, nil)),
				Control: good.ed.sign(good.ed.header().with(Members{name: value}), good.claims(now, nil)),
			})
		}
	}
	return all, nil
}

// swaps are signed well, with a key or an algorithm that is not the one of their kid.
func swaps(good, other Signer, now time.Time) []Kind {
	said := good.claims(now, nil)
	kind := func(name string, signing, named key, alg, signAlg string) Kind {
		header := named.header().with(Members{"alg": alg}).text()
		content := segment(header) + "." + segment(said.text())
		return Kind{Name: name, Token: join(header, said.text(), signature(signAlg, content, signing.private)), Control: named.sign(named.header(), said)}
	}
	all := []Kind{
		kind("PS256 with a key for RS256", good.rsa, good.rsa, "PS256", "PS256"),
		kind("RS256 with a key for PS256", good.pss, good.pss, "RS256", "RS256"),
		kind("RS512 with a key for RS256", good.rsa, good.rsa, "RS512", "RS512"),
		kind("a signature of PS256 under RS256", good.rsa, good.rsa, "RS256", "PS256"),
		kind("a signature of RS512 under RS256", good.rsa, good.rsa, "RS256", "RS512"),
		kind("the kid of the ECDSA key, signed with Ed25519", good.ed, good.p256, "EdDSA", "EdDSA"),
		kind("the kid and the algorithm of the ECDSA key, signed with Ed25519", good.ed, good.p256, "ES256", "EdDSA"),
		kind("the kid of the Ed25519 key, signed with ECDSA", good.p256, good.ed, "ES256", "ES256"),
		kind("the kid of the Ed25519 key, signed with RSA", good.rsa, good.ed, "RS256", "RS256"),
		kind("the kid of the larger curve", good.p256, good.p521, "ES256", "ES256"),
	}
	for i, k := range good.keys() {
		stranger := other.keys()[i]
		all = append(all, kind("signed by a stranger, or with a key that was taken away: "+k.kid, stranger, k, k.alg, k.alg))
	}
	return all
}

// curves are signatures of ECDSA that some libraries have taken.
func curves(s Signer, now time.Time) ([]Kind, error) {
	k := s.p256
	header, said := k.header().text(), s.claims(now, nil).text()
	content := segment(header) + "." + segment(said)
	good := signature(k.alg, content, k.private)
	n := elliptic.P256().Params().N
	half := len(good) / 2
	r, second := good[:half], new(big.Int).SetBytes(good[half:])
	bytes32 := func(i *big.Int) []byte { return i.FillBytes(make([]byte, half)) }
	zero, one := make([]byte, half), bytes32(big.NewInt(1))
	kind := func(name string, parts ...[]byte) Kind {
		var whole []byte
		for _, p := range parts {
			whole = append(whole, p...)
		}
		return Kind{Name: "ES256 with " + name, Token: join(header, said, whole), Control: join(header, said, good)}
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), second})
	if err != nil {
		return nil, err
	}
	return []Kind{
		kind("a signature in ASN.1", der),
		kind("r and s nought", zero, zero),
		kind("r nought", zero, good[half:]),
		kind("s nought", r, zero),
		kind("r and s one", one, one),
		kind("r and s the order of the curve", bytes32(n), bytes32(n)),
		kind("a byte less", good[:len(good)-1]),
		kind("a byte more", good, []byte{0}),
		kind("a nought before each number", []byte{0}, r, []byte{0}, good[half:]),
		kind("r and s swapped", good[half:], r),
	}, nil
}
