package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	centre "rapport/examples/contact-centre"
)

// file is a file to be written.
type file struct {
	name string
	data []byte
}

const company = "# Halmwick Energy & Fibre, an invented regional provider of electricity and internet.\n"

// render writes the centre as its files. YAML is written by hand, for the comments and a layout that reads well in
// a diff: one thing per line.
func render(c *centre.Centre) []file {
	return []file{
		{centre.OrganizationFile, renderOrganization(c)},
		{centre.QueuesFile, renderQueues(c)},
		{centre.AgentsFile, renderAgents(c)},
		{centre.WorkstreamsFile, renderWorkstreams(c)},
		{centre.ContactsFile, renderContacts(c)},
		{centre.MatrixFile, renderMatrix(c)},
	}
}

func renderOrganization(c *centre.Centre) []byte {
	var b bytes.Buffer
	b.WriteString(company)
	b.WriteString(`# What applies wherever nothing narrower is set. A line that is left out stays at the default.

routingPolicy:
`)
	renderPolicy(&b, "  ", c.Organization.RoutingPolicy)
	b.WriteString(`  # whenUnavailable is not set: NEXT_BEST_AGENT for CHAT and VOICE, LEAVE_UNASSIGNED for the other channels.

# How long an agent whose connection is lost keeps their open offers.
`)
	fmt.Fprintf(&b, "reconnectSeconds: %d\n", c.Organization.ReconnectSeconds)
	return b.Bytes()
}

func renderPolicy(b *bytes.Buffer, indent string, p centre.RoutingPolicy) {
	if p.Enabled != nil {
		fmt.Fprintf(b, "%senabled: %t\n", indent, *p.Enabled)
	}
	if p.WhenUnavailable != nil {
		fmt.Fprintf(b, "%swhenUnavailable: %s\n", indent, *p.WhenUnavailable)
	}
	if p.RetryPreferred != nil {
		fmt.Fprintf(b, "%sretryPreferred: %t\n", indent, *p.RetryPreferred)
	}
}

func renderQueues(c *centre.Centre) []byte {
	names := map[string]string{}
	for _, a := range c.Agents {
		names[a.ID] = a.Name
	}
	var b bytes.Buffer
	b.WriteString(company)
	b.WriteString(`# The queues with their members, who are agents of agents.yaml. Among the queues of an agent, the one with the
# lower priority number is served first.
`)
	for _, q := range c.Queues {
		fmt.Fprintf(&b, "\n- id: %s\n  name: %s\n  priority: %d\n  assignmentMethod: %s\n  members:\n",
			q.ID, q.Name, q.Priority, q.AssignmentMethod)
		for _, agent := range q.Members {
			fmt.Fprintf(&b, "    - %s # %s\n", agent, names[agent])
		}
	}
	return b.Bytes()
}

func renderAgents(c *centre.Centre) []byte {
	why := map[string]string{}
	for _, q := range queueless {
		why[id("ag", q.agent)] = q.why
	}
	var b bytes.Buffer
	b.WriteString(company)
	b.WriteString(`# The agents, and how many units of work each can hold at once; what an item costs is in workstreams.yaml, who is
# in which queue in queues.yaml.
`)
	for _, a := range c.Agents {
		b.WriteString("\n")
		if why[a.ID] != "" {
			fmt.Fprintf(&b, "# %s\n", why[a.ID])
		}
		fmt.Fprintf(&b, "- id: %s\n  name: %s\n  capacityUnits: %d\n", a.ID, a.Name, a.CapacityUnits)
	}
	return b.Bytes()
}

func renderWorkstreams(c *centre.Centre) []byte {
	names := map[string]string{}
	for _, q := range c.Queues {
		names[q.ID] = q.Name
	}
	var b bytes.Buffer
	b.WriteString(company)
	b.WriteString(`# The workstreams: by which channel work comes, in which queue of queues.yaml it waits, what it costs and how it is
# offered. A routingPolicy here goes before the one of organization.yaml, line by line.
`)
	for _, w := range c.Workstreams {
		b.WriteString("\n")
		if note := workstreamNotes[w.Channel]; note != "" {
			fmt.Fprintf(&b, "# %s\n", note)
		}
		fmt.Fprintf(&b, "- id: %s\n  name: %s\n  channel: %s\n  queue: %s # %s\n",
			w.ID, w.Name, w.Channel, w.Queue, names[w.Queue])
		fmt.Fprintf(&b, "  allowedPresences: [%s]\n  capacityUnits: %d\n  priority: %d\n",
			strings.Join(w.AllowedPresences, ", "), w.CapacityUnits, w.Priority)
		fmt.Fprintf(&b, "  acceptMode: %s\n  offerSeconds: %d\n  declineLimit: %d\n",
			w.AcceptMode, w.OfferSeconds, w.DeclineLimit)
		if w.RoutingPolicy != (centre.RoutingPolicy{}) {
			b.WriteString("  routingPolicy:\n")
			renderPolicy(&b, "    ", w.RoutingPolicy)
		}
	}
	return b.Bytes()
}

func renderContacts(c *centre.Centre) []byte {
	records := [][]string{centre.ContactColumns}
	for _, p := range c.Contacts {
		records = append(records, []string{p.ID, p.FullName, p.Email, p.MobilePhone})
	}
	return renderTable(records)
}

func renderMatrix(c *centre.Centre) []byte {
	records := [][]string{centre.MatrixColumns}
	for _, row := range c.Matrix {
		record := make([]string, len(centre.MatrixColumns))
		record[0] = row.Contact
		copy(record[1:], row.Agents)
		records = append(records, record)
	}
	return renderTable(records)
}

func renderTable(records [][]string) []byte {
	var b bytes.Buffer
	// Writing to memory cannot fail.
	_ = csv.NewWriter(&b).WriteAll(records)
	return b.Bytes()
}
