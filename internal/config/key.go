package config

import (
	"errors"
	"strings"
)

// Key is how to make a key pair for tokens.
type Key struct {
	File  string `arg:"" help:"The file to write: one private key (JWK). Only its owner may read it; --auth-keys takes it."`
	Force bool   `env:"-" help:"Replace FILE if it is there: tokens that the old key has signed are then worth nothing."`
}

func (k Key) check(func(string) bool) error {
	if strings.TrimSpace(k.File) == "" {
		return errors.New("FILE: must name the file to write")
	}
	return nil
}

// Database is none: one file is written.
func (k Key) Database() string { return "" }
