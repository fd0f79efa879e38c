package engine

import (
	"cmp"
	"slices"
	"time"
)

// What agents hold, by CP-1 to CP-5 and OF-2: each offer and assignment adds its cost, and what is finished of an END_OF_DAY profile stays until the
// agent's midnight. How much that leaves is told by oracle_test.go.

// mCapacity is what an agent has and holds.
type mCapacity struct {
	// load has the limits, the sums and the profiles of an agent's row; nothing else in it is set.
	load Agent
	// profiles counts the changes of the list of profiles, so that each is one of load (WS-2).
	profiles int
	zone     string
	dayEnds  time.Time
}

func newModelAgent(id AgentID, c CreateAgent) *mAgent {
	a := &mAgent{id: id, version: 1, standard: c.DefaultStatusID, grants: map[PresenceStatusID]bool{}}
	a.mPresence = mPresence{StatusOffline, Offline, SourceSignedOut, CauseCreated}
	a.zone = c.TimeZone
	a.load.CapacityUnits, a.load.InterruptibleUnits = c.CapacityUnits, c.InterruptibleUnits
	return a
}

func (m *model) room(a *mAgent, c *CapacityCost) int { return roomOf(&a.load, m.profiles, c) }

func (m *model) fits(w *mItem, a *mAgent) bool {
	return needOf(&w.stream.Cost) <= m.room(a, &w.stream.Cost)
}

// atLimit is PR-4: assignments that hold capacity and open offers count.
func (m *model) atLimit(a *mAgent) bool { return a.load.OpenWork >= m.settings.limit }

// mStanding is by what agents are ranked: who has gone longest without a change of it comes first (WS-2).
type mStanding struct {
	atLimit, signedIn, hasMain, hasOther bool
	base                                 BasePresence
	main, other, profiles                int
}

func (m *model) standing(a *mAgent) mStanding {
	s := mStanding{atLimit: m.atLimit(a), signedIn: a.signedIn, profiles: a.profiles}
	if a.signedIn {
		s.base = a.base
	}
	s.main, s.hasMain = mainOf(&a.load, true)
	other := Agent{CapacityUnits: a.load.InterruptibleUnits}
	other.Assigned.Units, other.Assigned.Percent = a.load.Assigned.InterruptibleUnits, a.load.Assigned.InterruptiblePercent
	other.Reserved.Units, other.Reserved.Percent = a.load.Reserved.InterruptibleUnits, a.load.Reserved.InterruptiblePercent
	s.other, s.hasOther = mainOf(&other, true)
	return s
}

// change notes whether the agent's load or presence changed by something (WS-2).
func (m *model) change(a *mAgent, by func()) {
	before := m.standing(a)
	if by(); m.standing(a) != before {
		m.changes++
		a.changed = m.changes
	}
}

// mSums are where a cost is entered: with what is assigned, or with what is reserved.
type mSums struct {
	use *CapacityUse
	of  func(*ProfileUse) *int
}

func (a *mAgent) assignedOf() mSums {
	return mSums{&a.load.Assigned, func(u *ProfileUse) *int { return &u.Assigned }}
}

func (a *mAgent) reservedOf() mSums {
	return mSums{&a.load.Reserved, func(u *ProfileUse) *int { return &u.Reserved }}
}

// enter adds a cost (by 1) or takes it out (by -1).
func (a *mAgent) enter(c *CapacityCost, by int, in mSums) {
	if c.Type == Interruptible {
		in.use.InterruptibleUnits += by * c.Units
		in.use.InterruptiblePercent += by * c.Percent
	} else {
		in.use.Units += by * c.Units
		in.use.Percent += by * c.Percent
	}
	for _, id := range c.Profiles {
		a.changeProfile(id, func(u *ProfileUse) { *in.of(u) += by })
	}
	a.load.OpenWork += by
}

func (a *mAgent) changeProfile(id CapacityProfileID, change func(*ProfileUse)) {
	a.profiles++
	at := slices.IndexFunc(a.load.Profiles, func(u ProfileUse) bool { return u.ProfileID == id })
	if at < 0 {
		at = len(a.load.Profiles)
		a.load.Profiles = append(a.load.Profiles, ProfileUse{ProfileID: id})
	}
	if change(&a.load.Profiles[at]); a.load.Profiles[at] == (ProfileUse{ProfileID: id}) {
		a.load.Profiles = slices.Delete(a.load.Profiles, at, at+1)
	}
	slices.SortFunc(a.load.Profiles, func(a, b ProfileUse) int { return cmp.Compare(a.ProfileID, b.ProfileID) })
}

func (a *mAgent) profile(id CapacityProfileID) ProfileUse {
	for _, u := range a.load.Profiles {
		if u.ProfileID == id {
			return u
		}
	}
	return ProfileUse{ProfileID: id}
}

func (m *model) reserve(a *mAgent, c *CapacityCost, by int) {
	m.change(a, func() { a.enter(c, by, a.reservedOf()) })
}

// take gives an item to an agent, who holds its cost from now on.
func (m *model) take(w *mItem, a *mAgent, c *CapacityCost) {
	w.cost, w.holding, w.wrapUpEnds = *c, true, time.Time{}
	a.holds++
	a.enter(c, 1, a.assignedOf())
}

// hold makes an assignment take its cost, or give it back (CP-5, WS-2).
func (m *model) hold(w *mItem, holds bool) {
	if w.holding == holds {
		return
	}
	w.holding = holds
	by := 1
	if !holds {
		now := m.now
		by, w.holder.releasedAt = -1, &now
	}
	m.change(w.holder, func() { w.holder.enter(&w.cost, by, w.holder.assignedOf()) })
}

// release ends an assignment: what it took is given back, but of END_OF_DAY profiles at the agent's midnight (CP-2, CP-3).
func (m *model) release(w *mItem) {
	a := w.holder
	m.hold(w, false)
	a.holds--
	w.wrapUpEnds = time.Time{}
	for _, id := range w.cost.Profiles {
		if m.profiles[id].Reset == ResetEndOfDay && a.profile(id).Has {
			m.change(a, func() { a.changeProfile(id, func(u *ProfileUse) { u.Kept++ }) })
		}
	}
	m.dayEnd(a, false)
}

// dayEnd notes when what is kept is given back; anew when the agent is somewhere else now. What is due is about to be given back all the same.
func (m *model) dayEnd(a *mAgent, anew bool) {
	kept := 0
	for _, u := range a.load.Profiles {
		kept += u.Kept
	}
	switch {
	case kept == 0:
		a.dayEnds = time.Time{}
	case a.dayEnds.IsZero() || anew && a.dayEnds.After(m.now):
		a.dayEnds = midnightAfter(m.now, cmp.Or(a.zone, m.settings.zone))
	}
}

// midnightAfter finds the first second of the next day by looking at the calendar of the zone, quarter of an hour by quarter and then second by
// second: no two changes of clocks are nearer to each other than that.
func midnightAfter(now time.Time, name string) time.Time {
	zone, err := time.LoadLocation(name)
	if err != nil {
		fail("%v", err)
	}
	later := func(t time.Time) bool {
		return t.In(zone).Format("2006-01-02") > now.In(zone).Format("2006-01-02")
	}
	t := now.Truncate(time.Second)
	for !later(t.Add(15 * time.Minute)) {
		t = t.Add(15 * time.Minute)
	}
	for !later(t) {
		t = t.Add(time.Second)
	}
	return t
}

// capacityReset: at the agent's midnight, or before work that is over later is counted, or by hand, and then all that is kept of the profile at once (CP-2).
func (m *model) capacityReset(ev Event, a *mAgent) {
	u := a.profile(ev.Body.ProfileID)
	c, reset := m.command.(ResetAgentCapacity)
	must(!a.dayEnds.IsZero() && !m.now.Before(a.dayEnds) || reset && c.AgentID == a.id && c.ProfileID == u.ProfileID,
		"%s is given capacity back before %s", a.id, a.dayEnds)
	must(u.Kept > 0 && ev.Body.From == limitText(&u.Kept), "%+v gives %d back", ev, u.Kept)
	m.change(a, func() { a.changeProfile(u.ProfileID, func(u *ProfileUse) { u.Kept = 0 }) })
	m.dayEnd(a, false)
	m.follow(a, CauseCapacityReset, mNone)
}

// movedOn: to wrap-up, waiting for the customer, and back (CP-3, CP-5).
func (m *model) movedOn(ev Event, w *mItem) {
	must(ev.AgentID == w.holder.id && ev.Body.AssignmentID == w.assignment, "%+v cites wrongly", ev)
	switch ev.Type {
	case EventWorkItemWrapUp:
		must(m.command == Command(CompleteWorkItem{w.id}) && (w.status == Assigned || w.status == Waiting) && w.stream.WrapUp.Mode != WrapUpNone,
			"%s is in wrap-up unasked", w.id)
		if w.status = WrapUpWork; w.stream.WrapUp.Mode == WrapUpTimed {
			w.wrapUpEnds = m.now.Add(time.Duration(w.stream.WrapUp.Seconds) * time.Second)
		}
		m.hold(w, true)
		m.follow(w.holder, CauseWorkReleased, mSome)
	case EventWorkItemWaiting:
		must(m.command == Command(SetWorkItemWaiting{w.id}) && w.status == Assigned, "%s waits unasked", w.id)
		w.status = Waiting
		m.hold(w, w.stream.WaitingHoldsCapacity)
		m.follow(w.holder, CauseWorkReleased, mNone)
	case EventWorkItemResumed:
		must(m.command == Command(ResumeWorkItem{w.id}) && w.status == Waiting, "%s is resumed unasked", w.id)
		w.status = Assigned
		m.hold(w, true)
		m.follow(w.holder, CauseWorkTaken, mNone)
	}
}

// completes tells whether the command, or the time, completes an item (CP-3).
func (m *model) completes(w *mItem) bool {
	switch c := m.command.(type) {
	case CompleteWorkItem:
		return c.WorkItemID == w.id && (w.status == Assigned || w.status == Waiting) && w.stream.WrapUp.Mode == WrapUpNone
	case EndWrapUp:
		return c.WorkItemID == w.id && w.status == WrapUpWork
	case Tick:
		return w.status == WrapUpWork && !w.wrapUpEnds.IsZero() && !m.now.Before(w.wrapUpEnds)
	}
	return false
}

// settleCapacity: used capacity is the sum over open work, and what END_OF_DAY profiles keep (CP-1 to CP-5); sums are made anew of the engine's items.
func (m *model) settleCapacity(e *Engine) {
	sums := map[AgentID]*mAgent{}
	for _, a := range e.agents.all {
		sums[a.ID] = &mAgent{}
	}
	for _, w := range e.items { // order: summed up
		a := sums[w.AgentID]
		must(w.offer == nil || w.assignment == nil, "%s is both offered and assigned", w.ID)
		if w.offer != nil {
			a.enter(&w.offer.Cost, 1, a.reservedOf())
			if w.offer.OverCapacity {
				a.over++
			}
		}
		if w.assignment == nil {
			continue
		}
		if a.holds++; w.assignment.HoldsCapacity {
			a.enter(&w.assignment.Cost, 1, a.assignedOf())
		}
	}
	for id, a := range m.agents {
		is, sum := e.agents.get(id), sums[id]
		must(is.Assigned == sum.load.Assigned && is.Reserved == sum.load.Reserved && is.OpenWork == sum.load.OpenWork && is.OverCapacityOffers == sum.over &&
			sum.over <= 1, "the load of %s is %+v, their open work is %+v (OF-2, RT-3)", id, is.Agent, sum.load)
		must(is.Assigned == a.load.Assigned && is.Reserved == a.load.Reserved && is.OpenWork == a.load.OpenWork && sum.over == a.over && sum.holds == a.holds,
			"the load of %s is %+v, want %+v", id, is.Agent, a)
		must(limitText(is.CapacityUnits) == limitText(a.load.CapacityUnits) && limitText(is.InterruptibleUnits) == limitText(a.load.InterruptibleUnits),
			"the units of %s are %+v, want %+v", id, is.Agent, a.load)
		must(len(is.Profiles) == len(a.load.Profiles), "the profiles of %s are %+v, want %+v", id, is.Profiles, a.load.Profiles)
		for i, u := range is.Profiles {
			want, used := a.load.Profiles[i], sum.profile(u.ProfileID)
			must(u.Assigned == used.Assigned && u.Reserved == used.Reserved, "%s uses %+v, their open work is %+v (CP-2)", id, u, used)
			must(limitText(u.Limit) == limitText(want.Limit) && u.ProfileID == want.ProfileID && u.Has == want.Has && u.Kept == want.Kept,
				"%s uses %+v, want %+v (CP-2)", id, u, want)
		}
		must(at(is.DayEndsAt) == 0 && a.dayEnds.IsZero() || at(is.DayEndsAt) == at(&a.dayEnds), "the day of %s ends at %v, want %s", id, is.DayEndsAt, a.dayEnds)
		if is.Presence.SignedIn && is.Presence.Source == SourceComputed {
			must(is.Presence.Base == computedBase(&is.Agent, m.profiles), "%s is %+v with %+v (PR-4)", id, is.Presence, is.Agent)
		}
		must(is.Presence.Source != SourceOpenWorkLimit || is.Presence.Base == DoNotDisturb && m.atLimit(a), "%s is %+v with %+v (PR-4)", id, is.Presence, is.Agent)
	}
	if wrong := cmp.Or(wrongPlace(e), needlessOrder(e)); wrong != "" {
		fail("%s", wrong)
	}
}

func sameCost(a, b *CapacityCost) bool {
	return a.Units == b.Units && a.Percent == b.Percent && a.Type == b.Type && slices.Equal(a.Profiles, b.Profiles)
}
