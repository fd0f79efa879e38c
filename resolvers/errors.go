package resolvers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
)

func badInput(field, message string) error {
	return &engine.Error{Code: engine.CodeBadUserInput, Field: field, Message: message}
}

func notFound(noun string) error {
	return &engine.Error{Code: engine.CodeNotFound, Message: "there is no such " + noun}
}

// ErrorPresenter makes errors what clients see: a message and `extensions.code` (docs/errors.md). What is nobody's fault but ours is
// INTERNAL with a request id, under which the log has the rest.
func ErrorPresenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var refusal *engine.Error
		var known *gqlerror.Error
		if errors.As(err, &refusal) {
			out := Present(ctx, refusal)
			if refusal.Code == engine.CodeBadUserInput && refusal.Field == "" && errors.As(err, &known) {
				out.Extensions["field"] = inputField(known.Path, out.Path)
			}
			return out
		}
		if errors.As(err, &known) && known.Err == nil {
			return known // of gqlgen: it could not parse or validate the document
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return Present(ctx, &engine.Error{Code: engine.CodeUnavailable, Message: "the request ended before its answer"})
		}
		return Internal(ctx, log, err)
	}
}

// inputField is the field of the input at a path that begins with that of the field which takes it, a field of the root or one deeper down: what
// a scalar refuses does not know where it stands.
func inputField(path, taker ast.Path) string {
	var parts []string
	for _, p := range path[min(max(len(taker), 1), len(path)):] {
		if part := fmt.Sprint(p); part != "input" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ".")
}

// Present is a refusal as clients see it.
func Present(ctx context.Context, e *engine.Error) *gqlerror.Error {
	out := &gqlerror.Error{Message: e.Message, Path: graphql.GetPath(ctx), Extensions: map[string]any{"code": e.Code}}
	if e.Reason != "" {
		out.Extensions["reason"] = e.Reason
	}
	if e.Field != "" {
		out.Extensions["field"] = e.Field
	}
	if e.MaybeMade {
		out.Extensions["maybeMade"] = true
	}
	if e.RetryAfterSeconds > 0 {
		out.Extensions["retryAfterSeconds"] = e.RetryAfterSeconds
	}
	return out
}

// Internal hides an error behind a request id and logs it under that.
func Internal(ctx context.Context, log *slog.Logger, err any) *gqlerror.Error {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	requestID := hex.EncodeToString(id[:])
	log.ErrorContext(ctx, "request failed", "requestId", requestID, "error", err)
	out := Present(ctx, &engine.Error{Code: engine.CodeInternal, Message: "something went wrong on the server"})
	out.Extensions["requestId"] = requestID
	return out
}
