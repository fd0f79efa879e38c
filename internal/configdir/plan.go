package configdir

import (
	"fmt"
	"io"
	"strings"
)

// Plan is what would have to change on a server, and how.
type Plan struct {
	// Changes are the differences in the order in which they are told: by noun, then by id.
	Changes []Change
	// Unnamed counts what the server has and the files do not name, by noun in the order of the files; with prune it is empty.
	Unnamed []Count
}

// Change is how one object differs.
type Change struct {
	// Sign is + for what is to be created, ~ changed, - deleted.
	Sign rune
	// About says which object: noun, id and name.
	About string
	// Details are what differs, field by field.
	Details []string

	tasks []task
}

// Count is how many there are of something.
type Count struct {
	Noun   string
	Number int
}

// phase says when a task's turn is: all of one are done before the next begins, so that what is referred to is there first and goes last.
type phase int

const (
	phaseStatuses phase = iota
	phaseProfiles
	phaseAgents
	phaseAgentProfiles
	phaseGrants
	phaseQueues
	phaseMembers
	phaseOrganization
	phaseWorkstreams
	phaseContacts
	phaseRows
	phaseContactPolicies
	phaseRoles
	pruneRoles
	pruneContactPolicies
	pruneRows
	pruneContacts
	pruneWorkstreams
	pruneQueues
	pruneAgents
	pruneProfiles
	pruneStatuses
	phases
)

// width is how many tasks of a phase are under way at once. What there are many of is sent side by side, because it shares commits; the
// rest one by one, in the order of the files.
func (p phase) width() int {
	switch p {
	case phaseContacts, phaseRows, phaseContactPolicies, pruneContactPolicies, pruneRows, pruneContacts:
		return maxAtOnce
	default:
		return 1
	}
}

// maxAtOnce is how many calls are under way at once.
const maxAtOnce = 64

// task is calls that must follow each other.
type task struct {
	phase phase
	calls []call
}

// call is a mutation.
type call struct {
	noun, operation string
	input           map[string]any
	// version is that of the object, shared by all calls that change it: what the answer says goes into it. expect sends it along, so that
	// a change that somebody else made since is not overwritten.
	version *int
	expect  bool
}

// Empty tells whether the server is as the files say.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Calls is how many mutations the plan takes.
func (p *Plan) Calls() int {
	n := 0
	for _, c := range p.Changes {
		for _, t := range c.tasks {
			n += len(t.calls)
		}
	}
	return n
}

// Print writes a line for each object that differs, then what the files do not name, then a summary.
func (p *Plan) Print(w io.Writer) error {
	var b strings.Builder
	signs := map[rune]int{}
	for _, c := range p.Changes {
		signs[c.Sign]++
		fmt.Fprintf(&b, "%c %s", c.Sign, c.About)
		if len(c.Details) > 0 {
			b.WriteString(": " + strings.Join(c.Details, "; "))
		}
		b.WriteByte('\n')
	}
	if len(p.Unnamed) > 0 {
		var parts []string
		for _, u := range p.Unnamed {
			parts = append(parts, fmt.Sprintf("%d × %s", u.Number, u.Noun))
		}
		fmt.Fprintf(&b, "The server has more that the files do not name: %s. It stays; --prune deletes it.\n", strings.Join(parts, ", "))
	}
	if p.Empty() {
		b.WriteString("Nothing to do: the server is as the files say.\n")
	} else {
		fmt.Fprintf(&b, "To create: %d, to change: %d, to delete: %d.\n", signs['+'], signs['~'], signs['-'])
	}
	_, err := io.WriteString(w, b.String())
	return err
}
