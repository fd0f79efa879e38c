package writer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/engine"
)

// heard is what was published.
type heard struct {
	mu     sync.Mutex
	places []engine.Position
	events []engine.Event
	// figures are those of queues as they moved, the latest last.
	figures []engine.QueueFigures
	// restored is where all figures were said anew, and which.
	restored []restored
	// settle waits until what was answered is published too: that comes right after.
	settle func()
}

type restored struct {
	at      engine.Position
	figures []engine.QueueFigures
}

func (h *heard) Publish(at engine.Position, c *engine.Changes) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.places = append(h.places, at)
	h.events = append(h.events, c.Events...)
	h.figures = append(h.figures, c.Figures...)
}

func (h *heard) Restore(at engine.Position, figures []engine.QueueFigures) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.restored = append(h.restored, restored{at, figures})
}

// count is how many events of a type were published.
func (h *heard) count(t engine.EventType) int {
	h.settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, ev := range h.events {
		if ev.Type == t {
			n++
		}
	}
	return n
}

// stage is a writer over a database in memory.
type stage struct {
	*testing.T
	*Writer
	db  *memory
	bus *heard
}

// play runs a story in a bubble of testing/synctest: time passes at once, and Wait tells that everybody waits.
func play(t *testing.T, opts Options, story func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newMemory(), opts)
		defer func() { // also when the story fails: nobody may stay in the bubble
			if err := s.Stop(); err != nil {
				t.Errorf("the writer ended with %v", err)
			}
		}()
		story(s)
	})
}

// start starts a writer inside a bubble, startOutside one in the real world.
func start(t *testing.T, db *memory, opts Options) *stage {
	t.Helper()
	return startWith(t, db, opts, &heard{settle: synctest.Wait})
}

func startOutside(t *testing.T, db *memory, opts Options) *stage {
	t.Helper()
	return startWith(t, db, opts, &heard{settle: func() {}})
}

func startWith(t *testing.T, db *memory, opts Options, bus *heard) *stage {
	t.Helper()
	w, err := Start(context.Background(), db, bus, opts)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{T: t, Writer: w, db: db, bus: bus}
}

var somebody = engine.Actor{ID: "service:test", Permissions: engine.AllPermissions}

func call(c engine.Command) engine.Call { return engine.Call{Command: c, Actor: somebody} }

func keyed(c engine.Command, key string) engine.Call {
	return engine.Call{Command: c, Actor: somebody, Key: key}
}

func contact(name string) engine.Command { return engine.CreateContact{FullName: name} }

// do gives a command that must not be refused.
func (s *stage) do(c engine.Command) engine.Result {
	s.Helper()
	r, _, err := s.Do(context.Background(), call(c))
	if err != nil {
		s.Fatalf("%T: %v", c, err)
	}
	return r
}

// answer is what a call came to.
type answer struct {
	engine.Result
	replayed bool
	err      error
}

// later gives a call in a goroutine of its own.
func (s *stage) later(ctx context.Context, c engine.Call) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		r, replayed, err := s.Do(ctx, c)
		out <- answer{r, replayed, err}
	}()
	return out
}

// together gives calls at the same time, so that they make one batch; they are queued in their order.
func (s *stage) together(calls ...engine.Call) []answer {
	s.Helper()
	release := s.hold()
	plug := s.later(context.Background(), call(contact("plug")))
	synctest.Wait()
	waiting := make([]<-chan answer, len(calls))
	for i, c := range calls {
		waiting[i] = s.later(context.Background(), c)
		synctest.Wait()
	}
	release()
	<-plug
	answers := make([]answer, len(calls))
	for i := range waiting {
		answers[i] = <-waiting[i]
	}
	return answers
}

// hold makes the next commits wait until it is released.
func (s *stage) hold() (release func()) {
	gate := make(chan struct{})
	s.db.set(func(m *memory) { m.commit = func(*engine.Batch) fault { <-gate; return fault{lands: true} } })
	return func() {
		s.db.set(func(m *memory) { m.commit = nil })
		close(gate)
	}
}

// wantError checks how a call was refused.
func wantError(t testing.TB, err error, code engine.ErrorCode, reason engine.Reason) *engine.Error {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Fatalf("the error is %v, want %s %s", err, code, reason)
	}
	return e
}

// world is a queue with one agent who is there, and a stream whose offers last some seconds.
type world struct {
	agent   engine.AgentID
	session engine.SessionID
	queue   engine.QueueID
	stream  engine.WorkstreamID
}

func (s *stage) world(offerSeconds, capacity int) world {
	s.Helper()
	if capacity > engine.DefaultOpenWorkLimit {
		s.do(engine.UpdateOrganization{OpenWorkLimit: &capacity})
	}
	w := world{agent: s.do(engine.CreateAgent{Name: "Ann", CapacityUnits: new(capacity)}).Refs.Agent}
	w.queue = s.do(engine.CreateQueue{Name: "Q", AssignmentMethod: engine.HighestCapacity}).Refs.Queue
	w.stream = s.do(engine.CreateWorkstream{
		Name: "W", Channel: engine.ChannelChat, DistributionMode: engine.Push, QueueID: w.queue,
		AllowedPresences: []engine.BasePresence{engine.Available}, Cost: engine.CapacityCost{Units: 1, Type: engine.NotInterruptible},
		WrapUp:     engine.WrapUp{Mode: engine.WrapUpNone},
		AcceptMode: engine.AcceptManual, OfferSeconds: offerSeconds, DeclineLimit: 1,
	}).Refs.Workstream
	s.do(engine.AddQueueMembers{QueueID: w.queue, Agents: []engine.AgentID{w.agent}})
	w.session = s.do(engine.OpenSession{AgentID: w.agent}).Session.ID
	return w
}

// inStep fails the test unless what was published is exactly what was committed, in its order and at its places.
func (s *stage) inStep() {
	s.Helper()
	s.bus.settle()
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	n, places := 0, 0
	last := engine.Position{Epoch: 1}
	for _, b := range s.db.written() {
		if b.Before != last {
			s.Fatalf("batch %v follows %v", b.Before, last)
		}
		last = b.At
		if b.Changes.Size() == 0 && len(b.Keys) == 0 {
			continue // a beat or a probe
		}
		if places >= len(s.bus.places) || s.bus.places[places] != b.At {
			s.Fatalf("batch %v is not published in its turn: %v", b.At, s.bus.places)
		}
		places++
		for _, ev := range b.Changes.Events {
			if n >= len(s.bus.events) || fmt.Sprint(ev) != fmt.Sprint(s.bus.events[n]) {
				s.Fatalf("event %d of batch %v is not published in its turn", n, b.At)
			}
			n++
		}
	}
	if n != len(s.bus.events) || places != len(s.bus.places) {
		s.Fatalf("%d events were committed, %d published", n, len(s.bus.events))
	}
}

const second = time.Second
