package writer

import (
	"math/rand/v2"
	"time"
)

const (
	// beatPeriod is how often an idle owner moves the lease row; a third of the lease period.
	beatPeriod = time.Second
	// sweepPeriod is how often old idempotency keys are deleted, and the longest sleep.
	sweepPeriod = 10 * time.Second
)

// untilNext is how long the goroutine may sleep when nothing comes in: until the engine's next deadline, the beat or the sweep.
func (w *Writer) untilNext() time.Duration {
	d := time.Until(w.lastSweep.Add(sweepPeriod))
	if w.store.NeedsBeat() {
		d = min(d, time.Until(w.lastWrite.Add(beatPeriod)))
	}
	if deadline, due := w.engine.NextDeadline(); due {
		d = min(d, w.clock.until(deadline))
	}
	return max(d, 0)
}

func tickEntropy() uint64 { return rand.Uint64() }
