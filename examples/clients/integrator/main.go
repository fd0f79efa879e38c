// Command integrator is a customer's system in one page: it knows a customer, brings their work, and follows it until an agent has it (or it is
// closed). It can be repeated at any point: with the same reference it brings the same work, not more (for 24 hours).
// Where the server asks for one, its token or API key is in RAPPORT_TOKEN; the role SERVICE is enough for customers whom the server knows.
//
//	go run ./examples/clients/integrator [-contact ct_…] [-name "…"] [-workstream ws_…] [-reference …] [-url http://127.0.0.1:8080/graphql]
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"

	"rapport/examples/clients/connection"
)

// What the server is asked, and what of its answers is of interest.
const (
	know    = `mutation ($id: ID, $name: String!) { createContact(input: {id: $id, fullName: $name}) { contact { id } } }`
	preview = `query ($workstream: ID!, $contact: ID) {
  previewRouting(input: {workstreamId: $workstream, contactId: $contact}) { outcome agent { name } preferred { agent { name } code } }
}`
	bring = `mutation ($workstream: ID!, $contact: ID, $reference: String!) {
  createWorkItem(input: {workstreamId: $workstream, contactId: $contact, reference: $reference, idempotencyKey: $reference}) { workItem { id status } }
}`
	follow = `subscription ($id: ID!, $after: String) {
  workItems(filter: {workItemId: $id}, after: $after) { type cursor change workItem { status agent { name } } }
}`
)

type (
	agent    struct{ Name string }
	workItem struct {
		ID, Status string
		Agent      *agent
	}
	message struct {
		Change   string
		WorkItem *workItem
	}
	routing struct {
		Outcome   string
		Agent     *agent
		Preferred []struct {
			Agent *agent
			Code  string
		}
	}
)

func (a *agent) String() string {
	if a == nil {
		return "nobody"
	}
	return a.Name
}

func main() {
	url := flag.String("url", "http://127.0.0.1:8080/graphql", "where the server is")
	contact := flag.String("contact", "ct_01900000-0000-7000-8000-000000000001", "the customer's id, made of your own key for them if you like")
	name := flag.String("name", "Benoît Traoré", "the customer's name, for when the server does not know them yet")
	workstream := flag.String("workstream", "ws_01900000-0000-7000-8000-000000000001", "by which way the work comes")
	reference := flag.String("reference", fmt.Sprintf("order %d", rand.Uint32()), "your own key of the work")
	flag.Parse()
	if err := serve(connection.Server{URL: *url, Token: os.Getenv("RAPPORT_TOKEN")}, *contact, *name, *workstream, *reference); err != nil {
		fmt.Fprintln(os.Stderr, "integrator:", err)
		os.Exit(1)
	}
}

func serve(s connection.Server, contact, name, workstream, reference string) error {
	var refused connection.Refusal
	err := s.Ask(know, connection.Vars{"id": contact, "name": name}, new(any))
	switch {
	case err == nil:
		fmt.Println("new customer", name)
	case errors.As(err, &refused) && refused[0].Extensions.Code == "FORBIDDEN": // somebody else makes customers known
	case !errors.As(err, &refused) || refused[0].Extensions.Reason != "ALREADY_EXISTS": // else the customer is known
		return err
	}
	work := connection.Vars{"workstream": workstream, "contact": contact, "reference": reference}
	var would struct{ PreviewRouting routing }
	if err := s.Ask(preview, work, &would); err != nil {
		return err
	}
	fmt.Printf("preview: %s to %s\n", would.PreviewRouting.Outcome, would.PreviewRouting.Agent)
	for _, p := range would.PreviewRouting.Preferred {
		fmt.Printf("  %s: %s\n", p.Agent, p.Code)
	}
	var brought struct{ CreateWorkItem struct{ WorkItem workItem } }
	if err := s.Ask(bring, work, &brought); err != nil {
		return err
	}
	item := brought.CreateWorkItem.WorkItem
	fmt.Printf("brought %s: %s\n", item.ID, item.Status)
	return await(s, item.ID)
}

// await tells how the work stands, and what happens to it until an agent has it or it is closed.
func await(s connection.Server, id string) error {
	return connection.Follow(s, follow, connection.Vars{"id": id}, func(kind string, m message) (done bool) {
		if m.WorkItem == nil { // READY: that was the start. RESET: forget everything, another start follows.
			fmt.Println(kind)
			return false
		}
		fmt.Printf("%s: %s, %s\n", cmp.Or(m.Change, kind), m.WorkItem.Status, m.WorkItem.Agent)
		return m.WorkItem.Status != "QUEUED" && m.WorkItem.Status != "OFFERED"
	})
}
