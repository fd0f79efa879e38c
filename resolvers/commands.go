package resolvers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/auth"
)

// do gives a command in the name of whoever acts and waits until it is durable. The result has the objects also when it is that of
// an earlier call with the same key: then as they are now.
func (r *Resolver) do(ctx context.Context, c engine.Command, key graphql.Omittable[*string]) (engine.Result, error) {
	call := engine.Call{Command: c, Actor: auth.Actor(ctx)}
	if k := key.Value(); k != nil {
		if *k == "" {
			return engine.Result{}, badInput("idempotencyKey", "must not be empty")
		}
		call.Key = *k
	}
	result, replayed, err := r.Writer.Do(ctx, call)
	*loadersFrom(ctx) = *newLoaders(r.Reader) // what was read before may have changed
	if err != nil || !replayed {
		return result, err
	}
	return result, r.refill(ctx, &result)
}

// refill reads the objects that a replayed result only names. One that was deleted since is NOT_FOUND; a row of the matrix may be gone.
func (r *Resolver) refill(ctx context.Context, result *engine.Result) error {
	l := loadersFrom(ctx)
	refs := result.Refs
	if refs.Organization {
		o, err := r.Reader.Organization(ctx)
		if err != nil {
			return err
		}
		result.OrganizationState = &o
	}
	if err := r.refillAccess(ctx, result); err != nil {
		return err
	}
	return firstError(
		fill(ctx, &result.ContactState, l.contacts, refs.Contact),
		fill(ctx, &result.AgentState, l.agents, refs.Agent),
		fill(ctx, &result.QueueState, l.queues, refs.Queue),
		fill(ctx, &result.WorkstreamState, l.workstreams, refs.Workstream),
		ignoreMissing(fill(ctx, &result.Row, l.rows, refs.PreferredAgents)),
		fill(ctx, &result.WorkItemState, l.workItems, refs.WorkItem),
		fill(ctx, &result.OfferState, l.offers, refs.Offer),
		fill(ctx, &result.AssignmentState, l.assignments, refs.Assignment),
		fill(ctx, &result.PresenceStatusState, l.statuses, refs.PresenceStatus),
		fill(ctx, &result.CapacityProfileState, l.profiles, refs.CapacityProfile),
	)
}

// refillAccess reads the role or the API key that a replayed result names.
func (r *Resolver) refillAccess(ctx context.Context, result *engine.Result) error {
	if name := result.Refs.Role; name != "" {
		roles, err := r.Reader.Roles(ctx)
		i := slices.IndexFunc(roles, func(o engine.Role) bool { return o.Name == name })
		if err != nil || i < 0 {
			return firstError(err, notFound("role any more"))
		}
		result.RoleState = &roles[i]
	}
	if id := result.Refs.APIKey; id != "" {
		keys, err := r.Reader.APIKeys(ctx)
		i := slices.IndexFunc(keys, func(o engine.APIKey) bool { return o.ID == id })
		if err != nil || i < 0 {
			return firstError(err, notFound("API key any more"))
		}
		result.APIKeyState = &keys[i]
	}
	return nil
}

func ignoreMissing(err error) error {
	var missing *engine.Error
	if errors.As(err, &missing) && missing.Code == engine.CodeNotFound {
		return nil
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// optionalID is an id that may be left out; an empty one is no id, and must not be taken for one that was left out.
func optionalID[T ~string](field string, o graphql.Omittable[*string]) (T, error) {
	v := o.Value()
	if v == nil {
		return "", nil
	}
	if *v == "" {
		return "", badInput(field, "must not be empty")
	}
	return T(*v), nil
}

func agentIDs(ids []string) []engine.AgentID {
	out := make([]engine.AgentID, len(ids))
	for i, id := range ids {
		out[i] = engine.AgentID(id)
	}
	return out
}

func patch[T any](o graphql.Omittable[*T]) engine.Patch[T] {
	return engine.Patch[T]{Set: o.IsSet(), Value: o.Value()}
}

// optionalText is a text that may be left out, of at most limit characters.
func optionalText(field string, v *string, limit int) (string, error) {
	if v == nil {
		return "", nil
	}
	if utf8.RuneCountInString(*v) > limit {
		return "", badInput(field, fmt.Sprintf("must have at most %d characters", limit))
	}
	return *v, nil
}

// orNull makes an id that stands for none null.
func orNull[T ~string](id T) *string {
	if id == "" {
		return nil
	}
	text := string(id)
	return &text
}

// policyScope is the command that changes a policy at a scope.
func policyScope(id string) (c engine.UpdateRoutingPolicy, err error) {
	switch {
	case id == engine.OrganizationID:
	case strings.HasPrefix(id, "ws_"):
		c.WorkstreamID = engine.WorkstreamID(id)
	case strings.HasPrefix(id, "ct_"):
		c.ContactID = engine.ContactID(id)
	default:
		err = badInput("scopeId", "must be the id of the organisation, a workstream or a contact")
	}
	return c, err
}

func previewOf(input graph.PreviewRoutingInput) (c engine.PreviewRouting, err error) {
	if c.WorkItemID, err = optionalID[engine.WorkItemID]("workItemId", input.WorkItemID); err != nil {
		return c, err
	}
	if c.WorkstreamID, err = optionalID[engine.WorkstreamID]("workstreamId", input.WorkstreamID); err != nil {
		return c, err
	}
	c.ContactID, err = optionalID[engine.ContactID]("contactId", input.ContactID)
	return c, err
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
