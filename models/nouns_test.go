package models

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"rapport/engine"
)

// The nouns of the tests, the n-th of each. full sets every optional field, else all of them are missing.

func contact(n int, full bool) engine.Contact {
	c := engine.Contact{ID: id[engine.ContactID](n), FullName: fmt.Sprint("Contact ", n), Version: n + 1, CreatedAt: after(n), UpdatedAt: after(n + 1)}
	if full {
		c.Email, c.MobilePhone = new(fmt.Sprintf("c%d@example.com", n)), new(fmt.Sprintf("+49 30 %d", n))
		c.RoutingPolicy = policy(true)
	}
	return c
}

func agent(n int, full bool) engine.Agent {
	a := engine.Agent{
		ID: id[engine.AgentID](n), Name: fmt.Sprint("Agent ", n),
		Presence: engine.AgentPresence{
			Status: engine.StatusOffline, Base: engine.Offline, Cause: engine.CauseCreated, Source: engine.SourceSignedOut, ChangedAt: after(n),
		},
		Version: 1, CreatedAt: after(n), UpdatedAt: after(n + 1),
	}
	if full {
		a.Presence = engine.AgentPresence{
			Status: id[engine.PresenceStatusID](n), Base: engine.DoNotDisturb, Cause: engine.CauseStatusChanged, Source: engine.SourceManual,
			ChangedAt: after(n + 2), SignedIn: true,
		}
		a.CapacityUnits, a.InterruptibleUnits = new(0), new(7) // none is not 0
		a.Profiles = []engine.ProfileUse{
			{ProfileID: id[engine.CapacityProfileID](n), Has: true, Limit: new(1000), Assigned: 1, Reserved: 2, Kept: 3},
			{ProfileID: id[engine.CapacityProfileID](n + 1), Has: true}, {ProfileID: id[engine.CapacityProfileID](n + 2), Assigned: 4},
		}
		a.DefaultStatusID, a.TimeZone = id[engine.PresenceStatusID](n+1), "America/Argentina/ComodRivadavia"
		a.Assigned = engine.CapacityUse{Units: 2, Percent: 33, InterruptibleUnits: 4, InterruptiblePercent: 55}
		a.Reserved = engine.CapacityUse{Units: 6, Percent: 77, InterruptibleUnits: 8, InterruptiblePercent: 99}
		a.OpenWork, a.OverCapacityOffers, a.RankedSeq = 12, 1, int64(n)+1<<40
		a.ManualMark, a.SignInMark, a.CapturedStatus, a.CapturedSource = 4, 5, engine.StatusAway, engine.SourceDefault
		a.LeftAt, a.ReconnectBy, a.ReleasedAt, a.DayEndsAt = new(after(n+3)), new(after(n+4)), new(after(n+5)), new(after(n+6))
	}
	return a
}

func session(n, agent int) engine.Session {
	return engine.Session{ID: id[engine.SessionID](n), AgentID: id[engine.AgentID](agent), OpenedAt: after(n)}
}

func queue(n int) engine.Queue {
	return engine.Queue{
		ID: id[engine.QueueID](n), Name: fmt.Sprint("Queue ", n), Priority: n, AssignmentMethod: engine.HighestCapacity, Version: 2,
		CreatedAt: after(n), UpdatedAt: after(n + 1),
	}
}

func queueMember(queue, agent int) engine.QueueMember {
	return engine.QueueMember{QueueID: id[engine.QueueID](queue), AgentID: id[engine.AgentID](agent), JoinedAt: after(agent), Turn: int64(agent) + 1<<40}
}

func policy(full bool) engine.RoutingPolicy {
	if !full {
		return engine.RoutingPolicy{}
	}
	// A value that is set and false is not one that is missing.
	return engine.RoutingPolicy{Enabled: new(true), WhenUnavailable: new(engine.LeaveUnassigned), RetryPreferred: new(false)}
}

// What work takes and what follows it in most tests.
var (
	oneUnit  = engine.CapacityCost{Units: 1, Type: engine.NotInterruptible}
	noWrapUp = engine.WrapUp{Mode: engine.WrapUpNone}
)

// cost is one in units; a full one is set in every way, which no command makes.
func cost(full bool) engine.CapacityCost {
	if !full {
		return engine.CapacityCost{Units: 2, Type: engine.NotInterruptible}
	}
	profiles := []engine.CapacityProfileID{id[engine.CapacityProfileID](2), id[engine.CapacityProfileID](1)} // in the order in which they were given
	return engine.CapacityCost{Units: 3, Percent: 100, Profiles: profiles, Type: engine.Interruptible}
}

func workstream(n int, full bool) engine.Workstream {
	w := engine.Workstream{
		ID: id[engine.WorkstreamID](n), Name: fmt.Sprint("Stream ", n), Channel: engine.ChannelWhatsApp, DistributionMode: engine.Push,
		QueueID: id[engine.QueueID](1), AllowedPresences: []engine.BasePresence{engine.Available}, Cost: cost(full), Priority: 3, WrapUp: engine.WrapUp{Mode: engine.WrapUpNone},
		AcceptMode: engine.AcceptAuto, OfferSeconds: 60, DeclineLimit: 2, RoutingPolicy: policy(full), Version: 3,
		CreatedAt: after(n), UpdatedAt: after(n + 1),
	}
	if full {
		w.AllowedPresences = engine.BasePresences[:]
		w.WrapUp, w.WaitingHoldsCapacity = engine.WrapUp{Mode: engine.WrapUpTimed, Seconds: 3600}, true
		w.MissedSetsInactive, w.RejectedSetsDoNotDisturb = new(false), new(true)
	}
	return w
}

func matrixRow(contact int, agents ...int) engine.PreferredAgents {
	row := engine.PreferredAgents{ContactID: id[engine.ContactID](contact), Version: 4, UpdatedAt: after(contact)}
	for _, n := range agents {
		row.Agents = append(row.Agents, id[engine.AgentID](n))
	}
	return row
}

func workItem(n int, status engine.WorkItemStatus, full bool) engine.WorkItem {
	w := engine.WorkItem{
		ID: id[engine.WorkItemID](n), Status: status, WorkstreamID: id[engine.WorkstreamID](1), QueueID: id[engine.QueueID](1),
		Priority: 5, CreatedAt: after(n),
	}
	if full {
		w.ContactID, w.Reference, w.LeftUnassigned = id[engine.ContactID](1), new(fmt.Sprint("ref ", n)), true
		w.WithoutPreferred = true
		w.Attempts, w.LastOutcome, w.LastReason = 6, engine.OutcomeQueued, engine.CodeNoAgentQualified
		w.LastPreferredReason = engine.CodeFeatureDisabled
		w.OfferID, w.AssignmentID, w.AgentID = id[engine.OfferID](n), id[engine.AssignmentID](n), id[engine.AgentID](1)
		w.ClosedAt = new(after(n + 9))
	}
	return w
}

func offer(n, item, agent int, full bool) engine.Offer {
	o := engine.Offer{
		ID: id[engine.OfferID](n), WorkItemID: id[engine.WorkItemID](item), AgentID: id[engine.AgentID](agent),
		State: engine.OfferOpen, Path: engine.PathNextBest, Cost: cost(full), OfferedAt: after(n),
	}
	if full {
		o.State, o.Path, o.PreferredPosition, o.OverCapacity = engine.OfferRevoked, engine.PathPreferred, new(3), true
		o.RevokeReason, o.ExpiresAt, o.EndedAt = new(engine.RevokeSignedOut), new(after(n+60)), new(after(n+30))
		o.AssignmentID = id[engine.AssignmentID](n)
	}
	return o
}

func assignment(n, item, agent int, full bool) engine.Assignment {
	a := engine.Assignment{
		ID: id[engine.AssignmentID](n), WorkItemID: id[engine.WorkItemID](item), AgentID: id[engine.AgentID](agent),
		Origin: engine.OriginOffer, OfferID: id[engine.OfferID](n), Cost: cost(full), AssignedAt: after(n),
	}
	if full {
		a.Origin, a.HoldsCapacity, a.WrapUpEndsAt = engine.OriginManual, true, new(after(n+80))
		a.EndedAt, a.EndReason = new(after(n+90)), new(engine.AssignmentCancelled)
	}
	return a
}

func decline(item, agent int) engine.Decline {
	return engine.Decline{
		WorkItemID: id[engine.WorkItemID](item), AgentID: id[engine.AgentID](agent), Count: 2, ManualMark: 3, SignInMark: 1 << 40,
	}
}

func role(n int) engine.Role {
	return engine.Role{
		Name: fmt.Sprintf("ROLE_%03d", n), Description: fmt.Sprint("Rôle ", n), Permissions: []engine.Permission{engine.WorkRead, engine.OwnWork},
		Version: n + 1, CreatedAt: new(after(n)), UpdatedAt: new(after(n + 1)),
	}
}

func apiKey(n int, roles ...string) engine.APIKey {
	return engine.APIKey{
		ID: id[engine.APIKeyID](n), Name: fmt.Sprint("Clé ", n), Roles: append([]string{"SERVICE"}, roles...), Hash: fmt.Sprintf("%064x", n),
		CreatedAt: after(n), ExpiresAt: after(n + 77),
	}
}

func presenceStatus(n int, everyone bool) engine.PresenceStatus {
	return engine.PresenceStatus{
		ID: id[engine.PresenceStatusID](n), Text: fmt.Sprint("Zu Tisch ", n), Base: engine.BasePresences[n%5], Selectable: true, ForEveryone: everyone,
		Version: n + 1, CreatedAt: new(after(n)), UpdatedAt: new(after(n + 1)),
	}
}

func grant(status, agent int) engine.PresenceStatusGrant {
	return engine.PresenceStatusGrant{StatusID: id[engine.PresenceStatusID](status), AgentID: id[engine.AgentID](agent), GrantedAt: after(agent)}
}

func capacityProfile(n int, blocking bool) engine.CapacityProfile {
	return engine.CapacityProfile{
		ID: id[engine.CapacityProfileID](n), Name: fmt.Sprint("Profil ", n), Limit: n + 1, Blocking: blocking, Reset: engine.ResetEndOfDay, Version: n + 1,
		CreatedAt: after(n), UpdatedAt: after(n + 1),
	}
}

func organization() *engine.Organization {
	return &engine.Organization{
		ID: engine.OrganizationID, RoutingPolicy: policy(true), ReconnectSeconds: 120, DefaultStatusID: id[engine.PresenceStatusID](1), OpenWorkLimit: 1000,
		MissedSetsInactive: true, RejectedSetsDoNotDisturb: true, TimeZone: "Europe/Berlin", ConfigVersion: 1 << 40, Version: 9, UpdatedAt: after(1),
	}
}

func decision(item int) engine.Event {
	return engine.Event{
		Type: engine.EventDecision, At: after(item), Actor: "system", WorkItemID: id[engine.WorkItemID](item),
		Decision: &engine.Decision{
			Attempt: 2, ConfigVersion: 7,
			Policy:          engine.EffectiveRoutingPolicy{Enabled: true, WhenUnavailable: engine.NextBestAgent, RetryPreferred: true},
			PreferredReason: new(engine.CodeNoPreferredAgents),
			Preferred:       []engine.PreferredCandidate{{Position: 1, AgentID: id[engine.AgentID](1), Code: engine.CodeNoCapacity}},
			NextBest: &engine.NextBestTrace{
				Method: engine.HighestCapacity, Members: 3,
				Ranked:  []engine.RankedCandidate{{AgentID: id[engine.AgentID](2), FreeUnits: 4, DeclinedBefore: true}},
				Refused: []engine.CodeCount{{Code: engine.CodeNotSignedIn, Count: 2}},
			},
			Outcome: engine.OutcomeOffered, Reason: engine.CodeOffered, AgentID: new(id[engine.AgentID](2)), OfferID: new(id[engine.OfferID](1)),
		},
	}
}

func key(principal, text string, n int) engine.IdempotencyKey {
	return engine.IdempotencyKey{
		KeyRef: engine.KeyRef{Principal: principal, Key: text}, Hash: fmt.Sprintf("%064x", n), At: after(n),
		Refs: engine.Refs{WorkItem: id[engine.WorkItemID](n)},
	}
}

// allSet fails the test if a field of a noun is zero, but for those that are not stored: a field that is new is to be tested too.
func allSet(t testing.TB, noun any, unstored ...string) {
	t.Helper()
	v := reflect.ValueOf(noun)
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.IsZero() && !slices.Contains(unstored, name) {
			t.Errorf("%T.%s is not set by the test, so it does not tell whether the field is stored", noun, name)
		}
		if f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[time.Time]() {
			allSet(t, f.Interface())
		}
	}
}

// show is a value as lines; a text as its own lines.
func show(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(text)
}
