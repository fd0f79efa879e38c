package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tables of TestRefusals about roles, API keys and whose things are whose (RL-1, RL-2). In the world there are the roles DESK, which an API
// key has, and MATRIX; both are at version 1.

// limited may give roles and keys, but has little to give.
var limited = Actor{ID: "limited", Permissions: PermissionsOf(AccessWrite, WorkRead)}

var desksKey = APIKeyID("") // of the world that was made last

// hash is that of a key.
var hash = strings.Repeat("0a", 32)

// settleAccess adds to the world the roles and the key that its refusals are about.
func (w *world) settleAccess() {
	w.do(CreateRole{Name: "DESK", Description: "Desk", Permissions: []Permission{WorkRead, SettingsRead}}, service)
	w.do(CreateRole{Name: "MATRIX", Permissions: []Permission{MatrixWrite}}, service)
	desksKey = w.do(w.aKey(func(c *CreateAPIKey) { c.Roles = []string{"SERVICE", "DESK"} }), service).APIKey
}

func (w *world) aKey(change func(*CreateAPIKey)) CreateAPIKey {
	c := CreateAPIKey{Name: "Bot", Roles: []string{"SERVICE"}, ExpiresAt: w.now.Add(time.Hour), Hash: hash}
	change(&c)
	return c
}

func roleRefusals() []refusal {
	read := []Permission{WorkRead}
	list := []refusal{
		{"no permission", CreateRole{Name: "NEW"}, service, "BAD_USER_INPUT@permissions"},
		{"an unknown permission", CreateRole{Name: "NEW", Permissions: []Permission{WorkRead, "FLY"}}, service, "BAD_USER_INPUT@permissions.1"},
		{"an empty permission", CreateRole{Name: "NEW", Permissions: []Permission{""}}, service, "BAD_USER_INPUT@permissions.0"},
		{"a description of 201", CreateRole{Name: "NEW", Description: name201, Permissions: read}, service, "BAD_USER_INPUT@description"},
		{"a control in it", CreateRole{Name: "NEW", Description: "a\x00", Permissions: read}, service, "BAD_USER_INPUT@description"},
		{"a name that is taken", CreateRole{Name: "DESK", Permissions: read}, service, "CONFLICT/ALREADY_EXISTS"},
		{"more than one has", CreateRole{Name: "NEW", Permissions: []Permission{WorkRead, MatrixWrite}}, limited, "FORBIDDEN@permissions"},
		{"with no permission at all", CreateRole{Name: "NEW", Permissions: read}, Actor{ID: "x"}, "FORBIDDEN@permissions"},
		{"an unknown role", UpdateRole{Name: "NOBODY"}, service, "NOT_FOUND"},
		{"no role", UpdateRole{}, service, "NOT_FOUND"},
		{"another version", UpdateRole{Name: "DESK", Description: text("x"), ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
		{"no permission", UpdateRole{Name: "DESK", Permissions: &[]Permission{}}, service, "BAD_USER_INPUT@permissions"},
		{"an unknown permission", UpdateRole{Name: "DESK", Permissions: &[]Permission{"work_read"}}, service, "BAD_USER_INPUT@permissions.0"},
		{"a description of 201", UpdateRole{Name: "DESK", Description: text(name201)}, service, "BAD_USER_INPUT@description"},
		{"more than one has", UpdateRole{Name: "DESK", Permissions: &[]Permission{MatrixWrite}}, limited, "FORBIDDEN@permissions"},
		{"it allows more than one has", UpdateRole{Name: "MATRIX", Description: text("x")}, limited, "FORBIDDEN@permissions"},
		{"an unknown role", DeleteRole{Name: "NOBODY"}, service, "NOT_FOUND"},
		{"another version", DeleteRole{Name: "MATRIX", ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
		{"a key has it", DeleteRole{Name: "DESK"}, service, "CONFLICT/IN_USE"},
		{"a key has it, another version", DeleteRole{Name: "DESK", ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	}
	for _, name := range []string{
		"", "a", "Desk", "1DESK", "_DESK", "DE SK", "DESK-1", "DÉSK", "DESK\n", strings.Repeat("A", MaxRoleName+1),
	} {
		list = append(list, refusal{fmt.Sprintf("named %q", name), CreateRole{Name: name, Permissions: read}, service, "BAD_USER_INPUT@name"})
	}
	for _, name := range []string{"ADMIN", "MANAGER", "AGENT", "SERVICE", "OBSERVER"} {
		list = append(list,
			refusal{name, CreateRole{Name: name, Permissions: read}, service, "CONFLICT/ALREADY_EXISTS"},
			refusal{name, UpdateRole{Name: name, Permissions: &read}, service, "BAD_USER_INPUT@name"},
			refusal{name, DeleteRole{Name: name}, service, "BAD_USER_INPUT@name"})
	}
	return list
}

func keyRefusals(w *world) []refusal {
	key := func(change func(*CreateAPIKey)) Command { return w.aKey(change) }
	return []refusal{
		{"no name", key(func(c *CreateAPIKey) { c.Name = "" }), service, "BAD_USER_INPUT@name"},
		{"a blank name", key(func(c *CreateAPIKey) { c.Name = " \u2003" }), service, "BAD_USER_INPUT@name"},
		{"a name of 201 characters", key(func(c *CreateAPIKey) { c.Name = name201 }), service, "BAD_USER_INPUT@name"},
		{"a control in the name", key(func(c *CreateAPIKey) { c.Name = "Bot\x1b" }), service, "BAD_USER_INPUT@name"},
		{"no role", key(func(c *CreateAPIKey) { c.Roles = nil }), service, "BAD_USER_INPUT@roles"},
		{"11 roles", key(func(c *CreateAPIKey) { c.Roles = slicesOf("SERVICE", 11) }), service, "BAD_USER_INPUT@roles"},
		{"an unknown role", key(func(c *CreateAPIKey) { c.Roles = []string{"SERVICE", "DESK", "NOBODY"} }), service, "BAD_USER_INPUT@roles.2"},
		{"an empty role", key(func(c *CreateAPIKey) { c.Roles = []string{""} }), service, "BAD_USER_INPUT@roles.0"},
		{"a role of more than one has", key(func(c *CreateAPIKey) { c.Roles = []string{"MATRIX"} }), limited, "FORBIDDEN@roles"},
		{"together more than one has", key(func(c *CreateAPIKey) { c.Roles = []string{"DESK", "MATRIX"} }), limited, "FORBIDDEN@roles"},
		{"the first is more than one has", key(func(c *CreateAPIKey) { c.Roles = []string{"MATRIX", "DESK"} }),
			Actor{ID: "desk", Permissions: PermissionsOf(AccessWrite, WorkRead, SettingsRead)}, "FORBIDDEN@roles"},
		{"a built-in role of more than one has", key(func(c *CreateAPIKey) { c.Roles = []string{"ADMIN"} }), limited, "FORBIDDEN@roles"},
		{"an agent's role", key(func(c *CreateAPIKey) { c.Roles = []string{"AGENT"} }), limited, "FORBIDDEN@roles"},
		{"without end", key(func(c *CreateAPIKey) { c.ExpiresAt = time.Time{} }), service, "BAD_USER_INPUT@expiresAt"},
		{"it ends now", key(func(c *CreateAPIKey) { c.ExpiresAt = w.now }), service, "BAD_USER_INPUT@expiresAt"},
		{"it ends within a microsecond", key(func(c *CreateAPIKey) { c.ExpiresAt = w.now.Add(999) }), service, "BAD_USER_INPUT@expiresAt"},
		{"it ends too late", key(func(c *CreateAPIKey) { c.ExpiresAt = w.now.Add(MaxAPIKeyLife + time.Microsecond) }), service, "BAD_USER_INPUT@expiresAt"},
		{"no hash", key(func(c *CreateAPIKey) { c.Hash = "" }), service, "BAD_USER_INPUT@hash"},
		{"a hash of 63", key(func(c *CreateAPIKey) { c.Hash = hash[1:] }), service, "BAD_USER_INPUT@hash"},
		{"an unknown key", RevokeAPIKey{ID: APIKeyID(fixedID("ak_", 99))}, service, "NOT_FOUND"},
		{"no key", RevokeAPIKey{}, service, "NOT_FOUND"},
	}
}

func slicesOf(s string, n int) []string { return strings.Split(strings.Repeat(s+" ", n-1)+s, " ") }

// ownRefusals are RL-1: whoever may not act on anybody's things, and to whom these don't belong, is not told that they are there. waitingItem is
// nobody's; the other things are anna's, and ben is no member of the queue.
func ownRefusals(w *world) []refusal {
	nobodys := []Actor{
		{ID: "of no agent", Permissions: PermissionsOf(OwnWork)},
		{ID: "an agent without OWN_WORK", AgentID: anna, Permissions: PermissionsOf(SettingsRead)},
		{ID: "another agent", AgentID: ben, Permissions: PermissionsOf(OwnWork)},
		{ID: "reading", AgentID: ben, Permissions: PermissionsOf(OwnWork, AgentsRead, WorkRead, ContactsRead, MatrixRead, AccessRead)},
	}
	type rule struct {
		command Command
		any     []Permission
	}
	var rules []rule
	for _, id := range []WorkItemID{offeredItem, assignedItem, completedItem, waitingItem} {
		rules = append(rules,
			rule{CancelWorkItem{id}, []Permission{WorkSupervise, WorkCreate}}, rule{CompleteWorkItem{id}, []Permission{WorkSupervise}},
			rule{TransferWorkItem{WorkItemID: id, QueueID: sales}, []Permission{WorkSupervise}}, rule{PickWorkItem{id, anna}, []Permission{WorkSupervise}},
			rule{AssignWorkItem{id, ben}, []Permission{WorkSupervise}}, rule{SetWorkItemPriority{id, 1}, []Permission{WorkSupervise}},
			rule{LinkContact{id, cleo}, []Permission{WorkSupervise, CustomersIdentify}})
	}
	for _, o := range w.ended { // order: into a list of which each is tried alone
		rules = append(rules, rule{AcceptOffer{o}, []Permission{AgentsSupervise}}, rule{RejectOffer{o}, []Permission{AgentsSupervise}})
	}
	rules = append(rules, rule{SetPresence{anna, StatusAway}, []Permission{AgentsSupervise}}, rule{SignOut{anna}, []Permission{AgentsSupervise}},
		rule{OpenSession{AgentID: anna}, []Permission{AgentsSupervise}})
	var list []refusal
	for _, r := range rules {
		for _, a := range nobodys {
			list = append(list, refusal{a.ID, r.command, a, "NOT_FOUND"})
		}
		others := Actor{ID: "all but what it takes", AgentID: ben, Permissions: AllPermissions &^ PermissionsOf(r.any...)}
		list = append(list, refusal{others.ID, r.command, others, "NOT_FOUND"})
	}
	return append(list,
		refusal{"of no agent", SetPresence{"", StatusAway}, nobodys[0], "BAD_USER_INPUT@agentId"},
		refusal{"without OWN_WORK", SetPresence{"", StatusAway}, nobodys[1], "NOT_FOUND"},
		refusal{"of no agent", PickWorkItem{WorkItemID: waitingItem}, nobodys[0], "BAD_USER_INPUT@agentId"},
		refusal{"of no agent, cancelled", CancelWorkItem{cancelledItem}, nobodys[0], "NOT_FOUND"},
		refusal{"a manager, no member", PickWorkItem{waitingItem, ben}, Actor{AgentID: anna, Permissions: BuiltInRole("MANAGER").Set()},
			"BAD_USER_INPUT@agentId"})
}

// allowedAccess are the other sides of the boundaries.
func allowedAccess(w *world) []refusal {
	read, manager := []Permission{WorkRead}, Actor{ID: "manager", AgentID: dan, Permissions: BuiltInRole("MANAGER").Set()}
	creator := Actor{ID: "creator", Permissions: PermissionsOf(WorkCreate)}
	return []refusal{
		{"the longest", CreateRole{Name: strings.Repeat("Z", MaxRoleName), Description: name200, Permissions: Permissions[:]}, service, ""},
		{"the shortest", CreateRole{Name: "A", Permissions: []Permission{WorkRead, WorkRead}}, service, ""},
		{"digits", CreateRole{Name: "A_1", Permissions: read}, limited, ""},
		{"nothing", UpdateRole{Name: "DESK", ExpectedVersion: &one}, service, ""},
		{"all", UpdateRole{Name: "DESK", Description: text(name200), Permissions: ptr(Permissions[:])}, service, ""},
		{"less", UpdateRole{Name: "MATRIX", Permissions: &read}, limited, ""},
		{"no key has it", DeleteRole{Name: "MATRIX", ExpectedVersion: &one}, limited, ""},
		{"ten roles, the longest life", w.aKey(func(c *CreateAPIKey) {
			c.Name, c.Roles, c.ExpiresAt = name200, slicesOf("DESK", MaxRolesPerKey), w.now.Add(MaxAPIKeyLife)
		}), service, ""},
		{"the shortest life", w.aKey(func(c *CreateAPIKey) { c.ExpiresAt = w.now.Add(time.Microsecond) }), service, ""},
		{"a key", RevokeAPIKey{ID: desksKey}, limited, ""},
		{"a manager", AcceptOffer{w.ended[OfferOpen]}, manager, ""}, {"a manager", RejectOffer{w.ended[OfferOpen]}, manager, ""},
		{"a manager", CompleteWorkItem{assignedItem}, manager, ""}, {"a manager", CancelWorkItem{waitingItem}, manager, ""},
		{"a manager", TransferWorkItem{WorkItemID: assignedItem, QueueID: sales}, manager, ""}, {"a manager", AssignWorkItem{waitingItem, ben}, manager, ""},
		{"a manager", PickWorkItem{waitingItem, anna}, manager, ""}, {"a manager", SetPresence{anna, StatusAway}, manager, ""},
		{"a manager", SignOut{anna}, manager, ""}, {"who creates", CancelWorkItem{assignedItem}, creator, ""},
		{"who identifies", LinkContact{waitingItem, cleo}, Actor{ID: "bot", Permissions: PermissionsOf(CustomersIdentify)}, ""},
	}
}

// TestLimitsOfAccess: so many roles of one's own and so many keys there can be, and not one more; those that go make room.
func TestLimitsOfAccess(t *testing.T) {
	w := newWorld(t)
	role := func(n int) CreateRole {
		return CreateRole{Name: fmt.Sprint("R", n), Permissions: []Permission{WorkRead}}
	}
	for n := len(w.engine.roles); n < MaxRoles; n++ {
		w.do(role(n), service)
	}
	w.refuse(t, refusal{command: role(MaxRoles), actor: service, want: "LIMIT_EXCEEDED"})
	w.do(DeleteRole{Name: "MATRIX"}, service)
	w.do(role(MaxRoles), service)

	key := w.aKey(func(*CreateAPIKey) {})
	for n := len(w.engine.apiKeys); n < MaxAPIKeys; n++ {
		w.batch(key)
	}
	w.commit()
	w.refuse(t, refusal{command: key, actor: service, want: "LIMIT_EXCEEDED"})
	w.do(RevokeAPIKey{ID: desksKey}, service)
	w.do(key, service)
	w.store.checkRebuilt(t, w.engine)
}

// TestRolesAndKeysStayAsTheyWere: what was given out before is not changed in place by what comes later, and a role is in no memory of the caller's.
func TestRolesAndKeysStayAsTheyWere(t *testing.T) {
	w := newWorld(t)
	may, roles := []Permission{WorkRead}, []string{"SERVICE"}
	role := w.do(CreateRole{Name: "NEW", Permissions: may}, service).RoleState
	key := w.do(w.aKey(func(c *CreateAPIKey) { c.Roles = roles }), service).APIKeyState
	may[0], roles[0] = AccessWrite, "ADMIN"
	w.do(UpdateRole{Name: "NEW", Permissions: &[]Permission{SettingsRead}}, service)
	if role.Permissions[0] != WorkRead || role.Version != 1 || key.Roles[0] != "SERVICE" {
		t.Errorf("they became %+v and %+v", role, key)
	}
	if now := w.engine.roles["NEW"]; now.Version != 2 || now.Permissions[0] != SettingsRead || !now.CreatedAt.Equal(*role.CreatedAt) {
		t.Errorf("the role is %+v", now)
	}
	w.store.checkRebuilt(t, w.engine)
}

// TestUndoOfAccess: roles and keys that come, change and go in one batch are undone without a trace.
func TestUndoOfAccess(t *testing.T) {
	w := newWorld(t)
	w.do(Tick{}, System)
	create := CreateRole{Name: "NEW", Permissions: []Permission{WorkRead}}
	update, remove := UpdateRole{Name: "NEW", Description: text("x")}, DeleteRole{Name: "NEW"}
	key := w.aKey(func(c *CreateAPIKey) { c.Roles = []string{"NEW"} })
	w.undone(create, key)
	w.undone(create, update, remove, create, update)
	w.undone(RevokeAPIKey{desksKey}, UpdateRole{Name: "DESK", Description: text("x")}, DeleteRole{Name: "DESK"},
		CreateRole{Name: "DESK", Permissions: []Permission{MatrixRead}}, UpdateRole{Name: "DESK", Description: text("y")})
	w.undone(UpdateRole{Name: "MATRIX", Description: text("x")}, DeleteRole{Name: "MATRIX"})

	w.batch(RevokeAPIKey{desksKey}, DeleteRole{Name: "DESK"}, CreateRole{Name: "DESK", Permissions: []Permission{MatrixRead}}, create, remove)
	w.commit()
	w.store.checkRebuilt(t, w.engine)
	if r := w.store.roles["DESK"]; r.Version != 1 || r.Permissions[0] != MatrixRead || len(w.store.roles) != 2 || len(w.store.apiKeys) != 0 {
		t.Errorf("stored are %+v and %+v", w.store.roles, w.store.apiKeys)
	}
}
