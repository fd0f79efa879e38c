package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// accessTable is who may use which field of the roots: all of it, what is their own, or nothing. It is written by hand from RL-1 and RL-2, not from the
// schema: ADMIN all; MANAGER the matrix, supervising, reading all; AGENT the own session, presence, offers and work, contacts of own work; SERVICE creates
// and follows work and identifies customers; OBSERVER reads, nothing personal. Settings (S0) are ADMIN's, the matrix (S1) MANAGER's and above.
const accessTable = `
	field                               ADMIN MANAGER AGENT SERVICE OBSERVER
	Query.agent                         all   all     own   no      all
	Query.agents                        all   all     no    no      all
	Query.apiKeys                       all   all     no    no      no
	Query.capacityProfiles              all   all     all   all     all
	Query.contact                       all   all     own   all     no
	Query.contacts                      all   all     no    all     no
	Query.node                          all   all     all   all     all
	Query.organization                  all   all     all   all     all
	Query.preferredAgents               all   all     no    no      all
	Query.presenceStatuses              all   all     all   all     all
	Query.previewRouting                all   all     no    all     all
	Query.queue                         all   all     all   all     all
	Query.queues                        all   all     all   all     all
	Query.roles                         all   all     no    no      no
	Query.server                        all   all     all   all     all
	Query.viewer                        all   all     all   all     all
	Query.workItem                      all   all     own   all     all
	Query.workItems                     all   all     own   all     all
	Query.workstream                    all   all     all   all     all
	Query.workstreams                   all   all     all   all     all
	Mutation.acceptOffer                all   all     own   no      no
	Mutation.addQueueMembers            all   no      no    no      no
	Mutation.assignWorkItem             all   all     no    no      no
	Mutation.cancelWorkItem             all   all     own   all     no
	Mutation.completeWorkItem           all   all     own   no      no
	Mutation.createAgent                all   no      no    no      no
	Mutation.createApiKey               all   no      no    no      no
	Mutation.createCapacityProfile      all   no      no    no      no
	Mutation.createContact              all   no      no    no      no
	Mutation.createPresenceStatus       all   no      no    no      no
	Mutation.createQueue                all   no      no    no      no
	Mutation.createRole                 all   no      no    no      no
	Mutation.createWorkItem             all   no      no    all     no
	Mutation.createWorkstream           all   no      no    no      no
	Mutation.deleteAgent                all   no      no    no      no
	Mutation.deleteCapacityProfile      all   no      no    no      no
	Mutation.deleteContact              all   no      no    no      no
	Mutation.deletePresenceStatus       all   no      no    no      no
	Mutation.deleteQueue                all   no      no    no      no
	Mutation.deleteRole                 all   no      no    no      no
	Mutation.deleteWorkstream           all   no      no    no      no
	Mutation.endWrapUp                  all   all     own   no      no
	Mutation.grantPresenceStatus        all   no      no    no      no
	Mutation.linkContact                all   all     no    all     no
	Mutation.movePreferredAgent         all   all     no    no      no
	Mutation.pickWorkItem               all   all     own   no      no
	Mutation.rejectOffer                all   all     own   no      no
	Mutation.removeAgentCapacityProfile all   no      no    no      no
	Mutation.removePreferredAgent       all   all     no    no      no
	Mutation.removeQueueMembers         all   no      no    no      no
	Mutation.resetAgentCapacity         all   all     no    no      no
	Mutation.resetPresence              all   all     own   no      no
	Mutation.resumeWorkItem             all   all     own   no      no
	Mutation.revokeApiKey               all   no      no    no      no
	Mutation.setAgentCapacityProfile    all   no      no    no      no
	Mutation.setPreferredAgents         all   all     no    no      no
	Mutation.setPresence                all   all     own   no      no
	Mutation.setWorkItemPriority        all   all     no    no      no
	Mutation.setWorkItemWaiting         all   all     own   no      no
	Mutation.signOut                    all   all     own   no      no
	Mutation.transferWorkItem           all   all     own   no      no
	Mutation.updateAgent                all   no      no    no      no
	Mutation.updateCapacityProfile      all   no      no    no      no
	Mutation.updateContact              all   no      no    no      no
	Mutation.updateOrganization         all   no      no    no      no
	Mutation.updatePresenceStatus       all   no      no    no      no
	Mutation.updateQueue                all   no      no    no      no
	Mutation.updateRole                 all   no      no    no      no
	Mutation.updateRoutingPolicy        all   no      no    no      no
	Mutation.updateWorkstream           all   no      no    no      no
	Mutation.withdrawPresenceStatus     all   no      no    no      no
	Subscription.agentOffers            all   all     own   all     all
	Subscription.agentPresence          all   all     own   no      all
	Subscription.decisions              all   all     no    all     all
	Subscription.queueFigures           all   all     all   all     all
	Subscription.workItems              all   all     own   all     all`

// forAll are open to whoever is let in.
var forAll = []string{"Query.node", "Query.server", "Query.viewer"}

// rights is the table by field and role.
func rights(t testing.TB) map[string]map[string]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(accessTable), "\n")
	roles := strings.Fields(lines[0])[1:]
	table := map[string]map[string]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		if len(cells) != len(roles)+1 || table[cells[0]] != nil {
			t.Fatalf("a bad row: %s", line)
		}
		table[cells[0]] = map[string]string{}
		for i, role := range roles {
			table[cells[0]][role] = cells[i+1]
		}
	}
	return table
}

// TestAccessTable holds the table to the schema, which must have no field that is not in it, and to docs/api/access.md (RL-1, RL-2).
func TestAccessTable(t *testing.T) {
	t.Parallel()
	table, tried, inSchema := rights(t), map[string]bool{}, map[string]bool{}
	for _, call := range rootCalls() {
		tried[call.field] = true
	}
	schema := schemaOfRepository(t)
	for _, root := range []string{"Query", "Mutation", "Subscription"} {
		for _, f := range schema.Types[root].Fields {
			if name := root + "." + f.Name; !strings.HasPrefix(f.Name, "__") {
				inSchema[name] = true
			}
		}
	}
	fields := slices.Sorted(maps.Keys(inSchema))
	if rows := slices.Sorted(maps.Keys(table)); !slices.Equal(rows, fields) {
		t.Errorf("the table has %v, the schema %v", rows, fields)
	}
	if calls := slices.Sorted(maps.Keys(tried)); !slices.Equal(calls, fields) {
		t.Errorf("tried are %v, the schema has %v", calls, fields)
	}
	text, err := os.ReadFile("../../docs/api/access.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `([\\w.]+)` \\|(.*)\\|$").FindAllStringSubmatch(string(text), -1) {
		cells := strings.Split(row[2], "|")
		for i, role := range []string{"ADMIN", "MANAGER", "AGENT", "SERVICE", "OBSERVER"} {
			said := strings.TrimSpace(cells[i])
			if said == "" {
				said = "no"
			}
			if want := table[row[1]][role]; said != want {
				t.Errorf("docs/api/access.md says of %s that %s has %s, want %s", row[1], role, said, want)
			}
		}
		documented++
	}
	if documented != len(table) {
		t.Errorf("docs/api/access.md has %d rows, want %d", documented, len(table))
	}
}

// principal is somebody who tries all.
type principal struct {
	name       string
	http, ws   asker
	may        func(field string) string // all, own or no
	knownAgent bool
}

// TestAccess tries every cell of the table: each field of the roots, by each principal, on what is theirs, what is another's, and what there is not, over
// HTTP and on a socket.
func TestAccess(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startGuarded(t, db)
		w := newWorld(t, s)
		all := w.principals(t)
		for _, call := range rootCalls() {
			t.Run(call.field, func(t *testing.T) { w.tryField(t, all, call) })
		}
	})
}

func (w *world) principals(t testing.TB) []principal {
	t.Helper()
	table, i := rights(t), w.s.issuer
	column := func(roles ...string) func(string) string {
		return func(field string) string {
			best := "no"
			for _, role := range roles {
				if level := table[field][role]; level == "all" || level == "own" && best == "no" {
					best = level
				}
			}
			return best
		}
	}
	only := func(fields ...string) func(string) string {
		return func(field string) string {
			if slices.Contains(fields, field) || slices.Contains(forAll, field) {
				return "all"
			}
			return "no"
		}
	}
	agentless := func(field string) string {
		if table[field]["AGENT"] == "own" {
			return "no" // nothing is their own
		}
		return table[field]["AGENT"]
	}
	matrix := w.newRole("MATRIX_WRITE")
	_, key := w.newKey(time.Now().Add(time.Hour), "SERVICE")
	all := []principal{}
	add := func(name, token string, may func(string) string, agent bool) {
		all = append(all, principal{name, overHTTP(w.s, token), onSocket(t, w.s, token), may, agent})
	}
	add("a token without roles", i.token(""), only(), false)
	add("a token with a role that there is not", i.token(w.mine.agent, "admin"), only(), false)
	for _, role := range []string{"ADMIN", "MANAGER", "SERVICE", "OBSERVER"} {
		add(role, i.token("", role), column(role), false)
	}
	add("AGENT", i.token(w.mine.agent, "AGENT"), column("AGENT"), true)
	add("AGENT who is no agent", i.token("", "AGENT"), agentless, false)
	add("MANAGER and AGENT", i.token(w.mine.agent, "MANAGER", "AGENT"), column("MANAGER", "AGENT"), true)
	add("an agent's id without the role", i.token(w.mine.agent, "OBSERVER"), column("OBSERVER"), false)
	add("a role with MATRIX_WRITE", i.token("", matrix), only("Mutation.setPreferredAgents", "Mutation.movePreferredAgent", "Mutation.removePreferredAgent"), false)
	add("an API key with SERVICE", key, column("SERVICE"), false)
	return all
}

// tryField tries a field's row of the table: first what must be refused, on the same objects, which must stay as they are; then what is allowed, each on
// objects of its own.
func (w *world) tryField(t *testing.T, all []principal, call rootCall) {
	mine, theirs := call.make(w, w.mine), call.make(w, w.theirs)
	before := w.state()
	w.strangers(t, call, mine)
	for _, p := range all {
		for transport, ask := range map[string]asker{"HTTP": p.http, "socket": p.ws} {
			who := p.name + " by " + transport
			switch p.may(call.field) {
			case "no":
				for _, v := range []vars{mine, theirs, call.missing(mine)} {
					if got := ask(t, call.document, v); got.code != "FORBIDDEN" || carries(got, call.name()) {
						t.Errorf("%s, %v: %s", who, v, got.text)
					}
				}
			case "own":
				other, none := ask(t, call.document, theirs), ask(t, call.document, call.missing(theirs))
				if transport == "HTTP" && call.isOf("Subscription") {
					break // refused for what it is
				}
				if carries(other, call.name()) {
					t.Errorf("%s gets what is another's: %s", who, other.text)
				}
				if a, b := call.masked(other, theirs), call.masked(none, call.missing(theirs)); a != b {
					t.Errorf("%s is told what there is:\n%s\n%s", who, a, b)
				}
			}
		}
	}
	if after := w.state(); after != before {
		t.Errorf("what was refused has changed something: %s", difference(before, after))
	}
	w.tryAllowed(t, all, call)
}

// tryAllowed tries what is allowed. It must not be refused for who asks, and work on what there is.
func (w *world) tryAllowed(t *testing.T, all []principal, call rootCall) {
	fresh := func(d desk) vars { return call.make(w, d) }
	if !call.isOf("Mutation") {
		mine, theirs := fresh(w.mine), fresh(w.theirs)
		fresh = func(d desk) vars {
			if d == w.mine {
				return mine
			}
			return theirs
		}
	}
	for _, p := range all {
		for transport, ask := range map[string]asker{"HTTP": p.http, "socket": p.ws} {
			who := p.name + " by " + transport
			good := func(v vars) {
				got := ask(t, call.document, v)
				switch {
				case transport == "HTTP" && call.isOf("Subscription"):
					if got.code != "BAD_USER_INPUT" {
						t.Errorf("%s, over HTTP: %s", who, got.text)
					}
				case got.code != "" || !carries(got, call.name()) && call.name() != "node":
					t.Errorf("%s, %v: %s", who, v, got.text)
				}
			}
			switch p.may(call.field) {
			case "all":
				good(fresh(w.theirs))
				if call.object == "" {
					continue
				}
				good(fresh(w.mine))
				if got := ask(t, call.document, call.missing(fresh(w.mine))); got.refused() {
					t.Errorf("%s, on what there is not: %s", who, got.text)
				}
			case "own":
				good(fresh(w.mine))
			}
		}
	}
}

// strangers have no token: they are refused before anything is read.
func (w *world) strangers(t *testing.T, call rootCall, v vars) {
	t.Helper()
	response, text := send(t, w.s, call.document, v)
	if got := readAnswer(t, text); response.StatusCode != 401 || got.code != "UNAUTHENTICATED" || response.Header.Get("WWW-Authenticate") != "Bearer" ||
		strings.Contains(got.text, "data") || strings.Contains(got.text, call.name()) {
		t.Errorf("a stranger by HTTP: %d %v %s", response.StatusCode, response.Header, text)
	}
	if code, reason, err := knock(w.s, `{"type":"connection_init"}`, nil); code != 4403 || reason != "Forbidden" || err != nil {
		t.Errorf("a stranger by socket: %d %s, %v", code, reason, err)
	}
}

// carries tells whether an answer has data of the field.
func carries(a answer, field string) bool { return a.data.at(field).value != nil }

// missing are the variables with an id of the same kind that there is not.
func (r rootCall) missing(v vars) vars {
	if r.object == "" {
		return v
	}
	v = maps.Clone(v)
	if id := v[r.object].(string); strings.Contains(id, "-") {
		v[r.object] = id[:3] + "01900000-0000-7000-8000-00000000dead"
	} else {
		v[r.object] = "NOBODY"
	}
	return v
}

// masked is an answer without the id that was asked for.
func (r rootCall) masked(a answer, v vars) string {
	if r.object == "" {
		return a.text
	}
	return strings.ReplaceAll(a.text, v[r.object].(string), "…")
}

// state is all that there is, as who may see all sees it.
func (w *world) state() string {
	w.t.Helper()
	var all strings.Builder
	for _, document := range []string{
		`{ organization { version reconnectSeconds routingPolicy { enabled whenUnavailable retryPreferred } } roles { name description permissions version } }`,
		`{ queues(first: 100) { nodes { id name priority version members { nodes { id } } figures { waiting offered assigned signedIn } } } }`,
		`{ workstreams(first: 100) { nodes { id version declineLimit routingPolicy { enabled } } } apiKeys(first: 100) { nodes { id } } }`,
		`{ presenceStatuses { id text base forEveryone version grantedTo { nodes { id } } } capacityProfiles { id name limit blocking version } }`,
	} {
		all.WriteString(encoded(w.c.do(w.t, document, nil)) + "\n")
	}
	for list, fields := range map[string]string{
		"agents":          `id name capacityUnits version load { assignedUnits reservedUnits } presence { base cause changedAt signedIn } capacityProfiles { ownLimit kept }`,
		"contacts":        `id fullName version`,
		"preferredAgents": `contactId version entries { agentId }`,
		"workItems":       `id status queueId contactId agentId priority attempts closedAt offer { id state }`,
	} {
		after := any(nil)
		for {
			page := w.c.do(w.t, `query ($after: String) { page: `+list+`(first: 100, after: $after) { nodes { `+fields+` } pageInfo { hasNextPage endCursor } } }`,
				vars{"after": after}).at("page")
			for _, n := range page.list("nodes") {
				all.WriteString(encoded(n) + "\n")
			}
			if page.text("pageInfo.hasNextPage") == "false" {
				break
			}
			after = page.text("pageInfo.endCursor")
		}
	}
	lines := strings.Split(all.String(), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// difference is the lines that only one of two texts has.
func difference(a, b string) string {
	in := map[string]int{}
	for line := range strings.SplitSeq(a, "\n") {
		in[line]--
	}
	for line := range strings.SplitSeq(b, "\n") {
		in[line]++
	}
	maps.DeleteFunc(in, func(_ string, n int) bool { return n == 0 })
	text, _ := json.Marshal(in) // a map of numbers has a form in JSON
	return string(text)
}
