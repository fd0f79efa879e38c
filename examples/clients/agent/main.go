// Command agent is an agent's desk in one page. Subscribing to their own offers signs an agent in; each message is printed, and offers are
// answered as told. It survives restarts of the server, and ends when the agent is signed out or refused.
// Where the server asks for one, its token is in RAPPORT_TOKEN, and says which agent it is.
//
//	go run ./examples/clients/agent -agent ag_… [-answer accept|reject|ignore] [-complete] [-url ws://127.0.0.1:8080/graphql]
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"rapport/examples/clients/connection"
)

// offers may be resumed by its argument `after`. What an agent has to see before they answer is in it.
const offers = `subscription ($agent: ID!, $after: String) {
  agentOffers(agentId: $agent, after: $after) {
    type
    cursor
    offer { id state path workItemId contact { fullName } workItem { workstream { name } } }
  }
}`

// answers are what can be done about an id; their key makes it safe to repeat them.
var answers = map[string]string{
	"accept":   `mutation ($id: ID!, $key: String!) { acceptOffer(input: {offerId: $id, idempotencyKey: $key}) { offer { state } } }`,
	"reject":   `mutation ($id: ID!, $key: String!) { rejectOffer(input: {offerId: $id, idempotencyKey: $key}) { offer { state } } }`,
	"complete": `mutation ($id: ID!, $key: String!) { completeWorkItem(input: {workItemId: $id, idempotencyKey: $key}) { workItem { id } } }`,
}

type offer struct {
	ID, State, Path, WorkItemID string
	Contact                     *struct{ FullName string }
	WorkItem                    struct{ Workstream *struct{ Name string } }
}

type desk struct {
	server   connection.Server
	answer   string
	complete bool
	answered map[string]bool // the open offers that were answered, which a resumed stream may show once more
}

func main() {
	d := desk{answered: map[string]bool{}}
	url := flag.String("url", "ws://127.0.0.1:8080/graphql", "where the server is; http:// will do as well")
	flag.StringVar(&d.server.Actor, "agent", "", "the id of the agent to be")
	flag.StringVar(&d.answer, "answer", "ignore", "what to do with offers: accept, reject or ignore")
	flag.BoolVar(&d.complete, "complete", false, "complete what was accepted")
	flag.Parse()
	if d.answer != "ignore" && d.answer != "accept" && d.answer != "reject" {
		flag.Usage()
		os.Exit(2)
	}
	d.server.Token = os.Getenv("RAPPORT_TOKEN")
	d.server.URL = "http" + strings.TrimPrefix(strings.TrimPrefix(*url, "http"), "ws")
	if err := d.sit(); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
	fmt.Println("signed out")
}

// sit follows the offers of the agent who is named, or who is in the token.
func (d *desk) sit() error {
	agent := d.server.Actor
	if d.server.Token != "" {
		var who struct{ Viewer struct{ AgentID string } }
		if err := d.server.Ask(`{ viewer { agentId } }`, nil, &who); err != nil {
			return err
		}
		agent = who.Viewer.AgentID
	}
	return connection.Follow(d.server, offers, connection.Vars{"agent": agent}, d.show)
}

// show prints a message and answers an open offer, without holding up the next message.
func (d *desk) show(kind string, m struct{ Offer *offer }) (done bool) {
	if m.Offer == nil { // READY: that was the start. RESET: forget everything, another start follows.
		fmt.Println(kind)
		if kind == "RESET" {
			clear(d.answered)
		}
		return false
	}
	o, customer, stream := m.Offer, "somebody unknown", "something"
	if o.Contact != nil {
		customer = o.Contact.FullName
	}
	if o.WorkItem.Workstream != nil {
		stream = o.WorkItem.Workstream.Name
	}
	fmt.Printf("%s: offer %s of %s on %s is %s (%s)\n", kind, o.ID, customer, stream, o.State, o.Path)
	switch {
	case o.State != "OPEN":
		delete(d.answered, o.ID)
	case d.answer != "ignore" && !d.answered[o.ID]:
		d.answered[o.ID] = true
		go d.work(*o)
	}
	return false
}

// work answers an offer, and completes the work if that is wanted.
func (d *desk) work(o offer) {
	if d.do(d.answer, o.ID) && d.answer == "accept" && d.complete && d.do("complete", o.WorkItemID) {
		fmt.Println("completed", o.WorkItemID)
	}
}

// do says what it can't do, such as accept an offer whose time is over.
func (d *desk) do(what, id string) bool {
	err := d.server.Ask(answers[what], connection.Vars{"id": id, "key": what + " " + id}, new(any))
	if err != nil {
		fmt.Fprintf(os.Stderr, "agent: %s %s: %v\n", what, id, err)
	}
	return err == nil
}
