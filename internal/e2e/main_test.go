// Package e2e tests the real server from outside: a process with its own database, spoken to over HTTP and WebSocket only.
//
// It shares no code with the server. What a client would have to know, these tests know; what they find out otherwise is a bug in the
// documentation. Everything runs on SQLite and on MariaDB.
//
//	server_test.go   starts and stops servers, by the package servertest
//	client_test.go   GraphQL over HTTP
//	socket_test.go   graphql-transport-ws, and the session of an agent
//	example_test.go  the example contact centre, still, and alive with --demo
//	play_test.go     a morning in the example contact centre, judged by the package checker
//	api_*_test.go    what the API promises, call by call
//	access_*_test.go who may do what, and what nobody else gets to see, on servers that want tokens
//	session_test.go  sessions that come, go and survive (PR-7, PR-8)
//	presence_*_test.go a thousand agents who vanish, close, stay and come back (PR-7); a supervisor who watches a thousand (PR-9)
//	feeds_*_test.go  the five subscriptions: what they say, resuming, what is deleted under them
//	clients_*_test.go  the clients and documents of examples/, run together and one by one
//	backup_test.go   rapport backup, under load and offline
//	tokens_test.go   the commands at a server that asks for tokens
//	process_test.go  flags, signals, exit codes, logs, metrics
//	npm_test.go      the client that people use, graphql-ws, in web/test: an agent's desktop, and the end of tokens
//	npm_schema_test.go  the schema in the eyes of graphql-js: breaking changes, introspection, audits of GraphQL over HTTP
//	browser_test.go  the console in a headless Chromium, in web/e2e
package e2e

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"rapport/internal/servertest"
)

// binary is the server, built once for a run of the tests: with the race detector if they have it.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rapport-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if binary, err = servertest.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	// These tests wait more than they work: more of them at a time than there are processors, unless somebody wants it otherwise.
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set(strconv.Itoa(max(4, runtime.GOMAXPROCS(0)))) // a number has no errors
	}
	return m.Run()
}
