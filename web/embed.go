// Package web holds the console's bundle, which `make web` builds from the sources beside this file and the server embeds.
package web

import (
	"embed"
	"io/fs"
)

// all: because a bundler may give a file a name that begins with an underscore, which go:embed passes over otherwise. The placeholder
// keeps the folder there when nothing has been built.
//
//go:embed all:dist
var dist embed.FS

// Bundle is the console as it was built before this binary: index.html and assets/, those as NAME.gz. built is false when there was
// no bundle; then the tree holds nothing to serve.
func Bundle() (tree fs.FS, built bool) {
	tree, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist, false // "dist" is a valid name: this can't be
	}
	_, err = fs.Stat(tree, "index.html")
	return tree, err == nil
}
