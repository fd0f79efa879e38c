package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// client speaks GraphQL over HTTP POST, in the name of nobody, of an agent (in development mode), or of whoever has a token.
type client struct {
	base   string
	actor  string
	issuer *issuer // of a server that wants tokens
}

// connections are kept in a number that the forty agents of the play need.
var connections = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: patience}

type vars = map[string]any

// apiError is an error as the API tells it (docs/errors.md).
type apiError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code      string `json:"code"`
		Reason    string `json:"reason"`
		Field     string `json:"field"`
		RequestID string `json:"requestId"`
	} `json:"extensions"`
}

// short is the error in one word of three parts: CODE/REASON@field.
func (e apiError) short() string {
	s := e.Extensions.Code
	if e.Extensions.Reason != "" {
		s += "/" + e.Extensions.Reason
	}
	if e.Extensions.Field != "" {
		s += "@" + e.Extensions.Field
	}
	return s
}

type apiErrors []apiError

func (e apiErrors) Error() string {
	parts := make([]string, len(e))
	for i, one := range e {
		parts[i] = one.short() + ": " + one.Message
	}
	return strings.Join(parts, "; ")
}

// refusal is the short form of an error that the API gave, "" for none.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	var list apiErrors
	if !errors.As(err, &list) {
		return err.Error()
	}
	return list[0].short()
}

// as is a client in the name of an agent, of whoever may do everything for "", or of whoever has a token.
func (c client) as(actor string) client {
	c.actor = c.issuer.speaker(actor)
	return c
}

// post sends a body as it is and gives the answer as it is.
func (c client) post(ctx context.Context, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(c.actor, "ag_"):
		request.Header.Set("X-Rapport-Actor", c.actor)
	case c.actor != "":
		request.Header.Set("Authorization", "Bearer "+c.actor)
	}
	response, err := connections.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// Query runs a document and decodes its data. An error of the API is an apiErrors.
func (c client) Query(ctx context.Context, document string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	status, answer, err := c.post(ctx, body)
	if err != nil {
		return err
	}
	var response struct {
		Data   json.RawMessage
		Errors apiErrors
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return fmt.Errorf("HTTP %d with what is not JSON: %.200s", status, answer)
	}
	if len(response.Errors) > 0 {
		return response.Errors
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(response.Data, into)
}

// try runs a document in which ids and the like stand as they are, and gives its data.
func (c client) try(document string, v vars) (object, error) {
	var data map[string]any
	err := c.Query(context.Background(), document, v, &data)
	return object{data}, err
}

// do is try for what must go well.
func (c client) do(t testing.TB, document string, v vars) object {
	t.Helper()
	data, err := c.try(document, v)
	if err != nil {
		t.Fatalf("%v\n%s %v", err, document, v)
	}
	return data
}

// object is decoded JSON that is read by paths such as "workItem.offer.id".
type object struct{ value any }

// at follows a path; a part that is a number is an index. What is missing is nil.
func (o object) at(path string) object {
	value := o.value
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(v) {
				return object{}
			}
			value = v[i]
		default:
			return object{}
		}
	}
	return object{value}
}

// text is the string, number or boolean at a path, "null" for null and what is missing.
func (o object) text(path string) string {
	value := o.at(path).value
	if value == nil {
		return "null"
	}
	return fmt.Sprint(value)
}

func (o object) list(path string) []object {
	values, _ := o.at(path).value.([]any)
	out := make([]object, len(values))
	for i, v := range values {
		out[i] = object{v}
	}
	return out
}

// texts are the strings at a path within each element of a list.
func (o object) texts(list, path string) []string {
	var out []string
	for _, e := range o.list(list) {
		out = append(out, e.text(path))
	}
	return out
}
