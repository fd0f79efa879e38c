package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/auth"
)

// offerStream: the open offers of an agent, then each as it is made and as it ends, until the session that the subscription is has ended.
func (r *Resolver) offerStream(ctx context.Context, id engine.AgentID, after *string) (<-chan *graph.AgentOfferMessage, error) {
	if !may(ctx, engine.WorkRead) && !isSelf(ctx, id) {
		return nil, notFound("agent")
	}
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	stream, session := r.Streams.AgentOffers(id), auth.Session(ctx)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.OfferStart, error) {
		if a, err := find(ctx, loadersFrom(ctx).agents, id); err != nil || a == nil {
			return engine.OfferStart{}, firstError(err, notFound("agent"))
		}
		return r.Reader.OfferStart(ctx, id, session, place)
	})
	if err != nil {
		return nil, err
	}
	if session != "" && !start.SessionLive { // signed out meanwhile
		stream.Close()
		over := make(chan *graph.AgentOfferMessage)
		close(over)
		return over, nil
	}
	begin := make([]*graph.AgentOfferMessage, len(start.Offers))
	for i := range start.Offers {
		begin[i] = &graph.AgentOfferMessage{Type: graph.StreamMessageTypeState, Offer: &start.Offers[i]}
	}
	return run(ctx, r, feed[graph.AgentOfferMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.AgentOfferMessage {
			return &graph.AgentOfferMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.AgentOfferMessage, bool) {
			if ev := p.Event; ev.Offer == nil {
				return nil, session != "" && ev.Body.SessionID == session // signed out
			}
			return &graph.AgentOfferMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, Offer: p.Event.Offer, At: &p.Event.At}, false
		},
	}), nil
}
