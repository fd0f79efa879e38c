package checker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Client runs GraphQL documents. An error of the API is an error.
type Client interface {
	Query(ctx context.Context, document string, variables map[string]any, into any) error
}

// pageSize is the largest that the API gives. Of items, each with the first of what happened to it, a page has fewer: a document may not
// ask for too many fields at once.
const (
	pageSize     = 100
	itemPageSize = 50
	partPageSize = 12
)

const (
	policyFields     = `enabled whenUnavailable retryPreferred`
	pageFields       = `pageInfo { hasNextPage endCursor }`
	agentFields      = `id capacityUnits defaultPresenceStatus { base } capacityProfiles { limit }`
	queueFields      = `id priority assignmentMethod`
	workstreamFields = `id channel queue { id } allowedPresences capacityUnits capacityType wrapUp waitingHoldsCapacity acceptMode offerSeconds declineLimit distributionMode
		routingPolicy { ` + policyFields + ` } effectiveRoutingPolicy { ` + policyFields + ` }`
	contactFields    = `id routingPolicy { ` + policyFields + ` } preferredAgents { updatedAt entries { agentId } }`
	assignmentFields = `id agentId origin offer { id } capacityUnits assignedAt endedAt endReason`

	offerNodes = `nodes { id agentId state path preferredPosition overCapacity revokeReason offeredAt expiresAt endedAt
		assignment { ` + assignmentFields + ` } } ` + pageFields
	assignmentNodes = `nodes { ` + assignmentFields + ` } ` + pageFields
	decisionNodes   = `nodes { id attempt repeats decidedAt policy { ` + policyFields + ` } preferredReason preferred { position agentId code }
		nextBest { method members ranked { agentId freeUnits declinedBefore releasedAt } refused { code count } }
		outcome reason agentId offerId } ` + pageFields
	itemsDocument = `query ($first: Int!, $parts: Int!, $after: String) { list: workItems(first: $first, after: $after) {
		nodes { id status workstreamId queueId contactId contact { ` + contactFields + ` } priority withoutPreferred leftUnassigned attempts
			createdAt closedAt offer { id } assignment { id }
			offers(first: $parts) { ` + offerNodes + ` } assignments(first: $parts) { ` + assignmentNodes + ` }
			decisions(first: $parts) { ` + decisionNodes + ` } } ` + pageFields + ` } }`
	moreOffers      = `query ($id: ID!, $first: Int!, $after: String) { item: workItem(id: $id) { list: offers(first: $first, after: $after) { ` + offerNodes + ` } } }`
	moreAssignments = `query ($id: ID!, $first: Int!, $after: String) { item: workItem(id: $id) {
		list: assignments(first: $first, after: $after) { ` + assignmentNodes + ` } } }`
	moreDecisions = `query ($id: ID!, $first: Int!, $after: String) { item: workItem(id: $id) {
		list: decisions(first: $first, after: $after) { ` + decisionNodes + ` } } }`
	agentsDocument = `query ($first: Int!, $after: String) { list: agents(first: $first, after: $after) {
		nodes { ` + agentFields + ` } ` + pageFields + ` } }`
	queuesDocument = `query ($first: Int!, $after: String) { list: queues(first: $first, after: $after) {
		nodes { ` + queueFields + ` } ` + pageFields + ` } }`
	membersDocument = `query ($id: ID!, $first: Int!, $after: String) { item: queue(id: $id) { list: members(first: $first, after: $after) {
		nodes { id } ` + pageFields + ` } } }`
	workstreamsDocument = `query ($first: Int!, $after: String) { list: workstreams(first: $first, after: $after) {
		nodes { ` + workstreamFields + ` } ` + pageFields + ` } }`
	contactDocument      = `query ($id: ID!) { contact(id: $id) { ` + contactFields + ` } }`
	organizationDocument = `{ organization { reconnectSeconds openWorkLimit defaultPresenceStatus { base } routingPolicy { ` + policyFields + ` } }
		server { now } }`
)

// Read reads the whole history, page by page. Of contacts it reads those of the items as they are; others whose items they were before are
// given (Recorder.Contacts).
func Read(ctx context.Context, c Client, contacts ...string) (History, error) {
	h := History{Rows: map[string][]string{}, Policies: map[string]ScopePolicy{}}
	var org struct {
		Organization wireOrganization
		Server       struct{ Now time.Time }
	}
	if err := c.Query(ctx, organizationDocument, nil, &org); err != nil {
		return h, fmt.Errorf("read the organisation: %w", err)
	}
	h.ReadAt = org.Server.Now
	h.ReconnectSeconds, h.Policy = org.Organization.ReconnectSeconds, org.Organization.RoutingPolicy
	h.OpenWorkLimit, h.DefaultBase = org.Organization.OpenWorkLimit, baseOf(org.Organization.DefaultPresenceStatus)
	r := reader{ctx, c}
	for _, part := range []func(*History) error{r.agents, r.queues, r.workstreams, r.items} {
		if err := part(&h); err != nil {
			return h, err
		}
	}
	for _, id := range contacts {
		if _, known := h.Rows[id]; known {
			continue
		}
		var answer struct{ Contact *wireContact } // null when it is deleted
		if err := c.Query(ctx, contactDocument, map[string]any{"id": id}, &answer); err != nil {
			return h, fmt.Errorf("read contact %s: %w", id, err)
		}
		if answer.Contact != nil {
			h.Rows[id], h.Policies[id] = answer.Contact.row(), answer.Contact.RoutingPolicy
		}
	}
	return h, nil
}

type reader struct {
	ctx context.Context
	c   Client
}

// listOf is an answer with a connection called `list`, either at the top or within `item`.
type listOf[T any] struct {
	List *connectionOf[T]
	Item *struct{ List *connectionOf[T] }
}

type connectionOf[T any] struct {
	Nodes    []T
	PageInfo page
}

// every reads a connection from a cursor to its end.
func every[T any](r reader, document, id, after string) ([]T, error) {
	var all []T
	for {
		variables := map[string]any{"first": pageSize}
		if document == itemsDocument {
			variables["first"], variables["parts"] = itemPageSize, partPageSize
		}
		if id != "" {
			variables["id"] = id
		}
		if after != "" {
			variables["after"] = after
		}
		var answer listOf[T]
		if err := r.c.Query(r.ctx, document, variables, &answer); err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		list := answer.List
		if answer.Item != nil {
			list = answer.Item.List
		}
		if list == nil {
			return nil, fmt.Errorf("read history: there is no %s any more", id)
		}
		all = append(all, list.Nodes...)
		if !list.PageInfo.HasNextPage {
			return all, nil
		}
		after = list.PageInfo.EndCursor
	}
}

func (r reader) agents(h *History) error {
	list, err := every[wireAgent](r, agentsDocument, "", "")
	for _, a := range list {
		h.Agents = append(h.Agents, a.agent())
	}
	return err
}

func (r reader) queues(h *History) (err error) {
	if h.Queues, err = every[Queue](r, queuesDocument, "", ""); err != nil {
		return err
	}
	for i := range h.Queues {
		q := &h.Queues[i]
		members, err := every[idOnly](r, membersDocument, q.ID, "")
		if err != nil {
			return err
		}
		for _, m := range members {
			q.Members = append(q.Members, m.ID)
		}
	}
	return nil
}

func (r reader) workstreams(h *History) error {
	list, err := every[wireWorkstream](r, workstreamsDocument, "", "")
	for _, w := range list {
		h.Workstreams = append(h.Workstreams, w.workstream())
	}
	return err
}

func (r reader) items(h *History) error {
	list, err := every[wireItem](r, itemsDocument, "", "")
	if err != nil {
		return err
	}
	for _, w := range list {
		if err := errors.Join(complete(r, moreOffers, w.ID, &w.Offers), complete(r, moreAssignments, w.ID, &w.Assignments),
			complete(r, moreDecisions, w.ID, &w.Decisions)); err != nil {
			return err
		}
		h.Items = append(h.Items, w.item())
		if w.Contact != nil {
			h.Rows[w.Contact.ID], h.Policies[w.Contact.ID] = w.Contact.row(), w.Contact.RoutingPolicy
		}
	}
	return nil
}

// complete reads what comes after the first page of a part of an item.
func complete[T any](r reader, document, id string, part *connectionOf[T]) error {
	if !part.PageInfo.HasNextPage {
		return nil
	}
	more, err := every[T](r, document, id, part.PageInfo.EndCursor)
	part.Nodes = append(part.Nodes, more...)
	return err
}
