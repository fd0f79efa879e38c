package engine

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestRankingOfMany: among many members with capacities up to the largest there is, each method ranks as a plain sort of all of them does (WS-2),
// while loads, presences and turns change and the method does, too. The simulation's worlds are too small for that.
func TestRankingOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	e, q := manyMembers(t, random, 300)
	for n := range 3000 {
		m := q.members[agentN(random.IntN(300))]
		switch random.IntN(20) {
		case 0:
			after := q.Queue
			after.AssignmentMethod = []AssignmentMethod{HighestCapacity, RoundRobin, LeastActive}[random.IntN(3)]
			e.changeQueue(q, after)
		case 1, 2, 3:
			e.takeTurn(m)
		case 4, 5, 6:
			e.changeAgent(m.agent, func(a *Agent) { a.Presence.Status = BuiltInStatuses[random.IntN(6)].ID })
		case 7, 8, 9:
			e.changeAgent(m.agent, func(a *Agent) {
				a.AssignedUnits += 1 + random.IntN(200)
				released := benchStart.Add(time.Duration(random.IntN(1000)) * time.Second)
				a.ReleasedAt = &released
			})
		default:
			e.changeAgent(m.agent, func(a *Agent) { a.AssignedUnits = random.IntN(a.CapacityUnits + 2) })
		}
		classes, cost, most := classSet(random.IntN(1<<classCount)), 1+random.IntN(1000), 1+random.IntN(8)
		ranking := q.candidates.rank(classes, cost, most)
		for at, want := range sortedCandidates(q, classes, cost, most) {
			if got := ranking.next(); got != want {
				t.Fatalf("%d, %s: the candidate %d of %d is %v, want %s", n, q.AssignmentMethod, at, most, got, want.AgentID)
			}
		}
		if below := q.candidates.classes[0].below(cost); below != countBelow(q, cost) {
			t.Fatalf("%d Available members have less than %d, want %d", below, cost, countBelow(q, cost))
		}
	}
}

func manyMembers(t *testing.T, random *rand.Rand, n int) (*Engine, *queue) {
	t.Helper()
	s := Snapshot{
		Organization: NewOrganization(benchStart), Queues: []Queue{{ID: sales, Name: "Queue", AssignmentMethod: HighestCapacity}},
	}
	for i := range n {
		s.Agents = append(s.Agents, Agent{
			ID: agentN(i), CapacityUnits: random.IntN(MaxCapacityUnits + 1), RankedSeq: int64(random.IntN(n)),
			Presence: AgentPresence{Status: BuiltInStatuses[random.IntN(6)].ID, SignedIn: random.IntN(8) > 0},
		})
		s.Members = append(s.Members, QueueMember{QueueID: sales, AgentID: agentN(i), Turn: int64(random.IntN(3) * i)})
	}
	e := New(s, benchStart)
	return e, e.queues.get(sales)
}

func sortedCandidates(q *queue, classes classSet, cost, most int) []*member {
	var list []*member
	for _, m := range q.members { // order: sorted below
		if classes.has(m.agent.class()) && m.agent.FreeUnits() >= cost {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *member) int {
		x, y := a.agent, b.agent
		by := cmp.Or(cmp.Compare(y.FreeUnits(), x.FreeUnits()), cmp.Compare(x.RankedSeq, y.RankedSeq))
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

func countBelow(q *queue, cost int) (n int) {
	for _, m := range q.members { // order: counted only
		if m.agent.class() == 0 && m.agent.FreeUnits() < cost {
			n++
		}
	}
	return n
}
