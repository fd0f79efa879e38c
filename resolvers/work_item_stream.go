package resolvers

import (
	"context"

	"rapport/engine"
	"rapport/graph"
)

// workItemStream: the open work items that pass a filter, then every change.
func (r *Resolver) workItemStream(ctx context.Context, filter *graph.WorkItemStreamFilter, after *string) (<-chan *graph.WorkItemMessage, error) {
	place, err := resumeFrom(after)
	if err != nil {
		return nil, err
	}
	of, err := workItemSelection(filter)
	if err == nil {
		err = r.ownWork(ctx, engine.WorkItemScope{AgentID: of.AgentID})
	}
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
			if of.WorkItemID != "" && of.AgentID != "" && ev.AgentID != of.AgentID {
				return nil, false // it is and was somebody else's: an agent must not hear of it (RL-1)
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
	engine.EventWorkItemWrapUp:      graph.WorkItemChangeWrapUpStarted,
	engine.EventWorkItemWaiting:     graph.WorkItemChangeWaiting,
	engine.EventWorkItemResumed:     graph.WorkItemChangeResumed,
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
