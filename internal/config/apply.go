package config

import (
	"errors"
	"strings"
)

// Apply is how to bring a running server to what the files of a folder say.
type Apply struct {
	Remote
	Dir    string `arg:"" type:"path" help:"The folder with the files; examples/contact-centre/README.md explains them."`
	Yes    bool   `env:"-" help:"Make the changes without asking."`
	DryRun bool   `env:"-" help:"Only show the changes. The exit code is 4 when there are some, 0 when there are none."`
	Prune  bool   `env:"-" help:"Delete what the files do not name, of the nouns whose file is there."`
}

func (a Apply) check(func(string) bool) error {
	switch {
	case strings.TrimSpace(a.Dir) == "":
		return errors.New("DIR: must name a folder")
	case a.Yes && a.DryRun:
		return errors.New("--yes: --dry-run makes no changes")
	}
	return a.Remote.check()
}

// Database is none: a server is spoken to.
func (a Apply) Database() string { return "" }
