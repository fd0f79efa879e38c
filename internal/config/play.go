package config

import (
	"errors"
	"strings"
)

// Play is how to play a day on a running server.
type Play struct {
	Remote
	Dir     string `arg:"" type:"path" help:"The folder with the day; examples/contact-centre/day/README.md explains its files."`
	JSON    string `name:"json" env:"-" placeholder:"FILE" help:"Write what came of it to FILE too, as JSON."`
	Journal string `env:"-" placeholder:"FILE" help:"Write to FILE who did what and was told what, one JSON object a line."`
}

func (p Play) check(func(string) bool) error {
	if strings.TrimSpace(p.Dir) == "" {
		return errors.New("DIR: must name a folder")
	}
	return p.Remote.check()
}

// Database is none: a server is spoken to.
func (p Play) Database() string { return "" }
