package checker

import (
	"slices"
	"sort"
	"time"
)

// line is something that changes in the course of time.
type line[T any] struct {
	start T
	steps []step[T] // in the order of NotAfter
	// soonest is, for each step, the earliest instant at which it or a later one may have happened.
	soonest []time.Time
}

// step is a new value.
type step[T any] struct {
	Span
	value T
}

func newLine[T any](start T, steps []step[T]) *line[T] {
	slices.SortStableFunc(steps, func(a, b step[T]) int { return a.NotAfter.Compare(b.NotAfter) })
	l := &line[T]{start: start, steps: steps, soonest: make([]time.Time, len(steps))}
	for i := len(steps) - 1; i >= 0; i-- {
		l.soonest[i] = steps[i].NotBefore
		if i+1 < len(steps) && l.soonest[i+1].Before(l.soonest[i]) {
			l.soonest[i] = l.soonest[i+1]
		}
	}
	return l
}

// after is how many steps have surely been made at an instant.
func (l *line[T]) after(at time.Time) int {
	if len(l.steps) == 0 {
		return 0
	}
	return sort.Search(len(l.steps), func(i int) bool { return l.steps[i].NotAfter.After(at) })
}

// at is the value at an instant, sure unless it lies within the bounds of a change.
func (l *line[T]) at(at time.Time) (value T, sure bool) {
	n := l.after(at)
	value = l.start
	if n > 0 {
		value = l.steps[n-1].value
	}
	return value, n == len(l.steps) || l.soonest[n].After(at)
}

// all are the values that it ever had.
func (l *line[T]) all() []T {
	values := []T{l.start}
	for _, s := range l.steps {
		values = append(values, s.value)
	}
	return values
}

// bounds are the instants at which it changes, or may.
func (l *line[T]) bounds() []time.Time {
	var all []time.Time
	for _, s := range l.steps {
		all = append(all, s.NotBefore, s.NotAfter)
	}
	return all
}

// linesOf makes a line for each object that changed, from what it was before the first change.
func linesOf[T any](changes []Change[T]) map[string]*line[T] {
	steps, starts := map[string][]step[T]{}, map[string]T{}
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change[T]) int { return a.NotAfter.Compare(b.NotAfter) })
	for _, c := range changes {
		if _, known := starts[c.ID]; !known {
			starts[c.ID] = c.Before
		}
		steps[c.ID] = append(steps[c.ID], step[T]{c.Span, c.After})
	}
	lines := map[string]*line[T]{}
	for id, s := range steps {
		lines[id] = newLine(starts[id], s)
	}
	return lines
}

// orElse is the line of an object; of one that never changed it is what it is at the end.
func orElse[T any](lines map[string]*line[T], id string, end T) *line[T] {
	if lines[id] == nil {
		lines[id] = &line[T]{start: end}
	}
	return lines[id]
}

// within gives the instants of a sorted list that lie between two others, these excluded.
func within(sorted []time.Time, from, until time.Time) []time.Time {
	first := sort.Search(len(sorted), func(i int) bool { return sorted[i].After(from) })
	end := sort.Search(len(sorted), func(i int) bool { return !sorted[i].Before(until) })
	return sorted[first:max(first, end)]
}

// inOrder sorts instants and leaves out repetitions.
func inOrder(times []time.Time) []time.Time {
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}
