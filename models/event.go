package models

import (
	"encoding/json"
	"fmt"

	"rapport/engine"
)

// maxBody is the largest body of an event, in bytes (DX-1).
const maxBody = 4 << 10

type eventRow struct {
	Epoch        int64 `gorm:"primaryKey;autoIncrement:false"`
	BatchSeq     int64 `gorm:"primaryKey;autoIncrement:false"`
	Idx          int   `gorm:"primaryKey;autoIncrement:false"`
	Type         string
	At           int64
	Actor        string
	AgentID      *string
	WorkItemID   *string
	ContactID    *string
	QueueID      *string
	WorkstreamID *string
	Body         string
}

func (eventRow) TableName() string { return "events" }

func eventToRow(p engine.Position, index int, ev *engine.Event) (eventRow, error) {
	var body any = &ev.Body
	if ev.Decision != nil {
		body = ev.Decision
	}
	text, err := json.Marshal(body)
	if err != nil {
		return eventRow{}, err
	}
	if len(text) > maxBody {
		return eventRow{}, fmt.Errorf("the body of a %s event has %d bytes, more than %d", ev.Type, len(text), maxBody)
	}
	return eventRow{
		Epoch: p.Epoch, BatchSeq: p.Seq, Idx: index, Type: string(ev.Type), At: micros(ev.At), Actor: ev.Actor,
		AgentID: null(ev.AgentID), WorkItemID: null(ev.WorkItemID), ContactID: null(ev.ContactID), QueueID: null(ev.QueueID),
		WorkstreamID: null(ev.WorkstreamID), Body: string(text),
	}, nil
}

func (r eventRow) place() engine.EventPlace {
	return engine.EventPlace{Position: engine.Position{Epoch: r.Epoch, Seq: r.BatchSeq}, Index: r.Idx}
}
