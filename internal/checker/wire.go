package checker

import "time"

// The types as the API has them. Where History flattens, these don't.
type (
	idOnly struct{ ID string }
	page   struct {
		HasNextPage bool
		EndCursor   string
	}
	wireOrganization struct {
		ReconnectSeconds      int
		OpenWorkLimit         int
		DefaultPresenceStatus *struct{ Base string }
		RoutingPolicy         ScopePolicy
		UpdatedAt             time.Time
	}
	wireAgent struct {
		ID                    string
		CapacityUnits         *int
		DefaultPresenceStatus *struct{ Base string }
		CapacityProfiles      []struct{ Limit int }
	}
	wireWorkstream struct {
		ID, Channel            string
		Queue                  idOnly
		AllowedPresences       []string
		CapacityUnits          int
		CapacityType, WrapUp   string
		WaitingHoldsCapacity   bool
		AcceptMode             string
		OfferSeconds           int
		DeclineLimit           int
		DistributionMode       string
		RoutingPolicy          ScopePolicy
		EffectiveRoutingPolicy Policy
		UpdatedAt              time.Time
	}
	wireItem struct {
		ID, Status, WorkstreamID, QueueID, ContactID string
		Contact                                      *wireContact // null when it is deleted
		Priority                                     int
		WithoutPreferred, LeftUnassigned             bool
		Attempts                                     int
		CreatedAt                                    time.Time
		ClosedAt                                     *time.Time
		Offer, Assignment                            *idOnly
		Offers                                       connectionOf[wireOffer]
		Assignments                                  connectionOf[wireAssignment]
		Decisions                                    connectionOf[wireDecision]
	}
	wireContact struct {
		ID              string
		RoutingPolicy   ScopePolicy
		PreferredAgents *struct {
			UpdatedAt time.Time
			Entries   []struct{ AgentID string }
		}
		UpdatedAt time.Time
	}
	wireOffer struct {
		ID, AgentID, State, Path, RevokeReason string
		PreferredPosition                      int
		OverCapacity                           bool
		OfferedAt                              time.Time
		ExpiresAt, EndedAt                     *time.Time
		Assignment                             *wireAssignment
	}
	wireAssignment struct {
		ID, AgentID, Origin, EndReason string
		Offer                          *idOnly
		CapacityUnits                  int
		AssignedAt                     time.Time
		EndedAt                        *time.Time
	}
	wireDecision struct {
		ID               string
		Attempt, Repeats int
		DecidedAt        time.Time
		Policy           Policy
		PreferredReason  string
		Preferred        []struct {
			Position      int
			AgentID, Code string
		}
		NextBest *struct {
			Method  string
			Members int
			Ranked  []struct {
				AgentID        string
				FreeUnits      int
				DeclinedBefore bool
				ReleasedAt     *time.Time
			}
			Refused []Count
		}
		Outcome, Reason, AgentID, OfferID string
	}
)

func (a wireAgent) agent() Agent {
	return Agent{ID: a.ID, CapacityUnits: a.CapacityUnits, DefaultBase: baseOf(a.DefaultPresenceStatus), Profiles: len(a.CapacityProfiles)}
}

// baseOf is the base of a default presence, empty for none.
func baseOf(status *struct{ Base string }) string {
	if status == nil {
		return ""
	}
	return status.Base
}

func (w wireWorkstream) workstream() Workstream {
	return Workstream{
		ID: w.ID, Queue: w.Queue.ID, Channel: w.Channel, AllowedPresences: w.AllowedPresences, CapacityUnits: w.CapacityUnits,
		AcceptMode: w.AcceptMode, OfferSeconds: w.OfferSeconds, DeclineLimit: w.DeclineLimit, Policy: w.RoutingPolicy,
		Effective: w.EffectiveRoutingPolicy, Picked: w.DistributionMode == "PICK",
		Otherwise: w.CapacityUnits == 0 || w.CapacityType == "INTERRUPTIBLE" || w.WrapUp != "NONE" || !w.WaitingHoldsCapacity,
	}
}

func (c wireContact) row() []string {
	if c.PreferredAgents == nil {
		return nil
	}
	var agents []string
	for _, e := range c.PreferredAgents.Entries {
		agents = append(agents, e.AgentID)
	}
	return agents
}

func (o *idOnly) id() string {
	if o == nil {
		return ""
	}
	return o.ID
}

func (w wireItem) item() Item {
	it := Item{
		ID: w.ID, Status: w.Status, Workstream: w.WorkstreamID, Placement: Placement{w.QueueID, w.ContactID, w.Priority, w.WithoutPreferred},
		LeftUnassigned: w.LeftUnassigned, Attempts: w.Attempts, CreatedAt: w.CreatedAt, ClosedAt: w.ClosedAt,
		OpenOffer: w.Offer.id(), OpenAssignment: w.Assignment.id(),
	}
	for _, o := range w.Offers.Nodes {
		it.Offers = append(it.Offers, o.offer())
	}
	for _, a := range w.Assignments.Nodes {
		it.Assignments = append(it.Assignments, a.assignment())
	}
	for _, d := range w.Decisions.Nodes {
		it.Decisions = append(it.Decisions, d.decision())
	}
	return it
}

func (o wireOffer) offer() Offer {
	out := Offer{
		ID: o.ID, Agent: o.AgentID, State: o.State, Path: o.Path, PreferredPosition: o.PreferredPosition, OverCapacity: o.OverCapacity,
		RevokeReason: o.RevokeReason, OfferedAt: o.OfferedAt, ExpiresAt: o.ExpiresAt, EndedAt: o.EndedAt,
	}
	if o.Assignment != nil {
		a := o.Assignment.assignment()
		out.Assignment = &a
	}
	return out
}

func (a wireAssignment) assignment() Assignment {
	return Assignment{
		ID: a.ID, Agent: a.AgentID, Origin: a.Origin, Offer: a.Offer.id(), CapacityUnits: a.CapacityUnits, AssignedAt: a.AssignedAt,
		EndedAt: a.EndedAt, EndReason: a.EndReason,
	}
}

func (d wireDecision) decision() Decision {
	out := Decision{
		ID: d.ID, Attempt: d.Attempt, Repeats: d.Repeats, DecidedAt: d.DecidedAt, Policy: d.Policy, PreferredReason: d.PreferredReason,
		Outcome: d.Outcome, Reason: d.Reason, Agent: d.AgentID, Offer: d.OfferID,
	}
	for _, c := range d.Preferred {
		out.Preferred = append(out.Preferred, Candidate{c.Position, c.AgentID, c.Code})
	}
	if n := d.NextBest; n != nil {
		out.NextBest = &NextBest{Method: n.Method, Members: n.Members, Refused: n.Refused}
		for _, a := range n.Ranked {
			out.NextBest.Ranked = append(out.NextBest.Ranked, Ranked{a.AgentID, a.FreeUnits, a.DeclinedBefore, a.ReleasedAt})
		}
	}
	return out
}
