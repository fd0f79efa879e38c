package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestStrangersAreToldNothing: without a token there are health and readiness, and the word that one is needed; with one, what operates the server is
// for who may, and the schema for whoever is let in.
func TestStrangersAreToldNothing(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	i := s.issuer
	const refusal = `{"errors":[{"message":"a token is needed: Authorization: Bearer …","extensions":{"code":"UNAUTHENTICATED"}}]}`
	for name, body := range map[string]string{
		"introspection": `{"query":"{ __schema { types { name } } }"}`, "a name": `{"query":"{ __typename }"}`, "a typing error": `{"query":"{ organisation { id } }"}`,
		"what is none": `{"query":"{{{"}`, "no JSON": `{`, "nothing": ``, "a batch": `[{"query":"{ organization { id } }"}]`, "large": `{"query":"` + strings.Repeat("{a", 200_000) + `"}`,
	} {
		response, text := request(t, "POST", s.url("/graphql"), body, "Content-Type", "application/json")
		if response.StatusCode != 401 || string(text) != refusal || response.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
	agent, admin := "Bearer "+i.token("ag_01900000-0000-7000-8000-000000000001", "AGENT"), "Bearer "+i.token("", "ADMIN")
	for _, c := range []struct {
		method, path             string
		stranger, agent, operate int
	}{
		{"GET", "/healthz", 200, 200, 200},
		{"GET", "/readyz", 200, 200, 200},
		{"GET", "/schema.graphql", 401, 200, 200},
		{"GET", "/metrics", 401, 403, 200},
		{"POST", "/backup", 401, 403, 200},
		{"GET", "/", 404, 404, 404}, // the console
		{"GET", "/assets/index.js", 404, 404, 404},
		{"GET", "/graphql?query={__typename}", 400, 400, 400},
		{"PUT", "/graphql", 405, 405, 405},
		{"GET", "/debug/pprof/", 404, 404, 404},
		{"GET", "/debug/vars", 404, 404, 404},
	} {
		for header, want := range map[string]int{"": c.stranger, agent: c.agent, admin: c.operate} {
			headers := []string{"Content-Type", "application/json"}
			if header != "" {
				headers = append(headers, "Authorization", header)
			}
			response, text := request(t, c.method, s.url(c.path), "{}", headers...)
			if response.StatusCode != want {
				t.Errorf("%s %s as %.20q: %d %.200s, want %d", c.method, c.path, header, response.StatusCode, text, want)
			}
			if said := string(text); want >= 400 && (strings.Contains(said, "rapport_") || strings.Contains(said, "type Query") || len(said) > 200) {
				t.Errorf("%s %s says %s", c.method, c.path, said)
			}
		}
	}
	// Whoever is let in may look at the schema, and is helped with a typing error.
	got := overHTTP(s, agent[len("Bearer "):])
	if a := got(t, `{ organisation { id } }`, nil); !strings.Contains(a.text, "organization") {
		t.Errorf("a typing error of who is let in: %s", a.text)
	}
	if a := got(t, `{ __schema { queryType { name } } }`, nil); a.code != "" {
		t.Errorf("introspection of who is let in: %s", a.text)
	}
}

// TestMetricsElsewhere: with --metrics-listen the metrics are there, for everybody, and nothing else is.
func TestMetricsElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := freeAddress(t)
	s := startGuarded(t, sqliteFile(t), "--metrics-listen", elsewhere)
	if response, text := request(t, "GET", "http://"+elsewhere+"/metrics", ""); response.StatusCode != 200 || !strings.Contains(string(text), "rapport_ready 1") {
		t.Errorf("%d %.200s", response.StatusCode, text)
	}
	for _, path := range []string{"/", "/graphql", "/schema.graphql", "/healthz", "/backup", "/debug/pprof/"} {
		if response, text := request(t, "GET", "http://"+elsewhere+path, ""); response.StatusCode != 404 {
			t.Errorf("%s there: %d %.200s", path, response.StatusCode, text)
		}
	}
	if response, _ := request(t, "GET", s.url("/metrics"), "", "Authorization", "Bearer "+s.issuer.token("", "ADMIN")); response.StatusCode != 404 {
		t.Errorf("with the API: %d", response.StatusCode)
	}
}

// TestConsoleOn: the console can be had in production mode; it is let in no further than its user's token.
func TestConsoleOn(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t), "--console", "on")
	if response, text := request(t, "GET", s.url("/"), ""); response.StatusCode != 200 || !strings.Contains(string(text), "A console for browsers") {
		t.Errorf("%d %.200s", response.StatusCode, text)
	}
	if response, text := send(t, s, whoDocument, nil, "Origin", s.url("")); response.StatusCode != 401 {
		t.Errorf("what the console asks without a token: %d %s", response.StatusCode, text)
	}
	off := startServer(t, sqliteFile(t), "--console", "off")
	if response, _ := request(t, "GET", off.url("/"), ""); response.StatusCode != 404 {
		t.Errorf("with --console off in development mode: %d", response.StatusCode)
	}
}

// TestOrigins: pages of other origins may neither call nor connect, but for those of --allow-origin, which browsers are told.
func TestOrigins(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	s := startGuarded(t, sqliteFile(t), "--allow-origin", app+",http://localhost:5173")
	token := s.issuer.token("", "ADMIN")
	for origin, allowed := range map[string]bool{
		app: true, "http://localhost:5173": true, s.url(""): true, "http://app.example.com": false, "https://app.example.com:444": false, "https://app.example.com.evil.example": false,
		"https://evil.example": false, "null": false, "https://APP.example.com": false, "https://xapp.example.com": false, "file://": false, app + "/": false,
	} {
		own := origin == s.url("") // a page of the server itself needs no leave
		response, text := send(t, s, whoDocument, nil, "Authorization", "Bearer "+token, "Origin", origin)
		told := response.Header.Get("Access-Control-Allow-Origin")
		if allowed != (response.StatusCode == 200) || allowed != strings.Contains(string(text), "or_1") || (told == origin) != (allowed && !own) || told == "*" {
			t.Errorf("a call of %s: %d %q %s", origin, response.StatusCode, told, text)
		}
		if !allowed && (response.StatusCode != 403 || !strings.Contains(string(text), `"FORBIDDEN"`)) {
			t.Errorf("a call of %s: %d %s", origin, response.StatusCode, text)
		}
		preflight, _ := request(t, "OPTIONS", s.url("/graphql"), "", "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,content-type")
		h := preflight.Header
		if got := h.Get("Access-Control-Allow-Origin") == origin && h.Get("Access-Control-Allow-Methods") == "POST" &&
			h.Get("Access-Control-Allow-Headers") == "authorization,content-type"; got != (allowed && !own) || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("a preflight of %s: %d %v", origin, preflight.StatusCode, h)
		}
		code, _, err := knock(s, initWith(token), http.Header{"Origin": {origin}})
		if allowed != (err == nil) || code != 0 {
			t.Errorf("a socket of %s: closed with %d, %v", origin, code, err)
		}
		if backup, _ := request(t, "POST", s.url("/backup"), "{}", "Content-Type", "application/json", "Authorization", "Bearer "+token, "Origin", origin); allowed != (backup.StatusCode == 200) {
			t.Errorf("a backup of %s: %d", origin, backup.StatusCode)
		}
	}
	// An allowed page can read that its token is not good.
	response, _ := send(t, s, whoDocument, nil, "Origin", app)
	if response.StatusCode != 401 || response.Header.Get("Access-Control-Allow-Origin") != app ||
		!strings.Contains(strings.ToLower(response.Header.Get("Access-Control-Expose-Headers")), "www-authenticate") {
		t.Errorf("without a token: %d %v", response.StatusCode, response.Header)
	}
}

// TestNobodyIsTakenAtTheirWord: in production mode naming an agent is refused, whoever does it.
func TestNobodyIsTakenAtTheirWord(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	agent := "ag_01900000-0000-7000-8000-000000000001"
	for name, headers := range map[string][]string{
		"a stranger": {"X-Rapport-Actor", agent}, "an administrator": {"X-Rapport-Actor", agent, "Authorization", "Bearer " + s.issuer.token("", "ADMIN")},
		"the agent": {"X-Rapport-Actor", agent, "Authorization", "Bearer " + s.issuer.token(agent, "AGENT")},
	} {
		response, text := send(t, s, whoDocument, nil, headers...)
		if got := readAnswer(t, text); response.StatusCode != 403 || got.code != "FORBIDDEN" || strings.Contains(got.text, "or_1") || strings.Contains(got.text, agent) {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
		header := http.Header{}
		for n := 0; n < len(headers); n += 2 {
			header.Set(headers[n], headers[n+1])
		}
		if code, _, err := knock(s, `{"type":"connection_init"}`, header); code != 4403 || err != nil {
			t.Errorf("%s by socket: closed with %d, %v", name, code, err)
		}
	}
}

// TestDevelopmentModeIsLoud: it says what it is, on standard output and in the log, answers under names of this machine only, and needs no token.
func TestDevelopmentModeIsLoud(t *testing.T) {
	t.Parallel()
	s := startServer(t, sqliteFile(t))
	await(t, "it says how it serves", func() bool {
		return strings.Contains(s.stdout.String(), "DEVELOPMENT") && strings.Contains(s.stderr.String(), "development")
	})
	for where, said := range map[string]string{"standard output": s.stdout.String(), "the log": s.stderr.String()} {
		if !strings.Contains(strings.ToLower(said), "development mode") || !strings.Contains(said, "everybody who reaches this address may do everything") {
			t.Errorf("%s says %s", where, said)
		}
	}
	if !strings.Contains(s.stderr.String(), "level=WARN") {
		t.Errorf("it is no warning: %s", s.stderr)
	}
	for host, want := range map[string]int{
		s.address: 200, "localhost": 200, "[::1]:8080": 200, "rapport.example.com": 421, "127.0.0.1.example.com": 421, "169.254.169.254": 421, "localhost.example.com:80": 421,
	} {
		if response, text := send(t, s, whoDocument, nil, "Host", host); response.StatusCode != want || strings.Contains(string(text), "or_1") != (want == 200) {
			t.Errorf("under the name %s: %d %s", host, response.StatusCode, text)
		}
	}
	for _, address := range []string{"0.0.0.0", "[::]", "", "192.0.2.1", "example.com"} {
		far := newServer(t, sqliteFile(t))
		_, port, _ := net.SplitHostPort(far.address)
		far.address = address + ":" + port
		refuseToStart(t, far, 2, "must listen on a loopback address")
	}
	// With tokens it may listen anywhere, under any name, and says nothing of development.
	guarded := newGuarded(t, sqliteFile(t))
	_, port, _ := net.SplitHostPort(guarded.address)
	guarded.address = "0.0.0.0:" + port
	guarded.start()
	response, text := send(t, guarded, whoDocument, nil, "Host", "rapport.example.com", "Authorization", "Bearer "+guarded.issuer.token("", "ADMIN"))
	if response.StatusCode != 200 || strings.Contains(strings.ToLower(guarded.stdout.String()+guarded.stderr.String()), "development") {
		t.Errorf("%d %s, and it says %s%s", response.StatusCode, text, guarded.stdout, guarded.stderr)
	}
}

// TestControlCharactersStayOut: whatever somebody sends, it does not write lines of its own into the log, nor move the cursor of who reads it.
func TestControlCharactersStayOut(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t), "--log-level", "debug")
	token := s.issuer.token("", "ADMIN")
	const nasty = "x\u001b[2J\r\nlevel=ERROR msg=forged\u0000\u0085\u2028\u009b31m\u202e"
	ask, so := overHTTP(s, token), onSocket(t, s, token)
	ids := `query ($id: ID!) { node(id: $id) { id } agent(id: $id) { id } workItem(id: $id) { id } }`
	for _, a := range []asker{ask, so} {
		a(t, ids, vars{"id": nasty})
		a(t, `mutation ($id: ID!) { acceptOffer(input: {offerId: $id, idempotencyKey: $id}) { offer { id } } }`, vars{"id": nasty})
		a(t, `mutation ($n: String!) { createRole(input: {name: $n, permissions: [WORK_READ]}) { role { name } } }`, vars{"n": nasty})
		a(t, `subscription ($id: ID!) { agentOffers(agentId: $id) { type } }`, vars{"id": nasty})
		a(t, "{ organization { "+nasty+" } }", nil)
	}
	body := fmt.Sprintf(`{"query":"query a { organization { id } } query b { organization { id } }","operationName":%s}`, jsonText(nasty))
	request(t, "POST", s.url("/graphql"), body, "Content-Type", "application/json", "Authorization", "Bearer "+token)
	for _, init := range []string{
		initWith(nasty), initWith("rk_" + nasty), initWith(token + nasty), initWith(strings.Replace(token, ".", nasty+".", 1)),
		`{"type":"connection_init","payload":{"actor":` + jsonText(nasty) + `}}`, `{"type":"connection_init","payload":` + jsonText(nasty) + `}`,
		`{"type":` + jsonText(nasty) + `}`, `{"id":` + jsonText(nasty) + `,"type":"subscribe","payload":{"query":""}}`, nasty,
	} {
		if code, _, err := knock(s, init, nil); code == 0 || err != nil {
			t.Errorf("%q: closed with %d, %v", init, code, err)
		}
	}
	rawRequest(t, s, "GET /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \x1b[2J\r\nConnection: close\r\n\r\n")
	rawRequest(t, s, "GET /%1b[2J%0d%0alevel=ERROR HTTP/1.1\r\nHost: x\r\nX-Rapport-Actor: ag_\u009b31m\r\nConnection: close\r\n\r\n")
	rawRequest(t, s, "GET /schema.graphql?%1b%0d%0alevel=ERROR HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \u009b31m\r\nConnection: close\r\n\r\n")
	rawRequest(t, s, "\x1b[2J\r\nlevel=ERROR msg=forged\r\n\r\n")
	s.stop()
	log := s.stderr.String()
	for line := range strings.SplitSeq(strings.TrimSuffix(log, "\n"), "\n") {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("a line of somebody else's: %q", line)
		}
	}
	if at := strings.IndexFunc(log, func(r rune) bool {
		return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || slices.Contains([]rune{0x2028, 0x2029, 0x202e}, r)
	}); at >= 0 {
		t.Errorf("the log has %q", log[max(0, at-100):min(len(log), at+100)])
	}
	if !strings.Contains(log, "refused") {
		t.Errorf("nothing was logged:\n%s", log)
	}
}

func jsonText(text string) string { return encoded(object{text}) }

// rawRequest sends bytes that no client would, and waits for what comes.
func rawRequest(t *testing.T, s *server, text string) {
	t.Helper()
	var d net.Dialer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 4") {
		t.Errorf("%q is answered %q, %v", text, line, err)
	}
}
