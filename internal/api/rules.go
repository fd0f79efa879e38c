package api

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/auth"
)

// rootRules refuses operations that who asks may not do in full, before anything of them runs (RL-1): so a subscription is refused before it is an agent's
// session. And a subscription that does not have exactly one root field, which validation leaves through (GraphQL 5.2.4.1).
type rootRules struct{ rules auth.Rules }

var _ graphql.OperationContextMutator = rootRules{}

// newRootRules reads the rules out of the schema. One that does not say of every root field who may use it is not served.
func newRootRules(schema *ast.Schema) rootRules {
	rules, err := auth.RulesOf(schema)
	if err != nil {
		panic(err) // `make generate` refuses it before
	}
	return rootRules{rules}
}

// ExtensionName implements graphql.HandlerExtension.
func (rootRules) ExtensionName() string { return "RootRules" }

// Validate implements graphql.HandlerExtension.
func (rootRules) Validate(graphql.ExecutableSchema) error { return nil }

// roots are the types of the roots.
var roots = map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}

// MutateOperationContext implements graphql.OperationContextMutator.
func (r rootRules) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	root := roots[op.Operation.Operation]
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{root})
	if root == "Subscription" && len(fields) != 1 {
		return &gqlerror.Error{
			Message: "a subscription must have exactly one root field", Extensions: map[string]any{"code": engine.CodeBadUserInput},
		}
	}
	who := auth.Actor(ctx)
	for _, f := range fields {
		if rule, known := r.rules[root+"."+f.Name]; known && !rule.Allows(who) {
			return &gqlerror.Error{
				Message: message(rule.Refusal()), Path: ast.Path{ast.PathName(f.Alias)}, Extensions: map[string]any{"code": engine.CodeForbidden},
			}
		}
	}
	return nil
}
