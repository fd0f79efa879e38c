package writer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"rapport/engine"
)

const (
	retryPause = 5 * time.Millisecond
	probePause = 250 * time.Millisecond
	// askTimeout bounds the question where the database stands.
	askTimeout = time.Second
)

// fate is what became of a batch.
type fate int

const (
	// landed: it is durable.
	landed fate = iota
	// refused: it is not and never will be.
	refused
	// unknown: it was sent, and the database does not say.
	unknown
	// lost: the database is no longer ours.
	lost
)

// commit makes durable what the engine has pending, then answers the callers and publishes the events; it tells whether that was done.
// An error ends the goroutine.
func (w *Writer) commit() (made bool, err error) {
	changes := w.engine.Take()
	if changes.Size() == 0 && len(w.keys) == 0 {
		w.answerAll()
		return true, w.idle()
	}
	b := &engine.Batch{Before: w.at, At: w.after(1), Changes: changes, Keys: w.keys}
	began := time.Now()
	result, err := w.makeDurable(b)
	switch result {
	case landed:
		w.opts.Metrics.Committed(len(w.batch), changes.Size(), time.Since(began))
		w.panics = 0
		w.settle(b)
		return true, nil
	case refused:
		w.opts.Log.Error("the database refused a batch; it is undone", "error", err, "commands", len(w.batch))
		w.engine.Undo(changes)
		w.failBatch(unavailable("the database did not take the change; it was not made"))
		return false, w.recoverDatabase(nil)
	case unknown:
		w.opts.Log.Error("the database does not answer", "error", err, "commands", len(w.batch))
		w.answerErr(unknownOutcome())
		return false, w.recoverDatabase(b)
	default:
		w.answerErr(unknownOutcome())
		return false, err
	}
}

// settle is what follows once a batch is durable.
func (w *Writer) settle(b *engine.Batch) {
	w.at, w.lastWrite = b.At, time.Now()
	w.bus.Publish(b.At, b.Changes) // first: who asks for figures in the answer to their change must see it
	w.answerAll()
	w.count()
	w.giveWay()
}

// giveWay lets those run first who were just answered, as long as they give more: so they come into the next batch and not the one after. It
// waits for nobody; with nobody there it returns at once, and a full batch is enough.
func (w *Writer) giveWay() {
	for before := -1; len(w.inbox) > before && len(w.inbox) < w.opts.BatchCommands; {
		before = len(w.inbox)
		runtime.Gosched()
	}
}

// after is the place n batches further.
func (w *Writer) after(n int64) engine.Position {
	return engine.Position{Epoch: w.at.Epoch, Seq: w.at.Seq + n}
}

// makeDurable sends a batch until its fate is known or patience is over. The same batch can be sent again safely: its first statement
// moves the lease row from right before the batch to it, and waits for a transaction in flight that does the same. Once an attempt got
// no clear answer, it may still land: then nothing but its landing, or a batch in its place, settles the matter.
func (w *Writer) makeDurable(b *engine.Batch) (fate, error) {
	end := time.Now().Add(w.opts.Patience)
	unclear := false
	for {
		ctx, cancel := context.WithDeadline(context.Background(), end)
		err := w.store.Commit(ctx, b)
		cancel()
		if err == nil {
			return landed, nil
		}
		answered := errors.Is(err, engine.ErrTryAgain) || errors.Is(err, engine.ErrRefused)
		if !answered {
			unclear = unclear || !errors.Is(err, engine.ErrNotOwner)
			if where, askErr := w.ask(b); where == landed || where == lost {
				return where, errors.Join(askErr, err)
			}
		}
		over := !time.Now().Before(end)
		switch {
		case unclear && (over || errors.Is(err, engine.ErrRefused)):
			return unknown, err
		case over || errors.Is(err, engine.ErrRefused):
			return refused, err
		case answered:
			time.Sleep(retryPause)
		default:
			time.Sleep(probePause)
		}
	}
}

// ask tells from where the database stands what became of a batch: refused stands for not yet.
func (w *Writer) ask(b *engine.Batch) (fate, error) {
	stands, err := w.position()
	switch {
	case err != nil:
		return unknown, err
	case stands == b.At:
		return landed, nil
	case stands == b.Before:
		return refused, nil
	default:
		return lost, w.elsewhere(stands)
	}
}

func (w *Writer) position() (engine.Position, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	return w.store.Position(ctx)
}

// elsewhere says what it means that the database stands where nothing of ours put it.
func (w *Writer) elsewhere(stands engine.Position) error {
	if stands.Epoch != w.at.Epoch {
		return fmt.Errorf("%w: it has epoch %d, we %d", ErrLeaseLost, stands.Epoch, w.at.Epoch)
	}
	if stands.Seq < w.at.Seq {
		return fmt.Errorf("%w: it has batch %d, we %d", ErrCommitsLost, stands.Seq, w.at.Seq)
	}
	return fmt.Errorf("%w: it has batch %d, we %d", ErrElsewhere, stands.Seq, w.at.Seq)
}

// recoverDatabase refuses everything until the database takes a write again. That write is an empty batch which leaves the place of
// open free, the batch whose fate is unknown (nil when there is none): so where the database stands then tells which of them landed.
// If the probe did, open has not landed and never will, and is undone.
func (w *Writer) recoverDatabase(open *engine.Batch) error {
	w.ready.Store(false)
	w.opts.Metrics.CommitFailed()
	probe := &engine.Batch{Before: w.at, At: w.after(2), Changes: &engine.Changes{}}
	for {
		w.refuseAll(unavailable("the database does not take changes at the moment"))
		ctx, cancel := context.WithTimeout(context.Background(), w.opts.Patience)
		err := w.store.Commit(ctx, probe)
		cancel()
		stands := probe.At
		if errors.Is(err, engine.ErrNotOwner) {
			stands, err = w.position()
		}
		if err == nil && stands != probe.Before {
			return w.recovered(open, stands)
		}
		select {
		case <-w.stop:
			return fmt.Errorf("stopped while the database was away: %w", err)
		case <-time.After(probePause):
		}
	}
}

// recovered goes on from where the database stands.
func (w *Writer) recovered(open *engine.Batch, stands engine.Position) error {
	switch {
	case open != nil && stands == open.At:
		w.settle(open)
	case stands == w.after(2): // the probe
		if open != nil {
			w.engine.Undo(open.Changes)
			w.endBatch()
		}
	default:
		return w.elsewhere(stands)
	}
	w.opts.Log.Info("the database takes changes again", "batchLanded", open != nil && stands == open.At)
	w.at, w.lastWrite = stands, time.Now()
	w.ready.Store(true)
	return nil
}

// suspendOn gives up on a batch that was not applied, because facts for it could not be read.
func (w *Writer) suspendOn(err error) error {
	w.opts.Log.Error("the database does not answer", "error", err, "commands", len(w.batch))
	w.failBatch(unavailable("the database does not answer; the change was not made"))
	return w.recoverDatabase(nil)
}

// idle lets an idle owner show that it is alive.
func (w *Writer) idle() error {
	if !w.store.NeedsBeat() || time.Since(w.lastWrite) < beatPeriod {
		return nil
	}
	b := &engine.Batch{Before: w.at, At: w.after(1), Changes: w.engine.Take()}
	switch result, err := w.makeDurable(b); result {
	case landed:
		w.at, w.lastWrite = b.At, time.Now()
		return nil
	case lost:
		return err
	case refused:
		w.opts.Log.Error("the database refused a beat", "error", err)
		return w.recoverDatabase(nil)
	default:
		w.opts.Log.Error("the database does not answer", "error", err)
		return w.recoverDatabase(b)
	}
}

// sweep clears out old keys now and then.
func (w *Writer) sweep() {
	if time.Since(w.lastSweep) < sweepPeriod {
		return
	}
	w.lastSweep = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), w.opts.Patience)
	defer cancel()
	if err := w.store.Sweep(ctx, w.clock.Now().Add(-engine.KeyLifetime).UnixMicro()); err != nil {
		w.opts.Log.Warn("old idempotency keys were not deleted", "error", err)
	}
}
