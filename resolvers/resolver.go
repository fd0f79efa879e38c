package resolvers

import (
	"context"
	"time"

	"rapport/engine"
)

// Writer makes changes; see internal/writer.
type Writer interface {
	// Do answers when the change is durable; replayed tells that it was made by an earlier call with the same key.
	Do(ctx context.Context, call engine.Call) (result engine.Result, replayed bool, err error)
}

// Reader reads what is committed; see models. Ids that are not there are left out.
type Reader interface {
	Organization(context.Context) (engine.Organization, error)
	Contacts(context.Context, []engine.ContactID) ([]engine.Contact, error)
	ContactPage(context.Context, engine.Page) ([]engine.Contact, error)
	PreferredAgents(context.Context, []engine.ContactID) ([]engine.PreferredAgents, error)
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
	OfferStart(context.Context, engine.AgentID, engine.SessionID) (engine.OfferStart, error)
	Assignments(context.Context, []engine.AssignmentID) ([]engine.Assignment, error)
	AssignmentPage(context.Context, engine.AgentID, engine.Page) ([]engine.Assignment, error)
	DecisionPage(context.Context, engine.WorkItemID, int, *engine.EventPlace) ([]engine.Decision, error)
}

// Stream is a subscription to committed events; see internal/bus.
type Stream interface {
	// Next waits for the next event; false when ctx ends, or when the subscriber fell behind and events were lost: then ctx has
	// not ended.
	Next(ctx context.Context) (*engine.Event, engine.EventPlace, bool)
	Close()
}

// Subscribe subscribes to the events about an agent that pass wants, beginning with the next batch.
type Subscribe func(id engine.AgentID, wants func(*engine.Event) bool) Stream

// Resolver is what resolvers stand on.
type Resolver struct {
	Writer    Writer
	Reader    Reader
	Subscribe Subscribe
	// Cut ends the connection of a subscriber who fell behind (EV-2).
	Cut func(ctx context.Context)
	// StartTimeout bounds what a subscription reads before its first message.
	StartTimeout time.Duration
}
