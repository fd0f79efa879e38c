package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"rapport/engine"
)

// twin is a second engine, made from what is on the disk. If the writer's memory is what the disk says, both do the same with the same
// commands, down to the last row and event.
type twin struct {
	*rig
	engine *engine.Engine
	snap   engine.Snapshot
	// names gives the ids that each of the two has made since a name by their order.
	names [2]map[string]string
}

var ids = regexp.MustCompile(`\b(ct|ag|qu|ws|wi|of|as|se)_[0-9a-f-]{36}\b`)

// checkMemory compares the writer's memory with the disk. It changes both, so it comes last in a test.
func (r *rig) checkMemory() {
	r.Helper()
	snap, err := r.faults.Load(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	snap.Live = &engine.LiveSessions{IDs: map[engine.SessionID]bool{}}
	for _, s := range snap.Sessions {
		snap.Live.IDs[s.ID] = true
	}
	x := &twin{rig: r, snap: snap, engine: engine.New(snap, r.now()), names: [2]map[string]string{{}, {}}}
	if disk, memory := x.engine.Figures(), r.writer.Figures(); disk != memory {
		r.Errorf("the disk has %+v, the memory %+v", disk, memory)
	}
	text, err := json.Marshal(snap)
	if err != nil {
		r.Fatal(err)
	}
	for _, id := range ids.FindAllString(string(text), -1) {
		x.names[0][id], x.names[1][id] = id, id
	}
	for i, c := range x.probes() {
		if r.Failed() {
			return
		}
		x.both(i, c)
	}
}

// probes touch everything there is: each agent, row, offer and open item, and the settings.
func (x *twin) probes() []engine.Call {
	var list []engine.Call
	add := func(c engine.Command) { list = append(list, call(c, "", "")) }
	add(engine.UpdateOrganization{ReconnectSeconds: ptr(30)})
	for _, w := range x.snap.Workstreams {
		add(engine.UpdateRoutingPolicy{WorkstreamID: w.ID, RetryPreferred: engine.Patch[bool]{Set: true, Value: ptr(true)}})
		add(engine.CreateWorkItem{WorkstreamID: w.ID, ContactID: x.known})
		add(engine.CreateWorkItem{WorkstreamID: w.ID, ContactID: x.stranger, Priority: ptr(3)})
		add(engine.CreateWorkItem{WorkstreamID: w.ID})
	}
	for i, o := range x.snap.Offers {
		if i%2 == 0 {
			add(engine.AcceptOffer{OfferID: o.ID})
		} else {
			add(engine.RejectOffer{OfferID: o.ID})
		}
	}
	for _, a := range x.snap.Agents {
		add(engine.OpenSession{AgentID: a.ID})
		add(engine.SetPresence{AgentID: a.ID, StatusID: engine.StatusBusy})
		add(engine.SetPresence{AgentID: a.ID, StatusID: engine.StatusAvailable})
	}
	for _, q := range x.snap.Queues {
		add(engine.AddQueueMembers{QueueID: q.ID, Agents: x.agents})
		add(engine.RemoveQueueMembers{QueueID: q.ID, Agents: x.agents[:1]})
	}
	add(engine.MovePreferredAgent{ContactID: x.known, AgentID: x.agents[1], Down: true})
	add(engine.SetPreferredAgents{ContactID: x.known, Agents: x.agents[2:]})
	add(engine.RemovePreferredAgent{ContactID: x.stranger, AgentID: x.agents[0]})
	for _, s := range x.snap.Sessions {
		add(engine.CloseSession{SessionID: s.ID})
	}
	for i, w := range x.snap.WorkItems {
		add(engine.CompleteWorkItem{WorkItemID: w.ID})
		if i%2 == 0 {
			add(engine.CancelWorkItem{WorkItemID: w.ID})
		}
	}
	for _, a := range x.snap.Agents {
		add(engine.SignOut{AgentID: a.ID})
	}
	return list
}

// both gives one command to the writer and to the twin, and compares what came of it.
func (x *twin) both(i int, c engine.Call) {
	x.Helper()
	x.clock.Add(5)
	before := len(x.faults.batches())
	result, _, err := x.writer.Do(context.Background(), c)
	var changes *engine.Changes
	for _, b := range x.faults.batches()[before:] {
		if b.Changes.Size() > 0 { // not a beat
			changes = b.Changes
		}
	}
	needs := x.engine.Missing([]engine.Command{c.Command})
	facts, _, factsErr := x.faults.Facts(context.Background(), needs, nil, x.now())
	if factsErr != nil {
		x.Fatal(factsErr)
	}
	x.engine.Admit(facts)
	twinResult, twinErr := x.engine.Apply(c.Command, engine.Meta{Actor: c.Actor, Now: x.now(), Entropy: uint64(i)})
	twinChanges := x.engine.Take()
	x.engine.Forget()
	if twinChanges.Size() == 0 {
		twinChanges = nil
	}
	what := fmt.Sprintf("probe %d, %T", i, c.Command)
	if fmt.Sprint(err) != fmt.Sprint(twinErr) {
		x.Errorf("%s: the memory says %v, the disk %v", what, err, twinErr)
		return
	}
	x.compare(what+", the result", result, twinResult)
	x.compare(what+", the changes", changes, twinChanges)
}

// compare tells where two values differ once new ids are named by their order.
func (x *twin) compare(what string, memory, disk any) {
	x.Helper()
	var texts [2]string
	for side, v := range [...]any{memory, disk} {
		text, err := json.Marshal(v)
		if err != nil {
			x.Fatal(err)
		}
		texts[side] = ids.ReplaceAllStringFunc(string(text), func(id string) string {
			name, known := x.names[side][id]
			if !known {
				name = fmt.Sprint("new ", len(x.names[side]))
				x.names[side][id] = name
			}
			return name
		})
	}
	if texts[0] == texts[1] {
		return
	}
	at := 0
	for at < min(len(texts[0]), len(texts[1])) && texts[0][at] == texts[1][at] {
		at++
	}
	from := max(0, at-200)
	excerpt := func(s string) string { return strings.ToValidUTF8(s[from:min(len(s), at+100)], "") }
	x.Errorf("%s: the memory differs from the disk\nmemory …%s\ndisk   …%s", what, excerpt(texts[0]), excerpt(texts[1]))
}

// atMost fails for callers who waited longer than they are promised.
func (r *rig) atMost(limit time.Duration, out []outcome) {
	r.Helper()
	for i, o := range out {
		if o.took > limit {
			r.Errorf("caller %d waited %v", i, o.took)
		}
	}
}
