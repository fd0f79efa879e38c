package writer

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/engine"
	"rapport/internal/dbtest"
)

// What engine, writer and store together cost over writing the same rows with nothing around. A step is one command: creating a work
// item, which is offered at once, accepting that offer, completing the item. The target is 0.70 of the raw speed.

const (
	benchCallers  = 64
	benchAgents   = 200
	benchContacts = 1000
	// ratioSteps and ratioRounds: how much is measured in turn by BenchmarkCommitRatio.
	ratioSteps, ratioRounds = benchCallers * 120, 5
)

// onEach runs a benchmark for each database; open gives the address of an empty one.
func onEach(b *testing.B, bench func(b *testing.B, db func() string)) {
	b.Run("sqlite", func(b *testing.B) {
		bench(b, func() string { return filepath.Join(b.TempDir(), "rapport.db") })
	})
	b.Run("mysql", func(b *testing.B) {
		server := dbtest.Shared(b)
		bench(b, func() string { return server.NewDatabase(b) })
	})
}

// BenchmarkCommit is ours: 64 callers at once.
func BenchmarkCommit(b *testing.B) {
	onEach(b, func(b *testing.B, db func() string) {
		h := openHouse(b, db(), Options{})
		defer h.close()
		h.furnish(benchAgents, benchContacts)
		batches, rows := h.count.batches.Load(), h.count.rows.Load()
		b.ReportAllocs()
		b.ResetTimer()
		took := h.lives(benchCallers, b.N)
		b.StopTimer()
		steps := float64(b.N)
		b.ReportMetric(steps/took.Seconds(), "steps/s")
		b.ReportMetric(float64(h.count.rows.Load()-rows)/took.Seconds(), "rows/s")
		b.ReportMetric(float64(h.count.rows.Load()-rows)/steps, "rows/step")
		b.ReportMetric(steps/float64(h.count.batches.Load()-batches), "steps/commit")
	})
}

// lives lets so many callers take items through their lives until so many steps are done.
func (h *house) lives(callers, steps int) time.Duration {
	h.Helper()
	var left atomic.Int64
	left.Store(int64(steps))
	var all sync.WaitGroup
	began := time.Now()
	for n := range callers {
		all.Go(func() {
			c := caller{contacts: h.contacts, stream: h.stream, n: n}
			for left.Add(-1) >= 0 {
				r, _, err := h.Do(context.Background(), engine.Call{Command: c.next(), Actor: somebody})
				if err != nil {
					h.Error(err)
					return
				}
				c.learn(r)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// caller gives one command after the other.
type caller struct {
	contacts []engine.ContactID
	stream   engine.WorkstreamID
	n        int
	item     engine.WorkItemID
	offer    engine.OfferID
}

func (c *caller) next() engine.Command {
	switch {
	case c.offer != "":
		return engine.AcceptOffer{OfferID: c.offer}
	case c.item != "":
		return engine.CompleteWorkItem{WorkItemID: c.item}
	}
	c.n += benchCallers
	return engine.CreateWorkItem{WorkstreamID: c.stream, ContactID: c.contacts[c.n%len(c.contacts)]}
}

func (c *caller) learn(r engine.Result) {
	switch {
	case c.offer != "":
		c.offer = ""
	case c.item != "":
		c.item = ""
	default:
		c.item, c.offer = r.Refs.WorkItem, r.WorkItemState.OfferID
	}
}

// BenchmarkCommitRaw is the floor: the same rows as multi-row statements built beforehand, in transactions of 64 steps.
func BenchmarkCommitRaw(b *testing.B) {
	onEach(b, func(b *testing.B, db func() string) {
		raw := recorded(b, (b.N+benchCallers-1)/benchCallers).replayOn(b, db())
		b.ReportAllocs()
		b.ResetTimer()
		took, rows := raw.play(b, len(raw.batches))
		b.StopTimer()
		steps := float64(len(raw.batches) * benchCallers)
		b.ReportMetric(steps/took.Seconds(), "steps/s")
		b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
		b.ReportMetric(float64(rows)/steps, "rows/step")
		b.ReportMetric(benchCallers, "steps/commit")
	})
}

// BenchmarkCommitRatio runs both in turn, so that whatever else the machine does is shared by both, and reports the middle ratio. Of 64
// callers some always wait while the batch of the others is written, so that batches have fewer than 64 steps; those of 128 callers
// have as many as the raw ones, and tell what engine and store cost apart from the size of batches.
func BenchmarkCommitRatio(b *testing.B) {
	onEach(b, func(b *testing.B, db func() string) {
		for _, callers := range []int{benchCallers, 2 * benchCallers} {
			b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					h := openHouse(b, db(), Options{})
					h.furnish(benchAgents, benchContacts)
					raw := recorded(b, ratioRounds*ratioSteps/benchCallers).replayOn(b, db())
					b.StartTimer()
					compareWith(b, h, raw, callers)
					h.close()
					raw.close()
				}
			})
		}
	})
}

func compareWith(b *testing.B, h *house, raw *replay, callers int) {
	b.Helper()
	var ours, theirs, ratios, rowRatios []float64
	batches := h.count.batches.Load()
	for range ratioRounds {
		rows := h.count.rows.Load()
		own := h.lives(callers, ratioSteps).Seconds()
		rows = h.count.rows.Load() - rows
		took, rawRows := raw.play(b, ratioSteps/benchCallers)
		ours, theirs = append(ours, ratioSteps/own), append(theirs, ratioSteps/took.Seconds())
		ratios = append(ratios, took.Seconds()/own)
		rowRatios = append(rowRatios, float64(rows)/own/(float64(rawRows)/took.Seconds()))
	}
	b.ReportMetric(middle(ours), "steps/s")
	b.ReportMetric(middle(theirs), "raw-steps/s")
	b.ReportMetric(middle(ratios), "ratio")
	b.ReportMetric(middle(rowRatios), "row-ratio")
	b.ReportMetric(ratioRounds*ratioSteps/float64(h.count.batches.Load()-batches), "steps/commit")
	b.Logf("ratios %.2f", ratios)
}

func middle(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
