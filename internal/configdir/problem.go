package configdir

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems is how many problems are told at once.
const maxProblems = 50

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int // 0 when it is about the whole file
	What string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.What
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
}

// Problems is everything that is wrong with a folder: an error of a line for each, at most 50, and one that counts the rest.
type Problems []Problem

func (p Problems) Error() string {
	var lines []string
	for _, one := range p[:min(len(p), maxProblems)] {
		lines = append(lines, one.String())
	}
	if more := len(p) - maxProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(file string, line int, format string, args ...any) {
	*p = append(*p, Problem{file, line, fmt.Sprintf(format, args...)})
}

// err gives the problems in the order of files and lines, nil for none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(slices.Index(FileNames, a.File), slices.Index(FileNames, b.File)), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line))
	})
	return p
}
