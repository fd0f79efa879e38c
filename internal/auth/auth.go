// Package auth says who acts, and whether they may (RL-1, RL-2).
//
//	auth.go          the principal, and the context that carries it
//	authenticator.go who acts by an HTTP request or on a socket
//	directory.go     roles and API keys, kept current
//	rules.go         who may use which field of a root, as the schema says
//	keyset.go        the public keys of those who sign tokens
//	token.go         whether a token is good, and what it says
//	sign.go          tokens of our own
package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
)

// Principal is who acts, as an authenticator found out.
type Principal struct {
	engine.Actor
	// Roles are the names in the token, also of roles that there are not.
	Roles []string
	// ExpiresAt is when the token or key ends; zero in development mode.
	ExpiresAt time.Time
	// Key is the API key by which they came, "" for none.
	Key engine.APIKeyID
}

type contextKey struct{}

// With puts who acts into a context.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From is who acts in a context; without With nobody, who may do nothing.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(contextKey{}).(Principal)
	return p
}

// Actor is who acts in a context, as the engine knows them.
func Actor(ctx context.Context) engine.Actor { return From(ctx).Actor }

// Lacks is the refusal of who has none of these permissions.
func Lacks(any ...engine.Permission) error {
	names := make([]string, len(any))
	for i, p := range any {
		names[i] = string(p)
	}
	return &engine.Error{Code: engine.CodeForbidden, Message: fmt.Sprintf("this takes the permission %s", strings.Join(names, " or "))}
}

// sessionExtension is where an operation carries the session that it is.
const sessionExtension = "rapport.session"

// SetSession says that an operation, a subscription, is a live session of the acting agent.
func SetSession(op *graphql.OperationContext, id engine.SessionID) {
	op.Stats.SetExtension(sessionExtension, id)
}

// Session is the session that the operation of a context is, "" when it is none.
func Session(ctx context.Context) engine.SessionID {
	id, _ := graphql.GetOperationContext(ctx).Stats.GetExtension(sessionExtension).(engine.SessionID)
	return id
}
