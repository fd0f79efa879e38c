package engine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestRankingOfMany: among many members with capacities up to the largest there is, each method ranks as a plain sort of all of them does (WS-2),
// for each kind of cost (CP-2, CP-4), while loads, presences, open work and turns change and the method does, too. The simulation's worlds are too
// small for that.
func TestRankingOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	e, q := manyMembers(t, random, 300)
	profiles := profilesOf(e)
	for n := range 3000 {
		changeMember(e, q, random)
		classes, most := classSet(random.IntN(1<<classCount)), 1+random.IntN(8)
		cost := []CapacityCost{
			{Units: 1 + random.IntN(1000), Type: NotInterruptible}, {Percent: 1 + random.IntN(100), Type: NotInterruptible},
			{Units: 1 + random.IntN(20), Type: Interruptible}, {Profiles: []CapacityProfileID{profileN(1)}, Type: NotInterruptible},
			{Profiles: []CapacityProfileID{profileN(2), profileN(1)}, Type: NotInterruptible},
		}[random.IntN(5)]
		in := e.candidatesFor(q, e.kindOf(&cost))
		ranking := in.rank(classes, needOf(&cost), most)
		for at, want := range sortedCandidates(e, q, classes, &cost, most) {
			if got := ranking.next(); got == nil || got.member != want {
				t.Fatalf("%d, %s, %+v: the candidate %d of %d is %v, want %s", n, q.AssignmentMethod, cost, at, most, got, want.AgentID)
			}
		}
		below := 0
		for _, m := range q.members { // order: counted only
			if classOf(&m.agent.Agent, e.org.OpenWorkLimit) == 0 && roomOf(&m.agent.Agent, profiles, &cost) < needOf(&cost) {
				below++
			}
		}
		if is := in.classes[0].below(needOf(&cost)); is != below {
			t.Fatalf("%d Available members have less than %+v, want %d", is, cost, below)
		}
		if wrong := wrongPlace(e); n%50 == 0 && wrong != "" {
			t.Fatalf("%d: %s", n, wrong)
		}
	}
}

// changeMember changes one of 300 members, or the queue's method.
func changeMember(e *Engine, q *queue, random *rand.Rand) {
	m := q.members[agentN(random.IntN(300))]
	switch random.IntN(20) {
	case 0:
		after := q.Queue
		after.AssignmentMethod = []AssignmentMethod{HighestCapacity, RoundRobin, LeastActive}[random.IntN(3)]
		e.changeQueue(q, after)
	case 1, 2, 3:
		e.takeTurn(m)
	case 4, 5, 6:
		status := BuiltInStatuses[random.IntN(6)]
		e.changeAgent(m.agent, func(a *Agent) { a.Presence.Status, a.Presence.Base = status.ID, status.Base })
	case 7, 8:
		e.changeAgent(m.agent, func(a *Agent) { a.Assigned.Units += 1 + random.IntN(200) })
	case 9, 10: // at the same load as before
		e.changeAgent(m.agent, func(a *Agent) {
			released := benchStart.Add(time.Duration(random.IntN(1000)) * time.Second)
			a.ReleasedAt = &released
		})
	case 11, 12:
		e.changeAgent(m.agent, func(a *Agent) {
			a.changeProfile(profileN(1+random.IntN(2)), func(u *ProfileUse) {
				u.Has, u.Assigned, u.Reserved = random.IntN(4) > 0, random.IntN(4), random.IntN(2)
			})
		})
	case 13:
		e.changeAgent(m.agent, func(a *Agent) { a.OpenWork = 9 + random.IntN(2) })
	case 14:
		e.changeAgent(m.agent, func(a *Agent) { a.Assigned.Percent, a.Assigned.InterruptibleUnits = random.IntN(110), random.IntN(20) })
	default:
		e.changeAgent(m.agent, func(a *Agent) { a.Assigned.Units = random.IntN(1000) })
	}
}

func profileN(n int) CapacityProfileID { return CapacityProfileID(fixedID("cp_", n)) }

func manyMembers(t *testing.T, random *rand.Rand, n int) (*Engine, *queue) {
	t.Helper()
	s := Snapshot{
		Organization: NewOrganization(benchStart), Queues: []Queue{{ID: sales, Name: "Queue", AssignmentMethod: HighestCapacity}},
		Profiles: []CapacityProfile{{ID: profileN(1), Limit: 3, Blocking: true}, {ID: profileN(2), Limit: 5}},
	}
	for i := range n {
		status := BuiltInStatuses[random.IntN(6)]
		a := Agent{
			ID: agentN(i), CapacityUnits: ptr(random.IntN(MaxCapacityUnits + 1)), RankedSeq: int64(random.IntN(n)),
			Presence: AgentPresence{Status: status.ID, Base: status.Base, SignedIn: random.IntN(8) > 0},
		}
		if random.IntN(10) == 0 {
			a.CapacityUnits = nil
		}
		if random.IntN(2) == 0 {
			a.InterruptibleUnits = ptr(random.IntN(20))
		}
		s.Agents = append(s.Agents, a)
		s.Members = append(s.Members, QueueMember{QueueID: sales, AgentID: agentN(i), Turn: int64(random.IntN(3) * i)})
	}
	e := New(s, benchStart)
	return e, e.queues.get(sales)
}

func sortedCandidates(e *Engine, q *queue, classes classSet, cost *CapacityCost, most int) []*member {
	profiles := profilesOf(e)
	var list []*member
	room := map[*member]int{}
	for _, m := range q.members { // order: sorted below
		room[m] = roomOf(&m.agent.Agent, profiles, cost)
		if classes.has(classOf(&m.agent.Agent, e.org.OpenWorkLimit)) && room[m] >= needOf(cost) {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *member) int {
		x, y := a.agent, b.agent
		by := cmp.Or(cmp.Compare(room[b], room[a]), cmp.Compare(x.RankedSeq, y.RankedSeq))
		switch q.AssignmentMethod {
		case RoundRobin:
			by = cmp.Compare(a.Turn, b.Turn)
		case LeastActive:
			by = cmp.Compare(at(x.ReleasedAt), at(y.ReleasedAt))
		}
		return cmp.Or(by, cmp.Compare(a.AgentID, b.AgentID))
	})
	return list[:min(most, len(list))]
}

// wrongPlace looks at every member in every order of every queue: the class, the level and the key are what a plain computation says, and each level is
// in order. It tells the first that is not so.
func wrongPlace(e *Engine) string {
	profiles := profilesOf(e)
	for _, q := range e.queues.all {
		for i, c := range q.candidates {
			cost := CapacityCost{Units: 1, Type: NotInterruptible, Profiles: c.kind.profiles}
			if c.kind.percent {
				cost.Units, cost.Percent = 0, 1
			}
			if c.kind.interruptible {
				cost.Type = Interruptible
			}
			if c.method != q.AssignmentMethod {
				return fmt.Sprintf("an order of %s goes by %s, not by %s", q.ID, c.method, q.AssignmentMethod)
			}
			members := 0
			for _, m := range sortedValues(q.members) {
				p, a := m.places[i], &m.agent.Agent
				class, room := classOf(a, e.org.OpenWorkLimit), roomOf(a, profiles, &cost)
				key := a.RankedSeq
				switch q.AssignmentMethod {
				case RoundRobin:
					key = m.Turn
				case LeastActive:
					key = at(a.ReleasedAt)
				}
				if p.class != class || p.level != room || p.key != key {
					return fmt.Sprintf("%s stands in %s for %+v at class %d, level %d, key %d; want %d, %d, %d", a.ID, q.ID, cost, p.class, p.level, p.key, class, room, key)
				}
			}
			for class := range c.classes {
				for level := range c.classes[class].lanes {
					n, wrong := laneInOrder(&c.classes[class].lanes[level], class, level)
					if members += n; wrong != "" {
						return wrong
					}
				}
			}
			if members != len(q.members) {
				return fmt.Sprintf("%d of %d members of %s stand in the order for %+v", members, len(q.members), q.ID, cost)
			}
		}
	}
	return ""
}

func laneInOrder(f *lane, class, level int) (n int, wrong string) {
	var list []*place
	if f.tree != nil {
		list = f.tree.Items()
	} else {
		for p := f.head; p != nil; p = p.next {
			list = append(list, p)
		}
	}
	for i, p := range list {
		if p.class != class || p.level != level {
			return 0, fmt.Sprintf("%s is entered at class %d, level %d, but stands at %d, %d", p.AgentID, class, level, p.class, p.level)
		}
		if i > 0 && cmp.Or(cmp.Compare(list[i-1].key, p.key), cmp.Compare(list[i-1].AgentID, p.AgentID)) >= 0 {
			return 0, fmt.Sprintf("%s stands behind %s", p.AgentID, list[i-1].AgentID)
		}
	}
	return len(list), ""
}

// needlessOrder tells of an order of candidates that is kept for a kind of cost which no workstream has any more; that of units stays.
func needlessOrder(e *Engine) string {
	for _, q := range e.queues.all {
		for _, c := range q.candidates[1:] {
			if !slices.ContainsFunc(e.workstreams.all, func(w *workstream) bool { return w.kind == c.kind }) {
				return fmt.Sprintf("%s keeps an order for %+v", q.ID, *c.kind)
			}
		}
	}
	return ""
}
