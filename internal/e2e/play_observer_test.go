package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/checker"
)

// observer listens to all presences and all items, and gives every message to the recorder.
type observer struct {
	socket    *socket
	listening sync.WaitGroup
	// last is the id of the item whose end is the last thing to be heard; then heard is closed.
	last  atomic.Pointer[string]
	heard chan struct{}
}

var observed = map[string]string{checker.PresenceStream: checker.PresenceDocument, checker.ItemStream: checker.ItemsDocument}

// observe begins to listen, or goes on where it was (EV-1), and waits until the starts are complete.
func (p *play) observe() {
	so, err := dial(p.s.url(""), "")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(so.kill)
	p.observer.socket = so
	var started sync.WaitGroup
	for name, document := range observed {
		st, err := so.subscribe(document, vars{"after": p.rec.Cursor(name)})
		if err != nil {
			p.t.Fatal(err)
		}
		started.Add(1)
		ready := sync.OnceFunc(started.Done)
		p.observer.listening.Go(func() {
			defer ready()
			for raw := range st.messages {
				p.observed(name, raw)
				if bytes.Contains(raw, []byte(`"READY"`)) {
					ready()
				}
			}
		})
	}
	started.Wait()
}

// deafen loses the observer's connection.
func (p *play) deafen() {
	for name := range observed {
		p.rec.Cut(name)
	}
	p.observer.socket.kill()
	p.observer.listening.Wait()
	for name := range observed {
		p.rec.Closed(name)
	}
}

func (p *play) observed(name string, raw json.RawMessage) {
	var payload struct{ Data json.RawMessage }
	err := json.Unmarshal(raw, &payload)
	if err == nil {
		err = p.rec.Hear(name, payload.Data)
	}
	if err != nil {
		p.t.Errorf("the observer heard %s: %v", raw, err)
	}
	if last := p.observer.last.Load(); last != nil && bytes.Contains(raw, []byte(*last)) && bytes.Contains(raw, []byte(`"CANCELLED"`)) {
		close(p.observer.heard)
	}
}

// hearOut ends the play with an item that is cancelled, and waits until the observer has heard of it: before that, of all else.
func (p *play) hearOut() {
	sent := time.Now()
	id := p.c.do(p.t, `mutation ($w: ID!) { createWorkItem(input: {workstreamId: $w}) { workItem { id } } }`, vars{"w": p.stage.picked}).text("createWorkItem.workItem.id")
	p.rec.Answered(checker.Answer{Done: "CREATED", Item: id, Sent: sent})
	p.observer.last.Store(&id)
	p.close(p.c, id, "CANCELLED", cancelDocument)
	select {
	case <-p.observer.heard:
	case <-time.After(patience):
		p.t.Errorf("the observer has not heard of the last item: %v", p.observer.socket.err)
	}
	p.deafen()
}

// set changes settings of the object with an id, which documents take as $id, and logs what became of them.
func (p *play) set(id, document string, v vars) {
	if v == nil {
		v = vars{}
	}
	v["id"] = id
	if err := p.rec.Around(context.Background(), p.c, id, func() error {
		_, err := p.c.try(document, v)
		return err
	}); err != nil {
		p.t.Errorf("change %s: %v", id, err)
	}
}

// scriptPolicies changes settings while work waits: policies at all three scopes, workstreams, queues, an agent's capacity; and an agent
// who never came is deleted.
func (p *play) scriptPolicies(at func(n int, happens func())) {
	s := &p.stage
	policy := func(n int, id, settings string) {
		at(n, func() {
			p.set(id, `mutation ($id: ID!) { updateRoutingPolicy(input: {scopeId: $id, `+settings+`}) { warnings { code } } }`, nil)
		})
	}
	change := func(n int, kind, id, settings string) {
		at(n, func() {
			p.set(id, `mutation ($id: ID!) { update`+kind+`(input: {`+map[string]string{"Workstream": "workstreamId", "Queue": "queueId", "Agent": "agentId"}[kind]+
				`: $id, `+settings+`}) { __typename } }`, nil)
		})
	}
	policy(80, s.quick[0], "whenUnavailable: LEAVE_UNASSIGNED")
	policy(140, s.quick[0], "whenUnavailable: null")
	policy(205, "or_1", "enabled: false")
	policy(212, "or_1", "enabled: true")
	policy(225, s.slow[4], "whenUnavailable: NEXT_BEST_AGENT")
	for i, contact := range s.known[30:34] {
		policy(110+i, contact, "whenUnavailable: LEAVE_UNASSIGNED, retryPreferred: false")
		policy(240+i, contact, "whenUnavailable: null, retryPreferred: null")
	}
	change(120, "Workstream", s.quick[1], "offerSeconds: 6, allowedPresences: [AVAILABLE, BUSY, AWAY]")
	change(245, "Workstream", s.quick[1], "offerSeconds: 5, allowedPresences: [AVAILABLE]")
	change(200, "Workstream", s.quick[2], "capacityUnits: 2, declineLimit: 1")
	change(130, "Agent", s.agents[28], "capacityUnits: 2")
	change(232, "Agent", s.agents[28], "capacityUnits: 14")
	change(195, "Queue", s.desk, "priority: 200")
	change(250, "Queue", s.least, "assignmentMethod: HIGHEST_CAPACITY")
	change(255, "Queue", s.round, "assignmentMethod: LEAST_ACTIVE")
	at(60, func() {
		p.set(s.agents[39], `mutation ($id: ID!) { deleteAgent(input: {agentId: $id}) { agentId } }`, nil)
	})
}
