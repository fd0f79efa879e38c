package models

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

var factTests = []storeTest{
	{"facts are what the engine lacks", facts},
	{"ids of nothing are facts of nothing", factsOfNonsense},
	{"keys are valid for 24 hours", keysFor24Hours},
	{"keys that differ a little are different keys", keysApart},
	{"a key used again replaces the old one", keyAgain},
	{"sweep deletes what has expired", sweep},
}

func facts(t *testing.T, s *testStore) {
	house := aHouse()
	house.Rows = []engine.PreferredAgents{matrixRow(1, 3, 1, 2), matrixRow(3, 4, 5)}
	s.commit(t, house.changes())
	got, keys, err := s.Facts(ctx, engine.Needs{
		Contacts:  []engine.ContactID{id[engine.ContactID](2), id[engine.ContactID](1), id[engine.ContactID](99), id[engine.ContactID](1)},
		WorkItems: []engine.WorkItemID{id[engine.WorkItemID](4), id[engine.WorkItemID](99)},
		Offers:    []engine.OfferID{id[engine.OfferID](3), id[engine.OfferID](99)},
		Records:   []engine.ContactID{id[engine.ContactID](3), id[engine.ContactID](98)},
		// Named first, second, third, by another row, and by none.
		Preferred: []engine.AgentID{id[engine.AgentID](3), id[engine.AgentID](1), id[engine.AgentID](2), id[engine.AgentID](5), id[engine.AgentID](6)},
	}, nil, begin)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got.Contacts, func(a, b engine.Contact) int { return strings.Compare(string(a.ID), string(b.ID)) })
	same(t, "facts", got, engine.Facts{
		Contacts:  house.Contacts, // 3 without its row: that is not lacking
		Rows:      map[engine.ContactID]*engine.PreferredAgents{id[engine.ContactID](1): &house.Rows[0]},
		WorkItems: house.WorkItems[3:4], Offers: house.Offers[1:2],
		Preferred: []engine.AgentID{id[engine.AgentID](3), id[engine.AgentID](1), id[engine.AgentID](2), id[engine.AgentID](5)},
	})
	same(t, "keys", len(keys), 0)

	none, _, err := s.Facts(ctx, engine.Needs{}, nil, begin)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "facts of nothing", none, engine.Facts{Rows: map[engine.ContactID]*engine.PreferredAgents{}})
}

// nonsense is what clients may send where an id belongs.
var nonsense = []string{
	"", " ", "ct_é", "wi_😀", "\x00", "\xff", "'", `\`, "?", "%", "NULL", "ct_01900000-0000-7000-8000-000000000001 ",
	"CT_01900000-0000-7000-8000-000000000001",
}

// factsOfNonsense: an id that can't be one is not there; it is no error, which would stop the writer for everybody.
func factsOfNonsense(t *testing.T, s *testStore) {
	s.commit(t, aHouse().changes())
	for _, text := range nonsense {
		contact, item, offer := engine.ContactID(text), engine.WorkItemID(text), engine.OfferID(text)
		got, _, err := s.Facts(ctx, engine.Needs{
			Contacts: []engine.ContactID{contact}, Records: []engine.ContactID{contact}, WorkItems: []engine.WorkItemID{item},
			Offers: []engine.OfferID{offer}, Preferred: []engine.AgentID{engine.AgentID(text)},
		}, []engine.KeyRef{{Principal: "p", Key: text}}, begin)
		if err != nil || len(got.Contacts)+len(got.Rows)+len(got.WorkItems)+len(got.Offers)+len(got.Preferred) > 0 {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		contacts, err := s.Contacts(ctx, []engine.ContactID{contact})
		if err != nil || len(contacts) > 0 {
			t.Errorf("contact %q: %v, %v", text, contacts, err)
		}
		if text != "" { // which filters nothing
			items, err := s.WorkItemPage(ctx, engine.WorkItemScope{QueueID: engine.QueueID(text)}, engine.Page{First: 5})
			if err != nil || len(items) > 0 {
				t.Errorf("items of queue %q: %v, %v", text, items, err)
			}
		}
		if _, err := s.WorkItemPage(ctx, engine.WorkItemScope{}, engine.Page{First: 5, After: text}); err != nil {
			t.Errorf("items behind %q: %v", text, err)
		}
		if _, err := s.OpenOffers(ctx, engine.AgentID(text)); err != nil {
			t.Errorf("offers of agent %q: %v", text, err)
		}
	}
}

// found reads keys at some time.
func (s *testStore) found(t *testing.T, now time.Time, keys ...engine.IdempotencyKey) []engine.IdempotencyKey {
	t.Helper()
	_, found, err := s.Facts(ctx, engine.Needs{}, idsOf(keys, func(k engine.IdempotencyKey) engine.KeyRef { return k.KeyRef }), now)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func keysFor24Hours(t *testing.T, s *testStore) {
	k := key("agent:1", "k", 1)
	k.Refs = engine.Refs{
		Organization: true, Contact: "ct_1", Agent: "ag_1", Queue: "qu_1", Workstream: "ws_1", PreferredAgents: "ct_2", WorkItem: "wi_1",
		Offer: "of_1", Assignment: "as_1", Role: "DESK", APIKey: "ak_1", PresenceStatus: "ps_1", CapacityProfile: "cp_1",
		Warnings: []engine.Warning{{Code: engine.WarnAgentInNoQueue, Message: "ü", Field: "agentIds.0"}},
	}
	allSet(t, k)
	allSet(t, k.Refs)
	s.commit(t, &engine.Changes{}, k)
	for _, c := range []struct {
		after time.Duration
		valid bool
	}{{-time.Hour, true}, {0, true}, {engine.KeyLifetime, true}, {engine.KeyLifetime + time.Microsecond, false}, {48 * time.Hour, false}} {
		want := 0
		if c.valid {
			want = 1
		}
		found := s.found(t, k.At.Add(c.after), k)
		if len(found) != want {
			t.Errorf("after %v %d keys are found, want %d", c.after, len(found), want)
		} else if c.valid {
			same(t, "the key", found[0], k)
		}
	}
	same(t, "somebody else's", len(s.found(t, k.At, key("agent:2", "k", 1))), 0)
}

// keysApart: keys are compared byte by byte; collations of MySQL take some of these for one another.
func keysApart(t *testing.T, s *testStore) {
	var keys []engine.IdempotencyKey
	for i, text := range []string{
		"k", "K", "k ", "k  ", " k", "ķ", "é", "e\u0301", "e", "E", "ß", "ss", "s", "ſ", "😀", "😁", "字", "'", `\`, `\'`, "%", "_", "k\t", "k\x00",
	} {
		keys = append(keys, key("p", text, 3*i), key("P", text, 3*i+1), key("p ", text, 3*i+2))
	}
	s.commit(t, &engine.Changes{}, keys...)
	for _, k := range keys {
		found := s.found(t, begin, k)
		if len(found) != 1 || found[0].Hash != k.Hash || found[0].KeyRef != k.KeyRef {
			t.Errorf("%q of %q finds %+v", k.Key, k.Principal, found)
		}
	}
	same(t, "all at once", len(s.found(t, begin, keys...)), len(keys))
}

// keyAgain: after its 24 hours a key may be used for something else.
func keyAgain(t *testing.T, s *testStore) {
	old, other := key("p", "k", 1), key("p", "l", 2)
	s.commit(t, &engine.Changes{}, old, other)
	again := key("p", "k", 3)
	again.At = old.At.Add(25 * time.Hour)
	s.commit(t, &engine.Changes{}, again)
	same(t, "the key", s.found(t, again.At, old, other), []engine.IdempotencyKey{again})
	same(t, "the other", s.found(t, begin, other), []engine.IdempotencyKey{other})
}

// sweep deletes at most 10,000 at once, the expired ones only.
func sweep(t *testing.T, s *testStore) {
	var keys []engine.IdempotencyKey
	for n := range 11500 {
		keys = append(keys, key("p", string(id[engine.WorkItemID](n)), n))
	}
	s.commit(t, &engine.Changes{}, keys...)
	for _, c := range []struct{ before, left int }{{0, 11500}, {10, 11490}, {11400, 1490}, {11400, 100}, {11400, 100}, {11500, 0}} {
		if err := s.Sweep(ctx, after(c.before).UnixMicro()); err != nil {
			t.Fatal(err)
		}
		if got := s.count(t, "idempotency_keys"); got != c.left {
			t.Errorf("%d keys are left, want %d", got, c.left)
		}
	}
}
