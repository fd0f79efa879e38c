package engine

import (
	"testing"
	"time"
)

// TestAgentsWhoAreGone: a row that still names an agent who is no more is safe: they are passed over (MX-3, DX-2).
func TestAgentsWhoAreGone(t *testing.T) {
	w := newWorld(t)
	w.do(UpdateRoutingPolicy{Enabled: Patch[bool]{true, &yes}}, service)
	item := w.do(CreateWorkItem{WorkstreamID: chat, ContactID: cleo}, service)
	row := w.store.rows[cleo]
	row.Agents = []AgentID{nobody, anna}
	w.store.rows[cleo] = row

	w.engine = New(w.store.snapshot(), w.now)
	w.do(RejectOffer{OfferID: item.WorkItemState.OfferID}, asAnna)
	r := w.do(CreateWorkItem{WorkstreamID: chat, ContactID: cleo}, service)
	if r.WorkItemState.AgentID != anna {
		t.Errorf("offered to %q, not to anna", r.WorkItemState.AgentID)
	}
	w.engine.Admit(w.store.facts(w.engine.Missing([]Command{CancelWorkItem{WorkItemID: r.WorkItem}})))
	if _, err := w.engine.Apply(CreateWorkItem{WorkstreamID: chat, ContactID: cleo}, w.meta(service)); err != nil {
		t.Fatal(err)
	}
	for _, ev := range w.engine.Take().Events {
		if d := ev.Decision; d != nil && (d.Preferred[0].Code != CodeAgentNotFound || d.Preferred[1].Code != CodeOffered) {
			t.Errorf("expected AGENT_NOT_FOUND, then OFFERED: %+v", d.Preferred)
		}
	}
	w.engine.Forget()
	w.do(RemovePreferredAgent{ContactID: cleo, AgentID: nobody}, service)
}

// TestEnabled: on only where the organisation says on and the workstream does not say off (RT-1).
func TestEnabled(t *testing.T) {
	on, off := true, false
	for _, organization := range []*bool{nil, &off, &on} {
		for _, workstream := range []*bool{nil, &off, &on} {
			want := organization == &on && workstream != &off
			got := ResolvePolicy(ChannelChat, RoutingPolicy{Enabled: organization}, RoutingPolicy{Enabled: workstream}).Enabled
			if got != want {
				t.Errorf("organisation %v, workstream %v: %t", organization, workstream, got)
			}
		}
	}
}

// TestIDsIncrease: the order of ids is the order of creation, even when a millisecond's numbers are used up; the same entropy gives
// the same ids.
func TestIDsIncrease(t *testing.T) {
	var a, b idSource
	last := ""
	for n := range 10_000 {
		now := storyBegin.Add(time.Duration(n) * time.Millisecond / 5_000)
		a.begin(now, uint64(n/3))
		b.begin(now, uint64(n/3))
		id := a.next("wi_")
		if id != b.next("wi_") {
			t.Fatal("the same entropy gave another id")
		}
		if !ValidID("wi_", id) || id <= last || id[17] != '7' {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

// TestTimeNeverRunsBackwards: a clock that was set back does not make anything older than what came before it, nor does it
// bring back an offer that has run out (OF-1).
func TestTimeNeverRunsBackwards(t *testing.T) {
	w := newWorld(t)
	w.do(Tick{}, System)
	before := w.now
	w.now = w.now.Add(-time.Hour)
	r := w.do(CreateWorkItem{WorkstreamID: chat}, service)
	if !r.WorkItemState.CreatedAt.Equal(before) {
		t.Errorf("created at %s, not at %s", r.WorkItemState.CreatedAt, before)
	}
	w.refuse(t, refusal{command: AcceptOffer{OfferID: w.late}, actor: asAnna, want: "CONFLICT/OFFER_EXPIRED"})
}
