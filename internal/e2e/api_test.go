package e2e

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAPI asks on each database what the API promises, against one server with demo data. Each part makes what it needs.
func TestAPI(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startExample(t, db)
		for _, part := range []struct {
			name string
			test func(t *testing.T, s *server)
		}{
			{"every mutation is tried", everyMutationIsTried},
			{"mutations", mutationsWork},
			{"null is left out", nullIsLeftOut},
			{"null takes a policy away", nullTakesAway},
			{"keys", keysMakeCallsRepeatable},
			{"keys have an owner and a length", keysHaveOwners},
			{"refusals", refusalsSayWhy},
			{"nothing of a refused call is kept", refusedRowsAreNotKept},
			{"warnings", rowsWarn},
			{"longest texts", longestTextsAreKept},
			{"settings", settingsChange},
			{"versions", versionsGuard},
			{"ids of one's own", ownIDs},
			{"deleting what is in use", deletingInUse},
			{"deleted agents in rows", deletedAgentsInRows},
			{"keys of what is gone", keysOfWhatIsGone},
			{"unknown ids", unknownIDs},
			{"nodes", nodesAreFound},
			{"pages", pagesGiveEachOnce},
			{"bad pages", badPagesAreRefused},
			{"offers of others", offersOfOthers},
			{"late answers", lateAnswers},
			{"picking", picking},
			{"assigning", assigning},
			{"transferring", transferring},
			{"prioritising", prioritising},
			{"linking", linking},
			{"work by hand counts", handWorkCounts},
			{"contacts by name", contactsAreFound},
			{"rows by agent", rowsAreFound},
			{"work items by filter", workItemsAreFound},
			{"figures", figuresTell},
			{"what offers show", offersShow},
			{"policies of contacts", policiesOfContacts},
			{"previews", previewsTellWhatRoutingDoes},
			{"previews of what waits", previewsOfWaiting},
			{"previews in parallel", previewsInParallel},
			{"odd ids", oddIDs},
			{"strangers", strangersLearnNothing},
			{"huge inputs", hugeInputs},
			{"deleted while read", deletedWhileRead},
			{"streams", streamsStartAndEnd},
			{"odd subscriptions", oddSubscriptions},
			{"story of the README", storyOfTheReadme},
			{"changes route again", changesRouteAgain},
			{"presence statuses", ownStatuses},
			{"grants of presence statuses", grants},
			{"re-basing presence statuses", rebasing},
			{"deleting presence statuses", deletingStatuses},
			{"computed presence", computedPresence},
			{"resetting presence", resetting},
			{"history of presence", presenceHistory},
			{"times of presence", presenceTimes},
			{"costs", costs},
			{"capacity profiles", profiles},
			{"capacity profiles by the day", keptForTheDay},
			{"wrap-up", wrappingUp},
			{"waiting for customers", waitingForCustomers},
			{"limits", limitsHold},
			{"transport", transportRefuses},
		} {
			t.Run(part.name, func(t *testing.T) { part.test(t, s) })
		}
	})
}

// mutation is one mutation of the API with what it takes to call it.
type mutation struct {
	name    string
	payload string // what to select of its payload
	prepare func(c *centre) call
	// differently changes the input into another one, for the same idempotency key.
	differently func(input vars)
}

// call is who gives which input.
type call struct {
	actor string
	input vars
}

func (m mutation) run(c client, in call) (object, error) {
	document := `mutation ($input: ` + strings.ToUpper(m.name[:1]) + m.name[1:] + `Input!) { ` + m.name + `(input: $input) { ` + m.payload + ` } }`
	data, err := c.as(in.actor).try(document, vars{"input": in.input})
	return data.at(m.name), err
}

// mutations are all of them; everyMutationIsTried holds this list to the schema.
func mutations() []mutation {
	return slices.Concat(settingsMutationCases(), updateMutationCases(), deleteMutationCases(), matrixMutationCases(), workMutationCases(), handMutationCases(),
		statusMutationCases(), profileMutationCases(), stageMutationCases(), accessMutationCases())
}

// everyMutationIsTried: a mutation that is new in the schema has to be added to the lists above.
func everyMutationIsTried(t *testing.T, s *server) {
	var names []string
	for _, m := range mutations() {
		names = append(names, m.name)
	}
	inSchema := s.client().do(t, `{ __schema { mutationType { fields { name } } } }`, nil).texts("__schema.mutationType.fields", "name")
	slices.Sort(names)
	slices.Sort(inSchema)
	if !slices.Equal(names, inSchema) {
		t.Errorf("tried are %v, the schema has %v", names, inSchema)
	}
}

func mutationsWork(t *testing.T, s *server) {
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			if got, err := m.run(s.client(), m.prepare(newCentre(t, s, 3, ""))); err != nil || len(encoded(got)) < 10 {
				t.Errorf("answered %s, %v", encoded(got), err)
			}
		})
	}
}

// nullIsLeftOut: for optional fields of inputs the two are the same.
func nullIsLeftOut(t *testing.T, s *server) {
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			left, err := m.run(s.client(), m.prepare(newCentre(t, s, 3, "")))
			if err != nil {
				t.Fatal(err)
			}
			in := m.prepare(newCentre(t, s, 3, ""))
			nulls := 0
			for _, field := range inputFields(t, s, m.name) {
				policy := m.name == "updateRoutingPolicy" // nullTakesAway
				if _, given := in.input[field]; !given && !(policy && !slices.Contains([]string{"idempotencyKey", "expectedVersion"}, field)) {
					in.input[field] = nil
					nulls++
				}
			}
			got, err := m.run(s.client(), in)
			if a, b := masked(left), masked(got); err != nil || a != b || nulls == 0 {
				t.Errorf("left out gives %s, %d times null %s, %v", a, nulls, b, err)
			}
		})
	}
}

// inputFields are the optional fields of a mutation's input.
func inputFields(t *testing.T, s *server, mutation string) []string {
	name := strings.ToUpper(mutation[:1]) + mutation[1:] + "Input"
	data := s.client().do(t, `query ($n: String!) { __type(name: $n) { inputFields { name type { kind } } } }`, vars{"n": name})
	var optional []string
	for _, f := range data.list("__type.inputFields") {
		if f.text("type.kind") != "NON_NULL" {
			optional = append(optional, f.text("name"))
		}
	}
	return optional
}

// nullTakesAway: for a policy null is not left out but takes the field away at that scope (RT-1).
func nullTakesAway(t *testing.T, s *server) {
	c := newCentre(t, s, 0, "channel: EMAIL")
	update := func(fields string) string {
		data := c.c.do(t, `mutation ($w: ID!) { updateRoutingPolicy(input: {scopeId: $w, `+fields+`}) { workstream {
			routingPolicy { enabled whenUnavailable retryPreferred } effectiveRoutingPolicy { enabled whenUnavailable retryPreferred } } } }`,
			vars{"w": c.workstream}).at("updateRoutingPolicy.workstream")
		return data.text("routingPolicy.whenUnavailable") + " " + data.text("routingPolicy.retryPreferred") + " " +
			data.text("effectiveRoutingPolicy.whenUnavailable") + " " + data.text("effectiveRoutingPolicy.retryPreferred")
	}
	for _, step := range []struct{ fields, want string }{
		{"whenUnavailable: NEXT_BEST_AGENT, retryPreferred: false", "NEXT_BEST_AGENT false NEXT_BEST_AGENT false"},
		{"retryPreferred: null", "NEXT_BEST_AGENT null NEXT_BEST_AGENT true"},
		{"expectedVersion: null", "NEXT_BEST_AGENT null NEXT_BEST_AGENT true"},
		{"whenUnavailable: null", "null null LEAVE_UNASSIGNED true"},
	} {
		if got := update(step.fields); got != step.want {
			t.Errorf("after {%s}: %s, want %s", step.fields, got, step.want)
		}
	}
}

func encoded(o object) string {
	b, err := json.Marshal(o.value) // with sorted keys
	if err != nil {
		return err.Error()
	}
	return string(b)
}

var variable = regexp.MustCompile(`[a-z]{2}_[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z`)

// masked is an answer without what differs from call to call: ids and times.
func masked(o object) string { return variable.ReplaceAllString(encoded(o), "…") }
