// Package connection is how a Go program speaks to Rapport: Ask over HTTP, Follow over WebSocket. Copy it; it needs gorilla/websocket and
// nothing else. What passes (a restart, a lost network, RATE_LIMITED, UNAVAILABLE) is told on standard error and waited out, for ever;
// what doesn't is returned.
package connection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"
)

// Between two attempts a wait doubles from soonest to latest.
const soonest, latest = 200 * time.Millisecond, 5 * time.Second

// The server answers within 5 s, or says that it can't.
var web = http.Client{Timeout: 10 * time.Second}

// Server is where to ask, http://host:port/graphql, and who asks: by a token or an API key, or in development mode by naming an agent, or nobody.
type Server struct{ URL, Token, Actor string }

// who is how a socket says who asks.
func (s Server) who() Vars {
	if s.Token != "" {
		return Vars{"token": s.Token}
	}
	return Vars{"actor": s.Actor}
}

// Vars are the variables of a document.
type Vars = map[string]any

// Refusal is the errors of an answer, of which there is at least one.
type Refusal []struct {
	Message    string
	Extensions struct {
		Code, Reason      string
		RetryAfterSeconds float64
	}
}

func (r Refusal) Error() string {
	return strings.TrimSuffix(r[0].Extensions.Code+"/"+r[0].Extensions.Reason, "/") + ": " + r[0].Message
}

// Ask runs a query or a mutation and decodes its data. It repeats what got no answer: give mutations an idempotencyKey.
func (s Server) Ask(document string, variables Vars, into any) error {
	for wait := soonest; ; wait = min(2*wait, latest) {
		data, err := s.post(document, variables)
		if err == nil {
			return json.Unmarshal(data, into)
		}
		if !passes(err) {
			return err
		}
		pause(err, wait)
	}
}

func (s Server) post(document string, variables Vars) (data json.RawMessage, err error) {
	body, err := json.Marshal(Vars{"query": document, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if s.Token != "" {
		request.Header.Set("Authorization", "Bearer "+s.Token)
	} else {
		request.Header.Set("X-Rapport-Actor", s.Actor)
	}
	reply, err := web.Do(request)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close() //nolint:errcheck // what was read is whole or no JSON
	var answer struct {
		Data   json.RawMessage
		Errors Refusal
	}
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s without an answer: %w", reply.Status, err) // a proxy's page, or cut off
	}
	if len(answer.Errors) > 0 {
		return nil, answer.Errors
	}
	return answer.Data, nil
}

// passes says whether trying again may help: it does for all but refusals for good.
func passes(err error) bool {
	var refused Refusal
	return !errors.As(err, &refused) || refused[0].Extensions.Code == "UNAVAILABLE" || refused[0].Extensions.Code == "RATE_LIMITED"
}

// pause waits for as long as the server asks for, or else about wait, so that not all come back at the same moment.
func pause(err error, wait time.Duration) {
	wait += rand.N(wait)
	var refused Refusal
	if errors.As(err, &refused) {
		wait = max(wait, time.Duration(refused[0].Extensions.RetryAfterSeconds*float64(time.Second)))
	}
	fmt.Fprintf(os.Stderr, "%v; again in %.1f s\n", err, wait.Seconds())
	time.Sleep(wait)
}
