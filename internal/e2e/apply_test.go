package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const exampleFolder = "../../examples/contact-centre"

// TestApplyAndExport: files are brought to a running server once, after being shown, and an export of it is the same files.
func TestApplyAndExport(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		apply := func(code int, want string, flags ...string) {
			t.Helper()
			got, out, errs := rapport(t, append([]string{"apply", exampleFolder, "--url", s.url("")}, flags...)...)
			if got != code || !strings.Contains(out+errs, want) {
				t.Errorf("apply %v ends with %d, want %d and %q: %s%s", flags, got, code, want, tail(out, 3), errs)
			}
		}
		apply(4, "To create: 2860, to change: 1, to delete: 0.", "--dry-run")
		apply(2, "--yes is needed where nobody can be asked")
		apply(0, "Done: ", "--yes")
		apply(0, "Nothing to do", "--dry-run", "--prune")
		apply(0, "Nothing to do")

		folder := filepath.Join(t.TempDir(), "exported")
		if code, _, errs := rapport(t, "export", "--url", s.url(""), folder); code != 0 {
			t.Fatalf("export ends with %d: %s", code, errs)
		}
		files, err := os.ReadDir(folder)
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			is, err := os.ReadFile(filepath.Join(folder, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			was, err := os.ReadFile(filepath.Join(exampleFolder, f.Name()))
			if err != nil || string(is) != string(was) {
				t.Errorf("%s is exported as something else (%v)", f.Name(), err)
			}
		}
		if code, _, errs := rapport(t, "export", "--url", s.url(""), folder); code != 2 || !strings.Contains(errs, "--force") {
			t.Errorf("export into a folder with something in it ends with %d: %s", code, errs)
		}
	})
}
