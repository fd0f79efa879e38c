package engine

// WhenUnavailable is what happens to an item that no preferred agent can take (RT-5).
type WhenUnavailable string

// The values of WhenUnavailable.
const (
	NextBestAgent   WhenUnavailable = "NEXT_BEST_AGENT"
	LeaveUnassigned WhenUnavailable = "LEAVE_UNASSIGNED"
)

// RoutingPolicy is how work reaches preferred agents, as set at one scope. Nil: not set here (RT-1).
type RoutingPolicy struct {
	Enabled         *bool
	WhenUnavailable *WhenUnavailable
	RetryPreferred  *bool
}

// EffectiveRoutingPolicy is a policy resolved over the scopes (RT-1).
type EffectiveRoutingPolicy struct {
	Enabled         bool            `json:"enabled"`
	WhenUnavailable WhenUnavailable `json:"whenUnavailable"`
	RetryPreferred  bool            `json:"retryPreferred"`
}

// ResolvePolicy takes each field from the narrowest scope that sets it, then from the channel's default. `enabled` off for the
// organisation is final (RT-1).
func ResolvePolicy(organization, workstream RoutingPolicy, channel Channel) EffectiveRoutingPolicy {
	p := EffectiveRoutingPolicy{WhenUnavailable: LeaveUnassigned, RetryPreferred: true}
	if channel == ChannelChat || channel == ChannelVoice {
		p.WhenUnavailable = NextBestAgent
	}
	for _, scope := range [...]RoutingPolicy{organization, workstream} {
		if scope.Enabled != nil {
			p.Enabled = *scope.Enabled
		}
		if scope.WhenUnavailable != nil {
			p.WhenUnavailable = *scope.WhenUnavailable
		}
		if scope.RetryPreferred != nil {
			p.RetryPreferred = *scope.RetryPreferred
		}
	}
	if organization.Enabled == nil || !*organization.Enabled {
		p.Enabled = false
	}
	return p
}

// PolicyField is one field of a partial change of a policy: left out (Set false), taken away (Value nil), or set.
type PolicyField[T any] struct {
	Set   bool
	Value *T
}

func (f PolicyField[T]) into(to **T) {
	if f.Set {
		*to = f.Value
	}
}

// UpdateRoutingPolicy changes the policy of the organisation, or of a workstream when WorkstreamID is set. Waiting items in
// that scope are routed again. Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT.
type UpdateRoutingPolicy struct {
	WorkstreamID    WorkstreamID
	Enabled         PolicyField[bool]
	WhenUnavailable PolicyField[WhenUnavailable]
	RetryPreferred  PolicyField[bool]
	ExpectedVersion *int
}

func (c UpdateRoutingPolicy) into(p *RoutingPolicy) {
	c.Enabled.into(&p.Enabled)
	c.WhenUnavailable.into(&p.WhenUnavailable)
	c.RetryPreferred.into(&p.RetryPreferred)
}

func (c UpdateRoutingPolicy) apply(e *Engine, r *Result) error {
	if v := c.WhenUnavailable.Value; v != nil && *v != NextBestAgent && *v != LeaveUnassigned {
		return invalid("whenUnavailable", "must be NEXT_BEST_AGENT or LEAVE_UNASSIGNED")
	}
	nothing := !c.Enabled.Set && !c.WhenUnavailable.Set && !c.RetryPreferred.Set
	if c.WorkstreamID == "" {
		r.Refs.Organization = true
		if err := checkVersion(c.ExpectedVersion, e.org.Version); err != nil || nothing {
			return err
		}
		e.changeOrganization(func(o *Organization) { c.into(&o.RoutingPolicy) })
		for _, ws := range e.workstreams.all {
			ws.policy = ResolvePolicy(e.org.RoutingPolicy, ws.RoutingPolicy, ws.Channel)
			e.rerouteWaiting(ws)
		}
	} else {
		ws := e.workstreams.get(c.WorkstreamID)
		if ws == nil {
			return notFound("workstream")
		}
		r.Refs.Workstream = ws.ID
		if err := checkVersion(c.ExpectedVersion, ws.Version); err != nil || nothing {
			return err
		}
		e.changeWorkstream(ws, func(w *Workstream) { c.into(&w.RoutingPolicy) })
		e.rerouteWaiting(ws)
	}
	e.emit(Event{Type: EventPolicyChanged, WorkstreamID: c.WorkstreamID})
	return nil
}
