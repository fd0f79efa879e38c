package play

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one line of a table; the first thing that is wrong with it is kept.
type row struct {
	columns []string
	cells   []string
	last    time.Duration // of the line before
	problem error
}

// read goes through a table in CSV (RFC 4180) with a header.
func read(files fs.FS, name, header string, most int, each func(*row)) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was read only
	table := csv.NewReader(f)
	columns := strings.Split(header, ",")
	r := &row{columns: columns}
	for n := 0; ; n++ {
		cells, err := table.Read()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case n == 0 && !slices.Equal(cells, columns):
			return fmt.Errorf("%s: the first line is not %s", name, header)
		case n == 0:
			continue
		case n > most:
			return fmt.Errorf("%s has more than %d lines", name, most)
		}
		r.cells = cells
		if each(r); r.problem != nil {
			line, _ := table.FieldPos(0)
			return fmt.Errorf("%s, line %d: %w", name, line, r.problem)
		}
	}
}

func (r *row) wrong(column int, what string) {
	if r.problem == nil {
		r.problem = fmt.Errorf("%s %q %s", r.columns[column], r.cells[column], what)
	}
}

func (r *row) text(column int) string {
	if r.cells[column] == "" {
		r.wrong(column, "must be there")
	}
	return r.cells[column]
}

func (r *row) number(column int) int {
	n, err := strconv.Atoi(r.cells[column])
	if err != nil || n < 0 {
		r.wrong(column, "is not a whole number from 0 on")
	}
	return n
}

func (r *row) priority(column int) *int {
	if r.cells[column] == "" {
		return nil
	}
	n := r.number(column)
	if n > maxPriority {
		r.wrong(column, fmt.Sprintf("is more than %d", maxPriority))
	}
	return &n
}

func (r *row) seconds(column int) time.Duration {
	s, err := strconv.ParseFloat(r.cells[column], 64)
	if err != nil || s < 0 || s > maxTime.Seconds() || math.IsNaN(s) {
		r.wrong(column, "is not a number of seconds of one day")
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// at is the time in the first column, which never goes back.
func (r *row) at() time.Duration {
	at := r.seconds(0)
	if at < r.last {
		r.wrong(0, "is before the line before")
	}
	r.last = at
	return at
}

func (r *row) one(column int, of ...string) string {
	if !slices.Contains(of, r.cells[column]) {
		r.wrong(column, "is none of "+strings.Join(of, ", "))
	}
	return r.cells[column]
}
