package main

import (
	"fmt"
	"time"
)

// What is asked for, and the answers as they come over the wire.

const (
	offerFields = "id agentId state path offeredAt expiresAt endedAt revokeReason workItem { id } assignment { id }"
	newFields   = "id status priority reference createdAt contact { id } offer { " + offerFields + " } assignment { id agentId }"
	itemFields  = "id status priority reference createdAt closedAt contact { id } workstream { id } queue { id } " +
		"offer { id } assignment { id agentId } offers(first: %d) { nodes { " + offerFields + " } pageInfo { hasNextPage } }"
	rowFields   = "version updatedAt contact { id } entries { agentId }"
	agentFields = "id capacityUnits load { assignedUnits reservedUnits freeUnits } presence { status { id } cause source changedAt signedIn }"
	// loadFields has what an agent's units are made of beside the units.
	loadFields = agentFields + " openOffers { id expiresAt workItem { id workstream { capacityUnits } } } " +
		"assignments(first: 100) { nodes { id capacityUnits workItem { id status } } pageInfo { hasNextPage } }"
)

type node struct{ ID string }

type wireOffer struct {
	ID, AgentID, State, Path string
	OfferedAt                time.Time
	ExpiresAt, EndedAt       *time.Time
	RevokeReason             string
	WorkItem                 node
	Assignment               *node
}

type wireAssignment struct{ ID, AgentID string }

type wireItem struct {
	ID, Status        string
	Priority          int
	Reference         string
	CreatedAt         time.Time
	ClosedAt          *time.Time
	Contact           *node
	Workstream, Queue node
	Offer             *wireOffer
	Assignment        *wireAssignment
	Offers            struct {
		Nodes    []wireOffer
		PageInfo pageInfo
	}
}

type wireRow struct {
	Version   int
	UpdatedAt time.Time
	Contact   node
	Entries   []struct{ AgentID string }
}

func (r *wireRow) agents() []string {
	if r == nil {
		return nil
	}
	ids := make([]string, len(r.Entries))
	for i, e := range r.Entries {
		ids[i] = e.AgentID
	}
	return ids
}

func (r *wireRow) version() int {
	if r == nil {
		return 0
	}
	return r.Version
}

type wirePresence struct {
	Status    node
	Cause     string
	Source    string
	ChangedAt time.Time
	SignedIn  bool
}

func (p wirePresence) String() string {
	return fmt.Sprintf("%s by %s since %s, signed in: %v", p.Status.ID, p.Cause, p.ChangedAt.Format(time.RFC3339Nano), p.SignedIn)
}

// same compares all but whether there is a session.
func (p wirePresence) same(o wirePresence) bool {
	return p.Status == o.Status && p.Cause == o.Cause && p.ChangedAt.Equal(o.ChangedAt) && p.SignedIn == o.SignedIn
}

type wireOpenOffer struct {
	ID        string
	ExpiresAt time.Time
	WorkItem  struct {
		ID         string
		Workstream struct{ CapacityUnits int }
	}
}

type wireAgent struct {
	ID            string
	CapacityUnits int
	Load          struct{ AssignedUnits, ReservedUnits, FreeUnits int }
	Presence      wirePresence
	OpenOffers    []wireOpenOffer
	Assignments   struct {
		Nodes []struct {
			ID            string
			CapacityUnits int
			WorkItem      struct{ ID, Status string }
		}
		PageInfo pageInfo
	}
}

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

type wireContact struct {
	ID, FullName    string
	PreferredAgents *wireRow
}

type wireWorkstream struct {
	ID            string
	Version       int
	UpdatedAt     time.Time
	RoutingPolicy struct{ RetryPreferred *bool }
}

// answer is the payload of any mutation.
type answer struct {
	WorkItem        *wireItem
	Offer           *wireOffer
	Assignment      *wireAssignment
	PreferredAgents *wireRow
	Agent           *wireAgent
	Contact         *wireContact
	Workstream      *wireWorkstream
	Queue           *node
}

// kind is a kind of mutation: its document, which refusals are right, and the ids that a repetition must give again.
type kind struct {
	name, document string
	// lean is a shorter document, where there is one.
	lean     string
	refusals []string
	ids      func(*answer) string
}

func newKind(name, input, fields string, ids func(*answer) string, refusals ...string) *kind {
	document := fmt.Sprintf("mutation ($input: %s!) { r: %s(input: $input) { %s } }", input, name, fields)
	return &kind{name: name, document: document, ids: ids, refusals: refusals}
}

func itemID(a *answer) string { return a.WorkItem.ID }

// rowGone: a row has no id of its own, and may be gone when the call is repeated.
func rowGone(*answer) string { return "" }

func agentID(a *answer) string { return a.Agent.ID }

func init() {
	createItem.lean = newKind("createWorkItem", "CreateWorkItemInput", "workItem { id priority reference createdAt }", itemID).document
}

var (
	createItem = newKind("createWorkItem", "CreateWorkItemInput", "workItem { "+newFields+" }", itemID)
	cancelItem = newKind("cancelWorkItem", "CancelWorkItemInput", "workItem { id status closedAt }", itemID,
		"CONFLICT/WORK_ITEM_CLOSED")
	completeItem = newKind("completeWorkItem", "CompleteWorkItemInput", "workItem { id status closedAt }", itemID,
		"CONFLICT/WORK_ITEM_CLOSED", "CONFLICT/WORK_ITEM_NOT_ASSIGNED")
	acceptOffer = newKind("acceptOffer", "AcceptOfferInput", "offer { "+offerFields+" } assignment { id agentId }",
		func(a *answer) string { return a.Offer.ID + " " + a.Assignment.ID },
		"CONFLICT/OFFER_EXPIRED", "CONFLICT/OFFER_REJECTED", "CONFLICT/OFFER_REVOKED")
	rejectOffer = newKind("rejectOffer", "RejectOfferInput", "offer { "+offerFields+" }", func(a *answer) string { return a.Offer.ID },
		"CONFLICT/OFFER_EXPIRED", "CONFLICT/OFFER_ACCEPTED", "CONFLICT/OFFER_REVOKED")
	setRow        = newKind("setPreferredAgents", "SetPreferredAgentsInput", "preferredAgents { "+rowFields+" }", rowGone)
	moveInRow     = newKind("movePreferredAgent", "MovePreferredAgentInput", "preferredAgents { "+rowFields+" }", rowGone)
	removeFromRow = newKind("removePreferredAgent", "RemovePreferredAgentInput", "preferredAgents { "+rowFields+" }",
		rowGone)
	setPresence   = newKind("setPresence", "SetPresenceInput", "agent { "+agentFields+" }", agentID, "CONFLICT/NOT_SIGNED_IN")
	signOut       = newKind("signOut", "SignOutInput", "agent { "+agentFields+" }", agentID)
	createContact = newKind("createContact", "CreateContactInput", "contact { id fullName }", func(a *answer) string { return a.Contact.ID })
	updatePolicy  = newKind("updateRoutingPolicy", "UpdateRoutingPolicyInput", "workstream { id version updatedAt routingPolicy { retryPreferred } }",
		func(a *answer) string { return a.Workstream.ID })
	createQueue      = newKind("createQueue", "CreateQueueInput", "queue { id }", func(a *answer) string { return a.Queue.ID })
	createWorkstream = newKind("createWorkstream", "CreateWorkstreamInput", "workstream { id version routingPolicy { retryPreferred } }",
		func(a *answer) string { return a.Workstream.ID })
	createAgent = newKind("createAgent", "CreateAgentInput", "agent { "+agentFields+" }", agentID)
	addMembers  = newKind("addQueueMembers", "AddQueueMembersInput", "queue { id }", func(a *answer) string { return a.Queue.ID })
)
