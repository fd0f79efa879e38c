package demo

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/apitest"
	"rapport/internal/configdir"
)

// counting counts the mutations that reach an API, and calls before at each.
type counting struct {
	api    http.Handler
	made   atomic.Int64
	before func(number int64) (refuse bool)
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && !bytes.Contains(body, []byte(`"operationName":"Read`)) {
		if n := c.made.Add(1); c.before != nil && c.before(n) {
			c.made.Add(-1)
			_, _ = io.WriteString(w, `{"errors":[{"message":"no more","extensions":{"code":"FORBIDDEN"}}]}`)
			return
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.api.ServeHTTP(w, r)
}

func newStage(t *testing.T) *counting { return &counting{api: apitest.New(t)} }

// isTheExample checks that a server has the example, all of it.
func (c *counting) isTheExample(t *testing.T) {
	t.Helper()
	for _, f := range c.export(t) {
		want, err := contactcentre.Files.ReadFile(f.Name)
		if err != nil || !bytes.Equal(f.Data, want) {
			t.Errorf("%s is not that of the example (%v)", f.Name, err)
		}
	}
}

func (c *counting) export(t *testing.T) []configdir.File {
	t.Helper()
	server := configdir.NewServer("http://localhost/graphql", &http.Client{Transport: inside{c}})
	state, err := server.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return configdir.Render(state.Dir())
}

// TestFill: the whole example is there, filling again changes nothing, and what people change afterwards stays.
func TestFill(t *testing.T) {
	c := newStage(t)
	fill := func() {
		t.Helper()
		if err := Fill(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	fill()
	c.isTheExample(t)
	made := c.made.Load()
	fill()
	change := `{"query":"mutation { updateQueue(input: {queueId: \"qu_01900000-0000-7000-8000-000000000002\", priority: 999}) { queue { id } } }"}`
	request, err := http.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(change))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if _, err := (inside{c.api}).RoundTrip(request); err != nil {
		t.Fatal(err)
	}
	fill()
	if n := c.made.Load(); n != made {
		t.Errorf("filling again made %d changes", n-made)
	}
	changed := func(f configdir.File) bool { return bytes.Contains(f.Data, []byte("priority: 999")) }
	if !slices.ContainsFunc(c.export(t), changed) {
		t.Error("what was changed by hand did not stay")
	}
}

// TestFillGoesOn: what an interrupted filling left out is filled in; until the end it doesn't count as filled.
func TestFillGoesOn(t *testing.T) {
	for _, after := range []int64{0, 20, 45, 60, 1000, 2850} {
		c := newStage(t)
		ctx, cancel := context.WithCancel(context.Background())
		c.before = func(n int64) bool {
			if n > after {
				cancel()
			}
			return false
		}
		err := Fill(ctx, c)
		cancel()
		if err == nil {
			t.Fatalf("after %d: the filling was not interrupted", after)
		}
		c.before = nil
		if err := Fill(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		c.isTheExample(t)
	}
}

// TestFillStopsAtTheFirstRefusal and says what it was, whichever part it is in.
func TestFillStopsAtTheFirstRefusal(t *testing.T) {
	for _, after := range []int64{0, 1, 45, 60, 300, 2000} {
		c := newStage(t)
		c.before = func(n int64) bool { return n > after }
		err := Fill(context.Background(), c)
		if err == nil || !strings.Contains(err.Error(), "no more (FORBIDDEN)") {
			t.Errorf("after %d: %v", after, err)
		}
		if made := c.made.Load(); made != after {
			t.Errorf("%d were made, want %d", made, after)
		}
	}
}

// TestPaste: what the server prints to try names a contact with a full row, the first agent of it, and a workstream that is there.
func TestPaste(t *testing.T) {
	text := Paste("127.0.0.1:8080")
	if !strings.Contains(text, "http://127.0.0.1:8080/graphql") {
		t.Errorf("it is %q", text)
	}
	id := func(prefix string) string {
		const length = 39
		at := strings.Index(text, prefix)
		if at < 0 || at+length > len(text) {
			t.Fatalf("it names no %s: %s", prefix, text)
		}
		return text[at : at+length]
	}
	d, err := configdir.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	contact, agent, stream := id("ct_"), id("ag_"), id("ws_")
	prefers := func(r configdir.Row) bool { return r.Contact == contact && len(r.Agents) == 3 && r.Agents[0] == agent }
	if !slices.ContainsFunc(d.Matrix, prefers) {
		t.Errorf("%s does not prefer %s first of three", contact, agent)
	}
	if !slices.ContainsFunc(d.Workstreams, func(w configdir.Workstream) bool { return w.ID == stream }) {
		t.Errorf("there is no workstream %s", stream)
	}
}
