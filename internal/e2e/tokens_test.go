package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// guarded is a server that asks for tokens, with the key that signs them.
type guarded struct {
	*server
	key string
}

// startWithKey makes a key with the command and starts a server that takes it.
func startWithKey(t *testing.T, db string, flags ...string) guarded {
	t.Helper()
	key := filepath.Join(t.TempDir(), "issuer.json")
	if code, _, errs := rapport(t, "key", key); code != 0 {
		t.Fatalf("rapport key ends with %d: %s", code, errs)
	}
	return guarded{startServer(t, db, append([]string{"--auth-keys", key}, flags...)...), key}
}

// token makes a token with the command.
func (g guarded) token(subject string, flags ...string) string {
	g.t.Helper()
	code, out, errs := rapport(g.t, append([]string{"token", "--key", g.key, "--subject", subject}, flags...)...)
	if code != 0 {
		g.t.Fatalf("rapport token ends with %d: %s", code, errs)
	}
	return strings.TrimSpace(out)
}

// fill brings the example contact centre.
func (g guarded) fill() {
	g.t.Helper()
	fillWith(g.t, g.server, g.token("root", "--role", "ADMIN"))
}

// fillWith brings the example contact centre with an administrator's token.
func fillWith(t testing.TB, s *server, token string) {
	t.Helper()
	if code, _, errs := rapportWith(t, []string{"RAPPORT_TOKEN=" + token}, "apply", exampleFolder, "--yes", "--url", s.url("")); code != 0 {
		t.Fatalf("rapport apply ends with %d: %s", code, errs)
	}
}

// TestCommandsWithTokens: with a token of an administrator the commands do what they do without any in development mode; else each fails with
// a line that says what is wanted, and a code of its own. The token is in no output and no log (RL-1, RL-2).
func TestCommandsWithTokens(t *testing.T) {
	t.Parallel()
	g := startWithKey(t, sqliteFile(t), "--log-level", "debug")
	admin, observer := g.token("root", "--role", "ADMIN"), g.token("olga", "--role", "OBSERVER")
	stranger := startWithKey(t, sqliteFile(t)).token("root", "--role", "ADMIN")
	said := ""
	run := func(token string, args ...string) (int, string, string) {
		t.Helper()
		env := []string{}
		if token != "" {
			env = append(env, "RAPPORT_TOKEN="+token)
		}
		code, out, errs := rapportWith(t, env, append(args, "--url", g.url(""))...)
		said += out + errs
		return code, out, errs
	}
	dir := t.TempDir()
	apply := []string{"apply", exampleFolder, "--yes"}
	export := []string{"export", filepath.Join(dir, "export")}
	backup := []string{"backup", filepath.Join(dir, "copy.db")}
	for _, c := range []struct {
		who, token, want string
	}{
		{"nobody", "", "a token is needed: give one with --token (RAPPORT_TOKEN)"},
		{"a stranger", stranger, "the token of --token (RAPPORT_TOKEN) is no good: "},
		{"an observer", observer, "the roles of the token of --token (RAPPORT_TOKEN) do not allow it: "},
	} {
		for _, args := range [][]string{apply, export, backup} {
			code, out, errs := run(c.token, args...)
			if code != 5 || out != "" || !strings.HasPrefix(errs, "rapport: "+c.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("%s: %v ends with %d: %q, %q", c.who, args, code, out, errs)
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("refused, they have left %v, %v", left, err)
	}
	for _, args := range [][]string{apply, export, backup} {
		if code, _, errs := run(admin, args...); code != 0 {
			t.Errorf("with an administrator's token %v ends with %d: %s", args, code, errs)
		}
	}
	if code, out, errs := rapport(t, "apply", exampleFolder, "--token", admin, "--url", g.url("")); code != 0 || !strings.Contains(out, "Nothing to do") {
		t.Errorf("with --token apply ends with %d: %s%s", code, out, errs)
	}

	// An observer may read queues, so that the refusal comes with the first change.
	queues := t.TempDir()
	text := "- {id: qu_01900000-0000-7000-8000-000000000001, name: Another name}\n"
	if err := os.WriteFile(filepath.Join(queues, "queues.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(observer, "apply", queues, "--yes"); code != 5 || !strings.Contains(errs, "QUEUES_WRITE (FORBIDDEN)") || !strings.Contains(errs, "rapport: 0 of 1 steps are made") {
		t.Errorf("an observer's change ends with %d: %s", code, errs)
	}
	for _, token := range []string{"", stranger, observer, admin} {
		if code, out, errs := run(token, "play", filepath.Join(exampleFolder, "day")); code != 2 || out != "" || !strings.Contains(errs, "development mode only") || strings.Count(errs, "\n") != 1 {
			t.Errorf("play ends with %d: %q, %q", code, out, errs)
		}
	}
	for who, token := range map[string]string{"administrator": admin, "observer": observer, "stranger": stranger} {
		if strings.Contains(said, token) || strings.Contains(g.stderr.String()+g.stdout.String(), token) {
			t.Errorf("the %s's token is in what was said", who)
		}
	}
}

// TestRolesInFiles: roles of one's own are part of the files, and API keys are not (RL-1).
func TestRolesInFiles(t *testing.T) {
	t.Parallel()
	g := startWithKey(t, sqliteFile(t))
	env := []string{"RAPPORT_TOKEN=" + g.token("root", "--role", "ADMIN")}
	dir := t.TempDir()
	file := filepath.Join(dir, "roles.yaml")
	bring := func(text, want string, flags ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := rapportWith(t, env, append([]string{"apply", dir, "--yes", "--url", g.url("")}, flags...)...)
		if code != 0 || !strings.HasPrefix(out, want) {
			t.Fatalf("apply ends with %d: %s%s", code, out, errs)
		}
	}
	bring("- {name: CLERK, permissions: [WORK_READ]}\n", "+ role CLERK: permissions WORK_READ\n")
	bring("- {name: CLERK, description: Files, permissions: [WORK_READ, SETTINGS_READ]}\n",
		"~ role CLERK: description none → \"Files\"; permissions WORK_READ → SETTINGS_READ WORK_READ\n")

	to := filepath.Join(t.TempDir(), "export")
	code, out, errs := rapportWith(t, env, "export", to, "--url", g.url(""))
	if code != 0 || !strings.Contains(out, "1 role, 0 presence statuses, 0 capacity profiles. API keys are not exported.") {
		t.Fatalf("export ends with %d: %s%s", code, out, errs)
	}
	text, err := os.ReadFile(filepath.Join(to, "roles.yaml"))
	if err != nil || !strings.HasSuffix(string(text), "- name: CLERK\n  description: Files\n  permissions:\n    - SETTINGS_READ\n    - WORK_READ\n") {
		t.Errorf("%s, %v", text, err)
	}
	bring("# none\n", "The server has more that the files do not name: 1 × role.")
	bring("# none\n", "- role CLERK\n", "--prune")
}

// TestClientsWithTokens: the clients of examples/clients take a token from RAPPORT_TOKEN. A desk is the agent in it, and ends when what it allows
// changes; an integrator gets by with an API key of the role SERVICE.
func TestClientsWithTokens(t *testing.T) {
	t.Parallel()
	g := startWithKey(t, sqliteFile(t))
	g.fill()
	admin := g.client().as(g.token("root", "--role", "ADMIN"))
	made := admin.do(t, `mutation ($e: DateTime!) { createApiKey(input: {name: "shop", roles: ["SERVICE"], expiresAt: $e}) { secret } }`,
		vars{"e": time.Now().Add(time.Hour)})
	shop := []string{"RAPPORT_TOKEN=" + made.text("createApiKey.secret")}
	const change = `mutation ($n: String!, $p: [Permission!]!) { updateRole(input: {name: $n, permissions: $p}) { role { name } } }`
	for i, language := range languages {
		role := []string{"DESK_GO", "DESK_TS"}[i]
		admin.do(t, strings.ReplaceAll(change, "updateRole", "createRole"), vars{"n": role, "p": []string{"SETTINGS_READ", "OWN_WORK"}})
		token := g.token("desk", "--role", role, "--agent", demoID("ag", 27))
		desk := startClientWith(t, []string{"RAPPORT_TOKEN=" + token}, language, "desk", g.url(""), "--answer", "accept", "--complete")
		desk.says("READY", 1)
		integrator := startClientWith(t, shop, language, "integrator", g.url(""))
		integrator.ends(0, "preview: OFFERED to Łukasz Księżniak", `(.*\n)+.*: (ASSIGNED|COMPLETED), Łukasz Księżniak`) // the desk may be faster than its look
		desk.says("completed wi_"+noted, 1)
		admin.do(t, change, vars{"n": role, "p": []string{"SETTINGS_READ"}})
		desk.complains("4403")
		desk.ends(1, "READY", "(.*\n)+completed wi_"+noted+"(\n.*)*") // what it hears of the acceptance may come behind
		desk.triedOnce()
		for _, client := range []string{"desk", "integrator"} {
			stranger := startClient(t, language, client, g.url(""))
			stranger.complains("UNAUTHENTICATED|4403")
			stranger.ends(1, "")
		}
	}
}
