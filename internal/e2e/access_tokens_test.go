package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/auth/forge"
)

const whoDocument = `{ viewer { principal } organization { id } }`

// TestForgedTokens: no token that is forged or wrong lets anybody in, over HTTP or on a socket, nor tells why; the good one beside it does (RL-1).
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t), "--log-level", "debug")
	kinds, err := forge.Kinds(s.issuer.Signer, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) < 200 {
		t.Errorf("%d kinds are few", len(kinds))
	}
	work := make(chan forge.Kind)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for kind := range work {
				tryForged(t, s, kind)
			}
		})
	}
	for _, kind := range kinds {
		work <- kind
	}
	close(work)
	workers.Wait()
	log := s.stderr.String() + s.stdout.String()
	for _, kind := range kinds {
		if parts := strings.Split(kind.Token, "."); len(parts) == 3 && len(parts[2]) > 20 && strings.Contains(log, parts[2]) {
			t.Errorf("%s: the token is in the log", kind.Name)
		}
	}
}

func tryForged(t *testing.T, s *server, kind forge.Kind) {
	refuses(t, s, kind.Name, kind.Token, kind.Expired)
	response, text := send(t, s, whoDocument, nil, "Authorization", "Bearer "+kind.Control)
	if response.StatusCode != http.StatusOK || !strings.Contains(string(text), `"or_1"`) {
		t.Errorf("%s: without the mistake: %d %s", kind.Name, response.StatusCode, text)
	}
	if code, reason, err := knock(s, initWith(kind.Control), nil); code != 0 || err != nil {
		t.Errorf("%s: without the mistake the socket is closed with %d %s, %v", kind.Name, code, reason, err)
	}
}

// refuses checks that a token is refused by both ways, in the only words that there are.
func refuses(t *testing.T, s *server, name, token string, expired bool) {
	t.Helper()
	says := "the token is not valid"
	if expired {
		says = "the token has expired"
	}
	want := `{"errors":[{"message":"` + says + `","extensions":{"code":"UNAUTHENTICATED"}}]}`
	response, text := send(t, s, whoDocument, nil, "Authorization", "Bearer "+token)
	if response.StatusCode != http.StatusUnauthorized || string(text) != want || response.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("%s: %d %v %s", name, response.StatusCode, response.Header, text)
	}
	if code, reason, err := knock(s, initWith(token), nil); code != 4403 || reason != "Forbidden" || err != nil {
		t.Errorf("%s: the socket is closed with %d %s, %v", name, code, reason, err)
	}
}

// TestAPIKeys: a key lets in from its creation until it is revoked or ends, and nothing that is like it ever does.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startGuarded(t, db)
		w := &world{centre: &centre{t: t, s: s, c: s.client()}}
		role := w.newRole("SETTINGS_READ", "WORK_READ")
		end := time.Now().Add(2500 * time.Millisecond)
		_, short := w.newKey(end, "OBSERVER")
		id, key := w.newKey(time.Now().Add(time.Hour), role)
		good := func(when, key string) {
			t.Helper()
			response, text := send(t, s, whoDocument, nil, "Authorization", "Bearer "+key)
			code, _, err := knock(s, initWith(key), nil)
			if response.StatusCode != 200 || !strings.Contains(string(text), `"or_1"`) || code != 0 || err != nil {
				t.Errorf("%s: %d %s, closed with %d, %v", when, response.StatusCode, text, code, err)
			}
		}
		good("a new key", key)
		good("a key that ends soon", short)
		sum := sha256.Sum256([]byte(key))
		for name, token := range likeKeys(key, hex.EncodeToString(sum[:]), id) {
			refuses(t, s, name, token, false)
		}
		w.refused("CONFLICT/IN_USE", "", "deleteRole", `name`, vars{"name": role})
		// It is kept as a hash only, and stays good over a restart.
		if list := encoded(w.c.do(t, `{ apiKeys(first: 100) { nodes { id name roles createdAt expiresAt } } }`, nil)); strings.Contains(list, key[:8]) || !strings.Contains(list, id) {
			t.Errorf("listed is %s", list)
		}
		s.stop()
		inDatabase(t, db, key)
		s.start()
		good("after a restart", key)
		w.give("", "revokeApiKey", `apiKeyId`, vars{"apiKeyId": id})
		refuses(t, s, "a revoked key", key, false)
		w.give("", "deleteRole", `name`, vars{"name": role})
		refuses(t, s, "a revoked key of a deleted role", key, false)
		// A token that names the role lets in, and allows nothing.
		if got := overHTTP(s, s.issuer.token("", role))(t, `{ viewer { roles permissions } }`, nil); got.text != `{"data":{"viewer":{"roles":["`+role+`"],"permissions":[]}}}` {
			t.Errorf("a token of a deleted role: %s", got.text)
		}
		time.Sleep(time.Until(end))
		await(t, "the key ends", func() bool {
			response, _ := send(t, s, whoDocument, nil, "Authorization", "Bearer "+short)
			return response.StatusCode == 401
		})
		if late := time.Since(end); late > patience/2 {
			t.Errorf("it ended %s late", late)
		}
		refuses(t, s, "an expired key", short, true)
		s.stop()
		if log := s.stderr.String(); strings.Contains(log, key) || strings.Contains(log, hex.EncodeToString(sum[:])) {
			t.Error("the key or its hash is in the log")
		}
	})
}

// likeKeys are not the key.
func likeKeys(key, hash, id string) map[string]string {
	last := "A"
	if strings.HasSuffix(key, last) {
		last = "B"
	}
	return map[string]string{
		"another last character": key[:len(key)-1] + last, "a character less": key[:len(key)-1], "a character more": key + "A", "its hash": hash,
		"its hash as a key": "rk_" + hash, "its id": id, "its id as a key": "rk_" + id, "no prefix": strings.TrimPrefix(key, "rk_"), "the prefix twice": "rk_" + key,
		"the prefix": "rk_", "another prefix": "RK_" + key[3:], "in capitals": strings.ToUpper(key), "a space behind the prefix": "rk_ " + key[3:],
		"SQL": "rk_' OR '1'='1", "a path": "rk_../../keys",
	}
}

// inDatabase looks for the text of a key where it must not be; only files can be looked into.
func inDatabase(t *testing.T, db, key string) {
	t.Helper()
	files, _ := filepath.Glob(db + "*") // a name of a server finds none
	for _, f := range files {
		if data, err := os.ReadFile(f); err != nil || strings.Contains(string(data), key) || strings.Contains(string(data), key[3:]) {
			t.Errorf("the text of the key is in the database (%v)", err)
		}
	}
}

// TestWaysToShowATokenFail: what is no way to show a token lets nobody in, nor do two tokens.
func TestWaysToShowATokenFail(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	good, agent := s.issuer.token("", "ADMIN"), "ag_01900000-0000-7000-8000-000000000001"
	for _, header := range []string{good, "Basic " + good, "Bearer", "Bearer ", "bearer" + good, "Token " + good, "Bearer  " + good, "Bearer " + good + " ", "Bearer " + good + "," + good} {
		if response, text := send(t, s, whoDocument, nil, "Authorization", header); response.StatusCode != 401 && header != "Bearer "+good+" " {
			t.Errorf("Authorization: %.20s…: %d %s", header, response.StatusCode, text)
		}
	}
	for _, path := range []string{"?token=" + good, "?access_token=" + good, "?authorization=Bearer%20" + good} {
		if response, text := request(t, "POST", s.url("/graphql"+path), `{"query":"{ organization { id } }"}`, "Content-Type", "application/json"); response.StatusCode != 401 {
			t.Errorf("in the address: %d %s", response.StatusCode, text)
		}
	}
	payload := func(p any) string {
		text, _ := json.Marshal(map[string]any{"type": "connection_init", "payload": p}) // texts have a form in JSON
		return string(text)
	}
	for name, init := range map[string]string{
		"no payload": `{"type":"connection_init"}`, "null": payload(nil), "a list": payload([]string{good}), "a number": payload(map[string]any{"token": 1}), "an empty token": payload(vars{"token": ""}),
		"null as a token": payload(vars{"token": nil}), "two": payload(vars{"token": good, "Authorization": "Bearer " + good}), "no scheme": payload(vars{"Authorization": good}),
		"another scheme": payload(vars{"authorization": "Basic " + good}), "a header in two cases": payload(vars{"authorization": "Bearer " + good, "Authorization": "Bearer " + good}),
		"an actor": payload(vars{"actor": agent}), "an actor and a token": payload(vars{"actor": agent, "token": good}), "an object": payload(vars{"token": vars{"token": good}}),
		"deeper": payload(vars{"headers": vars{"Authorization": "Bearer " + good}}),
	} {
		if code, _, err := knock(s, init, nil); code != 4403 && code != 4400 || err != nil {
			t.Errorf("%s: closed with %d, %v", name, code, err)
		}
	}
	// The first word on a socket has to be who speaks.
	if code, _, err := knock(s, `{"id":"1","type":"subscribe","payload":{"query":"{ organization { id } }"}}`, http.Header{"Authorization": {"Bearer " + good}}); code != 4401 || err != nil {
		t.Errorf("subscribe before connection_init: closed with %d, %v", code, err)
	}
	for name, c := range map[string]struct {
		init   string
		header http.Header
	}{
		"a token":           {initWith(good), nil},
		"a header":          {payload(vars{"Authorization": "Bearer " + good}), nil},
		"in lower case":     {payload(vars{"authorization": "bearer " + good}), nil},
		"of the connection": {`{"type":"connection_init"}`, http.Header{"Authorization": {"Bearer " + good}}},
	} {
		if code, reason, err := knock(s, c.init, c.header); code != 0 || err != nil {
			t.Errorf("%s: closed with %d %s, %v", name, code, reason, err)
		}
	}
}

// TestOwnKeys: rapport key and rapport token are enough to begin with, and a token of another key is none.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	key, other := filepath.Join(t.TempDir(), "issuer.json"), filepath.Join(t.TempDir(), "other.json")
	for _, file := range []string{key, other} {
		if code, _, errs := rapport(t, "key", file); code != 0 {
			t.Fatalf("rapport key ends with %d: %s", code, errs)
		}
	}
	made := func(flags ...string) string {
		code, out, errs := rapport(t, append([]string{"token", "--subject", "root"}, flags...)...)
		if code != 0 || errs != "" {
			t.Fatalf("rapport token ends with %d: %s", code, errs)
		}
		return strings.TrimSpace(out)
	}
	s := startServer(t, sqliteFile(t), "--auth-keys", key)
	root := overHTTP(s, made("--key", key, "--role", "ADMIN"))
	if got := root(t, `{ viewer { principal roles agentId } server { developmentMode } }`, nil); got.text !=
		`{"data":{"viewer":{"principal":"user:root","roles":["ADMIN"],"agentId":null},"server":{"developmentMode":false}}}` {
		t.Errorf("the root is %s", got.text)
	}
	refuses(t, s, "of another key", made("--key", other, "--role", "ADMIN"), false)
	refuses(t, s, "for another audience", made("--key", key, "--role", "ADMIN", "--audience", "somebody"), false)
	agent := root(t, `mutation { createAgent(input: {name: "Ann", capacityUnits: 1}) { agent { id } } }`, nil).data.text("createAgent.agent.id")
	ann := made("--key", key, "--role", "AGENT", "--agent", agent, "--expires-in", "1m")
	if got := overHTTP(s, ann)(t, `{ viewer { principal agentId agent { name presence { signedIn } } } agents { nodes { id } } }`, nil); got.code != "FORBIDDEN" ||
		strings.Contains(got.text, "Ann") {
		t.Errorf("an operation of which only half is allowed: %s", got.text)
	}
	if got := overHTTP(s, ann)(t, `{ viewer { principal agent { name } } }`, nil); !regexp.MustCompile(`"principal":"agent:ag_[-0-9a-f]+","agent":{"name":"Ann"}`).MatchString(got.text) {
		t.Errorf("the agent is %s", got.text)
	}
	if s.stop(); strings.Contains(fmt.Sprint(s.stderr, s.stdout), "DEVELOPMENT") {
		t.Error("it says that it is in development mode")
	}
}
