package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
)

// node finds any object by its global id; nil when there is none.
func (r *Resolver) node(ctx context.Context, id string) (graph.Node, error) {
	l := loadersFrom(ctx)
	if id == engine.OrganizationID {
		o, err := r.Reader.Organization(ctx)
		return &o, err
	}
	if len(id) < 3 {
		return nil, nil
	}
	switch id[:3] {
	case "ct_":
		return asNode(find(ctx, l.contacts, engine.ContactID(id)))
	case "ag_":
		return asNode(find(ctx, l.agents, engine.AgentID(id)))
	case "qu_":
		return asNode(find(ctx, l.queues, engine.QueueID(id)))
	case "ws_":
		return asNode(find(ctx, l.workstreams, engine.WorkstreamID(id)))
	case "wi_":
		return asNode(find(ctx, l.workItems, engine.WorkItemID(id)))
	case "of_":
		return asNode(find(ctx, l.offers, engine.OfferID(id)))
	case "as_":
		return asNode(find(ctx, l.assignments, engine.AssignmentID(id)))
	}
	return nil, nil
}

// asNode keeps a missing object from becoming an interface that is not nil.
func asNode[T any](v *T, err error) (graph.Node, error) {
	if v == nil {
		return nil, err
	}
	return v, err
}
