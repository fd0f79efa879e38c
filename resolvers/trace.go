package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
)

// decisions reads a page of the decisions about an item, and works out how often each was repeated: up to the next decision, or
// up to the item's last attempt (DX-1).
func (r *Resolver) decisions(ctx context.Context, w *engine.WorkItem, first int, after *string) (*graph.DecisionConnection, error) {
	if err := checkFirst(first); err != nil {
		return nil, err
	}
	text, err := decodeCursor(after)
	if err != nil {
		return nil, err
	}
	var place *engine.EventPlace
	if text != "" {
		p, ok := engine.ParseCursor(text)
		if !ok {
			return nil, errCursor
		}
		place = &p
	}
	list, err := r.Reader.DecisionPage(ctx, w.ID, first, place)
	if err != nil {
		return nil, err
	}
	for i := range list {
		next := max(w.Attempts, list[i].Attempt) + 1 // the item may have been read before the decision
		if i+1 < len(list) {
			next = list[i+1].Attempt
		}
		list[i].Repeats = next - list[i].Attempt
	}
	edges, nodes, info := connection(list, first, after, func(d *engine.Decision) string { return d.ID },
		func(c string, d *engine.Decision) *graph.DecisionEdge { return &graph.DecisionEdge{Cursor: c, Node: d} })
	return &graph.DecisionConnection{Edges: edges, Nodes: nodes, PageInfo: info}, nil
}
