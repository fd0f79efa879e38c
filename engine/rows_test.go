package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// rowStore is the database of the tests: what Changes say, kept as rows, and the state of an engine made from them.
type rowStore struct {
	organization Organization
	contacts     map[ContactID]Contact
	agents       map[AgentID]Agent
	sessions     map[SessionID]Session
	queues       map[QueueID]Queue
	members      map[memberKey]QueueMember
	workstreams  map[WorkstreamID]Workstream
	workItems    map[WorkItemID]WorkItem
	offers       map[OfferID]Offer
	assignments  map[AssignmentID]Assignment
	declines     map[declineKey]Decline
	rows         map[ContactID]PreferredAgents
	roles        map[string]Role
	apiKeys      map[APIKeyID]APIKey
}

type memberKey struct {
	queue QueueID
	agent AgentID
}

type declineKey struct {
	item  WorkItemID
	agent AgentID
}

// newRowStore is an empty database with its one organisation.
func newRowStore(org Organization) *rowStore {
	return &rowStore{
		organization: org, contacts: map[ContactID]Contact{}, agents: map[AgentID]Agent{}, sessions: map[SessionID]Session{},
		queues: map[QueueID]Queue{}, members: map[memberKey]QueueMember{}, workstreams: map[WorkstreamID]Workstream{},
		workItems: map[WorkItemID]WorkItem{}, offers: map[OfferID]Offer{}, assignments: map[AssignmentID]Assignment{},
		declines: map[declineKey]Decline{}, rows: map[ContactID]PreferredAgents{}, roles: map[string]Role{}, apiKeys: map[APIKeyID]APIKey{},
	}
}

// apply writes what a batch changed and then removes what it removed, as the one transaction of the writer does.
func (s *rowStore) apply(c *Changes) {
	if c.Organization != nil {
		s.organization = *c.Organization
	}
	for _, r := range c.Contacts {
		s.contacts[r.ID] = *r
	}
	for _, r := range c.Agents {
		s.agents[r.ID] = r
	}
	for _, r := range c.Queues {
		s.queues[r.ID] = r
	}
	for _, r := range c.Workstreams {
		s.workstreams[r.ID] = r
	}
	for _, r := range c.WorkItems {
		s.workItems[r.ID] = r
	}
	for _, r := range c.Offers {
		s.offers[r.ID] = *r
	}
	for _, r := range c.Assignments {
		s.assignments[r.ID] = *r
	}
	for _, r := range c.Declines {
		s.declines[declineKey{r.WorkItemID, r.AgentID}] = r
	}
	for _, r := range c.Rows {
		s.rows[r.ContactID] = *r
	}
	for _, r := range c.Members {
		s.members[memberKey{r.QueueID, r.AgentID}] = r
	}
	for _, r := range c.Sessions {
		s.sessions[r.ID] = r
	}
	for _, r := range c.Roles {
		s.roles[r.Name] = *r
	}
	for _, r := range c.APIKeys {
		s.apiKeys[r.ID] = *r
	}
	s.remove(c)
}

func (s *rowStore) remove(c *Changes) {
	remove(s.contacts, c.ContactsRemoved)
	remove(s.agents, c.AgentsRemoved)
	remove(s.queues, c.QueuesRemoved)
	remove(s.workstreams, c.WorkstreamsRemoved)
	remove(s.rows, c.RowsRemoved)
	remove(s.sessions, c.SessionsRemoved)
	remove(s.roles, c.RolesRemoved)
	remove(s.apiKeys, c.APIKeysRemoved)
	for _, r := range c.MembersRemoved {
		delete(s.members, memberKey{r.QueueID, r.AgentID})
	}
	for _, r := range c.DeclinesRemoved {
		delete(s.declines, declineKey{r.WorkItemID, r.AgentID})
	}
}

func remove[K comparable, V any](from map[K]V, ids []K) {
	for _, id := range ids {
		delete(from, id)
	}
}

// snapshot is what a restarted server reads: everything in the order of ids, of work only what is open.
func (s *rowStore) snapshot() Snapshot {
	n := Snapshot{
		Organization: s.organization, Agents: sortedValues(s.agents), Sessions: sortedValues(s.sessions),
		Queues: sortedValues(s.queues), Workstreams: sortedValues(s.workstreams), Roles: sortedValues(s.roles), APIKeys: sortedValues(s.apiKeys),
	}
	for _, m := range s.members { // order: sorted below
		n.Members = append(n.Members, m)
	}
	slices.SortFunc(n.Members, func(a, b QueueMember) int {
		return cmp.Or(cmp.Compare(a.QueueID, b.QueueID), cmp.Compare(a.AgentID, b.AgentID))
	})
	withOpenWork := map[ContactID]bool{}
	for _, w := range sortedValues(s.workItems) {
		if w.Status.Open() {
			n.WorkItems = append(n.WorkItems, w)
			withOpenWork[w.ContactID] = true
		}
	}
	for _, o := range sortedValues(s.offers) {
		if o.State == OfferOpen {
			n.Offers = append(n.Offers, o)
		}
	}
	for _, a := range sortedValues(s.assignments) {
		if a.EndedAt == nil {
			n.Assignments = append(n.Assignments, a)
		}
	}
	for _, d := range s.declines { // order: sorted below
		if s.workItems[d.WorkItemID].Status.Open() {
			n.Declines = append(n.Declines, d)
		}
	}
	slices.SortFunc(n.Declines, func(a, b Decline) int {
		return cmp.Or(cmp.Compare(a.WorkItemID, b.WorkItemID), cmp.Compare(a.AgentID, b.AgentID))
	})
	for _, r := range sortedValues(s.rows) {
		if withOpenWork[r.ContactID] {
			n.Rows = append(n.Rows, r)
		}
	}
	n.Policies = map[ContactID]RoutingPolicy{}
	for _, c := range s.contacts { // order: into a map
		if withOpenWork[c.ID] && c.RoutingPolicy != (RoutingPolicy{}) {
			n.Policies[c.ID] = c.RoutingPolicy
		}
	}
	return n
}

// facts reads what commands need and the engine lacks, as the writer does before a batch.
func (s *rowStore) facts(n Needs) Facts {
	f := Facts{Rows: map[ContactID]*PreferredAgents{}}
	for _, id := range slices.Concat(n.Contacts, n.Records) {
		if c, ok := s.contacts[id]; ok {
			f.Contacts = append(f.Contacts, c)
		}
		if r, ok := s.rows[id]; ok {
			f.Rows[id] = &r
		}
	}
	for _, r := range sortedValues(s.rows) {
		for _, id := range n.Preferred {
			if slices.Contains(r.Agents, id) {
				f.Preferred = append(f.Preferred, id)
			}
		}
	}
	for _, id := range n.WorkItems {
		if w, ok := s.workItems[id]; ok {
			f.WorkItems = append(f.WorkItems, w)
		}
	}
	for _, id := range n.Offers {
		if o, ok := s.offers[id]; ok {
			f.Offers = append(f.Offers, o)
		}
	}
	return f
}

func sortedValues[K cmp.Ordered, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// checkRebuilt fails the test unless an engine made from the stored rows equals the one in memory. It wants to be called between
// batches: after Take, apply and Forget.
func (s *rowStore) checkRebuilt(t testing.TB, e *Engine) {
	t.Helper()
	rebuilt, memory := dumpStored(New(s.snapshot(), e.now)), dumpStored(e)
	if rebuilt == memory {
		return
	}
	a, b := strings.Split(memory, "\n"), strings.Split(rebuilt, "\n")
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			t.Fatalf("rebuilt from its rows the engine differs in line %d:\nmemory:  %s\nrebuilt: %s", i+1, x, y)
		}
	}
}

// dump is the whole state as text, the same for equal states: rows, the orders of candidates and of waiting items,
// offers per agent, sessions, deadlines. What is only a mark for routing (dirty) or for the batch (touched) is left out.
func dump(e *Engine) string { return dumper{e: e}.text() }

// dumpStored is dump without what a restart changes: that sessions are from before it, with the time that they have to come
// back (PR-8).
func dumpStored(e *Engine) string { return dumper{e: e, stored: true}.text() }

type dumper struct {
	e      *Engine
	stored bool
	b      *strings.Builder
}

func (d dumper) text() string {
	d.b = &strings.Builder{}
	e := d.e
	d.line("organization", e.org)
	d.line("figures", e.Figures())
	if !d.stored { // after a restart it is that of those who are left
		d.line("ranked", e.rankedSeq)
	}
	for _, role := range sortedValues(e.roles) {
		d.line("role", role)
	}
	for _, key := range sortedValues(e.apiKeys) {
		d.line("API key", key)
	}
	for _, a := range sortedValues(e.agents.byID) {
		d.agent(a)
	}
	for _, q := range sortedValues(e.queues.byID) {
		d.queue(q)
	}
	for _, w := range sortedValues(e.workstreams.byID) {
		d.line("workstream", w.Workstream)
		d.line("  in force", w.policy, w.classes, w.open)
	}
	for _, w := range sortedValues(e.items) {
		d.item(w)
	}
	for _, id := range slices.Sorted(maps.Keys(e.openOffers)) {
		fmt.Fprintf(d.b, "open offer %s of %s\n", id, e.openOffers[id].ID)
	}
	for _, c := range sortedValues(e.contacts) {
		d.line("contact "+string(c.id), c.row, c.policy, slices.Sorted(maps.Keys(c.open)))
	}
	if e.deadlines.tree != nil {
		for _, x := range e.deadlines.tree.Items() {
			if !d.stored || x.kind != graceEnds {
				fmt.Fprintf(d.b, "deadline %s %d %s\n", time.UnixMicro(x.at).UTC().Format(time.RFC3339Nano), x.kind, x.id)
			}
		}
	}
	return d.b.String()
}

func (d dumper) line(what string, values ...any) {
	d.b.WriteString(what)
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		d.b.WriteByte(' ')
		d.b.Write(text)
	}
	d.b.WriteByte('\n')
}

func (d dumper) agent(a *agent) {
	d.line("agent", a.Agent)
	sessions := make([]Session, len(a.sessions))
	for i, s := range a.sessions {
		sessions[i] = *s
		if d.e.sessions[s.ID] != s {
			fmt.Fprintf(d.b, "  BROKEN: session %s is not known by its id\n", s.ID)
		}
	}
	if d.stored {
		d.line("  sessions", sessions)
	} else {
		d.line("  sessions", sessions, a.orphans)
	}
	queues := make([]QueueID, len(a.memberships))
	for i, m := range a.memberships {
		queues[i] = m.QueueID
	}
	d.line("  queues", queues)
	d.line("  offers", slices.Sorted(maps.Keys(a.offers)))
	d.line("  preferred by", itemIDs(&a.preferredBy))
}

func (d dumper) queue(q *queue) {
	d.line("queue", q.Queue)
	d.line("  figures", q.figures())
	for _, m := range sortedValues(q.members) {
		d.line("  member", m.QueueMember)
	}
	for class := range q.candidates.classes {
		l := &q.candidates.classes[class]
		total := 0
		for level := range l.lanes {
			f := &l.lanes[level]
			total += f.count
			if filled := l.filled[level>>6]&(1<<(level&63)) != 0; filled != (f.count > 0) {
				fmt.Fprintf(d.b, "  BROKEN: level %d of class %d\n", level, class)
			}
			if f.count > 0 || f.head != nil || f.tail != nil {
				d.line(fmt.Sprintf("  class %d level %d", class, level), laneIDs(f))
			}
		}
		if total != l.count {
			fmt.Fprintf(d.b, "  BROKEN: class %d counts %d of %d\n", class, l.count, total)
		}
	}
	waiting := slices.Clone(q.waiting)
	slices.SortFunc(waiting, func(a, b *waitingClass) int { return cmp.Compare(a.workstream.ID, b.workstream.ID) })
	for _, c := range waiting {
		if c.anyone.len()+c.unassigned.len() > 0 {
			d.line("  waiting "+string(c.workstream.ID), itemIDs(&c.anyone), itemIDs(&c.unassigned))
		}
	}
}

// laneIDs walks a level forwards, and says so when backwards gives something else.
func laneIDs(f *lane) []string {
	var there, back []string
	if f.tree != nil {
		for _, m := range f.tree.Items() {
			there = append(there, string(m.AgentID))
		}
		return there
	}
	for m := f.head; m != nil; m = m.next {
		there = append(there, string(m.AgentID))
	}
	for m := f.tail; m != nil; m = m.prev {
		back = append(back, string(m.AgentID))
	}
	slices.Reverse(back)
	if !slices.Equal(there, back) || len(there) != f.count {
		there = append(there, fmt.Sprintf("BROKEN: %d, backwards %v", f.count, back))
	}
	return there
}

func (d dumper) item(w *workItem) {
	d.line("item", w.WorkItem)
	if w.offer != nil {
		d.line("  offer", w.offer)
	}
	if w.assignment != nil {
		d.line("  assignment", w.assignment)
	}
	for _, decline := range sortedValues(w.declines) {
		d.line("  decline", decline)
	}
}

func itemIDs(l *waitingList) []WorkItemID {
	ids := []WorkItemID{}
	for _, w := range l.all() {
		ids = append(ids, w.ID)
	}
	return ids
}
