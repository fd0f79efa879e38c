package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/checker"
)

const (
	playItems = 300
	playSeed  = 20260105
	// playPace is the time between two work items: 50 a second, so that queues run full.
	playPace = 20 * time.Millisecond
	// playReconnect lets the long absences of the play become longer than a short interruption (PR-7).
	playReconnect = 2
)

// TestPlay300 plays a busy quarter of an hour in the example contact centre, in seconds: 40 agents come, go, accept, reject and look away,
// 300 work items come on fifteen workstreams; supervisors pick, assign, transfer, link and put first, and settings change meanwhile. An
// observer listens to what is pushed. Then an independent checker judges every offer and everything that waited
// (RT-1, RT-2, RT-3, RT-4, RT-5, RT-6, WS-1, WS-2, WS-3, WS-4, WS-5, WS-6, OF-1, OF-2, OF-3, OF-4, OF-6, CP-2, MX-3, MX-5, PR-7, PR-8, DX-1, EV-1).
func TestPlay300(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		began := time.Now()
		p := newPlay(t, startExample(t, db))
		p.perform()
		p.finish()
		history, err := checker.Read(context.Background(), p.c, p.rec.Contacts()...)
		if err != nil {
			t.Fatal(err)
		}
		p.leave()
		log := p.rec.Log()
		log.Streams = p.streams
		result := checker.Examine(history, log)
		for i, v := range result.Violations {
			if t.Error(v); i == 20 {
				t.Fatalf("… and %d more", len(result.Violations)-i)
			}
		}
		t.Logf("%d answers judged, %d passed over, in %s", result.Judged, result.Undecided, time.Since(began).Round(time.Millisecond))
		if result.Undecided*10 > result.Judged {
			t.Error("more than a tenth could not be judged")
		}
		p.checkVariety(history, log)
		p.checkKept(history)
	})
}

// play is the stage: what happens is decided by the seed and by how far the play is, not by the clock.
type play struct {
	t      *testing.T
	s      *server
	c      client
	random *rand.Rand
	agents []*playAgent
	// created is how many items there are: the clock of the play. Closing: from now on everybody accepts and completes.
	created  atomic.Int64
	closing  atomic.Bool
	stage    playStage
	rec      *checker.Recorder
	observer observer
	// moved are the items that supervisors took away from somebody.
	moved sync.Map

	mu      sync.Mutex
	streams []checker.Stream
}

func newPlay(t *testing.T, s *server) *play {
	p := &play{t: t, s: s, c: s.client(), random: rand.New(rand.NewPCG(playSeed, 0)), rec: checker.NewRecorder(nil, 1)}
	p.observer.heard = make(chan struct{})
	p.stage = p.setUp()
	p.observe()
	for _, id := range p.stage.agents {
		p.agents = append(p.agents, newPlayAgent(p, len(p.agents), id))
	}
	t.Cleanup(func() {
		for _, a := range p.agents {
			a.end()
		}
	})
	return p
}

// perform creates the items; between them agents come and go, and now and then a row or a membership changes.
func (p *play) perform() {
	script := p.script()
	pace := time.NewTicker(playPace)
	defer pace.Stop()
	const burstFrom, burstTo = 150, 190 // many callers at once share commits
	for n := 0; n < playItems; n++ {
		for _, happens := range script[n] {
			happens()
		}
		switch {
		case n == burstFrom:
			p.burst(burstFrom, burstTo)
		case n < burstFrom || n >= burstTo:
			<-pace.C
			p.create(n)
		}
	}
}

func (p *play) burst(from, to int) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := from + worker; n < to; n += 8 {
				p.create(n)
			}
		})
	}
	wg.Wait()
}

// create makes the item number n. What it is depends on the number alone.
func (p *play) create(n int) {
	r := rand.New(rand.NewPCG(playSeed, uint64(n+1)))
	contact, workstream := p.stage.item(r)
	v := vars{"w": workstream, "r": fmt.Sprintf("play-%d", n)}
	if contact != "" {
		v["c"] = contact
	}
	sent := time.Now()
	data, err := p.c.try(`mutation ($w: ID!, $c: ID, $r: String) { createWorkItem(input: {workstreamId: $w, contactId: $c, reference: $r}) {
		workItem { id } } }`, v)
	if err != nil {
		p.t.Errorf("create item %d: %v", n, err)
		return
	}
	id := data.text("createWorkItem.workItem.id")
	p.rec.Answered(checker.Answer{Done: "CREATED", Item: id, Sent: sent})
	p.created.Add(1)
	for _, a := range p.agents {
		a.nudge()
	}
}

// close completes or cancels an item in the name of whoever the client is; false when a supervisor has taken it from them.
func (p *play) close(c client, item, done, document string) bool {
	sent := time.Now()
	if _, err := c.try(document, vars{"w": item}); err != nil {
		if _, moved := p.moved.Load(item); !moved || c.actor == "" {
			p.t.Errorf("item %s is not %s: %v", item, done, err)
		}
		return false
	}
	p.rec.Answered(checker.Answer{Done: done, Item: item, Agent: c.actor, Sent: sent})
	return true
}

// finish lets everybody complete what can be completed, and cancels the rest.
func (p *play) finish() {
	p.closing.Store(true)
	for _, a := range p.agents {
		a.nudge()
	}
	for end := time.Now().Add(2 * patience); p.busy(); time.Sleep(50 * time.Millisecond) { // no event tells that nothing more happens
		if time.Now().After(end) {
			p.t.Errorf("still open: %v, %v", p.list("ASSIGNED"), p.list("OFFERED"))
			break // the checker may know why
		}
	}
	for _, status := range []string{"QUEUED", "OFFERED", "ASSIGNED"} {
		for _, it := range p.list(status) {
			p.close(p.c, it.text("id"), "CANCELLED", cancelDocument)
		}
	}
	if left := append(append(p.list("QUEUED"), p.list("OFFERED")...), p.list("ASSIGNED")...); len(left) > 0 {
		p.t.Errorf("%d items are still open: %v", len(left), left)
	}
	p.hearOut()
}

// busy tells whether an agent is at work or asked. It completes the work of those who are not there to do it.
func (p *play) busy() bool {
	assigned, offered := p.list("ASSIGNED"), p.list("OFFERED")
	for _, it := range assigned {
		if p.agentOf(it.text("assignment.agentId")).absent.Load() {
			p.close(p.c, it.text("id"), "COMPLETED", completeDocument)
		}
	}
	return len(assigned)+len(offered)-p.stubborn(offered) > 0
}

// list reads the items that stand somewhere.
func (p *play) list(status string) []object {
	var all []object
	after := any(nil)
	for {
		page := p.c.do(p.t, `query ($s: WorkItemStatus!, $a: String) { workItems(filter: {statuses: [$s]}, first: 100, after: $a) {
			nodes { id reference assignment { agentId } } pageInfo { hasNextPage endCursor } } }`, vars{"s": status, "a": after}).at("workItems")
		all = append(all, page.list("nodes")...)
		if page.text("pageInfo.hasNextPage") != "true" {
			return all
		}
		after = page.text("pageInfo.endCursor")
	}
}

// stubborn counts the items that whoever is asked ignores to the end.
func (p *play) stubborn(items []object) int {
	n := 0
	for _, it := range items {
		if isStubborn(it.text("reference")) {
			n++
		}
	}
	return n
}

func (p *play) agentOf(id string) *playAgent {
	for _, a := range p.agents {
		if a.id == id {
			return a
		}
	}
	p.t.Fatalf("there is no agent %s in the play", id)
	return nil
}

// leave ends the agents' loops, which are the last to write into the log.
func (p *play) leave() {
	for _, a := range p.agents {
		a.end()
	}
}

// checkVariety sees that the play was not too easy: what never happened was not tested.
func (p *play) checkVariety(h checker.History, log checker.Log) {
	seen := map[string]int{}
	for _, it := range h.Items {
		seen["items "+it.Status]++
		for _, o := range it.Offers {
			seen["offers "+o.Path+" "+o.State]++
			if o.OverCapacity {
				seen["offers over capacity"]++
			}
			if o.RevokeReason != "" {
				seen["offers revoked "+o.RevokeReason]++
			}
			if o.PreferredPosition > 1 {
				seen["offers to a later position"]++
			}
		}
		for _, a := range it.Assignments {
			seen["assignments "+a.Origin+" "+a.EndReason]++
		}
		for _, d := range it.Decisions {
			seen["decisions "+d.Outcome]++
			seen["reasons "+d.PreferredReason]++
			if d.NextBest != nil && d.Agent != "" {
				seen["chosen by "+d.NextBest.Method]++
			}
			for _, c := range d.Preferred {
				seen["preferred "+c.Code]++
			}
		}
	}
	for _, c := range log.Presence {
		seen["presences "+c.Cause]++
	}
	for _, c := range log.Items {
		seen["changes "+c.Kind]++
	}
	for _, a := range log.Answers {
		seen["answers "+a.Done]++
	}
	seen["policies"], seen["rows"], seen["members"] = len(log.Policies), len(log.Rows), len(log.Members)
	seen["settings"] = len(log.Workstreams) + len(log.Queues) + len(log.Agents)
	p.t.Log(seen)
	for what, least := range map[string]int{
		"items COMPLETED": 200, "items CANCELLED": 5, "decisions QUEUED": 5, "decisions LEFT_UNASSIGNED": 10, "decisions ASSIGNED": 10,
		"offers PREFERRED ACCEPTED": 50, "offers PREFERRED REJECTED": 2,
		"offers NEXT_BEST ACCEPTED": 50, "offers NEXT_BEST REJECTED": 5, "offers NEXT_BEST MISSED": 1,
		"offers over capacity": 5, "offers to a later position": 10, "offers revoked PRESENCE_CHANGED": 1, "offers revoked SIGNED_OUT": 1,
		"offers revoked DISCONNECTED": 1, "offers revoked PREFERRED_AGENT_REMOVED": 1, "offers revoked WORK_ITEM_CANCELLED": 1,
		"preferred NOT_QUEUE_MEMBER": 10, "preferred NOT_SIGNED_IN": 10, "preferred PRESENCE_NOT_ALLOWED": 1, "preferred ALREADY_DECLINED": 2,
		"assignments PICK COMPLETED": 3, "assignments MANUAL COMPLETED": 5, "assignments OFFER TRANSFERRED": 5, "assignments OFFER REASSIGNED": 1,
		"offers revoked ASSIGNED_BY_HAND": 1, "offers revoked TRANSFERRED": 1, "offers revoked CONTACT_CHANGED": 1,
		"changes TRANSFERRED": 10, "changes CONTACT_LINKED": 5, "changes PRIORITY_CHANGED": 5, "chosen by ROUND_ROBIN": 10, "chosen by LEAST_ACTIVE": 10,
		"reasons WORKSTREAM_NOT_PUSH": 5, "reasons TRANSFERRED_WITHOUT_PREFERRED": 2, "reasons FEATURE_DISABLED": 3, "preferred AGENT_NOT_FOUND": 1,
		"policies": 8, "rows": 6, "members": 2, "settings": 8,
		"presences MANUAL": 20, "presences RESTORED": 5, "presences SIGN_OUT": 3, "presences DISCONNECTED": 5,
	} {
		if seen[what] < least {
			p.t.Errorf("the play had only %d %s, want %d or more: give it other numbers", seen[what], what, least)
		}
	}
}

// checkKept restarts the server: what was told is what is stored.
func (p *play) checkKept(before checker.History) {
	if code := p.s.stop(); code != 0 {
		p.t.Errorf("the server ended with %d", code)
	}
	p.s.start()
	after, err := checker.Read(context.Background(), p.c, p.rec.Contacts()...)
	if err != nil {
		p.t.Fatal(err)
	}
	after.ReadAt = before.ReadAt
	if !reflect.DeepEqual(before, after) {
		p.t.Error("after a restart the API tells another history")
	}
}
