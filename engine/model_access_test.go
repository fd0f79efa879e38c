package engine

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Whose things are whose, by RL-1 and the table of docs/api/access.md, and the roles and API keys of RL-2: nothing here asks the engine's code.

// rule says with which permissions a command acts on anybody's things. Without them it acts on one's own, which takes OWN_WORK; where the
// table knows no own, the API refuses who has none of them before the engine is asked.
type rule struct {
	mutation string
	anybody  []Permission
	own      bool
}

// ruleOf is the line of the table, nil for commands that are about nobody's things.
func ruleOf(c Command) *rule {
	switch c.(type) {
	case AcceptOffer:
		return &rule{"acceptOffer", []Permission{AgentsSupervise}, true}
	case RejectOffer:
		return &rule{"rejectOffer", []Permission{AgentsSupervise}, true}
	case SetPresence:
		return &rule{"setPresence", []Permission{AgentsSupervise}, true}
	case ResetPresence:
		return &rule{"resetPresence", []Permission{AgentsSupervise}, true}
	case SetWorkItemWaiting:
		return &rule{"setWorkItemWaiting", []Permission{WorkSupervise}, true}
	case ResumeWorkItem:
		return &rule{"resumeWorkItem", []Permission{WorkSupervise}, true}
	case EndWrapUp:
		return &rule{"endWrapUp", []Permission{WorkSupervise}, true}
	case SignOut:
		return &rule{"signOut", []Permission{AgentsSupervise}, true}
	case OpenSession: // by subscribing; no mutation
		return &rule{"", []Permission{AgentsSupervise}, true}
	case CancelWorkItem:
		return &rule{"cancelWorkItem", []Permission{WorkSupervise, WorkCreate}, true}
	case CompleteWorkItem:
		return &rule{"completeWorkItem", []Permission{WorkSupervise}, true}
	case PickWorkItem:
		return &rule{"pickWorkItem", []Permission{WorkSupervise}, true}
	case TransferWorkItem:
		return &rule{"transferWorkItem", []Permission{WorkSupervise}, true}
	case AssignWorkItem:
		return &rule{"assignWorkItem", []Permission{WorkSupervise}, false}
	case SetWorkItemPriority:
		return &rule{"setWorkItemPriority", []Permission{WorkSupervise}, false}
	case LinkContact:
		return &rule{"linkContact", []Permission{WorkSupervise, CustomersIdentify}, false}
	}
	return nil
}

// TestTheModelKnowsTheTable: what the simulation takes for the rules is what docs/api/access.md says.
func TestTheModelKnowsTheTable(t *testing.T) {
	table, err := os.ReadFile("../docs/api/access.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Command{
		AcceptOffer{}, RejectOffer{}, SetPresence{}, SignOut{}, ResetPresence{}, SetWorkItemWaiting{}, ResumeWorkItem{}, EndWrapUp{}, CancelWorkItem{}, CompleteWorkItem{}, PickWorkItem{}, TransferWorkItem{}, AssignWorkItem{},
		SetWorkItemPriority{}, LinkContact{},
	} {
		r := ruleOf(c)
		var names []string
		for _, p := range r.anybody {
			names = append(names, string(p))
		}
		want := strings.Join(names, ", ")
		if r.own {
			want += "; own: OWN_WORK"
		}
		_, line, _ := strings.Cut(string(table), "| `Mutation."+r.mutation+"` |")
		line, _, _ = strings.Cut(line, "\n")
		if !strings.HasSuffix(line, "| "+want+" |") {
			t.Errorf("%T: the table says %q, the model %q", c, line, want)
		}
	}
}

// principal notes who gives the next command, and whether it is about somebody else's things.
func (m *model) principal(c Command, own AgentID, may []Permission) {
	m.command, m.own, m.may, m.giver = c, own, may, nil
	has := func(p Permission) bool { return slices.Contains(may, p) }
	r := ruleOf(c)
	m.held = r != nil && !slices.ContainsFunc(r.anybody, has)
	m.owns = own != "" && has(OwnWork)
	if c, ok := c.(TransferWorkItem); ok && own != "" {
		if w := m.items[c.WorkItemID]; w != nil && w.holder != nil && w.holder.id == own {
			m.giver = w.holder
		}
	}
}

// foreign tells whether a command is about what is not the principal's and what they may not touch: whatever else is wrong with it, it has to be
// refused (RL-1).
func (m *model) foreign(c Command) bool {
	if !m.held {
		return false
	}
	mine := func(holder *mAgent) bool { return m.owns && holder != nil && holder.id == m.own }
	item := func(id WorkItemID) bool { w := m.items[id]; return w != nil && mine(w.holder) }
	offer := func(id OfferID) bool { o := m.offers[id]; return o != nil && mine(o.agent) }
	self := func(id AgentID) bool { return m.owns && (id == "" || id == m.own) }
	switch c := c.(type) {
	case AcceptOffer:
		return !offer(c.OfferID)
	case RejectOffer:
		return !offer(c.OfferID)
	case SetPresence:
		return !self(c.AgentID)
	case ResetPresence:
		return !self(c.AgentID)
	case SetWorkItemWaiting:
		return !item(c.WorkItemID)
	case ResumeWorkItem:
		return !item(c.WorkItemID)
	case EndWrapUp:
		return !item(c.WorkItemID)
	case SignOut:
		return !self(c.AgentID)
	case OpenSession:
		return !self(c.AgentID)
	case PickWorkItem: // for oneself; the item is nobody's yet
		return !self(c.AgentID)
	case CancelWorkItem:
		return !item(c.WorkItemID)
	case CompleteWorkItem:
		return !item(c.WorkItemID)
	case TransferWorkItem:
		return !item(c.WorkItemID)
	case AssignWorkItem:
		return !item(c.WorkItemID)
	case SetWorkItemPriority:
		return !item(c.WorkItemID)
	case LinkContact:
		return !item(c.WorkItemID)
	}
	return false
}

// mRole is a role of one's own.
type mRole struct {
	name, about string
	may         []Permission
	version     int
}

// mKey is an API key.
type mKey struct {
	id      APIKeyID
	roles   []string
	expires time.Time
}

// builtIns are the roles of every server, by RL-1 and docs/access.md.
var builtIns = map[string][]Permission{
	"ADMIN": Permissions[:],
	"MANAGER": {SettingsRead, AgentsRead, AgentsSupervise, ContactsRead, MatrixRead, MatrixWrite, WorkRead, WorkSupervise, CustomersIdentify,
		AccessRead},
	"AGENT":    {SettingsRead, OwnWork},
	"SERVICE":  {SettingsRead, ContactsRead, WorkRead, WorkCreate, CustomersIdentify},
	"OBSERVER": {SettingsRead, AgentsRead, MatrixRead, WorkRead},
}

// allows is what a role allows; false when there is none of that name.
func (m *model) allows(role string) ([]Permission, bool) {
	if may, ok := builtIns[role]; ok {
		return may, true
	}
	if r := m.roles[role]; r != nil {
		return r.may, true
	}
	return nil, false
}

// gives tells whether the principal has all that they give.
func (m *model) gives(may []Permission) bool {
	return !slices.ContainsFunc(may, func(p Permission) bool { return !slices.Contains(m.may, p) })
}

// refusedAccess is RL-2: names are taken once, built-in roles stay, what is in use can't be deleted, and nobody gives what they don't have.
func (m *model) refusedAccess(c Command) (ErrorCode, Reason) {
	switch c := c.(type) {
	case CreateRole:
		_, is := m.allows(c.Name)
		switch {
		case c.Name == "" || c.Name[0] == 'r': // the others that the simulation gives are well formed
			return CodeBadUserInput, ""
		case is:
			return taken(true)
		}
		return m.refusedGift(c.Permissions)
	case UpdateRole:
		if code, reason := m.refusedRole(c.Name, c.ExpectedVersion); code != "" {
			return code, reason
		}
		if c.Permissions != nil {
			return m.refusedGift(*c.Permissions)
		}
		return m.refusedGift(m.roles[c.Name].may)
	case DeleteRole:
		if code, reason := m.refusedRole(c.Name, c.ExpectedVersion); code != "" {
			return code, reason
		}
		for _, k := range m.keys {
			if slices.Contains(k.roles, c.Name) {
				return CodeConflict, ReasonInUse
			}
		}
	case CreateAPIKey:
		var may []Permission
		for _, name := range c.Roles {
			list, is := m.allows(name)
			if !is {
				return CodeBadUserInput, ""
			}
			may = append(may, list...)
		}
		switch life := c.ExpiresAt.Sub(m.now); {
		case len(c.Roles) == 0:
			return CodeBadUserInput, ""
		case !m.gives(may):
			return CodeForbidden, ""
		case life <= 0 || life > 731*24*time.Hour:
			return CodeBadUserInput, ""
		}
	case RevokeAPIKey:
		if m.keys[c.ID] == nil {
			return CodeNotFound, ""
		}
	}
	return "", ""
}

func (m *model) refusedRole(name string, expected *int) (ErrorCode, Reason) {
	if builtIns[name] != nil {
		return CodeBadUserInput, ""
	}
	if m.roles[name] == nil {
		return CodeNotFound, ""
	}
	return refusedVersion(expected, m.roles[name].version)
}

func (m *model) refusedGift(may []Permission) (ErrorCode, Reason) {
	switch {
	case len(may) == 0 || slices.Contains(may, ""):
		return CodeBadUserInput, ""
	case !m.gives(may):
		return CodeForbidden, ""
	}
	return "", ""
}

// configureAccess takes in what a command set that was not refused.
func (m *model) configureAccess(c Command, r Result) {
	switch c := c.(type) {
	case CreateRole:
		m.roles[c.Name] = &mRole{c.Name, c.Description, c.Permissions, 1}
	case UpdateRole:
		role := m.roles[c.Name]
		role.version++
		set(&role.about, c.Description)
		set(&role.may, c.Permissions)
	case DeleteRole:
		delete(m.roles, c.Name)
	case CreateAPIKey:
		m.keys[r.APIKey] = &mKey{r.APIKey, c.Roles, c.ExpiresAt}
	case RevokeAPIKey:
		delete(m.keys, c.ID)
	}
}

// settleAccess checks that the roles and keys are those that the commands made, and that nobody could make more of a key than its roles.
func (m *model) settleAccess(e *Engine) {
	must(len(e.roles) == len(m.roles) && len(e.apiKeys) == len(m.keys), "%d roles and %d keys, want %d and %d", len(e.roles), len(e.apiKeys),
		len(m.roles), len(m.keys))
	for name, want := range m.roles {
		is := e.roles[name]
		must(is != nil && is.Name == name && is.Version == want.version && is.Description == want.about && !is.BuiltIn && sameSet(is.Permissions, want.may),
			"the role %s is %+v, want %+v (RL-2)", name, is, want)
	}
	for id, want := range m.keys {
		is := e.apiKeys[id]
		must(is != nil && is.ID == id && slices.Equal(is.Roles, want.roles) && is.ExpiresAt.Equal(want.expires), "the key %s is %+v, want %+v", id, is, want)
		for _, name := range is.Roles {
			_, there := m.allows(name)
			must(there, "the key %s has the role %s, which is no more (IN_USE)", id, name)
		}
	}
}

func sameSet[T comparable](a, b []T) bool {
	return !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) }) &&
		!slices.ContainsFunc(b, func(v T) bool { return !slices.Contains(a, v) })
}

// roll gives a principal the permissions that they have in this batch: mostly those of their place, sometimes any.
func (s *simulation) roll(own AgentID) []Permission {
	switch n := s.IntN(12); {
	case !s.ready || n < 8:
	case n == 8:
		return builtIns[pick(s, []string{"ADMIN", "MANAGER", "AGENT", "SERVICE", "OBSERVER"})]
	case n == 9:
		return pick(s, [][]Permission{{OwnWork}, {AgentsSupervise, OwnWork}, {WorkSupervise, OwnWork}, {WorkCreate}, {CustomersIdentify, AccessWrite}})
	default:
		return slices.DeleteFunc(slices.Clone(Permissions[:]), func(Permission) bool { return s.IntN(2) == 0 })
	}
	if own == "" {
		return Permissions[:]
	}
	return builtIns["AGENT"]
}

// access is what people do with roles and API keys; some of it is to be refused.
func (s *simulation) access() issued {
	var expected *int
	if s.IntN(6) == 0 {
		expected = ptr(1 + s.IntN(3))
	}
	switch s.IntN(12) {
	case 0, 1, 2:
		return issued{CreateRole{fmt.Sprint("ROLE_", s.IntN(5)), pick(s, []string{"", "Text"}), s.somePermissions(4)}, ""}
	case 3:
		may := append(s.somePermissions(2), pick(s, []Permission{OwnWork, WorkRead, ""}))
		return issued{CreateRole{s.roleName(), "", may}, ""}
	case 4, 5:
		u := UpdateRole{Name: s.roleName(), ExpectedVersion: expected}
		if s.IntN(2) == 0 {
			u.Permissions = ptr(s.somePermissions(5))
		} else {
			u.Description = text("Other")
		}
		return issued{u, ""}
	case 6, 7:
		return issued{DeleteRole{s.roleName(), expected}, ""}
	case 8:
		if keys := slices.Sorted(maps.Keys(s.m.keys)); len(keys) > 0 && s.IntN(12) > 0 {
			return issued{RevokeAPIKey{pick(s, keys)}, ""}
		}
		return issued{RevokeAPIKey{"ak_none"}, ""}
	}
	c := CreateAPIKey{Name: "Key", Roles: []string{s.roleName()}, ExpiresAt: s.now.Add(time.Hour), Hash: strings.Repeat("0", 64)}
	if s.IntN(3) == 0 {
		c.Roles = append(c.Roles, pick(s, []string{"SERVICE", "OBSERVER", "AGENT", "NOBODY"}))
	}
	if s.IntN(10) == 0 {
		c.Roles = nil
	}
	if s.IntN(6) == 0 {
		c.ExpiresAt = s.now.Add(pick(s, []time.Duration{0, -time.Hour, 731 * 24 * time.Hour, 732 * 24 * time.Hour}))
	}
	return issued{c, ""}
}

// roleName is mostly that of a role of one's own, if there is one.
func (s *simulation) roleName() string {
	roles := slices.Sorted(maps.Keys(s.m.roles))
	switch n := s.IntN(20); {
	case n == 0:
		return pick(s, []string{"", "role", "ADMIN", "AGENT"})
	case n < 4:
		return fmt.Sprint("ROLE_", s.IntN(5))
	case len(roles) == 0:
		return "OBSERVER"
	}
	return pick(s, roles)
}

// somePermissions are up to n, perhaps one of them twice.
func (s *simulation) somePermissions(n int) (may []Permission) {
	for range s.IntN(n + 1) {
		may = append(may, pick(s, Permissions[:]))
	}
	return may
}
