package resolvers

import (
	"context"
	"fmt"
	"slices"

	"rapport/engine"
	"rapport/graph"
	"rapport/internal/auth"
)

// offerStream: the open offers of an agent, then each as it is made and as it ends, until the session that the subscription is has ended.
func (r *Resolver) offerStream(ctx context.Context, id engine.AgentID, after *string) (<-chan *graph.AgentOfferMessage, error) {
	if own := auth.Actor(ctx).AgentID; own != "" && own != id {
		return nil, notFound("agent")
	}
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	stream, session := r.Streams.AgentOffers(id), auth.Session(ctx)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.OfferStart, error) {
		if a, err := find(ctx, loadersFrom(ctx).agents, id); err != nil || a == nil {
			return engine.OfferStart{}, firstError(err, notFound("agent"))
		}
		return r.Reader.OfferStart(ctx, id, session, place)
	})
	if err != nil {
		return nil, err
	}
	if session != "" && !start.SessionLive { // signed out meanwhile
		stream.Close()
		over := make(chan *graph.AgentOfferMessage)
		close(over)
		return over, nil
	}
	begin := make([]*graph.AgentOfferMessage, len(start.Offers))
	for i := range start.Offers {
		begin[i] = &graph.AgentOfferMessage{Type: graph.StreamMessageTypeState, Offer: &start.Offers[i]}
	}
	return run(ctx, r, feed[graph.AgentOfferMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.AgentOfferMessage {
			return &graph.AgentOfferMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.AgentOfferMessage, bool) {
			if ev := p.Event; ev.Offer == nil {
				return nil, session != "" && ev.Body.SessionID == session // signed out
			}
			return &graph.AgentOfferMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, Offer: p.Event.Offer, At: &p.Event.At}, false
		},
	}), nil
}

// presenceStream: the presence of all agents, of some, or of a queue's members.
func (r *Resolver) presenceStream(ctx context.Context, filter *graph.AgentPresenceFilter, after *string) (<-chan *graph.AgentPresenceMessage, error) {
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	of, err := presenceSelection(filter)
	if err != nil {
		return nil, err
	}
	stream := r.Streams.Presence(of)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.PresenceStart, error) {
		if of.QueueID != "" {
			if q, err := find(ctx, loadersFrom(ctx).queues, of.QueueID); err != nil || q == nil {
				return engine.PresenceStart{}, firstError(err, badInput("filter.queueId", "there is no such queue"))
			}
		}
		start, err := r.Reader.PresenceStart(ctx, of, place)
		if err == nil && place == nil && len(start.Removed) > 0 {
			at := slices.Index(of.AgentIDs, start.Removed[0])
			err = badInput(fmt.Sprintf("filter.agentIds.%d", at), "there is no such agent")
		}
		return start, err
	})
	if err != nil {
		return nil, err
	}
	var begin []*graph.AgentPresenceMessage
	for i := range start.Agents {
		a := &start.Agents[i]
		begin = append(begin, &graph.AgentPresenceMessage{Type: graph.StreamMessageTypeState, AgentID: orNull(a.ID), Presence: &a.Presence})
	}
	for _, id := range start.Removed {
		begin = append(begin, &graph.AgentPresenceMessage{Type: graph.StreamMessageTypeRemoved, AgentID: orNull(id)})
	}
	return run(ctx, r, feed[graph.AgentPresenceMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.AgentPresenceMessage {
			return &graph.AgentPresenceMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.AgentPresenceMessage, bool) {
			ev := p.Event
			m := &graph.AgentPresenceMessage{Type: graph.StreamMessageTypeRemoved, Cursor: cursor, AgentID: orNull(ev.AgentID), At: &ev.At}
			if ev.Agent != nil {
				m.Type, m.Presence = graph.StreamMessageTypeChanged, &ev.Agent.Presence
			}
			return m, false
		},
	}), nil
}

func presenceSelection(f *graph.AgentPresenceFilter) (of engine.PresenceSelection, err error) {
	if f == nil {
		return of, nil
	}
	if of.QueueID, err = optionalID[engine.QueueID]("filter.queueId", f.QueueID); err != nil {
		return of, err
	}
	ids := f.AgentIds.Value()
	if ids == nil {
		return of, nil
	}
	if of.QueueID != "" {
		return of, badInput("filter.agentIds", "must not be given together with queueId")
	}
	of.AgentIDs = agentIDs(ids)
	return of, checkDistinct("filter.agentIds", of.AgentIDs, maxNamed)
}

// maxNamed is how many objects a subscription can name.
const maxNamed = 100

// workItemStream: the open work items that pass a filter, then every change.
func (r *Resolver) workItemStream(ctx context.Context, filter *graph.WorkItemStreamFilter, after *string) (<-chan *graph.WorkItemMessage, error) {
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	of, err := workItemSelection(filter)
	if err != nil {
		return nil, err
	}
	stream := r.Streams.WorkItems(of)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.WorkItemStart, error) {
		return r.Reader.WorkItemStart(ctx, of, place)
	})
	if err != nil {
		return nil, err
	}
	var begin []*graph.WorkItemMessage
	for i := range start.Items {
		begin = append(begin, &graph.WorkItemMessage{Type: graph.StreamMessageTypeState, WorkItem: &start.Items[i]})
	}
	for i := range start.Removed {
		begin = append(begin, &graph.WorkItemMessage{Type: graph.StreamMessageTypeRemoved, WorkItem: &start.Removed[i]})
	}
	return run(ctx, r, feed[graph.WorkItemMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.WorkItemMessage {
			return &graph.WorkItemMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.WorkItemMessage, bool) {
			ev := p.Event
			change, known := workItemChanges[ev.Type]
			if !known || ev.Decision != nil && ev.Decision.OfferID != nil { // the offer has its own event
				return nil, false
			}
			m := &graph.WorkItemMessage{
				Type: graph.StreamMessageTypeChanged, Cursor: cursor, WorkItem: ev.Item, Change: &change, At: &ev.At,
			}
			if !of.Matches(ev.Item) {
				m.Type = graph.StreamMessageTypeRemoved
			}
			return m, false
		},
	}), nil
}

// workItemChanges names what the events about work items tell.
var workItemChanges = map[engine.EventType]graph.WorkItemChange{
	engine.EventWorkItemCreated:     graph.WorkItemChangeCreated,
	engine.EventOfferMade:           graph.WorkItemChangeOffered,
	engine.EventOfferRejected:       graph.WorkItemChangeOfferRejected,
	engine.EventOfferMissed:         graph.WorkItemChangeOfferMissed,
	engine.EventOfferRevoked:        graph.WorkItemChangeOfferRevoked,
	engine.EventOfferAccepted:       graph.WorkItemChangeAccepted,
	engine.EventWorkItemPicked:      graph.WorkItemChangePicked,
	engine.EventWorkItemAssigned:    graph.WorkItemChangeAssigned,
	engine.EventWorkItemUnassigned:  graph.WorkItemChangeUnassigned,
	engine.EventWorkItemLeftQueue:   graph.WorkItemChangeLeftQueue,
	engine.EventWorkItemTransferred: graph.WorkItemChangeTransferred,
	engine.EventWorkItemPriority:    graph.WorkItemChangePriorityChanged,
	engine.EventContactUnlinked:     graph.WorkItemChangeContactUnlinked,
	engine.EventContactLinked:       graph.WorkItemChangeContactLinked,
	engine.EventDecision:            graph.WorkItemChangeDecided,
	engine.EventWorkItemCompleted:   graph.WorkItemChangeCompleted,
	engine.EventWorkItemCancelled:   graph.WorkItemChangeCancelled,
}

func workItemSelection(f *graph.WorkItemStreamFilter) (of engine.WorkItemSelection, err error) {
	if f == nil {
		return of, nil
	}
	if of.QueueID, err = optionalID[engine.QueueID]("filter.queueId", f.QueueID); err != nil {
		return of, err
	}
	if of.AgentID, err = optionalID[engine.AgentID]("filter.agentId", f.AgentID); err != nil {
		return of, err
	}
	if of.ContactID, err = optionalID[engine.ContactID]("filter.contactId", f.ContactID); err != nil {
		return of, err
	}
	of.WorkItemID, err = optionalID[engine.WorkItemID]("filter.workItemId", f.WorkItemID)
	return of, err
}

// decisionStream: the last decision about each item that waits, then every decision.
func (r *Resolver) decisionStream(ctx context.Context, filter *graph.DecisionStreamFilter, after *string) (<-chan *graph.DecisionMessage, error) {
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	var of engine.DecisionSelection
	if filter != nil {
		if of.QueueID, err = optionalID[engine.QueueID]("filter.queueId", filter.QueueID); err != nil {
			return nil, err
		}
		if of.WorkItemID, err = optionalID[engine.WorkItemID]("filter.workItemId", filter.WorkItemID); err != nil {
			return nil, err
		}
	}
	stream := r.Streams.Decisions(of)
	start, err := starting(ctx, r, stream, func(ctx context.Context) (engine.DecisionStart, error) {
		return r.Reader.DecisionStart(ctx, of, place)
	})
	if err != nil {
		return nil, err
	}
	begin := make([]*graph.DecisionMessage, len(start.Decisions))
	for i := range start.Decisions {
		begin[i] = &graph.DecisionMessage{Type: graph.StreamMessageTypeState, Decision: &start.Decisions[i]}
	}
	return run(ctx, r, feed[graph.DecisionMessage]{
		stream: stream, start: start.Start, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.DecisionMessage {
			return &graph.DecisionMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.DecisionMessage, bool) {
			if of.QueueID != "" && of.QueueID != p.Event.QueueID {
				return nil, false
			}
			d := *p.Event.Decision // others get it too
			d.ID, d.Repeats = *cursor, 1
			return &graph.DecisionMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, Decision: &d}, false
		},
	}), nil
}

// figuresStream: the figures of queues. They follow from the state, so a cursor of before says nothing about where to begin: RESET says so, or a queue that was
// deleted meanwhile would stay in what was folded.
func (r *Resolver) figuresStream(ctx context.Context, ids []string, after *string) (<-chan *graph.QueueFiguresMessage, error) {
	if _, err := resumeFrom(after); err != nil {
		return nil, err
	}
	var of []engine.QueueID
	if ids != nil {
		if err := checkDistinct("queueIds", ids, maxNamed); err != nil {
			return nil, err
		}
		for _, id := range ids {
			of = append(of, engine.QueueID(id))
		}
	}
	stream, at, figures := r.Streams.QueueFigures(of)
	var begin []*graph.QueueFiguresMessage
	for i := range figures {
		begin = append(begin, &graph.QueueFiguresMessage{
			Type: graph.StreamMessageTypeState, QueueID: orNull(figures[i].QueueID), Figures: &figures[i],
		})
	}
	for i, id := range of {
		if slices.ContainsFunc(figures, func(f engine.QueueFigures) bool { return f.QueueID == id }) {
			continue
		}
		if after == nil {
			stream.Close()
			return nil, badInput(fmt.Sprintf("queueIds.%d", i), "there is no such queue")
		}
		begin = append(begin, &graph.QueueFiguresMessage{Type: graph.StreamMessageTypeRemoved, QueueID: orNull(id)})
	}
	return run(ctx, r, feed[graph.QueueFiguresMessage]{
		stream: stream, start: engine.Start{At: at, Reset: after != nil}, begin: begin,
		mark: func(kind graph.StreamMessageType, cursor *string) *graph.QueueFiguresMessage {
			return &graph.QueueFiguresMessage{Type: kind, Cursor: cursor}
		},
		forward: func(p engine.Published, cursor *string) (*graph.QueueFiguresMessage, bool) {
			m := &graph.QueueFiguresMessage{Type: graph.StreamMessageTypeChanged, Cursor: cursor, QueueID: orNull(p.QueueID), Figures: p.Figures}
			if p.Figures == nil {
				m.Type = graph.StreamMessageTypeRemoved
			}
			return m, false
		},
	}), nil
}

// figuresOf gives the figures of one queue. One that was made this very moment may have none yet: it is empty.
func (r *Resolver) figuresOf(id engine.QueueID) *engine.QueueFigures {
	if list := r.Streams.FiguresOf([]engine.QueueID{id}); len(list) == 1 {
		return &list[0]
	}
	return engine.NoFigures(id)
}
