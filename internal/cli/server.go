package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rapport/internal/config"
	"rapport/internal/configdir"
)

const (
	dialTimeout = 5 * time.Second
	// maxRefusal is how much of a refusal is read.
	maxRefusal = 64 << 10
)

// server is a running server, as a client sees it.
type server struct {
	address *url.URL
	http    *http.Client
}

// connect finds the server that the settings name. Nothing is sent yet.
func connect(r config.Remote) (*server, error) {
	address, err := r.Address()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, TLSHandshakeTimeout: dialTimeout,
		DisableCompression: true, // the length of an answer is what was sent
	}
	var authorized http.RoundTripper = transport
	if r.Token != "" {
		authorized = bearer{r.Token, transport}
	}
	noRedirects := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a POST would become a GET
	return &server{address: address, http: &http.Client{Transport: authorized, CheckRedirect: noRedirects}}, nil
}

// bearer gives a token with each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// post sends JSON to a path beside the GraphQL API. Whoever calls closes the body of the answer, which has the status 200. The time that it
// takes is bounded by ctx only.
func (s *server) post(ctx context.Context, path, body string) (*http.Response, error) {
	target := s.address.ResolveReference(&url.URL{Path: path})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, s.silence(ctx, err)
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close() //nolint:errcheck // it was read only
		return nil, s.refusal(answer)
	}
	return answer, nil
}

// silence says that nobody answers.
func (s *server) silence(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // it names the address and the method once more
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("nobody answers at %s: %w; is the server running, and is --url (RAPPORT_URL) its address?", s.address, dial.Err)
	}
	return fmt.Errorf("no answer from %s: %w", s.address, err)
}

// refusal is the server's own word, if it is one of ours that answers.
func (s *server) refusal(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // what is there must do
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code, RequestID string }
		}
	}
	if err := json.Unmarshal(text, &body); err != nil || len(body.Errors) == 0 || body.Errors[0].Extensions.Code == "" {
		return fmt.Errorf("%s answers %s: it is no Rapport server, or one of another version; is --url (RAPPORT_URL) its address?", s.address, answer.Status)
	}
	first := body.Errors[0]
	said := fmt.Sprintf("%s (%s)", oneLine(first.Message), oneLine(first.Extensions.Code))
	if id := first.Extensions.RequestID; id != "" {
		said += ", in its log under " + oneLine(id)
	}
	return refusalError{fmt.Errorf("the server refuses: %s", said), first.Extensions.Code}
}

// refusalError is an error of the server's, with its code.
type refusalError struct {
	error
	code string
}

// The codes of refusals that are about the token.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeForbidden       = "FORBIDDEN"
)

// refusalCode is the code of the server's refusal that an error is, "" when it is none.
func refusalCode(err error) string {
	if ours, ok := errors.AsType[refusalError](err); ok {
		return ours.code
	}
	if theirs, ok := errors.AsType[*configdir.Refusal](err); ok {
		return theirs.Extensions.Code
	}
	return ""
}

// denied says how to give a token, where the server wants one, or one that allows more; other errors stay as they are. The token itself is
// never named.
func denied(r config.Remote, err error) error {
	switch code := refusalCode(err); {
	case code == codeUnauthenticated && r.Token == "":
		err = errors.New("a token is needed: give one with --token (RAPPORT_TOKEN)")
	case code == codeUnauthenticated:
		err = fmt.Errorf("the token of --token (RAPPORT_TOKEN) is no good: %w", err)
	case code == codeForbidden && r.Token != "":
		err = fmt.Errorf("the roles of the token of --token (RAPPORT_TOKEN) do not allow it: %w", err)
	default:
		return err
	}
	return exitError{err, ExitDenied}
}

// oneLine is what somebody else has written, as part of a line of ours: no control characters, and not too long.
func oneLine(text string) string {
	const most = 300
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// gaveUp says why a context has ended.
func gaveUp(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("it took too long")
	}
	return errors.New("interrupted")
}
