package main_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/dbtest"
	"rapport/internal/servertest"
	"rapport/internal/writer"
	"rapport/models"
)

// rig is a writer in this process on a database that fails when told to, with a small centre in it.
type rig struct {
	*testing.T
	faults *faults
	writer *writer.Writer
	bus    *bus
	raw    *sql.DB
	// clock is what the writer goes by, in milliseconds. It stands still while a command is made, so that an engine beside the writer can
	// be given the same command at the same time.
	clock atomic.Int64

	queue               engine.QueueID
	chat, mail          engine.WorkstreamID
	agents              []engine.AgentID
	known, stranger     engine.ContactID
	offered, rejectable engine.OfferID
	assigned, waiting   engine.WorkItemID
}

// shortPatience keeps the tests short, and has room for two attempts a quarter of a second apart; TestPatience runs with that of the
// product.
const shortPatience = servertest.Slowness * time.Second

// onEach runs a test on both databases.
func onEach(t *testing.T, test func(t *testing.T, db string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "failing.db")) })
	t.Run("mysql", func(t *testing.T) { test(t, dbtest.Shared(t).NewDatabase(t)) })
}

func newRig(t *testing.T, db string, o writer.Options) *rig {
	t.Helper()
	store, err := models.Open(context.Background(), db, "torture")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	r := &rig{T: t, faults: &faults{Store: store}, bus: &bus{}, raw: openRaw(t, db)}
	if o.Patience == 0 {
		o.Patience = shortPatience
	}
	r.clock.Store(time.Now().UnixMilli())
	o.Now = r.now
	if r.writer, err = writer.Start(context.Background(), r.faults, r.bus, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.faults.heal()
		_ = r.writer.Stop() // it may have ended
		r.faults.late.Wait()
	})
	r.build()
	return r
}

func (r *rig) now() time.Time { return time.UnixMilli(r.clock.Load()).UTC() }

// openRaw opens the database beside the store, as somebody else would.
func openRaw(t *testing.T, db string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+db+"?_pragma=busy_timeout(5000)"
	if strings.Contains(db, "@tcp(") {
		driver, dsn = "mysql", db
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

func (r *rig) do(c engine.Command, actor engine.AgentID) engine.Result {
	r.Helper()
	r.clock.Add(5)
	res, _, err := r.writer.Do(context.Background(), call(c, actor, ""))
	if err != nil {
		r.Fatalf("%T: %v", c, err)
	}
	return res
}

func call(c engine.Command, actor engine.AgentID, key string) engine.Call {
	who := engine.Actor{ID: "developer", Permissions: engine.AllPermissions}
	if actor != "" {
		who = engine.Actor{ID: "agent:" + string(actor), AgentID: actor, Permissions: engine.BuiltInRole("AGENT").Set()}
	}
	return engine.Call{Command: c, Actor: who, Key: key}
}

func ptr[T any](v T) *T { return &v }

// build makes a centre in which every kind of thing is under way.
func (r *rig) build() {
	on := engine.Patch[bool]{Set: true, Value: ptr(true)}
	r.do(engine.UpdateRoutingPolicy{Enabled: on}, "")
	r.queue = r.do(engine.CreateQueue{Name: "Q", Priority: 10, AssignmentMethod: engine.HighestCapacity}, "").Refs.Queue
	stream := engine.CreateWorkstream{
		Name: "Chat", Channel: engine.ChannelChat, DistributionMode: engine.Push, QueueID: r.queue, AllowedPresences: []engine.BasePresence{engine.Available},
		Cost: engine.CapacityCost{Units: 1, Type: engine.NotInterruptible}, WrapUp: engine.WrapUp{Mode: engine.WrapUpNone}, Priority: 100, AcceptMode: engine.AcceptManual, OfferSeconds: 60, DeclineLimit: 3,
	}
	r.chat = r.do(stream, "").Refs.Workstream
	stream.Name, stream.Channel, stream.Cost.Units = "Mail", engine.ChannelEmail, 2
	r.mail = r.do(stream, "").Refs.Workstream
	for i, units := range [...]int{2, 2, 1} {
		id := r.do(engine.CreateAgent{Name: fmt.Sprint("Agent ", i+1), CapacityUnits: new(units)}, "").Refs.Agent
		r.agents = append(r.agents, id)
		r.do(engine.OpenSession{AgentID: id}, id)
	}
	r.do(engine.AddQueueMembers{QueueID: r.queue, Agents: r.agents}, "")
	r.known = r.do(engine.CreateContact{FullName: "Known"}, "").Refs.Contact
	r.stranger = r.do(engine.CreateContact{FullName: "Stranger"}, "").Refs.Contact
	r.do(engine.SetPreferredAgents{ContactID: r.known, Agents: r.agents[:2]}, "")
	item := func(c engine.CreateWorkItem) engine.WorkItem { return *r.do(c, "").WorkItemState }
	first := item(engine.CreateWorkItem{WorkstreamID: r.chat, ContactID: r.known})
	second := item(engine.CreateWorkItem{WorkstreamID: r.chat})
	third := item(engine.CreateWorkItem{WorkstreamID: r.chat})
	item(engine.CreateWorkItem{WorkstreamID: r.mail, ContactID: r.known}) // beyond capacity (RT-3)
	r.waiting = item(engine.CreateWorkItem{WorkstreamID: r.mail, ContactID: r.stranger}).ID
	for range 4 {
		item(engine.CreateWorkItem{WorkstreamID: r.chat, Priority: ptr(7)})
	}
	r.do(engine.AcceptOffer{OfferID: first.OfferID}, first.AgentID)
	r.assigned, r.offered, r.rejectable = first.ID, second.OfferID, third.OfferID
}

// mixed are calls of every kind, which the writer makes one batch of.
func (r *rig) mixed() []engine.Call {
	off := engine.Patch[bool]{Set: true, Value: ptr(false)}
	return []engine.Call{
		call(engine.CreateWorkItem{WorkstreamID: r.chat, ContactID: r.known, Reference: ptr("in the batch")}, "", "create"),
		call(engine.AcceptOffer{OfferID: r.offered}, "", "accept"),
		call(engine.RejectOffer{OfferID: r.rejectable}, "", ""),
		call(engine.CompleteWorkItem{WorkItemID: r.assigned}, "", "complete"),
		call(engine.CancelWorkItem{WorkItemID: r.waiting}, "", ""),
		call(engine.SetPreferredAgents{ContactID: r.known, Agents: r.agents[1:]}, "", "row"),
		call(engine.SetPreferredAgents{ContactID: r.stranger, Agents: r.agents[:1]}, "", ""),
		call(engine.SetPresence{StatusID: engine.StatusAway}, r.agents[0], "presence"),
		call(engine.OpenSession{AgentID: r.agents[1]}, r.agents[1], ""),
		call(engine.SignOut{}, r.agents[2], ""),
		call(engine.CreateContact{FullName: "New"}, "", "contact"),
		call(engine.CreateAgent{Name: "New", CapacityUnits: new(3)}, "", ""),
		call(engine.CreateQueue{Name: "New", Priority: 1, AssignmentMethod: engine.HighestCapacity}, "", ""),
		call(engine.RemoveQueueMembers{QueueID: r.queue, Agents: r.agents[1:2]}, "", ""),
		call(engine.UpdateRoutingPolicy{WorkstreamID: r.mail, RetryPreferred: off}, "", "policy"),
		call(engine.UpdateOrganization{ReconnectSeconds: ptr(20)}, "", ""),
	}
}

// outcome is what a caller got.
type outcome struct {
	result   engine.Result
	replayed bool
	err      error
	took     time.Duration
}

// together gives all calls so that they become one batch: the batch before it is held until all of them wait.
func (r *rig) together(calls []engine.Call) []outcome {
	r.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	r.faults.mu.Lock()
	r.faults.commits = append([]fault{func(ctx context.Context, commit func(context.Context) error) error {
		close(held)
		<-release
		return commit(ctx)
	}}, r.faults.commits...)
	r.faults.mu.Unlock()
	var plug sync.WaitGroup
	plug.Go(func() {
		_, _, _ = r.writer.Do(context.Background(), call(engine.CreateContact{FullName: "Plug"}, "", ""))
	})
	<-held
	out := make([]outcome, len(calls))
	var group sync.WaitGroup
	for i, c := range calls {
		for r.writer.Waiting() < i { // in their order
			time.Sleep(100 * time.Microsecond)
		}
		group.Go(func() { out[i] = r.give(c) })
	}
	for r.writer.Waiting() < len(calls) {
		time.Sleep(time.Millisecond)
	}
	close(release)
	group.Wait()
	plug.Wait()
	return out
}

func (r *rig) give(c engine.Call) outcome {
	r.clock.Add(5)
	began := time.Now()
	res, replayed, err := r.writer.Do(context.Background(), c)
	return outcome{res, replayed, err, time.Since(began)}
}

// awaitReady waits until changes go through again.
func (r *rig) awaitReady() {
	r.Helper()
	for end := time.Now().Add(10 * time.Second); !r.writer.Ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.Fatal("the writer is not ready again")
		}
	}
}

// checkPublished: what is on the disk was published, in its order, once, and nothing else; and how full the queues are said to be is how full
// they are there. Publishing comes right after the answers, so it waits a little.
func (r *rig) checkPublished() {
	r.Helper()
	stored, sent := r.stored(), r.sent()
	for end := time.Now().Add(5 * time.Second); len(sent) < len(stored) && time.Now().Before(end); sent = r.sent() {
		time.Sleep(time.Millisecond)
	}
	if !slices.Equal(stored, sent) {
		r.Errorf("stored %d events, published %d; the last: %v and %v", len(stored), len(sent), last(stored), last(sent))
	}
	if stored, said := r.storedFigures(), r.saidFigures(); !maps.Equal(stored, said) {
		r.Errorf("the queues hold %v (waiting, offered, assigned), their figures are %v", stored, said)
	}
}

func (r *rig) stored() (events []string) {
	r.Helper()
	r.rows("SELECT epoch, batch_seq, type FROM events ORDER BY epoch, batch_seq, idx", func(scan func(...any) error) error {
		var at engine.Position
		var kind string
		err := scan(&at.Epoch, &at.Seq, &kind)
		events = append(events, fmt.Sprint(at, " ", kind))
		return err
	})
	return events
}

func (r *rig) sent() (events []string) {
	r.bus.mu.Lock()
	defer r.bus.mu.Unlock()
	for _, p := range r.bus.published {
		for _, ev := range p.events {
			events = append(events, fmt.Sprint(p.at, " ", ev.Type))
		}
	}
	return events
}

// open counts the open items of a queue: waiting, offered, assigned.
type open [3]int

func (r *rig) storedFigures() map[engine.QueueID]open {
	r.Helper()
	all := map[engine.QueueID]open{}
	const query = `SELECT q.id, COALESCE(w.status, ''), COUNT(w.id) FROM queues q LEFT JOIN work_items w ON w.queue_id = q.id GROUP BY q.id, w.status`
	r.rows(query, func(scan func(...any) error) error {
		var queue engine.QueueID
		var status engine.WorkItemStatus
		var n int
		err := scan(&queue, &status, &n)
		counts := all[queue]
		if at := slices.Index([]engine.WorkItemStatus{engine.Queued, engine.Offered, engine.Assigned}, status); at >= 0 {
			counts[at] = n
		}
		all[queue] = counts
		return err
	})
	return all
}

func (r *rig) saidFigures() map[engine.QueueID]open {
	r.bus.mu.Lock()
	defer r.bus.mu.Unlock()
	all := map[engine.QueueID]open{}
	for id, f := range r.bus.figures {
		all[id] = open{f.Waiting, f.Offered, f.Assigned}
	}
	return all
}

// rows reads from the database beside the store.
func (r *rig) rows(query string, row func(scan func(...any) error) error) {
	r.Helper()
	rows, err := r.raw.Query(query)
	if err != nil {
		r.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			r.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
}

func last(list []string) []string { return list[max(0, len(list)-3):] }

// references counts the items with a reference on the disk.
func (r *rig) references(ref string) (n int) {
	r.Helper()
	if err := r.raw.QueryRow("SELECT COUNT(*) FROM work_items WHERE reference = ?", ref).Scan(&n); err != nil {
		r.Fatal(err)
	}
	return n
}

func codeOf(err error) engine.ErrorCode {
	var e *engine.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
