package config

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlaySettings(t *testing.T) {
	dir, err := filepath.Abs("a day")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want Command
	}{
		{[]string{"play", "a day"}, Play{Remote: Remote{URL: "http://127.0.0.1:8080/graphql"}, Dir: dir}},
		{[]string{"play", "--json", "r.json", "--journal=j", "a day", "--url", "http://h:1"}, Play{Remote: Remote{URL: "http://h:1"}, Dir: dir, JSON: "r.json", Journal: "j"}},
	} {
		clean(t)
		t.Setenv("RAPPORT_JSON", "x") // neither is asked for by a variable
		t.Setenv("RAPPORT_JOURNAL", "x")
		var out bytes.Buffer
		if got, err := Parse(c.args, &out, "v1"); err != nil || got != c.want || out.Len() > 0 || got.Database() != "" {
			t.Errorf("%v: %+v, %v, printed %q; want %+v", c.args, got, err, out.String(), c.want)
		}
	}
	for args, want := range map[string]string{"play": "<dir>", "play a b": "unexpected argument b", "play a --url x": "--url", "play a --clock-speed 5": "--clock-speed"} {
		clean(t)
		var out bytes.Buffer
		_, err := Parse(strings.Fields(args), &out, "v1")
		if err == nil || errors.Is(err, ErrHelp) || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: %v; want one line about %s", args, err, want)
		}
	}
}
