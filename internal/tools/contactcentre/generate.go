package main

import (
	"math/rand/v2"
	"slices"
	"strings"

	"rapport/internal/configdir"
)

const (
	agentCount   = 40
	contactCount = 500 // of the first wave
)

// The streams of chance, each drawn from the same seed: what is changed in one leaves the others as they are.
const (
	firstWave = iota
	secondWave
	dayStream
)

// generator makes one contact centre. It draws from a seeded source only and never walks over a map, so that the
// outcome is the same each time.
type generator struct {
	random *rand.Rand
	people []people // whose names are drawn
	centre configdir.Dir
	taken  map[string]bool // names, addresses and phone numbers that are used up
	queues [][]int         // by agent: the queues they are in, the first is their own
	home   []int           // by contact: the queue of most of their work
}

// generate makes the example from a seed.
func generate(seed uint64) *generator {
	g := &generator{random: rand.New(rand.NewPCG(seed, firstWave)), people: peoples, taken: map[string]bool{}}
	g.centre.Organization = organization()
	g.centre.ContactPolicies = []configdir.ContactPolicy{}
	g.centre.Workstreams = workstreams()
	g.centre.Roles = roles()
	g.centre.Statuses, g.centre.Profiles = statuses(), []configdir.Profile{}
	g.makeAgents()
	g.makeQueues()
	g.makeContacts()
	g.makeMatrix()
	g.makeNewcomers(seed)
	return g
}

func (g *generator) makeAgents() {
	units := g.shuffled(agentsByUnits)
	for n := range agentCount {
		p := g.newPerson()
		for !g.take("agent " + p.family) { // no two with the same family name, to tell them apart at a glance
			p = g.newPerson()
		}
		g.centre.Agents = append(g.centre.Agents, configdir.Agent{
			ID: id("ag", n+1), Name: p.full, CapacityUnits: &units[n],
		})
	}
}

// makeQueues gives every agent but the queueless a first queue and some of them further ones.
func (g *generator) makeQueues() {
	for n, d := range departments {
		g.centre.Queues = append(g.centre.Queues, configdir.Queue{
			ID: id("qu", n+1), Name: d.name, Priority: d.priority, AssignmentMethod: d.method,
		})
	}
	staff := make([]int, len(departments))
	for n, d := range departments {
		staff[n] = d.staff
	}
	first := g.shuffled(staff)
	several := g.shuffled(append([]int{0}, agentsByQueues[1:]...))
	g.queues = make([][]int, agentCount)
	for n := range agentCount {
		if isQueueless(n) {
			continue
		}
		own := first[0]
		g.queues[n] = append(g.queues[n], own)
		helps := departments[own].helpsIn
		for len(g.queues[n]) < min(several[0], len(helps)+1) {
			weights := make([]int, len(departments))
			for place, queue := range helps {
				if !slices.Contains(g.queues[n], queue) {
					weights[queue] = len(helps) - place
				}
			}
			g.queues[n] = append(g.queues[n], g.pick(weights))
		}
		first, several = first[1:], several[1:]
		for _, queue := range g.queues[n] {
			q := &g.centre.Queues[queue]
			q.Members = append(q.Members, g.centre.Agents[n].ID)
		}
	}
}

func isQueueless(agent int) bool {
	return slices.Contains(queueless, agent+1)
}

// shuffled gives each index as often as its count says, in an order of chance.
func (g *generator) shuffled(counts []int) []int {
	var all []int
	for value, count := range counts {
		all = append(all, slices.Repeat([]int{value}, count)...)
	}
	g.random.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	return all
}

// pick draws an index, each as likely as its weight. The weights are whole numbers, because the last bit of a
// fraction may differ from one kind of machine to another.
func (g *generator) pick(weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	drawn := g.random.IntN(total)
	for n, w := range weights {
		if drawn < w {
			return n
		}
		drawn -= w
	}
	return len(weights) - 1
}

// person is an invented name, and its two parts in Latin letters.
type person struct {
	full          string
	given, family string
}

// newPerson draws a name that nobody has yet.
func (g *generator) newPerson() person {
	weights := make([]int, len(g.people))
	for n, p := range g.people {
		weights[n] = p.weight
	}
	for {
		group := g.people[g.pick(weights)]
		given, givenLatin := spell(group.given[g.random.IntN(len(group.given))])
		family, familyLatin := spell(group.family[g.random.IntN(len(group.family))])
		parts := []string{given, family}
		if group.familyFirst {
			slices.Reverse(parts)
		}
		space := " "
		if group.joined {
			space = ""
		}
		p := person{strings.Join(parts, space), givenLatin, familyLatin}
		if g.take(p.full) {
			return p
		}
	}
}

// spell gives a name of the tables in its own script, a hyphen between the parts of a Vietnamese or Irish one
// being a space, and in plain lower-case Latin letters.
func spell(name string) (own, latin string) {
	own, latin, other := strings.Cut(name, "/")
	if !other {
		latin = own
	}
	return strings.ReplaceAll(own, "-", " "), ascii.Replace(strings.ToLower(latin))
}

// take says whether something was still free, and uses it up.
func (g *generator) take(what string) bool {
	free := !g.taken[what]
	g.taken[what] = true
	return free
}
