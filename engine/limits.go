package engine

import "time"

// The limits of what the engine takes and does. Those of the transport are in internal/config.
const (
	// MaxName is the longest name of anything, in characters.
	MaxName = 200
	// MaxEmail is the longest e-mail address, in bytes (RFC 5321).
	MaxEmail = 254
	// MaxPhone is the longest phone number as typed, in characters.
	MaxPhone = 40
	// MaxReference is the longest key that an integrator gives a work item, in characters.
	MaxReference = 200
	// MaxPriority is the highest priority number of queues, workstreams and items; 0 is served first.
	MaxPriority = 1000
	// MaxCapacityUnits is the largest capacity of an agent, and the largest cost of an item.
	MaxCapacityUnits = 1000
	// MaxAgents, MaxQueues and MaxWorkstreams bound what is held in memory and walked when a policy changes.
	MaxAgents, MaxQueues, MaxWorkstreams = 200_000, 5_000, 5_000
	// MaxOpenWorkItems bounds the memory of what is not closed yet: about 850 bytes each with its contact.
	MaxOpenWorkItems = 1_000_000
	// MaxPreferredAgents is the longest row of the matrix (MX-1).
	MaxPreferredAgents = 3
	// MaxQueuesPerAgent bounds the work of moving an agent between the candidates of their queues.
	MaxQueuesPerAgent = 100
	// MaxMembersPerCall is how many agents one command can add to a queue or remove from it.
	MaxMembersPerCall = 100
	// MaxMembersToDelete is how many members a queue may have that is deleted: more have to be taken out before.
	MaxMembersToDelete = 1000
	// MaxSessionsPerAgent is how many devices an agent can have at once (PR-8).
	MaxSessionsPerAgent = 20
	// MaxRoles is how many roles of one's own there can be, MaxRoleName the longest name of one in bytes, MaxRoleDescription in characters what is said
	// about it (RL-2).
	MaxRoles, MaxRoleName, MaxRoleDescription = 100, 40, 200
	// MaxAPIKeys is how many keys there can be, those that have expired included; MaxRolesPerKey how many roles each can have.
	MaxAPIKeys, MaxRolesPerKey = 1_000, 10
	// MaxPresenceStatuses is how many statuses of one's own there can be, MaxGrantsPerStatus to how many agents one can be granted, MaxAgentsToMove how
	// many agents can have one that is given another base, or deleted (PR-2).
	MaxPresenceStatuses, MaxGrantsPerStatus, MaxAgentsToMove = 200, 5_000, 10_000
	// MaxCapacityProfiles is how many profiles there can be, MaxProfilesPerAgent how many each agent can have, MaxProfilesPerItem how many an item can
	// take of (CP-2).
	MaxCapacityProfiles, MaxProfilesPerAgent, MaxProfilesPerItem = 200, 20, 5
	// MaxCostKinds is how many kinds of cost the workstreams can have: units, percent, and each set of profiles that is named. Each is an order of
	// candidates in every queue that has such work.
	MaxCostKinds = 64
	// MaxOpenWorkLimit is the highest limit of open work for each agent; the lowest is 1 (PR-4).
	MaxOpenWorkLimit = 1000
	// MaxWrapUpSeconds is the longest timed wrap-up; the shortest is 1 (CP-3).
	MaxWrapUpSeconds = 3600
	// MaxTimeZone is the longest name of a time zone, in bytes.
	MaxTimeZone = 64
	// MinOfferSeconds and MaxOfferSeconds bound the countdown of an offer (OF-1).
	MinOfferSeconds, MaxOfferSeconds = 5, 3600
	// MaxDeclineLimit is the highest decline limit; the lowest is 1 (OF-4).
	MaxDeclineLimit = 5
	// MaxReconnectSeconds is the longest short interruption (PR-7).
	MaxReconnectSeconds = 120
	// MaxRunnersUp is how many agents behind the winner a decision names (DX-1).
	MaxRunnersUp = 3

	// RestoreWithin is how long after the last session was lost a presence is restored, inclusive (PR-7).
	RestoreWithin = 150 * time.Second
	// RestartGrace is how long agents' sessions have to come back after a restart of the server (PR-8).
	RestartGrace = 30 * time.Second

	// MaxAPIKeyLife is how long a key can be good for.
	MaxAPIKeyLife = 731 * 24 * time.Hour

	// maxAttemptsPerCommand bounds the routing attempts of one command. What is left is due at once: the writer sends
	// a Tick, so that one change of policy over a million waiting items doesn't become one transaction.
	maxAttemptsPerCommand = 256
	// maxLookedAtPerCommand bounds how many agents one command looks at for what they may be able to take, after the limits of very many have changed;
	// maxLookedAtTogether how many of them at once: those are looked at again whenever an item that they could all take went to one of them.
	maxLookedAtPerCommand, maxLookedAtTogether = 1024, 128
	// maxAtLimitPerAttempt bounds how many agents one routing attempt makes Do not disturb because they stand at the limit of open work. Those
	// beyond become so at the next, and count against the attempts of the command.
	maxAtLimitPerAttempt = 256
	// maxRecomputedPerCommand bounds how many presences, and ends of days, one command changes after the limits or the time zone of very many agents
	// have changed.
	maxRecomputedPerCommand = 256
	// maxDeadlinesPerTick bounds the deadlines that one Tick handles, for the same reason.
	maxDeadlinesPerTick = 256
)
