package config

import (
	"errors"
	"strings"
)

// Export is how to write the files of what a running server has.
type Export struct {
	Remote
	Dir   string `arg:"" type:"path" help:"The folder for the files; it is made if it is not there."`
	Force bool   `env:"-" help:"Replace files in a folder that is not empty."`
}

func (e Export) check(func(string) bool) error {
	if strings.TrimSpace(e.Dir) == "" {
		return errors.New("DIR: must name a folder")
	}
	return e.Remote.check()
}

// Database is none: a server is spoken to.
func (e Export) Database() string { return "" }
