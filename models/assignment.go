package models

import "rapport/engine"

type assignmentRow struct {
	ID            string `gorm:"primaryKey"`
	WorkItemID    string
	AgentID       string
	Origin        string
	OfferID       string
	CapacityUnits int
	AssignedAt    int64
	EndedAt       *int64
	EndReason     *string
}

func (assignmentRow) TableName() string { return "assignments" }

func assignmentToRow(a *engine.Assignment) assignmentRow {
	return assignmentRow{
		ID: string(a.ID), WorkItemID: string(a.WorkItemID), AgentID: string(a.AgentID), Origin: string(a.Origin), OfferID: string(a.OfferID),
		CapacityUnits: a.CapacityUnits, AssignedAt: micros(a.AssignedAt), EndedAt: nullMicros(a.EndedAt), EndReason: nullText(a.EndReason),
	}
}

func (r assignmentRow) toAssignment() engine.Assignment {
	return engine.Assignment{
		ID: engine.AssignmentID(r.ID), WorkItemID: engine.WorkItemID(r.WorkItemID), AgentID: engine.AgentID(r.AgentID),
		Origin: engine.AssignmentOrigin(r.Origin), OfferID: engine.OfferID(r.OfferID), CapacityUnits: r.CapacityUnits, AssignedAt: fromMicros(r.AssignedAt),
		EndedAt: fromNullMicros(r.EndedAt), EndReason: fromNullText[engine.AssignmentEnd](r.EndReason),
	}
}
