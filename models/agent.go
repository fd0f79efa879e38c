package models

import "rapport/engine"

type agentRow struct {
	ID                           string `gorm:"primaryKey"`
	Name                         string
	CapacityUnits                *int
	InterruptibleUnits           *int
	Profiles                     profileUses
	DefaultStatus                string
	TimeZone                     string
	Status                       string
	PresenceBase                 string
	PresenceCause                string
	PresenceSource               string
	PresenceChangedAt            int64
	SignedIn                     bool
	AssignedUnits                int
	AssignedPercent              int
	AssignedInterruptibleUnits   int
	AssignedInterruptiblePercent int
	ReservedUnits                int
	ReservedPercent              int
	ReservedInterruptibleUnits   int
	ReservedInterruptiblePercent int
	OpenWork                     int
	OverCapacityOffers           int
	RankedSeq                    int64
	ReleasedAt                   *int64
	ManualMark                   int64
	SignInMark                   int64
	CapturedStatus               string
	CapturedSource               string
	LeftAt                       *int64
	ReconnectBy                  *int64
	DayEndsAt                    *int64
	Version                      int
	CreatedAt                    int64 `gorm:"autoCreateTime:false"`
	UpdatedAt                    int64 `gorm:"autoUpdateTime:false"`
}

func (agentRow) TableName() string { return "agents" }

func agentToRow(a *engine.Agent) agentRow {
	p, assigned, reserved := a.Presence, a.Assigned, a.Reserved
	return agentRow{
		ID: string(a.ID), Name: a.Name, CapacityUnits: a.CapacityUnits, InterruptibleUnits: a.InterruptibleUnits, Profiles: a.Profiles,
		DefaultStatus: string(a.DefaultStatusID), TimeZone: a.TimeZone, Status: string(p.Status), PresenceBase: string(p.Base),
		PresenceCause: string(p.Cause), PresenceSource: string(p.Source), PresenceChangedAt: micros(p.ChangedAt), SignedIn: p.SignedIn,
		AssignedUnits: assigned.Units, AssignedPercent: assigned.Percent, AssignedInterruptibleUnits: assigned.InterruptibleUnits,
		AssignedInterruptiblePercent: assigned.InterruptiblePercent, ReservedUnits: reserved.Units, ReservedPercent: reserved.Percent,
		ReservedInterruptibleUnits: reserved.InterruptibleUnits, ReservedInterruptiblePercent: reserved.InterruptiblePercent,
		OpenWork: a.OpenWork, OverCapacityOffers: a.OverCapacityOffers, RankedSeq: a.RankedSeq, ReleasedAt: nullMicros(a.ReleasedAt),
		ManualMark: a.ManualMark, SignInMark: a.SignInMark, CapturedStatus: string(a.CapturedStatus), CapturedSource: string(a.CapturedSource),
		LeftAt: nullMicros(a.LeftAt), ReconnectBy: nullMicros(a.ReconnectBy), DayEndsAt: nullMicros(a.DayEndsAt), Version: a.Version,
		CreatedAt: micros(a.CreatedAt), UpdatedAt: micros(a.UpdatedAt),
	}
}

func (r agentRow) toAgent() engine.Agent {
	return engine.Agent{
		ID: engine.AgentID(r.ID), Name: r.Name, CapacityUnits: r.CapacityUnits, InterruptibleUnits: r.InterruptibleUnits,
		Profiles: r.Profiles, DefaultStatusID: engine.PresenceStatusID(r.DefaultStatus), TimeZone: r.TimeZone,
		Presence: engine.AgentPresence{
			Status: engine.PresenceStatusID(r.Status), Base: engine.BasePresence(r.PresenceBase), Cause: engine.PresenceCause(r.PresenceCause),
			Source: engine.PresenceSource(r.PresenceSource), ChangedAt: fromMicros(r.PresenceChangedAt), SignedIn: r.SignedIn,
		},
		Assigned: engine.CapacityUse{
			Units: r.AssignedUnits, Percent: r.AssignedPercent, InterruptibleUnits: r.AssignedInterruptibleUnits,
			InterruptiblePercent: r.AssignedInterruptiblePercent,
		},
		Reserved: engine.CapacityUse{
			Units: r.ReservedUnits, Percent: r.ReservedPercent, InterruptibleUnits: r.ReservedInterruptibleUnits,
			InterruptiblePercent: r.ReservedInterruptiblePercent,
		},
		OpenWork: r.OpenWork, OverCapacityOffers: r.OverCapacityOffers, RankedSeq: r.RankedSeq, ReleasedAt: fromNullMicros(r.ReleasedAt),
		ManualMark: r.ManualMark, SignInMark: r.SignInMark, CapturedStatus: engine.PresenceStatusID(r.CapturedStatus),
		CapturedSource: engine.PresenceSource(r.CapturedSource), LeftAt: fromNullMicros(r.LeftAt), ReconnectBy: fromNullMicros(r.ReconnectBy),
		DayEndsAt: fromNullMicros(r.DayEndsAt), Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
