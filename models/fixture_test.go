package models

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/engine"
)

// testdata/v1, v2, … keep a small database as the program with that many migrations wrote it, so that every later version is tested to migrate
// it: the rows as SQL for each dialect, and in state.json what reading them gives. `go test ./models -run OlderVersions -update` writes
// state.json anew, and the rows of the last version for as long as there is no further migration: read the difference.

// blank is a database past the store, which would migrate it.
type blank struct {
	*testing.T
	pool *sql.DB
}

func openBlank(t *testing.T, mysql bool, db string) blank {
	t.Helper()
	driver := "sqlite"
	if mysql {
		driver = "mysql"
	}
	pool := must[*sql.DB](t)(sql.Open(driver, db))
	t.Cleanup(func() { _ = pool.Close() })
	return blank{t, pool}
}

func (b blank) exec(statements ...string) {
	b.Helper()
	for _, statement := range statements {
		if _, err := b.pool.Exec(statement); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
}

func (b blank) close() {
	b.Helper()
	if err := b.pool.Close(); err != nil {
		b.Fatal(err)
	}
}

// literal is a value as it stands in a statement.
func literal(mysql bool, v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		v = strings.ReplaceAll(v, "'", "''")
		if mysql {
			v = strings.ReplaceAll(v, `\`, `\\`)
		}
		return "'" + v + "'"
	default:
		return fmt.Sprint(v)
	}
}

// dump is all rows as statements.
func (s *testStore) dump(t *testing.T, version int) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "-- The rows of a database that version %d wrote. Made by TestOlderVersions; not to be changed by later versions.\n", version)
	for _, table := range append([]string{"engine_lease"}, tables[:]...) {
		columns, rows := s.table(t, table)
		for _, row := range rows {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = literal(s.mysql, v)
			}
			verb := "INSERT"
			if table == "engine_lease" {
				verb = "REPLACE" // the schema brings its row
			}
			fmt.Fprintf(&b, "%s INTO %s (%s) VALUES (%s);\n", verb, table, strings.Join(columns, ", "), strings.Join(values, ", "))
		}
	}
	return b.String()
}

// state is what a program sees of the fixture.
type state struct {
	Position engine.Position
	Stored   nouns
	Opened   engine.Snapshot `json:"-"`
	Figures  engine.Figures
	Keys     []engine.IdempotencyKey
	// Decisions are of the items, Events all events as they are stored.
	Decisions map[engine.WorkItemID][]engine.Decision
	Events    []string
}

func (s *testStore) state(t *testing.T) state {
	t.Helper()
	at := must[engine.Position](t)(s.Position(ctx))
	at.Epoch-- // ours
	got := state{Position: at, Stored: s.stored(t), Opened: must[engine.Snapshot](t)(s.Load(ctx)), Decisions: map[engine.WorkItemID][]engine.Decision{}}
	got.Figures = engine.New(got.Opened, fixtureEnd).Figures()
	_, keys, err := s.Facts(ctx, engine.Needs{}, []engine.KeyRef{{Principal: "tést", Key: "chat 😀 1"}, {Principal: "tést", Key: "none"}}, fixtureEnd)
	if err != nil {
		t.Fatal(err)
	}
	got.Keys = keys
	for _, w := range got.Stored.WorkItems {
		got.Decisions[w.ID] = must[[]engine.Decision](t)(s.DecisionPage(ctx, w.ID, 100, nil))
	}
	_, rows := s.table(t, "events")
	for _, row := range rows {
		got.Events = append(got.Events, fmt.Sprint(row))
	}
	return got
}

// versions are the fixtures: the migration that each ends with, and how many agents and sessions work goes on with.
var versions = []struct {
	migration string
	figures   engine.Figures
}{
	{"0001_first", engine.Figures{Agents: 3, Sessions: 2}},
	{"0002_whole_api", engine.Figures{Agents: 4, Sessions: 2}},
	{"0003_access", engine.Figures{Agents: 4, Sessions: 2}},
	{"0004_presence_and_capacity", engine.Figures{Agents: 9, Sessions: 2}},
}

// TestOlderVersions opens the fixtures with the present program.
func TestOlderVersions(t *testing.T) {
	onBoth(t, func(t *testing.T, open func(*testing.T) *testStore) {
		for i, v := range versions {
			version := i + 1
			t.Run(fmt.Sprint("v", version), func(t *testing.T) {
				made := open(t)
				folder := filepath.Join("testdata", fmt.Sprint("v", version))
				file := filepath.Join(folder, made.dialect()+".sql")
				list := must[[]migration](t)(migrations(made.dialect()))
				if *update && len(list) == version {
					fixture(t, made)
					write(t, file, made.dump(t, version))
				}
				made.Close()
				if list[i].name != v.migration {
					t.Fatalf("migration %d is %s: the fixture was made by %s", version, list[i].name, v.migration)
				}
				s := older(t, made, file, list[:version])
				golden := filepath.Join(folder, "state.json")
				got := show(s.state(t)) + "\n"
				if *update && !s.mysql {
					write(t, golden, got)
				}
				same(t, "the state", got, string(must[[]byte](t)(os.ReadFile(golden))))
				s.workGoesOn(t, v.figures)
			})
		}
	})
}

// older makes a database of an older version and opens it with the present program.
func older(t *testing.T, like *testStore, file string, list []migration) *testStore {
	t.Helper()
	db := like.db
	if !like.mysql {
		db = filepath.Join(t.TempDir(), "older.db")
	}
	old := openBlank(t, like.mysql, db)
	if like.mysql {
		old.exec("DROP TABLE engine_lease, schema_migrations, " + strings.Join(tables[:], ", "))
	}
	old.makeVersion(list)
	for _, statement := range strings.Split(string(must[[]byte](t)(os.ReadFile(file))), ";\n") {
		if strings.TrimSpace(statement) != "" {
			old.exec(statement)
		}
	}
	old.close()
	return openStore(t, db)
}

// makeVersion brings an empty database to an older version.
func (b blank) makeVersion(list []migration) {
	b.Helper()
	b.exec("CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)")
	for _, m := range list {
		b.exec(m.statements...)
		b.exec(fmt.Sprintf("INSERT INTO schema_migrations (version, name) VALUES (%d, '%s')", m.version, m.name))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // files of the repository
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // files of the repository
		t.Fatal(err)
	}
}

// fixtureEnd is when the fixture was written.
var fixtureEnd = begin.Add(10 * time.Minute)

// fixture is a small contact centre in the middle of its work.
func fixture(t *testing.T, s *testStore) {
	t.Helper()
	w := &fixtureWorld{t: t, s: s, e: engine.New(engine.Snapshot{Organization: engine.NewOrganization(begin)}, begin), now: begin}
	s.commit(t, &engine.Changes{Organization: new(engine.NewOrganization(begin))})
	agents, contacts, q := [3]engine.AgentID{}, [3]engine.ContactID{}, w.do(engine.CreateQueue{Name: "Général", Priority: 5, AssignmentMethod: engine.HighestCapacity}).Refs.Queue
	for i, name := range []string{"Zoë Müller", "山田 太郎", `O'Brien \ "😀" `} {
		agents[i] = w.do(engine.CreateAgent{Name: name, CapacityUnits: new(2)}).Refs.Agent
		contact := engine.CreateContact{FullName: "Kunde " + name}
		if i == 0 {
			contact.Email, contact.MobilePhone = new("k@example.com"), new("+49 30 1")
		}
		contacts[i] = w.do(contact).Refs.Contact
	}
	ws := engine.CreateWorkstream{
		Name: "Chat", Channel: engine.ChannelChat, DistributionMode: engine.Push, QueueID: q, AllowedPresences: []engine.BasePresence{engine.Available, engine.Busy}, Cost: oneUnit,
		WrapUp: noWrapUp, AcceptMode: engine.AcceptManual, OfferSeconds: 600, DeclineLimit: 2,
	}
	chat := w.do(ws).Refs.Workstream
	ws.Name, ws.Channel, ws.OfferSeconds = "Brief", engine.ChannelLetter, 5
	ws.RoutingPolicy = engine.RoutingPolicy{Enabled: new(true), WhenUnavailable: new(engine.LeaveUnassigned), RetryPreferred: new(false)}
	letter := w.do(ws).Refs.Workstream
	w.do(engine.AddQueueMembers{QueueID: q, Agents: agents[:]})
	w.do(engine.UpdateRoutingPolicy{Enabled: engine.Patch[bool]{Set: true, Value: new(true)}})
	w.do(engine.SetPreferredAgents{ContactID: contacts[0], Agents: []engine.AgentID{agents[1], agents[0], agents[2]}})
	w.do(engine.SetPreferredAgents{ContactID: contacts[1], Agents: []engine.AgentID{agents[2]}})
	for _, a := range agents[:2] {
		w.do(engine.OpenSession{AgentID: a})
	}
	w.do(engine.SetPresence{AgentID: agents[0], StatusID: engine.StatusBusy})
	w.do(engine.CreateWorkItem{WorkstreamID: letter, ContactID: contacts[1]}) // left unassigned
	done := w.do(engine.CreateWorkItem{WorkstreamID: chat, ContactID: contacts[0]})
	w.do(engine.AcceptOffer{OfferID: done.WorkItemState.OfferID})
	w.do(engine.CompleteWorkItem{WorkItemID: done.Refs.WorkItem})
	assigned := w.do(engine.CreateWorkItem{WorkstreamID: chat, Reference: new("Réf/1"), Priority: new(7)})
	w.do(engine.AcceptOffer{OfferID: assigned.WorkItemState.OfferID})
	cancelled := w.do(engine.CreateWorkItem{WorkstreamID: chat})
	w.do(engine.CancelWorkItem{WorkItemID: cancelled.Refs.WorkItem})
	w.do(engine.CreateWorkItem{WorkstreamID: letter, ContactID: contacts[0]})
	w.now = w.now.Add(6 * time.Second)
	w.do(engine.Tick{}) // missed
	declined := w.do(engine.CreateWorkItem{WorkstreamID: chat, ContactID: contacts[0]})
	w.do(engine.RejectOffer{OfferID: declined.WorkItemState.OfferID}) // open with the next
	lost := w.do(engine.OpenSession{AgentID: agents[2]}).Session
	w.do(engine.CloseSession{SessionID: lost.ID})
	w.do(engine.CreateWorkItem{WorkstreamID: chat}, "chat 😀 1")
	w.byHand(q, agents, contacts)
	w.access()
	w.presenceAndCapacity(q, agents)
	if err := s.Release(context.Background(), s.at); err != nil {
		t.Fatal(err)
	}
}

// byHand is what the second version added: settings of contacts, the other assignment methods, work by hand, and what was deleted.
func (w *fixtureWorld) byHand(q engine.QueueID, agents [3]engine.AgentID, contacts [3]engine.ContactID) {
	w.do(engine.UpdateContact{ContactID: contacts[1], FullName: new("山田 花子")})
	w.do(engine.UpdateRoutingPolicy{ContactID: contacts[1], WhenUnavailable: engine.Patch[engine.WhenUnavailable]{Set: true, Value: new(engine.NextBestAgent)}})
	turns := w.do(engine.CreateQueue{Name: "Reihum", Priority: 1, AssignmentMethod: engine.RoundRobin}).Refs.Queue
	idle := w.do(engine.CreateQueue{Name: "Am längsten frei", AssignmentMethod: engine.LeastActive}).Refs.Queue
	fourth := w.do(engine.CreateAgent{Name: "Vierte", CapacityUnits: new(5)}).Refs.Agent
	w.do(engine.AddQueueMembers{QueueID: turns, Agents: []engine.AgentID{agents[0], fourth}})
	w.do(engine.AddQueueMembers{QueueID: idle, Agents: []engine.AgentID{fourth}})
	w.do(engine.OpenSession{AgentID: fourth})
	ws := engine.CreateWorkstream{
		Name: "SMS", Channel: engine.ChannelSMS, DistributionMode: engine.Push, QueueID: turns, AllowedPresences: []engine.BasePresence{engine.Available, engine.Busy},
		Cost: oneUnit, WrapUp: noWrapUp, AcceptMode: engine.AcceptManual, OfferSeconds: 3600, DeclineLimit: 1,
	}
	sms := w.do(ws).Refs.Workstream
	ws.Name, ws.Channel, ws.DistributionMode = "Fälle", engine.ChannelCase, engine.Pick
	cases := w.do(ws).Refs.Workstream
	w.do(engine.CreateWorkItem{WorkstreamID: sms}) // a turn, and an offer that stays open
	picked := w.do(engine.CreateWorkItem{WorkstreamID: cases, ContactID: contacts[2]}).Refs.WorkItem
	w.do(engine.PickWorkItem{WorkItemID: picked, AgentID: fourth})
	given := w.do(engine.CreateWorkItem{WorkstreamID: cases, Reference: new("Fall 7")}).Refs.WorkItem
	w.do(engine.AssignWorkItem{WorkItemID: given, AgentID: agents[2]})
	w.do(engine.AssignWorkItem{WorkItemID: given, AgentID: agents[0]})
	moved := w.do(engine.CreateWorkItem{WorkstreamID: cases, ContactID: contacts[0]}).Refs.WorkItem
	w.do(engine.TransferWorkItem{WorkItemID: moved, QueueID: q, WithoutPreferred: true})
	w.do(engine.SetWorkItemPriority{WorkItemID: moved, Priority: 3})
	w.do(engine.LinkContact{WorkItemID: moved, ContactID: contacts[1]})
	gone := w.do(engine.CreateContact{FullName: "Nicht mehr da"}).Refs.Contact
	w.do(engine.SetPreferredAgents{ContactID: gone, Agents: agents[:1]})
	w.do(engine.DeleteContact{ContactID: gone})
	w.do(engine.DeleteAgent{AgentID: w.do(engine.CreateAgent{Name: "Weg"}).Refs.Agent})
	w.do(engine.DeleteQueue{QueueID: idle})
	empty := w.do(engine.CreateQueue{Name: "Leer", AssignmentMethod: engine.LeastActive}).Refs.Queue
	ws.Name, ws.QueueID = "Nie benutzt", empty
	w.do(engine.DeleteWorkstream{WorkstreamID: w.do(ws).Refs.Workstream})
}

// access is what the third version added: roles of one's own and API keys.
func (w *fixtureWorld) access() {
	w.do(engine.CreateRole{Name: "DESK", Description: `Accueil "山" \ 😀`, Permissions: []engine.Permission{engine.WorkRead, engine.MatrixWrite, engine.SettingsRead}})
	w.do(engine.UpdateRole{Name: "DESK", Permissions: &[]engine.Permission{engine.WorkRead, engine.MatrixRead, engine.MatrixWrite}})
	w.do(engine.CreateRole{Name: "ALL_2", Permissions: engine.Permissions[:]})
	w.do(engine.CreateRole{Name: "GONE", Permissions: []engine.Permission{engine.OwnWork}})
	w.do(engine.DeleteRole{Name: "GONE"})
	key := engine.CreateAPIKey{
		Name: "Robot d'accueil 😀", Roles: []string{"SERVICE", "DESK"}, ExpiresAt: w.now.Add(engine.MaxAPIKeyLife), Hash: fmt.Sprintf("%064x", 1<<60),
	}
	w.do(key, "key 😀 1")
	key.Name, key.Roles, key.ExpiresAt = "Läuft bald ab", []string{"OBSERVER"}, w.now.Add(time.Hour)
	w.do(key)
	key.Name = "Widerrufen"
	w.do(engine.RevokeAPIKey{ID: w.do(key).APIKey})
}

// accessGoesOn: what there is of roles and keys is still in force, can be changed and be taken away.
func (w *fixtureWorld) accessGoesOn(snap engine.Snapshot) {
	w.do(engine.CreateRole{Name: "LATER", Permissions: []engine.Permission{engine.WorkRead}})
	for _, role := range snap.Roles {
		w.do(engine.UpdateRole{Name: role.Name, Description: new("Later"), ExpectedVersion: &role.Version})
	}
	for _, key := range snap.APIKeys {
		w.do(engine.RevokeAPIKey{ID: key.ID})
	}
	for _, role := range snap.Roles {
		w.do(engine.DeleteRole{Name: role.Name})
	}
	after := must[engine.Snapshot](w.t)(w.s.Load(ctx))
	same(w.t, "roles", idsOf(after.Roles, func(r engine.Role) string { return r.Name }), []string{"LATER"})
	same(w.t, "keys", len(after.APIKeys), 0)
}

// presenceAndCapacity is what the fourth version added: statuses and profiles of one's own, costs of every kind, wrap-up, waiting, and settings. There is
// an agent with each presence, with the source that goes with it.
func (w *fixtureWorld) presenceAndCapacity(q engine.QueueID, agents [3]engine.AgentID) {
	lunch := w.do(engine.CreatePresenceStatus{Text: "Zu Tisch 🍽", Base: engine.Away, ForEveryone: true}).Refs.PresenceStatus
	training := w.do(engine.CreatePresenceStatus{Text: `Formation "A" \ 山`, Base: engine.Busy}, "status 😀 1").Refs.PresenceStatus
	training2 := w.do(engine.UpdatePresenceStatus{StatusID: training, Base: new(engine.DoNotDisturb)}).Refs.PresenceStatus
	w.do(engine.GrantPresenceStatus{StatusID: training2, Agents: agents[:]})
	w.do(engine.WithdrawPresenceStatus{StatusID: training2, Agents: agents[2:]})
	w.do(engine.DeletePresenceStatus{StatusID: w.do(engine.CreatePresenceStatus{Text: "Weg", Base: engine.Busy}).Refs.PresenceStatus})
	daily := w.do(engine.CreateCapacityProfile{Name: "Rückrufe je Tag", Limit: 3, Reset: engine.ResetEndOfDay}, "profile 😀 1").Refs.CapacityProfile
	calls := w.do(engine.CreateCapacityProfile{Name: "Gespräche", Limit: 1, Blocking: true, Reset: engine.ResetImmediate}).Refs.CapacityProfile
	w.do(engine.DeleteCapacityProfile{ProfileID: w.do(engine.CreateCapacityProfile{Name: "Weg", Limit: 1, Reset: engine.ResetImmediate}).Refs.CapacityProfile})
	w.do(engine.UpdateOrganization{OpenWorkLimit: new(7), MissedSetsInactive: new(true), RejectedSetsDoNotDisturb: new(true), TimeZone: new("Asia/Tokyo")})
	one := func(name string, c engine.CreateAgent) engine.AgentID {
		c.Name = name
		return w.do(c).Refs.Agent
	}
	free, eats := one("Frei", engine.CreateAgent{CapacityUnits: new(5)}), one("Isst", engine.CreateAgent{DefaultStatusID: lunch, TimeZone: "Europe/Berlin"})
	full, mixed := one("Voll", engine.CreateAgent{CapacityUnits: new(2), InterruptibleUnits: new(3)}), one("Gemischt", engine.CreateAgent{})
	shy := one("Verpasst", engine.CreateAgent{CapacityUnits: new(1)})
	for _, a := range [...]engine.AgentID{free, eats, full, mixed, shy} {
		w.do(engine.OpenSession{AgentID: a})
	}
	w.do(engine.SetAgentCapacityProfile{AgentID: mixed, ProfileID: daily, Limit: new(2)})
	w.do(engine.SetAgentCapacityProfile{AgentID: mixed, ProfileID: calls})
	team := w.do(engine.CreateQueue{Name: "Gemischtes", AssignmentMethod: engine.HighestCapacity}).Refs.Queue
	w.work(team, full, mixed, []engine.CapacityProfileID{daily, calls})
	w.do(engine.AddQueueMembers{QueueID: team, Agents: []engine.AgentID{shy}})
	ws := engine.CreateWorkstream{
		Name: "Prompt", Channel: engine.ChannelSMS, DistributionMode: engine.Push, QueueID: team, AllowedPresences: []engine.BasePresence{engine.Available}, Cost: oneUnit,
		WrapUp: noWrapUp, AcceptMode: engine.AcceptManual, OfferSeconds: 5, DeclineLimit: 1, MissedSetsInactive: new(true), RejectedSetsDoNotDisturb: new(false),
	}
	w.do(engine.CreateWorkItem{WorkstreamID: w.do(ws).Refs.Workstream})
	w.now = w.now.Add(6 * time.Second)
	w.do(engine.Tick{}) // missed: inactive
	w.do(engine.SetPresence{AgentID: agents[1], StatusID: training2})
	w.do(engine.UpdateOrganization{DefaultStatusID: engine.Patch[engine.PresenceStatusID]{Set: true, Value: &lunch}})
}

// work has one agent full, with work of every kind of cost that waits, is wrapped up and is done for the day.
func (w *fixtureWorld) work(team engine.QueueID, full, mixed engine.AgentID, profiles []engine.CapacityProfileID) {
	ws := engine.CreateWorkstream{
		Name: "Prozent", Channel: engine.ChannelCase, DistributionMode: engine.Pick, QueueID: team, AllowedPresences: []engine.BasePresence{engine.Available},
		Cost: engine.CapacityCost{Percent: 50, Type: engine.NotInterruptible}, WrapUp: engine.WrapUp{Mode: engine.WrapUpTimed, Seconds: 3600},
		AcceptMode: engine.AcceptManual, OfferSeconds: 60, DeclineLimit: 1,
	}
	give := func(stream engine.WorkstreamID, a engine.AgentID) engine.WorkItemID {
		item := w.do(engine.CreateWorkItem{WorkstreamID: stream}).Refs.WorkItem
		w.do(engine.AssignWorkItem{WorkItemID: item, AgentID: a})
		return item
	}
	percent := w.do(ws).Refs.Workstream
	ws.Name, ws.Cost, ws.WaitingHoldsCapacity = "Nebenbei", engine.CapacityCost{Units: 1, Type: engine.Interruptible}, true
	aside := w.do(ws).Refs.Workstream
	ws.Name, ws.Cost, ws.WrapUp = "Rückruf", engine.CapacityCost{Profiles: profiles, Type: engine.NotInterruptible}, engine.WrapUp{Mode: engine.WrapUpUntilEnded}
	callback := w.do(ws).Refs.Workstream
	give(percent, full)
	w.do(engine.CompleteWorkItem{WorkItemID: give(percent, full)}) // wraps up
	w.do(engine.SetWorkItemWaiting{WorkItemID: give(percent, full)})
	w.do(engine.SetWorkItemWaiting{WorkItemID: give(aside, full)})
	done := give(callback, mixed)
	w.do(engine.CompleteWorkItem{WorkItemID: done})
	w.do(engine.EndWrapUp{WorkItemID: done}) // kept until the end of the day
	w.do(engine.CompleteWorkItem{WorkItemID: give(callback, mixed)})
}

// capacityGoesOn: when nothing is left to do nobody holds anything, and what there is of statuses and profiles can be taken away.
func (w *fixtureWorld) capacityGoesOn() {
	snap := must[engine.Snapshot](w.t)(w.s.Load(ctx))
	for _, a := range snap.Agents {
		same(w.t, "what "+a.Name+" holds", []any{a.Assigned, a.Reserved, a.OpenWork}, []any{engine.CapacityUse{}, engine.CapacityUse{}, 0})
		for _, p := range a.Profiles {
			w.do(engine.RemoveAgentCapacityProfile{AgentID: a.ID, ProfileID: p.ProfileID})
		}
	}
	for _, ws := range snap.Workstreams {
		w.do(engine.DeleteWorkstream{WorkstreamID: ws.ID})
	}
	for _, p := range snap.Profiles {
		w.do(engine.DeleteCapacityProfile{ProfileID: p.ID})
	}
	for _, s := range snap.Statuses {
		w.do(engine.DeletePresenceStatus{StatusID: s.ID, ReplacementID: engine.StatusAway})
	}
	after := must[engine.Snapshot](w.t)(w.s.Load(ctx))
	same(w.t, "statuses, grants, profiles", []int{len(after.Statuses), len(after.Grants), len(after.Profiles)}, []int{0, 0, 0})
}

type fixtureWorld struct {
	t   *testing.T
	s   *testStore
	e   *engine.Engine
	now time.Time
	n   uint64
}

// do gives one command and commits it, with an idempotency key if there is one.
func (w *fixtureWorld) do(c engine.Command, keys ...string) engine.Result {
	w.t.Helper()
	w.n++
	w.now = w.now.Add(1234567 * time.Microsecond)
	facts, _, err := w.s.Facts(ctx, w.e.Missing([]engine.Command{c}), nil, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.e.Admit(facts)
	r := must[engine.Result](w.t)(w.e.Apply(c, engine.Meta{Actor: engine.Actor{ID: "tést", Permissions: engine.AllPermissions}, Now: w.now, Entropy: w.n}))
	var known []engine.IdempotencyKey
	for _, text := range keys {
		k := key("tést", text, 1)
		k.Refs, k.At = r.Refs, fixtureEnd
		known = append(known, k)
	}
	w.s.commit(w.t, w.e.Take(), known...)
	w.e.Forget()
	return r
}

// all gives commands in one batch; none may be refused.
func (w *fixtureWorld) all(commands []engine.Command) {
	w.t.Helper()
	facts, _, err := w.s.Facts(ctx, w.e.Missing(commands), nil, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.e.Admit(facts)
	for _, c := range commands {
		w.n++
		w.now = w.now.Add(time.Millisecond)
		if _, err := w.e.Apply(c, engine.Meta{Actor: engine.Actor{ID: "test", Permissions: engine.AllPermissions}, Now: w.now, Entropy: w.n}); err != nil {
			w.t.Fatalf("%T %s: %v", c, show(c), err)
		}
	}
	w.s.commit(w.t, w.e.Take())
	w.e.Forget()
}

// workGoesOn: what was open can be answered and ended, and the rest goes its way.
func (s *testStore) workGoesOn(t *testing.T, want engine.Figures) {
	t.Helper()
	snap := must[engine.Snapshot](t)(s.Load(ctx))
	w := &fixtureWorld{t: t, s: s, e: engine.New(snap, fixtureEnd), now: fixtureEnd, n: 1000}
	for _, a := range snap.Agents[:2] {
		w.do(engine.OpenSession{AgentID: a.ID})
	}
	for _, item := range snap.WorkItems {
		switch item.Status {
		case engine.Assigned, engine.Waiting:
			w.do(engine.CompleteWorkItem{WorkItemID: item.ID})
		case engine.WrapUpWork:
			w.do(engine.EndWrapUp{WorkItemID: item.ID})
		}
	}
	w.now = w.now.Add(time.Hour)
	w.do(engine.Tick{})
	for _, item := range must[engine.Snapshot](t)(s.Load(ctx)).WorkItems {
		w.do(engine.CancelWorkItem{WorkItemID: item.ID})
	}
	w.accessGoesOn(snap)
	w.capacityGoesOn()
	same(t, "figures", w.e.Figures(), want)
	raw, err := json.Marshal(engine.New(must[engine.Snapshot](t)(s.Load(ctx)), w.now).Figures())
	if err != nil || !strings.Contains(string(raw), `"OpenItems":0`) {
		t.Errorf("restored: %s %v", raw, err)
	}
}
