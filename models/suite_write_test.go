package models

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"rapport/engine"
	"rapport/internal/identify"
)

var writeTests = []storeTest{
	{"every noun reads back", everyNounReadsBack},
	{"an empty database has an organisation", emptyHasOrganization},
	{"names in any script", namesInAnyScript},
	{"the largest role and key", longestAccess},
	{"an upsert changes the row that is meant", upsertChangesTheMeantRow},
	{"removals", removals},
	{"deleted and made again in one batch", againInOneBatch},
	{"events are stored in their order", eventsInOrder},
}

// nouns is everything of each noun, closed work included.
type nouns struct {
	Organization []engine.Organization
	Contacts     []engine.Contact
	Agents       []engine.Agent
	Sessions     []engine.Session
	Queues       []engine.Queue
	Members      []engine.QueueMember
	Workstreams  []engine.Workstream
	Rows         []engine.PreferredAgents
	WorkItems    []engine.WorkItem
	Offers       []engine.Offer
	Assignments  []engine.Assignment
	Declines     []engine.Decline
	Roles        []engine.Role
	APIKeys      []engine.APIKey
	Statuses     []engine.PresenceStatus
	Grants       []engine.PresenceStatusGrant
	Profiles     []engine.CapacityProfile
}

// stored reads it all, in the order of primary keys.
func (s *testStore) stored(t testing.TB) nouns {
	t.Helper()
	var n nouns
	by := func(order string) *gorm.DB { return s.write.WithContext(ctx).Order(order) }
	for _, err := range []error{
		all(by("id"), &n.Organization, organizationRow.toOrganization),
		all(by("id"), &n.Contacts, contactRow.toContact),
		all(by("id"), &n.Agents, agentRow.toAgent),
		all(by("id"), &n.Sessions, sessionRow.toSession),
		all(by("id"), &n.Queues, queueRow.toQueue),
		all(by("queue_id, agent_id"), &n.Members, queueMemberRow.toQueueMember),
		all(by("id"), &n.Workstreams, workstreamRow.toWorkstream),
		all(by("contact_id"), &n.Rows, preferredAgentsRow.toPreferredAgents),
		all(by("id"), &n.WorkItems, workItemRow.toWorkItem),
		all(by("id"), &n.Offers, offerRow.toOffer),
		all(by("id"), &n.Assignments, assignmentRow.toAssignment),
		all(by("work_item_id, agent_id"), &n.Declines, declineRow.toDecline),
		all(by("name"), &n.Roles, roleRow.toRole),
		all(by("id"), &n.APIKeys, apiKeyRow.toAPIKey),
		all(by("id"), &n.Statuses, presenceStatusRow.toPresenceStatus),
		all(by("status_id, agent_id"), &n.Grants, presenceStatusGrantRow.toPresenceStatusGrant),
		all(by("id"), &n.Profiles, capacityProfileRow.toCapacityProfile),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	same(t, "what contacts are found by", s.terms(t), wantTerms(n.Contacts))
	return n
}

// terms is what stands in contact_terms.
func (s *testStore) terms(t testing.TB) []contactTermRow {
	t.Helper()
	var rows []contactTermRow
	if err := s.write.Order("contact_id, term").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	return rows
}

// wantTerms is what should: that of the contacts that there are, by their present names, and nothing else.
func wantTerms(contacts []engine.Contact) []contactTermRow {
	rows := []contactTermRow{}
	for _, c := range contacts {
		for _, term := range identify.NameTerms(c.FullName) {
			rows = append(rows, contactTermRow{string(c.ID), term})
		}
	}
	return rows
}

// changes are those that write all of it.
func (n nouns) changes() *engine.Changes {
	return &engine.Changes{
		Organization: &n.Organization[0], Contacts: pointersTo(n.Contacts), Agents: n.Agents, Sessions: n.Sessions, Queues: n.Queues,
		Members: n.Members, Workstreams: n.Workstreams, Rows: pointersTo(n.Rows), WorkItems: n.WorkItems, Offers: pointersTo(n.Offers),
		Assignments: pointersTo(n.Assignments), Declines: n.Declines, Roles: pointersTo(n.Roles), APIKeys: pointersTo(n.APIKeys),
		Statuses: pointersTo(n.Statuses), Grants: n.Grants, Profiles: pointersTo(n.Profiles),
	}
}

// aHouse is some of everything: each noun with all its optional fields and without any, in force and ended.
func aHouse() nouns {
	return nouns{
		Organization: []engine.Organization{*organization()},
		Contacts:     []engine.Contact{contact(1, true), contact(2, false), contact(3, true)},
		Agents:       []engine.Agent{agent(1, true), agent(2, false), agent(3, false)},
		Sessions:     []engine.Session{session(1, 1), session(2, 1), session(3, 2)},
		Queues:       []engine.Queue{queue(1), queue(2), queue(3)},
		Members:      []engine.QueueMember{queueMember(1, 1), queueMember(1, 2), queueMember(2, 1)},
		Workstreams:  []engine.Workstream{workstream(1, true), workstream(2, false), workstream(3, true)},
		Rows:         []engine.PreferredAgents{matrixRow(1, 3, 1, 2), matrixRow(2, 2), matrixRow(3, 1, 3)},
		WorkItems: []engine.WorkItem{
			workItem(1, engine.Offered, true), workItem(2, engine.Queued, false), workItem(3, engine.Assigned, true),
			workItem(4, engine.Completed, true), workItem(5, engine.Cancelled, false), workItem(6, engine.Waiting, true), workItem(7, engine.WrapUpWork, true),
		},
		Offers:      []engine.Offer{offer(1, 1, 1, false), offer(3, 3, 2, true), offer(4, 4, 1, true)},
		Assignments: []engine.Assignment{assignment(3, 3, 2, false), assignment(4, 4, 1, true), assignment(5, 4, 2, true), assignment(6, 6, 2, false), assignment(7, 7, 3, false)},
		Declines:    []engine.Decline{decline(1, 2), decline(3, 1), decline(4, 1)},
		Roles:       []engine.Role{role(1), role(2), role(3)},
		APIKeys:     []engine.APIKey{apiKey(1, "ROLE_001"), apiKey(2), apiKey(3, "ROLE_002", "OBSERVER")},
		Statuses:    []engine.PresenceStatus{presenceStatus(1, true), presenceStatus(2, false), presenceStatus(3, false)},
		Grants:      []engine.PresenceStatusGrant{grant(2, 1), grant(2, 3), grant(3, 1)},
		Profiles:    []engine.CapacityProfile{capacityProfile(1, true), capacityProfile(2, false), capacityProfile(3, true)},
	}
}

// everyNounReadsBack: in every field, from every way in which it is read.
func everyNounReadsBack(t *testing.T, s *testStore) {
	want := aHouse()
	for _, noun := range []any{
		want.Organization[0], want.Contacts[0], want.Agents[0], want.Sessions[0], want.Queues[0], want.Members[0], want.Workstreams[0],
		want.Rows[0], want.WorkItems[0], want.Offers[1], want.Assignments[1], want.Declines[0], want.APIKeys[0], want.Grants[0], want.Profiles[0], want.Agents[0].Profiles[0],
	} {
		allSet(t, noun)
	}
	allSet(t, want.Roles[0], "BuiltIn") // which are in the program
	allSet(t, want.Statuses[0], "BuiltIn")
	s.commit(t, want.changes())
	same(t, "stored", s.stored(t), want)

	snap := must[engine.Snapshot](t)(s.Load(ctx))
	// The row of contact 2 is not loaded: nothing of theirs is open. Nor are the declines and offers of what is closed.
	slices.SortFunc(snap.Members, func(a, b engine.QueueMember) int {
		return strings.Compare(string(a.QueueID)+string(a.AgentID), string(b.QueueID)+string(b.AgentID))
	})
	slices.SortFunc(snap.Declines, func(a, b engine.Decline) int { return strings.Compare(string(a.WorkItemID), string(b.WorkItemID)) })
	same(t, "loaded", snap, engine.Snapshot{
		Organization: want.Organization[0], Agents: want.Agents, Sessions: want.Sessions, Queues: want.Queues, Members: want.Members,
		Workstreams: want.Workstreams, WorkItems: slices.Concat(want.WorkItems[:3], want.WorkItems[5:]), Offers: want.Offers[:1],
		Assignments: slices.Concat(want.Assignments[:1], want.Assignments[3:]),
		Declines:    want.Declines[:2], Rows: want.Rows[:1], Roles: want.Roles, APIKeys: want.APIKeys,
		Statuses: want.Statuses, Grants: want.Grants, Profiles: want.Profiles,
		Policies: map[engine.ContactID]engine.RoutingPolicy{want.Contacts[0].ID: policy(true)},
	})
	readsGive(t, s, want)
}

// readsGive compares what the methods for queries give with what is stored.
func readsGive(t *testing.T, s *testStore, want nouns) {
	t.Helper()
	page := engine.Page{First: 100}
	same(t, "Organization", must[engine.Organization](t)(s.Organization(ctx)), want.Organization[0])
	same(t, "Contacts", must[[]engine.Contact](t)(s.Contacts(ctx, idsOf(want.Contacts, func(c engine.Contact) engine.ContactID { return c.ID }))), want.Contacts)
	same(t, "ContactPage", must[[]engine.Contact](t)(s.ContactPage(ctx, "", page)), want.Contacts)
	same(t, "Agents", must[[]engine.Agent](t)(s.Agents(ctx, idsOf(want.Agents, func(a engine.Agent) engine.AgentID { return a.ID }))), want.Agents)
	same(t, "AgentPage", must[[]engine.Agent](t)(s.AgentPage(ctx, page)), want.Agents)
	same(t, "MemberPage", must[[]engine.Agent](t)(s.MemberPage(ctx, want.Queues[0].ID, page)), want.Agents[:2])
	same(t, "Queues", must[[]engine.Queue](t)(s.Queues(ctx, idsOf(want.Queues, func(q engine.Queue) engine.QueueID { return q.ID }))), want.Queues)
	same(t, "QueuePage", must[[]engine.Queue](t)(s.QueuePage(ctx, page)), want.Queues)
	same(t, "QueuesOf", must[[]engine.Queue](t)(s.QueuesOf(ctx, want.Agents[0].ID)), want.Queues[:2])
	same(t, "Workstreams", must[[]engine.Workstream](t)(s.Workstreams(ctx, idsOf(want.Workstreams, func(w engine.Workstream) engine.WorkstreamID { return w.ID }))), want.Workstreams)
	same(t, "WorkstreamPage", must[[]engine.Workstream](t)(s.WorkstreamPage(ctx, page)), want.Workstreams)
	same(t, "PreferredAgents", must[[]engine.PreferredAgents](t)(s.PreferredAgents(ctx, idsOf(want.Rows, func(r engine.PreferredAgents) engine.ContactID { return r.ContactID }))), want.Rows)
	same(t, "WorkItems", must[[]engine.WorkItem](t)(s.WorkItems(ctx, idsOf(want.WorkItems, func(w engine.WorkItem) engine.WorkItemID { return w.ID }))), want.WorkItems)
	same(t, "WorkItemPage", must[[]engine.WorkItem](t)(s.WorkItemPage(ctx, engine.WorkItemScope{}, page)), want.WorkItems)
	same(t, "Offers", must[[]engine.Offer](t)(s.Offers(ctx, idsOf(want.Offers, func(o engine.Offer) engine.OfferID { return o.ID }))), want.Offers)
	same(t, "OfferPage", must[[]engine.Offer](t)(s.OfferPage(ctx, want.WorkItems[0].ID, page)), want.Offers[:1])
	same(t, "Assignments", must[[]engine.Assignment](t)(s.Assignments(ctx, idsOf(want.Assignments, func(a engine.Assignment) engine.AssignmentID { return a.ID }))), want.Assignments)
	same(t, "AssignmentPage", must[[]engine.Assignment](t)(s.AssignmentPage(ctx, want.Agents[1].ID, page)), []engine.Assignment{want.Assignments[0], want.Assignments[3]})
	same(t, "OpenOffers", must[[]engine.Offer](t)(s.OpenOffers(ctx, want.Agents[0].ID)), want.Offers[:1])
	same(t, "Roles", must[[]engine.Role](t)(s.Roles(ctx)), want.Roles)
	same(t, "APIKeys", must[[]engine.APIKey](t)(s.APIKeys(ctx)), want.APIKeys)
	same(t, "APIKeyPage", must[[]engine.APIKey](t)(s.APIKeyPage(ctx, page)), want.APIKeys)
	presenceReadsGive(t, s, want)
	start := must[engine.OfferStart](t)(s.OfferStart(ctx, want.Agents[0].ID, want.Sessions[0].ID, nil))
	same(t, "OfferStart", start, engine.OfferStart{Start: engine.Start{At: s.at}, Offers: want.Offers[:1], SessionLive: true})
	if gone := must[engine.OfferStart](t)(s.OfferStart(ctx, want.Agents[0].ID, "se_gone", nil)); gone.SessionLive {
		t.Error("a session that is not there is taken for live")
	}
}

func idsOf[T, I any](list []T, id func(T) I) []I {
	out := make([]I, len(list))
	for i, v := range list {
		out[i] = id(v)
	}
	return out
}

// emptyHasOrganization: RT-1, PR-7 have their defaults, and they stay.
func emptyHasOrganization(t *testing.T, s *testStore) {
	first := must[engine.Snapshot](t)(s.Load(ctx)).Organization
	want := engine.NewOrganization(first.UpdatedAt)
	same(t, "the organisation", first, want)
	same(t, "loaded again", must[engine.Snapshot](t)(s.Load(ctx)).Organization, want)
	same(t, "read", must[engine.Organization](t)(s.Organization(ctx)), want)
}

// names that databases are known to change or to take for one another.
var names = []string{
	"Zoë Müller", "Zoe Muller", "zoe muller", "ZOE MULLER", "Zoe Muller ", "Zoe Muller  ", " Zoe Muller",
	"e\u0301", "\u00e9", "山田 太郎", "محمد علي", "שלום", "Ольга", "ไทย", "👩‍👩‍👧‍👦 🇩🇪", "ß", "ss", "SS", "İstanbul", "ı",
	`O'Brien "x" \ % _ ; -- /* ?`, `\'`, "NULL", "0", " ", strings.Repeat("😀", engine.MaxName), strings.Repeat("字", engine.MaxName),
}

func namesInAnyScript(t *testing.T, s *testStore) {
	var want nouns
	want.Organization = []engine.Organization{*organization()}
	for i, name := range names {
		c, a, q, w, item := contact(i, true), agent(i, true), queue(i), workstream(i, true), workItem(i, engine.Queued, true)
		c.FullName, a.Name, q.Name, w.Name, item.Reference = name, name, name, name, new(name)
		r, k := role(i), apiKey(i)
		status, profile := presenceStatus(i, true), capacityProfile(i, true)
		r.Description, k.Name, status.Text, profile.Name = name, name, name, name
		want.Roles, want.APIKeys = append(want.Roles, r), append(want.APIKeys, k)
		want.Statuses, want.Profiles = append(want.Statuses, status), append(want.Profiles, profile)
		c.Email = new(string([]rune(name)[:min(len([]rune(name)), 100)]))
		c.MobilePhone = new(string([]rune(name)[:min(len([]rune(name)), engine.MaxPhone)]))
		want.Contacts, want.Agents, want.Queues = append(want.Contacts, c), append(want.Agents, a), append(want.Queues, q)
		want.Workstreams, want.WorkItems = append(want.Workstreams, w), append(want.WorkItems, item)
	}
	s.commit(t, want.changes())
	got := s.stored(t)
	same(t, "contacts", got.Contacts, want.Contacts)
	same(t, "agents", got.Agents, want.Agents)
	same(t, "queues", got.Queues, want.Queues)
	same(t, "workstreams", got.Workstreams, want.Workstreams)
	same(t, "work items", got.WorkItems, want.WorkItems)
	same(t, "roles", got.Roles, want.Roles)
	same(t, "API keys", got.APIKeys, want.APIKeys)
	same(t, "presence statuses", got.Statuses, want.Statuses)
	same(t, "capacity profiles", got.Profiles, want.Profiles)
}

// longestAccess: the largest role and key that the engine lets through fit into their columns.
func longestAccess(t *testing.T, s *testStore) {
	var want nouns
	want.Organization = []engine.Organization{*organization()}
	all, k := role(1), apiKey(1)
	all.Name, all.Description, all.Permissions = strings.Repeat("Z", engine.MaxRoleName), strings.Repeat("😀", engine.MaxRoleDescription), engine.Permissions[:]
	k.Name, k.Roles = strings.Repeat("字", engine.MaxName), nil
	for range engine.MaxRolesPerKey {
		k.Roles = append(k.Roles, all.Name)
	}
	want.Roles, want.APIKeys = []engine.Role{all}, []engine.APIKey{k}
	s.commit(t, want.changes())
	got := s.stored(t)
	same(t, "roles", got.Roles, want.Roles)
	same(t, "API keys", got.APIKeys, want.APIKeys)
}

// upsertChangesTheMeantRow: the second of three changes in every field, the others in none.
func upsertChangesTheMeantRow(t *testing.T, s *testStore) {
	want := aHouse()
	s.commit(t, want.changes())
	second := nouns{
		Organization: []engine.Organization{{ID: engine.OrganizationID, ConfigVersion: 2, Version: 10, UpdatedAt: after(77)}},
		Contacts:     []engine.Contact{contact(2, true)}, Agents: []engine.Agent{agent(2, true)}, Queues: []engine.Queue{queue(2)},
		Workstreams: []engine.Workstream{workstream(2, true)}, Rows: []engine.PreferredAgents{matrixRow(2, 1, 3)},
		WorkItems: []engine.WorkItem{workItem(2, engine.Cancelled, true)}, Offers: []engine.Offer{offer(3, 3, 2, false)},
		Assignments: []engine.Assignment{assignment(4, 4, 1, false)}, Declines: []engine.Decline{decline(3, 1)},
		Members: []engine.QueueMember{queueMember(1, 2)}, Sessions: []engine.Session{session(2, 2)},
		Roles: []engine.Role{role(22)}, APIKeys: []engine.APIKey{apiKey(22, "ROLE_003")},
		Statuses: []engine.PresenceStatus{presenceStatus(22, true)}, Grants: []engine.PresenceStatusGrant{grant(2, 3)},
		Profiles: []engine.CapacityProfile{capacityProfile(22, true)},
	}
	second.Roles[0].Name, second.Roles[0].Permissions, second.APIKeys[0].ID = want.Roles[1].Name, []engine.Permission{engine.AccessWrite}, want.APIKeys[1].ID
	second.Statuses[0].ID, second.Grants[0].GrantedAt, second.Profiles[0].ID = want.Statuses[1].ID, after(88), want.Profiles[1].ID
	second.Queues[0].Name, second.Declines[0].Count, second.Members[0].JoinedAt = "Other", 5, after(99)
	s.commit(t, second.changes())
	want.Organization[0], want.Contacts[1], want.Agents[1], want.Queues[1] = second.Organization[0], second.Contacts[0], second.Agents[0], second.Queues[0]
	want.Workstreams[1], want.Rows[1], want.WorkItems[1] = second.Workstreams[0], second.Rows[0], second.WorkItems[0]
	want.Offers[1], want.Assignments[1], want.Declines[1] = second.Offers[0], second.Assignments[0], second.Declines[0]
	want.Members[1], want.Sessions[1] = second.Members[0], second.Sessions[0]
	want.Roles[1], want.APIKeys[1] = second.Roles[0], second.APIKeys[0]
	want.Statuses[1], want.Grants[1], want.Profiles[1] = second.Statuses[0], second.Grants[0], second.Profiles[0]
	same(t, "after the upsert", s.stored(t), want)
}

func removals(t *testing.T, s *testStore) {
	want := aHouse()
	for n := range 200 { // more than a statement of SQLite takes
		want.Sessions = append(want.Sessions, session(100+n, 3))
	}
	s.commit(t, want.changes())
	gone := &engine.Changes{
		RowsRemoved:     []engine.ContactID{want.Rows[0].ContactID, want.Rows[2].ContactID, "ct_unknown"},
		MembersRemoved:  []engine.QueueMember{{QueueID: want.Queues[0].ID, AgentID: want.Agents[1].ID}},
		SessionsRemoved: []engine.SessionID{want.Sessions[0].ID},
		ContactsRemoved: []engine.ContactID{want.Contacts[1].ID, "ct_unknown"}, AgentsRemoved: []engine.AgentID{want.Agents[2].ID, "ag_unknown"},
		QueuesRemoved: []engine.QueueID{want.Queues[2].ID}, WorkstreamsRemoved: []engine.WorkstreamID{want.Workstreams[0].ID, want.Workstreams[1].ID},
		DeclinesRemoved: []engine.Decline{
			{WorkItemID: want.Declines[1].WorkItemID, AgentID: want.Declines[1].AgentID}, {WorkItemID: want.Declines[1].WorkItemID, AgentID: "ag_unknown"},
		},
	}
	gone.RolesRemoved, gone.APIKeysRemoved = []string{want.Roles[0].Name, "UNKNOWN"}, []engine.APIKeyID{want.APIKeys[1].ID, want.APIKeys[2].ID, "ak_unknown"}
	gone.StatusesRemoved, gone.ProfilesRemoved = []engine.PresenceStatusID{want.Statuses[1].ID, "ps_unknown"}, []engine.CapacityProfileID{want.Profiles[2].ID}
	gone.GrantsRemoved = []engine.PresenceStatusGrant{{StatusID: want.Statuses[1].ID, AgentID: want.Agents[0].ID}, {StatusID: want.Statuses[1].ID, AgentID: "ag_unknown"}}
	for _, session := range want.Sessions[3:] {
		gone.SessionsRemoved = append(gone.SessionsRemoved, session.ID)
	}
	s.commit(t, gone)
	want.Rows = want.Rows[1:2]
	want.Members = []engine.QueueMember{want.Members[0], want.Members[2]}
	want.Sessions = want.Sessions[1:3]
	want.Contacts = []engine.Contact{want.Contacts[0], want.Contacts[2]}
	want.Agents, want.Queues, want.Workstreams = want.Agents[:2], want.Queues[:2], want.Workstreams[2:]
	want.Declines = []engine.Decline{want.Declines[0], want.Declines[2]}
	want.Roles, want.APIKeys = want.Roles[1:], want.APIKeys[:1]
	want.Statuses, want.Grants, want.Profiles = []engine.PresenceStatus{want.Statuses[0], want.Statuses[2]}, want.Grants[1:], want.Profiles[:2]
	same(t, "after the removals", s.stored(t), want)
}

// againInOneBatch: ids may be given, so what is deleted can be made again under its id, and what is made can be deleted at once. What the engine
// holds at the end is what is stored.
func againInOneBatch(t *testing.T, s *testStore) {
	w := &fixtureWorld{t: t, s: s, e: engine.New(engine.Snapshot{Organization: engine.NewOrganization(begin)}, begin), now: begin}
	s.commit(t, &engine.Changes{Organization: new(engine.NewOrganization(begin))})
	contact, q, a, ws := id[engine.ContactID](1), id[engine.QueueID](1), id[engine.AgentID](1), id[engine.WorkstreamID](1)
	status, profile := id[engine.PresenceStatusID](1), id[engine.CapacityProfileID](1)
	make := func(name string, agents ...engine.AgentID) []engine.Command {
		return []engine.Command{
			engine.CreateAgent{ID: a, Name: name, CapacityUnits: new(2)}, engine.CreateContact{ID: contact, FullName: name},
			engine.CreateQueue{ID: q, Name: name, AssignmentMethod: engine.RoundRobin}, engine.AddQueueMembers{QueueID: q, Agents: []engine.AgentID{a}},
			engine.CreateWorkstream{
				ID: ws, Name: name, Channel: engine.ChannelSMS, DistributionMode: engine.Push, QueueID: q, Cost: oneUnit, WrapUp: noWrapUp, OfferSeconds: 60,
				AllowedPresences: []engine.BasePresence{engine.Available}, AcceptMode: engine.AcceptManual, DeclineLimit: 1,
			},
			engine.SetPreferredAgents{ContactID: contact, Agents: append([]engine.AgentID{a}, agents...)}, engine.OpenSession{AgentID: a},
			engine.CreateRole{Name: "DESK", Description: name, Permissions: []engine.Permission{engine.WorkRead}},
			engine.CreatePresenceStatus{ID: status, Text: name, Base: engine.Busy}, engine.GrantPresenceStatus{StatusID: status, Agents: []engine.AgentID{a}},
			engine.CreateCapacityProfile{ID: profile, Name: name, Limit: 3, Reset: engine.ResetImmediate},
			engine.SetAgentCapacityProfile{AgentID: a, ProfileID: profile, Limit: new(2)},
		}
	}
	remove := []engine.Command{
		engine.DeleteWorkstream{WorkstreamID: ws}, engine.DeleteQueue{QueueID: q}, engine.DeleteAgent{AgentID: a}, engine.DeleteContact{ContactID: contact},
		engine.DeleteRole{Name: "DESK"}, engine.DeletePresenceStatus{StatusID: status}, engine.DeleteCapacityProfile{ProfileID: profile},
	}
	has := func(name string, rows int) {
		t.Helper()
		n := s.stored(t)
		var names []string
		for i := range n.Contacts {
			names = append(names, n.Contacts[i].FullName, n.Agents[i].Name, n.Queues[i].Name, n.Workstreams[i].Name, n.Roles[i].Description, n.Statuses[i].Text, n.Profiles[i].Name)
		}
		var want []string
		for range 7 * rows {
			want = append(want, name)
		}
		same(t, "names", names, want)
		same(t, "rows, members, sessions, grants", []int{len(n.Rows), len(n.Members), len(n.Sessions), len(n.Grants)}, []int{rows, rows, rows, rows})
	}
	w.all(make("First"))
	has("First", 1)
	w.all(slices.Concat(remove, make("Second")))
	has("Second", 1)
	w.all(slices.Concat(remove, make("Third"), remove))
	has("", 0)
	w.all(slices.Concat(make("Fourth"), remove, make("Fifth"), remove, make("Sixth")))
	has("Sixth", 1)
	w.all([]engine.Command{
		engine.RemoveQueueMembers{QueueID: q, Agents: []engine.AgentID{a}}, engine.AddQueueMembers{QueueID: q, Agents: []engine.AgentID{a}},
		engine.RemovePreferredAgent{ContactID: contact, AgentID: a}, engine.SetPreferredAgents{ContactID: contact, Agents: []engine.AgentID{a}},
	})
	has("Sixth", 1)
	w.all([]engine.Command{engine.RemovePreferredAgent{ContactID: contact, AgentID: a}, engine.DeleteContact{ContactID: contact}, engine.CreateContact{ID: contact, FullName: "Sixth"}})
	same(t, "the row", len(s.stored(t).Rows), 0)
	w.all([]engine.Command{
		engine.WithdrawPresenceStatus{StatusID: status, Agents: []engine.AgentID{a}}, engine.GrantPresenceStatus{StatusID: status, Agents: []engine.AgentID{a}},
	})
	same(t, "grants", len(s.stored(t).Grants), 1)
	w.all([]engine.Command{
		engine.GrantPresenceStatus{StatusID: status, Agents: []engine.AgentID{a}}, engine.WithdrawPresenceStatus{StatusID: status, Agents: []engine.AgentID{a}},
	})
	same(t, "grants", len(s.stored(t).Grants), 0)
}

// eventsInOrder: numbered within their batch, decisions as their bodies, ids that are missing as NULL.
func eventsInOrder(t *testing.T, s *testStore) {
	first := &engine.Changes{Events: []engine.Event{
		{Type: engine.EventOfferRevoked, At: after(1), Actor: "agent:" + string(id[engine.AgentID](1)), AgentID: id[engine.AgentID](1),
			WorkItemID: id[engine.WorkItemID](1), ContactID: id[engine.ContactID](1), QueueID: id[engine.QueueID](1),
			Body: engine.EventBody{OfferID: "of_1", Cause: "SIGNED_OUT", Path: "PREFERRED"}},
		decision(1),
		{Type: engine.EventPolicyChanged, At: after(3), Actor: "system", WorkstreamID: id[engine.WorkstreamID](1)},
	}}
	s.commit(t, first)
	s.commit(t, &engine.Changes{})
	s.commit(t, &engine.Changes{Events: []engine.Event{decision(1)}})
	_, rows := s.table(t, "events")
	var places []string
	for _, row := range rows {
		places = append(places, fmt.Sprint(row[0], ".", row[1], ".", row[2], " ", row[3]))
	}
	same(t, "places", places, []string{
		"1.1.0 OFFER_REVOKED", "1.1.1 DECISION", "1.1.2 POLICY_CHANGED", "1.3.0 DECISION",
	})
	same(t, "a row", rows[0][4:], []any{
		after(1).UnixMicro(), "agent:" + string(id[engine.AgentID](1)), string(id[engine.AgentID](1)), string(id[engine.WorkItemID](1)),
		string(id[engine.ContactID](1)), string(id[engine.QueueID](1)), any(nil), `{"offer":"of_1","path":"PREFERRED","cause":"SIGNED_OUT"}`,
	})
	same(t, "a row without ids", rows[2][6:11], []any{nil, nil, nil, nil, string(id[engine.WorkstreamID](1))})

	want := *decision(1).Decision
	want.DecidedAt, want.WorkItemID, want.ID = after(1), id[engine.WorkItemID](1), "1.1.1"
	want.Repeats = 1 // as stored: the API counts further
	same(t, "decisions", must[[]engine.Decision](t)(s.DecisionPage(ctx, id[engine.WorkItemID](1), 1, nil))[0], want)
}
