package models

import "rapport/engine"

type workItemRow struct {
	ID                  string `gorm:"primaryKey"`
	Status              string
	WorkstreamID        string
	QueueID             string
	ContactID           *string
	Priority            int
	Reference           *string
	LeftUnassigned      bool
	WithoutPreferred    bool
	Attempts            int
	LastOutcome         string
	LastReason          string
	LastPreferredReason string
	OfferID             *string
	AssignmentID        *string
	AgentID             *string
	CreatedAt           int64 `gorm:"autoCreateTime:false"`
	ClosedAt            *int64
}

func (workItemRow) TableName() string { return "work_items" }

func workItemToRow(w *engine.WorkItem) workItemRow {
	return workItemRow{
		ID: string(w.ID), Status: string(w.Status), WorkstreamID: string(w.WorkstreamID), QueueID: string(w.QueueID),
		ContactID: null(w.ContactID), Priority: w.Priority, Reference: w.Reference, LeftUnassigned: w.LeftUnassigned,
		WithoutPreferred: w.WithoutPreferred,
		Attempts:         w.Attempts, LastOutcome: string(w.LastOutcome), LastReason: string(w.LastReason), LastPreferredReason: string(w.LastPreferredReason), OfferID: null(w.OfferID),
		AssignmentID: null(w.AssignmentID), AgentID: null(w.AgentID), CreatedAt: micros(w.CreatedAt), ClosedAt: nullMicros(w.ClosedAt),
	}
}

func (r workItemRow) toWorkItem() engine.WorkItem {
	return engine.WorkItem{
		ID: engine.WorkItemID(r.ID), Status: engine.WorkItemStatus(r.Status), WorkstreamID: engine.WorkstreamID(r.WorkstreamID),
		QueueID: engine.QueueID(r.QueueID), ContactID: orEmpty[engine.ContactID](r.ContactID), Priority: r.Priority,
		Reference: r.Reference, LeftUnassigned: r.LeftUnassigned, WithoutPreferred: r.WithoutPreferred, Attempts: r.Attempts,
		LastOutcome: engine.DecisionOutcome(r.LastOutcome), LastReason: engine.DecisionCode(r.LastReason),
		LastPreferredReason: engine.DecisionCode(r.LastPreferredReason),
		OfferID:             orEmpty[engine.OfferID](r.OfferID), AssignmentID: orEmpty[engine.AssignmentID](r.AssignmentID),
		AgentID: orEmpty[engine.AgentID](r.AgentID), CreatedAt: fromMicros(r.CreatedAt), ClosedAt: fromNullMicros(r.ClosedAt),
	}
}
