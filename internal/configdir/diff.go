package configdir

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Needs names the files whose nouns must be read from the server to compare: those that are there, and those to which they refer.
func (d *Dir) Needs() []string {
	var files []string
	for _, file := range FileNames {
		refers := func(r reference) bool { return fileOf[r.to] == file }
		if d.has(file) || slices.ContainsFunc(d.open, refers) {
			files = append(files, file)
		}
	}
	return files
}

// Diff compares what the files say with what the server has. With prune, what the files don't name is to be deleted, of nouns whose file is
// there. Errors are Problems: references to what neither has, and changes that can't be made.
func Diff(d *Dir, s *State, prune bool) (*Plan, error) {
	if err := d.checkOpen(s.has); err != nil {
		return nil, err
	}
	c := &comparison{dir: d, state: s, prune: prune, plan: &Plan{}, versions: map[string]*int{}}
	c.names()
	if d.Organization != nil {
		c.organization()
	}
	compareAll(c, StatusesFile, d.Statuses, statusID, s.statuses, c.status, c.deleteStatus)
	compareAll(c, ProfilesFile, d.Profiles, profileID, s.profiles, c.profile, c.deleteProfile)
	compareAll(c, AgentsFile, d.Agents, agentID, s.agents, c.agent, c.deleteAgent)
	compareAll(c, QueuesFile, d.Queues, queueID, s.queues, c.queue, c.deleteQueue)
	compareAll(c, WorkstreamsFile, d.Workstreams, workstreamID, s.workstreams, c.workstream, c.deleteWorkstream)
	compareAll(c, ContactsFile, d.Contacts, contactID, s.contacts, c.contact, c.deleteContact)
	c.rows()
	c.contactPolicies()
	compareAll(c, RolesFile, d.Roles, roleID, s.roles, c.role, c.deleteRole)
	return c.plan, c.problems.err()
}

// has tells whether the server has what an id is of.
func (st *State) has(id string) bool {
	return st.statuses[id] != nil || st.profiles[id] != nil || st.agents[id] != nil || st.queues[id] != nil || st.workstreams[id] != nil || st.contacts[id] != nil
}

// comparison is a Diff in the making.
type comparison struct {
	dir      *Dir
	state    *State
	prune    bool
	plan     *Plan
	problems Problems
	// called is what ids are called, by the files or else by the server.
	called map[string]string
	// versions are those of the objects, shared by the calls that change one.
	versions map[string]*int
	// deleted are the contacts that are pruned; their rows and policies go with them.
	deleted map[string]bool
}

func (c *comparison) names() {
	c.called, c.deleted = map[string]string{}, map[string]bool{}
	for id, s := range c.state.statuses {
		c.called[id] = s.value.Text
	}
	for id, p := range c.state.profiles {
		c.called[id] = p.value.Name
	}
	for id, a := range c.state.agents {
		c.called[id] = a.value.Name
	}
	for id, q := range c.state.queues {
		c.called[id] = q.value.Name
	}
	for id, w := range c.state.workstreams {
		c.called[id] = w.value.Name
	}
	for id, p := range c.state.contacts {
		c.called[id] = p.value.FullName
	}
	for _, s := range c.dir.Statuses {
		c.called[s.ID] = s.Text
	}
	for _, p := range c.dir.Profiles {
		c.called[p.ID] = p.Name
	}
	for _, a := range c.dir.Agents {
		c.called[a.ID] = a.Name
	}
	for _, q := range c.dir.Queues {
		c.called[q.ID] = q.Name
	}
	for _, w := range c.dir.Workstreams {
		c.called[w.ID] = w.Name
	}
	for _, p := range c.dir.Contacts {
		c.called[p.ID] = p.FullName
	}
}

// name is what an id is called, in quotes, or the id. Quotes also keep what a terminal would obey out of the terminal.
func (c *comparison) name(id string) string {
	if name := c.called[id]; name != "" {
		return strconv.Quote(name)
	}
	return id
}

func (c *comparison) about(noun, id string) string {
	if c.called[id] == "" {
		return noun + " " + id
	}
	return noun + " " + id + " " + c.name(id)
}

func (c *comparison) add(sign rune, about string, details []string, tasks ...task) {
	c.plan.Changes = append(c.plan.Changes, Change{sign, about, details, tasks})
}

// unnamed counts what stays though the files don't name it.
func (c *comparison) unnamed(noun string, number int) {
	if number > 0 {
		c.plan.Unnamed = append(c.plan.Unnamed, Count{noun, number})
	}
}

// version gives the variable that holds the version of an object; it starts out as the version that was read.
func (c *comparison) version(id string, read int) *int {
	if c.versions[id] == nil {
		c.versions[id] = &read
	}
	return c.versions[id]
}

// compareAll compares the objects of a noun: compare is called with nil for what the server does not have.
func compareAll[T any](c *comparison, file string, wanted []T, id func(T) string, has map[string]*held[T],
	compare func(want T, has *held[T]), remove func(id string, has *held[T])) {
	if !c.dir.has(file) {
		return
	}
	named := map[string]bool{}
	for _, want := range sorted(wanted, id) {
		named[id(want)] = true
		compare(want, has[id(want)])
	}
	left := 0
	for _, id := range slices.Sorted(maps.Keys(has)) {
		switch {
		case named[id]:
		case c.prune:
			remove(id, has[id])
		default:
			left++
		}
	}
	c.unnamed(nounIn(file), left)
}

// nounIn says what a file of objects with ids of their own holds.
func nounIn(file string) string {
	for prefix, of := range fileOf {
		if of == file {
			return nounOf[prefix]
		}
	}
	return "role"
}

// fields collects what differs between two objects: for people, and as the input of an update.
type fields struct {
	details []string
	input   map[string]any
	// created: there is nothing to differ from, so every field counts and only its new value is told.
	created bool
}

func newFields(created bool) *fields { return &fields{input: map[string]any{}, created: created} }

// field compares one; show makes it readable.
func field[T any](f *fields, key string, had, want T, show func(T) string) {
	was, is := show(had), show(want)
	switch {
	case f.created:
		f.details = append(f.details, key+" "+is)
	case was != is:
		f.details = append(f.details, key+" "+was+" → "+is)
	default:
		return
	}
	f.input[key] = want
}

func word(s string) string { return s }

// known shows a text that may be missing.
func known(s string) string {
	if s == "" {
		return "none"
	}
	return strconv.Quote(s)
}

func spaced(words []string) string { return strings.Join(words, " ") }

// policy compares routing policies; a field that was set and no longer is becomes null, which takes it away.
func (f *fields) policy(prefix string, had, want RoutingPolicy) map[string]any {
	input := map[string]any{}
	add := func(key, was, is string, value any) {
		if was == is {
			return
		}
		input[key] = value
		if f.created || was == unset && had == (RoutingPolicy{}) {
			f.details = append(f.details, prefix+key+" "+is)
		} else {
			f.details = append(f.details, prefix+key+" "+was+" → "+is)
		}
	}
	add("enabled", flagText(had.Enabled), flagText(want.Enabled), want.Enabled)
	add("whenUnavailable", wordText(had.WhenUnavailable), wordText(want.WhenUnavailable), want.WhenUnavailable)
	add("retryPreferred", flagText(had.RetryPreferred), flagText(want.RetryPreferred), want.RetryPreferred)
	return input
}

const unset = "unset"

func flagText(v *bool) string {
	if v == nil {
		return unset
	}
	return strconv.FormatBool(*v)
}

func wordText(v *string) string {
	if v == nil {
		return unset
	}
	return *v
}

// rows compares the matrix. Agents who are no more count on neither side.
func (c *comparison) rows() {
	if !c.dir.has(MatrixFile) {
		return
	}
	named := map[string]bool{}
	for _, want := range sorted(c.dir.Matrix, rowID) {
		named[want.Contact] = true
		has := c.state.rows[want.Contact]
		version, sign, details := 0, '+', c.everybody(want.Agents)
		if has != nil {
			living := c.state.living(has.value.Agents)
			if slices.Equal(living, want.Agents) {
				continue
			}
			version = has.version
			sign, details = '~', c.everybody(living)+" → "+c.everybody(want.Agents)
		}
		c.add(sign, c.about("preferred agents of", want.Contact), []string{details}, task{phaseRows, []call{{
			noun: "matrix", operation: "SetPreferredAgents", input: map[string]any{"contactId": want.Contact, "agentIds": want.Agents},
			version: &version, expect: true,
		}}})
	}
	left := 0
	for _, id := range slices.Sorted(maps.Keys(c.state.rows)) {
		switch row := c.state.rows[id]; {
		case named[id] || c.deleted[id]:
		case c.prune:
			c.deleteRow(row)
		default:
			left++
		}
	}
	c.unnamed("row of preferred agents", left)
}

func (c *comparison) everybody(agents []string) string {
	if len(agents) == 0 {
		return "nobody"
	}
	names := make([]string, len(agents))
	for i, id := range agents {
		names[i] = c.name(id)
	}
	return strings.Join(names, ", ")
}

// deleteRow takes the agents out of a row one by one, which is how a row is removed.
func (c *comparison) deleteRow(row *held[Row]) {
	var calls []call
	version := row.version
	for _, agent := range row.value.Agents {
		calls = append(calls, call{
			noun: "matrix", operation: "RemovePreferredAgent",
			input:   map[string]any{"contactId": row.value.Contact, "agentId": agent},
			version: &version, expect: true,
		})
	}
	c.add('-', c.about("preferred agents of", row.value.Contact), []string{c.everybody(row.value.Agents)}, task{pruneRows, calls})
}

// contactPolicies compares the policies of contacts; no policy is one that sets nothing.
func (c *comparison) contactPolicies() {
	if !c.dir.has(ContactPoliciesFile) {
		return
	}
	named := map[string]bool{}
	for _, want := range sorted(c.dir.ContactPolicies, policyID) {
		named[want.Contact] = true
		had, set := c.state.policies[want.Contact]
		sign := '~'
		if !set {
			sign = '+'
		}
		c.contactPolicy(sign, phaseContactPolicies, want.Contact, had, want.RoutingPolicy)
	}
	left := 0
	for _, id := range slices.Sorted(maps.Keys(c.state.policies)) {
		switch {
		case named[id] || c.deleted[id]:
		case c.prune:
			c.contactPolicy('-', pruneContactPolicies, id, c.state.policies[id], RoutingPolicy{})
		default:
			left++
		}
	}
	c.unnamed("routing policy of a contact", left)
}

func (c *comparison) contactPolicy(sign rune, when phase, id string, had, want RoutingPolicy) {
	f := newFields(false)
	input := f.policy("", had, want)
	if len(input) == 0 {
		return
	}
	input["scopeId"] = id
	read := 0
	if has := c.state.contacts[id]; has != nil {
		read = has.version
	}
	c.add(sign, c.about("routing policy of", id), f.details, task{when, []call{policyCall(input, c.version(id, read))}})
}

// organizationID is the id of the one organisation.
const organizationID = "or_1"

func policyCall(input map[string]any, version *int) call {
	return call{noun: "organization", operation: "UpdateRoutingPolicy", input: input, version: version, expect: true}
}

// immutable tells of a change that can't be made.
func (c *comparison) immutable(file, id, key, had, want string) {
	if had != want {
		c.problems.add(file, c.dir.lines[id], "%s: can't be changed: it is %s on the server; make a new %s instead", key, had,
			fmt.Sprint(nounOf[id[:3]]))
	}
}
