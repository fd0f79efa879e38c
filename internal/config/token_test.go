package config

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var tokenDefaults = Token{
	Key: "k.jwk", Subject: "ops", ExpiresIn: time.Hour, Issuer: "rapport", Audience: "rapport", RolesClaim: "roles", AgentClaim: "agent_id",
}

// TestKeyAndTokenSettings: what is about one key or one token is never asked for by a variable; what must be as the server expects it is the server's
// variables.
func TestKeyAndTokenSettings(t *testing.T) {
	const agent = "ag_01900000-0000-7000-8000-000000000001"
	with := func(change func(*Token)) Token {
		c := tokenDefaults
		change(&c)
		return c
	}
	for _, c := range []struct {
		args []string
		env  map[string]string
		want Command
	}{
		{[]string{"key", "a key.jwk"}, nil, Key{File: "a key.jwk"}},
		{[]string{"key", "--force", "k"}, nil, Key{File: "k", Force: true}},
		{[]string{"token", "--key", "k.jwk", "--subject=ops"}, nil, tokenDefaults},
		{[]string{"token", "--key=k.jwk", "--subject", "ops", "--role", "ADMIN", "--role=my role", "--agent", agent, "--expires-in", "90m"}, nil,
			with(func(c *Token) { c.Role, c.Agent, c.ExpiresIn = []string{"ADMIN", "my role"}, agent, 90*time.Minute })},
		{[]string{"token", "--key=k.jwk", "--subject=ops", "--issuer", "i", "--audience=a", "--roles-claim", "https://x/roles", "--agent-claim=x"},
			map[string]string{"RAPPORT_AUTH_ISSUER": "not this"},
			with(func(c *Token) { c.Issuer, c.Audience, c.RolesClaim, c.AgentClaim = "i", "a", "https://x/roles", "x" })},
		{[]string{"token", "--key=k.jwk", "--subject=ops"}, map[string]string{
			"RAPPORT_AUTH_ISSUER": "i", "RAPPORT_AUTH_AUDIENCE": "a", "RAPPORT_AUTH_ROLES_CLAIM": "r", "RAPPORT_AUTH_AGENT_CLAIM": "g",
		}, with(func(c *Token) { c.Issuer, c.Audience, c.RolesClaim, c.AgentClaim = "i", "a", "r", "g" })},
		{[]string{"token", "--key=k.jwk", "--subject=ops", "--expires-in=1m"}, nil, with(func(c *Token) { c.ExpiresIn = time.Minute })},
		{[]string{"token", "--key=k.jwk", "--subject=ops", "--expires-in=8760h"}, nil, with(func(c *Token) { c.ExpiresIn = 8760 * time.Hour })},
	} {
		clean(t)
		for _, name := range []string{"FORCE", "ROLE", "AGENT", "EXPIRES_IN", "KEY", "SUBJECT", "ISSUER", "AUDIENCE", "FILE"} {
			t.Setenv("RAPPORT_"+name, "1")
		}
		for name, value := range c.env {
			t.Setenv(name, value)
		}
		var out bytes.Buffer
		if got, err := Parse(c.args, &out, "v1"); err != nil || !reflect.DeepEqual(got, c.want) || out.Len() > 0 || got.Database() != "" {
			t.Errorf("%v: %+v, %v, printed %q; want %+v", c.args, got, err, out.String(), c.want)
		}
	}
}

// TestBadKeyAndTokenSettings: one line that names what is wrong.
func TestBadKeyAndTokenSettings(t *testing.T) {
	const token = "token --key k --subject s "
	for args, want := range map[string]string{
		"key": "<file>", "key a b": "unexpected argument b", "key a --url http://h": "--url", "key a --db x": "--db",
		"token": "--key", "token --subject s": "--key", "token --key k": "--subject", token + "x": "unexpected argument x", token + "--db x": "--db",
		token + "--url http://h": "--url", token + "--expires-in 59s": "between 1m and 8760h", token + "--expires-in 8760h1s": "between 1m and 8760h", token + "--expires-in=-1h": "between 1m and 8760h",
		token + "--expires-in soon": "--expires-in", token + "--issuer=": "--issuer", token + "--audience=": "--audience", token + "--roles-claim=": "--roles-claim",
		token + "--agent-claim=": "--agent-claim", token + "--agent-claim roles": "--agent-claim", "token --key= --subject s": "--key", "token --key k --subject=": "--subject",
	} {
		clean(t)
		var out bytes.Buffer
		_, err := Parse(strings.Fields(args), &out, "v1")
		if err == nil || errors.Is(err, ErrHelp) || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\r") || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q; want one line about %s", args, err, out.String(), want)
		}
	}
	if _, err := Parse([]string{"key", " "}, &bytes.Buffer{}, "v1"); err == nil || !strings.Contains(err.Error(), "FILE") {
		t.Errorf("a blank name: %v", err)
	}
}
