package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// CapacityReset is when work that is over gives back what it took of a profile (CP-2).
type CapacityReset string

// The resets.
const (
	// ResetImmediate: when the work is over.
	ResetImmediate CapacityReset = "IMMEDIATE"
	// ResetEndOfDay: at the next midnight of the agent.
	ResetEndOfDay CapacityReset = "END_OF_DAY"
)

// CapacityProfile is a kind of capacity that is counted apart: how many items of that kind an agent can have at once, or per day (CP-2).
// Once made it is never changed in place.
type CapacityProfile struct {
	ID   CapacityProfileID
	Name string
	// Limit is how many items each agent can have unless theirs says otherwise: 1 to 1000.
	Limit int
	// Blocking: an agent with the profile used up gets no other work either (CP-1).
	Blocking bool
	// Reset can't be changed.
	Reset     CapacityReset
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// CreateCapacityProfile creates a profile. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS, LIMIT_EXCEEDED.
type CreateCapacityProfile struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID       CapacityProfileID
	Name     string
	Limit    int
	Blocking bool
	Reset    CapacityReset
}

func (c CreateCapacityProfile) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("cp_", string(c.ID)) {
		return invalid("id", "must be cp_ and a UUID in lower case")
	}
	if e.profiles[c.ID] != nil {
		return conflict(ReasonAlreadyExists, "there is a capacity profile with this id")
	}
	p := &CapacityProfile{
		ID: c.ID, Name: strings.TrimSpace(c.Name), Limit: c.Limit, Blocking: c.Blocking, Reset: c.Reset, Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}
	if err := p.check(); err != nil {
		return err
	}
	if len(e.profiles) >= MaxCapacityProfiles {
		return tooMany("", "there can be %d capacity profiles", MaxCapacityProfiles)
	}
	if p.ID == "" {
		p.ID = CapacityProfileID(e.ids.next("cp_"))
	}
	e.changeProfile(nil, p)
	e.emit(Event{Type: EventCapacityProfileCreated, Body: EventBody{ProfileID: p.ID}})
	r.Refs.CapacityProfile = p.ID
	return nil
}

func (p *CapacityProfile) check() error {
	if err := checkName("name", p.Name); err != nil {
		return err
	}
	if p.Reset != ResetImmediate && p.Reset != ResetEndOfDay {
		return invalid("reset", "must be IMMEDIATE or END_OF_DAY")
	}
	return checkProfileLimit(p.Limit)
}

func checkProfileLimit(limit int) error {
	if limit < 1 || limit > MaxCapacityUnits {
		return invalid("limit", "must be from 1 to %d", MaxCapacityUnits)
	}
	return nil
}

// UpdateCapacityProfile changes a profile; nil leaves a part as it is. The presence of who has it is computed anew (CP-3). Errors: NOT_FOUND,
// BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateCapacityProfile struct {
	ProfileID       CapacityProfileID
	Name            *string
	Limit           *int
	Blocking        *bool
	ExpectedVersion *int
}

func (c UpdateCapacityProfile) apply(e *Engine, r *Result) error {
	before := e.profiles[c.ProfileID]
	if before == nil {
		return notFound("capacity profile")
	}
	p := *before
	if c.Name != nil {
		p.Name = strings.TrimSpace(*c.Name)
	}
	set(&p.Limit, c.Limit)
	set(&p.Blocking, c.Blocking)
	p.Version, p.UpdatedAt = before.Version+1, e.now
	if err := p.check(); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, before.Version); err != nil {
		return err
	}
	e.changeProfile(before, &p)
	e.emit(Event{Type: EventCapacityProfileChanged, Body: EventBody{
		ProfileID: p.ID, From: strconv.Itoa(before.Limit), To: strconv.Itoa(p.Limit),
	}})
	r.Refs.CapacityProfile = p.ID
	if p.Limit == before.Limit && p.Blocking == before.Blocking {
		return nil
	}
	e.orderHolders(p.ID)
	below := 0
	for _, a := range e.agents.all {
		u := a.profile(p.ID)
		if !u.Has {
			continue
		}
		e.recomputeLater(a, e.actor)
		e.agentMayBeAble(a)
		if p.Limit < before.Limit && e.profileLeft(&u, false) < 0 {
			below++
		}
	}
	if below > 0 {
		r.warn(WarnCapacityBelowUse, "limit", strconv.Itoa(below)+" agents hold more than this: they get nothing new of it until enough is done")
	}
	return nil
}

// orderHolders puts those who have a profile where they now stand among the candidates of their queues: each queue anew as a whole, because
// entering them one by one costs for each a walk along those who changed later.
func (e *Engine) orderHolders(id CapacityProfileID) {
	queues := map[*queue]bool{}
	for _, a := range e.agents.all {
		if a.profile(id).Has {
			for _, m := range a.memberships {
				queues[m.queue] = true
			}
		}
	}
	for q := range queues { // order: each by itself
		e.orderCandidates(q)
	}
}

// DeleteCapacityProfile deletes a profile that no workstream names, no agent has and no open work takes. Errors: NOT_FOUND, CONFLICT
// (VERSION_MISMATCH, IN_USE).
type DeleteCapacityProfile struct {
	ProfileID       CapacityProfileID
	ExpectedVersion *int
}

func (c DeleteCapacityProfile) apply(e *Engine, _ *Result) error {
	p := e.profiles[c.ProfileID]
	if p == nil {
		return notFound("capacity profile")
	}
	if err := checkVersion(c.ExpectedVersion, p.Version); err != nil {
		return err
	}
	for _, ws := range e.workstreams.all {
		if slices.Contains(ws.Cost.Profiles, p.ID) {
			return conflict(ReasonInUse, "a workstream names the profile")
		}
	}
	for _, a := range e.agents.all {
		if a.profile(p.ID) != (ProfileUse{ProfileID: p.ID}) {
			return conflict(ReasonInUse, "an agent has the profile, or work that takes of it")
		}
	}
	for _, a := range e.agents.all {
		for _, w := range a.assigned { // order: any will do
			if slices.Contains(w.assignment.Cost.Profiles, p.ID) { // also what waits and gave it back
				return conflict(ReasonInUse, "open work takes of the profile")
			}
		}
	}
	e.changeProfile(p, nil)
	e.emit(Event{Type: EventCapacityProfileDeleted, Body: EventBody{ProfileID: p.ID}})
	return nil
}

// changeProfile puts a profile in the place of another; nil is none. Both stay as they are from then on.
func (e *Engine) changeProfile(before, after *CapacityProfile) {
	e.pending.profiles = append(e.pending.profiles, Change[CapacityProfile]{before, after})
	putProfile(e.profiles, before, after)
	e.configChanged()
}

func putProfile(profiles map[CapacityProfileID]*CapacityProfile, before, after *CapacityProfile) {
	if after == nil {
		delete(profiles, before.ID)
		return
	}
	profiles[after.ID] = after
}

// SetAgentCapacityProfile gives an agent a profile, or changes their own limit of it: nil for the profile's. A limit below what they hold is
// allowed, and warned about. Errors: NOT_FOUND, BAD_USER_INPUT, LIMIT_EXCEEDED (CP-2).
type SetAgentCapacityProfile struct {
	AgentID   AgentID
	ProfileID CapacityProfileID
	Limit     *int
}

func (c SetAgentCapacityProfile) apply(e *Engine, r *Result) error {
	a, p, err := e.agentAndProfile(c.AgentID, c.ProfileID)
	if err != nil {
		return err
	}
	if c.Limit != nil {
		if err := checkProfileLimit(*c.Limit); err != nil {
			return err
		}
	}
	before, had := a.profile(p.ID), 0
	for _, u := range a.Profiles {
		if u.Has {
			had++
		}
	}
	if !before.Has && had >= MaxProfilesPerAgent {
		return tooMany("profileId", "an agent can have %d capacity profiles", MaxProfilesPerAgent)
	}
	r.Refs.Agent = a.ID
	if before.Has && limitText(before.Limit) == limitText(c.Limit) {
		return nil
	}
	e.changeAgent(a, func(a *Agent) {
		a.changeProfile(p.ID, func(u *ProfileUse) { u.Has, u.Limit = true, clonePointer(c.Limit) })
		a.Version++
		a.UpdatedAt = e.now
	})
	e.configChanged()
	from := ""
	if before.Has {
		from = strconv.Itoa(e.profileLimit(&before))
	}
	now := a.profile(p.ID)
	e.emitAgent(Event{Type: EventAgentCapacityChanged, Body: EventBody{
		ProfileID: p.ID, Cause: "PROFILE", From: from, To: strconv.Itoa(e.profileLimit(&now)),
	}}, a)
	e.limitsChanged(a, r)
	return nil
}

func (e *Engine) agentAndProfile(agentID AgentID, id CapacityProfileID) (*agent, *CapacityProfile, error) {
	a, p := e.agents.get(agentID), e.profiles[id]
	if a == nil {
		return nil, nil, notFound("agent")
	}
	if p == nil {
		return nil, nil, invalid("profileId", "there is no such capacity profile")
	}
	return a, p, nil
}

// RemoveAgentCapacityProfile takes a profile from an agent; work that takes of it stays. Errors: NOT_FOUND, BAD_USER_INPUT.
type RemoveAgentCapacityProfile struct {
	AgentID   AgentID
	ProfileID CapacityProfileID
}

func (c RemoveAgentCapacityProfile) apply(e *Engine, r *Result) error {
	a, p, err := e.agentAndProfile(c.AgentID, c.ProfileID)
	if err != nil {
		return err
	}
	before := a.profile(p.ID)
	if !before.Has {
		return notFound("capacity profile of this agent")
	}
	e.changeAgent(a, func(a *Agent) {
		a.changeProfile(p.ID, func(u *ProfileUse) { u.Has, u.Limit, u.Kept = false, nil, 0 })
		a.Version++
		a.UpdatedAt = e.now
	})
	e.setDayEnd(a, false)
	e.configChanged()
	e.emitAgent(Event{Type: EventAgentCapacityChanged, Body: EventBody{
		ProfileID: p.ID, Cause: "PROFILE", From: strconv.Itoa(e.profileLimit(&before)),
	}}, a)
	e.limitsChanged(a, r)
	r.Refs.Agent = a.ID
	return nil
}

// ResetAgentCapacity gives back at once what an agent's finished work of the day still takes of a profile. Errors: NOT_FOUND, BAD_USER_INPUT.
type ResetAgentCapacity struct {
	AgentID   AgentID
	ProfileID CapacityProfileID
}

func (c ResetAgentCapacity) apply(e *Engine, r *Result) error {
	a, p, err := e.agentAndProfile(c.AgentID, c.ProfileID)
	if err != nil {
		return err
	}
	r.Refs.Agent = a.ID
	e.giveBackKept(a, p.ID)
	return nil
}
