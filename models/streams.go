package models

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"

	"rapport/engine"
)

// What subscriptions begin with, each read at one place in the order of changes: the state, or what changed since a place (EV-1).

// at runs a read at one place in the order of changes and says which that is. Reset is set when after is a place at which the database has
// not been, so that there is nothing to resume.
func (s *Store) at(ctx context.Context, after *engine.EventPlace, read func(tx *gorm.DB, resume bool) error) (engine.Start, error) {
	var start engine.Start
	err := s.read.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		row, err := s.lease(ctx, tx)
		if err != nil {
			return err
		}
		start.At = row.position()
		if after != nil {
			there, err := reached(tx, start.At, *after)
			if err != nil {
				return err
			}
			start.Reset = !there
		}
		err = read(tx, after != nil && !start.Reset)
		if err == errTooMuch {
			start.Reset = true
			err = read(tx, false)
		}
		return err
	}, s.snapshotRead())
	return start, readError(err)
}

// errTooMuch: more has changed since than a subscription is resumed over.
var errTooMuch = fmt.Errorf("more than %d events since", engine.MaxResume)

// snapshotRead: all reads of one transaction see the same state.
func (s *Store) snapshotRead() *sql.TxOptions {
	if s.mysql {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return &sql.TxOptions{ReadOnly: true}
}

// behind limits events to those behind a place, in the form for which the database uses the index.
func (s *Store) behind(db *gorm.DB, p engine.EventPlace) *gorm.DB {
	if s.mysql {
		return db.Where("(events.epoch > ? OR (events.epoch = ? AND (events.batch_seq > ? OR (events.batch_seq = ? AND events.idx > ?))))",
			p.Epoch, p.Epoch, p.Seq, p.Seq, p.Index)
	}
	return db.Where("(events.epoch, events.batch_seq, events.idx) > (?, ?, ?)", p.Epoch, p.Seq, p.Index)
}

const inOrder = "epoch, batch_seq, idx"

// eventsSince reads some columns of the events of a scope behind a place; errTooMuch when there are more than are resumed over. The
// scope must be what an index begins with, or none, and filter nothing besides: so what is read is bounded.
func (s *Store) eventsSince(tx *gorm.DB, after engine.EventPlace, columns string, scope func(*gorm.DB) *gorm.DB) ([]eventRow, error) {
	var rows []eventRow
	err := scope(s.behind(tx, after)).Select(columns).Limit(engine.MaxResume + 1).Find(&rows).Error
	if err == nil && len(rows) > engine.MaxResume {
		err = errTooMuch
	}
	return rows, err
}

var offerEvents = []engine.EventType{
	engine.EventOfferMade, engine.EventOfferAccepted, engine.EventOfferRejected, engine.EventOfferMissed, engine.EventOfferRevoked,
}

// OfferStart reads what a subscription to an agent's offers begins with: the open ones, or those that changed since a place.
func (s *Store) OfferStart(ctx context.Context, a engine.AgentID, session engine.SessionID, after *engine.EventPlace) (engine.OfferStart, error) {
	var start engine.OfferStart
	var err error
	start.Start, err = s.at(ctx, after, func(tx *gorm.DB, resume bool) error {
		var live []sessionRow
		if err := tx.Where("id = ?", session).Limit(1).Find(&live).Error; err != nil {
			return err
		}
		start.SessionLive = len(live) == 1
		if !resume {
			start.Offers, err = openOffers(tx, a)
			return err
		}
		events, err := s.eventsSince(tx, *after, "*", func(db *gorm.DB) *gorm.DB { return db.Where("agent_id = ?", a).Order(inOrder) })
		if err != nil {
			return err
		}
		events = slices.DeleteFunc(events, func(ev eventRow) bool { return !slices.Contains(offerEvents, engine.EventType(ev.Type)) })
		ids, err := offersOf(events)
		if err != nil {
			return err
		}
		start.Offers, err = inOrderOf(tx, ids, offerRow.toOffer, func(o engine.Offer) engine.OfferID { return o.ID })
		return err
	})
	return start, err
}

// offersOf lists the offers that events are about, each once.
func offersOf(events []eventRow) ([]engine.OfferID, error) {
	var ids []engine.OfferID
	for _, ev := range events {
		var body engine.EventBody
		if err := json.Unmarshal([]byte(ev.Body), &body); err != nil {
			return nil, fmt.Errorf("event %s: %w", ev.place().Cursor(), err)
		}
		ids = append(ids, body.OfferID)
	}
	return distinct(ids), nil
}

// distinct keeps each id where it is first.
func distinct[T comparable](ids []T) []T {
	seen := make(map[T]bool, len(ids))
	return slices.DeleteFunc(ids, func(id T) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// inOrderOf reads rows by id and gives them in the order of the ids.
func inOrderOf[I ~string, R, T any](tx *gorm.DB, ids []I, toNoun func(R) T, id func(T) I) ([]T, error) {
	var list []T
	err := chunked(ids, func(ids []I) error {
		var part []T
		err := all(tx.Where("id IN ?", ids), &part, toNoun)
		list = append(list, part...)
		return err
	})
	at := make(map[I]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(at[id(a)], at[id(b)]) })
	return list, err
}

// PresenceStart reads what a subscription to presence begins with. Agents who are named and not there are in Removed.
func (s *Store) PresenceStart(ctx context.Context, f engine.PresenceSelection, after *engine.EventPlace) (engine.PresenceStart, error) {
	var start engine.PresenceStart
	var err error
	start.Start, err = s.at(ctx, after, func(tx *gorm.DB, resume bool) error {
		db := tx.Order("id")
		switch {
		case f.QueueID != "": // in the order of its members, which is the same
			db = tx.Joins("JOIN queue_members m ON m.agent_id = agents.id AND m.queue_id = ?", f.QueueID).Order("m.agent_id")
		case len(f.AgentIDs) > 0:
			db = db.Where("id IN ?", f.AgentIDs)
		}
		if err := all(db.Limit(engine.MaxStart+1), &start.Agents, agentRow.toAgent); err != nil {
			return err
		}
		if len(start.Agents) > engine.MaxStart {
			return tooManyAtStart("agents")
		}
		there := make(map[engine.AgentID]bool, len(start.Agents))
		for _, a := range start.Agents {
			there[a.ID] = true
		}
		start.Removed = slices.DeleteFunc(slices.Clone(f.AgentIDs), func(id engine.AgentID) bool { return there[id] })
		if !resume {
			return nil
		}
		changed, err := s.presenceSince(tx, f, slices.Collect(maps.Keys(there)), *after)
		if err != nil {
			return err
		}
		start.Agents = slices.DeleteFunc(start.Agents, func(a engine.Agent) bool { return !changed[a.ID] })
		for id := range changed { // order: sorted below
			if !there[id] && !slices.Contains(start.Removed, id) {
				start.Removed = append(start.Removed, id)
			}
		}
		slices.Sort(start.Removed)
		return nil
	})
	return start, err
}

var presenceEvents = []engine.EventType{engine.EventPresenceChanged, engine.EventAgentCreated, engine.EventAgentDeleted}

var memberEvents = []engine.EventType{engine.EventQueueMemberAdded, engine.EventQueueMemberRemoved}

// presenceSince tells who of the agents that are meant has another presence than at a place, who has been deleted, and who has joined or left the
// queue. In which order does not matter: nothing is sorted.
func (s *Store) presenceSince(tx *gorm.DB, f engine.PresenceSelection, agents []engine.AgentID, after engine.EventPlace) (map[engine.AgentID]bool, error) {
	changed := map[engine.AgentID]bool{}
	add := func(types []engine.EventType, scope func(*gorm.DB) *gorm.DB) error {
		events, err := s.eventsSince(tx, after, "agent_id, type", scope)
		for _, ev := range events {
			if slices.Contains(types, engine.EventType(ev.Type)) {
				changed[orEmpty[engine.AgentID](ev.AgentID)] = true
			}
		}
		return err
	}
	if f.QueueID == "" && len(f.AgentIDs) == 0 {
		return changed, add(presenceEvents, func(db *gorm.DB) *gorm.DB { return db.Order(inOrder) })
	}
	if f.QueueID != "" {
		if err := add(memberEvents, func(db *gorm.DB) *gorm.DB { return db.Where("queue_id = ?", f.QueueID) }); err != nil {
			return nil, err
		}
	}
	// By id, not by a join: MariaDB would read all that ever happened to each of them.
	return changed, chunked(agents, func(ids []engine.AgentID) error {
		return add(presenceEvents, func(db *gorm.DB) *gorm.DB { return db.Where("agent_id IN ?", ids) })
	})
}

func tooManyAtStart(what string) error {
	return &engine.Error{
		Code: engine.CodeLimit, Field: "filter", Message: fmt.Sprintf("a subscription begins with at most %d %s", engine.MaxStart, what),
	}
}
