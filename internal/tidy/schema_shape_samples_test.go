package tidy

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// shapeCases are small schemas, each with what one rule about elements should find in it.
func shapeCases() []struct {
	name string
	rule schemaRule
	text string
	want []string
} {
	type list = []string
	return []struct {
		name string
		rule schemaRule
		text string
		want []string
	}{
		{"names of types", namesThings, `type offer { f: ID } type OfferType { f: ID } enum StateEnum { A } interface I_face { f: ID }
			interface NodeInterface { f: ID } union AnyUnion = offer scalar date`,
			list{"offer is not PascalCase", "OfferType has its kind", "StateEnum has its kind", "I_face is not Pascal",
				"NodeInterface has its kind", "AnyUnion has its kind", "date is not PascalCase"}},
		{"names of inputs", namesThings, `input New { f: ID } type GivenInput { f: ID } type UsedFilter { f: ID } input Input { f: ID }`,
			list{"New must end in Input", "GivenInput must", "UsedFilter must", "Input must"}},
		{"names of members", namesThings, `directive @Said on FIELD type T { Name: ID, my_name: ID, f(Arg: ID): ID } input NewInput { A: ID }`,
			list{"directive @Said is not camel", "T.Name is not camelCase", "T.my_name is", "T.f(Arg) is", "NewInput.A is"}},
		{"names of roots", namesThings, `type Query { getThing: ID, listThings: ID, settings: ID } type Mutation { create: ID }`,
			list{"Query.getThing begins with get", "Query.listThings begins", "Mutation.create is not a verb and a noun"}},
		{"a type's name again", namesThings, `type Offer { offerState: ID } type WorkItem { workItemStatus: ID }`,
			list{"Offer.offerState repeats", "WorkItem.workItemStatus repeats"}},
		{"names as they should be", namesThings, `type Offer { offeredAt: ID, a1: ID } enum MessageType { A } input NewInput { f: ID }
			input WorkItemFilter { workItem: ID } type Query { offer: ID, gettysburg: ID } type Mutation { createOffer: ID } directive @said on FIELD`, nil},

		{"ids", namesIDs, `type T { id: Int!, agentId: String, queueIds: ID, agentIds: [String!], listId: [ID!], f(itemId: Int): Int, owner: ID }`,
			list{"T.id is an id and no ID but Int!", "T.agentId is an id and no ID", "T.queueIds is a list of ids and no [ID!]", "T.agentIds is a list",
				"T.listId is an id", "T.f(itemId) is an id", "T.owner is an ID and not called so"}},
		{"ids as they should be", namesIDs, `type T { id: ID!, agentId: ID, queueIds: [ID!]!, paid: Int, identity: String, rapids: Int }`, nil},

		{"silent nulls", saysWhenNull, `type T { "A number." a: Int "It is nullified." b: Boolean }`,
			list{"T.a may be null and does not say when", "T.b may be null"}},
		{"nulls in lists", saysWhenNull, `type T { "Null is none." a: [Int]!, b: [[Int!]]!, c(d: [Int]): Int! } input NInput { a: [Int]! }`,
			list{"T.a is a list in which there may be nulls: [Int]!", "T.b is a list", "T.c(d) is", "NInput.a is"}},
		{"three values", saysWhenNull, `input NInput { "Whether." a: Boolean } type T { a("Whether." b: Boolean): Int! }`,
			list{"NInput.a has three values", "T.a(b) has three values"}},
		{"nulls as they should be", saysWhenNull, `type T { "Null at first." a: Int, b: Int!, c: [[Int!]!]! }
			"Null means: not set." type U { a: Int } "Left out, it stays." input NInput { a: Boolean "In words." b: String "Unless set, no." c: Boolean }`, nil},

		{"deprecations", deprecations, "type T { a: Int @deprecated b: Int @deprecated(reason: \"\") c: Int @deprecated(reason: \"Use `a`\") " +
			"d: Int @deprecated(reason: \"Use a.\") e(f: Int @deprecated(reason: \"Old.\")): Int } enum E { A @deprecated } " +
			"input N { a: Int @deprecated(reason: \"It is old.\") }",
			list{"T.a is deprecated without", "T.b is", "T.c is", "T.d is", "T.e(f) is", "E.A is", "N.a is"}},
		{"deprecations as they should be", deprecations, "type T { a: Int @deprecated(reason: \"Use `b`, which is exact.\") " +
			"b: Int c: Int @deprecated(reason: \"It was never filled. Nothing replaces it.\") }", nil},
	}
}

func TestSchemaShapeRulesFail(t *testing.T) {
	for _, c := range shapeCases() {
		t.Run(c.name, func(t *testing.T) {
			expect(t, checkSchema(parseSchema(t, &ast.Source{Name: "sample", Input: c.text}), c.rule), c.want...)
		})
	}
}

// wholeCases are small schemas, each with what one rule about schemas should find in it.
func wholeCases() []struct {
	name string
	rule wholeRule
	text string
	want []string
} {
	type list = []string
	exceptNodes := func(schema *ast.Schema) []finding { return nodes(schema, map[string]string{"Exempt": "because"}) }
	return []struct {
		name string
		rule wholeRule
		text string
		want []string
	}{
		{"unused", unusedTypes, `type Query { a: Used } type Used { f: Int } type Circle { c: Circle } enum Lonely { A }
			input UnusedInput { f: Deep } enum Deep { A } interface Nobody { f: Int } scalar S`,
			list{"object Circle is used by nothing", "enum Deep is", "enum Lonely is", "interface Nobody is", "scalar S is", "input object UnusedInput is"}},
		{"all used", unusedTypes, `type Query { a(b: InInput, c: [E!]): N, u: U } interface N { f: Int } type Behind implements N & M { f: Int }
			interface M { f: Int } union U = X type X { s: S! } scalar S input InInput { d: Deep } enum Deep { A } enum E { A } enum By { A }
			directive @said(by: By) on FIELD_DEFINITION type Subscription { t: T } type T { f: Int } type Mutation { v: V } type V { f: Int }`, nil},

		{"connections", connectionTypes, `type A { f: Int } type AConnection { edges: [AEdge]!, nodes: [Int!]!, pageInfo: PageInfo }
			type AEdge { cursor: ID!, node: A } type PageInfo { f: Int } type BConnection { totalCount: Int }`,
			list{"AConnection has no field `edges: [AEdge!]!`", "AConnection has no field `nodes", "AConnection has no field `pageInfo",
				"AEdge has no field `cursor: String!`", "AEdge has no field `node: A!`",
				"BConnection has no field `edges", "BConnection has no field `nodes", "BConnection has no field `pageInfo"}},
		{"connections as they should be", connectionTypes, `type A { f: Int } type AConnection { edges: [AEdge!]!, nodes: [A!]!, pageInfo: PageInfo!, all: Int! }
			type AEdge { cursor: String!, node: A! } type PageInfo { f: Int }`, nil},

		{"nodes", exceptNodes, `interface Node { id: ID! } type A { id: ID! } type B { id: Int! } type Exempt implements Node { id: ID! }`,
			list{"object A has an id and is no Node", "object B has an id that is no ID! but Int!", "object Exempt is a Node by now"}},
		{"nodes as they should be", exceptNodes, `interface Node { id: ID! } type A implements Node { id: ID! } type B { agentId: ID! }
			type Exempt { id: ID! } input NewInput { id: ID }`, nil},

		{"mutations that can't be repeated", idempotency, `type Mutation { a(input: AInput!): Int b(input: BInput!): Int }
			input AInput { f: Int } input BInput { idempotencyKey: ID }`,
			list{"AInput has no `idempotencyKey: String`", "BInput has no"}},
		{"mutations as they should be", idempotency, `type Mutation { a(input: AInput!): Int } input AInput { idempotencyKey: String }`, nil},
		{"no mutations", idempotency, `type Query { a: Int }`, nil},

		{"unbounded lists", boundsLists, `type T { "The parts." a: [U!]! f("Some." b: [Int!]): Int } type U { f: Int } input NewInput { "Ids." ids: [ID!]! }`,
			list{"T.a is a list and does not say", "T.f(b) is", "NewInput.ids is"}},
		{"lists as they should be", boundsLists, `type T { "At most 3." a: [Int!]! "1 to 3." b: [Int!]! "The days." c: [Day!]! "Of note." d: [Warning!]!
			"One for each day." e: [Int!]! } enum Day { MONDAY } type Warning { f: Int } type TConnection { "All." nodes: [T!]! }`, nil},
	}
}

func TestSchemaWholeRulesFail(t *testing.T) {
	for _, c := range wholeCases() {
		t.Run(c.name, func(t *testing.T) {
			expect(t, c.rule(parseSchema(t, &ast.Source{Name: "sample", Input: c.text})), c.want...)
		})
	}
}
