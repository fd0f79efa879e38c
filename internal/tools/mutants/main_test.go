package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPatchesApply notices a patch that the engine has moved away from, without running what takes minutes.
func TestPatchesApply(t *testing.T) {
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	patches, err := filepath.Glob(filepath.Join(root, patchFolder, "*.patch"))
	if err != nil || len(patches) < 10 {
		t.Fatalf("%d patches in %s, want at least 10 (%v)", len(patches), patchFolder, err)
	}
	sources, err := filepath.Glob(filepath.Join(root, "engine", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, patch := range patches {
		t.Run(filepath.Base(patch), func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range sources {
				if err := copyFile(file, filepath.Join(dir, "engine", filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
			}
			if err := apply(t.Context(), dir, patch); err != nil {
				t.Errorf("make the same mistake in the code as it is now: %v", err)
			}
			if text, err := os.ReadFile(patch); err != nil || strings.HasPrefix(string(text), "---") {
				t.Errorf("begin with a sentence that says which behaviour it breaks (%v)", err)
			}
		})
	}
}

func TestWhoFound(t *testing.T) {
	for _, c := range []struct{ name, printed, want string }{
		{"test", "--- FAIL: TestSimulation (0.3s)\n    seed 1\nFAIL\n", "TestSimulation"},
		{"subtest", "--- FAIL: TestGolden (0.3s)\n    --- FAIL: TestGolden/offer.txt (0.1s)\nFAIL\n", "TestGolden/offer.txt"},
		{"too long", "panic: test timed out after 5m0s\n", "a test that ran too long"},
		{"panic", "panic: runtime error: index out of range\n", "a panic"},
		{"neither", "FAIL rapport/engine [build failed]\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := whoFound(c.printed)
			if got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}
