package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"rapport/engine"
	"rapport/internal/identify"
)

// Pages that are more than rows in the order of ids: contacts by name, the matrix by agent, work items by what they are.

// ContactPage reads a page of the contacts whose name fits a search; all when it has no words. What a search costs grows with how many names
// have a word that begins with its longest one: they are sorted, by a covering index.
func (s *Store) ContactPage(ctx context.Context, search string, p engine.Page) ([]engine.Contact, error) {
	words := identify.SearchWords(search)
	if len(words) == 0 {
		return page(ctx, s, p, contactRow.toContact, nil)
	}
	table := contactTermRow{}.TableName()
	if s.mysql {
		// It would rather walk all contacts until enough fit: soon where names are spread evenly, late where they were imported in their order.
		table += " FORCE INDEX (contact_terms_by_term)"
	}
	db := s.read.WithContext(ctx).Table(table).Distinct("contact_id").Where("contact_id > ?", p.After)
	db = db.Where("term >= ? AND term < ?", words[0], words[0]+lastRune)
	for _, w := range words[1:] {
		db = db.Where("EXISTS (SELECT 1 FROM contact_terms t WHERE t.contact_id = contact_terms.contact_id AND t.term >= ? AND t.term < ?)",
			w, w+lastRune)
	}
	var ids []engine.ContactID
	if err := db.Order("contact_id").Limit(p.First+1).Pluck("contact_id", &ids).Error; err != nil || len(ids) == 0 {
		return nil, readError(err)
	}
	list, err := s.Contacts(ctx, ids)
	slices.SortFunc(list, func(a, b engine.Contact) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// lastRune comes behind every character, so that a range of terms holds all that begin with a word.
const lastRune = "\U0010FFFF"

// PreferredAgentsPage reads a page of the matrix by contact: all rows, or those that name an agent.
func (s *Store) PreferredAgentsPage(ctx context.Context, agent engine.AgentID, p engine.Page) ([]engine.PreferredAgents, error) {
	db := s.read.WithContext(ctx)
	if agent != "" {
		return preferredPage(db, agent, p)
	}
	var rows []engine.PreferredAgents
	err := all(db.Where("contact_id > ?", p.After).Order("contact_id").Limit(p.First+1), &rows, preferredAgentsRow.toPreferredAgents)
	return rows, err
}

// preferredPage reads by each of the three columns in the order of its index: an agent is in a row once only.
func preferredPage(db *gorm.DB, agent engine.AgentID, p engine.Page) ([]engine.PreferredAgents, error) {
	var found []engine.PreferredAgents
	for i := range engine.MaxPreferredAgents {
		var part []engine.PreferredAgents
		column := db.Where(fmt.Sprintf("agent_%d = ? AND contact_id > ?", i+1), agent, p.After)
		if err := all(column.Order("contact_id").Limit(p.First+1), &part, preferredAgentsRow.toPreferredAgents); err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	slices.SortFunc(found, func(a, b engine.PreferredAgents) int { return cmp.Compare(a.ContactID, b.ContactID) })
	return found[:min(len(found), p.First+1)], nil
}

// allStatuses are read one by one where no status is asked for but an index begins with one.
var allStatuses = []engine.WorkItemStatus{
	engine.Queued, engine.Offered, engine.Assigned, engine.Waiting, engine.WrapUpWork, engine.Completed, engine.Cancelled,
}

// WorkItemPage reads a page of the work items that pass the filter, and one more. Each status is read in the order of its index: so a page costs
// the same however many there are. Where several things are asked for, the index is of one of them, and what fails the others is read over.
func (s *Store) WorkItemPage(ctx context.Context, f engine.WorkItemScope, p engine.Page) ([]engine.WorkItem, error) {
	statuses := [][]engine.WorkItemStatus{nil}
	byStatus := f.ContactID == "" && f.Reference == nil && (len(f.Statuses) > 0 || f.QueueID != "" || f.AgentID != "" || f.WorkstreamID != "")
	switch {
	case byStatus && len(f.Statuses) > 0:
		statuses = single(f.Statuses)
	case byStatus:
		statuses = single(allStatuses)
	case len(f.Statuses) > 0:
		statuses[0] = f.Statuses
	}
	var found []engine.WorkItem
	for _, some := range statuses {
		var part []engine.WorkItem
		if err := all(s.workItemScope(s.read.WithContext(ctx), f, some, p), &part, workItemRow.toWorkItem); err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	slices.SortFunc(found, func(a, b engine.WorkItem) int {
		if f.NewestFirst {
			a, b = b, a
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return found[:min(len(found), p.First+1)], nil
}

func single[T any](list []T) [][]T {
	out := make([][]T, len(list))
	for i := range list {
		out[i] = list[i : i+1]
	}
	return out
}

// workItemIndex names the index in whose order the items of a scope are read; none when that of ids is as good.
func workItemIndex(f engine.WorkItemScope, statuses []engine.WorkItemStatus) string {
	switch {
	case f.ContactID != "":
		return "work_items_by_contact"
	case f.Reference != nil:
		return "work_items_by_reference"
	case f.AgentID != "":
		return "work_items_by_agent_status"
	case f.QueueID != "":
		return "work_items_by_queue_status"
	case f.WorkstreamID != "":
		return "work_items_by_workstream_status"
	case len(statuses) > 0:
		return "work_items_by_status"
	}
	return ""
}

func (s *Store) workItemScope(db *gorm.DB, f engine.WorkItemScope, statuses []engine.WorkItemStatus, p engine.Page) *gorm.DB {
	order, behind := "id", "id > ?"
	if f.NewestFirst {
		order, behind = "id DESC", "id < ?"
	}
	if index := workItemIndex(f, statuses); index != "" {
		// MariaDB would rather walk all items where it guesses that soon enough of them pass; SQLite all of a status for an interval of time.
		hint := " INDEXED BY " + index
		if s.mysql {
			hint = " FORCE INDEX (" + index + ")"
		}
		db = db.Table((workItemRow{}).TableName() + hint)
	}
	db = db.Order(order).Limit(p.First + 1)
	if p.After != "" {
		db = db.Where(behind, p.After)
	}
	switch len(statuses) {
	case 0:
	case 1:
		db = db.Where("status = ?", statuses[0])
	default:
		db = db.Where("status IN ?", statuses)
	}
	for _, c := range [...]struct{ column, value string }{
		{"queue_id", string(f.QueueID)}, {"workstream_id", string(f.WorkstreamID)}, {"agent_id", string(f.AgentID)}, {"contact_id", string(f.ContactID)},
	} {
		if c.value != "" {
			db = db.Where(c.column+" = ?", c.value)
		}
	}
	if f.Reference != nil {
		db = db.Where("reference = ?", *f.Reference)
	}
	if t := f.CreatedFrom; t != nil {
		db = db.Where("created_at >= ? AND id >= ?", micros(*t), idFrom(*t))
	}
	if t := f.CreatedBefore; t != nil {
		db = db.Where("created_at < ? AND id < ?", micros(*t), idFrom(t.Add(idSlack)))
	}
	return db
}

// idSlack is how far the time in an id may be ahead of the time of its creation, with much to spare: ids borrow from the next millisecond when one's
// numbers are used up.
const idSlack = time.Minute

// idFrom is before every id of a work item created at a time or later: ids begin with the millisecond, and never with an earlier one.
func idFrom(t time.Time) string {
	milli := fmt.Sprintf("%012x", max(t.UnixMilli(), 0))
	return "wi_" + milli[:8] + "-" + milli[8:]
}
