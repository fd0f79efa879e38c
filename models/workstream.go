package models

import "rapport/engine"

type workstreamRow struct {
	ID               string `gorm:"primaryKey"`
	Name             string
	Channel          string
	DistributionMode string
	QueueID          string
	AllowedPresences string
	CapacityUnits    int
	Priority         int
	AcceptMode       string
	OfferSeconds     int
	DeclineLimit     int
	Policy           policyColumns `gorm:"embedded"`
	Version          int
	CreatedAt        int64 `gorm:"autoCreateTime:false"`
	UpdatedAt        int64 `gorm:"autoUpdateTime:false"`
}

func (workstreamRow) TableName() string { return "workstreams" }

func workstreamToRow(w *engine.Workstream) workstreamRow {
	return workstreamRow{
		ID: string(w.ID), Name: w.Name, Channel: string(w.Channel), DistributionMode: string(w.DistributionMode),
		QueueID: string(w.QueueID), AllowedPresences: joinTexts(w.AllowedPresences), CapacityUnits: w.CapacityUnits,
		Priority: w.Priority, AcceptMode: string(w.AcceptMode), OfferSeconds: w.OfferSeconds, DeclineLimit: w.DeclineLimit,
		Policy: policyToColumns(w.RoutingPolicy), Version: w.Version, CreatedAt: micros(w.CreatedAt), UpdatedAt: micros(w.UpdatedAt),
	}
}

func (r workstreamRow) toWorkstream() engine.Workstream {
	return engine.Workstream{
		ID: engine.WorkstreamID(r.ID), Name: r.Name, Channel: engine.Channel(r.Channel),
		DistributionMode: engine.DistributionMode(r.DistributionMode), QueueID: engine.QueueID(r.QueueID),
		AllowedPresences: splitTexts[engine.BasePresence](r.AllowedPresences), CapacityUnits: r.CapacityUnits, Priority: r.Priority,
		AcceptMode: engine.AcceptMode(r.AcceptMode), OfferSeconds: r.OfferSeconds, DeclineLimit: r.DeclineLimit,
		RoutingPolicy: r.Policy.toPolicy(), Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
