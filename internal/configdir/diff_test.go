package configdir

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stateOf is a server that has what files say; versions are 7.
func stateOf(t *testing.T, texts map[string]string) *State {
	t.Helper()
	d := load(t, folder(texts))
	st := emptyState()
	if d.Organization != nil {
		st.organization = held[Organization]{*d.Organization, 7}
	}
	for _, s := range d.Statuses {
		st.statuses[s.ID] = &held[Status]{s, 7}
	}
	for _, p := range d.Profiles {
		st.profiles[p.ID] = &held[Profile]{p, 7}
	}
	for _, a := range d.Agents {
		st.agents[a.ID] = &held[Agent]{a, 7}
	}
	for _, q := range d.Queues {
		st.queues[q.ID] = &held[Queue]{q, 7}
	}
	for _, w := range d.Workstreams {
		st.workstreams[w.ID] = &held[Workstream]{w, 7}
	}
	for _, c := range d.Contacts {
		st.contacts[c.ID] = &held[Contact]{c, 7}
	}
	for _, r := range d.Matrix {
		st.rows[r.Contact] = &held[Row]{r, 7}
	}
	for _, r := range d.Roles {
		st.roles[r.Name] = &held[Role]{r, 7}
	}
	for _, p := range d.ContactPolicies {
		st.policies[p.Contact] = p.RoutingPolicy
	}
	return st
}

// before and after are a contact centre at two times, in which everything that can change does.
var before = map[string]string{
	OrganizationFile: "reconnectSeconds: 20\nopenWorkLimit: 5\ntimeZone: Europe/Berlin\ndefaultPresenceStatus: <ps1>\nroutingPolicy:\n  enabled: true\n  retryPreferred: false\n",
	StatusesFile: `
- {id: <ps1>, text: Training, base: AWAY, grantedTo: [<ag1>, <ag2>]}
- {id: <ps2>, text: Desk, base: BUSY, forEveryone: true, grantedTo: []}
- {id: <ps3>, text: Old, base: AWAY, grantedTo: [<ag4>]}
`,
	ProfilesFile: `
- {id: <cp1>, name: Calls, limit: 3}
- {id: <cp2>, name: Complaints, limit: 5, reset: END_OF_DAY}
- {id: <cp3>, name: Old, limit: 1}
`,
	AgentsFile: `
- {id: <ag1>, name: Ana, capacityUnits: 4, timeZone: Asia/Tokyo, capacityProfiles: [{profile: <cp1>}, {profile: <cp3>}], defaultPresenceStatus: <ps3>}
- {id: <ag2>, name: Béla, capacityUnits: 5, interruptibleUnits: 2, capacityProfiles: [{profile: <cp2>, limit: 4}]}
- {id: <ag3>, name: Chiara, capacityUnits: 6}
- {id: <ag4>, name: Dora, capacityUnits: 6}
`,
	QueuesFile: `
- {id: <qu1>, name: Billing, members: [<ag1>, <ag2>]}
- {id: <qu2>, name: Sales, members: [<ag4>]}
- {id: <qu3>, name: Old}
`,
	WorkstreamsFile: `
- {id: <ws1>, name: Chat, channel: CHAT, queue: <qu1>, allowedPresences: [BUSY, AVAILABLE]}
- {id: <ws2>, name: Mail, channel: EMAIL, queue: <qu1>, routingPolicy: {enabled: false, whenUnavailable: NEXT_BEST_AGENT}}
- {id: <ws3>, name: Fax, channel: FAX, queue: <qu3>}
- {id: <ws5>, name: Case, channel: CASE, queue: <qu1>, capacityProfiles: [<cp1>, <cp3>], wrapUp: TIMED, wrapUpSeconds: 9, missedSetsInactive: true}
`,
	ContactsFile: contactsHeader + `<ct1>,Łucja,l@example.com,1
<ct2>,Max,,
<ct3>,Noor,,
<ct4>,Otto,,
`,
	MatrixFile:          matrixHeader + "<ct1>,<ag1>,<ag2>,\n<ct2>,<ag3>,,\n<ct3>,<ag3>,,\n<ct4>,<ag4>,,\n",
	ContactPoliciesFile: policiesHeader + "<ct1>,true,,\n<ct2>,,LEAVE_UNASSIGNED,\n<ct3>,,,true\n<ct4>,,,true\n",
	RolesFile: `
- {name: LEAD, permissions: [WORK_READ, SETTINGS_READ]}
- {name: CLERK, description: "Keeps the files.", permissions: [CONTACTS_READ, CONTACTS_WRITE]}
- {name: OLD, permissions: [OWN_WORK]}
`,
}

var after = map[string]string{
	OrganizationFile: "reconnectSeconds: 30\nmissedSetsInactive: true\ndefaultPresenceStatus: ps_offline\nroutingPolicy:\n  enabled: false\n",
	StatusesFile: `
- {id: <ps1>, text: In training, base: OFFLINE, grantedTo: [<ag2>, <ag5>]}
- {id: <ps2>, text: Desk, base: BUSY}
- {id: <ps4>, text: New, base: AWAY, grantedTo: [<ag1>]}
`,
	ProfilesFile: `
- {id: <cp1>, name: Calls, limit: 4, blocking: true}
- {id: <cp2>, name: Complaints, limit: 5, reset: END_OF_DAY}
- {id: <cp4>, name: New, limit: 2}
`,
	AgentsFile: `
- {id: <ag1>, name: Anna, capacityProfiles: [{profile: <cp1>, limit: 9}, {profile: <cp4>}], defaultPresenceStatus: <ps4>}
- {id: <ag2>, name: Béla, capacityUnits: 5, interruptibleUnits: 3, timeZone: Europe/Paris}
- {id: <ag3>, name: "  Chiara ", capacityUnits: 7}
- {id: <ag5>, name: "Eve \u200f", capacityUnits: 1}
`,
	QueuesFile: `
- {id: <qu1>, name: Billing, priority: 50, members: [<ag5>, <ag2>, <ag3>]}
- {id: <qu2>, name: Sales}
- {id: <qu4>, name: New, assignmentMethod: ROUND_ROBIN, members: [<ag1>]}
`,
	WorkstreamsFile: `
- {id: <ws1>, name: Chat, channel: CHAT, queue: <qu4>, allowedPresences: [BUSY], offerSeconds: 30, routingPolicy: {enabled: true}}
- {id: <ws2>, name: Mail, channel: EMAIL, queue: <qu1>, routingPolicy: {whenUnavailable: LEAVE_UNASSIGNED}}
- {id: <ws4>, name: Line, channel: VOICE, queue: <qu1>, capacityProfiles: [<cp4>], wrapUp: TIMED, wrapUpSeconds: 30, routingPolicy: {retryPreferred: true}}
- {id: <ws5>, name: Case, channel: CASE, queue: <qu1>, capacityPercent: 25, capacityType: INTERRUPTIBLE, wrapUp: UNTIL_ENDED, waitingHoldsCapacity: false}
`,
	ContactsFile: contactsHeader + `<ct1>,Łucja Nowa,,2
<ct2>,Max,m@example.com,
<ct3>,Noor,,
<ct5>,Pia,,+1
`,
	MatrixFile:          matrixHeader + "<ct1>,<ag2>,<ag1>,\n<ct2>,<ag3>,,\n<ct5>,<ag5>,<ag1>,<ag2>\n",
	ContactPoliciesFile: policiesHeader + "<ct1>,false,,true\n<ct2>,,LEAVE_UNASSIGNED,\n<ct5>,true,,\n",
	RolesFile: `
- {name: LEAD, description: Leads, permissions: [SETTINGS_READ, WORK_READ]}
- {name: CLERK, permissions: [CONTACTS_READ]}
- {name: NEW, description: "A: \u200f", permissions: [SERVER_OPERATE, ACCESS_READ]}
`,
}

const (
	matrixHeader   = "contact,agent1,agent2,agent3\n"
	policiesHeader = "contact,enabled,whenUnavailable,retryPreferred\n"
)

func diff(t *testing.T, files fstest.MapFS, st *State, prune bool) *Plan {
	t.Helper()
	p, err := Diff(load(t, files), st, prune)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is printed for every kind of difference, without and with --prune.
func TestDiffGolden(t *testing.T) {
	for name, prune := range map[string]bool{"diff.txt": false, "prune.txt": true} {
		var b strings.Builder
		if err := diff(t, folder(after), stateOf(t, before), prune).Print(&b); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s: got\n%s", name, b.String())
		}
	}
}

// What the files say is what the server has: nothing to do, whatever the order, and agents who are no more count for nothing.
func TestDiffOfTheSame(t *testing.T) {
	st := stateOf(t, before)
	for _, prune := range []bool{false, true} {
		if p := diff(t, folder(before), st, prune); !p.Empty() || len(p.Unnamed) > 0 || p.Calls() > 0 {
			t.Errorf("prune %t: %+v", prune, p)
		}
	}
	st.rows[ct1].value.Agents = append([]string{id("ag", 9)}, st.rows[ct1].value.Agents...)
	st.gone[id("ag", 9)] = true
	if p := diff(t, folder(before), st, false); !p.Empty() {
		t.Errorf("with an agent who is no more: %+v", p)
	}
	if got := said(load(t, filesOf(st.Dir()))); len(got.Matrix) != 4 || len(got.Matrix[0].Agents) != 2 {
		t.Errorf("an export names an agent who is no more: %+v", got.Matrix)
	}
	var b strings.Builder
	if err := diff(t, folder(before), st, false).Print(&b); err != nil || b.String() != "Nothing to do: the server is as the files say.\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// A noun without a file is left alone, also by prune.
func TestDiffLeavesAloneWhatHasNoFile(t *testing.T) {
	for _, name := range FileNames {
		st := stateOf(t, before)
		one := map[string]string{name: after[name]}
		for _, r := range load(t, folder(one)).open { // what it refers to is there
			switch r.to {
			case statusPrefix:
				st.statuses[r.id] = &held[Status]{}
			case profilePrefix:
				st.profiles[r.id] = &held[Profile]{}
			default:
				st.agents[r.id] = &held[Agent]{}
			}
		}
		p, err := Diff(load(t, folder(one)), st, true)
		if err != nil {
			t.Fatal(err)
		}
		if p.Empty() {
			t.Errorf("%s: nothing differs", name)
		}
		allowed := map[string]string{
			OrganizationFile: "organization", StatusesFile: "presence status ", ProfilesFile: "capacity profile ", AgentsFile: "agent ", QueuesFile: "queue ", WorkstreamsFile: "workstream ", ContactsFile: "contact ",
			MatrixFile: "preferred agents of ", ContactPoliciesFile: "routing policy of ", RolesFile: "role ",
		}[name]
		for _, c := range p.Changes {
			if !strings.HasPrefix(c.About, allowed) {
				t.Errorf("only %s, but %c %s", name, c.Sign, c.About)
			}
		}
	}
}

// What can't be changed is told with the line, before anything is sent.
func TestDiffRefuses(t *testing.T) {
	files := map[string]string{ProfilesFile: "- {id: <cp1>, name: Calls, limit: 3, reset: END_OF_DAY}\n", WorkstreamsFile: `
- {id: <ws1>, name: Chat, channel: SMS, queue: <qu1>}
- id: <ws2>
  name: Mail
  channel: EMAIL
  distributionMode: PICK
  queue: <qu1>
`}
	_, err := Diff(load(t, folder(files)), stateOf(t, before), false)
	want := `capacity_profiles.yaml:1: reset: can't be changed: it is IMMEDIATE on the server; make a new capacity profile instead
workstreams.yaml:2: channel: can't be changed: it is CHAT on the server; make a new workstream instead
workstreams.yaml:3: distributionMode: can't be changed: it is PUSH on the server; make a new workstream instead`
	var problems Problems
	if !errors.As(err, &problems) || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// Versions: a change expects the one that was read, and so does each further change of the same object; what is created expects none.
func TestDiffExpectsVersions(t *testing.T) {
	p := diff(t, folder(after), stateOf(t, before), true)
	of := map[*int][]string{}
	for _, c := range p.Changes {
		for _, task := range c.tasks {
			for _, call := range task.calls {
				if call.version != nil {
					of[call.version] = append(of[call.version], call.operation)
				}
				create := strings.HasPrefix(call.operation, "Create")
				members := slices.Contains(unversioned, call.operation)
				if call.expect == (create || members) {
					t.Errorf("%s %s: expects a version: %t", c.About, call.operation, call.expect)
				}
				row := call.operation == "SetPreferredAgents"
				if call.expect && *call.version != 7 && !(row && *call.version == 0) && !strings.HasSuffix(c.About, `"Pia"`) && !strings.HasSuffix(c.About, `"Line"`) {
					t.Errorf("%s %s: expects %d", c.About, call.operation, *call.version)
				}
			}
		}
	}
	shared := map[string]bool{}
	for _, operations := range of {
		shared[strings.Join(operations, " ")] = true
	}
	for _, want := range []string{
		"UpdateOrganization UpdateRoutingPolicy", "UpdateWorkstream UpdateRoutingPolicy", "CreateWorkstream UpdateRoutingPolicy",
		"UpdateContact UpdateRoutingPolicy", "CreateContact UpdateRoutingPolicy",
	} {
		if !shared[want] {
			t.Errorf("no object is changed by %s with one version: %v", want, shared)
		}
	}
}
