package demo

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/bus"
	"rapport/internal/writer"
	"rapport/models"
)

// refusing is a writer that takes so many commands and refuses the next.
type refusing struct {
	left atomic.Int64
	made atomic.Int64
}

func (r *refusing) Do(context.Context, engine.Call) (engine.Result, bool, error) {
	if r.left.Add(-1) < 0 {
		return engine.Result{}, false, errors.New("no more")
	}
	r.made.Add(1)
	return engine.Result{}, false, nil
}

func (r *refusing) Figures() engine.Figures { return engine.Figures{} }

// TestFill: the whole example is there, and filling again changes nothing.
func TestFill(t *testing.T) {
	ctx := context.Background()
	store, err := models.Open(ctx, filepath.Join(t.TempDir(), "demo.db"), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w, err := writer.Start(ctx, store, bus.New(), writer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var places []engine.Position
	for range 3 {
		if err := Fill(ctx, w, store); err != nil {
			t.Fatal(err)
		}
		at, err := store.Position(ctx)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, at)
	}
	if places[1] != places[0] || places[2] != places[0] {
		t.Errorf("filling again wrote something: %v", places)
	}
	if f := w.Figures(); f != (engine.Figures{Agents: 40}) {
		t.Errorf("the engine holds %+v", f)
	}
	counts(t, store)
	paste(t, store)
}

func counts(t *testing.T, store *models.Store) {
	t.Helper()
	ctx, page := context.Background(), engine.Page{First: 1000}
	queues, err1 := store.QueuePage(ctx, page)
	agents, err2 := store.AgentPage(ctx, page)
	contacts, err3 := store.ContactPage(ctx, "", page)
	streams, err4 := store.WorkstreamPage(ctx, page)
	org, err5 := store.Organization(ctx)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	ids := make([]engine.ContactID, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	rows, err := store.PreferredAgents(ctx, ids)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ got, want int }{
		"queues": {len(queues), 6}, "agents": {len(agents), 40}, "contacts": {len(contacts), 500}, "rows": {len(rows), 450},
	} {
		if c.got != c.want {
			t.Errorf("%d %s, want %d", c.got, what, c.want)
		}
	}
	centre, err := contactcentre.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(streams) != len(centre.Workstreams) || org.ReconnectSeconds != centre.Organization.ReconnectSeconds {
		t.Errorf("%d workstreams, want %d; %+v", len(streams), len(centre.Workstreams), org)
	}
	if org.RoutingPolicy.Enabled == nil || !*org.RoutingPolicy.Enabled {
		t.Error("routing to preferred agents is off (RT-1): the example shows nothing")
	}
	members := 0
	for _, q := range queues {
		of, err := store.MemberPage(ctx, q.ID, page)
		if err != nil || len(of) == 0 {
			t.Errorf("%s has %d members: %v", q.Name, len(of), err)
		}
		members += len(of)
	}
	want := 0
	for _, q := range centre.Queues {
		want += len(q.Members)
	}
	if members != want {
		t.Errorf("%d memberships, want %d", members, want)
	}
}

// paste: what the server prints to try names a contact with a full row, the first agent of it, and a workstream that is there.
func paste(t *testing.T, store *models.Store) {
	t.Helper()
	text := Paste("127.0.0.1:8080")
	if !strings.Contains(text, "http://127.0.0.1:8080/graphql") {
		t.Errorf("it is %q", text)
	}
	id := func(prefix string) string {
		at := strings.Index(text, prefix)
		if at < 0 || at+engine.IDLength > len(text) {
			t.Fatalf("it names no %s: %s", prefix, text)
		}
		return text[at : at+engine.IDLength]
	}
	ctx := context.Background()
	contact := engine.ContactID(id("ct_"))
	rows, err := store.PreferredAgents(ctx, []engine.ContactID{contact})
	if err != nil || len(rows) != 1 || len(rows[0].Agents) != engine.MaxPreferredAgents {
		t.Errorf("the row of %s: %+v, %v", contact, rows, err)
	}
	if agent := engine.AgentID(id("ag_")); len(rows) == 1 && rows[0].Agents[0] != agent {
		t.Errorf("%s is not whom %s prefers: %v", agent, contact, rows[0].Agents)
	}
	streams, err := store.Workstreams(ctx, []engine.WorkstreamID{engine.WorkstreamID(id("ws_"))})
	if err != nil || len(streams) != 1 {
		t.Errorf("the workstream: %+v, %v", streams, err)
	}
}

// empty is a database with nothing in it.
type empty struct{}

func (empty) Organization(context.Context) (engine.Organization, error) {
	return engine.NewOrganization(time.Now()), nil
}

// TestFillGoesOn: what an interrupted filling left out is filled in, and what is there is passed over.
func TestFillGoesOn(t *testing.T) {
	store, err := models.Open(context.Background(), filepath.Join(t.TempDir(), "demo.db"), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w, err := writer.Start(context.Background(), store, bus.New(), writer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop() //nolint:errcheck // what it says is tested elsewhere
	half, cancel := context.WithCancel(context.Background())
	go func() {
		for w.Figures().Agents < 20 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := Fill(half, w, store); err == nil {
		t.Fatal("the filling was not interrupted")
	}
	if err := Fill(context.Background(), w, store); err != nil {
		t.Fatal(err)
	}
	counts(t, store)
}

// TestFillStopsAtTheFirstRefusal and says what it was, whichever part it is in.
func TestFillStopsAtTheFirstRefusal(t *testing.T) {
	for _, n := range []int64{0, 1, 45, 60, 300, 700} {
		w := &refusing{}
		w.left.Store(n)
		err := Fill(context.Background(), w, empty{})
		if err == nil || !strings.Contains(err.Error(), "no more") {
			t.Errorf("after %d: %v", n, err)
		}
		if made := w.made.Load(); made != n {
			t.Errorf("%d were made, want %d", made, n)
		}
	}
}
