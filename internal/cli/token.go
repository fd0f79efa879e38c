package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"rapport/engine"
	"rapport/internal/auth"
	"rapport/internal/config"
)

// makeToken signs a token and prints it, and nothing else, so that it can be put into a variable. Only the key file is read.
func makeToken(c config.Token, stdout, stderr io.Writer) error {
	key, err := auth.OpenSigningKey(c.Key)
	if err != nil {
		return exitError{err, ExitRefused}
	}
	if info, err := os.Stat(c.Key); err == nil && info.Mode().Perm()&0o077 != 0 {
		_, _ = fmt.Fprintf(stderr, "warning: others can read or change %s, and so make tokens for anybody: chmod 600 it\n", c.Key) // it works all the same
	}
	now := time.Now()
	options := auth.TokenOptions{Issuer: c.Issuer, Audience: c.Audience, RolesClaim: c.RolesClaim, AgentClaim: c.AgentClaim}
	token, err := key.Sign(options, auth.Claims{Subject: c.Subject, AgentID: engine.AgentID(c.Agent), Roles: c.Role, ExpiresAt: now.Add(c.ExpiresIn)}, now)
	if err != nil {
		return exitError{err, ExitRefused}
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}
