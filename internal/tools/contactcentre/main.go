// Command contactcentre writes the example contact centre: the files of examples/contact-centre, byte for byte the
// same each time.
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
	for _, f := range configdir.Render(&generate(seed).centre) {
		if err := os.WriteFile(filepath.Join(out, f.Name), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
