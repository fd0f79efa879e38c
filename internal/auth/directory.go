package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"rapport/engine"
)

// keyPrefix begins the text of every API key, so that programs that look for leaked secrets know one.
const keyPrefix = "rk_"

// keyBytes is how much of a key nobody can guess.
const keyBytes = 32

// NewAPIKey makes the text of a new API key, and the hash that is kept of it. The text is as good as random, so a plain SHA-256 is enough: there is
// nothing to try out.
func NewAPIKey() (text, hash string) {
	var secret [keyBytes]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	text = keyPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	return text, hashOf(text)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Directory is what an authenticator knows of the database: roles of one's own and API keys. It hears of every change before whoever made it is
// answered, so that what was revoked is refused from then on. Safe for concurrent use.
type Directory struct {
	mu      sync.Mutex
	roles   map[string]engine.PermissionSet
	keys    map[string]engine.APIKey // by hash
	holders map[*holder]struct{}
}

// holder is a connection that lives as long as what it is held by.
type holder struct {
	key   engine.APIKeyID
	roles []string
	end   context.CancelFunc
}

// NewDirectory knows the roles that are built in.
func NewDirectory() *Directory {
	d := &Directory{roles: map[string]engine.PermissionSet{}, keys: map[string]engine.APIKey{}, holders: map[*holder]struct{}{}}
	for i := range engine.BuiltInRoles {
		d.roles[engine.BuiltInRoles[i].Name] = engine.BuiltInRoles[i].Set()
	}
	return d
}

// Stored is where roles and API keys are kept; see models.
type Stored interface {
	Roles(context.Context) ([]engine.Role, error)
	APIKeys(context.Context) ([]engine.APIKey, error)
}

// Load reads what is stored. Nothing may change it meanwhile.
func (d *Directory) Load(ctx context.Context, s Stored) error {
	roles, err := s.Roles(ctx)
	if err != nil {
		return err
	}
	keys, err := s.APIKeys(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range roles {
		d.roles[roles[i].Name] = roles[i].Set()
	}
	for _, k := range keys {
		d.keys[k.Hash] = k
	}
	return nil
}

// Publish takes what a committed batch changed. Connections that stand on a key or a role that changed end: their clients come back with what is now.
func (d *Directory) Publish(c *engine.Changes) {
	if len(c.Roles)+len(c.RolesRemoved)+len(c.APIKeys)+len(c.APIKeysRemoved) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := slices.Clone(c.RolesRemoved)
	for _, role := range c.Roles {
		d.roles[role.Name] = role.Set()
		changed = append(changed, role.Name)
	}
	for _, name := range c.RolesRemoved {
		delete(d.roles, name)
	}
	for _, k := range c.APIKeys {
		d.keys[k.Hash] = *k
	}
	maps.DeleteFunc(d.keys, func(_ string, k engine.APIKey) bool { return slices.Contains(c.APIKeysRemoved, k.ID) })
	for h := range d.holders {
		ended := h.key != "" && slices.Contains(c.APIKeysRemoved, h.key)
		if ended || slices.ContainsFunc(h.roles, func(name string) bool { return slices.Contains(changed, name) }) {
			h.end()
		}
	}
}

// permissions is what roles allow together; one that there is not allows nothing.
func (d *Directory) permissions(roles []string) (set engine.PermissionSet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range roles {
		set |= d.roles[name]
	}
	return set
}

// keyHolder is who has an API key.
func (d *Directory) keyHolder(text string, now time.Time) (Principal, error) {
	hash := hashOf(text) // whoever could measure how long finding it takes would learn of hashes only
	d.mu.Lock()
	k, known := d.keys[hash]
	d.mu.Unlock()
	switch {
	case !known:
		return Principal{}, ErrToken
	case !now.Before(k.ExpiresAt):
		return Principal{}, ErrExpired
	}
	return Principal{
		Actor: engine.Actor{ID: "key:" + string(k.ID), Permissions: d.permissions(k.Roles)}, Roles: k.Roles, ExpiresAt: k.ExpiresAt, Key: k.ID,
	}, nil
}

func (d *Directory) hold(ctx context.Context, p Principal) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if !p.ExpiresAt.IsZero() {
		timer := time.AfterFunc(time.Until(p.ExpiresAt), cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	}
	h := &holder{key: p.Key, roles: p.Roles, end: cancel}
	d.mu.Lock()
	d.holders[h] = struct{}{}
	stale := p.Permissions != d.permissionsNow(p) // it changed between asking who it is and here
	d.mu.Unlock()
	if stale {
		cancel()
	}
	return ctx, func() {
		cancel()
		d.mu.Lock()
		delete(d.holders, h)
		d.mu.Unlock()
	}
}

// permissionsNow is what a principal may do by now: nothing when their key was revoked. It is called with the lock held.
func (d *Directory) permissionsNow(p Principal) (set engine.PermissionSet) {
	if p.Key != "" && !d.hasKey(p.Key) {
		return 0
	}
	for _, name := range p.Roles {
		set |= d.roles[name]
	}
	return set
}

func (d *Directory) hasKey(id engine.APIKeyID) bool {
	for _, k := range d.keys {
		if k.ID == id {
			return true
		}
	}
	return false
}
