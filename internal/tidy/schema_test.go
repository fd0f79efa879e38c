package tidy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// element is one thing of the schema that has a name and a description.
type element struct {
	kind        string // "type", "field", "argument", "enum value", …
	owner       string // the type or directive that it belongs to, or itself
	path        string // for example Queue.members(first)
	name        string
	description string
	about       string               // of fields: the description of the type
	of          *ast.Type            // of fields and arguments
	field       *ast.FieldDefinition // of fields
	directives  ast.DirectiveList
	position    *ast.Position
}

func (e element) finding(what string) finding {
	where := e.path
	if e.position != nil && e.position.Src != nil {
		where = fmt.Sprintf("%s:%d", e.position.Src.Name, e.position.Line)
	}
	return finding{where, e.kind + " " + e.path + " " + what}
}

func readSchema(t *testing.T) *ast.Schema {
	t.Helper()
	r := openRepository(t)
	var sources []*ast.Source
	for _, p := range r.paths {
		if path.Dir(p) == "schema" && path.Ext(p) == ".graphqls" {
			sources = append(sources, &ast.Source{Name: p, Input: string(r.read(t, p))})
		}
	}
	return parseSchema(t, sources...)
}

func parseSchema(t *testing.T, sources ...*ast.Source) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatalf("the schema is not valid: %v", err)
	}
	if len(elementsOf(schema)) == 0 {
		t.Fatal("the schema is empty")
	}
	return schema
}

// elementsOf lists everything that the schema defines itself, in the order of the files.
func elementsOf(schema *ast.Schema) []element {
	var all []element
	arguments := func(owner, of string, list ast.ArgumentDefinitionList) {
		for _, a := range list {
			all = append(all, element{"argument", owner, of + "(" + a.Name + ")", a.Name, a.Description, "", a.Type, nil, a.Directives, a.Position})
		}
	}
	for _, d := range schema.Types {
		if d.BuiltIn {
			continue
		}
		kind := strings.ToLower(strings.ReplaceAll(string(d.Kind), "_", " "))
		all = append(all, element{kind, d.Name, d.Name, d.Name, d.Description, "", nil, nil, d.Directives, d.Position})
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			p := d.Name + "." + f.Name
			all = append(all, element{"field", d.Name, p, f.Name, f.Description, d.Description, f.Type, f, f.Directives, f.Position})
			arguments(d.Name, p, f.Arguments)
		}
		for _, v := range d.EnumValues {
			p := d.Name + "." + v.Name
			all = append(all, element{"enum value", d.Name, p, v.Name, v.Description, "", nil, nil, v.Directives, v.Position})
		}
	}
	for _, d := range schema.Directives {
		if d.Position == nil || d.Position.Src == nil || d.Position.Src.BuiltIn {
			continue
		}
		all = append(all, element{"directive", "@" + d.Name, "@" + d.Name, d.Name, d.Description, "", nil, nil, nil, d.Position})
		arguments("@"+d.Name, "@"+d.Name, d.Arguments)
	}
	slices.SortFunc(all, func(a, b element) int { // Types and directives come as maps.
		if c := strings.Compare(a.position.Src.Name, b.position.Src.Name); c != 0 {
			return c
		}
		return a.position.Start - b.position.Start
	})
	return all
}

// schemaRule finds what is wrong with one element.
type schemaRule func(e element) (problems []string)

func checkSchema(schema *ast.Schema, rule schemaRule) []finding {
	var found []finding
	for _, e := range elementsOf(schema) {
		for _, problem := range rule(e) {
			found = append(found, e.finding(problem))
		}
	}
	return found
}

func TestSchemaIsDescribed(t *testing.T) {
	report(t, "write the sentence that someone needs who knows nothing but this schema, and end it with a full stop.",
		checkSchema(readSchema(t), described))
}

func TestSchemaSpeaksNoStorage(t *testing.T) {
	report(t, "say what it means to a client. How it is stored must be free to change.",
		checkSchema(readSchema(t), speaksNoStorage))
}

func TestSchemaNamesTimes(t *testing.T) {
	report(t, "a field that ends in At is a DateTime; a number that is a length of time is in seconds, an Int, and ends in "+
		"Seconds.",
		checkSchema(readSchema(t), namesTimes))
}

func TestSchemaMutations(t *testing.T) {
	report(t, "doThing(input: DoThingInput!): DoThingPayload!, nothing else.",
		checkSchema(readSchema(t), mutationShape))
}

func TestSchemaConnections(t *testing.T) {
	report(t, "give it `first: Int! = 25`, described with its range, 1 to 100, and `after: String`.",
		checkSchema(readSchema(t), connectionShape))
}

func TestSchemaEnumValues(t *testing.T) {
	report(t, "write enum values in UPPER_SNAKE.", checkSchema(readSchema(t), enumNames))
}

func described(e element) []string {
	text := strings.TrimSpace(e.description)
	if text == "" {
		return []string{"has no description"}
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, "`)\"'”’"))
	if !strings.ContainsRune(".!?…", last) {
		return []string{"has a description that does not end with a full stop: " + strconv.Quote(text)}
	}
	return nil
}

// Rows of the matrix of preferred agents are fine; ids of rows and everything else of databases are not.
var (
	storageWords = regexp.MustCompile(`(?i)\b(tables?|columns?|row[ -]?ids?|\w*sql\w*|gorm|galera|blobs?|varchar|upsert\w*|` +
		`databases?|primary keys?|foreign keys?|jsonb?|auto[ -]?increment)\b`)
	storageNames = []string{"table", "column", "rowId", "sql", "gorm", "blob", "json", "foreignKey", "primaryKey", "database"}
)

func speaksNoStorage(e element) []string {
	var problems []string
	if word := storageWords.FindString(e.description); word != "" {
		problems = append(problems, "speaks of storage: "+word)
	}
	name := "_" + strings.Join(words(e.name), "_") + "_"
	for _, storage := range storageNames {
		if strings.Contains(name, "_"+strings.Join(words(storage), "_")+"_") {
			problems = append(problems, "is named after storage: "+storage)
		}
	}
	return problems
}

// words takes a name apart, whether camelCase or UPPER_SNAKE, into lower case.
func words(name string) []string {
	var list []string
	for part := range strings.SplitSeq(name, "_") {
		start := 0
		for i, r := range part {
			if i > start && unicode.IsUpper(r) && unicode.IsLower(rune(part[i-1])) {
				list = append(list, strings.ToLower(part[start:i]))
				start = i
			}
		}
		list = append(list, strings.ToLower(part[start:]))
	}
	return list
}

const unitsOfTime = `(milliseconds|seconds|minutes|hours|days)`

var (
	durationText = regexp.MustCompile(`(?i)\b(how many ` + unitsOfTime + `|number of ` + unitsOfTime + `|how long|in ` +
		unitsOfTime + `|\d+ to \d+ ` + unitsOfTime + `)\b`)
	durationWords = strings.Fields("duration timeout delay interval ttl period grace countdown wait age lifetime " +
		"ms millis milliseconds secs minutes hours days")
)

func namesTimes(e element) []string {
	if e.of == nil {
		return nil
	}
	parts := words(e.name)
	last := parts[len(parts)-1]
	switch of := e.of.Name(); {
	case last == "at" && e.of.NamedType != "DateTime":
		return []string{"ends in At and is no DateTime but " + e.of.String()}
	case last == "seconds" && e.of.NamedType != "Int":
		return []string{"ends in Seconds and is no Int but " + e.of.String()}
	case of != "Int" && of != "Float", last == "seconds":
		return nil
	case slices.Contains(durationWords, last), durationText.MatchString(e.description):
		return []string{"is a length of time and does not end in Seconds"}
	}
	return nil
}

func mutationShape(e element) []string {
	if e.owner != "Mutation" || e.field == nil {
		return nil
	}
	capital := strings.ToUpper(e.name[:1]) + e.name[1:]
	var problems []string
	arguments := e.field.Arguments
	if len(arguments) != 1 || arguments[0].Name != "input" || arguments[0].Type.String() != capital+"Input!" {
		problems = append(problems, "does not take exactly `input: "+capital+"Input!`")
	}
	if e.of.String() != capital+"Payload!" {
		problems = append(problems, "returns "+e.of.String()+" instead of "+capital+"Payload!")
	}
	return problems
}

const maxPage = 100

func connectionShape(e element) []string {
	if e.field == nil || !strings.HasSuffix(e.of.Name(), "Connection") {
		return nil
	}
	var problems []string
	first := e.field.Arguments.ForName("first")
	switch {
	case first == nil || first.Type.Name() != "Int" || first.DefaultValue == nil:
		problems = append(problems, "has no argument `first` with a number as its default")
	default:
		n, err := strconv.Atoi(first.DefaultValue.Raw)
		if err != nil || n < 1 || n > maxPage {
			problems = append(problems, "has "+first.DefaultValue.Raw+" as the default of `first`, not 1 to 100")
		}
		if limit := fmt.Sprintf("1 to %d", maxPage); !strings.Contains(first.Description, limit) {
			problems = append(problems, "does not say that `first` is "+limit)
		}
	}
	if after := e.field.Arguments.ForName("after"); after == nil || after.Type.String() != "String" {
		problems = append(problems, "has no argument `after: String`")
	}
	return problems
}

var upperSnake = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

func enumNames(e element) []string {
	if e.kind == "enum value" && !upperSnake.MatchString(e.name) {
		return []string{"is not UPPER_SNAKE"}
	}
	return nil
}
