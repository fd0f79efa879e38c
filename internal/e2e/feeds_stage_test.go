package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// feedDocuments are the five subscriptions, with what they take.
var feedDocuments = map[string]string{
	"agentOffers": `subscription ($agentId: ID!, $after: String) { it: agentOffers(agentId: $agentId, after: $after) {
		type cursor at offer { id agentId state workItemId revokeReason decision { id } } } }`,
	"agentPresence": `subscription ($filter: AgentPresenceFilter, $after: String) { it: agentPresence(filter: $filter, after: $after) {
		type cursor at agentId agent { id } presence { base cause signedIn status { id } } } }`,
	"workItems": `subscription ($filter: WorkItemStreamFilter, $after: String) { it: workItems(filter: $filter, after: $after) {
		type cursor at change workItem { id status queueId agentId contactId priority offer { id } } } }`,
	"decisions": `subscription ($filter: DecisionStreamFilter, $after: String) { it: decisions(filter: $filter, after: $after) {
		type cursor decision { id workItemId attempt repeats outcome reason agentId offerId } } }`,
	"queueFigures": `subscription ($queueIds: [ID!], $after: String) { it: queueFigures(queueIds: $queueIds, after: $after) {
		type cursor queueId queue { id } ` + figureFields + ` } }`,
}

// feed is one subscription of a test.
type feed struct {
	*socket
	t      testing.TB
	name   string
	stream *stream
}

// feed subscribes in the name of actor, "" for nobody, on a socket of its own.
func (c *centre) feed(actor, name string, v vars) *feed {
	c.t.Helper()
	so, err := dial(c.s.url(""), actor)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(so.kill)
	f := &feed{socket: so, t: c.t, name: name}
	if f.stream, err = so.subscribe(feedDocuments[name], v); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// try waits for the next message.
func (f *feed) try() (object, error) {
	select {
	case raw, more := <-f.stream.messages:
		if !more {
			if len(f.stream.errors) > 0 {
				return object{}, f.stream.errors
			}
			return object{}, errEnded
		}
		var payload struct {
			Data   map[string]any
			Errors apiErrors
		}
		if err := json.Unmarshal(raw, &payload); err != nil {
			return object{}, err
		}
		if len(payload.Errors) > 0 {
			return object{}, payload.Errors
		}
		return object{payload.Data["it"]}, nil
	case <-time.After(patience):
		return object{}, fmt.Errorf("no message of %s in %s", f.name, patience)
	}
}

func (f *feed) next() object {
	f.t.Helper()
	m, err := f.try()
	if err != nil {
		f.t.Fatalf("%s: %v", f.name, err)
	}
	return m
}

// start reads up to READY: what comes before it, and its cursor.
func (f *feed) start() (begin []object, ready string) {
	f.t.Helper()
	for {
		m := f.next()
		cursor := m.text("cursor")
		if m.text("type") == "READY" {
			return begin, cursor
		}
		if cursor != "null" || !slices.Contains([]string{"STATE", "REMOVED", "RESET"}, m.text("type")) || m.text("at") != "null" || m.text("change") != "null" {
			f.t.Fatalf("%s: before READY comes %s", f.name, encoded(m))
		}
		begin = append(begin, m)
	}
}

// refusedAs reads a subscription that must be refused, with want as its code, reason and field.
func (f *feed) refusedAs(want string) {
	f.t.Helper()
	if m, err := f.try(); refusal(err) != want {
		f.t.Errorf("%s: %s, %v, want %s", f.name, encoded(m), err, want)
	}
}

// thing is what a message is about: an id of an offer, agent, item, decision or queue; "" for READY and RESET.
func thing(m object) string {
	for _, path := range []string{"offer.id", "agentId", "workItem.id", "decision.id", "queueId"} {
		if id := m.text(path); id != "null" {
			return id
		}
	}
	return ""
}

// told is what messages say in a few words: type, what happened, where the thing stands now.
func told(messages []object) string {
	var parts []string
	for _, m := range messages {
		words := []string{m.text("type")}
		for _, path := range []string{"change", "offer.state", "presence.status.id", "workItem.status", "decision.outcome", "figures.waiting"} {
			if v := m.text(path); v != "null" {
				words = append(words, v)
			}
		}
		parts = append(parts, strings.Join(words, " "))
	}
	return strings.Join(parts, ", ")
}

// follows reads as many messages as want tells of, and compares.
func (f *feed) follows(want string) []object {
	f.t.Helper()
	got := f.collectN(strings.Count(want, ", ") + 1)
	if told(got) != want {
		f.t.Fatalf("%s says\n  %s, want\n  %s", f.name, told(got), want)
	}
	last := ""
	for _, m := range got {
		if m.text("cursor") == "null" || m.text("cursor") == last && f.name != "queueFigures" {
			f.t.Errorf("%s: the cursor of %s, after %s", f.name, encoded(m), last)
		}
		last = m.text("cursor")
	}
	return got
}

// collectN reads n messages.
func (f *feed) collectN(n int) []object {
	f.t.Helper()
	all := make([]object, n)
	for i := range all {
		all[i] = f.next()
	}
	return all
}

// begins reads the start and compares it.
func (f *feed) begins(want string) (ready string) {
	f.t.Helper()
	begin, ready := f.start()
	if told(begin) != want {
		f.t.Fatalf("%s begins with\n  %s, want\n  %s", f.name, told(begin), want)
	}
	return ready
}

// collect reads until a message about a thing says something, and gives all up to it.
func (f *feed) collect(until func(object) bool) []object {
	f.t.Helper()
	var all []object
	for {
		m := f.next()
		all = append(all, m)
		if until(m) {
			return all
		}
	}
}
