// Command rapport gives each piece of customer work to the agent whom that customer already knows, and explains every decision. This
// file is wiring only: configuration, open the database, restore the engine, start the writer, serve, drain.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // the days of agents end in time zones, also where the machine knows none (CP-2)

	"rapport/engine"
	"rapport/internal/api"
	"rapport/internal/auth"
	"rapport/internal/bus"
	"rapport/internal/cli"
	"rapport/internal/config"
	"rapport/internal/demo"
	"rapport/internal/writer"
	"rapport/models"
	"rapport/web"
)

// The exit codes: 0 after SIGTERM or SIGINT, 1 for what went wrong, 2 for a bad configuration, 3 when another server owns the database.
// Commands have some of their own (internal/cli).
const (
	exitFailed = 1
	exitUsage  = 2
	exitHeld   = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with everything it touches as arguments; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command, err := config.Parse(args, stdout, version())
	if errors.Is(err, config.ErrHelp) {
		return 0
	}
	if err == nil {
		_, err = models.ParseMySQL(command.Database())
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "rapport:", err)
		return exitUsage
	}
	if cfg, ok := command.(config.Config); ok {
		err = serve(ctx, cfg, newLogger(cfg, stderr), stdout)
	} else {
		err = cli.Run(ctx, command, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "rapport:", err)
		if errors.Is(err, engine.ErrHeld) || errors.Is(err, writer.ErrLeaseLost) {
			return exitHeld
		}
		if coded := (interface{ ExitCode() int })(nil); errors.As(err, &coded) { // a command's own
			return coded.ExitCode()
		}
		return exitFailed
	}
	return 0
}

func serve(ctx context.Context, cfg config.Config, log *slog.Logger, stdout io.Writer) error {
	trusted, err := api.ReadTrusted(cfg.TrustedDocuments, cfg.Limits)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Listen) // before the database: two servers on one port are seen at once
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed by Shutdown already, or never used
	store, err := models.Open(ctx, cfg.DB, owner())
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.ClearBackups(); err != nil {
		log.Warn("what an earlier backup has left could not be deleted", "error", err)
	}
	events, directory := bus.New(), auth.NewDirectory()
	metrics := api.NewMetrics(events.Figures)
	w, err := writer.Start(ctx, store, publishers{events, directory}, writer.Options{Speed: cfg.ClockSpeed, Log: log, Metrics: metrics})
	if err != nil {
		return err
	}
	who, err := authenticator(ctx, cfg, directory, store, w, log)
	if err != nil {
		return errors.Join(err, w.Stop())
	}
	backup := func(ctx context.Context) (api.Copy, error) { return store.Backup(ctx) }
	handler := api.New(api.Options{
		Writer: w, Reader: store, Bus: events, Metrics: metrics, Log: log, Backup: backup, Version: version(), ClockSpeed: cfg.ClockSpeed,
		Auth: who, Origins: cfg.AllowOrigin, Console: cfg.ShowConsole(), MetricsElsewhere: cfg.MetricsListen != "",
		Limits: cfg.Limits, Trusted: trusted,
	})
	if cfg.Demo {
		if err := demo.Fill(ctx, handler); err != nil {
			return errors.Join(err, w.Stop())
		}
	}
	server := newServer(handler, log)
	if cfg.MetricsListen != "" {
		ended, err := serveMetrics(cfg.MetricsListen, metrics, log)
		if err != nil {
			return errors.Join(err, w.Stop())
		}
		defer ended()
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	announce(cfg, listener.Addr().String(), log, stdout)
	asleep := live(ctx, cfg, listener.Addr().String(), log)
	select {
	case <-ctx.Done():
		log.Info("draining")
	case <-w.Done():
		log.Error("the writer has ended", "error", w.Err())
	case err = <-served:
	}
	asleep()
	return errors.Join(err, drain(handler, server, w))
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, MaxHeaderBytes: config.MaxHeaderBytes, ReadHeaderTimeout: config.HeaderTimeout,
		ReadTimeout: config.ReadTimeout, IdleTimeout: config.IdleTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serveMetrics serves metrics at an address of their own, until it is ended.
func serveMetrics(address string, metrics *api.Metrics, log *slog.Logger) (end func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler())
	server := newServer(mux, log)
	go func() { _ = server.Serve(listener) }() // ends when it is closed
	log.Info("serving metrics", "address", listener.Addr().String())
	return func() { _ = server.Close() }, nil
}

// publishers hear of every committed batch before its callers are answered: first who is let in, then who listens.
type publishers struct {
	*bus.Bus
	directory *auth.Directory
}

// Publish implements writer.Publisher.
func (p publishers) Publish(at engine.Position, c *engine.Changes) {
	p.directory.Publish(c)
	p.Bus.Publish(at, c)
}

// authenticator finds out who acts: everybody in development mode, else who has a token or an API key.
func authenticator(
	ctx context.Context, cfg config.Config, directory *auth.Directory, store *models.Store, w *writer.Writer, log *slog.Logger,
) (*auth.Authenticator, error) {
	if cfg.Development() {
		return auth.Development(), nil
	}
	if err := directory.Load(ctx, store); err != nil {
		return nil, err
	}
	keys, err := auth.OpenKeySet(ctx, cfg.AuthKeys, log)
	if err != nil {
		return nil, fmt.Errorf("--auth-keys: %w", err)
	}
	options := auth.TokenOptions{Issuer: cfg.AuthIssuer, Audience: cfg.AuthAudience, RolesClaim: cfg.AuthRolesClaim, AgentClaim: cfg.AuthAgentClaim}
	return auth.New(auth.NewVerifier(keys, options), directory, w.Now), nil
}

// live keeps the demo going; what it gives ends it.
func live(ctx context.Context, cfg config.Config, address string, log *slog.Logger) (end func()) {
	if !cfg.Demo {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := demo.Live(ctx, address, log); err != nil {
			log.Warn("the demo does not go on", "error", err)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// drain ends in the order in which nothing is lost: sockets with 1012, requests under way, what waits for the writer.
func drain(handler *api.API, server *http.Server, w *writer.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), config.DrainTimeout)
	defer cancel()
	handler.Drain(ctx)
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // the clients that are left did not end in time
	}
	return w.Stop()
}

func announce(cfg config.Config, address string, log *slog.Logger, stdout io.Writer) {
	log.Info("serving", "address", address, "version", version())
	_, _ = fmt.Fprintf(stdout, "Rapport serves GraphQL at http://%s/graphql (HTTP POST and WebSocket).\n", address)
	if _, built := web.Bundle(); !cfg.ShowConsole() {
		_, _ = fmt.Fprintln(stdout, "Its console for browsers is not served (--console on).")
	} else if built {
		_, _ = fmt.Fprintf(stdout, "Its console for browsers is at http://%s/\n", address)
	} else {
		_, _ = fmt.Fprintln(stdout, "It was built without its console for browsers. To have it: Node 20.19 or later, `make web`, and start it again.")
	}
	if cfg.Development() {
		_, _ = fmt.Fprintln(stdout, "DEVELOPMENT MODE: everybody who reaches this address may do everything. For use by others, give --auth-keys.")
		log.Warn("development mode: there are no tokens, everybody who reaches this address may do everything")
	}
	if cfg.ClockSpeed != 1 {
		_, _ = fmt.Fprintf(stdout, "Its time runs %g times as fast as the clock on the wall.\n", cfg.ClockSpeed)
	}
	if cfg.Demo {
		_, _ = fmt.Fprintf(stdout, "The example contact centre is in it, and alive: see it in the console. %s\n\n", demo.Paste(address))
	}
}

func newLogger(cfg config.Config, stderr io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(stderr, o))
	}
	return slog.New(slog.NewTextHandler(stderr, o))
}

// owner names this process in the lease row.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%.80s:%d", host, os.Getpid())
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
