package contactcentre

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"rapport/internal/configdir"
)

func example(t *testing.T) *configdir.Dir {
	t.Helper()
	c, err := configdir.Load(Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func within(t *testing.T, what string, got, least, most int) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %d is not within %d and %d", what, got, least, most)
	}
}

func ids[T any](list []T, id func(T) string) []string {
	all := make([]string, len(list))
	for n, one := range list {
		all[n] = id(one)
	}
	return all
}

func queueID(q configdir.Queue) string           { return q.ID }
func agentID(a configdir.Agent) string           { return a.ID }
func workstreamID(w configdir.Workstream) string { return w.ID }
func contactID(c configdir.Contact) string       { return c.ID }
func rowID(r configdir.Row) string               { return r.Contact }

// The folder as it is on disk, with the hour in a folder of its own, says what the embedded files say.
func TestFolderInTheFolderIsLeftAlone(t *testing.T) {
	if _, err := os.Stat("day"); err != nil {
		t.Fatal(err)
	}
	onDisk, err := configdir.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	within(t, "contacts on disk", len(onDisk.Contacts), 1500, 1500)
	if !slices.Equal(onDisk.Contacts, example(t).Contacts) {
		t.Error("the embedded contacts are others")
	}
}

func TestCounts(t *testing.T) {
	c := example(t)
	within(t, "queues", len(c.Queues), 6, 6)
	within(t, "agents", len(c.Agents), 40, 40)
	within(t, "workstreams", len(c.Workstreams), 11, 11)
	within(t, "contacts", len(c.Contacts), 1500, 1500)
	within(t, "rows", len(c.Matrix), 1300, 1300)
}

// Ids are the API's: a prefix and a UUIDv7. Their order is the order in the file, and none comes twice.
func TestIDs(t *testing.T) {
	c := example(t)
	for prefix, list := range map[string][]string{
		"qu": ids(c.Queues, queueID), "ag": ids(c.Agents, agentID), "ws": ids(c.Workstreams, workstreamID),
		"ct": ids(c.Contacts, contactID),
	} {
		shape := regexp.MustCompile("^" + prefix + "_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
		for n, id := range list {
			if !shape.MatchString(id) {
				t.Errorf("%s is not an id of the kind %s_", id, prefix)
			}
			if n > 0 && id <= list[n-1] {
				t.Errorf("%s does not come after %s", id, list[n-1])
			}
		}
	}
}

func checkName(t *testing.T, name string) {
	t.Helper()
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 || strings.TrimSpace(name) != name {
		t.Errorf("%q is no good name", name)
	}
}

// Two agents are in no queue, so that AGENT_IN_NO_QUEUE and NOT_QUEUE_MEMBER can be seen; the others are in 1 to 3.
func TestQueuesAndMembers(t *testing.T) {
	c := example(t)
	agents := ids(c.Agents, agentID)
	memberships := map[string]int{}
	for _, q := range c.Queues {
		checkName(t, q.Name)
		within(t, q.Name+": priority", q.Priority, 0, 1000)
		within(t, q.Name+": members", len(q.Members), 5, len(agents))
		for n, agent := range q.Members {
			memberships[agent]++
			if !slices.Contains(agents, agent) || slices.Contains(q.Members[:n], agent) {
				t.Errorf("%s: %s is no agent or comes twice", q.Name, agent)
			}
		}
	}
	without := 0
	for _, agent := range agents {
		within(t, agent+": queues", memberships[agent], 0, 3)
		preferred := slices.ContainsFunc(c.Matrix, func(r configdir.Row) bool { return slices.Contains(r.Agents, agent) })
		if memberships[agent] == 0 {
			without++
			if !preferred {
				t.Errorf("%s is in no queue and nobody prefers them", agent)
			}
		}
	}
	within(t, "agents in no queue", without, 2, 2)
}

// Capacities are spread, and every agent of a queue can take some item of a queue of theirs.
func TestAgents(t *testing.T) {
	c := example(t)
	cheapest := map[string]int{}
	for _, w := range c.Workstreams {
		if cost, ok := cheapest[w.Queue]; !ok || w.Cost.CapacityUnits < cost {
			cheapest[w.Queue] = w.Cost.CapacityUnits
		}
	}
	sizes := map[int]bool{}
	for _, a := range c.Agents {
		checkName(t, a.Name)
		within(t, a.Name+": capacity", *a.CapacityUnits, 1, 10)
		sizes[*a.CapacityUnits] = true
		inQueue, able := false, false
		for _, q := range c.Queues {
			if slices.Contains(q.Members, a.ID) {
				inQueue = true
				able = able || cheapest[q.ID] <= *a.CapacityUnits
			}
		}
		if inQueue && !able {
			t.Errorf("%s (%d units) can't take an item of any of their queues", a.Name, *a.CapacityUnits)
		}
	}
	within(t, "different capacities", len(sizes), 10, 10)
}

// enums gives the values of the enums of the API.
func enums(t *testing.T) func(name string) []string {
	t.Helper()
	files, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatal("no schema", err)
	}
	var sources []*ast.Source
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(data)})
	}
	doc, err := parser.ParseSchemas(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) []string {
		var values []string
		for _, v := range doc.Definitions.ForName(name).EnumValues {
			values = append(values, v.Name)
		}
		return values
	}
}

// The settings are within the limits that the schema states, and its enums know every value.
func TestSettings(t *testing.T) {
	c := example(t)
	values := enums(t)
	known := func(enum, value string) {
		t.Helper()
		if !slices.Contains(values(enum), value) {
			t.Errorf("%s is no %s", value, enum)
		}
	}
	policy := func(p configdir.RoutingPolicy) {
		t.Helper()
		if p.WhenUnavailable != nil {
			known("WhenUnavailable", *p.WhenUnavailable)
		}
	}
	org := c.Organization
	within(t, "reconnectSeconds", org.ReconnectSeconds, 10, 10)
	if p := org.RoutingPolicy; p.Enabled == nil || !*p.Enabled || p.WhenUnavailable != nil {
		t.Error("the organisation's policy is not: enabled, the rest unset")
	}
	methods := map[string]bool{}
	for _, q := range c.Queues {
		known("AssignmentMethod", q.AssignmentMethod)
		methods[q.AssignmentMethod] = true
	}
	within(t, "methods in use (WS-2)", len(methods), 3, 3)
	channels := map[string]int{}
	served := map[string]bool{}
	into := map[string]bool{} // queue and channel
	for _, w := range c.Workstreams {
		checkName(t, w.Name)
		known("Channel", w.Channel)
		known("AcceptMode", w.AcceptMode)
		known("DistributionMode", w.DistributionMode)
		policy(w.RoutingPolicy)
		within(t, w.Name+": presences", len(w.AllowedPresences), 1, 6)
		for n, p := range w.AllowedPresences {
			known("BasePresence", p)
			if slices.Contains(w.AllowedPresences[:n], p) {
				t.Errorf("%s: %s comes twice", w.Name, p)
			}
		}
		within(t, w.Name+": cost", w.Cost.CapacityUnits, 1, 1000)
		within(t, w.Name+": priority", w.Priority, 0, 1000)
		within(t, w.Name+": offerSeconds", w.OfferSeconds, 5, 3600)
		within(t, w.Name+": declineLimit", w.DeclineLimit, 1, 5)
		if !slices.Contains(ids(c.Queues, queueID), w.Queue) || into[w.Queue+w.Channel] {
			t.Errorf("%s: no such queue, or a second workstream of its channel into its queue", w.Name)
		}
		channels[w.Channel]++
		served[w.Queue], into[w.Queue+w.Channel] = true, true
	}
	within(t, "queues with a workstream", len(served), len(c.Queues), len(c.Queues))
	within(t, "channels", len(channels), 8, 8)
	within(t, "chats", channels["CHAT"], 3, 3)
	within(t, "lines", channels["VOICE"], 2, 2)
}

// fictional are the numbers that nobody can have: Ofcom's for drama, 555-01XX, Arcep's for audiovisual works, the
// Bundesnetzagentur's for media, those of PTS for fiction.
var fictional = regexp.MustCompile(`^(\+447700900\d{3}|\+1[2-9]\d{2}55501\d{2}|\+3363998\d{4}|\+491713920\d{3}|` +
	`\+4670174(060[5-9]|06[1-9]\d))$`)

var plainAddress = regexp.MustCompile(`^[A-Za-z0-9._]+@example\.(com|org|net)$`)

// Nobody real can be reached by this file. Contacts can be told apart by name, address and number.
func TestContacts(t *testing.T) {
	c := example(t)
	seen := map[string]bool{}
	once := func(what string) {
		t.Helper()
		if what != "" && seen[what] {
			t.Errorf("%s comes twice", what)
		}
		seen[what] = true
	}
	scripts := map[string]bool{}
	for _, p := range c.Contacts {
		checkName(t, p.FullName)
		once(p.FullName)
		once(strings.ToLower(p.Email))
		once(p.MobilePhone)
		if p.Email != "" && !plainAddress.MatchString(p.Email) {
			t.Errorf("%s: %s could be somebody's", p.FullName, p.Email)
		}
		if p.MobilePhone != "" && !fictional.MatchString(strings.ReplaceAll(p.MobilePhone, " ", "")) {
			t.Errorf("%s: %s could be somebody's", p.FullName, p.MobilePhone)
		}
		if p.Email == "" && p.MobilePhone == "" {
			t.Errorf("%s can't be reached", p.FullName)
		}
		within(t, "length of the e-mail address", len(p.Email), 0, 254)
		within(t, "length of the phone number", len(p.MobilePhone), 0, 40)
		for _, script := range []string{"Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Han", "Hiragana", "Hangul"} {
			if strings.ContainsFunc(p.FullName, func(r rune) bool { return unicode.Is(unicode.Scripts[script], r) }) {
				scripts[script] = true
			}
		}
	}
	within(t, "scripts", len(scripts), 8, 8)
}

// MX-1: one row per contact, 1 to 3 different agents. Among the first 500 contacts few agents are preferred by many; among all, by not so many
// that they could not work.
func TestMatrix(t *testing.T) {
	c := example(t)
	contacts, agents := ids(c.Contacts, contactID), ids(c.Agents, agentID)
	rows := ids(c.Matrix, rowID)
	if !slices.IsSorted(rows) || len(slices.Compact(slices.Clone(rows))) != len(rows) {
		t.Error("rows are not in the order of the contacts, one for each")
	}
	var ofLength [4]int
	early, all := make(preferences, len(agents)), make(preferences, len(agents))
	for _, row := range c.Matrix {
		if !slices.Contains(contacts, row.Contact) {
			t.Errorf("%s is no contact", row.Contact)
		}
		within(t, row.Contact+": agents", len(row.Agents), 1, 3)
		ofLength[len(row.Agents)]++
		for n, agent := range row.Agents {
			at := slices.Index(agents, agent)
			if at < 0 || slices.Contains(row.Agents[:n], agent) {
				t.Fatalf("%s: %s is no agent or comes twice", row.Contact, agent)
			}
			all[at]++
			if row.Contact <= c.Contacts[499].ID {
				early[at]++
			}
		}
	}
	within(t, "rows of one in 1000", 1000*ofLength[1]/len(rows), 430, 470)
	within(t, "rows of two in 1000", 1000*ofLength[2]/len(rows), 330, 370)
	within(t, "rows of three in 1000", 1000*ofLength[3]/len(rows), 180, 220)
	within(t, "share of the five most preferred of the first contacts in 100", early.share(5), 25, 50)
	within(t, "share of the five most preferred in 100", all.share(5), 15, 30)
	within(t, "entries of the least preferred", slices.Min(early), 1, len(rows))
}

// preferences counts, by agent, in how many rows they stand.
type preferences []int

// share is how many of 100 entries are of those agents who have most.
func (p preferences) share(most int) int {
	sorted := slices.Sorted(slices.Values(p))
	entries, ofMost := 0, 0
	for n, count := range sorted {
		entries += count
		if n >= len(sorted)-most {
			ofMost += count
		}
	}
	return 100 * ofMost / entries
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
	story, _, found := strings.Cut(string(readme), "\n## ")
	if !found {
		t.Fatal("the story does not end before the first section")
	}
	var told []string
	id := regexp.MustCompile(`(ct|ag|qu|ws)_[0-9a-f-]{36}`)
	for line := range strings.Lines(story) {
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
	if row.Contact != c.Contacts[0].ID || !slices.Equal(row.Agents, told) {
		t.Errorf("the story tells of %v, the row is %v", told, row)
	}
}
