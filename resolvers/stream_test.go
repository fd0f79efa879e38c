package resolvers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rapport/engine"
	"rapport/graph"
)

// silence is a stream on which nothing happens.
type silence struct{ closed bool }

func (s *silence) Next(ctx context.Context) (engine.Published, bool) {
	<-ctx.Done()
	return engine.Published{}, false
}

func (s *silence) Close() { s.closed = true }

// TestStartIsBounded: a client who takes too long for the start of a subscription is cut off, one who just makes it gets READY (EV-2).
func TestStartIsBounded(t *testing.T) {
	for _, c := range []struct {
		name  string
		pause time.Duration
		cut   bool
	}{{"in time", maxStart/4 - time.Second, false}, {"too late", maxStart/3 + time.Second, true}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				cut, stream := false, &silence{}
				r := &Resolver{Cut: func(context.Context) { cut = true }}
				begin := make([]*graph.WorkItemMessage, 8)
				for i := range begin {
					begin[i] = &graph.WorkItemMessage{Type: graph.StreamMessageTypeState}
				}
				out := run(ctx, r, feed[graph.WorkItemMessage]{
					stream: stream, begin: begin,
					mark: func(kind graph.StreamMessageType, cursor *string) *graph.WorkItemMessage {
						return &graph.WorkItemMessage{Type: kind, Cursor: cursor}
					},
				})
				ready := false
				for n := 0; !ready; n++ {
					m, more := <-out
					if !more {
						break
					}
					ready = m.Type == graph.StreamMessageTypeReady
					if n < 4 {
						time.Sleep(c.pause)
					}
				}
				cancel()
				synctest.Wait()
				if cut != c.cut || ready == c.cut || !stream.closed {
					t.Errorf("cut %t, ready %t, closed %t", cut, ready, stream.closed)
				}
			})
		})
	}
}
