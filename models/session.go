package models

import "rapport/engine"

type sessionRow struct {
	ID       string `gorm:"primaryKey"`
	AgentID  string
	OpenedAt int64
}

func (sessionRow) TableName() string { return "sessions" }

func sessionToRow(s *engine.Session) sessionRow {
	return sessionRow{ID: string(s.ID), AgentID: string(s.AgentID), OpenedAt: micros(s.OpenedAt)}
}

func (r sessionRow) toSession() engine.Session {
	return engine.Session{ID: engine.SessionID(r.ID), AgentID: engine.AgentID(r.AgentID), OpenedAt: fromMicros(r.OpenedAt)}
}
