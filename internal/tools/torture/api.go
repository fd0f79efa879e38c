package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// refusal is an error of the API.
type refusal struct {
	Message    string `json:"message"`
	Extensions struct {
		Code   string `json:"code"`
		Reason string `json:"reason"`
		Field  string `json:"field"`
	} `json:"extensions"`
}

// name is the code, with the reason if there is one.
func (r *refusal) name() string {
	if r.Extensions.Reason != "" {
		return r.Extensions.Code + "/" + r.Extensions.Reason
	}
	return r.Extensions.Code
}

func (r *refusal) String() string { return r.name() + " " + r.Message }

const unavailable = "UNAVAILABLE"

// executor runs one operation in somebody's name, over HTTP or over a socket. An error is an answer that did not come.
type executor interface {
	execute(ctx context.Context, actor, document string, variables map[string]any) (json.RawMessage, *refusal, error)
}

// response is GraphQL's.
type response struct {
	Data   json.RawMessage `json:"data"`
	Errors []refusal       `json:"errors"`
}

func (r *response) split() (json.RawMessage, *refusal, error) {
	if len(r.Errors) > 0 {
		return nil, &r.Errors[0], nil
	}
	return r.Data, nil, nil
}

// httpClient gives operations by HTTP POST.
type httpClient struct {
	url  string
	http *http.Client
}

// patience is how long a caller of ours waits. It is longer than what is promised, so that a broken promise is seen and measured.
const patience = 20 * time.Second

func newHTTPClient(url string, connections int) *httpClient {
	return &httpClient{url: url + "/graphql", http: &http.Client{
		Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: connections},
	}}
}

func (c *httpClient) execute(ctx context.Context, actor, document string, variables map[string]any) (json.RawMessage, *refusal, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if actor != "" {
		req.Header.Set("X-Rapport-Actor", actor)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it has been read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, nil, err
	}
	var r response
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, nil, fmt.Errorf("HTTP %d with no JSON: %.200s", res.StatusCode, text)
	}
	return r.split()
}

// query runs a query and decodes its data.
func query(ctx context.Context, via executor, document string, variables map[string]any, into any) error {
	data, refused, err := via.execute(ctx, "", document, variables)
	switch {
	case err != nil:
		return err
	case refused != nil:
		return errors.New(refused.String())
	}
	return json.Unmarshal(data, into)
}
