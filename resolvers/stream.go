package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/auth"
)

// wantsOffers passes what a subscription to an agent's offers is about: their offers, and the end of sessions.
func wantsOffers(ev *engine.Event) bool {
	return ev.Offer != nil || ev.Type == engine.EventSessionClosed
}

// agentOffers sends the open offers as they are, then every change after that, until the session that it is ends. It subscribes before it
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
	session := auth.Session(ctx)
	start, err := r.Reader.OfferStart(startCtx, id, session)
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
		if session != "" && !start.SessionLive {
			return // signed out meanwhile
		}
		cursor := engine.EventPlace{Position: start.At, Index: startIndex}.Cursor()
		for i := range start.Offers {
			if !send(&graph.AgentOfferMessage{Type: graph.StreamMessageTypeState, Cursor: cursor, Offer: &start.Offers[i]}) {
				return
			}
		}
		if send(&graph.AgentOfferMessage{Type: graph.StreamMessageTypeReady, Cursor: cursor}) {
			r.forwardOffers(ctx, stream, start.At, session, send)
		}
	}()
	return out, nil
}

// startIndex is behind every event of a batch: a start shows the state after all of it.
const startIndex = 1 << 30

func (r *Resolver) forwardOffers(ctx context.Context, stream Stream, start engine.Position, session engine.SessionID, send func(*graph.AgentOfferMessage) bool) {
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
			if session != "" && ev.Body.SessionID == session {
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
