package writer

import (
	"context"
	"time"

	"rapport/engine"
)

// Store is the database as the writer needs it. Its methods are called by the writer's goroutine only.
type Store interface {
	// Acquire makes this process the owner, with a new epoch; engine.ErrHeld when another is.
	Acquire(context.Context) (engine.Position, error)
	// Release gives the ownership back.
	Release(context.Context, engine.Position) error
	// Position is how far the database is.
	Position(context.Context) (engine.Position, error)
	// NeedsBeat tells whether an idle owner must commit an empty batch once a second.
	NeedsBeat() bool
	// Load reads everything that the engine holds.
	Load(context.Context) (engine.Snapshot, error)
	// Facts reads what commands need and the engine lacks, and idempotency keys that are still valid at the given time.
	Facts(context.Context, engine.Needs, []engine.KeyRef, time.Time) (engine.Facts, []engine.IdempotencyKey, error)
	// Commit makes a batch durable, all or nothing; its errors are those of engine.Batch.
	Commit(context.Context, *engine.Batch) error
	// Sweep deletes some idempotency keys that are older than a time in microseconds since 1970.
	Sweep(context.Context, int64) error
}

// Publisher takes what was committed, in its order. It must not block.
type Publisher interface {
	Publish(engine.Position, *engine.Changes)
	// Restore says how full all queues are, at the start and when the engine was made anew.
	Restore(engine.Position, []engine.QueueFigures)
}

// Metrics hears what the writer does; see internal/api for the names under which it is published.
type Metrics interface {
	Committed(commands, rows int, took time.Duration)
	CommitFailed()
}
