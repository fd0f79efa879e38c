package api

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/complexity"
	"github.com/vektah/gqlparser/v2/ast"

	"rapport/graph"
	"rapport/internal/api/documents"
	"rapport/internal/config"
)

// ReadTrusted reads the file of --trusted-documents, nil for none. Every document is parsed, validated and held against the limits, its complexity
// with the variables that have defaults. An error has the exit code of a bad configuration.
func ReadTrusted(path string, l config.Limits) (*documents.Trusted, error) {
	if path == "" {
		return nil, nil
	}
	c := graph.Config{Schema: servedSchema()}
	setCosts(&c)
	es := graph.NewExecutableSchema(c)
	trusted, err := documents.ReadTrusted(path, es.Schema(), l, func(document *ast.QueryDocument) error {
		for _, op := range document.Operations {
			defaults := map[string]any{}
			for _, v := range op.VariableDefinitions {
				if v.DefaultValue == nil {
					continue
				}
				value, err := v.DefaultValue.Value(nil)
				if err != nil {
					return err
				}
				defaults[v.Variable] = value
			}
			if cost := complexity.Calculate(context.Background(), es, op, defaults); cost > l.Complexity {
				return fmt.Errorf("operation %s has complexity %d, which exceeds the limit of %d", op.Name, cost, l.Complexity)
			}
		}
		return nil
	})
	if err != nil {
		return nil, badSettings{err}
	}
	return trusted, nil
}

// badSettings ends the program as a bad flag does.
type badSettings struct{ error }

// ExitCode is that of a bad configuration.
func (badSettings) ExitCode() int { return 2 }
