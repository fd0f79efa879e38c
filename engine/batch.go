package engine

import (
	"errors"
	"time"
)

// Position is a place in the order of all batches: Seq counts within an Epoch, and every owner of the database has its own Epoch.
type Position struct{ Epoch, Seq int64 }

// Batch is what becomes durable in one transaction: the changes of some commands and their idempotency keys.
type Batch struct {
	// Before is where the database must stand, At the place that the batch takes: one further, but for probes.
	Before, At Position
	Changes    *Changes
	Keys       []IdempotencyKey
}

// KeyRef names an idempotency key: each principal has their own.
type KeyRef struct{ Principal, Key string }

// KeyLifetime is how long a key gives the same answer.
const KeyLifetime = 24 * time.Hour

// IdempotencyKey is what a call with a key came to.
type IdempotencyKey struct {
	KeyRef
	// Hash is of the command, to notice the same key with another input.
	Hash string
	Refs Refs
	At   time.Time
}

// What a store says of a batch that it did not commit, to be tested with errors.Is. An error that is none of them leaves open
// whether the batch landed: ask Store.Position.
var (
	// ErrTryAgain: nothing was written, and the same batch may succeed at once (deadlock, lock wait, conflict).
	ErrTryAgain = errors.New("the transaction must be tried again")
	// ErrRefused: the database refused it for good and wrote nothing (disk full, constraint).
	ErrRefused = errors.New("the database refused the transaction")
	// ErrNotOwner: the lease row does not stand right before the batch.
	ErrNotOwner = errors.New("the database stands elsewhere")
	// ErrHeld: another server owns the database.
	ErrHeld = errors.New("another server owns this database")
)
