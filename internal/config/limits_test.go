package config

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// eachLimit calls f with every limit: its flag's name without --, its default and its bounds.
func eachLimit(t *testing.T, f func(field int, flag string, otherwise, low, high int64)) {
	t.Helper()
	defaults := reflect.ValueOf(DefaultLimits())
	for i := range defaults.NumField() {
		field := defaults.Type().Field(i)
		var low, high int64
		if _, err := fmt.Sscanf(field.Tag.Get("bounds"), "%d..%d", &low, &high); err != nil {
			t.Fatalf("%s: %v", field.Name, err)
		}
		f(i, "limit-"+kebab(field.Name), defaults.Field(i).Int(), low, high)
	}
}

// TestLimits: each is set by its flag or its variable, at its bounds too, and beyond them the one line names it.
func TestLimits(t *testing.T) {
	clean(t)
	parse := func(args ...string) (Limits, error) {
		var out bytes.Buffer
		command, err := Parse(args, &out, "v1")
		served, _ := command.(Config)
		return served.Limits, err
	}
	eachLimit(t, func(field int, flag string, otherwise, low, high int64) {
		if otherwise < low || otherwise > high {
			t.Errorf("--%s: the default %d is not within %d and %d", flag, otherwise, low, high)
		}
		for _, n := range []int64{low, high} {
			want := DefaultLimits()
			reflect.ValueOf(&want).Elem().Field(field).SetInt(n)
			if got, err := parse(fmt.Sprintf("--%s=%d", flag, n)); err != nil || got != want {
				t.Errorf("--%s %d: %+v, %v", flag, n, got, err)
			}
		}
		for _, n := range []int64{low - 1, high + 1} {
			want := fmt.Sprintf("--%s %d: must be between %d and %d", flag, n, low, high)
			if _, err := parse(fmt.Sprintf("--%s=%d", flag, n)); err == nil || err.Error() != want {
				t.Errorf("--%s %d: %v, want %s", flag, n, err, want)
			}
		}
		variable := "RAPPORT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		t.Setenv(variable, fmt.Sprint(high+1))
		if _, err := parse(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", variable, err)
		}
		t.Setenv(variable, fmt.Sprint(high))
		if _, err := parse(); err != nil {
			t.Errorf("%s: %v", variable, err)
		}
		if err := os.Unsetenv(variable); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := parse("--limit-depth", "deep"); err == nil || !strings.Contains(err.Error(), "--limit-depth") {
		t.Errorf("not a number: %v", err)
	}
}

// TestLimitsAreExplained: docs/operations.md names every limit that can be set, with its default, and nothing that can't.
func TestLimitsAreExplained(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	eachLimit(t, func(_ int, flag string, otherwise, _, _ int64) {
		if row := fmt.Sprintf("| `--%s` | %d |", flag, otherwise); strings.Count(string(text), row) != 1 {
			t.Errorf("docs/operations.md does not have %q once", row)
		}
	})
	if got, want := strings.Count(string(text), "| `--limit-"), reflect.TypeFor[Limits]().NumField(); got != want {
		t.Errorf("docs/operations.md has %d limits, there are %d", got, want)
	}
}
