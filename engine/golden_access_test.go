package engine

import (
	"strings"
	"time"
)

// The commands of the golden scripts about roles and API keys (RL-1, RL-2), and who gives a command.

// actor is who a script says acts: anna, service, anna,MANAGER, somebody,OWN_WORK, without:anna. What follows the name are roles and permissions.
func (s *story) actor(who string) Actor {
	name, more, _ := strings.Cut(who, ",")
	a := Actor{ID: name}
	switch agent, without := strings.CutPrefix(name, "without:"); {
	case name == "service":
		a = service
	case name != "somebody":
		if a = s.agentActor(agent); without {
			a.Permissions = 0
		}
	}
	for _, p := range permissions(more) {
		if role := BuiltInRole(string(p)); role != nil {
			a.Permissions |= role.Set()
			continue
		}
		if PermissionsOf(p) == 0 {
			s.fatalf("%s is neither a built-in role nor a permission", p)
		}
		a.Permissions |= PermissionsOf(p)
	}
	return a
}

// permissions reads what is written with commas in between; nothing is none.
func permissions(text string) []Permission {
	var list []Permission
	for p := range strings.SplitSeq(text, ",") {
		if p != "" && p != "none" {
			list = append(list, Permission(p))
		}
	}
	return list
}

func (s *story) roleCommand(l *line) *Error {
	_, err := l.do(CreateRole{Name: l.next(), Description: l.option("about", ""), Permissions: permissions(l.option("may", ""))}, service)
	return err
}

// keyCommand: for=24h is how long the key is good.
func (s *story) keyCommand(l *line) *Error {
	name := l.next()
	life, err := time.ParseDuration(l.option("for", "24h"))
	if err != nil {
		s.fatalf("for: %v", err)
	}
	c := CreateAPIKey{Name: name, ExpiresAt: s.now.Add(life), Hash: strings.Repeat("0", 64)}
	for role := range strings.SplitSeq(l.option("roles", ""), ",") {
		c.Roles = append(c.Roles, role)
	}
	r, refusal := l.do(c, service)
	if refusal == nil {
		s.name(name, string(r.APIKey))
		s.print("key %s created", name)
	}
	return refusal
}

func (s *story) revokeCommand(l *line) *Error {
	_, err := l.do(RevokeAPIKey{ID: APIKeyID(s.id("ak_", l.next()))}, service)
	return err
}

// accessCommand prints the roles of one's own and the keys.
func (s *story) accessCommand(*line) *Error {
	for _, r := range sortedValues(s.engine.roles) {
		var may []string
		for _, p := range r.Permissions {
			may = append(may, string(p))
		}
		s.print("role %s, version %d: %s%s", r.Name, r.Version, strings.Join(may, " "), inBrackets(r.Description))
	}
	for _, k := range sortedValues(s.engine.apiKeys) {
		s.print("key %s: %s, until %s", s.text(string(k.ID)), strings.Join(k.Roles, " "), k.ExpiresAt.Sub(storyBegin))
	}
	return nil
}
