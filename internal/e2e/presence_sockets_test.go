package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/servertest"
)

// TestThousandSockets: PR-7 and PR-8 for a thousand agents at once, over real connections.
func TestThousandSockets(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		c := newThousand(t, startServer(t, db, "--clock-speed", fmt.Sprint(thousandSpeed)))
		c.prepare()
		cut := time.Now()
		c.line.cut()
		c.close()
		c.changeDevices()
		var back sync.WaitGroup
		defer back.Wait()
		back.Go(func() { c.comeBack(closes) })
		c.awaitSilence(cut)
		c.comeBack(vanishes)
		back.Wait()
		if t.Failed() {
			return
		}
		c.allAreRight()
		c.restart()
	})
}

// close ends the sessions of a third, as closed tabs and killed processes do: they are Offline at once. Who vanished is still taken to be there.
func (c *thousand) close() {
	c.t.Helper()
	gone := c.going(closes)
	began := time.Now()
	atOnce(c.t, len(gone), func(i int) error {
		if i%2 == 0 {
			gone[i].session.close()
		} else {
			gone[i].session.kill()
		}
		return nil
	})
	c.awaitLeft(gone, 0, patience)
	c.t.Logf("%d connections closed, and the sessions ended, within %s", len(gone), time.Since(began).Round(time.Millisecond))
	now := c.presences()
	for _, a := range c.travellers {
		if a.way == closes {
			c.isOffline(a, now[a.id])
		} else if got, want := encoded(now[a.id]), encoded(a.before); got != want {
			c.t.Errorf("others have closed: who %s is %s, was %s", a.kind.name, got, want)
		}
	}
}

// changeDevices signs those in again who have vanished and were quick: it is one more device, and nothing changes, then or when the first is missed.
func (c *thousand) changeDevices() {
	c.t.Helper()
	quick := c.going(changesDevice)
	if len(quick) == 0 {
		c.t.Fatal("nobody changes the device")
	}
	atOnce(c.t, len(quick), func(i int) (err error) {
		quick[i].session, err = c.signIn(c.s.url(""), quick[i].id)
		return err
	})
}

// awaitLeft waits until the supervisor has heard that each of these agents is Offline, in what came behind the message of a number.
func (c *thousand) awaitLeft(gone []*traveller, from int, patience time.Duration) map[string]heard {
	c.t.Helper()
	var told map[string]heard
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		told = c.watcher.told("DISCONNECTED", from)
		unheard := 0
		for _, a := range gone {
			if m, ok := told[a.id]; ok {
				a.left = *m.At
			} else {
				unheard++
			}
		}
		if unheard == 0 {
			return told
		}
		select {
		case <-c.watcher.done:
			c.t.Fatalf("the connection of the supervisor has ended: %v", c.watcher.socket.err)
		default:
		}
		if time.Now().After(end) {
			c.t.Fatalf("of %d agents who are gone %d are not noticed after %s", len(gone), unheard, patience)
		}
	}
}

// isOffline looks at an agent whose last session was lost.
func (c *thousand) isOffline(a *traveller, p object) {
	c.t.Helper()
	if got := shortPresence(p, c.lunch); got != "ps_offline OFFLINE SIGNED_OUT DISCONNECTED false" {
		c.t.Errorf("gone, who %s is %s", a.kind.name, got)
	}
}

// awaitSilence: whoever vanished is noticed by the pongs that don't come, within two intervals of the pings, and not before one is missing. Who
// stays does nothing but answer pings, for longer than that.
func (c *thousand) awaitSilence(cut time.Time) {
	c.t.Helper()
	const noise = 20 * time.Second * servertest.Slowness // of a busy machine
	gone := c.going(vanishes)
	told := c.awaitLeft(gone, 0, 2*pingInterval+noise)
	first, last := time.Hour, time.Duration(0)
	for _, a := range gone {
		after := told[a.id].came.Sub(cut)
		first, last = min(first, after), max(last, after)
	}
	if first < pingInterval/2 { // a pong may have been on its way
		c.t.Errorf("the first of those who vanished is gone after %s: that was no missing pong", first)
	}
	c.t.Logf("%d agents who vanished are noticed after %s to %s", len(gone), first.Round(time.Millisecond), last.Round(time.Millisecond))
	for _, a := range c.of(func(a *traveller) bool { return a.way.remains() }) {
		if m, ok := told[a.id]; ok {
			c.t.Errorf("who %s and was there all the time is noticed to be gone at %s", a.kind.name, m.At)
		}
	}
}

// comeBack signs the gone in again, each when their time has come by the server's clock, and looks at them.
func (c *thousand) comeBack(w way) {
	gone := c.going(w)
	errs := make([]error, len(gone))
	found := make([]returned, len(gone))
	var all sync.WaitGroup
	for i, a := range gone {
		all.Go(func() { found[i], errs[i] = c.comesBack(a) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		c.t.Errorf("coming back: %.2000s", err.Error())
		return
	}
	n := map[string]int{}
	for i, a := range gone {
		meant := "in time"
		if a.gap > restoreWithin {
			meant = "late"
		}
		n["meant "+meant]++
		if found[i].inTime {
			n["in time"]++
		} else {
			n["late"]++
		}
		if d := found[i].gap - restoreWithin; d.Abs() <= time.Second {
			n["within a second of the limit"]++
		}
	}
	for _, what := range []string{"in time", "late"} {
		if n[what] < n["meant "+what]/10 {
			c.t.Errorf("too few came back %s: %v", what, n)
		}
	}
	c.t.Logf("came back: %v", n)
}

// returned is how an agent came back.
type returned struct {
	inTime bool
	gap    time.Duration // by the server's clock
}

// comesBack is the return of one agent. Whether it is in time is told by the history: the machine may be slower than was meant.
func (c *thousand) comesBack(a *traveller) (returned, error) {
	now, err := c.c.try(agentDocument, vars{"id": a.id})
	if err != nil {
		return returned{}, err
	}
	c.isOffline(a, now.at("agent.presence"))
	if a.kind.meanwhile != nil {
		if err := a.kind.meanwhile(c, a); err != nil {
			return returned{}, err
		}
	}
	c.clock.sleepUntil(a.left.Add(a.gap))
	if a.session, err = c.signIn(c.s.url(""), a.id); err != nil {
		return returned{}, err
	}
	now, err = c.c.try(agentDocument, vars{"id": a.id})
	if err != nil {
		return returned{}, err
	}
	back, left := now.at("agent.presenceHistory.nodes.0"), now.at("agent.presenceHistory.nodes.1")
	if !instant(left.text("at")).Equal(a.left) || left.text("cause") != "DISCONNECTED" || left.text("actor") != "system" || back.text("fromId") != "ps_offline" {
		return returned{}, fmt.Errorf("left at %s, the history of who %s ends with %s, %s", a.left, a.kind.name, encoded(left), encoded(back))
	}
	r := returned{gap: instant(back.text("at")).Sub(a.left)}
	r.inTime = r.gap <= restoreWithin
	want := a.kind.late + " SIGN_IN true"
	if r.inTime {
		want = a.kind.inTime + " RESTORED true"
	}
	if got := shortPresence(now.at("agent.presence"), c.lunch); got != want {
		return r, fmt.Errorf("back after %s, who %s is %s, want %s", r.gap, a.kind.name, got, want)
	}
	return r, c.offerIsRight(a, r)
}

const agentDocument = `query ($id: ID!) { agent(id: $id) { presence { base cause source changedAt signedIn status { id } }
	presenceHistory(first: 2) { nodes { fromId toId cause actor at } } } }`

// offerIsRight: an open offer waits for the organisation's time to reconnect, no longer (PR-7, OF-3).
func (c *thousand) offerIsRight(a *traveller, r returned) error {
	if a.offer == "" {
		return nil
	}
	data, err := c.c.try(`query ($id: ID!) { node(id: $id) { ... on Offer { state revokeReason endedAt } } }`, vars{"id": a.offer})
	if err != nil {
		return err
	}
	o := data.at("node")
	open := slices.ContainsFunc(a.session.open, func(o offer) bool { return o.ID == a.offer })
	waited := o.text("state") == "OPEN" && open && r.gap < reconnectTime
	revoked := o.text("revokeReason") == "DISCONNECTED" && !open && r.gap >= reconnectTime && instant(o.text("endedAt")).Sub(a.left) >= reconnectTime
	if !waited && !revoked {
		return fmt.Errorf("back after %s, the open offer is %s, in the start of the stream %t", r.gap, encoded(o), open)
	}
	return nil
}

// allAreRight: nobody's presence has changed but for going and coming back.
func (c *thousand) allAreRight() {
	c.t.Helper()
	now := c.presences()
	for _, a := range c.travellers {
		p := now[a.id]
		if got, want := encoded(p), encoded(a.before); a.way.remains() && got != want {
			c.t.Errorf("was there all the time, who %s is %s, was %s", a.kind.name, got, want)
		}
		short := shortPresence(p, c.lunch)
		if !a.way.remains() && short != a.kind.inTime+" RESTORED true" && short != a.kind.late+" SIGN_IN true" {
			c.t.Errorf("all are back, who %s is %s", a.kind.name, short)
		}
		a.before = p
	}
}

// restart stops the server while a seventh of the agents are away, and lets all come back, with the time no longer sped up: they have 30 seconds.
// Who was away comes back in time, for the others nothing has happened (PR-7, PR-8).
func (c *thousand) restart() {
	c.t.Helper()
	heardBefore := len(c.watcher.tail())
	away := map[string]bool{}
	var gone []*traveller
	for i, a := range c.travellers {
		if i%7 == 0 {
			gone, away[a.id] = append(gone, a), true
			a.session.close()
		}
	}
	c.awaitLeft(gone, heardBefore, patience)
	if code := c.s.stop(); code != 0 {
		c.t.Errorf("SIGTERM: the server ends with %d", code)
	}
	<-c.watcher.done
	c.s.flags = nil
	c.s.start()
	started := time.Now()
	now := c.presences()
	for _, a := range c.travellers {
		if away[a.id] {
			c.isOffline(a, now[a.id])
		} else if got, want := encoded(now[a.id]), encoded(a.before); got != want {
			c.t.Errorf("right after the restart who %s is %s, was %s", a.kind.name, got, want)
		}
	}
	c.afterRestart(away, started)
}

// afterRestart signs everybody in again. Those for whom a busy machine left too little of the 30 seconds are not judged.
func (c *thousand) afterRestart(away map[string]bool, started time.Time) {
	c.t.Helper()
	const inTime = 25 * time.Second
	var mu sync.Mutex
	back := map[string]bool{}
	atOnce(c.t, len(c.travellers), func(i int) (err error) {
		a := c.travellers[i]
		if time.Since(started) > inTime {
			return nil
		}
		if a.session, err = c.signIn(c.s.url(""), a.id); err == nil && time.Since(started) < inTime {
			mu.Lock()
			defer mu.Unlock()
			back[a.id] = true
		}
		return err
	})
	c.t.Logf("%d of %d came back within %s of the restart", len(back), len(c.travellers), time.Since(started).Round(time.Millisecond))
	if len(back) < len(c.travellers)/4 {
		c.t.Errorf("only %d came back in time", len(back))
	}
	now := c.presences()
	for _, a := range c.of(func(a *traveller) bool { return back[a.id] }) {
		got, want := encoded(now[a.id]), encoded(a.before)
		if away[a.id] {
			got, want = shortPresence(now[a.id], c.lunch), strings.Join(strings.Fields(shortPresence(a.before, c.lunch))[:3], " ")+" RESTORED true"
		}
		if got != want {
			c.t.Errorf("after the restart who %s is %s, want %s; away before: %t", a.kind.name, got, want, away[a.id])
		}
		if a.kind.name == asked && a.way.remains() && !slices.ContainsFunc(a.session.open, func(o offer) bool { return o.ID == a.offer }) {
			c.t.Errorf("after the restart the open offer is not there")
		}
	}
}
