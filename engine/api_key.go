package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// APIKey lets a service in without a token of an identity provider. The key itself is never stored: only its hash.
type APIKey struct {
	ID APIKeyID
	// Name says whose or what for it is, 1 to 200 characters.
	Name string
	// Roles are what it may do, 1 to 10 of them.
	Roles []string
	// Hash is the SHA-256 of the key's text, in hexadecimal.
	Hash      string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// CreateAPIKey makes a key known. Nobody gives roles that allow more than they may themselves. Errors: BAD_USER_INPUT, FORBIDDEN, LIMIT_EXCEEDED.
type CreateAPIKey struct {
	Name  string
	Roles []string
	// ExpiresAt is when it ends, at most two years from now.
	ExpiresAt time.Time
	// Hash is made of a secret that is new with each call: a call that is repeated with its idempotency key is the same call all the same.
	Hash string `json:"-"`
}

func (c CreateAPIKey) apply(e *Engine, r *Result) error {
	if err := checkName("name", c.Name); err != nil {
		return err
	}
	if len(c.Roles) < 1 || len(c.Roles) > MaxRolesPerKey {
		return invalid("roles", "must name 1 to %d roles", MaxRolesPerKey)
	}
	set, missing := e.permissionsOfRoles(c.Roles)
	if missing >= 0 {
		return invalid(fmt.Sprintf("roles.%d", missing), "there is no such role")
	}
	if err := e.mayGive("roles", set); err != nil {
		return err
	}
	expires := c.ExpiresAt.UTC().Truncate(time.Microsecond)
	if !expires.After(e.now) || expires.After(e.now.Add(MaxAPIKeyLife)) {
		return invalid("expiresAt", "must be in the future, and at most %d days from now", int(MaxAPIKeyLife.Hours()/24))
	}
	if len(c.Hash) != 64 {
		return invalid("hash", "must be a SHA-256 in hexadecimal")
	}
	if len(e.apiKeys) >= MaxAPIKeys {
		return tooMany("", "there can be %d API keys: revoke those that are not needed any more", MaxAPIKeys)
	}
	k := &APIKey{
		ID: APIKeyID(e.ids.next("ak_")), Name: strings.TrimSpace(c.Name), Roles: slices.Clone(c.Roles), Hash: c.Hash, CreatedAt: e.now, ExpiresAt: expires,
	}
	e.changeAPIKey(nil, k)
	e.emit(Event{Type: EventAPIKeyCreated, Body: EventBody{APIKeyID: k.ID}})
	r.Refs.APIKey, r.APIKeyState = k.ID, k
	return nil
}

// RevokeAPIKey ends a key for good and forgets it; the events keep that it was there. Errors: NOT_FOUND.
type RevokeAPIKey struct{ ID APIKeyID }

func (c RevokeAPIKey) apply(e *Engine, _ *Result) error {
	k := e.apiKeys[c.ID]
	if k == nil {
		return notFound("API key")
	}
	e.changeAPIKey(k, nil)
	e.emit(Event{Type: EventAPIKeyRevoked, Body: EventBody{APIKeyID: k.ID}})
	return nil
}

// changeAPIKey enters a key or takes it out.
func (e *Engine) changeAPIKey(before, after *APIKey) {
	e.pending.apiKeys = append(e.pending.apiKeys, Change[APIKey]{before, after})
	putAPIKey(e.apiKeys, before, after)
}

func putAPIKey(keys map[APIKeyID]*APIKey, before, after *APIKey) {
	if after == nil {
		delete(keys, before.ID)
		return
	}
	keys[after.ID] = after
}
