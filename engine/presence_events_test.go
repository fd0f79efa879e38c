package engine

import (
	"slices"
	"time"
)

// miss lets the next open offer run out.
func miss(c *cell) bool {
	if len(c.o.offers) == 0 {
		return false
	}
	next := c.o.offers[0].expires
	for _, f := range c.o.offers {
		if f.expires.Before(next) {
			next = f.expires
		}
	}
	c.wait(next)
	return true
}

func reject(c *cell) bool {
	if len(c.o.offers) == 0 || !c.signedIn() {
		return false
	}
	f := c.o.offers[0]
	c.declined[f.item] = true
	c.do(RejectOffer{OfferID: f.id}, func(Result) { c.o.declined(f, OfferRejected) })
	return true
}

// declineEvents is how many of the events come first for which the settings of missed and rejected offers matter.
const declineEvents = 3

// limitEvent is the one that brings the agent to the limit of open work.
const limitEvent = 3

// presenceEvents are what can happen to an agent; each tells the engine and the oracle, and is false where it can't happen in this cell.
var presenceEvents = []struct {
	name string
	do   func(c *cell) bool
}{
	{"accept", func(c *cell) bool {
		if len(c.o.offers) == 0 || !c.signedIn() {
			return false
		}
		f := c.o.offers[len(c.o.offers)-1]
		w := costs[map[string]string{"u": "unit", "p": "plain"}[c.unit]]
		w.id = f.item
		c.do(AcceptOffer{OfferID: f.id}, func(Result) {
			c.o.end(OfferAccepted, func(x *trueOffer) bool { return x == f })
			c.o.took(&w, accepted)
		})
		return true
	}},
	{"miss", miss},
	{"reject", reject},
	{"open-work limit reached", limitReached},
	{"pick", func(c *cell) bool {
		w := c.newWork(c.usual())
		c.do(PickWorkItem{WorkItemID: w.id, AgentID: c.agent}, func(Result) { c.o.took(w, picked) })
		return true
	}},
	{"assigned by a supervisor", func(c *cell) bool { c.hold(c.usual()); return true }},
	{"assigned more than fits", func(c *cell) bool {
		c.hold("two")
		c.hold(c.usual())
		c.hold(c.usual())
		c.hold(c.usual())
		return true
	}},
	{"AUTO", auto},
	{"close", func(c *cell) bool {
		return c.withWork(func(w *trueWork) { c.closeWork(w) })
	}},
	{"handed over", func(c *cell) bool {
		return c.withWork(func(w *trueWork) {
			if c.e.items[w.id].workstream.DistributionMode == Push {
				return // it would come to the agent anew
			}
			c.do(TransferWorkItem{WorkItemID: w.id, QueueID: theWorld().queue}, func(Result) { c.o.released(w) })
		})
	}},
	{"called off", func(c *cell) bool {
		return c.withWork(func(w *trueWork) { c.do(CancelWorkItem{WorkItemID: w.id}, func(Result) { c.o.released(w) }) })
	}},
	{"wrap-up ended", func(c *cell) bool {
		for _, w := range c.o.work {
			if w.wrapUp {
				c.do(EndWrapUp{WorkItemID: w.id}, func(Result) { c.o.released(w) })
				return true
			}
		}
		return false
	}},
	{"60 seconds", func(c *cell) bool { c.wait(c.now.Add(60 * time.Second)); return true }},
	{"waits", func(c *cell) bool {
		return c.withWork(func(w *trueWork) {
			c.do(SetWorkItemWaiting{WorkItemID: w.id}, func(Result) { c.o.waiting(w, true, CauseWorkReleased) })
		})
	}},
	{"resumed", func(c *cell) bool {
		for _, w := range c.o.work {
			if w.waits {
				c.do(ResumeWorkItem{WorkItemID: w.id}, func(Result) { c.o.waiting(w, false, CauseWorkTaken) })
				return true
			}
		}
		return false
	}},
	{"chooses Available", chooses(StatusAvailable)}, {"chooses Busy", chooses(StatusBusy)}, {"chooses Do not disturb", chooses(StatusDoNotDisturb)},
	{"chooses Away", chooses(StatusAway)}, {"chooses Offline", chooses(StatusOffline)},
	{"chooses Training", func(c *cell) bool { return chooses(theWorld().statuses["Training"])(c) }},
	{"chooses Ready", func(c *cell) bool { return chooses(theWorld().statuses["Ready"])(c) }},
	{"resets", func(c *cell) bool {
		if !c.signedIn() {
			return false
		}
		c.do(ResetPresence{AgentID: c.agent}, func(Result) { c.o.reset() })
		return true
	}},
	{"disconnected", lose},
	{"disconnected, back at once", away(0)}, {"back after 9 s", away(9 * time.Second)}, {"back after 10 s", away(10 * time.Second)},
	{"back just before 150 s", away(150*time.Second - time.Microsecond)}, {"back at 150 s", away(150 * time.Second)},
	{"back just after 150 s", away(150*time.Second + time.Microsecond)},
	{"disconnected without short interruption", func(c *cell) bool {
		c.do(UpdateOrganization{ReconnectSeconds: new(0)}, func(Result) { c.o.reconnect = 0 })
		return lose(c)
	}},
	{"gone, closed meanwhile, back", meanwhile(func(c *cell) { c.withWork(func(w *trueWork) { c.closeWork(w) }) })},
	{"gone, assigned meanwhile, back", meanwhile(func(c *cell) { c.hold(c.usual()) })},
	{"gone, more than fits meanwhile, back", meanwhile(func(c *cell) { c.hold("two"); c.hold(c.usual()); c.hold(c.usual()) })},
	{"gone, AUTO meanwhile, back", meanwhile(func(c *cell) { auto(c) })},
	{"gone, less units meanwhile, back", meanwhile(func(c *cell) { c.setUnits(new(1)) })},
	{"gone, status replaced meanwhile, back", meanwhile(func(c *cell) { replaced(c) })},
	{"gone, status re-based meanwhile, back", meanwhile(func(c *cell) { rebased(Available)(c) })},
	{"signs out", signOut},
	{"signs out, back in time", func(c *cell) bool { return signOut(c) && c.backAfter(20*time.Second) }},
	{"signs out for good, back", func(c *cell) bool { return signOut(c) && c.backAfter(151*time.Second) }},
	{"comes back", func(c *cell) bool { c.open(); return true }},
	{"second device opens and closes", func(c *cell) bool {
		if !c.signedIn() {
			return false
		}
		c.open()
		lose(c)
		return true
	}},
	{"server restarts, back in time", func(c *cell) bool { return c.restart() && c.backAfter(29*time.Second) }},
	{"server restarts, not back", func(c *cell) bool { c.restart(); c.wait(c.now.Add(30 * time.Second)); return true }},
	{"server restarts, back late", func(c *cell) bool { return c.restart() && c.backAfter(3*time.Minute) }},
	{"units up", func(c *cell) bool { return c.o.units != nil && c.setUnits(new(*c.o.units+1)) }},
	{"units down", func(c *cell) bool { return c.o.units != nil && *c.o.units > 0 && c.setUnits(new(*c.o.units-1)) }},
	{"units zero", func(c *cell) bool { return c.setUnits(new(0)) }},
	{"units taken away", func(c *cell) bool { return c.o.units != nil && c.setUnits(nil) }},
	{"own limit of the profile up", func(c *cell) bool { return c.ownLimit(3) }},
	{"own limit of the profile down", func(c *cell) bool { return c.ownLimit(1) }},
	{"limit of the profile down", func(c *cell) bool {
		return c.profileChange(UpdateCapacityProfile{Limit: new(1)}, ofAll(1))
	}},
	{"limit of the profile up", func(c *cell) bool {
		return c.profileChange(UpdateCapacityProfile{Limit: new(5)}, ofAll(5))
	}},
	{"profile blocks", func(c *cell) bool {
		return c.profileChange(UpdateCapacityProfile{Blocking: new(true)}, func(p *trueProfile) { p.blocking = true })
	}},
	{"profile blocks no more", func(c *cell) bool {
		return c.profileChange(UpdateCapacityProfile{Blocking: new(false)}, func(p *trueProfile) { p.blocking = false })
	}},
	{"profile given", func(c *cell) bool { return c.give("other") }},
	{"profile taken away", func(c *cell) bool {
		if len(c.o.profiles) == 0 {
			return false
		}
		p := c.o.profiles[0]
		c.do(RemoveAgentCapacityProfile{AgentID: c.agent, ProfileID: theWorld().profiles[string(p.id)]}, func(Result) {
			c.o.limited(func() { c.o.profiles = c.o.profiles[1:] })
		})
		return true
	}},
	{"profile reset by hand", func(c *cell) bool {
		for _, p := range c.o.profiles {
			if p.kept > 0 {
				c.do(ResetAgentCapacity{AgentID: c.agent, ProfileID: theWorld().profiles[string(p.id)]}, func(Result) { c.o.dayOver() })
				return true
			}
		}
		return false
	}},
	{"just before midnight", func(c *cell) bool { c.wait(c.o.midnight().Add(-time.Microsecond)); return true }},
	{"midnight", func(c *cell) bool { c.wait(c.o.midnight()); return true }},
	{"status re-based to Available", rebased(Available)}, {"status re-based to Busy", rebased(Busy)},
	{"status re-based to Do not disturb", rebased(DoNotDisturb)}, {"status re-based to Away", rebased(Away)},
	{"status replaced by Do not disturb", replaced},
	{"open-work limit raised", limitRaised},
	{"new work", func(c *cell) bool { c.ask("third"); return true }},
}

// auto creates an item that asks nobody (OF-2): it goes to the agent if it fits, else it is called off.
func auto(c *cell) bool {
	w := costs[map[string]string{"u": "unit", "p": "plain"}[c.unit]]
	c.do(CreateWorkItem{WorkstreamID: theWorld().streams["auto"+c.unit]}, func(r Result) {
		w.id = r.WorkItem
		if r.WorkItemState.Status == Assigned {
			c.o.took(&w, automatic)
		}
	})
	if item := c.e.items[w.id]; item != nil && item.Status == Queued {
		c.given(CancelWorkItem{WorkItemID: w.id})
	}
	return true
}

// limitReached sets the limit of open work to what the agent has, and lets an item come that anybody may be offered (PR-4).
func limitReached(c *cell) bool {
	n := max(1, c.o.openWork())
	c.do(UpdateOrganization{OpenWorkLimit: &n}, func(Result) { c.o.openWorkLimit = n })
	c.ask("third")
	return true
}

func limitRaised(c *cell) bool {
	if c.o.openWorkLimit == MaxOpenWorkLimit {
		return false
	}
	n := c.o.openWorkLimit + 1
	c.do(UpdateOrganization{OpenWorkLimit: &n}, func(Result) { c.o.limited(func() { c.o.openWorkLimit = n }) })
	return true
}

// withWork does something with the first item that the agent works on.
func (c *cell) withWork(do func(*trueWork)) bool {
	for _, w := range c.o.work {
		if !w.wrapUp {
			do(w)
			return true
		}
	}
	return false
}

func (c *cell) closeWork(w *trueWork) {
	stream := c.e.items[w.id].workstream
	c.do(CompleteWorkItem{WorkItemID: w.id}, func(Result) {
		if stream.WrapUp.Mode == WrapUpNone {
			c.o.released(w)
			return
		}
		c.o.wrapsUp(w, stream.WrapUp.Seconds)
	})
}

func chooses(id PresenceStatusID) func(*cell) bool {
	return func(c *cell) bool {
		if !c.signedIn() || c.o.bases[id] == "" {
			return false
		}
		c.choose(id)
		return true
	}
}

// lose takes the newest session away.
func lose(c *cell) bool {
	if !c.signedIn() {
		return false
	}
	last := c.sessions[len(c.sessions)-1]
	c.sessions = c.sessions[:len(c.sessions)-1]
	c.do(CloseSession{SessionID: last}, func(Result) { c.o.lost() })
	return true
}

func signOut(c *cell) bool {
	c.sessions = nil
	c.do(SignOut{AgentID: c.agent}, func(Result) { c.o.signedOut() })
	return true
}

func (c *cell) backAfter(d time.Duration) bool {
	if d > 0 {
		c.wait(c.now.Add(d))
	}
	c.open()
	return true
}

func away(d time.Duration) func(*cell) bool {
	return func(c *cell) bool { return lose(c) && c.backAfter(d) }
}

// meanwhile lets something happen while the agent is gone for 23 seconds.
func meanwhile(what func(*cell)) func(*cell) bool {
	return func(c *cell) bool {
		if !lose(c) {
			return false
		}
		c.wait(c.now.Add(3 * time.Second))
		what(c)
		return c.backAfter(20 * time.Second)
	}
}

func (c *cell) setUnits(units *int) bool {
	c.do(UpdateAgent{AgentID: c.agent, CapacityUnits: Patch[int]{true, units}}, func(Result) { c.o.limited(func() { c.o.units = units }) })
	return true
}

func (c *cell) ownLimit(n int) bool {
	if len(c.o.profiles) == 0 {
		return false
	}
	p := c.o.profiles[0]
	c.do(SetAgentCapacityProfile{AgentID: c.agent, ProfileID: theWorld().profiles[string(p.id)], Limit: &n}, func(Result) {
		c.o.limited(func() { p.limit, p.ownLimit = n, true })
	})
	return true
}

func (c *cell) profileChange(u UpdateCapacityProfile, change func(*trueProfile)) bool {
	if len(c.o.profiles) == 0 {
		return false
	}
	p := c.o.profiles[0]
	u.ProfileID = theWorld().profiles[string(p.id)]
	c.do(u, func(Result) { c.o.limited(func() { change(p) }) })
	return true
}

// ofAll is a new limit of a profile, which counts for agents without one of their own.
func ofAll(n int) func(*trueProfile) {
	return func(p *trueProfile) {
		if !p.ownLimit {
			p.limit = n
		}
	}
}

func (c *cell) give(name string) bool {
	if slices.ContainsFunc(c.o.profiles, func(p *trueProfile) bool { return p.id == CapacityProfileID(name) }) {
		return false
	}
	c.do(SetAgentCapacityProfile{AgentID: c.agent, ProfileID: theWorld().profiles[name]}, func(Result) {
		c.o.limited(func() { c.o.profiles = append(c.o.profiles, &trueProfile{id: CapacityProfileID(name), limit: 2}) })
	})
	return true
}

// own is the status of one's own that the agent has, or had when they left, or signs in with.
func (c *cell) own() (PresenceStatusID, bool) {
	for _, id := range []PresenceStatusID{c.o.is.status, c.o.before.status, c.o.ownDefault, c.o.orgDefault} {
		if c.e.statuses[id] != nil {
			return id, true
		}
	}
	return "", false
}

func rebased(base BasePresence) func(*cell) bool {
	return func(c *cell) bool {
		id, ok := c.own()
		if ok {
			c.do(UpdatePresenceStatus{StatusID: id, Base: &base}, func(Result) { c.o.statusIs(id, id, base) })
		}
		return ok
	}
}

func replaced(c *cell) bool {
	id, ok := c.own()
	if ok {
		c.do(DeletePresenceStatus{StatusID: id, ReplacementID: StatusDoNotDisturb}, func(Result) {
			c.o.statusIs(id, StatusDoNotDisturb, DoNotDisturb)
			delete(c.o.bases, id)
		})
	}
	return ok
}
