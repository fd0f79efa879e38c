package e2e

import (
	"testing"
)

// TestCursorsOfALostState: a backup is restored, and a subscriber comes back with a cursor of what came after it and was lost. Nothing is passed over in
// silence: RESET, and everything anew (EV-1).
func TestCursorsOfALostState(t *testing.T) {
	t.Parallel()
	s := startServer(t, sqliteFile(t))
	c := newCentre(t, s, 1, "")
	f := c.feed("", "workItems", vars{"filter": vars{"queueId": c.queue}})
	f.begins("")
	kept := c.newItem("")
	before := f.follows("CHANGED CREATED QUEUED, CHANGED DECIDED QUEUED")[1].text("cursor")
	file := backUp(t, s)
	lost := c.newItem("")
	c.c.do(t, cancelDocument, vars{"w": kept}) // which is not so in the backup
	after := f.follows("CHANGED CREATED QUEUED, CHANGED DECIDED QUEUED, CHANGED CANCELLED CANCELLED")[2].text("cursor")
	if code := s.stop(); code != 0 {
		t.Fatalf("SIGTERM: the server ends with %d", code)
	}
	s.db = file
	s.start()
	if got := c.c.do(t, `query ($a: ID!, $b: ID!) { kept: workItem(id: $a) { status } lost: workItem(id: $b) { id } }`, vars{"a": kept, "b": lost}); encoded(got) !=
		`{"kept":{"status":"QUEUED"},"lost":null}` {
		t.Fatalf("restored is %s", encoded(got))
	}
	for range 3 { // the restored server goes on, beyond where the lost one stood
		c.give("", "updateQueue", `__typename`, vars{"queueId": c.queue, "priority": 5})
	}
	c.feed("", "workItems", vars{"filter": vars{"queueId": c.queue}, "after": after}).begins("RESET, STATE QUEUED")
	c.feed("", "workItems", vars{"filter": vars{"queueId": c.queue}, "after": before}).begins("")
	c.feed("", "agentOffers", vars{"agentId": c.agents[0], "after": after}).begins("RESET")
	c.feed("", "agentPresence", vars{"filter": vars{"queueId": c.queue}, "after": after}).begins("RESET, STATE ps_offline")
	c.feed("", "decisions", vars{"filter": vars{"queueId": c.queue}, "after": after}).begins("RESET, STATE QUEUED")
}
