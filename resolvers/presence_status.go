package resolvers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
	"rapport/graph"
)

// statusesByID reads presence statuses: those that are built in are known, only the others are read.
func statusesByID(r Reader) func(context.Context, []engine.PresenceStatusID) ([]engine.PresenceStatus, error) {
	return func(ctx context.Context, ids []engine.PresenceStatusID) ([]engine.PresenceStatus, error) {
		var list []engine.PresenceStatus
		var own []engine.PresenceStatusID
		for _, id := range ids {
			if s := engine.BuiltInStatus(id); s != nil {
				list = append(list, *s)
			} else {
				own = append(own, id)
			}
		}
		if len(own) == 0 {
			return list, nil
		}
		read, err := r.PresenceStatusesByID(ctx, own)
		return append(list, read...), err
	}
}

// statusOf finds a presence status; nil for "" and for one that was deleted since.
func statusOf(ctx context.Context, id engine.PresenceStatusID) (*engine.PresenceStatus, error) {
	return find(ctx, loadersFrom(ctx).statuses, id)
}

// statusPatch is a default presence that may be left out, or taken away by null.
func statusPatch(o graphql.Omittable[*string]) (engine.Patch[engine.PresenceStatusID], error) {
	id, err := optionalID[engine.PresenceStatusID]("defaultPresenceStatusId", o)
	p := engine.Patch[engine.PresenceStatusID]{Set: o.IsSet()}
	if id != "" {
		p.Value = &id
	}
	return p, err
}

// allStatuses are those that are built in, then those of one's own.
func allStatuses(ctx context.Context) ([]*engine.PresenceStatus, error) {
	own, err := loadersFrom(ctx).allStatuses.Load(ctx, struct{}{})
	return append(slices.Clone(engine.BuiltInStatuses[:]), pointers(own)...), err
}

// selectableBy are the statuses that an agent may choose by hand.
func selectableBy(ctx context.Context, id engine.AgentID) ([]*engine.PresenceStatus, error) {
	all, err := allStatuses(ctx)
	if err != nil {
		return nil, err
	}
	granted, err := loadersFrom(ctx).granted.Load(ctx, id)
	return slices.DeleteFunc(all, func(s *engine.PresenceStatus) bool {
		return !s.Selectable || !s.ForEveryone && !slices.Contains(granted, s.ID)
	}), err
}

// grantedTo is a page of the agents to whom a status is granted.
func (r *Resolver) grantedTo(ctx context.Context, id engine.PresenceStatusID, first int, after *string) (*graph.AgentConnection, error) {
	p, err := pageOf("ag_", first, after)
	if err != nil {
		return nil, err
	}
	grants, more, err := r.Reader.PresenceStatusGrants(ctx, id, p)
	if err != nil {
		return nil, err
	}
	ids := make([]engine.AgentID, len(grants))
	for i, g := range grants {
		ids[i] = g.AgentID
	}
	list, err := r.Reader.Agents(ctx, ids)
	slices.SortFunc(list, func(a, b engine.Agent) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	c := agentConnection(list, first, after)
	c.PageInfo.HasNextPage = more
	return c, err
}

// presenceHistory is a page of the changes of an agent's presence.
func (r *Resolver) presenceHistory(ctx context.Context, of engine.PresenceHistoryScope, first int, after *string) (*graph.PresenceChangeConnection, error) {
	if err := checkFirst(first); err != nil {
		return nil, err
	}
	place, err := decodeCursor(after)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Reader.PresenceHistory(ctx, of, engine.Page{First: first, After: place})
	if err != nil {
		return nil, err
	}
	edges, nodes, info := connection(list, first, after, func(c *engine.PresenceChange) string { return c.ID },
		func(cursor string, c *engine.PresenceChange) *graph.PresenceChangeEdge {
			return &graph.PresenceChangeEdge{Cursor: cursor, Node: c}
		})
	info.HasNextPage = more
	return &graph.PresenceChangeConnection{Edges: edges, Nodes: nodes, PageInfo: info}, nil
}

// presenceTimes is for how long an agent had which presence, the longest first.
func (r *Resolver) presenceTimes(ctx context.Context, id engine.AgentID, from, until time.Time) ([]*engine.PresenceTime, error) {
	list, err := r.Reader.PresenceTimes(ctx, id, from, until, r.Writer.Now())
	slices.SortStableFunc(list, func(a, b engine.PresenceTime) int { return cmp.Compare(b.Duration, a.Duration) })
	return pointers(list), err
}
