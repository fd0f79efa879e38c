package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// script is a server that plays a part: what is to happen on each of its connections, one after another.
type script struct {
	t     *testing.T
	parts []func(*actress)
	mu    sync.Mutex
	times []time.Time // when each connection was opened
}

// actress is one connection of a script.
type actress struct {
	*websocket.Conn
	t *testing.T
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer conn.Close() //nolint:errcheck // the part is over
	s.mu.Lock()
	n := len(s.times)
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	if n >= len(s.parts) {
		s.t.Errorf("the connection number %d was not wanted any more", n+1)
		return
	}
	s.parts[n](&actress{conn, s.t})
}

func (a *actress) send(text string) {
	if err := a.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		a.t.Error(err)
	}
}

// hears waits for the next message, which must be of this type, and gives it.
func (a *actress) hears(kind string) object {
	_ = a.SetReadDeadline(time.Now().Add(patience))
	var m map[string]any
	if err := a.ReadJSON(&m); err != nil || m["type"] != kind {
		a.t.Errorf("the client says %v, want %s: %v", m, kind, err)
	}
	return object{m}
}

// begins greets the client, who must want to go on behind a cursor, "null" for a new start; it gives the id of the operation.
func (a *actress) begins(after string) (id string) {
	if got := a.hears("connection_init").text("payload.actor"); got != newAgentID {
		a.t.Errorf("the client is %s, want %s", got, newAgentID)
	}
	a.send(`{"type":"connection_ack"}`)
	m := a.hears("subscribe")
	if got := m.text("payload.variables.after"); got != after {
		a.t.Errorf("the client goes on behind %s, want %s", got, after)
	}
	if got := m.text("payload.variables.agent"); got != newAgentID {
		a.t.Errorf("the client asks for the offers of %s", got)
	}
	return m.text("id")
}

func (a *actress) next(id, kind, cursor, offer string) {
	a.send(fmt.Sprintf(`{"id":%q,"type":"next","payload":{"data":{"agentOffers":{"type":%q,"cursor":%s,"offer":%s}}}}`, id, kind, cursor, offer))
}

func (a *actress) close(code int) {
	_ = a.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "as the script says"), time.Now().Add(patience))
	_ = a.SetReadDeadline(time.Now().Add(patience))
	for { // until the client has closed its side
		if _, _, err := a.ReadMessage(); err != nil {
			return
		}
	}
}

const scriptOffer = `{"id":"of_1","state":%q,"path":"PREFERRED","workItemId":"wi_1","contact":null,"workItem":{"workstream":null}}`

// TestDesksSpeakTheProtocol plays what a server does but seldom: it finds a desk too slow, says RESET, ends without a word, is away for a
// while, and refuses the desk at last.
func TestDesksSpeakTheProtocol(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := &script{t: t, parts: []func(*actress){
				func(a *actress) {
					id := a.begins("null")
					a.next(id, "STATE", "null", fmt.Sprintf(scriptOffer, "OPEN"))
					a.next(id, "READY", `"c1"`, "null")
					a.send(`{"type":"ping"}`)
					a.hears("pong")
					a.next(id, "CHANGED", `"c2"`, fmt.Sprintf(scriptOffer, "MISSED"))
					a.close(4290)
				},
				func(a *actress) {
					id := a.begins("c2")
					a.next(id, "STATE", "null", fmt.Sprintf(scriptOffer, "MISSED")) // which must not make it forget c2
					a.close(websocket.CloseServiceRestart)
				},
				func(a *actress) {
					id := a.begins("c2")
					a.next(id, "RESET", "null", "null")
					a.close(websocket.CloseServiceRestart)
				},
				func(a *actress) {
					a.next(a.begins("null"), "READY", `"c3"`, "null")
					_ = a.NetConn().Close()
				},
				func(a *actress) {
					a.send(fmt.Sprintf(`{"id":%q,"type":"error","payload":[{"message":"away","extensions":{"code":"UNAVAILABLE"}}]}`, a.begins("c3")))
					a.close(websocket.CloseNormalClosure)
				},
				func(a *actress) {
					a.begins("c3")
					a.close(4403)
				},
			}}
			server := httptest.NewServer(s)
			defer server.Close()
			desk := startClient(t, language, "desk", server.URL, "--agent", newAgentID)
			offer := "offer of_1 of somebody unknown on something is "
			desk.ends(1, "STATE: "+offer+`OPEN \(PREFERRED\)`, "READY", "CHANGED: "+offer+`MISSED \(PREFERRED\)`,
				"STATE: "+offer+`MISSED \(PREFERRED\)`, "RESET", "READY")
			desk.complains("4290.*again in")
			desk.complains("UNAVAILABLE: away; again in")
			desk.complains("desk: .*4403.*as the script says|agent: .*4403.*as the script says")
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.times) != len(s.parts) {
				t.Errorf("the %s has connected %d times, want %d", desk.name, len(s.times), len(s.parts))
			}
			for i := 1; i < len(s.times); i++ {
				if gap := s.times[i].Sub(s.times[i-1]); gap < 200*time.Millisecond {
					t.Errorf("the connection number %d came %s after the one before", i+1, gap)
				}
			}
		})
	}
}

// troubles stands between a client and the server, and loses the first three attempts to create work, each in another way.
type troubles struct {
	http.Handler
	mu       sync.Mutex
	attempts []time.Time
}

func (p *troubles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !bytes.Contains(body, []byte("createWorkItem")) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.Handler.ServeHTTP(w, r)
		return
	}
	p.mu.Lock()
	p.attempts = append(p.attempts, time.Now())
	n := len(p.attempts)
	p.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch n {
	case 1:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>a proxy</html>")
	case 2: // done, and the answer lost
		p.Handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case 3:
		_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":"too much","extensions":{"code":"RATE_LIMITED","retryAfterSeconds":2}}]}`)
	default:
		p.Handler.ServeHTTP(w, r)
	}
}

// soFar is when each attempt came.
func (p *troubles) soFar() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.attempts)
}

// TestIntegratorsTryAgain: an integrator waits as long as the server asks for, repeats what got no answer, and brings its work once.
// What was called off it sees as such.
func TestIntegratorsTryAgain(t *testing.T) {
	t.Parallel()
	s := startExample(t, sqliteFile(t))
	target, err := url.Parse(s.url(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := &troubles{Handler: httputil.NewSingleHostReverseProxy(target)}
			between := httptest.NewServer(p)
			defer between.Close()
			reference := "order of " + language
			integrator := startClient(t, language, "integrator", between.URL, "--reference", reference)
			integrator.says("READY", 1)
			integrator.complains("RATE_LIMITED: too much; again in 2.0 s")
			attempts := p.soFar()
			if n := strings.Count(integrator.stderr.String(), "; again in"); n != 3 || len(attempts) != 4 {
				t.Fatalf("%d attempts, and %d times trouble", len(attempts), n)
			}
			if waited := attempts[3].Sub(attempts[2]); waited < 2*time.Second {
				t.Errorf("asked to wait for 2 s the %s waited %s", integrator.name, waited)
			}
			items := s.client().do(t, `query ($r: String) { workItems(filter: {reference: $r}) { nodes { id } } }`, vars{"r": reference})
			ids := items.texts("workItems.nodes", "id")
			if len(ids) != 1 {
				t.Fatalf("of %s there are %v", reference, ids)
			}
			s.client().do(t, cancelDocument, vars{"w": ids[0]})
			begin := []string{"preview: QUEUED to nobody", "  .*", "  .*", "  .*", "brought " + ids[0] + ": (QUEUED|CANCELLED)"}
			integrator.ends(0, append(begin, "STATE: QUEUED, nobody", "READY", "CANCELLED: CANCELLED, nobody")...)
			again := startClient(t, language, "integrator", s.url(""), "--reference", reference)
			again.ends(0, append(begin, "STATE: CANCELLED, nobody")...)
		})
	}
}

// TestIntegratorsGiveUp: what is refused for good is not tried again.
func TestIntegratorsGiveUp(t *testing.T) {
	t.Parallel()
	s := startServer(t, sqliteFile(t))
	for i, language := range languages {
		contact := []string{newContactID, demoID("ct", 1)}[i]
		integrator := startClient(t, language, "integrator", s.url(""), "--contact", contact)
		integrator.ends(1, "new customer Benoît Traoré")
		integrator.triedOnce()
		integrator.complains("^integrator: .*BAD_USER_INPUT: there is no such workstream")
	}
}
