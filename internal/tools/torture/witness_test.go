package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/internal/checker"
)

// TestTestimony: what the checker is told of calls. What was lost may have been done, by the time the server was gone; an item that is found by its
// reference is the one that was asked for; an answer may repeat another; what was surely not made is not told at all.
func TestTestimony(t *testing.T) {
	w := newWorld(newReport("x", t.Logf), &server{}, 1)
	made, never := &item{ref: "made"}, &item{ref: "never"}
	offer := &offer{wireOffer: wireOffer{ID: "of_1", AgentID: "ag_1"}}
	sent := time.Now()
	call := func(k *kind, o op) *op {
		o.kind, o.sentAt = k, sent
		return &o
	}
	w.lose(call(createItem, op{item: made}))
	w.lose(call(createItem, op{item: never, notMade: true}))
	w.lose(call(rejectOffer, op{offer: offer}))
	if err := w.goAway(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	w.identify(made, "wi_1")
	w.testify(call(rejectOffer, op{offer: offer}), true)
	w.testify(call(cancelItem, op{item: made}), true)
	w.testify(call(setPresence, op{}), true)
	var told []string
	for _, a := range w.testimony().Answers {
		told = append(told, fmt.Sprint(a.Done, a.Offer, a.Item, " by ", a.Agent, " answered ", !a.Acknowledged.IsZero(), " gone ", !a.GoneAt.IsZero(), " again ", a.Again))
	}
	want := []string{
		"REJECTEDof_1 by ag_1 answered true gone false again true", "CANCELLEDwi_1 by  answered true gone false again false",
		"CREATEDwi_1 by  answered false gone true again false", "REJECTEDof_1 by ag_1 answered false gone true again false",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told\n%q, want\n%q", told, want)
	}
}

// TestSettingsTestimony: rows and policies are told once for each change, at the instant that the server tells, or within bounds.
func TestSettingsTestimony(t *testing.T) {
	w := newWorld(newReport("x", t.Logf), &server{}, 1)
	at, sent := time.Now().Add(-time.Minute), time.Now()
	r := &row{contact: "ct_1", since: sent}
	w.rowIs(r, rowState{[]string{"ag_1"}, 1}, &wireRow{UpdatedAt: at})
	w.rowIs(r, rowState{[]string{"ag_1"}, 1}, &wireRow{UpdatedAt: at})
	w.rowIs(r, rowState{}, nil)
	yes := true
	told := &wireWorkstream{Version: 2, UpdatedAt: at}
	told.RoutingPolicy.RetryPreferred = &yes
	w.policy.version = 1
	w.policyIs(told)
	w.policyIs(told)
	log := w.testimony()
	if len(log.Rows) != 2 || log.Rows[0].Span != checker.At(at) || log.Rows[1].NotBefore != sent || log.Rows[1].NotAfter.Before(sent) ||
		!slices.Equal(log.Rows[1].Before, []string{"ag_1"}) || log.Rows[1].After != nil {
		t.Errorf("rows are told as %+v", log.Rows)
	}
	if len(log.Policies) != 1 || log.Policies[0].Span != checker.At(at) || log.Policies[0].Before.RetryPreferred != nil || !*log.Policies[0].After.RetryPreferred {
		t.Errorf("policies are told as %+v", log.Policies)
	}
}

// TestRoundAt: a violation is told with the round in which it happened.
func TestRoundAt(t *testing.T) {
	w := &world{began: []time.Time{time.Unix(10, 0), time.Unix(20, 0)}}
	for at, want := range map[int64]int{9: 0, 10: 1, 19: 1, 20: 2, 99: 2} {
		if got := w.roundAt(time.Unix(at, 0)); got != want {
			t.Errorf("at %d it is round %d, want %d", at, got, want)
		}
	}
}
