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

// ResolvePolicy takes each field from the narrowest scope that sets it, then from the channel's default; scopes are given from the organisation
// inwards. `enabled` off for the organisation is final (RT-1).
func ResolvePolicy(channel Channel, organization RoutingPolicy, narrower ...RoutingPolicy) EffectiveRoutingPolicy {
	p := EffectiveRoutingPolicy{WhenUnavailable: LeaveUnassigned, RetryPreferred: true}
	if channel == ChannelChat || channel == ChannelVoice {
		p.WhenUnavailable = NextBestAgent
	}
	p.narrow(organization)
	for _, scope := range narrower {
		p.narrow(scope)
	}
	if organization.Enabled == nil || !*organization.Enabled {
		p.Enabled = false
	}
	return p
}

func (p *EffectiveRoutingPolicy) narrow(scope RoutingPolicy) {
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

// policy is what is in force for an item (RT-1).
func (w *workItem) policy() EffectiveRoutingPolicy {
	if w.contact == nil || w.contact.policy == (RoutingPolicy{}) {
		return w.workstream.policy
	}
	ws := w.workstream
	return ResolvePolicy(ws.Channel, ws.organization, ws.RoutingPolicy, w.contact.policy)
}

// Patch is one field of a partial change: left out (Set false), taken away (Value nil), or set.
type Patch[T any] struct {
	Set   bool
	Value *T
}

func (f Patch[T]) into(to **T) {
	if f.Set {
		*to = f.Value
	}
}

// orEmpty is into for a field that is empty where nothing is set.
func (f Patch[T]) orEmpty(to *T) {
	if f.Set {
		var empty T
		if *to = empty; f.Value != nil {
			*to = *f.Value
		}
	}
}

// UpdateRoutingPolicy changes the policy of the organisation, of a workstream when WorkstreamID is set, or of a contact when ContactID is.
// Waiting items in that scope are routed again. Warns when what is turned on has no effect. Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT.
type UpdateRoutingPolicy struct {
	WorkstreamID    WorkstreamID
	ContactID       ContactID
	Enabled         Patch[bool]
	WhenUnavailable Patch[WhenUnavailable]
	RetryPreferred  Patch[bool]
	ExpectedVersion *int
}

func (c UpdateRoutingPolicy) needs(n *Needs) { n.record(c.ContactID) }

func (c UpdateRoutingPolicy) into(p *RoutingPolicy) {
	c.Enabled.into(&p.Enabled)
	c.WhenUnavailable.into(&p.WhenUnavailable)
	c.RetryPreferred.into(&p.RetryPreferred)
}

// nothing tells whether the command changes nothing.
func (c UpdateRoutingPolicy) nothing() bool {
	return !c.Enabled.Set && !c.WhenUnavailable.Set && !c.RetryPreferred.Set
}

func (c UpdateRoutingPolicy) apply(e *Engine, r *Result) error {
	if v := c.WhenUnavailable.Value; v != nil && *v != NextBestAgent && *v != LeaveUnassigned {
		return invalid("whenUnavailable", "must be NEXT_BEST_AGENT or LEAVE_UNASSIGNED")
	}
	if c.WorkstreamID != "" && c.ContactID != "" {
		return invalid("contactId", "must not be given together with workstreamId")
	}
	change := c.organization
	switch {
	case c.WorkstreamID != "":
		change = c.workstream
	case c.ContactID != "":
		change = c.contact
	}
	if err := change(e, r); err != nil || c.nothing() {
		return err
	}
	e.emit(Event{Type: EventPolicyChanged, WorkstreamID: c.WorkstreamID, ContactID: c.ContactID})
	return nil
}

func (c UpdateRoutingPolicy) organization(e *Engine, r *Result) error {
	r.Refs.Organization = true
	if err := checkVersion(c.ExpectedVersion, e.org.Version); err != nil || c.nothing() {
		return err
	}
	e.changeOrganization(func(o *Organization) { c.into(&o.RoutingPolicy) })
	for _, ws := range e.workstreams.all {
		e.resolve(ws)
		e.rerouteWaiting(ws)
	}
	return nil
}

func (c UpdateRoutingPolicy) workstream(e *Engine, r *Result) error {
	ws := e.workstreams.get(c.WorkstreamID)
	if ws == nil {
		return notFound("workstream")
	}
	r.Refs.Workstream = ws.ID
	if err := checkVersion(c.ExpectedVersion, ws.Version); err != nil || c.nothing() {
		return err
	}
	e.changeWorkstream(ws, func(w *Workstream) { c.into(&w.RoutingPolicy) })
	c.warn(e, r, ws)
	e.rerouteWaiting(ws)
	return nil
}

func (c UpdateRoutingPolicy) contact(e *Engine, r *Result) error {
	record, routing := e.records[c.ContactID], e.contacts[c.ContactID]
	if record == nil {
		return notFound("contact")
	}
	r.Refs.Contact, r.ContactState = record.ID, record
	if err := checkVersion(c.ExpectedVersion, record.Version); err != nil || c.nothing() {
		return err
	}
	after := *record
	c.into(&after.RoutingPolicy)
	r.ContactState = e.changeContact(after)
	e.pending.policies = append(e.pending.policies, policyChange{routing, routing.policy})
	routing.policy = after.RoutingPolicy
	e.configChanged()
	c.warn(e, r, nil)
	for _, w := range routing.sortedOpen() {
		e.rerouteItem(w)
	}
	return nil
}

// warn tells when what is turned on stays off all the same.
func (c UpdateRoutingPolicy) warn(e *Engine, r *Result, ws *workstream) {
	if v := c.Enabled.Value; v == nil || !*v {
		return
	}
	if on := e.org.RoutingPolicy.Enabled; on == nil || !*on {
		r.warn(WarnPolicyWithoutEffect, "enabled", "routing to preferred agents is off for the organisation, which is final")
	} else if ws != nil && ws.DistributionMode != Push {
		r.warn(WarnPolicyWithoutEffect, "enabled", "the items of this workstream are picked, not pushed")
	}
}
