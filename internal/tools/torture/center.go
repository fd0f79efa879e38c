package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// role is how an agent behaves.
type role int

const (
	// steady agents hold one session all the time, so that their presence is known exactly.
	steady role = iota
	// restless agents lose their connection, sign out and use several devices.
	restless
	// sleeping agents have a session and answer nothing.
	sleeping
	// orderly is the one agent of the queues where waiting items pile up: full all the time.
	orderly
)

// agent is an agent of the centre with their devices.
type agent struct {
	*agentRecord
	role   role
	socket *socket
	// inbox holds what the agent has been offered and may answer.
	inbox chan *offer
}

// world is one contact centre on one server, what has happened to it, and who works there.
type world struct {
	*ledger
	server *server
	http   *httpClient
	seed   uint64

	agents []*agent
	// streams are the workstreams by name; see the table in build.
	streams  map[string]*workstream
	contacts []string
	// ordered are the queues of the orderly agent.
	ordered []string

	round int
	// began is when each round did.
	began   []time.Time
	numbers atomic.Int64
	// stopped ends the load.
	stopped atomic.Bool
	running sync.WaitGroup
	// scannedTo is the cursor behind the items of earlier rounds; likewise for contacts.
	scannedTo, contactsTo string
}

type workstream struct {
	id, queue string
	seconds   int
	common    bool
}

const (
	clients = 16
	// contactCount is how many contacts have rows that change.
	contactCount = 40
)

func newWorld(r *report, s *server, seed uint64) *world {
	return &world{
		ledger: newLedger(r), server: s, http: newHTTPClient(s.url(), 2*clients), seed: seed,
		streams: map[string]*workstream{},
	}
}

// random gives each goroutine of each round its own chance, the same for the same seed.
func (w *world) random(who int) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, uint64(w.round)<<16|uint64(who)))
}

// must makes a call of the setting up, which has to succeed.
func (w *world) must(ctx context.Context, k *kind, input map[string]any) (*answer, error) {
	data, refused, err := w.http.execute(ctx, "", k.document, map[string]any{"input": input})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", k.name, err)
	case refused != nil:
		return nil, fmt.Errorf("%s: %s", k.name, refused)
	}
	var got struct{ R *answer }
	if err := json.Unmarshal(data, &got); err != nil || got.R == nil {
		return nil, fmt.Errorf("%s: unreadable answer %s", k.name, data)
	}
	return got.R, nil
}

// build makes the centre through the API.
func (w *world) build(ctx context.Context) error {
	queues := map[string]string{}
	for _, q := range [...]struct {
		name     string
		priority int
	}{{"general", 10}, {"cases", 20}, {"first", 5}, {"second", 30}} {
		a, err := w.must(ctx, createQueue, map[string]any{"name": q.name, "priority": q.priority})
		if err != nil {
			return err
		}
		queues[q.name] = a.Queue.ID
		if q.name == "first" || q.name == "second" {
			w.ordered = append(w.ordered, a.Queue.ID)
		}
	}
	for _, s := range [...]struct {
		name, queue, channel string
		seconds, units       int
		auto, common         bool
	}{
		{"short", "general", "CHAT", 5, 1, false, true},
		{"long", "general", "CHAT", 90, 1, false, true},
		{"case", "cases", "CASE", 300, 2, false, true},
		{"auto", "cases", "EMAIL", 120, 1, true, true},
		{"first", "first", "VOICE", 600, 1, false, false},
		{"second", "second", "VOICE", 600, 1, false, false},
	} {
		mode := "MANUAL"
		if s.auto {
			mode = "AUTO"
		}
		a, err := w.must(ctx, createWorkstream, map[string]any{
			"name": s.name, "channel": s.channel, "queueId": queues[s.queue], "allowedPresences": []string{"AVAILABLE", "BUSY"},
			"capacityUnits": s.units, "acceptMode": mode, "offerSeconds": s.seconds,
		})
		if err != nil {
			return err
		}
		w.streams[s.name] = &workstream{a.Workstream.ID, queues[s.queue], s.seconds, s.common}
		if s.name == "case" {
			w.policy = policyRecord{stream: a.Workstream.ID, version: a.Workstream.Version}
		}
	}
	// Preferred agents on; the case stream keeps LEAVE_UNASSIGNED, its default.
	data, refused, err := w.http.execute(ctx, "", `mutation { updateRoutingPolicy(input: {scopeId: "or_1", enabled: true}) { organization { id } } }`, nil)
	if err != nil || refused != nil {
		return fmt.Errorf("the policy: %v %v %s", err, refused, data)
	}
	return w.hire(ctx, queues)
}

// hire makes the agents and puts them into their queues.
func (w *world) hire(ctx context.Context, queues map[string]string) error {
	members := map[string][]string{}
	for i, a := range [...]struct {
		role     role
		capacity int
	}{
		{steady, 12}, {steady, 12}, {steady, 8}, {steady, 8}, {steady, 4}, {steady, 4},
		{restless, 6}, {restless, 6}, {restless, 4}, {sleeping, 3}, {orderly, 1},
	} {
		answer, err := w.must(ctx, createAgent, map[string]any{"name": fmt.Sprintf("Agent %d", i+1), "capacityUnits": a.capacity})
		if err != nil {
			return err
		}
		record := &agentRecord{id: answer.Agent.ID, vague: true}
		w.ledger.agents[record.id] = record
		w.agents = append(w.agents, &agent{agentRecord: record, role: a.role, inbox: make(chan *offer, 4096)})
		in := []string{"general", "cases"}
		if a.role == orderly {
			in = []string{"first", "second"}
		}
		for _, q := range in {
			members[q] = append(members[q], record.id)
		}
	}
	for q, ids := range members {
		if _, err := w.must(ctx, addMembers, map[string]any{"queueId": queues[q], "agentIds": ids}); err != nil {
			return err
		}
	}
	return nil
}

// meet makes the contacts, half of them with a row.
func (w *world) meet(ctx context.Context) error {
	rng := w.random(1 << 15)
	for i := range contactCount {
		name := fmt.Sprintf("Contact %d", i+1)
		a, err := w.must(ctx, createContact, map[string]any{"fullName": name})
		if err != nil {
			return err
		}
		id := a.Contact.ID
		w.contacts = append(w.contacts, id)
		w.ledger.contacts[name] = &contactRecord{name: name, id: id, acked: true}
		w.rows[id] = &row{contact: id}
		if i%2 == 0 {
			if _, gone := w.give(ctx, w.http, w.newRow(rng, w.rows[id])); gone {
				return errors.New("no row for a contact")
			}
		}
	}
	return nil
}

// openCentre starts the server for the first time, makes the centre and gives the orderly agent an item that keeps them full.
func (w *world) openCentre(ctx context.Context) error {
	took, err := w.server.start()
	if err != nil {
		return err
	}
	w.readyAt = time.Now()
	if err := w.build(ctx); err != nil {
		return err
	}
	w.progress("the centre stands, the first start took %s, seed %d", seconds(took), w.seed)
	for _, step := range []func(context.Context) error{w.listen, w.meet, w.connectAll} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	o := w.newItem(w.random(1<<15), "first", 0)
	o.lean = false
	if a, _ := w.give(ctx, w.http, o); a == nil || a.WorkItem.Offer == nil {
		return errors.New("the orderly agent was offered nothing")
	}
	return w.fillOrderly(ctx)
}

// fillOrderly lets the orderly agent accept what they are offered.
func (w *world) fillOrderly(ctx context.Context) error {
	a := w.agents[len(w.agents)-1]
	select {
	case o := <-a.inbox:
		if got, _ := w.give(ctx, w.http, w.answerOp(acceptOffer, o, "")); got == nil {
			return errors.New("the orderly agent could not accept")
		}
		return nil
	case <-time.After(answerLimit):
		return errors.New("the orderly agent was not told of their offer")
	}
}
