// Package engine decides who gets which work item, and holds the nouns that everybody shares.
//
// It is a pure, deterministic state machine in memory: commands go in through Apply, changes and events come out
// through Take, and the same commands always give the same events. It reads no clock, starts no goroutine, does no
// I/O and never depends on the order of a map: time, ids' entropy and facts from the database are part of what it is
// given. So it can be driven by golden scripts, by a simulation, and by the one writer goroutine in internal/writer.
//
// Where to find what:
//
//	organization.go … decision.go   one noun per file: its fields, its rules, the commands that change it
//	engine.go     the state, Apply, Take, NextDeadline
//	changes.go    what a batch changed, and how it is undone
//	snapshot.go   the state from its stored rows, and back
//	route.go      which waiting item is looked at next (WS-3, WS-5)
//	placement.go  who gets one item: the checks, the preferred path, the next-best path (RT-3, RT-4, OF-4)
//	candidates.go the members of a queue, ready to be picked from
//	deadlines.go  what is due when
package engine
