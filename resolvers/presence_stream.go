package resolvers

import (
	"context"
	"fmt"
	"slices"

	"rapport/engine"
	"rapport/graph"
)

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
	if !may(ctx, engine.AgentsRead) && !(len(of.AgentIDs) == 1 && isSelf(ctx, of.AgentIDs[0])) {
		return nil, &engine.Error{Code: engine.CodeForbidden, Field: "filter.agentIds", Message: "agents hear of their own presence only"}
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
