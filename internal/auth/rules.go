package auth

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"rapport/engine"
)

// Rule is who may use a field of a root: the directive @allow.
type Rule struct {
	// Any of these is enough; none: whoever is let in.
	Any []engine.Permission
	// Own is enough for what is the acting agent's own, "" when nothing of it is anybody's own.
	Own engine.Permission
}

// Allows tells whether an actor may use the field, at least for what is their own.
func (r Rule) Allows(a engine.Actor) bool {
	return len(r.Any) == 0 || a.Permissions.HasAny(r.Any...) || r.Own != "" && a.AgentID != "" && a.Permissions.HasAny(r.Own)
}

// Refusal is what an actor is told whom the rule does not allow.
func (r Rule) Refusal() error {
	if r.Own == "" {
		return Lacks(r.Any...)
	}
	return Lacks(append(append([]engine.Permission{}, r.Any...), r.Own+" of an agent")...)
}

// Rules are those of all fields of the roots, by "Query.agent" and the like.
type Rules map[string]Rule

// RulesOf reads the rules out of a schema. A field without one is an error: nothing is open because somebody forgot to close it.
func RulesOf(schema *ast.Schema) (Rules, error) {
	rules := Rules{}
	var missing []string
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, f := range root.Fields {
			name := root.Name + "." + f.Name
			if strings.HasPrefix(f.Name, "__") {
				continue // introspection, for whoever is let in
			}
			rule, ok := ruleOf(f)
			if !ok {
				missing = append(missing, name)
			}
			rules[name] = rule
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("say with @allow who may use %s", strings.Join(missing, ", "))
	}
	return rules, nil
}

func ruleOf(f *ast.FieldDefinition) (Rule, bool) {
	allow := f.Directives.ForName("allow")
	if allow == nil {
		return Rule{}, false
	}
	var rule Rule
	if any := allow.Arguments.ForName("any"); any != nil {
		for _, child := range any.Value.Children {
			rule.Any = append(rule.Any, engine.Permission(child.Value.Raw))
		}
	}
	if own := allow.Arguments.ForName("own"); own != nil {
		rule.Own = engine.Permission(own.Value.Raw)
	}
	return rule, true
}
