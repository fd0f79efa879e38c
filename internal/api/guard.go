package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/api/documents"
	"rapport/internal/config"
)

// guard stands before gqlgen's executor, for both transports. It finds out which document a request is for, and counts and validates it in its own way: the
// executor is given only those that are valid and within the limits, as if they came out of its cache.
type guard struct {
	*executor.Executor
	schema  *ast.Schema
	limits  config.Limits
	trusted *documents.Trusted
	known   known
	recover graphql.RecoverFunc
}

var _ graphql.GraphExecutor = (*guard)(nil)

// CreateOperationContext is gqlgen's, for a request that may be run.
func (g *guard) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	document, errs := g.admit(ctx, params)
	if len(errs) > 0 {
		return &graphql.OperationContext{RawQuery: params.Query, OperationName: params.OperationName, Headers: params.Headers, RecoverFunc: g.recover}, errs
	}
	return g.Executor.CreateOperationContext(context.WithValue(ctx, admittedKey{}, document), params)
}

// admit gives the document of a request, valid and within the limits.
func (g *guard) admit(ctx context.Context, params *graphql.RawParams) (*ast.QueryDocument, gqlerror.List) {
	if refusal := documents.Take(params).Refusal; refusal != nil {
		return nil, gqlerror.List{refusal}
	}
	document, refusal := g.trusted.Choose(params)
	if refusal == nil {
		refusal = documents.Variables(params.Variables, g.limits)
	}
	if refusal != nil {
		return nil, gqlerror.List{refusal}
	}
	if document != nil {
		return document, nil
	}
	if document, ok := g.known.Get(ctx, params.Query); ok {
		return document, nil
	}
	if document, refusal = documents.Parse(params.Query, g.limits); refusal != nil {
		return nil, gqlerror.List{refusal}
	}
	if errs := documents.Validate(g.schema, document, g.limits.Errors); len(errs) > 0 {
		return nil, errs
	}
	g.known.Add(ctx, params.Query, document)
	return document, nil
}

// admittedKey is that of the document which the guard hands to the executor.
type admittedKey struct{}

// known are the documents that need no second look. The executor takes it for its cache.
type known struct{ *lru.LRU[*ast.QueryDocument] }

var _ graphql.Cache[*ast.QueryDocument] = known{}

// Get gives the document that the guard has admitted, and to the guard itself one of those that are kept.
func (k known) Get(ctx context.Context, text string) (*ast.QueryDocument, bool) {
	if document, ok := ctx.Value(admittedKey{}).(*ast.QueryDocument); ok {
		return document, true
	}
	return k.LRU.Get(ctx, text)
}

// Add keeps a document, unless it is long: parsed it takes about 17 times as much memory as its text, and a client could fill the memory with
// documents that it never sends again.
func (k known) Add(ctx context.Context, text string, document *ast.QueryDocument) {
	if len(text) <= config.MaxKeptDocument {
		k.LRU.Add(ctx, text, document)
	}
}

// errorCap leaves errors out of an answer of which there are more than so many, and cuts messages that repeat much of what a client sent.
type errorCap int

var (
	_ graphql.ResponseInterceptor  = errorCap(0)
	_ graphql.OperationInterceptor = errorCap(0)
)

// maxErrorMessage is the longest message of an error, in bytes.
const maxErrorMessage = 1000

// ExtensionName implements graphql.HandlerExtension.
func (errorCap) ExtensionName() string { return "ErrorCap" }

// Validate implements graphql.HandlerExtension.
func (errorCap) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation implements graphql.OperationInterceptor, for answers that no ResponseInterceptor sees: of what failed before its first response.
func (c errorCap) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	answer := next(ctx)
	return func(ctx context.Context) *graphql.Response { return c.capped(answer(ctx)) }
}

// InterceptResponse implements graphql.ResponseInterceptor, for the errors of what is not run.
func (c errorCap) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return c.capped(next(ctx))
}

func (c errorCap) capped(response *graphql.Response) *graphql.Response {
	if response == nil {
		return nil
	}
	most, errs := int(c), response.Errors
	if rest := len(errs) - most; rest > 0 && errs[most].Extensions["limit"] != "errors" { // else validation has said so
		errs = append(errs[:most:most], documents.Refusal("errors", "errors that this answer leaves out: %d", rest))
	}
	for i, err := range errs {
		if len(err.Message) > maxErrorMessage {
			short := *err
			short.Message = strings.ToValidUTF8(err.Message[:maxErrorMessage], "") + "…"
			errs[i] = &short
		}
	}
	response.Errors = errs
	return response
}

// pageLimit refuses pages that are longer than the operator wants, which may be less than engine.MaxPage. There is none for that itself, which the resolvers check.
type pageLimit int

var _ graphql.FieldInterceptor = pageLimit(0)

// ExtensionName implements graphql.HandlerExtension.
func (pageLimit) ExtensionName() string { return "PageLimit" }

// Validate implements graphql.HandlerExtension.
func (pageLimit) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField implements graphql.FieldInterceptor.
func (l pageLimit) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	if first, pages := graphql.GetFieldContext(ctx).Args["first"].(int); pages {
		if first < 1 || first > int(l) {
			return nil, &engine.Error{Code: engine.CodeBadUserInput, Field: "first", Message: fmt.Sprintf("must be from 1 to %d", int(l))}
		}
	}
	return next(ctx)
}
