package checker

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// mill makes large good histories: agents of six queues, which go by ROUND_ROBIN, turn away and back while items come that somebody
// takes at once, but for those that are left to an agent who is away.
type mill struct {
	*teller
	random *rand.Rand
	agents []*hand
	queues [][]*hand
	left   map[*hand][]*Item
	due    []task
	turns  int
}

type hand struct {
	id    string
	away  bool
	asked int // open offers
	held  int
	turn  map[string]int
}

type task struct {
	when float64
	do   func(now float64)
}

const millUnits = 1000

func newMill(agents int) *mill {
	m := &mill{random: rand.New(rand.NewPCG(1, 2)), left: map[*hand][]*Item{}, queues: make([][]*hand, 6)}
	var list []Agent
	for n := range agents {
		h := &hand{id: fmt.Sprintf("ag_%03d", n), turn: map[string]int{}}
		m.agents, list = append(m.agents, h), append(list, agent(h.id, millUnits))
		m.queues[n%6], m.queues[(n+1)%6] = append(m.queues[n%6], h), append(m.queues[(n+1)%6], h)
	}
	m.teller = newTeller(list...)
	m.History.OpenWorkLimit = millUnits
	for q, members := range m.queues {
		queue := Queue{ID: fmt.Sprint("qu_", q), Priority: q, AssignmentMethod: roundRobin}
		for _, h := range members {
			queue.Members = append(queue.Members, h.id)
		}
		m.History.Queues = append(m.History.Queues, queue)
		for kind, p := range map[string]Policy{"chat": next, "mail": leave} {
			ws := workstream(fmt.Sprint("ws_", kind, q), 1, "MANUAL", 30, p)
			ws.Queue = queue.ID
			m.History.Workstreams = append(m.History.Workstreams, ws)
		}
	}
	for _, h := range m.agents {
		m.History.Rows["ct_"+h.id] = []string{h.id}
		m.presence(1, h, "AVAILABLE", signIn)
	}
	return m
}

// presence changes are in order already: sorting them each time would take most of the time.
func (m *mill) presence(now float64, h *hand, base, cause string) {
	m.Presence = append(m.Presence, PresenceChange{Span: At(at(now)), Agent: h.id, Base: base, SignedIn: true, Cause: cause})
}

// run makes a history of so many items and changes of presence within an hour.
func (m *mill) run(items, changes int) *story {
	for n := range items {
		m.after(2+3500*float64(n)/float64(items), 0, m.item)
	}
	for n := range changes {
		m.after(2.0001+3500*float64(n)/float64(changes), 0, m.turnAway)
	}
	for len(m.due) > 0 {
		next := m.due[0]
		m.due = m.due[1:]
		next.do(next.when)
	}
	return m.end(4000)
}

func (m *mill) after(now, seconds float64, do func(float64)) {
	t := task{now + seconds, do}
	i, _ := slices.BinarySearchFunc(m.due, t, func(a, b task) int { return cmp.Compare(a.when, b.when) })
	m.due = slices.Insert(m.due, i, t)
}

func (m *mill) item(now float64) {
	q := m.random.IntN(6)
	place := Placement{Queue: fmt.Sprint("qu_", q)}
	if m.random.IntN(5) > 0 {
		it := m.create(now, fmt.Sprint("ws_chat", q), place)
		m.give(now, it, m.best(place.Queue, m.queues[q]), nobody)
		return
	}
	h := m.queues[q][m.random.IntN(len(m.queues[q]))]
	place.Contact = "ct_" + h.id
	it := m.create(now, fmt.Sprint("ws_mail", q), place)
	if !h.away {
		m.give(now, it, []*hand{h}, "")
		return
	}
	m.decide(it, now, "LEFT_UNASSIGNED", Decision{Policy: leave, PreferredReason: "NO_AGENT_QUALIFIED", Preferred: []Candidate{{1, h.id, "PRESENCE_NOT_ALLOWED"}}})
	m.left[h] = append(m.left[h], it)
}

func (m *mill) best(queue string, members []*hand) []*hand {
	there := slices.DeleteFunc(slices.Clone(members), func(h *hand) bool { return h.away })
	slices.SortFunc(there, func(a, b *hand) int {
		return cmp.Or(cmp.Compare(a.turn[queue], b.turn[queue]), cmp.Compare(a.id, b.id))
	})
	return there
}

// give offers an item to the first, who accepts after a second and completes it within five minutes.
func (m *mill) give(now float64, it *Item, ranked []*hand, reason string) {
	h := ranked[0]
	d := Decision{Policy: leave, Preferred: []Candidate{{1, h.id, "OFFERED"}}}
	if reason != "" {
		var list []Ranked
		for _, r := range ranked {
			list = append(list, Ranked{Agent: r.id, FreeUnits: millUnits - r.held})
		}
		d = nextBest(next, reason, roundRobin, nil, list...)
		if members := len(m.queues[it.Queue[3]-'0']); members > len(ranked) {
			d.NextBest.Refused, d.NextBest.Members = []Count{{"PRESENCE_NOT_ALLOWED", members - len(ranked)}}, members
		}
	}
	m.offer(it, now, 30, d)
	m.turns++
	h.turn[it.Queue], h.asked, h.held = m.turns, h.asked+1, h.held+1
	m.after(now, 1.00003, func(now float64) {
		m.finish(it, now, accepted, "")
		h.asked--
	})
	m.after(now, 2+298*m.random.Float64(), func(now float64) {
		m.closeAs(it, now, completed)
		h.held--
	})
}

// turnAway has some agent go or come back; what is left to them waits for that.
func (m *mill) turnAway(now float64) {
	h := m.agents[m.random.IntN(len(m.agents))]
	if h.away {
		h.away = false
		m.presence(now, h, "AVAILABLE", manual)
		slices.SortStableFunc(m.left[h], func(a, b *Item) int { return cmp.Or(cmp.Compare(a.Queue, b.Queue), a.CreatedAt.Compare(b.CreatedAt)) })
		for _, it := range m.left[h] {
			m.give(now, it, []*hand{h}, "")
		}
		m.left[h] = nil
		return
	}
	for _, members := range m.queues {
		if slices.Contains(members, h) && len(m.best("", members)) < 3 {
			return
		}
	}
	if h.asked == 0 {
		h.away = true
		m.presence(now, h, "AWAY", manual)
	}
}

// An hour's history of 2,000 items is judged in a second; BenchmarkLargeHistory has more.
func TestLargeHistoryIsWell(t *testing.T) {
	s := newMill(60).run(2000, 4000)
	began := time.Now()
	r := Examine(s.History, s.Log)
	for i, v := range r.Violations {
		if i < 10 {
			t.Error(v)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if r.Judged < 50_000 || r.Undecided > r.Judged/20 {
		t.Errorf("%d were judged and %d passed over", r.Judged, r.Undecided)
	}
	s.item(1000).Offers[0].Agent = "ag_000" // one wrong agent among thousands
	if found := Check(s.History, s.Log); len(found) == 0 {
		t.Error("a wrong agent was not found")
	}
}

func BenchmarkLargeHistory(b *testing.B) {
	s := newMill(60).run(5000, 12000)
	b.Logf("%d changes of presence", len(s.Presence))
	for b.Loop() {
		r := Examine(s.History, s.Log)
		b.ReportMetric(float64(r.Judged), "judged")
		b.ReportMetric(float64(r.Undecided), "undecided")
	}
}
