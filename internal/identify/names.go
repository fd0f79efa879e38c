// Package identify normalises what customers are found by. It knows neither the engine nor a database: what is equal here is equal on all of
// them, because they compare nothing but its results.
package identify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	// MaxTerm is the longest term, in characters; what is longer is found by its first ones.
	MaxTerm = 32
	// MaxTerms is how many terms a name has at most, and MaxWords a search.
	MaxTerms, MaxWords = 64, 8
)

// NameTerms are what a name is found by: each of its words as Fold has it. In scripts that put no space between words every place in the word
// begins a term, because a given name may begin there. Sorted, without repetition.
func NameTerms(name string) []string {
	var terms []string
	for _, word := range words(name) {
		terms = append(terms, clip(word))
		for at, r := range word {
			if at > 0 && unspaced(r) {
				terms = append(terms, clip(word[at:]))
			}
		}
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	return terms[:min(len(terms), MaxTerms)]
}

// SearchWords are the words of a search, each of which must begin a term of the name; the longest first. None when it has no letter or
// digit.
func SearchWords(search string) []string {
	list := words(search)
	for i := range list {
		list[i] = clip(list[i])
	}
	slices.SortFunc(list, func(a, b string) int {
		if n := utf8.RuneCountInString(b) - utf8.RuneCountInString(a); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	list = slices.Compact(list)
	return list[:min(len(list), MaxWords)]
}

// Fold makes equal what people take for the same name: compatibility forms, case, and accents on Latin, Greek and Cyrillic letters. In other
// scripts marks are part of the letter and stay.
func Fold(s string) string {
	var b strings.Builder
	plain := false // the letter before is one whose marks don't count
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) && plain:
			continue
		case unicode.IsLetter(r):
			plain = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
		}
		if base, known := bases[r]; known {
			b.WriteString(base)
			continue
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(cases.Fold().String(b.String()))
}

// bases are Latin letters with a stroke or without a dot, which have no accent that could be taken off.
var bases = map[rune]string{
	'ł': "l", 'Ł': "l", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d", 'ħ': "h", 'Ħ': "h", 'ı': "i", 'ŧ': "t", 'Ŧ': "t", 'æ': "ae", 'Æ': "ae",
	'œ': "oe", 'Œ': "oe",
}

// words splits at everything that is no letter, mark or digit. Apostrophes join: O'Brien is found by obrien and o'brien.
func words(s string) []string {
	s = strings.NewReplacer("'", "", "’", "", "ʼ", "").Replace(s)
	return strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) })
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func clip(word string) string {
	n := 0
	for at := range word {
		if n == MaxTerm {
			return word[:at]
		}
		n++
	}
	return word
}
