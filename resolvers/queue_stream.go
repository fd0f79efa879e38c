package resolvers

import (
	"context"
	"fmt"
	"slices"

	"rapport/engine"
	"rapport/graph"
)

// figuresStream: the figures of queues. They follow from the state, so a cursor of before says nothing about where to begin: RESET says so, or a queue that was
// deleted meanwhile would stay in what was folded.
func (r *Resolver) figuresStream(ctx context.Context, ids []string, after *string) (<-chan *graph.QueueFiguresMessage, error) {
	if _, err := resumeFrom(after); err != nil {
		return nil, err
	}
	var of []engine.QueueID
	if ids != nil {
		if err := checkDistinct("queueIds", ids, maxNamed); err != nil {
			return nil, err
		}
		for _, id := range ids {
			of = append(of, engine.QueueID(id))
		}
	}
	stream, at, figures := r.Streams.QueueFigures(of)
	var begin []*graph.QueueFiguresMessage
	for i := range figures {
		begin = append(begin, &graph.QueueFiguresMessage{
			Type: graph.StreamMessageTypeState, QueueID: orNull(figures[i].QueueID), Figures: &figures[i],
		})
	}
	for i, id := range of {
		if slices.ContainsFunc(figures, func(f engine.QueueFigures) bool { return f.QueueID == id }) {
			continue
		}
		if after == nil {
			stream.Close()
			return nil, badInput(fmt.Sprintf("queueIds.%d", i), "there is no such queue")
		}
		begin = append(begin, &graph.QueueFiguresMessage{Type: graph.StreamMessageTypeRemoved, QueueID: orNull(id)})
	}
	return run(ctx, r, feed[graph.QueueFiguresMessage]{
		stream: stream, start: engine.Start{At: at, Reset: after != nil}, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.QueueFiguresMessage {
			return &graph.QueueFiguresMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.QueueFiguresMessage, bool) {
			m := &graph.QueueFiguresMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, QueueID: orNull(p.QueueID), Figures: p.Figures}
			if p.Figures == nil {
				m.Type = graph.StreamMessageTypeRemoved
			}
			return m, false
		},
	}), nil
}

// figuresOf gives the figures of one queue. One that was made this very moment may have none yet: it is empty.
func (r *Resolver) figuresOf(id engine.QueueID) *engine.QueueFigures {
	if list := r.Streams.FiguresOf([]engine.QueueID{id}); len(list) == 1 {
		return &list[0]
	}
	return engine.NoFigures(id)
}
