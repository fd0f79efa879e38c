// Package demo fills a server with the example contact centre (examples/contact-centre) and keeps it going.
//
//	demo.go    filling it
//	living.go  the people in it
package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/configdir"
)

// Fill loads the example through the GraphQL API, as `rapport apply` would, into a server that it was not loaded into before. That a server
// has a policy of its organisation tells that it was: the organisation comes last, so a filling that was interrupted is gone on with, and
// what people have changed since a finished one stays. The API is called without a network, so that a server can be filled before it listens.
func Fill(ctx context.Context, api http.Handler) error {
	server := configdir.NewServer("http://localhost/graphql", &http.Client{Transport: inside{api}})
	state, err := server.Read(ctx, configdir.OrganizationFile)
	if err != nil || state.Dir().Organization.RoutingPolicy.Enabled != nil {
		return err
	}
	all, err := configdir.Load(contactcentre.Files)
	if err != nil {
		return err
	}
	last := &configdir.Dir{Organization: all.Organization}
	all.Organization = nil
	for _, dir := range []*configdir.Dir{all, last} {
		if err := bring(ctx, server, dir); err != nil {
			return fmt.Errorf("fill in the example: %w", err)
		}
	}
	return nil
}

func bring(ctx context.Context, server *configdir.Server, dir *configdir.Dir) error {
	state, err := server.Read(ctx, dir.Needs()...)
	if err != nil {
		return err
	}
	plan, err := configdir.Diff(dir, state, false)
	if err != nil {
		return err
	}
	_, err = server.Apply(ctx, plan, nil)
	return err
}

// inside calls a handler of this process.
type inside struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	i.handler.ServeHTTP(w, r.Clone(r.Context())) // a handler may change its request, a client's stays as it is
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r,
	}, nil
}

// answer is an http.ResponseWriter that keeps what is written.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Paste says how to try the example at an address: how to be an agent, and how to have a customer write whom that agent knows.
func Paste(address string) string {
	return fmt.Sprintf(`Be Łukasz Księżniak, whom customers ask for, in another terminal:

go run ./examples/clients/agent -url ws://%[1]s/graphql -agent ag_01900000-0000-7000-8000-000000000027 -answer accept

Then let Benoît Traoré write, who prefers him:

curl -s http://%[1]s/graphql -H 'Content-Type: application/json' -d '{"query":"mutation { createWorkItem(input: {workstreamId: \"ws_01900000-0000-7000-8000-000000000001\", contactId: \"ct_01900000-0000-7000-8000-000000000001\"}) { workItem { id status decisions { nodes { outcome reason preferred { position agent { name } code } } } } } }"}'`, address)
}
