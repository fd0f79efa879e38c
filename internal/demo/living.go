package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/client"
	"rapport/internal/configdir"
	"rapport/internal/play"
)

// People are the agents whom the demo leaves to people who try it: everybody else is played.
var People = []string{
	"ag_01900000-0000-7000-8000-000000000027", // Łukasz Księżniak
	"ag_01900000-0000-7000-8000-000000000029", // Loïc Bézard
}

// How lively it is, in the server's time: something always happens, and the agents are not swamped.
const (
	between = 2 * time.Second // from one customer to the next, on average
	// Of 100 customers so many are contacts, so many of those whom somebody of People knows, and so many nobody knows.
	known, peoples = 50, 35
	workMin        = 20 * time.Second
	workMost       = 100 * time.Second
	patience       = 5 * time.Minute
	// stay is how long agents keep a presence, leave how long they are away for.
	stay, leave = 4 * time.Minute, 45 * time.Second
	begin       = 3 * time.Second // within this time everybody comes
	// tellPeriod is how often, in our time, it is told that something went wrong: whoever changes the example may break what its people do.
	tellPeriod = time.Minute
)

// ours is what the references of the demo's customers begin with.
const ours = "demo-"

// errOther: --demo was given for a database of somebody's own.
var errOther = errors.New("the database holds something else than the example, so nobody is played")

// Live keeps the example going until ctx ends: agents come and go, choose presences, answer and work; customers write. It goes through the API at
// the address, as everybody does.
func Live(ctx context.Context, address string, log *slog.Logger) error {
	dir, err := configdir.Load(contactcentre.Files)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://%s/graphql", address)
	var got struct{ Agent *struct{ ID string } }
	agent := client.Vars{"a": dir.Agents[0].ID}
	h := client.New(url, 1)
	defer h.Close()
	if err := h.Do(ctx, "", `query ($a: ID!) { agent(id: $a) { id } }`, agent, &got); err != nil || got.Agent == nil {
		return cmp.Or(err, errOther)
	}
	town := newTown(dir)
	centre := play.Centre{Moves: town.moves, Items: town.next, Work: workOf, Patience: patienceOf, Troubled: nowAndThen(log)}
	for _, a := range dir.Agents {
		if !slices.Contains(People, a.ID) {
			centre.Agents = append(centre.Agents, play.Temperament{Agent: a.ID, Accept: 88, Reject: 7, Miss: 5, Think: 4 * time.Second})
		}
	}
	return play.Live(ctx, url, centre)
}

// nowAndThen logs what goes wrong, at most once in a tellPeriod.
func nowAndThen(log *slog.Logger) func(error) {
	var mu sync.Mutex
	var told time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(told) > tellPeriod {
			told = time.Now()
			log.Warn("the demo stumbled", "error", err)
		}
	}
}

// town is where the customers live.
type town struct {
	contacts []string
	// known are those of whom somebody of People is the first choice.
	known []string
	rows  map[string]string // their first choices
	// ways are the workstreams of an agent's queues.
	ways        map[string][]string
	workstreams []string
	at          time.Duration
	number      int
	began       int64
}

func newTown(d *configdir.Dir) *town {
	t := &town{rows: map[string]string{}, ways: map[string][]string{}, began: time.Now().Unix()}
	for _, r := range d.Matrix {
		t.rows[r.Contact] = r.Agents[0]
		if slices.Contains(People, r.Agents[0]) {
			t.known = append(t.known, r.Contact)
		}
	}
	for _, c := range d.Contacts {
		t.contacts = append(t.contacts, c.ID)
	}
	members := map[string][]string{}
	for _, q := range d.Queues {
		members[q.ID] = q.Members
	}
	for _, w := range d.Workstreams {
		if w.Channel == "APPOINTMENT" {
			continue // goes to whoever is at home, too
		}
		t.workstreams = append(t.workstreams, w.ID)
		for _, agent := range members[w.Queue] {
			t.ways[agent] = append(t.ways[agent], w.ID)
		}
	}
	return t
}

// next is the next customer: mostly one who writes to where an agent works whom they know.
func (t *town) next() (play.Item, bool) {
	t.at += time.Duration(rand.ExpFloat64() * float64(between))
	t.number++
	it := play.Item{At: t.at, Reference: fmt.Sprintf("%s%x-%d", ours, t.began, t.number), Patience: patience}
	switch n := rand.IntN(100); {
	case n < peoples:
		it.Contact = pick(t.known)
	case n < peoples+known:
		it.Contact = pick(t.contacts)
	}
	ways := t.ways[t.rows[it.Contact]]
	if len(ways) == 0 {
		ways = t.workstreams
	}
	it.Workstream = pick(ways)
	return it, true
}

func pick[T any](list []T) T { return list[rand.IntN(len(list))] }

// about is a time around another one, from half of it to one and a half.
func about(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// moves is the life of an agent: there, and now and then busy, away, signed out or cut off for a while.
func (t *town) moves(agent string) func() (play.Move, bool) {
	at, back := time.Duration(0), ""
	return func() (play.Move, bool) {
		m := play.Move{Agent: agent, Does: back}
		switch {
		case at == 0:
			at = rand.N(begin)
			m.Does, back = play.SignIn, ""
		case back != "":
			at += about(leave)
			back = ""
		default:
			at += about(stay)
			m.Does, back = leaving()
		}
		m.At = at
		return m, true
	}
}

// leaving is how an agent is not there, and how they come back.
func leaving() (does, back string) {
	switch n := rand.IntN(20); {
	case n < 8:
		return play.Busy, play.Available
	case n < 14:
		return play.Away, play.Available
	case n < 16:
		return play.DoNotDisturb, play.Available
	case n < 18:
		return play.Drop, play.SignIn
	}
	return play.SignOut, play.SignIn
}

// patienceOf is that of the demo's customers; whoever tries it has as much as they want.
func patienceOf(reference string) time.Duration {
	if !strings.HasPrefix(reference, ours) {
		return 0
	}
	return patience
}

// workOf follows from the reference, so that agents know how long they work on what is left from before.
func workOf(reference string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(reference))) // never fails
	return workMin + time.Duration(h.Sum32())%(workMost-workMin)
}
