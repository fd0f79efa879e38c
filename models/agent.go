package models

import "rapport/engine"

type agentRow struct {
	ID                 string `gorm:"primaryKey"`
	Name               string
	CapacityUnits      int
	Status             string
	PresenceCause      string
	PresenceChangedAt  int64
	PresenceManual     bool
	SignedIn           bool
	AssignedUnits      int
	ReservedUnits      int
	OverCapacityOffers int
	RankedSeq          int64
	ReleasedAt         *int64
	ManualMark         int64
	SignInMark         int64
	CapturedStatus     string
	CapturedManual     bool
	LeftAt             *int64
	ReconnectBy        *int64
	Version            int
	CreatedAt          int64 `gorm:"autoCreateTime:false"`
	UpdatedAt          int64 `gorm:"autoUpdateTime:false"`
}

func (agentRow) TableName() string { return "agents" }

func agentToRow(a *engine.Agent) agentRow {
	p := a.Presence
	return agentRow{
		ID: string(a.ID), Name: a.Name, CapacityUnits: a.CapacityUnits, Status: string(p.Status), PresenceCause: string(p.Cause),
		PresenceChangedAt: micros(p.ChangedAt), PresenceManual: p.Manual, SignedIn: p.SignedIn, AssignedUnits: a.AssignedUnits,
		ReservedUnits: a.ReservedUnits, OverCapacityOffers: a.OverCapacityOffers, RankedSeq: a.RankedSeq, ReleasedAt: nullMicros(a.ReleasedAt), ManualMark: a.ManualMark,
		SignInMark: a.SignInMark, CapturedStatus: string(a.CapturedStatus), CapturedManual: a.CapturedManual,
		LeftAt: nullMicros(a.LeftAt), ReconnectBy: nullMicros(a.ReconnectBy), Version: a.Version, CreatedAt: micros(a.CreatedAt),
		UpdatedAt: micros(a.UpdatedAt),
	}
}

func (r agentRow) toAgent() engine.Agent {
	return engine.Agent{
		ID: engine.AgentID(r.ID), Name: r.Name, CapacityUnits: r.CapacityUnits,
		Presence: engine.AgentPresence{
			Status: engine.PresenceStatusID(r.Status), Cause: engine.PresenceCause(r.PresenceCause),
			ChangedAt: fromMicros(r.PresenceChangedAt), Manual: r.PresenceManual, SignedIn: r.SignedIn,
		},
		AssignedUnits: r.AssignedUnits, ReservedUnits: r.ReservedUnits, OverCapacityOffers: r.OverCapacityOffers,
		RankedSeq: r.RankedSeq, ReleasedAt: fromNullMicros(r.ReleasedAt), ManualMark: r.ManualMark, SignInMark: r.SignInMark,
		CapturedStatus: engine.PresenceStatusID(r.CapturedStatus), CapturedManual: r.CapturedManual,
		LeftAt: fromNullMicros(r.LeftAt), ReconnectBy: fromNullMicros(r.ReconnectBy), Version: r.Version,
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
