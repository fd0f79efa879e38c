package writer

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"rapport/engine"
)

// memory is a database in memory that keeps every batch, and that a test can hold up, make fail, or make lie.
type memory struct {
	mu      sync.Mutex
	at      engine.Position
	batches []*engine.Batch
	rows    rows
	beats   bool
	// commits and loads count calls, successful or not; released is where the lease was given back.
	commits, loads, sweeps int
	released               *engine.Position

	// hooks, each nil for none. entered is called when Commit begins, answer decides what it says after having done it or not.
	entered func(*engine.Batch)
	commit  func(*engine.Batch) fault
	facts   func() error
	where   func() error
	load    func(*engine.Snapshot) error
}

// fault is how a commit goes wrong: whether it lands all the same, and what it says.
type fault struct {
	lands bool
	err   error
}

// rows are the tables.
type rows struct {
	organization engine.Organization
	contacts     map[engine.ContactID]engine.Contact
	agents       map[engine.AgentID]engine.Agent
	sessions     map[engine.SessionID]engine.Session
	queues       map[engine.QueueID]engine.Queue
	members      map[engine.QueueMember]engine.QueueMember
	workstreams  map[engine.WorkstreamID]engine.Workstream
	workItems    map[engine.WorkItemID]engine.WorkItem
	offers       map[engine.OfferID]engine.Offer
	assignments  map[engine.AssignmentID]engine.Assignment
	declines     map[[2]string]engine.Decline
	matrix       map[engine.ContactID]engine.PreferredAgents
	keys         map[engine.KeyRef]engine.IdempotencyKey
}

func newMemory() *memory {
	return &memory{rows: rows{
		organization: engine.NewOrganization(time.Unix(0, 0).UTC()),
		contacts:     map[engine.ContactID]engine.Contact{}, agents: map[engine.AgentID]engine.Agent{},
		sessions: map[engine.SessionID]engine.Session{}, queues: map[engine.QueueID]engine.Queue{},
		members: map[engine.QueueMember]engine.QueueMember{}, workstreams: map[engine.WorkstreamID]engine.Workstream{},
		workItems: map[engine.WorkItemID]engine.WorkItem{}, offers: map[engine.OfferID]engine.Offer{},
		assignments: map[engine.AssignmentID]engine.Assignment{}, declines: map[[2]string]engine.Decline{},
		matrix: map[engine.ContactID]engine.PreferredAgents{}, keys: map[engine.KeyRef]engine.IdempotencyKey{},
	}}
}

func (m *memory) Acquire(context.Context) (engine.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = engine.Position{Epoch: m.at.Epoch + 1}
	return m.at, nil
}

func (m *memory) Release(_ context.Context, at engine.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.released = &at
	return nil
}

func (m *memory) Position(context.Context) (engine.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.where != nil {
		return m.at, m.where()
	}
	return m.at, nil
}

func (m *memory) NeedsBeat() bool { return m.beats }

func (m *memory) Sweep(_ context.Context, olderThan int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweeps++
	maps.DeleteFunc(m.rows.keys, func(_ engine.KeyRef, k engine.IdempotencyKey) bool { return k.At.UnixMicro() < olderThan })
	return nil
}

// Commit calls the hooks without the lock, so that they may wait.
func (m *memory) Commit(_ context.Context, b *engine.Batch) error {
	if m.entered != nil {
		m.entered(b)
	}
	m.mu.Lock()
	m.commits++
	hook := m.commit
	m.mu.Unlock()
	f := fault{lands: true}
	if hook != nil {
		f = hook(b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !f.lands {
		return f.err
	}
	if m.at != b.Before {
		return errors.Join(engine.ErrNotOwner, f.err)
	}
	m.at = b.At
	kept := *b
	kept.Keys = slices.Clone(b.Keys) // the writer uses its slice again
	m.batches = append(m.batches, &kept)
	m.rows.write(b)
	return f.err
}

func (r *rows) write(b *engine.Batch) {
	c := b.Changes
	if c.Organization != nil {
		r.organization = *c.Organization
	}
	put(r.contacts, values(c.Contacts), func(v engine.Contact) engine.ContactID { return v.ID })
	put(r.agents, c.Agents, func(v engine.Agent) engine.AgentID { return v.ID })
	put(r.sessions, c.Sessions, func(v engine.Session) engine.SessionID { return v.ID })
	put(r.queues, c.Queues, func(v engine.Queue) engine.QueueID { return v.ID })
	put(r.members, c.Members, func(v engine.QueueMember) engine.QueueMember { v.JoinedAt = time.Time{}; return v })
	put(r.workstreams, c.Workstreams, func(v engine.Workstream) engine.WorkstreamID { return v.ID })
	put(r.workItems, c.WorkItems, func(v engine.WorkItem) engine.WorkItemID { return v.ID })
	put(r.offers, values(c.Offers), func(v engine.Offer) engine.OfferID { return v.ID })
	put(r.assignments, values(c.Assignments), func(v engine.Assignment) engine.AssignmentID { return v.ID })
	put(r.declines, c.Declines, func(v engine.Decline) [2]string { return [2]string{string(v.WorkItemID), string(v.AgentID)} })
	put(r.matrix, values(c.Rows), func(v engine.PreferredAgents) engine.ContactID { return v.ContactID })
	put(r.keys, b.Keys, func(v engine.IdempotencyKey) engine.KeyRef { return v.KeyRef })
	remove(r.contacts, c.ContactsRemoved)
	remove(r.agents, c.AgentsRemoved)
	remove(r.queues, c.QueuesRemoved)
	remove(r.workstreams, c.WorkstreamsRemoved)
	remove(r.matrix, c.RowsRemoved)
	remove(r.sessions, c.SessionsRemoved)
	for _, v := range c.MembersRemoved {
		delete(r.members, engine.QueueMember{QueueID: v.QueueID, AgentID: v.AgentID})
	}
	for _, v := range c.DeclinesRemoved {
		delete(r.declines, [2]string{string(v.WorkItemID), string(v.AgentID)})
	}
}

func remove[K comparable, V any](from map[K]V, keys []K) {
	for _, k := range keys {
		delete(from, k)
	}
}

func put[K comparable, V any](into map[K]V, list []V, key func(V) K) {
	for _, v := range list {
		into[key(v)] = v
	}
}

func values[T any](list []*T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = *v
	}
	return out
}

func sorted[K comparable, V any](m map[K]V, id func(V) string) []V {
	out := slices.Collect(maps.Values(m))
	slices.SortFunc(out, func(a, b V) int { return cmp.Compare(id(a), id(b)) })
	return out
}

func (m *memory) Load(context.Context) (engine.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	r := &m.rows
	s := engine.Snapshot{
		Organization: r.organization, Agents: sorted(r.agents, func(v engine.Agent) string { return string(v.ID) }),
		Sessions:    sorted(r.sessions, func(v engine.Session) string { return string(v.ID) }),
		Queues:      sorted(r.queues, func(v engine.Queue) string { return string(v.ID) }),
		Members:     sorted(r.members, func(v engine.QueueMember) string { return string(v.QueueID + engine.QueueID(v.AgentID)) }),
		Workstreams: sorted(r.workstreams, func(v engine.Workstream) string { return string(v.ID) }),
	}
	for _, b := range slices.Backward(m.batches) {
		if n := len(b.Changes.Events); n > 0 {
			s.LastAt = b.Changes.Events[n-1].At
			break
		}
	}
	for _, w := range sorted(r.workItems, func(v engine.WorkItem) string { return string(v.ID) }) {
		if !w.Status.Open() {
			continue
		}
		s.WorkItems = append(s.WorkItems, w)
		if o, ok := r.offers[w.OfferID]; ok && w.Status == engine.Offered {
			s.Offers = append(s.Offers, o)
		}
		if a, ok := r.assignments[w.AssignmentID]; ok && w.Status == engine.Assigned {
			s.Assignments = append(s.Assignments, a)
		}
		if row, ok := r.matrix[w.ContactID]; ok {
			s.Rows = append(s.Rows, row)
		}
	}
	for _, d := range r.declines { // order: the engine keeps them in a map
		s.Declines = append(s.Declines, d)
	}
	if m.load != nil {
		return s, m.load(&s)
	}
	return s, nil
}

func (m *memory) Facts(_ context.Context, n engine.Needs, keys []engine.KeyRef, now time.Time) (engine.Facts, []engine.IdempotencyKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := engine.Facts{Rows: map[engine.ContactID]*engine.PreferredAgents{}}
	if m.facts != nil {
		if err := m.facts(); err != nil {
			return f, nil, err
		}
	}
	for _, id := range slices.Concat(n.Contacts, n.Records) {
		if c, ok := m.rows.contacts[id]; ok {
			f.Contacts = append(f.Contacts, c)
			if row, ok := m.rows.matrix[id]; ok {
				f.Rows[id] = &row
			}
		}
	}
	for _, id := range n.Preferred {
		for _, row := range m.rows.matrix { // order: one is enough
			if slices.Contains(row.Agents, id) {
				f.Preferred = append(f.Preferred, id)
				break
			}
		}
	}
	for _, id := range n.WorkItems {
		if w, ok := m.rows.workItems[id]; ok {
			f.WorkItems = append(f.WorkItems, w)
		}
	}
	for _, id := range n.Offers {
		if o, ok := m.rows.offers[id]; ok {
			f.Offers = append(f.Offers, o)
		}
	}
	var found []engine.IdempotencyKey
	for _, ref := range keys {
		if k, ok := m.rows.keys[ref]; ok && !k.At.Before(now.Add(-engine.KeyLifetime)) {
			found = append(found, k)
		}
	}
	return f, found, nil
}

// written is what was committed so far.
func (m *memory) written() []*engine.Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.batches)
}

// set changes a hook while the writer runs.
func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}
