package tidy

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// schemaCases are small schemas, each with what one rule should find in it.
func schemaCases() []struct {
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
		{"nothing described", described, `
			type T { f(a: Int): Int }
			interface I { f: Int }
			enum E { A }
			input N { f: Int }
			scalar S
			union U = T
			directive @d(a: Int) on FIELD`,
			list{"object T has no", "field T.f has no", "argument T.f(a) has no", "interface I has", "field I.f has",
				"enum E has", "enum value E.A has", "input object N has", "field N.f has", "scalar S has", "union U has",
				"directive @d has", "argument @d(a) has"}},
		{"an extension's field", described, `"T." type T { "F." f: Int } extend type T { g: Int }`, list{"field T.g has no"}},
		{"only spaces", described, `"  " scalar S`, list{"has no description"}},
		{"no full stop", described, `"A scalar" scalar S`, list{"sample:1: scalar S has a description that does not end"}},
		{"a comma (in brackets)", described, `"It is (a," scalar S`, list{"does not end"}},
		{"good ends", described, `"Why?" scalar S "So (RT-1.)" scalar T "In code: ` + "`.`" + `" scalar U`, nil},

		{"table", speaksNoStorage, `"A row of the table." scalar S`, list{"scalar S speaks of storage: table"}},
		{"columns", speaksNoStorage, `"S." enum S { "The Columns." A }`, list{"speaks of storage: Columns"}},
		{"row id", speaksNoStorage, `"The row id." scalar S`, list{"speaks of storage: row id"}},
		{"MySQL", speaksNoStorage, `"As in MySQL." scalar S`, list{"speaks of storage: MySQL"}},
		{"gorm", speaksNoStorage, `"GORM's." scalar S`, list{"speaks of storage: GORM"}},
		{"JSON blob", speaksNoStorage, `"A JSON blob." scalar S`, list{"speaks of storage: JSON"}},
		{"names", speaksNoStorage, `type T { agentRowId: ID, theTable: ID } enum E { SQL_ERROR }`,
			list{"T.agentRowId is named after storage: rowId", "T.theTable is named", "E.SQL_ERROR is named"}},
		{"rows of the matrix", speaksNoStorage, `"A row; the stable, acceptable one." type T { rowIdea: ID, tables_: ID }`, nil},

		{"at", namesTimes, `type T { createdAt: String, at: Int }`, list{"T.createdAt ends in At", "T.at ends in At"}},
		{"at as argument", namesTimes, `input N { endsAt: Int } type T { f(fromAt: [Int]): Int }`,
			list{"N.endsAt ends in At", "T.f(fromAt) ends in At"}},
		{"durations by name", namesTimes, `type T { offerTimeout: Int!, holdMinutes: Int, f(wait: Int, graceMs: Float): ID }`,
			list{"T.offerTimeout is a length", "T.holdMinutes is", "T.f(wait) is", "T.f(graceMs) is"}},
		{"durations by description", namesTimes, `input N {
			"For how many seconds it stays." stay: Int
			"5 to 60 minutes." pause: Int
			"How long it rings." ringing: [Int!]
			"In milliseconds." speed: Int
		}`, list{"N.stay is a length", "N.pause is", "N.ringing is", "N.speed is"}},
		{"seconds that are no Int", namesTimes, `input N { waitSeconds: Float } type T { pauseSeconds: String, a(holdSeconds: [Int!]): Int }`,
			list{"N.waitSeconds ends in Seconds and is no Int but Float", "T.pauseSeconds ends in Seconds", "T.a(holdSeconds) ends in Seconds"}},
		{"times as they should be", namesTimes, `scalar DateTime type T {
			createdAt: DateTime!, format: Int, "5 to 60 seconds." offerSeconds: Int, wait: String, page: Int
			"How many calls came within the last 24 hours." calls: Int
		}`, nil},

		{"mutation", mutationShape, `input N { f: ID } input DoItInput { f: ID } type DoItPayload { f: ID } type Mutation {
			a(id: ID): ID
			doIt(input: DoItInput): DoItPayload
			done(input: DoItInput!, more: ID): DoItPayload!
			doIn(in: N!): ID!
		}`, list{"Mutation.a does not take exactly `input: AInput!`", "Mutation.a returns ID instead of APayload!",
			"Mutation.doIt does not take", "Mutation.doIt returns DoItPayload instead",
			"Mutation.done does not", "Mutation.done returns", "Mutation.doIn does", "Mutation.doIn returns"}},
		{"mutations as they should be", mutationShape, `input DoItInput { f: ID } type DoItPayload { f: ID }
			type Mutation type Query { a(id: ID): ID } extend type Mutation { doIt(input: DoItInput!): DoItPayload! }`, nil},

		{"connection", connectionShape, `type AConnection { f: ID } type T {
			a: AConnection!
			b(first: Int!, after: String): AConnection
			c("1 to 100." first: Int! = 25): AConnection
			d("1 to 100." first: Int! = 101, after: String): AConnection
			e("1 to 100." first: Int! = 25, after: Int): AConnection
			f("1 to 10." first: Int! = 5, after: String): AConnection
		}`, list{"T.a has no argument `first`", "T.a has no argument `after", "T.b has no argument `first`",
			"T.c has no argument `after", "T.d has 101 as the default", "T.e has no argument `after",
			"T.f does not say that `first` is 1 to 100"}},
		{"connections as they should be", connectionShape, `type AConnection { f: ID }
			type T { a("1 to 100." first: Int! = 25, after: String): AConnection!, b: ID }`, nil},

		{"enum", enumNames, `enum E { Open, IN_use, A__B, _A, A_ }`,
			list{"E.Open is not", "E.IN_use is", "E.A__B is", "E._A is", "E.A_ is"}},
		{"enum as it should be", enumNames, `enum E { OPEN, IN_USE, HTTP_2 } type T { open: ID }`, nil},
	}
}

func TestSchemaRulesFail(t *testing.T) {
	for _, c := range schemaCases() {
		t.Run(c.name, func(t *testing.T) {
			schema := parseSchema(t, &ast.Source{Name: "sample", Input: c.text})
			expect(t, checkSchema(schema, c.rule), c.want...)
		})
	}
}
