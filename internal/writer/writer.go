package writer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"rapport/engine"
)

// Options are the settings of a writer; zero values stand for the defaults.
type Options struct {
	// InboxSize is how many requests may wait; one more is RATE_LIMITED. Default 4096.
	InboxSize int
	// BatchCommands and BatchRows bound a batch: no further command is taken once either is reached. Defaults 512 and 4096.
	BatchCommands, BatchRows int
	// Patience is how long a batch is tried before its callers get UNAVAILABLE. Default 3 s.
	Patience time.Duration
	// Now is the machine's clock. Default time.Now.
	Now func() time.Time
	// Speed is how many times as fast the server's time runs. Default 1.
	Speed   float64
	Log     *slog.Logger
	Metrics Metrics
}

const (
	defaultInboxSize     = 4096
	defaultBatchCommands = 512
	defaultBatchRows     = 4096
	defaultPatience      = 3 * time.Second
	// answerSlack is how long after Patience a caller gives up on an answer: the two make less than the 5 s that are promised.
	answerSlack = 1500 * time.Millisecond
)

func (o Options) withDefaults() Options {
	if o.InboxSize == 0 {
		o.InboxSize = defaultInboxSize
	}
	if o.BatchCommands == 0 {
		o.BatchCommands = defaultBatchCommands
	}
	if o.BatchRows == 0 {
		o.BatchRows = defaultBatchRows
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = silent{}
	}
	return o
}

type silent struct{}

func (silent) Committed(int, int, time.Duration) {}
func (silent) CommitFailed()                     {}

// Writer is the one way to change anything. Its methods are safe for concurrent use.
type Writer struct {
	store Store
	bus   Publisher
	opts  Options
	clock clock
	inbox chan *request
	// stop asks the goroutine to end; done is closed when it has, and then err says why.
	stop chan struct{}
	done chan struct{}
	err  error
	// ready: commits go through. figures: what the engine held after the last batch.
	ready    atomic.Bool
	stopping atomic.Bool
	figures  atomic.Pointer[engine.Figures]

	// What follows belongs to the goroutine.
	engine    *engine.Engine
	at        engine.Position
	batch     []*request
	keys      []engine.IdempotencyKey
	known     map[engine.KeyRef]engine.IdempotencyKey
	lastWrite time.Time
	lastSweep time.Time
	// ticking: the command that is applied is a Tick. panics counts the Ticks that panicked since a batch was last made.
	ticking bool
	panics  int
}

// Start makes this process the owner of the database, restores the engine and starts the goroutine. Errors: engine.ErrHeld, what the
// database says.
func Start(ctx context.Context, store Store, bus Publisher, opts Options) (*Writer, error) {
	opts = opts.withDefaults()
	at, err := store.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	snap, err := store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	clock := newClock(opts)
	if ahead := clock.goOnFrom(snap.LastAt); ahead > 0 {
		opts.Log.Warn("the database is ahead of this machine's clock; the server's time goes on from there", "ahead", ahead)
	}
	w := &Writer{
		store: store, bus: bus, opts: opts, clock: clock, inbox: make(chan *request, opts.InboxSize),
		stop: make(chan struct{}), done: make(chan struct{}),
		engine: engine.New(snap, clock.Now()), at: at, known: map[engine.KeyRef]engine.IdempotencyKey{},
		lastWrite: time.Now(), lastSweep: time.Now(),
	}
	bus.Restore(at, w.engine.QueueFigures())
	w.count()
	w.ready.Store(true)
	f := w.Figures()
	opts.Log.Info("engine restored", "epoch", at.Epoch, "agents", f.Agents, "openItems", f.OpenItems, "took", time.Since(began))
	go w.run()
	return w, nil
}

// run is the goroutine: a batch of whatever waits, or a tick when something is due, or a beat when nothing happens.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(w.untilNext())
		select {
		case r := <-w.inbox:
			w.gather(r)
		case <-timer.C:
		case <-w.stop:
			w.err = w.finish()
			return
		}
		if err := w.turn(); err != nil {
			w.err = err
			w.ready.Store(false)
			w.answerErr(unavailable("the server is stopping"))
			w.refuseAll(unavailable("the server is stopping"))
			return
		}
	}
}

// finish serves what waits, which was asked for before the end, and gives the database back.
func (w *Writer) finish() error {
	for {
		select {
		case r := <-w.inbox:
			w.gather(r)
			if err := w.turn(); err != nil {
				w.refuseAll(unavailable("the server is stopping"))
				return err
			}
			continue
		default:
		}
		break
	}
	w.ready.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Patience)
	defer cancel()
	return w.store.Release(ctx, w.at)
}

// Stop serves what is in the inbox and ends the goroutine; no further command is taken. It returns why the goroutine ended.
func (w *Writer) Stop() error {
	if w.stopping.CompareAndSwap(false, true) {
		close(w.stop)
	}
	<-w.done
	return w.err
}

// Done is closed when the goroutine has ended, by Stop or because it can't go on; Err then says why.
func (w *Writer) Done() <-chan struct{} { return w.done }

// Err is why the goroutine ended; to be read after Done.
func (w *Writer) Err() error { return w.err }

// Ready tells whether commits go through.
func (w *Writer) Ready() bool { return w.ready.Load() }

// Now is the server's time.
func (w *Writer) Now() time.Time { return w.clock.Now() }

// Waiting is how many requests are in the inbox.
func (w *Writer) Waiting() int { return len(w.inbox) }

// Figures counts what the engine held after the last batch.
func (w *Writer) Figures() engine.Figures { return *w.figures.Load() }

func (w *Writer) count() {
	f := w.engine.Figures()
	w.figures.Store(&f)
}

// The errors after which this process must end: it no longer owns the database, or can't go on.
var (
	ErrLeaseLost   = errors.New("another server has taken the database over")
	ErrCommitsLost = errors.New("the database has lost commits: it stands before what it had acknowledged")
	ErrElsewhere   = errors.New("the database stands where this process did not put it")
	ErrPanics      = errors.New("the engine panics whenever time passes")
)
