package documents

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// standard are the rules of the specification in the order of their names, as gqlgen applies them.
var standard = func() []validator.Rule {
	all := rules.NewDefaultRules().GetInner()
	var sorted []validator.Rule
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, validator.Rule{Name: name, RuleFunc: all[name]})
	}
	return sorted
}()

// enough is what ends validation from within.
type enough struct{}

// Validate gives what is wrong with a document, each with code GRAPHQL_VALIDATION_FAILED. It ends when there are more than so many errors, because
// looking for names that were perhaps meant costs most: then the last one says that there are others. The document is changed: its parts come to
// know their definitions.
func Validate(schema *ast.Schema, document *ast.QueryDocument, most int) (errs gqlerror.List) {
	found := 0
	bounded := make([]validator.Rule, len(standard))
	for i, rule := range standard {
		bounded[i] = validator.Rule{Name: rule.Name, RuleFunc: func(events *validator.Events, add validator.AddErrFunc) {
			rule.RuleFunc(events, func(options ...validator.ErrorOption) {
				if found == most {
					panic(enough{})
				}
				found++
				err := &gqlerror.Error{Rule: rule.Name}
				for _, option := range options {
					option(err)
				}
				errcode.Set(err, errcode.ValidationFailed)
				errs = append(errs, err)
			})
		}}
	}
	defer func() {
		if p := recover(); p != nil {
			if _, ended := p.(enough); !ended {
				panic(p)
			}
			errs = append(errs, Refusal("errors", "there are more errors than these %d: the document was not validated further", most))
		}
	}()
	validator.Validate(schema, document, bounded...)
	return errs
}
