package writer

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"rapport/engine"
)

// gather takes the first request and whatever waits behind it, without waiting for company. The batch is bounded by commands
// here, and by rows in apply.
func (w *Writer) gather(first *request) {
	w.take(first)
	for len(w.batch) < w.opts.BatchCommands {
		select {
		case r := <-w.inbox:
			w.take(r)
		default:
			return
		}
	}
}

func (w *Writer) take(r *request) {
	if r.state.CompareAndSwap(waiting, taken) {
		w.batch = append(w.batch, r)
	}
}

// turn serves what was gathered, in as many batches as its rows need, and what is due. An error ends the goroutine.
func (w *Writer) turn() error {
	for {
		rest := w.batch
		if err := w.admit(rest); err != nil {
			return w.suspendOn(err)
		}
		served, panicked := w.apply(rest)
		if panicked {
			return w.rebuild()
		}
		w.batch = rest[:served]
		made, err := w.commit()
		if err != nil {
			w.batch = append(w.batch[:0], rest[served:]...)
			return err
		}
		w.sweep()
		w.batch = append(w.batch[:0], rest[served:]...)
		if !made { // what is left waited through the recovery, and its callers have gone
			w.failBatch(unavailable("the database did not take changes; the change was not made"))
		}
		if len(w.batch) == 0 {
			return nil
		}
	}
}

// admit reads what the requests need and the engine lacks, in one go.
func (w *Writer) admit(batch []*request) error {
	commands := make([]engine.Command, len(batch))
	var keys []engine.KeyRef
	for i, r := range batch {
		commands[i] = r.Command
		if r.Key != "" {
			keys = append(keys, r.keyRef())
		}
	}
	needs := w.engine.Missing(commands)
	if needs.Empty() && len(keys) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Patience)
	defer cancel()
	facts, found, err := w.store.Facts(ctx, needs, keys, w.clock.Now())
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	w.engine.Admit(facts)
	for _, k := range found {
		w.known[k.KeyRef] = k
	}
	return nil
}

// apply gives the commands to the engine until the batch is full, and lets time pass first. A refused command waits for the commit
// too: what it was refused for may have been decided in this very batch. It tells how many requests it went through.
func (w *Writer) apply(batch []*request) (served int, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			w.opts.Log.Error("a command panicked; the engine is made anew", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			panicked = true
			if w.ticking {
				w.panics++
			}
			w.ticking = false
		}
	}()
	now := w.clock.Now()
	if deadline, due := w.engine.NextDeadline(); due && !deadline.After(now) {
		w.ticking = true
		if _, err := w.engine.Apply(engine.Tick{}, engine.Meta{Actor: engine.System, Now: now, Entropy: tickEntropy()}); err != nil {
			w.opts.Log.Error("tick refused", "error", err)
		}
		w.ticking = false
	}
	began := time.Now()
	for i, r := range batch {
		if i > 0 && (w.engine.Pending() >= w.opts.BatchRows || time.Since(began) > maxApply) {
			return i, false
		}
		w.serve(r)
	}
	return len(batch), false
}

// serve applies one request, or finds that its key was used before.
func (w *Writer) serve(r *request) {
	if r.Key != "" {
		if k, used := w.known[r.keyRef()]; used {
			if k.Hash != r.hash {
				r.err = &engine.Error{
					Code: engine.CodeConflict, Reason: engine.ReasonKeyReused, Field: "idempotencyKey",
					Message: "this key was used with another input",
				}
				return
			}
			r.result, r.replay = engine.Result{Refs: k.Refs}, true
			return
		}
	}
	now := w.clock.Now()
	r.result, r.err = w.engine.Apply(r.Command, engine.Meta{Actor: r.Actor, Now: now, Entropy: r.entropy})
	if r.Key != "" && r.err == nil {
		key := engine.IdempotencyKey{KeyRef: r.keyRef(), Hash: r.hash, Refs: r.result.Refs, At: now}
		w.known[key.KeyRef] = key
		w.keys = append(w.keys, key)
	}
}

// rebuild makes the engine anew from the database after a panic: the last resort. Sessions are still there. Nothing of the batch was
// written. Time passing that panics again and again would do so for ever: then the process ends, for all to see.
func (w *Writer) rebuild() error {
	if w.panics > maxTickPanics {
		return ErrPanics
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*w.opts.Patience)
	defer cancel()
	snap, err := w.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	snap.Live = w.engine.LiveSessions()
	w.engine = engine.New(snap, w.clock.Now())
	w.bus.Restore(w.at, w.engine.QueueFigures())
	w.count()
	for _, r := range w.batch {
		r.answer(engine.Result{}, &engine.Error{Code: engine.CodeInternal, Message: "the change could not be made"})
	}
	w.endBatch()
	return nil
}

// maxApply is how long commands are given to the engine for one batch: no number of costly ones keeps the lease row still for so long that another
// server takes the owner for dead.
const maxApply = 200 * time.Millisecond

// maxTickPanics is how often in a row time passing may panic.
const maxTickPanics = 2

// endBatch forgets what belongs to one batch only.
func (w *Writer) endBatch() {
	w.engine.Forget()
	clear(w.batch)
	w.batch, w.keys = w.batch[:0], w.keys[:0]
	clear(w.known)
}
