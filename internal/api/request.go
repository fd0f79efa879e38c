package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/api/documents"
	"rapport/internal/config"
)

// readRequest reads what a POST asks for; the status goes with the refusal. Members that are not known are passed over, as the GraphQL over HTTP
// specification says. Names are exact: what is not `query` is not the query.
func readRequest(w http.ResponseWriter, r *http.Request, l config.Limits) (*graphql.RawParams, int, *gqlerror.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(l.BodyBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, documents.Refusal("body-bytes", "the body has more than %d bytes", l.BodyBytes)
	case err != nil:
		return nil, http.StatusBadRequest, badRequest("the body could not be read")
	}
	if refusal := documents.JSON(body); refusal != nil {
		return nil, http.StatusBadRequest, refusal
	}
	if list := bytes.TrimLeft(body, " \t\r\n"); len(list) > 0 && list[0] == '[' {
		return nil, http.StatusBadRequest, badRequest("one operation is taken per request, not a list of them")
	}
	members, err := documents.Members(body)
	if err != nil {
		return nil, http.StatusBadRequest, badRequest("the body must be one JSON object with query, and optionally operationName, variables and extensions: " + err.Error())
	}
	params, err := readParams(members)
	if err != nil {
		return nil, http.StatusBadRequest, badRequest("the body " + err.Error())
	}
	params.Headers = r.Header
	return params, http.StatusOK, nil
}

// readParams reads the members of a request. Whether it must have a query is the guard's to say, who knows of trusted documents, but one that names
// none in any way is refused here.
func readParams(members map[string]json.RawMessage) (*graphql.RawParams, error) {
	params := &graphql.RawParams{}
	var id *string
	for _, m := range []struct {
		name, kind string
		into       any
	}{
		{"query", "a string", &params.Query},
		{"documentId", "a string", &id},
		{"operationName", "a string", &params.OperationName},
		{"variables", "an object", &params.Variables},
		{"extensions", "an object", &params.Extensions},
	} {
		raw, given := members[m.name]
		if !given {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(m.into); err != nil {
			return nil, errors.New("must have " + m.kind + " as " + m.name)
		}
	}
	if params.Query == "" && id == nil && params.Extensions["persistedQuery"] == nil {
		return nil, errors.New("must have a query")
	}
	if id != nil {
		documents.Attach(params, documents.Extra{ID: *id, Given: true})
	}
	return params, nil
}

func badRequest(message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": engine.CodeBadUserInput}}
}
