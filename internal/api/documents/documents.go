// Package documents decides what a GraphQL request may cost before anything of it is validated or run. Validation takes more than linear
// time, and so does calculating the complexity of fragments within fragments: neither is begun with a document that is not bounded.
//
//	documents.go  the way of a document, from its text to one that may be run; refusals
//	tokens.go     what is counted as the text is read
//	fields.go     what is counted with fragments put in
//	values.go     values in documents and variables
//	json.go       the nesting and size of JSON, before it is decoded
//	validate.go   validation that ends at a number of errors
//	extra.go      what a request has besides what gqlgen knows
//	trusted.go    the documents that an operator lists
package documents

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"rapport/engine"
	"rapport/internal/config"
)

// Refusal says that something has more of what a limit is for than it may have: code LIMIT_EXCEEDED, and `extensions.limit` is the limit's name, as in
// its flag --limit-NAME where it can be set.
func Refusal(limit, format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{
		Message:    fmt.Sprintf(format, args...),
		Extensions: map[string]any{"code": engine.CodeLimit, "limit": limit},
	}
}

// Parse reads a document and counts it. The error is a refusal, or GRAPHQL_PARSE_FAILED, or that there is no operation. What it gives may still be invalid.
func Parse(text string, l config.Limits) (*ast.QueryDocument, *gqlerror.Error) {
	if refusal := scan(text, l); refusal != nil {
		return nil, refusal
	}
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		refusal := gqlerror.WrapIfUnwrapped(err)
		errcode.Set(refusal, errcode.ParseFailed)
		return nil, refusal
	}
	if len(document.Operations) == 0 {
		refusal := gqlerror.Errorf("no operation provided")
		errcode.Set(refusal, errcode.ValidationFailed)
		return nil, refusal
	}
	return document, count(document, l)
}
