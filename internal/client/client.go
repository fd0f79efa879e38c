// Package client speaks to a Rapport server as anybody can: GraphQL over HTTP, and graphql-transport-ws. The programs of this repository that
// drive a server use it; examples/clients shows pages to copy.
//
//	client.go  calls over HTTP, and what refusals look like
//	socket.go  one WebSocket with calls and subscriptions
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Vars are the variables of a document.
type Vars = map[string]any

// Refusal is the first error of an answer.
type Refusal struct {
	Message    string `json:"message"`
	Extensions struct {
		Code              string  `json:"code"`
		Reason            string  `json:"reason"`
		Field             string  `json:"field"`
		RetryAfterSeconds float64 `json:"retryAfterSeconds"`
	} `json:"extensions"`
}

// Name is the code, with the reason if there is one: CONFLICT/OFFER_EXPIRED.
func (r *Refusal) Name() string {
	if r.Extensions.Reason != "" {
		return r.Extensions.Code + "/" + r.Extensions.Reason
	}
	return r.Extensions.Code
}

func (r *Refusal) Error() string { return r.Name() + ": " + r.Message }

// Refused is the name of the refusal that an error is, "" when it is none.
func Refused(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Name()
	}
	return ""
}

// Passes tells whether trying again may help, and after how long at the least: it does for all but refusals for good and an end that was
// asked for. That no answer came in time passes; whoever set the time is to look whether it is over.
func Passes(err error) (wait time.Duration, passes bool) {
	var r *Refusal
	switch {
	case errors.Is(err, context.Canceled):
		return 0, false
	case !errors.As(err, &r):
		return 0, true
	}
	wait = time.Duration(r.Extensions.RetryAfterSeconds * float64(time.Second))
	return wait, r.Extensions.Code == "RATE_LIMITED" || r.Extensions.Code == "UNAVAILABLE"
}

// answer is GraphQL's.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []*Refusal      `json:"errors"`
}

func (a *answer) decode(into any) error {
	switch {
	case len(a.Errors) > 0:
		return a.Errors[0]
	case into == nil:
		return nil
	}
	return json.Unmarshal(a.Data, into)
}

// HTTP calls by POST. It is safe for concurrent use.
type HTTP struct {
	url    string
	client *http.Client
}

// agentPrefix begins an agent's id, and no token.
const agentPrefix = "ag_"

const (
	// patience is how long an answer may take; the server promises 5 s.
	patience = 20 * time.Second
	// maxAnswer bounds what is read of one.
	maxAnswer = 64 << 20
)

// New makes a client of the GraphQL address; connections is how many calls are under way at most, and so kept open.
func New(url string, connections int) *HTTP {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = connections, connections, connections
	return &HTTP{url: url, client: &http.Client{Timeout: patience, Transport: transport}}
}

// Close gives up the connections that are kept open. One that was never used would have the server wait for it when it drains.
func (h *HTTP) Close() { h.client.CloseIdleConnections() }

// Do runs a query or a mutation in somebody's name (an agent's id in development mode, else a token; "" for nobody's) and decodes its data into into, nil for leaving it. An
// error is a *Refusal, or what kept the answer from coming.
func (h *HTTP) Do(ctx context.Context, actor, document string, variables Vars, into any) error {
	body, err := json.Marshal(Vars{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(actor, agentPrefix):
		request.Header.Set("X-Rapport-Actor", actor)
	case actor != "":
		request.Header.Set("Authorization", "Bearer "+actor)
	}
	response, err := h.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("HTTP %d without an answer of GraphQL", response.StatusCode)
	}
	return a.decode(into)
}
