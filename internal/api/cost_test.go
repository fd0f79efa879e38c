package api

import (
	"reflect"
	"strings"
	"testing"

	"rapport/graph"
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

// takesPage tells whether a field's arguments have `first int, after *string`.
func takesPage(f reflect.Type) bool {
	for i := 1; i+1 < f.NumIn(); i++ {
		if f.In(i).Kind() == reflect.Int && f.In(i+1) == reflect.TypeFor[*string]() {
			return true
		}
	}
	return false
}
