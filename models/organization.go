package models

import "rapport/engine"

type policyColumns struct {
	PolicyEnabled         *bool
	PolicyWhenUnavailable *string
	PolicyRetryPreferred  *bool
}

func policyToColumns(p engine.RoutingPolicy) policyColumns {
	return policyColumns{p.Enabled, nullText(p.WhenUnavailable), p.RetryPreferred}
}

func (p policyColumns) toPolicy() engine.RoutingPolicy {
	return engine.RoutingPolicy{
		Enabled: p.PolicyEnabled, WhenUnavailable: fromNullText[engine.WhenUnavailable](p.PolicyWhenUnavailable),
		RetryPreferred: p.PolicyRetryPreferred,
	}
}

type organizationRow struct {
	ID                       string        `gorm:"primaryKey"`
	Policy                   policyColumns `gorm:"embedded"`
	ReconnectSeconds         int
	DefaultStatus            string
	OpenWorkLimit            int
	MissedSetsInactive       bool
	RejectedSetsDoNotDisturb bool
	TimeZone                 string
	ConfigVersion            int64
	Version                  int
	UpdatedAt                int64 `gorm:"autoUpdateTime:false"`
}

func (organizationRow) TableName() string { return "organizations" }

func organizationToRow(o *engine.Organization) organizationRow {
	return organizationRow{
		ID: o.ID, Policy: policyToColumns(o.RoutingPolicy), ReconnectSeconds: o.ReconnectSeconds,
		DefaultStatus: string(o.DefaultStatusID), OpenWorkLimit: o.OpenWorkLimit, MissedSetsInactive: o.MissedSetsInactive,
		RejectedSetsDoNotDisturb: o.RejectedSetsDoNotDisturb, TimeZone: o.TimeZone, ConfigVersion: o.ConfigVersion, Version: o.Version, UpdatedAt: micros(o.UpdatedAt),
	}
}

func (r organizationRow) toOrganization() engine.Organization {
	return engine.Organization{
		ID: r.ID, RoutingPolicy: r.Policy.toPolicy(), ReconnectSeconds: r.ReconnectSeconds,
		DefaultStatusID: engine.PresenceStatusID(r.DefaultStatus), OpenWorkLimit: r.OpenWorkLimit, MissedSetsInactive: r.MissedSetsInactive,
		RejectedSetsDoNotDisturb: r.RejectedSetsDoNotDisturb, TimeZone: r.TimeZone, ConfigVersion: r.ConfigVersion, Version: r.Version, UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
