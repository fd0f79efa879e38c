package configdir

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A client by hand: one function sends all 42 documents, and inputs are made field by field from what differs, which structs that are
// generated from the schema would not make shorter. A test holds the documents against schema/.

//go:embed *.graphql
var documentFiles embed.FS

// document gives a noun's document: all its operations, so that the server keeps one parsed document for each noun.
func document(noun string) string {
	data, err := documentFiles.ReadFile(noun + ".graphql")
	if err != nil {
		panic(err) // a slip in this package, which every test would see
	}
	return string(data)
}

const (
	// maxTries is how often a call is sent before its failure counts; with the waits between them that is about 11 seconds.
	maxTries = 8
	// firstWait and maxWait are how long to wait before a call is sent again; each wait is twice the one before.
	firstWait, maxWait = 100 * time.Millisecond, 5 * time.Second
	// callTimeout is how long one try may take; the server's own patience is within it.
	callTimeout = 15 * time.Second
	// maxAnswer is the largest answer that is read.
	maxAnswer = 16 << 20
)

// Server is a running server, as a client sees it.
type Server struct {
	address string
	http    *http.Client
	// met: the server has answered before. One that has is waited for when it is away.
	met atomic.Bool
	// sleep waits, unless ctx ends first.
	sleep func(context.Context, time.Duration) error
}

// NewServer makes the client of a GraphQL address, with the http.Client's connections.
func NewServer(address string, client *http.Client) *Server {
	return &Server{address: address, http: client, sleep: func(ctx context.Context, d time.Duration) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}}
}

// Refusal is an error as the API tells it (docs/errors.md).
type Refusal struct {
	Message    string `json:"message"`
	Extensions struct {
		Code              string `json:"code"`
		Reason            string `json:"reason"`
		Field             string `json:"field"`
		RequestID         string `json:"requestId"`
		RetryAfterSeconds int    `json:"retryAfterSeconds"`
	} `json:"extensions"`
}

func (r *Refusal) Error() string {
	code := r.Extensions.Code
	if r.Extensions.Reason != "" {
		code += "/" + r.Extensions.Reason
	}
	said := fmt.Sprintf("%s (%s)", oneLine(r.Message), oneLine(code))
	if id := r.Extensions.RequestID; id != "" {
		said += ", in the server's log under " + oneLine(id)
	}
	return said
}

// passing tells whether the same call can succeed later.
func (r *Refusal) passing() bool {
	return r.Extensions.Code == "RATE_LIMITED" || r.Extensions.Code == "UNAVAILABLE"
}

// unanswered is a call without an answer of GraphQL: whether it was made is not known.
type unanswered struct{ err error }

func (u unanswered) Error() string { return u.err.Error() }
func (u unanswered) Unwrap() error { return u.err }

// do runs an operation of a noun's document and decodes its data. What may pass is tried again, so a mutation must bring an
// idempotencyKey. Errors: a *Refusal, or that there is no answer. When ctx ends, a try that is under way still runs to its end, so that
// what came of it is known.
func (s *Server) do(ctx context.Context, noun, operation string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": document(noun), "operationName": operation, "variables": variables})
	if err != nil {
		return err
	}
	wait := firstWait
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.try(ctx, body, into)
		var refusal *Refusal
		var silence unanswered
		again := errors.As(err, &refusal) && refusal.passing() || errors.As(err, &silence) && s.met.Load()
		if !again || try == maxTries {
			return err
		}
		pause := wait
		if refusal != nil {
			pause = max(pause, time.Duration(min(refusal.Extensions.RetryAfterSeconds, 60))*time.Second)
		}
		if err := s.sleep(ctx, pause); err != nil {
			return err
		}
		wait = min(2*wait, maxWait)
	}
}

func (s *Server) try(ctx context.Context, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(request)
	if err != nil {
		return unanswered{fmt.Errorf("no answer from %s: %w", s.address, err)}
	}
	defer answer.Body.Close() //nolint:errcheck // it is read only
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return unanswered{fmt.Errorf("the answer from %s broke off: %w", s.address, err)}
	}
	var said struct {
		Data   json.RawMessage
		Errors []Refusal
	}
	switch err := json.Unmarshal(text, &said); {
	case answer.StatusCode >= http.StatusInternalServerError && (err != nil || len(said.Errors) == 0):
		return unanswered{fmt.Errorf("%s answers %s", s.address, answer.Status)} // something in between
	case err != nil || len(said.Errors) == 0 && said.Data == nil:
		return fmt.Errorf("%s answers %s and no GraphQL: is it the address of a Rapport server?", s.address, answer.Status)
	}
	s.met.Store(true)
	if len(said.Errors) > 0 {
		return &said.Errors[0]
	}
	return json.Unmarshal(said.Data, into)
}

// oneLine is what somebody else has written, as part of a line of ours: no control characters, and not too long.
func oneLine(text string) string {
	const most = 300
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
