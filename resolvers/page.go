package resolvers

import (
	"encoding/base64"
	"fmt"

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

func workItemScope(f *graph.WorkItemFilter) (scope engine.WorkItemScope, err error) {
	if f == nil {
		return scope, nil
	}
	if s := f.Status.Value(); s != nil {
		scope.Status = *s
	}
	if scope.QueueID, err = optionalID[engine.QueueID]("filter.queueId", f.QueueID); err != nil {
		return scope, err
	}
	scope.ContactID, err = optionalID[engine.ContactID]("filter.contactId", f.ContactID)
	return scope, err
}
