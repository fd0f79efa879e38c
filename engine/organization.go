package engine

import (
	"strings"
	"time"
)

// What holds unless set otherwise.
const (
	// DefaultReconnectSeconds is how long a short interruption may last (PR-7).
	DefaultReconnectSeconds = 10
	// DefaultOpenWorkLimit is how much open work an agent can have (PR-4).
	DefaultOpenWorkLimit = 10
	// DefaultTimeZone is where days end (CP-2).
	DefaultTimeZone = "UTC"
)

// Organization holds what applies wherever nothing narrower is set. There is one, with the id OrganizationID.
type Organization struct {
	ID string
	// RoutingPolicy is the widest of the scopes of RT-1.
	RoutingPolicy RoutingPolicy
	// ReconnectSeconds is how long an agent who lost their last session keeps open offers: 0 to 120, 0 is off (PR-7).
	ReconnectSeconds int
	// DefaultStatusID is what agents sign in with who have no default of their own; empty for Available (PR-3).
	DefaultStatusID PresenceStatusID
	// OpenWorkLimit is how many assignments and open offers an agent can have by automatic ways: 1 to 1000 (PR-4).
	OpenWorkLimit int
	// MissedSetsInactive and RejectedSetsDoNotDisturb: what becomes of the presence of who misses or rejects an offer (PR-5).
	MissedSetsInactive       bool
	RejectedSetsDoNotDisturb bool
	// TimeZone is where the days of agents end who have none of their own, as an IANA name (CP-2).
	TimeZone string
	// ConfigVersion counts the changes of everything that is configuration; decisions name it (DX-1).
	ConfigVersion int64
	Version       int
	UpdatedAt     time.Time
}

// OrganizationID is the id of the one organisation.
const OrganizationID = "or_1"

// NewOrganization is what an empty database starts with: routing to preferred agents off, 10 seconds to reconnect, 10 open items for an agent, days
// that end at midnight UTC (RT-1, PR-4, PR-7, CP-2).
func NewOrganization(now time.Time) Organization {
	return Organization{
		ID: OrganizationID, ReconnectSeconds: DefaultReconnectSeconds, OpenWorkLimit: DefaultOpenWorkLimit, TimeZone: DefaultTimeZone, ConfigVersion: 1, Version: 1, UpdatedAt: now,
	}
}

// UpdateOrganization changes settings of the organisation. Nil, or a patch that is not set, leaves a setting as it is. Errors: BAD_USER_INPUT, CONFLICT.
type UpdateOrganization struct {
	ReconnectSeconds         *int
	DefaultStatusID          Patch[PresenceStatusID]
	OpenWorkLimit            *int
	MissedSetsInactive       *bool
	RejectedSetsDoNotDisturb *bool
	TimeZone                 *string
	ExpectedVersion          *int
}

func (c UpdateOrganization) into(o *Organization) {
	set(&o.ReconnectSeconds, c.ReconnectSeconds)
	c.DefaultStatusID.orEmpty(&o.DefaultStatusID)
	set(&o.OpenWorkLimit, c.OpenWorkLimit)
	set(&o.MissedSetsInactive, c.MissedSetsInactive)
	set(&o.RejectedSetsDoNotDisturb, c.RejectedSetsDoNotDisturb)
	if c.TimeZone != nil {
		o.TimeZone = strings.Clone(*c.TimeZone)
	}
}

func (c UpdateOrganization) apply(e *Engine, r *Result) error {
	before, after := e.org, e.org
	c.into(&after)
	if s := after.ReconnectSeconds; s < 0 || s > MaxReconnectSeconds {
		return invalid("reconnectSeconds", "must be from 0 to %d", MaxReconnectSeconds)
	}
	if n := after.OpenWorkLimit; n < 1 || n > MaxOpenWorkLimit {
		return invalid("openWorkLimit", "must be from 1 to %d", MaxOpenWorkLimit)
	}
	if err := e.checkDefaultStatus(after.DefaultStatusID); err != nil {
		return err
	}
	if err := checkTimeZone(after.TimeZone); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, e.org.Version); err != nil {
		return err
	}
	e.changeOrganization(c.into)
	e.emit(Event{Type: EventOrganizationChanged})
	if before.OpenWorkLimit != e.org.OpenWorkLimit {
		e.openWorkLimitChanged()
	}
	if before.TimeZone != e.org.TimeZone {
		e.recomputeAllLater(e.actor)
	}
	e.warnOfSettings(r, &before)
	r.Refs.Organization = true
	return nil
}

// warnOfSettings tells when a setting that was turned on has no effect for chat and voice workstreams that are there (PR-5).
func (e *Engine) warnOfSettings(r *Result, before *Organization) {
	var missed, rejected bool
	for _, ws := range e.workstreams.all {
		m, j := e.allowsDeclined(&ws.Workstream)
		missed, rejected = missed || m, rejected || j
	}
	if missed && !before.MissedSetsInactive && e.org.MissedSetsInactive {
		r.warn(WarnMissedPresenceAllowed, "missedSetsInactive", "chat or voice workstreams allow Inactive: their items are offered to who is Inactive all the same")
	}
	if rejected && !before.RejectedSetsDoNotDisturb && e.org.RejectedSetsDoNotDisturb {
		r.warn(WarnRejectedPresenceAllowed, "rejectedSetsDoNotDisturb", "chat or voice workstreams allow Do not disturb: their items are offered to who rejected one all the same")
	}
}

// openWorkLimitChanged puts everybody where they now stand among the candidates; a presence that came of the limit is computed anew (PR-4).
func (e *Engine) openWorkLimitChanged() {
	e.orderAllCandidates()
	for _, a := range e.agents.all {
		e.agentMayBeAble(a)
	}
	e.recomputeAllLater(e.actor)
}

// changeOrganization is the only place where the organisation's settings change.
func (e *Engine) changeOrganization(change func(*Organization)) {
	e.touchOrganization()
	change(&e.org)
	e.org.Version++
	e.org.ConfigVersion++
	e.org.UpdatedAt = e.now
}

// configChanged counts a change of configuration other than the organisation's own.
func (e *Engine) configChanged() {
	e.touchOrganization()
	e.org.ConfigVersion++
}

func checkVersion(expected *int, actual int) error {
	if expected != nil && *expected != actual {
		return conflict(ReasonVersionMismatch, "expected version %d, but it is %d", *expected, actual)
	}
	return nil
}
