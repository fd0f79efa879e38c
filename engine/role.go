package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role is a named set of permissions; tokens and API keys name it (RL-1, RL-2).
type Role struct {
	// Name identifies it: capital letters, digits and _, 1 to 40 of them, the first a letter.
	Name string
	// Description is for people, at most 200 characters.
	Description string
	Permissions []Permission
	// BuiltIn roles are the same on every server and can't be changed.
	BuiltIn   bool
	Version   int
	CreatedAt *time.Time
	UpdatedAt *time.Time
}

// Set is what the role allows.
func (r *Role) Set() PermissionSet { return PermissionsOf(r.Permissions...) }

// BuiltInRoles are the five roles of every server (RL-1).
var BuiltInRoles = [...]Role{
	builtIn("ADMIN", "All.", AllPermissions),
	builtIn("MANAGER", "The matrix of preferred agents, supervising people and work, and reading all.", PermissionsOf(
		SettingsRead, AgentsRead, AgentsSupervise, ContactsRead, MatrixRead, MatrixWrite, WorkRead, WorkSupervise, CustomersIdentify, AccessRead)),
	builtIn("AGENT", "The own session, presence, offers and work, and the contacts of own work.", PermissionsOf(SettingsRead, OwnWork)),
	builtIn("SERVICE", "Creating and following work items, and saying whose they are.", PermissionsOf(
		SettingsRead, ContactsRead, WorkRead, WorkCreate, CustomersIdentify)),
	builtIn("OBSERVER", "Reading, without what is personal of customers.", PermissionsOf(SettingsRead, AgentsRead, MatrixRead, WorkRead)),
}

func builtIn(name, description string, s PermissionSet) Role {
	return Role{Name: name, Description: description, Permissions: s.List(), BuiltIn: true, Version: 1}
}

// BuiltInRole finds a role that every server has; nil when there is none of that name.
func BuiltInRole(name string) *Role {
	for i := range BuiltInRoles {
		if BuiltInRoles[i].Name == name {
			return &BuiltInRoles[i]
		}
	}
	return nil
}

// CreateRole creates a role of one's own. Nobody gives permissions that they don't have. Errors: BAD_USER_INPUT, FORBIDDEN, LIMIT_EXCEEDED,
// CONFLICT/ALREADY_EXISTS.
type CreateRole struct {
	Name, Description string
	Permissions       []Permission
}

func (c CreateRole) apply(e *Engine, r *Result) error {
	if !validRoleName(c.Name) {
		return invalid("name", "must be 1 to %d capital letters, digits and _, the first a letter", MaxRoleName)
	}
	if BuiltInRole(c.Name) != nil || e.roles[c.Name] != nil {
		return conflict(ReasonAlreadyExists, "there is a role with this name")
	}
	if len(e.roles) >= MaxRoles {
		return tooMany("", "there can be %d roles of one's own", MaxRoles)
	}
	now := e.now
	role := &Role{Name: strings.Clone(c.Name), Version: 1, CreatedAt: &now, UpdatedAt: &now}
	if err := e.fillRole(role, c.Description, c.Permissions); err != nil {
		return err
	}
	e.changeRole(nil, role)
	e.emit(Event{Type: EventRoleCreated, Body: EventBody{Role: role.Name}})
	r.Refs.Role, r.RoleState = role.Name, role
	return nil
}

// UpdateRole changes a role; nil leaves a part as it is. Errors: NOT_FOUND, BAD_USER_INPUT, FORBIDDEN, CONFLICT/VERSION_MISMATCH.
type UpdateRole struct {
	Name            string
	Description     *string
	Permissions     *[]Permission
	ExpectedVersion *int
}

func (c UpdateRole) apply(e *Engine, r *Result) error {
	before, err := e.ownRole(c.Name)
	if err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, before.Version); err != nil {
		return err
	}
	role, now := *before, e.now
	role.Version, role.UpdatedAt = before.Version+1, &now
	description, permissions := before.Description, before.Permissions
	if c.Description != nil {
		description = *c.Description
	}
	if c.Permissions != nil {
		permissions = *c.Permissions
	}
	if err := e.fillRole(&role, description, permissions); err != nil {
		return err
	}
	e.changeRole(before, &role)
	e.emit(Event{Type: EventRoleChanged, Body: EventBody{Role: role.Name}})
	r.Refs.Role, r.RoleState = role.Name, &role
	return nil
}

// DeleteRole deletes a role that no API key has; tokens that name it lose what it allows. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT
// (VERSION_MISMATCH, IN_USE).
type DeleteRole struct {
	Name            string
	ExpectedVersion *int
}

func (c DeleteRole) apply(e *Engine, _ *Result) error {
	role, err := e.ownRole(c.Name)
	if err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, role.Version); err != nil {
		return err
	}
	for _, k := range e.apiKeys { // order: any will do
		if slices.Contains(k.Roles, role.Name) {
			return conflict(ReasonInUse, "an API key has this role")
		}
	}
	e.changeRole(role, nil)
	e.emit(Event{Type: EventRoleDeleted, Body: EventBody{Role: role.Name}})
	return nil
}

// ownRole finds a role that may be changed.
func (e *Engine) ownRole(name string) (*Role, error) {
	if BuiltInRole(name) != nil {
		return nil, invalid("name", "this role is built in and can't be changed")
	}
	if role := e.roles[name]; role != nil {
		return role, nil
	}
	return nil, notFound("role")
}

// fillRole checks and sets what people choose of a role.
func (e *Engine) fillRole(role *Role, description string, permissions []Permission) error {
	if err := checkText("description", description, MaxRoleDescription); err != nil {
		return err
	}
	for i, p := range permissions {
		if !slices.Contains(Permissions[:], p) {
			return invalid(fmt.Sprintf("permissions.%d", i), "there is no such permission")
		}
	}
	set := PermissionsOf(permissions...)
	if set == 0 {
		return invalid("permissions", "must name at least one")
	}
	if err := e.mayGive("permissions", set); err != nil {
		return err
	}
	role.Description, role.Permissions = strings.Clone(description), set.List()
	return nil
}

// mayGive refuses to give away what the actor does not have, so that nobody makes more of themselves than they are.
func (e *Engine) mayGive(field string, set PermissionSet) error {
	if set.Within(e.actor.Permissions) {
		return nil
	}
	return &Error{Code: CodeForbidden, Field: field, Message: "only permissions that one has oneself can be given"}
}

// permissionsOfRoles is what roles allow together; false with the place of one that is not there.
func (e *Engine) permissionsOfRoles(names []string) (set PermissionSet, missing int) {
	for i, name := range names {
		role := BuiltInRole(name)
		if role == nil {
			role = e.roles[name]
		}
		if role == nil {
			return 0, i
		}
		set |= role.Set()
	}
	return set, -1
}

// changeRole puts a role in the place of another; nil is none. Both stay as they are from then on.
func (e *Engine) changeRole(before, after *Role) {
	e.pending.roles = append(e.pending.roles, Change[Role]{before, after})
	putRole(e.roles, before, after)
}

func putRole(roles map[string]*Role, before, after *Role) {
	if after == nil {
		delete(roles, before.Name)
		return
	}
	roles[after.Name] = after
}

func validRoleName(name string) bool {
	if len(name) < 1 || len(name) > MaxRoleName || name[0] < 'A' || name[0] > 'Z' {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}
