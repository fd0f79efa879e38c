package main

import (
	"bytes"
	"fmt"
	"strconv"

	"rapport/internal/configdir"
)

// dayFolder is where the files of the day are, in the folder of the example.
const dayFolder = "day"

// files renders the day. No cell needs quotes.
func (d *day) files() []configdir.File {
	var items, agents, temperaments, supervisor bytes.Buffer
	fmt.Fprintln(&items, "at,reference,workstream,contact,priority,workSeconds,patienceSeconds")
	for _, i := range d.items {
		contact := ""
		if i.contact != nobody {
			contact = d.centre.Contacts[i.contact].ID
		}
		fmt.Fprintf(&items, "%s,%s,%s,%s,%s,%d,%s\n", tenths(i.at), i.reference, d.workstreams[ways[i.way].workstream].ID, contact,
			unlessZero(i.priority), i.work, unlessZero(i.patience))
	}
	fmt.Fprintln(&agents, "at,agent,does")
	for _, s := range d.steps {
		fmt.Fprintf(&agents, "%s,%s,%s\n", tenths(s.at), d.centre.Agents[s.agent].ID, s.does)
	}
	fmt.Fprintln(&temperaments, "agent,accept,reject,miss,thinkSeconds")
	for _, t := range d.temperaments {
		fmt.Fprintf(&temperaments, "%s,%d,%d,%d,%s\n", d.centre.Agents[t.agent].ID, t.accept, t.reject, t.miss, tenths(t.think))
	}
	fmt.Fprintln(&supervisor, "at,reference,does,to")
	for _, o := range d.orders {
		fmt.Fprintf(&supervisor, "%s,%s,%s,%s\n", tenths(o.at), d.items[o.item].reference, o.does, o.to)
	}
	return []configdir.File{
		{Name: "items.csv", Data: items.Bytes()},
		{Name: "agents.csv", Data: agents.Bytes()},
		{Name: "temperaments.csv", Data: temperaments.Bytes()},
		{Name: "supervisor.csv", Data: supervisor.Bytes()},
	}
}

// tenths writes tenths of a second as seconds.
func tenths(n int) string { return fmt.Sprintf("%d.%d", n/seconds, n%seconds) }

func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
