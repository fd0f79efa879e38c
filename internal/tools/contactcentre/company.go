package main

import (
	"fmt"

	"rapport/internal/configdir"
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
	method   string
	staff    int   // agents whose first queue it is
	helpsIn  []int // further queues its agents join, the likeliest first
	share    int   // how many of 100 customers come mostly with its work
}

var departments = []department{
	technical:  {"Technical support", 20, "HIGHEST_CAPACITY", 10, []int{business, billing, moving}, 30},
	billing:    {"Billing", 40, "HIGHEST_CAPACITY", 10, []int{moving, complaints, sales}, 28},
	sales:      {"Sales", 80, "LEAST_ACTIVE", 5, []int{moving, business}, 10},
	moving:     {"Moving house", 60, "ROUND_ROBIN", 5, []int{billing, sales}, 14},
	business:   {"Business customers", 10, "HIGHEST_CAPACITY", 4, []int{technical, billing, complaints}, 10},
	complaints: {"Complaints", 30, "HIGHEST_CAPACITY", 4, []int{billing, technical}, 8},
}

// queueless are the agents, counted from 1, who left their queues for another job though customers still ask for them: for the meter crews
// and for the training team. They make AGENT_IN_NO_QUEUE and NOT_QUEUE_MEMBER visible.
var queueless = []int{17, 34}

// How many agents hold so many units (index), and are in so many queues (index). Both leave out nobody.
var (
	agentsByUnits  = []int{1: 1, 2: 2, 3: 4, 4: 6, 5: 8, 6: 7, 7: 4, 8: 4, 9: 2, 10: 2}
	agentsByQueues = []int{0: 2, 1: 17, 2: 14, 3: 7}
)

// id makes a fixed id with which a person can count: a UUIDv7 whose tail is the place in the file.
func id(prefix string, n int) string {
	return fmt.Sprintf("%s_01900000-0000-7000-8000-%012d", prefix, n)
}

func organization() *configdir.Organization {
	return &configdir.Organization{RoutingPolicy: configdir.RoutingPolicy{Enabled: new(true)}, ReconnectSeconds: 10, OpenWorkLimit: 10, TimeZone: "UTC"}
}

// roles are those of the company's own: whoever leads a shift is a manager who may also turn preferred agents on and off (S0).
func roles() []configdir.Role {
	return []configdir.Role{{
		Name: "SHIFT_LEAD", Description: "Supervises agents and their work, and turns preferred agents on and off.",
		Permissions: []string{
			"SETTINGS_READ", "SETTINGS_WRITE", "AGENTS_READ", "AGENTS_SUPERVISE", "CONTACTS_READ", "MATRIX_READ", "MATRIX_WRITE", "WORK_READ",
			"WORK_SUPERVISE", "CUSTOMERS_IDENTIFY",
		},
	}}
}

// statuses are those of the company's own: everybody has a lunch break, and the agent who moved to the training team is in training (PR-2).
func statuses() []configdir.Status {
	return []configdir.Status{
		{ID: id("ps", 1), Text: "Lunch break", Base: "AWAY", ForEveryone: true, GrantedTo: []string{}},
		{ID: id("ps", 2), Text: "In training", Base: "DO_NOT_DISTURB", GrantedTo: []string{id("ag", 34)}},
	}
}

// units is a cost in units.
func units(n int) configdir.Cost { return configdir.Cost{CapacityUnits: n} }

// workstreams are the ways into the house: each channel that the company uses, chat and voice also for queues of their own.
func workstreams() []configdir.Workstream {
	on, off, nextBest, unassigned := true, false, "NEXT_BEST_AGENT", "LEAVE_UNASSIGNED"
	there := []string{"AVAILABLE", "BUSY"}
	all := []configdir.Workstream{
		{Name: "Help chat", Channel: "CHAT", Queue: id("qu", technical+1), AllowedPresences: there,
			Cost: units(2), Priority: 50, AcceptMode: "MANUAL", OfferSeconds: 45, DeclineLimit: 3},
		{Name: "Billing line", Channel: "VOICE", Queue: id("qu", billing+1), AllowedPresences: there,
			Cost: units(3), Priority: 10, AcceptMode: "MANUAL", OfferSeconds: 20, DeclineLimit: 2},
		{Name: "Text messages", Channel: "SMS", Queue: id("qu", moving+1), AllowedPresences: there,
			Cost: units(1), Priority: 80, AcceptMode: "MANUAL", OfferSeconds: 180, DeclineLimit: 3},
		{Name: "WhatsApp", Channel: "WHATSAPP", Queue: id("qu", sales+1), AllowedPresences: there,
			Cost: units(1), Priority: 60, AcceptMode: "MANUAL", OfferSeconds: 90, DeclineLimit: 3,
			RoutingPolicy: configdir.RoutingPolicy{WhenUnavailable: &nextBest}},
		{Name: "E-mail", Channel: "EMAIL", Queue: id("qu", billing+1), AllowedPresences: there,
			Cost: units(1), Priority: 100, AcceptMode: "AUTO", OfferSeconds: 120, DeclineLimit: 3,
			RoutingPolicy: configdir.RoutingPolicy{WhenUnavailable: &nextBest}},
		{Name: "Business portal", Channel: "CUSTOM", Queue: id("qu", business+1), AllowedPresences: there,
			Cost: units(2), Priority: 30, AcceptMode: "MANUAL", OfferSeconds: 120, DeclineLimit: 3},
		{Name: "Complaint cases", Channel: "CASE", Queue: id("qu", complaints+1), AllowedPresences: there,
			Cost: units(2), Priority: 40, AcceptMode: "MANUAL", OfferSeconds: 900, DeclineLimit: 5,
			RoutingPolicy: configdir.RoutingPolicy{WhenUnavailable: &unassigned, RetryPreferred: &on}},
		{Name: "Technician appointments", Channel: "APPOINTMENT", Queue: id("qu", technical+1),
			AllowedPresences: []string{"AVAILABLE", "BUSY", "AWAY", "OFFLINE"},
			Cost:             units(1), Priority: 120, AcceptMode: "AUTO", OfferSeconds: 120, DeclineLimit: 3,
			RoutingPolicy: configdir.RoutingPolicy{Enabled: &off}},
		{Name: "Sales chat", Channel: "CHAT", Queue: id("qu", sales+1), AllowedPresences: there,
			Cost: units(2), Priority: 70, AcceptMode: "MANUAL", OfferSeconds: 30, DeclineLimit: 2},
		{Name: "Business line", Channel: "VOICE", Queue: id("qu", business+1), AllowedPresences: there,
			Cost: units(3), Priority: 5, AcceptMode: "MANUAL", OfferSeconds: 15, DeclineLimit: 2},
		{Name: "Moving chat", Channel: "CHAT", Queue: id("qu", moving+1), AllowedPresences: there,
			Cost: units(2), Priority: 50, AcceptMode: "MANUAL", OfferSeconds: 45, DeclineLimit: 3},
	}
	for n := range all {
		all[n].ID = id("ws", n+1)
		all[n].DistributionMode, all[n].CapacityType, all[n].WrapUp, all[n].WaitingHoldsCapacity = "PUSH", "NOT_INTERRUPTIBLE", "NONE", true
	}
	return all
}
