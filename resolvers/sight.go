package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
	"rapport/internal/auth"
)

// What who asks may see (RL-1). Roots are guarded by @allow before anything runs (internal/api/rules.go); here is what depends on the object: an agent
// sees what is their own, and of the rest what others come across. What may not be seen is as if it were not there.

// may tells whether who asks has one of the permissions.
func may(ctx context.Context, any ...engine.Permission) bool {
	return auth.Actor(ctx).Permissions.HasAny(any...)
}

// self is the agent whose own things who asks may see; "" for none.
func self(ctx context.Context) engine.AgentID {
	if a := auth.Actor(ctx); a.Permissions.HasAny(engine.OwnWork) {
		return a.AgentID
	}
	return ""
}

func isSelf(ctx context.Context, id engine.AgentID) bool { return id != "" && id == self(ctx) }

// Visible is the directive @visible.
func (r *Resolver) Visible(ctx context.Context, obj any, next graphql.Resolver, to []engine.Permission, own bool) (any, error) {
	seen := may(ctx, to...)
	if !seen && own {
		var err error
		switch o := obj.(type) {
		case *engine.Agent:
			seen = isSelf(ctx, o.ID)
		case *engine.WorkItem:
			seen, err = r.isOwnItem(ctx, o)
		}
		if err != nil {
			return nil, err
		}
	}
	if !seen {
		return nil, auth.Lacks(to...)
	}
	return next(ctx)
}

// isOwnItem tells whether a work item is the acting agent's: offered or assigned to them, theirs when it was closed, or waiting where they may pick it
// (WS-6).
func (r *Resolver) isOwnItem(ctx context.Context, w *engine.WorkItem) (bool, error) {
	id := self(ctx)
	if id == "" || w.AgentID == id {
		return id != "", nil
	}
	if w.Status != engine.Queued {
		return false, nil
	}
	return r.isMember(ctx, id, w.QueueID)
}

func (r *Resolver) isMember(ctx context.Context, a engine.AgentID, q engine.QueueID) (bool, error) {
	queues, err := loadersFrom(ctx).memberships.Load(ctx, a)
	return slices.ContainsFunc(queues, func(own engine.Queue) bool { return own.ID == q }), err
}

// agentFor gives an agent who is asked for by id.
func agentFor(ctx context.Context, id engine.AgentID) (*engine.Agent, error) {
	if !may(ctx, engine.AgentsRead) && !isSelf(ctx, id) {
		return nil, nil
	}
	return find(ctx, loadersFrom(ctx).agents, id)
}

// contactFor gives a contact who is asked for by id.
func (r *Resolver) contactFor(ctx context.Context, id engine.ContactID) (*engine.Contact, error) {
	if !may(ctx, engine.ContactsRead) {
		own := self(ctx)
		if own == "" {
			return nil, nil
		}
		if known, err := r.Reader.HasWorkOf(ctx, own, id); err != nil || !known {
			return nil, err
		}
	}
	return find(ctx, loadersFrom(ctx).contacts, id)
}

// contactOf gives the contact of a work item.
func (r *Resolver) contactOf(ctx context.Context, w *engine.WorkItem) (*engine.Contact, error) {
	if !may(ctx, engine.ContactsRead) {
		if own, err := r.isOwnItem(ctx, w); err != nil || !own {
			return nil, err
		}
	}
	return find(ctx, loadersFrom(ctx).contacts, w.ContactID)
}

// workItemFor gives a work item that is asked for by id.
func (r *Resolver) workItemFor(ctx context.Context, id engine.WorkItemID) (*engine.WorkItem, error) {
	w, err := find(ctx, loadersFrom(ctx).workItems, id)
	if err != nil || w == nil || may(ctx, engine.WorkRead) {
		return w, err
	}
	if own, err := r.isOwnItem(ctx, w); err != nil || !own {
		return nil, err
	}
	return w, nil
}

func offerFor(ctx context.Context, id engine.OfferID) (*engine.Offer, error) {
	o, err := find(ctx, loadersFrom(ctx).offers, id)
	if err != nil || o == nil || !may(ctx, engine.WorkRead) && !isSelf(ctx, o.AgentID) {
		return nil, err
	}
	return o, nil
}

func assignmentFor(ctx context.Context, id engine.AssignmentID) (*engine.Assignment, error) {
	a, err := find(ctx, loadersFrom(ctx).assignments, id)
	if err != nil || a == nil || !may(ctx, engine.WorkRead) && !isSelf(ctx, a.AgentID) {
		return nil, err
	}
	return a, nil
}

// ownWork refuses a list or stream of work items that is not of the acting agent's own: what is theirs, and what waits in a queue of theirs.
func (r *Resolver) ownWork(ctx context.Context, scope engine.WorkItemScope) error {
	if may(ctx, engine.WorkRead) || isSelf(ctx, scope.AgentID) {
		return nil
	}
	waiting := slices.Equal(scope.Statuses, []engine.WorkItemStatus{engine.Queued})
	if id := self(ctx); id != "" && waiting && scope.QueueID != "" {
		if member, err := r.isMember(ctx, id, scope.QueueID); err != nil || member {
			return err
		}
	}
	return &engine.Error{
		Code: engine.CodeForbidden, Field: "filter.agentId",
		Message: "agents see work that is their own, by agentId, and lists of what is QUEUED in a queue of theirs",
	}
}
