package configdir

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// id makes an id with which a person can count.
func id(prefix string, n int) string {
	return fmt.Sprintf("%s_01900000-0000-7000-8000-%012d", prefix, n)
}

var ag1, ag2, ag3, qu1, ws1, ct1, ct2 = id("ag", 1), id("ag", 2), id("ag", 3), id("qu", 1), id("ws", 1), id("ct", 1), id("ct", 2)

// short are files in which ids are written ag1, qu2 and the like.
func short(text string) string {
	for _, prefix := range []string{"ag", "qu", "ws", "ct", "ps", "cp"} {
		for n := range 9 {
			text = strings.ReplaceAll(text, fmt.Sprintf("<%s%d>", prefix, n), id(prefix, n))
		}
	}
	return text
}

// small is a contact centre of one of each, with everything left out that may be.
func small() fstest.MapFS {
	return folder(map[string]string{
		OrganizationFile:    "# nothing set\n",
		StatusesFile:        "- id: <ps1>\n  text: Training\n  base: AWAY\n",
		ProfilesFile:        "- id: <cp1>\n  name: Calls\n  limit: 3\n",
		AgentsFile:          "- id: <ag1>\n  name: Zoë\n",
		QueuesFile:          "- id: <qu1>\n  name: Billing\n",
		WorkstreamsFile:     "- id: <ws1>\n  name: Chat\n  channel: CHAT\n  queue: <qu1>\n",
		ContactsFile:        "id,fullName,email,mobilePhone\n<ct1>,\"Łucja, the first\",,\n",
		MatrixFile:          "contact,agent1,agent2,agent3\n<ct1>,<ag1>,,\n",
		ContactPoliciesFile: "contact,enabled,whenUnavailable,retryPreferred\n<ct1>,,LEAVE_UNASSIGNED,TRUE\n",
		RolesFile:           "- name: LEAD\n  permissions: [OWN_WORK, SETTINGS_READ]\n",
	})
}

func folder(texts map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(short(text))}
	}
	return files
}

func load(t *testing.T, files fstest.MapFS) *Dir {
	t.Helper()
	d, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// said is what a Dir says, without where it stands.
func said(d *Dir) Dir {
	plain := *d
	plain.lines, plain.open = nil, nil
	return plain
}

// What is left out gets the default of the API; members that are left out stay as they are.
func TestLoadDefaults(t *testing.T) {
	got := said(load(t, small()))
	want := Dir{
		Organization: &Organization{ReconnectSeconds: 10, OpenWorkLimit: 10, TimeZone: "UTC"},
		Statuses:     []Status{{ID: id("ps", 1), Text: "Training", Base: "AWAY"}},
		Profiles:     []Profile{{ID: id("cp", 1), Name: "Calls", Limit: 3, Reset: "IMMEDIATE"}},
		Agents:       []Agent{{ID: ag1, Name: "Zoë"}},
		Queues:       []Queue{{ID: qu1, Name: "Billing", Priority: 100, AssignmentMethod: "HIGHEST_CAPACITY"}},
		Workstreams: []Workstream{{ID: ws1, Name: "Chat", Channel: "CHAT", DistributionMode: "PUSH", Queue: qu1,
			AllowedPresences: []string{"AVAILABLE"}, Cost: Cost{CapacityUnits: 1}, CapacityType: "NOT_INTERRUPTIBLE", Priority: 100, AcceptMode: "MANUAL",
			OfferSeconds: 120, DeclineLimit: 3, WrapUp: "NONE", WaitingHoldsCapacity: true}},
		Contacts:        []Contact{{ID: ct1, FullName: "Łucja, the first"}},
		Matrix:          []Row{{Contact: ct1, Agents: []string{ag1}}},
		ContactPolicies: []ContactPolicy{{ct1, RoutingPolicy{WhenUnavailable: new("LEAVE_UNASSIGNED"), RetryPreferred: new(true)}}},
		Roles:           []Role{{Name: "LEAD", Permissions: []string{"SETTINGS_READ", "OWN_WORK"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A file that is not there leaves its noun alone, which is another thing than one that names nothing.
func TestLoadWithoutFiles(t *testing.T) {
	for name := range small() {
		files := small()
		delete(files, name)
		d, err := Load(files)
		if err != nil {
			t.Fatalf("without %s: %v", name, err)
		}
		for _, other := range FileNames {
			if d.has(other) != (other != name) {
				t.Errorf("without %s: has(%s) is %t", name, other, d.has(other))
			}
		}
	}
	d := load(t, folder(map[string]string{AgentsFile: "# nobody\n", MatrixFile: "contact,agent1,agent2,agent3\n"}))
	if d.Agents == nil || d.Matrix == nil || len(d.Agents)+len(d.Matrix) > 0 {
		t.Errorf("empty files: %+v", d)
	}
	if _, err := Load(folder(map[string]string{"README.md": "hello"})); err == nil || !strings.Contains(err.Error(), "none of the files") {
		t.Errorf("a folder of something else: %v", err)
	}
}

// References to a noun without a file wait for the server, with their place.
func TestLoadOpenReferences(t *testing.T) {
	d := load(t, folder(map[string]string{
		QueuesFile: "- id: <qu1>\n  name: Billing\n  members:\n    - <ag2>\n", MatrixFile: "contact,agent1,agent2,agent3\n<ct2>,<ag1>,,\n",
	}))
	if want := []string{AgentsFile, QueuesFile, ContactsFile, MatrixFile}; !reflect.DeepEqual(d.Needs(), want) {
		t.Errorf("needs %v, want %v", d.Needs(), want)
	}
	err := d.checkOpen(func(one string) bool { return one == ag1 })
	want := short("queues.yaml:4: members: the server has no agent <ag2>\nmatrix.csv:2: contact: the server has no contact <ct2>")
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := d.checkOpen(func(string) bool { return true }); err != nil {
		t.Error(err)
	}
}

// manyRoles is one more than there can be.
func manyRoles() string {
	var text strings.Builder
	for n := range maxRoles + 1 {
		fmt.Fprintf(&text, "- name: R%d\n  permissions: [WORK_READ]\n", n)
	}
	return text.String()
}

func badFileCases() []struct{ file, text, want string } {
	const agent = "- id: <ag1>\n  name: Zoë\n  capacityUnits: 3\n"
	const queue = "- id: <qu1>\n  name: Billing\n"
	const stream = "- id: <ws1>\n  name: Chat\n  channel: CHAT\n  queue: <qu1>\n"
	const contacts = "id,fullName,email,mobilePhone\n"
	const matrix = "contact,agent1,agent2,agent3\n"
	const policies = "contact,enabled,whenUnavailable,retryPreferred\n"
	const role = "- name: LEAD\n  permissions: [WORK_READ]\n"
	return []struct{ file, text, want string }{
		{QueuesFile, queue + "  prio: 1\n", `queues.yaml:3: there is no "prio" here, only id, name,`},
		{QueuesFile, queue + "  name: Sales\n", `queues.yaml:3: mapping key "name" already defined`},
		{QueuesFile, queue + "  priority: high\n", "queues.yaml:3: priority: a whole number is expected"},
		{QueuesFile, queue + "  priority: 1.5\n", "queues.yaml:3: priority: a whole number is expected"},
		{QueuesFile, queue + "  priority: 1001\n", "queues.yaml:3: priority: must be from 0 to 1000"},
		{QueuesFile, queue + "  priority: -1\n", "queues.yaml:3: priority: must be from 0 to 1000"},
		{QueuesFile, queue + "  priority: 99999999999999999999\n", "queues.yaml:3: priority: "},
		{QueuesFile, queue + "  priority:\n", "queues.yaml:3: priority: a value is missing"},
		{QueuesFile, queue + "  priority: &p 3\n", "queues.yaml:3: priority: a whole number is expected"},
		{QueuesFile, queue + "  assignmentMethod: BEST\n", "queues.yaml:3: assignmentMethod: must be one of HIGHEST_CAPACITY, ROUND_ROBIN, LEAST"},
		{QueuesFile, queue + "  members: <ag1>\n", "queues.yaml:3: members: a list is expected"},
		{QueuesFile, queue + "  members: [3]\n", "queues.yaml:3: members: a list of texts is expected"},
		{QueuesFile, queue + "  members:\n    - <ag1>\n    - <ag1>\n", "queues.yaml:5: members: <ag1> is named twice"},
		{QueuesFile, queue + "  members:\n    - <ag1>\n    - <ag2>\n", "queues.yaml:5: members: agents.yaml has no <ag2>"},
		{QueuesFile, queue + "  members: [<ct1>]\n", `queues.yaml:3: members: "<ct1>" is not ag_ and a UUID`},
		{QueuesFile, queue + "- id: <qu2>\n", "queues.yaml:3: name is missing"},
		{QueuesFile, queue + "- id: <qu1>\n  name: Sales\n", "queues.yaml:3: id: <qu1> is the id of line 1 already"},
		{QueuesFile, queue + "- <qu2>\n", "queues.yaml:3: lines of the form key: value are expected"},
		{QueuesFile, queue + "---\n" + queue, "queues.yaml:3: only one document is expected"},
		{QueuesFile, queue + "  members: [<ag1>\n", "queues.yaml:3: "},
		{QueuesFile, "id: <qu1>\n", "queues.yaml:1: a list is expected"},
		{QueuesFile, "- id: 1\n  name: Billing\n", "queues.yaml:1: id: a text is expected"},
		{QueuesFile, "- id: QU_1\n  name: Billing\n", `queues.yaml:1: id: "QU_1" is not qu_ and a UUID`},
		{QueuesFile, "- id: qu_01900000-0000-7000-8000-00000000000A\n  name: Billing\n", `queues.yaml:1: id: "qu_01900000`},
		{AgentsFile, "- id: <ag1>\n  capacityUnits: 3\n", "agents.yaml:1: name is missing"},
		{AgentsFile, agent + "  queue: <qu1>\n", `agents.yaml:4: there is no "queue" here`},
		{AgentsFile, "- id: <ag1>\n  name: 007\n  capacityUnits: 3\n", "agents.yaml:2: name: a text is expected; in quotes"},
		{AgentsFile, "- id: <ag1>\n  name: Null\n  capacityUnits: 3\n", "agents.yaml:2: name: a value is missing"},
		{AgentsFile, "- id: <ag1>\n  name: '  '\n  capacityUnits: 3\n", "agents.yaml:2: name: must not be empty"},
		{AgentsFile, "- id: <ag1>\n  name: \"Z\\u0007\"\n  capacityUnits: 3\n", "agents.yaml:2: name: must be text without line breaks"},
		{AgentsFile, "- id: <ag1>\n  name: " + strings.Repeat("ë", 201) + "\n  capacityUnits: 3\n", "agents.yaml:2: name: must have at most 200"},
		{AgentsFile, "- id: <ag1>\n  name: \xff\n  capacityUnits: 3\n", "agents.yaml:2: is not UTF-8"},
		{AgentsFile, "- id: <ag1>\n\tname: Zoë\n", "agents.yaml:"},
		{AgentsFile, "- id: <ag2>\n  name: Zoë\n  capacityUnits: 3\n", "matrix.csv:2: agent1: agents.yaml has no <ag1>"},
		{WorkstreamsFile, "- id: <ws1>\n  name: Chat\n  channel: CHAT\n", "workstreams.yaml:1: queue is missing"},
		{WorkstreamsFile, "- id: <ws1>\n  name: Chat\n  channel: PIGEON\n  queue: <qu1>\n", "workstreams.yaml:3: channel: must be one of CHAT, VOICE"},
		{WorkstreamsFile, "- id: <ws1>\n  name: Chat\n  channel: CHAT\n  queue: <qu2>\n", "workstreams.yaml:4: queue: queues.yaml has no <qu2>"},
		{WorkstreamsFile, "- id: <ws1>\n  name: Line\n  channel: VOICE\n  queue: <qu1>\n  distributionMode: PICK\n",
			"workstreams.yaml:5: distributionMode: VOICE is always PUSH"},
		{WorkstreamsFile, stream + "  allowedPresences: []\n", "workstreams.yaml:5: allowedPresences: must name at least one"},
		{WorkstreamsFile, stream + "  allowedPresences: [BUSY, THERE]\n", "workstreams.yaml:5: allowedPresences: must be some of AVAILABLE"},
		{WorkstreamsFile, stream + "  allowedPresences: [BUSY, BUSY]\n", "workstreams.yaml:5: allowedPresences: BUSY is named twice"},
		{WorkstreamsFile, stream + "  capacityUnits: 0\n", "workstreams.yaml:5: capacityUnits: must be from 1 to 1000"},
		{WorkstreamsFile, stream + "  offerSeconds: 4\n", "workstreams.yaml:5: offerSeconds: must be from 5 to 3600"},
		{WorkstreamsFile, stream + "  declineLimit: 6\n", "workstreams.yaml:5: declineLimit: must be from 1 to 5"},
		{WorkstreamsFile, stream + "  acceptMode: auto\n", "workstreams.yaml:5: acceptMode: must be one of MANUAL, AUTO"},
		{WorkstreamsFile, stream + "  routingPolicy: true\n", "workstreams.yaml:5: lines of the form key: value"},
		{WorkstreamsFile, stream + "  routingPolicy:\n    whenUnavailable: WAIT\n", "workstreams.yaml:6: whenUnavailable: must be one of NEXT"},
		{OrganizationFile, "routingPolicy:\n  enabled: maybe\n", "organization.yaml:2: enabled: true or false is expected"},
		{OrganizationFile, "routingPolicy:\n  on: true\n", `organization.yaml:2: there is no "on" here`},
		{OrganizationFile, "reconnectSeconds: 121\n", "organization.yaml:1: reconnectSeconds: must be from 0 to 120"},
		{OrganizationFile, "- reconnectSeconds: 10\n", "organization.yaml:1: lines of the form key: value are expected"},
		{ContactsFile, "", "contacts.csv:1: the first line is not id,fullName"},
		{ContactsFile, "id,name,email,mobilePhone\n", "contacts.csv:1: the first line is not id,fullName"},
		{ContactsFile, contacts + "<ct1>,Zoë,\n", "contacts.csv:2: 3 cells, not 4"},
		{ContactsFile, contacts + "<ct1>,Zoë,,\n<ct2>,,,\n", "contacts.csv:3: fullName: must not be empty"},
		{ContactsFile, contacts + "<ct1>,\"a\nb\",,\n", "contacts.csv:2: fullName: must be text without line breaks"},
		{ContactsFile, contacts + "<ct1>,\"a b\",,\n\"<ct2>\",\"x\ny\",,\n<ct2>,,,\n", "contacts.csv:3: fullName: must be text"},
		{ContactsFile, contacts + "<ct1>,Zoë,,\n<ct1>,Zoë,,\n", "contacts.csv:3: id: <ct1> is the id of line 2 already"},
		{ContactsFile, contacts + "<ct1>,Zoë,zoe,\n", "contacts.csv:2: email: must have one @"},
		{ContactsFile, contacts + "<ct1>,Zoë,," + strings.Repeat("1", 41) + "\n", "contacts.csv:2: mobilePhone: must have at most 40"},
		{ContactsFile, contacts + "<ct1>,\"Zoë\" B,,\n", "contacts.csv:2: extraneous or missing"},
		{ContactsFile, contacts + "<ct2>,Zoë,,\n", "matrix.csv:2: contact: contacts.csv has no <ct1>"},
		{MatrixFile, matrix + "<ct1>,,,\n", "matrix.csv:2: agent1 is missing"},
		{MatrixFile, matrix + "<ct1>,<ag1>,,<ag1>\n", "matrix.csv:2: agent2 is missing"},
		{MatrixFile, matrix + "<ct1>,<ag1>,<ag1>,\n", "matrix.csv:2: agent2: <ag1> is named twice"},
		{MatrixFile, matrix + "<ct1>,<ag1>,,\n<ct1>,<ag1>,,\n", "matrix.csv:3: contact: <ct1> has a row in line 2 already"},
		{MatrixFile, matrix + "<ct1>,<ag1>,<ag2>,<ag3>,<ag4>\n", "matrix.csv:2: 5 cells, not 4"},
		{ContactPoliciesFile, policies + "<ct1>,,,\n", "contact_policies.csv:2: sets nothing"},
		{ContactPoliciesFile, policies + "<ct1>,yes,,\n", "contact_policies.csv:2: enabled: must be true, false or empty"},
		{ContactPoliciesFile, policies + "<ct1>,,WAIT,\n", "contact_policies.csv:2: whenUnavailable: must be one of"},
		{ContactPoliciesFile, policies + "<ct2>,true,,\n", "contact_policies.csv:2: contact: contacts.csv has no <ct2>"},
		{ContactPoliciesFile, policies + "<ct1>,true,,\n<ct1>,true,,\n", "contact_policies.csv:3: contact: <ct1> has a policy in line 2 already"},
		{RolesFile, "- name: LEAD\n", "roles.yaml:1: permissions is missing"},
		{RolesFile, "- permissions: [WORK_READ]\n", "roles.yaml:1: name is missing"},
		{RolesFile, role + "- name: LEAD\n  permissions: [WORK_READ]\n", "roles.yaml:3: name: LEAD is the name of line 1 already"},
		{RolesFile, "- name: ADMIN\n  permissions: [WORK_READ]\n", "roles.yaml:1: name: ADMIN is built in"},
		{RolesFile, "- name: lead\n  permissions: [WORK_READ]\n", "roles.yaml:1: name: must be 1 to 40 capital letters"},
		{RolesFile, "- name: " + strings.Repeat("L", 41) + "\n  permissions: [WORK_READ]\n", "roles.yaml:1: name: must be 1 to 40 capital letters"},
		{RolesFile, "- name: 7\n  permissions: [WORK_READ]\n", "roles.yaml:1: name: a text is expected"},
		{RolesFile, role + "  description: " + strings.Repeat("ë", 201) + "\n", "roles.yaml:3: description: must have at most 200"},
		{RolesFile, role + "  members: [<ag1>]\n", `roles.yaml:3: there is no "members" here`},
		{RolesFile, "- name: LEAD\n  permissions: []\n", "roles.yaml:2: permissions: must name at least one"},
		{RolesFile, "- name: LEAD\n  permissions: [ALL]\n", "roles.yaml:2: permissions: must be some of SETTINGS_READ, "},
		{RolesFile, "- name: LEAD\n  permissions: [WORK_READ, WORK_READ]\n", "roles.yaml:2: permissions: WORK_READ is named twice"},
		{RolesFile, manyRoles(), "roles.yaml: 101 entries are more than 100"},
		{"agent.yaml", agent, "agent.yaml: is not one of the files"},
		{"Contacts.CSV", contacts, "Contacts.CSV: is not one of the files"},
	}
}

// A line for each refusal: what stands in the file, and how the first problem begins.
func TestLoadRefuses(t *testing.T) {
	for _, c := range append(badFileCases(), badPresenceCases()...) {
		files := small()
		files[c.file] = &fstest.MapFile{Data: []byte(short(c.text))}
		_, err := Load(files)
		var problems Problems
		if want := short(c.want); !errors.As(err, &problems) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s with %q\ngot  %v\nwant %s…", c.file, c.text, err, want)
			continue
		}
		for _, p := range problems {
			if strings.ContainsAny(p.String(), "\n\r") {
				t.Errorf("a problem of more than one line: %q", p)
			}
		}
	}
}

// All that is wrong is told at once, in the order of files and lines, and after 50 only counted.
func TestLoadTellsEverything(t *testing.T) {
	files := small()
	files[QueuesFile].Data = []byte("- name: 1\n  prio: 2\n- id: x\n")
	files[MatrixFile].Data = []byte(short("contact,agent1,agent2,agent3\n<ct1>,<ag3>,,\n<ct2>,\n"))
	_, err := Load(files)
	want := short(`queues.yaml:1: id is missing
queues.yaml:1: name: a text is expected; in quotes, if it looks like a number or the like
queues.yaml:2: there is no "prio" here, only id, name, priority, assignmentMethod, members
queues.yaml:3: name is missing
queues.yaml:3: id: "x" is not qu_ and a UUID in lower case
workstreams.yaml:4: queue: queues.yaml has no <qu1>
matrix.csv:2: agent1: agents.yaml has no <ag3>
matrix.csv:3: 2 cells, not 4`)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	files[ContactsFile].Data = []byte(contactsHeader + strings.Repeat("x,,,\n", 30))
	_, err = Load(files)
	if lines := strings.Split(fmt.Sprint(err), "\n"); len(lines) != maxProblems+1 || lines[maxProblems] != "and 20 more" {
		t.Errorf("%d lines, the last is %s", len(lines), lines[len(lines)-1])
	}
}

const contactsHeader = "id,fullName,email,mobilePhone\n"

// A table that a spreadsheet program has saved begins with a byte order mark and ends its lines with CR LF. Cells are taken as they are.
func TestLoadTableFromSpreadsheet(t *testing.T) {
	d := load(t, folder(map[string]string{
		ContactsFile: "\uFEFF" + "id,fullName,email,mobilePhone\r\n<ct1>,\"=1+1, \"\"x\"\"\",+a@b,@SUM(A1)\r\n<ct2>,  -2 ,, 1\r\n",
	}))
	want := []Contact{{ct1, `=1+1, "x"`, "+a@b", "@SUM(A1)"}, {ct2, "-2", "", " 1"}}
	if !reflect.DeepEqual(d.Contacts, want) {
		t.Errorf("got %q, want %q", d.Contacts, want)
	}
}
