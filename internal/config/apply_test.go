package config

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestApplyAndExportSettings(t *testing.T) {
	dir, err := filepath.Abs("a dir")
	if err != nil {
		t.Fatal(err)
	}
	local := Remote{URL: "http://127.0.0.1:8080/graphql"}
	for _, c := range []struct {
		args []string
		want Command
	}{
		{[]string{"apply", "a dir"}, Apply{Remote: local, Dir: dir}},
		{[]string{"apply", "a dir", "--yes", "--prune", "--url", "http://h:1"}, Apply{Remote: Remote{URL: "http://h:1"}, Dir: dir, Yes: true, Prune: true}},
		{[]string{"apply", "--dry-run", "a dir"}, Apply{Remote: local, Dir: dir, DryRun: true}},
		{[]string{"export", "a dir"}, Export{Remote: local, Dir: dir}},
		{[]string{"export", "--force", "a dir", "--url=https://h"}, Export{Remote: Remote{URL: "https://h"}, Dir: dir, Force: true}},
	} {
		clean(t)
		t.Setenv("RAPPORT_YES", "1") // none of these is asked for by a variable
		t.Setenv("RAPPORT_PRUNE", "1")
		t.Setenv("RAPPORT_FORCE", "1")
		t.Setenv("RAPPORT_DRY_RUN", "1")
		var out bytes.Buffer
		if got, err := Parse(c.args, &out, "v1"); err != nil || got != c.want || out.Len() > 0 || got.Database() != "" {
			t.Errorf("%v: %+v, %v, printed %q; want %+v", c.args, got, err, out.String(), c.want)
		}
	}
	for args, want := range map[string]string{
		"apply": "<dir>", "apply a b": "unexpected argument b", "apply a --yes --dry-run": "--yes: --dry-run makes no changes",
		"apply a --force": "--force", "apply a --url x": "--url", "export": "<dir>", "export a --yes": "--yes", "export a --url ftp://h": "--url",
	} {
		clean(t)
		var out bytes.Buffer
		_, err := Parse(strings.Fields(args), &out, "v1")
		if err == nil || errors.Is(err, ErrHelp) || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\r") || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q; want one line about %s", args, err, out.String(), want)
		}
	}
}
