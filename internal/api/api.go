// Package api serves the GraphQL API over HTTP and WebSocket, and what the operator needs: health, readiness, metrics.
//
//	api.go      the routes and the executor that both transports share
//	access.go   who is let in: tokens and origins
//	quotas.go   how much one principal may have open, and how often they may ask
//	post.go     GraphQL over HTTP
//	request.go  what a POST asks for
//	guard.go    which documents may be run, how many errors an answer has, how long a page is
//	trusted.go  the documents that an operator lists
//	cost.go     what a document costs
//	rules.go    who may use which root field, and what validation leaves through
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
	"rapport/internal/api/documents"
	"rapport/internal/api/quota"
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
	// Auth finds out who acts; nil is the development mode.
	Auth *auth.Authenticator
	// Origins are pages that may call, besides those of this server: https://app.example.com.
	Origins []string
	// Console tells whether the console for browsers is served; MetricsElsewhere that /metrics is not, but by Metrics at another address.
	Console, MetricsElsewhere bool
	// Version of the server, and how many times as fast its time runs; 0 is 1.
	Version    string
	ClockSpeed float64
	// Limits of requests; their zero value is config.DefaultLimits.
	Limits config.Limits
	// Trusted are the only documents that are run; nil runs any.
	Trusted *documents.Trusted
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
	auth     *auth.Authenticator
	log      *slog.Logger
	quotas   *quota.Quotas
	mux      *http.ServeMux
	handler  http.Handler
	sockets  *ws.Transport
	sessions *sessions
	backups  *backups
}

// New makes the API.
func New(o Options) *API {
	if o.Auth == nil {
		o.Auth = auth.Development()
	}
	if o.Limits == (config.Limits{}) {
		o.Limits = config.DefaultLimits()
	}
	exec := newExecutor(o)
	a := &API{
		auth: o.Auth, log: o.Log, mux: http.NewServeMux(), sessions: newSessions(o.Writer, o.Log), backups: newBackups(o.Backup, o.Log),
		quotas: newQuotas(o),
	}
	pages := origins(o.Origins)
	socket := a.limited(o.Socket, o.Limits, o.Metrics)
	socket.Log, socket.Init, socket.Started, socket.CheckOrigin = o.Log, a.init, a.started, pages.allow
	a.sockets = ws.New(exec, socket)
	o.Metrics.watch(o, a.sockets)
	a.routes(o, exec, pages)
	a.handler = a.mux
	if o.Auth.IsDevelopment() {
		a.handler = loopbackOnly(a.mux)
	}
	return a
}

func (a *API) routes(o Options, exec graphql.GraphExecutor, pages origins) {
	a.mux.Handle("POST /graphql", pages.guard(a.with(a.counted(post(exec, o.Limits)))))
	a.mux.Handle("OPTIONS /graphql", pages.guard(http.HandlerFunc(options)))
	a.mux.Handle("GET /graphql", a.sockets)
	a.mux.Handle("GET /schema.graphql", a.with(schemaFile(servedSchema())))
	a.mux.HandleFunc("GET /healthz", healthz)
	a.mux.HandleFunc("GET /readyz", a.readyz(o))
	a.mux.Handle("POST /backup", pages.guard(a.with(a.backups, engine.ServerOperate)))
	if !o.MetricsElsewhere {
		a.mux.Handle("GET /metrics", a.with(o.Metrics.Handler(), engine.ServerOperate))
	}
	if o.Console {
		console := newConsole(web.Bundle())
		a.mux.Handle("GET /{$}", console)
		a.mux.Handle("GET /assets/", console)
	}
}

// options answers what browsers do not ask before a call: which methods there are.
func options(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, POST, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain closes every socket with 1012 and returns when all have ended or ctx has. Agents stay signed in: a restart is no
// disconnection (PR-8). It comes before http.Server.Shutdown, because clients that are refused a connection may give up.
func (a *API) Drain(ctx context.Context) {
	a.sessions.keep()
	a.backups.end()
	a.sockets.Drain(ctx)
}

// server tells about this server.
func (o Options) server() *graph.Server {
	return &graph.Server{
		Version: cmp.Or(o.Version, "unknown"), Now: o.Writer.Now().UTC(), ClockSpeed: cmp.Or(o.ClockSpeed, 1), DevelopmentMode: o.Auth.IsDevelopment(),
	}
}

// newExecutor makes what parses, validates and runs operations for both transports.
func newExecutor(o Options) graphql.GraphExecutor {
	r := &resolvers.Resolver{
		Writer: o.Writer, Reader: o.Reader, Streams: streams{o.Bus}, Cut: ws.Cut, StartTimeout: config.AnswerTimeout, Server: o.server,
	}
	c := graph.Config{Schema: servedSchema(), Resolvers: r, Directives: graph.DirectiveRoot{Visible: r.Visible}}
	setCosts(&c)
	exec := executor.New(graph.NewExecutableSchema(c))
	recovered := func(ctx context.Context, p any) error {
		return resolvers.Internal(ctx, o.Log, fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
	}
	kept := known{lru.New[*ast.QueryDocument](config.QueryCacheSize)}
	exec.SetErrorPresenter(resolvers.ErrorPresenter(o.Log))
	exec.SetRecoverFunc(recovered)
	exec.SetQueryCache(kept)
	exec.Use(errorCap(o.Limits.Errors))
	exec.Use(extension.Introspection{})
	exec.Use(newRootRules(c.Schema))
	exec.Use(extension.FixedComplexityLimit(o.Limits.Complexity))
	if o.Limits.Page < engine.MaxPage {
		exec.Use(pageLimit(o.Limits.Page))
	}
	exec.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(resolvers.WithLoaders(ctx, o.Reader))
	})
	exec.AroundOperations(bounded(o.Reader))
	return &guard{exec, c.Schema, o.Limits, o.Trusted, kept, recovered}
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
