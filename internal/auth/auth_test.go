package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

const (
	ann = "ag_01900000-0000-7000-8000-000000000001"
	bob = "ag_01900000-0000-7000-8000-000000000002"
)

func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// bad are ids that are none; a principal's name must not become anything a client likes.
var bad = []string{
	"ann", "ag_", "ag_1", "ct_01900000-0000-7000-8000-000000000001", "AG_01900000-0000-7000-8000-000000000001", ann + " ", " " + ann, ann + "0",
	"ag_01900000-0000-7000-8000-00000000000G", "ag_01900000-0000-7000-8000-00000000000A", "ag_01900000x0000-7000-8000-000000000001", "system", "developer",
	"agent:" + ann, "ag_01900000-0000-7000-8000-00000000000\n",
}

// TestDevelopment: whoever comes is the developer, who may do everything, or the agent whom they name, who may do what agents may.
func TestDevelopment(t *testing.T) {
	a := Development()
	for _, c := range []struct {
		r       *http.Request
		payload map[string]any
		want    string
	}{
		{request(), nil, "developer"},
		{request("Authorization", "Bearer x"), nil, "developer"},
		{request(Header, ann), nil, "agent:" + ann},
		{request(Header, ann), map[string]any{Param: bob}, "agent:" + bob},
		{request(), map[string]any{Param: bob, "other": 1}, "agent:" + bob},
	} {
		p, err := a.Init(t.Context(), c.r, c.payload)
		if err != nil || p.ID != c.want {
			t.Errorf("%v %v: %+v %v, want %s", c.r.Header, c.payload, p, err, c.want)
		}
		want := engine.BuiltInRole("ADMIN").Set()
		if p.AgentID != "" {
			want = engine.BuiltInRole("AGENT").Set()
		}
		if p.Permissions != want || len(p.ID) > maxName || !p.ExpiresAt.IsZero() {
			t.Errorf("%s may do %v until %v", p.ID, p.Permissions.List(), p.ExpiresAt)
		}
	}
	for _, id := range bad {
		if p, err := a.Request(request(Header, id)); !errors.Is(err, ErrBadActor) || p.Permissions != 0 {
			t.Errorf("%q: %+v %v", id, p, err)
		}
	}
	if _, err := a.Init(t.Context(), request(), map[string]any{Param: 7}); !errors.Is(err, ErrBadActor) {
		t.Errorf("a number: %v", err)
	}
}

// told verifies tokens that are in it.
type told map[string]Claims

func (v told) Verify(_ context.Context, token string, _ time.Time) (Claims, error) {
	c, ok := v[token]
	if !ok {
		return Claims{}, ErrToken
	}
	return c, nil
}

var (
	start    = time.Now()
	nextHour = start.Add(time.Hour)
	tokens   = told{
		"admin": {Subject: "root", Roles: []string{"ADMIN"}, ExpiresAt: nextHour},
		"ann":   {Subject: "ann@example.com", AgentID: ann, Roles: []string{"AGENT", "LEAD"}, ExpiresAt: nextHour},
		"mail":  {Subject: "bob@example.com", Roles: []string{"NOBODY_KNOWS"}, ExpiresAt: nextHour},
		"long":  {Subject: strings.Repeat("a", 76), ExpiresAt: nextHour},
	}
)

// keyed is an authenticator with a role LEAD of one's own and one API key.
func keyed(t *testing.T) (a *Authenticator, d *Directory, key string) {
	t.Helper()
	key, hash := NewAPIKey()
	d = NewDirectory()
	err := d.Load(t.Context(), stored{
		roles: []engine.Role{{Name: "LEAD", Permissions: []engine.Permission{engine.MatrixWrite}}},
		keys:  []engine.APIKey{{ID: "ak_1", Roles: []string{"SERVICE"}, Hash: hash, ExpiresAt: nextHour}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(tokens, d, time.Now), d, key
}

type stored struct {
	roles []engine.Role
	keys  []engine.APIKey
}

func (s stored) Roles(context.Context) ([]engine.Role, error)     { return s.roles, nil }
func (s stored) APIKeys(context.Context) ([]engine.APIKey, error) { return s.keys, nil }

// TestWhoActs: by token or key, in the header or in connection_init; nothing personal becomes a name.
func TestWhoActs(t *testing.T) {
	a, _, key := keyed(t)
	lead := engine.PermissionsOf(engine.SettingsRead, engine.OwnWork, engine.MatrixWrite)
	for _, c := range []struct {
		r       *http.Request
		payload map[string]any
		id      string
		want    engine.PermissionSet
	}{
		{request("Authorization", "Bearer admin"), nil, "user:root", engine.AllPermissions},
		{request("Authorization", "bearer admin"), nil, "user:root", engine.AllPermissions},
		{request("Authorization", "Bearer ann"), nil, "agent:" + ann, lead},
		{request("Authorization", "Bearer mail"), nil, "user:sha256:5ff860bf1190596c7188ab851db691f0", 0},
		{request("Authorization", "Bearer long"), nil, "user:sha256:", 0},
		{request("Authorization", "Bearer "+key), nil, "key:ak_1", engine.BuiltInRole("SERVICE").Set()},
		{request(), map[string]any{"token": "admin"}, "user:root", engine.AllPermissions},
		{request(), map[string]any{"authorization": "Bearer admin"}, "user:root", engine.AllPermissions},
		{request(), map[string]any{"Authorization": "Bearer " + key}, "key:ak_1", engine.BuiltInRole("SERVICE").Set()},
		{request("Authorization", "Bearer nobody"), map[string]any{"token": "ann"}, "agent:" + ann, lead},
	} {
		p, err := a.Init(t.Context(), c.r, c.payload)
		if err != nil || !strings.HasPrefix(p.ID, c.id) || p.Permissions != c.want || !p.ExpiresAt.Equal(nextHour) || len(p.ID) > maxName {
			t.Errorf("%v %v: %+v %v, want %s with %v", c.r.Header, c.payload, p, err, c.id, c.want.List())
		}
		if strings.Contains(p.ID, "@") {
			t.Errorf("the name %s is an address", p.ID)
		}
	}
}

// TestWhoIsRefused: what is no token, two of them, and what development mode lets through.
func TestWhoIsRefused(t *testing.T) {
	a, _, key := keyed(t)
	for _, c := range []struct {
		r       *http.Request
		payload map[string]any
		want    error
	}{
		{request(), nil, ErrNoToken},
		{request(), map[string]any{}, ErrNoToken},
		{request("Authorization", ""), nil, ErrNoToken},
		{request("Authorization", "Bearer"), nil, ErrNoToken},
		{request("Authorization", "Bearer "), nil, ErrNoToken},
		{request("Authorization", "Basic YWRtaW46YWRtaW4="), nil, ErrNoToken},
		{request("Authorization", "admin"), nil, ErrNoToken},
		{request("Authorization", "Bearer admin", "Authorization", "Bearer ann"), nil, ErrTwoTokens},
		{request(), map[string]any{"token": "admin", "Authorization": "Bearer ann"}, ErrTwoTokens},
		{request(), map[string]any{"token": 1}, ErrToken},
		{request(), map[string]any{"token": ""}, ErrNoToken},
		{request(), map[string]any{"authorization": "admin"}, ErrNoToken},
		{request(), map[string]any{"token": []any{"admin"}}, ErrToken},
		{request("Authorization", "Bearer nobody"), nil, ErrToken},
		{request("Authorization", "Bearer  admin"), nil, ErrToken},
		{request("Authorization", "Bearer "+key+"x"), nil, ErrToken},
		{request("Authorization", "Bearer "+key[:len(key)-1]), nil, ErrToken},
		{request("Authorization", "Bearer rk_"), nil, ErrToken},
		{request("Authorization", "Bearer "+hashOf(key)), nil, ErrToken},
		{request("Authorization", "Bearer admin", Header, ann), nil, ErrActorNamed},
		{request("Authorization", "Bearer admin"), map[string]any{Param: ann}, ErrActorNamed},
		{request(Header, ann), nil, ErrActorNamed},
	} {
		if p, err := a.Init(t.Context(), c.r, c.payload); !errors.Is(err, c.want) || p.ID != "" || p.Permissions != 0 {
			t.Errorf("%v %v: %+v %v, want %v", c.r.Header, c.payload, p, err, c.want)
		}
	}
}

// TestKeyExpires: by the server's time, at the instant.
func TestKeyExpires(t *testing.T) {
	a, _, key := keyed(t)
	for at, want := range map[time.Duration]error{-time.Nanosecond: nil, 0: ErrExpired, time.Hour: ErrExpired} {
		a.now = func() time.Time { return nextHour.Add(at) }
		if _, err := a.Request(request("Authorization", "Bearer "+key)); !errors.Is(err, want) {
			t.Errorf("%s after its end: %v, want %v", at, err, want)
		}
	}
}

// TestHeld: a connection ends with its token, with its key, and when a role of its holder changes; others stay.
func TestHeld(t *testing.T) {
	a, d, key := keyed(t)
	hold := func(token string) context.Context {
		p, err := a.Request(request("Authorization", "Bearer "+token))
		if err != nil {
			t.Fatal(err)
		}
		ctx, release := a.Hold(t.Context(), p)
		t.Cleanup(release)
		return ctx
	}
	admin, agent, service := hold("admin"), hold("ann"), hold(key)
	d.Publish(&engine.Changes{Agents: []engine.Agent{{}}})
	d.Publish(&engine.Changes{Roles: []*engine.Role{{Name: "LEAD", Permissions: []engine.Permission{engine.MatrixRead}}}})
	if agent.Err() == nil || admin.Err() != nil || service.Err() != nil {
		t.Errorf("a role changed: agent %v, admin %v, service %v", agent.Err(), admin.Err(), service.Err())
	}
	if p, err := a.Request(request("Authorization", "Bearer ann")); err != nil || p.Permissions.HasAny(engine.MatrixWrite) || !p.Permissions.HasAny(engine.MatrixRead) {
		t.Errorf("by the role as it is: %v %v", p.Permissions.List(), err)
	}
	agent = hold("ann")
	d.Publish(&engine.Changes{RolesRemoved: []string{"LEAD"}})
	d.Publish(&engine.Changes{APIKeysRemoved: []engine.APIKeyID{"ak_1"}})
	if agent.Err() == nil || service.Err() == nil || admin.Err() != nil {
		t.Errorf("a role and a key removed: agent %v, service %v, admin %v", agent.Err(), service.Err(), admin.Err())
	}
	if _, err := a.Request(request("Authorization", "Bearer "+key)); !errors.Is(err, ErrToken) {
		t.Errorf("a revoked key: %v", err)
	}
	text, hash := NewAPIKey()
	d.Publish(&engine.Changes{APIKeys: []*engine.APIKey{{ID: "ak_2", Roles: []string{"OBSERVER"}, Hash: hash, ExpiresAt: nextHour}}})
	if p, err := a.Request(request("Authorization", "Bearer "+text)); err != nil || p.Permissions != engine.BuiltInRole("OBSERVER").Set() {
		t.Errorf("a new key: %+v %v", p, err)
	}
}

// TestHeldTooLate: what changed between asking who it is and connecting ends the connection at once.
func TestHeldTooLate(t *testing.T) {
	a, d, key := keyed(t)
	p, err := a.Request(request("Authorization", "Bearer "+key))
	if err != nil {
		t.Fatal(err)
	}
	d.Publish(&engine.Changes{APIKeysRemoved: []engine.APIKeyID{"ak_1"}})
	late, release := a.Hold(t.Context(), p)
	defer release()
	if late.Err() == nil {
		t.Error("a key that was revoked meanwhile holds a connection")
	}
	p.ExpiresAt, p.Key, p.Permissions, p.Roles = time.Now().Add(-time.Second), "", 0, nil
	expired, release := a.Hold(t.Context(), p)
	defer release()
	select {
	case <-expired.Done():
	case <-time.After(10 * time.Second):
		t.Error("a token that has expired holds a connection")
	}
}

// TestHoldersGo: who lets go is forgotten.
func TestHoldersGo(t *testing.T) {
	a, d, _ := keyed(t)
	for range 10 {
		p, _ := a.Request(request("Authorization", "Bearer admin"))
		_, release := a.Hold(t.Context(), p)
		release()
	}
	if n := len(d.holders); n != 0 {
		t.Errorf("%d holders are left", n)
	}
}

func TestNewAPIKey(t *testing.T) {
	one, hash := NewAPIKey()
	two, _ := NewAPIKey()
	if one == two || len(one) != len("rk_")+43 || hash != hashOf(one) || strings.Contains(hash, one) {
		t.Errorf("%s %s %s", one, two, hash)
	}
}

func TestContext(t *testing.T) {
	if a := Actor(t.Context()); a != (engine.Actor{}) {
		t.Errorf("nobody is %+v", a)
	}
	p := Principal{Actor: engine.Actor{ID: "x"}}
	if a := Actor(With(t.Context(), p)); a.ID != "x" {
		t.Errorf("%+v", a)
	}
}
