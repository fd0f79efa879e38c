package models

import "rapport/engine"

type queueRow struct {
	ID               string `gorm:"primaryKey"`
	Name             string
	Priority         int
	AssignmentMethod string
	Version          int
	CreatedAt        int64 `gorm:"autoCreateTime:false"`
	UpdatedAt        int64 `gorm:"autoUpdateTime:false"`
}

func (queueRow) TableName() string { return "queues" }

func queueToRow(q *engine.Queue) queueRow {
	return queueRow{
		ID: string(q.ID), Name: q.Name, Priority: q.Priority, AssignmentMethod: string(q.AssignmentMethod), Version: q.Version,
		CreatedAt: micros(q.CreatedAt), UpdatedAt: micros(q.UpdatedAt),
	}
}

func (r queueRow) toQueue() engine.Queue {
	return engine.Queue{
		ID: engine.QueueID(r.ID), Name: r.Name, Priority: r.Priority, AssignmentMethod: engine.AssignmentMethod(r.AssignmentMethod),
		Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

type queueMemberRow struct {
	QueueID  string `gorm:"primaryKey"`
	AgentID  string `gorm:"primaryKey"`
	JoinedAt int64
	Turn     int64
}

func (queueMemberRow) TableName() string { return "queue_members" }

func queueMemberToRow(m *engine.QueueMember) queueMemberRow {
	return queueMemberRow{QueueID: string(m.QueueID), AgentID: string(m.AgentID), JoinedAt: micros(m.JoinedAt), Turn: m.Turn}
}

func (r queueMemberRow) toQueueMember() engine.QueueMember {
	return engine.QueueMember{QueueID: engine.QueueID(r.QueueID), AgentID: engine.AgentID(r.AgentID), JoinedAt: fromMicros(r.JoinedAt), Turn: r.Turn}
}
