package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/apitest"
	"rapport/internal/config"
)

// example writes the files of the example into a folder.
func example(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	listed, err := contactcentre.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range listed {
		data, err := contactcentre.Files.ReadFile(f.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name()), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run applies as somebody who types, or as nobody for "nobody", and gives what was printed and the exit code that would be.
func runApply(t *testing.T, c config.Apply, typed string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	who := person{strings.NewReader(typed), typed != "nobody"}
	err := applyAs(context.Background(), c, who, &out, &errs)
	if err != nil {
		errs.WriteString(err.Error())
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of more than one line: %q", err)
		}
	}
	return out.String(), errs.String(), codeOf(err)
}

func codeOf(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return 1
}

// TestApplyCommand: shown, asked, made; the second time nothing.
func TestApplyCommand(t *testing.T) {
	web := apitest.Serve(t, apitest.New(t))
	dir := example(t)
	base := config.Apply{Remote: config.Remote{URL: web.URL}, Dir: dir}
	yes, dry := base, base
	yes.Yes, dry.DryRun = true, true
	const summary = "To create: 2860, to change: 1, to delete: 0.\n"
	for _, c := range []struct {
		name   string
		set    config.Apply
		typed  string
		code   int
		out    string // how stdout ends; the last number is a time
		stderr string
	}{
		{"dry", dry, "nobody", 4, summary, "nothing was changed"},
		{"nobody to ask", base, "nobody", 2, summary, "--yes is needed"},
		{"no", base, "n\n", 1, summary + "Make these changes? [y/N] ", "nothing was changed"},
		{"just return", base, "\n", 1, "[y/N] ", "nothing was changed"},
		{"no answer", base, "", 1, "[y/N] ", "nothing was changed"},
		{"still dry", dry, "nobody", 4, summary, ""},
		{"yes", base, "Yes\n", 0, "Done: ", "AGENT_IN_NO_QUEUE"},
		{"again", base, "nobody", 0, "Nothing to do: the server is as the files say.\n", ""},
		{"again, with --yes", yes, "nobody", 0, "Nothing to do: the server is as the files say.\n", ""},
		{"again, dry", dry, "nobody", 0, "Nothing to do: the server is as the files say.\n", ""},
	} {
		out, errs, code := runApply(t, c.set, c.typed)
		out, _, _ = strings.Cut(out, "Done: ")
		want := strings.TrimSuffix(c.out, "Done: ")
		if code != c.code || !strings.HasSuffix(out, want) || !strings.Contains(errs, c.stderr) {
			t.Errorf("%s: exit code %d, stderr %q, stdout ends in %q", c.name, code, errs, out[max(0, len(out)-200):])
		}
	}
}

// TestApplyPrunes: what is not named stays, and goes with --prune.
func TestApplyPrunes(t *testing.T) {
	web := apitest.Serve(t, apitest.New(t))
	dir := t.TempDir()
	agents := filepath.Join(dir, "agents.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(agents, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := config.Apply{Remote: config.Remote{URL: web.URL + "/graphql"}, Dir: dir, Yes: true}
	const one = "- {id: ag_01900000-0000-7000-8000-000000000001, name: Ana, capacityUnits: 1}\n"
	write(one + "- {id: ag_01900000-0000-7000-8000-000000000002, name: Bo, capacityUnits: 1}\n")
	if _, errs, code := runApply(t, c, "nobody"); code != 0 {
		t.Fatal(errs)
	}
	write(one)
	if out, _, code := runApply(t, c, "nobody"); code != 0 || !strings.HasPrefix(out, "The server has more that the files do not name: 1 × agent.") {
		t.Errorf("%d %s", code, out)
	}
	c.Prune = true
	if out, errs, code := runApply(t, c, "nobody"); code != 0 || !strings.HasPrefix(out, `- agent ag_01900000-0000-7000-8000-000000000002 "Bo"`) {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if out, _, code := runApply(t, c, "nobody"); code != 0 || out != "Nothing to do: the server is as the files say.\n" {
		t.Errorf("%d %s", code, out)
	}
}

// TestApplyRefusesFiles: all that is wrong, before anything is sent.
func TestApplyRefusesFiles(t *testing.T) {
	web := apitest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	dir := t.TempDir()
	c := config.Apply{Remote: config.Remote{URL: web.URL}, Dir: dir, Yes: true}
	if _, errs, code := runApply(t, c, "nobody"); code != 2 || !strings.Contains(errs, "none of the files") {
		t.Errorf("an empty folder: %d %s", code, errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "agents.yaml"), []byte("- name: 1\n  units: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, code := runApply(t, c, "nobody")
	for _, want := range []string{"agents.yaml:1: id is missing\n", "agents.yaml:2: there is no \"units\"", "are wrong in 3 places"} {
		if code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%d, without %q: %s", code, want, errs)
		}
	}
	c.Dir = filepath.Join(dir, "nowhere")
	if _, errs, code := runApply(t, c, "nobody"); code != 2 || !strings.Contains(errs, "nowhere") {
		t.Errorf("no folder: %d %s", code, errs)
	}
}

// TestApplyWithoutServer: nobody there, and somebody else there.
func TestApplyWithoutServer(t *testing.T) {
	dir := example(t)
	gone := apitest.Serve(t, http.NotFoundHandler())
	gone.Close()
	other := apitest.Serve(t, http.NotFoundHandler())
	for url, want := range map[string]string{gone.URL: "no answer from", other.URL: "is it the address of a Rapport server?"} {
		if _, errs, code := runApply(t, config.Apply{Remote: config.Remote{URL: url}, Dir: dir, Yes: true}, "nobody"); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%d %s", code, errs)
		}
	}
}

// TestApplyInterruptedAtTheQuestion ends at once, though nobody has typed anything.
func TestApplyInterruptedAtTheQuestion(t *testing.T) {
	web := apitest.Serve(t, apitest.New(t))
	ctx, cancel := context.WithCancel(context.Background())
	silent, typed := io.Pipe()
	defer typed.Close() //nolint:errcheck // a pipe
	out := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("[y/N]")) {
			cancel()
		}
		return len(p), nil
	})
	err := applyAs(ctx, config.Apply{Remote: config.Remote{URL: web.URL}, Dir: example(t)}, person{silent, true}, out, io.Discard)
	if err == nil || err.Error() != "interrupted" {
		t.Errorf("the error is %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestExportCommand: applied and exported, every file is as it was; a folder with something in it is left alone without --force.
func TestExportCommand(t *testing.T) {
	web := apitest.Serve(t, apitest.New(t))
	from, to := example(t), filepath.Join(t.TempDir(), "new")
	remote := config.Remote{URL: web.URL}
	if _, errs, code := runApply(t, config.Apply{Remote: remote, Dir: from, Yes: true}, "nobody"); code != 0 {
		t.Fatal(errs)
	}
	var out bytes.Buffer
	if err := Run(context.Background(), config.Export{Remote: remote, Dir: to}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "40 agents, 6 queues, 11 workstreams, 1500 contacts, 1300 rows of preferred agents, 0 policies of contacts, 1 role, 2 presence statuses, 0 capacity profiles. API keys are not exported.") {
		t.Error(out.String())
	}
	listed, err := os.ReadDir(to)
	if err != nil || len(listed) != 10 {
		t.Errorf("%d files, %v", len(listed), err)
	}
	for _, f := range listed {
		was, err1 := os.ReadFile(filepath.Join(from, f.Name()))
		is, err2 := os.ReadFile(filepath.Join(to, f.Name()))
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(was, is) {
			t.Errorf("%s is another (%v)", f.Name(), err)
		}
	}
	err = Run(context.Background(), config.Export{Remote: remote, Dir: to}, &out, io.Discard)
	if codeOf(err) != 2 || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a folder that is not empty: %v", err)
	}
	if err := Run(context.Background(), config.Export{Remote: remote, Dir: to, Force: true}, &out, io.Discard); err != nil {
		t.Error(err)
	}
	if err := Run(context.Background(), config.Apply{Remote: remote, Dir: to}, &out, io.Discard); err != nil {
		t.Errorf("an export is not what the server has: %v", err)
	}
}
