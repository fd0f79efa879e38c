package configdir

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// The columns of the tables, which are also their first lines.
var (
	contactColumns = []string{"id", "fullName", "email", "mobilePhone"}
	matrixColumns  = []string{"contact", "agent1", "agent2", "agent3"}
	policyColumns  = []string{"contact", "enabled", "whenUnavailable", "retryPreferred"}
)

// record is a line of a table.
type record struct {
	file  string
	line  int
	cells []string
}

// table reads a CSV file (RFC 4180) with a header; never nil. Cells are taken as they are: one that begins with = + - @ is text like any other.
func table[T any](l *loader, file string, data []byte, columns []string, read func(record) T) []T {
	all := []T{}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	for n := 0; ; n++ {
		cells, err := r.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return all
		case errors.As(err, &parse):
			l.problems.add(file, parse.Line, "%v", parse.Err)
			return all // where the next record begins is anybody's guess
		case n == 0 && !slices.Equal(cells, columns):
			l.problems.add(file, 1, "the first line is not %s", strings.Join(columns, ","))
			return all
		case n == 0:
			continue
		}
		line, _ := r.FieldPos(0)
		if len(cells) != len(columns) {
			l.problems.add(file, line, "%d cells, not %d", len(cells), len(columns))
			continue
		}
		all = append(all, read(record{file, line, cells}))
	}
}

func (l *loader) contact(r record) Contact {
	c := Contact{ID: r.cells[0], FullName: strings.TrimSpace(r.cells[1]), Email: r.cells[2], MobilePhone: r.cells[3]}
	l.own(r.file, r.line, contactPrefix, c.ID)
	check := func(column int, what string) {
		if what != "" {
			l.problems.add(r.file, r.line, "%s: %s", contactColumns[column], what)
		}
	}
	check(1, badName(c.FullName))
	if c.Email != "" {
		check(2, badEmail(c.Email))
	}
	check(3, badText(c.MobilePhone, maxPhone))
	return c
}

func (l *loader) row(r record) Row {
	row := Row{Contact: r.cells[0]}
	l.once(r, "a row")
	gap := ""
	for i, id := range r.cells[1:] {
		column := matrixColumns[i+1]
		switch {
		case id == "":
			if gap == "" {
				gap = column
			}
		case gap != "":
			l.problems.add(r.file, r.line, "%s is missing", gap)
			return row
		case slices.Contains(row.Agents, id):
			l.problems.add(r.file, r.line, "%s: %s is named twice", column, id)
		default:
			l.refer(r.file, r.line, column, agentPrefix, id)
			row.Agents = append(row.Agents, id)
		}
	}
	if len(row.Agents) == 0 {
		l.problems.add(r.file, r.line, "agent1 is missing")
	}
	return row
}

func (l *loader) contactPolicy(r record) ContactPolicy {
	p := ContactPolicy{Contact: r.cells[0]}
	l.once(r, "a policy")
	p.RoutingPolicy.Enabled = l.flag(r, 1)
	p.RoutingPolicy.RetryPreferred = l.flag(r, 3)
	if word := r.cells[2]; word != "" {
		p.RoutingPolicy.WhenUnavailable = &word
		if !slices.Contains(unavailables, word) {
			l.problems.add(r.file, r.line, "whenUnavailable: must be one of %s, or empty", strings.Join(unavailables, ", "))
		}
	}
	if !slices.ContainsFunc(r.cells[1:], func(cell string) bool { return cell != "" }) {
		l.problems.add(r.file, r.line, "sets nothing: leave out the line")
	}
	return p
}

// flag reads a cell that is true, false or empty, in whatever case: spreadsheet programs write TRUE.
func (l *loader) flag(r record, column int) *bool {
	switch strings.ToLower(r.cells[column]) {
	case "":
		return nil
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	l.problems.add(r.file, r.line, "%s: must be true, false or empty", policyColumns[column])
	return nil
}

// once reads the contact of a line, of whom the file may have one only.
func (l *loader) once(r record, what string) {
	id := r.cells[0]
	if !l.refer(r.file, r.line, "contact", contactPrefix, id) {
		return
	}
	key := r.file + " " + id
	if before, ok := l.dir.lines[key]; ok {
		l.problems.add(r.file, r.line, "contact: %s has %s in line %d already", id, what, before)
		return
	}
	l.dir.lines[key] = r.line
}
