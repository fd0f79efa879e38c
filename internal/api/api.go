// Package api serves the GraphQL API over HTTP and WebSocket, and what the operator needs: health, readiness, metrics.
//
//	api.go      the routes and the executor that both transports share
//	post.go     GraphQL over HTTP
//	cost.go     what a document costs
//	rules.go    what validation leaves through
//	streams.go  what subscriptions hear, from the bus
//	sessions.go an agent's session is their live subscription to their own offers
//	metrics.go  what /metrics says
//	health.go   /healthz and /readyz
//	graphiql.go the console at /
//	host.go     under which names the server answers
//	backup.go   POST /backup
//	sdl.go      /schema.graphql, and which schema is served
package api

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/api/ws"
	"rapport/internal/auth"
	"rapport/internal/bus"
	"rapport/internal/config"
	"rapport/resolvers"
	"rapport/web"
)

// Options are what the API stands on.
type Options struct {
	Writer  Writer
	Reader  Reader
	Bus     *bus.Bus
	Metrics *Metrics
	Log     *slog.Logger
	// Backup makes what POST /backup answers.
	Backup Backup
	// Version of the server, and how many times as fast its time runs; 0 is 1.
	Version    string
	ClockSpeed float64
	// Socket overrides settings of the WebSocket transport; its hooks are ours.
	Socket ws.Options
}

// Writer is the writer as the API needs it.
type Writer interface {
	resolvers.Writer
	Ready() bool
	Waiting() int
	Figures() engine.Figures
	// Now is the server's time.
	Now() time.Time
}

// API is an http.Handler.
type API struct {
	mux      *http.ServeMux
	handler  http.Handler
	sockets  *ws.Transport
	sessions *sessions
	backups  *backups
}

// New makes the API.
func New(o Options) *API {
	exec := newExecutor(o)
	a := &API{mux: http.NewServeMux(), sessions: newSessions(o.Writer, o.Log), backups: newBackups(o.Backup, o.Log)}
	socket := o.Socket
	socket.Log = o.Log
	socket.Init = func(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, error) {
		actor, err := auth.FromInit(r, payload)
		return auth.With(ctx, actor), err
	}
	socket.Started = a.sessions.started
	a.sockets = ws.New(exec, socket)
	o.Metrics.watch(o, a.sockets)

	a.mux.Handle("POST /graphql", post(exec))
	a.mux.Handle("GET /graphql", a.sockets)
	a.mux.Handle("GET /schema.graphql", schemaFile(servedSchema()))
	a.mux.HandleFunc("GET /healthz", healthz)
	a.mux.HandleFunc("GET /readyz", a.readyz(o))
	a.mux.Handle("POST /backup", a.backups)
	a.mux.Handle("GET /metrics", o.Metrics.Handler())
	console := newConsole(web.Bundle())
	a.mux.Handle("GET /{$}", console)
	a.mux.Handle("GET /assets/", console)
	a.handler = loopbackOnly(a.mux)
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain closes every socket with 1012 and returns when all have ended or ctx has. Agents stay signed in: a restart is no
// disconnection (PR-8). It comes before http.Server.Shutdown, because clients that are refused a connection may give up.
func (a *API) Drain(ctx context.Context) {
	a.sessions.keep()
	a.backups.end()
	a.sockets.Drain(ctx)
}

// server tells about this server; there is only the development mode so far.
func (o Options) server() *graph.Server {
	return &graph.Server{
		Version: cmp.Or(o.Version, "unknown"), Now: o.Writer.Now().UTC(), ClockSpeed: cmp.Or(o.ClockSpeed, 1), DevelopmentMode: true,
	}
}

// newExecutor makes what parses, validates and runs operations for both transports.
func newExecutor(o Options) *executor.Executor {
	c := graph.Config{Schema: servedSchema(), Resolvers: &resolvers.Resolver{
		Writer: o.Writer, Reader: o.Reader, Streams: streams{o.Bus}, Cut: ws.Cut, StartTimeout: config.AnswerTimeout, Server: o.server,
	}}
	setCosts(&c)
	exec := executor.New(graph.NewExecutableSchema(c))
	exec.SetErrorPresenter(resolvers.ErrorPresenter(o.Log))
	exec.SetRecoverFunc(func(ctx context.Context, p any) error {
		return resolvers.Internal(ctx, o.Log, fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
	})
	exec.SetParserTokenLimit(config.MaxTokens)
	exec.SetQueryCache(lru.New[*ast.QueryDocument](config.QueryCacheSize))
	exec.Use(extension.Introspection{})
	exec.Use(oneRootField{})
	exec.Use(extension.FixedComplexityLimit(config.MaxComplexity))
	exec.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(resolvers.WithLoaders(ctx, o.Reader))
	})
	exec.AroundOperations(bounded(o.Reader))
	return exec
}

// bounded gives queries and mutations a deadline, and the resolver that sets a subscription up the loaders that it reads with.
func bounded(r Reader) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
			return next(resolvers.WithLoaders(ctx, r))
		}
		ctx, cancel := context.WithTimeout(ctx, config.AnswerTimeout)
		answer := next(ctx)
		return func(ctx context.Context) *graphql.Response {
			defer cancel()
			return answer(ctx)
		}
	}
}
