package models

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"rapport/engine"
)

// What subscriptions to work items and decisions begin with.

var openStatuses = []engine.WorkItemStatus{engine.Queued, engine.Offered, engine.Assigned, engine.Waiting, engine.WrapUpWork}

// WorkItemStart reads what a subscription to work items begins with: the open ones, or those that changed since a place, whatever became of
// them. A single item that was asked for by its id is there in any case.
func (s *Store) WorkItemStart(ctx context.Context, f engine.WorkItemSelection, after *engine.EventPlace) (engine.WorkItemStart, error) {
	var start engine.WorkItemStart
	var err error
	start.Start, err = s.at(ctx, after, func(tx *gorm.DB, resume bool) error {
		if !resume {
			start.Items, err = s.openItems(tx, f)
			return err
		}
		events, err := s.eventsSince(tx, *after, "work_item_id", workItemEvents(f))
		if err != nil {
			return err
		}
		var ids []engine.WorkItemID
		for _, ev := range events {
			if ev.WorkItemID != nil {
				ids = append(ids, engine.WorkItemID(*ev.WorkItemID))
			}
		}
		items, err := inOrderOf(tx, distinct(ids), workItemRow.toWorkItem, func(w engine.WorkItem) engine.WorkItemID { return w.ID })
		for _, w := range items {
			if f.Matches(&w) {
				start.Items = append(start.Items, w)
			} else {
				start.Removed = append(start.Removed, w)
			}
		}
		return err
	})
	return start, err
}

func (s *Store) openItems(tx *gorm.DB, f engine.WorkItemSelection) ([]engine.WorkItem, error) {
	var found []engine.WorkItem
	if f.WorkItemID != "" {
		err := all(tx.Where("id = ?", f.WorkItemID), &found, workItemRow.toWorkItem)
		return slices.DeleteFunc(found, func(w engine.WorkItem) bool { return !f.Matches(&w) }), err
	}
	scope := engine.WorkItemScope{QueueID: f.QueueID, AgentID: f.AgentID, ContactID: f.ContactID}
	for _, some := range single(openStatuses) {
		var part []engine.WorkItem
		db := s.workItemScope(tx.Session(&gorm.Session{}), scope, some, engine.Page{First: engine.MaxStart})
		if err := all(db, &part, workItemRow.toWorkItem); err != nil {
			return nil, err
		}
		if found = append(found, part...); len(found) > engine.MaxStart {
			return nil, tooManyAtStart("work items")
		}
	}
	return found, nil
}

// workItemEvents limits events to those of the narrowest thing that the filter names: every event about an item names its queue, contact and agent, and one
// that leaves them names the former ones.
func workItemEvents(f engine.WorkItemSelection) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		db = db.Order(inOrder)
		switch {
		case f.WorkItemID != "" && f.AgentID != "": // not what happened to it with others (RL-1)
			return db.Where("work_item_id = ? AND agent_id = ?", f.WorkItemID, f.AgentID)
		case f.WorkItemID != "":
			return db.Where("work_item_id = ?", f.WorkItemID)
		case f.AgentID != "":
			return db.Where("agent_id = ?", f.AgentID)
		case f.ContactID != "":
			return db.Where("contact_id = ?", f.ContactID)
		case f.QueueID != "":
			return db.Where("queue_id = ?", f.QueueID)
		}
		return db
	}
}

// DecisionStart reads what a subscription to decisions begins with: the last about each item that waits, or about the item that was asked for; or those made
// since a place.
func (s *Store) DecisionStart(ctx context.Context, f engine.DecisionSelection, after *engine.EventPlace) (engine.DecisionStart, error) {
	var start engine.DecisionStart
	var err error
	start.Start, err = s.at(ctx, after, func(tx *gorm.DB, resume bool) error {
		if !resume {
			if start.Decisions, err = s.lastDecisions(tx, f); err == nil {
				err = countRepeats(tx, start.Decisions)
			}
			return err
		}
		events, err := s.eventsSince(tx, *after, "*", func(db *gorm.DB) *gorm.DB {
			db = db.Order(inOrder)
			switch {
			case f.WorkItemID != "":
				return db.Where("work_item_id = ?", f.WorkItemID)
			case f.QueueID != "":
				return db.Where("queue_id = ?", f.QueueID)
			}
			return db
		})
		if err != nil {
			return err
		}
		start.Decisions, err = decisions(slices.DeleteFunc(events, func(ev eventRow) bool {
			return ev.Type != string(engine.EventDecision) || f.QueueID != "" && orEmpty[engine.QueueID](ev.QueueID) != f.QueueID
		}))
		return err
	})
	return start, err
}

func (s *Store) lastDecisions(tx *gorm.DB, f engine.DecisionSelection) ([]engine.Decision, error) {
	ids := []engine.WorkItemID{f.WorkItemID}
	if f.WorkItemID == "" {
		db := s.workItemScope(tx.Model(&workItemRow{}), engine.WorkItemScope{QueueID: f.QueueID}, []engine.WorkItemStatus{engine.Queued},
			engine.Page{First: engine.MaxStart})
		if err := db.Pluck("id", &ids).Error; err != nil {
			return nil, err
		}
		if len(ids) > engine.MaxStart {
			return nil, tooManyAtStart("decisions")
		}
	}
	var last []eventRow
	err := chunked(ids, func(ids []engine.WorkItemID) error {
		var places []eventRow // without what they say
		err := tx.Select(inOrder+", work_item_id, queue_id").Where("work_item_id IN ? AND type = ?", ids, engine.EventDecision).
			Order(inOrder).Find(&places).Error
		if err != nil {
			return err
		}
		at := make(map[string]int, len(ids))
		for i, r := range places {
			at[*r.WorkItemID] = i
		}
		var wanted [][]any
		for i, r := range places {
			if at[*r.WorkItemID] == i && (f.QueueID == "" || orEmpty[engine.QueueID](r.QueueID) == f.QueueID) {
				wanted = append(wanted, []any{r.Epoch, r.BatchSeq, r.Idx})
			}
		}
		if len(wanted) == 0 {
			return nil
		}
		var rows []eventRow
		err = tx.Where("(epoch, batch_seq, idx) IN ?", wanted).Order(inOrder).Find(&rows).Error
		last = append(last, rows...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return decisions(last)
}

// countRepeats counts how often the last decision about each item has been repeated: up to the item's last attempt (DX-1).
func countRepeats(tx *gorm.DB, last []engine.Decision) error {
	of := make(map[engine.WorkItemID]*engine.Decision, len(last))
	ids := make([]engine.WorkItemID, len(last))
	for i := range last {
		of[last[i].WorkItemID], ids[i] = &last[i], last[i].WorkItemID
	}
	return chunked(ids, func(ids []engine.WorkItemID) error {
		var rows []workItemRow
		err := tx.Select("id, attempts").Where("id IN ?", ids).Find(&rows).Error
		for _, r := range rows {
			d := of[engine.WorkItemID(r.ID)]
			d.Repeats = max(r.Attempts-d.Attempt, 0) + 1
		}
		return err
	})
}

func decisions(events []eventRow) ([]engine.Decision, error) {
	list := make([]engine.Decision, len(events))
	for i, r := range events {
		var err error
		if list[i], err = r.toDecision(); err != nil {
			return nil, err
		}
		list[i].Repeats = 1
	}
	return list, nil
}

// DecisionPage reads at most first decisions about a work item behind a place in the order of all changes, and one more.
func (s *Store) DecisionPage(ctx context.Context, w engine.WorkItemID, first int, after *engine.EventPlace) ([]engine.Decision, error) {
	db := s.read.WithContext(ctx).Where("work_item_id = ? AND type = ?", w, engine.EventDecision)
	if after != nil {
		db = s.behind(db, *after)
	}
	var rows []eventRow
	if err := db.Order(inOrder).Limit(first + 1).Find(&rows).Error; err != nil {
		return nil, err
	}
	return decisions(rows)
}

// DecisionsOf reads the decisions that made offers: each was made at the instant of its offer.
func (s *Store) DecisionsOf(ctx context.Context, offers []engine.OfferID) ([]engine.Decision, error) {
	made, err := s.Offers(ctx, offers)
	if err != nil || len(made) == 0 {
		return nil, err
	}
	items, times := make([]engine.WorkItemID, len(made)), make([]int64, len(made))
	wanted := make(map[engine.OfferID]bool, len(made))
	for i, o := range made {
		items[i], times[i], wanted[o.ID] = o.WorkItemID, micros(o.OfferedAt), true
	}
	var rows []eventRow
	err = chunked(distinct(items), func(ids []engine.WorkItemID) error {
		return chunked(times, func(times []int64) error {
			var part []eventRow
			err := s.read.WithContext(ctx).Where("work_item_id IN ? AND type = ? AND at IN ?", ids, engine.EventDecision, times).Find(&part).Error
			rows = append(rows, part...)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	list, err := decisions(rows)
	return slices.DeleteFunc(list, func(d engine.Decision) bool { return d.OfferID == nil || !wanted[*d.OfferID] }), err
}
