package main

import (
	"cmp"
	"slices"
)

// step is a row of agents.csv: an agent, by place, does something.
type step struct {
	at    int // tenths of a second since the start of the hour
	agent int
	does  string
}

// What agents do.
const (
	signIn       = "SIGN_IN"
	signOut      = "SIGN_OUT"
	drop         = "DROP"
	available    = "AVAILABLE"
	busy         = "BUSY"
	away         = "AWAY"
	doNotDisturb = "DO_NOT_DISTURB"
)

// interlude is a while in which some agents are not as they were: how it begins and ends, how many agents have one, and how long it
// takes, in seconds.
type interlude struct {
	begins, ends  string
	agents        int
	least, spread int
}

// What can be turned about the agents.
var (
	// Who does not work in this hour, counted from 1. Of those who are in no queue, 34 is there and 17 is not.
	absent = []int{17, 38, 39}

	lateAgents, earlyAgents = 3, 3 // how many come late, and how many leave early

	interludes = []interlude{
		{away, available, 16, 180, 420},       // a break
		{busy, available, 12, 30, 90},         // a short errand
		{doNotDisturb, available, 4, 60, 120}, // a word with the team lead
		{signOut, signIn, 3, 200, 300},        // a change of desk
		{drop, signIn, 4, 2, 7},               // the network hiccups (PR-7: within reconnectSeconds)
		{drop, signIn, 4, 20, 120},            // a browser starts again (PR-7: within 150 s)
		{drop, signIn, 3, 170, 240},           // a notebook starts again (PR-7: later)
	}

	// The shares of 100 offers that agents accept, reject and miss; and how many agents are so.
	manners = []struct{ agents, accept, reject, miss int }{
		{12, 90, 6, 4}, {10, 94, 4, 2}, {7, 86, 8, 6}, {3, 97, 2, 1}, {2, 76, 16, 8}, {1, 68, 8, 24}, {1, 60, 30, 10}, {1, 80, 2, 18},
	}
)

// Interludes begin and end within these bounds, so that nobody is away when the hour ends; one agent's are so far apart.
const (
	firstInterlude = 240 * seconds
	lastInterlude  = 3480 * seconds
	apart          = 40 * seconds
)

// shift is when an agent is there: from since until the hour ends and longer, or until they leave.
type shift struct {
	agent        int
	since, until int
	taken        [][2]int // when interludes begin and end
}

// makeSteps makes what the agents do.
func (d *day) makeSteps() {
	shifts := d.makeShifts()
	for _, kind := range interludes {
		left := kind.agents
		for _, n := range d.random.Perm(len(shifts)) {
			if left > 0 && d.interrupt(&shifts[n], kind) {
				left--
			}
		}
	}
	slices.SortStableFunc(d.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
}

// makeShifts draws who is there and when: nearly all of them from the first seconds on, to the end.
func (d *day) makeShifts() []shift {
	var all []shift
	for agent := range agentCount {
		if !slices.Contains(absent, agent+1) {
			all = append(all, shift{agent: agent, since: d.random.IntN(20 * seconds), until: hour})
		}
	}
	order := d.random.Perm(len(all))
	for _, n := range order[:lateAgents] {
		all[n].since = d.between(300*seconds, 1200*seconds)
	}
	for _, n := range order[lateAgents : lateAgents+earlyAgents] {
		all[n].until = d.between(3000*seconds, 3400*seconds)
	}
	for _, s := range all {
		d.steps = append(d.steps, step{s.since, s.agent, signIn})
		if s.until < hour {
			d.steps = append(d.steps, step{s.until, s.agent, signOut})
		}
	}
	return all
}

// interrupt puts an interlude into a shift, and says whether there was room for it where chance put it.
func (d *day) interrupt(s *shift, kind interlude) bool {
	length := d.between(kind.least*seconds, (kind.least+kind.spread)*seconds)
	begins := d.between(firstInterlude, lastInterlude-length)
	ends := begins + length
	if begins < s.since+apart || ends > s.until-apart {
		return false
	}
	for _, t := range s.taken {
		if begins < t[1]+apart && ends > t[0]-apart {
			return false
		}
	}
	s.taken = append(s.taken, [2]int{begins, ends})
	d.steps = append(d.steps, step{begins, s.agent, kind.begins}, step{ends, s.agent, kind.ends})
	return true
}

// between draws a number, not less than least and less than most.
func (d *day) between(least, most int) int { return least + d.random.IntN(most-least) }

// temperament is a row of temperaments.csv: how an agent, by place, answers.
type temperament struct {
	agent                int
	accept, reject, miss int // of 100 offers
	think                int // tenths of a second
}

// makeTemperaments deals the manners out to those who work in this hour.
func (d *day) makeTemperaments() {
	var counts []int
	for _, m := range manners {
		counts = append(counts, m.agents)
	}
	dealt := d.shuffled(counts)
	for agent := range agentCount {
		if slices.Contains(absent, agent+1) {
			continue
		}
		m := manners[dealt[len(d.temperaments)]]
		d.temperaments = append(d.temperaments, temperament{agent, m.accept, m.reject, m.miss, d.between(20, 95)})
	}
}
