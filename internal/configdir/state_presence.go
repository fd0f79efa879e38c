package configdir

import "context"

// Reading what a server has of presence and capacity.

// reading is an object of which only the id is read.
type reading struct{ ID string }

// id is that of what may be missing.
func (r *reading) id() string {
	if r == nil {
		return ""
	}
	return r.ID
}

func (s *Server) readStatuses(ctx context.Context, st *State) error {
	type node struct {
		ID, Text, Base       string
		BuiltIn, ForEveryone bool
		GrantedTo            page[reading]
		Version              int
	}
	var data struct{ PresenceStatuses []node }
	err := s.do(ctx, "presence_status", "ReadPresenceStatuses", nil, &data)
	for _, n := range data.PresenceStatuses {
		if n.BuiltIn {
			continue
		}
		status := Status{ID: n.ID, Text: n.Text, Base: n.Base, ForEveryone: n.ForEveryone, GrantedTo: []string{}}
		for at := n.GrantedTo; ; {
			for _, a := range at.Nodes {
				status.GrantedTo = append(status.GrantedTo, a.ID)
			}
			if !at.PageInfo.HasNextPage {
				break
			}
			var more struct{ Node *node }
			err = s.do(ctx, "presence_status", "ReadPresenceStatusGrants", map[string]any{"id": n.ID, "after": at.PageInfo.EndCursor}, &more)
			if err != nil || more.Node == nil { // deleted meanwhile
				break
			}
			at = more.Node.GrantedTo
		}
		st.statuses[n.ID] = &held[Status]{status, n.Version}
	}
	return err
}

func (s *Server) readProfiles(ctx context.Context, st *State) error {
	var data struct {
		CapacityProfiles []struct {
			Profile
			Version int
		}
	}
	err := s.do(ctx, "capacity_profile", "ReadCapacityProfiles", nil, &data)
	for _, n := range data.CapacityProfiles {
		st.profiles[n.ID] = &held[Profile]{n.Profile, n.Version}
	}
	return err
}
