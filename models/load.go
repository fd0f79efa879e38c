package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
)

// loadChunk is how many ids one query asks for.
const loadChunk = 500

// The statuses of work items that are not closed, and of those of which an assignment is in force: see engine.WorkItemStatus.
const (
	openItems = "('QUEUED', 'OFFERED', 'ASSIGNED', 'WAITING', 'WRAP_UP')"
	withAgent = "('ASSIGNED', 'WAITING', 'WRAP_UP')"
)

// Load reads everything that the engine holds. An empty database is given its organisation first.
func (s *Store) Load(ctx context.Context) (engine.Snapshot, error) {
	db := s.write.WithContext(ctx)
	var snap engine.Snapshot
	var org organizationRow
	switch err := db.Take(&org).Error; {
	case errors.Is(err, gorm.ErrRecordNotFound):
		snap.Organization = engine.NewOrganization(time.Now().UTC().Truncate(time.Microsecond))
		org = organizationToRow(&snap.Organization)
		if err := db.Create(&org).Error; err != nil {
			return snap, fmt.Errorf("create the organisation: %w", err)
		}
	case err != nil:
		return snap, fmt.Errorf("load the organisation: %w", err)
	default:
		snap.Organization = org.toOrganization()
	}
	const open = "JOIN work_items w ON w.status IN " + openItems + " AND "
	loads := [...]func() error{
		func() error { return all(db.Order("id"), &snap.Agents, agentRow.toAgent) },
		func() error { return all(db.Order("id"), &snap.Sessions, sessionRow.toSession) },
		func() error { return all(db.Order("id"), &snap.Queues, queueRow.toQueue) },
		func() error { return all(db, &snap.Members, queueMemberRow.toQueueMember) },
		func() error { return all(db.Order("id"), &snap.Workstreams, workstreamRow.toWorkstream) },
		func() error { return all(db.Order("name"), &snap.Roles, roleRow.toRole) },
		func() error { return all(db.Order("id"), &snap.APIKeys, apiKeyRow.toAPIKey) },
		func() error { return all(db.Order("id"), &snap.Statuses, presenceStatusRow.toPresenceStatus) },
		func() error {
			return all(db.Order("status_id, agent_id"), &snap.Grants, presenceStatusGrantRow.toPresenceStatusGrant)
		},
		func() error { return all(db.Order("id"), &snap.Profiles, capacityProfileRow.toCapacityProfile) },
		func() error {
			return all(db.Where("status IN "+openItems).Order("id"), &snap.WorkItems, workItemRow.toWorkItem)
		},
		func() error {
			return all(db.Joins(open+"w.status = 'OFFERED' AND w.offer_id = offers.id"), &snap.Offers, offerRow.toOffer)
		},
		func() error {
			return all(db.Joins(open+"w.status IN "+withAgent+" AND w.assignment_id = assignments.id"), &snap.Assignments, assignmentRow.toAssignment)
		},
		func() error {
			return all(db.Joins(open+"w.id = declines.work_item_id"), &snap.Declines, declineRow.toDecline)
		},
		func() error {
			return all(db.Where("contact_id IN (SELECT contact_id FROM work_items WHERE status IN "+openItems+")"),
				&snap.Rows, preferredAgentsRow.toPreferredAgents)
		},
		func() error { return loadPolicies(db, &snap) },
		func() error { return loadLastAt(db, &snap) },
	}
	for _, load := range loads {
		if err := load(); err != nil {
			return snap, fmt.Errorf("load: %w", err)
		}
	}
	return snap, nil
}

// loadLastAt reads when the last thing happened: time never runs backwards, so the last event is the latest.
func loadLastAt(db *gorm.DB, snap *engine.Snapshot) error {
	var last []eventRow
	if err := db.Select("at").Order("epoch DESC, batch_seq DESC, idx DESC").Limit(1).Find(&last).Error; err != nil || len(last) == 0 {
		return err
	}
	snap.LastAt = fromMicros(last[0].At)
	return nil
}

// loadPolicies reads the routing policies of the contacts with open work that have one (RT-1).
func loadPolicies(db *gorm.DB, snap *engine.Snapshot) error {
	var contacts []engine.Contact
	err := all(db.Where("id IN (SELECT contact_id FROM work_items WHERE status IN "+openItems+")").
		Where("policy_enabled IS NOT NULL OR policy_when_unavailable IS NOT NULL OR policy_retry_preferred IS NOT NULL"),
		&contacts, contactRow.toContact)
	snap.Policies = make(map[engine.ContactID]engine.RoutingPolicy, len(contacts))
	for _, c := range contacts {
		snap.Policies[c.ID] = c.RoutingPolicy
	}
	return err
}

// all reads the rows of a query as nouns.
func all[R, T any](db *gorm.DB, into *[]T, toNoun func(R) T) error {
	var rows []R
	if err := db.Find(&rows).Error; err != nil {
		return err
	}
	*into = make([]T, len(rows))
	for i, r := range rows {
		(*into)[i] = toNoun(r)
	}
	return nil
}

// Facts reads what commands need and the engine lacks, and the idempotency keys among keys that are not older than their lifetime
// at now. What does not exist is left out.
func (s *Store) Facts(ctx context.Context, needs engine.Needs, keys []engine.KeyRef, now time.Time) (engine.Facts, []engine.IdempotencyKey, error) {
	db := s.write.WithContext(ctx)
	var facts engine.Facts
	if err := s.contactFacts(db, needs, &facts); err != nil {
		return facts, nil, err
	}
	err := chunked(needs.WorkItems, func(ids []engine.WorkItemID) error {
		var part []engine.WorkItem
		err := all(db.Where("id IN ?", ids), &part, workItemRow.toWorkItem)
		facts.WorkItems = append(facts.WorkItems, part...)
		return err
	})
	if err != nil {
		return facts, nil, err
	}
	err = chunked(needs.Offers, func(ids []engine.OfferID) error {
		var part []engine.Offer
		err := all(db.Where("id IN ?", ids), &part, offerRow.toOffer)
		facts.Offers = append(facts.Offers, part...)
		return err
	})
	if err != nil {
		return facts, nil, err
	}
	found, err := s.keyFacts(db, keys, now)
	return facts, found, err
}

func (s *Store) contactFacts(db *gorm.DB, needs engine.Needs, facts *engine.Facts) error {
	facts.Rows = make(map[engine.ContactID]*engine.PreferredAgents, len(needs.Contacts))
	err := chunked(slices.Concat(needs.Contacts, needs.Records), func(ids []engine.ContactID) error {
		var part []engine.Contact
		err := all(db.Where("id IN ?", ids), &part, contactRow.toContact)
		facts.Contacts = append(facts.Contacts, part...)
		return err
	})
	if err != nil {
		return err
	}
	err = chunked(needs.Contacts, func(ids []engine.ContactID) error {
		var rows []engine.PreferredAgents
		err := all(db.Where("contact_id IN ?", ids), &rows, preferredAgentsRow.toPreferredAgents)
		for i := range rows {
			facts.Rows[rows[i].ContactID] = &rows[i]
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range needs.Preferred {
		rows, err := preferredPage(db, id, engine.Page{First: 1})
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			facts.Preferred = append(facts.Preferred, id)
		}
	}
	return nil
}

func (s *Store) keyFacts(db *gorm.DB, refs []engine.KeyRef, now time.Time) ([]engine.IdempotencyKey, error) {
	var keys []engine.IdempotencyKey
	oldest := micros(now.Add(-engine.KeyLifetime))
	err := chunked(refs, func(refs []engine.KeyRef) error {
		pairs := make([][]any, len(refs))
		for i, r := range refs {
			pairs[i] = []any{r.Principal, r.Key}
		}
		var rows []idempotencyKeyRow
		if err := db.Where("(principal, key_text) IN ?", pairs).Where("created_at >= ?", oldest).Find(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			key, err := row.toKey()
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// chunked calls do for the ids in parts of at most loadChunk.
func chunked[T any](ids []T, do func([]T) error) error {
	for len(ids) > 0 {
		n := min(len(ids), loadChunk)
		if err := do(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
