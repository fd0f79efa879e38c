package writer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/bus"
	"rapport/models"
)

// The writer on the real store: here its promises meet a disk.

// counted counts what was committed.
type counted struct{ batches, commands, rows, failures atomic.Int64 }

func (c *counted) Committed(commands, rows int, _ time.Duration) {
	c.batches.Add(1)
	c.commands.Add(int64(commands))
	c.rows.Add(int64(rows))
}

func (c *counted) CommitFailed() { c.failures.Add(1) }

// house is a writer on a database of its own, with a queue, some agents and a stream.
type house struct {
	*Writer
	testing.TB
	store  *models.Store
	bus    *bus.Bus
	count  *counted
	agents []engine.AgentID
	stream engine.WorkstreamID
	// contacts have a row of the matrix each.
	contacts []engine.ContactID
}

func openHouse(tb testing.TB, db string, opts Options) *house {
	tb.Helper()
	store, err := models.Open(context.Background(), db, "test")
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{TB: tb, store: store, bus: bus.New(), count: &counted{}}
	opts.Metrics = h.count
	if h.Writer, err = Start(context.Background(), store, h.bus, opts); err != nil {
		store.Close()
		tb.Fatal(err)
	}
	return h
}

func (h *house) close() {
	h.Helper()
	if err := h.Stop(); err != nil {
		h.Error(err)
	}
	h.store.Close()
}

// must gives a command that is not to be refused, from any goroutine.
func (h *house) must(c engine.Command) engine.Result {
	h.Helper()
	r, _, err := h.Do(context.Background(), call(c))
	if err != nil {
		panic(fmt.Sprintf("%T: %v", c, err))
	}
	return r
}

// furnish makes so many agents who are there, and contacts who prefer some of them.
func (h *house) furnish(agents, contacts int) {
	h.Helper()
	queue := h.must(engine.CreateQueue{Name: "Q", AssignmentMethod: engine.HighestCapacity}).Refs.Queue
	h.stream = h.must(engine.CreateWorkstream{
		Name: "W", Channel: engine.ChannelChat, DistributionMode: engine.Push, QueueID: queue,
		AllowedPresences: []engine.BasePresence{engine.Available}, Cost: engine.CapacityCost{Units: 1, Type: engine.NotInterruptible},
		WrapUp:     engine.WrapUp{Mode: engine.WrapUpNone},
		AcceptMode: engine.AcceptManual, OfferSeconds: 3600, DeclineLimit: 3,
	}).Refs.Workstream
	h.agents, h.contacts = make([]engine.AgentID, agents), make([]engine.ContactID, contacts)
	h.all(agents, func(i int) {
		h.agents[i] = h.must(engine.CreateAgent{Name: fmt.Sprint("Agent ", i), CapacityUnits: new(10)}).Refs.Agent
		h.must(engine.AddQueueMembers{QueueID: queue, Agents: []engine.AgentID{h.agents[i]}})
		h.must(engine.OpenSession{AgentID: h.agents[i]})
	})
	h.must(engine.UpdateRoutingPolicy{Enabled: engine.Patch[bool]{Set: true, Value: new(true)}})
	h.all(contacts, func(i int) {
		h.contacts[i] = h.must(engine.CreateContact{FullName: fmt.Sprint("Contact ", i)}).Refs.Contact
		h.must(engine.SetPreferredAgents{ContactID: h.contacts[i], Agents: []engine.AgentID{h.agents[i%agents], h.agents[(i+1)%agents]}})
	})
}

// all calls do for 0 to n-1, many at once, so that they share commits.
func (h *house) all(n int, do func(i int)) {
	var callers sync.WaitGroup
	var next atomic.Int64
	for range 64 {
		callers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	callers.Wait()
}

// tally is what callers were told.
type tally struct {
	sync.Mutex
	items map[engine.WorkItemID]engine.WorkItemStatus
	calls int
}

func (y *tally) saw(id engine.WorkItemID, s engine.WorkItemStatus) {
	y.Lock()
	defer y.Unlock()
	y.items[id] = s
}

// work is one caller: it takes items through their lives, each call with a key that it repeats now and then.
func (h *house) work(caller int, n int, y *tally) error {
	random := rand.New(rand.NewPCG(uint64(caller), 7))
	do := func(c engine.Command) (engine.Result, error) {
		y.Lock()
		y.calls++
		key := fmt.Sprint(caller, "/", y.calls)
		y.Unlock()
		k := engine.Call{Command: c, Actor: somebody, Key: key}
		r, _, err := h.Do(context.Background(), k)
		if _, merr := json.Marshal(r); merr != nil { // reads all of it, for the race detector
			return r, merr
		}
		if err == nil && random.IntN(10) == 0 {
			again, replayed, err := h.Do(context.Background(), k)
			if err != nil || !replayed || again.Refs.WorkItem != r.Refs.WorkItem || again.Refs.Assignment != r.Refs.Assignment {
				return r, fmt.Errorf("%T again: %+v %v %w", c, again.Refs, replayed, err)
			}
		}
		return r, err
	}
	for range n {
		r, err := do(engine.CreateWorkItem{WorkstreamID: h.stream, ContactID: h.contacts[random.IntN(len(h.contacts))]})
		if err != nil {
			return err
		}
		item := r.WorkItemState
		y.saw(item.ID, item.Status)
		if item.Status != engine.Offered {
			continue
		}
		if _, err = do(engine.AcceptOffer{OfferID: item.OfferID}); err != nil {
			return err
		}
		y.saw(item.ID, engine.Assigned)
		if random.IntN(4) > 0 {
			if _, err = do(engine.CompleteWorkItem{WorkItemID: item.ID}); err != nil {
				return err
			}
			y.saw(item.ID, engine.Completed)
		}
		if _, err = do(engine.CompleteWorkItem{WorkItemID: "wi_none"}); !isRefusal(err, engine.CodeNotFound) {
			return fmt.Errorf("an unknown item was completed: %w", err)
		}
	}
	return nil
}

func isRefusal(err error, code engine.ErrorCode) bool {
	e, ok := errors.AsType[*engine.Error](err)
	return ok && e.Code == code
}

// TestLoadOnSQLite: under load callers share commits, a subscriber sees every event of its agent once and in order, and after a restart
// the database holds exactly what the callers were told.
func TestLoadOnSQLite(t *testing.T) {
	db := filepath.Join(t.TempDir(), "rapport.db")
	h := openHouse(t, db, Options{})
	h.furnish(40, 40)
	h.count.batches.Store(0)
	h.count.commands.Store(0)

	sub := h.bus.Subscribe(bus.WorkItems(engine.WorkItemSelection{AgentID: h.agents[0]}))
	var seen []engine.EventPlace
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for {
			p, ok := sub.Next(context.Background())
			if !ok {
				return
			}
			if _, err := json.Marshal(p.Event); err != nil {
				t.Error(err)
			}
			seen = append(seen, p.Place)
		}
	}()
	y := &tally{items: map[engine.WorkItemID]engine.WorkItemStatus{}}
	var callers sync.WaitGroup
	for n := range 64 {
		callers.Go(func() {
			if err := h.work(n, 8, y); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	sub.Close()
	<-listening
	for i := 1; i < len(seen); i++ {
		if a, b := seen[i-1], seen[i]; a.Seq > b.Seq || a.Seq == b.Seq && a.Index >= b.Index {
			t.Fatalf("%v after %v", b, a)
		}
	}
	batches, commands := h.count.batches.Load(), h.count.commands.Load()
	if commands < 1000 || batches*4 > commands || h.count.failures.Load() > 0 {
		t.Errorf("%d commands took %d batches, %d failures", commands, batches, h.count.failures.Load())
	}
	t.Logf("%d commands in %d batches, %d rows; the subscriber saw %d events", commands, batches, h.count.rows.Load(), len(seen))
	h.close()
	want := h.Figures() // counted right after the last caller was answered

	h2 := openHouse(t, db, Options{})
	defer h2.close()
	if got := h2.Figures(); got != want {
		t.Errorf("after a restart there are %+v, want %+v", got, want)
	}
	h2.stored(y)
}

// stored compares the items in the database with what the callers were told.
func (h *house) stored(y *tally) {
	h.Helper()
	n := 0
	for page := (engine.Page{First: 100}); ; {
		items, err := h.store.WorkItemPage(context.Background(), engine.WorkItemScope{}, page)
		if err != nil {
			h.Fatal(err)
		}
		for _, w := range items[:min(100, len(items))] {
			n++
			if want := y.items[w.ID]; w.Status != want && want != engine.Queued { // those that waited were offered later
				h.Errorf("%s is %s, its caller was told %s", w.ID, w.Status, want)
			}
			page.After = string(w.ID)
		}
		if len(items) <= 100 {
			break
		}
	}
	if n != len(y.items) {
		h.Errorf("%d items are stored, callers know of %d", n, len(y.items))
	}
}

// TestKeysOnSQLite: the same key after a restart; a clock that is a day ahead lets it expire.
func TestKeysOnSQLite(t *testing.T) {
	db := filepath.Join(t.TempDir(), "rapport.db")
	c := keyed(contact("C"), "schlüssel 😀 ")
	ctx := context.Background()
	h := openHouse(t, db, Options{})
	first, replayed, err := h.Do(ctx, c)
	if err != nil || replayed {
		t.Fatal(err, replayed)
	}
	h.close()
	for _, s := range []struct {
		ahead    time.Duration
		replayed bool
	}{{0, true}, {engine.KeyLifetime - time.Minute, true}, {engine.KeyLifetime + time.Minute, false}} {
		h := openHouse(t, db, Options{Now: func() time.Time { return time.Now().Add(s.ahead) }})
		again, replayed, err := h.Do(ctx, c)
		if err != nil || replayed != s.replayed || (again.Refs.Contact == first.Refs.Contact) != s.replayed {
			t.Errorf("%v ahead: %+v %v %v", s.ahead, again.Refs, replayed, err)
		}
		_, _, err = h.Do(ctx, keyed(contact("D"), "schlüssel 😀 "))
		wantError(t, err, engine.CodeConflict, engine.ReasonKeyReused)
		h.close()
	}
}

// TestSQLiteGone: when the database can't be reached any more, callers hear so and Stop comes to an end.
func TestSQLiteGone(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "rapport.db"), Options{Patience: 100 * time.Millisecond})
	h.must(contact("A"))
	h.store.Close()
	_, _, err := h.Do(context.Background(), call(contact("B")))
	wantError(t, err, engine.CodeUnavailable, "")
	for h.Ready() {
		time.Sleep(time.Millisecond)
	}
	if err := h.Stop(); err == nil {
		t.Error("it ended well")
	}
}
