package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// secrets is a small centre in which everything that an agent must not see is marked: SECRET-C… are customers, SECRET-R… work that is not the agent's.
// What is theirs is called Known-….
type secrets struct {
	*world
	shared              string // a queue of both agents
	sharedPush          string
	contacts, items     map[string]string // by their names
	offers, assignments []string
	knownContacts       []string // ids
	key                 string
}

// others is what the agent with the secrets holds: a number that stands for nothing else.
const othersUnits, othersFree = 37, 934

func newSecrets(t testing.TB, s *server) *secrets {
	t.Helper()
	x := &secrets{world: newWorld(t, s), contacts: map[string]string{}, items: map[string]string{}}
	me, other := x.mine.agent, x.theirs.agent
	x.enablePreferred()
	status, profile := x.newStatus("DO_NOT_DISTURB"), x.newProfile("limit: 9")
	for _, agent := range []string{me, other} {
		x.grant(status, agent)
		x.has(agent, profile, 3)
		x.give("", "updateAgent", `agent { id }`, vars{"agentId": agent, "timeZone": "Pacific/Chatham", "defaultPresenceStatusId": status})
	}
	x.give("", "updateAgent", `agent { id }`, vars{"agentId": other, "capacityUnits": othersUnits + othersFree})
	x.shared = x.newQueue(me, other)
	x.queue = x.shared
	x.sharedPush = x.newWorkstream("offerSeconds: 3600")
	x.queue = x.theirs.queue
	large := x.newWorkstream(fmt.Sprintf("distributionMode: PICK, capacityUnits: %d", othersUnits))
	x.assign("", x.item2("SECRET-1", large), other)
	x.choose(other, "ps_busy")
	x.item2("SECRET-2", x.theirs.pick)
	x.assign("", x.item2("Known-1", x.mine.pick), me)
	x.item2("Known-2", x.sharedPush) // to me, who has more room
	x.item2("Known-3", x.mine.pick)
	x.assign("", x.item2("Known-4", x.mine.pick), me)
	x.give("", "completeWorkItem", `workItem { id }`, vars{"workItemId": x.items["Known-4"]})
	// What was mine and is another's now: how it went is known, whose it is is not.
	x.assign("", x.item2("SECRET-5", x.mine.pick), me)
	x.assign("", x.items["SECRET-5"], other)
	x.item2("SECRET-6", x.sharedPush)
	x.give(me, "rejectOffer", `offer { id }`, vars{"offerId": x.item(x.items["SECRET-6"]).text("offer.id")})
	if holder := x.item(x.items["SECRET-6"]).text("offer.agentId"); holder != other {
		t.Fatalf("what was rejected is offered to %s", holder)
	}
	x.contacts["SECRET-7"] = x.newSecretContact("SECRET-7") // has no work, but prefers me
	x.prefer(x.contacts["SECRET-7"], me)
	x.prefer(x.contacts["Known-1"], other, me)
	x.collect()
	x.key, _ = x.newKey(time.Now().Add(time.Hour), "SERVICE")
	return x
}

// item2 makes a work item of a new contact, both of this name. What is not the agent's at any time has a key that is secret, too.
func (x *secrets) item2(name, workstream string) string {
	x.t.Helper()
	x.contacts[name] = x.newSecretContact(name)
	reference := strings.Replace(name, "-", "-R", 1)
	if slices.Contains([]string{"SECRET-5", "SECRET-6"}, name) {
		reference = "was mine"
	}
	x.items[name] = x.give("", "createWorkItem", `workItem { id }`,
		vars{"workstreamId": workstream, "contactId": x.contacts[name], "reference": reference}).text("workItem.id")
	return x.items[name]
}

func (x *secrets) newSecretContact(name string) string {
	x.t.Helper()
	text := strings.Replace(name, "-", "-C", 1)
	return x.give("", "createContact", `contact { id }`, vars{"fullName": text, "email": text + "@example.com", "mobilePhone": text}).text("contact.id")
}

func (x *secrets) collect() {
	for name, id := range x.items {
		data := x.c.do(x.t, `query ($id: ID!) { workItem(id: $id) { offers { nodes { id } } assignments { nodes { id } } } }`, vars{"id": id}).at("workItem")
		x.offers = append(x.offers, data.texts("offers.nodes", "id")...)
		x.assignments = append(x.assignments, data.texts("assignments.nodes", "id")...)
		if strings.HasPrefix(name, "Known") {
			x.knownContacts = append(x.knownContacts, x.contacts[name])
		}
	}
}

// TestNobodySeesMore walks every path through the schema, from everything that can be asked for, and looks at what comes: an agent must see nobody else's
// presence, load and work and no other customers, an observer no customers, a service nothing of the people and the matrix (RL-1).
func TestNobodySeesMore(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	x := newSecrets(t, s)
	i, me := s.issuer, x.mine.agent
	schema := schemaOfRepository(t)
	for _, p := range []struct {
		name, token string
		see         func(what map[string]any) string
		never       []string
		again       int
		least       int // questions that are to have an answer
	}{
		{"AGENT", i.token(me, "AGENT"), x.agentSees, []string{"SECRET"}, 2, 300},
		{"OBSERVER", i.token("", "OBSERVER"), observerSees, []string{"SECRET-C", "Known-C"}, 0, 300},
		{"SERVICE", i.token("", "SERVICE"), serviceSees, nil, 0, 300},
		{"nobody", i.token(""), nobodySees, []string{"SECRET", "Known", "Mine", "Theirs"}, 0, 2},
		// Two roles allow no more than each does: the matrix, but the customers of own work only.
		{"AGENT and OBSERVER", i.token(me, "AGENT", "OBSERVER"), x.ownContactsOnly, []string{"SECRET-C"}, 0, 300},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			so, err := dial(s.url(""), p.token)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(so.kill)
			w := &walker{t: t, schema: schema, see: p.see, never: p.never, again: p.again, walked: map[string]bool{}}
			http := overHTTP(s, p.token)
			for field, arguments := range x.queryArguments(t, schema) {
				for _, a := range arguments {
					w.ask = func(document string) string { return http(t, document, nil).text }
					w.visit([]hop{{text: field + a, of: "Query"}}, schema.Query.Fields.ForName(field).Type.Name(), 0)
				}
			}
			for field, arguments := range x.streamArguments(t, schema) {
				for _, a := range arguments {
					w.operation = "subscription "
					w.ask = func(document string) string { return untilReady(t, so, document) }
					w.visit([]hop{{text: field + a, of: "Subscription"}}, schema.Subscription.Fields.ForName(field).Type.Name(), 2)
				}
			}
			t.Logf("%d questions, %d with an answer", w.asked, w.answered)
			if w.answered < p.least {
				t.Errorf("only %d questions had an answer: is anything walked?", w.answered)
			}
		})
	}
}

// queryArguments are the ways to ask for everything, by the fields of Query. One that is new has to be added here.
func (x *secrets) queryArguments(t *testing.T, schema *ast.Schema) map[string][]string {
	id := func(ids ...string) (all []string) {
		for _, id := range ids {
			all = append(all, fmt.Sprintf(`(id: %q)`, id))
		}
		return all
	}
	agents, queues := []string{x.mine.agent, x.theirs.agent}, []string{x.mine.queue, x.theirs.queue, x.shared}
	items, contacts := values(x.items), values(x.contacts)
	all := map[string][]string{
		"agent": id(agents...), "contact": id(contacts...), "queue": id(queues...), "workItem": id(items...),
		"workstream": id(x.mine.push, x.theirs.push, x.sharedPush),
		"node":       id(slices.Concat(agents, queues, items, contacts, x.offers, x.assignments, []string{x.key, "or_1", x.theirs.push})...),
		"workItems":  {"", fmt.Sprintf(`(filter: {agentId: %q, statuses: [ASSIGNED]})`, x.theirs.agent)},
	}
	for _, q := range queues {
		all["workItems"] = append(all["workItems"], fmt.Sprintf(`(filter: {queueId: %q, statuses: [QUEUED]})`, q), fmt.Sprintf(`(filter: {queueId: %q})`, q))
	}
	for _, a := range agents {
		all["workItems"] = append(all["workItems"], fmt.Sprintf(`(filter: {agentId: %q})`, a))
		all["preferredAgents"] = append(all["preferredAgents"], fmt.Sprintf(`(agentId: %q)`, a))
	}
	for name, c := range x.contacts {
		all["workItems"] = append(all["workItems"], fmt.Sprintf(`(filter: {contactId: %q})`, c), fmt.Sprintf(`(filter: {agentId: %q, contactId: %q})`, x.mine.agent, c))
		all["contacts"] = append(all["contacts"], fmt.Sprintf(`(search: %q)`, name))
		all["previewRouting"] = append(all["previewRouting"], fmt.Sprintf(`(input: {workstreamId: %q, contactId: %q})`, x.sharedPush, c))
	}
	for _, f := range schema.Query.Fields {
		if all[f.Name] == nil && !strings.HasPrefix(f.Name, "__") {
			if slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
				t.Errorf("how is Query.%s to be asked?", f.Name)
			}
			all[f.Name] = []string{""}
		}
	}
	return all
}

func (x *secrets) streamArguments(t *testing.T, schema *ast.Schema) map[string][]string {
	me, other := x.mine.agent, x.theirs.agent
	all := map[string][]string{
		"agentOffers":   {fmt.Sprintf(`(agentId: %q)`, me), fmt.Sprintf(`(agentId: %q)`, other)},
		"agentPresence": {"", fmt.Sprintf(`(filter: {agentIds: [%q]})`, me), fmt.Sprintf(`(filter: {agentIds: [%q, %q]})`, me, other), fmt.Sprintf(`(filter: {queueId: %q})`, x.shared)},
		"decisions":     {""},
		"queueFigures":  {""},
		"workItems":     {"", fmt.Sprintf(`(filter: {agentId: %q})`, me), fmt.Sprintf(`(filter: {queueId: %q})`, x.shared)},
	}
	for _, id := range x.items {
		all["workItems"] = append(all["workItems"], fmt.Sprintf(`(filter: {agentId: %q, workItemId: %q})`, me, id))
	}
	for _, f := range schema.Subscription.Fields {
		if all[f.Name] == nil {
			t.Errorf("how is Subscription.%s to be asked?", f.Name)
		}
	}
	return all
}

func values(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	slices.Sort(all)
	return all
}

// untilReady gives the messages of a subscription up to READY, or its errors.
func untilReady(t *testing.T, so *socket, document string) string {
	t.Helper()
	return untilReadyWith(t, so, document, nil)
}

func untilReadyWith(t *testing.T, so *socket, document string, v vars) string {
	t.Helper()
	st, err := so.subscribe(document, v)
	if err != nil {
		t.Fatal(err, so.err)
	}
	var all []string
	for message := range st.messages {
		all = append(all, string(message))
		if strings.Contains(string(message), `"READY"`) {
			_ = st.complete()
			break
		}
	}
	return "[" + strings.Join(append(all, `""`), ",") + "]" + string(st.refused)
}

// The oracles say what is wrong with an object that came, "" for nothing.

// people is what of an agent is for who may read all of them only.
var people = []string{
	"load", "presence", "queues", "capacityProfiles", "defaultPresenceStatus", "timeZone", "selectablePresenceStatuses", "presenceHistory", "presenceTimes",
}

func shows(what map[string]any, fields ...string) string {
	for _, f := range fields {
		if what[f] != nil {
			return fmt.Sprintf("%s of %v", f, what["id"])
		}
	}
	return ""
}

func (x *secrets) agentSees(what map[string]any) string {
	switch {
	case what["__typename"] == "Agent" && what["id"] != x.mine.agent:
		return shows(what, append([]string{"openOffers", "assignments", "preferredBy"}, people...)...)
	case what["__typename"] == "QueueFigures" || what["__typename"] == "RankedCandidate":
		return "" // how many there are and how busy they are; whom routing weighed up, and what for (DX-1)
	case what["freeUnits"] == float64(othersFree):
		return "another's load"
	case slices.Contains([]string{"ApiKey", "Role", "AgentConnection", "ContactConnection"}, fmt.Sprint(what["__typename"])):
		return fmt.Sprintf("a %v", what["__typename"])
	}
	return x.ownContactsOnly(what)
}

func (x *secrets) ownContactsOnly(what map[string]any) string {
	if what["__typename"] == "Contact" && !slices.Contains(x.knownContacts, fmt.Sprint(what["id"])) {
		return "a contact of others"
	}
	return ""
}

func observerSees(what map[string]any) string {
	if slices.Contains([]string{"Contact", "ContactConnection", "ApiKey", "Role"}, fmt.Sprint(what["__typename"])) {
		return fmt.Sprintf("a %v", what["__typename"])
	}
	return ""
}

func serviceSees(what map[string]any) string {
	if what["__typename"] == "Agent" {
		return shows(what, append([]string{"preferredBy"}, people...)...)
	}
	if slices.Contains([]string{"AgentPresence", "AgentLoad", "AgentCapacityProfile", "PresenceChange", "PresenceTime", "AgentConnection", "PreferredAgents", "PreferredAgent", "ApiKey", "Role"}, fmt.Sprint(what["__typename"])) {
		return fmt.Sprintf("a %v", what["__typename"])
	}
	return ""
}

func nobodySees(what map[string]any) string {
	if name := what["__typename"]; name != nil && name != "Server" && name != "Viewer" && name != "Query" {
		return fmt.Sprintf("a %v", name)
	}
	return ""
}

// objects calls visit with every object in decoded JSON.
func objects(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, part := range v {
			objects(part, visit)
		}
	case []any:
		for _, part := range v {
			objects(part, visit)
		}
	}
}

// decodeAll reads one JSON text after another.
func decodeAll(t testing.TB, text string) (all []any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	for decoder.More() {
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, v)
	}
	return all
}
