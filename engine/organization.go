package engine

import "time"

// DefaultReconnectSeconds is how long a short interruption may last unless set otherwise (PR-7).
const DefaultReconnectSeconds = 10

// Organization holds what applies wherever nothing narrower is set. There is one, with the id OrganizationID.
type Organization struct {
	ID string
	// RoutingPolicy is the widest of the scopes of RT-1.
	RoutingPolicy RoutingPolicy
	// ReconnectSeconds is how long an agent who lost their last session keeps open offers: 0 to 120, 0 is off (PR-7).
	ReconnectSeconds int
	// ConfigVersion counts the changes of everything that is configuration; decisions name it (DX-1).
	ConfigVersion int64
	Version       int
	UpdatedAt     time.Time
}

// OrganizationID is the id of the one organisation.
const OrganizationID = "or_1"

// NewOrganization is what an empty database starts with: routing to preferred agents off, 10 seconds to reconnect (RT-1, PR-7).
func NewOrganization(now time.Time) Organization {
	return Organization{
		ID: OrganizationID, ReconnectSeconds: DefaultReconnectSeconds, ConfigVersion: 1, Version: 1, UpdatedAt: now,
	}
}

// UpdateOrganization changes settings of the organisation. Nil leaves a setting as it is. Errors: BAD_USER_INPUT, CONFLICT.
type UpdateOrganization struct {
	ReconnectSeconds *int
	ExpectedVersion  *int
}

func (c UpdateOrganization) apply(e *Engine, r *Result) error {
	if s := c.ReconnectSeconds; s != nil && (*s < 0 || *s > MaxReconnectSeconds) {
		return invalid("reconnectSeconds", "must be from 0 to %d", MaxReconnectSeconds)
	}
	if err := checkVersion(c.ExpectedVersion, e.org.Version); err != nil {
		return err
	}
	e.changeOrganization(func(o *Organization) {
		if c.ReconnectSeconds != nil {
			o.ReconnectSeconds = *c.ReconnectSeconds
		}
	})
	e.emit(Event{Type: EventOrganizationChanged})
	r.Refs.Organization = true
	return nil
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
