package models

import "rapport/engine"

type workstreamRow struct {
	ID                       string `gorm:"primaryKey"`
	Name                     string
	Channel                  string
	DistributionMode         string
	QueueID                  string
	AllowedPresences         string
	Cost                     costColumns `gorm:"embedded"`
	Priority                 int
	AcceptMode               string
	OfferSeconds             int
	DeclineLimit             int
	WrapUp                   string
	WrapUpSeconds            int
	WaitingHoldsCapacity     bool
	MissedSetsInactive       *bool
	RejectedSetsDoNotDisturb *bool
	Policy                   policyColumns `gorm:"embedded"`
	Version                  int
	CreatedAt                int64 `gorm:"autoCreateTime:false"`
	UpdatedAt                int64 `gorm:"autoUpdateTime:false"`
}

func (workstreamRow) TableName() string { return "workstreams" }

func workstreamToRow(w *engine.Workstream) workstreamRow {
	return workstreamRow{
		ID: string(w.ID), Name: w.Name, Channel: string(w.Channel), DistributionMode: string(w.DistributionMode),
		QueueID: string(w.QueueID), AllowedPresences: joinTexts(w.AllowedPresences), Cost: costToColumns(w.Cost),
		Priority: w.Priority, AcceptMode: string(w.AcceptMode), OfferSeconds: w.OfferSeconds, DeclineLimit: w.DeclineLimit,
		WrapUp: string(w.WrapUp.Mode), WrapUpSeconds: w.WrapUp.Seconds, WaitingHoldsCapacity: w.WaitingHoldsCapacity,
		MissedSetsInactive: w.MissedSetsInactive, RejectedSetsDoNotDisturb: w.RejectedSetsDoNotDisturb,
		Policy: policyToColumns(w.RoutingPolicy), Version: w.Version, CreatedAt: micros(w.CreatedAt), UpdatedAt: micros(w.UpdatedAt),
	}
}

func (r workstreamRow) toWorkstream() engine.Workstream {
	return engine.Workstream{
		ID: engine.WorkstreamID(r.ID), Name: r.Name, Channel: engine.Channel(r.Channel),
		DistributionMode: engine.DistributionMode(r.DistributionMode), QueueID: engine.QueueID(r.QueueID),
		AllowedPresences: splitTexts[engine.BasePresence](r.AllowedPresences), Cost: r.Cost.toCost(), Priority: r.Priority,
		AcceptMode: engine.AcceptMode(r.AcceptMode), OfferSeconds: r.OfferSeconds, DeclineLimit: r.DeclineLimit,
		WrapUp: engine.WrapUp{Mode: engine.WrapUpMode(r.WrapUp), Seconds: r.WrapUpSeconds}, WaitingHoldsCapacity: r.WaitingHoldsCapacity,
		MissedSetsInactive: r.MissedSetsInactive, RejectedSetsDoNotDisturb: r.RejectedSetsDoNotDisturb,
		RoutingPolicy: r.Policy.toPolicy(), Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
