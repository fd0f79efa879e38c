package main_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"rapport/engine"
	"rapport/models"
)

// faults is a store that fails when and how a test says. Without an order everything goes through.
type faults struct {
	*models.Store
	beats bool

	mu sync.Mutex
	// commits are the orders for the next calls of Commit, alwaysCommit the one after them; likewise for the others.
	commits        []fault
	alwaysCommit   fault
	alwaysPosition error
	alwaysFacts    func(context.Context) error
	alwaysRelease  error
	// landed are the batches that the database took, in their order.
	landed []*engine.Batch
	late   sync.WaitGroup
}

// fault is what becomes of one Commit; commit makes the batch durable.
type fault func(ctx context.Context, commit func(context.Context) error) error

var errNetwork = errors.New("the network said no")

// The faults. Each is one line in the list of what a database can do to its client.
var (
	through fault = func(ctx context.Context, commit func(context.Context) error) error { return commit(ctx) }
	// nothingSent: the connection broke before anything went over it.
	nothingSent fault = func(context.Context, func(context.Context) error) error { return errNetwork }
	// answerLost: it landed, and the connection broke before the answer came.
	answerLost fault = func(ctx context.Context, commit func(context.Context) error) error {
		return errors.Join(commit(ctx), errNetwork)
	}
	tryAgain fault = func(context.Context, func(context.Context) error) error { return engine.ErrTryAgain }
	refused  fault = func(context.Context, func(context.Context) error) error { return engine.ErrRefused }
	// silent: no answer, and nothing landed.
	silent fault = func(ctx context.Context, _ func(context.Context) error) error {
		<-ctx.Done()
		return ctx.Err()
	}
	// silentLanded: it landed, and no answer came.
	silentLanded fault = func(ctx context.Context, commit func(context.Context) error) error {
		err := commit(ctx)
		<-ctx.Done()
		return errors.Join(err, ctx.Err())
	}
)

// landsLate: the connection broke, and the server finishes what it had been sent a while later, when nobody listens any more.
func (f *faults) landsLate(after time.Duration) fault {
	return func(_ context.Context, commit func(context.Context) error) error {
		f.late.Go(func() {
			time.Sleep(after)
			_ = commit(context.Background()) // refused when the database stands elsewhere by then
		})
		return errNetwork
	}
}

func (f *faults) Commit(ctx context.Context, b *engine.Batch) error {
	f.mu.Lock()
	order := f.alwaysCommit
	if len(f.commits) > 0 {
		order, f.commits = f.commits[0], f.commits[1:]
	}
	f.mu.Unlock()
	if order == nil {
		order = through
	}
	return order(ctx, func(ctx context.Context) error {
		err := f.Store.Commit(ctx, b)
		if err == nil {
			f.mu.Lock()
			f.landed = append(f.landed, b)
			f.mu.Unlock()
		}
		return err
	})
}

func (f *faults) Position(ctx context.Context) (engine.Position, error) {
	f.mu.Lock()
	err := f.alwaysPosition
	f.mu.Unlock()
	if err != nil {
		return engine.Position{}, err
	}
	return f.Store.Position(ctx)
}

func (f *faults) Facts(
	ctx context.Context, needs engine.Needs, keys []engine.KeyRef, now time.Time,
) (engine.Facts, []engine.IdempotencyKey, error) {
	f.mu.Lock()
	fail := f.alwaysFacts
	f.mu.Unlock()
	if fail != nil {
		if err := fail(ctx); err != nil {
			return engine.Facts{}, nil, err
		}
	}
	return f.Store.Facts(ctx, needs, keys, now)
}

func (f *faults) NeedsBeat() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.beats || f.Store.NeedsBeat()
}

func (f *faults) Release(ctx context.Context, at engine.Position) error {
	if f.alwaysRelease != nil {
		return f.alwaysRelease
	}
	return f.Store.Release(ctx, at)
}

// order gives the next orders for Commit and the one for all after them.
func (f *faults) order(always fault, next ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits, f.alwaysCommit = next, always
}

// heal ends all faults.
func (f *faults) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits, f.alwaysCommit, f.alwaysPosition, f.alwaysFacts = nil, nil, nil, nil
}

func (f *faults) batches() []*engine.Batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*engine.Batch(nil), f.landed...)
}

// bus keeps what was published.
type bus struct {
	mu        sync.Mutex
	published []published
	// figures are the last of every queue.
	figures map[engine.QueueID]engine.QueueFigures
}

type published struct {
	at     engine.Position
	events []engine.Event
}

func (b *bus) Publish(at engine.Position, c *engine.Changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(c.Events) > 0 {
		b.published = append(b.published, published{at, c.Events})
	}
	for _, f := range c.Figures {
		b.figures[f.QueueID] = f
	}
	for _, id := range c.QueuesRemoved {
		delete(b.figures, id)
	}
}

func (b *bus) Restore(_ engine.Position, all []engine.QueueFigures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures = map[engine.QueueID]engine.QueueFigures{}
	for _, f := range all {
		b.figures[f.QueueID] = f
	}
}
