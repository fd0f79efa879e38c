package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/internal/auth"
	"rapport/internal/config"
)

const tokenAgent = "ag_01900000-0000-7000-8000-000000000001"

// aKey makes a key file with the command, and gives its name.
func aKey(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.jwk")
	if err := Run(context.Background(), config.Key{File: file}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestKeyCommand: one file for its owner's eyes only, there whole or not at all; a key that is there is replaced on demand only (RL-1).
func TestKeyCommand(t *testing.T) {
	dir := t.TempDir()
	c := config.Key{File: filepath.Join(dir, "key.jwk")}
	var out, stderr bytes.Buffer
	if err := Run(t.Context(), c, &out, &stderr); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(c.File)
	kid := strings.TrimSpace(out.String())
	if err != nil || out.String() != kid+"\n" || len(kid) != 43 || !strings.Contains(string(first), `"kid": "`+kid+`"`) || stderr.Len() > 0 {
		t.Errorf("%v, printed %q and %q, wrote %s", err, &out, &stderr, first)
	}
	if info, err := os.Stat(c.File); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	out.Reset()
	if err := Run(t.Context(), c, &out, &stderr); err == nil || !strings.Contains(err.Error(), "--force") || out.Len() > 0 {
		t.Errorf("once more: %v, printed %q", err, &out)
	}
	if text, err := os.ReadFile(c.File); err != nil || !bytes.Equal(text, first) {
		t.Errorf("the key that was there is now %s, %v", text, err)
	}
	if err := os.Chmod(c.File, 0o644); err != nil {
		t.Fatal(err)
	}
	c.Force = true
	if err := Run(t.Context(), c, &out, &stderr); err != nil || strings.TrimSpace(out.String()) == kid {
		t.Errorf("with --force: %v, printed %q", err, &out)
	}
	info, err := os.Stat(c.File)
	files, dirErr := os.ReadDir(dir)
	if err != nil || info.Mode() != 0o600 || dirErr != nil || len(files) != 1 {
		t.Errorf("with --force: %v, %v; the folder has %v, %v", info.Mode(), err, files, dirErr)
	}
	if err := Run(t.Context(), config.Key{File: filepath.Join(dir, "no", "key")}, io.Discard, io.Discard); err == nil {
		t.Error("a key was written into a folder that is not there")
	}
}

// TestTokenCommand: the token alone is printed, and a server with the same key and options takes it (RL-1).
func TestTokenCommand(t *testing.T) {
	c := config.Token{
		Key: aKey(t), Subject: "ops", Role: []string{"ADMIN", "MANAGER"}, Agent: tokenAgent, ExpiresIn: 2 * time.Hour,
		Issuer: "https://id.example", Audience: "api", RolesClaim: "https://x.example/roles", AgentClaim: "agent",
	}
	var out, stderr bytes.Buffer
	began := time.Now()
	if err := Run(t.Context(), c, &out, &stderr); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v, said %q", err, &stderr)
	}
	keys, err := auth.OpenKeySet(t.Context(), c.Key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	v := auth.NewVerifier(keys, auth.TokenOptions{Issuer: c.Issuer, Audience: c.Audience, RolesClaim: c.RolesClaim, AgentClaim: c.AgentClaim})
	got, err := v.Verify(t.Context(), strings.TrimSuffix(out.String(), "\n"), time.Now())
	if err != nil || got.Subject != "ops" || got.AgentID != tokenAgent || strings.Join(got.Roles, " ") != "ADMIN MANAGER" {
		t.Errorf("%+v, %v", got, err)
	}
	if life := got.ExpiresAt.Sub(began); life < 2*time.Hour-2*time.Second || life > 2*time.Hour+10*time.Second {
		t.Errorf("it is good for %s", life)
	}
	if _, err := auth.NewVerifier(keys, auth.TokenOptions{}).Verify(t.Context(), strings.TrimSpace(out.String()), time.Now()); !errors.Is(err, auth.ErrToken) {
		t.Errorf("a server with other options: %v", err)
	}
}

// TestTokenWarns: a key that others can read is worth a word, and the token is made all the same.
func TestTokenWarns(t *testing.T) {
	c := config.Token{Key: aKey(t), Subject: "ops", ExpiresIn: time.Hour}
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true} {
		if err := os.Chmod(c.Key, mode); err != nil {
			t.Fatal(err)
		}
		var out, stderr bytes.Buffer
		if err := Run(t.Context(), c, &out, &stderr); err != nil || strings.Count(out.String(), ".") != 2 || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%o: %v, printed %q", mode, err, &out)
		}
		if said := stderr.String(); strings.Contains(said, "warning: ") != warned || strings.Contains(said, c.Key) != warned || strings.Count(said, "\n") > 1 {
			t.Errorf("%o: said %q", mode, said)
		}
	}
}

// TestTokenRefuses: one line, the exit code for arguments and files that are wrong, and nothing on standard output.
func TestTokenRefuses(t *testing.T) {
	key := aKey(t)
	folder := t.TempDir()
	public := filepath.Join(folder, "public.jwk")
	if err := os.WriteFile(public, []byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*config.Token)
		want   string
	}{
		"no such file":       {func(c *config.Token) { c.Key = filepath.Join(folder, "none") }, "none"},
		"a folder":           {func(c *config.Token) { c.Key = folder }, folder},
		"a public key":       {func(c *config.Token) { c.Key = public }, "private key"},
		"a subject of lines": {func(c *config.Token) { c.Subject = "a\nb" }, "subject"},
		"an agent's name":    {func(c *config.Token) { c.Agent = "ann" }, "agent"},
		"an empty role":      {func(c *config.Token) { c.Role = []string{""} }, "role"},
		"roles in the end":   {func(c *config.Token) { c.RolesClaim = "exp" }, "claims"},
	} {
		settings := config.Token{Key: key, Subject: "ops", ExpiresIn: time.Hour}
		c.change(&settings)
		var out, stderr bytes.Buffer
		err := Run(t.Context(), settings, &out, &stderr)
		coded := exitError{}
		if !errors.As(err, &coded) || coded.ExitCode() != ExitRefused || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\r") || out.Len()+stderr.Len() > 0 {
			t.Errorf("%s: %v, printed %q, said %q", name, err, &out, &stderr)
		}
	}
}
