package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"rapport/internal/checker"
)

// The demo's ids count: agent 17 ends in 017 (examples/contact-centre/README.md).
func demoID(prefix string, n int) string {
	return fmt.Sprintf("%s_01900000-0000-7000-8000-%012d", prefix, n)
}

// playStage is what the play stands on.
type playStage struct {
	agents []string
	// quick are the play's own workstreams, whose offers last 5 seconds; slow are those of the demo. turns are two in queues that go by
	// ROUND_ROBIN and LEAST_ACTIVE; the items of picked wait to be picked.
	quick, slow, turns []string
	picked             string
	// known are contacts with a row, few, so that they meet again; strange have none.
	known, strange []string
	rows           map[string][]string
	// desk is the play's own queue, with more of ROUND_ROBIN and LEAST_ACTIVE.
	desk, round, least string
	// queues are those of the workstreams, members those of the queues.
	queues  map[string]string
	members map[string][]string
}

// setUp adds to the demo a small queue of highest priority, two that go by turns, and workstreams, most with short countdowns.
func (p *play) setUp() playStage {
	s := playStage{rows: map[string][]string{}, queues: map[string]string{}, members: map[string][]string{}}
	for n := range 40 {
		s.agents = append(s.agents, demoID("ag", n+1))
	}
	for n := range 8 {
		s.slow = append(s.slow, demoID("ws", n+1))
	}
	p.c.do(p.t, `mutation ($s: Int!) { updateOrganization(input: {reconnectSeconds: $s}) { organization { id } } }`, vars{"s": playReconnect})
	s.desk = p.newQueue("Night desk", 5, "HIGHEST_CAPACITY", s.agents[26:32])
	s.round = p.newQueue("Round", 50, "ROUND_ROBIN", s.agents[:9])
	s.least = p.newQueue("Least", 60, "LEAST_ACTIVE", s.agents[6:16])
	var own []string
	for _, w := range []struct{ name, queue, settings string }{
		{"Quick chat", demoID("qu", 1), "channel: CHAT, capacityUnits: 2, priority: 30, allowedPresences: [AVAILABLE, BUSY]"},
		{"Quick calls", demoID("qu", 4), "channel: VOICE, capacityUnits: 3, declineLimit: 1"},
		{"Quick cases", demoID("qu", 6), "channel: CASE, capacityUnits: 1, allowedPresences: [AVAILABLE, BUSY, AWAY]"},
		{"Desk chat", s.desk, "channel: CHAT, capacityUnits: 3, priority: 70"},
		{"Round chat", s.round, "channel: CHAT, capacityUnits: 1, offerSeconds: 20"},
		{"Least texts", s.least, "channel: SMS, capacityUnits: 1, offerSeconds: 20"},
		{"Letters", s.desk, "channel: LETTER, capacityUnits: 2, distributionMode: PICK"},
	} {
		for _, d := range []string{"offerSeconds: 5", "allowedPresences: [AVAILABLE, BUSY]"} {
			if field, _, _ := strings.Cut(d, ":"); !strings.Contains(w.settings, field+":") {
				w.settings += ", " + d
			}
		}
		document := `mutation ($n: String!, $q: ID!) { createWorkstream(input: {name: $n, queueId: $q, ` + w.settings + `}) { workstream { id } } }`
		own = append(own, p.c.do(p.t, document, vars{"n": w.name, "q": w.queue}).text("createWorkstream.workstream.id"))
	}
	s.quick, s.turns, s.picked = own[:4], own[4:6], own[6]
	p.findContacts(&s)
	p.givePolicies(s.known)
	data := p.c.do(p.t, `{ workstreams(first: 100) { nodes { id queue { id members(first: 100) { nodes { id } } } } } }`, nil)
	for _, w := range data.list("workstreams.nodes") {
		s.queues[w.text("id")] = w.text("queue.id")
		s.members[w.text("queue.id")] = w.texts("queue.members.nodes", "id")
	}
	return s
}

func (p *play) newQueue(name string, priority int, method string, members []string) string {
	id := p.c.do(p.t, `mutation ($n: String!, $p: Int!, $m: AssignmentMethod!) { createQueue(input: {name: $n, priority: $p, assignmentMethod: $m}) { queue { id } } }`,
		vars{"n": name, "p": priority, "m": method}).text("createQueue.queue.id")
	p.c.do(p.t, `mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: {queueId: $q, agentIds: $a}) { queue { id } } }`, vars{"q": id, "a": members})
	return id
}

// givePolicies has some contacts set a policy of their own, the narrowest of all (RT-1).
func (p *play) givePolicies(contacts []string) {
	for i, own := range []string{"whenUnavailable: LEAVE_UNASSIGNED", "whenUnavailable: NEXT_BEST_AGENT", "enabled: false", "retryPreferred: false", "enabled: true"} {
		for n := i; n < len(contacts); n += 22 { // few, so that the rest of the play stays what it is
			p.c.do(p.t, `mutation ($c: ID!) { updateRoutingPolicy(input: {scopeId: $c, `+own+`}) { contact { id } } }`, vars{"c": contacts[n]})
		}
	}
}

func (p *play) findContacts(s *playStage) {
	after := any(nil)
	for more := true; more; {
		page := p.c.do(p.t, `query ($a: String) { contacts(first: 100, after: $a) { nodes { id preferredAgents { entries { agentId } } }
			pageInfo { hasNextPage endCursor } } }`, vars{"a": after}).at("contacts")
		for _, contact := range page.list("nodes") {
			id, row := contact.text("id"), contact.texts("preferredAgents.entries", "agentId")
			switch {
			case len(row) == 0:
				s.strange = append(s.strange, id)
			case len(s.known) < 45:
				s.known = append(s.known, id)
				s.rows[id] = row
			}
		}
		more, after = page.text("pageInfo.hasNextPage") == "true", page.text("pageInfo.endCursor")
	}
}

// item chooses who calls, somebody with a row, somebody without, or nobody, and by which workstream: mostly one whose queue the
// preferred agents know.
func (s *playStage) item(r *rand.Rand) (contact, workstream string) {
	switch n := r.IntN(100); {
	case n < 70:
		contact = s.known[r.IntN(len(s.known))]
	case n < 85:
		contact = s.strange[r.IntN(len(s.strange))]
	}
	switch n := r.IntN(100); {
	case n < 14:
		return contact, s.turns[n%2]
	case n < 18:
		return contact, s.picked
	}
	choice := s.slow
	if r.IntN(100) < 50 {
		choice = s.quick
	}
	if row := s.rows[contact]; len(row) > 0 && r.IntN(100) < 75 {
		knows := func(w string) bool { return slices.Contains(s.members[s.queues[w]], row[0]) }
		if known := slices.DeleteFunc(slices.Concat(choice, s.slow), func(w string) bool { return !knows(w) }); len(known) > 0 {
			choice = known
		}
	}
	return contact, choice[r.IntN(len(choice))]
}

// script tells what happens before which item: agents come, go, and choose presences, one after another; a few rows and a membership
// change. It follows from the seed alone.
func (p *play) script() map[int][]func() {
	script := map[int][]func(){}
	at := func(n int, happens func()) { script[n] = append(script[n], happens) }
	free := map[*playAgent]int{} // from when on there is nothing planned for an agent
	for i, a := range p.agents {
		switch {
		case i == 39: // never comes
			free[a] = playItems
		case i%4 == 3: // come later
			at(7*i, a.arrive)
			free[a] = 7*i + 1
		default:
			at(0, a.arrive)
		}
	}
	for n := 5; n < playItems; n += 2 {
		a := p.agents[p.random.IntN(len(p.agents))]
		if free[a] > n {
			continue
		}
		then := func(now func(), after int, back func()) {
			at(n, now)
			at(n+after, back)
			free[a] = n + after + 1
		}
		switch p.random.IntN(13) {
		case 0, 1, 2:
			then(func() { a.choose("ps_busy") }, 8, func() { a.choose("ps_available") })
		case 3, 4:
			then(func() { a.choose("ps_away") }, 15, func() { a.choose("ps_available") })
		case 5:
			then(func() { a.choose("ps_do_not_disturb") }, 12, func() { a.choose("ps_available") })
		case 6, 12:
			then(a.vanish, 170, a.arrive) // for longer than a short interruption
		case 7:
			then(a.vanish, 5, a.arrive)
		case 8, 10, 11:
			then(a.signOut, 25, a.arrive)
		case 9:
			at(n, a.takeAnotherDevice)
		}
	}
	p.scriptSettings(at)
	p.scriptPolicies(at)
	p.scriptByHand(at)
	return script
}

// scriptSettings changes rows, best of contacts whose preferred agent is being asked, and who is in the play's own queue.
func (p *play) scriptSettings(at func(n int, happens func())) {
	for i, n := range []int{60, 95, 130, 200, 235, 270} {
		at(n, func() {
			contact, agent := p.asked()
			if contact == "" {
				contact, agent = p.stage.known[i], p.stage.rows[p.stage.known[i]][0]
			}
			before := p.stage.rows[contact]
			gone := p.stage.agents[39] // deleted: no new row may name them
			after := slices.DeleteFunc(slices.Clone(before), func(a string) bool { return a == agent || a == gone })
			stand := p.stage.agents[(7*n)%38]
			if stand == agent {
				stand = p.stage.agents[38]
			}
			if len(after) < 2 && !slices.Contains(after, stand) {
				after = append(after, stand)
			}
			p.setRow(contact, after)
			p.stage.rows[contact] = after
		})
	}
	at(100, func() { p.setMember(p.stage.agents[5], true) })
	at(220, func() { p.setMember(p.stage.agents[27], false) })
}

// asked is a contact whose preferred agent has an open offer, with that agent; empty when there is none.
func (p *play) asked() (contact, agent string) {
	data := p.c.do(p.t, `{ workItems(filter: {statuses: [OFFERED]}, first: 100) { nodes { contact { id } offer { agentId path } } } }`, nil)
	for _, it := range slices.Backward(data.list("workItems.nodes")) { // the oldest are those that are ignored
		contact, agent = it.text("contact.id"), it.text("offer.agentId")
		if row := p.stage.rows[contact]; it.text("offer.path") == "PREFERRED" && slices.Contains(row, agent) {
			return contact, agent
		}
	}
	return "", ""
}

// setRow replaces a row.
func (p *play) setRow(contact string, after []string) {
	p.set(contact, `mutation ($id: ID!, $a: [ID!]!) { setPreferredAgents(input: {contactId: $id, agentIds: $a}) { preferredAgents { version } } }`, vars{"a": after})
}

// setMember changes a membership; the server does not tell when, so it was some time between asking and the answer.
func (p *play) setMember(agent string, joins bool) {
	mutation := "addQueueMembers"
	if !joins {
		mutation = "removeQueueMembers"
	}
	sent := time.Now()
	p.c.do(p.t, `mutation ($q: ID!, $a: [ID!]!) { `+mutation+`(input: {queueId: $q, agentIds: $a}) { queue { id } } }`,
		vars{"q": p.stage.desk, "a": []string{agent}})
	p.rec.Member(checker.MemberChange{Span: checker.Span{NotBefore: sent, NotAfter: time.Now()}, Queue: p.stage.desk, Agent: agent, Joined: joins})
}

// instant reads a time of the API; what is none is the zero time, which fits to nothing.
func instant(text string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, text)
	return t
}
