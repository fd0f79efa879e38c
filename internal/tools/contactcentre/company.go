package main

import (
	"fmt"

	centre "rapport/examples/contact-centre"
)

// The queues by their place in the file.
const (
	technical = iota
	billing
	sales
	moving
	business
	complaints
)

// department is a queue with how it is staffed.
type department struct {
	name     string
	priority int
	staff    int   // agents whose first queue it is
	helpsIn  []int // further queues its agents join, the likeliest first
	share    int   // how many of 100 customers come mostly with its work
}

var departments = []department{
	technical:  {"Technical support", 20, 10, []int{business, billing, moving}, 30},
	billing:    {"Billing", 40, 10, []int{moving, complaints, sales}, 28},
	sales:      {"Sales", 80, 5, []int{moving, business}, 10},
	moving:     {"Moving house", 60, 5, []int{billing, sales}, 14},
	business:   {"Business customers", 10, 4, []int{technical, billing, complaints}, 10},
	complaints: {"Complaints", 30, 4, []int{billing, technical}, 8},
}

// The agents who left their queues for another job, though customers still ask for them; and who they are, for the
// comment. They make AGENT_IN_NO_QUEUE and NOT_QUEUE_MEMBER visible.
var queueless = []struct {
	agent int // counted from 1
	why   string
}{
	{17, "in no queue since the move to the meter crews"},
	{34, "in no queue since the move to the training team"},
}

// How many agents hold so many units (index), and are in so many queues (index). Both leave out nobody.
var (
	agentsByUnits  = []int{1: 1, 2: 2, 3: 4, 4: 6, 5: 8, 6: 7, 7: 4, 8: 4, 9: 2, 10: 2}
	agentsByQueues = []int{0: 2, 1: 17, 2: 14, 3: 7}
)

// id makes a fixed id with which a person can count: a UUIDv7 whose tail is the place in the file.
func id(prefix string, n int) string {
	return fmt.Sprintf("%s_01900000-0000-7000-8000-%012d", prefix, n)
}

func organization() centre.Organization {
	on := true
	return centre.Organization{RoutingPolicy: centre.RoutingPolicy{Enabled: &on}, ReconnectSeconds: 10}
}

// workstreams are the ways into the house: each channel that the company uses, once.
func workstreams() []centre.Workstream {
	on, off, nextBest, unassigned := true, false, "NEXT_BEST_AGENT", "LEAVE_UNASSIGNED"
	available := []string{"AVAILABLE"}
	there := []string{"AVAILABLE", "BUSY"}
	all := []centre.Workstream{
		{Name: "Help chat", Channel: "CHAT", Queue: id("qu", technical+1), AllowedPresences: there,
			CapacityUnits: 2, Priority: 50, AcceptMode: "MANUAL", OfferSeconds: 45, DeclineLimit: 3},
		{Name: "Billing line", Channel: "VOICE", Queue: id("qu", billing+1), AllowedPresences: available,
			CapacityUnits: 3, Priority: 10, AcceptMode: "MANUAL", OfferSeconds: 20, DeclineLimit: 2},
		{Name: "Text messages", Channel: "SMS", Queue: id("qu", moving+1), AllowedPresences: there,
			CapacityUnits: 1, Priority: 80, AcceptMode: "MANUAL", OfferSeconds: 180, DeclineLimit: 3},
		{Name: "WhatsApp", Channel: "WHATSAPP", Queue: id("qu", sales+1), AllowedPresences: there,
			CapacityUnits: 1, Priority: 60, AcceptMode: "MANUAL", OfferSeconds: 90, DeclineLimit: 3,
			RoutingPolicy: centre.RoutingPolicy{WhenUnavailable: &nextBest}},
		{Name: "E-mail", Channel: "EMAIL", Queue: id("qu", billing+1), AllowedPresences: there,
			CapacityUnits: 1, Priority: 100, AcceptMode: "AUTO", OfferSeconds: 120, DeclineLimit: 3,
			RoutingPolicy: centre.RoutingPolicy{WhenUnavailable: &nextBest}},
		{Name: "Business portal", Channel: "CUSTOM", Queue: id("qu", business+1), AllowedPresences: there,
			CapacityUnits: 2, Priority: 30, AcceptMode: "MANUAL", OfferSeconds: 120, DeclineLimit: 3},
		{Name: "Complaint cases", Channel: "CASE", Queue: id("qu", complaints+1), AllowedPresences: available,
			CapacityUnits: 2, Priority: 40, AcceptMode: "MANUAL", OfferSeconds: 900, DeclineLimit: 5,
			RoutingPolicy: centre.RoutingPolicy{WhenUnavailable: &unassigned, RetryPreferred: &on}},
		{Name: "Technician appointments", Channel: "APPOINTMENT", Queue: id("qu", technical+1),
			AllowedPresences: []string{"AVAILABLE", "BUSY", "AWAY", "OFFLINE"},
			CapacityUnits:    1, Priority: 120, AcceptMode: "AUTO", OfferSeconds: 120, DeclineLimit: 3,
			RoutingPolicy: centre.RoutingPolicy{Enabled: &off}},
	}
	for n := range all {
		all[n].ID = id("ws", n+1)
	}
	return all
}

// workstreamNotes say, in the file, why a workstream departs from the organisation's policy.
var workstreamNotes = map[string]string{
	"WHATSAPP":    "An order can't wait: whoever is free takes it when no preferred agent is.",
	"EMAIL":       "Assigned without asking; whoever has room takes it when no preferred agent is there.",
	"CUSTOM":      "No policy of its own: waits for a preferred agent when none is there.",
	"CASE":        "A complaint waits for the agents who know it, whatever the organisation's policy says.",
	"APPOINTMENT": "A date is a date: preferred agents are not asked, and it is assigned even to who is offline.",
}
