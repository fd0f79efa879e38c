package engine

import "slices"

// Permission is the right to do one kind of thing. Roles are sets of them (RL-2); docs/access.md lists what each allows.
type Permission string

// The permissions. In documents and tokens they are known by these names.
const (
	SettingsRead      Permission = "SETTINGS_READ"
	SettingsWrite     Permission = "SETTINGS_WRITE"
	QueuesWrite       Permission = "QUEUES_WRITE"
	AgentsRead        Permission = "AGENTS_READ"
	AgentsWrite       Permission = "AGENTS_WRITE"
	AgentsSupervise   Permission = "AGENTS_SUPERVISE"
	ContactsRead      Permission = "CONTACTS_READ"
	ContactsWrite     Permission = "CONTACTS_WRITE"
	MatrixRead        Permission = "MATRIX_READ"
	MatrixWrite       Permission = "MATRIX_WRITE"
	WorkRead          Permission = "WORK_READ"
	WorkCreate        Permission = "WORK_CREATE"
	WorkSupervise     Permission = "WORK_SUPERVISE"
	CustomersIdentify Permission = "CUSTOMERS_IDENTIFY"
	OwnWork           Permission = "OWN_WORK"
	AccessRead        Permission = "ACCESS_READ"
	AccessWrite       Permission = "ACCESS_WRITE"
	ServerOperate     Permission = "SERVER_OPERATE"
)

// Permissions lists all of them, in the order in which they are shown.
var Permissions = [...]Permission{
	SettingsRead, SettingsWrite, QueuesWrite, AgentsRead, AgentsWrite, AgentsSupervise, ContactsRead, ContactsWrite, MatrixRead, MatrixWrite,
	WorkRead, WorkCreate, WorkSupervise, CustomersIdentify, OwnWork, AccessRead, AccessWrite, ServerOperate,
}

// PermissionSet is a set of permissions, one bit each. The zero value allows nothing.
type PermissionSet uint32

// AllPermissions is the set of all.
const AllPermissions PermissionSet = 1<<len(Permissions) - 1

// PermissionsOf makes a set; what is no permission is left out.
func PermissionsOf(list ...Permission) (s PermissionSet) {
	for _, p := range list {
		if i := slices.Index(Permissions[:], p); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// HasAny tells whether any of the permissions is in the set.
func (s PermissionSet) HasAny(list ...Permission) bool { return s&PermissionsOf(list...) != 0 }

// Within tells whether all of the set is in another one.
func (s PermissionSet) Within(o PermissionSet) bool { return s&^o == 0 }

// List is the set as a list, in the order of Permissions.
func (s PermissionSet) List() []Permission {
	list := []Permission{}
	for i, p := range Permissions {
		if s&(1<<i) != 0 {
			list = append(list, p)
		}
	}
	return list
}

// noAgent owns nothing: no agent has this id.
const noAgent AgentID = "ag_none"

// heldTo is the agent to whose own things the actor is held; "" when one of the permissions lets them act on anybody's (RL-1).
func (a Actor) heldTo(any ...Permission) AgentID {
	switch {
	case a.Permissions.HasAny(any...):
		return ""
	case a.AgentID == "" || !a.Permissions.HasAny(OwnWork):
		return noAgent
	}
	return a.AgentID
}
