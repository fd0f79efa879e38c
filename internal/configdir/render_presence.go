package configdir

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Writing what there is of presence and capacity (PR-2, PR-3, CP-2 to CP-5).

// calledIn is what the ids of a Dir are called, for remarks.
func calledIn(d *Dir) map[string]string {
	names := map[string]string{}
	for _, a := range d.Agents {
		names[a.ID] = a.Name
	}
	for _, q := range d.Queues {
		names[q.ID] = q.Name
	}
	for _, s := range d.Statuses {
		names[s.ID] = s.Text
	}
	for _, p := range d.Profiles {
		names[p.ID] = p.Name
	}
	return names
}

func renderOrganizationPresence(b *bytes.Buffer, d *Dir) {
	o := d.Organization
	b.WriteString("\n# How many assignments and open offers an agent can have by automatic ways.\n")
	fmt.Fprintf(b, "openWorkLimit: %d\n", o.OpenWorkLimit)
	b.WriteString("\n# What becomes of the presence of an agent who misses or rejects an offer.\n")
	fmt.Fprintf(b, "missedSetsInactive: %t\nrejectedSetsDoNotDisturb: %t\n", o.MissedSetsInactive, o.RejectedSetsDoNotDisturb)
	b.WriteString("\n# Where the day ends, and with which presence status they sign in, of agents who have none of their own. Unless set: ps_available.\n")
	fmt.Fprintf(b, "timeZone: %s\n", quote(o.TimeZone))
	renderDefaultStatus(b, "", o.DefaultPresenceStatus, calledIn(d))
}

func renderDefaultStatus(b *bytes.Buffer, indent, id string, names map[string]string) {
	if id != "" {
		fmt.Fprintf(b, "%sdefaultPresenceStatus: %s%s\n", indent, id, remark(names[id]))
	}
}

func renderStatuses(d *Dir) []byte {
	names := calledIn(d)
	var b bytes.Buffer
	b.WriteString("# Presence statuses of one's own: people read the text, routing reads the base. Those that are not for everyone are granted to agents.\n")
	for _, s := range sorted(d.Statuses, statusID) {
		fmt.Fprintf(&b, "\n- id: %s\n  text: %s\n  base: %s\n  forEveryone: %t\n", s.ID, quote(s.Text), s.Base, s.ForEveryone)
		renderIDs(&b, "grantedTo", s.GrantedTo, names)
	}
	return b.Bytes()
}

func renderProfiles(d *Dir) []byte {
	var b bytes.Buffer
	b.WriteString("# Capacity profiles: how many items of a kind an agent who has the profile can have at once, or per day.\n")
	for _, p := range sorted(d.Profiles, profileID) {
		fmt.Fprintf(&b, "\n- id: %s\n  name: %s\n  limit: %d\n  blocking: %t\n  reset: %s\n", p.ID, quote(p.Name), p.Limit, p.Blocking, p.Reset)
	}
	return b.Bytes()
}

func renderAgentCapacity(b *bytes.Buffer, a Agent, names map[string]string) {
	if a.CapacityUnits != nil {
		fmt.Fprintf(b, "  capacityUnits: %d\n", *a.CapacityUnits)
	}
	if a.InterruptibleUnits != nil {
		fmt.Fprintf(b, "  interruptibleUnits: %d\n", *a.InterruptibleUnits)
	}
	if len(a.CapacityProfiles) > 0 {
		b.WriteString("  capacityProfiles:\n")
	}
	for _, p := range sorted(a.CapacityProfiles, func(p AgentProfile) string { return p.Profile }) {
		fmt.Fprintf(b, "    - profile: %s%s\n", p.Profile, remark(names[p.Profile]))
		if p.Limit != nil {
			fmt.Fprintf(b, "      limit: %d\n", *p.Limit)
		}
	}
	renderDefaultStatus(b, "  ", a.DefaultPresenceStatus, names)
	if a.TimeZone != "" {
		fmt.Fprintf(b, "  timeZone: %s\n", quote(a.TimeZone))
	}
}

func renderCost(b *bytes.Buffer, w Workstream, names map[string]string) {
	switch c := w.Cost; {
	case len(c.CapacityProfiles) > 0:
		renderIDs(b, "capacityProfiles", c.CapacityProfiles, names)
	case c.CapacityPercent > 0:
		fmt.Fprintf(b, "  capacityPercent: %d\n", c.CapacityPercent)
	default:
		fmt.Fprintf(b, "  capacityUnits: %d\n", c.CapacityUnits)
	}
	fmt.Fprintf(b, "  capacityType: %s\n", w.CapacityType)
}

// renderAfterwards writes what comes after an offer or the work.
func renderAfterwards(b *bytes.Buffer, w Workstream) {
	fmt.Fprintf(b, "  wrapUp: %s\n", w.WrapUp)
	if w.WrapUpSeconds > 0 {
		fmt.Fprintf(b, "  wrapUpSeconds: %d\n", w.WrapUpSeconds)
	}
	fmt.Fprintf(b, "  waitingHoldsCapacity: %t\n", w.WaitingHoldsCapacity)
	if v := w.MissedSetsInactive; v != nil {
		fmt.Fprintf(b, "  missedSetsInactive: %t\n", *v)
	}
	if v := w.RejectedSetsDoNotDisturb; v != nil {
		fmt.Fprintf(b, "  rejectedSetsDoNotDisturb: %t\n", *v)
	}
}

// costText is a cost as differences show it.
func (c Cost) costText() (key, text string, value any) {
	switch {
	case len(c.CapacityProfiles) > 0:
		return "capacityProfiles", strings.Join(slices.Sorted(slices.Values(c.CapacityProfiles)), " "), c.CapacityProfiles
	case c.CapacityPercent > 0:
		return "capacityPercent", fmt.Sprint(c.CapacityPercent), c.CapacityPercent
	}
	return "capacityUnits", fmt.Sprint(c.CapacityUnits), c.CapacityUnits
}
