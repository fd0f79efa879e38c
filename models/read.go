package models

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
)

// What queries of the API read: committed rows, by id in parts, or page by page in the order of ids. Every method is safe for
// concurrent use. An id that is not there is left out, never an error. While the database does not answer the error is UNAVAILABLE.

// byIDs reads rows by primary key.
func byIDs[I ~string, R, T any](ctx context.Context, s *Store, ids []I, toNoun func(R) T) ([]T, error) {
	var out []T
	err := chunked(ids, func(ids []I) error {
		var part []T
		err := all(s.read.WithContext(ctx).Where("id IN ?", ids), &part, toNoun)
		out = append(out, part...)
		return err
	})
	return out, err
}

// page reads one row more than asked for, so that the caller can tell whether there are more.
func page[R, T any](ctx context.Context, s *Store, p engine.Page, toNoun func(R) T, scope func(*gorm.DB) *gorm.DB) ([]T, error) {
	db := s.read.WithContext(ctx).Order("id").Limit(p.First + 1)
	if p.After != "" {
		db = db.Where("id > ?", p.After)
	}
	if scope != nil {
		db = scope(db)
	}
	var out []T
	err := all(db, &out, toNoun)
	return out, err
}

// Organization reads the organisation.
func (s *Store) Organization(ctx context.Context) (engine.Organization, error) {
	var row organizationRow
	err := s.read.WithContext(ctx).Take(&row).Error
	return row.toOrganization(), err
}

// Contacts reads contacts by id.
func (s *Store) Contacts(ctx context.Context, ids []engine.ContactID) ([]engine.Contact, error) {
	return byIDs(ctx, s, ids, contactRow.toContact)
}

// Agents reads agents by id.
func (s *Store) Agents(ctx context.Context, ids []engine.AgentID) ([]engine.Agent, error) {
	return byIDs(ctx, s, ids, agentRow.toAgent)
}

// AgentPage reads a page of all agents.
func (s *Store) AgentPage(ctx context.Context, p engine.Page) ([]engine.Agent, error) {
	return page(ctx, s, p, agentRow.toAgent, nil)
}

// MemberPage reads a page of a queue's members.
func (s *Store) MemberPage(ctx context.Context, q engine.QueueID, p engine.Page) ([]engine.Agent, error) {
	// In the order of the members, which is that of their ids: so nothing is sorted.
	db := s.read.WithContext(ctx).Joins("JOIN queue_members m ON m.agent_id = agents.id AND m.queue_id = ?", q)
	if p.After != "" {
		db = db.Where("m.agent_id > ?", p.After)
	}
	var out []engine.Agent
	err := all(db.Order("m.agent_id").Limit(p.First+1), &out, agentRow.toAgent)
	return out, err
}

// Queues reads queues by id.
func (s *Store) Queues(ctx context.Context, ids []engine.QueueID) ([]engine.Queue, error) {
	return byIDs(ctx, s, ids, queueRow.toQueue)
}

// QueuePage reads a page of all queues.
func (s *Store) QueuePage(ctx context.Context, p engine.Page) ([]engine.Queue, error) {
	return page(ctx, s, p, queueRow.toQueue, nil)
}

// QueuesOf reads the queues of which an agent is a member, by name.
func (s *Store) QueuesOf(ctx context.Context, a engine.AgentID) ([]engine.Queue, error) {
	var out []engine.Queue
	db := s.read.WithContext(ctx).Joins("JOIN queue_members m ON m.queue_id = queues.id AND m.agent_id = ?", a)
	err := all(db.Order("name, id").Limit(engine.MaxQueuesPerAgent), &out, queueRow.toQueue)
	return out, err
}

// Workstreams reads workstreams by id.
func (s *Store) Workstreams(ctx context.Context, ids []engine.WorkstreamID) ([]engine.Workstream, error) {
	return byIDs(ctx, s, ids, workstreamRow.toWorkstream)
}

// WorkstreamPage reads a page of all workstreams.
func (s *Store) WorkstreamPage(ctx context.Context, p engine.Page) ([]engine.Workstream, error) {
	return page(ctx, s, p, workstreamRow.toWorkstream, nil)
}

// PreferredAgents reads the rows of the matrix of these contacts.
func (s *Store) PreferredAgents(ctx context.Context, ids []engine.ContactID) ([]engine.PreferredAgents, error) {
	var out []engine.PreferredAgents
	err := chunked(ids, func(ids []engine.ContactID) error {
		var part []engine.PreferredAgents
		err := all(s.read.WithContext(ctx).Where("contact_id IN ?", ids), &part, preferredAgentsRow.toPreferredAgents)
		out = append(out, part...)
		return err
	})
	return out, err
}

// WorkItems reads work items by id.
func (s *Store) WorkItems(ctx context.Context, ids []engine.WorkItemID) ([]engine.WorkItem, error) {
	return byIDs(ctx, s, ids, workItemRow.toWorkItem)
}

// Offers reads offers by id.
func (s *Store) Offers(ctx context.Context, ids []engine.OfferID) ([]engine.Offer, error) {
	return byIDs(ctx, s, ids, offerRow.toOffer)
}

// OfferPage reads a page of the offers of a work item.
func (s *Store) OfferPage(ctx context.Context, w engine.WorkItemID, p engine.Page) ([]engine.Offer, error) {
	return page(ctx, s, p, offerRow.toOffer, func(db *gorm.DB) *gorm.DB { return db.Where("work_item_id = ?", w) })
}

// OpenOffers reads the open offers of an agent, oldest first. There are never more than engine.MaxOpenWorkLimit (PR-4).
func (s *Store) OpenOffers(ctx context.Context, a engine.AgentID) ([]engine.Offer, error) {
	return openOffers(s.read.WithContext(ctx), a)
}

func openOffers(db *gorm.DB, a engine.AgentID) ([]engine.Offer, error) {
	var offers []engine.Offer
	err := all(db.Where("agent_id = ? AND state = 'OPEN'", a).Order("id").Limit(engine.MaxOpenWorkLimit), &offers, offerRow.toOffer)
	return offers, err
}

// Assignments reads assignments by id.
func (s *Store) Assignments(ctx context.Context, ids []engine.AssignmentID) ([]engine.Assignment, error) {
	return byIDs(ctx, s, ids, assignmentRow.toAssignment)
}

// AssignmentPage reads a page of the assignments of an agent that are in force.
func (s *Store) AssignmentPage(ctx context.Context, a engine.AgentID, p engine.Page) ([]engine.Assignment, error) {
	return page(ctx, s, p, assignmentRow.toAssignment, func(db *gorm.DB) *gorm.DB {
		return db.Where("agent_id = ? AND ended_at IS NULL", a)
	})
}

// AssignmentsOf reads a page of all assignments that a work item ever had. The events tell which they are: an index for this alone would cost
// each commit more than the few who ask are worth.
func (s *Store) AssignmentsOf(ctx context.Context, w engine.WorkItemID, p engine.Page) ([]engine.Assignment, error) {
	began := []engine.EventType{engine.EventOfferAccepted, engine.EventWorkItemPicked, engine.EventWorkItemAssigned}
	var rows []eventRow
	if err := s.read.WithContext(ctx).Select("body").Where("work_item_id = ? AND type IN ?", w, began).Find(&rows).Error; err != nil {
		return nil, err
	}
	var ids []engine.AssignmentID
	for _, r := range rows {
		var body engine.EventBody
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			return nil, fmt.Errorf("the events of work item %s: %w", w, err)
		}
		if string(body.AssignmentID) > p.After {
			ids = append(ids, body.AssignmentID)
		}
	}
	slices.Sort(ids)
	list, err := s.Assignments(ctx, ids[:min(len(ids), p.First+1)])
	slices.SortFunc(list, func(a, b engine.Assignment) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// Roles reads all roles of one's own, by name.
func (s *Store) Roles(ctx context.Context) ([]engine.Role, error) {
	var out []engine.Role
	err := all(s.read.WithContext(ctx).Order("name"), &out, roleRow.toRole)
	return out, err
}

// APIKeys reads all API keys, by id; there are at most engine.MaxAPIKeys.
func (s *Store) APIKeys(ctx context.Context) ([]engine.APIKey, error) {
	var out []engine.APIKey
	err := all(s.read.WithContext(ctx).Order("id"), &out, apiKeyRow.toAPIKey)
	return out, err
}

// APIKeyPage reads a page of all API keys.
func (s *Store) APIKeyPage(ctx context.Context, p engine.Page) ([]engine.APIKey, error) {
	return page(ctx, s, p, apiKeyRow.toAPIKey, nil)
}

// HasWorkOf tells whether a work item of the contact is offered or assigned to the agent, or was theirs last (RL-1).
func (s *Store) HasWorkOf(ctx context.Context, a engine.AgentID, c engine.ContactID) (bool, error) {
	items, err := s.WorkItemPage(ctx, engine.WorkItemScope{ContactID: c, AgentID: a}, engine.Page{First: 1})
	return len(items) > 0, err
}

// OldestWaiting is when the oldest waiting item was created; false when none waits. Ids are in the order of creation.
func (s *Store) OldestWaiting(ctx context.Context) (time.Time, bool, error) {
	var oldest []int64
	err := s.read.WithContext(ctx).Model(&workItemRow{}).Where("status = 'QUEUED'").Order("id").Limit(1).Pluck("created_at", &oldest).Error
	if err != nil || len(oldest) == 0 {
		return time.Time{}, false, err
	}
	return fromMicros(oldest[0]), true, nil
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	pool, err := s.read.DB()
	if err != nil {
		return err
	}
	return pool.PingContext(ctx)
}
