package contactcentre

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// small is a contact centre of one of each, with everything left out that may be.
func small() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		OrganizationFile: "# nothing set\n",
		QueuesFile:       "- id: qu_1\n  name: Billing\n",
		AgentsFile:       "- id: ag_1\n  name: Zoë\n  capacityUnits: 0\n",
		WorkstreamsFile:  "- id: ws_1\n  name: Chat\n  channel: CHAT\n  queue: qu_1\n",
		ContactsFile:     "id,fullName,email,mobilePhone\nct_1,\"Łucja, the first\",,\n",
		MatrixFile:       "contact,agent1,agent2,agent3\nct_1,ag_1,,\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// What is left out gets the default of the API.
func TestLoadDefaults(t *testing.T) {
	got, err := Load(small())
	if err != nil {
		t.Fatal(err)
	}
	want := &Centre{
		Organization: Organization{ReconnectSeconds: 10},
		Queues:       []Queue{{ID: "qu_1", Name: "Billing", Priority: 100, AssignmentMethod: "HIGHEST_CAPACITY"}},
		Agents:       []Agent{{ID: "ag_1", Name: "Zoë"}},
		Workstreams: []Workstream{{ID: "ws_1", Name: "Chat", Channel: "CHAT", Queue: "qu_1",
			AllowedPresences: []string{"AVAILABLE"}, CapacityUnits: 1, Priority: 100, AcceptMode: "MANUAL",
			OfferSeconds: 120, DeclineLimit: 3}},
		Contacts: []Contact{{ID: "ct_1", FullName: "Łucja, the first"}},
		Matrix:   []MatrixRow{{Contact: "ct_1", Agents: []string{"ag_1"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A line for each refusal: what stands in the file, and how the error begins.
func TestLoadRefuses(t *testing.T) {
	const queue = "- id: qu_1\n  name: Billing\n"
	const contacts = "id,fullName,email,mobilePhone\n"
	const matrix = "contact,agent1,agent2,agent3\n"
	for _, c := range []struct{ file, text, want string }{
		{QueuesFile, queue + "  prio: 1\n", "queues.yaml:3: unknown field \"prio\""},
		{QueuesFile, queue + "  name: Sales\n", "queues.yaml:3: mapping key \"name\" already defined"},
		{QueuesFile, queue + "  priority: high\n", "queues.yaml:3: cannot unmarshal"},
		{QueuesFile, queue + "  priority: 1.5\n", "queues.yaml:3: a whole number is expected"},
		{QueuesFile, queue + "  priority:\n", "queues.yaml:3: a value is missing"},
		{QueuesFile, queue + "  members: ag_1\n", "queues.yaml:3: "},
		{QueuesFile, queue + "- id: qu_2\n", "queues.yaml:3: name is missing"},
		{QueuesFile, queue + "- qu_2\n", "queues.yaml:3: lines of the form key: value are expected"},
		{QueuesFile, queue + "---\n" + queue, "queues.yaml:3: only one document is expected"},
		{QueuesFile, queue + "  members: [ag_1\n", "queues.yaml:3: "},
		{QueuesFile, "id: qu_1\n", "queues.yaml:1: a list is expected"},
		{AgentsFile, "- id: ag_1\n  name: Zoë\n", "agents.yaml:1: capacityUnits is missing"},
		{WorkstreamsFile, "- id: ws_1\n  name: Chat\n  channel: CHAT\n", "workstreams.yaml:1: queue is missing"},
		{OrganizationFile, "routingPolicy:\n  enabled: maybe\n", "organization.yaml:2: cannot unmarshal"},
		{OrganizationFile, "routingPolicy:\n  on: true\n", "organization.yaml:2: unknown field \"on\""},
		{OrganizationFile, "- reconnectSeconds: 10\n", "organization.yaml:1: "},
		{ContactsFile, "", "contacts.csv:1: the columns are not"},
		{ContactsFile, "id,name,email,mobilePhone\n", "contacts.csv:1: the columns are not"},
		{ContactsFile, contacts + "ct_1,Zoë,\n", "contacts.csv:2: wrong number of fields"},
		{ContactsFile, contacts + "ct_1,Zoë,,\nct_2,,,\n", "contacts.csv:3: id or fullName is missing"},
		{ContactsFile, contacts + "ct_1,\"Zoë\" B,,\n", "contacts.csv:2: extraneous or missing"},
		{MatrixFile, matrix + "ct_1,,,\n", "matrix.csv:2: contact or agent1 is missing"},
		{MatrixFile, matrix + "ct_1,ag_1,,ag_2\n", "matrix.csv:2: agent2 is missing"},
		{MatrixFile, matrix + "ct_1,ag_1,ag_2,ag_3,ag_4\n", "matrix.csv:2: wrong number of fields"},
	} {
		files := small()
		files[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		_, err := Load(files)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s with %q\ngot  %v\nwant %s…", c.file, c.text, err, c.want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of more than one line: %q", err)
		}
	}
}

func TestLoadNeedsEveryFile(t *testing.T) {
	for name := range small() {
		files := small()
		delete(files, name)
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// A table that a spreadsheet program has saved begins with a byte order mark and ends its lines with CR LF.
func TestLoadTableFromSpreadsheet(t *testing.T) {
	files := small()
	files[MatrixFile].Data = []byte("\uFEFFcontact,agent1,agent2,agent3\r\nct_1,ag_1,ag_2,\r\n")
	c, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if want := []MatrixRow{{"ct_1", []string{"ag_1", "ag_2"}}}; !reflect.DeepEqual(c.Matrix, want) {
		t.Errorf("got %v", c.Matrix)
	}
}

// The README's story is told of the people in the files: every id stands on a line with the name that it has, and
// the row is the contact's.
func TestReadmeStory(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	c := example(t)
	names := map[string]string{}
	for _, q := range c.Queues {
		names[q.ID] = q.Name
	}
	for _, a := range c.Agents {
		names[a.ID] = a.Name
	}
	for _, w := range c.Workstreams {
		names[w.ID] = w.Name
	}
	for _, p := range c.Contacts {
		names[p.ID] = p.FullName
	}
	var told []string
	id := regexp.MustCompile(`(ct|ag|qu|ws)_[0-9a-f-]{36}`)
	for line := range strings.Lines(string(readme)) {
		for _, one := range id.FindAllString(line, -1) {
			if names[one] == "" || !strings.Contains(line, names[one]) {
				t.Errorf("%s is %q, but the line says %q", one, names[one], line)
			}
			if strings.HasPrefix(one, "ag_") {
				told = append(told, one)
			}
		}
	}
	row := c.Matrix[0]
	if row.Contact != c.Contacts[0].ID || !reflect.DeepEqual(row.Agents, told) {
		t.Errorf("the story tells of %v, the row is %v", told, row)
	}
}
