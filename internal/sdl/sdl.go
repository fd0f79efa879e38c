// Package sdl writes the schema as one document in GraphQL's schema definition language: what /schema.graphql serves, what
// docs/api/ holds, and what is looked through for breaking changes. docs/graphql.md says who uses it for what.
package sdl

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// Load reads the schema from the .graphqls files of a folder.
func Load(folder string) (*ast.Schema, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.graphqls"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no .graphqls files in %s", folder)
	}
	var sources []*ast.Source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("the schema is not valid: %w", err)
	}
	return schema, nil
}

// Print writes the schema with its descriptions: directives, then types, each in the order of their names, so that how the schema is
// spread over files changes nothing. Extensions are part of what they extend. What GraphQL itself defines is left out. The root types
// must have their usual names, because only those need not be declared.
func Print(schema *ast.Schema) (string, error) {
	for _, root := range []struct {
		name string
		root *ast.Definition
	}{{"Query", schema.Query}, {"Mutation", schema.Mutation}, {"Subscription", schema.Subscription}} {
		if root.root != nil && root.root.Name != root.name {
			return "", errors.New("the root type " + root.root.Name + " must be called " + root.name)
		}
	}
	var parts []string
	add := func(document *ast.SchemaDocument) {
		var text strings.Builder
		formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchemaDocument(document)
		if text.Len() > 0 {
			parts = append(parts, text.String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Directives)) {
		add(&ast.SchemaDocument{Directives: ast.DirectiveDefinitionList{schema.Directives[name]}})
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		add(&ast.SchemaDocument{Definitions: ast.DefinitionList{schema.Types[name]}})
	}
	return strings.Join(parts, "\n"), nil
}
