package checker

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Around logs a change of settings, which no stream tells: it reads the agent, queue, workstream, contact or organisation of an id before
// and after, and logs what differs, at the instant that the server tells, or between the two where it tells none. Nobody else may
// change the same object meanwhile. Memberships are told with Member, but those of an agent or queue that is deleted here. An error is that
// of do, or of reading: then what the object is is not known from sending on.
func (r *Recorder) Around(ctx context.Context, c Client, id string, do func() error) error {
	before, err := readObject(ctx, c, id)
	if err != nil {
		return err
	}
	sent := r.now()
	failed := do()
	after, err := readObject(ctx, c, id)
	span := Span{sent, r.now()}
	if err != nil {
		after, span.NotAfter = before, sent.AddDate(100, 0, 0)
		failed = errors.Join(failed, fmt.Errorf("read %s again: %w", id, err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logChange(id, span, before, after, err == nil)
	return failed
}

// object is what is read of one; all but one of the fields are nil, or all when there is none.
type object struct {
	Agent *struct {
		wireAgent
		UpdatedAt time.Time
		Queues    []idOnly
	}
	Queue *struct {
		Queue
		UpdatedAt time.Time
	}
	Workstream   *wireWorkstream
	Contact      *wireContact
	Organization *wireOrganization
	members      []string // of a queue
}

// objectDocuments are by the prefix of the id.
var objectDocuments = map[string]string{
	"ag": `query ($id: ID!) { agent(id: $id) { ` + agentFields + ` updatedAt queues { id } } }`,
	"qu": `query ($id: ID!) { queue(id: $id) { ` + queueFields + ` updatedAt } }`,
	"ws": `query ($id: ID!) { workstream(id: $id) { ` + workstreamFields + ` updatedAt } }`,
	"ct": `query ($id: ID!) { contact(id: $id) { ` + contactFields + ` updatedAt } }`,
	"or": `{ organization { reconnectSeconds routingPolicy { ` + policyFields + ` } updatedAt } }`,
}

func readObject(ctx context.Context, c Client, id string) (object, error) {
	var o object
	prefix, _, _ := strings.Cut(id, "_")
	document := objectDocuments[prefix]
	if document == "" {
		return o, fmt.Errorf("%s has no settings", id)
	}
	var variables map[string]any
	if prefix != "or" {
		variables = map[string]any{"id": id}
	}
	if err := c.Query(ctx, document, variables, &o); err != nil {
		return o, fmt.Errorf("read %s: %w", id, err)
	}
	if o.Queue != nil {
		members, err := every[idOnly](reader{ctx, c}, membersDocument, id, "")
		if err != nil {
			return o, err
		}
		for _, m := range members {
			o.members = append(o.members, m.ID)
		}
	}
	return o, nil
}

// logChange logs each part that differs, or, when what it became is not known, each that there is.
func (r *Recorder) logChange(id string, span Span, before, after object, known bool) {
	r.log.Agents = appendChange(r.log.Agents, id, span, before.agent(), after.agent(), known)
	r.log.Queues = appendChange(r.log.Queues, id, span, before.queue(), after.queue(), known)
	r.log.Workstreams = appendChange(r.log.Workstreams, id, span, before.workstream(), after.workstream(), known)
	r.log.Policies = appendChange(r.log.Policies, id, span, before.policy(), after.policy(), known)
	r.log.Rows = appendChange(r.log.Rows, id, span, before.row(), after.row(), known)
	if after.Agent == nil && before.Agent != nil {
		for _, q := range before.Agent.Queues {
			r.log.Members = append(r.log.Members, MemberChange{span, q.ID, id, false})
		}
	}
	if after.Queue == nil && before.Queue != nil {
		for _, agent := range before.members {
			r.log.Members = append(r.log.Members, MemberChange{span, id, agent, false})
		}
	}
}

// part is one kind of settings of an object, if it has such, with when they were last changed; zero when the server does not tell.
type part[T any] struct {
	value     T
	updatedAt time.Time
	has       bool
}

// appendChange logs a part at the instant that the server tells, or within the bounds where it tells none.
func appendChange[T any](changes []Change[T], id string, span Span, before, after part[T], known bool) []Change[T] {
	if reflect.DeepEqual(before.value, after.value) && (known || !before.has) {
		return changes
	}
	if known && !after.updatedAt.IsZero() && !after.updatedAt.Equal(before.updatedAt) {
		span = At(after.updatedAt)
	}
	return append(changes, Change[T]{span, id, before.value, after.value})
}

func (o object) agent() part[*Agent] {
	if o.Agent == nil {
		return part[*Agent]{}
	}
	agent := o.Agent.agent()
	return part[*Agent]{&agent, o.Agent.UpdatedAt, true}
}

func (o object) queue() part[*Queue] {
	if o.Queue == nil {
		return part[*Queue]{}
	}
	return part[*Queue]{&o.Queue.Queue, o.Queue.UpdatedAt, true}
}

// workstream: without its policy, which is a part of its own.
func (o object) workstream() part[*Workstream] {
	if o.Workstream == nil {
		return part[*Workstream]{}
	}
	ws := o.Workstream.workstream()
	ws.Policy, ws.Effective = ScopePolicy{}, Policy{}
	return part[*Workstream]{&ws, o.Workstream.UpdatedAt, true}
}

func (o object) policy() part[ScopePolicy] {
	switch {
	case o.Workstream != nil:
		return part[ScopePolicy]{o.Workstream.RoutingPolicy, o.Workstream.UpdatedAt, true}
	case o.Contact != nil:
		return part[ScopePolicy]{o.Contact.RoutingPolicy, o.Contact.UpdatedAt, true}
	case o.Organization != nil:
		return part[ScopePolicy]{o.Organization.RoutingPolicy, o.Organization.UpdatedAt, true}
	}
	return part[ScopePolicy]{}
}

func (o object) row() part[[]string] {
	if o.Contact == nil || o.Contact.PreferredAgents == nil {
		return part[[]string]{has: o.Contact != nil}
	}
	return part[[]string]{o.Contact.row(), o.Contact.PreferredAgents.UpdatedAt, true}
}
