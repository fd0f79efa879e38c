package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rapport/internal/auth/forge"
)

// issuer makes tokens for a server in production mode. A nil one is for a server in development mode, which wants none.
type issuer struct{ forge.Signer }

// theIssuer is everybody's: making its keys takes a while.
var theIssuer = sync.OnceValues(forge.New)

// token is good for an hour. An agent's id is "" for who is none.
func (i *issuer) token(agent string, roles ...string) string {
	return i.tokenUntil(time.Now().Add(time.Hour), agent, roles...)
}

func (i *issuer) tokenUntil(end time.Time, agent string, roles ...string) string {
	changes := forge.Members{"sub": "somebody", "roles": roles, "exp": end.Unix()}
	if roles == nil {
		changes["roles"] = []string{}
	}
	if agent != "" {
		changes["sub"], changes["agent_id"] = agent, agent
	}
	return i.Token(time.Now(), changes)
}

// speaker is how somebody shows who they are: an agent by their id, or whoever may do everything for "". A token stays what it is.
func (i *issuer) speaker(actor string) string {
	switch {
	case i == nil:
		return actor
	case actor == "":
		return i.token("", "ADMIN")
	case strings.HasPrefix(actor, "ag_"):
		return i.token(actor, "AGENT")
	}
	return actor
}

// newGuarded prepares a server in production mode that is not started yet.
func newGuarded(t testing.TB, db string, flags ...string) *server {
	t.Helper()
	signer, err := theIssuer()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := signer.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, db, append([]string{"--auth-keys", file}, flags...)...)
	s.issuer = &issuer{signer}
	return s
}

func startGuarded(t testing.TB, db string, flags ...string) *server {
	t.Helper()
	s := newGuarded(t, db, flags...)
	s.start()
	return s
}

// answer is what came back for one operation, over HTTP or on a socket.
type answer struct {
	text string // the body, or the payload of the first message
	code string // of the first error, "" for none
	data object
}

func (a answer) refused() bool { return a.code == "FORBIDDEN" || a.code == "UNAUTHENTICATED" }

// readAnswer takes an answer apart: an object with data and errors, or, on a socket, a list of errors.
func readAnswer(t testing.TB, text []byte) answer {
	t.Helper()
	var whole struct {
		Data   map[string]any
		Errors apiErrors
	}
	into := any(&whole)
	if bytes.HasPrefix(text, []byte("[")) {
		into = &whole.Errors
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	a := answer{text: string(text), data: object{whole.Data}}
	if len(whole.Errors) > 0 {
		if a.code = whole.Errors[0].Extensions.Code; a.code == "" {
			a.code = "none: " + whole.Errors[0].Message
		}
	}
	return a
}

// asker sends one operation and gives the answer, which for a subscription is its first message.
type asker func(t testing.TB, document string, v vars) answer

// overHTTP asks with a token.
func overHTTP(s *server, token string) asker {
	return func(t testing.TB, document string, v vars) answer {
		t.Helper()
		_, text := send(t, s, document, v, "Authorization", "Bearer "+token)
		return readAnswer(t, text)
	}
}

// send posts an operation with headers, given as names and values in turn.
func send(t testing.TB, s *server, document string, v vars, headers ...string) (*http.Response, []byte) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": v})
	if err != nil {
		t.Fatal(err)
	}
	return request(t, http.MethodPost, s.url("/graphql"), string(body), append([]string{"Content-Type", "application/json"}, headers...)...)
}

func request(t testing.TB, method, url, body string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	response, err := connections.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response, text
}

// onSocket asks on a socket that stays open for the whole test.
func onSocket(t testing.TB, s *server, token string) asker {
	t.Helper()
	so, err := dial(s.url(""), token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(so.kill)
	return so.ask
}

func (s *socket) ask(t testing.TB, document string, v vars) answer {
	t.Helper()
	st, err := s.subscribe(document, v)
	if err != nil {
		t.Fatalf("%v (%v)", err, s.err)
	}
	select {
	case text, more := <-st.messages:
		if more {
			_ = st.complete() // a query is over already
			return readAnswer(t, text)
		}
	case <-time.After(patience):
		t.Fatalf("no answer to %s %v in %s", document, v, patience)
	}
	if st.refused == nil {
		t.Fatalf("the stream of %s %v ended without a word: %v", document, v, s.err)
	}
	return readAnswer(t, st.refused)
}

// knock opens a socket with what somebody else would say first, and gives the code of the close, 0 when they are let in.
func knock(s *server, init string, header http.Header) (code int, reason string, err error) {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: patience}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(s.url(""), "http")+"/graphql", header)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close() //nolint:errcheck // it is over
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if err := conn.WriteMessage(websocket.TextMessage, []byte(init)); err != nil {
		return 0, "", err
	}
	_, text, err := conn.ReadMessage()
	if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) {
		return closed.Code, closed.Text, nil
	}
	if err == nil && !strings.Contains(string(text), "connection_ack") {
		err = fmt.Errorf("said is %s", text)
	}
	return 0, "", err
}

// initWith is a connection_init with a token.
func initWith(token string) string {
	text, _ := json.Marshal(map[string]any{"type": "connection_init", "payload": map[string]string{"token": token}}) // texts have a form in JSON
	return string(text)
}
