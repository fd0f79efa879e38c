// Package writer owns an engine: one goroutine takes commands from a bounded inbox, applies what waits there as one batch, makes it
// durable in one transaction, and only then answers the callers and publishes the events. So nobody ever sees what could still
// be lost, and many callers share the cost of one commit.
//
//	writer.go   the goroutine: starting, the loop, stopping
//	submit.go   the way in: the inbox, waiting for the answer
//	prepare.go  what is worked out in the caller's goroutine before the inbox
//	batch.go    from waiting requests to applied commands
//	commit.go   from applied commands to durable ones, with every way in which that can fail
//	publish.go  answering and publishing
//	timers.go   the ticks of deadlines and the beat of an idle owner
package writer
