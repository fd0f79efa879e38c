package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// document is a ready-made one of examples/: NAME.graphql and beside it, when it needs anything, NAME.json. The operation has the
// file's name: accept-offer.graphql holds AcceptOffer.
type document struct {
	path string // without the extension
	text string
	op   *ast.OperationDefinition

	// Needs says in words what has to be there before, one of the keys of preparations.
	Needs string `json:"needs"`
	// Headers has the acting agent, if any, as X-Rapport-Actor.
	Headers map[string]string `json:"headers"`
	// Variables are of the example contact centre. Those that are "" are ids of what Needs says.
	Variables vars `json:"variables"`
}

func (d document) actor() string { return d.Headers["X-Rapport-Actor"] }

// documents finds every .graphql file below examples/, and holds each against the schema.
func documents(t *testing.T, schema *ast.Schema) []document {
	t.Helper()
	var found []document
	var settings []string
	root := filepath.Join("..", "..", "examples")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return fs.SkipDir
		case filepath.Ext(path) == ".graphql":
			found = append(found, loadDocument(t, schema, path))
		case filepath.Ext(path) == ".json" && strings.HasPrefix(path, filepath.Join(root, "graphql")):
			settings = append(settings, strings.TrimSuffix(path, ".json"))
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%d documents: %v", len(found), err)
	}
	for _, path := range settings {
		if !slices.ContainsFunc(found, func(d document) bool { return d.path == path }) {
			t.Errorf("%s.json is for no document", path)
		}
	}
	return found
}

func loadDocument(t *testing.T, schema *ast.Schema, path string) document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := document{path: strings.TrimSuffix(path, ".graphql"), text: string(text)}
	settings, err := os.ReadFile(d.path + ".json")
	if err == nil {
		err = json.Unmarshal(settings, &d)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s.json: %v", d.path, err)
	}
	parsed, errs := gqlparser.LoadQuery(schema, d.text)
	if errs != nil {
		t.Fatalf("%s: %v", path, errs)
	}
	var name string
	for word := range strings.SplitSeq(filepath.Base(d.path), "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	if len(parsed.Operations) != 1 || parsed.Operations[0].Name != name {
		t.Fatalf("%s has to hold one operation, called %s", path, name)
	}
	d.op = parsed.Operations[0]
	if _, err := validator.VariableValues(schema, d.op, d.Variables); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	for name := range d.Variables {
		if d.op.VariableDefinitions.ForName(name) == nil {
			t.Errorf("%s.json has the variable %s, which the document has not", d.path, name)
		}
	}
	for _, v := range d.op.VariableDefinitions {
		if _, there := d.Variables[v.Variable]; !there {
			t.Errorf("%s.json lacks the variable %s", d.path, v.Variable)
		}
	}
	if !strings.HasPrefix(d.text, "# ") {
		t.Errorf("%s does not begin with what it shows", path)
	}
	return d
}

// preparations make what documents need, on the example contact centre, in the name of the document's agent, or Łukasz Księżniak's. They give
// the ids of what they made by the names of the variables.
var preparations = map[string]func(c *centre, agent string) vars{
	"": func(*centre, string) vars { return nil },
	"a live session": func(c *centre, agent string) vars {
		signIn(c.t, c.s, agent)
		return nil
	},
	"an open offer":          offerBenoit,
	"a work item that waits": func(c *centre, _ string) vars { return vars{"workItemId": c.newItem(demoID("ct", 1))} },
	"a work item of nobody known": func(c *centre, _ string) vars {
		return vars{"workItemId": c.newItem("")}
	},
	"assigned work": func(c *centre, agent string) vars {
		made := offerBenoit(c, agent)
		c.accept(agent, made["offerId"].(string))
		return made
	},
	"a contact without work": func(c *centre, _ string) vars { return vars{"contactId": c.newContact()} },
	"an agent to be deleted": func(c *centre, _ string) vars { return vars{"agentId": c.newAgent("To Go", 1)} },
	"a queue to be deleted": func(c *centre, _ string) vars {
		return vars{"queueId": c.c.do(c.t, `mutation { createQueue(input: {name: "To go"}) { queue { id } } }`, nil).text("createQueue.queue.id")}
	},
	"a day within two years": func(*centre, string) vars {
		return vars{"expiresAt": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)}
	},
	"an API key": func(c *centre, _ string) vars {
		v := vars{"at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
		made := c.c.do(c.t, `mutation ($at: DateTime!) { createApiKey(input: {name: "k", roles: ["OBSERVER"], expiresAt: $at}) { apiKey { id } } }`, v)
		return vars{"apiKeyId": made.text("createApiKey.apiKey.id")}
	},
	"a role of one's own": func(c *centre, _ string) vars {
		const name = "SOMEBODY"
		c.c.do(c.t, `mutation ($n: String!) { createRole(input: {name: $n, permissions: [WORK_READ]}) { role { name } } }`, vars{"n": name})
		c.t.Cleanup(func() {
			_, _ = c.c.try(`mutation ($n: String!) { deleteRole(input: {name: $n}) { name } }`, vars{"n": name})
		}) // it may be gone
		return vars{"name": name}
	},
	"a presence status of one's own": func(c *centre, _ string) vars { return vars{"statusId": c.newStatus("AWAY")} },
	"a capacity profile":             func(c *centre, _ string) vars { return vars{"profileId": c.newProfile("limit: 3")} },
	"an agent with a capacity profile": func(c *centre, _ string) vars {
		v := vars{"agentId": c.newAgent("With a profile", 1), "profileId": c.newProfile("limit: 3")}
		c.has(v["agentId"].(string), v["profileId"].(string), nil)
		return v
	},
	"work that waits for the customer": func(c *centre, agent string) vars {
		v := vars{"workItemId": c.newItem("")}
		c.assign("", v["workItemId"].(string), agent)
		c.give("", "setWorkItemWaiting", `workItem { id }`, v)
		return v
	},
	"work in wrap-up": func(c *centre, agent string) vars {
		c.workstream = c.newWorkstream("wrapUp: UNTIL_ENDED")
		v := vars{"workItemId": c.newItem("")}
		c.assign("", v["workItemId"].(string), agent)
		c.give("", "completeWorkItem", `workItem { id }`, v)
		return v
	},
	"a workstream to be deleted": func(c *centre, _ string) vars { return vars{"workstreamId": c.newWorkstream("")} },
}

// offerBenoit signs an agent in, whom Benoît Traoré must prefer, and has him write.
func offerBenoit(c *centre, agent string) vars {
	session := signIn(c.t, c.s, agent)
	item := c.newItem(demoID("ct", 1))
	return vars{"workItemId": item, "offerId": session.awaitOffer(c.t, item, "OPEN").ID}
}

// TestDocumentsRun runs every document below examples/ on the example contact centre, the subscriptions until they are READY. None may
// have an error or find nothing, and together they show all that the API has.
func TestDocumentsRun(t *testing.T) {
	t.Parallel()
	schema := schemaOfRepository(t)
	s := startExample(t, sqliteFile(t))
	shown := map[string]bool{}
	for _, d := range documents(t, schema) {
		for _, selection := range d.op.SelectionSet {
			shown[string(d.op.Operation)+" "+selection.(*ast.Field).Name] = true
		}
		t.Run(filepath.Base(filepath.Dir(d.path))+"/"+filepath.Base(d.path), func(t *testing.T) { runDocument(t, s, d) })
	}
	for kind, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription} {
		for _, field := range root.Fields {
			if !strings.HasPrefix(field.Name, "__") && !shown[kind+" "+field.Name] {
				t.Errorf("no document in examples/graphql shows the %s %s", kind, field.Name)
			}
		}
	}
}

func schemaOfRepository(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	var sources []*ast.Source
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: filepath.Base(f), Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func runDocument(t *testing.T, s *server, d document) {
	prepare, known := preparations[d.Needs]
	if !known {
		t.Fatalf("it needs %q; what can be made ready is %q", d.Needs, slices.Sorted(maps.Keys(preparations)))
	}
	c := &centre{t: t, s: s, c: s.client(), queue: demoID("qu", 1), workstream: demoID("ws", 1)}
	t.Cleanup(func() { c.cancelAll() }) // what is left would be offered in the next document's place
	agent := d.actor()
	if agent == "" {
		agent = demoID("ag", 27)
	}
	made := prepare(c, agent)
	v := maps.Clone(d.Variables)
	for name, value := range v {
		if value != "" {
			continue
		}
		if v[name] = made[name]; v[name] == nil {
			t.Fatalf("the variable %s is to be filled in, and %q gives only %v", name, d.Needs, made)
		}
	}
	if d.op.Operation == ast.Subscription {
		runSubscription(t, s, d, v)
		return
	}
	data := s.client().as(d.actor()).do(t, d.text, v)
	for _, selection := range d.op.SelectionSet {
		if field := selection.(*ast.Field); data.at(field.Alias).value == nil {
			t.Errorf("it finds no %s: %s", field.Name, encoded(data))
		}
	}
}

// runSubscription waits for READY; before that comes what is there.
func runSubscription(t *testing.T, s *server, d document, v vars) {
	so, err := dial(s.url(""), d.actor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(so.kill)
	stream, err := so.subscribe(d.text, v)
	if err != nil {
		t.Fatal(err)
	}
	for states := 0; ; states++ {
		var payload struct {
			Data   map[string]struct{ Type string }
			Errors apiErrors
		}
		select {
		case raw, more := <-stream.messages:
			if !more {
				t.Fatalf("the stream has ended: %v", stream.errors)
			}
			if err := json.Unmarshal(raw, &payload); err != nil || len(payload.Errors) > 0 || len(payload.Data) != 1 {
				t.Fatalf("%s: %v", raw, err)
			}
		case <-time.After(patience):
			t.Fatalf("no READY in %s", patience)
		}
		kind := slices.Collect(maps.Values(payload.Data))[0].Type
		if kind == "READY" {
			if states == 0 && d.Needs != "" {
				t.Errorf("it does not show %s", d.Needs)
			}
			return
		}
		if kind != "STATE" {
			t.Fatalf("a %s before READY", kind)
		}
	}
}

// cancelAll calls off whatever is open.
func (c *centre) cancelAll() {
	c.t.Helper()
	open := c.c.do(c.t, `{ workItems(filter: {statuses: [QUEUED, OFFERED, ASSIGNED, WAITING]}, first: 100) { nodes { id } } }`, nil)
	for _, id := range open.texts("workItems.nodes", "id") {
		c.c.do(c.t, cancelDocument, vars{"w": id})
	}
}
