package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
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
	statuses     map[PresenceStatusID]PresenceStatus
	grants       map[grantKey]PresenceStatusGrant
	profiles     map[CapacityProfileID]CapacityProfile
	apiKeys      map[APIKeyID]APIKey
}

type memberKey struct {
	queue QueueID
	agent AgentID
}

type grantKey struct {
	status PresenceStatusID
	agent  AgentID
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
		statuses: map[PresenceStatusID]PresenceStatus{}, grants: map[grantKey]PresenceStatusGrant{}, profiles: map[CapacityProfileID]CapacityProfile{},
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
	for _, r := range c.Statuses {
		s.statuses[r.ID] = *r
	}
	for _, r := range c.Profiles {
		s.profiles[r.ID] = *r
	}
	for _, r := range c.Grants {
		s.grants[grantKey{r.StatusID, r.AgentID}] = r
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
	remove(s.statuses, c.StatusesRemoved)
	remove(s.profiles, c.ProfilesRemoved)
	for _, r := range c.GrantsRemoved {
		delete(s.grants, grantKey{r.StatusID, r.AgentID})
	}
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
		Statuses: sortedValues(s.statuses), Profiles: sortedValues(s.profiles),
	}
	for _, g := range s.grants { // order: into a set
		n.Grants = append(n.Grants, g)
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
