package web

import (
	"io/fs"
	"os"
	"testing"
)

// TestBundle: built says whether there is an index.html to serve, and the placeholder is always there.
func TestBundle(t *testing.T) {
	tree, built := Bundle()
	_, err := os.Stat("dist/index.html")
	if built != (err == nil) {
		t.Errorf("built is %t, but index.html: %v", built, err)
	}
	committed, err := os.ReadFile("public/placeholder.txt")
	if err != nil {
		t.Fatal(err)
	}
	// The bundler empties dist and copies public into it.
	if embedded, err := fs.ReadFile(tree, "placeholder.txt"); err != nil || string(embedded) != string(committed) {
		t.Errorf("the placeholder in dist is not the one in public: %v", err)
	}
}
