package play

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// between gives an address before the server's, and what cuts everybody off from it for a while.
func between(t *testing.T, to string) (url string, down func(time.Duration)) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // until either is cut
		_, _ = to.Close(), from.Close()
	}
	serve := func(l net.Listener) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				return
			}
			mu.Lock()
			conns[c], conns[b] = true, true
			mu.Unlock()
			go carry(b, c)
			go carry(c, b)
		}
	}
	go serve(listener)
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		_ = listener.Close()
	})
	return "http://" + addr + "/graphql", func(d time.Duration) {
		mu.Lock()
		_ = listener.Close()
		for c := range conns {
			_ = c.Close()
		}
		clear(conns)
		mu.Unlock()
		time.Sleep(d)
		n, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		listener = n
		mu.Unlock()
		go serve(n)
	}
}

// TestServerAway: a server that can't be reached for a while in the middle is nothing wrong, whoever was to do something then: items, a supervisor,
// agents who go.
func TestServerAway(t *testing.T) {
	for name, after := range map[string]time.Duration{"items": 300 * time.Millisecond, "supervisor": 2200 * time.Millisecond, "sign-out": 3700 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := newTheatre(t)
			url, down := between(t, strings.TrimSuffix(strings.TrimPrefix(th.url, "http://"), "/graphql"))
			time.AfterFunc(after, func() { down(600 * time.Millisecond) })
			if r, err := Play(context.Background(), th.story(), Options{URL: url}); err != nil || r.All.Items != 7 || r.ByHand+r.TooLate != 3 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// TestManyOffers: whoever took an item counts, however many were asked before.
func TestManyOffers(t *testing.T) {
	th := newTheatre(t)
	d := &Day{Items: []Item{{At: seconds(30), Reference: "unloved", Workstream: th.chat, Work: seconds(5)}}}
	join := func(temper Temperament, at float64) {
		temper.Agent = th.make("createAgent", `name: "A", capacityUnits: 1`, "agent")
		th.do(`mutation { addQueueMembers(input: {queueId: "` + th.desk + `", agentIds: ["` + temper.Agent + `"]}) { queue { id } } }`)
		d.Temperaments = append(d.Temperaments, temper)
		d.Moves = append(d.Moves, Move{seconds(at), temper.Agent, SignIn})
	}
	for range 25 {
		join(Temperament{Reject: 100, Think: seconds(1)}, 0)
	}
	join(Temperament{Accept: 100, Think: seconds(1)}, 200)
	r, err := Play(context.Background(), d, Options{URL: th.url})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.All; a.NoPreference != 1 || a.Offers != 26 || a.Rejected != 25 || a.Accepted != 1 {
		t.Errorf("%+v", a)
	}
}
