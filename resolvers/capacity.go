package resolvers

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
	"rapport/graph"
)

// costOf is what an input says that an item takes of an agent, nil when it says nothing. Only one kind can be given, and the error names the one
// that is wrong: the engine can't tell 0 or an empty list from what is left out (CP-2).
func costOf(units, percent graphql.Omittable[*int], profiles graphql.Omittable[[]string]) (*engine.CapacityCost, error) {
	u, p, ids := units.Value(), percent.Value(), profiles.Value()
	switch {
	case u != nil && p != nil, u != nil && ids != nil, p != nil && ids != nil:
		return nil, badInput("capacityUnits", "of units, percent and profiles only one can be given")
	case u != nil:
		return &engine.CapacityCost{Units: *u}, nil
	case p != nil && *p == 0:
		return nil, badInput("capacityPercent", "must be from 1 to 100")
	case p != nil:
		return &engine.CapacityCost{Percent: *p}, nil
	case ids == nil:
		return nil, nil
	case len(ids) == 0:
		return nil, badInput("capacityProfileIds", fmt.Sprintf("must name 1 to %d profiles", engine.MaxProfilesPerItem))
	}
	c := &engine.CapacityCost{}
	for _, id := range ids {
		c.Profiles = append(c.Profiles, engine.CapacityProfileID(id))
	}
	return c, nil
}

// wrapUpOf is the wrap-up that an update sets, nil for none: seconds belong to a mode.
func wrapUpOf(mode *engine.WrapUpMode, seconds *int) (*engine.WrapUp, error) {
	switch {
	case mode == nil && seconds == nil:
		return nil, nil
	case mode == nil:
		return nil, badInput("wrapUp", "must be given with wrapUpSeconds")
	case seconds == nil:
		return &engine.WrapUp{Mode: *mode}, nil
	}
	return &engine.WrapUp{Mode: *mode, Seconds: *seconds}, nil
}

// profilesOf are the capacity profiles of a cost; those that were deleted since the work was done are left out.
func profilesOf(ctx context.Context, ids []engine.CapacityProfileID) ([]*engine.CapacityProfile, error) {
	found, err := findAll(ctx, loadersFrom(ctx).profiles, ids)
	return slices.DeleteFunc(found, func(p *engine.CapacityProfile) bool { return p == nil }), err
}

// agentProfiles are the capacity profiles that an agent has. Work that was given by hand can take of others.
func agentProfiles(ctx context.Context, a *engine.Agent) ([]*graph.AgentCapacityProfile, error) {
	var uses []engine.ProfileUse
	var ids []engine.CapacityProfileID
	for _, u := range a.Profiles {
		if u.Has {
			uses, ids = append(uses, u), append(ids, u.ProfileID)
		}
	}
	found, err := findAll(ctx, loadersFrom(ctx).profiles, ids)
	list := make([]*graph.AgentCapacityProfile, 0, len(ids))
	for i, p := range found {
		if p == nil {
			continue // deleted meanwhile
		}
		u, limit := uses[i], p.Limit
		if u.Limit != nil {
			limit = *u.Limit
		}
		list = append(list, &graph.AgentCapacityProfile{
			Profile: p, Limit: limit, OwnLimit: u.Limit, Assigned: u.Assigned, Reserved: u.Reserved, Kept: u.Kept,
			Free: limit - u.Assigned - u.Reserved - u.Kept,
		})
	}
	return list, err
}
