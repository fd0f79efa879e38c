package models

import "rapport/engine"

type assignmentRow struct {
	ID            string `gorm:"primaryKey"`
	WorkItemID    string
	AgentID       string
	Origin        string
	OfferID       string
	Cost          costColumns `gorm:"embedded"`
	HoldsCapacity bool
	AssignedAt    int64
	WrapUpEndsAt  *int64
	EndedAt       *int64
	EndReason     *string
}

func (assignmentRow) TableName() string { return "assignments" }

func assignmentToRow(a *engine.Assignment) assignmentRow {
	return assignmentRow{
		ID: string(a.ID), WorkItemID: string(a.WorkItemID), AgentID: string(a.AgentID), Origin: string(a.Origin), OfferID: string(a.OfferID),
		Cost: costToColumns(a.Cost), HoldsCapacity: a.HoldsCapacity, AssignedAt: micros(a.AssignedAt), WrapUpEndsAt: nullMicros(a.WrapUpEndsAt),
		EndedAt: nullMicros(a.EndedAt), EndReason: nullText(a.EndReason),
	}
}

func (r assignmentRow) toAssignment() engine.Assignment {
	return engine.Assignment{
		ID: engine.AssignmentID(r.ID), WorkItemID: engine.WorkItemID(r.WorkItemID), AgentID: engine.AgentID(r.AgentID),
		Origin: engine.AssignmentOrigin(r.Origin), OfferID: engine.OfferID(r.OfferID), Cost: r.Cost.toCost(), HoldsCapacity: r.HoldsCapacity,
		AssignedAt: fromMicros(r.AssignedAt), WrapUpEndsAt: fromNullMicros(r.WrapUpEndsAt),
		EndedAt: fromNullMicros(r.EndedAt), EndReason: fromNullText[engine.AssignmentEnd](r.EndReason),
	}
}
