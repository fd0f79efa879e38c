package api

import (
	"math"

	"rapport/engine"
	"rapport/graph"
)

// setCosts has a list cost as much as its longest page: a field counts one, and what is asked of each entry counts once per entry, so
// that a small document can't ask for a large part of the database (config.Limits.Complexity).
func setCosts(c *graph.Config) {
	paged := func(child int, first int, _ *string) int { return times(child, min(max(first, 1), engine.MaxPage)) }
	k := &c.Complexity
	k.Query.Agents, k.Query.Queues, k.Query.Workstreams, k.Query.APIKeys = paged, paged, paged, paged
	k.Query.Contacts = func(child int, _ *string, first int, after *string) int { return paged(child, first, after) }
	k.Query.PreferredAgents = k.Query.Contacts
	k.Query.WorkItems = func(child int, _ *graph.WorkItemFilter, _ graph.CreationOrder, first int, after *string) int {
		return paged(child, first, after)
	}
	k.Queue.Members, k.Agent.Assignments, k.Agent.PreferredBy = paged, paged, paged
	k.WorkItem.Offers, k.WorkItem.Assignments, k.WorkItem.Decisions = paged, paged, paged
	k.Agent.Queues = func(child int) int { return times(child, usualQueues) }
	k.Agent.OpenOffers = func(child int) int { return times(child, usualOffers) }
	k.PreferredAgents.Entries = func(child int) int { return times(child, engine.MaxPreferredAgents) }
}

// times is 1 and n times child. It stays at the largest number instead of beginning again with a small one: lists within lists would otherwise be
// cheap from the tenth on.
func times(child, n int) int {
	if child > (math.MaxInt-1)/n {
		return math.MaxInt
	}
	return 1 + child*n
}

// Lists without a page are counted at what is usual, not at what is possible.
const usualQueues, usualOffers = 10, 10
