package documents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/config"
)

// CodeNotTrusted is the code of a document that is not among those that the operator lists.
const CodeNotTrusted engine.ErrorCode = "DOCUMENT_NOT_TRUSTED"

// The limits of a file of trusted documents.
const (
	maxTrusted      = 10_000
	maxTrustedBytes = 16 << 20
)

// Trusted are the documents that a server runs, and no others. Nil runs any.
type Trusted struct {
	byID map[string]*trusted
	// byHash has those whose id is the hexadecimal SHA-256 of their text, byText all.
	byHash, byText map[string]*trusted
}

// trusted is one document, parsed and valid.
type trusted struct {
	text     string
	document *ast.QueryDocument
}

// ReadTrusted reads a file of documents: a JSON object of id and text. Each is checked as one that a client sends: check tells what is wrong with one.
// An error names the id and the reason.
func ReadTrusted(path string, schema *ast.Schema, l config.Limits, check func(*ast.QueryDocument) error) (*Trusted, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--trusted-documents: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was read only
	text, err := io.ReadAll(io.LimitReader(file, maxTrustedBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--trusted-documents: %w", err)
	case len(text) > maxTrustedBytes:
		return nil, fmt.Errorf("--trusted-documents %s: it has more than %d bytes", path, maxTrustedBytes)
	}
	texts, err := readTexts(text)
	if err != nil {
		return nil, fmt.Errorf("--trusted-documents %s: %w", path, err)
	}
	all := &Trusted{byID: map[string]*trusted{}, byHash: map[string]*trusted{}, byText: map[string]*trusted{}}
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		if err := all.add(id, texts[id], schema, l, check); err != nil {
			return nil, fmt.Errorf("--trusted-documents %s: the document %.100q: %w", path, id, err)
		}
	}
	return all, nil
}

// readTexts reads the file's object. encoding/json would take the last of two entries with one id: here that is an error.
func readTexts(text []byte) (map[string]string, error) {
	notObject := errors.New("it must be one JSON object of ids and documents")
	members, err := Members(text)
	if err != nil {
		return nil, errors.Join(notObject, err)
	}
	if len(members) == 0 || len(members) > maxTrusted {
		return nil, fmt.Errorf("it must have 1 to %d documents", maxTrusted)
	}
	texts := make(map[string]string, len(members))
	for id, raw := range members {
		var document *string
		if err := json.Unmarshal(raw, &document); err != nil || document == nil {
			return nil, fmt.Errorf("the document %.100q must be a string", id)
		}
		texts[id] = *document
	}
	return texts, nil
}

func (t *Trusted) add(id, text string, schema *ast.Schema, l config.Limits, check func(*ast.QueryDocument) error) error {
	if id == "" {
		return errors.New("its id is empty")
	}
	one := t.byText[text]
	if one == nil {
		document, refusal := Parse(text, l)
		if refusal != nil {
			return refusal
		}
		if errs := Validate(schema, document, 1); len(errs) > 0 {
			return errs[0]
		}
		if err := check(document); err != nil {
			return err
		}
		one = &trusted{text, document}
		t.byText[text] = one
	}
	t.byID[id] = one
	sum := sha256.Sum256([]byte(text))
	if hash := hex.EncodeToString(sum[:]); strings.ToLower(strings.TrimPrefix(id, "sha256:")) == hash {
		t.byHash[hash] = one
	}
	return nil
}

// Choose finds which document a request is for and puts its text into params. With trusted documents it is parsed and valid, and given; else nil is given, and
// params has the text that the client sent.
func (t *Trusted) Choose(params *graphql.RawParams) (*ast.QueryDocument, *gqlerror.Error) {
	extra := Take(params)
	hash, hashed := persisted(params.Extensions)
	if t == nil {
		switch {
		case extra.Given:
			return nil, userError("this server has no trusted documents: send query instead of documentId")
		case params.Query == "" && hashed:
			return nil, userError("this server has no trusted documents: send query, not only its hash")
		}
		return nil, nil
	}
	var one *trusted
	var by string
	switch {
	case extra.Given:
		one, by = t.byID[extra.ID], "documentId"
	case hashed:
		one, by = t.byHash[strings.ToLower(strings.TrimPrefix(hash, "sha256:"))], "extensions.persistedQuery.sha256Hash"
	default:
		one, by = t.byText[params.Query], "query"
	}
	switch {
	case one == nil:
		return nil, notTrusted("this server runs trusted documents only, and %s names none of them", by)
	case params.Query != "" && params.Query != one.text:
		return nil, notTrusted("query is not the text of the document that %s names", by)
	}
	params.Query = one.text
	return one.document, nil
}

// persisted is the hash of the document as clients of Apollo's persisted queries send it.
func persisted(extensions map[string]any) (string, bool) {
	of, _ := extensions["persistedQuery"].(map[string]any)
	hash, ok := of["sha256Hash"].(string)
	return hash, ok
}

func userError(message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": engine.CodeBadUserInput}}
}

func notTrusted(format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": CodeNotTrusted}}
}
