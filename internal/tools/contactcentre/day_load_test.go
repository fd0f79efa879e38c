package main

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// simulation serves a day greedily, second by second: each item, in the order of WS-3, goes to the member of its queue who can take it and
// has most room. Nobody is preferred, rejects or misses. It tells how hard the hour is, not how a server plays it.
type simulation struct {
	*day
	presence   []string       // by agent: their last step, a sign-in standing for Available
	used, busy []int          // by agent: units in use now, and unit-seconds in use within the hour
	room       []int          // by agent: unit-seconds that they were there for within the hour
	releases   map[int][]held // by second
	waiting    []int          // items, in the order of WS-3
	waits      [][]int        // by queue: how many seconds each item waited that somebody took
	gaveUp     []int          // by queue: how many customers did
}

// held is what an item takes of an agent.
type held struct{ agent, units int }

// extraTime is how many seconds after the hour nearly all is to be done.
const extraTime = 300

func simulate(d *day) *simulation {
	s := &simulation{
		day: d, presence: make([]string, agentCount), used: make([]int, agentCount), busy: make([]int, agentCount), room: make([]int, agentCount),
		releases: map[int][]held{}, waits: make([][]int, len(departments)), gaveUp: make([]int, len(departments)),
	}
	steps, items := d.steps, 0
	for now := range 3600 + extraTime {
		for ; len(steps) > 0 && steps[0].at < (now+1)*seconds; steps = steps[1:] {
			s.presence[steps[0].agent] = strings.Replace(steps[0].does, signIn, available, 1)
		}
		for _, h := range s.releases[now] {
			s.used[h.agent] -= h.units
		}
		for ; items < len(d.items) && d.items[items].at < (now+1)*seconds; items++ {
			s.waiting = append(s.waiting, items)
		}
		slices.SortStableFunc(s.waiting, s.compare)
		s.waiting = slices.DeleteFunc(s.waiting, func(item int) bool { return s.serve(d.items[item], now) })
		for agent, presence := range s.presence {
			if now < 3600 && (presence == available || presence == busy) {
				s.busy[agent] += s.used[agent]
				s.room[agent] += *d.centre.Agents[agent].CapacityUnits
			}
		}
	}
	return s
}

// compare is the order of WS-3, but for the age: the sort is stable, and items come as they age.
func (s *simulation) compare(a, b int) int {
	urgency := func(item int) (queue, own int) {
		i := s.items[item]
		own = s.workstreams[ways[i.way].workstream].Priority
		if i.priority > 0 {
			own = i.priority
		}
		return departments[s.queue(i.way)].priority, own
	}
	queueA, ownA := urgency(a)
	queueB, ownB := urgency(b)
	return cmp.Or(cmp.Compare(queueA, queueB), cmp.Compare(ownA, ownB))
}

// serve says whether an item waits no more: somebody took it, or its customer gave up.
func (s *simulation) serve(i item, now int) bool {
	workstream, queue, waited := s.workstreams[ways[i.way].workstream], s.queue(i.way), now-i.at/seconds
	if i.patience > 0 && waited >= i.patience {
		s.gaveUp[queue]++
		return true
	}
	best, most := nobody, workstream.Cost.CapacityUnits-1
	for _, agent := range s.members(queue) {
		free := *s.centre.Agents[agent].CapacityUnits - s.used[agent]
		if free > most && slices.Contains(workstream.AllowedPresences, s.presence[agent]) {
			best, most = agent, free
		}
	}
	if best == nobody {
		return false
	}
	ends := now + i.work
	if workstream.AcceptMode == "MANUAL" { // the time to answer takes room as well (OF-2)
		ends += s.temperaments[slices.IndexFunc(s.temperaments, func(t temperament) bool { return t.agent == best })].think / seconds
	}
	s.used[best] += workstream.Cost.CapacityUnits
	s.releases[ends] = append(s.releases[ends], held{best, workstream.Cost.CapacityUnits})
	s.waits[queue] = append(s.waits[queue], waited)
	return true
}

// load is how many of 100 units of some agents are in use, over the time that they are there.
func (s *simulation) load(agents []int) int {
	busy, room := 0, 0
	for _, agent := range agents {
		busy += s.busy[agent]
		room += s.room[agent]
	}
	return 100 * busy / room
}

// The hour is hard but bearable: four fifths and more of what the agents of each queue can hold is in use, items of each queue wait for a minute
// and more, nobody for a quarter of an hour, few give up, and five minutes after the hour nearly nothing is left.
func TestLoad(t *testing.T) {
	s := simulate(makeDay(generate(seed), seed))
	var everybody []int
	gaveUp := 0
	for n, department := range departments {
		members := s.members(n)
		everybody = append(everybody, members...)
		gaveUp += s.gaveUp[n]
		load, waits := s.load(members), slices.Sorted(slices.Values(s.waits[n]))
		median, rare, longest := waits[len(waits)/2], waits[len(waits)*95/100], waits[len(waits)-1]
		t.Logf("%-18s load %d in 100; waits: median %d s, 95 of 100 within %d s, longest %d s; %d gave up",
			department.name, load, median, rare, longest, s.gaveUp[n])
		if load < 80 || load > 88 {
			t.Errorf("%s: the load is %d in 100, not 80 to 88", department.name, load)
		}
		if rare < 60 || longest > 900 {
			t.Errorf("%s: 95 of 100 wait %d s at most, the longest %d s; want 60 s and more, 900 s and less", department.name, rare, longest)
		}
	}
	slices.Sort(everybody)
	if load := s.load(slices.Compact(everybody)); load < 82 || load > 87 {
		t.Errorf("the load of the whole house is %d in 100, not 82 to 87", load)
	}
	if gaveUp < 1 || gaveUp > 60 || len(s.waiting) > 20 {
		t.Errorf("%d gave up, %d wait at the end; want 1 to 60, and 20 at most", gaveUp, len(s.waiting))
	}
}
