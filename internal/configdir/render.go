package configdir

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// File is a file of a folder.
type File struct {
	Name string
	Data []byte
}

// Render gives the files of what a Dir has, always the same bytes for the same content: by id, every setting spelt out. YAML is written
// by hand, for the comments and a layout that reads well in a diff: one thing per line.
func Render(d *Dir) []File {
	var files []File
	add := func(name string, there bool, render func(*Dir) []byte) {
		if there {
			files = append(files, File{name, render(d)})
		}
	}
	add(OrganizationFile, d.Organization != nil, renderOrganization)
	add(StatusesFile, d.Statuses != nil, renderStatuses)
	add(ProfilesFile, d.Profiles != nil, renderProfiles)
	add(AgentsFile, d.Agents != nil, renderAgents)
	add(QueuesFile, d.Queues != nil, renderQueues)
	add(WorkstreamsFile, d.Workstreams != nil, renderWorkstreams)
	add(ContactsFile, d.Contacts != nil, renderContacts)
	add(MatrixFile, d.Matrix != nil, renderMatrix)
	add(ContactPoliciesFile, d.ContactPolicies != nil, renderContactPolicies)
	add(RolesFile, d.Roles != nil, renderRoles)
	return files
}

// sorted is a list in the order of ids.
func sorted[T any](list []T, id func(T) string) []T {
	return slices.SortedStableFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(id(a), id(b)) })
}

func agentID(a Agent) string           { return a.ID }
func queueID(q Queue) string           { return q.ID }
func workstreamID(w Workstream) string { return w.ID }
func contactID(c Contact) string       { return c.ID }
func rowID(r Row) string               { return r.Contact }
func policyID(p ContactPolicy) string  { return p.Contact }
func roleID(r Role) string             { return r.Name }
func statusID(s Status) string         { return s.ID }
func profileID(p Profile) string       { return p.ID }

func renderOrganization(d *Dir) []byte {
	var b bytes.Buffer
	b.WriteString(`# What applies wherever nothing narrower is set. A line that is left out stands for the default.

# For how many seconds an agent whose connection is lost keeps their open offers.
`)
	fmt.Fprintf(&b, "reconnectSeconds: %d\n", d.Organization.ReconnectSeconds)
	renderOrganizationPresence(&b, d)
	b.WriteString("\n# How work reaches preferred agents. Unless set: off; NEXT_BEST_AGENT for CHAT and VOICE, LEAVE_UNASSIGNED for the others.\n")
	if d.Organization.RoutingPolicy == (RoutingPolicy{}) {
		b.WriteString("# routingPolicy is not set.\n")
	}
	renderPolicy(&b, "", d.Organization.RoutingPolicy)
	return b.Bytes()
}

func renderPolicy(b *bytes.Buffer, indent string, p RoutingPolicy) {
	if p == (RoutingPolicy{}) {
		return
	}
	fmt.Fprintf(b, "%sroutingPolicy:\n", indent)
	if p.Enabled != nil {
		fmt.Fprintf(b, "%s  enabled: %t\n", indent, *p.Enabled)
	}
	if p.WhenUnavailable != nil {
		fmt.Fprintf(b, "%s  whenUnavailable: %s\n", indent, *p.WhenUnavailable)
	}
	if p.RetryPreferred != nil {
		fmt.Fprintf(b, "%s  retryPreferred: %t\n", indent, *p.RetryPreferred)
	}
}

func renderAgents(d *Dir) []byte {
	var b bytes.Buffer
	b.WriteString("# The agents, and how many units of work each can hold at once.\n")
	names := calledIn(d)
	for _, a := range sorted(d.Agents, agentID) {
		fmt.Fprintf(&b, "\n- id: %s\n  name: %s\n", a.ID, quote(a.Name))
		renderAgentCapacity(&b, a, names)
	}
	return b.Bytes()
}

func renderQueues(d *Dir) []byte {
	names := calledIn(d)
	var b bytes.Buffer
	b.WriteString(`# The queues with their members. Among the queues of an agent, the one with the lower priority number is served first.
`)
	for _, q := range sorted(d.Queues, queueID) {
		fmt.Fprintf(&b, "\n- id: %s\n  name: %s\n  priority: %d\n  assignmentMethod: %s\n", q.ID, quote(q.Name), q.Priority, q.AssignmentMethod)
		renderIDs(&b, "members", q.Members, names)
	}
	return b.Bytes()
}

// renderIDs writes a list of ids with their names; nothing for nil.
func renderIDs(b *bytes.Buffer, key string, ids []string, names map[string]string) {
	switch {
	case ids == nil:
	case len(ids) == 0:
		fmt.Fprintf(b, "  %s: []\n", key)
	default:
		fmt.Fprintf(b, "  %s:\n", key)
	}
	for _, id := range slices.Sorted(slices.Values(ids)) {
		fmt.Fprintf(b, "    - %s%s\n", id, remark(names[id]))
	}
}

func renderWorkstreams(d *Dir) []byte {
	names := calledIn(d)
	var b bytes.Buffer
	b.WriteString(`# The workstreams: by which channel work comes, in which queue it waits, what it costs and how it is offered. What a routingPolicy
# sets here goes before the one of the organisation.
`)
	for _, w := range sorted(d.Workstreams, workstreamID) {
		fmt.Fprintf(&b, "\n- id: %s\n  name: %s\n  channel: %s\n  distributionMode: %s\n  queue: %s%s\n",
			w.ID, quote(w.Name), w.Channel, w.DistributionMode, w.Queue, remark(names[w.Queue]))
		fmt.Fprintf(&b, "  allowedPresences: [%s]\n", strings.Join(inOrder(w.AllowedPresences, presences), ", "))
		renderCost(&b, w, names)
		fmt.Fprintf(&b, "  priority: %d\n  acceptMode: %s\n  offerSeconds: %d\n  declineLimit: %d\n", w.Priority, w.AcceptMode, w.OfferSeconds, w.DeclineLimit)
		renderAfterwards(&b, w)
		renderPolicy(&b, "  ", w.RoutingPolicy)
	}
	return b.Bytes()
}

func renderRoles(d *Dir) []byte {
	var b bytes.Buffer
	b.WriteString(`# Roles of one's own, besides ADMIN, MANAGER, AGENT, SERVICE and OBSERVER, which every server has. Tokens name them.
`)
	for _, r := range sorted(d.Roles, roleID) {
		fmt.Fprintf(&b, "\n- name: %s\n", r.Name)
		if r.Description != "" {
			fmt.Fprintf(&b, "  description: %s\n", quote(r.Description))
		}
		b.WriteString("  permissions:\n")
		for _, p := range inOrder(r.Permissions, permissions) {
			fmt.Fprintf(&b, "    - %s\n", p)
		}
	}
	return b.Bytes()
}

func renderContacts(d *Dir) []byte {
	records := [][]string{contactColumns}
	for _, c := range sorted(d.Contacts, contactID) {
		records = append(records, []string{c.ID, c.FullName, c.Email, c.MobilePhone})
	}
	return renderTable(records)
}

func renderMatrix(d *Dir) []byte {
	records := [][]string{matrixColumns}
	for _, row := range sorted(d.Matrix, rowID) {
		cells := make([]string, len(matrixColumns))
		cells[0] = row.Contact
		copy(cells[1:], row.Agents)
		records = append(records, cells)
	}
	return renderTable(records)
}

func renderContactPolicies(d *Dir) []byte {
	records := [][]string{policyColumns}
	for _, p := range sorted(d.ContactPolicies, policyID) {
		cells := []string{p.Contact, "", "", ""}
		if v := p.RoutingPolicy.Enabled; v != nil {
			cells[1] = strconv.FormatBool(*v)
		}
		if v := p.RoutingPolicy.WhenUnavailable; v != nil {
			cells[2] = *v
		}
		if v := p.RoutingPolicy.RetryPreferred; v != nil {
			cells[3] = strconv.FormatBool(*v)
		}
		records = append(records, cells)
	}
	return renderTable(records)
}

func renderTable(records [][]string) []byte {
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(records) // memory takes it all
	return b.Bytes()
}

// remark is a name as a comment at the end of a line; nothing for a name that is not known.
func remark(name string) string {
	if name == "" {
		return ""
	}
	return " # " + strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
}

// reserved are words that some reader of YAML takes as something else than a text.
var reserved = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"}

// quote writes a text as a YAML scalar: as it is where it begins with a letter and holds nothing but letters, digits, spaces and the marks
// that names have; otherwise in quotes.
func quote(s string) string {
	plain := s != "" && !slices.Contains(reserved, strings.ToLower(s)) && !strings.HasSuffix(s, " ")
	for i, r := range s {
		inner := unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(" '.-&()", r)
		plain = plain && (unicode.IsLetter(r) || i > 0 && inner)
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r) || unicode.Is(unicode.Co, r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
