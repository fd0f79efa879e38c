package documents

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"

	"rapport/internal/config"
)

// The limits of tokens that can't be set.
const (
	// maxNameBytes bounds what an unknown name costs that is compared with all known ones, for "Did you mean".
	maxNameBytes = 100
	// maxNumberBytes is the longest number; nothing of ours takes more than 64 bits.
	maxNumberBytes = 64
	// maxStringBytes is the longest string written in a document, which may come back in several errors. Longer ones go into variables.
	maxStringBytes = 4096
	// maxNesting is how deep braces and brackets may nest, so that reading recurses no deeper.
	maxNesting = 120
)

// scan reads the tokens only. A text that is not made of tokens is left to the parser, which says so at the same place.
func scan(text string, l config.Limits) *gqlerror.Error {
	if len(text) > l.DocumentBytes {
		return Refusal("document-bytes", "the document has more than %d bytes", l.DocumentBytes)
	}
	tokens := lexer.New(&ast.Source{Input: text})
	nesting := 0
	for n := 0; ; n++ {
		token, err := tokens.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil
		}
		if n == l.Tokens {
			return Refusal("tokens", "the document has more than %d tokens", l.Tokens)
		}
		switch size := len(token.Value); {
		case token.Kind == lexer.Name && size > maxNameBytes:
			return Refusal("name-bytes", "a name in the document has more than %d bytes", maxNameBytes)
		case (token.Kind == lexer.Int || token.Kind == lexer.Float) && size > maxNumberBytes:
			return Refusal("number-bytes", "a number in the document has more than %d bytes", maxNumberBytes)
		case (token.Kind == lexer.String || token.Kind == lexer.BlockString) && size > maxStringBytes:
			return Refusal("string-bytes", "a string in the document has more than %d bytes: give it as a variable", maxStringBytes)
		case token.Kind == lexer.BraceL, token.Kind == lexer.BracketL:
			if nesting++; nesting > maxNesting {
				return Refusal("nesting", "the document nests deeper than %d levels of braces and brackets", maxNesting)
			}
		case token.Kind == lexer.BraceR, token.Kind == lexer.BracketR:
			nesting--
		}
	}
}
