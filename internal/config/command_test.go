package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

var backupDefaults = Backup{Remote: Remote{URL: "http://127.0.0.1:8080/graphql"}, File: "a.db", DB: "rapport.db"}

func TestBackupSettings(t *testing.T) {
	with := func(change func(*Backup)) Backup {
		b := backupDefaults
		change(&b)
		return b
	}
	for _, c := range []struct {
		name     string
		args     []string
		env      map[string]string
		want     Backup
		database string
	}{
		{"defaults", []string{"a.db"}, nil, backupDefaults, ""},
		{"flags", []string{"--url", "https://h/x/graphql", "a.db", "--force"}, nil,
			with(func(b *Backup) { b.URL, b.Force = "https://h/x/graphql", true }), ""},
		{"a variable", []string{"a.db"}, map[string]string{"RAPPORT_URL": "http://h:1"}, with(func(b *Backup) { b.URL = "http://h:1" }), ""},
		{"a flag counts before its variable", []string{"--url=http://h:2", "a.db"}, map[string]string{"RAPPORT_URL": "http://h:1"},
			with(func(b *Backup) { b.URL = "http://h:2" }), ""},
		{"offline", []string{"--offline", "--db", "b.db", "a.db"}, nil, with(func(b *Backup) { b.Offline, b.DB = true, "b.db" }), "b.db"},
		{"offline with the server's variables", []string{"a.db", "--offline"}, map[string]string{"RAPPORT_DB": "c.db", "RAPPORT_URL": "nonsense"},
			with(func(b *Backup) { b.Offline, b.DB, b.URL = true, "c.db", "nonsense" }), "c.db"},
		{"the server's variables", []string{"a.db"}, map[string]string{"RAPPORT_DB": "c.db", "RAPPORT_LISTEN": "0.0.0.0:1", "RAPPORT_DEMO": "1"},
			with(func(b *Backup) { b.DB = "c.db" }), ""},
		{"neither is asked for by a variable", []string{"a.db"}, map[string]string{"RAPPORT_FORCE": "1", "RAPPORT_OFFLINE": "1"}, backupDefaults, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			var out bytes.Buffer
			got, err := Parse(append([]string{"backup"}, c.args...), &out, "v1")
			if err != nil || got != Command(c.want) || out.Len() > 0 {
				t.Fatalf("%+v, %v, printed %q; want %+v", got, err, out.String(), c.want)
			}
			if got.Database() != c.database {
				t.Errorf("the database is %q, want %q", got.Database(), c.database)
			}
		})
	}
}

// TestBadBackupSettings: one line that names what is wrong.
func TestBadBackupSettings(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "<file>"},
		{"a b", "unexpected argument b"},
		{"--listen 127.0.0.1:1 a", "--listen"},
		{"--demo a", "--demo"},
		{"--db x a", "--db: goes with --offline"},
		{"--offline --url http://h a", "--url: is for a running server"},
		{"--offline --db :memory: a", "--db"},
		{"--url ftp://h a", "--url"},
		{"--url h:8080 a", "--url"},
		{"--url http:///graphql a", "--url"},
		{"--url http://u:p@h/graphql a", "--url"},
		{"--url http://h/graphql?x=1 a", "--url"},
		{"--url %zz a", "--url"},
	} {
		clean(t)
		var out bytes.Buffer
		_, err := Parse(append([]string{"backup"}, strings.Fields(c.args)...), &out, "v1")
		if err == nil || errors.Is(err, ErrHelp) || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\r") || out.Len() > 0 {
			t.Errorf("backup %s: %v, printed %q; want one line about %s", c.args, err, out.String(), c.want)
		}
	}
	if _, err := Parse([]string{"backup", " "}, &bytes.Buffer{}, "v1"); err == nil || !strings.Contains(err.Error(), "FILE") {
		t.Errorf("a blank name: %v", err)
	}
	if _, err := Parse([]string{"--demo", "backup", "a"}, &bytes.Buffer{}, "v1"); err == nil || !strings.Contains(err.Error(), "--demo") {
		t.Errorf("a flag of the server before the command: %v", err)
	}
}

func TestAddress(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080/graphql": "http://127.0.0.1:8080/graphql", "http://h": "http://h/graphql", "https://h:1/": "https://h:1/graphql",
		"http://[::1]:80/a/graphql": "http://[::1]:80/a/graphql",
	} {
		if got, err := (Remote{URL: url}).Address(); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v; want %s", url, got, err, want)
		}
	}
}

// TestHelpOfCommands: all of them are listed in brief, each tells its own flags.
func TestHelpOfCommands(t *testing.T) {
	clean(t)
	for _, c := range []struct {
		args  []string
		want  []string
		never []string
	}{
		{[]string{"--help"}, []string{"serve ", "backup ", "--listen"}, []string{"--force"}},
		{[]string{"backup", "--help"}, []string{"<file>", "--url", "RAPPORT_URL", "--force", "--offline", "--db"}, []string{"--listen", "RAPPORT_FORCE"}},
	} {
		var out bytes.Buffer
		if _, err := Parse(c.args, &out, "v1"); !errors.Is(err, ErrHelp) {
			t.Errorf("%v: %v", c.args, err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: the help does not name %s:\n%s", c.args, want, out.String())
			}
		}
		for _, never := range c.never {
			if strings.Contains(out.String(), never) {
				t.Errorf("%v: the help names %s:\n%s", c.args, never, out.String())
			}
		}
	}
}
