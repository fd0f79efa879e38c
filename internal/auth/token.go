package auth

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rapport/engine"
)

const (
	// maxTokenBytes is the longest token.
	maxTokenBytes = 8 << 10
	// leeway is how far the clocks of an issuer and ours may be apart.
	leeway = 5 * time.Second
	// maxRoles is how many roles a token may name.
	maxRoles = 32
	// lastSecond is the end of the year 9999: beyond, a time in a token is none.
	lastSecond = 253402300799
)

// ErrToken and ErrExpired are all that a caller is told of a token that is refused. What exactly is wrong is for the log: errors.Unwrap of the
// error that Verify gives. Nothing of the token's text is in it.
var (
	ErrToken   = errors.New("the token is not valid")
	ErrExpired = errors.New("the token has expired")
)

// refusal is ErrToken or ErrExpired with the reason.
type refusal struct{ told, reason error }

func (r refusal) Error() string        { return r.told.Error() }
func (r refusal) Is(target error) bool { return target == r.told }
func (r refusal) Unwrap() error        { return r.reason }

// TokenOptions say what a token must look like. What is empty is the default: rapport, rapport, roles, agent_id. The names of claims are those of
// members, or, where there is no such member, paths with dots, as in realm_access.roles.
type TokenOptions struct{ Issuer, Audience, RolesClaim, AgentClaim string }

func (o TokenOptions) withDefaults() TokenOptions {
	return TokenOptions{cmp.Or(o.Issuer, "rapport"), cmp.Or(o.Audience, "rapport"), cmp.Or(o.RolesClaim, "roles"), cmp.Or(o.AgentClaim, "agent_id")}
}

// Claims are what a good token says.
type Claims struct {
	Subject   string         // 1 to 255 bytes of UTF-8 without control characters
	AgentID   engine.AgentID // "" when the token names none
	Roles     []string       // at most 32, each like a subject; whether there are such roles is not known here
	ExpiresAt time.Time      // whole seconds; the token is good for 5 s longer
}

// Verifier checks tokens. It may be used from many goroutines.
type Verifier struct {
	keys    *KeySet
	options TokenOptions
}

// NewVerifier makes what checks tokens with these keys.
func NewVerifier(keys *KeySet, o TokenOptions) *Verifier { return &Verifier{keys, o.withDefaults()} }

// Verify reads a signed token, a JWS in its compact form (RL-1). It may wait for the keys' source, until ctx ends. now is the time that the token is
// judged by. Errors: ErrExpired for a token that would be good if it were earlier, ErrToken for all else.
func (v *Verifier) Verify(ctx context.Context, token string, now time.Time) (Claims, error) {
	claims, err := v.verify(ctx, token, now)
	if err != nil {
		return Claims{}, refusal{ErrToken, err}
	}
	if !now.Before(claims.ExpiresAt.Add(leeway)) {
		return Claims{}, refusal{ErrExpired, fmt.Errorf("it has expired at %s", claims.ExpiresAt.UTC().Format(time.RFC3339))}
	}
	return claims, nil
}

// verify checks everything but that the token has not expired.
func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (Claims, error) {
	key, err := v.key(ctx, token)
	if err != nil {
		return Claims{}, err
	}
	said := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{key.alg}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, said, func(*jwt.Token) (any, error) { return key.key, nil }); err != nil {
		return Claims{}, withoutText(err)
	}
	if _, err := decodeObject(strings.Split(token, ".")[1]); err != nil {
		return Claims{}, fmt.Errorf("what it says %w", err)
	}
	if err := checkTimes(said); err != nil {
		return Claims{}, err
	}
	expected := jwt.NewValidator(jwt.WithIssuer(v.options.Issuer), jwt.WithAudience(v.options.Audience), jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err := expected.Validate(unending{said}); err != nil {
		return Claims{}, err
	}
	return v.read(said)
}

// withoutText says what golang-jwt refuses, without what encoding/json quotes of the token.
func withoutText(err error) error {
	if errors.Is(err, jwt.ErrTokenMalformed) {
		return jwt.ErrTokenMalformed
	}
	return err
}

// unending has no end, which Verify judges itself: only a token in which all else is right has expired.
type unending struct{ jwt.MapClaims }

// GetExpirationTime is never.
func (unending) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }

// key looks at the form and the header of a token, and finds the key that its signature must be of.
func (v *Verifier) key(ctx context.Context, token string) (publicKey, error) {
	if len(token) > maxTokenBytes {
		return publicKey{}, fmt.Errorf("it has more than %d bytes", maxTokenBytes)
	}
	// Go's base64 skips line ends, even when it is strict.
	if strings.ContainsFunc(token, func(r rune) bool { return r == '\r' || r == '\n' }) {
		return publicKey{}, errors.New("it has line ends")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return publicKey{}, fmt.Errorf("it has %d parts, not three", len(parts))
	}
	header, err := readHeader(parts[0])
	if err != nil {
		return publicKey{}, fmt.Errorf("its header %w", err)
	}
	key, ok := v.keys.find(ctx, header.kid)
	switch {
	case !ok && header.kid == "":
		return publicKey{}, errors.New("its header names no key (kid)")
	case !ok:
		return publicKey{}, errors.New("its header names a key (kid) that is not known")
	case header.alg != key.alg:
		return publicKey{}, errors.New("its algorithm is not that of its key")
	}
	return key, nil
}

// header is what counts in the header of a token. Keys in it, or addresses of keys (jwk, jku, x5c, x5u), never do.
type header struct{ alg, kid string }

// supported are the algorithms of all types of keys. A token with another one is not worth asking the source of the keys.
var supported = map[string]bool{
	"EdDSA": true, "ES256": true, "ES384": true, "ES512": true,
	"RS256": true, "RS384": true, "RS512": true, "PS256": true, "PS384": true, "PS512": true,
}

func readHeader(segment string) (header, error) {
	text, err := decodeObject(segment)
	if err != nil {
		return header{}, err
	}
	var said map[string]any
	if err := json.Unmarshal(text, &said); err != nil { // a number that no float64 holds
		return header{}, errors.New("can't be read")
	}
	// They change what is signed or what the content is, and nothing of that is done here.
	for _, name := range [...]string{"crit", "b64", "cty"} {
		if _, there := said[name]; there {
			return header{}, errors.New("has crit, b64 or cty")
		}
	}
	if typ, there := said["typ"]; there {
		if text, ok := typ.(string); !ok || !strings.EqualFold(text, "JWT") && !strings.EqualFold(text, "at+jwt") {
			return header{}, errors.New("has a typ other than JWT and at+jwt")
		}
	}
	alg, _ := said["alg"].(string)
	if !supported[alg] {
		return header{}, errors.New("has an algorithm (alg) that is not allowed")
	}
	value, there := said["kid"]
	kid, _ := value.(string)
	if there && !validName(kid) {
		return header{}, errors.New("has a kid that is none")
	}
	return header{alg, kid}, nil
}

// decodeObject refuses a part of a token that is not the one base64url of an unambiguous JSON object.
func decodeObject(segment string) ([]byte, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return nil, errors.New("is not base64url")
	}
	return text, checkObject(text)
}

// checkTimes wants an end, and no time beyond what a time.Time holds on every machine.
func checkTimes(said jwt.MapClaims) error {
	if _, there := said["exp"]; !there {
		return errors.New("it never expires (exp)")
	}
	for _, name := range [...]string{"exp", "nbf", "iat"} {
		if value, there := said[name]; there {
			if seconds, ok := value.(float64); !ok || seconds < 0 || seconds > lastSecond {
				return fmt.Errorf("its %s is no time", name)
			}
		}
	}
	return nil
}

// read takes what we need from the claims of a token that is signed.
func (v *Verifier) read(said jwt.MapClaims) (Claims, error) {
	subject, _ := said["sub"].(string)
	if !validName(subject) {
		return Claims{}, errors.New("its subject (sub) is missing, too long, or has control characters")
	}
	agent, err := v.agent(said)
	if err != nil {
		return Claims{}, err
	}
	roles, err := v.roles(said)
	if err != nil {
		return Claims{}, err
	}
	seconds, _ := said["exp"].(float64)
	return Claims{Subject: subject, AgentID: agent, Roles: roles, ExpiresAt: time.Unix(int64(seconds), 0)}, nil
}

func (v *Verifier) agent(said jwt.MapClaims) (engine.AgentID, error) {
	value, there := lookup(said, v.options.AgentClaim)
	if !there {
		return "", nil
	}
	id, _ := value.(string)
	if !engine.ValidID("ag_", id) {
		return "", errors.New("its agent is none: ag_ and a UUID are needed")
	}
	return engine.AgentID(id), nil
}

func (v *Verifier) roles(said jwt.MapClaims) ([]string, error) {
	value, there := lookup(said, v.options.RolesClaim)
	if !there {
		return nil, nil
	}
	var roles []string
	switch list := value.(type) {
	case string:
		roles = strings.FieldsFunc(list, func(r rune) bool { return r == ' ' })
	case []any:
		for _, each := range list {
			role, _ := each.(string)
			roles = append(roles, role)
		}
	default:
		return nil, errors.New("its roles are neither a list nor a text")
	}
	return roles, checkRoles(roles)
}

func checkRoles(roles []string) error {
	if len(roles) > maxRoles {
		return fmt.Errorf("there are more than %d roles", maxRoles)
	}
	for _, role := range roles {
		if !validName(role) {
			return errors.New("one of the roles is empty, too long, or has control characters")
		}
	}
	return nil
}

// lookup gives a claim by its name, or by a path of names with dots between them.
func lookup(said map[string]any, name string) (value any, there bool) {
	if value, there = said[name]; there {
		return value, true
	}
	first, rest, dotted := strings.Cut(name, ".")
	inner, isObject := said[first].(map[string]any)
	if !dotted || !isObject {
		return nil, false
	}
	return lookup(inner, rest)
}
