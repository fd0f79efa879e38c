package auth

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"rapport/engine"
)

const sample = `
directive @allow(any: [Permission!]!, own: Permission) on FIELD_DEFINITION
enum Permission { WORK_READ OWN_WORK MATRIX_WRITE }
type Query { work: Int @allow(any: [WORK_READ], own: OWN_WORK) server: Int @allow(any: []) }
type Mutation { set: Int @allow(any: [MATRIX_WRITE, WORK_READ]) }
`

func schemaOf(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestRules: who may use a field of a root (RL-1).
func TestRules(t *testing.T) {
	rules, err := RulesOf(schemaOf(t, sample))
	if err != nil || len(rules) != 3 {
		t.Fatalf("%v %v", rules, err)
	}
	may := func(agent engine.AgentID, list ...engine.Permission) engine.Actor {
		return engine.Actor{AgentID: agent, Permissions: engine.PermissionsOf(list...)}
	}
	for _, c := range []struct {
		field string
		actor engine.Actor
		want  bool
	}{
		{"Query.work", may("", engine.WorkRead), true},
		{"Query.work", may("", engine.OwnWork), false}, // who is no agent has nothing of their own
		{"Query.work", may(ann, engine.OwnWork), true},
		{"Query.work", may(ann), false},
		{"Query.work", may(ann, engine.MatrixWrite), false},
		{"Query.server", may(""), true},
		{"Mutation.set", may("", engine.MatrixWrite), true},
		{"Mutation.set", may("", engine.WorkRead), true},
		{"Mutation.set", may(ann, engine.OwnWork), false},
	} {
		if got := rules[c.field].Allows(c.actor); got != c.want {
			t.Errorf("%s for %s with %v: %v", c.field, c.actor.AgentID, c.actor.Permissions.List(), got)
		}
	}
	if text := rules["Query.work"].Refusal().Error(); text != "FORBIDDEN: this takes the permission WORK_READ or OWN_WORK of an agent" {
		t.Error(text)
	}
}

// TestForgottenRule: a field that nobody said anything about is not open, and not served.
func TestForgottenRule(t *testing.T) {
	_, err := RulesOf(schemaOf(t, strings.Replace(sample, " @allow(any: [MATRIX_WRITE, WORK_READ])", "", 1)))
	if err == nil || !strings.Contains(err.Error(), "Mutation.set") {
		t.Error(err)
	}
}
