package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"rapport/internal/configdir"
)

// seconds stands before the times of a day, which are in tenths of a second: whole numbers, for the reason that pick gives.
const seconds = 10

// hour is how long the day's peak lasts.
const hour = 3600 * seconds

// day is one hour of the example's work: what customers bring, what agents do, how they answer, and what a supervisor does by hand.
type day struct {
	*generator
	workstreams  []configdir.Workstream
	items        []item
	steps        []step
	temperaments []temperament
	orders       []order
}

// item is a row of items.csv.
type item struct {
	at         int // tenths of a second since the start of the hour
	reference  string
	way        int // of ways
	contact    int // by place; nobody for somebody who is not identified
	priority   int // 0 for the workstream's
	work       int // seconds
	patience   int // seconds; 0 for one who waits as long as it takes
	followedUp bool
}

const nobody = -1

// way is a workstream of the day: how much comes by it, and of what kind.
type way struct {
	workstream   int // by place
	word         string
	items        int
	work, spread int  // an item takes work seconds and the lesser of two draws up to spread more, so that few take long
	patience     int  // the least number of seconds that a customer waits; 0 when all of them wait as long as it takes
	morePatience int  // up to so many seconds more
	known        bool // it waits for preferred agents, so only customers whose usual work it is write by it
}

// What can be turned to make the hour harder or easier. A load test tells how hard it is.
var (
	ways = []way{
		{workstream: 0, word: "chat", items: 420, work: 80, spread: 290, patience: 300, morePatience: 900},
		{workstream: 1, word: "voice", items: 260, work: 60, spread: 225, patience: 240, morePatience: 660},
		{workstream: 2, word: "sms", items: 320, work: 25, spread: 75, patience: 900, morePatience: 1500, known: true},
		{workstream: 4, word: "email", items: 330, work: 50, spread: 165},
		{workstream: 6, word: "case", items: 140, work: 120, spread: 330, known: true},
		{workstream: 8, word: "chat", items: 215, work: 80, spread: 290, patience: 240, morePatience: 660},
		{workstream: 9, word: "voice", items: 150, work: 60, spread: 225, patience: 300, morePatience: 600},
		{workstream: 10, word: "chat", items: 165, work: 80, spread: 290, patience: 300, morePatience: 900},
	}
	// How many items come in each period of five minutes.
	arrivals = []int{95, 105, 125, 150, 180, 220, 255, 240, 210, 175, 135, 110}

	identified     = []int{12, 88} // of 100 customers: unknown, known
	urgent         = []int{98, 2}
	again          = []int{84, 16} // of 100 items: from somebody else, from a customer who has just written by another channel
	usual          = []int{14, 86} // of 100 customers who may write by any way: whoever it is, somebody whose usual work it is
	newcomersWrite = 3             // how much likelier a customer of the second wave writes than one of the first
	// How many tenths of a second after the first item a customer writes again.
	soonest, latest = 60 * seconds, 900 * seconds
)

const (
	period       = hour / 12
	urgentNumber = 1 // the priority of what is urgent
)

// makeDay makes the hour for a centre that is made already.
func makeDay(g *generator, seed uint64) *day {
	d := &day{generator: g, workstreams: g.centre.Workstreams}
	g.random = rand.New(rand.NewPCG(seed, dayStream))
	d.makeItems()
	d.makeSteps()
	d.makeTemperaments()
	d.makeOrders()
	return d
}

// queue is the one where items of a way wait, by place.
func (d *day) queue(w int) int {
	id := d.workstreams[ways[w].workstream].Queue
	return slices.IndexFunc(d.centre.Queues, func(q configdir.Queue) bool { return q.ID == id })
}

// makeItems makes what customers bring: for each moment a way, from a deck that holds each as often as its table says, and a customer.
func (d *day) makeItems() {
	counts := make([]int, len(ways))
	for n, w := range ways {
		counts[n] = w.items
	}
	numbers := map[string]int{}
	homes := d.homes()
	deck := d.shuffled(counts)
	for n, at := range d.moments() {
		w := ways[deck[n]]
		numbers[w.word]++
		one := item{at: at, reference: fmt.Sprintf("%s-%04d", w.word, numbers[w.word]), way: deck[n], work: w.work}
		one.work += min(d.random.IntN(w.spread), d.random.IntN(w.spread))
		if w.patience > 0 {
			one.patience = w.patience + d.random.IntN(w.morePatience)
		}
		if d.pick(urgent) == 1 {
			one.priority = urgentNumber
		}
		one.contact = d.customer(&one, homes)
		d.items = append(d.items, one)
	}
}

// moments are when items come, ascending: in each period as many as its table says, at any time with equal chance.
func (d *day) moments() []int {
	var all []int
	for n, count := range arrivals {
		for range count {
			all = append(all, n*period+d.random.IntN(period))
		}
	}
	slices.Sort(all)
	return all
}

// homes lists, by queue, the customers whose usual work it is; those of the second wave, many of whom live where the storm was, several times,
// since they are so much likelier to write.
func (d *day) homes() [][]int {
	all := make([][]int, len(departments))
	for contact, queue := range d.home {
		times := 1
		if contact >= contactCount {
			times = newcomersWrite
		}
		all[queue] = append(all[queue], slices.Repeat([]int{contact}, times)...)
	}
	return all
}

// customer draws who brings an item.
func (d *day) customer(i *item, homes [][]int) int {
	known := ways[i.way].known
	if !known && d.pick(again) == 1 {
		if before := d.writer(i); before != nobody {
			return before
		}
	}
	switch home := homes[d.queue(i.way)]; {
	case d.pick(identified) == 0:
		return nobody
	case known || d.pick(usual) == 1:
		return home[d.random.IntN(len(home))]
	}
	return d.random.IntN(len(d.centre.Contacts))
}

// writer is a customer who wrote by another channel minutes before an item, and not yet again; nobody when there is none.
func (d *day) writer(i *item) int {
	var recent []int
	for n, before := range d.items {
		if age := i.at - before.at; age < soonest || age > latest || before.followedUp || before.contact == nobody ||
			ways[before.way].word == ways[i.way].word {
			continue
		}
		recent = append(recent, n)
	}
	if len(recent) == 0 {
		return nobody
	}
	before := &d.items[recent[d.random.IntN(len(recent))]]
	before.followedUp, i.followedUp = true, true
	return before.contact
}
