package resolvers

import (
	"context"
	"slices"

	"rapport/engine"
	"rapport/graph"
)

// node finds any object by its global id; nil when there is none.
func (r *Resolver) node(ctx context.Context, id string) (graph.Node, error) {
	if id == engine.OrganizationID && may(ctx, engine.SettingsRead) {
		o, err := r.Reader.Organization(ctx)
		return &o, err
	}
	if len(id) < 3 {
		return nil, nil
	}
	switch id[:3] {
	case "ct_":
		return asNode(r.contactFor(ctx, engine.ContactID(id)))
	case "ag_":
		return asNode(agentFor(ctx, engine.AgentID(id)))
	case "qu_", "ws_", "ps_", "cp_":
		return settingFor(ctx, id)
	case "wi_":
		return asNode(r.workItemFor(ctx, engine.WorkItemID(id)))
	case "of_":
		return asNode(offerFor(ctx, engine.OfferID(id)))
	case "as_":
		return asNode(assignmentFor(ctx, engine.AssignmentID(id)))
	case "ak_":
		return asNode(r.apiKeyFor(ctx, engine.APIKeyID(id)))
	}
	return nil, nil
}

// settingFor finds a queue, a workstream, a presence status or a capacity profile.
func settingFor(ctx context.Context, id string) (graph.Node, error) {
	switch {
	case !may(ctx, engine.SettingsRead):
		return nil, nil
	case id[:3] == "qu_":
		return asNode(find(ctx, loadersFrom(ctx).queues, engine.QueueID(id)))
	case id[:3] == "ps_":
		return asNode(statusOf(ctx, engine.PresenceStatusID(id)))
	case id[:3] == "cp_":
		return asNode(find(ctx, loadersFrom(ctx).profiles, engine.CapacityProfileID(id)))
	}
	return asNode(find(ctx, loadersFrom(ctx).workstreams, engine.WorkstreamID(id)))
}

func (r *Resolver) apiKeyFor(ctx context.Context, id engine.APIKeyID) (*engine.APIKey, error) {
	if !may(ctx, engine.AccessRead) {
		return nil, nil
	}
	keys, err := r.Reader.APIKeys(ctx)
	if i := slices.IndexFunc(keys, func(k engine.APIKey) bool { return k.ID == id }); i >= 0 {
		return &keys[i], nil
	}
	return nil, err
}

// asNode keeps a missing object from becoming an interface that is not nil.
func asNode[T any](v *T, err error) (graph.Node, error) {
	if v == nil {
		return nil, err
	}
	return v, err
}
