package configdir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/apitest"
)

// stage is a real server on a new SQLite database, behind something that counts what it is asked and can get in the way.
type stage struct {
	t      *testing.T
	server *Server

	mu sync.Mutex
	// made counts the mutations by operation.
	made map[string]int
	// before is called for each mutation; an answer that is not "" is given instead of the server's.
	before func(operation string, number int) string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, made: map[string]int{}}
	web := apitest.Serve(t, s.watch(apitest.New(t)))
	client := web.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = maxAtOnce
	s.server = NewServer(web.URL+"/graphql", client)
	return s
}

func (s *stage) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var sent struct{ OperationName string }
		if err := json.Unmarshal(body, &sent); err != nil {
			s.t.Error(err)
		}
		if !strings.HasPrefix(sent.OperationName, "Read") {
			if answer := s.count(sent.OperationName); answer != "" {
				_, _ = io.WriteString(w, answer)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (s *stage) count(operation string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := 0
	for _, n := range s.made {
		number += n
	}
	if s.before != nil {
		if answer := s.before(operation, number+1); answer != "" {
			return answer
		}
	}
	s.made[operation]++
	return ""
}

// sent is how many mutations were let through since the last time that it was asked.
func (s *stage) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, made := range s.made {
		n += made
	}
	s.made = map[string]int{}
	return n
}

func (s *stage) plan(d *Dir, prune bool) *Plan {
	s.t.Helper()
	st, err := s.server.Read(context.Background(), d.Needs()...)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := Diff(d, st, prune)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// apply brings the server to what a folder says, and gives the changes that were to be made.
func (s *stage) apply(d *Dir, prune bool) *Plan {
	s.t.Helper()
	p := s.plan(d, prune)
	outcome, err := s.server.Apply(context.Background(), p, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if outcome.Done != p.Calls() {
		s.t.Errorf("%d of %d calls were made", outcome.Done, p.Calls())
	}
	return p
}

// export gives the files of all that the server has.
func (s *stage) export() fstest.MapFS {
	s.t.Helper()
	st, err := s.server.Read(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return filesOf(st.Dir())
}

// same checks that the server has what files say, and that bringing it there again sends nothing.
func (s *stage) same(files fstest.MapFS) {
	s.t.Helper()
	d := load(s.t, files)
	s.sent()
	for _, prune := range []bool{false, true} {
		if p := s.apply(d, prune); !p.Empty() || len(p.Unnamed) > 0 {
			s.t.Errorf("prune %t: %+v", prune, p)
		}
	}
	if n := s.sent(); n > 0 {
		s.t.Errorf("the second time %d mutations were sent", n)
	}
	want := filesOf(d)
	for name, file := range s.export() {
		if !bytes.Equal(file.Data, want[name].Data) {
			s.t.Errorf("%s is exported as\n%s\nnot\n%s", name, file.Data, want[name].Data)
		}
	}
}

// The example: applied, it is exported byte for byte, and applied again it sends nothing.
func TestApplyAndExportTheExample(t *testing.T) {
	s := newStage(t)
	d, err := Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	p := s.apply(d, false)
	if made := s.sent(); made != p.Calls() || made < 1000 {
		t.Errorf("%d mutations for %d calls", made, p.Calls())
	}
	for name, file := range s.export() {
		want, err := contactcentre.Files.ReadFile(name)
		if err != nil || !bytes.Equal(file.Data, want) {
			t.Errorf("%s is not exported as it was (%v)", name, err)
		}
	}
	s.same(filesOf(d))
}

// Every kind of change, there and back: what is on the server is what the files say each time.
func TestApplyChanges(t *testing.T) {
	s := newStage(t)
	for i, files := range []fstest.MapFS{folder(before), folder(after), folder(before)} {
		d := load(t, files)
		for n := range d.Queues { // one that names no members would be exported with those that it has
			if d.Queues[n].Members == nil {
				d.Queues[n].Members = []string{}
			}
		}
		for n := range d.Statuses {
			if d.Statuses[n].GrantedTo == nil {
				d.Statuses[n].GrantedTo = []string{}
			}
		}
		s.apply(d, true)
		t.Logf("%d: %v", i, s.made)
		s.same(filesOf(d))
	}
	empty := folder(map[string]string{
		OrganizationFile: "", StatusesFile: "", ProfilesFile: "", AgentsFile: "", QueuesFile: "", WorkstreamsFile: "", ContactsFile: contactsHeader, MatrixFile: matrixHeader,
		ContactPoliciesFile: policiesHeader, RolesFile: "",
	})
	s.apply(load(t, empty), true)
	s.same(empty)
}

// Names in every script and cells that a spreadsheet would take for formulas come back as they were.
func TestApplyAwkwardTexts(t *testing.T) {
	s := newStage(t)
	d := &Dir{Agents: []Agent{}, Queues: []Queue{}, Contacts: []Contact{}}
	for n, text := range awkward {
		d.Agents = append(d.Agents, Agent{ID: id("ag", n), Name: text, CapacityUnits: &n})
		d.Queues = append(d.Queues, Queue{id("qu", n), text, n, "LEAST_ACTIVE", []string{id("ag", n)}})
		d.Contacts = append(d.Contacts, Contact{id("ct", n), text, "", text})
	}
	s.apply(d, false)
	got := s.export()
	for name, file := range filesOf(d) {
		if !bytes.Equal(got[name].Data, file.Data) {
			t.Errorf("%s: got\n%s", name, got[name].Data)
		}
	}
}

// More than a page of everything, and more members than one call takes.
func TestApplyPages(t *testing.T) {
	s := newStage(t)
	d := &Dir{Agents: []Agent{}, Queues: []Queue{{qu1, "All", 1, "HIGHEST_CAPACITY", []string{}}}, Contacts: []Contact{}, Matrix: []Row{}}
	for n := range 230 {
		d.Agents = append(d.Agents, Agent{ID: id("ag", n), Name: fmt.Sprint("Agent ", n), CapacityUnits: new(1)})
		d.Queues[0].Members = append(d.Queues[0].Members, id("ag", n))
		d.Contacts = append(d.Contacts, Contact{ID: id("ct", n), FullName: fmt.Sprint("Contact ", n)})
		d.Matrix = append(d.Matrix, Row{id("ct", n), []string{id("ag", n)}})
	}
	for n := 2; n < 40; n++ {
		d.Queues = append(d.Queues, Queue{id("qu", n), "Q", n, "HIGHEST_CAPACITY", []string{}})
	}
	s.apply(d, false)
	if n := s.made["AddQueueMembers"]; n != 3 {
		t.Errorf("230 members in %d calls", n)
	}
	files := filesOf(d)
	got := s.export()
	for name, file := range files {
		if !bytes.Equal(got[name].Data, file.Data) {
			t.Errorf("%s comes back as something else", name)
		}
	}
	d.Queues[0].Members = d.Queues[0].Members[:5]
	s.apply(d, false)
	if p := s.plan(d, true); !p.Empty() {
		t.Errorf("%+v", p)
	}
}

// What somebody changed between the reading and the applying is not overwritten, whatever it is.
func TestApplyConflicts(t *testing.T) {
	for name, change := range map[string]string{
		"organization":           `mutation { updateOrganization(input: {reconnectSeconds: 99}) { organization { version } } }`,
		"presence status <ps1>":  `mutation { updatePresenceStatus(input: {statusId: "<ps1>", text: "99"}) { presenceStatus { version } } }`,
		"presence status <ps3>":  `mutation { updatePresenceStatus(input: {statusId: "<ps3>", text: "99"}) { presenceStatus { version } } }`,
		"capacity profile <cp1>": `mutation { updateCapacityProfile(input: {profileId: "<cp1>", limit: 99}) { capacityProfile { version } } }`,
		"capacity profile <cp4>": `mutation { createCapacityProfile(input: {id: "<cp4>", name: "x", limit: 99}) { capacityProfile { version } } }`,
		"agent <ag1>":            `mutation { updateAgent(input: {agentId: "<ag1>", capacityUnits: 99}) { agent { version } } }`,
		"agent <ag5>":            `mutation { createAgent(input: {id: "<ag5>", name: "x", capacityUnits: 99}) { agent { version } } }`,
		"queue <qu1>":            `mutation { updateQueue(input: {queueId: "<qu1>", priority: 99}) { queue { version } } }`,
		"workstream <ws1>":       `mutation { updateWorkstream(input: {workstreamId: "<ws1>", priority: 99}) { workstream { version } } }`,
		"workstream <ws2>":       `mutation { updateRoutingPolicy(input: {scopeId: "<ws2>", retryPreferred: true}) { workstream { version } } }`,
		"contact <ct1>":          `mutation { updateContact(input: {contactId: "<ct1>", fullName: "99"}) { contact { version } } }`,
		"preferred agents of":    `mutation { setPreferredAgents(input: {contactId: "<ct1>", agentIds: ["<ag3>"]}) { warnings { code } } }`,
		"contact <ct4>":          `mutation { updateContact(input: {contactId: "<ct4>", fullName: "99"}) { contact { version } } }`,
		"workstream <ws3>":       `mutation { updateWorkstream(input: {workstreamId: "<ws3>", priority: 99}) { workstream { version } } }`,
		"role LEAD":              `mutation { updateRole(input: {name: "LEAD", description: "99"}) { role { version } } }`,
		"role NEW":               `mutation { createRole(input: {name: "NEW", description: "99", permissions: [OWN_WORK]}) { role { version } } }`,
		"role OLD":               `mutation { updateRole(input: {name: "OLD", description: "99"}) { role { version } } }`,
		"agent <ag4>":            `mutation { updateAgent(input: {agentId: "<ag4>", capacityUnits: 99}) { agent { version } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.apply(load(t, folder(before)), false)
			p := s.plan(load(t, folder(after)), true)
			s.raw(short(change))
			theirs := s.export()
			_, err := s.server.Apply(context.Background(), p, nil)
			if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), short(name)) {
				t.Fatalf("the error is %v", err)
			}
			now := s.export()
			for _, file := range FileNames { // what they changed is as they left it
				for line := range strings.Lines(string(theirs[file].Data)) {
					if said, _, _ := strings.Cut(line, " # "); strings.Contains(said, "99") && !strings.Contains(string(now[file].Data), line) {
						t.Errorf("%s no longer says %s", file, line)
					}
				}
			}
			s.apply(load(t, folder(after)), true) // whoever looks again may
		})
	}
}

// raw sends a document of a test's own.
func (s *stage) raw(document string) {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.server.http.Post(s.server.address, "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it is read only
	text, err := io.ReadAll(answer.Body)
	if err != nil || strings.Contains(string(text), `"errors"`) {
		s.t.Fatalf("%s %v", text, err)
	}
}

// Interrupted anywhere, the same command goes on from there, and makes nothing twice.
func TestApplyGoesOnAfterAnInterruption(t *testing.T) {
	for _, after := range []int{0, 3, 45, 70, 500, 2500} {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			d, err := Load(contactcentre.Files)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s.before = func(_ string, number int) string {
				if number > after {
					cancel()
				}
				return ""
			}
			p := s.plan(d, false)
			outcome, err := s.server.Apply(ctx, p, nil)
			made := s.sent()
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the same command goes on") {
				t.Fatalf("the error is %v", err)
			}
			if outcome.Done != made || made > after+maxAtOnce+1 {
				t.Errorf("%d were made and %d counted as done, interrupted after %d", made, outcome.Done, after)
			}
			s.before = nil
			if again := s.apply(d, false).Calls(); made+again != p.Calls() {
				t.Errorf("%d and %d are not %d: something was made twice", made, again, p.Calls())
			}
			s.same(filesOf(d))
		})
	}
}

// An answer that is lost after the change was made is no reason to make it twice or to call it a conflict.
func TestApplyWithLostAnswers(t *testing.T) {
	s := newStage(t)
	s.server.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	inner := s.server.http.Transport
	n := 0
	s.server.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := inner.RoundTrip(r)
		s.mu.Lock()
		n++
		lose := n%5 == 0
		s.mu.Unlock()
		if err == nil && lose {
			_ = answer.Body.Close()
			return nil, errors.New("the connection was reset")
		}
		return answer, err
	})
	for _, files := range []fstest.MapFS{folder(before), folder(after)} {
		s.apply(load(t, files), true)
	}
	p := s.plan(load(t, folder(after)), true)
	if !p.Empty() {
		t.Errorf("%+v", p)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What the server refuses because it is in use is told, and the rest of it stays.
func TestPruneOfWhatIsInUse(t *testing.T) {
	s := newStage(t)
	s.apply(load(t, folder(before)), false)
	s.raw(short(`mutation { createWorkItem(input: {workstreamId: "<ws3>", contactId: "<ct4>"}) { workItem { id } } }`))
	p := s.plan(load(t, folder(after)), true)
	_, err := s.server.Apply(context.Background(), p, nil)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Extensions.Reason != "IN_USE" || !strings.Contains(err.Error(), short(`contact <ct4> "Otto"`)) {
		t.Errorf("the error is %v", err)
	}
}

// An agent who was deleted while rows name them: an export is what apply finds nothing to do about.
func TestRowsOfDeletedAgents(t *testing.T) {
	s := newStage(t)
	s.apply(load(t, folder(before)), false)
	s.raw(short(`mutation { deleteAgent(input: {agentId: "<ag1>"}) { agentId } }`))
	s.raw(short(`mutation { deleteAgent(input: {agentId: "<ag4>"}) { agentId } }`))
	exported := s.export()
	d := load(t, exported)
	if p := s.plan(d, false); !p.Empty() {
		t.Errorf("%+v", p)
	}
	if strings.Contains(string(exported[MatrixFile].Data), ag1) {
		t.Error("the export names an agent who is no more")
	}
	if p := s.apply(d, true); len(p.Changes) != 1 || p.Changes[0].Sign != '-' { // the row of whom nobody is left
		t.Errorf("%+v", p)
	}
	s.same(exported)
}
