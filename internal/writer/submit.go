package writer

import (
	"context"
	"sync/atomic"
	"time"

	"rapport/engine"
)

// MaxKey is the longest idempotency key, in characters.
const MaxKey = 100

// request is a call on its way: whoever changes its state from waiting decides whether it is served or given up.
type request struct {
	engine.Call
	hash    string
	entropy uint64
	state   atomic.Int32
	done    chan struct{}
	result  engine.Result
	replay  bool
	err     error
}

const (
	waiting int32 = iota
	taken
	abandoned
)

func (r *request) answer(result engine.Result, err error) {
	r.result, r.err = result, err
	close(r.done)
}

// Do gives a command and waits until it is durable. Replayed tells that the result is that of an earlier call with the same key: it has
// only the ids. Errors are *engine.Error: what the engine refuses, RATE_LIMITED when the inbox is full, CONFLICT/KEY_REUSED, and
// UNAVAILABLE within 5 seconds when the database does not take it; then, and when ctx ends, the change may or may not be made.
func (w *Writer) Do(ctx context.Context, call engine.Call) (result engine.Result, replayed bool, err error) {
	r, err := prepare(call)
	if err != nil {
		return engine.Result{}, false, err
	}
	if w.stopping.Load() {
		return engine.Result{}, false, unavailable("the server is stopping")
	}
	if !w.ready.Load() {
		return engine.Result{}, false, unavailable("the database does not take changes at the moment")
	}
	select {
	case w.inbox <- r:
	default:
		return engine.Result{}, false, &engine.Error{
			Code: engine.CodeRateLimited, Message: "too many changes are waiting", RetryAfterSeconds: 1,
		}
	}
	patience := time.NewTimer(w.opts.Patience + answerSlack)
	defer patience.Stop()
	select {
	case <-r.done:
		return r.result, r.replay, r.err
	case <-w.done:
	case <-patience.C:
	case <-ctx.Done():
	}
	return w.giveUp(r)
}

// giveUp leaves a request behind: one that was not taken yet will not be made.
func (w *Writer) giveUp(r *request) (engine.Result, bool, error) {
	if r.state.CompareAndSwap(waiting, abandoned) {
		return engine.Result{}, false, unavailable("the change was not made")
	}
	select {
	case <-r.done: // answered at the last moment
		return r.result, r.replay, r.err
	default:
		return engine.Result{}, false, unknownOutcome()
	}
}

func unavailable(message string) *engine.Error {
	return &engine.Error{Code: engine.CodeUnavailable, Message: message}
}

func unknownOutcome() *engine.Error {
	e := unavailable("the change may or may not have been made; give it again with the same idempotencyKey to be sure")
	e.MaybeMade = true
	return e
}
