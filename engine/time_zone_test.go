package engine

import (
	"testing"
	"time"
)

// TestNextMidnight: a day ends at its first instant that is dated later, whatever the clocks do in that night (CP-2).
func TestNextMidnight(t *testing.T) {
	for _, c := range []struct{ what, zone, now, want string }{
		{"an ordinary day", "Europe/Berlin", "2026-01-05T09:00:00Z", "2026-01-05T23:00:00Z"},
		{"a microsecond before", "UTC", "2026-01-05T23:59:59.999999Z", "2026-01-06T00:00:00Z"},
		{"at midnight", "UTC", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"},
		{"three quarters off the hour", "Asia/Kathmandu", "2026-01-05T18:14:59Z", "2026-01-05T18:15:00Z"},
		{"the evening before 23 hours", "Europe/Berlin", "2027-03-27T22:59:59Z", "2027-03-27T23:00:00Z"},
		{"a day of 23 hours", "Europe/Berlin", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"},
		{"a day of 25 hours", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"midnight is left out", "America/Havana", "2027-03-13T20:00:00Z", "2027-03-14T05:00:00Z"},
		{"the day that begins at one", "America/Havana", "2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z"},
		{"midnight comes twice", "America/Havana", "2026-10-31T12:00:00Z", "2026-11-01T04:00:00Z"},
		{"between the two", "America/Havana", "2026-11-01T04:30:00Z", "2026-11-02T05:00:00Z"},
		{"after the second", "America/Havana", "2026-11-01T05:10:00Z", "2026-11-02T05:00:00Z"},
		{"a day that is left out", "Pacific/Apia", "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z"},
		{"the last of a year", "Pacific/Apia", "2026-12-31T09:59:59Z", "2026-12-31T11:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339Nano, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextMidnight(now, zone).UTC().Format(time.RFC3339Nano); got != c.want {
			t.Errorf("%s, in %s: after %s comes %s, want %s", c.what, c.zone, c.now, got, c.want)
		}
		if got := midnightAfter(now, c.zone).UTC().Format(time.RFC3339Nano); got != c.want {
			t.Errorf("%s: the model of the simulation says %s", c.what, got)
		}
	}
}

// TestTheDayEndsInTheNightOfTheChange: what is kept of an END_OF_DAY profile is given back at the agent's midnight, in nights in which there
// is none and in those with two (CP-2).
func TestTheDayEndsInTheNightOfTheChange(t *testing.T) {
	for _, c := range []struct{ zone, now, ends string }{
		{"Europe/Berlin", "2027-03-28T09:00:00Z", "2027-03-28T22:00:00Z"}, {"Europe/Berlin", "2026-10-25T09:00:00Z", "2026-10-25T23:00:00Z"},
		{"America/Havana", "2027-03-14T01:00:00Z", "2027-03-14T05:00:00Z"}, {"America/Havana", "2026-11-01T01:00:00Z", "2026-11-01T04:00:00Z"},
		{"Pacific/Apia", "2027-01-01T00:00:00Z", "2027-01-01T11:00:00Z"},
	} {
		w := newOfficeWorld(t)
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		w.now = now
		w.do(UpdateAgent{AgentID: ben, TimeZone: setTo(c.zone)}, service)
		w.do(SetAgentCapacityProfile{AgentID: ben, ProfileID: profileN(2)}, service)
		item := w.do(CreateWorkItem{WorkstreamID: w.visits}, service).WorkItem
		w.do(AssignWorkItem{item, ben}, service)
		w.do(CompleteWorkItem{item}, service)
		kept := func() int { u := w.engine.agents.get(ben).profile(profileN(2)); return u.Kept }
		ends := w.engine.agents.get(ben).DayEndsAt
		if ends == nil || ends.Format(time.RFC3339) != c.ends || kept() != 1 {
			t.Fatalf("%s, %s: %d is kept until %v, want %s", c.zone, c.now, kept(), ends, c.ends)
		}
		for _, step := range []struct {
			at   time.Time
			kept int
		}{{ends.Add(-time.Microsecond), 1}, {*ends, 0}} {
			w.now = step.at
			w.do(Tick{}, System)
			if kept() != step.kept {
				t.Errorf("%s: %d is kept at %s, want %d", c.zone, kept(), step.at, step.kept)
			}
		}
		w.store.checkRebuilt(t, w.engine)
	}
}

// TestWorkAfterMidnightIsOfTheNewDay: where many days end at once, work can be completed after an agent's midnight and before the Tick that ends their
// day. It counts for the day that has begun (CP-2).
func TestWorkAfterMidnightIsOfTheNewDay(t *testing.T) {
	w := newWorld(t)
	w.do(Tick{}, System)
	profile := w.do(CreateCapacityProfile{Name: "Profile", Limit: 5, Reset: ResetEndOfDay}, service).CapacityProfile
	w.do(SetAgentCapacityProfile{AgentID: ben, ProfileID: profile}, service)
	w.do(AddQueueMembers{queueN(101), []AgentID{ben}}, service)
	w.do(OpenSession{AgentID: ben}, service)
	stream := w.do(aWorkstream(func(c *CreateWorkstream) {
		c.QueueID, c.AcceptMode, c.Cost = queueN(101), AcceptAuto, CapacityCost{Profiles: []CapacityProfileID{profile}, Type: NotInterruptible}
	}), service).Workstream
	before := w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem
	after := w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem
	w.do(CompleteWorkItem{before}, service)
	a := w.engine.agents.get(ben)
	midnight := *a.DayEndsAt
	w.now = midnight.Add(time.Second)
	w.do(CompleteWorkItem{after}, service)
	w.do(Tick{}, System)
	if use := a.profile(profile); use.Kept != 1 || a.DayEndsAt == nil || !a.DayEndsAt.Equal(midnight.AddDate(0, 0, 1)) {
		t.Errorf("after midnight ben keeps %+v until %v", use, a.DayEndsAt)
	}
	w.store.checkRebuilt(t, w.engine)
}

// TestTimeZonesAreReadOnce: after a restart the end of everybody's day is looked at, and reading a time zone costs more than all the rest of it.
func TestTimeZonesAreReadOnce(t *testing.T) {
	org := NewOrganization(benchStart)
	org.TimeZone = "Europe/Berlin"
	e := New(Snapshot{Organization: org, Agents: []Agent{{ID: agentN(1)}, {ID: agentN(2)}}}, benchStart)
	if e.zone(e.agents.all[0]) != e.zone(e.agents.all[1]) {
		t.Error("the time zone was read again")
	}
}
