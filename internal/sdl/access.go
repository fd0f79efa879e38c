package sdl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"rapport/engine"
	"rapport/internal/auth"
)

// Access prints who may use which field of the roots, as a page of Markdown: one table for the roles that are built in, one for what each permission is.
// A field without a rule is an error (RL-1).
func Access(schema *ast.Schema) (string, error) {
	rules, err := auth.RulesOf(schema)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| field |")
	for i := range engine.BuiltInRoles {
		fmt.Fprintf(&b, " %s |", engine.BuiltInRoles[i].Name)
	}
	b.WriteString(" permissions |\n|---|" + strings.Repeat("---|", len(engine.BuiltInRoles)+1) + "\n")
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		fields := slices.Clone(root.Fields)
		slices.SortFunc(fields, func(a, b *ast.FieldDefinition) int { return strings.Compare(a.Name, b.Name) })
		for _, f := range fields {
			if name := root.Name + "." + f.Name; !strings.HasPrefix(f.Name, "__") {
				accessLine(&b, name, rules[name])
			}
		}
	}
	b.WriteString("\n| permission | |\n|---|---|\n")
	for _, v := range schema.Types["Permission"].EnumValues {
		fmt.Fprintf(&b, "| %s | %s |\n", v.Name, v.Description)
	}
	return b.String(), nil
}

func accessLine(b *strings.Builder, name string, rule auth.Rule) {
	fmt.Fprintf(b, "| `%s` |", name)
	for i := range engine.BuiltInRoles {
		set, cell := engine.BuiltInRoles[i].Set(), ""
		switch {
		case len(rule.Any) == 0 || set.HasAny(rule.Any...):
			cell = "all"
		case rule.Own != "" && set.HasAny(rule.Own):
			cell = "own"
		}
		fmt.Fprintf(b, " %s |", cell)
	}
	names := make([]string, len(rule.Any))
	for i, p := range rule.Any {
		names[i] = string(p)
	}
	text := strings.Join(names, ", ")
	if rule.Own != "" {
		text += "; own: " + string(rule.Own)
	}
	fmt.Fprintf(b, " %s |\n", text)
}
