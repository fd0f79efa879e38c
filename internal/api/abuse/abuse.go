// Package abuse has documents that cost a server without limits far more than they cost their sender: what the limits of internal/api are
// for, in one table. Each is refused before it is run, all but the last few before it is validated.
package abuse

import (
	"fmt"
	"strings"
)

// Document is one of them.
type Document struct {
	Name      string
	Query     string
	Variables map[string]any
	// Limit is what refuses it: `extensions.limit`, or the code of an error that has none.
	Limit string
}

// Documents are all of them.
func Documents() []Document {
	all := append(shapes(), fragments()...)
	all = append(all, words()...)
	return append(all, inputs()...)
}

const agent = `"ag_01900000-0000-7000-8000-000000000001"`

// times writes what f gives for 0 to n-1, one after the other.
func times(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
		b.WriteByte(' ')
	}
	return b.String()
}

func again(text string) func(int) string { return func(int) string { return text } }

// shapes abuse the selection sets of one operation.
func shapes() []Document {
	return []Document{
		{Name: "deeper and deeper", Limit: "nesting", Query: strings.Repeat("{a", 900) + strings.Repeat("}", 900)},
		{Name: "queues of agents of queues", Limit: "depth",
			Query: "{ agent(id: " + agent + ") " + strings.Repeat("{ queues { members { nodes ", 12) + "{ id }" + strings.Repeat("} } }", 12) + " }"},
		{Name: "one field under hundreds of aliases", Limit: "aliases",
			Query: "{ organization { " + times(600, func(i int) string { return fmt.Sprintf("a%d: id", i) }) + "} }"},
		{Name: "hundreds of root fields", Limit: "root-fields", Query: "{ " + times(480, again("organization { id }")) + "}"},
		{Name: "one field hundreds of times", Limit: "repeats", Query: "{ organization { " + times(1900, again("id")) + "} }"},
		{Name: "each field with each other, level by level", Limit: "repeats",
			Query: "{ agent(id: " + agent + ") { " + times(12, again("queues { "+times(12, again("members { nodes { id } }"))+"}")) + "} }"},
		{Name: "inline fragments for every field", Limit: "repeats", Query: "{ organization { " + times(390, again("... { id }")) + "} }"},
		{Name: "the directives of one field", Limit: "directives-at-once", Query: "{ organization " + times(240, again("@skip(if: false)")) + "{ id } }"},
		{Name: "directives at every field", Limit: "directives", Query: "{ organization { " + times(60, func(i int) string { return fmt.Sprintf("a%d: id @skip(if: false) @include(if: true)", i%49) }) + "} }"},
		{Name: "hundreds of operations", Limit: "operations",
			Query: times(240, func(i int) string { return fmt.Sprintf("query q%d { organization { id } }", i) })},
		{Name: "types of fields of types of fields", Limit: "introspection-lists",
			Query: "{ __schema { types " + strings.Repeat("{ fields { type ", 6) + "{ name }" + strings.Repeat("} }", 6) + " } }"},
		{Name: "the whole schema many times", Limit: "introspection-fields",
			Query: "{ " + times(30, func(i int) string {
				return fmt.Sprintf("s%d: __schema { types { fields { args { name description } } } }", i)
			}) + "}"},
		{Name: "every type's fields many times", Limit: "introspection-aliases",
			Query: "{ __schema { types { " + times(30, func(i int) string { return fmt.Sprintf("f%d: fields { name args { name type { name } } }", i) }) + "} } }"},
		{Name: "pages of pages", Limit: "COMPLEXITY_LIMIT_EXCEEDED",
			Query: "{ queues(first: 100) { nodes { members(first: 100) { nodes { assignments(first: 100) { nodes { id } } } } } } }"},
		{Name: "queues of pages of agents of queues", Limit: "COMPLEXITY_LIMIT_EXCEEDED",
			Query: "{ queues(first: 100) { nodes " + strings.Repeat("{ members(first: 100) { nodes { queues ", 4) + "{ id }" + strings.Repeat("} } }", 4) + " } }"},
	}
}

// fragments abuse that a fragment is written once and spread often.
func fragments() []Document {
	doubling := "{ organization { ...f0 } } " + times(40, func(i int) string {
		return fmt.Sprintf("fragment f%d on Organization { ...f%d ...f%d }", i, i+1, i+1)
	}) + "fragment f40 on Organization { id }"
	everyOther := "{ organization { ...f0 } } " + times(28, func(i int) string {
		return fmt.Sprintf("fragment f%d on Organization { %s}", i, times(28, func(j int) string { return fmt.Sprintf("...f%d", j) }))
	})
	chain := "{ organization { ...f0 } } " + times(55, func(i int) string {
		return fmt.Sprintf("fragment f%d on Organization { id n%d: id updatedAt version ...f%d }", i, i%9, i+1)
	}) + "fragment f55 on Organization { id }"
	aliased := "{ ...f0 } " + times(3, func(i int) string {
		return fmt.Sprintf("fragment f%d on Query { %s} ", i, times(9, func(j int) string { return fmt.Sprintf("a%d_%d: organization { id } ...f%d", i, j, i+1) }))
	}) + "fragment f3 on Query { z: organization { id } }"
	return []Document{
		{Name: "fragments that double", Limit: "repeats", Query: doubling},
		{Name: "fragments that each spread every other", Limit: "fields", Query: everyOther},
		{Name: "a long chain of fragments", Limit: "repeats", Query: chain},
		{Name: "hundreds of fragments", Limit: "fragments",
			Query: "{ organization { id } } " + times(230, func(i int) string { return fmt.Sprintf("fragment f%d on Organization { id }", i) })},
		{Name: "aliases that fragments multiply", Limit: "root-fields", Query: aliased},
		{Name: "one fragment hundreds of times", Limit: "repeats",
			Query: "{ organization { " + times(800, again("...f")) + "} } fragment f on Organization { id version updatedAt }"},
		{Name: "deep by fragments", Limit: "depth", Query: "{ agent(id: " + agent + ") { ...f0 } } " + times(20, func(i int) string {
			return fmt.Sprintf("fragment f%d on Agent { queues { members { nodes { ...f%d } } } }", i, i+1)
		}) + "fragment f20 on Agent { id }"},
	}
}

// words abuse what names and strings cost, above all the search for names that were perhaps meant.
func words() []Document {
	long := strings.Repeat("organization", 5_000)
	return []Document{
		{Name: "an endless name", Limit: "name-bytes", Query: "{ " + long + " }"},
		{Name: "an endless string", Limit: "string-bytes", Query: `{ agent(id: "` + long + `") { id } }`},
		{Name: "an endless number", Limit: "number-bytes", Query: "{ queues(first: " + strings.Repeat("9", 60_000) + ") { nodes { id } } }"},
		{Name: "comments and nothing else", Limit: "tokens", Query: times(16_000, again("#\n")) + "{ organization { id } }"},
		{Name: "a document of spaces", Limit: "document-bytes", Query: strings.Repeat(" ", 200_000) + "{ organization { id } }"},
		{Name: "fields that there are not", Limit: "GRAPHQL_VALIDATION_FAILED",
			Query: "{ " + times(18, func(i int) string {
				return fmt.Sprintf("organisation%d { %s}", i, times(28, func(j int) string { return fmt.Sprintf("%s%d", long[:90], j) }))
			}) + "}"},
		{Name: "types that there are not", Limit: "GRAPHQL_VALIDATION_FAILED",
			Query: "{ organization { " + times(320, func(i int) string { return fmt.Sprintf("... on %s%d { x%d }", long[:90], i, i) }) + "} }"},
	}
}

// inputs abuse arguments and variables.
func inputs() []Document {
	const mutation = "mutation($in: AddQueueMembersInput!) { addQueueMembers(input: $in) { queue { id } } }"
	deep := any("x")
	for range 20 {
		deep = []any{map[string]any{"x": deep}}
	}
	wide := make([]any, 5_000)
	for i := range wide {
		wide[i] = i
	}
	return []Document{
		{Name: "an endless list", Limit: "values",
			Query: "mutation { addQueueMembers(input: {queueId: \"x\", agentIds: [" + times(1900, again("1")) + "]}) { queue { id } } }"},
		{Name: "lists within lists", Limit: "value-depth", Query: "{ agent(id: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + ") { id } }"},
		{Name: "objects within objects", Limit: "value-depth",
			Query: "mutation { addQueueMembers(input: " + strings.Repeat("{x:", 100) + "1" + strings.Repeat("}", 100) + ") { queue { id } } }"},
		{Name: "hundreds of variables", Limit: "variables",
			Query: "query(" + times(240, func(i int) string { return fmt.Sprintf("$v%d: Int", i) }) + ") { queues(" + times(240, func(i int) string { return fmt.Sprintf("a%d: $v%d", i, i) }) + ") { nodes { id } } }"},
		{Name: "a deep variable", Limit: "value-depth", Query: mutation, Variables: map[string]any{"in": deep}},
		{Name: "a far too wide variable", Limit: "json-values", Query: mutation, Variables: map[string]any{"in": map[string]any{"agentIds": append(wide, wide...)}}},
		{Name: "a wide variable", Limit: "variable-values", Query: mutation, Variables: map[string]any{"in": map[string]any{"agentIds": wide}}},
	}
}
