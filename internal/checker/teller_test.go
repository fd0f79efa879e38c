package checker

import (
	"fmt"
	"time"
)

// teller tells a story step by step: what happens to items, with the answers and streams that belong to it.
type teller struct {
	story
	items   []*Item
	offered int // offers so far, whose ids count
	given   int // assignments by hand so far
	streams map[string]*Stream
	place   map[string]Placement
}

func newTeller(agents ...Agent) *teller {
	t := &teller{streams: map[string]*Stream{}, place: map[string]Placement{}}
	t.History = History{
		ReconnectSeconds: 10, OpenWorkLimit: 10, Policy: ScopePolicy{Enabled: on}, Agents: agents, Rows: map[string][]string{}, Policies: map[string]ScopePolicy{},
	}
	for _, a := range agents {
		t.streams[a.ID] = &Stream{Agent: a.ID, Ready: at(0.5)}
	}
	return t
}

// end closes the streams and gives the story.
func (t *teller) end(when float64) *story {
	t.History.ReadAt = at(when)
	for _, s := range t.streams {
		s.Closing = at(when)
		t.Streams = append(t.Streams, *s)
	}
	for _, it := range t.items {
		it.Attempts = 0
		for _, d := range it.Decisions {
			it.Attempts += d.Repeats
		}
		for i := range it.Offers {
			if a := it.Offers[i].Assignment; a != nil {
				it.Assignments = append(it.Assignments, *a)
			}
		}
		t.History.Items = append(t.History.Items, *it)
	}
	t.compute()
	return &t.story
}

func (t *teller) answered(done, offer, item, agent string, when float64) {
	t.Answers = append(t.Answers, Answer{Done: done, Offer: offer, Item: item, Agent: agent, Sent: at(when - 0.01), Acknowledged: at(when + 0.01)})
}

func (t *teller) create(when float64, ws string, p Placement) *Item {
	it := &Item{ID: fmt.Sprintf("wi_%05d", len(t.items)+1), Status: queued, Workstream: ws, Placement: p, CreatedAt: at(when)}
	t.items = append(t.items, it)
	t.answered("CREATED", "", it.ID, "", when)
	return it
}

// decide adds a decision; it is the assignment method's when there are members.
func (t *teller) decide(it *Item, when float64, outcome string, d Decision) *Decision {
	d.Attempt, d.Repeats = len(it.Decisions)+1, 1
	d.ID, d.DecidedAt, d.Outcome = fmt.Sprint("de_", it.ID, d.Attempt), at(when), outcome
	if d.Reason == "" {
		d.Reason = map[string]string{"OFFERED": "OFFERED", queued: "NO_AGENT_QUALIFIED", "LEFT_UNASSIGNED": "LEFT_UNASSIGNED"}[outcome]
	}
	it.Decisions = append(it.Decisions, d)
	return &it.Decisions[len(it.Decisions)-1]
}

// offer makes an offer with the decision for it, which names the agent first among the ranked, or OFFERED in the row.
func (t *teller) offer(it *Item, when, seconds float64, d Decision) *Offer {
	t.offered++
	o := Offer{ID: fmt.Sprintf("of_%05d", t.offered), State: open, Path: byMethod, OfferedAt: at(when), ExpiresAt: later(when + seconds)}
	for _, c := range d.Preferred {
		if c.Code == "OFFERED" {
			o.Path, o.PreferredPosition, o.Agent = byPreference, c.Position, c.Agent
		}
	}
	if o.Path == byMethod {
		o.Agent = d.NextBest.Ranked[0].Agent
	}
	d.Agent, d.Offer = o.Agent, o.ID
	t.decide(it, when, "OFFERED", d)
	it.Offers = append(it.Offers, o)
	t.push(o, open, o.OfferedAt)
	return &it.Offers[len(it.Offers)-1]
}

func (t *teller) push(o Offer, state string, when time.Time) {
	s := t.streams[o.Agent]
	s.Messages = append(s.Messages, StreamMessage{o.ID, o.Agent, state, when})
}

// finish ends the open offer of an item.
func (t *teller) finish(it *Item, when float64, state, reason string) {
	o := &it.Offers[len(it.Offers)-1]
	o.State, o.EndedAt, o.RevokeReason = state, later(when), reason
	t.push(*o, state, at(when))
	if state == accepted || state == rejected {
		t.answered(state, o.ID, "", o.Agent, when)
	}
	if state == accepted {
		o.Assignment = &Assignment{ID: "as_" + o.ID[3:], Agent: o.Agent, Origin: byOffer, Offer: o.ID, CapacityUnits: 1, AssignedAt: at(when)}
	}
}

// give assigns by hand.
func (t *teller) give(it *Item, when float64, origin, agent string) {
	t.given++
	t.offered++ // ids are given in order
	it.Assignments = append(it.Assignments, Assignment{
		ID: fmt.Sprintf("as_%05d", t.offered), Agent: agent, Origin: origin, CapacityUnits: 1, AssignedAt: at(when),
	})
	t.answered(map[string]string{byPick: "PICKED", byHand: "ASSIGNED"}[origin], "", it.ID, agent, when)
}

// release ends the assignment that is in force.
func (t *teller) release(it *Item, when float64, reason string) {
	for i := range it.Offers {
		if a := it.Offers[i].Assignment; a != nil && a.EndedAt == nil {
			a.EndedAt, a.EndReason = later(when), reason
		}
	}
	for i := range it.Assignments {
		if a := &it.Assignments[i]; a.EndedAt == nil {
			a.EndedAt, a.EndReason = later(when), reason
		}
	}
}

// closeAs completes or cancels an item.
func (t *teller) closeAs(it *Item, when float64, status string) {
	t.release(it, when, status)
	it.Status, it.ClosedAt = status, later(when)
	t.answered(status, "", it.ID, "", when)
}

// change changes an item by hand, in the name of an agent or of nobody.
func (t *teller) change(it *Item, when float64, kind, agent string, change func(*Placement)) {
	before := it.Placement
	change(&it.Placement)
	t.Log.Items = append(t.Log.Items, ItemChange{Span: At(at(when)), Item: it.ID, Kind: kind, Before: before, After: it.Placement})
	t.answered(kind, "", it.ID, agent, when)
}

func (t *teller) present(when float64, agent, base, cause string) {
	t.story.present(when, agent, base, cause)
}

// nextBest is a decision of a method; the members are those who are ranked and those who are refused.
func nextBest(p Policy, reason, method string, refused []Count, ranked ...Ranked) Decision {
	n := &NextBest{Method: method, Members: len(ranked), Ranked: ranked[:min(len(ranked), 4)], Refused: refused}
	for _, c := range refused {
		n.Members += c.Count
	}
	return Decision{Policy: p, PreferredReason: reason, NextBest: n}
}
