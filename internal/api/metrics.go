package api

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rapport/internal/api/ws"
	"rapport/resolvers"
)

// Metrics is what the operator can watch under /metrics; docs/operations.md explains each.
type Metrics struct {
	registry *prometheus.Registry
	commands prometheus.Histogram
	rows     prometheus.Histogram
	commit   prometheus.Histogram
	failures prometheus.Counter
	refused  *prometheus.CounterVec
	// bus tells how many subscriptions there are and how many events wait for them.
	bus func() (subscriptions, behind int)
}

// Reader is the reader as the API needs it.
type Reader interface {
	resolvers.Reader
	// OldestWaiting is when the oldest waiting item was created; false when none waits.
	OldestWaiting(context.Context) (time.Time, bool, error)
	// Ping tells whether the database answers.
	Ping(context.Context) error
}

// NewMetrics makes the metrics; bus counts subscriptions and the events that wait for them.
func NewMetrics(bus func() (subscriptions, behind int)) *Metrics {
	powers := prometheus.ExponentialBuckets(1, 2, 13)
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		bus:      bus,
		commands: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rapport_batch_commands", Help: "Commands in a committed batch.", Buckets: powers,
		}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rapport_batch_rows", Help: "Rows in a committed batch, events included.", Buckets: powers,
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rapport_commit_seconds", Help: "Time to make a batch durable.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rapport_commit_failures_total", Help: "Batches that the database did not take in time.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rapport_refused_total", Help: "Connections and operations refused because a limit was reached.",
		}, []string{"limit"}),
	}
	m.registry.MustRegister(m.commands, m.rows, m.commit, m.failures, m.refused,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Committed implements writer.Metrics.
func (m *Metrics) Committed(commands, rows int, took time.Duration) {
	m.commands.Observe(float64(commands))
	m.rows.Observe(float64(rows))
	m.commit.Observe(took.Seconds())
}

// CommitFailed implements writer.Metrics.
func (m *Metrics) CommitFailed() { m.failures.Inc() }

// Handler serves them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// watch adds what is asked for at each scrape.
func (m *Metrics) watch(o Options, sockets *ws.Transport) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("rapport_ready", "1 while changes go through.", func() float64 {
		if o.Writer.Ready() {
			return 1
		}
		return 0
	})
	gauge("rapport_inbox_depth", "Commands that wait for the writer.", func() float64 { return float64(o.Writer.Waiting()) })
	gauge("rapport_open_items", "Work items that are not closed.", func() float64 { return float64(o.Writer.Figures().OpenItems) })
	gauge("rapport_waiting_items", "Work items that wait in a queue.", func() float64 { return float64(o.Writer.Figures().WaitingItems) })
	gauge("rapport_open_offers", "Offers that can be answered.", func() float64 { return float64(o.Writer.Figures().OpenOffers) })
	gauge("rapport_agent_sessions", "Live sessions of agents.", func() float64 { return float64(o.Writer.Figures().Sessions) })
	gauge("rapport_oldest_waiting_seconds", "Age of the oldest waiting work item, 0 when none waits, -1 when the database does not say.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
		defer cancel()
		at, waiting, err := o.Reader.OldestWaiting(ctx)
		switch {
		case err != nil:
			return -1
		case !waiting:
			return 0
		}
		return max(o.Writer.Now().Sub(at), 0).Seconds()
	})
	gauge("rapport_sockets", "Open WebSocket connections.", func() float64 { return float64(sockets.Sockets()) })
	gauge("rapport_subscriptions", "Live subscriptions.", func() float64 { n, _ := m.bus(); return float64(n) })
	gauge("rapport_events_behind", "Events that wait for subscribers, in all.", func() float64 { _, n := m.bus(); return float64(n) })
}
