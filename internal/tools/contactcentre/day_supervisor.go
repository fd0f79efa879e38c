package main

import (
	"cmp"
	"slices"
	"strconv"

	"rapport/internal/configdir"
)

// order is a row of supervisor.csv: what a supervisor does by hand with an item (WS-6).
type order struct {
	at   int // tenths of a second since the start of the hour
	item int // by place
	does string
	to   string // an id, or a priority
}

// What a supervisor does.
const (
	transfer       = "TRANSFER"
	transferAnyhow = "TRANSFER_WITHOUT_PREFERRED"
	prioritise     = "PRIORITY"
	assign         = "ASSIGN"
	link           = "LINK"
	pickUp         = "PICK"
)

// Which items a supervisor looks at.
const (
	inLine   = iota // chats and calls, which wait for whoever is next
	leftOver        // what routing leaves unassigned
	unknown         // of somebody who is not identified
)

// orderKind is how often a supervisor does something with which items: those that came between since and until, from soonest to latest after
// they came, all in seconds.
type orderKind struct {
	does            string
	items           int
	times           int
	since, until    int
	soonest, latest int
}

// What can be turned about the supervisor, who is busiest when most items wait.
var orderKinds = []orderKind{
	{transfer, inLine, 14, 1800, 2900, 10, 40},
	{transferAnyhow, inLine, 6, 1800, 2900, 10, 40},
	{prioritise, inLine, 14, 1800, 2900, 10, 40},
	{assign, leftOver, 4, 100, 3300, 60, 300},
	{link, unknown, 12, 1500, 3000, 5, 30},
	{pickUp, leftOver, 4, 100, 3300, 60, 300},
	{pickUp, inLine, 6, 1800, 2900, 10, 40},
}

// makeOrders makes what a supervisor does, with no item twice.
func (d *day) makeOrders() {
	touched := map[int]bool{}
	for _, kind := range orderKinds {
		left := kind.times
		for _, n := range d.random.Perm(len(d.items)) {
			i := d.items[n]
			if left == 0 || touched[n] || i.at < kind.since*seconds || i.at >= kind.until*seconds || !d.suits(kind.items, i) {
				continue
			}
			at := i.at + d.between(kind.soonest*seconds, kind.latest*seconds)
			d.orders = append(d.orders, order{at, n, kind.does, d.orderTo(kind.does, i, at)})
			touched[n] = true
			left--
		}
	}
	slices.SortStableFunc(d.orders, func(a, b order) int { return cmp.Compare(a.at, b.at) })
}

// suits says whether an item is one of those that a supervisor looks at.
func (d *day) suits(which int, i item) bool {
	switch w := ways[i.way]; which {
	case leftOver:
		return w.known && i.contact != nobody && d.reachesNobody(i)
	case unknown:
		return i.contact == nobody
	default:
		return !w.known && w.patience > 0 && i.priority == 0
	}
}

// orderTo draws what an order is directed to.
func (d *day) orderTo(does string, i item, at int) string {
	queue := d.queue(i.way)
	switch does {
	case prioritise:
		return strconv.Itoa(d.random.IntN(4))
	case link:
		home := d.homes()[queue]
		return d.centre.Contacts[home[d.random.IntN(len(home))]].ID
	case assign, pickUp:
		there := d.there(at)
		members := slices.DeleteFunc(d.members(queue), func(agent int) bool { return !there[agent] })
		return d.centre.Agents[members[d.random.IntN(len(members))]].ID
	}
	helps := departments[queue].helpsIn
	return d.centre.Queues[helps[d.random.IntN(len(helps))]].ID
}

// reachesNobody says whether the customer of an item prefers agents, none of whom is in the item's queue and works in this hour.
func (d *day) reachesNobody(i item) bool {
	row := slices.IndexFunc(d.centre.Matrix, func(r configdir.Row) bool { return r.Contact == d.centre.Contacts[i.contact].ID })
	if row < 0 {
		return false
	}
	queue := d.centre.Queues[d.queue(i.way)]
	return !slices.ContainsFunc(d.centre.Matrix[row].Agents, func(agent string) bool {
		return slices.Contains(queue.Members, agent) && !slices.ContainsFunc(absent, func(n int) bool { return d.centre.Agents[n-1].ID == agent })
	})
}

// there tells by agent who is signed in at a time.
func (d *day) there(at int) []bool {
	there := make([]bool, agentCount)
	for _, s := range d.steps {
		if s.at <= at && (s.does == signIn || s.does == signOut || s.does == drop) {
			there[s.agent] = s.does == signIn
		}
	}
	return there
}
