package models

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"rapport/engine"
)

// Commit makes a batch durable in one transaction: the lease row first, then what is gone, then every touched object as a multi-row
// upsert, then the events. Rows are touched in one order of tables. Its errors are those of engine.Batch.
func (s *Store) Commit(ctx context.Context, b *engine.Batch) error {
	err := s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := s.advance(tx, b.Before, b.At); err != nil {
			return err
		}
		return s.writeBatch(tx, b)
	}, &sql.TxOptions{Isolation: s.isolation()})
	if err != nil && !s.mysql {
		// A COMMIT that SQLite refused may leave its transaction open on the only connection.
		_ = s.write.Exec("ROLLBACK").Error // fails when there is none, which is as well
	}
	if err != nil {
		return classify(err)
	}
	return nil
}

// isolation: under READ COMMITTED there are no gap locks, and nothing of the batch depends on what it reads.
func (s *Store) isolation() sql.IsolationLevel {
	if s.mysql {
		return sql.LevelReadCommitted
	}
	return sql.LevelDefault
}

func (s *Store) writeBatch(tx *gorm.DB, b *engine.Batch) error {
	c := b.Changes
	if c.Organization != nil {
		if err := upsert(s, tx, []engine.Organization{*c.Organization}, organizationToRow); err != nil {
			return err
		}
	}
	steps := [...]func() error{
		// First: what was removed can have been made again in the same batch, and then is in both.
		func() error { return s.removeRows(tx, c) },
		func() error { return s.writeContacts(tx, c.Contacts) },
		func() error { return upsert(s, tx, c.Agents, agentToRow) },
		func() error { return upsert(s, tx, c.Sessions, sessionToRow) },
		func() error { return upsert(s, tx, c.Queues, queueToRow) },
		func() error { return upsert(s, tx, c.Members, queueMemberToRow) },
		func() error { return upsert(s, tx, c.Workstreams, workstreamToRow) },
		func() error { return upsertPointers(s, tx, c.Rows, preferredAgentsToRow) },
		func() error { return upsert(s, tx, c.WorkItems, workItemToRow) },
		func() error { return upsertPointers(s, tx, c.Offers, offerToRow) },
		func() error { return upsertPointers(s, tx, c.Assignments, assignmentToRow) },
		func() error { return upsert(s, tx, c.Declines, declineToRow) },
		func() error { return upsertPointers(s, tx, c.Roles, roleToRow) },
		func() error { return upsertPointers(s, tx, c.APIKeys, apiKeyToRow) },
		func() error { return upsertPointers(s, tx, c.Statuses, presenceStatusToRow) },
		func() error { return upsert(s, tx, c.Grants, presenceStatusGrantToRow) },
		func() error { return upsertPointers(s, tx, c.Profiles, capacityProfileToRow) },
		func() error { return s.writeEvents(tx, b) },
		func() error { return s.writeKeys(tx, b.Keys) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// upsert writes the objects as rows. Tables have no unique key but the primary one, so that the row that changes is the
// row that is meant: on MySQL the columns of an upsert can't be named.
func upsert[T any, R row](s *Store, tx *gorm.DB, objects []T, toRow func(*T) R) error {
	rows := make([]R, len(objects))
	for i := range objects {
		rows[i] = toRow(&objects[i])
	}
	return save(s, tx, rows)
}

func upsertPointers[T any, R row](s *Store, tx *gorm.DB, objects []*T, toRow func(*T) R) error {
	rows := make([]R, len(objects))
	for i, o := range objects {
		rows[i] = toRow(o)
	}
	return save(s, tx, rows)
}

func (s *Store) removeRows(tx *gorm.DB, c *engine.Changes) error {
	removals := [...]func() error{
		func() error { return removeIn(s, tx, "id", c.ContactsRemoved, &contactRow{}) },
		func() error { return removeIn(s, tx, "contact_id", c.ContactsRemoved, &contactTermRow{}) },
		func() error { return removeIn(s, tx, "id", c.AgentsRemoved, &agentRow{}) },
		func() error { return removeIn(s, tx, "id", c.SessionsRemoved, &sessionRow{}) },
		func() error { return removeIn(s, tx, "id", c.QueuesRemoved, &queueRow{}) },
		func() error { return removeIn(s, tx, "id", c.WorkstreamsRemoved, &workstreamRow{}) },
		func() error { return removeIn(s, tx, "contact_id", c.RowsRemoved, &preferredAgentsRow{}) },
		func() error { return removeIn(s, tx, "name", c.RolesRemoved, &roleRow{}) },
		func() error { return removeIn(s, tx, "id", c.APIKeysRemoved, &apiKeyRow{}) },
		func() error { return removeIn(s, tx, "id", c.StatusesRemoved, &presenceStatusRow{}) },
		func() error { return removeIn(s, tx, "id", c.ProfilesRemoved, &capacityProfileRow{}) },
		func() error { return removeMembers(tx, c.MembersRemoved) },
		func() error { return removeDeclines(tx, c.DeclinesRemoved) },
		func() error { return removeGrants(tx, c.GrantsRemoved) },
	}
	for _, remove := range removals {
		if err := remove(); err != nil {
			return err
		}
	}
	return nil
}

func removeMembers(tx *gorm.DB, members []engine.QueueMember) error {
	for _, m := range members {
		if err := tx.Where("queue_id = ? AND agent_id = ?", string(m.QueueID), string(m.AgentID)).Delete(&queueMemberRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

func removeDeclines(tx *gorm.DB, declines []engine.Decline) error {
	for _, d := range declines {
		if err := tx.Where("work_item_id = ? AND agent_id = ?", string(d.WorkItemID), string(d.AgentID)).Delete(&declineRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

func removeGrants(tx *gorm.DB, grants []engine.PresenceStatusGrant) error {
	for _, g := range grants {
		if err := tx.Where("status_id = ? AND agent_id = ?", string(g.StatusID), string(g.AgentID)).Delete(&presenceStatusGrantRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

// removeIn deletes the rows whose column is one of these ids.
func removeIn[T ~string](s *Store, tx *gorm.DB, column string, ids []T, row any) error {
	for len(ids) > 0 {
		n := min(len(ids), s.chunk)
		if err := tx.Where(column+" IN ?", ids[:n]).Delete(row).Error; err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func (s *Store) writeEvents(tx *gorm.DB, b *engine.Batch) error {
	rows := make([]eventRow, len(b.Changes.Events))
	for i := range b.Changes.Events {
		var err error
		if rows[i], err = eventToRow(b.At, i, &b.Changes.Events[i]); err != nil {
			return fmt.Errorf("%w: %w", engine.ErrRefused, err)
		}
	}
	return save(s, tx, rows)
}

func (s *Store) writeKeys(tx *gorm.DB, keys []engine.IdempotencyKey) error {
	rows := make([]idempotencyKeyRow, len(keys))
	for i := range keys {
		var err error
		if rows[i], err = keyToRow(&keys[i]); err != nil {
			return err
		}
	}
	return save(s, tx, rows)
}

// Sweep deletes up to 10,000 idempotency keys that are older than a time in microseconds since 1970.
func (s *Store) Sweep(ctx context.Context, olderThan int64) error {
	statement := "DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys WHERE created_at < ? LIMIT 10000)"
	if s.mysql {
		statement = "DELETE FROM idempotency_keys WHERE created_at < ? LIMIT 10000"
	}
	return s.write.WithContext(ctx).Exec(statement, olderThan).Error
}
