package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"rapport/internal/loopback"
)

// Access is who is let in. Without AuthKeys the server is in development mode: everybody may do everything, on loopback only.
type Access struct {
	AuthKeys       string   `group:"Access" placeholder:"FILE|URL" help:"The public keys of those who sign tokens: a file that holds a JWK or a JWKS (rapport key makes one), or the https address of a JWKS. Without it everybody may do everything, on loopback only."`
	AuthIssuer     string   `group:"Access" default:"rapport" help:"Who must have made a token (iss)."`
	AuthAudience   string   `group:"Access" default:"rapport" help:"For whom a token must be (aud)."`
	AuthRolesClaim string   `group:"Access" default:"roles" help:"The claim with the roles: a name, or a path with dots."`
	AuthAgentClaim string   `group:"Access" default:"agent_id" help:"The claim with the id of the agent as whom somebody acts."`
	AllowOrigin    []string `name:"allow-origin" group:"Access" placeholder:"ORIGIN" help:"Pages of other origins that may call, over HTTP and sockets: https://app.example.com. May be given several times."`
	Console        string   `group:"Access" default:"auto" enum:"auto,on,off" help:"Whether the console for browsers is served: auto is in development mode only."`
	MetricsListen  string   `group:"Access" placeholder:"HOST:PORT" help:"Serve /metrics there, to everybody, and not with the API, where it takes a token."`
}

// Development tells whether everybody may do everything.
func (a Access) Development() bool { return a.AuthKeys == "" }

// ShowConsole tells whether the console is served.
func (a Access) ShowConsole() bool {
	return a.Console == "on" || a.Console != "off" && a.Development()
}

// maxOrigins is how many origins can be allowed.
const maxOrigins = 100

func (a Access) check(listen string) error {
	host, err := hostOf("listen", listen)
	if err != nil {
		return err
	}
	if a.Development() && !loopback.Is(host) {
		return fmt.Errorf("--listen %q: without --auth-keys everybody who reaches this server may do everything, so it must listen on a loopback address", listen)
	}
	if a.MetricsListen != "" {
		if _, err := hostOf("metrics-listen", a.MetricsListen); err != nil {
			return err
		}
	}
	for _, s := range [...]struct{ flag, value string }{
		{"auth-issuer", a.AuthIssuer}, {"auth-audience", a.AuthAudience}, {"auth-roles-claim", a.AuthRolesClaim}, {"auth-agent-claim", a.AuthAgentClaim},
	} {
		if strings.TrimSpace(s.value) == "" {
			return fmt.Errorf("--%s: must not be empty", s.flag)
		}
	}
	if len(a.AllowOrigin) > maxOrigins {
		return fmt.Errorf("--allow-origin: there can be %d", maxOrigins)
	}
	for _, origin := range a.AllowOrigin {
		if err := checkOrigin(origin); err != nil {
			return fmt.Errorf("--allow-origin %q: %w", origin, err)
		}
	}
	return nil
}

// checkOrigin wants an origin as browsers send it, so that comparing is enough.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || origin != u.Scheme+"://"+strings.ToLower(u.Host) {
		return errors.New("must be as browsers send it, like https://app.example.com or http://localhost:5173")
	}
	return nil
}

// hostOf is the host of an address to listen on.
func hostOf(flag, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return "", fmt.Errorf("--%s %q: must be HOST:PORT, for example 127.0.0.1:8080", flag, address)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return "", fmt.Errorf("--%s %q: there is no such port", flag, address)
	}
	return host, nil
}
