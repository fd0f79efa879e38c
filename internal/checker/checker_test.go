package checker

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAllIsWell(t *testing.T) {
	s := newStory()
	r := Examine(s.History, s.Log)
	for _, v := range r.Violations {
		t.Error(v)
	}
	if r.Undecided != 0 || r.Judged < 40 {
		t.Errorf("%d questions were judged and %d passed over", r.Judged, r.Undecided)
	}
}

// TestEachRuleFails spoils the story once for each rule: a checker that finds nothing proves nothing.
func TestEachRuleFails(t *testing.T) {
	for _, c := range slices.Concat(shapeCases(), choiceCases(), timeCases(), logCases()) {
		t.Run(c.name, func(t *testing.T) {
			s := newStory()
			c.spoil(s)
			found := Check(s.History, s.Log)
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == c.rule && strings.Contains(v.Text, c.text) }) {
				t.Errorf("found %v, want %s: … %s …", found, c.rule, c.text)
			}
			for _, v := range found {
				if strings.Contains(v.String(), "%!") {
					t.Errorf("badly written: %s", v)
				}
			}
		})
	}
}

type spoilt struct {
	name  string
	spoil func(s *story)
	rule  string
	text  string // part of the sentence
}

// What an instant that is not known exactly leaves open is passed over and counted.
func TestDoubtIsNoViolation(t *testing.T) {
	s := newStory()
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Agent == "ag_b" && c.Cause == "MANUAL" {
			c.Span = Span{c.NotBefore.Add(-100 * time.Millisecond), c.NotAfter.Add(100 * time.Millisecond)}
		}
	}
	r := Examine(s.History, s.Log)
	if len(r.Violations) > 0 || r.Undecided == 0 {
		t.Errorf("bounds around presences: found %v, %d passed over", r.Violations, r.Undecided)
	}
	s = newStory()
	s.present(200, "ag_d", "BUSY", "MANUAL") // in the microsecond in which item 3 was created: what came first?
	if r = Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided == 0 {
		t.Errorf("two commands at one instant: found %v, %d passed over", r.Violations, r.Undecided)
	}
}

// The checker must not share a mistake with what it checks.
func TestSharesNoCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); path == "rapport" || strings.HasPrefix(path, "rapport/") {
				t.Errorf("%s imports %s: the checker may import nothing of this module", name, path)
			}
		}
	}
}
