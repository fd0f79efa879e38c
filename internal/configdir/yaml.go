package configdir

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The YAML of the files is plain: lists and maps of texts, whole numbers and booleans. Anchors, tags and whatever else YAML can do are
// refused, because what a person can't see at a glance should not configure a contact centre. The library's own decoder is not used: it
// stops at the first mistake, and takes a key without a value as zero.

// parseYAML gives the root of a file's only document; nil when the file holds nothing but comments, or is wrong.
func parseYAML(file string, data []byte, problems *Problems) ast.Node {
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil { // without the lines around it, which the library quotes
			problems.add(file, at.GetToken().Position.Line, "%s", oneLine(at.GetMessage()))
		} else {
			problems.add(file, 0, "%s", oneLine(err.Error()))
		}
		return nil
	}
	if len(parsed.Docs) > 1 {
		problems.add(file, parsed.Docs[1].Start.Position.Line, "only one document is expected")
	}
	if len(parsed.Docs) == 0 {
		return nil
	}
	return parsed.Docs[0].Body
}

func lineOf(node ast.Node) int { return node.GetToken().Position.Line }

// entry is a map of a file: its keys with their values.
type entry struct {
	file     string
	line     int // of its first key
	values   map[string]ast.Node
	lines    map[string]int
	problems *Problems
}

// entries gives the maps of which a file's list consists.
func entries(file string, root ast.Node, problems *Problems, known ...string) []entry {
	list, ok := root.(*ast.SequenceNode)
	if !ok {
		problems.add(file, lineOf(root), "a list is expected: entries that begin with -")
		return nil
	}
	var all []entry
	for _, node := range list.Values {
		if e, ok := newEntry(file, node, problems, known...); ok {
			all = append(all, e)
		}
	}
	return all
}

// newEntry reads a map. A key that is not known, or comes twice, is a problem.
func newEntry(file string, node ast.Node, problems *Problems, known ...string) (entry, bool) {
	e := entry{file: file, values: map[string]ast.Node{}, lines: map[string]int{}, problems: problems}
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		problems.add(file, lineOf(node), "lines of the form key: value are expected")
		return e, false
	}
	e.line = lineOf(node)
	for i, pair := range pairs {
		key, line := pair.Key.String(), lineOf(pair.Key)
		if i == 0 {
			e.line = line
		}
		switch {
		case !slices.Contains(known, key):
			problems.add(file, line, "there is no %q here, only %s", key, strings.Join(known, ", "))
		case e.values[key] != nil:
			problems.add(file, line, "%s is given twice", key)
		default:
			e.values[key], e.lines[key] = pair.Value, line
		}
	}
	return e, true
}

// lineFor is where a key stands, or the entry when it doesn't have it.
func (e entry) lineFor(key string) int {
	if line, ok := e.lines[key]; ok {
		return line
	}
	return e.line
}

func (e entry) problem(key, format string, args ...any) {
	e.problems.add(e.file, e.lineFor(key), key+": "+format, args...)
}

// value gives what a key has; nil, with a problem, for a key without a value.
func (e entry) value(key string) ast.Node {
	node := e.values[key]
	if _, null := node.(*ast.NullNode); null {
		e.problem(key, "a value is missing; to leave it unset, leave out the line")
		return nil
	}
	return node
}

// require tells of the keys that are missing.
func (e entry) require(keys ...string) {
	for _, key := range keys {
		if e.values[key] == nil {
			e.problems.add(e.file, e.line, "%s is missing", key)
		}
	}
}

// text reads a text into what has the default.
func (e entry) text(key string, into *string) {
	if node := e.value(key); node != nil {
		if s, ok := scalar(node); ok {
			*into = s
		} else {
			e.problem(key, "a text is expected; in quotes, if it looks like a number or the like")
		}
	}
}

func scalar(node ast.Node) (string, bool) {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value, true
	}
	return "", false
}

// name reads a text as the server takes names: without white space around it.
func (e entry) name(key string, into *string) {
	before := len(*e.problems)
	e.text(key, into)
	if _, given := e.values[key]; given && len(*e.problems) == before {
		*into = strings.TrimSpace(*into)
		if what := badName(*into); what != "" {
			e.problem(key, "%s", what)
		}
	}
}

// number reads a whole number within limits.
func (e entry) number(key string, into *int, least, most int) {
	node := e.value(key)
	if node == nil {
		return
	}
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		e.problem(key, "a whole number is expected")
		return
	}
	value, ok := whole(n.Value)
	if !ok || value < least || value > most {
		e.problem(key, "must be from %d to %d", least, most)
		return
	}
	*into = value
}

// whole is a number of the library as an int.
func whole(value any) (int, bool) {
	switch v := value.(type) {
	case int64:
		return int(v), int64(int(v)) == v
	case uint64:
		return int(v), v <= uint64(1<<31)
	}
	return 0, false
}

// optionalNumber is number for what need not be set; nil when it is not.
func (e entry) optionalNumber(key string, least, most int) *int {
	if e.values[key] == nil {
		return nil
	}
	n := least - 1
	if e.number(key, &n, least, most); n < least {
		return nil // it is told of
	}
	return &n
}

// flag is boolean for what has a default.
func (e entry) flag(key string, into *bool) {
	if b := e.boolean(key); b != nil {
		*into = *b
	}
}

func (e entry) boolean(key string) *bool {
	node := e.value(key)
	if node == nil {
		return nil
	}
	b, ok := node.(*ast.BoolNode)
	if !ok {
		e.problem(key, "true or false is expected")
		return nil
	}
	return &b.Value
}

// oneOf reads one of some words.
func (e entry) oneOf(key string, into *string, words []string) {
	node := e.value(key)
	if node == nil {
		return
	}
	word, ok := scalar(node)
	if !ok || !slices.Contains(words, word) {
		e.problem(key, "must be one of %s", strings.Join(words, ", "))
		return
	}
	*into = word
}

// located is a text with its line.
type located struct {
	text string
	line int
}

// texts reads a list of texts; false when there is none.
func (e entry) texts(key string) ([]located, bool) {
	node := e.value(key)
	if node == nil {
		return nil, false
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		e.problem(key, "a list is expected")
		return nil, false
	}
	all := make([]located, 0, len(list.Values))
	for _, one := range list.Values {
		text, ok := scalar(one)
		if !ok {
			e.problems.add(e.file, lineOf(one), "%s: a list of texts is expected", key)
			continue
		}
		all = append(all, located{text, lineOf(one)})
	}
	return all, true
}

// children reads a list of maps within this one.
func (e entry) children(key string, known ...string) []entry {
	node := e.value(key)
	if node == nil {
		return nil
	}
	if _, ok := node.(*ast.SequenceNode); !ok {
		e.problem(key, "a list is expected")
		return nil
	}
	return entries(e.file, node, e.problems, known...)
}

// child reads a map within this one; false when there is none.
func (e entry) child(key string, known ...string) (entry, bool) {
	node := e.value(key)
	if node == nil {
		return entry{}, false
	}
	return newEntry(e.file, node, e.problems, known...)
}
