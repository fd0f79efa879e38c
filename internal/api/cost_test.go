package api

import (
	"math"
	"reflect"
	"strings"
	"testing"

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

// takesPage tells whether a field's arguments have `first int, after *string`.
func takesPage(f reflect.Type) bool {
	for i := 1; i+1 < f.NumIn(); i++ {
		if f.In(i).Kind() == reflect.Int && f.In(i+1) == reflect.TypeFor[*string]() {
			return true
		}
	}
	return false
}
