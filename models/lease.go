package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
)

// LeasePeriod is how long a server waits to see whether the owner of a MySQL database is alive; an owner moves the row at least
// once a second.
const LeasePeriod = 3 * time.Second

type leaseRow struct {
	ID       int
	Epoch    int64
	BatchSeq int64
	Owner    string
}

func (leaseRow) TableName() string { return "engine_lease" }

func (r leaseRow) position() engine.Position { return engine.Position{Epoch: r.Epoch, Seq: r.BatchSeq} }

func (s *Store) lease(ctx context.Context, db *gorm.DB) (leaseRow, error) {
	var row leaseRow
	err := db.WithContext(ctx).Where("id = 1").Take(&row).Error
	return row, err
}

// Position is how far the database is.
func (s *Store) Position(ctx context.Context) (engine.Position, error) {
	row, err := s.lease(ctx, s.write)
	return row.position(), err
}

// NeedsBeat tells whether an idle owner must move the row, because nothing but the row shows that it is alive.
func (s *Store) NeedsBeat() bool { return s.mysql }

// epochRow is how far an owner of before came.
type epochRow struct {
	Epoch    int64
	EndedSeq int64
}

func (epochRow) TableName() string { return "engine_epochs" }

// Acquire makes this process the owner of the database, with an epoch of its own. On MySQL it waits for LeasePeriod to see whether
// another owner is alive, unless that one has given the lease back. Error: ErrHeld.
//
// An epoch is the time of its beginning in seconds, so that the owners of a database and of a copy of it have different ones: a cursor of the one
// is never taken for a place in the other's history.
func (s *Store) Acquire(ctx context.Context) (engine.Position, error) {
	row, err := s.lease(ctx, s.write)
	if err != nil {
		return engine.Position{}, fmt.Errorf("read the lease: %w", err)
	}
	if s.mysql && row.Owner != "" {
		if err := s.seemsDead(ctx, row); err != nil {
			return engine.Position{}, err
		}
	}
	epoch := max(row.Epoch+1, s.now().Unix())
	err = s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE engine_lease SET epoch = ?, batch_seq = 0, owner = ? WHERE id = 1 AND epoch = ? AND batch_seq = ?",
			epoch, s.owner, row.Epoch, row.BatchSeq)
		if done.Error != nil {
			return fmt.Errorf("take the lease: %w", done.Error)
		}
		if done.RowsAffected != 1 {
			return engine.ErrHeld
		}
		return tx.Create(&epochRow{row.Epoch, row.BatchSeq}).Error
	})
	if err != nil {
		return engine.Position{}, err
	}
	return engine.Position{Epoch: epoch}, nil
}

// reached tells whether the history of this database, which stands at `at`, has been at a place.
func reached(tx *gorm.DB, at engine.Position, place engine.EventPlace) (bool, error) {
	if place.Epoch == at.Epoch {
		return place.Seq <= at.Seq, nil
	}
	var ended []epochRow
	if err := tx.Where("epoch = ?", place.Epoch).Limit(1).Find(&ended).Error; err != nil {
		return false, err
	}
	return len(ended) == 1 && place.Seq <= ended[0].EndedSeq, nil
}

// seemsDead waits for a lease period and reports ErrHeld as soon as the row moves.
func (s *Store) seemsDead(ctx context.Context, seen leaseRow) error {
	for end := time.Now().Add(LeasePeriod); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(LeasePeriod / 10):
		}
		row, err := s.lease(ctx, s.write)
		if err != nil {
			return fmt.Errorf("read the lease: %w", err)
		}
		if row != seen {
			if row.Owner == "" {
				return nil // given back meanwhile; taking it still depends on the row we saw
			}
			return fmt.Errorf("it belongs to %s: %w", row.Owner, engine.ErrHeld)
		}
	}
	return nil
}

// Release gives the lease back, so that the next owner need not wait.
func (s *Store) Release(ctx context.Context, at engine.Position) error {
	return s.write.WithContext(ctx).Exec(
		"UPDATE engine_lease SET owner = '' WHERE id = 1 AND epoch = ? AND batch_seq = ?", at.Epoch, at.Seq).Error
}

// advance moves the lease row to the batch's place: a changing write, because a lock or a read of the row does not keep stale owners
// out on a cluster. No row means that the database stands elsewhere.
func (s *Store) advance(tx *gorm.DB, from, to engine.Position) error {
	done := tx.Exec("UPDATE engine_lease SET batch_seq = ? WHERE id = 1 AND epoch = ? AND batch_seq = ?", to.Seq, from.Epoch, from.Seq)
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected != 1 {
		return engine.ErrNotOwner
	}
	return nil
}
