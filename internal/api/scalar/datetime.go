// Package scalar holds the custom scalars of the API.
package scalar

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"rapport/engine"
)

const layout = "2006-01-02T15:04:05.000000Z"

// MarshalDateTime writes a time as RFC 3339 in UTC with exactly six digits of a second.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		buf := make([]byte, 0, len(layout)+2)
		buf = append(buf, '"')
		buf = t.UTC().AppendFormat(buf, layout)
		_, _ = w.Write(append(buf, '"')) // gqlgen writes into a buffer, which does not fail
	})
}

// UnmarshalDateTime reads RFC 3339 with any offset; what is finer than a microsecond is cut off.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, bad("a DateTime is a string")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, bad("a DateTime looks like 2026-11-22T09:15:00Z")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// bad is a refusal; the field is that at which it came up.
func bad(message string) error { return &engine.Error{Code: engine.CodeBadUserInput, Message: message} }
