package identify

import (
	"slices"
	"strings"
	"testing"
)

// found tells whether a search finds a name, as a database does it: each word begins a term.
func found(name, search string) bool {
	terms := NameTerms(name)
	list := SearchWords(search)
	for _, w := range list {
		if !slices.ContainsFunc(terms, func(t string) bool { return strings.HasPrefix(t, w) }) {
			return false
		}
	}
	return len(list) > 0
}

func TestFound(t *testing.T) {
	for _, c := range []struct {
		name, search string
		want         bool
	}{
		{"Benoît Traoré", "benoit", true},
		{"Benoît Traoré", "TRAORÉ ben", true},
		{"Benoît Traoré", "noît", false},
		{"Benoît Traoré", "benoit traore x", false},
		{"Łukasz Księżniak", "lukasz ksiezniak", true},
		{"Straße", "STRASSE", true},
		{"Søren Æbelø", "soren aebelo", true},
		{"Jean-Luc O'Brien", "luc obrien", true},
		{"Jean-Luc O’Brien", "o'brien", true},
		{"Ἀλέξανδρος", "αλεξανδροσ", true},
		{"Ёлкин", "елкин", true},
		{"山田太郎", "太郎", true},
		{"山田太郎", "山田", true},
		{"山田太郎", "郎太", false},
		{"がくと", "かくと", false}, // the mark makes another letter
		{"김민수", "민수", true},
		{"สมชาย ใจดี", "ชาย", true},
		{"محمد علي", "علي", true},
		{"अनिल कुमार", "कुमार", true},
		{"Ｆｕｌｌ Width", "full", true},
		{"İpek", "ipek", true},
		{"n\u0303andu\u0301", "ñandú", true},
		{"Anna 2", "2", true},
		{"Anna", "", false},
		{"Anna", "!?", false},
		{strings.Repeat("a", 200), strings.Repeat("a", 150), true},
	} {
		if got := found(c.name, c.search); got != c.want {
			t.Errorf("%q searched with %q: %t; terms %q, words %q", c.name, c.search, got, NameTerms(c.name), SearchWords(c.search))
		}
	}
}

// TestBounds: neither names nor searches become more than is promised.
func TestBounds(t *testing.T) {
	terms := NameTerms(strings.Repeat("漢字", 100))
	if len(terms) > MaxTerms {
		t.Errorf("%d terms", len(terms))
	}
	for _, term := range terms {
		if n := len([]rune(term)); n > MaxTerm {
			t.Errorf("a term of %d characters", n)
		}
	}
	if n := len(SearchWords(strings.Repeat("ab cd ef gh ij kl mn op qr st ", 10))); n > MaxWords {
		t.Errorf("%d words", n)
	}
}
