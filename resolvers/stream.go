package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/auth"
)

// wantsOffers passes what a subscription to an agent's offers is about: their offers, and that they signed out.
func wantsOffers(ev *engine.Event) bool {
	return ev.Offer != nil || ev.Type == engine.EventSessionClosed && ev.Body.Cause == string(engine.CauseSignOut)
}

// agentOffers sends the open offers as they are, then every change after that, until the agent signs out. It subscribes before it
// reads, and drops what the reading has seen already, so that nothing is missing and nothing comes twice (EV-1).
func (r *Resolver) agentOffers(ctx context.Context, id engine.AgentID) (<-chan *graph.AgentOfferMessage, error) {
	own := auth.Actor(ctx).AgentID
	if own != "" && own != id {
		return nil, notFound("agent")
	}
	startCtx, cancel := context.WithTimeout(ctx, r.StartTimeout)
	defer cancel()
	if a, err := find(startCtx, loadersFrom(ctx).agents, id); err != nil || a == nil {
		if err == nil {
			err = notFound("agent")
		}
		return nil, err
	}
	stream := r.Subscribe(id, wantsOffers)
	open, at, err := r.Reader.OpenOffers(startCtx, id)
	if err != nil {
		stream.Close()
		return nil, err
	}
	out := make(chan *graph.AgentOfferMessage, 1)
	go func() {
		defer close(out)
		defer stream.Close()
		send := func(m *graph.AgentOfferMessage) bool {
			select {
			case out <- m:
				return true
			case <-ctx.Done():
				return false
			}
		}
		start := engine.EventPlace{Position: at, Index: startIndex}
		for i := range open {
			if !send(&graph.AgentOfferMessage{Type: graph.StreamMessageTypeState, Cursor: start.Cursor(), Offer: &open[i]}) {
				return
			}
		}
		if send(&graph.AgentOfferMessage{Type: graph.StreamMessageTypeReady, Cursor: start.Cursor()}) {
			r.forwardOffers(ctx, stream, at, own == id, send)
		}
	}()
	return out, nil
}

// startIndex is behind every event of a batch: a start shows the state after all of it.
const startIndex = 1 << 30

func (r *Resolver) forwardOffers(ctx context.Context, stream Stream, start engine.Position, own bool, send func(*graph.AgentOfferMessage) bool) {
	for {
		ev, place, more := stream.Next(ctx)
		switch {
		case !more:
			if ctx.Err() == nil {
				r.Cut(ctx)
			}
			return
		case place.Epoch < start.Epoch || place.Epoch == start.Epoch && place.Seq <= start.Seq:
			continue // the start has it
		case ev.Offer == nil:
			if own {
				return // signed out
			}
			continue
		}
		at := ev.At
		if !send(&graph.AgentOfferMessage{Type: graph.StreamMessageTypeChanged, Cursor: place.Cursor(), Offer: ev.Offer, At: &at}) {
			return
		}
	}
}
