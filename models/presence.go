package models

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
)

// What there is to read of presence and capacity (PR-2, PR-9, CP-2).

// PresenceStatuses reads all statuses of one's own, by id; there are at most engine.MaxPresenceStatuses.
func (s *Store) PresenceStatuses(ctx context.Context) ([]engine.PresenceStatus, error) {
	var out []engine.PresenceStatus
	err := all(s.read.WithContext(ctx).Order("id"), &out, presenceStatusRow.toPresenceStatus)
	return out, err
}

// PresenceStatusesByID reads statuses of one's own by id.
func (s *Store) PresenceStatusesByID(ctx context.Context, ids []engine.PresenceStatusID) ([]engine.PresenceStatus, error) {
	return byIDs(ctx, s, ids, presenceStatusRow.toPresenceStatus)
}

// PresenceStatusGrants reads a page of the agents to whom a status is granted, by the agent's id, and tells whether there are more.
func (s *Store) PresenceStatusGrants(ctx context.Context, id engine.PresenceStatusID, p engine.Page) ([]engine.PresenceStatusGrant, bool, error) {
	db := s.read.WithContext(ctx).Where("status_id = ?", id)
	if p.After != "" {
		db = db.Where("agent_id > ?", p.After)
	}
	var out []engine.PresenceStatusGrant
	err := all(db.Order("agent_id").Limit(p.First+1), &out, presenceStatusGrantRow.toPresenceStatusGrant)
	return out[:min(len(out), p.First)], len(out) > p.First, err
}

// GrantsOf reads which statuses are granted to agents, each agent's by the status's id.
func (s *Store) GrantsOf(ctx context.Context, agents []engine.AgentID) ([]engine.PresenceStatusGrant, error) {
	var out []engine.PresenceStatusGrant
	err := chunked(agents, func(ids []engine.AgentID) error {
		var part []engine.PresenceStatusGrant
		err := all(s.read.WithContext(ctx).Where("agent_id IN ?", ids).Order("agent_id, status_id"), &part, presenceStatusGrantRow.toPresenceStatusGrant)
		out = append(out, part...)
		return err
	})
	return out, err
}

// CapacityProfiles reads all capacity profiles, by id; there are at most engine.MaxCapacityProfiles.
func (s *Store) CapacityProfiles(ctx context.Context) ([]engine.CapacityProfile, error) {
	var out []engine.CapacityProfile
	err := all(s.read.WithContext(ctx).Order("id"), &out, capacityProfileRow.toCapacityProfile)
	return out, err
}

// CapacityProfilesByID reads capacity profiles by id.
func (s *Store) CapacityProfilesByID(ctx context.Context, ids []engine.CapacityProfileID) ([]engine.CapacityProfile, error) {
	return byIDs(ctx, s, ids, capacityProfileRow.toCapacityProfile)
}

// presenceEventsOf limits events to the changes of an agent's presence. There is an index for them, in the order of time: among all that ever
// happened to the agent they are few, and to read over the rest would cost the more the longer the agent works. SQLite's index holds nothing
// else, and is used where the type stands in the statement; MySQL's has all types.
func (s *Store) presenceEventsOf(ctx context.Context, a engine.AgentID) *gorm.DB {
	table := "events INDEXED BY events_of_presence"
	if s.mysql {
		table = "events FORCE INDEX (events_by_agent_type)"
	}
	return s.read.WithContext(ctx).Table(table).Where("agent_id = ? AND type = 'PRESENCE_CHANGED'", a)
}

// newestFirst is the order of the index, backwards. Time never runs backwards, so it is that of places too.
const newestFirst = "at DESC, epoch DESC, batch_seq DESC, idx DESC"

// PresenceHistory reads a page of the changes of an agent's presence, newest first, and tells whether there are more (PR-9). Errors:
// BAD_USER_INPUT for a cursor that is none.
func (s *Store) PresenceHistory(ctx context.Context, f engine.PresenceHistoryScope, p engine.Page) ([]engine.PresenceChange, bool, error) {
	db := s.presenceEventsOf(ctx, f.AgentID)
	if p.After != "" {
		after, ok := engine.ParseCursor(p.After)
		if !ok {
			return nil, false, &engine.Error{Code: engine.CodeBadUserInput, Field: "after", Message: "is no cursor of this list"}
		}
		db = before(db, after)
	}
	if f.From != nil {
		db = db.Where("at >= ?", micros(*f.From))
	}
	if f.Until != nil {
		db = db.Where("at < ?", micros(*f.Until))
	}
	list, err := presenceChanges(db.Order(newestFirst).Limit(p.First + 1))
	return list[:min(len(list), p.First)], len(list) > p.First, err
}

// before limits events to those before a place. They are not later than the event that is there: so the index is read from that time on.
func before(db *gorm.DB, p engine.EventPlace) *gorm.DB {
	db = db.Where("at <= COALESCE((SELECT c.at FROM events c WHERE c.epoch = ? AND c.batch_seq = ? AND c.idx = ?), ?)", p.Epoch, p.Seq, p.Index, math.MaxInt64)
	return db.Where("(epoch < ? OR (epoch = ? AND (batch_seq < ? OR (batch_seq = ? AND idx < ?))))", p.Epoch, p.Epoch, p.Seq, p.Seq, p.Index)
}

func presenceChanges(db *gorm.DB) ([]engine.PresenceChange, error) {
	var rows []eventRow
	if err := db.Select("epoch, batch_seq, idx, at, actor, agent_id, body").Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]engine.PresenceChange, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.toPresenceChange(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// toPresenceChange reads a change of presence back. Before there were statuses of one's own an event did not say their bases.
func (r eventRow) toPresenceChange() (engine.PresenceChange, error) {
	var body engine.EventBody
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		return engine.PresenceChange{}, fmt.Errorf("event %s: %w", r.place().Cursor(), err)
	}
	c := engine.PresenceChange{
		ID: r.place().Cursor(), AgentID: orEmpty[engine.AgentID](r.AgentID), From: engine.PresenceStatusID(body.From), To: engine.PresenceStatusID(body.To),
		FromBase: body.FromBase, ToBase: body.ToBase, Cause: engine.PresenceCause(body.Cause), Actor: r.Actor, At: fromMicros(r.At),
	}
	for _, side := range [...]struct {
		id   engine.PresenceStatusID
		base *engine.BasePresence
	}{{c.From, &c.FromBase}, {c.To, &c.ToBase}} {
		if status := engine.BuiltInStatus(side.id); *side.base == "" && status != nil {
			*side.base = status.Base
		}
	}
	return c, nil
}

// PresenceTimes tells how long an agent had which status on which base between two times, in the order in which they first had them; without a
// session they are Offline. Time before the agent was created, and time after now, does not count; nothing does of an agent who is not there. Errors:
// BAD_USER_INPUT for a range that ends before it begins, LIMIT_EXCEEDED for one longer than engine.MaxPresenceRange or with more than
// engine.MaxPresenceChanges changes (PR-9).
func (s *Store) PresenceTimes(ctx context.Context, a engine.AgentID, from, until, now time.Time) ([]engine.PresenceTime, error) {
	switch {
	case until.Before(from):
		return nil, &engine.Error{Code: engine.CodeBadUserInput, Field: "until", Message: "must not be before from"}
	case until.Sub(from) > engine.MaxPresenceRange:
		return nil, tooLong(fmt.Sprintf("a range can be %d days long", engine.MaxPresenceRange/(24*time.Hour)))
	}
	agents, err := s.Agents(ctx, []engine.AgentID{a})
	if err != nil || len(agents) == 0 {
		return nil, err
	}
	created := agents[0].CreatedAt
	if from.Before(created) {
		from = created
	}
	if now.Before(until) {
		until = now
	}
	if !from.Before(until) {
		return nil, nil
	}
	was, err := presenceChanges(s.presenceEventsOf(ctx, a).Where("at >= ? AND at <= ?", micros(created), micros(from)).Order(newestFirst).Limit(1))
	if err != nil {
		return nil, err
	}
	changes, err := presenceChanges(s.presenceEventsOf(ctx, a).Where("at > ? AND at < ?", micros(from), micros(until)).
		Order("at, epoch, batch_seq, idx").Limit(engine.MaxPresenceChanges + 1))
	if err != nil {
		return nil, err
	}
	if len(changes) > engine.MaxPresenceChanges {
		return nil, tooLong(fmt.Sprintf("the presence changed more than %d times in this range", engine.MaxPresenceChanges))
	}
	return presenceTimes(append(was, changes...), from, until), nil
}

func tooLong(message string) error {
	return &engine.Error{Code: engine.CodeLimit, Field: "until", Message: message}
}

// presenceTimes adds up the times between changes in their order; one that was before the range says how it began.
func presenceTimes(changes []engine.PresenceChange, from, until time.Time) []engine.PresenceTime {
	var times []engine.PresenceTime
	at := map[engine.PresenceTime]int{}
	add := func(status engine.PresenceStatusID, base engine.BasePresence, lasted time.Duration) {
		if lasted <= 0 {
			return
		}
		key := engine.PresenceTime{StatusID: status, Base: base}
		if _, known := at[key]; !known {
			at[key], times = len(times), append(times, key)
		}
		times[at[key]].Duration += lasted
	}
	since, status, base := from, engine.StatusOffline, engine.Offline
	for _, c := range changes {
		if c.At.After(from) {
			add(status, base, c.At.Sub(since))
			since = c.At
		}
		status, base = c.To, c.ToBase
	}
	add(status, base, until.Sub(since))
	return times
}
