package ws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// BenchmarkBystander measures how long a client's ping takes while others ping as fast as they can: the median and the
// longest of a hundred, and the time of all. MessageRate and Pacer are why it stays short; a rate of 1e9 is as if there were none.
func BenchmarkBystander(b *testing.B) {
	for _, rates := range []struct {
		name           string
		each, together int
	}{{"unbounded", 1e9, 1e9}, {"each", 5000, 1e9}, {"each and together", 5000, 10_000}} {
		for _, clients := range []int{0, 8, 32, 128} {
			b.Run(fmt.Sprintf("%s/clients=%d", rates.name, clients), func(b *testing.B) { bystander(b, rates.each, rates.together, clients) })
		}
	}
}

func bystander(b *testing.B, each, together, clients int) {
	var first atomic.Bool // The bystander is another principal.
	shared := rate.NewLimiter(rate.Limit(together), together)
	transport := New(executor.New(&stage{}), Options{
		MessageRate: each, QueueMessages: 1 << 20, QueueBytes: 1 << 30, Log: slog.New(slog.DiscardHandler),
		Pacer: func(context.Context) *rate.Limiter {
			if first.CompareAndSwap(false, true) {
				return nil
			}
			return shared
		},
	})
	server := httptest.NewServer(transport)
	defer server.Close()
	connect := func() *websocket.Conn {
		d := websocket.Dialer{Subprotocols: []string{subprotocol}}
		c, _, err := d.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_init"}`)); err != nil {
			b.Fatal(err)
		}
		if _, _, err := c.ReadMessage(); err != nil {
			b.Fatal(err)
		}
		return c
	}
	c := connect()
	defer func() { _ = c.Close() }()
	flood := bytes.Repeat(frameOf(0x81, []byte(`{"type":"ping"}`)), 1000)
	var abusers []*websocket.Conn
	for range clients {
		abuser := connect()
		defer func() { _ = abuser.Close() }()
		abusers = append(abusers, abuser)
	}
	for _, abuser := range abusers {
		go func() { _, _ = io.Copy(io.Discard, abuser.NetConn()) }()
		go func() {
			for {
				if _, err := abuser.NetConn().Write(flood); err != nil {
					return
				}
			}
		}()
	}
	if clients > 0 {
		time.Sleep(3 * time.Second) // Their bursts are over.
	}
	var took []time.Duration
	for b.Loop() {
		took = took[:0]
		for range 100 {
			start := time.Now()
			_ = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping"}`))
			if _, _, err := c.ReadMessage(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[50].Microseconds()), "µs/median")
	b.ReportMetric(float64(took[99].Microseconds()), "µs/longest")
}

// frameOf builds a client's frame, masked with zeros. first is its first byte.
func frameOf(first byte, payload []byte) []byte {
	frame := []byte{first}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	default:
		frame = append(frame, 0x80|126, byte(n>>8), byte(n))
	}
	return append(append(frame, 0, 0, 0, 0), payload...)
}
