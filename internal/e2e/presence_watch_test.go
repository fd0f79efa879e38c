package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// The pace of the changes that a supervisor hears of, and for how long they come.
const (
	changesPerSecond = 200
	changingSeconds  = 6
)

// choice is a presence chosen by hand as the mutation answered it.
type choice struct {
	agent, status string
	changedAt     time.Time
	answered      time.Time // by our clock
}

// presenceChange is a change as Agent.presenceHistory and the messages of a stream have it alike.
type presenceChange struct {
	status, base, cause string
	at                  int64 // microseconds
}

// TestWatchingAThousand: a supervisor who watches a queue of 1,000 agents, of whom 200 change each second, hears every change of every agent once and in
// its order (EV-1, EV-2, PR-9). Who loses the connection and resumes gets what was missed as the state that came of it.
func TestWatchingAThousand(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		c := newCrowd(t, startServer(t, db), func(int) string { return "capacityUnits: 1" })
		outsiders := c.newAgents(20, func(int) string { return "capacityUnits: 1" }) // nothing may be heard of them
		everybody := slices.Concat(c.agents, outsiders)
		atOnce(t, len(everybody), func(i int) error {
			_, err := c.signIn(c.s.url(""), everybody[i])
			return err
		})
		steady, broken := c.watch(c.queue, ""), c.watch(c.queue, "")
		var made []choice
		var err error
		var changing sync.WaitGroup
		changing.Go(func() { made, err = c.change(outsiders) })
		time.Sleep(changingSeconds * time.Second / 3)
		broken.socket.kill()
		<-broken.done
		time.Sleep(time.Second)
		resumed := c.watch(c.queue, broken.cursor())
		if changing.Wait(); err != nil {
			t.Fatal(err)
		}
		last := c.choose(c.agents[0], "ps_offline") // nobody has chosen this before: what comes before it has come
		for _, w := range []*watcher{steady, resumed} {
			await(t, "the last change is heard", func() bool {
				tail := w.tail()
				return len(tail) > 0 && tail[len(tail)-1].Presence.ChangedAt.Equal(instant(last.text("changedAt")))
			})
			w.socket.kill()
			<-w.done
		}
		history := c.histories()
		heardAll(t, steady, history, made)
		heardAround(t, broken, resumed, history)
		logLatency(t, steady, made)
	})
}

// change makes agents choose presences at the pace, eight calls at once: so there may be two for the same agent.
func (c *crowd) change(outsiders []string) ([]choice, error) {
	const n, group = changesPerSecond * changingSeconds, changesPerSecond
	rng := rand.New(rand.NewPCG(6, 2))
	type call struct{ agent, status string }
	calls := make(chan call, n)
	var mu sync.Mutex
	var made []choice
	var errs []error
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for next := range calls {
				got, err := c.c.try(`mutation ($a: ID!, $s: ID!) { setPresence(input: {agentId: $a, statusId: $s}) { agent { presence { changedAt status { id } } } } }`,
					vars{"a": next.agent, "s": next.status})
				p := got.at("setPresence.agent.presence")
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					made = append(made, choice{next.agent, p.text("status.id"), instant(p.text("changedAt")), time.Now()})
				}
				mu.Unlock()
			}
		})
	}
	statuses := []string{"ps_available", "ps_busy", "ps_away", "ps_do_not_disturb"}
	began := time.Now()
	for i := range n {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / changesPerSecond)))
		// Each second it is another part of the crowd, the next one overlapping it by half: so agents change more than once.
		agent := c.agents[(i/group*group/2+rng.IntN(group))%len(c.agents)]
		if i%50 == 0 {
			agent = outsiders[rng.IntN(len(outsiders))]
		}
		calls <- call{agent, statuses[rng.IntN(len(statuses))]}
	}
	close(calls)
	all.Wait()
	c.t.Logf("%d changes in %s", n, time.Since(began).Round(time.Millisecond))
	return made, errors.Join(errs...)
}

// histories are the choices of each agent of the queue as the API has them, the oldest first.
func (c *crowd) histories() map[string][]presenceChange {
	c.t.Helper()
	all := make([][]presenceChange, len(c.agents))
	atOnce(c.t, len(c.agents), func(i int) error {
		got, err := c.c.try(`query ($id: ID!) { agent(id: $id) { presenceHistory(first: 100) { nodes { toId toBase cause at } pageInfo { hasNextPage } } } }`,
			vars{"id": c.agents[i]})
		if got.text("agent.presenceHistory.pageInfo.hasNextPage") != "false" {
			return fmt.Errorf("the history is %s, %w", encoded(got), err)
		}
		for _, n := range slices.Backward(got.list("agent.presenceHistory.nodes")) {
			if n.text("cause") == "MANUAL" { // all of these were made while the supervisors watched, nothing else was
				all[i] = append(all[i], presenceChange{n.text("toId"), n.text("toBase"), n.text("cause"), instant(n.text("at")).UnixMicro()})
			}
		}
		return err
	})
	histories := map[string][]presenceChange{}
	for i, list := range all {
		if len(list) > 0 {
			histories[c.agents[i]] = list
		}
	}
	return histories
}

// changesOf takes messages apart by agent, and sees that the cursors only go up.
func changesOf(t *testing.T, messages []heard, after place) map[string][]presenceChange {
	t.Helper()
	changes := map[string][]presenceChange{}
	for _, m := range messages {
		at, ok := readPlace(orDash(m.Cursor))
		if !ok || at.compare(after) <= 0 || m.Type != "CHANGED" || m.Presence == nil || m.At == nil || m.AgentID == nil {
			t.Fatalf("behind %s comes %s at %s of %s", after, m.Type, orDash(m.Cursor), orDash(m.AgentID))
		}
		if !m.Presence.SignedIn || m.Presence.ChangedAt.After(*m.At) {
			t.Errorf("at %s %s is %s", m.At, *m.AgentID, m.Presence.text())
		}
		after = at
		changes[*m.AgentID] = append(changes[*m.AgentID], presenceChange{m.Presence.Status.ID, m.Presence.Base, m.Presence.Cause, m.At.UnixMicro()})
	}
	return changes
}

// heardAll: who never lost the connection has heard the history of each agent, no less, no more, and in its order; and what the calls answered is in it.
func heardAll(t *testing.T, w *watcher, history map[string][]presenceChange, made []choice) {
	t.Helper()
	if w.err != nil {
		t.Errorf("the steady supervisor: %v", w.err)
	}
	if n := len(w.start()); n != crowdSize {
		t.Errorf("the start has %d agents", n)
	}
	changes := changesOf(t, w.tail(), w.place(t))
	total := 0
	for agent, want := range history {
		total += len(want)
		if got := changes[agent]; !slices.Equal(got, want) {
			t.Errorf("of %s was heard\n%v, the history has\n%v", agent, got, want)
		}
	}
	for agent, got := range changes {
		if history[agent] == nil {
			t.Errorf("of %s was heard %v, the history has nothing", agent, got)
		}
	}
	for _, m := range made {
		list, member := history[m.agent]
		at := m.changedAt.UnixMicro()
		known := slices.ContainsFunc(list, func(c presenceChange) bool { return c.status == m.status && c.at == at })
		if kept := member && at < list[0].at; kept { // who signed in Available and chose it has it since then
			known = m.status == "ps_available" && list[0].status == m.status
		}
		if member && !known {
			t.Errorf("%s chose %s at %s, which is not in the history %v", m.agent, m.status, m.changedAt, list)
		}
	}
	if total < len(made)/2 { // a choice of what one has is no change
		t.Errorf("of %d choices only %d are changes", len(made), total)
	}
}

// heardAround: who lost the connection and resumed has heard the beginning and the end of each history. What was missed between is told as the state
// that came of it, of those agents only who changed (EV-1).
func heardAround(t *testing.T, first, second *watcher, history map[string][]presenceChange) {
	t.Helper()
	before, after := changesOf(t, first.tail(), first.place(t)), changesOf(t, second.tail(), second.place(t))
	if lost, _ := readPlace(first.cursor()); second.place(t).compare(lost) < 0 {
		t.Errorf("resumed at %s, before %s", second.place(t), lost)
	}
	states := map[string]heard{}
	for _, m := range second.start() {
		if _, twice := states[orDash(m.AgentID)]; twice || m.Type != "STATE" {
			t.Errorf("resuming, %s of %s comes, twice: %t", m.Type, orDash(m.AgentID), twice)
		}
		states[orDash(m.AgentID)] = m
	}
	missed := 0
	for agent, want := range history {
		b, a := before[agent], after[agent]
		if len(b)+len(a) > len(want) || !slices.Equal(b, want[:len(b)]) || !slices.Equal(a, want[len(want)-len(a):]) {
			t.Errorf("of %s was heard\n%v before and\n%v after the connection was lost, the history has\n%v", agent, b, a, want)
			continue
		}
		state, told := states[agent]
		delete(states, agent)
		between := want[len(b) : len(want)-len(a)]
		missed += len(between)
		if told != (len(between) > 0) {
			t.Errorf("of %s %d changes were missed, and a state is told: %t", agent, len(between), told)
		} else if told && state.Presence.Status.ID != between[len(between)-1].status {
			t.Errorf("of %s the changes %v were missed, the state is %s", agent, between, state.Presence.text())
		}
	}
	if len(states) > 0 {
		t.Errorf("resuming, states come of %d agents who have not changed", len(states))
	}
	if missed == 0 {
		t.Error("nothing was missed while the connection was lost")
	}
	t.Logf("the supervisor who came back missed %d changes of %d agents", missed, len(second.start()))
}

// place is where READY stands.
func (w *watcher) place(t *testing.T) place {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := readPlace(orDash(w.all[w.ready].Cursor))
	if !ok {
		t.Fatalf("READY at %s", orDash(w.all[w.ready].Cursor))
	}
	return p
}

// logLatency tells how long messages took: from the decision, which the commit follows, and behind the answer to whoever made the change, which follows
// the commit too. These are figures, nothing is asserted.
func logLatency(t *testing.T, w *watcher, made []choice) {
	t.Helper()
	type key struct {
		agent string
		at    int64
	}
	answers := map[key]time.Time{}
	for _, m := range made {
		answers[key{m.agent, m.changedAt.UnixMicro()}] = m.answered
	}
	var fromDecision, fromAnswer []time.Duration
	for _, m := range w.tail() {
		fromDecision = append(fromDecision, m.came.Sub(*m.At))
		if answered, ok := answers[key{*m.AgentID, m.At.UnixMicro()}]; ok {
			fromAnswer = append(fromAnswer, m.came.Sub(answered))
		}
	}
	for what, all := range map[string][]time.Duration{"the decision": fromDecision, "the answer": fromAnswer} {
		slices.Sort(all)
		at := func(percent int) time.Duration {
			return all[min(len(all)-1, len(all)*percent/100)].Round(10 * time.Microsecond)
		}
		t.Logf("from %s to the message: p50 %s, p99 %s, at most %s, of %d", what, at(50), at(99), all[len(all)-1].Round(10*time.Microsecond), len(all))
	}
}
