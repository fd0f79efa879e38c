package contactcentre

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a contact centre. It is strict about form: a field, column or second document that it does not know, a
// required field that is missing, a key without a value and a fraction are errors, which begin with file and line.
// What may be left out gets the default of the API. Whether ids exist and numbers are within the limits is not
// looked at here: the server knows that, and says so.
func Load(fsys fs.FS) (*Centre, error) {
	var c Centre
	var err error
	if c.Organization, err = loadOrganization(fsys); err != nil {
		return nil, err
	}
	queue := Queue{Priority: 100, AssignmentMethod: "HIGHEST_CAPACITY"}
	if c.Queues, err = loadList(fsys, QueuesFile, queue, "id", "name"); err != nil {
		return nil, err
	}
	if c.Agents, err = loadList(fsys, AgentsFile, Agent{}, "id", "name", "capacityUnits"); err != nil {
		return nil, err
	}
	workstream := Workstream{
		AllowedPresences: []string{"AVAILABLE"}, CapacityUnits: 1, Priority: 100,
		AcceptMode: "MANUAL", OfferSeconds: 120, DeclineLimit: 3,
	}
	if c.Workstreams, err = loadList(fsys, WorkstreamsFile, workstream, "id", "name", "channel", "queue"); err != nil {
		return nil, err
	}
	if c.Contacts, err = loadTable(fsys, ContactsFile, ContactColumns, readContact); err != nil {
		return nil, err
	}
	if c.Matrix, err = loadTable(fsys, MatrixFile, MatrixColumns, readMatrixRow); err != nil {
		return nil, err
	}
	return &c, nil
}

func loadOrganization(fsys fs.FS) (Organization, error) {
	org := Organization{ReconnectSeconds: 10}
	body, err := parseYAML(fsys, OrganizationFile)
	if err != nil || body == nil {
		return org, err
	}
	return org, decode(OrganizationFile, body, &org)
}

// loadList reads a file that is a list of objects of one kind. Each starts out as defaults.
func loadList[T any](fsys fs.FS, file string, defaults T, required ...string) ([]T, error) {
	body, err := parseYAML(fsys, file)
	if err != nil || body == nil {
		return nil, err
	}
	list, ok := body.(*ast.SequenceNode)
	if !ok {
		return nil, errorAt(file, body, "a list is expected: entries that begin with -")
	}
	all := make([]T, 0, len(list.Values))
	for _, node := range list.Values {
		entry, ok := node.(*ast.MappingNode)
		if !ok {
			return nil, errorAt(file, node, "lines of the form key: value are expected")
		}
		for _, key := range required {
			if !hasKey(entry, key) {
				return nil, errorAt(file, entry.Values[0].Key, key+" is missing")
			}
		}
		one := defaults
		if err := decode(file, entry, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func hasKey(node *ast.MappingNode, key string) bool {
	return slices.ContainsFunc(node.Values, func(v *ast.MappingValueNode) bool { return v.Key.String() == key })
}

// parseYAML gives the root of a file's only document; nil when the file holds nothing but comments.
func parseYAML(fsys fs.FS, file string) (ast.Node, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, withLine(file, err)
	}
	if len(parsed.Docs) > 1 {
		return nil, fmt.Errorf("%s:%d: only one document is expected", file, parsed.Docs[1].Start.Position.Line)
	}
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		return nil, nil
	}
	check := &plainValues{file: file}
	ast.Walk(check, parsed.Docs[0].Body)
	return parsed.Docs[0].Body, check.err
}

// plainValues refuses what the decoder would take in silence as something else: a key without a value as zero, and
// a fraction as the whole number below it.
type plainValues struct {
	file string
	err  error
}

func (p *plainValues) Visit(node ast.Node) ast.Visitor {
	if p.err != nil {
		return nil
	}
	switch node.(type) {
	case *ast.NullNode:
		p.err = errorAt(p.file, node, "a value is missing; to leave a field unset, leave out its line")
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		p.err = errorAt(p.file, node, "a whole number is expected")
	}
	return p
}

func decode(file string, node ast.Node, into any) error {
	if err := yaml.NodeToValue(node, into, yaml.Strict()); err != nil {
		return withLine(file, err)
	}
	return nil
}

func errorAt(file string, node ast.Node, message string) error {
	return fmt.Errorf("%s:%d: %s", file, node.GetToken().Position.Line, message)
}

// withLine shortens an error of the YAML library, which quotes the lines around it, to one line.
func withLine(file string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", file, at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", file, err)
}

// The columns of the tables, which are also their first lines.
var (
	ContactColumns = []string{"id", "fullName", "email", "mobilePhone"}
	MatrixColumns  = []string{"contact", "agent1", "agent2", "agent3"}
)

// byteOrderMark is what spreadsheet programs write in front of UTF-8 text.
var byteOrderMark = []byte("\uFEFF")

// loadTable reads a CSV file with a header; read makes one entry of a record.
func loadTable[T any](fsys fs.FS, file string, columns []string, read func([]string) (T, error)) ([]T, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, byteOrderMark)))
	r.FieldsPerRecord = len(columns)
	var all []T
	for n := 0; ; n++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) && n > 0 {
			return all, nil
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			return nil, fmt.Errorf("%s:%d: %w", file, parse.Line, parse.Err)
		}
		if n == 0 {
			if !slices.Equal(record, columns) {
				return nil, fmt.Errorf("%s:1: the columns are not %q", file, columns)
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		one, err := read(record)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		all = append(all, one)
	}
}

func readContact(record []string) (Contact, error) {
	c := Contact{ID: record[0], FullName: record[1], Email: record[2], MobilePhone: record[3]}
	if c.ID == "" || c.FullName == "" {
		return c, errors.New("id or fullName is missing")
	}
	return c, nil
}

func readMatrixRow(record []string) (MatrixRow, error) {
	row := MatrixRow{Contact: record[0], Agents: record[1:]}
	if n := slices.Index(row.Agents, ""); n >= 0 {
		if slices.ContainsFunc(row.Agents[n:], func(id string) bool { return id != "" }) {
			return row, fmt.Errorf("agent%d is missing", n+1)
		}
		row.Agents = row.Agents[:n]
	}
	if row.Contact == "" || len(row.Agents) == 0 {
		return row, errors.New("contact or agent1 is missing")
	}
	return row, nil
}
