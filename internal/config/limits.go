package config

import "time"

// The limits of the API. Those of the nouns are in engine/limits.go, those of sockets are the defaults of internal/api/ws.
const (
	// MaxBodyBytes is the largest request body.
	MaxBodyBytes = 256 << 10
	// MaxTokens is the longest document, in tokens: validating costs more than linearly.
	MaxTokens = 2000
	// MaxComplexity is how many fields a document may ask for, those of a list once per entry of its page.
	MaxComplexity = 50_000
	// QueryCacheSize is how many parsed and validated documents are kept.
	QueryCacheSize = 1000
	// MaxHeaderBytes is the largest request header.
	MaxHeaderBytes = 32 << 10
	// HeaderTimeout, ReadTimeout and IdleTimeout bound how long a client may take over a request's header, over all of it, and over
	// the next one.
	HeaderTimeout, ReadTimeout, IdleTimeout = 5 * time.Second, 15 * time.Second, 2 * time.Minute
	// AnswerTimeout is how long a query, a mutation, or the start of a subscription may take: what the database does not give by then
	// is UNAVAILABLE. The writer's own patience, 4.5 s, is within it.
	AnswerTimeout = 4900 * time.Millisecond
	// DrainTimeout is how long requests that are under way have to end after SIGTERM.
	DrainTimeout = 10 * time.Second
	// BackupTimeout is how long one backup may take, from making the copy to its last byte; there is one at a time.
	BackupTimeout = time.Hour
	// BackupStall is how long the client of a backup may take for BackupChunk bytes, a MiB.
	BackupStall = 30 * time.Second
	BackupChunk = 1 << 20
	// MaxClockSpeed is how many times as fast the server's time may run: beyond, the machine's milliseconds are the server's minutes.
	MaxClockSpeed = 1000
)
