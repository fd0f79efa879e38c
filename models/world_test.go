package models

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/engine"
)

// world drives an engine with random commands of all kinds, as the writer would: batch by batch into a store. It knows the engine from
// outside only.
type world struct {
	*rand.Rand
	t   *testing.T
	s   *testStore
	e   *engine.Engine
	now time.Time

	agents     []engine.AgentID
	queues     []engine.QueueID
	streams    []engine.WorkstreamID
	contacts   []engine.ContactID
	items      []engine.WorkItemID
	offers     []engine.OfferID
	sessions   []engine.SessionID
	roles      []string
	keys       []engine.APIKeyID
	statuses   []engine.PresenceStatusID
	profiles   []engine.CapacityProfileID
	done, lost int
	// happened counts events, to see that the run was worth it.
	happened map[engine.EventType]int
	// last is every object as it was last said to be, by its id or what else tells it apart.
	last map[any]any
	// heard are all events with their places.
	heard []heard
}

// heard is an event as subscribers hear it.
type heard struct {
	engine.Event
	place engine.EventPlace
}

// rowOf tells the row of the matrix from its contact.
type rowOf engine.ContactID

func newWorld(t *testing.T, s *testStore, seed uint64) *world {
	t.Helper()
	snap := must[engine.Snapshot](t)(s.Load(ctx))
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, s: s, e: engine.New(snap, begin), now: begin, happened: map[engine.EventType]int{}, last: map[any]any{}}
	var c []engine.Command
	for n := range 3 {
		c = append(c, engine.CreateQueue{Name: "Queue", Priority: n % 2, AssignmentMethod: methods[n]})
	}
	for n := range 6 {
		c = append(c, engine.CreateAgent{Name: fmt.Sprint("Agent ", n), CapacityUnits: new(1 + n%4)}, engine.CreateContact{FullName: fmt.Sprint("Contact ", n)})
	}
	c = append(c, engine.CreateCapacityProfile{Name: "Daily", Limit: 3, Reset: engine.ResetEndOfDay})
	w.batch(c)
	c = []engine.Command{engine.UpdateRoutingPolicy{Enabled: engine.Patch[bool]{Set: true, Value: new(true)}}}
	for n := range 5 {
		c = append(c, w.stream(n))
	}
	for _, q := range w.queues {
		c = append(c, engine.AddQueueMembers{QueueID: q, Agents: w.some(5)})
	}
	for _, id := range w.contacts {
		c = append(c, engine.SetPreferredAgents{ContactID: id, Agents: w.some(3)})
	}
	for _, a := range w.agents {
		c = append(c, engine.OpenSession{AgentID: a}, engine.SetAgentCapacityProfile{AgentID: a, ProfileID: w.profiles[0]})
	}
	w.batch(c)
	w.batch([]engine.Command{
		engine.UpdateWorkstream{WorkstreamID: w.streams[0], Cost: &engine.CapacityCost{Profiles: w.profiles[:1]}}, engine.UpdateOrganization{TimeZone: &zones[0]},
	})
	return w
}

var methods = []engine.AssignmentMethod{engine.HighestCapacity, engine.RoundRobin, engine.LeastActive}

// stream makes the n-th kind of workstream, of five: the last is picked.
func (w *world) stream(n int) engine.Command {
	return engine.CreateWorkstream{
		Name: "Stream", DistributionMode: []engine.DistributionMode{engine.Push, engine.Pick}[n/4], Channel: engine.Channels[n], QueueID: pick(w, w.queues), Priority: n % 2, OfferSeconds: 5 + n,
		Cost: engine.CapacityCost{Units: 1 + n%2, Type: engine.NotInterruptible}, WrapUp: wrapUps[n%3], WaitingHoldsCapacity: n%2 == 0,
		AllowedPresences: engine.BasePresences[:1+n%3], AcceptMode: []engine.AcceptMode{engine.AcceptManual, engine.AcceptAuto}[n%4/3], DeclineLimit: 1 + n%3,
		RoutingPolicy: engine.RoutingPolicy{RetryPreferred: new(n%2 == 0)},
	}
}

func pick[T any](w *world, from []T) T {
	if len(from) == 0 {
		var none T
		return none
	}
	return from[w.IntN(len(from))]
}

// late picks one of the last few, which are likely still open.
func late[T any](w *world, from []T) T { return pick(w, from[max(0, len(from)-8):]) }

// some are one to n different agents.
func (w *world) some(n int) []engine.AgentID {
	var ids []engine.AgentID
	for _, i := range w.Perm(len(w.agents))[:1+w.IntN(n)] {
		ids = append(ids, w.agents[i])
	}
	return ids
}

// command is a random one: mostly sensible, some that are refused.
func (w *world) command() engine.Command {
	if w.IntN(20) == 0 {
		return w.access()
	}
	if w.IntN(5) == 0 {
		return w.presenceAndCapacity()
	}
	switch n := w.IntN(100); {
	case n < 25:
		c := engine.CreateWorkItem{WorkstreamID: pick(w, w.streams)}
		if w.IntN(4) > 0 {
			c.ContactID = pick(w, w.contacts)
		}
		if w.IntN(3) == 0 {
			c.Priority, c.Reference = new(w.IntN(3)), new("réf 😀")
		}
		return c
	case n < 36:
		return engine.AcceptOffer{OfferID: late(w, w.offers)}
	case n < 43:
		return engine.RejectOffer{OfferID: late(w, w.offers)}
	case n < 52:
		return engine.CompleteWorkItem{WorkItemID: late(w, w.items)}
	case n < 55:
		return engine.CancelWorkItem{WorkItemID: late(w, w.items)}
	case n < 62:
		return engine.SetPresence{AgentID: pick(w, w.agents), StatusID: engine.BuiltInStatuses[max(0, w.IntN(10)-4)].ID}
	case n < 70:
		return engine.OpenSession{AgentID: pick(w, w.agents)}
	case n < 75:
		return engine.CloseSession{SessionID: pick(w, w.sessions)}
	case n < 77:
		return engine.SignOut{AgentID: pick(w, w.agents)}
	case n < 86:
		return w.byHand()
	case n < 90:
		return w.setting()
	}
	return w.configuration()
}

// byHand is what people do with an item (WS-6).
func (w *world) byHand() engine.Command {
	item, agent := late(w, w.items), pick(w, w.agents)
	switch w.IntN(7) {
	case 0, 1:
		return engine.PickWorkItem{WorkItemID: item, AgentID: agent}
	case 2:
		return engine.AssignWorkItem{WorkItemID: item, AgentID: agent}
	case 3, 4:
		return engine.TransferWorkItem{WorkItemID: item, QueueID: pick(w, w.queues), WithoutPreferred: w.IntN(3) == 0}
	case 5:
		return engine.SetWorkItemPriority{WorkItemID: item, Priority: w.IntN(4)}
	}
	if w.IntN(4) == 0 {
		return engine.LinkContact{WorkItemID: item}
	}
	return engine.LinkContact{WorkItemID: item, ContactID: pick(w, w.contacts)}
}

// configuration is what managers do, deletions among it.
func (w *world) configuration() engine.Command {
	contact, agent, queue, stream := pick(w, w.contacts), pick(w, w.agents), pick(w, w.queues), pick(w, w.streams)
	switch w.IntN(13) {
	case 0:
		return engine.UpdateContact{ContactID: contact, FullName: new(names[w.IntN(4)]), Email: engine.Patch[string]{Set: true, Value: new("a@b.example")}}
	case 1:
		return engine.UpdateRoutingPolicy{ContactID: contact, WhenUnavailable: engine.Patch[engine.WhenUnavailable]{Set: true, Value: new(engine.LeaveUnassigned)}}
	case 2:
		return engine.UpdateAgent{AgentID: agent, CapacityUnits: engine.Patch[int]{Set: true, Value: new(w.IntN(5))}}
	case 3:
		return engine.UpdateQueue{QueueID: queue, AssignmentMethod: &methods[w.IntN(3)], Priority: new(w.IntN(3))}
	case 4:
		return engine.UpdateWorkstream{WorkstreamID: stream, QueueID: &queue, Cost: &engine.CapacityCost{Units: 1 + w.IntN(2)}}
	case 5:
		return engine.DeleteContact{ContactID: w.contacts[len(w.contacts)-1]}
	case 6:
		if len(w.agents) > 4 {
			return engine.DeleteAgent{AgentID: w.agents[len(w.agents)-1-w.IntN(3)]} // who are new and have no work yet
		}
	case 7:
		if len(w.queues) > 2 {
			return engine.DeleteQueue{QueueID: w.queues[len(w.queues)-1]} // which has the least
		}
	case 8:
		if len(w.streams) > 4 {
			return engine.DeleteWorkstream{WorkstreamID: w.streams[len(w.streams)-1]}
		}
	case 9:
		return engine.CreateQueue{Name: "Queue", AssignmentMethod: methods[w.IntN(3)]}
	case 10:
		return w.stream(w.IntN(5))
	case 11:
		return engine.CreateContact{FullName: "山田"}
	}
	return engine.CreateAgent{Name: "Agent", CapacityUnits: new(w.IntN(4))}
}

// access is what people do with roles and API keys (RL-2).
func (w *world) access() engine.Command {
	may := func() (list []engine.Permission) {
		for range 1 + w.IntN(4) {
			list = append(list, pick(w, engine.Permissions[:]))
		}
		return list
	}
	role := pick(w, w.roles)
	switch w.IntN(8) {
	case 0, 1:
		return engine.CreateRole{Name: fmt.Sprint("ROLE_", w.IntN(6)), Description: pick(w, names[:12]), Permissions: may()}
	case 2:
		return engine.UpdateRole{Name: role, Permissions: new(may())}
	case 3:
		return engine.UpdateRole{Name: role, Description: new(pick(w, names[:12]))}
	case 4:
		return engine.DeleteRole{Name: role}
	case 5:
		return engine.RevokeAPIKey{ID: pick(w, w.keys)}
	}
	return engine.CreateAPIKey{
		Name: "Clé", Roles: []string{"SERVICE", cmp.Or(role, "AGENT")}, ExpiresAt: w.now.Add(time.Duration(1+w.IntN(1000)) * time.Hour),
		Hash: fmt.Sprintf("%064x", w.Uint64()),
	}
}

func (w *world) setting() engine.Command {
	contact, agent := pick(w, w.contacts), pick(w, w.agents)
	switch w.IntN(10) {
	case 0, 1:
		return engine.SetPreferredAgents{ContactID: contact, Agents: w.some(3)}
	case 2:
		return engine.MovePreferredAgent{ContactID: contact, AgentID: agent, Down: w.IntN(2) == 0}
	case 3, 4:
		return engine.RemovePreferredAgent{ContactID: contact, AgentID: agent}
	case 5:
		return engine.AddQueueMembers{QueueID: pick(w, w.queues), Agents: w.some(3)}
	case 6:
		return engine.RemoveQueueMembers{QueueID: pick(w, w.queues), Agents: w.some(2)}
	case 7:
		return engine.UpdateOrganization{ReconnectSeconds: new(w.IntN(20))}
	}
	to := []engine.WhenUnavailable{engine.NextBestAgent, engine.LeaveUnassigned}[w.IntN(2)]
	c := engine.UpdateRoutingPolicy{WhenUnavailable: engine.Patch[engine.WhenUnavailable]{Set: true, Value: &to}}
	if w.IntN(2) == 0 {
		c.WorkstreamID = pick(w, w.streams)
	}
	return c
}

func (w *world) meta() engine.Meta {
	return engine.Meta{Actor: engine.Actor{ID: "test", Permissions: engine.AllPermissions}, Now: w.now, Entropy: w.Uint64()}
}

// pass lets time go by, with a Tick at every deadline on the way.
func (w *world) pass() {
	to := w.now.Add(time.Duration(w.IntN(2_000_000)) * time.Microsecond)
	if w.IntN(80) == 0 { // so that days end
		to = to.Add(20 * time.Minute)
	}
	for {
		due, some := w.e.NextDeadline()
		if !some || due.After(to) {
			w.now = to
			return
		}
		if due.After(w.now) {
			w.now = due
		}
		w.batch([]engine.Command{engine.Tick{}})
	}
}

// apply gives commands to an engine and takes what changed.
func (w *world) apply(e *engine.Engine, commands []engine.Command, metas []engine.Meta) *engine.Changes {
	w.t.Helper()
	facts, _, err := w.s.Facts(ctx, e.Missing(commands), nil, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	e.Admit(facts)
	for i, c := range commands {
		if r, err := e.Apply(c, metas[i]); err == nil && e == w.e && r.Session != nil {
			w.sessions = append(w.sessions, r.Session.ID)
		}
	}
	return e.Take()
}

// batch applies commands and commits them; now and then the database refuses a batch, which is undone and given again.
func (w *world) batch(commands []engine.Command) *engine.Changes {
	w.t.Helper()
	metas := make([]engine.Meta, len(commands))
	for i := range metas {
		metas[i] = w.meta()
	}
	if w.IntN(15) == 0 {
		known := slices.Clone(w.sessions)
		w.e.Undo(w.apply(w.e, commands, metas))
		w.e.Forget()
		w.sessions = known
		w.lost++
		w.now = w.now.Add(time.Millisecond) // the ids of before the refusal are not given again
		for i := range metas {
			metas[i].Now = w.now
		}
	}
	c := w.apply(w.e, commands, metas)
	if c.Size() > 0 {
		w.s.commit(w.t, c)
	}
	w.e.Forget()
	w.learn(c)
	w.done += len(commands)
	return c
}

// keep notes the last state of what changed; what was removed may have been made again.
func (w *world) keep(c *engine.Changes) {
	w.forget(c)
	if c.Organization != nil {
		w.last[c.Organization.ID] = *c.Organization
	}
	keepAll(w, c.Agents, func(v engine.Agent) any { return v.ID })
	keepAll(w, c.Queues, func(v engine.Queue) any { return v.ID })
	keepAll(w, c.Workstreams, func(v engine.Workstream) any { return v.ID })
	keepAll(w, c.WorkItems, func(v engine.WorkItem) any { return v.ID })
	keepAll(w, c.Sessions, func(v engine.Session) any { return v.ID })
	keepAll(w, c.Members, func(v engine.QueueMember) any { return engine.QueueMember{QueueID: v.QueueID, AgentID: v.AgentID} })
	keepAll(w, c.Declines, func(v engine.Decline) any { return engine.Decline{WorkItemID: v.WorkItemID, AgentID: v.AgentID} })
	keepAll(w, values(c.Contacts), func(v engine.Contact) any { return v.ID })
	keepAll(w, values(c.Offers), func(v engine.Offer) any { return v.ID })
	keepAll(w, values(c.Assignments), func(v engine.Assignment) any { return v.ID })
	keepAll(w, values(c.Rows), func(v engine.PreferredAgents) any { return rowOf(v.ContactID) })
	keepAll(w, values(c.Roles), func(v engine.Role) any { return v.Name })
	keepAll(w, values(c.APIKeys), func(v engine.APIKey) any { return v.ID })
	keepAll(w, values(c.Statuses), func(v engine.PresenceStatus) any { return v.ID })
	keepAll(w, values(c.Profiles), func(v engine.CapacityProfile) any { return v.ID })
	keepAll(w, c.Grants, func(v engine.PresenceStatusGrant) any {
		return engine.PresenceStatusGrant{StatusID: v.StatusID, AgentID: v.AgentID}
	})
}

func (w *world) forget(c *engine.Changes) {
	for _, id := range c.RowsRemoved {
		delete(w.last, rowOf(id))
	}
	for _, id := range c.SessionsRemoved {
		delete(w.last, id)
	}
	for _, id := range c.ContactsRemoved {
		delete(w.last, id)
	}
	for _, id := range c.AgentsRemoved {
		delete(w.last, id)
	}
	for _, id := range c.QueuesRemoved {
		delete(w.last, id)
	}
	for _, id := range c.WorkstreamsRemoved {
		delete(w.last, id)
	}
	for _, name := range c.RolesRemoved {
		delete(w.last, name)
	}
	for _, id := range c.APIKeysRemoved {
		delete(w.last, id)
	}
	for _, id := range c.StatusesRemoved {
		delete(w.last, id)
	}
	for _, id := range c.ProfilesRemoved {
		delete(w.last, id)
	}
	for _, g := range c.GrantsRemoved {
		delete(w.last, engine.PresenceStatusGrant{StatusID: g.StatusID, AgentID: g.AgentID})
	}
	for _, m := range c.MembersRemoved {
		delete(w.last, engine.QueueMember{QueueID: m.QueueID, AgentID: m.AgentID})
	}
	for _, d := range c.DeclinesRemoved {
		delete(w.last, engine.Decline{WorkItemID: d.WorkItemID, AgentID: d.AgentID})
	}
}

func keepAll[T any](w *world, list []T, key func(T) any) {
	for _, v := range list {
		w.last[key(v)] = v
	}
}

func values[T any](list []*T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = *v
	}
	return out
}

// learn notes what there is now.
func (w *world) learn(c *engine.Changes) {
	w.keep(c)
	for i, ev := range c.Events {
		w.happened[ev.Type]++
		w.heard = append(w.heard, heard{ev, engine.EventPlace{Position: w.s.at, Index: i}})
		switch ev.Type {
		case engine.EventQueueDeleted:
			w.queues = without(w.queues, ev.QueueID)
		case engine.EventAgentDeleted:
			w.agents = without(w.agents, ev.AgentID)
		case engine.EventContactDeleted:
			w.contacts = without(w.contacts, ev.ContactID)
		case engine.EventWorkstreamDeleted:
			w.streams = without(w.streams, ev.WorkstreamID)
		case engine.EventQueueCreated:
			w.queues = append(w.queues, ev.QueueID)
		case engine.EventAgentCreated:
			w.agents = append(w.agents, ev.AgentID)
		case engine.EventContactCreated:
			w.contacts = append(w.contacts, ev.ContactID)
		case engine.EventWorkstreamCreated:
			w.streams = append(w.streams, ev.WorkstreamID)
		case engine.EventWorkItemCreated:
			w.items = append(w.items, ev.WorkItemID)
		case engine.EventOfferMade:
			w.offers = append(w.offers, ev.Body.OfferID)
		case engine.EventRoleCreated:
			w.roles = append(w.roles, ev.Body.Role)
		case engine.EventRoleDeleted:
			w.roles = without(w.roles, ev.Body.Role)
		case engine.EventAPIKeyCreated:
			w.keys = append(w.keys, ev.Body.APIKeyID)
		case engine.EventAPIKeyRevoked:
			w.keys = without(w.keys, ev.Body.APIKeyID)
		case engine.EventPresenceStatusCreated:
			w.statuses = append(w.statuses, ev.Body.StatusID)
		case engine.EventPresenceStatusDeleted:
			w.statuses = without(w.statuses, ev.Body.StatusID)
		case engine.EventCapacityProfileCreated:
			w.profiles = append(w.profiles, ev.Body.ProfileID)
		case engine.EventCapacityProfileDeleted:
			w.profiles = without(w.profiles, ev.Body.ProfileID)
		}
	}
}

// missing lists the types of events that have not happened.
func (w *world) missing(all ...engine.EventType) []engine.EventType {
	return slices.DeleteFunc(all, func(e engine.EventType) bool { return slices.Contains(slices.Collect(maps.Keys(w.happened)), e) })
}

func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(list, func(v T) bool { return v == gone })
}
