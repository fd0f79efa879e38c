package resolvers

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"unicode/utf8"

	"rapport/engine"
	"rapport/graph"
)

// cursors are opaque to clients: base64 of what the page after them begins behind.
func encodeCursor(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

var errCursor = badInput("after", "must be a cursor of this connection")

func checkFirst(first int) error {
	if first < 1 || first > engine.MaxPage {
		return badInput("first", fmt.Sprintf("must be from 1 to %d", engine.MaxPage))
	}
	return nil
}

func decodeCursor(after *string) (string, error) {
	if after == nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*after)
	if err != nil || len(b) == 0 || len(b) > engine.IDLength {
		return "", errCursor
	}
	return string(b), nil
}

// pageOf reads the arguments of a connection in the order of ids with this prefix.
func pageOf(prefix string, first int, after *string) (engine.Page, error) {
	if err := checkFirst(first); err != nil {
		return engine.Page{}, err
	}
	id, err := decodeCursor(after)
	if err == nil && id != "" && !engine.ValidID(prefix, id) {
		err = errCursor
	}
	return engine.Page{First: first, After: id}, err
}

// connection makes the parts of a connection from up to first+1 entries.
func connection[T, E any](list []T, first int, after *string, id func(*T) string, edge func(cursor string, node *T) *E) ([]*E, []*T, *graph.PageInfo) {
	info := &graph.PageInfo{HasNextPage: len(list) > first, HasPreviousPage: after != nil}
	list = list[:min(len(list), first)]
	nodes := pointers(list)
	edges := make([]*E, len(nodes))
	for i, n := range nodes {
		cursor := encodeCursor(id(n))
		edges[i] = edge(cursor, n)
		if i == 0 {
			info.StartCursor = &cursor
		}
		info.EndCursor = &cursor
	}
	return edges, nodes, info
}

func agentConnection(list []engine.Agent, first int, after *string) *graph.AgentConnection {
	edges, nodes, info := connection(list, first, after, func(a *engine.Agent) string { return string(a.ID) },
		func(c string, a *engine.Agent) *graph.AgentEdge { return &graph.AgentEdge{Cursor: c, Node: a} })
	return &graph.AgentConnection{Edges: edges, Nodes: nodes, PageInfo: info}
}

func assignments(list []engine.Assignment, first int, after *string) *graph.AssignmentConnection {
	edges, nodes, info := connection(list, first, after, func(a *engine.Assignment) string { return string(a.ID) },
		func(c string, a *engine.Assignment) *graph.AssignmentEdge {
			return &graph.AssignmentEdge{Cursor: c, Node: a}
		})
	return &graph.AssignmentConnection{Edges: edges, Nodes: nodes, PageInfo: info}
}

// matrix reads a page of the matrix: all rows, or those that name an agent.
func (r *Resolver) matrix(ctx context.Context, agent engine.AgentID, first int, after *string) (*graph.PreferredAgentsConnection, error) {
	p, err := pageOf("ct_", first, after)
	if err != nil {
		return nil, err
	}
	list, err := r.Reader.PreferredAgentsPage(ctx, agent, p)
	edges, nodes, info := connection(list, first, after, func(n *engine.PreferredAgents) string { return string(n.ContactID) },
		func(c string, n *engine.PreferredAgents) *graph.PreferredAgentsEdge {
			return &graph.PreferredAgentsEdge{Cursor: c, Node: n}
		})
	return &graph.PreferredAgentsConnection{Edges: edges, Nodes: nodes, PageInfo: info}, err
}

func workItemScope(f *graph.WorkItemFilter) (scope engine.WorkItemScope, err error) {
	if f == nil {
		return scope, nil
	}
	scope.Reference, scope.CreatedFrom, scope.CreatedBefore = f.Reference.Value(), f.CreatedFrom.Value(), f.CreatedBefore.Value()
	if scope.Reference != nil && utf8.RuneCountInString(*scope.Reference) > engine.MaxReference {
		return scope, badInput("filter.reference", fmt.Sprintf("must have at most %d characters", engine.MaxReference))
	}
	if scope.Statuses = f.Statuses.Value(); scope.Statuses != nil {
		if err := checkDistinct("filter.statuses", scope.Statuses, 7); err != nil {
			return scope, err
		}
	}
	if scope.QueueID, err = optionalID[engine.QueueID]("filter.queueId", f.QueueID); err != nil {
		return scope, err
	}
	if scope.WorkstreamID, err = optionalID[engine.WorkstreamID]("filter.workstreamId", f.WorkstreamID); err != nil {
		return scope, err
	}
	if scope.AgentID, err = optionalID[engine.AgentID]("filter.agentId", f.AgentID); err != nil {
		return scope, err
	}
	scope.ContactID, err = optionalID[engine.ContactID]("filter.contactId", f.ContactID)
	return scope, err
}

// checkDistinct refuses a list that is empty, too long, or names something twice.
func checkDistinct[T comparable](field string, list []T, limit int) error {
	if len(list) < 1 || len(list) > limit {
		return badInput(field, fmt.Sprintf("must have 1 to %d entries", limit))
	}
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return badInput(fmt.Sprintf("%s.%d", field, i), "is named twice")
		}
	}
	return nil
}
