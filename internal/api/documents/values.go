package documents

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/internal/config"
)

// value counts a value written in the document, nil for none; depth is that of the lists and objects from it down.
func (c *counter) value(v *ast.Value, depth int) *gqlerror.Error {
	if v == nil {
		return nil
	}
	if c.values++; c.values > c.limits.Values {
		return Refusal("values", "the document has more than %d values, with its fragments put in", c.limits.Values)
	}
	if v.Kind != ast.ListValue && v.Kind != ast.ObjectValue {
		return nil
	}
	if depth > c.limits.ValueDepth {
		return tooDeep("a value", c.limits)
	}
	for _, child := range v.Children {
		if refusal := c.value(child.Value, depth+1); refusal != nil {
			return refusal
		}
	}
	return nil
}

// Variables checks the variables of a request as they came, before any is made what its type says.
func Variables(variables map[string]any, l config.Limits) *gqlerror.Error {
	values := 0
	for _, v := range variables {
		if refusal := variable(v, 1, &values, l); refusal != nil {
			return refusal
		}
	}
	return nil
}

func variable(v any, depth int, values *int, l config.Limits) *gqlerror.Error {
	if *values++; *values > l.VariableValues {
		return Refusal("variable-values", "the variables have more than %d values", l.VariableValues)
	}
	switch v := v.(type) {
	case []any:
		if depth > l.ValueDepth {
			return tooDeep("a variable", l)
		}
		for _, entry := range v {
			if refusal := variable(entry, depth+1, values, l); refusal != nil {
				return refusal
			}
		}
	case map[string]any:
		if depth > l.ValueDepth {
			return tooDeep("a variable", l)
		}
		for _, member := range v {
			if refusal := variable(member, depth+1, values, l); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

func tooDeep(what string, l config.Limits) *gqlerror.Error {
	return Refusal("value-depth", "%s is deeper than %d levels of lists and objects", what, l.ValueDepth)
}
