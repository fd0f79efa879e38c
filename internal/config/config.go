// Package config reads which command to run and its settings from the arguments and from RAPPORT_* variables, and holds the limits of
// the API in one place.
//
//	config.go  the settings of the server
//	access.go  who is let in
//	command.go the commands, and how the arguments become one of them
//	remote.go  the settings that commands share which speak to a running server
//	backup.go  the settings of `rapport backup`
//	apply.go   the settings of `rapport apply`
//	export.go  the settings of `rapport export`
//	play.go    the settings of `rapport play`
//	key.go     the settings of `rapport key`
//	token.go   the settings of `rapport token`
//	limits.go  the limits
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Config is how to run the server. A flag counts before its variable, RAPPORT_ and the flag's name in capitals.
type Config struct {
	Listen     string     `default:"127.0.0.1:8080" help:"Where to serve: HOST:PORT. Without --auth-keys HOST must be a loopback address."`
	DB         string     `name:"db" default:"rapport.db" help:"A SQLite file, or mysql://user:password@host:3306/name for MySQL or MariaDB."`
	Demo       bool       `help:"Fill an empty database with the example contact centre, and keep it going: agents come and go, customers write."`
	ClockSpeed float64    `default:"1" placeholder:"N" help:"How many times as fast the server's time runs, 1 to 1000: for trying a day out."`
	LogLevel   slog.Level `default:"info" help:"What to log: debug, info, warn or error."`
	LogFormat  string     `default:"text" enum:"text,json" help:"How to log: text or json, to standard error."`
	Access

	TrustedDocuments string `type:"path" placeholder:"FILE" help:"Run only the documents of FILE, a JSON object of id and text."`
	Limits           Limits `embed:"" prefix:"limit-" group:"Limits"`
}

// Database is what the server serves.
func (c Config) Database() string { return c.DB }

func (c Config) check(func(string) bool) error {
	if err := c.Access.check(c.Listen); err != nil {
		return err
	}
	if !c.Development() && (c.Demo || c.ClockSpeed != 1) {
		return errors.New("--demo and --clock-speed: are for development mode, without --auth-keys")
	}
	if !(c.ClockSpeed >= 1 && c.ClockSpeed <= MaxClockSpeed) {
		return fmt.Errorf("--clock-speed %v: must be between 1 and %d", c.ClockSpeed, MaxClockSpeed)
	}
	if c.Demo && c.TrustedDocuments != "" {
		return errors.New("--trusted-documents: does not go with --demo, whose documents are not among them")
	}
	if err := c.Limits.Check(); err != nil {
		return err
	}
	return checkDB(c.DB)
}

// checkDB refuses what can't be a database that lasts.
func checkDB(db string) error {
	if strings.TrimSpace(db) == "" {
		return errors.New("--db: must name a file or a MySQL database")
	}
	if strings.Contains(db, ":memory:") {
		return errors.New("--db: must name a file, because what is in memory only would be lost")
	}
	return nil
}
