package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/MicahParks/jwkset"
)

const (
	// maxKeys is how many keys a set may have.
	maxKeys = 100
	// maxKeyBytes is the largest key file, and the largest answer of an address of keys.
	maxKeyBytes = 1 << 20
	// minRSABits is the shortest RSA key that is safe; with keys beyond maxRSABits looking at a forged token would cost too much.
	minRSABits, maxRSABits = 2048, 8192
	// maxNameBytes is the longest name of a key (kid), subject or role.
	maxNameBytes = 255
)

// publicKey is one key, and the one algorithm that it is for: a token can't choose another.
type publicKey struct {
	kid, alg string
	key      any // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
}

// algorithms are those that a type of key may have; the first is meant when a key does not say.
func algorithms(key any) ([]string, error) {
	switch k := key.(type) {
	case ed25519.PublicKey, ed25519.PrivateKey:
		return []string{"EdDSA"}, nil
	case *ecdsa.PrivateKey:
		return algorithms(&k.PublicKey)
	case *ecdsa.PublicKey:
		// By name, because a curve of another name may have as many bits.
		if alg := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[k.Curve.Params().Name]; alg != "" {
			return []string{alg}, nil
		}
	case *rsa.PrivateKey:
		return algorithms(&k.PublicKey)
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("has %d bits, and RSA needs %d to %d", bits, minRSABits, maxRSABits)
		}
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, nil
	}
	return nil, errors.New("is of a type that is not supported: Ed25519, P-256, P-384, P-521 and RSA are")
}

// validName says whether a text can be the name of a key, subject or role: 1 to 255 bytes of UTF-8 without control characters. U+FFFD is
// refused too, because half a surrogate pair in JSON becomes that, and two names would be one.
func validName(name string) bool {
	if name == "" || len(name) > maxNameBytes || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// listKeys gives the JSON of each key of a JWK or a JWKS.
func listKeys(text []byte) ([]json.RawMessage, error) {
	if err := checkObject(text); err != nil {
		return nil, fmt.Errorf("%w; a key (JWK) or a set of keys (JWKS) is needed", err)
	}
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(text, &outer); err != nil {
		return nil, errors.New("is not JSON")
	}
	set, isSet := outer["keys"]
	if _, isKey := outer["kty"]; isKey && !isSet {
		return []json.RawMessage{text}, nil
	}
	var keys []json.RawMessage
	if err := json.Unmarshal(set, &keys); !isSet || err != nil {
		return nil, errors.New(`has neither "kty", as a key (JWK), nor a list "keys", as a set of keys (JWKS)`)
	}
	if len(keys) > maxKeys {
		return nil, fmt.Errorf("has %d keys, more than %d", len(keys), maxKeys)
	}
	return keys, nil
}

// readKey reads one JWK. With private its private part is read too, and must be there. The rest of the error is what is wrong with the key;
// nothing of the key's text is in it.
func readKey(text json.RawMessage, private bool) (publicKey, error) {
	var m jwkset.JWKMarshal
	if err := json.Unmarshal(text, &m); err != nil {
		return publicKey{}, errors.New("is no JWK")
	}
	switch {
	case m.KTY == jwkset.KtyOct:
		return publicKey{}, errors.New("is symmetric (oct): whoever can check tokens with it could make them too")
	case m.USE != "" && m.USE != jwkset.UseSig:
		return publicKey{}, errors.New(`is not for signatures: its use is not "sig"`)
	case !private && len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify):
		return publicKey{}, errors.New(`is not for checking signatures: its key_ops lack "verify"`)
	case private && len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsSign):
		return publicKey{}, errors.New(`is not for signing: its key_ops lack "sign"`)
	case m.KID != "" && !validName(m.KID):
		return publicKey{}, errors.New("has a kid that is too long or has control characters")
	}
	// Certificates say nothing here: the key is trusted for where it comes from. Left in, jwkset would refuse a key for a certificate that Go
	// can't read. The rest that it checks was checked above.
	m.X5C, m.X5U, m.X5T, m.X5TS256 = nil, "", "", ""
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{Private: private}, jwkset.JWKValidateOptions{SkipKeyOps: true})
	if errors.Is(err, jwkset.ErrUnsupportedKey) {
		return publicKey{}, errors.New("is of a type that is not supported: Ed25519, P-256, P-384, P-521 and RSA are")
	} else if err != nil {
		return publicKey{}, errors.New("has members that are missing or wrong for its type")
	}
	allowed, err := algorithms(jwk.Key())
	if err != nil {
		return publicKey{}, err
	}
	alg := string(m.ALG)
	if alg == "" {
		alg = allowed[0]
	} else if !slices.Contains(allowed, alg) {
		return publicKey{}, fmt.Errorf("has an algorithm (alg) that is not one of its type: %v", allowed)
	}
	return publicKey{m.KID, alg, jwk.Key()}, nil
}

// keysOf reads the public keys of a JWK or a JWKS by their kid. skip is told of a key that can't be used, with its place from 1 and why; an error
// of skip is that of the whole. Other errors: it is no set, a kid is there twice, or there is no key to use.
func keysOf(text []byte, skip func(place int, err error) error) (map[string]publicKey, error) {
	list, err := listKeys(text)
	if err != nil {
		return nil, err
	}
	keys := map[string]publicKey{}
	var nameless []int // places of keys without kid
	for i, each := range list {
		key, err := readKey(each, false)
		if err != nil {
			if err := skip(i+1, err); err != nil {
				return nil, err
			}
			continue
		}
		if key.kid == "" {
			nameless = append(nameless, i+1)
		} else if _, twice := keys[key.kid]; twice {
			return nil, fmt.Errorf("has two keys with the kid %q", key.kid)
		}
		keys[key.kid] = key
	}
	if len(nameless) > 1 || len(nameless) == 1 && len(keys) > 1 {
		delete(keys, "")
		for _, place := range nameless {
			if err := skip(place, errors.New("has no kid, which only a key that is alone may lack")); err != nil {
				return nil, err
			}
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("has no key that can be used")
	}
	return keys, nil
}
