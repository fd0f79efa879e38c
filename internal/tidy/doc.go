// Package tidy holds the rules of this repository as tests: which way imports go, how long things may be, how the
// schema speaks, that generated code is fresh and that links lead somewhere. It has no code of its own.
//
// Each rule is one Test function over the real tree, and a function from a sample to findings, so that a table beside
// it can show the rule failing. A finding says where and what; the line at the end of a failed test says what to do.
package tidy
