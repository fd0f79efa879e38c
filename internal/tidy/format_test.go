package tidy

import (
	"bytes"
	"go/format"
	"path"
	"testing"
)

func TestGoIsFormatted(t *testing.T) {
	r := openRepository(t)
	var found []finding
	for _, p := range r.paths {
		if path.Ext(p) != ".go" {
			continue
		}
		if data := r.read(t, p); data != nil {
			found = append(found, checkFormat(p, data)...)
		}
	}
	report(t, "run gofmt -w on the file.", found)
}

func TestFormatRuleFails(t *testing.T) {
	expect(t, checkFormat("a.go", []byte("package a\nvar  b int\n")), "a.go: is not as gofmt writes it")
	expect(t, checkFormat("a.go", []byte("package")), "a.go: ")
	expect(t, checkFormat("a.go", []byte("package a\n\nvar b int\n")))
}

func checkFormat(p string, data []byte) []finding {
	switch formatted, err := format.Source(data); {
	case err != nil:
		return []finding{{p, err.Error()}}
	case !bytes.Equal(formatted, data):
		return []finding{{p, "is not as gofmt writes it"}}
	}
	return nil
}
