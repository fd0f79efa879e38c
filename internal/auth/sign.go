package auth

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"rapport/engine"
)

// NewKey makes an Ed25519 key pair: a private JWK, and its kid, which is its thumbprint (RFC 7638).
func NewKey() (jwk []byte, kid string, err error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	kid = thumbprint(base64.RawURLEncoding.EncodeToString(public))
	made, err := jwkset.NewJWKFromKey(private, jwkset.JWKOptions{
		Marshal:  jwkset.JWKMarshalOptions{Private: true},
		Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.AlgEdDSA, KID: kid, USE: jwkset.UseSig},
	})
	if err != nil {
		return nil, "", err
	}
	jwk, err = json.MarshalIndent(made.Marshal(), "", "  ")
	return append(jwk, '\n'), kid, err
}

// thumbprint is that of an Ed25519 key (RFC 7638, RFC 8037): the hash of its necessary members in the order of their names.
func thumbprint(x string) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SigningKey makes tokens.
type SigningKey struct {
	public  publicKey
	private crypto.Signer
	method  jwt.SigningMethod
}

// OpenSigningKey reads a private JWK from a file, of a type that OpenKeySet takes too. Errors are one line, without anything of the key.
func OpenSigningKey(file string) (*SigningKey, error) {
	text, err := readSmallFile(file)
	if err != nil {
		return nil, err
	}
	key, err := readSigningKey(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", file, err)
	}
	return key, nil
}

func readSigningKey(text []byte) (*SigningKey, error) {
	keys, err := listKeys(text)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("has %d keys, and it must be clear which one signs", len(keys))
	}
	key, err := readKey(keys[0], true)
	if err != nil {
		return nil, fmt.Errorf("its key %w", err)
	}
	private, ok := key.key.(crypto.Signer)
	if !ok {
		return nil, errors.New("has no private key, or not all of one, and only a private key signs")
	}
	key.key = private.Public()
	return &SigningKey{key, private, jwt.GetSigningMethod(key.alg)}, nil
}

// Sign makes a token that says c, from now on. The roles and the agent are left out when there are none; their claims are members of these
// very names. Errors: Verify with the same options would refuse the token, as for a bad subject, role or agent id, or too many roles.
func (k *SigningKey) Sign(o TokenOptions, c Claims, now time.Time) (string, error) {
	o = o.withDefaults()
	if err := checkClaims(o, c); err != nil {
		return "", err
	}
	said := jwt.MapClaims{"iss": o.Issuer, "aud": o.Audience, "sub": c.Subject, "iat": now.Unix(), "exp": c.ExpiresAt.Unix()}
	if len(c.Roles) > 0 {
		said[o.RolesClaim] = c.Roles
	}
	if c.AgentID != "" {
		said[o.AgentClaim] = c.AgentID
	}
	token := jwt.NewWithClaims(k.method, said)
	if k.public.kid != "" {
		token.Header["kid"] = k.public.kid
	}
	text, err := token.SignedString(k.private)
	if err != nil {
		return "", err
	}
	// A key whose two halves do not belong together signs what nobody can check; and an Ed25519 signature like that must not get out at all.
	keys := &KeySet{}
	keys.keys.Store(&map[string]publicKey{k.public.kid: k.public})
	if _, err := NewVerifier(keys, o).Verify(context.Background(), text, now); err != nil {
		return "", fmt.Errorf("a token was made that is not good, so it is not given out: %w", errors.Unwrap(err))
	}
	return text, nil
}

// registered are the claims whose meaning is fixed.
var registered = []string{"iss", "aud", "sub", "exp", "nbf", "iat", "jti"}

func checkClaims(o TokenOptions, c Claims) error {
	switch {
	case !validName(c.Subject):
		return fmt.Errorf("the subject must have 1 to %d bytes of UTF-8 without control characters", maxNameBytes)
	case c.AgentID != "" && !engine.ValidID("ag_", string(c.AgentID)):
		return errors.New("the agent must be an id, ag_ and a UUID")
	case slices.Contains(registered, o.RolesClaim) || slices.Contains(registered, o.AgentClaim) || o.RolesClaim == o.AgentClaim:
		return errors.New("the claims of the roles and of the agent must be two, and none that every token has")
	}
	return checkRoles(c.Roles)
}
