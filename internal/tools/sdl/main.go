// Command sdl writes docs/api/schema.graphql, the schema as one document, and docs/api/access.md, who may use which field of its roots, from
// schema/*.graphqls; it refuses a schema that does not say so of every one (RL-1). With --check it does nothing else. With --release it writes
// docs/api/released.graphql too: the schema that clients rely on, against which breaking changes are refused
// (docs/graphql.md says when). It is started in the root of the repository, without the network. It ends with 1 when something is
// wrong, and then has written nothing or, if the disk failed, one of the two.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"rapport/internal/sdl"
)

const (
	currentHead = "# Generated from schema/*.graphqls by `make generate`: change those.\n\n"
	accessHead  = "# Who may use what\n\nGenerated from schema/*.graphqls and the roles in engine/role.go by `make generate`. `all`: whatever the objects are. `own`: what is " +
		"the acting agent's own; the rest is as if it were not there. [Access](../access.md) explains it.\n\n"
	releasedHead = "# The schema of the last release, written by `go run ./internal/tools/sdl --release`: what clients rely on.\n\n"
)

func main() {
	release := flag.Bool("release", false, "write docs/api/released.graphql too: from now on breaking this schema is refused")
	check := flag.Bool("check", false, "write nothing: only look whether every field of the roots has a rule")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "sdl: takes no arguments")
		os.Exit(2)
	}
	if err := write(".", *release, *check); err != nil {
		fmt.Fprintln(os.Stderr, "sdl:", err)
		os.Exit(1)
	}
}

// write makes the documents of the repository at root.
func write(root string, release, check bool) error {
	schema, err := sdl.Load(filepath.Join(root, "schema"))
	if err != nil {
		return err
	}
	text, err := sdl.Print(schema)
	if err != nil {
		return err
	}
	access, err := sdl.Access(schema)
	if err != nil || check {
		return err
	}
	folder := filepath.Join(root, "docs", "api")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "schema.graphql"), []byte(currentHead+text), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "access.md"), []byte(accessHead+access), 0o644); err != nil {
		return err
	}
	if !release {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, "released.graphql"), []byte(releasedHead+text), 0o644)
}
