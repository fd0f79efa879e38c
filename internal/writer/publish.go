package writer

import "rapport/engine"

// answerAll gives every caller of the batch what their command came to.
func (w *Writer) answerAll() {
	for _, r := range w.batch {
		r.answer(r.result, r.err)
	}
	w.endBatch()
}

// answerErr tells every caller of the batch the same, whatever their command came to: what it saw may not last.
func (w *Writer) answerErr(err error) {
	for _, r := range w.batch {
		r.answer(engine.Result{}, err)
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

// failBatch ends a batch that was not made.
func (w *Writer) failBatch(err error) {
	w.answerErr(err)
	w.endBatch()
}

// refuseAll empties the inbox.
func (w *Writer) refuseAll(err error) {
	for {
		select {
		case r := <-w.inbox:
			if r.state.CompareAndSwap(waiting, taken) {
				r.answer(engine.Result{}, err)
			}
		default:
			return
		}
	}
}
