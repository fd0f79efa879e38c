package models

import "rapport/engine"

// presenceStatusRow is a status of one's own: those that are built in are in the program.
type presenceStatusRow struct {
	ID          string `gorm:"primaryKey"`
	Text        string
	Base        string
	ForEveryone bool
	Version     int
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
}

func (presenceStatusRow) TableName() string { return "presence_statuses" }

func presenceStatusToRow(s *engine.PresenceStatus) presenceStatusRow {
	return presenceStatusRow{
		ID: string(s.ID), Text: s.Text, Base: string(s.Base), ForEveryone: s.ForEveryone, Version: s.Version,
		CreatedAt: micros(*s.CreatedAt), UpdatedAt: micros(*s.UpdatedAt),
	}
}

func (r presenceStatusRow) toPresenceStatus() engine.PresenceStatus {
	return engine.PresenceStatus{
		ID: engine.PresenceStatusID(r.ID), Text: r.Text, Base: engine.BasePresence(r.Base), Selectable: true, ForEveryone: r.ForEveryone,
		Version: r.Version, CreatedAt: fromNullMicros(&r.CreatedAt), UpdatedAt: fromNullMicros(&r.UpdatedAt),
	}
}

type presenceStatusGrantRow struct {
	StatusID  string `gorm:"primaryKey"`
	AgentID   string `gorm:"primaryKey"`
	GrantedAt int64
}

func (presenceStatusGrantRow) TableName() string { return "presence_status_grants" }

func presenceStatusGrantToRow(g *engine.PresenceStatusGrant) presenceStatusGrantRow {
	return presenceStatusGrantRow{StatusID: string(g.StatusID), AgentID: string(g.AgentID), GrantedAt: micros(g.GrantedAt)}
}

func (r presenceStatusGrantRow) toPresenceStatusGrant() engine.PresenceStatusGrant {
	return engine.PresenceStatusGrant{
		StatusID: engine.PresenceStatusID(r.StatusID), AgentID: engine.AgentID(r.AgentID), GrantedAt: fromMicros(r.GrantedAt),
	}
}
