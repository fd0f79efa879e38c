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

// crowdSize is how many agents there are in a crowd's queue. With the race detector, which makes the server ten times slower, a quarter shows every kind of
// access as well.
var crowdSize = map[bool]int{false: 1000, true: 250}[servertest.RaceDetector]

// crowd is a queue of very many agents on a server of its own, and a supervisor who watches it.
type crowd struct {
	*centre

	mu       sync.Mutex
	sessions []*session // all that were ever opened; they end with the test
}

// newCrowd makes the agents, with what settings says of each beside the name, and signs nobody in.
func newCrowd(t testing.TB, s *server, settings func(i int) string) *crowd {
	t.Helper()
	c := &crowd{centre: newCentre(t, s, 0, "")}
	t.Cleanup(func() {
		for _, session := range c.sessions {
			session.kill()
		}
	})
	c.agents = c.newAgents(crowdSize, settings)
	c.addMembers(c.queue, c.agents)
	return c
}

// newAgents makes agents who are in no queue, twenty in each call.
func (c *crowd) newAgents(n int, settings func(i int) string) []string {
	c.t.Helper()
	const each = 20
	agents := make([]string, n)
	atOnce(c.t, (n+each-1)/each, func(call int) error {
		document := "mutation {"
		for i := call * each; i < min(n, (call+1)*each); i++ {
			document += fmt.Sprintf(` a%d: createAgent(input: {name: "Agent %d of a crowd", %s}) { agent { id } }`, i, i, settings(i))
		}
		made, err := c.c.try(document+" }", nil)
		for i := call * each; i < min(n, (call+1)*each); i++ {
			agents[i] = made.text(fmt.Sprintf("a%d.agent.id", i))
		}
		return err
	})
	return agents
}

func (c *crowd) addMembers(queue string, agents []string) {
	c.t.Helper()
	for some := range slices.Chunk(agents, 100) {
		c.c.do(c.t, addMembers, vars{"q": queue, "a": some})
	}
}

// signIn opens a session of an agent, by a way to the server.
func (c *crowd) signIn(base, agent string) (*session, error) {
	session, err := subscribeOffers(base, agent, agent)
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", agent, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions = append(c.sessions, session)
	return session, nil
}

// atOnce calls f for 0 to n-1, sixteen at a time. Errors fail the test.
func atOnce(t testing.TB, n int, f func(i int) error) {
	t.Helper()
	numbers, errs := make(chan int), make([]error, n)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := range numbers {
				errs[i] = f(i)
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("of %d: %.2000s", n, err.Error())
	}
}

// presences are those of all agents of the server, by the agent's id.
func (c *crowd) presences() map[string]object {
	c.t.Helper()
	all := map[string]object{}
	v := vars{}
	for {
		page := c.c.do(c.t, `query ($after: String) { agents(first: 100, after: $after) { nodes { id presence { base cause source changedAt signedIn status { id } } }
			pageInfo { endCursor hasNextPage } } }`, v).at("agents")
		for _, agent := range page.list("nodes") {
			all[agent.text("id")] = agent.at("presence")
		}
		if page.text("pageInfo.hasNextPage") == "false" {
			return all
		}
		v["after"] = page.text("pageInfo.endCursor")
	}
}

// heard is a message about an agent's presence, and when it came.
type heard struct {
	*streamMessage
	came time.Time
}

// watcher is a supervisor who watches a queue over one connection.
type watcher struct {
	socket *socket
	done   chan struct{} // closed when nothing more comes

	mu    sync.Mutex
	all   []heard
	ready int // where READY is in all, -1 before
	err   error
}

// watch begins to watch a queue, behind a cursor or anew for "", and waits until the start is there.
func (c *crowd) watch(queue, after string) *watcher {
	c.t.Helper()
	so, err := dial(c.s.url(""), "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(so.kill)
	v := vars{"f": vars{"queueId": queue}}
	if after != "" {
		v["after"] = after
	}
	st, err := so.subscribe(streamDocuments[ofPresence], v)
	if err != nil {
		c.t.Fatal(err)
	}
	w := &watcher{socket: so, done: make(chan struct{}), ready: -1}
	go w.listen(st)
	await(c.t, "the start of a stream of presences", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.ready >= 0 || w.err != nil
	})
	return w
}

func (w *watcher) listen(st *stream) {
	defer close(w.done)
	for raw := range st.messages {
		came := time.Now()
		m, err := decodeStream(raw)
		w.mu.Lock()
		if err != nil {
			w.err = errors.Join(w.err, err)
		} else {
			if m.Type == "READY" {
				w.ready = len(w.all)
			}
			w.all = append(w.all, heard{m, came})
		}
		w.mu.Unlock()
	}
	if len(st.errors) > 0 {
		w.mu.Lock()
		w.err = errors.Join(w.err, st.errors)
		w.mu.Unlock()
	}
}

// start and tail are what came before READY, and behind it until now.
func (w *watcher) start() []heard {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all[:max(0, w.ready)])
}

func (w *watcher) tail() []heard {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all[w.ready+1:])
}

// cursor is that of the last message.
func (w *watcher) cursor() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return orDash(w.all[len(w.all)-1].Cursor)
}

// told gives what the watcher heard last with this cause, by agent, from the message of a number on.
func (w *watcher) told(cause string, from int) map[string]heard {
	told := map[string]heard{}
	for _, m := range w.tail()[from:] {
		if m.Presence != nil && m.Presence.Cause == cause {
			told[orDash(m.AgentID)] = m
		}
	}
	return told
}

// serverClock tells the server's time, which runs so many times as fast as ours.
type serverClock struct {
	ours, theirs time.Time
	speed        float64
}

func (c *centre) clock(speed float64) serverClock {
	c.t.Helper()
	now := c.c.do(c.t, `{ server { now } }`, nil)
	return serverClock{time.Now(), instant(now.text("server.now")), speed}
}

// sleepUntil waits until the server's clock shows a time.
func (k serverClock) sleepUntil(theirs time.Time) {
	time.Sleep(time.Until(k.ours.Add(time.Duration(float64(theirs.Sub(k.theirs)) / k.speed))))
}

// shortPresence writes a presence in one line: status, base, source, cause, and whether the agent is signed in. lunch is the id of a status of one's own.
func shortPresence(p object, lunch string) string {
	text := strings.Join([]string{p.text("status.id"), p.text("base"), p.text("source"), p.text("cause"), p.text("signedIn")}, " ")
	return strings.Replace(text, lunch, "ps_lunch", 1)
}
