package play

import (
	"context"
	"strconv"
	"strings"

	"rapport/internal/client"
)

// orders are the mutations of a supervisor, by what they do, with what the variables besides $w are.
var orders = map[string]struct {
	document string
	to       func(to string) any
}{
	transfer: {`mutation ($w: ID!, $to: ID!) { transferWorkItem(input: {workItemId: $w, queueId: $to}) { workItem { id } } }`, asID},
	transferWithoutPreferred: {
		`mutation ($w: ID!, $to: ID!) { transferWorkItem(input: {workItemId: $w, queueId: $to, preferredAgents: false}) { workItem { id } } }`, asID},
	setPriority: {`mutation ($w: ID!, $to: Int!) { setWorkItemPriority(input: {workItemId: $w, priority: $to}) { workItem { id } } }`, asNumber},
	assign:      {`mutation ($w: ID!, $to: ID!) { assignWorkItem(input: {workItemId: $w, agentId: $to}) { workItem { id } } }`, asID},
	link:        {`mutation ($w: ID!, $to: ID!) { linkContact(input: {workItemId: $w, contactId: $to}) { workItem { id } } }`, asID},
	pick:        {`mutation ($w: ID!, $to: ID!) { pickWorkItem(input: {workItemId: $w, agentId: $to}) { workItem { id } } }`, asID},
}

func asID(to string) any { return to }

func asNumber(to string) any {
	n, _ := strconv.Atoi(to) // the day was read
	return n
}

// supervise does what a supervisor does, one thing after the other. What can't be done any more, because the item has gone its way, is left.
func (p *player) supervise(ctx context.Context, list []Order) {
	for _, o := range list {
		if !p.clock.sleepUntil(ctx, p.began.Add(o.At)) {
			return
		}
		p.expect(ctx, p.order(ctx, o), "supervisor, "+o.Does+" "+o.Reference)
	}
}

func (p *player) order(ctx context.Context, o Order) error {
	how := orders[o.Does]
	e := Entry{Did: o.Does, Reference: o.Reference, To: o.To}
	err := insist(ctx, func() (err error) {
		if e.Item, err = p.idOf(o.Reference); err != nil {
			return err // it is under way: brought late by a server that was busy or away
		}
		return p.call(&e, func() error {
			return p.http.Do(ctx, "", how.document, client.Vars{"w": e.Item, "to": how.to(o.To)}, nil)
		})
	})
	name := client.Refused(err)
	switch {
	case err == nil:
		p.ordered.Add(1)
	case strings.HasPrefix(name, "CONFLICT/"), o.Does == pick && name == "BAD_USER_INPUT": // was transferred to where the agent is no member
		p.tooLate.Add(1)
		err = nil
	}
	return err
}
