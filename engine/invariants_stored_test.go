package engine

import (
	"reflect"
	"slices"
)

// follower is told what subscribers are told: the events of each batch, with what they show. Folding them has to give what is stored (EV-1, EV-3).
type follower struct {
	items   map[WorkItemID]WorkItem
	agents  map[AgentID]Agent
	members map[memberKey]bool
	offers  map[OfferID]Offer
	figures map[QueueID]QueueFigures
	// roles are the versions of roles of one's own, keys the API keys: their events name them, and no more.
	roles map[string]int
	keys  map[APIKeyID]bool
}

func newFollower() *follower {
	return &follower{
		items: map[WorkItemID]WorkItem{}, agents: map[AgentID]Agent{}, members: map[memberKey]bool{}, offers: map[OfferID]Offer{},
		figures: map[QueueID]QueueFigures{}, roles: map[string]int{}, keys: map[APIKeyID]bool{},
	}
}

// take folds the events of a batch in, and compares with the rows whatever they or the changes are about.
func (f *follower) take(c *Changes, rows *rowStore) {
	eachOnce(c)
	for _, ev := range c.Events {
		f.see(ev)
	}
	for _, ev := range c.Events {
		if ev.Item != nil {
			f.checkItem(rows.workItems[ev.WorkItemID])
		}
		if ev.Agent != nil {
			f.checkAgent(ev.AgentID, rows)
		}
	}
	for _, w := range c.WorkItems {
		f.checkItem(w)
	}
	for _, a := range c.Agents {
		f.checkAgent(a.ID, rows)
	}
	f.checkAccess(rows)
	for _, o := range c.Offers {
		shown := f.offers[o.ID]
		must(shown.State == o.State && shown.AgentID == o.AgentID && shown.WorkItemID == o.WorkItemID && shown.AssignmentID == o.AssignmentID &&
			at(shown.EndedAt) == at(o.EndedAt), "the events show the offer %+v, stored is %+v", shown, *o)
	}
}

// eachOnce: what a batch changed is written in any order, so no key may be in it twice, be it removed or not.
func eachOnce(c *Changes) {
	seen := map[any]bool{}
	once := func(key any) {
		must(!seen[key], "the changes name %v twice", key)
		seen[key] = true
	}
	all(c.Contacts, func(r *Contact) { once(r.ID) })
	all(c.Agents, func(r Agent) { once(r.ID) })
	all(c.Queues, func(r Queue) { once(r.ID) })
	all(c.Workstreams, func(r Workstream) { once(r.ID) })
	all(c.WorkItems, func(r WorkItem) { once(r.ID) })
	all(c.Offers, func(r *Offer) { once(r.ID) })
	all(c.Assignments, func(r *Assignment) { once(r.ID) })
	all(c.Sessions, func(r Session) { once(r.ID) })
	all(slices.Concat(c.Declines, c.DeclinesRemoved), func(r Decline) { once(declineKey{r.WorkItemID, r.AgentID}) })
	all(slices.Concat(c.Members, c.MembersRemoved), func(r QueueMember) { once(memberKey{r.QueueID, r.AgentID}) })
	all(c.ContactsRemoved, func(id ContactID) { once(id) })
	all(c.AgentsRemoved, func(id AgentID) { once(id) })
	all(c.QueuesRemoved, func(id QueueID) { once(id) })
	all(c.WorkstreamsRemoved, func(id WorkstreamID) { once(id) })
	all(c.SessionsRemoved, func(id SessionID) { once(id) })
	all(c.Roles, func(r *Role) { once(r.Name) })
	all(c.RolesRemoved, func(name string) { once(name) })
	all(c.APIKeys, func(k *APIKey) { once(k.ID) })
	all(c.APIKeysRemoved, func(id APIKeyID) { once(id) })
	all(c.Statuses, func(r *PresenceStatus) { once(r.ID) })
	all(c.StatusesRemoved, func(id PresenceStatusID) { once(id) })
	all(c.Profiles, func(r *CapacityProfile) { once(r.ID) })
	all(c.ProfilesRemoved, func(id CapacityProfileID) { once(id) })
	all(slices.Concat(c.Grants, c.GrantsRemoved), func(r PresenceStatusGrant) { once(grantKey{r.StatusID, r.AgentID}) })
	type row struct{ of ContactID }
	all(c.Rows, func(r *PreferredAgents) { once(row{r.ContactID}) })
	all(c.RowsRemoved, func(id ContactID) { once(row{id}) })
}

func all[T any](list []T, do func(T)) {
	for _, v := range list {
		do(v)
	}
}

func (f *follower) see(ev Event) {
	key := memberKey{ev.QueueID, ev.AgentID}
	switch ev.Type {
	case EventQueueMemberAdded:
		f.members[key] = true
	case EventQueueMemberRemoved:
		delete(f.members, key)
	case EventAgentDeleted:
		delete(f.agents, ev.AgentID)
	default:
		f.seeAccess(ev)
	}
	if ev.Item != nil {
		f.items[ev.WorkItemID] = *ev.Item
	}
	if ev.Offer != nil {
		f.offers[ev.Body.OfferID] = *ev.Offer
	}
	if ev.Agent == nil {
		return
	}
	must(ev.Agent.ID == ev.AgentID, "%s of %s shows %s", ev.Type, ev.AgentID, ev.Agent.ID)
	f.agents[ev.AgentID] = *ev.Agent
	in := 0
	for key := range f.members {
		if key.agent == ev.AgentID {
			in++
			must(slices.Contains(ev.Queues, key.queue), "%s shows the queues %v of %s, who is in %s", ev.Type, ev.Queues, ev.AgentID, key.queue)
		}
	}
	must(in == len(ev.Queues), "%s shows the queues %v of %s, who is in %d", ev.Type, ev.Queues, ev.AgentID, in)
}

// seeAccess: what is created was not there, and what changes or goes was.
func (f *follower) seeAccess(ev Event) {
	version, known := f.roles[ev.Body.Role]
	switch ev.Type {
	case EventRoleCreated, EventRoleChanged:
		must(ev.Body.Role != "" && known == (ev.Type == EventRoleChanged), "%s of %q", ev.Type, ev.Body.Role)
		f.roles[ev.Body.Role] = version + 1
	case EventRoleDeleted:
		must(known, "%s of %q", ev.Type, ev.Body.Role)
		delete(f.roles, ev.Body.Role)
	case EventAPIKeyCreated:
		must(ev.Body.APIKeyID != "" && !f.keys[ev.Body.APIKeyID], "%s of %q", ev.Type, ev.Body.APIKeyID)
		f.keys[ev.Body.APIKeyID] = true
	case EventAPIKeyRevoked:
		must(f.keys[ev.Body.APIKeyID], "%s of %q", ev.Type, ev.Body.APIKeyID)
		delete(f.keys, ev.Body.APIKeyID)
	}
}

// checkAccess compares the roles and keys that the events tell of with those that are stored.
func (f *follower) checkAccess(rows *rowStore) {
	must(len(f.roles) == len(rows.roles) && len(f.keys) == len(rows.apiKeys), "the events tell of the roles %v and the keys %v, stored are %v and %v", f.roles,
		f.keys, rows.roles, rows.apiKeys)
	for name, version := range f.roles {
		must(rows.roles[name].Version == version, "the events tell of version %d of %s, stored is %+v", version, name, rows.roles[name])
	}
	for id := range f.keys {
		must(rows.apiKeys[id].ID == id, "the events tell of the key %s, which is not stored", id)
	}
}

func (f *follower) checkItem(w WorkItem) {
	shown := f.items[w.ID]
	visible := func(w WorkItem) WorkItem { // what routing only keeps count of has no event
		return WorkItem{
			ID: w.ID, Status: w.Status, WorkstreamID: w.WorkstreamID, QueueID: w.QueueID, ContactID: w.ContactID, AgentID: w.AgentID,
			Priority: w.Priority, LeftUnassigned: w.LeftUnassigned, WithoutPreferred: w.WithoutPreferred, OfferID: w.OfferID,
			AssignmentID: w.AssignmentID, CreatedAt: w.CreatedAt, ClosedAt: w.ClosedAt,
		}
	}
	a, b := visible(shown), visible(w)
	must(at(a.ClosedAt) == at(b.ClosedAt), "the events show %+v, stored is %+v", shown, w)
	a.ClosedAt, b.ClosedAt = nil, nil
	must(a == b, "the events show %+v, stored is %+v", shown, w)
}

func (f *follower) checkAgent(id AgentID, rows *rowStore) {
	shown, stored := f.agents[id], rows.agents[id]
	must(shown.Presence == stored.Presence && shown.Version == stored.Version && limitText(shown.CapacityUnits) == limitText(stored.CapacityUnits),
		"the events show %+v, stored is %+v", shown, stored)
}

// checkAll compares all that is stored.
func (f *follower) checkAll(rows *rowStore) {
	must(len(f.items) == len(rows.workItems) && len(f.agents) == len(rows.agents) && len(f.members) == len(rows.members) &&
		len(f.offers) == len(rows.offers), "the events tell of %d items, %d agents, %d members, %d offers, stored are %d, %d, %d, %d", len(f.items),
		len(f.agents), len(f.members), len(f.offers), len(rows.workItems), len(rows.agents), len(rows.members), len(rows.offers))
	for _, w := range rows.workItems {
		f.checkItem(w)
	}
	for id := range rows.agents {
		f.checkAgent(id, rows)
	}
	for key := range rows.members {
		must(f.members[key], "no event told that %s is in %s", key.agent, key.queue)
	}
}

// takeFigures: a batch tells the figures of every queue where they moved, as they are after it (EV-3).
func (f *follower) takeFigures(c *Changes, m *model) {
	told := map[QueueID]bool{}
	for _, is := range c.Figures {
		q := m.queues[is.QueueID]
		must(q != nil && !told[is.QueueID], "the figures of %s, which is no more, or twice", is.QueueID)
		told[is.QueueID] = true
		want := m.figures(q)
		must(is.Equal(&want), "the batch tells %+v, want %+v (EV-3)", is, want)
	}
	for id, q := range m.queues {
		want := m.figures(q)
		was, known := f.figures[id]
		must(told[id] || known && was.Equal(&want), "the figures of %s moved from %+v to %+v untold (EV-3)", id, was, want)
		f.figures[id] = want
	}
	for id := range f.figures {
		if m.queues[id] == nil {
			delete(f.figures, id)
		}
	}
}

// previewed compares a preview with what the model decides about the same item, waiting or made up for it (DX-3).
func (m *model) previewed(e *Engine, c PreviewRouting, d *Decision) {
	w := m.items[c.WorkItemID]
	if w == nil {
		stream := m.streams[c.WorkstreamID]
		w = &mItem{stream: stream, queue: stream.queue, contact: m.contacts[c.ContactID], status: Queued, priority: stream.Priority}
	}
	must(d != nil && d.DecidedAt.Equal(m.now) && d.ConfigVersion == e.org.ConfigVersion && d.OfferID == nil, "the preview %+v is not of now", d)
	v := m.decide(w)
	if m.stays(w) { // left to a person: nobody is looked for
		must(d.AgentID == nil && d.Outcome == OutcomeLeftUnassigned, "the preview %+v of %s, which stays", d, w.id)
		return
	}
	must(reflect.DeepEqual(v.read(m, w, d), v), "the preview about %s says\n%+v, want\n%+v (DX-3)", w.id, d, *v)
}
