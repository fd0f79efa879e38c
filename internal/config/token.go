package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The time that a token of `rapport token` may be good for.
const (
	MinTokenLife = time.Minute
	MaxTokenLife = 8760 * time.Hour // a year
)

// Token is how to make a token. What must be as the server expects it is taken from the server's variables.
type Token struct {
	Key        string        `required:"" env:"-" placeholder:"FILE" help:"The private key (JWK), as rapport key makes it."`
	Subject    string        `required:"" env:"-" placeholder:"TEXT" help:"Who the token is for; events and logs name them so."`
	Role       []string      `env:"-" placeholder:"ROLE" help:"A role that they have: ADMIN, MANAGER, AGENT, SERVICE, OBSERVER or one of yours. Again for another one."`
	Agent      string        `env:"-" placeholder:"ID" help:"The agent that they are, ag_ and a UUID."`
	ExpiresIn  time.Duration `default:"1h" env:"-" help:"How long the token is good for: 1m to 8760h."`
	Issuer     string        `default:"rapport" env:"RAPPORT_AUTH_ISSUER" help:"Who issues it; the server's --auth-issuer."`
	Audience   string        `default:"rapport" env:"RAPPORT_AUTH_AUDIENCE" help:"Whom it is for; the server's --auth-audience."`
	RolesClaim string        `default:"roles" env:"RAPPORT_AUTH_ROLES_CLAIM" help:"Where the roles stand in it; the server's --auth-roles-claim."`
	AgentClaim string        `default:"agent_id" env:"RAPPORT_AUTH_AGENT_CLAIM" help:"Where the agent stands in it; the server's --auth-agent-claim."`
}

func (t Token) check(func(string) bool) error {
	if t.ExpiresIn < MinTokenLife || t.ExpiresIn > MaxTokenLife {
		return fmt.Errorf("--expires-in %s: must be between 1m and 8760h", t.ExpiresIn)
	}
	for _, c := range []struct{ flag, value string }{
		{"key", t.Key}, {"subject", t.Subject}, {"issuer", t.Issuer}, {"audience", t.Audience}, {"roles-claim", t.RolesClaim}, {"agent-claim", t.AgentClaim},
	} {
		if strings.TrimSpace(c.value) == "" {
			return fmt.Errorf("--%s: must not be empty", c.flag)
		}
	}
	if t.RolesClaim == t.AgentClaim {
		return errors.New("--agent-claim: the roles stand there already")
	}
	return nil
}

// Database is none: only the key file is read.
func (t Token) Database() string { return "" }
