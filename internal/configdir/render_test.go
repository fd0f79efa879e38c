package configdir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	contactcentre "rapport/examples/contact-centre"
)

func filesOf(d *Dir) fstest.MapFS {
	files := fstest.MapFS{}
	for _, f := range Render(d) {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

// awkward are texts that a file could take for something else, or lose.
var awkward = []string{
	"=1+1", "+49 1", "-1", "@x", "yes", "No", "null", "~", "1e3", "0x1F", "007", "1_000", ".inf", "2024-01-01", "12:30:45", "a: b", "a:b", "a #b", "#a", "- a",
	"[a]", "{a}", "*a", "&a", "!a", "|", ">", "%a", "`a`", `"a"`, `'a'`, `a"b\c\n`, "a\\", "Éilís O'Driscoll", "王海燕", "يوسف الخياط", "มาลี แสงจันทร์",
	"👩‍👩‍👧 Family", "e\u0301", "\u0301x", "a\u2028b", "a\u00a0b", "a\u200bb", "\uFEFFa", "x\U000E0001", "x\ue000", "?", "? a", "a,b;c", "<<", "=", "-", "--- a", "...", "a & b (c)",
}

// Whatever a name is, what is written reads back as it was.
func TestRenderReadsBack(t *testing.T) {
	d := &Dir{
		Organization: &Organization{
			RoutingPolicy: RoutingPolicy{new(false), new("NEXT_BEST_AGENT"), new(true)}, DefaultPresenceStatus: "ps_away", OpenWorkLimit: 1, MissedSetsInactive: true,
			TimeZone: "America/St_Johns",
		},
		Statuses: []Status{}, Profiles: []Profile{},
		Agents: []Agent{}, Queues: []Queue{}, Workstreams: []Workstream{}, Contacts: []Contact{}, Matrix: []Row{}, ContactPolicies: []ContactPolicy{},
		Roles: []Role{},
	}
	costs := []Cost{{CapacityUnits: 1}, {CapacityPercent: 50}, {CapacityProfiles: []string{id("cp", 1), id("cp", 2)}}}
	d.Profiles = append(d.Profiles, Profile{ID: id("cp", len(awkward)), Name: "The last", Limit: 1, Reset: "IMMEDIATE"})
	for n, text := range awkward {
		d.Statuses = append(d.Statuses, Status{ID: id("ps", n), Text: text, Base: "OFFLINE", ForEveryone: n%2 == 0, GrantedTo: []string{id("ag", n)}})
		d.Profiles = append(d.Profiles, Profile{ID: id("cp", n), Name: text, Limit: n + 1, Blocking: n%2 == 1, Reset: "END_OF_DAY"})
		d.Agents = append(d.Agents, Agent{
			id("ag", n), text, &n, new(n), []AgentProfile{{id("cp", n), nil}, {id("cp", n+1), new(3)}}, id("ps", n), "Europe/Berlin",
		}, Agent{ID: id("ag", n+100), Name: text})
		queue := Queue{ID: id("qu", n), Name: text, Priority: n, AssignmentMethod: "ROUND_ROBIN", Members: []string{}}
		if n > 2 {
			queue.Members = []string{id("ag", n-1), id("ag", n)}
		}
		d.Queues = append(d.Queues, queue)
		d.Workstreams = append(d.Workstreams, Workstream{
			id("ws", n), text, "CHAT", "PICK", queue.ID, []string{"BUSY", "INACTIVE"}, costs[n%3], "NOT_INTERRUPTIBLE", 2, "AUTO", 5, 4, "TIMED", 9, n%2 == 0,
			new(true), new(false), RoutingPolicy{RetryPreferred: new(false)},
		})
		contact := Contact{ID: id("ct", n), FullName: text, MobilePhone: text}
		if !strings.ContainsAny(text, "@ ") && !strings.ContainsFunc(text, unicode.IsSpace) {
			contact.Email = text + "@" + text
		}
		d.Contacts = append(d.Contacts, contact)
		d.Matrix = append(d.Matrix, Row{contact.ID, []string{id("ag", n)}})
		d.ContactPolicies = append(d.ContactPolicies, ContactPolicy{contact.ID, RoutingPolicy{Enabled: new(n%2 == 0)}})
	}
	for n, text := range awkward { // in the order of their names
		d.Roles = append(d.Roles, Role{fmt.Sprintf("ROLE_%03d", n), text, []string{"SETTINGS_READ", "SERVER_OPERATE"}})
	}
	d.Agents, d.Profiles = sorted(d.Agents, agentID), sorted(d.Profiles, profileID)
	if got := said(load(t, filesOf(d))); !reflect.DeepEqual(got, *d) {
		t.Errorf("got  %+v\nwant %+v", got, *d)
	}
}

func FuzzQuote(f *testing.F) {
	for _, text := range awkward {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text = strings.TrimSpace(text); badName(text) != "" {
			t.Skip()
		}
		d := &Dir{Agents: []Agent{{ID: ag1, Name: text}}, Queues: []Queue{{qu1, text, 1, "ROUND_ROBIN", []string{ag1}}}}
		got, err := Load(filesOf(d))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got.Agents[0].Name != text || got.Queues[0].Name != text {
			t.Errorf("%q reads back as %q", text, got.Agents[0].Name)
		}
	})
}

// Line breaks in cells are written as RFC 4180 says, though no name may have one.
func TestTableTakesLineBreaks(t *testing.T) {
	l := loader{dir: &Dir{lines: map[string]int{}}}
	want := [][]string{contactColumns, {"a\nb", "c\"d", " e ", "f,g"}, {"h", "i", "", "j"}}
	var lines []int
	got := table(&l, ContactsFile, renderTable(want), contactColumns, func(r record) []string {
		lines = append(lines, r.line)
		return r.cells
	})
	if !reflect.DeepEqual(got, want[1:]) || !reflect.DeepEqual(lines, []int{2, 4}) || len(l.problems) > 0 {
		t.Errorf("%q in lines %v, %v", got, lines, l.problems)
	}
}

// The example is as Render writes it, so that an export of it is the same byte for byte; the order of what is given makes no difference.
func TestRenderOfTheExample(t *testing.T) {
	d, err := Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	backwards(d.Agents)
	backwards(d.Queues)
	backwards(d.Queues[0].Members)
	backwards(d.Workstreams)
	backwards(d.Workstreams[0].AllowedPresences)
	backwards(d.Contacts)
	backwards(d.Matrix)
	backwards(d.Roles[0].Permissions)
	for _, f := range Render(d) {
		want, err := contactcentre.Files.ReadFile(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.Data, want) {
			t.Errorf("%s differs", f.Name)
		}
		if !utf8.Valid(f.Data) || bytes.Contains(f.Data, []byte("\r")) {
			t.Errorf("%s is not plain UTF-8 text", f.Name)
		}
	}
}

func backwards[T any](list []T) {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
}

func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	files := []File{{AgentsFile, []byte("a")}, {MatrixFile, []byte("b")}}
	if err := Write(folder, files, false); err != nil {
		t.Fatal(err)
	}
	there := func() string {
		t.Helper()
		listed, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range listed {
			data, err := os.ReadFile(filepath.Join(folder, f.Name()))
			if err != nil {
				data = []byte("?")
			}
			all = append(all, f.Name()+"="+string(data))
		}
		return strings.Join(all, " ")
	}
	if got := there(); got != "agents.yaml=a matrix.csv=b" {
		t.Error(got)
	}
	if info, err := os.Stat(filepath.Join(folder, MatrixFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the names of customers can be read by others: %v, %v", info.Mode(), err)
	}
	if err := Write(folder, []File{{AgentsFile, []byte("c")}}, false); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a folder with something in it: %v", err)
	}
	if err := Write(folder, []File{{AgentsFile, []byte("c")}}, true); err != nil {
		t.Error(err)
	}
	if got := there(); got != "agents.yaml=c matrix.csv=b" {
		t.Error(got)
	}
	// One that can't be replaced: nothing that was written on the way is left.
	if err := os.MkdirAll(filepath.Join(folder, QueuesFile, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, []File{{QueuesFile, []byte("d")}}, true); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := there(); got != "agents.yaml=c matrix.csv=b queues.yaml=?" {
		t.Error(got)
	}
}
