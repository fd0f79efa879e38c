package checker

import (
	"context"
	"fmt"
	"time"
)

// Client runs GraphQL documents. An error of the API is an error.
type Client interface {
	Query(ctx context.Context, document string, variables map[string]any, into any) error
}

// pageSize is the largest that the API gives. A page of items has fewer, each with its first offers and decisions: a document may not
// ask for too many fields at once.
const (
	pageSize     = 100
	itemPageSize = 20
)

// The types as the API has them. Where History flattens, these don't.
type (
	idOnly struct{ ID string }
	page   struct {
		HasNextPage bool
		EndCursor   string
	}
	wireItem struct {
		ID, Status     string
		Workstream     idOnly
		Queue          idOnly
		Contact        *wireContact
		Priority       int
		LeftUnassigned bool
		Attempts       int
		CreatedAt      time.Time
		ClosedAt       *time.Time
		// WithoutPreferred, the assignment's origin and what offers were revoked for tell of work by hand.
		WithoutPreferred bool
		Offer            *idOnly
		Assignment       *struct{ ID, Origin string }
		Offers           struct {
			Nodes    []wireOffer
			PageInfo page
		}
		Decisions struct {
			Nodes    []wireDecision
			PageInfo page
		}
	}
	wireContact struct {
		ID              string
		RoutingPolicy   ContactPolicy
		PreferredAgents *struct{ Entries []struct{ AgentID string } }
	}
	wireOffer struct {
		ID, AgentID, State, Path, RevokeReason string
		PreferredPosition                      int
		OverCapacity                           bool
		OfferedAt                              time.Time
		ExpiresAt, EndedAt                     *time.Time
		Assignment                             *struct {
			ID, AgentID, EndReason string
			CapacityUnits          int
			AssignedAt             time.Time
			EndedAt                *time.Time
		}
	}
	wireDecision struct {
		ID               string
		Attempt, Repeats int
		DecidedAt        time.Time
		Policy           Policy
		PreferredReason  string
		Preferred        []struct {
			Position      int
			AgentID, Code string
		}
		NextBest *struct {
			Method  string
			Members int
			Ranked  []struct {
				AgentID        string
				FreeUnits      int
				DeclinedBefore bool
			}
			Refused []Count
		}
		Outcome, Reason, AgentID, OfferID string
	}
)

const (
	offerFields = `nodes { id agentId state path preferredPosition overCapacity revokeReason offeredAt expiresAt endedAt
		assignment { id agentId capacityUnits assignedAt endedAt endReason } } pageInfo { hasNextPage endCursor }`
	decisionFields = `nodes { id attempt repeats decidedAt policy { enabled whenUnavailable retryPreferred } preferredReason
		preferred { position agentId code }
		nextBest { method members ranked { agentId freeUnits declinedBefore } refused { code count } }
		outcome reason agentId offerId } pageInfo { hasNextPage endCursor }`
	itemFields = `id status workstream { id } queue { id } contact { id routingPolicy { enabled whenUnavailable retryPreferred }
		preferredAgents { entries { agentId } } } priority leftUnassigned attempts createdAt closedAt
		withoutPreferred offer { id } assignment { id origin }`
	itemsDocument = `query ($first: Int!, $after: String) { list: workItems(first: $first, after: $after) {
		nodes { ` + itemFields + ` offers(first: $first) { ` + offerFields + ` } decisions(first: $first) { ` + decisionFields + ` } }
		pageInfo { hasNextPage endCursor } } }`
	moreOffers = `query ($id: ID!, $first: Int!, $after: String) { item: workItem(id: $id) {
		list: offers(first: $first, after: $after) { ` + offerFields + ` } } }`
	moreDecisions = `query ($id: ID!, $first: Int!, $after: String) { item: workItem(id: $id) {
		list: decisions(first: $first, after: $after) { ` + decisionFields + ` } } }`
	agentsDocument = `query ($first: Int!, $after: String) { list: agents(first: $first, after: $after) {
		nodes { id capacityUnits } pageInfo { hasNextPage endCursor } } }`
	queuesDocument = `query ($first: Int!, $after: String) { list: queues(first: $first, after: $after) {
		nodes { id priority assignmentMethod } pageInfo { hasNextPage endCursor } } }`
	membersDocument = `query ($id: ID!, $first: Int!, $after: String) { item: queue(id: $id) { list: members(first: $first, after: $after) {
		nodes { id } pageInfo { hasNextPage endCursor } } } }`
	workstreamsDocument = `query ($first: Int!, $after: String) { list: workstreams(first: $first, after: $after) {
		nodes { id queue { id } allowedPresences capacityUnits acceptMode offerSeconds declineLimit distributionMode
			policy: effectiveRoutingPolicy { enabled whenUnavailable retryPreferred } } pageInfo { hasNextPage endCursor } } }`
	organizationDocument = `{ organization { reconnectSeconds routingPolicy { enabled } } }`
)

// Read reads the whole history, page by page.
func Read(ctx context.Context, c Client) (History, error) {
	h := History{ReadAt: time.Now(), Rows: map[string][]string{}, Policies: map[string]ContactPolicy{}}
	var org struct {
		Organization struct {
			ReconnectSeconds int
			RoutingPolicy    ContactPolicy
		}
	}
	if err := c.Query(ctx, organizationDocument, nil, &org); err != nil {
		return h, fmt.Errorf("read the organisation: %w", err)
	}
	h.ReconnectSeconds = org.Organization.ReconnectSeconds
	h.Off = org.Organization.RoutingPolicy.Enabled == nil || !*org.Organization.RoutingPolicy.Enabled
	r := reader{ctx, c}
	for _, part := range []func(*History) error{r.agents, r.queues, r.workstreams, r.items} {
		if err := part(&h); err != nil {
			return h, err
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
			variables["first"] = itemPageSize
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

func (r reader) agents(h *History) (err error) {
	h.Agents, err = every[Agent](r, agentsDocument, "", "")
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
	type wire struct {
		ID               string
		Queue            idOnly
		AllowedPresences []string
		CapacityUnits    int
		AcceptMode       string
		OfferSeconds     int
		DeclineLimit     int
		DistributionMode string
		Policy           Policy
	}
	list, err := every[wire](r, workstreamsDocument, "", "")
	for _, w := range list {
		h.Workstreams = append(h.Workstreams, Workstream{
			ID: w.ID, Queue: w.Queue.ID, AllowedPresences: w.AllowedPresences, CapacityUnits: w.CapacityUnits,
			AcceptMode: w.AcceptMode, OfferSeconds: w.OfferSeconds, DeclineLimit: w.DeclineLimit, Policy: w.Policy, Picked: w.DistributionMode == "PICK",
		})
	}
	return err
}

func (r reader) items(h *History) error {
	list, err := every[wireItem](r, itemsDocument, "", "")
	if err != nil {
		return err
	}
	for _, w := range list {
		offers, decisions := w.Offers.Nodes, w.Decisions.Nodes
		if w.Offers.PageInfo.HasNextPage {
			more, err := every[wireOffer](r, moreOffers, w.ID, w.Offers.PageInfo.EndCursor)
			if err != nil {
				return err
			}
			offers = append(offers, more...)
		}
		if w.Decisions.PageInfo.HasNextPage {
			more, err := every[wireDecision](r, moreDecisions, w.ID, w.Decisions.PageInfo.EndCursor)
			if err != nil {
				return err
			}
			decisions = append(decisions, more...)
		}
		h.Items = append(h.Items, w.item(offers, decisions))
		if w.Contact != nil {
			h.Rows[w.Contact.ID], h.Policies[w.Contact.ID] = w.Contact.row(), w.Contact.RoutingPolicy
		}
	}
	return nil
}

func (c wireContact) row() []string {
	if c.PreferredAgents == nil {
		return nil
	}
	var agents []string
	for _, e := range c.PreferredAgents.Entries {
		agents = append(agents, e.AgentID)
	}
	return agents
}

func (w wireItem) item(offers []wireOffer, decisions []wireDecision) Item {
	it := Item{
		ID: w.ID, Status: w.Status, Workstream: w.Workstream.ID, Queue: w.Queue.ID, Priority: w.Priority,
		LeftUnassigned: w.LeftUnassigned, Attempts: w.Attempts, CreatedAt: w.CreatedAt, ClosedAt: w.ClosedAt,
	}
	if w.Contact != nil {
		it.Contact = w.Contact.ID
	}
	if w.Offer != nil {
		it.OpenOffer = w.Offer.ID
	}
	if w.Assignment != nil {
		it.OpenAssignment = w.Assignment.ID
	}
	for _, o := range offers {
		it.Offers = append(it.Offers, o.offer())
	}
	for _, d := range decisions {
		it.Decisions = append(it.Decisions, d.decision())
	}
	it.ByHand = w.byHand(offers)
	return it
}

// byHand tells what people did with an item by hand (WS-6).
func (w wireItem) byHand(offers []wireOffer) string {
	if w.WithoutPreferred {
		return "transferred"
	}
	if w.Assignment != nil && w.Assignment.Origin != "OFFER" {
		return w.Assignment.Origin
	}
	for _, o := range offers {
		switch o.RevokeReason {
		case "ASSIGNED_BY_HAND", "TRANSFERRED", "CONTACT_CHANGED", "AGENT_DELETED":
			return o.RevokeReason
		}
		if a := o.Assignment; a != nil && (a.EndReason == "TRANSFERRED" || a.EndReason == "REASSIGNED") {
			return a.EndReason
		}
	}
	return ""
}

func (o wireOffer) offer() Offer {
	out := Offer{
		ID: o.ID, Agent: o.AgentID, State: o.State, Path: o.Path, PreferredPosition: o.PreferredPosition, OverCapacity: o.OverCapacity,
		RevokeReason: o.RevokeReason, OfferedAt: o.OfferedAt, ExpiresAt: o.ExpiresAt, EndedAt: o.EndedAt,
	}
	if a := o.Assignment; a != nil {
		out.Assignment = &Assignment{
			ID: a.ID, Agent: a.AgentID, CapacityUnits: a.CapacityUnits, AssignedAt: a.AssignedAt, EndedAt: a.EndedAt, EndReason: a.EndReason,
		}
	}
	return out
}

func (d wireDecision) decision() Decision {
	out := Decision{
		ID: d.ID, Attempt: d.Attempt, Repeats: d.Repeats, DecidedAt: d.DecidedAt, Policy: d.Policy, PreferredReason: d.PreferredReason,
		Outcome: d.Outcome, Reason: d.Reason, Agent: d.AgentID, Offer: d.OfferID,
	}
	for _, c := range d.Preferred {
		out.Preferred = append(out.Preferred, Candidate{c.Position, c.AgentID, c.Code})
	}
	if n := d.NextBest; n != nil {
		out.NextBest = &NextBest{Method: n.Method, Members: n.Members, Refused: n.Refused}
		for _, a := range n.Ranked {
			out.NextBest.Ranked = append(out.NextBest.Ranked, Ranked{a.AgentID, a.FreeUnits, a.DeclinedBefore})
		}
	}
	return out
}
