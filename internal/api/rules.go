package api

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
)

// oneRootField refuses a subscription that does not have exactly one root field, which validation leaves through (GraphQL 5.2.4.1).
type oneRootField struct{}

var _ graphql.OperationContextMutator = oneRootField{}

// ExtensionName implements graphql.HandlerExtension.
func (oneRootField) ExtensionName() string { return "OneRootField" }

// Validate implements graphql.HandlerExtension.
func (oneRootField) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (oneRootField) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Subscription {
		return nil
	}
	if n := len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})); n != 1 {
		return &gqlerror.Error{
			Message: "a subscription must have exactly one root field", Extensions: map[string]any{"code": engine.CodeBadUserInput},
		}
	}
	return nil
}
