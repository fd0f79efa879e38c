package api

import (
	"math"
	"time"

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
	k.Query.PresenceStatuses = func(child int) int { return times(child, usualStatuses) }
	k.Query.CapacityProfiles = func(child int) int { return times(child, usualProfiles) }
	k.PresenceStatus.GrantedTo = paged
	k.Agent.SelectablePresenceStatuses = k.Query.PresenceStatuses
	k.Agent.CapacityProfiles = func(child int) int { return times(child, usualProfiles) }
	k.Agent.PresenceHistory = func(child int, _, _ *time.Time, first int, after *string) int { return paged(child, first, after) }
	k.Agent.PresenceTimes = func(child int, from, until time.Time) int {
		return plus(times(child, usualTimes), changesIn(from, until))
	}
	k.Workstream.CapacityProfiles = func(child int) int { return times(child, engine.MaxProfilesPerItem) }
	k.Offer.CapacityProfiles, k.Assignment.CapacityProfiles = k.Workstream.CapacityProfiles, k.Workstream.CapacityProfiles
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

// plus is a sum that stays at the largest number.
func plus(a, b int) int { return min(a, math.MaxInt-b) + b }

// changesIn is what it costs to read all changes of presence of an agent in a range, for the few times that come of them: as many as are usual in a
// day, for each day that is begun. A range that is too long is refused where it is read (PR-9).
func changesIn(from, until time.Time) int {
	const day = 24 * time.Hour
	begun := min(max(until.Sub(from), 1), engine.MaxPresenceRange) + day - 1
	return int(begun/day) * usualChanges
}

// Lists without a page are counted at what is usual, not at what is possible.
const usualQueues, usualOffers, usualStatuses, usualProfiles, usualTimes = 10, 10, 20, 10, 10

// usualChanges is how often the presence of an agent changes on a busy day: twice for each of 200 items.
const usualChanges = 400
