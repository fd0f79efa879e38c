package models

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rapport/engine"
	"rapport/internal/identify"
)

var searchTests = []storeTest{
	{"contacts by name, in any script", contactsByName},
	{"contacts by name, whatever is searched for", contactsByAnySearch},
	{"a changed name is found by the new one", renamedContacts},
	{"what means something to SQL means nothing in a search", searchedSQL},
}

// searched are names, and searchCases who of them each search finds.
var searched = []string{
	"Benoît Traoré", "Benoit Traore", "Łukasz Księżniak", "Jean-Luc O'Brien", "Straßer, Sören", "Иван Ёлкин", "Елкина Ольга", "Αλέξανδρος Παπαδόπουλος",
	"محمد علي", "علی رضایی", "अनिल कुमार", "अनीता", "山田太郎", "山本 花子", "太田 山", "김민수", "이수민", "สมชาย ใจดี", "ชาลี", "Anna Annabel Anders",
	"Anna", "ann", "Maria da Silva e Silva", "2Pac 50", "Nguyễn Văn An", "👩 Smile", "---", "Å", "Aa", "İpek Işık",
}

func searchCases() map[string][]string {
	return map[string][]string{
		"benoit":           {"Benoît Traoré", "Benoit Traore"},
		"TRAORÉ BENO":      {"Benoît Traoré", "Benoit Traore"},
		"traore t":         {"Benoît Traoré", "Benoit Traore"}, // a word may begin the same term
		"raore":            nil,
		"lukasz":           {"Łukasz Księżniak"},
		"KSIĘŻ":            {"Łukasz Księżniak"},
		"obrien jean":      {"Jean-Luc O'Brien"},
		"o’brien":          {"Jean-Luc O'Brien"},
		"luc":              {"Jean-Luc O'Brien"},
		"strasser soren":   {"Straßer, Sören"},
		"STRASSER":         {"Straßer, Sören"},
		"елкин":            {"Иван Ёлкин", "Елкина Ольга"},
		"ЁЛКИНА":           {"Елкина Ольга"},
		"αλεξ":             {"Αλέξανδρος Παπαδόπουλος"},
		"ΠΑΠΑΔΟΠΟΥΛΟΣ":     {"Αλέξανδρος Παπαδόπουλος"},
		"محمد":             {"محمد علي"},
		"عل":               {"محمد علي", "علی رضایی"},
		"अनिल":             {"अनिल कुमार"},
		"अन":               {"अनिल कुमार", "अनीता"},
		"太郎":               {"山田太郎"},
		"山":                {"山田太郎", "山本 花子", "太田 山"},
		"田":                {"山田太郎", "太田 山"},
		"山 太":              {"山田太郎", "太田 山"},
		"수민":               {"이수민"},
		"수":                {"김민수", "이수민"},
		"ชา":               {"สมชาย ใจดี", "ชาลี"},
		"an":               {"Anna Annabel Anders", "Anna", "ann", "Nguyễn Văn An"},
		"ann":              {"Anna Annabel Anders", "Anna", "ann"},
		"anna anna":        {"Anna Annabel Anders", "Anna"},
		"silva maria e da": {"Maria da Silva e Silva"},
		"silva maria x":    nil,
		"50 2":             {"2Pac 50"},
		"nguyen van":       {"Nguyễn Văn An"},
		"smile":            {"👩 Smile"},
		"a":                {"Anna Annabel Anders", "Anna", "ann", "Nguyễn Văn An", "Å", "Aa"},
		"ipek":             {"İpek Işık"},
		"isik":             {"İpek Işık"},
		"\U0010FFFF":       searched, // no letter: all
		"":                 searched,
		"--- !?":           searched,
	}
}

// searches walks the pages of a search and gives the names.
func (s *testStore) searches(t *testing.T, search string, first int) []string {
	t.Helper()
	names := map[string]string{}
	ids := walk(t, first, func(c engine.Contact) string { return string(c.ID) }, func(p engine.Page) ([]engine.Contact, error) {
		list, err := s.ContactPage(ctx, search, p)
		for _, c := range list {
			names[string(c.ID)] = c.FullName
		}
		return list, err
	})
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%q in pages of %d: not in order, or twice: %v", search, first, ids)
	}
	found := make([]string, len(ids))
	for i, id := range ids {
		found[i] = names[id]
	}
	return found
}

func named(n int, name string) *engine.Contact {
	c := contact(n, false)
	c.FullName = name
	return &c
}

func contactsByName(t *testing.T, s *testStore) {
	c := &engine.Changes{}
	for i, name := range searched {
		c.Contacts = append(c.Contacts, named(i, name))
	}
	s.commit(t, c)
	for search, want := range searchCases() {
		for _, first := range []int{1, 2, 100} {
			got := s.searches(t, search, first)
			if !slices.Equal(got, want) {
				t.Errorf("%q in pages of %d finds %q, want %q", search, first, got, want)
			}
		}
	}
}

// fits tells whether a name should be found: each word of the search begins a term.
func fits(name string, words []string) bool {
	terms := identify.NameTerms(name)
	for _, w := range words {
		if !slices.ContainsFunc(terms, func(t string) bool { return strings.HasPrefix(t, w) }) {
			return false
		}
	}
	return true
}

// contactsByAnySearch: both databases find what the one normaliser says, which knows no database.
func contactsByAnySearch(t *testing.T, s *testStore) {
	r := rand.New(rand.NewPCG(5, 1))
	pieces := []string{
		"a", "an", "na", "é", "ß", "ss", "ё", "е", "λ", "ς", "مح", "अ", "नि", "ि", "山", "田", "민", "수", "ช", "า", "'", "-", " ", " ", " ", "%", "_", "\\", "😀", "7",
		"\u0301", "İ", "ı", "ﬁ", "Ａ", "\U00010400", "\U0001D400", "\u200d",
	}
	text := func(n int) string {
		var b strings.Builder
		for range 1 + r.IntN(n) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	c := &engine.Changes{}
	for n := range 400 {
		c.Contacts = append(c.Contacts, named(n, text(10)))
	}
	c.Contacts = append(c.Contacts, named(1000, strings.Repeat("山田", engine.MaxName/2)), named(1001, strings.Repeat("\U00020000", engine.MaxName)),
		named(1002, strings.Repeat("ﷺ", engine.MaxName)))
	s.commit(t, c)
	some := 0
	for range 300 {
		search := text(4)
		words := identify.SearchWords(search)
		want := filter(c.Contacts, func(c *engine.Contact) bool { return fits(c.FullName, words) }, func(c *engine.Contact) string { return c.FullName })
		if got := s.searches(t, search, []int{2, 50, 100}[r.IntN(3)]); !slices.Equal(got, want) {
			t.Errorf("%q (words %q) finds %d %q, want %d %q", search, words, len(got), got, len(want), want)
			return
		}
		if len(words) > 0 && len(want) > 0 {
			some++
		}
	}
	if some < 50 {
		t.Errorf("only %d searches find anything", some)
	}
}

func renamedContacts(t *testing.T, s *testStore) {
	finds := func(search string, want ...string) {
		t.Helper()
		same(t, fmt.Sprintf("%q", search), strings.Join(s.searches(t, search, 2), "|"), strings.Join(want, "|"))
	}
	s.commit(t, &engine.Changes{Contacts: []*engine.Contact{named(1, "Anna Alt"), named(2, "Anna Bleibt"), named(3, "Anna Geht")}})
	s.commit(t, &engine.Changes{Contacts: []*engine.Contact{named(1, "Anna Neu"), named(4, "Neu Dazu")}})
	finds("alt")
	finds("neu", "Anna Neu", "Neu Dazu")
	finds("anna", "Anna Neu", "Anna Bleibt", "Anna Geht")
	s.commit(t, &engine.Changes{ContactsRemoved: []engine.ContactID{id[engine.ContactID](3), "ct_unknown"}})
	finds("geht")
	finds("anna", "Anna Neu", "Anna Bleibt")
	s.commit(t, &engine.Changes{Contacts: []*engine.Contact{named(3, "Wieder Da")}}) // under the same id
	finds("geht")
	finds("wied", "Wieder Da")
	s.commit(t, &engine.Changes{Contacts: []*engine.Contact{named(2, "!?")}}) // which has no word
	finds("bleibt")
	finds("", "Anna Neu", "!?", "Wieder Da", "Neu Dazu")
	same(t, "what contacts are found by", s.terms(t), wantTerms(s.stored(t).Contacts))
	// Found by the terms of one moment and gone in the next: left out, not an error.
	s.raw(t, "DELETE FROM contacts WHERE id = ?", id[engine.ContactID](4))
	finds("neu", "Anna Neu")
}

func searchedSQL(t *testing.T, s *testStore) {
	s.commit(t, &engine.Changes{Contacts: []*engine.Contact{named(1, "Percent Under"), named(2, `100% _x_ \y "z" 'q'`), named(3, "nul")}})
	for search, want := range map[string]string{
		"%": "3", "_": "3", `\`: "3", "'": "3", `"`: "3", "\x00": "3", ";": "3", "?": "3", // no word: all
		"p%": "1", "%ercent": "0", "perc_nt": "0", "per%t": "0", "100%": "1", "_x_": "1", `\y`: "1", "z\"": "1", "'q'": "1", "q' OR '1'='1": "0",
		"nul\x00": "1", "\x00nul": "1", "nu\x00l": "0", "x y": "1", "x\\": "1", "per\xff": "1", "\xff\xfe": "3", "per;--": "1", "/*per": "1",
		strings.Repeat("x ", 100): "1", strings.Repeat("y", 200): "0",
	} {
		if got := fmt.Sprint(len(s.searches(t, search, 2))); got != want {
			t.Errorf("%q finds %s, want %s", search, got, want)
		}
	}
}
