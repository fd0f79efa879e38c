package resolvers

import (
	"context"
	"time"

	"rapport/engine"
	"rapport/graph"
)

// How every subscription runs (EV-1): it subscribes before it reads, sends what it begins with, and drops what the reading has seen already, so that
// nothing is missing and nothing comes twice. What each is about is in the _stream.go of its noun.

// feed is one subscription whose messages are of type M.
type feed[M any] struct {
	stream Stream
	start  engine.Start
	// begin are the messages of the start; mark makes READY, which has a cursor, and RESET, which has none.
	begin []*M
	mark  func(kind graph.StreamMessageType, cursor *string) *M
	// forward makes a message of what was published: nil when there is nothing to say. Over ends the subscription.
	forward func(p engine.Published, cursor *string) (m *M, over bool)
}

// maxStart is how long a client may take for the start of a subscription: it is in memory until then.
const maxStart = 2 * time.Minute

// run sends the messages until the subscriber goes, falls behind, or the feed is over.
func run[M any](ctx context.Context, r *Resolver, f feed[M]) <-chan *M {
	out := make(chan *M, 1)
	go func() {
		defer close(out)
		defer f.stream.Close()
		send := func(m *M) bool {
			select {
			case out <- m:
				return true
			case <-ctx.Done():
				return false
			}
		}
		if f.start.Reset && !send(f.mark(graph.StreamMessageTypeReset, nil)) {
			return
		}
		late := time.NewTimer(maxStart)
		defer late.Stop()
		for i, m := range f.begin {
			f.begin[i] = nil // it can be large, and its reader slow
			select {
			case <-late.C:
				r.Cut(ctx)
				return
			default:
			}
			if !send(m) {
				return
			}
		}
		f.begin = nil
		ready := engine.EventPlace{Position: f.start.At, Index: engine.StartIndex}.Cursor()
		if send(f.mark(graph.StreamMessageTypeReady, &ready)) {
			tail(ctx, r, f, send)
		}
	}()
	return out
}

func tail[M any](ctx context.Context, r *Resolver, f feed[M], send func(*M) bool) {
	start := engine.EventPlace{Position: f.start.At, Index: engine.StartIndex}
	for {
		p, more := f.stream.Next(ctx)
		if !more {
			if ctx.Err() == nil {
				r.Cut(ctx)
			}
			return
		}
		if !p.Place.Behind(start) {
			continue // the start has it
		}
		cursor := p.Place.Cursor()
		m, over := f.forward(p, &cursor)
		if over || m != nil && !send(m) {
			return
		}
	}
}

// resumeFrom reads the cursor behind which to resume; nil to start anew.
func resumeFrom(after *string) (*engine.EventPlace, error) {
	if after == nil {
		return nil, nil
	}
	place, ok := engine.ParseCursor(*after)
	if !ok {
		return nil, badInput("after", "must be a cursor that a message of this subscription brought")
	}
	return &place, nil
}

// starting bounds what a subscription reads before its first message, and lets go of the stream when that fails.
func starting[S any](ctx context.Context, r *Resolver, stream Stream, read func(context.Context) (S, error)) (S, error) {
	ctx, cancel := context.WithTimeout(ctx, r.StartTimeout)
	defer cancel()
	begun := false
	defer func() {
		if !begun { // also when reading panics
			stream.Close()
		}
	}()
	s, err := read(ctx)
	begun = err == nil
	return s, err
}
