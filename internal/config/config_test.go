package config

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
)

// clean takes the variables of whoever runs the tests away.
func clean(t *testing.T) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "RAPPORT_") {
			t.Setenv(name, "") // so that it is set back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var defaults = Config{Listen: "127.0.0.1:8080", DB: "rapport.db", LogLevel: slog.LevelInfo, LogFormat: "text", ClockSpeed: 1, Access: development, Limits: DefaultLimits()}

var development = Access{AuthIssuer: "rapport", AuthAudience: "rapport", AuthRolesClaim: "roles", AuthAgentClaim: "agent_id", Console: "auto"}

// with changes the defaults.
func with(change func(*Config)) Config {
	c := defaults
	change(&c)
	return c
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want Config
	}{
		{"defaults", nil, nil, defaults},
		{"flags", []string{"--listen", "127.0.0.1:1", "--db=a b.db", "--demo", "--log-level", "debug", "--log-format=json"}, nil,
			Config{Listen: "127.0.0.1:1", DB: "a b.db", Demo: true, ClockSpeed: 1, LogLevel: slog.LevelDebug, LogFormat: "json", Access: development, Limits: DefaultLimits()}},
		{"variables", nil, map[string]string{
			"RAPPORT_LISTEN": "[::1]:9000", "RAPPORT_DB": "mysql://u:p@h/n", "RAPPORT_DEMO": "1", "RAPPORT_LOG_LEVEL": "error", "RAPPORT_LOG_FORMAT": "json",
		}, Config{Listen: "[::1]:9000", DB: "mysql://u:p@h/n", Demo: true, ClockSpeed: 1, LogLevel: slog.LevelError, LogFormat: "json", Access: development, Limits: DefaultLimits()}},
		{"a flag counts before its variable", []string{"--db", "flag.db", "--log-level=warn"}, map[string]string{"RAPPORT_DB": "env.db", "RAPPORT_LOG_LEVEL": "debug"},
			with(func(c *Config) { c.DB, c.LogLevel = "flag.db", slog.LevelWarn })},
		{"demo switched off", nil, map[string]string{"RAPPORT_DEMO": "false"}, defaults},
		{"levels in capitals", []string{"--log-level", "WARN"}, nil, with(func(c *Config) { c.LogLevel = slog.LevelWarn })},
		{"variables of others", nil, map[string]string{"RAPPORT_REQUIRE_MARIADB": "1", "RAPPORT_SEEDS": "5", "RAPPORT_VERSION": "1.2", "RAPPORT_HELP": "1", "DB": "x", "LISTEN": "y"}, defaults},
		{"localhost", []string{"--listen", "localhost:80"}, nil, with(func(c *Config) { c.Listen = "localhost:80" })},
		{"any port", []string{"--listen", "127.0.0.1:0"}, nil, with(func(c *Config) { c.Listen = "127.0.0.1:0" })},
		{"another loopback address", []string{"--listen", "127.9.9.9:80"}, nil, with(func(c *Config) { c.Listen = "127.9.9.9:80" })},
		{"a fast clock", []string{"--clock-speed", "2.5"}, map[string]string{"RAPPORT_CLOCK_SPEED": "9"}, with(func(c *Config) { c.ClockSpeed = 2.5 })},
		{"the fastest clock", nil, map[string]string{"RAPPORT_CLOCK_SPEED": "1000"}, with(func(c *Config) { c.ClockSpeed = 1000 })},
		{"for everybody", []string{"--auth-keys=k.json", "--listen", "0.0.0.0:80", "--allow-origin", "https://a.example.com", "--allow-origin=http://localhost:5173,http://[::1]:1"},
			map[string]string{"RAPPORT_AUTH_ISSUER": "me", "RAPPORT_METRICS_LISTEN": "127.0.0.1:9"}, with(func(c *Config) {
				c.AuthKeys, c.Listen, c.AuthIssuer, c.MetricsListen = "k.json", "0.0.0.0:80", "me", "127.0.0.1:9"
				c.AllowOrigin = []string{"https://a.example.com", "http://localhost:5173", "http://[::1]:1"}
			})},
		{"a port by name", []string{"--listen", "127.0.0.1:http"}, nil, with(func(c *Config) { c.Listen = "127.0.0.1:http" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			var out bytes.Buffer
			for _, args := range [][]string{c.args, append([]string{"serve"}, c.args...), append(c.args[:len(c.args):len(c.args)], "serve")} {
				got, err := Parse(args, &out, "v1")
				if err != nil || !reflect.DeepEqual(got, Command(c.want)) || out.Len() > 0 {
					t.Errorf("%v: %+v, %v, printed %q; want %+v", args, got, err, out.String(), c.want)
				}
			}
		})
	}
}

// TestBadSettings: one line that names the setting.
func TestBadSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"no port", []string{"--listen", "127.0.0.1"}, nil, "--listen"},
		{"an empty port", []string{"--listen", "127.0.0.1:"}, nil, "--listen"},
		{"a port that is none", []string{"--listen", "127.0.0.1:99999"}, nil, "--listen"},
		{"no host", []string{"--listen", ":8080"}, nil, "loopback"},
		{"every address", []string{"--listen", "0.0.0.0:8080"}, nil, "loopback"},
		{"every address of IPv6", []string{"--listen", "[::]:8080"}, nil, "loopback"},
		{"an address of the network", []string{"--listen", "192.168.0.1:8080"}, nil, "loopback"},
		{"a name", []string{"--listen", "example.com:8080"}, nil, "loopback"},
		{"a name that looks local", []string{"--listen", "localhost.example.com:8080"}, nil, "loopback"},
		{"by variable", nil, map[string]string{"RAPPORT_LISTEN": "0.0.0.0:1"}, "--listen"},
		{"a demo of trusted documents only", []string{"--demo", "--trusted-documents", "x.json"}, nil, "--trusted-documents"},
		{"no database", []string{"--db", " "}, nil, "--db"},
		{"a level", []string{"--log-level", "loud"}, nil, "--log-level"},
		{"a level by variable", nil, map[string]string{"RAPPORT_LOG_LEVEL": "loud"}, "log-level"},
		{"a format", []string{"--log-format", "xml"}, nil, "--log-format"},
		{"a format by variable", nil, map[string]string{"RAPPORT_LOG_FORMAT": "xml"}, "log-format"},
		{"not a boolean", nil, map[string]string{"RAPPORT_DEMO": "perhaps"}, "demo"},
		{"a clock that stands", []string{"--clock-speed", "0"}, nil, "--clock-speed"},
		{"a clock that is slow", []string{"--clock-speed", "0.99"}, nil, "--clock-speed"},
		{"a clock that runs backwards", []string{"--clock-speed=-1"}, nil, "--clock-speed"},
		{"a clock that is too fast", []string{"--clock-speed", "1000.5"}, nil, "--clock-speed"},
		{"a clock without a speed", []string{"--clock-speed", "NaN"}, nil, "--clock-speed"},
		{"a demo for everybody", []string{"--auth-keys", "k", "--demo"}, nil, "--demo"},
		{"a fast clock for everybody", []string{"--auth-keys", "k", "--clock-speed", "2"}, nil, "--clock-speed"},
		{"metrics nowhere", []string{"--metrics-listen", "x"}, nil, "--metrics-listen"},
		{"no issuer", []string{"--auth-issuer", ""}, nil, "--auth-issuer"},
		{"no audience", []string{"--auth-audience", " "}, nil, "--auth-audience"},
		{"a console that is neither on nor off", []string{"--console", "maybe"}, nil, "--console"},
		{"all origins", []string{"--allow-origin", "*"}, nil, "--allow-origin"},
		{"an origin without a scheme", []string{"--allow-origin", "app.example.com"}, nil, "--allow-origin"},
		{"an origin with a path", []string{"--allow-origin", "https://app.example.com/"}, nil, "--allow-origin"},
		{"an origin in capitals", []string{"--allow-origin", "https://App.example.com"}, nil, "--allow-origin"},
		{"the second origin", []string{"--allow-origin", "https://a.example.com,null"}, nil, "--allow-origin \"null\""},
		{"an origin of a file", []string{"--allow-origin", "file://x"}, nil, "--allow-origin"},
		{"an unknown flag", []string{"--port", "1"}, nil, "--port"},
		{"a flag without its value", []string{"--db"}, nil, "--db"},
		{"an argument", []string{"something-else"}, nil, "unexpected argument something-else"},
		{"an argument of a command", []string{"serve", "it"}, nil, "unexpected argument it"},
		{"two commands", []string{"serve", "backup"}, nil, "unexpected argument backup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			var out bytes.Buffer
			_, err := Parse(c.args, &out, "v1")
			if err == nil || errors.Is(err, ErrHelp) {
				t.Fatalf("the error is %v", err)
			}
			if text := err.Error(); !strings.Contains(strings.ToLower(text), strings.ToLower(c.want)) || strings.ContainsAny(text, "\n\r") || len(text) > 200 {
				t.Errorf("%q: want one line about %s", text, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

// TestHelp: printed, with every flag and its variable; and nothing else is done, not even looking at the other settings.
func TestHelp(t *testing.T) {
	clean(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"--listen", "0.0.0.0:1", "--help"}, {"serve", "--help"}} {
		var out bytes.Buffer
		if _, err := Parse(args, &out, "v1"); !errors.Is(err, ErrHelp) {
			t.Errorf("%v: %v", args, err)
		}
		for _, want := range []string{
			"--listen", "--db", "--demo", "--log-level", "--log-format", "--version", "RAPPORT_LISTEN", "RAPPORT_DB", "RAPPORT_DEMO", "RAPPORT_LOG_LEVEL",
			"RAPPORT_LOG_FORMAT", "/graphql", "127.0.0.1:8080",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: the help does not name %s:\n%s", args, want, out.String())
			}
		}
	}
}

func TestVersion(t *testing.T) {
	clean(t)
	var out bytes.Buffer
	if _, err := Parse([]string{"--version"}, &out, "v1.2.3"); !errors.Is(err, ErrHelp) || strings.TrimSpace(out.String()) != "v1.2.3" {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

// TestConsole: it is for whoever develops, unless it is asked for.
func TestConsole(t *testing.T) {
	for _, c := range []struct {
		keys, console string
		want          bool
	}{{"", "auto", true}, {"", "off", false}, {"", "on", true}, {"k", "auto", false}, {"k", "off", false}, {"k", "on", true}} {
		if got := (Access{AuthKeys: c.keys, Console: c.console}).ShowConsole(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
