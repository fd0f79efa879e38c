package config

import (
	"errors"
	"strings"
)

// Backup is how to copy a database into a file.
type Backup struct {
	Remote
	File    string `arg:"" help:"The SQLite file to write: rapport --db FILE can serve it."`
	Force   bool   `env:"-" help:"Replace FILE if it is there."`
	Offline bool   `env:"-" help:"Copy the database that --db names, without a server. On SQLite the server must be stopped."`
	DB      string `name:"db" default:"rapport.db" help:"With --offline: the database, as the server takes it."`
}

// Database is what is copied, unless a server does it.
func (b Backup) Database() string {
	if b.Offline {
		return b.DB
	}
	return ""
}

func (b Backup) check(given func(string) bool) error {
	switch {
	case strings.TrimSpace(b.File) == "":
		return errors.New("FILE: must name the file to write")
	case b.Offline && given("url"):
		return errors.New("--url: is for a running server, --offline for none")
	case b.Offline:
		return checkDB(b.DB)
	case given("db"):
		return errors.New("--db: goes with --offline; a running server is named by --url")
	}
	return b.Remote.check()
}
