package configdir

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// State is what a server has of the nouns that were asked for. It is read page by page while others may change things, which the
// versions tell when it comes to changing.
type State struct {
	organization held[Organization]
	statuses     map[string]*held[Status]
	profiles     map[string]*held[Profile]
	agents       map[string]*held[Agent]
	queues       map[string]*held[Queue]
	workstreams  map[string]*held[Workstream]
	contacts     map[string]*held[Contact]
	// rows are as stored: agents who are no more included.
	rows map[string]*held[Row]
	// gone are agents whom rows name though they are no more.
	gone map[string]bool
	// policies are those of contacts that set something.
	policies map[string]RoutingPolicy
	// roles are those of one's own, by name.
	roles map[string]*held[Role]
}

// held is an object with the version that it had.
type held[T any] struct {
	value   T
	version int
}

func emptyState() *State {
	return &State{
		statuses: map[string]*held[Status]{}, profiles: map[string]*held[Profile]{},
		agents: map[string]*held[Agent]{}, queues: map[string]*held[Queue]{}, workstreams: map[string]*held[Workstream]{},
		contacts: map[string]*held[Contact]{}, rows: map[string]*held[Row]{}, gone: map[string]bool{}, policies: map[string]RoutingPolicy{},
		roles: map[string]*held[Role]{},
	}
}

// Read reads what a server has of the nouns whose files are named; no names stand for everything.
func (s *Server) Read(ctx context.Context, files ...string) (*State, error) {
	st := emptyState()
	for _, reads := range []struct {
		file string
		read func(context.Context, *State) error
	}{
		{OrganizationFile, s.readOrganization}, {StatusesFile, s.readStatuses}, {ProfilesFile, s.readProfiles}, {AgentsFile, s.readAgents}, {QueuesFile, s.readQueues}, {WorkstreamsFile, s.readWorkstreams},
		{ContactsFile, s.readContacts}, {MatrixFile, s.readRows}, {RolesFile, s.readRoles},
	} {
		wanted := len(files) == 0 || slices.Contains(files, reads.file) ||
			reads.file == ContactsFile && slices.Contains(files, ContactPoliciesFile)
		if !wanted {
			continue
		}
		if err := reads.read(ctx, st); err != nil {
			return nil, fmt.Errorf("read what the server has: %w", err)
		}
	}
	return st, nil
}

// page is a page of a connection.
type page[T any] struct {
	Nodes    []T
	PageInfo struct {
		HasNextPage bool
		EndCursor   *string
	}
}

// pages reads a connection from its beginning, or from behind a cursor, to its end.
func pages[T any](ctx context.Context, s *Server, noun, operation, field string, each func(T)) error {
	var after *string
	for {
		var data map[string]page[T]
		if err := s.do(ctx, noun, operation, map[string]any{"after": after}, &data); err != nil {
			return err
		}
		for _, node := range data[field].Nodes {
			each(node)
		}
		info := data[field].PageInfo
		if !info.HasNextPage || info.EndCursor == nil {
			return nil
		}
		after = info.EndCursor
	}
}

func (s *Server) readOrganization(ctx context.Context, st *State) error {
	var data struct {
		Organization struct {
			RoutingPolicy                                RoutingPolicy
			ReconnectSeconds, OpenWorkLimit, Version     int
			DefaultPresenceStatus                        *reading
			MissedSetsInactive, RejectedSetsDoNotDisturb bool
			TimeZone                                     string
		}
	}
	err := s.do(ctx, "organization", "ReadOrganization", nil, &data)
	o := data.Organization
	st.organization = held[Organization]{Organization{
		RoutingPolicy: o.RoutingPolicy, ReconnectSeconds: o.ReconnectSeconds, DefaultPresenceStatus: o.DefaultPresenceStatus.id(),
		OpenWorkLimit: o.OpenWorkLimit, MissedSetsInactive: o.MissedSetsInactive, RejectedSetsDoNotDisturb: o.RejectedSetsDoNotDisturb, TimeZone: o.TimeZone,
	}, o.Version}
	return err
}

func (s *Server) readAgents(ctx context.Context, st *State) error {
	type node struct {
		ID, Name                          string
		CapacityUnits, InterruptibleUnits *int
		CapacityProfiles                  []struct {
			Profile  reading
			OwnLimit *int
		}
		DefaultPresenceStatus *reading
		TimeZone              *string
		Version               int
	}
	return pages(ctx, s, "agent", "ReadAgents", "agents", func(n node) {
		a := Agent{
			ID: n.ID, Name: n.Name, CapacityUnits: n.CapacityUnits, InterruptibleUnits: n.InterruptibleUnits,
			DefaultPresenceStatus: n.DefaultPresenceStatus.id(),
		}
		if n.TimeZone != nil {
			a.TimeZone = *n.TimeZone
		}
		for _, p := range n.CapacityProfiles {
			a.CapacityProfiles = append(a.CapacityProfiles, AgentProfile{p.Profile.ID, p.OwnLimit})
		}
		st.agents[n.ID] = &held[Agent]{a, n.Version}
	})
}

func (s *Server) readQueues(ctx context.Context, st *State) error {
	type node struct {
		ID, Name, AssignmentMethod string
		Priority, Version          int
		Members                    page[struct{ ID string }]
	}
	var long []node // queues with more members than a page has
	err := pages(ctx, s, "queue", "ReadQueues", "queues", func(n node) {
		q := Queue{ID: n.ID, Name: n.Name, Priority: n.Priority, AssignmentMethod: n.AssignmentMethod, Members: []string{}}
		for _, m := range n.Members.Nodes {
			q.Members = append(q.Members, m.ID)
		}
		st.queues[n.ID] = &held[Queue]{q, n.Version}
		if n.Members.PageInfo.HasNextPage {
			long = append(long, n)
		}
	})
	for i := 0; err == nil && i < len(long); i++ {
		q, at := &st.queues[long[i].ID].value, long[i].Members.PageInfo
		for err == nil && at.HasNextPage {
			var data struct{ Queue *node }
			err = s.do(ctx, "queue", "ReadQueueMembers", map[string]any{"id": q.ID, "after": at.EndCursor}, &data)
			if err != nil || data.Queue == nil { // deleted meanwhile
				break
			}
			for _, m := range data.Queue.Members.Nodes {
				q.Members = append(q.Members, m.ID)
			}
			at = data.Queue.Members.PageInfo
		}
	}
	return err
}

func (s *Server) readWorkstreams(ctx context.Context, st *State) error {
	type node struct {
		ID, Name, Channel, DistributionMode, AcceptMode, CapacityType, WrapUp                        string
		Queue                                                                                        struct{ ID string }
		AllowedPresences                                                                             []string
		CapacityUnits, CapacityPercent, Priority, OfferSeconds, DeclineLimit, WrapUpSeconds, Version int
		CapacityProfiles                                                                             []reading
		WaitingHoldsCapacity                                                                         bool
		MissedSetsInactive, RejectedSetsDoNotDisturb                                                 *bool
		RoutingPolicy                                                                                RoutingPolicy
	}
	return pages(ctx, s, "workstream", "ReadWorkstreams", "workstreams", func(n node) {
		cost := Cost{CapacityUnits: n.CapacityUnits, CapacityPercent: n.CapacityPercent}
		for _, p := range n.CapacityProfiles {
			cost.CapacityProfiles = append(cost.CapacityProfiles, p.ID)
		}
		slices.Sort(cost.CapacityProfiles)
		st.workstreams[n.ID] = &held[Workstream]{Workstream{
			ID: n.ID, Name: n.Name, Channel: n.Channel, DistributionMode: n.DistributionMode, Queue: n.Queue.ID,
			AllowedPresences: inOrder(n.AllowedPresences, presences), Cost: cost, CapacityType: n.CapacityType, Priority: n.Priority,
			AcceptMode: n.AcceptMode, OfferSeconds: n.OfferSeconds, DeclineLimit: n.DeclineLimit, WrapUp: n.WrapUp, WrapUpSeconds: n.WrapUpSeconds,
			WaitingHoldsCapacity: n.WaitingHoldsCapacity, MissedSetsInactive: n.MissedSetsInactive,
			RejectedSetsDoNotDisturb: n.RejectedSetsDoNotDisturb, RoutingPolicy: n.RoutingPolicy,
		}, n.Version}
	})
}

func (s *Server) readContacts(ctx context.Context, st *State) error {
	type node struct {
		ID, FullName       string
		Email, MobilePhone *string
		Version            int
		RoutingPolicy      RoutingPolicy
	}
	return pages(ctx, s, "contact", "ReadContacts", "contacts", func(n node) {
		c := Contact{ID: n.ID, FullName: n.FullName}
		if n.Email != nil {
			c.Email = *n.Email
		}
		if n.MobilePhone != nil {
			c.MobilePhone = *n.MobilePhone
		}
		st.contacts[n.ID] = &held[Contact]{c, n.Version}
		if n.RoutingPolicy != (RoutingPolicy{}) {
			st.policies[n.ID] = n.RoutingPolicy
		}
	})
}

func (s *Server) readRows(ctx context.Context, st *State) error {
	type node struct {
		ContactID string
		Version   int
		Entries   []struct {
			AgentID string
			Agent   *struct{ ID string }
		}
	}
	return pages(ctx, s, "matrix", "ReadMatrix", "preferredAgents", func(n node) {
		row := Row{Contact: n.ContactID}
		for _, e := range n.Entries {
			row.Agents = append(row.Agents, e.AgentID)
			if e.Agent == nil {
				st.gone[e.AgentID] = true
			}
		}
		st.rows[n.ContactID] = &held[Row]{row, n.Version}
	})
}

func (s *Server) readRoles(ctx context.Context, st *State) error {
	var data struct {
		Roles []struct {
			Role
			BuiltIn bool
			Version int
		}
	}
	err := s.do(ctx, "role", "ReadRoles", nil, &data)
	for _, r := range data.Roles {
		if !r.BuiltIn {
			r.Permissions = inOrder(r.Permissions, permissions)
			st.roles[r.Name] = &held[Role]{r.Role, r.Version}
		}
	}
	return err
}

// living are the agents of a row who exist. Routing passes over the others, and they can't be set again, so files don't name them.
func (st *State) living(row []string) []string {
	return slices.DeleteFunc(slices.Clone(row), func(id string) bool { return st.gone[id] })
}

// Dir is what the server has as files would say it, with every file there.
func (st *State) Dir() *Dir {
	d := &Dir{
		Organization: &st.organization.value, Statuses: values(st.statuses), Profiles: values(st.profiles), Agents: values(st.agents), Queues: values(st.queues), Workstreams: values(st.workstreams),
		Contacts: values(st.contacts), Matrix: []Row{}, ContactPolicies: []ContactPolicy{}, Roles: values(st.roles),
	}
	for _, row := range values(st.rows) {
		if agents := st.living(row.Agents); len(agents) > 0 {
			d.Matrix = append(d.Matrix, Row{row.Contact, agents})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(st.policies)) {
		d.ContactPolicies = append(d.ContactPolicies, ContactPolicy{id, st.policies[id]})
	}
	return d
}

// values are the objects by id; never nil.
func values[T any](all map[string]*held[T]) []T {
	list := make([]T, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[id].value)
	}
	return list
}
