package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// The contact centre whose subscriptions are folded, and who works there.

// foldCentre is a contact centre in which everything happens.
type foldCentre struct {
	queues   []string // one for each assignment method, and one whose offers are brief
	fleeting string   // a queue that is deleted and made again
	crowded  []string // queues whose hundred members come and go, so that there are many events
	crowd    []string
	staff    []string // the last two are deleted and made again, the one before sleeps
	contacts []string
	streams  []foldStream
	// specimens are work items that are never closed.
	specimens []string

	mu    sync.Mutex
	items []string // those that may be open, the oldest first
}

// foldStream is a workstream; brief offers are missed.
type foldStream struct {
	id, queue string
	brief     bool
}

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

const (
	createAgent   = `mutation ($id: ID, $n: Int!) { r: createAgent(input: {id: $id, name: "Somebody", capacityUnits: $n}) { o: agent { id } } }`
	createQueue   = `mutation ($id: ID, $m: AssignmentMethod!, $n: Int!) { r: createQueue(input: {id: $id, name: "A queue", assignmentMethod: $m, priority: $n}) { o: queue { id } } }`
	addMembers    = `mutation ($q: ID!, $a: [ID!]!) { r: addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`
	removeMembers = `mutation ($q: ID!, $a: [ID!]!) { r: removeQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`
	createContact = `mutation { r: createContact(input: {fullName: "A customer"}) { o: contact { id } } }`
	preferAgents  = `mutation ($c: ID!, $a: [ID!]!) { r: setPreferredAgents(input: {contactId: $c, agentIds: $a}) { warnings { code } } }`
	createItem    = `mutation ($w: ID!, $c: ID, $p: Int) { r: createWorkItem(input: {workstreamId: $w, contactId: $c, priority: $p}) { o: workItem { id } } }`
	setPresence   = `mutation ($s: ID!) { r: setPresence(input: {statusId: $s}) { agent { id } } }`
)

// build makes the centre.
func (f *fold) build(t testing.TB) {
	c, k := f.s.client(), &f.centre
	id := func(document string, v vars) string { return c.do(t, document, v).text("r.o.id") }
	rng := rand.New(rand.NewPCG(f.seed, 1))
	c.do(t, `mutation { updateOrganization(input: {reconnectSeconds: 1}) { organization { id } } }`, nil)
	c.do(t, `mutation { updateRoutingPolicy(input: {scopeId: "or_1", enabled: true}) { organization { id } } }`, nil)
	for i, method := range []string{"HIGHEST_CAPACITY", "ROUND_ROBIN", "LEAST_ACTIVE", "ROUND_ROBIN"} {
		k.queues = append(k.queues, id(createQueue, vars{"m": method, "n": 10 * i}))
	}
	k.fleeting = id(createQueue, vars{"id": "qu_" + uuid(rng), "m": "ROUND_ROBIN", "n": 500})
	for range 20 {
		k.staff = append(k.staff, id(createAgent, vars{"id": "ag_" + uuid(rng), "n": 4 + len(k.staff)%4}))
	}
	for i, q := range k.queues {
		c.do(t, addMembers, vars{"q": q, "a": append(append([]string{}, k.staff[4*i:min(4*i+8, 18)]...), k.staff[18:]...)})
	}
	for range 100 {
		k.crowd = append(k.crowd, id(createAgent, vars{"n": 1}))
	}
	for range 3 {
		k.crowded = append(k.crowded, id(createQueue, vars{"m": "ROUND_ROBIN", "n": 900}))
	}
	for i := range 30 {
		k.contacts = append(k.contacts, id(createContact, nil))
		if i%2 == 0 {
			c.do(t, preferAgents, vars{"c": k.contacts[i], "a": []string{k.staff[i%16], k.staff[(i+5)%16], k.staff[(i+11)%16]}})
		}
	}
	for _, s := range []struct {
		queue    int
		brief    bool
		settings string
	}{
		{0, false, `channel: CHAT, offerSeconds: 3600`}, {1, false, `channel: EMAIL, offerSeconds: 3600`}, {2, false, `channel: VOICE, acceptMode: AUTO`},
		{3, true, `channel: SMS, offerSeconds: 5`}, {2, false, `channel: CASE, distributionMode: PICK`},
	} {
		document := `mutation ($q: ID!) { r: createWorkstream(input: {name: "Work", queueId: $q, allowedPresences: [AVAILABLE, BUSY], ` + s.settings + `}) { o: workstream { id } } }`
		k.streams = append(k.streams, foldStream{id(document, vars{"q": k.queues[s.queue]}), k.queues[s.queue], s.brief})
	}
	for i := range 10 {
		k.specimens = append(k.specimens, id(createItem, vars{"w": k.streams[[]int{0, 1, 2, 4}[i%4]].id, "c": k.contacts[i]}))
	}
}

// call makes a call that may be refused for a reason of its own, and tells whether it was made.
func (f *fold) call(actor, document string, v vars) (object, bool) {
	data, err := f.s.client().as(actor).try(document, v)
	if err == nil {
		f.count("calls", 1)
		return data, true
	}
	if list := (apiErrors)(nil); errors.As(err, &list) {
		f.count("calls refused", 1)
		switch list[0].Extensions.Code {
		case "CONFLICT", "NOT_FOUND", "BAD_USER_INPUT", "UNAVAILABLE", "LIMIT_EXCEEDED":
		default:
			f.violation("%v to %s", err, document)
		}
		return object{}, false
	}
	f.count("calls without an answer", 1)
	time.Sleep(50 * time.Millisecond)
	return object{}, false
}

func one[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// someItem is one that may be open.
func (f *fold) someItem(rng *rand.Rand) string {
	k := &f.centre
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.items) == 0 || rng.IntN(6) == 0 {
		return one(rng, k.specimens)
	}
	return one(rng, k.items)
}

func (f *fold) isSpecimen(item string) bool {
	for _, s := range f.centre.specimens {
		if s == item {
			return true
		}
	}
	return false
}

// integrate creates work and does with it what integrators and supervisors do, until the load is over.
func (f *fold) integrate(rng *rand.Rand) {
	const most = 250 // work items that may be open
	k := &f.centre
	for !f.calm.Load() {
		time.Sleep(time.Duration(10+rng.IntN(30)) * time.Millisecond)
		k.mu.Lock()
		oldest := ""
		if len(k.items) > most {
			oldest, k.items = k.items[0], k.items[1:]
		}
		k.mu.Unlock()
		if oldest != "" {
			f.close(rng, oldest)
			continue
		}
		item := f.someItem(rng)
		switch n := rng.IntN(100); {
		case n < 36:
			f.create(rng)
		case n < 52:
			if !f.isSpecimen(item) {
				f.close(rng, item)
			}
		case n < 62:
			f.call("", `mutation ($w: ID!, $q: ID!, $p: Boolean!) { transferWorkItem(input: {workItemId: $w, queueId: $q, preferredAgents: $p}) { workItem { id } } }`,
				vars{"w": item, "q": one(rng, append([]string{k.fleeting}, append(k.queues, k.queues...)...)), "p": rng.IntN(2) == 0})
		case n < 70:
			f.call("", `mutation ($w: ID!, $p: Int!) { setWorkItemPriority(input: {workItemId: $w, priority: $p}) { workItem { id } } }`,
				vars{"w": item, "p": rng.IntN(300)})
		case n < 78:
			v := vars{"w": item, "c": nil}
			if rng.IntN(3) > 0 {
				v["c"] = one(rng, k.contacts)
			}
			f.call("", `mutation ($w: ID!, $c: ID) { linkContact(input: {workItemId: $w, contactId: $c}) { workItem { id } } }`, v)
		case n < 86:
			f.call("", `mutation ($w: ID!, $a: ID!) { assignWorkItem(input: {workItemId: $w, agentId: $a}) { workItem { id } } }`,
				vars{"w": item, "a": one(rng, k.staff)})
		default:
			f.call(one(rng, k.staff), `mutation ($w: ID!) { pickWorkItem(input: {workItemId: $w}) { workItem { id } } }`, vars{"w": item})
		}
	}
}

func (f *fold) create(rng *rand.Rand) {
	k := &f.centre
	v := vars{"w": one(rng, k.streams).id}
	if rng.IntN(3) > 0 {
		v["c"] = one(rng, k.contacts)
	}
	if rng.IntN(4) == 0 {
		v["p"] = rng.IntN(300)
	}
	if made, ok := f.call("", createItem, v); ok {
		k.mu.Lock()
		k.items = append(k.items, made.text("r.o.id"))
		k.mu.Unlock()
	}
}

func (f *fold) close(rng *rand.Rand, item string) {
	if rng.IntN(3) > 0 {
		if _, ok := f.call("", completeDocument, vars{"w": item}); ok {
			return
		}
	}
	f.call("", cancelDocument, vars{"w": item})
}

// administer changes who and what is there, until the load is over.
func (f *fold) administer(rng *rand.Rand) {
	k := &f.centre
	flip := map[string]any{}
	toggle := func(what string, a, b any) any {
		if flip[what] != b {
			flip[what] = b
		} else {
			flip[what] = a
		}
		return flip[what]
	}
	for turn := 0; !f.calm.Load(); turn++ {
		time.Sleep(time.Duration(60+rng.IntN(80)) * time.Millisecond)
		q, a := one(rng, k.queues), one(rng, k.staff[:17])
		switch turn % 12 {
		case 0, 1:
			f.call("", addMembers, vars{"q": q, "a": []string{a, one(rng, k.staff[18:])}})
		case 2:
			f.call("", removeMembers, vars{"q": q, "a": []string{a}})
		case 3:
			f.call("", `mutation ($q: ID!, $m: AssignmentMethod!, $p: Int!) { updateQueue(input: {queueId: $q, assignmentMethod: $m, priority: $p}) { queue { id } } }`,
				vars{"q": q, "m": one(rng, []string{"HIGHEST_CAPACITY", "ROUND_ROBIN", "LEAST_ACTIVE"}), "p": rng.IntN(50)})
		case 4:
			f.call("", `mutation ($a: ID!, $n: Int!) { updateAgent(input: {agentId: $a, capacityUnits: $n}) { agent { id } } }`, vars{"a": a, "n": 2 + rng.IntN(8)})
		case 5:
			f.call("", `mutation ($w: WhenUnavailable) { updateRoutingPolicy(input: {scopeId: "or_1", whenUnavailable: $w}) { organization { id } } }`,
				vars{"w": toggle("when", nil, "LEAVE_UNASSIGNED")})
		case 6:
			f.call("", `mutation ($w: ID!, $s: Int!) { updateWorkstream(input: {workstreamId: $w, capacityUnits: $s}) { workstream { id } } }`,
				vars{"w": one(rng, k.streams).id, "s": 1 + rng.IntN(2)})
		case 7:
			f.call("", preferAgents, vars{"c": one(rng, k.contacts), "a": []string{a}})
		case 8:
			f.call("", `mutation ($e: Boolean!) { updateRoutingPolicy(input: {scopeId: "or_1", enabled: $e}) { organization { id } } }`, vars{"e": toggle("enabled", true, false)})
		case 9:
			f.replaceAgent(rng)
		case 10:
			f.replaceQueue(rng)
		case 11:
			f.passingNouns(rng)
		}
	}
}

// replaceAgent deletes an agent, who leaves their work before, and makes them again after a while.
func (f *fold) replaceAgent(rng *rand.Rand) {
	k := &f.centre
	id := one(rng, k.staff[18:])
	work, ok := f.call("", `query ($a: ID!) { agent(id: $a) { assignments(first: 100) { nodes { workItem { id } } } } }`, vars{"a": id})
	if !ok {
		return
	}
	for _, item := range work.texts("agent.assignments.nodes", "workItem.id") {
		f.call("", `mutation ($w: ID!, $q: ID!) { transferWorkItem(input: {workItemId: $w, queueId: $q}) { workItem { id } } }`,
			vars{"w": item, "q": one(rng, k.queues)})
	}
	if _, ok := f.call("", `mutation ($a: ID!) { deleteAgent(input: {agentId: $a}) { agentId } }`, vars{"a": id}); ok {
		f.count("agents deleted", 1)
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
	}
	f.restore(rng)
}

// replaceQueue empties and deletes a queue, and makes it again after a while.
func (f *fold) replaceQueue(rng *rand.Rand) {
	k := &f.centre
	inside, ok := f.call("", `query ($q: ID!) { workItems(filter: {queueId: $q, statuses: [QUEUED, OFFERED, ASSIGNED]}, first: 100) { nodes { id } } }`,
		vars{"q": k.fleeting})
	if !ok {
		return
	}
	for _, item := range inside.texts("workItems.nodes", "id") {
		f.call("", `mutation ($w: ID!, $q: ID!) { transferWorkItem(input: {workItemId: $w, queueId: $q}) { workItem { id } } }`,
			vars{"w": item, "q": one(rng, k.queues)})
	}
	if _, ok := f.call("", `mutation ($q: ID!) { deleteQueue(input: {queueId: $q}) { queueId } }`, vars{"q": k.fleeting}); ok {
		f.count("queues deleted", 1)
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
	}
	f.restore(rng)
}

// restore makes what is deleted now and then again; what is there is refused.
func (f *fold) restore(rng *rand.Rand) {
	k := &f.centre
	f.call("", createQueue, vars{"id": k.fleeting, "m": "LEAST_ACTIVE", "n": 500})
	for _, id := range k.staff[18:] {
		f.call("", createAgent, vars{"id": id, "n": 5})
		f.call("", addMembers, vars{"q": one(rng, k.queues), "a": []string{id}})
	}
	f.call("", addMembers, vars{"q": k.fleeting, "a": k.staff[14:]})
}

// passingNouns come, change and go.
func (f *fold) passingNouns(rng *rand.Rand) {
	if made, ok := f.call("", createContact, nil); ok {
		id := vars{"c": made.text("r.o.id")}
		f.call("", `mutation ($c: ID!) { updateContact(input: {contactId: $c, fullName: "Another customer"}) { contact { id } } }`, id)
		f.call("", `mutation ($c: ID!) { deleteContact(input: {contactId: $c}) { contactId } }`, id)
	}
	if agent, ok := f.call("", createAgent, vars{"n": 1}); ok {
		a := agent.text("r.o.id")
		if queue, ok := f.call("", createQueue, vars{"m": "ROUND_ROBIN", "n": 700}); ok {
			q := queue.text("r.o.id")
			f.call("", addMembers, vars{"q": q, "a": []string{a}})
			f.call("", `mutation ($q: ID!) { deleteQueue(input: {queueId: $q}) { queueId } }`, vars{"q": q})
		}
		f.call("", `mutation ($a: ID!) { deleteAgent(input: {agentId: $a}) { agentId } }`, vars{"a": a})
	}
	document := `mutation ($q: ID!) { r: createWorkstream(input: {name: "Passing", channel: FAX, queueId: $q}) { o: workstream { id } } }`
	if made, ok := f.call("", document, vars{"q": one(rng, f.centre.queues)}); ok {
		f.call("", `mutation ($w: ID!) { deleteWorkstream(input: {workstreamId: $w}) { workstreamId } }`, vars{"w": made.text("r.o.id")})
	}
}

// crowd lets a hundred agents join and leave queues, so that at least so many events happen at once.
func (f *fold) crowd(events int) {
	var all sync.WaitGroup
	for _, q := range f.centre.crowded {
		all.Go(func() {
			for n := 0; n < events/len(f.centre.crowded); {
				for _, document := range []string{addMembers, removeMembers} {
					if _, ok := f.call("", document, vars{"q": q, "a": f.centre.crowd}); ok {
						n += len(f.centre.crowd)
					}
				}
			}
			f.call("", addMembers, vars{"q": q, "a": f.centre.crowd[:10]})
		})
	}
	all.Wait()
}

// lastRound changes something in every scope once the load is over.
func (f *fold) lastRound(t testing.TB, rng *rand.Rand) {
	t.Helper()
	k := &f.centre
	for _, s := range k.streams {
		for _, contact := range k.contacts[:12] {
			f.call("", createItem, vars{"w": s.id, "c": contact})
		}
	}
	for i, item := range k.specimens {
		f.call("", `mutation ($w: ID!, $p: Int!) { setWorkItemPriority(input: {workItemId: $w, priority: $p}) { workItem { id } } }`,
			vars{"w": item, "p": 301 + i})
		f.call("", `mutation ($w: ID!, $q: ID!) { transferWorkItem(input: {workItemId: $w, queueId: $q}) { workItem { id } } }`,
			vars{"w": item, "q": append([]string{k.fleeting}, k.queues...)[i%5]})
	}
	for _, agent := range k.staff {
		for _, status := range []string{"ps_away", "ps_available"} {
			f.call(agent, setPresence, vars{"s": status})
		}
	}
	f.call("", removeMembers, vars{"q": k.crowded[0], "a": k.crowd[:5]})
	f.passingNouns(rng)
}

// work is an agent at their desk, who in the end stays there and does nothing more.
func (f *fold) work(agent string, rng *rand.Rand) {
	var s *session
	answer := map[string]bool{}
	asleep := agent == f.centre.staff[17]
	defer func() {
		if s != nil {
			s.kill()
		}
	}()
	for !f.over.Load() { // a session that ended before the server did would change things
		if s == nil {
			var err error
			if s, err = openSession(f.s.url(""), agent); err != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			f.signedIn.Add(1)
			for _, o := range s.open {
				answer[o.ID] = true
			}
		}
		calm, here := f.calm.Load(), true
		select {
		case raw, more := <-s.stream.messages:
			if here = more; here {
				if m, err := decodeOffer(raw); err == nil && m.Offer != nil && m.Offer.State == "OPEN" {
					answer[m.Offer.ID] = true
				}
			}
		case <-time.After(time.Duration(20+rng.IntN(60)) * time.Millisecond):
			if !calm && !asleep {
				f.answer(agent, rng, answer)
				here = f.fidget(s, rng)
			}
		}
		if !here {
			s.kill()
			s = nil
			f.signedIn.Add(-1)
			if !calm {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(500*time.Millisecond)))
			}
		}
	}
}

// answer accepts, rejects or forgets what the agent was offered.
func (f *fold) answer(agent string, rng *rand.Rand, open map[string]bool) {
	for id := range open {
		delete(open, id)
		switch n := rng.IntN(100); {
		case n < 60:
			if made, ok := f.call(agent, acceptDocument, vars{"o": id}); ok && rng.IntN(3) > 0 {
				if item := made.text("acceptOffer.assignment.workItem.id"); !f.isSpecimen(item) {
					f.call(agent, completeDocument, vars{"w": item})
				}
			}
		case n < 80:
			f.call(agent, rejectDocument, vars{"o": id})
		}
	}
}

// fidget is what agents do besides; false when they have gone.
func (f *fold) fidget(s *session, rng *rand.Rand) (here bool) {
	switch n := rng.IntN(200); {
	case n < 12:
		f.call(s.agent, setPresence, vars{"s": one(rng, []string{"ps_available", "ps_available", "ps_busy", "ps_away", "ps_do_not_disturb"})})
	case n < 14:
		return false
	case n < 15:
		f.call(s.agent, `mutation { signOut(input: {}) { agent { id } } }`, nil)
		return false
	}
	return true
}
