package documents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The bounds of JSON before it is decoded: above what the limits of variables can be set to.
const (
	maxJSONDepth  = 60
	maxJSONValues = 6_000
)

// JSON refuses a body or a payload whose decoding alone would cost too much: nested too deep, or of too many values. It does not tell whether
// the text is JSON, which is the decoder's to say.
func JSON(text []byte) *gqlerror.Error {
	depth, values := 0, 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxJSONDepth {
				return Refusal("json-depth", "the JSON is deeper than %d levels", maxJSONDepth)
			}
			values++
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
		if values > maxJSONValues {
			return Refusal("json-values", "the JSON has more than %d values", maxJSONValues)
		}
	}
	return nil
}

// Members are those of one JSON object, by their exact names. Two of one name are an error, because one program takes the first of them and
// another the last.
func Members(text []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is no object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, errors.New("it is not JSON")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("it is not JSON")
		}
		key := name.(string) // within an object the decoder gives nothing else
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("it has %.100q twice", key)
		}
		members[key] = value
	}
	if _, err := decoder.Token(); err != nil { // the brace
		return nil, errors.New("it is not JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something stands behind it")
	}
	return members, nil
}
