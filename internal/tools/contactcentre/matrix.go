package main

import (
	"slices"

	"rapport/internal/configdir"
)

// How many contacts of the first wave prefer so many agents (index): 50 none, the others 45, 35 and 20 in 100.
var contactsByPreferred = []int{50, 203, 157, 90}

// storyContact is the contact whom README.md tells about, by place.
const storyContact = 0

// makeMatrix makes the rows of the first wave, in the order of the contacts.
func (g *generator) makeMatrix() {
	g.home[storyContact] = technical
	lengths := g.shuffled(contactsByPreferred)
	// The story has a row of three: exchange its contact's length with the first such.
	three := slices.Index(lengths, 3)
	lengths[storyContact], lengths[three] = lengths[three], lengths[storyContact]

	popularity := g.popularity()
	for n, contact := range g.centre.Contacts {
		if lengths[n] == 0 {
			continue
		}
		agents := g.story(popularity)
		if n != storyContact {
			agents = g.preferred(g.home[n], lengths[n], popularity)
		}
		g.addRow(contact.ID, agents)
	}
}

// addRow gives a contact a row of agents, who are given by place.
func (g *generator) addRow(contact string, agents []int) {
	row := configdir.Row{Contact: contact}
	for _, agent := range agents {
		row.Agents = append(row.Agents, g.centre.Agents[agent].ID)
	}
	g.centre.Matrix = append(g.centre.Matrix, row)
}

// popularity gives each agent a weight: one over the place in an order of chance, so that few are preferred by many.
func (g *generator) popularity() []int {
	weights := make([]int, agentCount)
	for place, agent := range g.random.Perm(agentCount) {
		weights[agent] = 10000 / (place + 3)
	}
	return weights
}

// story is a row that shows every turn: the favourite of technical support, then one who is in no queue any more,
// then the next favourite.
func (g *generator) story(popularity []int) []int {
	members := g.members(technical)
	slices.SortStableFunc(members, func(a, b int) int { return popularity[b] - popularity[a] })
	return []int{members[0], queueless[0] - 1, members[1]}
}

// preferred draws different agents: most of them from the queue of the contact's usual work, a few from the whole
// house, fewer still of those who have left their queues.
func (g *generator) preferred(home, count int, popularity []int) []int {
	var gone []int
	for _, agent := range queueless {
		gone = append(gone, agent-1)
	}
	everybody := make([]int, agentCount)
	for n := range everybody {
		everybody[n] = n
	}
	from := [][]int{g.members(home), everybody, gone}
	var row []int
	for len(row) < count {
		candidates := from[g.pick([]int{86, 11, 3})]
		weights := make([]int, agentCount)
		for _, agent := range candidates {
			weights[agent] = popularity[agent]
		}
		if agent := g.pick(weights); !slices.Contains(row, agent) {
			row = append(row, agent)
		}
	}
	return row
}

// members gives the agents of a queue, by place.
func (g *generator) members(queue int) []int {
	var all []int
	for agent, queues := range g.queues {
		if slices.Contains(queues, queue) {
			all = append(all, agent)
		}
	}
	return all
}
