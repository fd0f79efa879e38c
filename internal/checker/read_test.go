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
	assignments := func() string { return list(`{"id":"as_%d","agentId":"ag_1","origin":"PICK","offer":null}`, 5) }
	var answer string
	switch document {
	case organizationDocument:
		answer = `{"organization":{"reconnectSeconds":10,"openWorkLimit":12,"defaultPresenceStatus":{"base":"AWAY"},"routingPolicy":{"enabled":true}},"server":{"now":"2026-01-05T10:00:00Z"}}`
	case itemsDocument:
		answer = `{"list":{"nodes":[{"id":"wi_1","workstreamId":"ws_1","queueId":"qu_1","contactId":"ct_1","priority":3,"withoutPreferred":true,"offer":{"id":"of_06"},"assignment":null,
			"contact":{"id":"ct_1","routingPolicy":{"enabled":null,"whenUnavailable":"LEAVE_UNASSIGNED","retryPreferred":false},"preferredAgents":{"entries":[{"agentId":"ag_1"},{"agentId":"ag_2"}]}},
			"createdAt":"2026-01-05T09:00:00.000001Z","offers":` + offers() + `,"assignments":` + assignments() + `,"decisions":` + decisions() + `}],"pageInfo":{"hasNextPage":false}}}`
	case moreOffers:
		answer = `{"item":{"list":` + offers() + `}}`
	case moreAssignments:
		answer = `{"item":{"list":` + assignments() + `}}`
	case moreDecisions:
		answer = `{"item":{"list":` + decisions() + `}}`
	case membersDocument:
		answer = `{"item":{"list":` + list(`{"id":"ag_%d"}`, 4) + `}}`
	case agentsDocument:
		answer = `{"list":` + list(`{"id":"ag_%d","capacityUnits":null,"defaultPresenceStatus":{"base":"OFFLINE"},"capacityProfiles":[{"limit":3}]}`, 5) + `}`
	case contactDocument:
		answer = `{"contact":{"id":"ct_2","routingPolicy":{},"preferredAgents":null}}`
		if variables["id"] == "ct_gone" {
			answer = `{"contact":null}`
		}
	case queuesDocument:
		answer = `{"list":` + list(`{"id":"qu_%d","priority":7}`, 2) + `}`
	case workstreamsDocument:
		answer = `{"list":` + list(`{"id":"ws_%d","queue":{"id":"qu_1"},"effectiveRoutingPolicy":{"enabled":true},"distributionMode":"PICK"}`, 4) + `}`
	default:
		p.t.Errorf("asked for %s", document)
	}
	return json.Unmarshal([]byte(answer), into)
}

// Pages are read to their end, also those within an item.
func TestReadsAllPages(t *testing.T) {
	p := paged{t, map[string]int{}}
	h, err := Read(context.Background(), p, "ct_1", "ct_2", "ct_gone")
	if err != nil {
		t.Fatal(err)
	}
	it := h.Items[0]
	got := fmt.Sprintln(stamp(h.ReadAt), len(h.Agents), len(h.Queues), len(h.Queues[0].Members), len(h.Workstreams), len(it.Offers), len(it.Assignments), len(it.Decisions), h.ReconnectSeconds,
		it.Offers[6].ID, it.OpenOffer, it.Placement, it.Workstream, h.Workstreams[3].Effective.Enabled, h.Rows, it.Decisions[7].NextBest.Ranked)
	if want := fmt.Sprintln("10:00:00.000000", 5, 2, 4, 4, 7, 5, 8, 10, "of_06", "of_06", "{qu_1 ct_1 3 true}", "ws_1", true, "map[ct_1:[ag_1 ag_2] ct_2:[]]", "[{ag_1 2 false <nil>}]"); got != want {
		t.Errorf("read %s want %s", got, want)
	}
	if own := h.Policies["ct_1"]; !*h.Policy.Enabled || own.Enabled != nil || own.WhenUnavailable != leaveUnassigned || *own.RetryPreferred || !h.Workstreams[0].Picked {
		t.Errorf("read %+v of the contact, %+v of the organisation, %+v", own, h.Policy, h.Workstreams[0])
	}
	if a := h.Agents[4]; a.CapacityUnits != nil || a.DefaultBase != offline || a.Profiles != 1 || h.OpenWorkLimit != 12 || h.DefaultBase != away || !h.Workstreams[0].Otherwise {
		t.Errorf("read %+v, %d and %s of the organisation, %+v", a, h.OpenWorkLimit, h.DefaultBase, h.Workstreams[0])
	}
	if p.asked[moreOffers] != 2 || p.asked[moreAssignments] != 1 || p.asked[moreDecisions] != 2 {
		t.Errorf("asked %v", p.asked)
	}
}
