package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/time/rate"

	"rapport/engine"
	"rapport/internal/api/quota"
	"rapport/internal/api/ws"
	"rapport/internal/auth"
	"rapport/internal/config"
	"rapport/resolvers"
)

// What one principal may have open, and how often they may ask, over HTTP and sockets together. In development mode everybody is the same
// principal, so there it is unlimited.

func newQuotas(o Options) *quota.Quotas {
	if o.Auth.IsDevelopment() {
		return quota.New(quota.Options{})
	}
	return quota.New(quota.Options{
		Connections: o.Limits.PrincipalConnections, Operations: o.Limits.PrincipalOperations, Subscriptions: o.Limits.PrincipalSubscriptions,
		Rate: float64(o.Limits.Rate), Burst: o.Limits.Burst, Messages: config.PrincipalMessages,
		Refused: func(l quota.Limit) { o.Metrics.refused.WithLabelValues(string(l)).Inc() },
	})
}

func principal(ctx context.Context) string { return auth.Actor(ctx).ID }

// limited puts the limits of sockets into their options.
func (a *API) limited(socket ws.Options, l config.Limits, m *Metrics) ws.Options {
	socket.MaxMessageBytes = cmp.Or(socket.MaxMessageBytes, int64(l.MessageBytes))
	socket.MaxOperations = cmp.Or(socket.MaxOperations, l.ConnectionOperations)
	socket.MaxSubscriptions = cmp.Or(socket.MaxSubscriptions, l.ConnectionSubscriptions)
	socket.MaxPending = cmp.Or(socket.MaxPending, l.PendingSockets)
	socket.MaxSockets = cmp.Or(socket.MaxSockets, l.Sockets)
	socket.Admit = func(ctx context.Context) (func(), error) { return a.quotas.Operate(principal(ctx)) }
	socket.Pacer = func(ctx context.Context) *rate.Limiter { return a.quotas.Pacer(principal(ctx)) }
	socket.Refused = func(l ws.Limit) { m.refused.WithLabelValues(string(l)).Inc() }
	return socket
}

// init tells the transport who acts on a socket, for as long as their token lets them.
func (a *API) init(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, error) {
	p, err := a.auth.Init(ctx, r, payload)
	if err != nil {
		return nil, err
	}
	if !p.ExpiresAt.IsZero() && !time.Now().Before(p.ExpiresAt) {
		return nil, auth.ErrExpired // within the seconds that clocks may differ by: it would be closed at once, a session opened and lost
	}
	release, err := a.quotas.Connect(p.ID)
	if err != nil {
		return nil, &ws.CloseError{Code: websocket.CloseTryAgainLater, Reason: "Too many connections of this principal"}
	}
	context.AfterFunc(ctx, release)
	held, letGo := a.auth.Hold(ctx, p)
	context.AfterFunc(ctx, letGo)
	return auth.With(held, p), nil
}

// started counts a subscription, and opens the session that it may be.
func (a *API) started(ctx context.Context, op *graphql.OperationContext) (func(), error) {
	if op.Operation.Operation != ast.Subscription {
		return nil, nil
	}
	release, err := a.quotas.Subscribe(principal(ctx))
	if err != nil {
		return nil, err
	}
	ended, err := a.sessions.started(ctx, op)
	if err != nil {
		release()
		return nil, err
	}
	return func() {
		if ended != nil {
			ended()
		}
		release()
	}, nil
}

// counted lets a request begin if its principal has not too many under way.
func (a *API) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		release, err := a.quotas.Operate(principal(r.Context()))
		if err != nil {
			refusal, _ := errors.AsType[*engine.Error](err) // it is one
			w.Header().Set("Retry-After", strconv.Itoa(max(1, refusal.RetryAfterSeconds)))
			writeErrors(w, accepted(r), http.StatusTooManyRequests, gqlerror.List{resolvers.Present(r.Context(), refusal)})
			return
		}
		defer release()
		next.ServeHTTP(w, r)
	})
}
