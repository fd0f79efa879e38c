package e2e

import (
	"fmt"
	"slices"
	"time"

	"rapport/internal/checker"
)

// What supervisors do by hand in the play (WS-6), one thing after another. What has changed since they looked may be refused, which changes
// nothing.

// scriptByHand: every few items a supervisor does something.
func (p *play) scriptByHand(at func(n int, happens func())) {
	acts := []func(n int){p.pickOne, p.assignOne, p.transferOne, p.hurryOne, p.linkOne}
	for n := 20; n < playItems; n += 4 {
		at(n, func() { acts[n/4%len(acts)](n) })
	}
}

// openDocument reads what a supervisor sees.
const openDocument = `{ workItems(filter: {statuses: [QUEUED, OFFERED, ASSIGNED]}, order: NEWEST_FIRST, first: 100) { nodes {
	id reference status priority agentId contact { id } workstream { id } queue { id members(first: 100) { nodes { id } } } } } }`

// openItems are those that stand at one of these, so that the number decides which comes first; stubborn ones are left alone.
func (p *play) openItems(n int, statuses ...string) []object {
	list := slices.DeleteFunc(p.c.do(p.t, openDocument, nil).list("workItems.nodes"), func(it object) bool {
		return !slices.Contains(statuses, it.text("status")) || isStubborn(it.text("reference"))
	})
	if len(list) > 0 {
		list = append(list[n%len(list):], list[:n%len(list)]...)
	}
	return list
}

// act runs a supervisor's mutation and logs it; false when it was refused because things have moved on.
func (p *play) act(done, item, agent, document string, v vars) (object, bool) {
	p.moved.Store(item, true) // whoever has it may find it gone
	sent := time.Now()
	data, err := p.c.try(document, v)
	switch refusal(err) {
	case "":
	case "CONFLICT/WORK_ITEM_CLOSED", "CONFLICT/OFFER_OPEN", "CONFLICT/WORK_ITEM_ASSIGNED":
		return data, false
	default:
		p.t.Errorf("%s of item %s: %v", done, item, err)
		return data, false
	}
	p.rec.Answered(checker.Answer{Done: done, Item: item, Agent: agent, Sent: sent})
	return data, true
}

// pickOne has a member of its queue pick an item that waits, best one that nobody is offered.
func (p *play) pickOne(n int) {
	waiting := p.openItems(n, "QUEUED")
	slices.SortStableFunc(waiting, func(a, b object) int {
		is := func(it object) int {
			if it.text("workstream.id") == p.stage.picked {
				return 0
			}
			return 1
		}
		return is(a) - is(b)
	})
	for _, it := range waiting {
		members := it.texts("queue.members.nodes", "id")
		if len(members) == 0 {
			continue
		}
		agent := members[n%len(members)]
		_, ok := p.act("PICKED", it.text("id"), agent, `mutation ($w: ID!, $a: ID!) { pickWorkItem(input: {workItemId: $w, agentId: $a}) {
			assignment { origin } } }`, vars{"w": it.text("id"), "a": agent})
		if ok {
			p.takes(agent, it)
			return
		}
	}
}

// takes has an agent know of work that came without an offer.
func (p *play) takes(agent string, it object) {
	a := p.agentOf(agent)
	a.order(func() {
		delete(a.finished, it.text("id"))
		a.take(it.text("id"), it.text("reference"))
	})
}

// assignOne gives an open item to somebody who does not have it: whoever waits for an answer or works on it loses it.
func (p *play) assignOne(n int) {
	statuses := [][]string{{"OFFERED"}, {"ASSIGNED"}, {"QUEUED", "OFFERED"}}[n/20%3]
	for _, it := range p.openItems(n, statuses...) {
		agent := p.stage.agents[(3*n)%39] // the last one is not there for long
		if agent == it.text("agentId") {
			continue
		}
		id := it.text("id")
		p.moved.Store(id, true)
		sent := time.Now()
		data, err := p.c.try(`mutation ($w: ID!, $a: ID!) { assignWorkItem(input: {workItemId: $w, agentId: $a}) { assignment { origin } } }`, vars{"w": id, "a": agent})
		switch origin := data.text("assignWorkItem.assignment.origin"); {
		case refusal(err) == "CONFLICT/WORK_ITEM_CLOSED":
			continue
		case err != nil:
			p.t.Errorf("assign item %s: %v", id, err)
		case origin == "MANUAL": // else they had taken it themselves just before
			p.rec.Answered(checker.Answer{Done: "ASSIGNED", Item: id, Agent: agent, Sent: sent})
		}
		p.takes(agent, it)
		return
	}
}

const transferDocument = `mutation ($w: ID!, $q: ID!, $p: Boolean!) { transferWorkItem(input: {workItemId: $w, queueId: $q, preferredAgents: $p}) {
	workItem { id } } }`

// transferOne puts an open item into another queue or back into its own, every other time without its preferred agents.
func (p *play) transferOne(n int) {
	queues := []string{p.stage.desk, p.stage.round, p.stage.least, demoID("qu", 1), demoID("qu", 4)}
	statuses := [][]string{{"OFFERED"}, {"ASSIGNED"}, {"QUEUED", "OFFERED"}}[n/20%3]
	for _, it := range p.openItems(n, statuses...) {
		if it.text("workstream.id") == p.stage.picked {
			continue // nobody would pick it there
		}
		_, ok := p.act("TRANSFERRED", it.text("id"), "", transferDocument, vars{"w": it.text("id"), "q": queues[n/4%len(queues)], "p": n/20%2 == 0})
		if ok {
			return
		}
	}
}

// handOver transfers an agent's own work, who then counts as having declined it; false when it is not theirs any more.
func (a *playAgent) handOver(item string) bool {
	sent := time.Now()
	data, err := a.c.try(`query ($id: ID!) { workItem(id: $id) { queue { id } } }`, vars{"id": item})
	if err != nil {
		a.p.t.Errorf("agent %d can't see item %s: %v", a.number, item, err)
		return false
	}
	_, err = a.c.try(transferDocument, vars{"w": item, "q": data.text("workItem.queue.id"), "p": roll(item, a.number)%2 == 0})
	if err != nil {
		if _, moved := a.p.moved.Load(item); !moved {
			a.p.t.Errorf("agent %d can't hand item %s over: %v", a.number, item, err)
		}
		return false
	}
	a.p.rec.Answered(checker.Answer{Done: "TRANSFERRED", Item: item, Agent: a.id, Sent: sent})
	return true
}

// hurryOne changes the priority of an item, best one that waits.
func (p *play) hurryOne(n int) {
	for _, it := range append(p.openItems(n, "QUEUED"), p.openItems(n, "OFFERED", "ASSIGNED")...) {
		priority := (7 * n) % 90
		if it.text("priority") == fmt.Sprint(priority) {
			continue
		}
		if _, ok := p.act("PRIORITY_CHANGED", it.text("id"), "", `mutation ($w: ID!, $p: Int!) { setWorkItemPriority(input: {workItemId: $w, priority: $p}) {
			workItem { id } } }`, vars{"w": it.text("id"), "p": priority}); ok {
			return
		}
	}
}

// linkOne links an item to another contact, now and then to none: best one that is offered to a preferred agent of the former.
func (p *play) linkOne(n int) {
	for _, it := range append(p.openItems(n, "OFFERED"), p.openItems(n, "QUEUED", "ASSIGNED")...) {
		var contact any
		if n/20%4 > 0 {
			contact = p.stage.known[n%len(p.stage.known)]
		}
		if id := it.text("contact.id"); contact == id || contact == nil && id == "null" {
			continue
		}
		if _, ok := p.act("CONTACT_LINKED", it.text("id"), "", `mutation ($w: ID!, $c: ID) { linkContact(input: {workItemId: $w, contactId: $c}) {
			workItem { id } } }`, vars{"w": it.text("id"), "c": contact}); ok {
			return
		}
	}
}
