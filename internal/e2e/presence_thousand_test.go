package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// thousand is a crowd of whom a third vanish without a word, a third close, and a third stay.
type thousand struct {
	*crowd
	clock      serverClock
	travellers []*traveller
	line       *line
	watcher    *watcher
	lunch      string // a status of one's own
	byHand     string // a workstream whose items are assigned by hand
}

// way is how an agent's connection ends.
type way int

const (
	vanishes way = iota
	closes
	stays
	// changesDevice vanishes too, and is back on another device before that is noticed.
	changesDevice
)

// onLine: the connection goes over the line that goes dead.
func (w way) onLine() bool { return w == vanishes || w == changesDevice }

// remains: there is a session all the time.
func (w way) remains() bool { return w == stays || w == changesDevice }

// traveller is an agent of the thousand.
type traveller struct {
	id   string
	kind *presenceKind
	way  way
	// gap is for how long the agent means to be away, by the server's clock.
	gap     time.Duration
	session *session
	item    string // that was assigned last
	offer   string // that is open
	before  object // the presence when all is prepared
	left    time.Time
}

// With the server's time sped up thirtyfold the 150 seconds of PR-7 take five. Pings are not sped up: 15 seconds between two of them, and who has
// been silent for two is taken for gone. The 150 seconds count from then.
const (
	thousandSpeed = 30
	restoreWithin = 150 * time.Second
	reconnectTime = 120 * time.Second
	pingInterval  = 15 * time.Second
)

// newThousand makes the agents, of whom each kind goes each way, and signs them in: those who are to vanish over a line that can go dead.
func newThousand(t *testing.T, s *server) *thousand {
	kinds := presenceKinds()
	kindOf := func(i int) *presenceKind { return kinds[i/6%len(kinds)] }
	c := &thousand{line: newLine(t, s.address)}
	c.crowd = newCrowd(t, s, func(i int) string {
		units := 4
		if kindOf(i).name == asked {
			units = 1
		}
		return fmt.Sprintf("capacityUnits: %d%s", units, kindOf(i).settings)
	})
	c.reconnectSeconds(int(reconnectTime.Seconds()))
	c.lunch = c.give("", "createPresenceStatus", `presenceStatus { id }`, vars{"text": "Lunch of a test", "base": "BUSY", "forEveryone": true}).text("presenceStatus.id")
	for i, id := range c.agents {
		a := &traveller{id: id, kind: kindOf(i), way: way(i % 3)}
		if a.way == vanishes && i%10 == 0 {
			a.way = changesDevice
		}
		// Half are to come back in time, half late, and of each a fifth within five seconds of the limit.
		a.gap = 60*time.Second + time.Duration(i*7%80)*time.Second
		if i/3%2 == 1 {
			a.gap = 156*time.Second + time.Duration(i*7%15)*time.Second
		}
		if i%5 == 0 {
			a.gap = restoreWithin + (time.Duration(i*7%100)-50)*100*time.Millisecond
		}
		c.travellers = append(c.travellers, a)
	}
	c.watcher = c.watch(c.queue, "")
	c.signInAll(slices.Clone(c.travellers))
	c.clock = c.centre.clock(thousandSpeed)
	return c
}

// signInAll opens a session for each; those who are to vanish are the last, so that the others have answered pings for longer when they
// are noticed.
func (c *thousand) signInAll(all []*traveller) {
	c.t.Helper()
	began := time.Now()
	slices.SortStableFunc(all, func(a, b *traveller) int {
		switch {
		case a.way.onLine() == b.way.onLine():
			return 0
		case a.way.onLine():
			return 1
		}
		return -1
	})
	atOnce(c.t, len(all), func(i int) (err error) {
		base := c.s.url("")
		if all[i].way.onLine() {
			base = c.line.url()
		}
		all[i].session, err = c.signIn(base, all[i].id)
		return err
	})
	c.t.Logf("%d agents signed in within %s", len(all), time.Since(began).Round(time.Millisecond))
}

// of are the travellers of whom something holds.
func (c *thousand) of(holds func(a *traveller) bool) []*traveller {
	return slices.DeleteFunc(slices.Clone(c.travellers), func(a *traveller) bool { return !holds(a) })
}

func (c *thousand) going(w way) []*traveller {
	return c.of(func(a *traveller) bool { return a.way == w })
}

func (c *thousand) named(kind string) []*traveller {
	return c.of(func(a *traveller) bool { return a.kind.name == kind })
}

// prepare gives each agent what is of their kind, and looks at it.
func (c *thousand) prepare() {
	c.t.Helper()
	crowdQueue := c.queue
	defer func() { c.queue = crowdQueue }()
	c.queue = c.newQueue()
	c.byHand = c.newWorkstream("")
	atOnce(c.t, len(c.travellers), func(i int) error {
		if a := c.travellers[i]; a.kind.prepare != nil {
			return a.kind.prepare(c, a)
		}
		return nil
	})
	c.miss(c.named(missing))
	c.rejectOneByOne(c.named(rejecting))
	c.ask(c.named(asked))
	now := c.presences()
	for _, a := range c.travellers {
		a.before = now[a.id]
		if got := shortPresence(a.before, c.lunch); got != a.kind.before+" true" {
			c.t.Errorf("who %s is %s", a.kind.name, got)
		}
	}
}

// offering makes a queue of these agents with a workstream of its own, which newItem then uses.
func (c *thousand) offering(agents []*traveller, settings string) {
	c.t.Helper()
	var ids []string
	for _, a := range agents {
		ids = append(ids, a.id)
	}
	c.queue = c.newQueue(ids...)
	c.workstream = c.newWorkstream(settings)
}

// newItems makes so many work items of the workstream.
func (c *thousand) newItems(n int) []string {
	c.t.Helper()
	items := make([]string, n)
	atOnce(c.t, n, func(i int) error {
		made, err := c.c.try(createItem, vars{"w": c.workstream})
		items[i] = made.text("r.o.id")
		return err
	})
	return items
}

// miss makes each of these agents miss an offer.
func (c *thousand) miss(agents []*traveller) {
	c.t.Helper()
	c.offering(agents, "offerSeconds: 5, missedSetsInactive: true")
	items := c.newItems(len(agents))
	await(c.t, "all have missed an offer", func() bool {
		now := c.presences()
		return !slices.ContainsFunc(agents, func(a *traveller) bool { return now[a.id].text("base") != "INACTIVE" })
	})
	atOnce(c.t, len(items), func(i int) error { // before anybody is there again who could be asked
		_, err := c.c.try(cancelDocument, vars{"w": items[i]})
		return err
	})
}

// rejectOneByOne lets one work item go from each of these agents to the next.
func (c *thousand) rejectOneByOne(agents []*traveller) {
	c.t.Helper()
	c.offering(agents, "offerSeconds: 3600, rejectedSetsDoNotDisturb: true")
	item := c.newItem("")
	for range agents {
		o := c.item(item).at("offer")
		c.reject(o.text("agentId"), o.text("id"))
	}
	c.c.do(c.t, cancelDocument, vars{"w": item})
}

// ask leaves each of these agents with an open offer: they have one unit each, so nobody gets two.
func (c *thousand) ask(agents []*traveller) {
	c.t.Helper()
	c.offering(agents, "offerSeconds: 3600")
	offers := map[string]string{}
	for _, item := range c.newItems(len(agents)) {
		o := c.item(item).at("offer")
		offers[o.text("agentId")] = o.text("id")
	}
	for _, a := range agents {
		if a.offer = offers[a.id]; a.offer == "" {
			c.t.Fatalf("%s was not asked", a.id)
		}
	}
}
