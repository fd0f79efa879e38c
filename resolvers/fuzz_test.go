package resolvers

import (
	"errors"
	"testing"

	"rapport/engine"
)

// FuzzPageCursor: whatever a client gives as `after`, a page begins behind an id of its own kind, or the client is told.
func FuzzPageCursor(f *testing.F) {
	for _, s := range []string{encodeCursor("ag_01900000-0000-7000-8000-000000000001"), encodeCursor("ct_01900000-0000-7000-8000-000000000001"), "", "x", "====", "YQ==", encodeCursor("' OR 1=1 --")} {
		f.Add(s, 25)
	}
	f.Fuzz(func(t *testing.T, after string, first int) {
		p, err := pageOf("ag_", first, &after)
		if err != nil {
			refusal, ok := errors.AsType[*engine.Error](err)
			if !ok || refusal.Code != engine.CodeBadUserInput || refusal.Field != "after" && refusal.Field != "first" {
				t.Errorf("%q, %d: %v", after, first, err)
			}
			return
		}
		if !engine.ValidID("ag_", p.After) || p.First < 1 || p.First > engine.MaxPage {
			t.Errorf("%q, %d: %+v", after, first, p)
		}
	})
}
