// Command contactcentre writes the example contact centre: the files of examples/contact-centre and of the hour in its
// folder day, byte for byte the same each time.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"rapport/internal/configdir"
)

// seed is where all chance in the example comes from. Another seed is another example.
const seed = 5

func main() {
	out := flag.String("out", "", "the folder to write to; it must exist")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "contactcentre:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	if out == "" {
		return fmt.Errorf("give the folder to write to with -out")
	}
	g := generate(seed)
	if err := write(out, configdir.Render(&g.centre)); err != nil {
		return err
	}
	inner := filepath.Join(out, dayFolder)
	if err := os.MkdirAll(inner, 0o755); err != nil {
		return err
	}
	return write(inner, makeDay(g, seed).files())
}

func write(folder string, files []configdir.File) error {
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(folder, f.Name), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
