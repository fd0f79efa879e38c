package engine

import (
	"math"
	"strings"
	"testing"
)

// FuzzCursor: what reads as a cursor is a place, and prints as one that reads the same; nothing else does (EV-1).
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"1.2.3", "0.0.0", "9223372036854775807.1.1", "9223372036854775808.1.1", "-1.0.0", "1.2", "1.2.3.4", "", "..", "+1.2.3", "1.2.3 ", "١.2.3", "1e1.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ParseCursor(s)
		if !ok {
			if p != (EventPlace{}) {
				t.Errorf("%q is no cursor, and %+v", s, p)
			}
			return
		}
		again, ok := ParseCursor(p.Cursor())
		if !ok || again != p || p.Epoch < 0 || p.Seq < 0 || p.Index < 0 || p.Index > math.MaxInt {
			t.Errorf("%q is %+v, then %+v", s, p, again)
		}
		if p.Behind(p) {
			t.Errorf("%q is behind itself", s)
		}
	})
}

// FuzzID: an id is its prefix and a UUID in lower case: 39 harmless bytes.
func FuzzID(f *testing.F) {
	for _, s := range []string{
		"ag_01900000-0000-7000-8000-000000000001", "ag_01900000-0000-7000-8000-00000000000G", "ag_", "", "ag_01900000-0000-7000-8000-00000000000\x00",
		"ct_01900000-0000-7000-8000-000000000001", "ag_01900000_0000-7000-8000-000000000001", strings.Repeat("a", 1<<10),
	} {
		f.Add("ag_", s)
	}
	f.Fuzz(func(t *testing.T, prefix, s string) {
		if len(prefix) != 3 || !ValidID(prefix, s) {
			return
		}
		if len(s) != IDLength || !strings.HasPrefix(s, prefix) || strings.Trim(s[3:], "0123456789abcdef-") != "" || strings.Count(s[3:], "-") != 4 {
			t.Errorf("%q passes for an id", s)
		}
	})
}
