// Package auth says who acts. So far there is the development mode only: everybody may do everything, on loopback, and may act as an
// agent by naming them.
package auth

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
)

// Header names the acting agent over HTTP; Param does so in the payload of connection_init. Both hold an agent's id.
const (
	Header = "X-Rapport-Actor"
	Param  = "actor"
)

// Developer acts when nobody is named.
var Developer = engine.Actor{ID: "developer"}

// ErrBadActor: who is named can't be an agent.
var ErrBadActor = errors.New("the actor must be an agent's id, ag_ and a UUID, or left out")

// FromRequest is who acts by an HTTP request.
func FromRequest(r *http.Request) (engine.Actor, error) { return named(r.Header.Get(Header)) }

// FromInit is who acts on a socket: the payload of connection_init counts, then the header of the upgrade.
func FromInit(r *http.Request, payload map[string]any) (engine.Actor, error) {
	switch actor := payload[Param].(type) {
	case nil:
		return FromRequest(r)
	case string:
		return named(actor)
	default:
		return engine.Actor{}, ErrBadActor
	}
}

func named(id string) (engine.Actor, error) {
	if id == "" {
		return Developer, nil
	}
	if !engine.ValidID("ag_", id) {
		return engine.Actor{}, ErrBadActor
	}
	return engine.Actor{ID: "agent:" + id, AgentID: engine.AgentID(id)}, nil
}

type contextKey struct{}

// With puts the actor into a context.
func With(ctx context.Context, a engine.Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// Actor is who acts in a context; nobody in particular without With.
func Actor(ctx context.Context) engine.Actor {
	a, _ := ctx.Value(contextKey{}).(engine.Actor)
	return a
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
