// Package contactcentre is the example contact centre: Halmwick Energy & Fibre, an invented regional provider of electricity and
// internet, as the files that stand next to this one. internal/configdir reads and writes such folders.
//
// Folder day holds one hour of its work; that is not embedded.
//
// The files are made by internal/tools/contactcentre from a fixed seed. To change the example, change the generator
// and run go generate; a test there refuses files that the generator would not have made.
package contactcentre

import "embed"

//go:generate go run ../../internal/tools/contactcentre -out .

// Files holds the example contact centre, each file under its name.
//
//go:embed *.yaml *.csv
var Files embed.FS
