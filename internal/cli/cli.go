// Package cli does what the commands of the binary do besides serving. Commands that touch data are clients of a running server; with
// --offline some work on the database of a stopped one.
//
//	cli.go      which command it is
//	server.go   the running server, as a client sees it
//	file.go     a file that is there whole or not at all
//	progress.go a bar, on a terminal
//	backup.go   rapport backup
//	apply.go    rapport apply
//	export.go   rapport export
//	play.go     rapport play
//	key.go      rapport key
//	token.go    rapport token
//
// To add a command: its settings in internal/config (see Command there), a file of its own here, a case in Run.
package cli

import (
	"context"
	"fmt"
	"io"

	"rapport/internal/config"
)

// Run does what a command says. What it has done goes to stdout, progress to stderr. An error is one line that says what is wrong;
// engine.ErrHeld is in it when a server that runs stands in the way.
func Run(ctx context.Context, command config.Command, stdout, stderr io.Writer) error {
	switch c := command.(type) {
	case config.Backup:
		return backup(ctx, c, stdout, stderr)
	case config.Apply:
		return apply(ctx, c, stdout, stderr)
	case config.Export:
		return export(ctx, c, stdout, stderr)
	case config.Play:
		return playDay(ctx, c, stdout, stderr)
	case config.Key:
		return makeKey(c, stdout)
	case config.Token:
		return makeToken(c, stdout, stderr)
	default:
		return fmt.Errorf("%T is no command", command)
	}
}
