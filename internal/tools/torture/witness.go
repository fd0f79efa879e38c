package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/checker"
	"rapport/internal/client"
)

// witness is what the independent checker is told beside the history: what anybody could hear and was answered, over all lives of the
// server.
type witness struct {
	*checker.Recorder
	observer  *client.Socket
	listening sync.WaitGroup
	// leaving: the server is away, or about to be; awaySince is from when.
	leaving   atomic.Bool
	awaySince time.Time

	// Under the ledger's lock. Settings that only the ledger changes, one call at a time, are known to the instant even if answers are lost.
	rowChanges    []checker.Change[[]string]
	policyChanges []checker.Change[checker.ScopePolicy]
	ownStreams    []checker.Stream
	// lost are the calls without an answer: a new item's id is found by its reference later, if there is one.
	lost []lostCall
}

type lostCall struct {
	checker.Answer
	item *item
}

// listen begins to listen to all presences and items, or goes on where it was, and waits until the starts are complete.
func (w *world) listen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	so, err := client.Dial(ctx, w.server.url()+"/graphql", "")
	if err != nil {
		return fmt.Errorf("the observer's socket: %w", err)
	}
	w.observer = so
	w.leaving.Store(false)
	for name, document := range map[string]string{checker.PresenceStream: checker.PresenceDocument, checker.ItemStream: checker.ItemsDocument} {
		sub, err := so.Subscribe(document, client.Vars{"after": w.Cursor(name)})
		if err != nil {
			return fmt.Errorf("the observer's stream of %s: %w", name, err)
		}
		for ready := false; !ready; {
			if ready, err = w.overhear(ctx, name, sub); err != nil {
				return fmt.Errorf("the start of the observer's stream of %s: %w", name, err)
			}
		}
		w.listening.Go(func() {
			for {
				switch _, err := w.overhear(context.Background(), name, sub); {
				case errors.Is(err, client.ErrClosed) && w.leaving.Load():
					return
				case err != nil:
					w.violation("connection lost", "of the observer of %s: %v", name, err)
					return
				}
			}
		})
	}
	return nil
}

// endListening ends the observer's connection for good.
func (w *world) endListening() {
	w.leaving.Store(true)
	if w.observer != nil {
		w.observer.Drop()
	}
	w.listening.Wait()
}

// overhear takes one message and tells whether it ends the start of the stream.
func (w *world) overhear(ctx context.Context, name string, sub *client.Subscription) (ready bool, err error) {
	var data json.RawMessage
	if err := sub.Next(ctx, &data); err != nil {
		return false, err
	}
	var m map[string]struct{ Type string }
	if err := errors.Join(w.Hear(name, data), json.Unmarshal(data, &m)); err != nil {
		return false, err
	}
	for _, field := range m {
		ready = field.Type == "READY"
	}
	return ready, nil
}

// goAway ends the server in some way, and with it everybody's connections.
func (w *world) goAway(end func() error) error {
	w.Cut(checker.PresenceStream)
	w.Cut(checker.ItemStream)
	w.leaving.Store(true)
	w.awaySince = time.Now()
	if err := end(); err != nil {
		return err
	}
	for _, a := range w.agents {
		<-a.socket.closed
	}
	w.drainInboxes()
	w.listening.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.lost {
		if w.lost[i].GoneAt.IsZero() {
			w.lost[i].GoneAt = time.Now()
		}
	}
	w.Closed(checker.PresenceStream)
	w.Closed(checker.ItemStream)
	return nil
}

// comeBack starts a server that went away, and the observer listens again. It tells how long the start took.
func (w *world) comeBack(ctx context.Context) (time.Duration, error) {
	took, err := w.server.start()
	if err != nil {
		return 0, err
	}
	w.readyAt = time.Now()
	w.Restarted(checker.Span{NotBefore: w.awaySince, NotAfter: w.readyAt})
	return took, w.listen(ctx)
}

// testify tells the checker what came of a call: acknowledged, or of no known outcome. Called with the lock held.
func (l *ledger) testify(o *op, acknowledged bool) {
	a := checker.Answer{Sent: o.sentAt, Again: o.again || o.offer != nil && o.offer.answered}
	switch o.kind {
	case createItem:
		a.Done, a.Item = "CREATED", o.item.id
	case cancelItem, completeItem:
		a.Done, a.Item = o.closes(), o.item.id
	case acceptOffer:
		a.Done, a.Offer, a.Agent = accepted, o.offer.ID, o.offer.AgentID
	case rejectOffer:
		a.Done, a.Offer, a.Agent = rejected, o.offer.ID, o.offer.AgentID
	case signOut:
		a.Done, a.Agent = "SIGNED_OUT", o.agent.id
	default: // presences are heard; rowIs and policyIs tell of settings
		return
	}
	if o.offer != nil {
		o.offer.answered = true
	}
	if acknowledged {
		l.Answered(a)
	} else {
		l.lost = append(l.lost, lostCall{a, o.item})
	}
}

// rowIs takes in what a row is by an answer, and when it became so: where the row is gone nobody tells, so it was some time since the call.
func (l *ledger) rowIs(r *row, got rowState, told *wireRow) {
	if !got.equal(r.known) {
		span := checker.Span{NotBefore: r.since, NotAfter: time.Now()}
		if told != nil {
			span = checker.At(told.UpdatedAt)
		}
		l.rowChanges = append(l.rowChanges, checker.Change[[]string]{Span: span, ID: r.contact, Before: r.known.agents, After: got.agents})
	}
	r.known = got
}

// policyIs does the same for the policy.
func (l *ledger) policyIs(told *wireWorkstream) {
	p := &l.policy
	if told.Version != p.version {
		change := checker.Change[checker.ScopePolicy]{Span: checker.At(told.UpdatedAt), ID: p.stream}
		change.Before.RetryPreferred, change.After.RetryPreferred = p.retry, told.RoutingPolicy.RetryPreferred
		l.policyChanges = append(l.policyChanges, change)
	}
	p.version, p.retry = told.Version, told.RoutingPolicy.RetryPreferred
}

// testimony is the log of all that was heard and answered, when the server is gone or quiet.
func (w *world) testimony() checker.Log {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.lost {
		if c.Done == "CREATED" {
			c.Item = c.item.now().id
		}
		w.Unanswered(c.Answer)
	}
	w.lost = nil
	log := w.Log()
	log.Rows, log.Policies, log.Streams = slices.Clone(w.rowChanges), slices.Clone(w.policyChanges), slices.Clone(w.ownStreams)
	return log
}

// asker lets the checker read over HTTP.
type asker struct{ via executor }

// Query implements checker.Client.
func (a asker) Query(ctx context.Context, document string, variables map[string]any, into any) error {
	return query(ctx, a.via, document, variables, into)
}

// judge has the independent checker judge all that happened. Nothing may happen any more: see quieten.
func (w *world) judge(ctx context.Context) error {
	began := time.Now()
	history, err := checker.Read(ctx, asker{w.http}, w.Contacts()...)
	if err != nil {
		return err
	}
	read := time.Since(began)
	if err := w.goAway(w.server.kill); err != nil {
		return err
	}
	began = time.Now()
	result := checker.Examine(history, w.testimony())
	w.add(&w.judged, result.Judged)
	w.add(&w.passedOver, result.Undecided)
	for _, v := range result.Violations {
		w.violation("rule "+v.Rule, "%s (seed %d, round %d)", v, w.seed, w.roundAt(v.At))
	}
	if result.Judged < leastJudged*len(history.Items) || result.Undecided*leastShare > result.Judged {
		w.violation("too little judged", "%d questions about %d items, %d passed over", result.Judged, len(history.Items), result.Undecided)
	}
	w.progress("the checker judged %d questions about %d items and passed over %d; %s to read, %s to judge", result.Judged, len(history.Items),
		result.Undecided, seconds(read), seconds(time.Since(began)))
	return nil
}

// The checker is told enough to judge so many questions of each item, and to pass over no more than one for so many judged.
const (
	leastJudged = 20
	leastShare  = 10
)

// roundAt is the round in which something happened; 0 is before the first.
func (w *world) roundAt(at time.Time) int {
	n := 0
	for n < len(w.began) && !w.began[n].After(at) {
		n++
	}
	return n
}
