package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Command is the settings of one command: Config (serve), Backup, Apply, Export, Play, Key or Token. To add one: its settings and their check in a file of this package, a
// line in commands, what it does in internal/cli.
type Command interface {
	// check tells what is wrong with the settings, in one line. given tells which flags were on the command line, as opposed to in a
	// variable or left out.
	check(given func(flag string) bool) error
	// Database is the database that the command opens itself, "" for a client of a running server.
	Database() string
}

// commands are all that there are; kong reads names, flags and help from it. Without a command's name the server is meant.
type commands struct {
	Serve   Config           `cmd:"" default:"withargs" help:"Serve the API at /graphql. What rapport does when no command is named."`
	Backup  Backup           `cmd:"" help:"Copy the database of a running server into a SQLite file."`
	Apply   Apply            `cmd:"" help:"Bring a running server to what the files of a folder say, after showing what would change."`
	Export  Export           `cmd:"" help:"Write the configuration of a running server as files, which apply takes."`
	Play    Play             `cmd:"" help:"Let people work at a running server for a day from files, and report who got what after how long."`
	Key     Key              `cmd:"" help:"Make a key pair for tokens, as one file that the server takes with --auth-keys."`
	Token   Token            `cmd:"" help:"Make a token that a server with the same key takes, and print it."`
	Version kong.VersionFlag `env:"-" help:"Say which version this is."`
}

// ErrHelp: the help or the version was asked for and printed; there is nothing else to do.
var ErrHelp = errors.New("help was asked for")

// Parse reads the arguments and the environment. An error is one line that says what is wrong.
func Parse(args []string, stdout io.Writer, version string) (Command, error) {
	var all commands
	exited := false
	parser, err := kong.New(&all,
		kong.Name("rapport"),
		kong.Description("Routes customer work to the people who know the customer. Serves one GraphQL API at /graphql."),
		kong.DefaultEnvars("RAPPORT"),
		kong.Vars{"version": version},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { exited = true }),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited:
		return nil, ErrHelp
	case err != nil:
		return nil, oneLine(err)
	}
	command, ok := parsed.Selected().Target.Interface().(Command)
	if !ok {
		return nil, fmt.Errorf("configuration: %s is no command", parsed.Command())
	}
	given := func(flag string) bool {
		for _, step := range parsed.Path {
			if step.Flag != nil && step.Flag.Name == flag {
				return true
			}
		}
		return false
	}
	return command, command.check(given)
}

// printHelp is kong's help. That of the program as a whole lists the flags of the server too, since they are taken without a command's name.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if serve := ctx.Model.DefaultCmd; ctx.Selected() == nil && serve != nil {
		whole := *ctx.Model.Node
		whole.Flags = append(append([]*kong.Flag{}, whole.Flags...), serve.Flags...)
		model := *ctx.Model
		model.Node = &whole
		shown := *ctx
		shownKong := *ctx.Kong
		shownKong.Model = &model
		shown.Kong = &shownKong
		ctx = &shown
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

func oneLine(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }
