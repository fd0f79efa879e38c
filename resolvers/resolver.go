package resolvers

import (
	"context"
	"time"

	"rapport/engine"
	"rapport/graph"
)

// Writer makes changes; see internal/writer.
type Writer interface {
	// Do answers when the change is durable; replayed tells that it was made by an earlier call with the same key.
	Do(ctx context.Context, call engine.Call) (result engine.Result, replayed bool, err error)
	// Now is the server's time, which may run faster than that of the machine.
	Now() time.Time
}

// Reader reads what is committed; see models. Ids that are not there are left out.
type Reader interface {
	Organization(context.Context) (engine.Organization, error)
	Contacts(context.Context, []engine.ContactID) ([]engine.Contact, error)
	ContactPage(ctx context.Context, search string, p engine.Page) ([]engine.Contact, error)
	PreferredAgents(context.Context, []engine.ContactID) ([]engine.PreferredAgents, error)
	PreferredAgentsPage(context.Context, engine.AgentID, engine.Page) ([]engine.PreferredAgents, error)
	Agents(context.Context, []engine.AgentID) ([]engine.Agent, error)
	AgentPage(context.Context, engine.Page) ([]engine.Agent, error)
	MemberPage(context.Context, engine.QueueID, engine.Page) ([]engine.Agent, error)
	Queues(context.Context, []engine.QueueID) ([]engine.Queue, error)
	QueuePage(context.Context, engine.Page) ([]engine.Queue, error)
	QueuesOf(context.Context, engine.AgentID) ([]engine.Queue, error)
	Workstreams(context.Context, []engine.WorkstreamID) ([]engine.Workstream, error)
	WorkstreamPage(context.Context, engine.Page) ([]engine.Workstream, error)
	WorkItems(context.Context, []engine.WorkItemID) ([]engine.WorkItem, error)
	WorkItemPage(context.Context, engine.WorkItemScope, engine.Page) ([]engine.WorkItem, error)
	Offers(context.Context, []engine.OfferID) ([]engine.Offer, error)
	OfferPage(context.Context, engine.WorkItemID, engine.Page) ([]engine.Offer, error)
	OpenOffers(context.Context, engine.AgentID) ([]engine.Offer, error)
	Assignments(context.Context, []engine.AssignmentID) ([]engine.Assignment, error)
	AssignmentPage(context.Context, engine.AgentID, engine.Page) ([]engine.Assignment, error)
	AssignmentsOf(context.Context, engine.WorkItemID, engine.Page) ([]engine.Assignment, error)
	// PresenceStatuses and CapacityProfiles are all of one's own by id, PresenceStatusesByID those of them that are there.
	PresenceStatuses(context.Context) ([]engine.PresenceStatus, error)
	PresenceStatusesByID(context.Context, []engine.PresenceStatusID) ([]engine.PresenceStatus, error)
	PresenceStatusGrants(context.Context, engine.PresenceStatusID, engine.Page) (list []engine.PresenceStatusGrant, more bool, err error)
	GrantsOf(context.Context, []engine.AgentID) ([]engine.PresenceStatusGrant, error)
	CapacityProfiles(context.Context) ([]engine.CapacityProfile, error)
	CapacityProfilesByID(context.Context, []engine.CapacityProfileID) ([]engine.CapacityProfile, error)
	// PresenceHistory begins with the newest; the page's After is the cursor of an EventPlace.
	PresenceHistory(context.Context, engine.PresenceHistoryScope, engine.Page) (list []engine.PresenceChange, more bool, err error)
	PresenceTimes(ctx context.Context, id engine.AgentID, from, until, now time.Time) ([]engine.PresenceTime, error)
	Roles(context.Context) ([]engine.Role, error)
	APIKeys(context.Context) ([]engine.APIKey, error)
	APIKeyPage(context.Context, engine.Page) ([]engine.APIKey, error)
	// HasWorkOf tells whether a work item of the contact is the agent's, or was theirs last.
	HasWorkOf(context.Context, engine.AgentID, engine.ContactID) (bool, error)
	DecisionPage(context.Context, engine.WorkItemID, int, *engine.EventPlace) ([]engine.Decision, error)
	DecisionsOf(context.Context, []engine.OfferID) ([]engine.Decision, error)
	Starts
}

// Starts are what subscriptions begin with, each read at one place in the order of changes: the state, or what changed behind a place.
type Starts interface {
	OfferStart(context.Context, engine.AgentID, engine.SessionID, *engine.EventPlace) (engine.OfferStart, error)
	PresenceStart(context.Context, engine.PresenceSelection, *engine.EventPlace) (engine.PresenceStart, error)
	WorkItemStart(context.Context, engine.WorkItemSelection, *engine.EventPlace) (engine.WorkItemStart, error)
	DecisionStart(context.Context, engine.DecisionSelection, *engine.EventPlace) (engine.DecisionStart, error)
}

// Streams are subscriptions to what is committed, beginning with the next batch; see internal/bus.
type Streams interface {
	AgentOffers(engine.AgentID) Stream
	Presence(engine.PresenceSelection) Stream
	WorkItems(engine.WorkItemSelection) Stream
	Decisions(engine.DecisionSelection) Stream
	// QueueFigures begins with the figures as they are; nil stands for all queues.
	QueueFigures([]engine.QueueID) (Stream, engine.Position, []engine.QueueFigures)
	// FiguresOf gives the figures of queues; those that are not there are left out.
	FiguresOf([]engine.QueueID) []engine.QueueFigures
}

// Stream is one of them.
type Stream interface {
	// Next waits for the next message; false when ctx ends, or when the subscriber fell behind and messages were lost: then ctx has
	// not ended.
	Next(ctx context.Context) (engine.Published, bool)
	Close()
}

// Resolver is what resolvers stand on.
type Resolver struct {
	Writer  Writer
	Reader  Reader
	Streams Streams
	// Cut ends the connection of a subscriber who fell behind (EV-2).
	Cut func(ctx context.Context)
	// StartTimeout bounds what a subscription reads before its first message.
	StartTimeout time.Duration
	// Server tells about the server, as it is now.
	Server func() *graph.Server
}
