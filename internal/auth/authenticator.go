package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"rapport/engine"
)

// Header names the acting agent over HTTP in development mode; Param does so in the payload of connection_init. Both hold an agent's id.
const (
	Header = "X-Rapport-Actor"
	Param  = "actor"
)

// In the payload of connection_init a token stands alone, or as it would in the header.
const (
	tokenParam   = "token"
	headerParam  = "authorization"
	bearerScheme = "Bearer "
)

// What callers are told who are not let in.
var (
	// ErrBadActor: who is named can't be an agent (development mode).
	ErrBadActor = errors.New("the actor must be an agent's id, ag_ and a UUID, or left out")
	// ErrActorNamed: only in development mode may one act as somebody by naming them.
	ErrActorNamed = errors.New("acting by naming an agent is for development mode; here the token says who acts")
	// ErrNoToken: there is none.
	ErrNoToken = errors.New("a token is needed: Authorization: Bearer …")
	// ErrTwoTokens: it is not clear which one counts.
	ErrTwoTokens = errors.New("there is more than one token")
)

// Tokens tells what a signed token says, if it is good; see Verifier.
type Tokens interface {
	Verify(ctx context.Context, token string, now time.Time) (Claims, error)
}

// Authenticator finds out who acts.
type Authenticator struct {
	tokens    Tokens // nil in development mode
	directory *Directory
	now       func() time.Time
}

// Development lets everybody in: as the developer, who may do everything, or as an agent whom they name.
func Development() *Authenticator { return &Authenticator{directory: NewDirectory()} }

// New lets in who has a good token or API key. API keys end by the server's time, now.
func New(tokens Tokens, directory *Directory, now func() time.Time) *Authenticator {
	return &Authenticator{tokens: tokens, directory: directory, now: now}
}

// IsDevelopment tells whether everybody is let in.
func (a *Authenticator) IsDevelopment() bool { return a.tokens == nil }

// Request is who acts by an HTTP request.
func (a *Authenticator) Request(r *http.Request) (Principal, error) {
	return a.who(r.Context(), r, "", r.Header.Get(Header))
}

// Init is who acts on a socket: the payload of connection_init counts, then the headers of the upgrade.
func (a *Authenticator) Init(ctx context.Context, r *http.Request, payload map[string]any) (Principal, error) {
	actor := r.Header.Get(Header)
	switch named := payload[Param].(type) {
	case nil:
	case string:
		actor = named
	default:
		return Principal{}, ErrBadActor
	}
	token, err := tokenIn(payload)
	if err != nil {
		return Principal{}, err
	}
	return a.who(ctx, r, token, actor)
}

// Hold gives a context that ends when the principal's token or key does, or when what they may do changes; release lets go of it.
func (a *Authenticator) Hold(ctx context.Context, p Principal) (held context.Context, release func()) {
	return a.directory.hold(ctx, p)
}

func (a *Authenticator) who(ctx context.Context, r *http.Request, token, actor string) (Principal, error) {
	if a.IsDevelopment() {
		return developer(actor)
	}
	if actor != "" {
		return Principal{}, ErrActorNamed
	}
	if token == "" {
		var err error
		if token, err = bearer(r.Header.Values("Authorization")); err != nil {
			return Principal{}, err
		}
	}
	if strings.HasPrefix(token, keyPrefix) {
		return a.directory.keyHolder(token, a.now())
	}
	claims, err := a.tokens.Verify(ctx, token, time.Now())
	if err != nil {
		return Principal{}, err
	}
	return Principal{
		Actor: engine.Actor{ID: nameOf(claims), AgentID: claims.AgentID, Permissions: a.directory.permissions(claims.Roles)},
		Roles: claims.Roles, ExpiresAt: claims.ExpiresAt,
	}, nil
}

// developer is who acts in development mode.
func developer(actor string) (Principal, error) {
	admin, agent := engine.BuiltInRole("ADMIN"), engine.BuiltInRole("AGENT")
	if actor == "" {
		return Principal{Actor: engine.Actor{ID: "developer", Permissions: admin.Set()}, Roles: []string{admin.Name}}, nil
	}
	if !engine.ValidID("ag_", actor) {
		return Principal{}, ErrBadActor
	}
	return Principal{
		Actor: engine.Actor{ID: "agent:" + actor, AgentID: engine.AgentID(actor), Permissions: agent.Set()}, Roles: []string{agent.Name},
	}, nil
}

// tokenIn is the token in the payload of connection_init, "" when there is none.
func tokenIn(payload map[string]any) (string, error) {
	var found []string
	for name, value := range payload {
		alone := name == tokenParam
		if !alone && !strings.EqualFold(name, headerParam) {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return "", ErrToken
		}
		if !alone {
			var err error
			if text, err = bearer([]string{text}); err != nil {
				return "", err
			}
		}
		if text == "" {
			return "", ErrNoToken
		}
		found = append(found, text)
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", ErrTwoTokens
}

// bearer is the token of an Authorization header.
func bearer(headers []string) (string, error) {
	switch {
	case len(headers) == 0:
		return "", ErrNoToken
	case len(headers) > 1:
		return "", ErrTwoTokens
	}
	h := headers[0]
	if len(h) <= len(bearerScheme) || !strings.EqualFold(h[:len(bearerScheme)], bearerScheme) {
		return "", ErrNoToken
	}
	return h[len(bearerScheme):], nil
}

// maxName is how long the name of a principal may be in events.
const maxName = 80

// nameOf is the name under which events keep what somebody does: that of the agent, or the subject of the token. Events hold nothing personal, so a
// subject that may be an address, or would not fit, is told apart by a hash only.
func nameOf(c Claims) string {
	if c.AgentID != "" {
		return "agent:" + string(c.AgentID)
	}
	name := "user:" + c.Subject
	if len(name) <= maxName && strings.IndexFunc(c.Subject, func(r rune) bool { return !plain(r) }) < 0 {
		return name
	}
	sum := sha256.Sum256([]byte(c.Subject))
	return "user:sha256:" + hex.EncodeToString(sum[:16])
}

func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.|/", r)
}
