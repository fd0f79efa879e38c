package tidy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// wholeRule finds what is wrong with a schema as a whole.
type wholeRule func(schema *ast.Schema) []finding

func TestSchemaNames(t *testing.T) {
	report(t, "types are PascalCase, everything else is camelCase; inputs end in Input or Filter and nothing else does; no kind, "+
		"no `get` and no name of the own type in a name.", checkSchema(readSchema(t), namesThings))
}

func TestSchemaIDs(t *testing.T) {
	report(t, "ids are ID and called id, …Id or …Ids, and nothing else is: they are texts that nobody calculates with.",
		checkSchema(readSchema(t), namesIDs))
}

func TestSchemaNullability(t *testing.T) {
	report(t, "say in the description when it is null, or, of an input, what leaving it out means; or make it non-null. Entries of lists "+
		"are never null.", checkSchema(readSchema(t), saysWhenNull))
}

func TestSchemaBounds(t *testing.T) {
	report(t, "say how many there can be, `at most 100` or `1 to 3`; or make it a connection.", boundsLists(readSchema(t)))
}

func TestSchemaDeprecations(t *testing.T) {
	report(t, "@deprecated(reason: \"Use `newName`.\"): say in a sentence what to use instead, in backquotes, or that nothing replaces it.",
		checkSchema(readSchema(t), deprecations))
}

func TestSchemaHasNoUnusedTypes(t *testing.T) {
	report(t, "use it or remove it.", unusedTypes(readSchema(t)))
}

func TestSchemaConnectionTypes(t *testing.T) {
	report(t, "XConnection { edges: [XEdge!]!  nodes: [X!]!  pageInfo: PageInfo! } and XEdge { cursor: String!  node: X! }.",
		connectionTypes(readSchema(t)))
}

func TestSchemaNodes(t *testing.T) {
	report(t, "what has an id can be found by it: `implements Node`, `id: ID!`. What can't be found has no id, or stands in notNodes "+
		"with the reason.", nodes(readSchema(t), notNodes))
}

func TestSchemaMutationsAreRepeatable(t *testing.T) {
	report(t, "give the input `idempotencyKey: String`: a caller who got no answer must be able to ask again.",
		idempotency(readSchema(t)))
}

var (
	pascalCase = regexp.MustCompile(`^[A-Z][a-zA-Z0-9]*$`)
	camelCase  = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)
	inputName  = regexp.MustCompile(`.(Input|Filter)$`)
	typeKinds  = strings.Fields("object interface union enum scalar input")
)

func namesThings(e element) []string {
	kind, _, _ := strings.Cut(e.kind, " ")
	switch {
	case e.kind == "enum value": // enumNames has them.
		return nil
	case !slices.Contains(typeKinds, kind):
		return namesMember(e)
	case !pascalCase.MatchString(e.name):
		return []string{"is not PascalCase"}
	case kind == "object" && strings.HasSuffix(e.name, "Type"), strings.HasSuffix(strings.ToLower(e.name), kind) && kind != "input":
		return []string{"has its kind in its name"}
	case inputName.MatchString(e.name) != (kind == "input"):
		return []string{"must end in Input or Filter if it is an input, and only then"}
	}
	return nil
}

// namesMember is namesThings for fields, arguments and directives.
func namesMember(e element) []string {
	if !camelCase.MatchString(e.name) {
		return []string{"is not camelCase"}
	}
	parts, owner := words(e.name), words(e.owner)
	switch {
	case e.kind != "field":
	case e.owner == "Query" && slices.Contains([]string{"get", "list", "fetch", "query"}, parts[0]):
		return []string{"begins with " + parts[0] + ": a query is called after what it gives"}
	case e.owner == "Mutation" && len(parts) < 2:
		return []string{"is not a verb and a noun"}
	case len(parts) > len(owner) && slices.Equal(parts[:len(owner)], owner):
		return []string{"repeats the name of its type"}
	}
	return nil
}

func namesIDs(e element) []string {
	if e.of == nil {
		return nil
	}
	parts := words(e.name)
	last := parts[len(parts)-1]
	isList := e.of.Elem != nil
	switch isID := e.of.Name() == "ID"; {
	case last == "id" && (!isID || isList):
		return []string{"is an id and no ID but " + e.of.String()}
	case last == "ids" && (!isID || !isList):
		return []string{"is a list of ids and no [ID!] but " + e.of.String()}
	case isID && last != "id" && last != "ids":
		return []string{"is an ID and not called so"}
	}
	return nil
}

// What a description, or that of the type, says of null. Arguments and input fields may say instead what happens without them.
var (
	speaksOfNull    = regexp.MustCompile(`(?i)\bnull\b`)
	speaksOfWithout = regexp.MustCompile(`(?i)\b(null|left out|without|unless|optional|default|none|when given)\b`)
)

func saysWhenNull(e element) []string {
	if e.of == nil {
		return nil
	}
	for list := e.of; list.Elem != nil; list = list.Elem {
		if !list.Elem.NonNull {
			return []string{"is a list in which there may be nulls: " + e.of.String()}
		}
	}
	said := e.about + "\n" + e.description
	isInput := e.kind == "argument" || inputName.MatchString(e.owner)
	switch {
	case e.of.NonNull:
	case !isInput && !speaksOfNull.MatchString(said):
		return []string{"may be null and does not say when"}
	case isInput && e.of.NamedType == "Boolean" && !speaksOfWithout.MatchString(said):
		return []string{"has three values and does not say what the third means"}
	}
	return nil
}

var replaced = regexp.MustCompile("(?s)^[A-Z].*(`[^`]+`|(?i:nothing replaces it)).*[.]$")

func deprecations(e element) []string {
	deprecated := e.directives.ForName("deprecated")
	if deprecated == nil {
		return nil
	}
	if reason := deprecated.Arguments.ForName("reason"); reason == nil || !replaced.MatchString(reason.Value.Raw) {
		return []string{"is deprecated without a sentence that names what replaces it"}
	}
	return nil
}

var (
	bounded = regexp.MustCompile(`(?i)\b(at most|never more|\d+ to \d+|one for each|every)\b`)
	pages   = regexp.MustCompile(`.Connection$`)
)

// boundsLists finds lists that do not say how long they can get. Those of an enum's values can't get long, nor warnings, of which there
// is one for each code and input; what a connection has is limited where it is asked for.
func boundsLists(schema *ast.Schema) []finding {
	var found []finding
	for _, e := range elementsOf(schema) {
		if e.of == nil || e.of.Elem == nil || bounded.MatchString(e.description) || pages.MatchString(e.owner) {
			continue
		}
		if of := schema.Types[e.of.Name()]; of.Kind != ast.Enum && of.Name != "Warning" {
			found = append(found, e.finding("is a list and does not say how long it can get"))
		}
	}
	return found
}

// wholeFinding is a finding about a definition.
func wholeFinding(d *ast.Definition, what string) finding {
	kind := strings.ToLower(strings.ReplaceAll(string(d.Kind), "_", " "))
	return element{kind: kind, path: d.Name, position: d.Position}.finding(what)
}

// definitions gives the schema's own types in the order of their names.
func definitions(schema *ast.Schema) []*ast.Definition {
	var own []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		if d := schema.Types[name]; !d.BuiltIn {
			own = append(own, d)
		}
	}
	return own
}

// unusedTypes finds what can't be reached from the roots or from the arguments of directives.
func unusedTypes(schema *ast.Schema) []finding {
	reached := map[string]bool{}
	var reach func(name string)
	arguments := func(list ast.ArgumentDefinitionList) {
		for _, a := range list {
			reach(a.Type.Name())
		}
	}
	reach = func(name string) {
		d := schema.Types[name]
		if d == nil || reached[name] {
			return
		}
		reached[name] = true
		for _, f := range d.Fields {
			reach(f.Type.Name())
			arguments(f.Arguments)
		}
		for _, possible := range schema.PossibleTypes[name] { // of an interface or a union
			reach(possible.Name)
		}
		for _, implemented := range d.Interfaces {
			reach(implemented)
		}
	}
	for _, root := range []string{"Query", "Mutation", "Subscription"} {
		reach(root)
	}
	for _, d := range schema.Directives {
		arguments(d.Arguments)
	}
	var found []finding
	for _, d := range definitions(schema) {
		if !reached[d.Name] {
			found = append(found, wholeFinding(d, "is used by nothing"))
		}
	}
	return found
}

func connectionTypes(schema *ast.Schema) []finding {
	var found []finding
	need := func(d *ast.Definition, name, of string) {
		if f := d.Fields.ForName(name); f == nil || f.Type.String() != of {
			found = append(found, wholeFinding(d, "has no field `"+name+": "+of+"`"))
		}
	}
	for _, d := range definitions(schema) {
		if x, ok := strings.CutSuffix(d.Name, "Connection"); ok {
			need(d, "edges", "["+x+"Edge!]!")
			need(d, "nodes", "["+x+"!]!")
			need(d, "pageInfo", "PageInfo!")
		} else if x, ok := strings.CutSuffix(d.Name, "Edge"); ok {
			need(d, "cursor", "String!")
			need(d, "node", x+"!")
		}
	}
	return found
}

// notNodes have ids that `node` does not find, each for its reason.
var notNodes = map[string]string{
	"Decision": "the id is its place in the order of all changes; it is read with its work item",
}

func nodes(schema *ast.Schema, exceptions map[string]string) []finding {
	var found []finding
	for _, d := range definitions(schema) {
		id := d.Fields.ForName("id")
		if d.Kind != ast.Object || id == nil {
			continue
		}
		switch isNode := slices.Contains(d.Interfaces, "Node"); {
		case id.Type.String() != "ID!":
			found = append(found, wholeFinding(d, "has an id that is no ID! but "+id.Type.String()))
		case isNode && exceptions[d.Name] != "":
			found = append(found, wholeFinding(d, "is a Node by now: it is no exception any more"))
		case !isNode && exceptions[d.Name] == "":
			found = append(found, wholeFinding(d, "has an id and is no Node"))
		}
	}
	return found
}

func idempotency(schema *ast.Schema) []finding {
	if schema.Mutation == nil {
		return nil
	}
	var found []finding
	for _, f := range schema.Mutation.Fields {
		for _, a := range f.Arguments {
			input := schema.Types[a.Type.Name()]
			if key := input.Fields.ForName("idempotencyKey"); key == nil || key.Type.String() != "String" {
				found = append(found, wholeFinding(input, "has no `idempotencyKey: String`"))
			}
		}
	}
	return found
}
