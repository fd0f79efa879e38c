package models

import (
	"strings"
	"time"
)

// micros is a time as the databases keep it; nullMicros one that may be missing.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

func nullMicros(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

func fromNullMicros(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := fromMicros(*us)
	return &t
}

// null turns an empty id into a missing one, orEmpty turns it back.
func null[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

func orEmpty[T ~string](s *string) T {
	if s == nil {
		return ""
	}
	return T(*s)
}

// nullText is a value that may be missing, fromNullText the same back.
func nullText[T ~string](s *T) *string {
	if s == nil {
		return nil
	}
	text := string(*s)
	return &text
}

func fromNullText[T ~string](s *string) *T {
	if s == nil {
		return nil
	}
	v := T(*s)
	return &v
}

func joinTexts[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return strings.Join(texts, ",")
}

func splitTexts[T ~string](s string) []T {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	list := make([]T, len(parts))
	for i, p := range parts {
		list[i] = T(p)
	}
	return list
}
