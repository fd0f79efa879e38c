package documents

import (
	"maps"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Extra is what a transport found out about a request and gqlgen has no room for.
type Extra struct {
	// ID is documentId of the request; Given tells whether there was one.
	ID    string
	Given bool
	// Refusal is why the request can't be run, nil if it can.
	Refusal *gqlerror.Error
}

// extraKey is where in the extensions of a request Extra travels. A client's own member of that name is never of that type, and is not lost.
const extraKey = "rapport"

// Attach lets a request carry what Take gives.
func Attach(params *graphql.RawParams, extra Extra) {
	if extra == (Extra{}) {
		return
	}
	extensions := maps.Clone(params.Extensions)
	if extensions == nil {
		extensions = map[string]any{}
	}
	extensions[extraKey] = extra
	params.Extensions = extensions
}

// Take gives what Attach put on a request.
func Take(params *graphql.RawParams) Extra {
	extra, _ := params.Extensions[extraKey].(Extra)
	return extra
}
