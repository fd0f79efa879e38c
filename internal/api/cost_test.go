package api

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/graph"
	"rapport/internal/config"
)

// TestEveryPageCosts: whatever takes `first` costs as much as its longest page, so that no small document asks for a large part of the database.
func TestEveryPageCosts(t *testing.T) {
	var c graph.Config
	setCosts(&c)
	nouns := reflect.ValueOf(c.Complexity)
	pages := 0
	for i := range nouns.NumField() {
		noun := nouns.Field(i)
		for j := range noun.NumField() {
			field := noun.Type().Field(j)
			name := nouns.Type().Field(i).Name + "." + field.Name
			if !takesPage(field.Type) || strings.HasPrefix(name, "Subscription.") {
				continue
			}
			pages++
			if noun.Field(j).IsNil() {
				t.Errorf("%s has a page and no cost", name)
			}
		}
	}
	if pages < 10 {
		t.Errorf("%d fields with a page were found", pages)
	}
}

// TestCostsDoNotBeginAgain: lists within lists cost more the deeper they are, also where the product is beyond the largest number.
func TestCostsDoNotBeginAgain(t *testing.T) {
	s := newLimitedStage(t, func(l *config.Limits) { l.Depth = 50 })
	for n := 2; n <= 15; n++ {
		r := s.post("{ queues(first: 100) { nodes " + nested(n, "{ members(first: 100) { nodes { queues ", "{ id }", "} } }") + " } }")
		if len(r.Errors) != 1 || r.Errors[0].Extensions["code"] != "COMPLEXITY_LIMIT_EXCEEDED" {
			t.Errorf("%d times: %+v", n, r.Errors)
		}
	}
	if times(math.MaxInt, 2) != math.MaxInt || times(math.MaxInt/2, 2) != math.MaxInt || times(3, 100) != 301 || times(0, 5) != 1 {
		t.Error("wrong products")
	}
}

// TestPresenceTimesCost: how many changes are read for the times of a presence goes by the range. A day of a hundred agents is asked for in one
// request, a month of as many would keep everybody else waiting (PR-9).
func TestPresenceTimesCost(t *testing.T) {
	var c graph.Config
	setCosts(&c)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	of := func(agents, child int, lasts time.Duration) int {
		times := c.Complexity.Agent.PresenceTimes(child, from, from.Add(lasts))
		return c.Complexity.Query.Agents(times, agents, nil)
	}
	const day, most = 24 * time.Hour, 50_000 // --limit-complexity unless set
	for _, r := range []struct {
		agents  int
		lasts   time.Duration
		allowed bool
	}{
		{100, day, true}, {17, 7 * day, true}, {4, 31 * day, true}, {100, -day, true}, {100, 0, true},
		{100, day + 1, false}, {18, 7 * day, false}, {5, 31*day - 1, false}, {5, 100 * 365 * day, false},
	} {
		if got := of(r.agents, 4, r.lasts); (got <= most) != r.allowed {
			t.Errorf("%s of %d agents cost %d", r.lasts, r.agents, got)
		}
	}
	if of(1, math.MaxInt, day) != math.MaxInt || of(1, math.MaxInt/10-1, 31*day) < math.MaxInt/10 {
		t.Error("the costs begin again")
	}
}

// takesPage tells whether a field's arguments have `first int, after *string`.
func takesPage(f reflect.Type) bool {
	for i := 1; i+1 < f.NumIn(); i++ {
		if f.In(i).Kind() == reflect.Int && f.In(i+1) == reflect.TypeFor[*string]() {
			return true
		}
	}
	return false
}
