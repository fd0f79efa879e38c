// Package resolvers answers the API. One file per schema file, of the same base name; a resolver is ids, actor, one call, payload. The
// rules are in engine, the reading is behind Reader.
//
// What is no resolver: resolver.go (what they stand on), commands.go (the one way to a mutation), loaders.go (reading by id in
// parts), page.go (connections), errors.go (how errors look to clients), stream.go (how every subscription runs)
// and NOUN_stream.go (what each is about).
package resolvers
