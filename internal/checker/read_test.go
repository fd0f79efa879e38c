package checker

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
)

// paged serves a history of one item with many offers and decisions, three to a page.
type paged struct {
	t     *testing.T
	asked map[string]int
}

func (p paged) Query(_ context.Context, document string, variables map[string]any, into any) error {
	p.asked[document]++
	list := func(node string, count int) string {
		first, _ := variables["after"].(string)
		from := 0
		_, _ = fmt.Sscan(first, &from) // nothing for the first page
		nodes, until := "", min(from+3, count)
		for i := from; i < until; i++ {
			nodes += "," + fmt.Sprintf(node, i)
		}
		return fmt.Sprintf(`{"nodes":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":"%d"}}`, nodes[min(1, len(nodes)):], until < count, until)
	}
	offers := func() string {
		return list(`{"id":"of_%02d","agentId":"ag_1","state":"REJECTED","revokeReason":null,"assignment":null}`, 7)
	}
	decisions := func() string {
		return list(`{"id":"%d","preferredReason":null,"nextBest":{"ranked":[{"agentId":"ag_1","freeUnits":2}]}}`, 8)
	}
	var answer string
	switch document {
	case organizationDocument:
		answer = `{"organization":{"reconnectSeconds":10,"routingPolicy":{"enabled":true}}}`
	case itemsDocument:
		answer = `{"list":{"nodes":[{"id":"wi_1","workstream":{"id":"ws_1"},"queue":{"id":"qu_1"},"offer":{"id":"of_06"},"assignment":null,
			"contact":{"id":"ct_1","routingPolicy":{"enabled":null,"whenUnavailable":"LEAVE_UNASSIGNED","retryPreferred":false},"preferredAgents":{"entries":[{"agentId":"ag_1"},{"agentId":"ag_2"}]}},
			"createdAt":"2026-01-05T09:00:00.000001Z","offers":` + offers() + `,"decisions":` + decisions() + `}],"pageInfo":{"hasNextPage":false}}}`
	case moreOffers:
		answer = `{"item":{"list":` + offers() + `}}`
	case moreDecisions:
		answer = `{"item":{"list":` + decisions() + `}}`
	case membersDocument:
		answer = `{"item":{"list":` + list(`{"id":"ag_%d"}`, 4) + `}}`
	case agentsDocument:
		answer = `{"list":` + list(`{"id":"ag_%d","capacityUnits":2}`, 5) + `}`
	case queuesDocument:
		answer = `{"list":` + list(`{"id":"qu_%d","priority":7}`, 2) + `}`
	case workstreamsDocument:
		answer = `{"list":` + list(`{"id":"ws_%d","queue":{"id":"qu_1"},"policy":{"enabled":true},"distributionMode":"PICK"}`, 4) + `}`
	default:
		p.t.Errorf("asked for %s", document)
	}
	return json.Unmarshal([]byte(answer), into)
}

// Pages are read to their end, also those within an item.
func TestReadsAllPages(t *testing.T) {
	p := paged{t, map[string]int{}}
	h, err := Read(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	it := h.Items[0]
	got := fmt.Sprintln(len(h.Agents), len(h.Queues), len(h.Queues[0].Members), len(h.Workstreams), len(it.Offers), len(it.Decisions), h.ReconnectSeconds,
		it.Offers[6].ID, it.OpenOffer, it.Queue, it.Workstream, h.Workstreams[3].Policy.Enabled, h.Rows, it.Decisions[7].NextBest.Ranked)
	if want := fmt.Sprintln(5, 2, 4, 4, 7, 8, 10, "of_06", "of_06", "qu_1", "ws_1", true, "map[ct_1:[ag_1 ag_2]]", "[{ag_1 2 false}]"); got != want {
		t.Errorf("read %s want %s", got, want)
	}
	if own := h.Policies["ct_1"]; h.Off || own.Enabled != nil || own.WhenUnavailable != leaveUnassigned || *own.RetryPreferred || !h.Workstreams[0].Picked || it.ByHand != "" {
		t.Errorf("read %+v of the contact, off %t, %+v", own, h.Off, h.Workstreams[0])
	}
	if p.asked[moreOffers] != 2 || p.asked[moreDecisions] != 2 {
		t.Errorf("asked %v", p.asked)
	}
}

// TestWorkByHandIsSeen, wherever the API still tells of it (WS-6).
func TestWorkByHandIsSeen(t *testing.T) {
	for text, want := range map[string]string{
		`{"assignment":{"id":"as_1","origin":"OFFER"}}`: "", `{"assignment":{"id":"as_1","origin":"PICK"}}`: "PICK", `{"assignment":{"id":"as_1","origin":"MANUAL"}}`: "MANUAL",
		`{"withoutPreferred":true}`: "transferred", `{"offers":{"nodes":[{"revokeReason":"SIGNED_OUT"},{"revokeReason":"CONTACT_CHANGED"}]}}`: "CONTACT_CHANGED",
		`{"offers":{"nodes":[{"assignment":{"endReason":"COMPLETED"}}]}}`: "", `{"offers":{"nodes":[{"assignment":{"endReason":"REASSIGNED"}}]}}`: "REASSIGNED",
		`{"offers":{"nodes":[{"revokeReason":"AGENT_DELETED"}]}}`: "AGENT_DELETED",
	} {
		var w wireItem
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			t.Fatal(err)
		}
		if got := w.item(w.Offers.Nodes, nil).ByHand; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
