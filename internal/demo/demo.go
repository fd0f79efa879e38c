// Package demo fills an empty database with the example contact centre (examples/contact-centre).
package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rapport/engine"
	contactcentre "rapport/examples/contact-centre"
)

// Writer makes changes; see internal/writer.
type Writer interface {
	Do(context.Context, engine.Call) (engine.Result, bool, error)
}

// Reader reads what is committed; see models.
type Reader interface {
	Organization(context.Context) (engine.Organization, error)
}

// callers is how many rows of the large files are written at once: they share commits.
const callers = 64

var actor = engine.Actor{ID: "demo"}

// Fill writes the example into an empty database. The organisation's policy is written last, and what is there already is passed over: so
// a filling that was interrupted is gone on with, and one that was finished changes nothing.
func Fill(ctx context.Context, w Writer, r Reader) error {
	o, err := r.Organization(ctx)
	if err != nil || o.RoutingPolicy.Enabled != nil {
		return err
	}
	centre, err := contactcentre.Load(contactcentre.Files)
	if err != nil {
		return err
	}
	f := filler{ctx: ctx, w: w}
	for _, a := range centre.Agents {
		f.do(engine.CreateAgent{ID: engine.AgentID(a.ID), Name: a.Name, CapacityUnits: a.CapacityUnits})
	}
	for _, q := range centre.Queues {
		f.queue(q)
	}
	for _, ws := range centre.Workstreams {
		f.do(workstream(ws))
	}
	f.all(len(centre.Contacts), func(i int) engine.Command {
		c := centre.Contacts[i]
		return engine.CreateContact{
			ID: engine.ContactID(c.ID), FullName: c.FullName, Email: optional(c.Email), MobilePhone: optional(c.MobilePhone),
		}
	})
	f.all(len(centre.Matrix), func(i int) engine.Command {
		row := centre.Matrix[i]
		return engine.SetPreferredAgents{ContactID: engine.ContactID(row.Contact), Agents: ids(row.Agents)}
	})
	f.organization(centre.Organization)
	if f.err != nil {
		return fmt.Errorf("fill in the example: %w", f.err)
	}
	return nil
}

// filler gives commands until one is refused; err then says why.
type filler struct {
	ctx context.Context
	w   Writer
	mu  sync.Mutex
	err error
}

func (f *filler) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

func (f *filler) do(c engine.Command) {
	if f.failed() {
		return
	}
	_, _, err := f.w.Do(f.ctx, engine.Call{Command: c, Actor: actor})
	var refusal *engine.Error
	if errors.As(err, &refusal) && refusal.Reason == engine.ReasonAlreadyExists {
		return
	}
	if err != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.err = err
	}
}

func (f *filler) all(n int, command func(i int) engine.Command) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range callers {
		wg.Go(func() {
			for i := range next {
				f.do(command(i))
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func (f *filler) queue(q contactcentre.Queue) {
	id := engine.QueueID(q.ID)
	f.do(engine.CreateQueue{
		ID: id, Name: q.Name, Priority: q.Priority, AssignmentMethod: engine.AssignmentMethod(q.AssignmentMethod),
	})
	f.do(engine.AddQueueMembers{QueueID: id, Agents: ids(q.Members)})
}

func (f *filler) organization(o contactcentre.Organization) {
	p := policy(o.RoutingPolicy)
	f.do(engine.UpdateOrganization{ReconnectSeconds: &o.ReconnectSeconds})
	f.do(engine.UpdateRoutingPolicy{
		Enabled:         engine.Patch[bool]{Set: true, Value: p.Enabled},
		WhenUnavailable: engine.Patch[engine.WhenUnavailable]{Set: true, Value: p.WhenUnavailable},
		RetryPreferred:  engine.Patch[bool]{Set: true, Value: p.RetryPreferred},
	})
}

func workstream(ws contactcentre.Workstream) engine.CreateWorkstream {
	presences := make([]engine.BasePresence, len(ws.AllowedPresences))
	for i, p := range ws.AllowedPresences {
		presences[i] = engine.BasePresence(p)
	}
	return engine.CreateWorkstream{
		ID: engine.WorkstreamID(ws.ID), Name: ws.Name, Channel: engine.Channel(ws.Channel), DistributionMode: engine.Push, QueueID: engine.QueueID(ws.Queue),
		AllowedPresences: presences, CapacityUnits: ws.CapacityUnits, Priority: ws.Priority,
		AcceptMode: engine.AcceptMode(ws.AcceptMode), OfferSeconds: ws.OfferSeconds, DeclineLimit: ws.DeclineLimit,
		RoutingPolicy: policy(ws.RoutingPolicy),
	}
}

func policy(p contactcentre.RoutingPolicy) engine.RoutingPolicy {
	out := engine.RoutingPolicy{Enabled: p.Enabled, RetryPreferred: p.RetryPreferred}
	if p.WhenUnavailable != nil {
		v := engine.WhenUnavailable(*p.WhenUnavailable)
		out.WhenUnavailable = &v
	}
	return out
}

func ids(list []string) []engine.AgentID {
	out := make([]engine.AgentID, len(list))
	for i, id := range list {
		out[i] = engine.AgentID(id)
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Paste says how to try the example at an address: how to be an agent, and how to have a customer write whom that agent knows.
func Paste(address string) string {
	return fmt.Sprintf(`Be Łukasz Księżniak, whom the customer Benoît Traoré prefers, in another terminal:

go run ./examples/clients/agent -url ws://%[1]s/graphql -agent ag_01900000-0000-7000-8000-000000000027 -answer accept

Then let Benoît write:

curl -s http://%[1]s/graphql -H 'Content-Type: application/json' -d '{"query":"mutation { createWorkItem(input: {workstreamId: \"ws_01900000-0000-7000-8000-000000000001\", contactId: \"ct_01900000-0000-7000-8000-000000000001\"}) { workItem { id status decisions { nodes { outcome reason preferred { position agent { name } code } } } } } }"}'`, address)
}
