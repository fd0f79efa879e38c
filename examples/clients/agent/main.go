// Command agent is an agent's desk in one page: it signs an agent in by subscribing to their offers, prints each message, and answers
// offers as told. It uses nothing but a WebSocket library and the public API.
//
//	go run ./examples/clients/agent -agent ag_… [-answer accept|reject|ignore] [-url ws://127.0.0.1:8080/graphql]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/gorilla/websocket"
)

const offers = `subscription ($agent: ID!) {
  agentOffers(agentId: $agent) {
    type
    offer { id state path preferredPosition revokeReason workItem { id contact { fullName } workstream { name channel } } }
  }
}`

// message is one of the protocol graphql-transport-ws.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// pushed is what the subscription sends.
type pushed struct {
	Data struct {
		AgentOffers struct {
			Type  string
			Offer *struct {
				ID, State, Path string
				WorkItem        struct {
					Contact    *struct{ FullName string }
					Workstream struct{ Name, Channel string }
				}
			}
		}
	}
}

func main() {
	url := flag.String("url", "ws://127.0.0.1:8080/graphql", "where the server is")
	agent := flag.String("agent", "", "the id of the agent to be")
	answer := flag.String("answer", "ignore", "what to do with offers: accept, reject or ignore")
	flag.Parse()
	if err := desk(*url, *agent, *answer); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

func desk(url, agent, answer string) error {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	ws, _, err := dialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer ws.Close() //nolint:errcheck // the process ends
	if err := send(ws, "", "connection_init", map[string]string{"actor": agent}); err != nil {
		return err
	}
	for {
		var m message
		if err := ws.ReadJSON(&m); err != nil {
			return err
		}
		switch {
		case m.Type == "connection_ack":
			err = send(ws, "offers", "subscribe", map[string]any{"query": offers, "variables": map[string]string{"agent": agent}})
		case m.Type == "ping":
			err = send(ws, "", "pong", nil)
		case m.Type == "error":
			err = fmt.Errorf("refused: %s", m.Payload)
		case m.Type == "complete" && m.ID == "offers":
			return nil // signed out
		case m.Type == "next" && m.ID == "offers":
			err = show(ws, m.Payload, answer)
		}
		if err != nil {
			return err
		}
	}
}

// show prints a message and answers an open offer over the same socket.
func show(ws *websocket.Conn, payload json.RawMessage, answer string) error {
	var p pushed
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	m := p.Data.AgentOffers
	if m.Offer == nil {
		fmt.Println(m.Type)
		return nil
	}
	customer := "somebody unknown"
	if c := m.Offer.WorkItem.Contact; c != nil {
		customer = c.FullName
	}
	fmt.Printf("%s: offer %s of %s on %s is %s (%s)\n", m.Type, m.Offer.ID, customer, m.Offer.WorkItem.Workstream.Name, m.Offer.State, m.Offer.Path)
	if m.Offer.State != "OPEN" || answer == "ignore" {
		return nil
	}
	mutation := fmt.Sprintf(`mutation ($offer: ID!) { %sOffer(input: {offerId: $offer}) { offer { state } } }`, answer)
	return send(ws, m.Offer.ID, "subscribe", map[string]any{"query": mutation, "variables": map[string]string{"offer": m.Offer.ID}})
}

func send(ws *websocket.Conn, id, kind string, payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return ws.WriteJSON(message{ID: id, Type: kind, Payload: text})
}
