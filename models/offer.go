package models

import "rapport/engine"

type offerRow struct {
	ID                string `gorm:"primaryKey"`
	WorkItemID        string
	AgentID           string
	State             string
	Path              string
	PreferredPosition *int
	OverCapacity      bool
	Cost              costColumns `gorm:"embedded"`
	RevokeReason      *string
	OfferedAt         int64
	ExpiresAt         *int64
	EndedAt           *int64
	AssignmentID      *string
}

func (offerRow) TableName() string { return "offers" }

func offerToRow(o *engine.Offer) offerRow {
	return offerRow{
		ID: string(o.ID), WorkItemID: string(o.WorkItemID), AgentID: string(o.AgentID), State: string(o.State), Path: string(o.Path),
		PreferredPosition: o.PreferredPosition, OverCapacity: o.OverCapacity, Cost: costToColumns(o.Cost),
		RevokeReason: nullText(o.RevokeReason), OfferedAt: micros(o.OfferedAt), ExpiresAt: nullMicros(o.ExpiresAt),
		EndedAt: nullMicros(o.EndedAt), AssignmentID: null(o.AssignmentID),
	}
}

func (r offerRow) toOffer() engine.Offer {
	return engine.Offer{
		ID: engine.OfferID(r.ID), WorkItemID: engine.WorkItemID(r.WorkItemID), AgentID: engine.AgentID(r.AgentID),
		State: engine.OfferState(r.State), Path: engine.OfferPath(r.Path), PreferredPosition: r.PreferredPosition,
		OverCapacity: r.OverCapacity, Cost: r.Cost.toCost(), RevokeReason: fromNullText[engine.RevokeReason](r.RevokeReason),
		OfferedAt: fromMicros(r.OfferedAt), ExpiresAt: fromNullMicros(r.ExpiresAt), EndedAt: fromNullMicros(r.EndedAt),
		AssignmentID: orEmpty[engine.AssignmentID](r.AssignmentID),
	}
}

type declineRow struct {
	WorkItemID string `gorm:"primaryKey"`
	AgentID    string `gorm:"primaryKey"`
	Count      int
	ManualMark int64
	SignInMark int64
}

func (declineRow) TableName() string { return "declines" }

func declineToRow(d *engine.Decline) declineRow {
	return declineRow{string(d.WorkItemID), string(d.AgentID), d.Count, d.ManualMark, d.SignInMark}
}

func (r declineRow) toDecline() engine.Decline {
	return engine.Decline{
		WorkItemID: engine.WorkItemID(r.WorkItemID), AgentID: engine.AgentID(r.AgentID), Count: r.Count,
		ManualMark: r.ManualMark, SignInMark: r.SignInMark,
	}
}
