package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// deletedWhileRead: an answer is read piece by piece, and things are deleted meanwhile. That is no error of the server's: null where it may be, else
// UNAVAILABLE, and asking again helps.
func deletedWhileRead(t *testing.T, s *server) {
	c := newCentre(t, s, 1, "")
	var busy sync.WaitGroup
	stop := time.Now().Add(time.Second)
	during := func(what func() error) {
		for range 2 {
			busy.Go(func() {
				for time.Now().Before(stop) {
					if err := what(); err != nil && refusal(err) != "UNAVAILABLE" {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	during(func() error {
		contact := c.give("", "createContact", `contact { id }`, vars{"fullName": "Short-lived"}).text("contact.id")
		if _, err := c.try("", "setPreferredAgents", `preferredAgents { contact { id } }`, vars{"contactId": contact, "agentIds": c.agents}); err != nil {
			return err
		}
		_, err := c.try("", "deleteContact", `contactId`, vars{"contactId": contact})
		return err
	})
	during(func() error {
		queue := c.newQueue(c.agents...)
		stream := c.give("", "createWorkstream", `workstream { id }`, vars{"name": "Short-lived", "channel": "SMS", "queueId": queue}).text("workstream.id")
		c.give("", "updateWorkstream", `workstream { id }`, vars{"workstreamId": stream, "queueId": c.queue})
		_, err := c.try("", "deleteQueue", `queueId`, vars{"queueId": queue})
		c.deleteWorkstream(stream)
		return err
	})
	read := func(document string) {
		during(func() error {
			_, err := c.c.try(document, nil)
			return err
		})
	}
	read(`{ preferredAgents(first: 100) { nodes { contact { fullName } entries { agent { id } } } } }`)
	read(`{ contacts(search: "Short", first: 100) { nodes { preferredAgents { contact { fullName } } } } }`)
	read(`{ workstreams(first: 100) { nodes { queue { id members { nodes { id } } ` + figureFields + ` } } } }`)
	read(`query { agent(id: "` + c.agents[0] + `") { queues { id ` + figureFields + ` } preferredBy { nodes { contact { id } } } } }`)
	busy.Wait()
	if strings.Contains(s.stderr.String(), "requestId") {
		t.Errorf("the log has %s", tail(s.stderr.String(), 5))
	}
}
