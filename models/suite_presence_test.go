package models

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/engine"
)

var presenceTests = []storeTest{
	{"grants page by page", grantPages},
	{"what is left out of statuses and profiles", leftOutOfPresence},
	{"the history of presence", presenceHistory},
	{"the history of presence before statuses of one's own", historyOfBefore},
	{"how long agents had which presence", presenceTimes31Days},
	{"an hour of presence", presenceTimesOfAnHour},
	{"more presence than is added up", tooMuchPresence},
}

// presenceReadsGive compares what the methods for statuses, grants and profiles give with what is stored.
func presenceReadsGive(t *testing.T, s *testStore, want nouns) {
	t.Helper()
	statuses, profiles := idsOf(want.Statuses, func(p engine.PresenceStatus) engine.PresenceStatusID { return p.ID }),
		idsOf(want.Profiles, func(p engine.CapacityProfile) engine.CapacityProfileID { return p.ID })
	same(t, "PresenceStatuses", must[[]engine.PresenceStatus](t)(s.PresenceStatuses(ctx)), want.Statuses)
	same(t, "PresenceStatusesByID", must[[]engine.PresenceStatus](t)(s.PresenceStatusesByID(ctx, statuses)), want.Statuses)
	same(t, "GrantsOf", grantedTo(t, s, want.Agents[0].ID), statuses[1:])
	same(t, "CapacityProfiles", must[[]engine.CapacityProfile](t)(s.CapacityProfiles(ctx)), want.Profiles)
	same(t, "CapacityProfilesByID", must[[]engine.CapacityProfile](t)(s.CapacityProfilesByID(ctx, profiles)), want.Profiles)
}

// grantedTo are the statuses that are granted to one agent.
func grantedTo(t *testing.T, s *testStore, a engine.AgentID) []engine.PresenceStatusID {
	t.Helper()
	return idsOf(must[[]engine.PresenceStatusGrant](t)(s.GrantsOf(ctx, []engine.AgentID{a})), func(g engine.PresenceStatusGrant) engine.PresenceStatusID { return g.StatusID })
}

// grantPages: of one status, by agent, whoever else has been granted what else (PR-2).
func grantPages(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	var want []engine.PresenceStatusGrant
	for n := range 30 {
		c.Grants = append(c.Grants, grant(1+n%3, n*7%30))
		if n%3 == 1 {
			want = append(want, grant(2, n*7%30))
		}
	}
	slices.SortFunc(want, func(a, b engine.PresenceStatusGrant) int { return cmp.Compare(a.AgentID, b.AgentID) })
	s.commit(t, c)
	for _, first := range []int{1, 3, 9, 10, 100} {
		var got []engine.PresenceStatusGrant
		for more, page := true, (engine.Page{First: first}); more; page.After = string(got[len(got)-1].AgentID) {
			var part []engine.PresenceStatusGrant
			var err error
			part, more, err = s.PresenceStatusGrants(ctx, id[engine.PresenceStatusID](2), page)
			if got = append(got, part...); err != nil || len(part) == 0 || more && len(part) != first || more != (len(got) < len(want)) {
				t.Fatalf("a page of %d has %d, more is %t, %v", first, len(part), more, err)
			}
		}
		same(t, fmt.Sprint("grants in pages of ", first), got, want)
	}
	same(t, "of an agent", grantedTo(t, s, want[0].AgentID), []engine.PresenceStatusID{id[engine.PresenceStatusID](2)})
}

func leftOutOfPresence(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	statuses := must[[]engine.PresenceStatus](t)(s.PresenceStatusesByID(ctx, []engine.PresenceStatusID{engine.StatusAway, id[engine.PresenceStatusID](2), "ps_none"}))
	same(t, "statuses", statuses, []engine.PresenceStatus{presenceStatus(2, false)})
	profiles := must[[]engine.CapacityProfile](t)(s.CapacityProfilesByID(ctx, []engine.CapacityProfileID{id[engine.CapacityProfileID](3), "cp_none"}))
	same(t, "profiles", profiles, []engine.CapacityProfile{capacityProfile(3, true)})
	same(t, "granted to nobody", len(grantedTo(t, s, "ag_none")), 0)
	grants, more, err := s.PresenceStatusGrants(ctx, "ps_none", engine.Page{First: 5})
	if len(grants) > 0 || more || err != nil {
		t.Errorf("grants of nothing: %v %t %v", grants, more, err)
	}
	list, more, err := s.PresenceHistory(ctx, engine.PresenceHistoryScope{AgentID: "ag_none"}, engine.Page{First: 5})
	if len(list) > 0 || more || err != nil {
		t.Errorf("the history of nobody: %v %t %v", list, more, err)
	}
	same(t, "the times of nobody", len(must[[]engine.PresenceTime](t)(s.PresenceTimes(ctx, "ag_none", begin, after(1), s.now()))), 0)
}

// presenceChange is an agent's change from one built-in status to another, some microseconds after begin.
func presenceChange(agent, us int, from, to engine.PresenceStatusID) engine.Event {
	return engine.Event{
		Type: engine.EventPresenceChanged, At: after(us), Actor: "test", AgentID: id[engine.AgentID](agent),
		Body: engine.EventBody{
			From: string(from), To: string(to), Cause: string(engine.CauseManual), FromBase: engine.BuiltInStatus(from).Base, ToBase: engine.BuiltInStatus(to).Base,
		},
	}
}

// someHistory is what happened to three agents over two epochs, much of it at the same time, presence and other things; it gives the changes of
// the first one's presence, newest first.
func someHistory(t *testing.T, s *testStore, r *rand.Rand) []engine.PresenceChange {
	t.Helper()
	var want []engine.PresenceChange
	us := 0
	for batch := range 60 {
		if batch == 30 {
			if err := s.Release(ctx, s.at); err != nil {
				t.Fatal(err)
			}
			s.at = must[engine.Position](t)(s.Acquire(ctx))
		}
		c := &engine.Changes{}
		for range r.IntN(8) {
			us += r.IntN(3) / 2 * r.IntN(50)
			from, to, agent := engine.BuiltInStatuses[r.IntN(6)].ID, engine.BuiltInStatuses[r.IntN(6)].ID, r.IntN(3)
			ev := presenceChange(agent, us, from, to)
			if ev.Body.To == string(engine.StatusAway) { // one of one's own, on that base
				ev.Body.To, ev.Actor = string(id[engine.PresenceStatusID](7)), "agent:"+string(id[engine.AgentID](agent))
			}
			if r.IntN(3) == 0 {
				ev.Type = engine.EventOfferMade
			} else if agent == 0 {
				p := engine.EventPlace{Position: engine.Position{Epoch: s.at.Epoch, Seq: s.at.Seq + 1}, Index: len(c.Events)}
				want = append(want, engine.PresenceChange{
					ID: p.Cursor(), AgentID: ev.AgentID, From: from, To: engine.PresenceStatusID(ev.Body.To), FromBase: ev.Body.FromBase, ToBase: ev.Body.ToBase,
					Cause: engine.CauseManual, Actor: ev.Actor, At: ev.At,
				})
			}
			c.Events = append(c.Events, ev)
		}
		s.commit(t, c)
	}
	slices.Reverse(want)
	return want
}

// presenceHistory: PR-9, newest first, page by page, of any time; nothing of others and nothing else.
func presenceHistory(t *testing.T, s *testStore) {
	r := rand.New(rand.NewPCG(9, 1))
	all, agent := someHistory(t, s, r), id[engine.AgentID](0)
	if len(all) < 40 {
		t.Fatalf("only %d changes", len(all))
	}
	for n := range 60 {
		f, want := engine.PresenceHistoryScope{AgentID: agent}, slices.Clone(all)
		if n%3 > 0 {
			from := all[r.IntN(len(all))].At
			f.From, want = &from, slices.DeleteFunc(want, func(c engine.PresenceChange) bool { return c.At.Before(from) })
		}
		if n%2 > 0 {
			until := all[r.IntN(len(all))].At
			f.Until, want = &until, slices.DeleteFunc(want, func(c engine.PresenceChange) bool { return !c.At.Before(until) })
		}
		var got []engine.PresenceChange
		for more, page := true, (engine.Page{First: 1 + r.IntN(50)}); more; {
			part, further, err := s.PresenceHistory(ctx, f, page)
			if err != nil {
				t.Fatal(err)
			}
			got, more = append(got, part...), further
			if more != (len(got) < len(want)) || more && len(part) != page.First {
				t.Fatalf("%s: a page of %d has %d, more is %t; %d of %d so far", show(f), page.First, len(part), more, len(got), len(want))
			}
			if more {
				page.After = part[len(part)-1].ID
			}
		}
		same(t, "changes in "+show(f), append([]engine.PresenceChange{}, got...), append([]engine.PresenceChange{}, want...))
	}
	for _, cursor := range []string{"x", "1.2", "1.2.x", "-1.0.0"} {
		_, _, err := s.PresenceHistory(ctx, engine.PresenceHistoryScope{AgentID: agent}, engine.Page{First: 5, After: cursor})
		if refused := (&engine.Error{}); !errors.As(err, &refused) || refused.Code != engine.CodeBadUserInput || refused.Field != "after" {
			t.Errorf("behind %q the error is %v", cursor, err)
		}
	}
	behind := func(p engine.EventPlace) int {
		list, _, err := s.PresenceHistory(ctx, engine.PresenceHistoryScope{AgentID: agent}, engine.Page{First: 1000, After: p.Cursor()})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	same(t, "before a place at which nothing happened", behind(engine.EventPlace{Position: engine.Position{Epoch: 9, Seq: 1}}), len(all))
	same(t, "before the first place", behind(engine.EventPlace{}), 0)
}

// historyOfBefore: an event that an older version wrote says no bases; they were those of the built-in statuses.
func historyOfBefore(t *testing.T, s *testStore) {
	old := presenceChange(1, 1, engine.StatusOffline, engine.StatusDoNotDisturb)
	old.Body.FromBase, old.Body.ToBase = "", ""
	s.commit(t, &engine.Changes{Events: []engine.Event{old}})
	list, _, err := s.PresenceHistory(ctx, engine.PresenceHistoryScope{AgentID: old.AgentID}, engine.Page{First: 5})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	same(t, "bases", []engine.BasePresence{list[0].FromBase, list[0].ToBase}, []engine.BasePresence{engine.Offline, engine.DoNotDisturb})
}

// born commits an agent who was created some microseconds after begin, and sets the clock.
func (s *testStore) born(t *testing.T, n, us int, now time.Time) engine.AgentID {
	t.Helper()
	a := agent(n, false)
	a.CreatedAt = after(us)
	s.commit(t, &engine.Changes{Agents: []engine.Agent{a}})
	s.now = func() time.Time { return now }
	return a.ID
}

// presenceTimesOfAnHour: PR-9 with its edges: what was before, the creation, now, a status that was given another base.
func presenceTimesOfAnHour(t *testing.T, s *testStore) {
	minute := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Minute) }
	const us = 60_000_000
	ann := s.born(t, 1, 10*us, minute(60))
	lunch := presenceChange(1, 30*us, engine.StatusBusy, engine.StatusAway)
	lunch.Body.To = "ps_lunch"
	moved := presenceChange(1, 35*us, engine.StatusAway, engine.StatusBusy)
	moved.Body.From, moved.Body.To = "ps_lunch", "ps_lunch"
	s.commit(t, &engine.Changes{Events: []engine.Event{
		presenceChange(1, 5*us, engine.StatusOffline, engine.StatusInactive), // of another one with this id, who was deleted
		presenceChange(1, 20*us, engine.StatusOffline, engine.StatusAvailable),
		presenceChange(1, 20*us, engine.StatusAvailable, engine.StatusBusy), // at once
		presenceChange(2, 25*us, engine.StatusBusy, engine.StatusInactive),  // somebody else
		lunch, moved, presenceChange(1, 40*us, engine.StatusBusy, engine.StatusOffline), presenceChange(1, 50*us, engine.StatusOffline, engine.StatusBusy),
	}})
	type times = []engine.PresenceTime
	off := func(n int) engine.PresenceTime {
		return engine.PresenceTime{StatusID: engine.StatusOffline, Base: engine.Offline, Duration: time.Duration(n) * time.Minute}
	}
	busy := func(n int) engine.PresenceTime {
		return engine.PresenceTime{StatusID: engine.StatusBusy, Base: engine.Busy, Duration: time.Duration(n) * time.Minute}
	}
	at := func(base engine.BasePresence, n int) engine.PresenceTime {
		return engine.PresenceTime{StatusID: "ps_lunch", Base: base, Duration: time.Duration(n) * time.Minute}
	}
	for _, c := range []struct {
		from, until int
		want        times
	}{
		{10, 60, times{off(20), busy(20), at(engine.Away, 5), at(engine.Busy, 5)}},
		{0, 1000, times{off(20), busy(20), at(engine.Away, 5), at(engine.Busy, 5)}}, // neither before the creation nor what is to come
		{0, 10, nil}, {60, 70, nil}, {30, 30, nil},
		{12, 14, times{off(2)}}, {20, 30, times{busy(10)}}, {22, 24, times{busy(2)}}, {29, 31, times{busy(1), at(engine.Away, 1)}},
		{34, 41, times{at(engine.Away, 1), at(engine.Busy, 5), off(1)}}, {45, 46, times{off(1)}}, {55, 61, times{busy(5)}},
	} {
		same(t, fmt.Sprint("minutes ", c.from, " to ", c.until), must[times](t)(s.PresenceTimes(ctx, ann, minute(c.from), minute(c.until), s.now())), c.want)
	}
}

// presenceTimes31Days: of any range the sums are what one gets by going through the history by hand.
func presenceTimes31Days(t *testing.T, s *testStore) {
	r := rand.New(rand.NewPCG(10, 1))
	history := someHistory(t, s, r)
	slices.Reverse(history)
	last := history[len(history)-1].At
	ann := s.born(t, 0, 0, last.Add(20*time.Microsecond))
	type key struct {
		status engine.PresenceStatusID
		base   engine.BasePresence
	}
	for range 200 {
		from := begin.Add(time.Duration(r.IntN(int(last.Sub(begin).Microseconds()))) * time.Microsecond)
		until := from.Add(time.Duration(r.IntN(600)) * time.Microsecond)
		want, got := map[key]time.Duration{}, map[key]time.Duration{}
		for at := from; at.Before(until) && at.Before(s.now()); at = at.Add(time.Microsecond) { // one by one
			k := key{engine.StatusOffline, engine.Offline}
			for _, c := range history {
				if !c.At.After(at) {
					k = key{c.To, c.ToBase}
				}
			}
			want[k] += time.Microsecond
		}
		for _, p := range must[[]engine.PresenceTime](t)(s.PresenceTimes(ctx, ann, from, until, s.now())) {
			if got[key{p.StatusID, p.Base}] > 0 || p.Duration <= 0 {
				t.Errorf("%s comes twice, or is nothing", show(p))
			}
			got[key{p.StatusID, p.Base}] = p.Duration
		}
		same(t, fmt.Sprint("times from ", from, " to ", until), fmt.Sprint(got), fmt.Sprint(want))
	}
}

// tooMuchPresence: what a range may hold is bounded, and said.
func tooMuchPresence(t *testing.T, s *testStore) {
	ann := s.born(t, 1, 0, begin.Add(100*24*time.Hour))
	c := &engine.Changes{}
	for n := range engine.MaxPresenceChanges + 1 {
		c.Events = append(c.Events, presenceChange(1, n+1, engine.StatusBusy, engine.BuiltInStatuses[n%2].ID))
	}
	s.commit(t, c)
	refused := func(from, until time.Time, code engine.ErrorCode) {
		t.Helper()
		_, err := s.PresenceTimes(ctx, ann, from, until, s.now())
		if refused := (&engine.Error{}); !errors.As(err, &refused) || refused.Code != code || refused.Field != "until" {
			t.Errorf("the error is %v, want %s of until", err, code)
		}
	}
	most := must[[]engine.PresenceTime](t)(s.PresenceTimes(ctx, ann, begin, after(engine.MaxPresenceChanges+1), s.now()))
	same(t, "statuses", idsOf(most, func(p engine.PresenceTime) engine.PresenceStatusID { return p.StatusID }),
		[]engine.PresenceStatusID{engine.StatusOffline, engine.StatusAvailable, engine.StatusBusy})
	refused(begin, after(engine.MaxPresenceChanges+2), engine.CodeLimit)
	longest := must[[]engine.PresenceTime](t)(s.PresenceTimes(ctx, ann, after(5), after(5).Add(engine.MaxPresenceRange), s.now()))
	sum := time.Duration(0)
	for _, p := range longest {
		sum += p.Duration
	}
	same(t, "31 days", sum, engine.MaxPresenceRange)
	refused(after(5), after(6).Add(engine.MaxPresenceRange), engine.CodeLimit)
	refused(after(5), after(4), engine.CodeBadUserInput)
}

// presenceCases are the reads of presence and capacity, for the plans.
func presenceCases(s *testStore) []readCase {
	a, status, page := id[engine.AgentID](7), id[engine.PresenceStatusID](7), engine.Page{First: 50}
	index, primary := "events_of_presence", "PRIMARY"
	if s.mysql {
		index = "events_by_agent_type"
	}
	list := []readCase{
		{name: "PresenceStatuses", read: func() error { _, err := s.PresenceStatuses(ctx); return err }},
		{name: "CapacityProfiles", read: func() error { _, err := s.CapacityProfiles(ctx); return err }},
		{name: "GrantsOf", index: "presence_status_grants_by_agent", read: func() error {
			_, err := s.GrantsOf(ctx, []engine.AgentID{a, id[engine.AgentID](8)})
			return err
		}},
		{name: "PresenceStatusGrants", index: primary, read: func() error { _, _, err := s.PresenceStatusGrants(ctx, status, page); return err }},
		{name: "further PresenceStatusGrants", index: primary, read: func() error {
			_, _, err := s.PresenceStatusGrants(ctx, status, engine.Page{First: 5, After: string(a)})
			return err
		}},
	}
	for _, p := range []engine.Page{page, {First: 50, After: "1.1.20"}, {First: 50, After: "7.1.20"}} {
		for _, f := range []engine.PresenceHistoryScope{
			{AgentID: a}, {AgentID: a, From: new(after(20))}, {AgentID: a, Until: new(after(2000))}, {AgentID: a, From: new(after(20)), Until: new(after(2000))},
		} {
			list = append(list, readCase{name: fmt.Sprintf("PresenceHistory%s%s", show(p), show(f)), index: index, read: func() error {
				_, _, err := s.PresenceHistory(ctx, f, p)
				return err
			}})
		}
	}
	for _, us := range []int{20, 2000, 4000} {
		s.now = time.Now
		list = append(list, readCase{name: fmt.Sprint("PresenceTimes ", us), read: func() error {
			_, err := s.PresenceTimes(ctx, a, after(us), after(us+3000), s.now())
			return err
		}})
	}
	return list
}
