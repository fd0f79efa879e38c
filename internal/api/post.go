package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/config"
)

const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
)

// post answers queries and mutations, as the GraphQL over HTTP specification says. Only JSON is taken, which a foreign page can't send
// without asking first. A client that accepts application/graphql-response+json learns from the status whether the request was
// understood; under application/json that is always 200.
func post(exec graphql.GraphExecutor, limits config.Limits) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answerType := accepted(r)
		if media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeJSON ||
			params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			refuse(w, answerType, http.StatusUnsupportedMediaType, engine.CodeBadUserInput, "send application/json in UTF-8")
			return
		}
		params, status, refusal := readRequest(w, r, limits)
		if refusal != nil {
			writeErrors(w, answerType, status, gqlerror.List{refusal})
			return
		}
		ctx := graphql.StartOperationTrace(r.Context())
		op, errs := exec.CreateOperationContext(ctx, params)
		if len(errs) == 0 && op.Operation.Operation == ast.Subscription {
			refuse(w, answerType, http.StatusBadRequest, engine.CodeBadUserInput, "subscriptions are served over WebSocket")
			return
		}
		ctx = graphql.WithOperationContext(ctx, op)
		if len(errs) > 0 {
			status := http.StatusOK
			if answerType == typeResponse {
				status = http.StatusBadRequest
			}
			writeErrors(w, answerType, status, exec.DispatchError(ctx, errs).Errors)
			return
		}
		answer, ctx := exec.DispatchOperation(ctx, op)
		write(w, answerType, http.StatusOK, answer(ctx))
	})
}

// accepted is the media type of the answer: what the client asks for if we have it, else application/json.
func accepted(r *http.Request) string {
	for _, accept := range r.Header.Values("Accept") {
		for _, part := range strings.Split(accept, ",") {
			if media, _, err := mime.ParseMediaType(part); err == nil && media == typeResponse {
				return typeResponse
			}
		}
	}
	return typeJSON
}

// refuse answers a request that did not get as far as GraphQL, in the form of a GraphQL error.
func refuse(w http.ResponseWriter, answerType string, status int, code engine.ErrorCode, message string) {
	writeErrors(w, answerType, status, gqlerror.List{{Message: message, Extensions: map[string]any{"code": code}}})
}

// writeErrors answers without `data`: the operation was not run.
func writeErrors(w http.ResponseWriter, answerType string, status int, errs gqlerror.List) {
	write(w, answerType, status, struct {
		Errors gqlerror.List `json:"errors"`
	}{errs})
}

func write(w http.ResponseWriter, answerType string, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // a marshaller wrote what is not JSON
		status, text = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal system error","extensions":{"code":"INTERNAL"}}]}`)
	}
	w.Header().Set("Content-Type", answerType+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone
}
