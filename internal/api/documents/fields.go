package documents

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/internal/config"
)

// directivesPerPlace is how many directives may stand at one place: there are two that clients use, @skip and @include.
const directivesPerPlace = 4

// counter counts a document as it is run, with fragments put in wherever they are spread. Fields are merged as in the answer: those of one response
// name at one place are one group, since it is within groups that validation compares every field with every other. Fields and values are
// counted over all operations and fragments, each fragment once more on its own, because validation walks them so; the sum is what bounds
// the walk here too.
type counter struct {
	limits         config.Limits
	fragments      map[string]*ast.FragmentDefinition
	fields, values int
	// Of the operation or fragment that is counted.
	aliases, directives, introspections int
}

// place is a selection set, and how it came about.
type place struct {
	set    ast.SelectionSet
	within *spread
}

// spread is the fragment that a place stands in, and the one which that was spread in. One within itself is not put in again: validation refuses the cycle.
type spread struct {
	name   string
	within *spread
}

func (s *spread) has(name string) bool {
	for ; s != nil; s = s.within {
		if s.name == name {
			return true
		}
	}
	return false
}

// level is where in an answer fields stand.
type level struct {
	depth int
	// root: their number is that of the root fields. Those of a fragment that is counted on its own are none.
	root bool
	// meta is how deep the level is within introspection, 0 outside; lists is how many lists of a type's parts are around it.
	meta, lists int
}

func count(document *ast.QueryDocument, l config.Limits) *gqlerror.Error {
	if len(document.Operations) > l.Operations {
		return Refusal("operations", "the document has more than %d operations", l.Operations)
	}
	if len(document.Fragments) > l.Fragments {
		return Refusal("fragments", "the document has more than %d fragments", l.Fragments)
	}
	c := &counter{limits: l, fragments: make(map[string]*ast.FragmentDefinition, len(document.Fragments))}
	for _, f := range document.Fragments {
		if c.fragments[f.Name] == nil { // of two with one name the first counts, as in validation, which refuses them
			c.fragments[f.Name] = f
		}
	}
	for _, op := range document.Operations {
		if refusal := c.operation(op); refusal != nil {
			return refusal
		}
	}
	for _, f := range document.Fragments {
		if refusal := c.fragment(f); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (c *counter) operation(op *ast.OperationDefinition) *gqlerror.Error {
	c.aliases, c.directives, c.introspections = 0, 0, 0
	if len(op.VariableDefinitions) > c.limits.Variables {
		return Refusal("variables", "an operation has more than %d variables", c.limits.Variables)
	}
	for _, v := range op.VariableDefinitions {
		if refusal := c.value(v.DefaultValue, 1); refusal != nil {
			return refusal
		}
		if refusal := c.directed(v.Directives); refusal != nil {
			return refusal
		}
	}
	if refusal := c.directed(op.Directives); refusal != nil {
		return refusal
	}
	return c.merge([]place{{set: op.SelectionSet}}, level{depth: 1, root: true})
}

func (c *counter) fragment(f *ast.FragmentDefinition) *gqlerror.Error {
	c.aliases, c.directives, c.introspections = 0, 0, 0
	for _, v := range f.VariableDefinition { // of a draft of the specification: parsed, and never used
		if refusal := c.value(v.DefaultValue, 1); refusal != nil {
			return refusal
		}
	}
	if refusal := c.directed(f.Directives); refusal != nil {
		return refusal
	}
	return c.merge([]place{{f.SelectionSet, &spread{name: f.Name}}}, level{depth: 1})
}

// group are the fields of one response name at one place of the answer.
type group struct {
	fields int
	sets   []place
	below  level
}

// merge counts the selection sets that together are one object of the answer, and then what is below it.
func (c *counter) merge(places []place, at level) *gqlerror.Error {
	groups := map[string]*group{}
	var order []*group
	add := func(f *ast.Field, within *spread) *gqlerror.Error {
		g := groups[f.Alias]
		if g == nil {
			g = &group{}
			groups[f.Alias], order = g, append(order, g)
		}
		if g.fields++; g.fields > c.limits.Repeats {
			return Refusal("repeats", "%s is asked for more than %d times at one place", f.Alias, c.limits.Repeats)
		}
		below, refusal := c.field(f, at)
		if len(f.SelectionSet) > 0 {
			// Fields of one name need not be one field, as long as the document is not validated: the deepest counts.
			g.below = level{below.depth, false, max(g.below.meta, below.meta), max(g.below.lists, below.lists)}
			g.sets = append(g.sets, place{f.SelectionSet, within})
		}
		return refusal
	}
	roots := 0
	for _, p := range places {
		if refusal := c.collect(p, func(f *ast.Field, within *spread) *gqlerror.Error {
			if roots++; at.root && roots > c.limits.RootFields {
				return Refusal("root-fields", "an operation has more than %d root fields", c.limits.RootFields)
			}
			return add(f, within)
		}); refusal != nil {
			return refusal
		}
	}
	for _, g := range order {
		if len(g.sets) > 0 {
			if refusal := c.merge(g.sets, g.below); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// collect gives the fields of a selection set, those of fragments included.
func (c *counter) collect(p place, add func(*ast.Field, *spread) *gqlerror.Error) *gqlerror.Error {
	for _, selection := range p.set {
		if c.fields++; c.fields > c.limits.Fields {
			return Refusal("fields", "the document has more than %d fields and spreads, with its fragments put in", c.limits.Fields)
		}
		var refusal *gqlerror.Error
		switch s := selection.(type) {
		case *ast.Field:
			refusal = add(s, p.within)
		case *ast.InlineFragment:
			if refusal = c.directed(s.Directives); refusal == nil {
				refusal = c.collect(place{s.SelectionSet, p.within}, add)
			}
		case *ast.FragmentSpread:
			refusal = c.spread(s, p.within, add)
		}
		if refusal != nil {
			return refusal
		}
	}
	return nil
}

func (c *counter) spread(s *ast.FragmentSpread, within *spread, add func(*ast.Field, *spread) *gqlerror.Error) *gqlerror.Error {
	if refusal := c.directed(s.Directives); refusal != nil {
		return refusal
	}
	f := c.fragments[s.Name]
	if f == nil || within.has(s.Name) {
		return nil // validation refuses both
	}
	if refusal := c.directed(f.Directives); refusal != nil {
		return refusal
	}
	return c.collect(place{f.SelectionSet, &spread{s.Name, within}}, add)
}

// field counts one field, without what is below it, and tells at which level that is.
func (c *counter) field(f *ast.Field, at level) (below level, refusal *gqlerror.Error) {
	if f.Alias != f.Name {
		if c.aliases++; c.aliases > c.limits.Aliases {
			return below, Refusal("aliases", "an operation has more than %d aliases", c.limits.Aliases)
		}
	}
	if below, refusal = c.levels(f, at); refusal != nil {
		return below, refusal
	}
	for _, argument := range f.Arguments {
		if refusal := c.value(argument.Value, 1); refusal != nil {
			return below, refusal
		}
	}
	return below, c.directed(f.Directives)
}

// levels checks how deep a field stands. Introspection, which costs nothing in complexity, has bounds of its own: few roots, no aliases beneath them, and the
// parts of a type, its fields for example, not within those of another. So an answer is no larger than a description of the whole schema.
func (c *counter) levels(f *ast.Field, at level) (below level, refusal *gqlerror.Error) {
	below = level{depth: at.depth + 1, meta: at.meta, lists: at.lists}
	switch {
	case at.depth > c.limits.Depth && at.meta == 0:
		return below, Refusal("depth", "an operation is deeper than %d levels", c.limits.Depth)
	case f.Name == "__schema" || f.Name == "__type":
		if c.introspections++; c.introspections > c.limits.IntrospectionFields {
			return below, Refusal("introspection-fields", "an operation asks for __schema and __type more than %d times", c.limits.IntrospectionFields)
		}
		below.meta = at.meta + 1
		return below, nil
	case at.meta == 0:
		return below, nil
	}
	below.meta = at.meta + 1
	switch {
	case below.meta > c.limits.IntrospectionDepth:
		return below, Refusal("introspection-depth", "introspection is deeper than %d levels", c.limits.IntrospectionDepth)
	case f.Alias != f.Name:
		return below, Refusal("introspection-aliases", "there are no aliases below __schema and __type")
	}
	switch f.Name {
	case "fields", "inputFields", "interfaces", "possibleTypes", "enumValues":
		if below.lists++; below.lists > 1 {
			return below, Refusal("introspection-lists", "introspection asks for %s of a type within the parts of another type", f.Name)
		}
	}
	return below, nil
}

// directed counts the directives of one place.
func (c *counter) directed(list ast.DirectiveList) *gqlerror.Error {
	if len(list) > directivesPerPlace {
		return Refusal("directives-at-once", "more than %d directives stand at one place", directivesPerPlace)
	}
	if c.directives += len(list); c.directives > c.limits.Directives {
		return Refusal("directives", "an operation has more than %d directives", c.limits.Directives)
	}
	for _, d := range list {
		for _, argument := range d.Arguments {
			if refusal := c.value(argument.Value, 1); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}
