package play

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"rapport/internal/client"
)

const (
	offersDocument = `subscription ($a: ID!, $after: String) { message: agentOffers(agentId: $a, after: $after) {
		type cursor at offer { id state workItemId workItem { reference } } } }`
	itemsDocument = `subscription ($a: ID!, $after: String) { message: workItems(filter: {agentId: $a}, after: $after) {
		type cursor workItem { id reference status agentId } } }`
	acceptDocument   = `mutation ($o: ID!) { acceptOffer(input: {offerId: $o}) { assignment { id } } }`
	rejectDocument   = `mutation ($o: ID!) { rejectOffer(input: {offerId: $o}) { offer { id } } }`
	completeDocument = `mutation ($w: ID!) { completeWorkItem(input: {workItemId: $w}) { workItem { id } } }`
)

// offerMessage and itemMessage are what the streams bring.
type (
	offerMessage struct {
		Type   string
		Cursor *string
		At     *time.Time
		Offer  *struct {
			ID, State, WorkItemID string
			WorkItem              struct{ Reference string }
		}
	}
	itemMessage struct {
		Type     string
		Cursor   *string
		WorkItem *struct{ ID, Reference, Status, AgentID string }
	}
)

// desk is what an agent has in front of them.
type desk struct {
	ready bool
	// open are the offers that are open, decided what is to be answered to one as soon as the agent is back, asked how often each item was offered.
	open    map[string]bool
	decided map[string]func(context.Context)
	asked   map[string]int
	// work is when each item in hand is done, by the server's time; unfinished are those that were done while the agent was cut off.
	work       map[string]time.Time
	unfinished map[string]bool
}

// maxAsked is of how many items an agent remembers how often they were asked.
const maxAsked = 10_000

func newDesk() desk {
	return desk{open: map[string]bool{}, decided: map[string]func(context.Context){}, asked: map[string]int{}, work: map[string]time.Time{}, unfinished: map[string]bool{}}
}

// hearOffer takes a message about an offer: an open one is answered when the agent has thought about it.
func (a *agent) hearOffer(ctx context.Context, m offerMessage) {
	if m.Cursor != nil {
		a.offersAfter = m.Cursor
	}
	switch m.Type {
	case "READY":
		now := a.p.clock.now()
		a.p.journal.add(Entry{Heard: "READY", Agent: a.id, At: &now})
		a.desk.ready = true
		for item := range a.desk.unfinished {
			a.complete(ctx, item)
		}
		for offer, answer := range a.desk.decided {
			delete(a.desk.decided, offer)
			answer(ctx)
		}
		return
	case "RESET":
		a.desk.open = map[string]bool{}
		return
	}
	o := *m.Offer
	a.p.journal.add(Entry{Heard: o.State, Agent: a.id, Offer: o.ID, Item: o.WorkItemID, At: m.At})
	if o.State != "OPEN" {
		delete(a.desk.open, o.ID)
		return
	}
	if a.desk.open[o.ID] {
		return // it is being thought about since before the connection was lost
	}
	a.desk.open[o.ID] = true
	if len(a.desk.asked) == maxAsked {
		clear(a.desk.asked)
	}
	a.desk.asked[o.WorkItem.Reference]++
	times := a.desk.asked[o.WorkItem.Reference]
	chance := a.roll("answers", o.WorkItem.Reference, times) % 100
	if chance >= a.temp.Accept+a.temp.Reject {
		return // missed
	}
	think := a.temp.Think * time.Duration(50+a.roll("thinks", o.WorkItem.Reference, times)%101) / 100
	a.later(ctx, think, func(ctx context.Context) { a.answer(ctx, o.ID, o.WorkItemID, chance < a.temp.Accept) })
}

// roll is a number that follows from an agent, an item and how often it was offered to them: the same input means the same intentions.
func (a *agent) roll(what, reference string, times int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(what + "/" + a.id + "/" + reference + "/" + strconv.Itoa(times))) // never fails
	return int(h.Sum32() >> 4)
}

// answer accepts or rejects an offer that is still open, over the agent's own connection. Too late is nothing wrong.
func (a *agent) answer(ctx context.Context, offer, item string, accept bool) {
	switch {
	case !a.desk.open[offer] || a.gone:
		return
	case a.socket == nil:
		a.desk.decided[offer] = func(ctx context.Context) { a.answer(ctx, offer, item, accept) }
		return
	}
	delete(a.desk.open, offer)
	e, document := Entry{Did: "REJECTED", Agent: a.id, Offer: offer, Item: item}, rejectDocument
	if accept {
		e.Did, document = "ACCEPTED", acceptDocument
	}
	a.p.busy(ctx, a.id, func() error {
		return a.p.call(&e, func() error { return a.send(ctx, document, client.Vars{"o": offer}) })
	})
}

// send makes a call over the agent's connection, or by HTTP when it has just ended: all that agents do is safe to repeat.
func (a *agent) send(ctx context.Context, document string, variables client.Vars) error {
	if a.socket != nil {
		if err := a.socket.Do(ctx, document, variables, nil); !errors.Is(err, client.ErrClosed) {
			return err
		}
	}
	return a.p.http.Do(ctx, a.id, document, variables, nil)
}

// hearItem takes a message about an item that is or was the agent's: what is assigned to them is worked on, however it came.
func (a *agent) hearItem(ctx context.Context, m itemMessage) {
	if m.Cursor != nil {
		a.itemsAfter = m.Cursor
	}
	if m.WorkItem == nil {
		return
	}
	w := *m.WorkItem
	if m.Type == "REMOVED" || w.Status != "ASSIGNED" || w.AgentID != a.id {
		delete(a.desk.work, w.ID)
		delete(a.desk.unfinished, w.ID)
		return
	}
	if _, known := a.desk.work[w.ID]; known {
		return
	}
	lasts, ours := a.p.workOf(w.Reference)
	if !ours {
		return
	}
	due := a.p.clock.now().Add(lasts)
	a.desk.work[w.ID] = due
	a.later(ctx, lasts, func(ctx context.Context) {
		if a.desk.work[w.ID].Equal(due) { // else it was taken away, or came back since
			a.complete(ctx, w.ID)
		}
	})
}

// complete ends work: over the agent's connection; at once over HTTP by whoever has signed out; and by whoever is cut off when they are back.
func (a *agent) complete(ctx context.Context, item string) {
	if a.socket == nil && !a.gone {
		a.desk.unfinished[item] = true
		return
	}
	delete(a.desk.work, item)
	delete(a.desk.unfinished, item)
	e := Entry{Did: "COMPLETED", Agent: a.id, Item: item}
	a.p.busy(ctx, a.id, func() error {
		return a.p.call(&e, func() error { return a.send(ctx, completeDocument, client.Vars{"w": item}) })
	})
}
