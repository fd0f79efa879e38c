package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
)

// decisionStream: the last decision about each item that waits, then every decision.
func (r *Resolver) decisionStream(ctx context.Context, filter *graph.DecisionStreamFilter, after *string) (<-chan *graph.DecisionMessage, error) {
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	var of engine.DecisionSelection
	if filter != nil {
		if of.QueueID, err = optionalID[engine.QueueID]("filter.queueId", filter.QueueID); err != nil {
			return nil, err
		}
		if of.WorkItemID, err = optionalID[engine.WorkItemID]("filter.workItemId", filter.WorkItemID); err != nil {
			return nil, err
		}
	}
	stream := r.Streams.Decisions(of)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.DecisionStart, error) {
		return r.Reader.DecisionStart(ctx, of, place)
	})
	if err != nil {
		return nil, err
	}
	begin := make([]*graph.DecisionMessage, len(start.Decisions))
	for i := range start.Decisions {
		begin[i] = &graph.DecisionMessage{Type: graph.StreamMessageTypeState, Decision: &start.Decisions[i]}
	}
	return run(ctx, r, feed[graph.DecisionMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.DecisionMessage {
			return &graph.DecisionMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.DecisionMessage, bool) {
			if of.QueueID != "" && of.QueueID != p.Event.QueueID {
				return nil, false
			}
			d := *p.Event.Decision // others get it too
			d.ID, d.Repeats = *cursor, 1
			return &graph.DecisionMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, Decision: &d}, false
		},
	}), nil
}
