// Package config reads the settings of the server from flags and from RAPPORT_* variables, and holds the limits of the API in one
// place (limits.go).
package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/alecthomas/kong"
)

// Config is how to run the server. A flag counts before its variable, RAPPORT_ and the flag's name in capitals.
type Config struct {
	Listen    string           `default:"127.0.0.1:8080" help:"Where to serve: HOST:PORT. There are no tokens yet, so HOST must be a loopback address."`
	DB        string           `name:"db" default:"rapport.db" help:"A SQLite file, or mysql://user:password@host:3306/name for MySQL or MariaDB."`
	Demo      bool             `help:"Fill an empty database with the example contact centre."`
	LogLevel  slog.Level       `default:"info" help:"What to log: debug, info, warn or error."`
	LogFormat string           `default:"text" enum:"text,json" help:"How to log: text or json, to standard error."`
	Version   kong.VersionFlag `env:"-" help:"Say which version this is."`
}

// ErrHelp: the help or the version was asked for and printed; there is nothing else to do.
var ErrHelp = errors.New("help was asked for")

// Parse reads the arguments and the environment. An error is one line that says what is wrong.
func Parse(args []string, stdout io.Writer, version string) (Config, error) {
	var c Config
	exited := false
	parser, err := kong.New(&c,
		kong.Name("rapport"),
		kong.Description("Routes customer work to the people who know the customer. Serves one GraphQL API at /graphql."),
		kong.DefaultEnvars("RAPPORT"),
		kong.Vars{"version": version},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { exited = true }),
	)
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	_, err = parser.Parse(args)
	switch {
	case exited:
		return c, ErrHelp
	case err != nil:
		return c, oneLine(err)
	}
	return c, c.check()
}

func (c Config) check() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil || port == "" {
		return fmt.Errorf("--listen %q: must be HOST:PORT, for example 127.0.0.1:8080", c.Listen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("--listen %q: there is no such port", c.Listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %q: everybody who reaches this server may do everything, so it must listen on a loopback address", c.Listen)
	}
	if strings.TrimSpace(c.DB) == "" {
		return errors.New("--db: must name a file or a MySQL database")
	}
	if strings.Contains(c.DB, ":memory:") {
		return errors.New("--db: must name a file, because what is in memory only would be lost")
	}
	return nil
}

func oneLine(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }
