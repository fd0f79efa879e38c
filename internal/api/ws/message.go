package ws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"rapport/internal/api/documents"
)

// maxIDBytes bounds an operation's id, which comes back with each of its messages. The npm client uses 36 bytes.
const maxIDBytes = 128

// maxInitBytes bounds a message until the connection is acknowledged.
const maxInitBytes = 16 << 10

// strangerRate is how many messages per second are taken, and how many at once, until the connection is acknowledged.
const strangerRate = 10

// message is what a client may send. Its payload is nil where it was null or missing.
type message struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`

	params *graphql.RawParams // of subscribe
}

// parseMessage decodes and checks a client's message. Its errors are meant for the client to read.
func parseMessage(data []byte) (message, error) {
	start := graphql.Now()
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return m, readable(err, "")
	}
	if string(m.Payload) == "null" {
		m.Payload = nil
	}
	switch m.Type {
	case "connection_init", "ping", "pong":
		if m.Payload != nil && m.Payload[0] != '{' {
			return m, fmt.Errorf("payload of %s must be an object", m.Type)
		}
		if m.Type == "connection_init" {
			return m, checkOnce(data, m.Payload)
		}
		return m, nil
	case "complete":
		return m, m.checkID()
	case "subscribe":
		if err := m.checkID(); err != nil {
			return m, err
		}
		return m, m.parseParams(start)
	case "":
		return m, errors.New("type is missing")
	case "connection_ack", "next", "error":
		return m, fmt.Errorf("type %s is for servers", m.Type)
	}
	return m, fmt.Errorf("type %s is unknown", excerpt(m.Type))
}

// checkOnce refuses connection_init with a member that is there twice: it says who acts, and one program takes the first of them, another the last.
func checkOnce(message, payload []byte) error {
	_, err := documents.Members(message)
	if err == nil && payload != nil {
		_, err = documents.Members(payload)
	}
	if err != nil {
		return fmt.Errorf("connection_init: %w", err)
	}
	return nil
}

func (m *message) checkID() error {
	switch {
	case m.ID == "":
		return errors.New("id is missing or empty")
	case len(m.ID) > maxIDBytes:
		return fmt.Errorf("id is longer than %d bytes", maxIDBytes)
	}
	return nil
}

// parseParams decodes the payload of subscribe. Numbers stay as written, as gqlgen wants them.
func (m *message) parseParams(start time.Time) error {
	if m.Payload == nil || m.Payload[0] != '{' {
		return errors.New("payload of subscribe must be an object")
	}
	if refusal := documents.JSON(m.Payload); refusal != nil {
		m.Payload, m.params = nil, &graphql.RawParams{}
		documents.Attach(m.params, documents.Extra{Refusal: refusal})
		return nil
	}
	var p struct {
		Query         *string        `json:"query"`
		DocumentID    *string        `json:"documentId"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	d := json.NewDecoder(bytes.NewReader(m.Payload))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return readable(err, "payload.")
	}
	var query string
	switch {
	case p.Query != nil:
		query = *p.Query
	case p.DocumentID == nil && p.Extensions["persistedQuery"] == nil:
		return errors.New("payload.query is missing")
	}
	m.Payload = nil
	m.params = &graphql.RawParams{
		Query:         query,
		OperationName: p.OperationName,
		Variables:     p.Variables,
		Extensions:    p.Extensions,
		ReadTime:      graphql.TraceTiming{Start: start, End: graphql.Now()},
	}
	if p.DocumentID != nil {
		documents.Attach(m.params, documents.Extra{ID: *p.DocumentID, Given: true})
	}
	return nil
}

// object decodes the payload as it is for connection_init.
func (m *message) object() (map[string]any, error) {
	if m.Payload == nil {
		return nil, nil
	}
	if refusal := documents.JSON(m.Payload); refusal != nil { // of somebody who has not said who they are
		return nil, refusal
	}
	d := json.NewDecoder(bytes.NewReader(m.Payload))
	d.UseNumber()
	var o map[string]any
	err := d.Decode(&o)
	return o, err
}

// readable says what is wrong with a message in words of JSON instead of Go.
func readable(err error, within string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return errors.New("not JSON")
	}
	if wrong.Field == "" {
		return errors.New("must be an object")
	}
	kind := "an object"
	if wrong.Type.Kind().String() == "string" {
		kind = "a string"
	}
	return fmt.Errorf("%s%s must be %s", within, wrong.Field, kind)
}
