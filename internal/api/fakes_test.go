package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/bus"
)

const (
	ann = engine.AgentID("ag_01900000-0000-7000-8000-000000000001")
	bob = engine.AgentID("ag_01900000-0000-7000-8000-000000000002")
)

// fakeWriter notes what it is given and answers what the test says.
type fakeWriter struct {
	mu      sync.Mutex
	calls   []engine.Call
	answer  func(engine.Call) (engine.Result, error) // nil for success
	away    bool
	waiting int
	figures engine.Figures
}

// Now is that of the machine.
func (w *fakeWriter) Now() time.Time { return time.Now() }

func (w *fakeWriter) Do(_ context.Context, c engine.Call) (engine.Result, bool, error) {
	w.mu.Lock()
	w.calls = append(w.calls, c)
	answer := w.answer
	w.mu.Unlock()
	if answer == nil {
		return engine.Result{}, false, nil
	}
	r, err := answer(c)
	return r, false, err
}

func (w *fakeWriter) Ready() bool             { return !w.away }
func (w *fakeWriter) Waiting() int            { return w.waiting }
func (w *fakeWriter) Figures() engine.Figures { return w.figures }

// opened and closed are the sessions for which it was asked.
func (w *fakeWriter) opened() (ids []engine.SessionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c, ok := c.Command.(engine.OpenSession); ok {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (w *fakeWriter) closed() (ids []engine.SessionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c, ok := c.Command.(engine.CloseSession); ok {
			ids = append(ids, c.SessionID)
		}
	}
	return ids
}

func (w *fakeWriter) set(change func(*fakeWriter)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// fakeReader has two agents and nothing else; what a test does not expect to be read panics.
type fakeReader struct {
	Reader
	ping    func(context.Context) error
	waiting func() (time.Time, bool, error)
	org     func() (engine.Organization, error)
	offers  func() (engine.OfferStart, error)
}

func (r *fakeReader) Ping(ctx context.Context) error {
	if r.ping == nil {
		return nil
	}
	return r.ping(ctx)
}

func (r *fakeReader) OldestWaiting(context.Context) (time.Time, bool, error) {
	if r.waiting == nil {
		return time.Time{}, false, nil
	}
	return r.waiting()
}

func (r *fakeReader) Organization(context.Context) (engine.Organization, error) {
	if r.org == nil {
		return engine.NewOrganization(time.Unix(0, 0)), nil
	}
	return r.org()
}

func (r *fakeReader) Agents(_ context.Context, ids []engine.AgentID) ([]engine.Agent, error) {
	var out []engine.Agent
	for _, id := range ids {
		if id == ann || id == bob {
			out = append(out, engine.Agent{ID: id, Name: "Agent"})
		}
	}
	return out, nil
}

func (r *fakeReader) OfferStart(context.Context, engine.AgentID, engine.SessionID, *engine.EventPlace) (engine.OfferStart, error) {
	if r.offers != nil {
		return r.offers()
	}
	return engine.OfferStart{Start: engine.Start{At: engine.Position{Epoch: 1, Seq: 1}}, SessionLive: true}, nil
}

// stage is the API over fakes.
type stage struct {
	*testing.T
	api    *API
	writer *fakeWriter
	reader *fakeReader
	bus    *bus.Bus
	log    *record
}

// record is what was logged.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *record) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *record) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newStage(t *testing.T) *stage {
	s := &stage{T: t, writer: &fakeWriter{}, reader: &fakeReader{}, bus: bus.New(), log: &record{}}
	s.api = New(Options{
		Console: true,
		Writer:  s.writer, Reader: s.reader, Metrics: NewMetrics(func() (int, int) { return 3, 5 }),
		Bus: s.bus, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	return s
}

// send makes a request and gives its status and body.
func (s *stage) send(method, path, body string, header ...string) (int, string) {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080" // it answers under no other name
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.Fatal(err)
	}
	return w.Code, string(text)
}

// response is an answer in GraphQL.
type response struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

// post sends a document.
func (s *stage) post(document string, header ...string) response {
	s.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		s.Fatal(err)
	}
	_, text := s.send(http.MethodPost, "/graphql", string(body), append([]string{"Content-Type", "application/json"}, header...)...)
	var r response
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	return r
}
